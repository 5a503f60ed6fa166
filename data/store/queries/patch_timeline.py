"""What happened to one patch, event by event, each with the upload that brought it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, inspect, select

from data.periods import format_day
from data.store.history import row_key
from data.store.models import (
    AuditDecision,
    Base,
    CheckStep,
    EnforcementCase,
    FieldCheck,
    FromFile,
    Parcel,
    Patch,
    Photograph,
    Problem,
    Recheck,
    Transfer,
)
from data.store.queries.patch_history import origins_of, uploads_by_id
from data.vocabulary import (
    AuditLevel,
    AuditResult,
    CheckFinding,
    CheckLevel,
    CheckStepKind,
    Legality,
    RecheckFinding,
    RectificationWay,
    TransferTo,
)


@dataclass(frozen=True, slots=True)
class _Event:
    """field: the column that holds the day. order: place among the events of one day, as the
    procedure runs.
    """

    on: date
    field: str
    order: int
    what: str
    detail: str


def _joined(*parts: str | None) -> str:
    return " · ".join(part for part in parts if part)


def _parcel(number: int) -> str:
    return f"地块{number}" if number else "整个图斑"


def _rows(conn: Connection, table: type[FromFile], patch_id: int) -> list[Any]:
    key = table.id if table is Patch else table.patch_id  # type: ignore[attr-defined]
    columns = [c for c in inspect(table).columns if c.name != "geom"]
    return list(conn.execute(select(*columns).where(key == patch_id)))


def _of_patch(p: Any) -> Iterator[_Event]:
    yield _Event(p.issued_on, "issued_on", 0, "下发", "")
    if p.reported_on:
        yield _Event(p.reported_on, "reported_on", 10, "上报", "全部地块已上报")
    if p.forwarded_on:
        yield _Event(p.forwarded_on, "forwarded_on", 30, "上报省厅", "")
    if p.transferred_on:
        yield _Event(p.transferred_on, "transferred_on", 5, "划转区市", "")
    if p.withdrawn_on:
        yield _Event(p.withdrawn_on, "withdrawn_on", 90, "撤销", p.withdrawn_why or "")


def _of_parcel(c: Any) -> Iterator[_Event]:
    if c.reported_on:
        label = Legality(c.legality).label
        detail = _joined(
            _parcel(c.parcel_no), f"县级判定：{label}", "已不在拆分中" if c.ended else ""
        )
        yield _Event(c.reported_on, "reported_on", 9, "地块上报", detail)


def _of_decision(d: Any) -> Iterator[_Event]:
    level, result = AuditLevel(d.level).label, AuditResult(d.result).label
    yield _Event(
        d.decided_on,
        "decided_on",
        20 + d.level_rank,
        f"{level}审核{result}",
        _joined(
            _parcel(d.parcel_no),
            f"定性：{Legality(d.determination).label}" if d.determination else None,
            "直接判定" if d.deemed else None,
            f"原因：{d.reason_codes}" if d.reason_codes else None,
            d.opinion,
        ),
    )
    if d.resubmitted_on:
        detail = f"答复{format_day(d.decided_on, d.resubmitted_on.year)}的{level}退回"
        yield _Event(d.resubmitted_on, "resubmitted_on", 15, "重新上报", detail)


def _of_case(c: Any) -> Iterator[_Event]:
    parcel = _parcel(c.parcel_no)
    way = RectificationWay(c.way).label if c.way else None
    steps = (
        ("stopped_on", "制止", ""),
        ("filed_on", "立案", _joined(c.filed_by, c.case_no)),
        ("penalty_decided_on", "处罚决定", ""),
        ("eliminated_on", "消除违法状态", way),
        ("accepted_on", "验收", f"证明编号 {c.certificate_no}" if c.certificate_no else ""),
    )
    for order, (field, what, detail) in enumerate(steps, start=40):
        on = getattr(c, field)
        if on:
            yield _Event(on, field, order, what, _joined(parcel, detail))


def _of_transfer(t: Any) -> Iterator[_Event]:
    to = TransferTo(t.department).label
    detail = _joined(_parcel(t.parcel_no), f"移送{to}", t.document_no, t.note)
    yield _Event(t.transferred_on, "transferred_on", 50, "移送移交", detail)
    if t.replied_on:
        yield _Event(t.replied_on, "replied_on", 51, "移送回复", to)


def _of_problem(p: Any) -> Iterator[_Event]:
    limit = f"整改期限 {format_day(p.deadline_on)}" if p.deadline_on else None
    detail = _joined(p.description, limit)
    yield _Event(p.listed_on, "listed_on", 60, "列入省厅问题清单", detail)
    if p.written_off_on:
        yield _Event(p.written_off_on, "written_off_on", 61, "问题销号", "")


def _of_check(c: Any) -> Iterator[_Event]:
    what = f"{CheckLevel(c.level).label}外业核查"
    detail = _joined(CheckFinding(c.finding).label, c.checked_by, c.note)
    yield _Event(c.checked_on, "checked_on", 18, what, detail)


def _of_check_step(s: Any) -> Iterator[_Event]:
    step = CheckStepKind(s.step)
    before = step in (CheckStepKind.ASSIGN, CheckStepKind.EXEMPT)
    elsewhere = _joined(s.source, s.source_no, format_day(s.source_on) if s.source_on else None)
    detail = _joined(
        s.team,
        f"期限 {format_day(s.due_on, s.happened_on.year)}" if s.due_on else None,
        CheckFinding(s.finding).label if s.finding else None,
        elsewhere or None,
        s.reason,
    )
    what = f"{CheckLevel(s.level).label}外业核查{step.label}"
    yield _Event(s.happened_on, "happened_on", 17 if before else 19, what, detail)


def _of_photograph(p: Any) -> Iterator[_Event]:
    taken = f"拍摄于 {p.taken_at}" if p.taken_at else "没有拍摄时间"
    what = f"{CheckLevel(p.level).label}外业核查照片"
    yield _Event(p.added_on, "added_on", 18, what, _joined(p.file_name, taken, p.account))


def _of_recheck(r: Any) -> Iterator[_Event]:
    detail = _joined(_parcel(r.parcel_no), RecheckFinding(r.finding).label, r.note)
    yield _Event(r.rechecked_on, "rechecked_on", 70, "周期复核", detail)


_SOURCES: tuple[tuple[type[FromFile], Any], ...] = (
    (Patch, _of_patch),
    (Parcel, _of_parcel),
    (AuditDecision, _of_decision),
    (EnforcementCase, _of_case),
    (Transfer, _of_transfer),
    (Problem, _of_problem),
    (FieldCheck, _of_check),
    (CheckStep, _of_check_step),
    (Photograph, _of_photograph),
    (Recheck, _of_recheck),
)


def timeline(conn: Connection, patch_id: int) -> list[dict[str, Any]]:
    """All events, oldest first. Keys: on, what, detail, batch_id, upload_name, uploaded_at (UTC).

    batch_id is the upload that brought the day on which the event happened.
    """
    origins = origins_of(conn, patch_id)
    events: list[tuple[_Event, int]] = []
    for model, read in _SOURCES:
        table = Base.metadata.tables[str(inspect(model).local_table)]
        for row in _rows(conn, model, patch_id):
            key = (table.name, row_key(table, dict(row._mapping)))
            known = origins.get(key, {})
            events += [(event, known.get(event.field, row.batch_id)) for event in read(row)]
    events.sort(key=lambda pair: (pair[0].on, pair[0].order))
    uploads = uploads_by_id(conn, {batch for _, batch in events})
    return [
        {
            "on": event.on,
            "what": event.what,
            "detail": event.detail,
            "batch_id": batch,
            "upload_name": uploads.get(batch, {}).get("file_name"),
            "uploaded_at": uploads.get(batch, {}).get("uploaded_at"),
        }
        for event, batch in events
    ]
