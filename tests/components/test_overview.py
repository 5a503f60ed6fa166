"""The parts of 总览."""

from __future__ import annotations

from components import ids
from components.overview import (
    KEY_FIGURES,
    domain_line,
    key_figures,
    map_card,
    ranked,
    ranking,
    ranking_title,
)
from components.parts.figure_text import tone
from tests.components.drawn import below, classed, links_of, rows_of, text_of
from tests.components.figures_of import LINES, row

QUERY = {"year": "2023", "asof": "2023-11-23"}


def test_equal_rates_share_a_rank_and_a_district_without_base_has_none() -> None:
    rows = [
        row("a", "甲", on_time_rate=None),
        row("b", "乙", on_time_rate=0.9),
        row("c", "丙", on_time_rate=1.0),
        row("d", "丁", on_time_rate=0.9),
        row("e", "戊", on_time_rate=0.5),
    ]
    assert [(rank, r["code"]) for rank, r in ranked(rows)] == [
        (1, "c"),
        (2, "b"),
        (2, "d"),
        (4, "e"),
        (None, "a"),
    ]


def test_a_district_with_few_patches_is_marked_and_named_neither_best_nor_worst() -> None:
    rows = [
        row("a", "甲", on_time_rate=0.5, patches=2, small_denominator=True),
        row("b", "乙", on_time_rate=0.8, patches=50),
        row("c", "丙", on_time_rate=0.95, patches=50),
    ]
    assert ranking_title(rows, LINES) == "丙按期上报率最高，乙最低（80%）"
    table = ranking(QUERY, rows, LINES, None)
    assert [cells[0] for cells in rows_of(table)] == ["区市", "丙", "乙", "甲◦"]


def test_every_number_of_the_ranking_that_has_patches_leads_to_them() -> None:
    figures = row(on_time_rate=0.8, overdue=4, patches=50, ratio_net=0.12, ratio_gross=0.2)
    links = links_of(ranking(QUERY, [figures], LINES, None))
    tail = "year=2023&asof=2023-11-23&district=371002"
    assert links == {
        "环翠区": f"/?{tail}",
        "80%": f"/patches?{tail}&status=late",
        "4": f"/overdue?{tail}",
        "12%": f"/patches?{tail}&status=unlawful",
    }


def test_the_chosen_district_is_marked_in_the_ranking() -> None:
    rows = [row("a", "甲", on_time_rate=0.5), row("b", "乙", on_time_rate=0.8)]
    marked = classed(ranking(QUERY, rows, LINES, "a"), "marked")
    assert [text_of(part).split()[0] for part in marked] == ["甲"]


def test_there_are_five_key_figures_each_with_a_link_and_the_ratio_with_both_variants() -> None:
    now = row(on_time_rate=0.9, overdue=3, ratio_net=0.12, ratio_gross=0.2, patches=50)
    then = row(on_time_rate=0.8, overdue=1)
    boxes = key_figures(QUERY, now, [then], LINES)
    assert len(classed(boxes, "key-figure")) == len(KEY_FIGURES) == 5
    assert len([a for a in links_of(boxes).values() if not a.startswith("/rules#")]) == 5
    assert "12% 未扣除 20%" in text_of(boxes)
    assert "较上月末 +10.0 个百分点" in text_of(boxes)


def test_land_and_mineral_patches_are_told_apart() -> None:
    text = text_of(domain_line(row(due=1200, mineral_patches=7, mineral_unlawful_patches=2), 2023))
    assert "土地图斑1,200个" in text
    assert "矿产图斑7个，其中判定违法2个" in text
    assert "矿产" not in text_of(domain_line(row(due=3), 2023))


def test_tones_follow_the_warning_line_of_the_rules() -> None:
    rates = (None, 1.0, 0.9, 0.8999999, 0.89)
    assert [tone(rate, 0.9) for rate in rates] == [
        None,
        "tone-full",
        "tone-short",
        "tone-short",
        "tone-low",
    ]


def test_a_zone_without_shape_is_named_beside_the_map() -> None:
    card = map_card(
        QUERY, [], [row(overdue=2), row("371071", "高区", overdue=5)], None, None, LINES, "stamp"
    )
    assert "7个图斑逾期未报，高区最多（5个）" in text_of(card)
    assert "另有 环翠区 2、高区 5" in text_of(card)
    assert any(getattr(part, "id", "") == ids.Overview.MAP for part in below(card))
