"""Staff judge doubts about a patch or a district one by one: confirmed, with what follows from it,
or dismissed, each with a reason. Every judgement is a staff record: it stands from its day on until
it is withdrawn (records.withdraw_record), and the history keeps it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from data.errors import NotFound, SupervisionError
from data.periods import format_day
from data.rights import Account, Right
from data.rules.doubts import Doubt, DoubtKind
from data.store.models import EnforcementCase, Patch
from data.store.queries.state import PatchState, day_literal
from data.vocabulary import RecordKind
from data.workflow.records import NewRecord, add_record
from data.worklists.comebacks import comebacks
from data.worklists.doubts import judgements
from data.worklists.oddities import oddities
from data.worklists.overlay import overlay
from data.worklists.refuted import refuted

#: What wrong filling can be confirmed as: T14, or T12 where it was false on purpose.
FILLING_CONFIRMED = (RecordKind.WRONG_FILLING, RecordKind.FALSE_REPORTING)

#: Doubts about what was filled in.
OF_FILLING = (DoubtKind.OVERLAY, DoubtKind.CHECK)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What staff say of one doubt. subject: a patch, or a district's code (Doubt.of_district).
    kind: as what wrong filling is confirmed (FILLING_CONFIRMED)."""

    year: int
    subject: str
    doubt: Doubt
    confirmed: bool
    reason: str
    on: date
    kind: RecordKind | None = None


def judge_doubt(
    conn: Connection, account: Account, verdict: Verdict, today: date, where: str = "cli"
) -> int:
    """Record it; returns the number of the record. Call inside Store.write().

    Raises Forbidden without the right 审核; NotFound for a doubt that does not hold on the day;
    SupervisionError for one that was judged already, or without a reason.
    """
    account.require(Right.AUDIT)
    doubt = verdict.doubt
    _prove_reason(verdict.reason)
    _prove_held(conn, account, verdict)
    earlier = judgements(conn, account.scope, max(verdict.on, today), [verdict.year])
    said = earlier.get((verdict.year, verdict.subject, doubt.key))
    if said is not None:
        raise SupervisionError(
            f"这个疑点已由{said.recorded_by}于{format_day(said.recorded_on)}认定为{said.state.label}"
            f"（第{said.number}号登记）。如需改变，请先撤销那次登记。"
        )
    new = NewRecord(
        _kind(verdict),
        verdict.year,
        verdict.subject,
        verdict.on,
        verdict.reason,
        about=doubt.key,
    )
    return add_record(conn, account, new, today, where)


def _kind(verdict: Verdict) -> RecordKind:
    if not verdict.confirmed:
        if verdict.kind is not None:
            raise SupervisionError("排除疑点不用写明认定为哪一类，请去掉后再试。")
        return RecordKind.DOUBT_DISMISSED
    if verdict.doubt.kind not in OF_FILLING:
        return RecordKind.DOUBT_CONFIRMED
    kind = verdict.kind or RecordKind.WRONG_FILLING
    if kind not in FILLING_CONFIRMED:
        words = "或".join(kind.label for kind in FILLING_CONFIRMED)
        raise SupervisionError(f"{verdict.doubt.kind.label}属实的，应认定为{words}，请重新选择。")
    return kind


def _prove_reason(reason: str) -> None:
    if not reason.strip():
        raise SupervisionError("认定或排除疑点必须写明理由，请补充后再试。")


def _prove_held(conn: Connection, account: Account, verdict: Verdict) -> None:
    """The doubt is one of those that the lists show on the day."""
    doubt, year, number = verdict.doubt, verdict.year, verdict.subject
    what = "区市" if doubt.of_district else "图斑"
    held: set[str]
    if doubt.kind is DoubtKind.OVERLAY:
        found = overlay(conn, account.scope, year, verdict.on)
        held = {f.doubt.key for f in found if f.patch_no == number}
    elif doubt.kind is DoubtKind.CHECK:
        untrue = refuted(conn, account.scope, year, verdict.on)
        held = {f.doubt.key for f in untrue if f.patch_no == number}
    elif doubt.kind is DoubtKind.ODDITY:
        odd = oddities(conn, account.scope, year, verdict.on)
        held = {o.doubt.key for o in odd if o.district == number}
    else:
        pairs = comebacks(conn, account.scope, verdict.on, year)
        held = {pair.doubt.key for pair in pairs if pair.patch_no == number}
    if doubt.key not in held:
        raise NotFound(
            f"{format_day(verdict.on)}，{year}年度{what}“{number}”没有这个疑点，"
            "可能已随新的数据消失。请刷新清单后再试。"
        )


def answer_deeming(
    conn: Connection,
    account: Account,
    year: int,
    patch_no: str,
    confirmed: bool,
    reason: str,
    on: date,
    today: date,
    where: str = "cli",
) -> int:
    """Confirm a proposal of T7 (确认无正当理由拒不修改) or dismiss it. Inside Store.write()."""
    account.require(Right.AUDIT)
    _prove_reason(reason)
    kind = RecordKind.DEEM if confirmed else RecordKind.DEEM_DISMISSED
    new = NewRecord(kind, year, patch_no, on, reason)
    return add_record(conn, account, new, today, where)


def revoke_certificate(
    conn: Connection,
    account: Account,
    year: int,
    patch_no: str,
    parcel_no: int,
    reason: str,
    on: date,
    today: date,
    where: str = "cli",
) -> int:
    """撤销拆除复耕证明: the parcel stands in the ledger again that day. Inside Store.write()."""
    account.require(Right.ISSUE)
    _prove_reason(reason)
    state = PatchState(Patch, day_literal(on))
    number = conn.scalar(
        select(EnforcementCase.certificate_no)
        .join(Patch, Patch.id == EnforcementCase.patch_id)
        .where(
            Patch.year == year,
            Patch.patch_no == patch_no,
            EnforcementCase.parcel_no == parcel_no,
            state.visible_to(account.scope),
        )
    )
    if not number:
        raise NotFound(f"{year}年度图斑“{patch_no}”地块{parcel_no}没有拆除复耕证明，请核对编号。")
    new = NewRecord(
        RecordKind.CERTIFICATE_REVOKED,
        year,
        patch_no,
        on,
        reason,
        document_no=str(number),
        about=str(parcel_no),
    )
    return add_record(conn, account, new, today, where)
