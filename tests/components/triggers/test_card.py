"""Triggers as cards: the gravest first, values with their margin, months together."""

from __future__ import annotations

from dataclasses import replace

from components.triggers.card import trigger_card, trigger_table
from data.trigger_row import Trigger
from data.triggers.matters import Matter, matters
from data.vocabulary import RatioVariant
from tests.components.drawn import links_of, rows_of, text_of
from tests.components.figures_of import LINES, row
from tests.triggers_of import trigger


def one(*triggers: Trigger) -> Matter:
    """The triggers as the one matter that they are."""
    (matter,) = matters(triggers, {"371002": "环翠区"})
    return matter


def test_the_months_of_a_district_share_a_card_with_a_link_each() -> None:
    months = [
        trigger("T1", period=f"2023-0{m}", value=0.8, threshold=0.9, unit="share", open=3)
        for m in (3, 4)
    ]
    card = trigger_card(one(*months), row(overdue=5), {"year": "2023"}, LINES)
    assert "4个月中2个月低于90%且未报完，欠6个" in text_of(card)
    links = links_of(card)
    assert links["3月 80%"] == "/overdue?year=2023&district=371002&month=2023-03"
    assert links["4月 80%"] == "/overdue?year=2023&district=371002&month=2023-04"


def test_the_ratio_shows_all_variants_and_the_distance_to_the_line() -> None:
    figures = row(
        ratio_net=0.1496,
        ratio_gross=0.2,
        ratio_strict=0.19,
        ratio_net_part_mu=14.96,
        new_construction_farmland_mu=100.0,
    )
    card = trigger_card(one(trigger("T3", value=0.1496)), figures, {}, LINES)
    text = text_of(card)
    assert "问责比例（扣除已消除）14.96%（未扣除 20%，从严扣除 19%）" in text
    assert "低于15%线 0.04 亩；口径不同，结论不同" in text
    assert "预警提醒 · 工作方案§4.4" in text


def test_an_area_line_is_not_shown_as_a_ratio() -> None:
    """12 亩 over a line of 10 亩 are no 1200 %."""
    figures = row(
        ratio_net=0.08,
        ratio_gross=0.16,
        ratio_net_part_mu=12.0,
        new_construction_farmland_mu=150.0,
    )
    reached = one(trigger("T3", value=12.0, unit="mu", line="interview"))
    text = text_of(trigger_card(reached, figures, {}, LINES))
    assert "1 ÷ 4 = 25%" in text
    assert "超出 20% 1 个图斑" in text
    assert "未扣除" not in text


def test_the_variant_that_judges_stands_first_with_its_own_margin() -> None:
    figures = row(
        ratio_net=0.08, ratio_gross=0.16, ratio_strict=0.16, ratio_net_part_mu=12.0,
        ratio_strict_part_mu=24.0, new_construction_farmland_mu=150.0,
    )  # fmt: skip
    judged = one(trigger("T3", value=0.16, line="interview", about="ratio_strict"))
    lines = replace(LINES, variant=RatioVariant.STRICT)
    text = text_of(trigger_card(judged, figures, {}, lines))
    assert "问责比例（从严扣除）16%（扣除已消除 8%，未扣除 16%）" in text
    assert "超出15%线 1.5 亩；口径不同，结论不同" in text


def test_protected_land_says_which_land_and_how_far_from_the_line() -> None:
    figures = row(remaining_basic_farmland_mu=29.996, remaining_redline_mu=2.0)
    about = "basic_farmland+basic_farmland+redline"
    protected = trigger("T4", value=29.996, threshold=0.0, unit="mu", about=about, margin="低于")
    text = text_of(trigger_card(one(protected), figures, {}, LINES))
    assert "永久基本农田 29.996 亩、生态保护红线 2.00 亩" in text
    assert "低于" in text
    links = links_of(trigger_card(one(protected), figures, {"year": "2023"}, LINES))
    assert "measure=remaining_basic_farmland_mu" in links["地图"]
    assert "地图" not in links_of(trigger_card(one(trigger("T3")), row(ratio_net=0.2), {}, LINES))


def test_severity_is_said_in_words_and_not_by_colour_alone() -> None:
    reached = trigger("T3", line="interview", value=0.16)
    figures = row(ratio_net=0.16, ratio_net_part_mu=16.0, new_construction_farmland_mu=100.0)
    assert "◆ 预警 · 已达约谈线" in text_of(trigger_card(one(reached), figures, {}, LINES))


def test_the_city_links_to_all_districts() -> None:
    city = trigger("T3", subject="371000", subject_name="全市", district=None)
    view = {"year": "2023", "district": "371002"}
    assert links_of(trigger_card(one(city), row(), view, LINES)) == {
        "查看所依据的图斑": "/triggers/patches?year=2023&trigger=T3.371000.2023"
    }


def test_a_patch_leads_to_its_own_page() -> None:
    patch = trigger("T6", subject="A/1", district="371002", key="")
    assert links_of(trigger_card(one(patch), row(), {"year": "2023"}, LINES)) == {
        "查看所依据的图斑": "/patches/2023/A%2F1?year=2023"
    }


def test_months_of_a_rule_are_said_together_and_seen_one_by_one() -> None:
    several = [
        trigger("T2", period=f"2023-0{m}", value=v, threshold=t, unit="rate")
        for m, v, t in ((3, 0.12, 0.1), (4, 0.25, 0.2))
    ]
    card = trigger_card(one(*several), row(), {"year": "2023"}, LINES)
    assert "4个月中2个月差错率达10%，其中1个月达20%，最高25%" in text_of(card)
    assert links_of(card) == {"逐月查看": "/triggers?year=2023&district=371002&rule=T2"}


def test_patches_of_a_rule_in_a_district_are_one_card_that_leads_to_all_of_them() -> None:
    several = [
        trigger("T7", subject=f"P{n}", district="371002", key="", unit="times", value=n + 3.0,
                threshold=3.0, rule_name="拒不修改", formula=f"市级退回 {n + 3} 次")
        for n in range(40)
    ]  # fmt: skip
    card = trigger_card(one(*several), row(), {"year": "2023"}, LINES)
    assert "40个图斑拒不修改，最重的市级退回42次" in text_of(card)
    address = "/triggers/patches?year=2023&district=371002&trigger=T7.371002.2023.patches"
    assert links_of(card) == {"查看40个图斑": address}


def test_any_other_rule_says_its_formula_and_margin() -> None:
    text = text_of(trigger_card(one(trigger("T5", rule_name="整改不力")), row(), {}, LINES))
    assert "整改不力：1 ÷ 4 = 25%" in text
    assert "超出 20% 1 个图斑" in text


def test_the_less_grave_stand_in_a_line_each_with_margin_clause_and_link() -> None:
    figures = row(
        ratio_net=0.11, ratio_gross=0.12, ratio_strict=0.12, ratio_net_part_mu=11.0,
        new_construction_farmland_mu=100.0,
    )  # fmt: skip
    table = trigger_table([one(trigger("T3", value=0.11))], {"371002": figures}, {}, LINES)
    assert rows_of(table)[1] == [
        "环翠区",
        "▲ 预警",
        "问责比例（扣除已消除）11%（未扣除 12%，从严扣除 12%） 低于15%线 4.0 亩",
        "预警提醒 · §4.4",
    ]
    assert links_of(table) == {"环翠区": "/triggers/patches?district=371002&trigger=T3.371002.2023"}
