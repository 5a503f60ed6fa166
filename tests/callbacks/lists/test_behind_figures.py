"""Whatever leads to a list of patches leads to one that adds up to it: on the page, in xlsx."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

import openpyxl
import pytest

from callbacks import clearance, overdue, overview, patches
from callbacks.assessment import page as assessment
from callbacks.lists.grid import told
from callbacks.lists.map import around_rows
from callbacks.lists.said import value_of
from callbacks.lists.view import ListPage, ListView, read_view, rows_response
from callbacks.lists.workbook import list_workbook
from callbacks.triggers import patches as behind
from components.links import figure_href, read_search
from components.parts.figure_text import shown
from components.triggers.card import behind_href
from data.definitions import DEFINITIONS
from data.scope import Scope
from data.store.engine import Store
from data.store.measures import AREAS, COUNTS, RATES, REMAINING
from data.store.queries.contributions import AMOUNTS, ONLY_LISTED, listed_figures
from data.store.queries.figures import figures
from data.triggers.current import current_triggers
from data.units import PARTS_PER_MU
from tests.callbacks.year_2023 import ON, fill
from tests.components.drawn import below, text_of
from tests.data.store.worlds import DAYS, make_world, put_world

D = DAYS[-1]
PAGES = {p.path: p for p in (overdue.PAGE, patches.PAGE, behind.PAGE)}
#: Each figure of a page that adds up patches, and each rate of them.
LINKED = (*COUNTS, *AREAS, *REMAINING, *RATES, *ONLY_LISTED)


@pytest.fixture
def filled(sqlite_store: Store) -> Store:
    with sqlite_store.write() as conn:
        put_world(conn, make_world(7, 60))
    return sqlite_store


def opened(store: Store, address: str) -> tuple[ListPage, str, ListView]:
    path, _, search = address.partition("?")
    with store.read() as conn:
        view = read_view(conn, store.settings, PAGES[path], f"?{search}")
    assert not view.problems, address
    return PAGES[path], f"?{search}", view


def parts_of(value: Any, name: str) -> int:
    return round(value * PARTS_PER_MU) if name.endswith("_mu") else int(value)


def check(store: Store, address: str, expected: Mapping[str, float | int]) -> int:
    """The list's rows, its total on the page and its workbook add up to these figures; → rows."""
    page, search, view = opened(store, address)
    with store.read() as conn:
        answer = rows_response(conn, store.settings, page, search, {"endRow": 500})
        whole = told(conn, store.settings, page, search, None, lambda *_: "")
    count = len(answer.rows)
    assert count == answer.total, address
    assert whole.total["patch_no"] == f"合计 {count:,} 个图斑"
    for figure, value in expected.items():
        if figure not in AMOUNTS:
            assert count == value, (figure, address)
            continue
        column = next(c for c in view.columns if c.key == figure)
        assert column.fixed
        assert column.title == f"{DEFINITIONS[figure].label}（{DEFINITIONS[figure].unit}）"
        assert whole.total[figure] == column.text({figure: value}, {}), (figure, address)
    return count


def check_workbook(store: Store, address: str, expected: Mapping[str, float | int]) -> None:
    """The workbook of a list has its rows, and below them the figures that they add up to."""
    page, search, view = opened(store, address)
    with store.read() as conn:
        answer = rows_response(conn, store.settings, page, search, {"endRow": 500})
        name, content = list_workbook(conn, view, None)
    book = openpyxl.load_workbook(io.BytesIO(content))
    header, *lines, below = [list(row) for row in book.worksheets[0].values]
    assert below[0] == f"合计 {len(lines):,} 个图斑"
    assert sorted(row["patch_no"] for row in answer.rows) == sorted(line[0] for line in lines)
    assert view.context.district_name in name
    for figure in AMOUNTS & expected.keys():
        at = header.index(f"{DEFINITIONS[figure].label}（{DEFINITIONS[figure].unit}）")
        assert below[at] == expected[figure], (figure, address)
        assert sum(parts_of(line[at], figure) for line in lines) == parts_of(below[at], figure)


