"""Words lead to the section that speaks of them."""

from __future__ import annotations

from data.handbook.chapters import Chapter, chapters
from data.handbook.search import search

UNITS = Chapter("a", "上传", 1, "", ("it",), (), (), "先看。\n\n## 单位\n\n表头里的**公顷**算数。")
OTHER = Chapter(
    "b", "地图", 2, "", ("it",), (), (), "## 带走\n\n| 图 | 单位 |\n|---|---|\n| 热力 | KML |"
)


def places(words: str) -> list[tuple[str, str]]:
    return [(found.chapter.slug, found.heading) for found in search([OTHER, UNITS], words)]


def test_a_section_whose_heading_holds_the_word_comes_first() -> None:
    assert places("单位") == [("a", "单位"), ("b", "带走")]


def test_every_word_has_to_be_there() -> None:
    assert places("单位 公顷") == [("a", "单位")]
    assert places("单位 没有") == []


def test_case_does_not_matter_and_nothing_is_found_for_nothing() -> None:
    assert places("kml") == [("b", "带走")]
    assert places("  ") == []


def test_an_excerpt_is_words_without_markup() -> None:
    (found, _) = search([UNITS, OTHER], "单位")
    assert found.excerpt == "表头里的 公顷 算数。"


def test_what_people_ask_for_is_found_in_the_real_handbook() -> None:
    for words in ("公顷", "坐标系", "退回", "15%", "备份", "基准日", "撤回", "试算"):
        assert search(chapters(), words), words
