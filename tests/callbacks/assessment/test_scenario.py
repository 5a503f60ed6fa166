"""The what-if's buttons, and what the page says follows from it, on both databases."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import openpyxl
import pytest
from dash.development.base_component import Component

from callbacks.assessment.scenario import listed_candidates, result
from callbacks.assessment.scenario_workbook import scenario_workbook
from callbacks.assessment.supposing import with_bulk, with_day, with_target, with_ticks, without
from callbacks.frame.context import PageContext, read_context
from components import ids
from data.store.engine import Store
from tests.components.drawn import attribute, below, classed, links_of, rows_of, text_of
from tests.data.store.queries.stored import HUANCUI, WENDENG, put_case, put_parcel, put_patch
from tests.data.store.queries.stored import summarise as summarised

ON = "?year=2023&asof=2023-06-10"


# ---- the buttons ---------------------------------------------------------------------------------


def test_ticks_are_added_and_the_last_word_on_a_patch_counts() -> None:
    own = with_ticks("", ["B", "A"], "rectified")
    assert own == "do=r:A,B"
    assert with_ticks(own, ["A"], "approved") == "do=r:B;a:A"


def test_a_bulk_choice_replaces_the_same_one_and_needs_its_day() -> None:
    own = with_bulk("do=r:A", "filed", None, "rectified")
    assert own == "do=r:A&all=r.filed"
    assert with_bulk(own, "filed", "2023-05-24", "lawful") == "do=r:A&all=l.filed"
    assert with_bulk(own, "due", None, "rectified") == own
    assert with_bulk("", "due", "2023-05-24T00:00:00", "rectified") == "all=r.due.2023-05-24"


def test_parts_are_taken_out_one_by_one_or_all() -> None:
    own = "do=r:A,B&all=r.filed;a.all&line=warning"
    assert without(own, "tick:A") == "do=r:B&all=r.filed;a.all&line=warning"
    assert without(own, "bulk:0") == "do=r:A,B&all=a.all&line=warning"
    assert without(own, "all") == "line=warning"
    assert without("do=r:A%253AB", "tick:A:B") == ""


def test_the_day_stays_out_of_the_address_where_it_is_the_as_of_date_or_earlier() -> None:
    day = date(2023, 6, 10)
    assert with_day("do=r:A", "2023-12-31", day) == "do=r:A&on=2023-12-31"
    assert with_day("do=r:A&on=2023-12-31", "2023-06-10", day) == "do=r:A"
    assert with_day("do=r:A", "2023-06-01", day) == "do=r:A"


def test_the_question_for_the_smallest_set_takes_numbers_however_they_are_parted() -> None:
    asked = with_target("do=r:A", HUANCUI, "interview", 3, True, "A， B;C\nD")
    assert asked == (f"do=r:A&for={HUANCUI}&line=interview&most=3&only=demolition&skip=A,B,C,D")
    assert with_target("", "all", "warning", None, False, None) == "for=all&line=warning"


# ---- what follows --------------------------------------------------------------------------------


@pytest.fixture
def filled(store: Store) -> Store:
    """环翠区: unlawful A 10 and B 6 (filed, 拆除), lawful C 84 亩: 16 %. 文登区: D unlawful 1."""
    with store.write() as conn:
        for number, farmland, legality, district in [
            ("A", 10.0, "unlawful", HUANCUI),
            ("B", 6.0, "unlawful", HUANCUI),
            ("C", 84.0, "lawful", HUANCUI),
            ("D", 1.0, "unlawful", WENDENG),
        ]:
            patch = put_patch(
                conn, number, district_code=district, reported_on=date(2023, 5, 20),
                farmland_mu=farmland,
            )  # fmt: skip
            put_parcel(conn, patch, farmland_mu=farmland, area_mu=farmland, legality=legality)
            if number == "B":
                put_case(conn, patch, filed_on=date(2023, 6, 1), way="demolition")
        summarised(conn)
    return store


def context_of(store: Store, search: str) -> PageContext:
    with store.read() as conn:
        return read_context(conn, store.settings, search)


def followed(store: Store, own: str, search: str = ON) -> list[Component]:
    return result(store, context_of(store, search), own)


def sentences(parts: list[Component]) -> list[str]:
    return [text_of(part) for part in classed(parts, "scenario-sentence")]


def test_old_stands_beside_new_and_lines_that_are_left_are_named(filled: Store) -> None:
    parts = followed(filled, "do=r:A", f"{ON}&district={HUANCUI}")
    assert sentences(parts) == [
        "如果这1个图斑（耕地10.00亩）于6月10日如下处理，环翠区问责比例（扣除已消除）由16%变为6%，"
        "降到15%约谈线下（低于 9.0 亩）。口径不同，结论不同："
        "10%线，未扣除 16%、从严扣除 16% 已达，扣除已消除 6% 未达；"
        "15%线，未扣除 16%、从严扣除 16% 已达，扣除已消除 6% 未达"
    ]
    assert "环翠区问责比例的预警（已达约谈线）将解除" in text_of(classed(parts, "scenario-changes"))
    rows = {row[0]: row for row in rows_of(classed(parts, "compared"))}
    assert rows["环翠区"][1].split() == ["6%", "原", "16%"]
    assert rows["环翠区"][2] == "16%"  # nothing is deducted from the gross ratio
    assert "文登区" not in rows
    assert "没有变化：文登区" in text_of(parts)


def test_bulk_choices_are_of_the_frames_district(filled: Store) -> None:
    assert "如果这3个图斑" in sentences(followed(filled, "all=r.all"))[0]
    own = followed(filled, "all=r.all", f"{ON}&district={WENDENG}")
    assert "如果这1个图斑（耕地1.00亩）" in sentences(own)[0]


def test_each_part_can_be_taken_out_and_is_named_for_who_cannot_see(filled: Store) -> None:
    parts = followed(filled, "do=r:A&all=r.filed")
    buttons = {
        part.id["part"]: part
        for part in below(parts)
        if isinstance(getattr(part, "id", None), dict) and part.id["type"] == "scenario-drop"
    }
    assert list(buttons) == ["bulk:0", "tick:A", "all"]
    assert attribute(buttons["tick:A"], "aria-label") == "去掉A"


def test_the_smallest_set_is_listed_and_can_be_supposed(filled: Store) -> None:
    parts = followed(filled, f"for={HUANCUI}&line=interview")
    assert sentences(parts) == [
        "环翠区最少整改1个图斑即可降到问责比例约谈线（15%）下："
        "须扣除1.00亩，这些图斑共6.00亩，由16%变为10%。"
    ]
    assert links_of(parts)["B"] == "/patches/2023/B?year=2023&asof=2023-06-10"
    assert [p.id["action"] for p in below(parts)
            if isinstance(getattr(p, "id", None), dict) and p.id["type"] == "scenario-adopt"
            ] == ["rectified", "approved"]  # fmt: skip


@pytest.mark.parametrize(
    ("own", "said"),
    [
        (
            f"for={HUANCUI}&line=warning&skip=A,B",
            "做不到：环翠区符合条件的图斑全部整改也只扣除0.00亩",
        ),
        (
            f"for={HUANCUI}&line=warning&only=demolition&skip=B",
            "另有1个图斑的整改方式不是拆除或尚未登记",
        ),
        ("for=all&line=redline", "全市现为0.00亩，已在未消除生态保护红线约谈线（30.00亩）下"),
        (f"for={HUANCUI}&line=interview&on=2024-02-01", "已过次年1月31日的截止日"),
        (f"for={WENDENG}&line=interview", "文登区最少整改1个图斑"),
    ],
)
def test_where_no_set_does_it_the_page_says_so_plainly(own: str, said: str, filled: Store) -> None:
    assert said in sentences(followed(filled, own))[-1]


def test_too_few_allowed_says_how_many_are_needed(store: Store) -> None:
    with store.write() as conn:
        for n in range(3):
            patch = put_patch(conn, f"P{n}", reported_on=date(2023, 5, 20))
            put_parcel(conn, patch, farmland_mu=10.0, area_mu=10.0)
        patch = put_patch(conn, "L", reported_on=date(2023, 5, 20))
        put_parcel(conn, patch, farmland_mu=70.0, area_mu=70.0, legality="lawful")
        summarised(conn)
    (said,) = sentences(followed(store, f"for={HUANCUI}&line=interview&most=1"))
    assert said == (
        "限1个图斑做不到：环翠区至少要2个才能降到问责比例约谈线（15%）下（须扣除15.00亩）；"
        "最大的1个只能降到20%。"
    )


def test_the_link_shows_the_same_on_another_day(filled: Store) -> None:
    parts = followed(filled, "do=r:A&line=warning")
    (button,) = [p for p in below(parts) if getattr(p, "data-copy", None)]
    assert attribute(button, "data-copy") == (
        "/assessment?year=2023&asof=2023-06-10&do=r%3AA&line=warning"
    )
    assert links_of(parts)["导出 xlsx"].startswith(
        "/export/scenario.xlsx?year=2023&asof=2023-06-10"
    )


def test_what_cannot_be_read_is_named_and_the_rest_counts(filled: Store) -> None:
    parts = followed(filled, "do=r:A&all=nonsense")
    assert "all=nonsense" in text_of(parts)
    assert "如果这1个图斑" in sentences(parts)[0]


def test_numbers_without_unlawful_land_are_named(filled: Store) -> None:
    assert "没有作用：C、没有" in text_of(followed(filled, "do=r:A,C,没有"))


def test_nothing_supposed_says_what_to_do(filled: Store) -> None:
    assert "不写入任何数据" in text_of(followed(filled, ""))


def listed(store: Store, search: str = ON, **asked: Any) -> tuple[str, list[str], bool]:
    values: dict[str, Any] = {"own": "", "text": "", "pages": 1, "picked": ()} | asked
    context = context_of(store, search)
    with store.read() as conn:
        parts, more = listed_candidates(conn, context, **values)
    (choice,) = [p for p in below(parts) if getattr(p, "id", None) == ids.Assessment.PICKED]
    labels = [text_of(o["label"]) for o in choice.options]
    return text_of([*parts, *labels]), [o["value"] for o in choice.options], more


def test_patches_that_can_be_ticked_are_found_on_the_server_largest_first(filled: Store) -> None:
    text, numbers, more = listed(filled)
    assert (numbers, more) == (["A", "B", "D"], False)
    assert "共3个" in text
    assert "已假设" not in text
    assert listed(filled, own="do=a:B")[0].count("已假设补办用地手续") == 1
    assert listed(filled, f"{ON}&district={WENDENG}")[1] == ["D"]
    assert listed(filled, text="没有这个")[1] == []


def test_what_is_rectified_already_cannot_be_ticked(filled: Store) -> None:
    with filled.write() as conn:
        patch = put_patch(conn, "E", reported_on=date(2023, 5, 20))
        put_parcel(conn, patch)
        put_case(conn, patch, eliminated_on=date(2023, 6, 1))
    assert "E" not in listed(filled)[1]


def test_fifty_are_listed_at_once_and_more_on_request(store: Store) -> None:
    with store.write() as conn:
        for n in range(60):
            put_parcel(conn, put_patch(conn, f"P{n:02}", reported_on=date(2023, 5, 20)))
        summarised(conn)
    text, numbers, more = listed(store)
    assert (len(numbers), more) == (50, True)
    assert "共60个，列出耕地最多的50个" in text
    assert len(listed(store, pages=2)[1]) == 60


def test_the_workbook_has_old_and_new_of_every_unit(filled: Store) -> None:
    context = context_of(filled, f"{ON}&do=r:A;l:D&for={HUANCUI}&line=warning")
    name, content = scenario_workbook(filled, context)
    assert name == "年度评估假设_全市_2023-06-10.xlsx"
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["比例对照", "预警变化", "假设的图斑", "最少图斑", "说明"]
    head = [cell.value for cell in book["比例对照"][1]]
    city = dict(zip(head, [cell.value for cell in book["比例对照"][2]], strict=True))
    assert city["问责比例（扣除已消除）·原"] == pytest.approx(17 / 101)
    assert city["问责比例（扣除已消除）·假设后"] == pytest.approx(6 / 101)
    assert city["问责比例（未扣除）·假设后"] == pytest.approx(16 / 101)
    assert len(list(book["比例对照"].iter_rows())) == 10
    patches = [[c.value for c in row][:4] for row in book["假设的图斑"].iter_rows(min_row=2)]
    assert patches == [["A", "环翠区", "消除违法状态", 10], ["D", "文登区", "上级改判合法", 1]]
    assert book["最少图斑"]["A2"].value == "A"
    about = {row[0].value: row[1].value for row in book["说明"].iter_rows()}
    assert about["性质"] == "假设推算，未写入任何数据"
