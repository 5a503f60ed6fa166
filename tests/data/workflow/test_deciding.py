"""The city's decisions made in the product: refused in a sentence, or the records of a file."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from data.errors import Forbidden, SupervisionError
from data.rights import Account, Right, Role
from data.scope import Scope
from data.store.engine import Store
from data.store.models import AuditDecision, History
from data.store.queries.patch_detail import patch_detail
from data.vocabulary import AuditLevel, AuditResult, Legality
from data.workflow.deciding import Decision, decide, seen_of, why_not
from data.worklists.audit import audit
from data.worklists.stages import Stage
from tests.data.store.queries.stored import HUANCUI, put_decision, put_parcel, put_patch, summarise

TODAY = date(2023, 6, 10)
AUDITOR = Account("王审核", Role.CITY, frozenset({Right.READ, Right.AUDIT}))
PASSED, RETURNED = AuditResult.PASSED, AuditResult.RETURNED


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    """A1, A2 reported and waiting; A3 unreported; A4 returned and unanswered; A5 answered."""
    with sqlite_store.write() as conn:
        for number in ("A1", "A2", "A4", "A5"):
            put_parcel(conn, put_patch(conn, number, reported_on=date(2023, 5, 20)))
        put_patch(conn, "A3")
        for patch_id, answered in ((3, None), (4, date(2023, 6, 5))):
            put_decision(
                conn,
                patch_id,
                AuditLevel.CITY,
                date(2023, 6, 1),
                "returned",
                resubmitted_on=answered,
            )
        summarise(conn)
    return sqlite_store


def act(store: Store, *decisions: Decision, who: Account = AUDITOR) -> int:
    with store.write() as conn:
        return decide(conn, who, decisions, TODAY, "web")


def rows(store: Store) -> int:
    with store.read() as conn:
        return int(conn.scalar(select(func.count()).select_from(AuditDecision)) or 0)


def passing(number: str, **more: Any) -> Decision:
    return Decision(2023, number, PASSED, **more)


def test_a_decision_is_the_record_that_a_file_would_bring(store: Store) -> None:
    returned = Decision(2023, "A1", RETURNED, ("时相不符", "面积不符"), " 照片是去年的 ")
    act(store, returned)
    act(store, passing("A2", determination=Legality.UNLAWFUL))
    with store.read() as conn:
        one, two = (
            patch_detail(conn, Scope.all(), 2023, number, TODAY)["decisions"][-1]
            for number in ("A1", "A2")
        )
        stages = {w.patch_no: w.stage for w in audit(conn, Scope.all(), 2023, TODAY).waiting}
        told = conn.scalar(select(func.count()).where(History.entity == "audit_decision"))
    assert (one["level"], one["result"], one["decided_on"]) == ("city", "returned", TODAY)
    assert (one["reason_codes"], one["opinion"]) == ("时相不符、面积不符", "照片是去年的")
    assert (two["determination"], two["parcel_no"], two["deemed"]) == ("unlawful", 0, None)
    assert (stages["A1"], stages["A2"]) == (Stage.CORRECTING, Stage.FORWARDING)
    assert told == 2


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        (Decision(2023, "A1", RETURNED, (), "照片不清"), "必须选择退回原因"),
        (Decision(2023, "A1", RETURNED, ("时相不符",), " "), "必须写明审核意见"),
        (Decision(2023, "A1", RETURNED, ("随便",), "不行"), "没有退回原因“随便”"),
        (Decision(2023, "A1", PASSED, ("时相不符",)), "通过不填退回原因"),
        (Decision(2023, "A1", PASSED, opinion="长" * 2001), "最多2000个字"),
        (passing("A3"), "还没有填报"),
        (passing("A4"), "还没有重新上报"),
        (passing("A1", seen="0.0.0.None"), "有了新的填报或审核"),
    ],
)
def test_what_cannot_be_decided_is_refused_and_nothing_written(
    store: Store, decision: Decision, said: str
) -> None:
    before = rows(store)
    with pytest.raises(SupervisionError, match=said):
        act(store, passing("A2"), decision)
    assert rows(store) == before


def test_an_answered_return_is_decided_again_and_once_a_day(store: Store) -> None:
    act(store, passing("A5"))
    with pytest.raises(SupervisionError, match="不在待市级审核中"):
        act(store, passing("A5"))


def test_who_looked_before_somebody_else_decided_is_told(store: Store) -> None:
    with store.read() as conn:
        seen = seen_of(patch_detail(conn, Scope.all(), 2023, "A1", TODAY))
        assert why_not(patch_detail(conn, Scope.all(), 2023, "A1", TODAY)) is None
    act(store, Decision(2023, "A1", RETURNED, ("其他",), "请补充"))
    with pytest.raises(SupervisionError, match="看过再定"):
        act(store, passing("A1", seen=seen))


def test_only_the_city_with_the_right_decides(store: Store) -> None:
    district = Account("区市", Role.DISTRICT, frozenset({Right.AUDIT}), HUANCUI)
    for who in (Account("无权", Role.CITY, frozenset({Right.READ})), district):
        with pytest.raises(Forbidden):
            act(store, passing("A1"), who=who)
