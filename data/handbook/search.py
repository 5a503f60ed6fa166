"""Finding a place in the handbook by words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from data.handbook.chapters import Chapter

#: Characters of an excerpt before and after the first word found.
_AROUND = 40
_HEADING = re.compile(r"^#{2,3}\s+(.+?)\s*$", re.MULTILINE)
#: What is markup and no words: pictures, targets of links, emphasis, table lines.
_MARKUP = re.compile(r"!\[[^\]]*\]\([^)]*\)|\]\([^)]*\)|[\[*`|>]|^-{3,}$|^#+\s|---", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Found:
    """A section that holds all the words. heading: empty above the first one. excerpt: its text
    around the first word.
    """

    chapter: Chapter
    heading: str
    excerpt: str


def search(chapters: Sequence[Chapter], words: str) -> list[Found]:
    """Sections that hold every word (case and full width do not matter), titles first."""
    terms = [term.casefold() for term in words.split()]
    if not terms:
        return []
    ranked: list[tuple[int, int, Found]] = []
    for chapter in chapters:
        for heading, text in sections(chapter):
            whole = f"{chapter.title} {heading} {text}".casefold()
            if not all(term in whole for term in terms):
                continue
            titled = sum(term in f"{chapter.title} {heading}".casefold() for term in terms)
            often = sum(whole.count(term) for term in terms)
            ranked.append((titled, often, Found(chapter, heading, _excerpt(text, terms))))
    ranked.sort(key=lambda each: (-each[0], -each[1]))
    return [found for _, _, found in ranked]


def sections(chapter: Chapter) -> Iterator[tuple[str, str]]:
    """(heading, text without markup); what stands above the first heading has none."""
    parts = _HEADING.split(chapter.text)
    for heading, text in zip(["", *parts[1::2]], parts[::2], strict=True):
        yield heading, " ".join(_MARKUP.sub(" ", text).split())


def _excerpt(text: str, terms: Sequence[str]) -> str:
    low = text.casefold()
    places = [place for term in terms if (place := low.find(term)) >= 0]
    at = min(places, default=0)
    start, end = max(0, at - _AROUND), at + 2 * _AROUND
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")
