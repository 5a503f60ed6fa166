"""Field checks step by step: sent, found, confirmed by another; what follows; who is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from data.errors import Forbidden, SupervisionError
from data.rights import Account, Right, Role
from data.rules.doubts import DoubtState
from data.scope import Scope
from data.store.engine import Store
from data.store.models import CheckStep, FieldCheck
from data.vocabulary import CheckFinding, CheckLevel, RecordKind
from data.workflow.doubts import Verdict, judge_doubt
from data.workflow.field_visit_writing import Acting, Elsewhere, Pick
from data.workflow.field_visits import assign, confirm, exempt, record_results, send_back
from data.worklists.checks import CheckTask, checks, one_a_visit
from data.worklists.ledger import LedgerState, ledger
from data.worklists.refuted import refuted
from data.worklists.visits import VisitState
from tests.data.store.queries.stored import (
    HUANCUI,
    WENDENG,
    put_case,
    put_parcel,
    put_patch,
    summarise,
)
from tests.data.store.worlds import forgotten

ALL = Scope.all()
JUNE = date(2023, 6, 1)
BOSS = Account("派单", Role.CITY, frozenset({Right.CHECK}))
REVIEWER = Account("复核", Role.CITY, frozenset({Right.REVIEW, Right.CHECK, Right.AUDIT}))
CLERK = Account("环翠", Role.DISTRICT, frozenset({Right.UPLOAD}), HUANCUI)
CITY, COUNTY = CheckLevel.CITY, CheckLevel.COUNTY
BIG = Pick("BIG", CITY)
TRUE, FALSE, TO_RECTIFY = CheckFinding.TRUE, CheckFinding.FALSE, CheckFinding.TO_RECTIFY


def _fill(conn: Connection) -> None:
    """BIG: F1 and F3, unlawful; GONE: the same, rectified and accepted; MINE: 文登区's."""
    for number, district in (("BIG", HUANCUI), ("GONE", HUANCUI), ("MINE", WENDENG)):
        areas: dict[str, Any] = {"farmland_mu": 60.0, "area_mu": 80.0}
        patch = put_patch(
            conn, number, district_code=district, reported_on=date(2023, 5, 20), **areas
        )
        put_parcel(conn, patch, **areas)
        if number == "GONE":
            day = date(2023, 5, 30)
            put_case(conn, patch, way="demolition", eliminated_on=day, accepted_on=day)
    summarise(conn)


def by(conn: Connection, who: Account, on: date = JUNE) -> Acting:
    return Acting(conn, who, 2023, on)


def task(conn: Connection, pick: Pick = BIG, on: date = JUNE) -> CheckTask:
    return one_a_visit(checks(conn, ALL, 2023, on).tasks)[pick.patch_no, pick.level]


def state(conn: Connection, pick: Pick = BIG, on: date = JUNE) -> VisitState:
    return task(conn, pick, on).visit.state


def test_a_check_goes_from_a_team_to_a_finding_to_another_who_confirms(store: Store) -> None:
    with forgotten(store) as conn:
        _fill(conn)
        before = task(conn)
        assert (before.visit.state, before.visit.due_on, before.visit.overdue) == (
            VisitState.DUE, date(2023, 5, 11), True,
        )  # fmt: skip
        assert before.check_by == date(2023, 6, 25)  # 15 workdays; D2 is 30 June
        assert assign(by(conn, BOSS), [BIG], "王工 李工", None) == 1
        sent = task(conn)
        assert (sent.visit.state, sent.visit.due_on, sent.visit.team) == (
            VisitState.ASSIGNED, date(2023, 6, 25), ("王工", "李工"),
        )  # fmt: skip
        day = date(2023, 6, 5)
        record_results(by(conn, BOSS, day), [BIG], TRUE, day)
        checked = task(conn, on=day)
        assert (checked.visit.state, checked.done, checked.visit.due_on) == (
            VisitState.CHECKED, True, date(2023, 6, 12),
        )  # fmt: skip
        send_back(by(conn, REVIEWER, day), [BIG], "缺少近景照片")
        assert task(conn, on=day).visit.due_on == date(2023, 6, 12)
        again = date(2023, 6, 7)
        record_results(by(conn, BOSS, again), [BIG], TRUE, again, "王工、赵工", "补拍近景")
        confirm(by(conn, REVIEWER, again), [BIG])
        days = [JUNE, day, date(2023, 6, 6), again]
        assert [state(conn, on=d) for d in days] == [
            VisitState.ASSIGNED, VisitState.AGAIN, VisitState.AGAIN, VisitState.DONE,
        ]  # fmt: skip
        teams = conn.scalars(select(FieldCheck.checked_by).order_by(FieldCheck.checked_on))
        assert list(teams) == ["王工、李工", "王工、赵工"]


def test_a_county_looks_again_until_nothing_is_left(sqlite_store: Store) -> None:
    own, july = Pick("BIG", COUNTY), date(2023, 7, 5)
    with forgotten(sqlite_store) as conn:
        _fill(conn)
        assign(by(conn, CLERK), [own], "王工、李工", date(2023, 6, 9))
        record_results(by(conn, CLERK), [own], TRUE, JUNE)
        confirm(by(conn, REVIEWER), [own])
        assert (state(conn, own), state(conn, own, july)) == (VisitState.DONE, VisitState.DUE)
        assert task(conn, own, july).visit.overdue
        assign(by(conn, CLERK, july), [own], "王工、李工", None)
        assert state(conn, own, july) is VisitState.ASSIGNED


