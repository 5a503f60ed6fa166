"""The ledger of measures on a day: each with its state, and whether its figures have changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from data.measures.states import Standing, State, standing
from data.rules.loader import Rule
from data.scope import Scope
from data.store.queries.measures import MeasureRow, measures
from data.triggers.rulebook import rulebook
from data.workflow.measure_changes import changed_figures


@dataclass(frozen=True, slots=True)
class Entry:
    """changed: 现值已变化."""

    row: MeasureRow
    standing: Standing
    changed: bool = False


def entries(
    conn: Connection,
    scope: Scope,
    as_of: date,
    year: int | None = None,
    district: str | None = None,
    *,
    with_changes: bool = True,
    rules: Mapping[str, Rule] | None = None,
) -> list[Entry]:
    """Those begun by the day, oldest first; for who sees single districts those issued by the day.
    with_changes=False leaves `changed` aside. rules: the rulebook, where it has been read."""
    limits = (rules or rulebook(conn))["M1"]
    return [
        entry
        for row in measures(conn, scope, year, district)
        if (entry := _entry(conn, row, as_of, limits, with_changes)) is not None
        and (scope.districts is None or entry.standing.issued_on is not None)
    ]


def entry_of(conn: Connection, row: MeasureRow, as_of: date) -> Entry:
    found = _entry(conn, row, as_of, rulebook(conn)["M1"], True)
    assert found is not None
    return found


def _entry(
    conn: Connection, row: MeasureRow, as_of: date, limits: Rule, with_changes: bool
) -> Entry | None:
    now = standing(row.kind, row.steps, as_of, limits)
    if now is None:
        return None
    settled = now.state in (State.DISMISSED, State.WITHDRAWN)
    changed = with_changes and not settled and bool(changed_figures(conn, row))
    return Entry(row, now, changed)
