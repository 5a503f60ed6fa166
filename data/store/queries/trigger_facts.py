"""What the triggers on patches look at: few rows among many, found by narrow indexes first.

Each query asks the bare columns for candidates (models.py: the partial indexes, which need the
literal in the statement) and then the definitions of queries/state.py for these alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    FromClause,
    Select,
    exists,
    func,
    literal,
    or_,
    select,
    union,
)
from sqlalchemy.orm import aliased

from data.periods import elimination_cutoff_on
from data.scope import Scope
from data.store.models import (
    AuditDecision,
    EnforcementCase,
    LedgerItem,
    Parcel,
    Patch,
    Quota,
    Recheck,
)
from data.store.queries.state import (
    AREA_COLUMNS,
    Expression,
    ParcelState,
    PatchState,
    day_literal,
    parcels_at,
)
from data.units import PARTS_PER_MU
from data.vocabulary import AuditResult, Domain, Legality, RatioVariant, RecheckFinding

Facts = dict[str, Any]

_CHUNK = 500
#: Candidates are taken a little below a line; the rule itself rounds as a threshold does.
BELOW = 1e-5


def _inline(value: str) -> ColumnElement[str]:
    """A literal in the statement itself, so that a partial index can be seen to fit."""
    return literal(value, literal_execute=True)


def _said_unlawful() -> tuple[Expression, Expression]:
    """(the county, a higher level) once said so, whoever outweighs whom."""
    word = _inline(Legality.UNLAWFUL.value)
    return Parcel.legality == word, AuditDecision.determination == word


def said_unlawful() -> CompoundSelect[Any]:
    """Ids of the patches of which somebody once said so: every unlawful one, and few others."""
    by_county, from_above = _said_unlawful()
    return union(
        select(Parcel.patch_id).where(by_county), select(AuditDecision.patch_id).where(from_above)
    )


def chunks(ids: Collection[int]) -> Iterator[list[int]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), _CHUNK):
        yield ordered[start : start + _CHUNK]


def standing(state: PatchState, scope: Scope, year: int) -> tuple[Expression, ...]:
    """The patch is of the year, counts on the day and may be seen."""
    return Patch.year == year, state.active, state.visible_to(scope)


# ---- parcels that are unlawful -------------------------------------------------------------------


def unlawful_parcels(
    conn: Connection,
    scope: Scope,
    year: int,
    as_of: date,
    ids: Collection[int] | None = None,
) -> list[Facts]:
    """The unlawful parcels of the scope's patches on the day (ids: of these patches only).

    Keys: patch_no, parcel_no, district, domain, area_mu, farmland_mu, basic_farmland_mu,
    redline_mu, counted, eliminated, rectified, new_construction, and whether each variant of the
    ratio deducts it: deducted_net, deducted_strict, deducted_gross.
    """
    if ids is None:
        return _unlawful_parcels(conn, scope, year, as_of, Patch.id.in_(said_unlawful()))
    return [
        fact
        for chunk in chunks(ids)
        for fact in _unlawful_parcels(conn, scope, year, as_of, Patch.id.in_(chunk))
    ]


def _unlawful_parcels(
    conn: Connection, scope: Scope, year: int, as_of: date, which: Expression
) -> list[Facts]:
    state = PatchState(Patch, day_literal(as_of))
    conditions = (*standing(state, scope, year), which)
    return parcel_facts(conn, state, year, Patch.__table__, [], conditions)


def parcel_facts(
    conn: Connection,
    state: PatchState,
    year: int,
    source: FromClause,
    keys: Sequence[Expression],
    conditions: Sequence[Expression],
) -> list[Facts]:
    """The unlawful parcels of the patches in the source that meet the conditions, on the state's
    day: the keys, and those of unlawful_parcels.
    """
    own: list[Expression] = [
        Patch.patch_no.label("patch_no"),
        state.district.label("district"),
        Patch.domain.label("domain"),
        *keys,
    ]
    rows = parcels_at(Patch, state.day, source, own, *conditions)
    names = [key.name for key in own]
    parcel = ParcelState(rows, rows.c.day if "day" in names else state.day, year)
    query = select(
        *(rows.c[name] for name in names),
        rows.c.parcel_no,
        *(rows.c[name] for name in AREA_COLUMNS),
        parcel.counted.label("counted"),
        parcel.eliminated.label("eliminated"),
        parcel.rectified.label("rectified"),
        parcel.new_construction.label("new_construction"),
        *(parcel.deducted(v).label(f"deducted_{v}") for v in RatioVariant),
    ).where(parcel.unlawful)
    return [dict(row) for row in conn.execute(query).mappings()]


def unrectified_among(
    conn: Connection, year: int, as_of: date, numbers: Collection[str]
) -> frozenset[str]:
    """Which of these patches of the year have an unlawful parcel not rectified on the day (T11).

    Whoever reads: an order is met or not, whatever its reader may see.
    """
    if not numbers:
        return frozenset()
    ids = conn.scalars(
        select(Patch.id).where(Patch.year == year, Patch.patch_no.in_(sorted(numbers)))
    ).all()
    parcels = unlawful_parcels(conn, Scope.all(), year, as_of, ids)
    return frozenset(p["patch_no"] for p in parcels if not p["rectified"])


def large_patches_query(year: int, farmland_mu: float, basic_farmland_mu: float) -> Select[Any]:
    """Ids of patches whose parcels could together reach a line, were all that is said true (T6)."""
    by_county, from_above = _said_unlawful()
    reached = or_(
        func.sum(Parcel.farmland_mu) >= farmland_mu - BELOW,
        func.sum(Parcel.basic_farmland_mu) >= basic_farmland_mu - BELOW,
    )
    county = (
        select(Parcel.patch_id).where(by_county, ~Parcel.ended).group_by(Parcel.patch_id)
    ).having(reached)
    redetermined = select(AuditDecision.patch_id).where(from_above)
    parcels = (
        select(Parcel.patch_id)
        .where(Parcel.patch_id.in_(redetermined), ~Parcel.ended)
        .group_by(Parcel.patch_id)
        .having(reached)
    )
    whole = select(Patch.id).where(
        Patch.id.in_(redetermined),
        or_(
            Patch.farmland_mu >= farmland_mu - BELOW,
            Patch.basic_farmland_mu >= basic_farmland_mu - BELOW,
        ),
    )
    found = union(county, parcels, whole).subquery("large")
    return select(Patch.id).join(found, found.c.patch_id == Patch.id).where(Patch.year == year)


def large_patches(
    conn: Connection, year: int, farmland_mu: float, basic_farmland_mu: float
) -> set[int]:
    return set(conn.scalars(large_patches_query(year, farmland_mu, basic_farmland_mu)))


def late_rectified(year: int, as_of: date) -> Select[Any]:
    """Ids of patches with a parcel rectified after D6: these and no others can have late parts."""
    c = EnforcementCase
    return select(c.patch_id).where(
        c.eliminated_on > elimination_cutoff_on(year), c.eliminated_on <= as_of
    )


def late_rectified_parts(conn: Connection, scope: Scope, year: int, as_of: date) -> dict[str, int]:
    """District → counted farmland (in parts of units.PARTS_PER_MU) rectified after D6 (T9).

    The year's figures don't deduct it any more; a freeze of quota does.
    """
    if as_of <= elimination_cutoff_on(year):
        return {}
    state = PatchState(Patch, day_literal(as_of))
    conditions = (*standing(state, scope, year), Patch.id.in_(late_rectified(year, as_of)))
    facts = parcel_facts(conn, state, year, Patch.__table__, [], conditions)
    return late_parts_of(facts)


def late_parts_of(facts: Iterable[Facts]) -> dict[str, int]:
    """District → the farmland of parcel_facts that counts and was rectified too late for the year,
    in parts of units.PARTS_PER_MU."""
    found: dict[str, int] = {}
    for fact in facts:
        late = fact["counted"] and fact["rectified"] and not fact["eliminated"]
        if late and fact["domain"] == Domain.LAND.value:
            parts = round(fact["farmland_mu"] * PARTS_PER_MU)
            found[fact["district"]] = found.get(fact["district"], 0) + parts
    return found


# ---- minerals ------------------------------------------------------------------------------------


def strategic_minerals(year: int) -> Select[Any]:
    """Ids of the year's patches of a 战略性矿种."""
    return select(Patch.id).where(
        Patch.domain == _inline(Domain.MINERAL.value),
        Patch.strategic_mineral.is_(True),
        Patch.year == year,
    )


