"""Field checks with who entered them, and the steps beside them (workflow/field_visits.py takes
them)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from data.scope import Scope
from data.store.models import CheckStep, FieldCheck, Patch, Upload
from data.store.queries.state import PatchState, day_literal
from data.vocabulary import CheckFinding, CheckLevel, CheckStepKind

#: What parts the names of a team.
JOINER = "、"
#: A patch's checks of one level.
Place = tuple[str, CheckLevel]


@dataclass(frozen=True, slots=True)
class CheckMade:
    """checked_by: as written, names joined. batch: the upload that last wrote it. entered_by: whose
    that is."""

    checked_on: date
    checked_by: str
    finding: CheckFinding
    note: str
    batch: int
    entered_by: str


@dataclass(frozen=True, slots=True)
class StepTaken:
    """known_batch: of the last check that whoever took it knew, 0 for none."""

    seq: int
    step: CheckStepKind
    on: date
    account: str
    known_batch: int
    finding: CheckFinding | None
    team: tuple[str, ...]
    due_on: date | None
    reason: str
    source: str
    source_no: str
    source_on: date | None


def seen_as(made: Sequence[CheckMade], steps: Sequence[StepTaken]) -> str:
    """How a check stands, to notice that somebody went on meanwhile: `steps.batch of the last
    check`."""
    return f"{len(steps)}.{made[-1].batch if made else 0}"


def checks_made(
    conn: Connection, scope: Scope, year: int, as_of: date
) -> dict[Place, list[CheckMade]]:
    """(patch number, level) → the checks from the day of issue on, oldest first, of the patches
    that count on the day."""
    f, state = FieldCheck, PatchState(Patch, day_literal(as_of))
    query = (
        select(
            Patch.patch_no, f.level, f.checked_on, f.checked_by, f.finding, f.note, f.batch_id,
            Upload.uploaded_by,
        )
        .join(Patch, Patch.id == f.patch_id)
        .join(Upload, Upload.id == f.batch_id)
        .where(
            Patch.year == year,
            f.checked_on <= as_of,
            f.checked_on >= Patch.issued_on,
            state.visible_to(scope),
        )
        .order_by(f.checked_on, f.batch_id, f.id)
    )  # fmt: skip
    found: dict[Place, list[CheckMade]] = {}
    for row in conn.execute(query):
        made = CheckMade(
            row.checked_on, row.checked_by, CheckFinding(row.finding), row.note or "",
            row.batch_id, row.uploaded_by,
        )  # fmt: skip
        found.setdefault((row.patch_no, CheckLevel(row.level)), []).append(made)
    return found


def steps_taken(
    conn: Connection, scope: Scope, year: int, as_of: date
) -> dict[Place, list[StepTaken]]:
    """(patch number, level) → the steps by the day, in their order."""
    s, state = CheckStep, PatchState(Patch, day_literal(as_of))
    query = (
        select(Patch.patch_no, *s.__table__.columns)
        .join(Patch, Patch.id == s.patch_id)
        .where(Patch.year == year, s.happened_on <= as_of, state.visible_to(scope))
        .order_by(s.seq)
    )
    found: dict[Place, list[StepTaken]] = {}
    for row in conn.execute(query):
        taken = StepTaken(
            row.seq,
            CheckStepKind(row.step),
            row.happened_on,
            row.account,
            row.check_batch,
            CheckFinding(row.finding) if row.finding else None,
            tuple(row.team.split(JOINER)) if row.team else (),
            row.due_on,
            row.reason or "",
            row.source or "",
            row.source_no or "",
            row.source_on,
        )
        found.setdefault((row.patch_no, CheckLevel(row.level)), []).append(taken)
    return found