def test_what_is_wrong_is_a_doubt_and_what_was_rectified_stands_in_the_ledger_again(
    sqlite_store: Store,
) -> None:
    with forgotten(sqlite_store) as conn:
        _fill(conn)
        picks = [BIG, Pick("GONE", COUNTY)]
        assign(by(conn, BOSS), [BIG], "王工、李工", None)
        record_results(by(conn, BOSS), [BIG], FALSE, JUNE, note="地块仍在施工")
        assert refuted(conn, ALL, 2023, JUNE) == []  # not yet confirmed
        confirm(by(conn, REVIEWER), [BIG])
        (found,) = refuted(conn, ALL, 2023, JUNE)
        assert (found.doubt.key, found.note) == ("check:city:2023-06-01", "地块仍在施工")
        kind = RecordKind.WRONG_FILLING
        verdict = Verdict(2023, "BIG", found.doubt, True, "与现场不符", JUNE, kind)
        judge_doubt(conn, REVIEWER, verdict, JUNE)
        assert refuted(conn, ALL, 2023, JUNE)[0].state is DoubtState.CONFIRMED
        assert refuted(conn, Scope(frozenset({WENDENG})), 2023, JUNE) == []

        def stands(number: str) -> tuple[LedgerState, date | None]:
            items = ledger(conn, ALL, JUNE).items
            return next((i.state, i.reopened_on) for i in items if i.patch_no == number)

        assert stands("GONE")[0] is LedgerState.WRITTEN_OFF
        assign(by(conn, CLERK), picks[1:], "王工、李工", None)
        record_results(by(conn, CLERK), picks[1:], TO_RECTIFY, JUNE)
        confirm(by(conn, REVIEWER), picks[1:])
        assert stands("GONE") == (LedgerState.OPEN, JUNE)
        assert stands("BIG") == (LedgerState.OPEN, None)


def test_nobody_need_visit_ground_with_evidence_elsewhere(sqlite_store: Store) -> None:
    there = Elsewhere("耕地卫片监督", "GW-12", date(2023, 5, 2))
    with forgotten(sqlite_store) as conn:
        _fill(conn)
        with pytest.raises(SupervisionError, match="编号和日期"):
            exempt(by(conn, REVIEWER), [BIG], "同一地块", replace(there, number=" "))
        with pytest.raises(Forbidden):
            exempt(by(conn, BOSS), [BIG], "同一地块", there)
        exempt(by(conn, REVIEWER), [BIG], "同一地块", there)
        step = task(conn).visit.step
        assert step is not None
        assert (state(conn), step.source_no, step.source_on) == (
            VisitState.EXEMPT, "GW-12", there.on,
        )  # fmt: skip
        assign(by(conn, BOSS), [BIG], "王工、李工", None)  # after all
        assert state(conn) is VisitState.ASSIGNED


def test_who_may_not_or_comes_late_is_refused_and_nothing_written(sqlite_store: Store) -> None:
    mine = Pick("MINE", CITY)
    with forgotten(sqlite_store) as conn:
        _fill(conn)
        boss, reviewer, clerk = (by(conn, who) for who in (BOSS, REVIEWER, CLERK))
        old = replace(BIG, seen=task(conn).visit.seen)
        refused: list[tuple[str, Callable[[], int]]] = [
            ("至少两人", lambda: assign(boss, [BIG], "王工", None)),
            ("已过", lambda: assign(boss, [BIG], "王工、李工", date(2023, 5, 31))),
            ("最迟应于2023年6月25日", lambda: assign(boss, [BIG], "王工、李工", date(2023, 6, 27))),
            ("还没有选中", lambda: assign(boss, [], "王工、李工", None)),
            ("市级核查由市局", lambda: assign(clerk, [BIG], "王工、李工", None)),
            ("县级核查由区市", lambda: assign(boss, [Pick("BIG", COUNTY)], "王工、李工", None)),
            ("“应查”，不能录入", lambda: record_results(boss, [BIG], TRUE, JUNE)),
            ("不在今天的", lambda: assign(clerk, [Pick("MINE", COUNTY)], "王工、李工", None)),
            ("必须写明理由", lambda: send_back(reviewer, [BIG], " ")),
            ("“应查”，不能认定", lambda: confirm(reviewer, [BIG])),
        ]
        for said, act in refused:
            with pytest.raises(SupervisionError, match=said):
                act()
        assert conn.scalar(select(func.count()).select_from(CheckStep)) == 0
        assign(boss, [BIG, mine], "王工、复核", None)
        with pytest.raises(SupervisionError, match="在您打开后有了新的"):
            assign(boss, [old], "王工、李工", None)
        for said, on in (("在今天之后", date(2023, 6, 2)), ("才下发", date(2023, 5, 7))):
            with pytest.raises(SupervisionError, match=said):
                record_results(boss, [BIG], TRUE, on)
        record_results(boss, [BIG, mine], TRUE, JUNE)
        with pytest.raises(SupervisionError, match="须由另一人办理"):
            confirm(reviewer, [BIG])  # was in the team
        with pytest.raises(SupervisionError, match="您核查或录入"):
            confirm(by(conn, replace(BOSS, rights=REVIEWER.rights)), [mine])