def strategic_unlawful(conn: Connection, scope: Scope, year: int, as_of: date) -> dict[str, int]:
    """District → unlawful patches of a 战略性矿种 (T8)."""
    state = PatchState(Patch, day_literal(as_of))
    query = (
        select(state.district, func.count())
        .where(
            Patch.id.in_(strategic_minerals(year)),
            *standing(state, scope, year),
            state.is_unlawful,
        )
        .group_by(state.district)
    )
    return {district: int(count) for district, count in conn.execute(query)}


# ---- decisions -----------------------------------------------------------------------------------


def returned_patches(
    conn: Connection, scope: Scope, year: int, as_of: date
) -> dict[tuple[str, str], list[str]]:
    """(district, clearance month) → numbers of the land patches that the city returned (T2)."""
    d = AuditDecision
    state = PatchState(Patch, day_literal(as_of))
    returned = select(d.patch_id).where(
        d.result == _inline(AuditResult.RETURNED.value), d.level_rank == 1, d.decided_on <= as_of
    )
    query = (
        select(state.district.label("district"), Patch.clearance_month, Patch.patch_no)
        .where(Patch.id.in_(returned), *standing(state, scope, year), state.is_land)
        .order_by(Patch.patch_no)
    )
    return _by_month(conn.execute(query))


