"""The handbook: every page and upload kind has its chapter, and every chapter can be shown."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from components import paths
from data import errors
from data.errors import NotFound, SupervisionError
from data.handbook.chapters import (
    FOLDER,
    PICTURES,
    READERS,
    ChapterError,
    chapter_at,
    chapter_of,
    chapter_of_kind,
    chapters,
    read_chapter,
)
from data.settings import PROJECT_DIR, Settings
from data.upload.schemas import SCHEMAS
from data.vocabulary import UploadKind

HEAD = '+++\ntitle = "甲"\norder = 1\nsummary = "乙"\nreaders = ["it"]\n+++\n'


def registered_pages() -> list[str]:
    """Addresses and templates of all pages, read from their files (Dash alone can import them)."""
    found: list[str] = []
    for path in sorted((PROJECT_DIR / "pages").glob("*.py")):
        names = re.findall(r"\bpath(?:_template)?=paths\.([A-Z_]+)", path.read_text("utf-8"))
        assert len(names) == 1 or path.stem == "not_found_404", path
        found += [getattr(paths, name) for name in names]
    return found


@pytest.mark.parametrize("page", registered_pages())
def test_every_page_has_a_chapter(page: str) -> None:
    assert chapter_at(page) is not None, f"no chapter of docs/handbook names {page} in `pages`"


def test_no_chapter_names_a_page_that_is_not_there() -> None:
    named = {page for chapter in chapters() for page in chapter.pages}
    assert named <= set(registered_pages())


@pytest.mark.parametrize("kind", UploadKind)
def test_every_upload_kind_has_a_chapter_that_shows_its_columns(kind: UploadKind) -> None:
    chapter = chapter_of_kind(kind.value)
    assert chapter is not None
    assert kind.label in chapter.text
    for column in SCHEMAS[kind].offered if kind in SCHEMAS else ():
        assert f"| {column.header} |" in chapter.text


@pytest.mark.parametrize("reader", READERS)
def test_every_kind_of_reader_has_chapters(reader: str) -> None:
    assert any(reader in chapter.readers for chapter in chapters())


def test_a_page_leads_to_the_chapter_that_names_it_most_closely() -> None:
    patch, search = chapter_at("/patches/2023/A-1"), chapter_at("/patches")
    assert patch is not None
    assert search is not None
    assert (patch.slug, search.slug) == ("patch", "patches")
    assert chapter_at("/nowhere") is None


def test_links_between_chapters_and_their_places_lead_somewhere() -> None:
    for chapter in chapters():
        for slug, _, place in re.findall(r"\]\(([\w-]+)\.md(#([^)]*))?\)", chapter.text):
            target = chapter_of(slug)
            if place:
                assert re.search(rf"^##+ {re.escape(place)}$", target.text, re.MULTILINE)


def test_links_to_pages_name_pages_that_are_there() -> None:
    pages = {*registered_pages(), paths.API}
    for chapter in chapters():
        linked = set(re.findall(r"\]\((/[^)#?]*)", chapter.text))
        assert linked <= pages, chapter.slug


def test_every_picture_is_there_and_used() -> None:
    used = {
        name
        for chapter in chapters()
        for name in re.findall(r"\]\(pictures/(\S+?)\)", chapter.text)
    }
    assert used == {path.name for path in PICTURES.glob("*")}


def test_every_refusal_that_is_explained_is_so_under_a_heading_that_is_there() -> None:
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, SupervisionError)
    ]
    assert len(kinds) > 3
    for kind in kinds:
        slug, _, heading = kind.explained.partition("#")
        assert not slug or f"\n## {heading}\n" in chapter_of(slug).text, kind


def test_every_setting_is_named_in_a_chapter_for_who_installs() -> None:
    told = (PROJECT_DIR / "docs" / "deployment.md").read_text("utf-8")
    variables = {setting.metadata["variable"] for setting in fields(Settings)}
    variables |= set(re.findall(r"`(WEIPIAN_[A-Z_]+|WEB_CONCURRENCY)`", told))
    named = {
        name
        for chapter in chapters()
        if "it" in chapter.readers
        for name in re.findall(r"`([A-Z_]+)`", chapter.text)
    }
    assert variables - named == set()


def test_an_unknown_chapter_is_refused_in_a_sentence() -> None:
    with pytest.raises(NotFound, match="手册里没有“无”"):
        chapter_of("无")


def test_titles_and_places_in_a_chapter_are_not_given_twice() -> None:
    titles = [chapter.title for chapter in chapters()]
    assert len(titles) == len(set(titles))
    for chapter in chapters():
        places = re.findall(r"^##+ (.+)$", chapter.text, re.MULTILINE)
        assert len(places) == len(set(places)), chapter.slug


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no head", "no head"),
        (HEAD.replace('title = "甲"\n', ""), "title"),
        (HEAD.replace('["it"]', '["all"]'), "unknown readers"),
        (HEAD.replace("order = 1", 'order = 1\nauthor = "丙"'), "unknown in the head"),
        (HEAD + "{{nothing}}\n", "no derived table"),
    ],
)
def test_a_chapter_that_is_written_wrongly_names_its_file(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "wrong.md"
    path.write_text(text, "utf-8")
    with pytest.raises(ChapterError, match=rf"wrong\.md: .*{said}"):
        read_chapter(path)


def test_only_chapters_and_pictures_lie_in_the_folder() -> None:
    assert {path.suffix for path in FOLDER.iterdir() if path.is_file()} == {".md"}
