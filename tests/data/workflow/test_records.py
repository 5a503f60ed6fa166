"""What staff record: refused with a sentence, kept in the history, silent after it is withdrawn."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, update

from data.errors import Forbidden, NotFound, SupervisionError
from data.rights import DEFAULT_RIGHTS, Account, Right, Role
from data.scope import Scope
from data.store import history
from data.store.engine import Store
from data.store.models import StaffRecord, Upload
from data.store.queries.staff_records import staff_records
from data.store.queries.stamp import stamp
from data.store.queries.uploads import upload_count, upload_list
from data.store.undo import undo_batch
from data.vocabulary import RecordKind, UploadKind
from data.workflow.records import NewRecord, add_record, records, withdraw_record
from tests.data.store.queries.stored import HUANCUI, WENDENG
from tests.sending import PATCH, send

TODAY = date(2024, 3, 1)
AUDITOR = Account("张三", Role.CITY, frozenset({Right.READ, Right.AUDIT}))
ISSUER = Account("李四", Role.CITY, frozenset({Right.READ, Right.ISSUE}))
BOTH = Account("王五", Role.CITY, AUDITOR.rights | ISSUER.rights)
CLERK = Account("环翠", Role.DISTRICT, DEFAULT_RIGHTS[Role.DISTRICT], HUANCUI)
#: What the bureau does, not what it finds.
OF_BUREAU = frozenset(
    {"interview", "rectify_order", "freeze", "certificate_issued", "certificate_revoked"}
)


def _new(kind: RecordKind, subject: str = HUANCUI, **more: Any) -> NewRecord:
    given = {"recorded_on": date(2023, 6, 1), "reason": "会议纪要", **more}
    return NewRecord(kind, 2023, subject, **given)


def _add(store: Store, record: NewRecord, who: Account = AUDITOR) -> int:
    with store.write() as conn:
        return add_record(conn, who, record, TODAY)


def _withdraw(store: Store, number: int, who: Account, **more: Any) -> None:
    given = {"on": date(2023, 7, 1), "why": "查明不实", "today": TODAY, **more}
    with store.write() as conn:
        withdraw_record(conn, who, number, **given)


def _standing(store: Store, day: date, scope: Scope | None = None) -> list[tuple[Any, ...]]:
    with store.read() as conn:
        rows = staff_records(conn, scope or Scope.all(), 2023, day)
    return [(r["kind"], r["patch_no"], r["district"]) for r in rows]


def test_a_record_stands_from_its_day_until_it_is_withdrawn(store: Store) -> None:
    number = _add(store, _new(RecordKind.SEVERE_IMPACT, "环翠区"))
    _withdraw(store, number, BOTH)
    expected = [("severe_impact", None, HUANCUI)]
    assert _standing(store, date(2023, 5, 31)) == []
    assert _standing(store, date(2023, 6, 1)) == expected
    assert _standing(store, date(2023, 6, 30)) == expected
    assert _standing(store, date(2023, 7, 1)) == []
    with store.read() as conn:
        (row,) = records(conn, Scope.all(), 2023)
        assert records(conn, Scope(frozenset({WENDENG})), 2023) == []
        batches = conn.execute(select(Upload.uploaded_by).order_by(Upload.id)).scalars().all()
    assert (row["recorded_by"], row["withdrawn_by"], row["withdrawn_why"]) == (
        "张三", "王五", "查明不实",
    )  # fmt: skip
    assert batches[-2:] == ["张三", "王五"]


def test_a_record_on_a_patch_goes_with_it_to_its_district(store: Store) -> None:
    moved = {**PATCH, "划转日期": "2023-08-01", "原区市": "环翠区", "区市": "文登区"}
    send(store, UploadKind.PATCHES, moved)
    _add(store, _new(RecordKind.MAJOR, "HC-1"))
    assert _standing(store, date(2023, 7, 31)) == [("major", "HC-1", HUANCUI)]
    assert _standing(store, date(2023, 8, 1)) == [("major", "HC-1", WENDENG)]
    own = Scope(frozenset({HUANCUI}))
    assert _standing(store, date(2023, 8, 1), own) == []


@pytest.mark.parametrize(
    ("record", "says"),
    [
        (_new(RecordKind.SEVERE_IMPACT, reason=" "), "必须写明理由"),
        (_new(RecordKind.SEVERE_IMPACT, recorded_on=date(2024, 3, 2)), "在今天之后"),
        (_new(RecordKind.RECTIFY_ORDER), "必须写明期限"),
        (_new(RecordKind.RECTIFY_ORDER, due_on=date(2023, 5, 31)), "不早于登记日期"),
        (_new(RecordKind.SEVERE_IMPACT, patch_nos=("HC-1",)), "不列图斑"),
        (
            _new(RecordKind.RECTIFY_ORDER, due_on=date(2023, 7, 1), patch_nos=("HC-9",)),
            "没有2023年度的图斑“HC-9”",
        ),
        (_new(RecordKind.MAJOR, due_on=date(2023, 7, 1)), "没有期限"),
        (_new(RecordKind.FREEZE), "必须写明文号"),
        (_new(RecordKind.FREEZE, document_no="1号", area_mu=-1.0), "不能是负数"),
        (_new(RecordKind.SEVERE_IMPACT, "HC-1"), "没有区市"),
        (_new(RecordKind.MAJOR, HUANCUI), "没有图斑"),
        (_new(RecordKind.WRONG_FILLING, "HC-9"), "没有图斑或区市"),
    ],
)
def test_what_cannot_be_recorded_is_refused(
    sqlite_store: Store, record: NewRecord, says: str
) -> None:
    with pytest.raises(SupervisionError, match=says):
        _add(sqlite_store, record, BOTH)
    assert _standing(sqlite_store, TODAY) == []


@pytest.mark.parametrize("kind", RecordKind)
def test_findings_take_the_right_to_audit_acts_that_to_issue_and_checks_that_to_review(
    sqlite_store: Store, kind: RecordKind
) -> None:
    right, may_not = Right.AUDIT, ISSUER
    if kind in OF_BUREAU:
        right, may_not = Right.ISSUE, AUDITOR
    elif kind == "check_reopened":
        right, may_not = Right.REVIEW, BOTH
    for who in (may_not, CLERK):  # before anything is said of the subject
        with pytest.raises(Forbidden, match=right.label):
            _add(sqlite_store, _new(kind, "无此对象"), who)


def test_a_record_is_withdrawn_by_who_may_write_it(sqlite_store: Store) -> None:
    number = _add(sqlite_store, _new(RecordKind.INTERVIEW), ISSUER)
    for who, which, missing in ((AUDITOR, number, "签发"), (CLERK, number, "审核"),
                                (CLERK, number + 1, "审核")):  # fmt: skip
        with pytest.raises(Forbidden, match=missing):
            _withdraw(sqlite_store, which, who)
    _withdraw(sqlite_store, number, ISSUER)


def test_a_record_is_withdrawn_once_and_with_a_reason(sqlite_store: Store) -> None:
    number = _add(sqlite_store, _new(RecordKind.SEVERE_IMPACT))
    refused = [
        (number + 1, date(2023, 7, 1), "查明", NotFound, "没有第"),
        (number, date(2023, 7, 1), " ", SupervisionError, "必须写明理由"),
        (number, date(2023, 5, 31), "查明", SupervisionError, "撤销日期"),
        (number, date(2024, 3, 2), "查明", SupervisionError, "撤销日期"),
    ]
    for which, on, why, error, says in refused:
        with pytest.raises(error, match=says):
            _withdraw(sqlite_store, which, AUDITOR, on=on, why=why)
    _withdraw(sqlite_store, number, AUDITOR)
    with pytest.raises(SupervisionError, match="已于2023年7月1日撤销"):
        _withdraw(sqlite_store, number, AUDITOR, on=date(2023, 8, 1))


def test_records_are_in_the_history_and_not_among_the_uploads(store: Store) -> None:
    send(store, UploadKind.PATCHES, PATCH)
    number = _add(store, _new(RecordKind.MAJOR, "HC-1"))
    _withdraw(store, number, AUDITOR)
    with store.read() as conn:
        assert history.verify(conn).ok
        assert [b["kind"] for b in upload_list(conn, Scope.all())] == ["patches"]
        assert upload_count(conn, Scope.all()) == 1
        known = stamp(conn)
    assert (known.last_upload_kind, known.data_version) == ("patches", 3)  # caches see it
    with store.write() as conn:  # behind the history's back
        conn.execute(update(StaffRecord).values(reason="别的理由"))
    with store.read() as conn:
        assert not history.verify(conn).ok


def test_what_somebody_entered_is_withdrawn_and_not_undone(sqlite_store: Store) -> None:
    batch = send(sqlite_store, UploadKind.PATCHES, PATCH).batch
    assert batch is not None
    _add(sqlite_store, _new(RecordKind.MAJOR, "HC-1"))
    with pytest.raises(SupervisionError, match="人工登记"), sqlite_store.write() as conn:
        undo_batch(conn, batch + 1, "测试")
    with pytest.raises(SupervisionError, match="其后的批次2"), sqlite_store.write() as conn:
        undo_batch(conn, batch, "测试")