def overdue_patches(
    conn: Connection, scope: Scope, year: int, as_of: date
) -> dict[tuple[str, str], list[str]]:
    """(district, clearance month) → numbers of the patches that are overdue, longest first (T1)."""
    state = PatchState(Patch, day_literal(as_of))
    query = (
        select(state.district.label("district"), Patch.clearance_month, Patch.patch_no)
        .where(
            *standing(state, scope, year),
            Patch.due_on < as_of,  # the bare columns once more, for their index
            or_(Patch.reported_on.is_(None), Patch.reported_on > as_of),
            state.overdue,
        )
        .order_by(Patch.due_on, Patch.patch_no)
    )
    return _by_month(conn.execute(query))


def _by_month(rows: Iterable[Any]) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for district, month, patch_no in rows:
        found.setdefault((district, month), []).append(patch_no)
    return found


def refusal_candidates(as_of: date, returns: int, open_since: date) -> Select[Any]:
    """Ids of patches returned on so many days, or waiting for a correction since open_since."""
    d = AuditDecision
    returned = d.result == _inline(AuditResult.RETURNED.value)
    often = (
        select(d.patch_id)
        .where(returned, d.level_rank == 1, d.decided_on <= as_of)
        .group_by(d.patch_id)
        .having(func.count() >= returns)
    )
    unanswered = or_(d.resubmitted_on.is_(None), d.resubmitted_on > as_of)
    later = aliased(AuditDecision)
    followed = exists().where(
        later.patch_id == d.patch_id,
        later.level_rank >= d.level_rank,
        later.decided_on > d.decided_on,
        later.decided_on <= as_of,
    )
    waiting = select(d.patch_id).where(returned, d.decided_on <= open_since, unanswered, ~followed)
    candidates = union(often, waiting).subquery("candidates")
    return select(candidates.c.patch_id)


def refused_patches(
    conn: Connection,
    scope: Scope,
    year: int,
    as_of: date,
    returns: int,
    open_since: date,
    ids: Collection[int] | None = None,
) -> list[Facts]:
    """Patches that the city returned on so many days, or that have an open 退回 of open_since or
    before (T7); without those that were deemed already.

    Keys: patch_id, patch_no, district, returns (days with a 市级 退回), returned_now,
    open_return_on.
    """
    if ids is None:
        chosen: Collection[int] = set(conn.scalars(refusal_candidates(as_of, returns, open_since)))
    else:
        chosen = ids
    state = PatchState(Patch, day_literal(as_of))
    return [
        fact
        for chunk in chunks(chosen)
        for fact in refusal_facts(
            conn,
            state,
            Patch.__table__,
            [],
            (Patch.id.in_(chunk), *standing(state, scope, year)),
        )
    ]


def refusal_facts(
    conn: Connection,
    state: PatchState,
    source: FromClause,
    keys: Sequence[Expression],
    conditions: Sequence[Expression],
) -> list[Facts]:
    """What T7 looks at of the patches in the source that meet the conditions and are not deemed
    unlawful yet, on the state's day: the keys, and those of refused_patches.
    """
    own, open_ = refusal_columns(state)
    query = (
        select(Patch.id.label("patch_id"), *own, *keys)
        .select_from(source)
        .where(*conditions, *open_)
    )
    return [dict(row) for row in conn.execute(query).mappings()]


