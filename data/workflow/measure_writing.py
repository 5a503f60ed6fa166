"""How a step of a measure is written: the event with its frozen figures and texts, in one entry."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, func, select

from data.errors import NotFound, SupervisionError
from data.measures.frozen import Composed, Draft, digest
from data.measures.states import StepKind
from data.periods import format_day
from data.rights import Account
from data.rules.lists import JOINER
from data.store import meta
from data.store.models import Measure, MeasureEvent, MeasureFigure
from data.store.queries.measures import MeasureRow, measure
from data.store.queries.stamp import data_version
from data.texts import UNSEEN
from data.workflow.entries import enter_rows

_MOST = 5_000


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a step, kept below Settings.uploads_dir (measure_files.py). content:
    until it is kept."""

    name: str
    sha256: str
    path: str
    content: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Taking:
    """Who takes a step, on which day and from where. seen: how many steps the user saw when he
    decided; None for a command, which looks now. code: the one-time code that an account which has
    them types to issue."""

    conn: Connection
    by: Account
    today: date
    on: date | None = None
    seen: int | None = None
    where: str = "cli"
    code: str = ""

    @property
    def day(self) -> date:
        return self.on or self.today


def text_of(text: str | None, missing: str) -> str:
    """What somebody wrote, without what nobody sees. Raises SupervisionError(missing) for nothing,
    and for what is too long."""
    lines = (
        re.sub(r"[ \t]+", " ", UNSEEN.sub("", line)).strip() for line in (text or "").split("\n")
    )
    cleaned = "\n".join(lines).strip()
    if not cleaned:
        raise SupervisionError(missing)
    if len(cleaned) > _MOST:
        raise SupervisionError(
            f"文字过长（{len(cleaned):,}字），最多{_MOST:,}字，请缩短或改用附件。"
        )
    return cleaned


def found_for(at: Taking, number: int) -> MeasureRow:
    """The measure as it stands, seen by who acts. Raises NotFound for none or another's,
    SupervisionError where others acted since the user looked, or the day is impossible."""
    row = measure(at.conn, at.by.scope, number)
    if row is None:
        raise NotFound(f"没有第{number}号措施，请核对编号。")
    if at.seen is not None and row.version != at.seen:
        since = row.steps[at.seen :] if at.seen < row.version else row.steps[-1:]
        told = "；".join(f"{format_day(s.on)}{s.account}“{StepKind(s.step).label}”" for s in since)
        raise SupervisionError(
            f"第{number}号措施在您打开之后已有变化：{told}。请刷新页面后再办理。"
        )
    if at.day > at.today:
        raise SupervisionError(f"办理日期{format_day(at.day)}在今天之后，请填写实际日期。")
    last = row.steps[-1]
    if at.day < last.on:
        raise SupervisionError(
            f"办理日期{format_day(at.day)}早于上一步“{StepKind(last.step).label}”的"
            f"{format_day(last.on)}。请核对日期；如系统时钟不准，请先校准。"
        )
    return row


def write_new(at: Taking, draft: Draft, steps: Sequence[Mapping[str, Any]], made: Composed) -> int:
    """A measure with its first steps; the figures are those of the first. → its number."""
    least = (at.conn.scalar(select(func.max(Measure.id))) or 0) + 1
    number = meta.next_number(at.conn, f"next:{Measure.__tablename__}", 1, least)
    row = {
        "id": number,
        "kind": draft.kind.value,
        "year": draft.year,
        "as_of": draft.as_of,
        "subject": draft.subject,
        "subject_kind": draft.subject_kind.value,
        "district_code": draft.district,
        "period": draft.period,
        "patch_nos": JOINER.join(draft.patch_nos) or None,
        "rule": draft.rule,
        "reason": draft.reason,
        "follows": draft.follows,
    }
    events = [_event(at, number, seq, step) for seq, step in enumerate(steps, 1)]
    _enter(at, draft, number, str(steps[0]["step"]), [(Measure, [row])], events, made, 1)
    return number


def write_step(
    at: Taking, row: MeasureRow, step: StepKind, made: Composed | None = None, **said: Any
) -> None:
    """said: columns of the event. made: what the paper says from here on, where it changes."""
    seq = row.version + 1
    event = _event(at, row.id, seq, {"step": step.value, **said})
    if made is not None:
        event |= {"content": content_of(made), "digest": digest(made.figures, made.texts)}
    _enter(at, row.draft, row.id, step.value, [], [event], made, seq)


def content_of(made: Composed) -> str:
    return orjson.dumps(dict(made.texts), option=orjson.OPT_SORT_KEYS).decode()


def _event(at: Taking, number: int, seq: int, said: Mapping[str, Any]) -> dict[str, Any]:
    columns = MeasureEvent.__table__.columns.keys()
    known = dict.fromkeys(name for name in columns if name not in ("id", "batch_id", "source_hash"))
    return {
        **known,
        "measure_id": number,
        "seq": seq,
        "account": at.by.name,
        "happened_on": at.day,
        "at": datetime.now(UTC).isoformat(timespec="microseconds"),
        **said,
    }


def _enter(
    at: Taking,
    draft: Draft,
    number: int,
    step: str,
    before: list[tuple[Any, list[dict[str, Any]]]],
    events: list[dict[str, Any]],
    made: Composed | None,
    seq: int,
) -> None:
    version = data_version(at.conn) + 1
    figures = [
        {
            "measure_id": number,
            "seq": seq,
            "figure": f.id,
            "name": f.name,
            "variant": f.variant,
            "value": f.value,
            "text": f.text,
            "as_of": f.as_of,
            "district_code": f.district,
            "patches": orjson.dumps(list(f.patches)).decode(),
            "rule_version": f.rule_version,
            "data_version": version,
        }
        for f in (made.figures if made is not None else ())
    ]
    enter_rows(
        at.conn,
        [*before, (MeasureEvent, events), (MeasureFigure, figures)],
        kind="measure",
        what=f"第{number}号 {draft.kind.label}：{StepKind(step).label}",
        who=at.by.name,
        where=at.where,
        year=draft.year,
    )
