"""The freeze of supplementary-farmland quota (T9, 两平衡一冻结): the pool, what is expected to be
frozen, what the province froze and thawed, and what was available on every day (workflow.md §6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from data.measures.kinds import MeasureKind
from data.measures.states import StepKind
from data.scope import Scope
from data.store.models import Quota, StaffRecord
from data.store.queries.measures import measures
from data.store.queries.staff_records import named_patches
from data.store.queries.stamp import districts
from data.store.queries.trigger_facts import unlawful_parcels
from data.vocabulary import Domain, RecordKind, Term


class FreezeState(Term):
    """Of a district's forecast, the first two; of a freeze, the others (workflow.md §6)."""

    FORECAST = "forecast", "预计"
    NOTICED = "noticed", "已提示"
    FROZEN = "frozen", "已冻结"
    PART_RECTIFIED = "part_rectified", "部分整改"
    TO_THAW = "to_thaw", "待解冻"
    REQUESTED = "requested", "已申请"
    THAWED = "thawed", "已解冻"


@dataclass(frozen=True, slots=True)
class Freeze:
    """A freeze that the province made. thawed_on: the record's end, by the day; thawed_why: the
    province's number and what was said. patches: that it names, else those of the district and year
    that are unlawful farmland on the day. left_mu: what of their farmland is not rectified."""

    record: int
    year: int
    district: str
    document_no: str
    frozen_on: date
    area_mu: float
    thawed_on: date | None
    thawed_why: str
    reason: str
    recorded_by: str
    named: tuple[str, ...]
    patches: tuple[str, ...]
    left_mu: float
    state: FreezeState


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
    its patches. to_thaw_mu: frozen while nothing is left to rectify. state: of the forecast, or the
    least advanced freeze that stands; None where there is neither."""

    district: str
    reserve_mu: float | None
    reserve_on: date | None
    forecast_mu: float
    patches: tuple[str, ...]
    frozen_mu: float
    thawed_mu: float
    to_thaw_mu: float
    state: FreezeState | None

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
    farmland = {year: farmland_behind(conn, chosen, year, as_of)}
    made = _freezes(conn, chosen, as_of, farmland)
    reserves = _reserves(conn, chosen, as_of)
    noticed = set(_issued(conn, chosen, year, as_of, MeasureKind.FREEZE_NOTICE))
    pools, days = [], []
    for unit in districts(conn):
        code = unit.code
        if not chosen.allows(code):
            continue
        own = [f for f in made if f.district == code]
        told = [(on, mu) for district_, on, mu in reserves if district_ == code]
        left = {b.patch_no: b.left_mu for b in farmland[year] if b.district == code and b.left_mu}
        standing = [f for f in own if f.thawed_on is None]
        frozen = sum(f.area_mu for f in standing)
        thawed = sum(f.area_mu for f in own if f.thawed_on is not None)
        last = told[-1] if told else (None, None)
        state = FreezeState.NOTICED if code in noticed else FreezeState.FORECAST
        pools.append(
            Pool(
                code, last[1], last[0], float(sum(left.values())), tuple(sorted(left)), frozen,
                thawed, 0.0 if left else frozen,
                min((f.state for f in standing), key=list(FreezeState).index, default=None)
                or (state if left else None),
            )
        )  # fmt: skip
        days += _days(code, own, told)
    return Freezes(year, as_of, tuple(pools), tuple(made), tuple(days))


@dataclass(frozen=True, slots=True)
class Behind:
    """A patch's unlawful farmland that counts, in 亩: all of it, and what is not rectified."""

    patch_no: str
    district: str
    whole_mu: float
    left_mu: float