def refusal_columns(state: PatchState) -> tuple[list[Expression], list[Expression]]:
    """(patch_no, district, returns, returned_now and open_return_on; what a patch must meet)."""
    d = AuditDecision
    returned = d.result == _inline(AuditResult.RETURNED.value)
    times = (
        select(func.count(d.decided_on.distinct()))
        .where(d.patch_id == Patch.id, returned, d.level_rank == 1, d.decided_on <= state.day)
        .correlate_except(d)
        .scalar_subquery()
    )
    deemed = (
        select(literal(1))
        .where(d.patch_id == Patch.id, d.deemed.is_(True), d.decided_on <= state.day)
        .correlate_except(d)
        .exists()
    )
    columns: list[Expression] = [
        Patch.patch_no.label("patch_no"),
        state.district.label("district"),
        times.label("returns"),
        state.returned_now.label("returned_now"),
        state.open_return_on.label("open_return_on"),
    ]
    return columns, [~deemed]


# ---- rechecks ------------------------------------------------------------------------------------

#: Findings that say that an outcome has changed; 其他 says nothing for certain.
CHANGED = (RecheckFinding.REBUILT, RecheckFinding.USE_CHANGED, RecheckFinding.NEW_UNLAWFUL)


def rechecked_otherwise(as_of: date) -> Select[Any]:
    """Ids of patches of which a recheck by the day said anything but 未变化."""
    return select(Recheck.patch_id).where(
        Recheck.finding != _inline(RecheckFinding.UNCHANGED.value), Recheck.rechecked_on <= as_of
    )


def changed_rechecks(
    conn: Connection,
    scope: Scope,
    year: int,
    as_of: date,
    ids: Collection[int] | None = None,
) -> list[Facts]:
    """Patches with a parcel whose latest recheck by the day found a change (T13).

    Keys: patch_no, district, parcels (how many), words (`地块1 违法复建`).
    """
    state = PatchState(Patch, day_literal(as_of))
    conditions: list[Expression] = [
        Patch.id.in_(rechecked_otherwise(as_of)),
        *standing(state, scope, year),
    ]
    if ids is not None:
        conditions.append(Patch.id.in_(sorted(ids)))
    return recheck_facts(conn, state, Patch.__table__, [], conditions)


def recheck_facts(
    conn: Connection,
    state: PatchState,
    source: FromClause,
    keys: Sequence[Expression],
    conditions: Sequence[Expression],
) -> list[Facts]:
    """What T13 looks at of the patches in the source that meet the conditions, on the state's day:
    the keys, and those of changed_rechecks.
    """
    own = [Patch.patch_no.label("patch_no"), state.district.label("district"), *keys]
    query = (
        select(*own, Recheck.parcel_no, Recheck.finding)
        .select_from(source.join(Recheck, Recheck.patch_id == Patch.id))
        .where(*conditions, Recheck.rechecked_on <= state.day)
        .order_by(Patch.patch_no, Recheck.parcel_no, Recheck.rechecked_on)
    )
    latest: dict[tuple[Any, ...], dict[int, RecheckFinding]] = {}
    for *values, parcel_no, finding in conn.execute(query):
        latest.setdefault(tuple(values), {})[parcel_no] = RecheckFinding(finding)
    found: list[Facts] = []
    for told, parcels in latest.items():
        changed = {number: finding for number, finding in parcels.items() if finding in CHANGED}
        words = "；".join(f"地块{number} {finding.label}" for number, finding in changed.items())
        named = {key.name: value for key, value in zip(own, told, strict=True)}
        found.append({**named, "parcels": len(changed), "words": words})
    return found


# ---- quota and ledger beside the freeze ----------------------------------------------------------


def quota_reserves(conn: Connection, scope: Scope, as_of: date) -> dict[str, float]:
    """District → 亩 of supplementary farmland in its reserve, as last reported by the day."""
    query = (
        select(Quota.district_code, Quota.reserve_mu)
        .where(Quota.quota_on <= as_of)
        .order_by(Quota.quota_on)
    )
    return {code: area for code, area in conn.execute(query) if scope.allows(code)}


def ledger_unrectified(conn: Connection, scope: Scope, year: int, as_of: date) -> dict[str, float]:
    """District → unlawful farmland of the years before in the ledger, not eliminated by the day."""
    item = LedgerItem
    query = (
        select(item.district_code, func.sum(item.unlawful_farmland_mu))
        .where(item.year < year, or_(item.eliminated_on.is_(None), item.eliminated_on > as_of))
        .group_by(item.district_code)
    )
    return {code: float(area) for code, area in conn.execute(query) if scope.allows(code)}


# ---- month-ends ----------------------------------------------------------------------------------
