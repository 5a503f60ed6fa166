"""What papers quote beside the figures: which patches stand behind counts, what is known of single
parcels, why patches were returned."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, and_, case, func, null, or_, select

from data.scope import Scope
from data.store.models import AuditDecision, EnforcementCase, Parcel, Patch, Town
from data.store.queries.contributions import counted, parts
from data.store.queries.list_filters import numbered
from data.store.queries.state import Expression, ParcelState, PatchState, day_literal, parcels_at
from data.store.queries.trigger_facts import said_unlawful
from data.units import PARTS_PER_MU
from data.vocabulary import AuditLevel, AuditResult, Legality


@dataclass(frozen=True, slots=True)
class CountedPatch:
    """names: the figures that count it."""

    patch_no: str
    district: str
    month: str | None
    names: frozenset[str]


def counted_patches(
    conn: Connection, scope: Scope, year: int, as_of: date, names: Collection[str]
) -> list[CountedPatch]:
    """The patches that one of the figures counts which need no parcel (contributions.counted)."""
    asked = sorted(names)
    if not asked:
        return []
    state = PatchState(Patch, day_literal(as_of))
    conditions = [counted(state, name) for name in asked]
    query = (
        select(
            Patch.patch_no,
            state.district.label("district"),
            Patch.clearance_month,
            *(condition.label(f"c{n}") for n, condition in enumerate(conditions)),
        )
        .where(Patch.year == year, state.active, state.visible_to(scope), or_(*conditions))
        .order_by(Patch.patch_no)
    )
    return [
        CountedPatch(
            row[0],
            row[1],
            row[2],
            frozenset(name for name, held in zip(asked, row[3:], strict=True) if held),
        )
        for row in conn.execute(query)
    ]


@dataclass(frozen=True, slots=True)
class ParcelLine:
    """A parcel on the day, with what was done about it by then. Areas in 亩; unlawful_since is not
    here: judged_on is the day of the report or of the determination known last."""

    patch_no: str
    parcel_no: int
    district: str
    town: str | None
    location: str | None
    domain: str
    patch_type: str
    land_use: str | None
    land_user: str | None
    project: str | None
    conforms_to_plan: bool | None
    legality: Legality
    unlawful: bool
    counted: bool
    rectified: bool
    written_off: bool
    area_mu: float
    farmland_mu: float
    basic_farmland_mu: float
    redline_mu: float
    reported_on: date | None
    filed_on: date | None
    case_no: str | None
    penalty_on: date | None
    way: str | None
    eliminated_on: date | None
    accepted_on: date | None
    certificate_no: str | None
    restored_mu: float | None
    recultivated_mu: float | None
    circumstances: str | None


def parcel_lines(
    conn: Connection,
    scope: Scope,
    year: int,
    as_of: date,
    numbers: Sequence[str] | None = None,
    *,
    unlawful_only: bool = True,
) -> list[ParcelLine]:
    """The parcels of the year's patches (numbers: of these only), in their order."""
    day = day_literal(as_of)
    state = PatchState(Patch, day)
    conditions: list[Expression] = [Patch.year == year, state.active, state.visible_to(scope)]
    if numbers is not None:
        conditions.append(numbered(tuple(numbers)))
    if unlawful_only:
        conditions.append(Patch.id.in_(said_unlawful()))
    keys: list[Expression] = [
        Patch.id.label("patch_id"),
        Patch.patch_no.label("patch_no"),
        state.district.label("district"),
        Patch.town_code.label("town_code"),
        Patch.location.label("location"),
        Patch.domain.label("domain"),
        Patch.patch_type.label("patch_type"),
        Patch.reported_on.label("patch_reported_on"),
    ]
    rows = parcels_at(Patch, day, Patch.__table__, keys, *conditions)
    parcel = ParcelState(rows, day, year)
    pc, c = Parcel.__table__.alias("pc"), EnforcementCase.__table__.alias("ec")
    query = (
        select(
            rows,
            Town.name.label("town"),
            pc.c.land_use,
            pc.c.land_user,
            pc.c.project_name,
            pc.c.conforms_to_plan,
            pc.c.circumstances,
            pc.c.reported_on.label("parcel_reported_on"),
            c.c.case_no,
            c.c.penalty_decided_on,
            c.c.restored_mu,
            c.c.recultivated_mu,
            parcel.unlawful.label("unlawful"),
            parcel.counted.label("counted"),
            parcel.rectified.label("rectified"),
            parcel.written_off.label("written_off"),
        )
        .select_from(
            rows.outerjoin(
                pc, and_(pc.c.patch_id == rows.c.patch_id, pc.c.parcel_no == rows.c.parcel_no)
            )
            .outerjoin(c, and_(c.c.patch_id == rows.c.patch_id, c.c.parcel_no == rows.c.parcel_no))
            .outerjoin(Town, Town.code == rows.c.town_code)
        )
        .order_by(rows.c.patch_no, rows.c.parcel_no)
    )
    if unlawful_only:
        query = query.where(parcel.unlawful)

    def known(on: date | None) -> date | None:
        return on if on is not None and on <= as_of else None

    return [
        ParcelLine(
            patch_no=r.patch_no,
            parcel_no=r.parcel_no,
            district=r.district,
            town=r.town,
            location=r.location,
            domain=r.domain,
            patch_type=r.patch_type,
            land_use=r.land_use,
            land_user=r.land_user,
            project=r.project_name,
            conforms_to_plan=r.conforms_to_plan,
            legality=Legality(r.effective),
            unlawful=bool(r.unlawful),
            counted=bool(r.counted),
            rectified=bool(r.rectified),
            written_off=bool(r.written_off),
            area_mu=r.area_mu,
            farmland_mu=r.farmland_mu,
            basic_farmland_mu=r.basic_farmland_mu,
            redline_mu=r.redline_mu,
            reported_on=known(r.parcel_reported_on or r.patch_reported_on),
            filed_on=known(r.filed_on),
            case_no=r.case_no if known(r.filed_on) else None,
            penalty_on=known(r.penalty_decided_on),
            way=r.way,
            eliminated_on=known(r.eliminated_on),
            accepted_on=known(r.accepted_on),
            certificate_no=r.certificate_no if known(r.eliminated_on) else None,
            restored_mu=r.restored_mu,
            recultivated_mu=r.recultivated_mu,
            circumstances=r.circumstances,
        )
        for r in conn.execute(query)
    ]


