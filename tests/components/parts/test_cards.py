"""Cards, key figures, and what stands where there is nothing."""

from __future__ import annotations

from components.parts.card_menu import copy_link, export_link, save_image, show_table
from components.parts.cards import (
    KeyFigure,
    card,
    definition_mark,
    empty,
    error_panel,
    key_figure,
    problem_notes,
    skeleton,
    sparkline,
)
from data.definitions import DEFINITIONS
from tests.components.drawn import attribute, below, classed, links_of, text_of


def test_a_card_shows_title_definition_with_clause_and_stamp() -> None:
    definition = DEFINITIONS["on_time_rate"]
    text = text_of(card("题目", "内容", definition=definition, note="按现行口径"))
    assert text.startswith("题目 ⓘ")
    assert definition.text in text
    assert "查看规则口径" in text
    assert "依据：工作方案 §3.2" in text
    assert text.endswith("按现行口径")


def test_every_figures_mark_leads_to_its_definition_in_the_view_of_the_address() -> None:
    for name, definition in DEFINITIONS.items():
        mark = definition_mark(definition)
        explained = (
            {"三种口径，怎样核对": "/help/ratio#三种口径"}
            if "%" in definition.unit and (name.startswith(("ratio_", "land_ratio_")))
            else {}
        )
        assert links_of(mark) == {"查看规则口径": f"/rules#{name}"} | explained
        (link,) = classed(mark, "definition-more")
        assert attribute(link, "data-carry") == f"/rules#{name}"


def test_a_cards_menu_is_named_for_readers_and_holds_its_entries() -> None:
    actions = [
        show_table("t"),
        export_link("/export/x.xlsx"),
        save_image("chart", "题目", "章"),
        copy_link("/clearance"),
    ]
    drawn = card("题目", "内容", actions=actions)
    (menu,) = classed(drawn, "card-actions")
    assert text_of(menu) == "⋯ 看表格 导出 xlsx 存图 复制链接"
    (mark,) = classed(drawn, "card-actions-mark")
    assert attribute(mark, "aria-label") == "题目：更多操作"


def test_a_card_without_entries_has_no_menu() -> None:
    assert classed(card("题目", "内容"), "card-menu") == []


def test_a_key_figure_is_a_link_with_unit_change_and_trend() -> None:
    figure = KeyFigure(
        "逾期未报图斑", "12", "个", DEFINITIONS["overdue"], "/overdue", "较上月末 +8 个", False,
        (1, None, 3),
    )  # fmt: skip
    drawn = key_figure(figure)
    assert links_of(drawn) == {"12 个": "/overdue", "查看规则口径": "/rules#overdue"}
    assert len(classed(drawn, "key-bad")) == 1
    assert any(getattr(part, "alt", "") == "逾期未报图斑近几个月的变化" for part in below(drawn))


def test_a_trend_of_fewer_than_two_values_is_not_drawn() -> None:
    assert type(sparkline((None, 3), "x")).__name__ == "Span"


def test_a_skeleton_tells_readers_that_it_loads() -> None:
    assert attribute(skeleton("page"), "aria-label") == "正在加载"


def test_emptiness_says_why_and_what_to_do_next() -> None:
    assert links_of(empty("本月暂无下发图斑。", "请上传", "/upload")) == {"请上传": "/upload"}


def test_each_problem_of_an_address_offers_the_way_back() -> None:
    notes = problem_notes(["没有1999年度的数据。"], "/?year=2023")
    assert "没有1999年度的数据。" in text_of(notes)
    assert links_of(notes) == {"改用默认值查看": "/?year=2023"}
    assert attribute(error_panel("x", "/"), "role") == "alert"
