"""The freeze of supplementary-farmland quota (T9, 两平衡一冻结): the pool, what is expected to be
frozen, what the province froze and thawed, and what was available on every day (workflow.md §6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from data.scope import Scope
from data.store.models import Quota, StaffRecord
from data.store.queries.stamp import districts
from data.store.queries.trigger_facts import unlawful_parcels
from data.vocabulary import Domain, RecordKind


@dataclass(frozen=True, slots=True)
class Freeze:
    """A freeze that the province made. thawed_on: the record's end, by the day."""

    record: int
    year: int
    district: str
    document_no: str
    frozen_on: date
    area_mu: float
    thawed_on: date | None
    reason: str


@dataclass(frozen=True, slots=True)
class PoolDay:
    """From this day on. available_mu: reserve − frozen, negative where more is frozen than there;
    None before the first report of a reserve."""

    district: str
    on: date
    reserve_mu: float | None
    frozen_mu: float

    @property
    def available_mu(self) -> float | None:
        return None if self.reserve_mu is None else self.reserve_mu - self.frozen_mu


@dataclass(frozen=True, slots=True)
class Pool:
    """A district on the day. forecast_mu: unlawful farmland of the work year not rectified, with
    its patches. to_thaw_mu: frozen while nothing is left to rectify."""

    district: str
    reserve_mu: float | None
    reserve_on: date | None
    forecast_mu: float
    patches: tuple[str, ...]
    frozen_mu: float
    thawed_mu: float
    to_thaw_mu: float

    @property
    def available_mu(self) -> float | None:
        return None if self.reserve_mu is None else self.reserve_mu - self.frozen_mu


@dataclass(frozen=True, slots=True)
class Freezes:
    year: int
    as_of: date
    districts: tuple[Pool, ...]
    freezes: tuple[Freeze, ...]
    days: tuple[PoolDay, ...]


def freezes(
    conn: Connection, scope: Scope, year: int, as_of: date, district: str | None = None
) -> Freezes:
    """Districts in the bureau's order; days only those on which something changes."""
    chosen = scope.narrowed_to(district)
    made = _freezes(conn, chosen, as_of)
    reserves = _reserves(conn, chosen, as_of)
    parcels = unlawful_parcels(conn, chosen, year, as_of)
    pools, days = [], []
    for unit in districts(conn):
        code = unit.code
        if not chosen.allows(code):
            continue
        own = [f for f in made if f.district == code]
        told = [(on, mu) for district_, on, mu in reserves if district_ == code]
        left = [
            p
            for p in parcels
            if p["district"] == code
            and p["counted"]
            and not p["rectified"]
            and p["domain"] == Domain.LAND.value
            and p["farmland_mu"] > 0
        ]
        forecast = float(sum(p["farmland_mu"] for p in left))
        frozen = sum(f.area_mu for f in own if f.thawed_on is None)
        thawed = sum(f.area_mu for f in own if f.thawed_on is not None)
        last = told[-1] if told else (None, None)
        numbers = tuple(sorted({str(p["patch_no"]) for p in left}))
        to_thaw = 0.0 if left else frozen
        pools.append(Pool(code, last[1], last[0], forecast, numbers, frozen, thawed, to_thaw))
        days += _days(code, own, told)
    return Freezes(year, as_of, tuple(pools), tuple(made), tuple(days))


def _days(code: str, own: list[Freeze], reserves: list[tuple[date, float]]) -> list[PoolDay]:
    turning = {on for on, _ in reserves} | {f.frozen_on for f in own}
    turning |= {f.thawed_on for f in own if f.thawed_on is not None}
    found = []
    for day in sorted(turning):
        reserve = next((mu for on, mu in reversed(reserves) if on <= day), None)
        frozen = sum(
            f.area_mu
            for f in own
            if f.frozen_on <= day and (f.thawed_on is None or f.thawed_on > day)
        )
        found.append(PoolDay(code, day, reserve, frozen))
    return found


def _freezes(conn: Connection, scope: Scope, as_of: date) -> list[Freeze]:
    r = StaffRecord
    query = (
        select(
            r.id, r.year, r.district_code, r.document_no, r.recorded_on, r.area_mu, r.withdrawn_on,
            r.reason,
        )
        .where(r.kind == RecordKind.FREEZE.value, r.recorded_on <= as_of)
        .order_by(r.recorded_on, r.id)
    )  # fmt: skip
    return [
        Freeze(
            row.id,
            row.year,
            row.district_code,
            row.document_no or "",
            row.recorded_on,
            row.area_mu or 0.0,
            row.withdrawn_on if row.withdrawn_on and row.withdrawn_on <= as_of else None,
            row.reason,
        )
        for row in conn.execute(query)
        if scope.allows(row.district_code)
    ]


def _reserves(conn: Connection, scope: Scope, as_of: date) -> list[tuple[str, date, float]]:
    q = Quota
    query = (
        select(q.district_code, q.quota_on, q.reserve_mu)
        .where(q.quota_on <= as_of)
        .order_by(q.quota_on)
    )
    return [(code, on, mu) for code, on, mu in conn.execute(query) if scope.allows(code)]
