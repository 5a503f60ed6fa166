"""帮助: contents by reader, search, chapters, and the way there from a page and from an error."""

from __future__ import annotations

import pytest

from callbacks.frame.faults import help_of
from callbacks.handbook import groups, help_address, render, render_chapter
from data.errors import CrsUndecided, NotFound, StoreRefused, SupervisionError, UploadRefused
from data.handbook.chapters import READERS, chapters
from tests.components.drawn import text_of


def test_the_contents_list_every_chapter_for_each_of_its_readers() -> None:
    listed = {(label, slug) for label, entries in groups() for slug, _, _ in entries}
    expected = {(READERS[r], chapter.slug) for chapter in chapters() for r in chapter.readers}
    assert listed == expected


def test_one_reader_sees_his_chapters_alone() -> None:
    assert [label for label, _ in groups("leader")] == ["市领导"]
    assert [label for label, _ in groups("nobody")] == list(READERS.values())


def test_words_in_the_address_are_searched_for() -> None:
    assert "公顷" in text_of(render("?q=公顷"))
    assert "没有找到“甲乙丙丁”" in text_of(render("?q=甲乙丙丁"))


def test_a_chapter_says_for_whom_it_is_and_what_follows() -> None:
    text = text_of(render_chapter("clearance"))
    assert "看懂月清" in text
    assert "写给：市领导、市局工作人员、区市经办人" in text
    assert "下一章：" in text


def test_an_unknown_chapter_is_refused() -> None:
    with pytest.raises(NotFound):
        render_chapter("../secret")


@pytest.mark.parametrize(
    ("path", "chapter"),
    [
        ("/", "/help/leader"),
        ("/clearance", "/help/clearance"),
        ("/patches/2023/A%2F1", "/help/patch"),
        ("/nowhere", "/help"),
    ],
)
def test_help_on_a_page_leads_to_its_chapter(path: str, chapter: str) -> None:
    assert help_address(path) == chapter


def test_errors_that_need_explaining_lead_to_their_chapter() -> None:
    assert help_of(UploadRefused("x")) == "/help/upload-errors#整个文件不被接收"
    assert help_of(StoreRefused("x")) == "/help/care#数据库不能用"
    assert help_of(CrsUndecided("x")) == "/help/upload#坐标系"
    assert help_of(SupervisionError("x")) == ""
    assert help_of(ValueError("x")) == ""
