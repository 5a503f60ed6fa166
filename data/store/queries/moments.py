"""Patches on each of the days on which anything about them changes: many days in one statement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Date, FromClause, Subquery, select, union

from data.scope import Scope
from data.store.models import Base, FromFile, Patch
from data.store.queries.state import Expression, PatchState
from data.store.queries.trigger_facts import (
    Facts,
    chunks,
    late_parts_of,
    late_rectified,
    parcel_facts,
    recheck_facts,
    refusal_facts,
    strategic_minerals,
)

#: Reads facts of patches on their moments: state, source, keys, conditions.
Read = Callable[[PatchState, FromClause, Sequence[Expression], Sequence[Expression]], list[Facts]]


def moments(ids: Collection[int], until: date) -> Subquery:
    """(patch_id, day): every day up to `until` that stands in any date column of the patches or of
    what files say of them. Between two of them nothing about a patch changes but its age.
    """
    parts = []
    for mapper in Base.registry.mappers:
        table = mapper.local_table
        key = table.c.id if mapper.class_ is Patch else table.c.get("patch_id")
        if key is None or not issubclass(mapper.class_, FromFile):
            continue
        named = key.in_(sorted(ids))
        parts += [
            select(key.label("patch_id"), column.label("day")).where(named, column <= until)
            for column in table.columns
            if isinstance(column.type, Date)
        ]
    return union(*parts).subquery("moments")


def patch_ids(conn: Connection, year: int, numbers: Collection[str]) -> dict[str, int]:
    """Number → id of patches of the year."""
    ordered = sorted(numbers)
    found: dict[str, int] = {}
    for start in range(0, len(ordered), 5_000):
        named = Patch.patch_no.in_(ordered[start : start + 5_000])
        query = select(Patch.patch_no, Patch.id).where(Patch.year == year, named)
        found |= {row.patch_no: row.id for row in conn.execute(query)}
    return found


def days_of(conn: Connection, ids: Collection[int], until: date) -> dict[int, list[date]]:
    """Patch → its moments, oldest first."""
    found: dict[int, list[date]] = {}
    for chunk in chunks(ids):
        at = moments(chunk, until)
        for patch_id, day in conn.execute(select(at.c.patch_id, at.c.day).order_by(at.c.day)):
            found.setdefault(patch_id, []).append(day)
    return found


def parcels_then(
    conn: Connection, scope: Scope, year: int, ids: Collection[int], until: date
) -> list[Facts]:
    """As trigger_facts.unlawful_parcels on each moment of the patches, with patch_id and day; a
    moment without an unlawful parcel has no row."""

    def read(
        state: PatchState, source: FromClause, keys: Sequence[Expression], where: Sequence[Any]
    ) -> list[Facts]:
        return parcel_facts(conn, state, year, source, keys, where)

    return at_moments(read, scope, year, ids, until)


def refusals_then(
    conn: Connection, scope: Scope, year: int, ids: Collection[int], until: date
) -> list[Facts]:
    """As trigger_facts.refused_patches on each moment of the patches, with patch_id and day."""

    def read(
        state: PatchState, source: FromClause, keys: Sequence[Expression], where: Sequence[Any]
    ) -> list[Facts]:
        return refusal_facts(conn, state, source, keys[1:], where)

    return at_moments(read, scope, year, ids, until)


def rechecks_then(
    conn: Connection, scope: Scope, year: int, ids: Collection[int], until: date
) -> list[Facts]:
    """As trigger_facts.changed_rechecks on each moment of the patches, with patch_id and day."""

    def read(
        state: PatchState, source: FromClause, keys: Sequence[Expression], where: Sequence[Any]
    ) -> list[Facts]:
        return recheck_facts(conn, state, source, keys, where)

    return at_moments(read, scope, year, ids, until)


def at_moments(
    read: Read, scope: Scope, year: int, ids: Collection[int], until: date
) -> list[Facts]:
    """What `read` finds on each moment of the patches of the year that may be seen; its keys are
    patch_id and day."""
    found: list[Facts] = []
    for chunk in chunks(ids):
        at = moments(chunk, until)
        state = PatchState(Patch, at.c.day)
        source = at.join(Patch.__table__, at.c.patch_id == Patch.id)
        keys = [at.c.patch_id.label("patch_id"), at.c.day.label("day")]
        conditions = (Patch.year == year, state.active, state.visible_to(scope))
        found += read(state, source, keys, conditions)
    return found


# ---- districts -----------------------------------------------------------------------------------

#: Day → district → amount, oldest first: each stands until the next day.
Steps = dict[date, dict[str, int]]


def late_parts_then(conn: Connection, scope: Scope, year: int, as_of: date) -> Steps:
    """As trigger_facts.late_rectified_parts, on each day up to as_of on which it may change."""
    ids = list(conn.scalars(late_rectified(year, as_of).distinct()))
    by_moment: dict[tuple[int, date], list[Facts]] = {}
    for fact in parcels_then(conn, scope, year, ids, as_of):
        by_moment.setdefault((fact["patch_id"], fact["day"]), []).append(fact)
    amounts = {moment: late_parts_of(facts) for moment, facts in by_moment.items()}
    return _added_up(days_of(conn, ids, as_of), amounts)


def strategic_then(conn: Connection, scope: Scope, year: int, as_of: date) -> Steps:
    """As trigger_facts.strategic_unlawful, on each day up to as_of on which it may change."""
    ids = list(conn.scalars(strategic_minerals(year)))
    amounts: dict[tuple[int, date], dict[str, int]] = {}
    for fact in parcels_then(conn, scope, year, ids, as_of):
        amounts[fact["patch_id"], fact["day"]] = {fact["district"]: 1}
    return _added_up(days_of(conn, ids, as_of), amounts)


def unrectified_then(
    conn: Connection, year: int, as_of: date, numbers: Collection[str]
) -> dict[date, frozenset[str]]:
    """As trigger_facts.unrectified_among, on each day up to as_of on which it may change, oldest
    first."""
    ids = patch_ids(conn, year, numbers)
    names = {patch_id: number for number, patch_id in ids.items()}
    open_ = {
        (fact["patch_id"], fact["day"])
        for fact in parcels_then(conn, Scope.all(), year, list(names), as_of)
        if not fact["rectified"]
    }
    left: set[str] = set()
    found: dict[date, frozenset[str]] = {}
    changes = [(day, i) for i, days in days_of(conn, list(names), as_of).items() for day in days]
    for day, patch_id in sorted(changes):
        (left.add if (patch_id, day) in open_ else left.discard)(names[patch_id])
        found[day] = frozenset(left)
    return found


def _added_up(
    days: Mapping[int, Sequence[date]], amounts: Mapping[tuple[int, date], Mapping[str, int]]
) -> Steps:
    """What the patches add up to on every day on which one of them changes. amounts: of a patch
    from one of its days on; none where it is missing."""
    changes: dict[date, Counter[str]] = {}
    for patch_id, own in days.items():
        before: Mapping[str, int] = {}
        for day in own:
            now = amounts.get((patch_id, day), {})
            change = changes.setdefault(day, Counter())
            change.update(now)
            change.subtract(before)
            before = now
    steps: Steps = {}
    total: Counter[str] = Counter()
    for day in sorted(changes):
        total.update(changes[day])
        steps[day] = dict(+total)
    return steps
