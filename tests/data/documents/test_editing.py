"""Texts of a draft as a person edits them: figures are marks, typed numbers are marked."""

from __future__ import annotations

from datetime import date

import pytest

from data.documents.editing import fields, stored
from data.documents.paper import Form, Heading, Paper, Para, as_texts
from data.documents.typed import marked, typed_in
from data.errors import SupervisionError
from data.measures.frozen import Composed, Figure

DAY = date(2023, 11, 13)


def figure(name: str, text: str) -> Figure:
    return Figure(name, name, None, 1.0, text, DAY, None)


PAPER = Paper(
    "early_warning",
    Form.LETTER,
    "关于预警的函",
    ("甲区人民政府",),
    (
        Heading("一、情况"),
        Para("比例{ratio}，剩余{left}亩，请于{@due}前回复。{{甲}}"),
        Para("再说一次{ratio}。"),
    ),
    copies=(),
)
MADE = Composed((figure("left", "8.00"), figure("ratio", "16.7%")), as_texts(PAPER))


def test_figures_stand_as_marks_and_come_back_as_they_were() -> None:
    shown = {field.label: field.text for field in fields(MADE)}
    assert (
        shown["正文“一、情况”第1段"]
        == "比例【1：16.7%】，剩余【2：8.00】亩，请于【期限】前回复。{甲}"
    )
    assert shown["主送机关（一行一个）"] == "甲区人民政府"
    assert stored(MADE, {field.place: field.text + "\n" for field in fields(MADE)}) == {}


def test_a_mark_may_be_moved_and_its_number_cannot_be_changed() -> None:
    text = "剩余【2：9.99】亩（占【1：0%】），{乙}，【期限】。"
    assert stored(MADE, {"p001": text}) == {"p001": "剩余{left}亩（占{ratio}），{{乙}}，{@due}。"}
    with pytest.raises(SupervisionError, match=r"第1段：没有编号为7的引用数字"):
        stored(MADE, {"p001": "【7：16.7%】"})


def test_a_typed_number_is_marked_and_a_quoted_one_is_not() -> None:
    told = {"ratio": "16.7%"}
    text = "2023年11月13日，比例{ratio}，实为12.5%，3个工作日内整改5宗。"
    assert typed_in(text, told) == ["12.5%", "5"]
    assert "".join(words for words, _ in marked(text, told)) == text.replace("{ratio}", "16.7%")
    assert ("16.7%", "figure") in marked(text, told)