def farmland_behind(conn: Connection, scope: Scope, year: int, as_of: date) -> list[Behind]:
    """The land patches with such farmland, by number (T9: counted, no cut-off)."""
    whole: dict[tuple[str, str], list[float]] = {}
    for p in unlawful_parcels(conn, scope, year, as_of):
        if p["counted"] and p["domain"] == Domain.LAND.value and p["farmland_mu"] > 0:
            own = whole.setdefault((str(p["patch_no"]), p["district"]), [0.0, 0.0])
            own[0] += p["farmland_mu"]
            own[1] += 0.0 if p["rectified"] else p["farmland_mu"]
    return [Behind(*key, *areas) for key, areas in sorted(whole.items())]


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


def _freezes(
    conn: Connection, scope: Scope, as_of: date, farmland: dict[int, list[Behind]]
) -> list[Freeze]:
    """farmland: by work year, read where a freeze is of another."""
    r = StaffRecord
    query = (
        select(
            r.id, r.year, r.district_code, r.document_no, r.recorded_on, r.area_mu, r.withdrawn_on,
            r.withdrawn_why, r.reason, r.recorded_by, r.patch_nos,
        )
        .where(r.kind == RecordKind.FREEZE.value, r.recorded_on <= as_of)
        .order_by(r.recorded_on, r.id)
    )  # fmt: skip
    rows = [row for row in conn.execute(query) if scope.allows(row.district_code)]
    for year in {row.year for row in rows} - farmland.keys():
        farmland[year] = farmland_behind(conn, scope, year, as_of)
    asked = {
        year: _issued(conn, scope, year, as_of, MeasureKind.THAW_REQUEST)
        for year in {row.year for row in rows}
    }
    found = []
    for row in rows:
        named = named_patches(row.patch_nos)
        behind = [
            b
            for b in farmland[row.year]
            if b.district == row.district_code and (b.patch_no in named or not named)
        ]
        is_over = row.withdrawn_on is not None and row.withdrawn_on <= as_of
        requested_on = asked[row.year].get(row.district_code)
        state = _state(behind, is_over, requested_on is not None
                       and requested_on >= row.recorded_on)  # fmt: skip
        found.append(
            Freeze(
                row.id,
                row.year,
                row.district_code,
                row.document_no or "",
                row.recorded_on,
                row.area_mu or 0.0,
                row.withdrawn_on if is_over else None,
                row.withdrawn_why or "" if is_over else "",
                row.reason,
                row.recorded_by,
                named,
                named or tuple(b.patch_no for b in behind),
                sum(b.left_mu for b in behind),
                state,
            )
        )
    return found


def _state(behind: list[Behind], is_over: bool, is_requested: bool) -> FreezeState:
    if is_over:
        return FreezeState.THAWED
    if is_requested:
        return FreezeState.REQUESTED
    if not any(b.left_mu for b in behind):
        return FreezeState.TO_THAW
    part = any(b.left_mu < b.whole_mu for b in behind)
    return FreezeState.PART_RECTIFIED if part else FreezeState.FROZEN


def _issued(
    conn: Connection, scope: Scope, year: int, as_of: date, kind: MeasureKind
) -> dict[str, date]:
    """District → the last day by D on which such a paper was issued. A request goes upwards and is
    none of a district's papers: its reader does not see that state."""
    found: dict[str, date] = {}
    for row in measures(conn, scope, year, kinds=(kind,)):
        on = [s.on for s in row.steps if s.step == StepKind.ISSUE.value and s.on <= as_of]
        gone = any(s.step == StepKind.WITHDRAW.value and s.on <= as_of for s in row.steps)
        if on and row.draft.district is not None and not gone:
            found[row.draft.district] = max(on[0], found.get(row.draft.district, on[0]))
    return found


def _reserves(conn: Connection, scope: Scope, as_of: date) -> list[tuple[str, date, float]]:
    q = Quota
    query = (
        select(q.district_code, q.quota_on, q.reserve_mu)
        .where(q.quota_on <= as_of)
        .order_by(q.quota_on)
    )
    return [(code, on, mu) for code, on, mu in conn.execute(query) if scope.allows(code)]
