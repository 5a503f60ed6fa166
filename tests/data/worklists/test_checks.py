"""Coverage of the field checks, continued tracking, and draws that can be drawn again."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Connection, update

from data.errors import Forbidden, SupervisionError
from data.rights import COMMAND_LINE, Account, Role
from data.scope import Scope
from data.store.engine import Store
from data.store.models import FieldCheck, SampleDraw
from data.store.queries.sample_draws import draws
from data.triggers.field_checks import field_checks
from data.triggers.rulebook import rulebook
from data.workflow.sampling import draw_sample, is_proved
from data.worklists.checks import checks
from tests.data.store.queries.stored import (
    HUANCUI,
    WENDENG,
    put,
    put_case,
    put_parcel,
    put_patch,
    summarise,
)
from tests.data.store.worlds import forgotten

ALL = Scope.all()
JUNE, TODAY = date(2023, 6, 30), date(2024, 3, 1)


def _checked(conn: Connection, patch: int, day: date, level: str = "county") -> None:
    put(conn, FieldCheck, patch_id=patch, level=level, checked_on=day, checked_by="王工",
        finding="true")  # fmt: skip


def _large(conn: Connection, number: str, **more: object) -> int:
    values = {"farmland_mu": 12.0, "reported_on": date(2023, 5, 20)} | more
    patch = put_patch(conn, number, **values)
    put_parcel(conn, patch)
    return patch


def test_a_patch_is_tracked_until_nothing_is_left_to_rectify(store: Store) -> None:
    with forgotten(store) as conn:
        _large(conn, "NEVER")
        tracked = _large(conn, "TRACKED", district_code=WENDENG)
        _checked(conn, tracked, date(2023, 5, 21))
        _checked(conn, tracked, date(2023, 5, 30))
        gone = _large(conn, "GONE")
        put_case(conn, gone, eliminated_on=JUNE, way="demolition")
        _checked(conn, gone, date(2023, 5, 30))
        early = _large(conn, "EARLY")
        _checked(conn, early, date(2023, 5, 7))  # before it was issued
        summarise(conn)
        found = checks(conn, ALL, 2023, JUNE)
        before = checks(conn, ALL, 2023, date(2023, 6, 29), WENDENG)
        own = checks(conn, Scope(frozenset({HUANCUI})), 2023, JUNE)
    told = {t.patch_no: (t.done, t.last_on, t.tracking_due_on, t.overdue)
            for t in found.tasks if t.rule == "F1"}  # fmt: skip
    assert told == {
        "NEVER": (False, None, None, False),
        "TRACKED": (True, date(2023, 5, 30), date(2023, 6, 29), True),
        "GONE": (True, date(2023, 5, 30), None, False),
        "EARLY": (False, None, None, False),
    }
    assert (found.coverage["F1"].required, found.coverage["F1"].rate) == (4, 0.5)
    assert (found.districts[WENDENG]["F1"].done, found.coverage["F2"].rate) == (1, None)
    assert [t.overdue for t in before.tasks if t.rule == "F1"] == [False]
    assert "TRACKED" not in {t.patch_no for t in own.tasks}


def test_a_check_that_nobody_asked_for_is_told_apart(sqlite_store: Store) -> None:
    with forgotten(sqlite_store) as conn:
        small = _large(conn, "SMALL", farmland_mu=3.0, district_code=WENDENG)
        _checked(conn, small, date(2023, 5, 30))
        summarise(conn)
        found = checks(conn, ALL, 2023, JUNE)
        other = checks(conn, Scope(frozenset({HUANCUI})), 2023, JUNE)
    assert [(o.patch_no, o.district, o.check.checked_by) for o in found.outside] == [
        ("SMALL", WENDENG, "王工")
    ]
    assert other.outside == ()
    assert found.coverage["F1"].required == 0


def _draw(conn: Connection, on: date) -> tuple[str, ...]:
    return draw_sample(conn, COMMAND_LINE, 2023, "2023-05", on, TODAY).drawn


def _tasks(conn: Connection, on: date) -> set[str]:
    tasks = field_checks(conn, ALL, 2023, on)
    return {t["patch_no"] for t in tasks if t["rule"] == "F2"}


def test_a_draw_stays_as_it_was_made_and_later_patches_are_a_supplement(store: Store) -> None:
    with forgotten(store) as conn:
        for number in range(10):
            _large(conn, f"P{number}", farmland_mu=40.0)
        summarise(conn)
        supposed = _tasks(conn, JUNE)
        first = _draw(conn, JUNE)
        for number in range(4):
            _large(conn, f"A{number}", farmland_mu=40.0)
        _large(conn, "SMALL", farmland_mu=29.0)
        summarise(conn)
        after = _tasks(conn, JUNE)
        second = _draw(conn, date(2023, 7, 10))
        both, earlier = _tasks(conn, date(2023, 7, 10)), _tasks(conn, JUNE)
        with pytest.raises(SupervisionError, match="没有新增的"):
            _draw(conn, date(2023, 7, 11))
        with pytest.raises(SupervisionError, match="不能早于"):
            _draw(conn, JUNE)
        recorded = draws(conn, ALL, 2023, TODAY)
        rules = rulebook(conn)
        assert [is_proved(rules, d) for d in recorded] == [True, True]
        assert draws(conn, Scope(frozenset({HUANCUI})), 2023, TODAY) == []
    assert set(first) == supposed == after == earlier
    assert (len(first), len(second)) == (3, 2)  # of ten, of four, rounded up
    assert both == {*first, *second}
    assert [(d.supplement, len(d.population)) for d in recorded] == [(0, 10), (1, 4)]


def test_a_draw_that_was_tampered_with_is_not_proved(sqlite_store: Store) -> None:
    with forgotten(sqlite_store) as conn:
        for number in range(10):
            _large(conn, f"P{number}", farmland_mu=40.0)
        drawn = _draw(conn, JUNE)
        other = next(f"P{n}" for n in range(10) if f"P{n}" not in drawn)
        conn.execute(update(SampleDraw).values(drawn="、".join((*drawn[1:], other))))
        (changed,) = draws(conn, ALL, 2023, JUNE)
        assert not is_proved(rulebook(conn), changed)


def test_only_who_may_check_draws(sqlite_store: Store) -> None:
    with forgotten(sqlite_store) as conn:
        clerk = Account("科员", Role.CITY, frozenset())
        with pytest.raises(Forbidden, match="外业核查"):
            draw_sample(conn, clerk, 2023, "2023-05", JUNE, TODAY)
