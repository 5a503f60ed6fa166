"""What the address of 违法占用 says, and what it says wrongly."""

from __future__ import annotations

from datetime import date

import pytest

from callbacks.frame.context import PageContext
from callbacks.heatmap.address import HeatmapAddress, outline_problem, read_heatmap
from components.links import read_search
from data.scope import Scope
from data.store.queries.stamp import Stamp
from data.vocabulary import PatchType


def read(search: str) -> HeatmapAddress:
    known = Stamp(1, None, None, None, False, (2023,), ())
    query = read_search(search)
    return read_heatmap(PageContext(2023, date(2023, 8, 1), None, Scope.all(), known, query))


def test_an_address_without_its_own_part_is_the_default() -> None:
    address = read("?year=2023")
    assert address.question.measure == "remaining_farmland_mu"
    assert address.question.as_of == date(2023, 8, 1)
    assert (address.layer, address.view, address.problems) == ("heat", None, ())
    assert address.own() == ""


def test_the_whole_view_is_read_and_written_back() -> None:
    own = (
        "measure=overdue&months=2023-05,2023-06&type=other_change&against=2023-06-30"
        "&day=2023-07-31&layer=patches&colour=legality&overlays=farmland,redline"
    )
    address = read(f"?{own}&view=121.9,37.1,122.3,37.4")
    q = address.question
    assert (q.measure, q.months, q.patch_type) == (
        "overdue",
        ("2023-05", "2023-06"),
        PatchType.OTHER_CHANGE,
    )
    assert (q.as_of, q.against_on) == (date(2023, 7, 31), date(2023, 6, 30))
    assert address.view == (121.9, 37.1, 122.3, 37.4)
    assert not address.problems
    assert address.own() == own


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("measure=gold", "没有指标“gold”"),
        ("type=castle", "没有图斑类型“castle”"),
        ("months=2023-13", "月份无法识别"),
        ("against=yesterday", "对比日期“yesterday”无法识别"),
        ("against=2023-09-01", "晚于基准日"),
        ("against=2023-05-01&against_months=2023-05", "只能选一种"),
        ("day=2023-08-02", "不在2023年1月1日至基准日之间"),
        ("day=someday", "显示日期“someday”无法识别"),
        ("layer=globe", "没有图层“globe”"),
        ("radius=3", "没有平滑半径“3”"),
        ("colour=pink", "没有着色方式“pink”"),
        ("overlays=farmland,clouds", "没有叠加图层“clouds”"),
    ],
)
def test_a_wrong_part_is_named_and_replaced(part: str, said: str) -> None:
    address = read(f"?{part}")
    assert len(address.problems) == 1
    assert said in address.problems[0]
    assert address.own() in ("", "against=2023-05-01")


def test_every_wrong_part_is_named_at_once() -> None:
    assert len(read("?measure=gold&type=castle&layer=globe&day=x").problems) == 4


def test_a_view_that_is_none_shows_the_city() -> None:
    address = read("?view=1,2,3")
    assert address.view is None
    assert not address.problems


def test_the_as_of_date_itself_is_no_other_day() -> None:
    assert read("?day=2023-08-01").own() == ""


def test_an_outline_that_is_none_is_named() -> None:
    assert outline_problem({}) is None
    assert outline_problem({"poly": "122,37;122.1,37;122.1,37.1"}) is None
    assert "请在地图上重新圈选" in (outline_problem({"poly": "122,37;122.1,37"}) or "")
