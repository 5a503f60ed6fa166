"""Administrators change what the plan left open; closed months keep what they were judged by."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from data.errors import SupervisionError
from data.scope import Scope
from data.store import history
from data.store.engine import Store
from data.triggers.current import current_triggers
from data.triggers.rulebook import rulebook
from data.workflow.parameters import change_parameter, in_force, parse_value
from tests.data.store.queries.stored import HUANCUI, put_parcel, put_patch, summarise

TODAY = date(2023, 6, 10)


def _set(store: Store, what: str, value: Any, valid_from: date, **more: Any) -> None:
    rule, name = what.split(".")
    given = {"reason": "市局会议决定", "today": TODAY, **more}
    with store.write() as conn:
        change_parameter(conn, rule, name, value, valid_from, **given)


def _value(store: Store, what: str, day: date) -> Any:
    rule, name = what.split(".")
    with store.read() as conn:
        return rulebook(conn)[rule].on(day).parameters[name]


def test_a_change_applies_from_its_day_and_is_in_the_history(store: Store) -> None:
    _set(store, "T3.warning_ratio", 0.08, date(2023, 7, 1))
    assert _value(store, "T3.warning_ratio", date(2023, 6, 30)) == 0.10
    assert _value(store, "T3.warning_ratio", date(2023, 7, 1)) == 0.08
    with store.read() as conn:
        assert history.verify(conn).ok
        (rule,) = (r for r in in_force(conn, date(2023, 7, 1)) if r["id"] == "T3")
    (changed,) = rule["parameters"][0]["changed"]
    assert (changed["reason"], changed["changed_by"]) == ("市局会议决定", "命令行")


def test_a_whole_number_becomes_the_kind_of_number_that_it_was(sqlite_store: Store) -> None:
    _set(sqlite_store, "T4.interview_mu", 20, date(2023, 7, 1))
    assert isinstance(_value(sqlite_store, "T4.interview_mu", date(2023, 7, 1)), float)


@pytest.mark.parametrize(
    ("what", "value", "valid_from", "more", "says"),
    [
        ("T3.warning_ratio", 0.2, date(2023, 7, 1), {}, "应在0.01到0.15之间"),
        ("T3.warning_ratio", "多", date(2023, 7, 1), {}, "应是数字"),
        ("T1.months_in_row", 2.5, date(2023, 7, 1), {}, "应是整数"),
        ("T11.during_year", 1, date(2023, 7, 1), {}, "应是 true 或 false"),
        ("ratio.variant", "half", date(2023, 7, 1), {}, "可选 net、gross、strict"),
        (
            "ratio.deducted_classes",
            "重点项目",
            date(2023, 7, 1),
            {},
            "可选一类或几类（用、隔开），或“无”",
        ),
        ("ratio.deducted_classes", "其他、其他", date(2023, 7, 1), {}, "可选一类或几类"),
        ("T3.interview_ratio", 0.1, date(2023, 7, 1), {}, "由方案§4.4规定"),
        ("D3.workdays", 7, date(2023, 7, 1), {}, "只能随新方案改"),
        ("T3.warning_ratio", 0.08, date(2023, 7, 1), {"reason": " "}, "必须写明理由"),
        ("T3.warning_ratio", 0.08, date(2023, 5, 24), {}, "2023年5月24日及以前的月份已经办结"),
        ("T3.warning", 0.08, date(2023, 7, 1), {}, "没有参数“warning”"),
        ("T99.line", 0.08, date(2023, 7, 1), {}, "没有规则“T99”"),
    ],
)
def test_it_is_refused(
    sqlite_store: Store, what: str, value: Any, valid_from: date, more: dict[str, Any], says: str
) -> None:
    with pytest.raises(SupervisionError, match=says):
        _set(sqlite_store, what, value, valid_from, **more)


def test_the_day_after_the_last_due_date_may_be_chosen_and_a_later_setting_is_not_undercut(
    sqlite_store: Store,
) -> None:
    _set(sqlite_store, "T3.warning_ratio", 0.08, date(2023, 7, 1))
    with pytest.raises(SupervisionError, match="自2023年7月1日起已另有设定"):
        _set(sqlite_store, "T3.warning_ratio", 0.09, date(2023, 6, 30))
    _set(sqlite_store, "T4.interview_mu", 20.0, date(2023, 5, 25))


def test_months_that_were_due_before_keep_their_line(store: Store) -> None:
    """Of May and June three of four were in time: under 90 %, not under 70 %."""
    _set(store, "T1.warning_share", 0.7, date(2023, 6, 1))
    with store.write() as conn:
        for month in (5, 6):
            for n in range(4):
                day = date(2023, month, 24) if n else None
                put_patch(conn, f"{month}-{n}", issued_on=date(2023, month, 5), reported_on=day)
        summarise(conn)
    with store.read() as conn:
        found = current_triggers(conn, Scope.all(), 2023, date(2023, 7, 31))
    assert [(t["period"], t["severity"], t["threshold"]) for t in found if t["rule"] == "T1"] == [
        ("2023-05", "early_warning", 0.9), ("2023-06", "notice", 1.0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("valid_from", "line"), [(date(2023, 12, 31), "interview"), (date(2024, 1, 1), None)]
)
def test_the_year_after_its_end_is_judged_by_what_stood_at_its_end(
    store: Store, valid_from: date, line: str | None
) -> None:
    _set(store, "T4.interview_mu", 20.0, valid_from)
    with store.write() as conn:
        patch = put_patch(conn, "A", reported_on=date(2023, 5, 20))
        put_parcel(conn, patch, farmland_mu=1.0, basic_farmland_mu=25.0)
        summarise(conn)
    with store.read() as conn:
        found = current_triggers(conn, Scope.all(), 2023, date(2024, 2, 29), rules=("T4",))
    assert [(t["subject"], t["line"]) for t in found] == [(HUANCUI, line)]


def test_values_are_read_as_typed() -> None:
    typed = ["0.08", "3", "true", "net", "[1]"]
    assert [parse_value(text) for text in typed] == [0.08, 3, True, "net", "[1]"]
