"""What staff record because no file carries it: marks, confirmations, interviews, freezes.

A record stands from its day on until it is withdrawn, with a reason; nothing is ever deleted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from data.errors import NotFound, SupervisionError
from data.periods import format_day
from data.rights import Account, Right
from data.rules.doubts import doubt_of
from data.scope import Scope
from data.store.models import District, Patch, StaffRecord
from data.store.queries.staff_records import JOINER, named_patches
from data.store.queries.state import PatchState, day_literal
from data.vocabulary import RecordKind
from data.workflow.entries import enter
from data.workflow.freezing import prove_freeze

#: What a doubt or one of a patch's parcels is about (data/workflow/doubts.py records them).
ABOUT_SOMETHING = frozenset(
    {
        RecordKind.DOUBT_CONFIRMED,
        RecordKind.DOUBT_DISMISSED,
        RecordKind.CERTIFICATE_ISSUED,
        RecordKind.CERTIFICATE_REVOKED,
        RecordKind.CHECK_REOPENED,
    }
)
_JUDGED = frozenset({RecordKind.DOUBT_CONFIRMED, RecordKind.DOUBT_DISMISSED})
OF_PATCH = (ABOUT_SOMETHING - _JUDGED) | {
    RecordKind.MAJOR,
    RecordKind.DEEM,
    RecordKind.DEEM_DISMISSED,
}
OF_EITHER = _JUDGED | {RecordKind.FALSE_REPORTING, RecordKind.WRONG_FILLING}


@dataclass(frozen=True, slots=True)
class NewRecord:
    """subject: a patch number or a district's code. due_on: the deadline of a 限期整改.
    document_no, area_mu: of a freeze. patch_nos: that a 限期整改 names; it is met when they are
    rectified, and one that names none when it is withdrawn; or that a freeze rests on. about: the
    doubt, or parcel of the patch, that it judges.
    """

    kind: RecordKind
    year: int
    subject: str
    recorded_on: date
    reason: str
    due_on: date | None = None
    document_no: str | None = None
    area_mu: float | None = None
    patch_nos: tuple[str, ...] = ()
    about: str | None = None


_NAMES_PATCHES = frozenset({RecordKind.RECTIFY_ORDER, RecordKind.FREEZE})
#: What the bureau does, not what it finds: only who may issue writes it down.
_ISSUED = frozenset(
    {RecordKind.INTERVIEW, RecordKind.RECTIFY_ORDER, RecordKind.FREEZE}
    | {RecordKind.CERTIFICATE_ISSUED, RecordKind.CERTIFICATE_REVOKED}
)


def right_for(kind: RecordKind) -> Right:
    """What it takes to write down or to withdraw a record."""
    if kind is RecordKind.CHECK_REOPENED:
        return Right.REVIEW
    return Right.ISSUE if kind in _ISSUED else Right.AUDIT


def add_record(
    conn: Connection, account: Account, record: NewRecord, today: date, where: str = "cli"
) -> int:
    """Write a record in the account's name and return its number. Call inside Store.write().

    Raises Forbidden without the right, NotFound for an unknown subject, SupervisionError for what
    cannot be recorded.
    """
    account.require(right_for(record.kind))
    label = record.kind.label
    if not record.reason.strip():
        raise SupervisionError(f"“{label}”必须写明理由，请补充后再登记。")
    if record.recorded_on > today:
        day = format_day(record.recorded_on)
        raise SupervisionError(f"登记日期{day}在今天之后。请填写实际发生的日期。")
    if record.kind is RecordKind.RECTIFY_ORDER:
        if record.due_on is None or record.due_on < record.recorded_on:
            raise SupervisionError("限期整改必须写明期限，且期限不早于登记日期。")
    elif record.due_on is not None:
        raise SupervisionError(f"“{label}”没有期限；只有限期整改有。请去掉期限。")
    if record.patch_nos and record.kind not in _NAMES_PATCHES:
        raise SupervisionError(f"“{label}”不列图斑；只有限期整改和指标冻结可以列。请去掉图斑编号。")
    if record.kind in ABOUT_SOMETHING and not record.about:
        raise SupervisionError(
            f"“{label}”要写明是哪一项疑点或地块，请用 python -m data doubt 登记。"
        )
    if record.kind is RecordKind.FREEZE:
        if not (record.document_no or "").strip():
            raise SupervisionError("登记指标冻结必须写明文号，请补充后再登记。")
        if record.area_mu is not None and record.area_mu < 0:
            raise SupervisionError("冻结的指标不能是负数，请核对面积。")
    patch_id, district_code = _subject(conn, record)
    if record.patch_nos:
        _prove_named(conn, record, district_code)
    if record.kind is RecordKind.FREEZE and district_code is not None:
        prove_freeze(conn, record.year, district_code, record.recorded_on, record.area_mu or 0.0,
                     record.patch_nos)  # fmt: skip
    enter(
        conn,
        StaffRecord,
        {
            "kind": record.kind.value,
            "year": record.year,
            "patch_id": patch_id,
            "district_code": district_code,
            "recorded_on": record.recorded_on,
            "reason": record.reason.strip(),
            "document_no": record.document_no,
            "due_on": record.due_on,
            "area_mu": record.area_mu,
            "patch_nos": JOINER.join(dict.fromkeys(record.patch_nos)) or None,
            "about": record.about,
            "recorded_by": account.name,
            "withdrawn_on": None,
            "withdrawn_why": None,
            "withdrawn_by": None,
        },
        kind="record",
        what=f"{label}：{record.subject}",
        who=account.name,
        where=where,
        year=record.year,
    )
    return int(conn.scalar(select(func.max(StaffRecord.id))) or 0)


def _subject(conn: Connection, record: NewRecord) -> tuple[int | None, str | None]:
    """(patch id, district code), one of them None."""
    may_be_patch = record.kind in OF_PATCH | OF_EITHER
    may_be_district = record.kind not in OF_PATCH
    if record.kind in _JUDGED:
        doubt = doubt_of(record.about or "")
        may_be_district = doubt is not None and doubt.of_district
        may_be_patch = not may_be_district
    if may_be_patch:
        patch_id = conn.scalar(
            select(Patch.id).where(Patch.year == record.year, Patch.patch_no == record.subject)
        )
        if patch_id is not None:
            return patch_id, None
    if may_be_district:
        units = conn.execute(select(District.code, District.name, District.short_name))
        for code, name, short_name in units:
            if record.subject in (code, name, short_name):
                return None, code
    words = {"图斑": may_be_patch, "区市": may_be_district}
    what = "或".join(word for word, holds in words.items() if holds)
    raise NotFound(f"{record.year}年度没有{what}“{record.subject}”，请核对编号。")


def _prove_named(conn: Connection, record: NewRecord, district_code: str | None) -> None:
    """Each patch named is one of the year's and lies in the district on the record's day."""
    state = PatchState(Patch, day_literal(record.recorded_on))
    rows = conn.execute(
        select(Patch.patch_no, state.district.label("district")).where(
            Patch.year == record.year, Patch.patch_no.in_(record.patch_nos), state.active
        )
    )
    known: dict[str, str] = {row.patch_no: row.district for row in rows}
    for number in record.patch_nos:
        if known.get(number) != district_code or JOINER in number:
            raise NotFound(
                f"{format_day(record.recorded_on)}，“{record.subject}”没有{record.year}年度的图斑"
                f"“{number}”，请核对编号。"
            )


def withdraw_record(
    conn: Connection,
    account: Account,
    number: int,
    on: date,
    why: str,
    today: date,
    where: str = "cli",
) -> None:
    """End a record from a day on: a mark lifted, an order met, a freeze thawed.

    Raises Forbidden without the right, NotFound for an unknown number, SupervisionError for what
    cannot be.
    """
    if not account.may(Right.AUDIT) and not account.may(Right.ISSUE):
        account.require(Right.AUDIT)
    table = StaffRecord.__table__
    found = conn.execute(select(table).where(table.c.id == number)).mappings().first()
    if found is None:
        raise NotFound(f"没有第{number}号登记。请用 python -m data record list 查看。")
    before = dict(found)
    account.require(right_for(RecordKind(before["kind"])))
    if before["withdrawn_on"] is not None:
        day = format_day(before["withdrawn_on"])
        raise SupervisionError(f"第{number}号登记已于{day}撤销，无需再撤。")
    if not why.strip():
        raise SupervisionError("撤销登记必须写明理由，请补充后再撤。")
    if on < before["recorded_on"] or on > today:
        raise SupervisionError("撤销日期应在登记日期与今天之间，请核对。")
    changed = {"withdrawn_on": on, "withdrawn_why": why.strip(), "withdrawn_by": account.name}
    enter(
        conn,
        StaffRecord,
        {**before, **changed},
        kind="record",
        what=f"撤销第{number}号登记",
        who=account.name,
        where=where,
        year=before["year"],
        before=before,
    )


def records(conn: Connection, scope: Scope, year: int) -> list[dict[str, Any]]:
    """All records of a work year, withdrawn ones too, oldest first; of a patch those of the
    district in which it lies today.

    Keys: id, kind, subject (patch number or district code), recorded_on, reason, document_no,
    due_on, area_mu, patch_nos (a list), about, recorded_by, withdrawn_on, withdrawn_why,
    withdrawn_by.
    """
    r = StaffRecord
    query = (
        select(
            r.id,
            r.kind,
            func.coalesce(Patch.patch_no, r.district_code).label("subject"),
            r.recorded_on,
            r.reason,
            r.document_no,
            r.due_on,
            r.area_mu,
            r.patch_nos,
            r.about,
            r.recorded_by,
            r.withdrawn_on,
            r.withdrawn_why,
            r.withdrawn_by,
            func.coalesce(Patch.district_code, r.district_code).label("district"),
        )
        .outerjoin(Patch, Patch.id == r.patch_id)
        .where(r.year == year)
        .order_by(r.recorded_on, r.id)
    )
    found = (dict(row) for row in conn.execute(query).mappings())
    return [
        {**row, "patch_nos": list(named_patches(row["patch_nos"]))}
        for row in found
        if scope.allows(row.pop("district"))
    ]
