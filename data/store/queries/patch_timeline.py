"""What happened to one patch, event by event, each with the upload that brought it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, inspect, select

from data.periods import format_day
from data.store.models import (
    AuditDecision,
    EnforcementCase,
    FieldCheck,
    FromFile,
    Parcel,
    Patch,
    Problem,
    Recheck,
    Transfer,
)
from data.store.queries.patch_history import uploads_by_id
from data.vocabulary import (
    AuditLevel,
    AuditResult,
    CheckFinding,
    CheckLevel,
    Legality,
    RecheckFinding,
    RectificationWay,
    TransferTo,
)


@dataclass(frozen=True, slots=True)
class _Event:
    """order: place among the events of one day, as the procedure runs."""

    on: date
    order: int
    what: str
    detail: str
    batch_id: int


def _joined(*parts: str | None) -> str:
    return " · ".join(part for part in parts if part)


def _parcel(number: int) -> str:
    return f"地块{number}" if number else "整个图斑"


def _rows(conn: Connection, table: type[FromFile], patch_id: int) -> list[Any]:
    key = table.id if table is Patch else table.patch_id  # type: ignore[attr-defined]
    columns = [c for c in inspect(table).columns if c.name != "geom"]
    return list(conn.execute(select(*columns).where(key == patch_id)))


def _of_patch(p: Any) -> Iterator[_Event]:
    yield _Event(p.issued_on, 0, "下发", "", p.batch_id)
    if p.reported_on:
        yield _Event(p.reported_on, 10, "上报", "全部地块已上报", p.batch_id)
    if p.forwarded_on:
        yield _Event(p.forwarded_on, 30, "上报省厅", "", p.batch_id)
    if p.transferred_on:
        yield _Event(p.transferred_on, 5, "划转区市", "", p.batch_id)
    if p.withdrawn_on:
        yield _Event(p.withdrawn_on, 90, "撤销", p.withdrawn_why or "", p.batch_id)


def _of_parcel(c: Any) -> Iterator[_Event]:
    if c.reported_on:
        label = Legality(c.legality).label
        detail = _joined(
            _parcel(c.parcel_no), f"县级判定：{label}", "已不在拆分中" if c.ended else ""
        )
        yield _Event(c.reported_on, 9, "地块上报", detail, c.batch_id)


def _of_decision(d: Any) -> Iterator[_Event]:
    level, result = AuditLevel(d.level).label, AuditResult(d.result).label
    yield _Event(
        d.decided_on,
        20 + d.level_rank,
        f"{level}审核{result}",
        _joined(
            _parcel(d.parcel_no),
            f"定性：{Legality(d.determination).label}" if d.determination else None,
            "直接判定" if d.deemed else None,
            d.opinion,
        ),
        d.batch_id,
    )
    if d.resubmitted_on:
        detail = f"答复{format_day(d.decided_on)}的{level}退回"
        yield _Event(d.resubmitted_on, 15, "重新上报", detail, d.batch_id)


def _of_case(c: Any) -> Iterator[_Event]:
    parcel = _parcel(c.parcel_no)
    way = RectificationWay(c.way).label if c.way else None
    steps = (
        (c.stopped_on, 40, "制止", ""),
        (c.filed_on, 41, "立案", _joined(c.filed_by, c.case_no)),
        (c.penalty_decided_on, 42, "处罚决定", ""),
        (c.eliminated_on, 43, "消除违法状态", way),
        (c.accepted_on, 44, "验收", f"证明编号 {c.certificate_no}" if c.certificate_no else ""),
    )
    for on, order, what, detail in steps:
        if on:
            yield _Event(on, order, what, _joined(parcel, detail), c.batch_id)


def _of_transfer(t: Any) -> Iterator[_Event]:
    to = TransferTo(t.department).label
    detail = _joined(_parcel(t.parcel_no), f"移送{to}", t.document_no, t.note)
    yield _Event(t.transferred_on, 50, "移送移交", detail, t.batch_id)
    if t.replied_on:
        yield _Event(t.replied_on, 51, "移送回复", to, t.batch_id)


def _of_problem(p: Any) -> Iterator[_Event]:
    limit = f"整改期限 {format_day(p.deadline_on)}" if p.deadline_on else None
    detail = _joined(p.description, limit)
    yield _Event(p.listed_on, 60, "列入省厅问题清单", detail, p.batch_id)
    if p.written_off_on:
        yield _Event(p.written_off_on, 61, "问题销号", "", p.batch_id)


def _of_check(c: Any) -> Iterator[_Event]:
    what = f"{CheckLevel(c.level).label}外业核查"
    detail = _joined(CheckFinding(c.finding).label, c.checked_by, c.note)
    yield _Event(c.checked_on, 18, what, detail, c.batch_id)


def _of_recheck(r: Any) -> Iterator[_Event]:
    detail = _joined(_parcel(r.parcel_no), RecheckFinding(r.finding).label, r.note)
    yield _Event(r.rechecked_on, 70, "周期复核", detail, r.batch_id)


_SOURCES: tuple[tuple[type[FromFile], Any], ...] = (
    (Patch, _of_patch),
    (Parcel, _of_parcel),
    (AuditDecision, _of_decision),
    (EnforcementCase, _of_case),
    (Transfer, _of_transfer),
    (Problem, _of_problem),
    (FieldCheck, _of_check),
    (Recheck, _of_recheck),
)


def timeline(conn: Connection, patch_id: int) -> list[dict[str, Any]]:
    """All events, oldest first. Keys: on, what, detail, batch_id, upload_name, uploaded_at (UTC).

    batch_id is the upload that last wrote the row behind the event.
    """
    events = [
        event
        for table, read in _SOURCES
        for row in _rows(conn, table, patch_id)
        for event in read(row)
    ]
    uploads = uploads_by_id(conn, {event.batch_id for event in events})
    events.sort(key=lambda event: (event.on, event.order))
    return [
        {
            "on": event.on,
            "what": event.what,
            "detail": event.detail,
            "batch_id": event.batch_id,
            "upload_name": uploads.get(event.batch_id, {}).get("file_name"),
            "uploaded_at": uploads.get(event.batch_id, {}).get("uploaded_at"),
        }
        for event in events
    ]
