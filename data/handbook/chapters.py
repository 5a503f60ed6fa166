"""The users' handbook: Chinese chapters in docs/handbook, read as the product shows them.

A chapter is a Markdown file with a TOML head between two lines of +++: title, order, summary,
readers (who it is for), pages (addresses that it explains, as Dash registers them), kinds (of
uploads).
A line `{{name argument}}` stands for a table that is derived, so that nothing is entered twice
(data/handbook/derived.py).
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from data.errors import NotFound
from data.handbook.derived import table
from data.settings import PROJECT_DIR

FOLDER = PROJECT_DIR / "docs" / "handbook"
PICTURES = FOLDER / "pictures"
#: For whom a chapter is, in the order of the contents: value in the address → label.
READERS = {
    "leader": "市领导",
    "city": "市局工作人员",
    "district": "区市经办人",
    "it": "信息技术人员",
}
_DERIVED = re.compile(r"^\{\{\s*(\S+)\s*(\S*)\s*\}\}$", re.MULTILINE)


class ChapterError(ValueError):
    """A chapter that cannot be shown as it is written; names the file. For authors, not users."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """slug: its name in the address /help/<slug>. text: Markdown below the title."""

    slug: str
    title: str
    order: int
    summary: str
    readers: tuple[str, ...]
    pages: tuple[str, ...]
    kinds: tuple[str, ...]
    text: str


@cache
def chapters() -> tuple[Chapter, ...]:
    """All chapters in their order. Raises ChapterError."""
    found = [read_chapter(path) for path in FOLDER.glob("*.md")]
    return tuple(sorted(found, key=lambda c: (c.order, c.slug)))


def read_chapter(path: Path) -> Chapter:
    """One file. Raises ChapterError for a head that lacks something or says something unknown."""
    parts = path.read_text("utf-8").split("+++\n", 2)
    if len(parts) != 3 or parts[0].strip():
        raise ChapterError(f"{path.name}: no head between two lines of +++")
    try:
        head = tomllib.loads(parts[1])
        chapter = Chapter(
            path.stem,
            str(head.pop("title")),
            int(head.pop("order")),
            str(head.pop("summary")),
            tuple(head.pop("readers")),
            tuple(head.pop("pages", ())),
            tuple(head.pop("kinds", ())),
            _DERIVED.sub(lambda found: table(found[1], found[2]), parts[2]),
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise ChapterError(f"{path.name}: {error}") from error
    if head:
        raise ChapterError(f"{path.name}: unknown in the head: {', '.join(head)}")
    if unknown := set(chapter.readers) - set(READERS):
        raise ChapterError(f"{path.name}: unknown readers: {', '.join(unknown)}")
    return chapter


def chapter_of(slug: str) -> Chapter:
    """Raises NotFound."""
    for chapter in chapters():
        if chapter.slug == slug:
            return chapter
    raise NotFound(f"手册里没有“{slug}”这一章，可能已经改名。请从手册目录进入。")


def chapter_at(path: str) -> Chapter | None:
    """The chapter that explains the page at an address; of a template, whatever stands in it."""
    fitting = [
        (len(page), chapter)
        for chapter in chapters()
        for page in chapter.pages
        if path == page or ("<" in page and path.startswith(page.partition("<")[0]))
    ]
    return max(fitting, key=lambda each: each[0])[1] if fitting else None


def chapter_of_kind(kind: str) -> Chapter | None:
    """The chapter that explains an upload kind."""
    return next((c for c in chapters() if kind in c.kinds), None)
