"""规则口径 as a text."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from components.prose import prose
from components.rules import ParameterLine, RuleEntry, VersionLine, body, rule_text
from data.definitions import DEFINITIONS
from tests.components.drawn import below, classed, links_of, rows_of, text_of

T3 = RuleEntry(
    "T3",
    "问责比例",
    "triggers",
    "预警提醒",
    "§4.4",
    "问责比例达到10%的预警。",
    ("继续沿用2021年的计算方法",),
    ("《处分办法》第三条第一项",),
    (),
    (
        ParameterLine("预警线", "10%", True, "1%至15%"),
        ParameterLine("约谈线", "15%", False, ""),
    ),
    date(2023, 1, 1),
    "复核：法规科（2026年11月24日）",
)


def test_a_rule_shows_sentence_clause_quotation_parameters_and_review() -> None:
    drawn = prose([rule_text(T3)])
    text = text_of(drawn)
    for part in (
        "T3 问责比例",
        "工作方案 §4.4",
        "措施：预警提醒",
        "自2023年1月1日起",
        "问责比例达到10%的预警。",
        "继续沿用2021年的计算方法",
        "另据：《处分办法》第三条第一项",
        "复核：法规科",
    ):
        assert part in text
    assert rows_of(drawn) == [
        ["参数", "现值", "来源", "可设范围"],
        ["预警线", "10%", "本市设定", "1%至15%"],
        ["约谈线", "15%", "方案规定", ""],
    ]
    assert [text_of(mark) for mark in classed(drawn, "origin")] == ["本市设定"]


def test_other_versions_say_from_when_and_what_they_differ_in() -> None:
    earlier = VersionLine(date(2022, 1, 1), "§9", (("预警线", "10%", "12%"),), "原方案")
    text = text_of(prose([rule_text(replace(T3, earlier=(earlier,)))]))
    assert "历次版本" in text
    assert "自2022年1月1日起，依据§9：预警线：12%（现为10%）（原方案）" in text
    assert "以后的版本" not in text


def test_a_change_of_an_administrator_is_said_with_its_reason() -> None:
    changed = replace(T3, changes=("预警线自2024年1月1日起设为8%，理由：收紧",))
    (line,) = classed(prose([rule_text(changed)]), "rule-change")
    assert text_of(line) == "预警线自2024年1月1日起设为8%，理由：收紧"


def test_every_figure_and_rule_can_be_named_in_an_address() -> None:
    page = prose(body([T3]))
    named = {getattr(part, "id", None) for part in below(page)}
    assert set(DEFINITIONS) | {"T3"} <= named
    assert links_of(page)["T3 问责比例"] == "#T3"


def test_a_rule_and_a_figure_never_share_a_name() -> None:
    names = [str(part.id) for part in below(prose(body([T3]))) if getattr(part, "id", None)]
    assert len(names) == len(set(names))


def test_what_the_bureau_set_stands_in_one_table() -> None:
    (table,) = classed(prose(body([T3])), "local-parameters")
    assert "本市设定一览（1项）" in text_of(table)
    assert rows_of(table)[1] == ["T3 问责比例", "预警线", "10%", "§4.4"]
