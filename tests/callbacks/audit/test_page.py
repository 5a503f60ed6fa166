"""月核: its numbers are those of the lists that they lead to."""

from __future__ import annotations

import io
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import openpyxl
import pytest

from callbacks.audit.bench import after, queue_of
from callbacks.audit.bench import render as bench
from callbacks.audit.page import by_code, by_month, render
from callbacks.audit.patches import PAGE, headline
from callbacks.audit.workbook import workbook
from callbacks.frame.context import read_context
from callbacks.lists.view import read_view
from components.parts.plain_table import PlainTable
from data.acting import acting_as
from data.rights import Account, Role
from data.scope import Scope
from data.services import Services
from data.settings import Settings
from data.store.engine import Store
from data.store.models import Problem
from data.store.queries.audit_lists import returns_by
from data.store.queries.patch_list import count_patches
from data.vocabulary import AuditLevel
from tests.callbacks.listed import HUANCUI, WENDENG, below, text_of
from tests.data.store.queries.stored import _put, put_decision, put_parcel, put_patch, summarise
from tests.data.worklists.test_comebacks import put_feature, square

ON = "?year=2023&asof=2023-06-10"
CITY = AuditLevel.CITY


@pytest.fixture
def services(settings: Settings, sqlite_store: Store) -> Services:
    """环翠区: A1 waits for the city, A2 was returned twice and is to be corrected, A3 is not
    reported; 文登区: B1 was passed by the city, B2 stands on the problem list."""
    with sqlite_store.write() as conn:
        ids = {}
        for number, district in (
            ("A1", HUANCUI),
            ("A2", HUANCUI),
            ("B1", WENDENG),
            ("B2", WENDENG),
        ):
            ids[number] = put_patch(
                conn, number, district_code=district, reported_on=date(2023, 5, 20)
            )
            put_parcel(conn, ids[number])
        put_patch(conn, "A3")
        put_decision(
            conn, ids["A2"], CITY, date(2023, 5, 22), "returned",
            reason_codes="时相不符、面积不符", resubmitted_on=date(2023, 5, 25),
        )  # fmt: skip
        put_decision(conn, ids["A2"], CITY, date(2023, 6, 1), "returned", reason_codes="时相不符")
        put_decision(conn, ids["B1"], CITY, date(2023, 6, 2), "passed")
        _put(
            conn, Problem,
            {"patch_id": ids["B2"], "listed_on": date(2023, 5, 30), "description": "照片不清"},
        )  # fmt: skip
        summarise(conn)
    return Services(settings, sqlite_store)


def tables(services: Services, search: str = ON) -> dict[str, Any]:
    with services.store.read() as conn:
        page = render(conn, services.settings, search)
    found: list[Any] = [c for c in below(page) if isinstance(c, PlainTable)]
    return {c.caption: c for c in found}


def listed(services: Services, address: str) -> tuple[int, str]:
    """(patches of the list, its headline) that an address leads to."""
    search = f"?{urlsplit(address).query}"
    with services.store.read() as conn:
        view = read_view(conn, services.settings, PAGE, search)
        return count_patches(conn, view.context.scope, view.query), headline(conn, view)


def test_the_stages_add_up_and_lead_to_their_patches(services: Services) -> None:
    table = tables(services)["各区市图斑所处的月核阶段"]
    for row in table.rows:
        *stages, total = (int(cell["text"]) for cell in row[1:])
        assert sum(stages) == total
    city = table.rows[-1]
    assert [cell["text"] for cell in city[1:]] == ["1", "1", "1", "0", "1", "0", "0", "1", "0", "5"]
    for cell in city[1:-1]:
        if cell["text"] != "0":
            assert listed(services, cell["href"])[0] == int(cell["text"])


