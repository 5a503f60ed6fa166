"""现值已变化: the frozen figures of a paper beside what the store now says of the same day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, or_, select

from data.documents.composing import compose
from data.measures.frozen import Figure
from data.measures.naming import label_of
from data.scope import Scope
from data.store.models import MeasureFigure, Upload
from data.store.queries.measures import MeasureRow, frozen
from data.units import THRESHOLD_DECIMALS

_NAMED = 4


@dataclass(frozen=True, slots=True)
class FigureChange:
    """now: None for one that is no longer there."""

    frozen: Figure
    now: Figure | None

    @property
    def is_change(self) -> bool:
        if self.now is None:
            return True
        then, value = self.frozen.value, self.now.value
        if then is None or value is None:
            return then is not value
        if abs(then - value) >= 10**-THRESHOLD_DECIMALS:
            return True
        return sorted(self.frozen.patches) != sorted(self.now.patches)

    @property
    def label(self) -> str:
        return label_of(self.frozen.name)

    @property
    def now_text(self) -> str:
        return self.now.said if self.now is not None else "已无此项"

    @property
    def words(self) -> str:
        """`未消除违法占用耕地 12.30亩→13.00亩`."""
        if self.now_text == self.frozen.said:
            return f"{self.label} 所含图斑有变化"
        return f"{self.label} {self.frozen.said}→{self.now_text}"


def beside_now(conn: Connection, row: MeasureRow) -> list[FigureChange]:
    """Every frozen figure with what it would be now, for the paper's own as-of date."""
    then = frozen(conn, Scope.all(), row)
    if not then.figures:
        return []
    now = {f.id: f for f in compose(conn, Scope.all(), row.draft).figures}
    return [FigureChange(figure, now.get(figure.id)) for figure in then.figures]


def changed_figures(conn: Connection, row: MeasureRow) -> list[FigureChange]:
    """Those that have changed; nothing is computed where nothing was uploaded since."""
    if not _touched_since(conn, row):
        return []
    return [change for change in beside_now(conn, row) if change.is_change]


def told(changes: Sequence[FigureChange]) -> str:
    more = f"等{len(changes)}项" if len(changes) > _NAMED else ""
    return "、".join(change.words for change in changes[:_NAMED]) + more


def batches_since(conn: Connection, row: MeasureRow) -> list[tuple[int, str]]:
    """(batch, file) of the uploads and rule changes since the figures were frozen, oldest first."""
    version = _frozen_at(conn, row)
    query = (
        select(Upload.id, Upload.file_name)
        .where(Upload.data_version > version, _moves_figures())
        .order_by(Upload.id)
    )
    return [(batch, name) for batch, name in conn.execute(query)]


def _moves_figures() -> Any:
    return or_(Upload.state != "entry", Upload.kind == "rule")


def _frozen_at(conn: Connection, row: MeasureRow) -> int:
    f = MeasureFigure
    return conn.scalar(select(func.max(f.data_version)).where(f.measure_id == row.id)) or 0


def _touched_since(conn: Connection, row: MeasureRow) -> bool:
    u = Upload
    newest = select(func.max(u.data_version)).where(_moves_figures())
    return (conn.scalar(newest) or 0) > _frozen_at(conn, row)
