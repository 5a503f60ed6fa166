"""The parts of 总览."""

from __future__ import annotations

from components import ids
from components.overview import (
    KEY_FIGURES,
    domain_line,
    key_figures,
    map_card,
    ranking,
    standing_title,
)
from components.parts.figure_text import tone
from data.triggers.matters import Matter, matters, standings
from tests.components.drawn import below, classed, links_of, rows_of, text_of
from tests.components.figures_of import LINES, row
from tests.triggers_of import trigger

QUERY = {"year": "2023", "asof": "2023-11-23"}


def stands(*codes: str) -> dict[str, Matter | None]:
    """The districts in this order, each over its line by less than the one before."""
    held = [
        trigger(
            "T3", code, rule_name="问责比例", value=0.9 - at / 10, threshold=0.15, line="interview"
        )
        for at, code in enumerate(codes)
    ]
    names = {code: code for code in codes}
    return standings(matters(held, names), names)


def test_the_gravest_stands_first_with_its_word_and_the_ratio_in_colour() -> None:
    rows = {
        "a": row(
            "a", "甲", ratio_net=0.08, new_construction_farmland_mu=100.0, ratio_net_part_mu=8.0
        ),
        "b": row(
            "b", "乙", ratio_net=0.2, new_construction_farmland_mu=100.0, ratio_net_part_mu=20.0
        ),
        "c": row(
            "c", "丙", ratio_net=0.12, new_construction_farmland_mu=100.0, ratio_net_part_mu=12.0
        ),
    }
    order = stands("b") | {"c": None, "a": None}
    table = ranking(QUERY, rows, order, LINES, None)
    cells = rows_of(table)[1:]
    assert [line[:2] for line in cells] == [["乙", "20%"], ["丙", "12%"], ["甲", "8%"]]
    assert cells[0][3].startswith("◆ 已达约谈线")
    assert "▲ 达预警线" in cells[1][2]
    coloured = [text_of(c) for c in classed(table, "severity-interview")]
    assert "20%" in coloured
    assert standing_title(order) == "区市情况，由重到轻：1个已达约谈线"


def test_decimals_are_the_same_in_a_column() -> None:
    rows = {
        "a": row("a", "甲", ratio_net=0.08, ratio_gross=0.1496, remaining_farmland_mu=3.0),
        "b": row("b", "乙", ratio_net=0.1833, ratio_gross=0.2, remaining_farmland_mu=0.0012),
    }
    cells = rows_of(ranking(QUERY, rows, {"a": None, "b": None}, LINES, None))[1:]
    assert [line[1] for line in cells] == ["8.0%", "18.3%"]
    assert [line[4] for line in cells] == ["14.96%", "20.00%"]
    assert [line[8] for line in cells] == ["3.000", "0.001"]


def test_every_number_of_the_ranking_that_has_patches_leads_to_them() -> None:
    figures = row(on_time_rate=0.8, overdue=4, patches=50, ratio_net=0.12, ratio_gross=0.2,
                  ratio_strict=0.18)  # fmt: skip
    links = links_of(ranking(QUERY, {"371002": figures}, stands("371002"), LINES, None))
    tail = "year=2023&asof=2023-11-23&district=371002"
    assert links == {
        "环翠区": f"/?{tail}",
        "80%": f"/patches?{tail}&figure=on_time_rate",
        "4": f"/overdue?{tail}",
        "20%": f"/patches?{tail}&figure=ratio_gross",
        "12%": f"/patches?{tail}&figure=ratio_net",
        "18%": f"/patches?{tail}&figure=ratio_strict",
        "0.00": f"/patches?{tail}&figure=remaining_farmland_mu",
        "◆ 已达约谈线": f"/triggers?{tail}",
    }


def test_the_chosen_district_is_marked_in_the_ranking() -> None:
    rows = {"a": row("a", "甲"), "b": row("b", "乙")}
    marked = classed(ranking(QUERY, rows, {"b": None, "a": None}, LINES, "a"), "marked")
    assert [text_of(part).split()[0] for part in marked] == ["甲"]


def test_there_are_five_key_figures_each_with_a_link_and_the_ratio_with_both_variants() -> None:
    now = row(on_time_rate=0.9, overdue=3, ratio_net=0.12, ratio_gross=0.2, patches=50)
    then = row(on_time_rate=0.8, overdue=1)
    boxes = key_figures(QUERY, now, [then], LINES)
    assert len(classed(boxes, "key-figure")) == len(KEY_FIGURES) == 5
    assert (
        len([a for a in links_of(boxes).values() if not a.startswith(("/rules#", "/help/"))]) == 5
    )
    assert "12% 未扣除 20%" in text_of(boxes)
    assert "较上月末 +10.0 个百分点" in text_of(boxes)


def test_land_and_mineral_patches_are_told_apart() -> None:
    line = domain_line(QUERY, row(due=1200, mineral_patches=7, mineral_unlawful_patches=2), 2023)
    text = text_of(line).replace(" ", "")
    assert links_of(line)["2个"].endswith("&figure=mineral_unlawful_patches")
    assert "土地图斑1,200个" in text
    assert "矿产图斑7个，其中判定违法2个" in text
    assert "矿产" not in text_of(domain_line(QUERY, row(due=3), 2023))


def test_tones_follow_the_warning_line_of_the_rules() -> None:
    rates = (None, 1.0, 0.9, 0.8999999, 0.89)
    assert [tone(rate, 0.9) for rate in rates] == [
        None,
        "tone-full",
        "tone-short",
        "tone-short",
        "tone-low",
    ]


def test_the_map_means_one_thing_and_lists_what_it_cannot_draw_in_the_same_colour() -> None:
    districts = [row(ratio_net=0.2), row("371071", "高区", ratio_net=0.05)]
    card = map_card(QUERY, [], districts, None, None, LINES)
    text = text_of(card)
    assert "1个区市达到15%线" in text
    chips = {text_of(c): c.className for c in classed(card, "map-unit")}
    assert chips == {"环翠区 20%": "map-unit tone-low", "高区 5%": "map-unit tone-full"}
    assert any(getattr(part, "id", "") == ids.Overview.MAP for part in below(card))


def test_a_map_without_ratios_gives_no_all_clear() -> None:
    assert "尚无数据，不能判断" in text_of(map_card(QUERY, [], [row()], None, None, LINES))