def test_every_figure_of_a_page_opens_a_list_that_adds_up_to_it(filled: Store) -> None:
    with filled.read() as conn:
        said = figures(conn, Scope.all(), 2023, D)
    query = {"year": "2023", "asof": D.isoformat()}
    unit = max(said["districts"], key=lambda row: row["patches"])
    month = max((m for m in said["months"] if m["code"] == unit["code"]), key=lambda m: m["due"])
    found = 0
    for name in LINKED:
        (figure,) = listed_figures(name)
        for row, where in (
            (said["city"], {}),
            (unit, {"district": unit["code"]}),
            (month, {"district": unit["code"], "month": month["month"]}),
        ):
            if figure in row:
                address = figure_href(name, query, **where)
                found += check(filled, address, {figure: row[figure]})
                if row is unit:
                    check_workbook(filled, address, {figure: row[figure]})
    assert found > 100


@pytest.mark.parametrize("day", [D, DAYS[-6], DAYS[7]])
def test_every_trigger_opens_a_list_that_adds_up_to_it(filled: Store, day: date) -> None:
    query = {"year": "2023", "asof": day.isoformat()}
    with filled.read() as conn:
        triggers = current_triggers(conn, Scope.all(), 2023, day)
        said = figures(conn, Scope.all(), 2023, day)
    rows = {d["code"]: d for d in said["districts"]}
    months = {(m["code"], m["month"]): m for m in said["months"]}
    held = [t for t in triggers if t["key"]]
    assert {t["rule"] for t in held} >= {"T1", "T3", "T4", "T9"}
    books: set[str] = set()  # rules of which a workbook was opened
    for trigger in held:
        code, period = trigger["district"], trigger["period"]
        row = months.get((code, period), rows.get(code or "", said["city"]))
        address = behind_href(trigger["key"], code, query)
        page, search, view = opened(filled, address)
        wanted = {name: row[name] for name in view.query.figures if name in row}
        with filled.read() as conn:
            answer = rows_response(conn, filled.settings, page, search, {"endRow": 500})
        assert sorted(r["patch_no"] for r in answer.rows) == sorted(trigger["patches"]), address
        alone = (
            wanted
            if len(view.query.figures) == 1
            else {name: value for name, value in wanted.items() if name in AMOUNTS}
        )
        if trigger["patches"]:
            check(filled, address, alone)
        if trigger["patches"] and trigger["rule"] not in books:
            books.add(trigger["rule"])
            check_workbook(filled, address, alone)
        if trigger["rule"] == "T9" and trigger["mark"] != "thaw":
            check(filled, address, {"unrectified_farmland_mu": trigger["value"]})


def test_the_ratio_of_a_card_and_of_a_trigger_open_the_same_list(filled: Store) -> None:
    query = {"year": "2023", "asof": D.isoformat()}
    with filled.read() as conn:
        triggers = current_triggers(conn, Scope.all(), 2023, D, rules=("T3",))
    assert triggers
    for trigger in triggers:
        code = trigger["district"]
        lists = []
        for address in (
            figure_href("ratio_net", query, district=code),
            behind_href(trigger["key"], code, query),
        ):
            page, search, view = opened(filled, address)
            with filled.read() as conn:
                answer = rows_response(conn, filled.settings, page, search, {"endRow": 500})
                box = around_rows(conn, view)
            own = [(r["patch_no"], r["ratio_net_part_mu"]) for r in answer.rows]
            lists.append((own, [c.key for c in view.columns], box))
        assert lists[0] == lists[1]


def year(store: Store, path: str, **more: str) -> tuple[ListPage, str]:
    fill(store)
    return PAGES[path], f"{ON}&{urlencode(more)}" if more else ON


