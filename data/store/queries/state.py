"""What a patch and its parcels are on a day: figures.md, once, as SQL expressions.

Everything that shows or adds up a figure builds on this module: the summary (over every day on
which something changes), the lists and the patch page (on one day), triggers and field checks.
`day` is a column or a literal, so that the same expression serves one day and many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    FromClause,
    Select,
    String,
    and_,
    case,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import aliased
from sqlalchemy.sql.selectable import ScalarSelect, Subquery

from data.periods import elimination_cutoff_on
from data.scope import Scope
from data.store import deductions
from data.store.models import AuditDecision, EnforcementCase, Parcel, Patch
from data.vocabulary import (
    AuditLevel,
    AuditResult,
    Domain,
    Legality,
    PatchStatus,
    RatioVariant,
    RectificationWay,
)

Expression = ColumnElement[Any]


def _exists(table: Any, *conditions: Expression) -> Expression:
    """EXISTS over one table; every other table belongs to an enclosing query, however far out."""
    return select(literal(1)).select_from(table).where(*conditions).correlate_except(table).exists()


def day_literal(day: date) -> ColumnElement[date]:
    return literal(day, Date)


def _passed_later(decision: Any) -> Expression:
    """1 for 通过, 0 for 退回: decisions of one day at one level, 通过 counts as the later."""
    return case((decision.result == AuditResult.PASSED.value, 1), else_=0)


def _latest_result(
    patch_id: Expression, day: Expression, *conditions: Expression
) -> ScalarSelect[str]:
    """Result of the latest decision that meets the conditions (over alias-free AuditDecision)."""
    d = AuditDecision
    return (
        select(d.result)
        .where(d.patch_id == patch_id, d.decided_on <= day, *conditions)
        .order_by(d.decided_on.desc(), d.level_rank.desc(), _passed_later(d).desc())
        .limit(1)
        .correlate_except(d)
        .scalar_subquery()
    )


def _is_city() -> Expression:
    return AuditDecision.level == AuditLevel.CITY.value


def _is_province() -> Expression:
    return AuditDecision.level_rank >= 2


@dataclass(frozen=True)
class PatchState:
    """Expressions over one row of `patch` (the table or an alias of the ORM class) on `day`."""

    patch: Any
    day: Expression

    @property
    def active(self) -> Expression:
        """Counts from its 下发日期 on, and no longer from its 撤销日期 on."""
        p = self.patch
        return and_(
            p.issued_on <= self.day, or_(p.withdrawn_on.is_(None), p.withdrawn_on > self.day)
        )

    @property
    def district(self) -> Expression:
        """The district it belongs to on the day: a 划转日期 ≤ D moves it."""
        p = self.patch
        return case(
            (p.transferred_on > self.day, func.coalesce(p.transferred_from, p.district_code)),
            else_=p.district_code,
        )

    def visible_to(self, scope: Scope) -> Expression:
        if scope.districts is None:
            return true()
        allowed: Expression = self.district.in_(sorted(scope.districts))
        return allowed

    @property
    def is_land(self) -> Expression:
        land: Expression = self.patch.domain == Domain.LAND.value
        return land

    @property
    def cleared(self) -> Expression:
        return func.coalesce(self.patch.reported_on <= self.day, False)

    @property
    def on_time(self) -> Expression:
        p = self.patch
        return func.coalesce(and_(p.reported_on <= self.day, p.reported_on <= p.due_on), False)

    @property
    def late(self) -> Expression:
        p = self.patch
        return func.coalesce(and_(p.reported_on <= self.day, p.reported_on > p.due_on), False)

    @property
    def due_reached(self) -> Expression:
        return func.coalesce(self.patch.due_on < self.day, False)

    @property
    def overdue(self) -> Expression:
        return and_(~self.cleared, self.due_reached)

    @property
    def audited(self) -> Expression:
        d = AuditDecision
        return _exists(d, d.patch_id == self.patch.id, d.decided_on <= self.day, _is_city())

    @property
    def returned(self) -> Expression:
        d = AuditDecision
        return _exists(
            d,
            d.patch_id == self.patch.id,
            d.decided_on <= self.day,
            _is_city(),
            d.result == AuditResult.RETURNED.value,
        )

    @property
    def returned_now(self) -> Expression:
        latest = _latest_result(self.patch.id, self.day, _is_city())
        return func.coalesce(latest == AuditResult.RETURNED.value, False)

    @property
    def first_passed(self) -> Expression:
        d = AuditDecision
        first = (
            select(d.result)
            .where(d.patch_id == self.patch.id, d.decided_on <= self.day, _is_city())
            .order_by(d.decided_on, _passed_later(d))
            .limit(1)
            .correlate_except(d)
            .scalar_subquery()
        )
        return func.coalesce(first == AuditResult.PASSED.value, False)

    @property
    def has_parcels(self) -> Expression:
        return _exists(Parcel, Parcel.patch_id == self.patch.id, ~Parcel.ended)

    @property
    def final(self) -> Expression:
        """Whole patch or every parcel passed by the province, and not returned since."""
        d, pc = AuditDecision, aliased(Parcel)
        whole = _latest_result(self.patch.id, self.day, _is_province(), d.parcel_no == 0)
        own = _latest_result(
            self.patch.id,
            self.day,
            _is_province(),
            or_(d.parcel_no == 0, d.parcel_no == pc.parcel_no),
        )
        not_passed = _exists(
            pc,
            pc.patch_id == self.patch.id,
            ~pc.ended,
            func.coalesce(own, "") != AuditResult.PASSED.value,
        )
        return case(
            (self.has_parcels, ~not_passed),
            else_=func.coalesce(whole == AuditResult.PASSED.value, False),
        )

    @property
    def open_return_on(self) -> Expression:
        """Date of the earliest 退回 neither answered nor followed: the base of correction_due."""
        d, later = AuditDecision, aliased(AuditDecision)
        followed = _exists(
            later,
            later.patch_id == d.patch_id,
            later.decided_on <= self.day,
            or_(
                and_(later.level_rank >= d.level_rank, later.decided_on > d.decided_on),
                and_(later.level_rank > d.level_rank, later.decided_on == d.decided_on),
                and_(
                    later.level_rank == d.level_rank,
                    later.decided_on == d.decided_on,
                    later.result == AuditResult.PASSED.value,
                ),
            ),
        )
        return (
            select(func.min(d.decided_on))
            .where(
                d.patch_id == self.patch.id,
                d.decided_on <= self.day,
                d.result == AuditResult.RETURNED.value,
                or_(d.resubmitted_on.is_(None), d.resubmitted_on > self.day),
                ~followed,
            )
            .correlate_except(d)
            .scalar_subquery()
        )

    @property
    def is_pending(self) -> Expression:
        """A parcel pending, or no parcel yet and nobody has determined the patch."""
        pc = aliased(Parcel)
        pending = _exists(
            pc,
            pc.patch_id == self.patch.id,
            ~pc.ended,
            effective_legality(self.patch, pc, self.day) == Legality.PENDING.value,
        )
        undetermined = determination(self.patch.id, None, self.day).is_(None)
        return or_(pending, and_(~self.has_parcels, undetermined))

    @property
    def is_unlawful(self) -> Expression:
        """An unlawful parcel, counted or not."""
        pc = aliased(Parcel)
        unlawful = _exists(
            pc,
            pc.patch_id == self.patch.id,
            ~pc.ended,
            effective_legality(self.patch, pc, self.day) == Legality.UNLAWFUL.value,
        )
        deemed = determination(self.patch.id, None, self.day) == Legality.UNLAWFUL.value
        return or_(unlawful, and_(~self.has_parcels, func.coalesce(deemed, False)))

    @property
    def is_suspected(self) -> Expression:
        """疑似违法 (domain.md §5): unlawful or pending parcel, no parcel yet, or returned now."""
        return or_(self.is_unlawful, self.is_pending, ~self.has_parcels, self.returned_now)

    def status(self, status: PatchStatus) -> Expression:
        """The condition of a list filter. Clearance is asked of land patches only."""
        conditions: dict[PatchStatus, Expression] = {
            PatchStatus.CLEARED: and_(self.is_land, self.cleared),
            PatchStatus.OVERDUE: and_(self.is_land, self.overdue),
            PatchStatus.LATE: and_(self.is_land, self.late),
            PatchStatus.RETURNED: self.returned,
            PatchStatus.CORRECTING: self.open_return_on.is_not(None),
            PatchStatus.FINAL: self.final,
            PatchStatus.PENDING: self.is_pending,
            PatchStatus.UNLAWFUL: self.is_unlawful,
        }
        return conditions[status]


def determination(patch_id: Any, parcel_no: Any, day: Expression) -> ScalarSelect[str]:
    """What the highest level that has spoken determined; NULL where none has.

    parcel_no None: the patch as a whole (parcel 0). At one level and date a decision on the parcel
    beats one on the whole patch; then 通过 counts as the later.
    """
    d = AuditDecision
    whose = d.parcel_no == 0
    if parcel_no is not None:
        whose = or_(whose, d.parcel_no == parcel_no)
    return (
        select(d.determination)
        .where(d.patch_id == patch_id, d.decided_on <= day, d.determination.is_not(None), whose)
        .order_by(
            d.level_rank.desc(), d.decided_on.desc(), d.parcel_no.desc(), _passed_later(d).desc()
        )
        .limit(1)
        .correlate_except(d)
        .scalar_subquery()
    )


def county_legality(patch: Any, parcel: Any, day: Expression) -> Expression:
    """The county's 合法性判定 once reported; later parcels without a date inherit the patch's."""
    inherited = case((~parcel.is_founding, patch.reported_on), else_=null())
    reported_on = func.coalesce(parcel.reported_on, inherited)
    return case((reported_on <= day, parcel.legality), else_=null())


def effective_legality(patch: Any, parcel: Any, day: Expression) -> Expression:
    return func.coalesce(
        determination(patch.id, parcel.parcel_no, day),
        county_legality(patch, parcel, day),
        Legality.PENDING.value,
    )


AREA_COLUMNS = ("area_mu", "farmland_mu", "basic_farmland_mu", "redline_mu")
QUESTION_COLUMNS = (
    "q_rural_house",
    "q_greenhouse_abuse",
    "q_artificial_lake",
    "q_fund_project",
    "q_affordable_housing",
    "q_epidemic_medical",
)


def parcels_at(
    patch: Any,
    day: Expression,
    source: FromClause,
    keys: Sequence[Expression],
    *where: Expression,
    decided: bool = True,
) -> Subquery:
    """The parcels of the patches in `source`, with parcel 0 of determined patches without any.

    decided=False: none of the patches has a decision, so that none is looked for.

    Columns: the keys, parcel_no, effective, county (NULL until reported), determined (NULL without
    a higher level's), area_mu, farmland_mu, basic_farmland_mu, redline_mu, counts, linked,
    new_flag, deduction_class, filed_on, eliminated_on, accepted_on, certificate_no, way,
    questions_answered.
    """
    pc, c = aliased(Parcel), aliased(EnforcementCase)
    undetermined = null().cast(String)
    determined = determination(patch.id, pc.parcel_no, day) if decided else undetermined
    county = county_legality(patch, pc, day)
    answered = and_(*(getattr(pc, q).is_not(None) for q in QUESTION_COLUMNS))
    cases = [c.filed_on, c.eliminated_on, c.accepted_on, c.certificate_no, c.way]
    real = (
        select(
            *keys,
            pc.parcel_no.label("parcel_no"),
            determined.label("determined"),
            county.label("county"),
            *(getattr(pc, name).label(name) for name in AREA_COLUMNS),
            pc.counts_as_unlawful.label("counts"),
            pc.linked_patch_no.is_not(None).label("linked"),
            func.coalesce(pc.is_new_construction, True).label("new_flag"),
            pc.deduction_class.label("deduction_class"),
            *cases,
            answered.label("questions_answered"),
        )
        .select_from(
            source.join(pc, and_(pc.patch_id == patch.id, ~pc.ended)).outerjoin(
                c, and_(c.patch_id == patch.id, c.parcel_no == pc.parcel_no)
            )
        )
        .where(*where)
    )
    zero, other = aliased(EnforcementCase), aliased(EnforcementCase)
    own_case_no = (
        select(func.min(other.parcel_no))
        .where(other.patch_id == patch.id, other.parcel_no <= 1)
        .correlate_except(other)
        .scalar_subquery()
    )
    deemed = determination(patch.id, None, day)
    virtual = (
        select(
            *keys,
            literal(0).label("parcel_no"),
            deemed.label("determined"),
            null().cast(String).label("county"),
            *(getattr(patch, name).label(name) for name in AREA_COLUMNS),
            true().label("counts"),
            literal(False).label("linked"),
            true().label("new_flag"),
            null().cast(String).label("deduction_class"),
            zero.filed_on,
            zero.eliminated_on,
            zero.accepted_on,
            zero.certificate_no,
            zero.way,
            literal(False).label("questions_answered"),
        )
        .select_from(
            # a clerk without parcels writes the case on parcel 0, or on the default 1
            source.outerjoin(zero, and_(zero.patch_id == patch.id, zero.parcel_no == own_case_no))
        )
        .where(*where, ~_exists(Parcel, Parcel.patch_id == patch.id, ~Parcel.ended))
    )
    with_virtual = union_all(real, virtual.where(deemed.is_not(None))) if decided else real
    both = with_virtual.subquery("parcels")
    effective = func.coalesce(both.c.determined, both.c.county, Legality.PENDING.value)
    return select(both, effective.label("effective")).subquery("parcel_states")


@dataclass(frozen=True)
class ParcelState:
    """Conditions over one row of `parcels_at` on `day`, for a patch of `year`."""

    row: Subquery
    day: Expression
    year: int

    @property
    def pending(self) -> Expression:
        return self.row.c.effective == Legality.PENDING.value

    @property
    def unlawful(self) -> Expression:
        return self.row.c.effective == Legality.UNLAWFUL.value

    @property
    def counted(self) -> Expression:
        return and_(self.unlawful, self.row.c.counts, ~self.row.c.linked)

    @property
    def excluded(self) -> Expression:
        return and_(self.unlawful, ~self.row.c.counts)

    @property
    def new_construction(self) -> Expression:
        judged = self.row.c.effective.in_([Legality.LAWFUL.value, Legality.UNLAWFUL.value])
        return and_(judged, self.row.c.new_flag, ~self.row.c.linked)

    @property
    def has_eliminated_date(self) -> Expression:
        return func.coalesce(self.row.c.eliminated_on <= self.day, False)

    @property
    def rectified(self) -> Expression:
        """Whatever the way, accepted or not, no cut-off."""
        return and_(self.unlawful, self.has_eliminated_date)

    @property
    def eliminated(self) -> Expression:
        """Counts for the year only up to D6 (§3.4)."""
        return and_(self.counted, self._in_the_year(self.row.c.eliminated_on))

    def _in_the_year(self, happened_on: Expression) -> Expression:
        """By the day and by D6."""
        cutoff = day_literal(elimination_cutoff_on(self.year))
        by_day = func.coalesce(happened_on <= self.day, False)
        return and_(by_day, func.coalesce(happened_on <= cutoff, False))

    @property
    def _recultivated(self) -> Expression:
        way = func.coalesce(self.row.c.way, "")
        return way == RectificationWay.DEMOLITION_RECULTIVATION.value

    @property
    def _certified(self) -> Expression:
        return func.coalesce(self.row.c.certificate_no, "") != ""

    @property
    def awaiting_acceptance(self) -> Expression:
        """Eliminated for the year's figures, and not accepted (待验收)."""
        return and_(self.eliminated, ~self._in_the_year(self.row.c.accepted_on))

    @property
    def strictly_eliminated(self) -> Expression:
        """Demolished and recultivated, accepted and certified; or of a project class that the
        parameter names."""
        row = self.row.c
        proven = and_(
            self._recultivated,
            self._in_the_year(row.eliminated_on),
            self._in_the_year(row.accepted_on),
            self._certified,
        )
        named = deductions.holds(deductions.CLASS, row.deduction_class, self.day, self.year)
        return and_(self.counted, or_(proven, and_(row.deduction_class.is_not(None), named)))

    def deducted(self, variant: RatioVariant) -> Expression:
        """Left out of the numerator of a variant of the ratio."""
        if variant is RatioVariant.GROSS:
            return false()
        if variant is RatioVariant.STRICT:
            return self.strictly_eliminated
        needed = deductions.holds(deductions.ACCEPTANCE, "", self.day, self.year)
        return and_(self.eliminated, or_(~needed, self._in_the_year(self.row.c.accepted_on)))

    @property
    def written_off(self) -> Expression:
        certified = or_(~self._recultivated, self._certified)
        return and_(
            self.rectified, func.coalesce(self.row.c.accepted_on <= self.day, False), certified
        )

    @property
    def filed(self) -> Expression:
        return and_(self.unlawful, func.coalesce(self.row.c.filed_on <= self.day, False))

    @property
    def questions_open(self) -> Expression:
        return and_(self.unlawful, self.row.c.farmland_mu > 0, ~self.row.c.questions_answered)

    @property
    def redetermined(self) -> Expression:
        """Carries a higher determination, where the county had judged."""
        return and_(self.row.c.determined.is_not(None), self.row.c.county.is_not(None))

    @property
    def overturned(self) -> Expression:
        return and_(self.redetermined, self.row.c.determined != self.row.c.county)


def patches_on(day: date, year: int, scope: Scope) -> tuple[PatchState, Select[Any]]:
    """The state of the year's patches that count on a day and that the scope may see."""
    state = PatchState(Patch, day_literal(day))
    base = select(Patch.id).where(Patch.year == year, state.active, state.visible_to(scope))
    return state, base
