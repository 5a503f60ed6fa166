"""What field checks found to be other than reported (不属实, confirmed): a doubt about the patch,
which staff confirm as T14 or T12, or dismiss (worklists.md, Overlay)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from data.rules.doubts import Doubt, DoubtKind, DoubtState
from data.scope import Scope
from data.store.models import CheckStep, FieldCheck, Patch
from data.store.queries.state import PatchState, day_literal
from data.vocabulary import CheckFinding, CheckLevel, CheckStepKind
from data.worklists.doubts import judgements


@dataclass(frozen=True, slots=True)
class Refuted:
    """state: what staff said of it by the day."""

    year: int
    patch_no: str
    district: str
    level: CheckLevel
    checked_on: date
    checked_by: str
    confirmed_on: date
    note: str
    state: DoubtState

    @property
    def doubt(self) -> Doubt:
        return _doubt(self.level, self.checked_on)


def _doubt(level: CheckLevel, on: date) -> Doubt:
    return Doubt(DoubtKind.CHECK, level.value, on.isoformat())


def refuted(
    conn: Connection, scope: Scope, year: int, as_of: date, district: str | None = None
) -> list[Refuted]:
    """By number and day. A check that was corrected or taken back since is none of them."""
    chosen = scope.narrowed_to(district)
    s, f, state = CheckStep, FieldCheck, PatchState(Patch, day_literal(as_of))
    query = (
        select(
            Patch.patch_no, state.district.label("district"), f.level, f.checked_on, f.checked_by,
            f.note, s.happened_on,
        )
        .join(Patch, Patch.id == f.patch_id)
        .join(
            s,
            (s.patch_id == f.patch_id)
            & (s.level == f.level)
            & (s.check_batch == f.batch_id)
            & (s.checked_on == f.checked_on),
        )
        .where(
            Patch.year == year,
            f.finding == CheckFinding.FALSE.value,
            s.step == CheckStepKind.CONFIRM.value,
            s.happened_on <= as_of,
            state.visible_to(chosen),
        )
        .order_by(Patch.patch_no, f.checked_on, f.level)
    )  # fmt: skip
    said = judgements(conn, chosen, as_of, [year])
    found = []
    for row in conn.execute(query):
        level = CheckLevel(row.level)
        judged = said.get((year, row.patch_no, _doubt(level, row.checked_on).key))
        found.append(
            Refuted(
                year, row.patch_no, row.district, level, row.checked_on, row.checked_by,
                row.happened_on, row.note or "", judged.state if judged else DoubtState.OPEN,
            )
        )  # fmt: skip
    return found