def test_a_date_of_corrections_leads_to_these(services: Services) -> None:
    (row,) = tables(services)["退回图斑的改正期限"].rows
    assert dict(parse_qsl(urlsplit(row[2]["href"]).query))["from"] == "2023-06-08"
    assert listed(services, row[2]["href"]) == (1, "截至6月10日，6月8日到期的退回待改：1个图斑")
    other = row[2]["href"].replace("2023-06-08", "2023-06-09")
    assert listed(services, other)[0] == 0


def test_returns_are_counted_by_reason_month_and_lead_to_their_patches(services: Services) -> None:
    with services.store.read() as conn:
        rows = returns_by(conn, Scope.all(), 2023, date(2023, 6, 10))
    assert by_code(rows) == {"时相不符": {HUANCUI: 2}, "面积不符": {HUANCUI: 1}}
    assert by_month(rows, [HUANCUI, WENDENG]) == [("2023-05", [2, 0], 2)]
    first = tables(services)["退回次数：原因和区市"].rows[0]
    assert listed(services, first[-1]["href"]) == (
        1, "截至6月10日，因“时相不符”被退回：共2次，涉及1个图斑"
    )  # fmt: skip
    again = tables(services)["各区市审核质量"].rows[-1][-1]
    assert again["text"] == "1"
    assert listed(services, again["href"])[0] == 1


def test_a_list_that_is_none_says_so(services: Services) -> None:
    for part in ("", "&list=gold", "&list=stage&stage=moon", "&list=corrections&from=spring"):
        with services.store.read() as conn:
            view = read_view(conn, services.settings, PAGE, f"{ON}{part}")
        assert "没有指定清单" in view.problems[-1]
        assert view.query.numbers == ()


def test_decisions_are_offered_today_and_to_the_city_only(services: Services) -> None:
    with services.store.read() as conn:
        assert "把基准日改为今天" in text_of(render(conn, services.settings, ON))
        with acting_as(Account("区", Role.DISTRICT, frozenset(), HUANCUI)):
            assert "只供查看" in text_of(render(conn, services.settings, ON))


def test_the_queue_goes_round_and_the_bench_says_what_is_doubtful(services: Services) -> None:
    with services.store.read() as conn:
        context = read_context(conn, services.settings, ON)
        queue = queue_of(conn, context)
        assert [w.patch_no for w in queue] == ["A1"]
        assert after(queue, "A1") is None
        following = after(queue, "B1")
        assert following is not None
        assert following.patch_no == "A1"
        words = text_of(bench(conn, services.settings, "2023", "A1", ON))
        assert "判定违法且占耕地，六个是否未答全" in words
        assert "还没有重新上报，不能再审核" in text_of(
            bench(conn, services.settings, "2023", "A2", ON)
        )
        assert "没有编号为“Z”" in text_of(bench(conn, services.settings, "2023", "Z", ON))


def test_the_workbook_has_the_lists_of_the_page(services: Services) -> None:
    with services.store.read() as conn:
        name, content = workbook(conn, services.settings, ON)
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert name.startswith("月核_全市")
    assert list(book["阶段"])[-1][-1].value == 5
    assert [row[0].value for row in book["在办图斑"]][1:6] == ["A3", "A1", "B2", "A2", "B1"]
    assert {row[0].value for row in book["说明"].iter_rows()} >= {"基准日", "数据版本", "依据"}


def test_the_bench_lays_the_reference_layers_below_the_patch(services: Services) -> None:
    with services.store.write() as conn:
        patch = put_patch(conn, "PLACED", lon=122.1, lat=37.3, reported_on=date(2023, 5, 20))
        put_parcel(conn, patch)
        for layer in ("farmland", "other_programme"):
            put_feature(conn, layer, square(122.1))

    def layers() -> list[str]:
        with services.store.read() as conn:
            page = bench(conn, services.settings, "2023", "PLACED", ON)
        return [vars(c)["name"] for c in below(page) if type(c).__name__ == "Overlay"]

    assert layers() == ["耕地", "其他专项图斑"]
    with acting_as(Account("区", Role.DISTRICT, frozenset(), HUANCUI)):
        assert layers() == ["耕地"]