def test_a_list_says_what_became_of_the_unlawful_land(store: Store) -> None:
    page, search = year(store, "/triggers/patches", trigger="T3.371003.2023")
    with store.read() as conn:
        view = read_view(conn, store.settings, page, search)
        name, content = list_workbook(conn, view, None)
    book = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    header = [cell.value for cell in book[1]]
    for title in ("违法占用耕地（亩）", "未消除违法占用耕地（亩）", "立案", "整改方式",
                  "消除违法状态日期"):  # fmt: skip
        assert title in header
    assert book.cell(2, header.index("立案") + 1).value == "未立案"
    assert name == "问责比例所依据的图斑_文登区_2023-06-10.xlsx"


def test_a_headline_follows_the_filters_and_says_of_what_it_speaks(store: Store) -> None:
    page, search = year(store, "/patches", figure="ratio_net")
    said = {}
    with store.read() as conn:
        for more in ("", "&q=B1", "&type=other_change&district=371002"):
            view = read_view(conn, store.settings, page, search + more)
            said[more] = patches.headline(conn, view)
    assert said[""] == (
        "截至6月10日，问责比例（扣除已消除）20%，其中问责比例分子（扣除已消除）2.00亩，涉及1个图斑"
    )
    assert said["&q=B1"].endswith("2.00亩，涉及1个图斑（筛选：搜索：B1）")
    assert (
        "环翠区问责比例分子（扣除已消除）0.00亩，涉及0个图斑"
        in said["&type=other_change&district=371002"]
    )


def test_a_rate_leads_to_its_numerator_and_to_its_denominator(store: Store) -> None:
    page, search = year(store, "/patches", figure="on_time_rate", district="371002")
    with store.read() as conn:
        view = read_view(conn, store.settings, page, search)
        (line,) = patches.made_from(conn, view)
    links = [part for part in line.children if hasattr(part, "href")]
    assert [str(link.children) for link in links] == ["已到期中按期上报 1 个", "已到期图斑 2 个"]
    for link, name in zip(links, RATES["on_time_rate"], strict=True):
        assert read_search(link.href.partition("?")[2])["figure"] == name
        check(store, link.href, {name: {"reached_on_time": 1, "due_reached": 2}[name]})


def test_an_unknown_figure_is_named_and_leaves_the_list_whole(store: Store) -> None:
    page, search = year(store, "/patches", figure="shoe_size")
    with store.read() as conn:
        view = read_view(conn, store.settings, page, search)
    assert view.problems == ["地址中的筛选条件“figure=shoe_size”无法识别，已忽略。"]
    assert view.query.figures == ()


PAGES_OF_FIGURES = {
    "总览": overview.render,
    "月清": clearance.render,
    "年度评估": assessment.render,
}


def links(component: Any) -> Iterator[tuple[str, str]]:
    """Each link's text and address, repeated texts too."""
    for part in below(component):
        if getattr(part, "href", None):
            yield text_of(part), part.href


@pytest.mark.parametrize("page", PAGES_OF_FIGURES)
def test_every_number_that_leads_to_a_list_says_what_the_list_adds_up_to(
    filled: Store, page: str
) -> None:
    search = f"?year=2023&asof={DAYS[-6].isoformat()}"
    seen = 0
    with filled.read() as conn:
        drawn = PAGES_OF_FIGURES[page](conn, filled.settings, search)
        for text, address in set(links(drawn)):
            if "figure=" not in address and not address.startswith("/overdue"):
                continue
            path, _, own = address.partition("?")
            view = read_view(conn, filled.settings, PAGES[path], f"?{own}")
            name = view.figure or "overdue"
            (figure,) = listed_figures(name)
            value: float | None = value_of(conn, view, figure, view.query)
            if name in RATES and ("/" not in text or "%" in text):  # 3/5 says the numerator
                whole = value_of(conn, view, RATES[name][1], view.query)
                value, figure = (value / whole if whole and value is not None else None), name
            said = shown(figure, value, view.context.lines)
            if shares := re.findall(r"([\d.]+)%", text):  # columns have one number of decimals
                decimals = len(shares[0].partition(".")[2])
                assert value is not None
                assert f"{value * 100:.{decimals}f}" == shares[0], (page, text, address)
                seen += 1
            elif re.search(r"\d", text):
                assert said in text, (page, text, said, address)
                seen += 1
    assert seen >= 1