@dataclass(frozen=True, slots=True)
class Returned:
    """A 退回 of the city. parcel_no 0: of the whole patch."""

    patch_no: str
    district: str
    month: str | None
    town: str | None
    parcel_no: int
    decided_on: date
    reasons: str | None
    opinion: str | None
    resubmitted_on: date | None
    returned_now: bool


def returns(
    conn: Connection,
    scope: Scope,
    year: int,
    as_of: date,
    numbers: Sequence[str] | None = None,
) -> list[Returned]:
    """The city's returns by the day, oldest first."""
    d = AuditDecision
    state = PatchState(Patch, day_literal(as_of))
    query = (
        select(
            Patch.patch_no,
            state.district.label("district"),
            Patch.clearance_month,
            Town.name.label("town"),
            d.parcel_no,
            d.decided_on,
            d.reason_codes,
            d.opinion,
            d.resubmitted_on,
            state.returned_now.label("now"),
        )
        .join(Patch, Patch.id == d.patch_id)
        .outerjoin(Town, Town.code == Patch.town_code)
        .where(
            Patch.year == year,
            state.active,
            state.visible_to(scope),
            d.level == AuditLevel.CITY.value,
            d.result == AuditResult.RETURNED.value,
            d.decided_on <= as_of,
        )
        .order_by(d.decided_on, Patch.patch_no, d.parcel_no)
    )
    if numbers is not None:
        query = query.where(numbered(tuple(numbers)))
    return [
        Returned(
            r.patch_no,
            r.district,
            r.clearance_month,
            r.town,
            r.parcel_no,
            r.decided_on,
            r.reason_codes,
            r.opinion,
            r.resubmitted_on if r.resubmitted_on and r.resubmitted_on <= as_of else None,
            bool(r.now),
        )
        for r in conn.execute(query)
    ]


@dataclass(frozen=True, slots=True)
class ParcelSum:
    """Land parcels of one kind in a district, added up. Areas in 亩, of integer parts. way: of
    rectified ones. patches: how many patches they belong to is not said, parcels are counted."""

    district: str
    patch_type: str
    legality: Legality
    other_category: str | None
    counted: bool
    filed: bool
    decided: bool
    eliminated: bool
    way: str | None
    parcels: int
    area_mu: float
    farmland_mu: float


def parcel_sums(conn: Connection, scope: Scope, year: int, as_of: date) -> list[ParcelSum]:
    """What the year's land parcels are on the day, grouped for the tables of reports."""
    day = day_literal(as_of)
    state = PatchState(Patch, day)
    keys: list[Expression] = [
        Patch.id.label("patch_id"),
        state.district.label("district"),
        Patch.patch_type.label("patch_type"),
    ]
    where = (Patch.year == year, state.active, state.is_land, state.visible_to(scope))
    rows = parcels_at(Patch, day, Patch.__table__, keys, *where)
    parcel = ParcelState(rows, day, year)
    pc, c = Parcel.__table__.alias("pc"), EnforcementCase.__table__.alias("ec")
    decided = func.coalesce(c.c.penalty_decided_on <= as_of, False)
    groups = [
        rows.c.district,
        rows.c.patch_type,
        rows.c.effective,
        pc.c.other_category,
        case((parcel.counted, 1), else_=0),
        case((parcel.filed, 1), else_=0),
        case((and_(parcel.unlawful, decided), 1), else_=0),
        case((parcel.eliminated, 1), else_=0),
        case((parcel.eliminated, rows.c.way), else_=null()),
    ]
    inner = (
        select(
            *(column.label(f"g{n}") for n, column in enumerate(groups)),
            parts(rows.c.area_mu).label("area"),
            parts(rows.c.farmland_mu).label("farmland"),
        )
        .select_from(
            rows.outerjoin(
                pc, and_(pc.c.patch_id == rows.c.patch_id, pc.c.parcel_no == rows.c.parcel_no)
            ).outerjoin(c, and_(c.c.patch_id == rows.c.patch_id, c.c.parcel_no == rows.c.parcel_no))
        )
        .subquery("kinds")
    )
    by = [inner.c[f"g{n}"] for n in range(len(groups))]
    query = select(*by, func.count(), func.sum(inner.c.area), func.sum(inner.c.farmland))
    return [
        ParcelSum(
            r[0], r[1], Legality(r[2]), r[3] if r[2] == Legality.OTHER.value else None,
            bool(r[4]), bool(r[5]), bool(r[6]), bool(r[7]), r[8], int(r[9]),
            int(r[10]) / PARTS_PER_MU, int(r[11]) / PARTS_PER_MU,
        )
        for r in conn.execute(query.group_by(*by))
    ]  # fmt: skip
