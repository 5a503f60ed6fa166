"""Measures with their steps and frozen figures, as they are written (data/workflow/measures.py).

What state one is in on a day follows from its steps: data/measures/states.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

import orjson
from sqlalchemy import Connection, select

from data.measures.frozen import Composed, Draft, Figure
from data.measures.kinds import MeasureKind, Subject
from data.rules.lists import words_of
from data.scope import Scope
from data.store.models import Measure, MeasureEvent, MeasureFigure


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a measure. at: ISO, UTC. content: the paper's texts from here on, None where
    the step leaves them."""

    seq: int
    step: str
    account: str
    on: date
    at: str
    due_on: date | None = None
    number: str | None = None
    reason: str | None = None
    content: str | None = None
    digest: str | None = None
    file_name: str | None = None
    file_sha256: str | None = None
    file_path: str | None = None


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """A measure with all its steps, in their order."""

    id: int
    draft: Draft
    steps: tuple[Step, ...]

    @property
    def kind(self) -> MeasureKind:
        return self.draft.kind

    @property
    def version(self) -> int:
        """What a user has seen of it: how many steps."""
        return len(self.steps)


def measures(
    conn: Connection,
    scope: Scope,
    year: int | None = None,
    district: str | None = None,
    kinds: Collection[MeasureKind] = (),
) -> list[MeasureRow]:
    """Those of a work year (None: of all), oldest first. Who sees single districts only sees the
    papers that these were sent, from their issue on."""
    m = Measure
    query = select(m.__table__).order_by(m.id)
    if year is not None:
        query = query.where(m.year == year)
    if kinds:
        query = query.where(m.kind.in_(sorted(kinds)))
    chosen = scope.narrowed_to(district)
    if chosen.districts is not None:
        query = query.where(m.district_code.in_(sorted(chosen.districts)))
    rows = conn.execute(query).all()
    steps = _steps(conn, [row.id for row in rows])
    found = [_row(row, steps.get(row.id, ())) for row in rows]
    return [row for row in found if is_seen(scope, row)]


def measure(conn: Connection, scope: Scope, number: int) -> MeasureRow | None:
    """None for one that is not there or that the reader may not see."""
    row = conn.execute(select(Measure.__table__).where(Measure.id == number)).first()
    if row is None:
        return None
    found = _row(row, _steps(conn, [row.id]).get(row.id, ()))
    return found if is_seen(scope, found) else None


def measure_numbered(conn: Connection, scope: Scope, number: str) -> int | None:
    """The measure whose paper bears a number, where the reader may see it."""
    e = MeasureEvent
    found = conn.scalar(select(e.measure_id).where(e.number == number))
    return found if found is not None and measure(conn, scope, found) is not None else None


def is_seen(scope: Scope, row: MeasureRow) -> bool:
    if scope.districts is None:
        return True
    is_own = row.draft.district is not None and scope.allows(row.draft.district)
    is_sent = row.kind.about.to_district and any(s.step == "issue" for s in row.steps)
    return is_own and is_sent


def _row(row: object, steps: Iterable[Step]) -> MeasureRow:
    r: Measure = row  # type: ignore[assignment]
    draft = Draft(
        kind=MeasureKind(r.kind),
        year=r.year,
        as_of=r.as_of,
        subject=r.subject,
        subject_kind=Subject(r.subject_kind),
        district=r.district_code,
        period=r.period,
        patch_nos=words_of(r.patch_nos),
        rule=r.rule,
        reason=r.reason,
        follows=r.follows,
    )
    return MeasureRow(r.id, draft, tuple(steps))


_CHUNK = 1_000


def _steps(conn: Connection, ids: list[int]) -> dict[int, list[Step]]:
    e = MeasureEvent
    found: dict[int, list[Step]] = {}
    for start in range(0, len(ids), _CHUNK):
        query = (
            select(e.__table__)
            .where(e.measure_id.in_(ids[start : start + _CHUNK]))
            .order_by(e.measure_id, e.seq)
        )
        for r in conn.execute(query):
            step = Step(
                r.seq, r.step, r.account, r.happened_on, r.at, r.due_on, r.number, r.reason,
                r.content, r.digest, r.file_name, r.file_sha256, r.file_path,
            )  # fmt: skip
            found.setdefault(r.measure_id, []).append(step)
    return found


def frozen(conn: Connection, scope: Scope, found: MeasureRow, seq: int | None = None) -> Composed:
    """What the paper says from its last step on (seq: as of that step). Raises KeyError for one
    that the scope does not allow."""
    if not is_seen(scope, found):
        raise KeyError(found.id)
    steps = [s for s in found.steps if seq is None or s.seq <= seq]
    content = next((s.content for s in reversed(steps) if s.content is not None), None)
    f = MeasureFigure
    rows = conn.execute(select(f.__table__).where(f.measure_id == found.id).order_by(f.id)).all()
    taken = max((r.seq for r in rows if seq is None or r.seq <= seq), default=0)
    figures = tuple(
        Figure(
            r.figure,
            r.name,
            r.variant,
            r.value,
            r.text,
            r.as_of,
            r.district_code,
            tuple(orjson.loads(r.patches)),
            r.rule_version,
        )
        for r in rows
        if r.seq == taken
    )
    return Composed(figures, orjson.loads(content) if content else {})
