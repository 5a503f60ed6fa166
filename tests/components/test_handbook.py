"""Markdown of the handbook becomes a text that shows words as words."""

from __future__ import annotations

import pytest

from components.handbook import chapter_path, headings, nodes_of, results
from data.handbook.chapters import chapters


def test_every_chapter_can_be_drawn() -> None:
    for chapter in chapters():
        assert nodes_of(chapter.text), chapter.slug


def test_headings_are_places_that_an_address_can_name() -> None:
    assert nodes_of("## 三四级") == [["h2", {"id": "三四级"}, "三四级"]]
    assert headings("## 甲\n\n### 乙\n\n## 丙") == ["甲", "丙"]
    assert chapter_path("upload", "单位") == "/help/upload#单位"


def test_links_lead_to_chapters_pages_and_places() -> None:
    assert nodes_of("[甲](upload.md#单位)") == [
        ["p", {}, ["a", {"href": "/help/upload#单位"}, "甲"]]
    ]
    assert nodes_of("[甲](/rules#T1)") == [["p", {}, ["a", {"href": "/rules#T1"}, "甲"]]]


def test_pictures_come_from_this_server() -> None:
    assert nodes_of("![总览](pictures/overview.png)") == [
        ["p", {}, ["img", {"src": "/help/pictures/overview.png", "alt": "总览"}]]
    ]


@pytest.mark.parametrize(
    "markdown", ["[x](http://example.org)", "![x](http://example.org/x.png)", "![x](../x.png)"]
)
def test_nothing_leads_or_loads_from_elsewhere(markdown: str) -> None:
    with pytest.raises(ValueError, match="elsewhere"):
        nodes_of(markdown)


def test_items_of_a_list_are_no_paragraphs_of_their_own() -> None:
    assert nodes_of("- 甲\n- 乙") == [
        ["ul", {}, ["li", {}, ["span", {}, "甲"]], ["li", {}, ["span", {}, "乙"]]]
    ]


def test_markup_in_a_chapter_stays_words() -> None:
    assert nodes_of("a<b>c</b>") == [["p", {}, "a<b>c</b>"]]


def test_what_was_asked_is_marked_in_the_results_as_words() -> None:
    drawn = results([("a", "上传", "单位", "表头<x>的单位")], "单位")
    assert ["p", {}, "表头<x>的", ["strong", {}, "单位"]] in drawn[1][2]


def test_nothing_found_says_what_to_try() -> None:
    assert "没有找到“甲乙”" in str(results([], "甲乙"))
