"""What patches of one district have in common: the same outcome, text, area or day, and how many
lie just under a line. The database does the grouping, so that no patch is read to find it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Subquery,
    and_,
    case,
    distinct,
    func,
    literal,
    null,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute

from data.rules.doubts import OddityKind
from data.scope import Scope
from data.store.models import AuditDecision, EnforcementCase, Parcel, Patch
from data.store.queries.state import PatchState, county_legality, day_literal
from data.vocabulary import AuditResult, Domain, Legality, OtherCategory

#: Outcomes whose share of what was filled in is looked at.
CATEGORIES = (
    OtherCategory.UNCHANGED,
    OtherCategory.FACILITY_FARMLAND,
    OtherCategory.TEMPORARY_LAND,
)
#: Half a unit of the last decimal at which a line is met (units.meets).
_HALF = 5e-7

Expression = ColumnElement[Any] | InstrumentedAttribute[Any]


@dataclass(frozen=True, slots=True)
class Group:
    """Patches of a district that have a value in common. part: the clearance month in which they
    are counted, else "". whole: the patches of the district (and part) that have any value or
    could have."""

    district: str
    part: str
    value: Any
    patches: int
    whole: int


@dataclass(frozen=True, slots=True)
class Looking:
    """The land and mineral patches of a work year that count on a day and that a reader may see."""

    scope: Scope
    year: int
    day: date

    @property
    def state(self) -> PatchState:
        return PatchState(Patch, day_literal(self.day))

    def rows(self, value: Expression, part: Expression | None = None) -> Select[Any]:
        """patch_no, district, part, value; to be joined and narrowed further."""
        state = self.state
        return select(
            Patch.patch_no,
            state.district.label("district"),
            (literal("") if part is None else part).label("part"),
            value.label("value"),
        ).where(Patch.year == self.year, state.active, state.visible_to(self.scope))

    @property
    def reported(self) -> Expression:
        """A parcel that the county has filled in by the day."""
        filled: Expression = county_legality(Patch, Parcel, self.state.day).is_not(None)
        return and_(Parcel.patch_id == Patch.id, ~Parcel.ended, filled)


def _shares(of: Looking, _: int) -> Select[Any]:
    is_one = and_(
        Parcel.legality == Legality.OTHER.value,
        Parcel.other_category.in_([c.value for c in CATEGORIES]),
    )
    category = case((is_one, Parcel.other_category), else_=literal(""))
    return of.rows(category).join(Parcel, of.reported).where(of.state.is_land)


def _opinions(of: Looking, length: int) -> Select[Any]:
    d = AuditDecision
    words = func.trim(d.opinion)
    return (
        of.rows(words)
        .join(d, d.patch_id == Patch.id)
        .where(
            d.result == AuditResult.RETURNED.value,
            d.decided_on <= of.day,
            func.length(words) >= length,
        )
    )


def _texts(of: Looking, length: int) -> Select[Any]:
    words = func.trim(Parcel.circumstances)
    return of.rows(words).join(Parcel, of.reported).where(func.length(words) >= length)


def _areas(of: Looking, _: int) -> Select[Any]:
    return of.rows(Parcel.area_mu).join(Parcel, of.reported).where(Parcel.area_mu > 0)


def _last_days(of: Looking, _: int) -> Select[Any]:
    p = Patch
    month = case((p.reported_on == p.due_on, p.clearance_month), else_=null())
    return of.rows(month, p.clearance_month).where(
        p.domain == Domain.LAND.value, p.reported_on <= of.day, p.clearance_month.is_not(None)
    )


def _one_days(of: Looking, _: int) -> Select[Any]:
    c = EnforcementCase
    return of.rows(c.eliminated_on).join(c, c.patch_id == Patch.id).where(c.eliminated_on <= of.day)


#: Kind → patches and what they have; of texts those of so many characters or more.
_ROWS: Mapping[OddityKind, Callable[[Looking, int], Select[Any]]] = {
    OddityKind.SHARE: _shares,
    OddityKind.SAME_OPINION: _opinions,
    OddityKind.SAME_TEXT: _texts,
    OddityKind.SAME_AREA: _areas,
    OddityKind.LAST_DAY: _last_days,
    OddityKind.ONE_DAY: _one_days,
}


def groups(
    conn: Connection, of: Looking, kind: OddityKind, least: int, length: int = 0
) -> list[Group]:
    """The values that at least so many patches of a district have; not of UNDER_LINE."""
    rows = _ROWS[kind](of, length).subquery("rows")
    number = func.count(distinct(rows.c.patch_no))
    keys = (rows.c.district, rows.c.part)
    wholes = {(code, part): n for code, part, n in conn.execute(_counted(keys, number))}
    found = conn.execute(
        _counted((*keys, rows.c.value), number)
        .where(rows.c.value.is_not(None))
        .having(number >= least)
    )
    return [Group(code, part, value, n, wholes[code, part]) for code, part, value, n in found]


def _counted(keys: Sequence[Expression], number: Expression) -> Select[Any]:
    named = [key.label(f"key{at}") for at, key in enumerate(keys)]
    return select(*named, number.label("patches")).group_by(*named)


def members(
    conn: Connection, of: Looking, kind: OddityKind, district: str, value: Any, length: int = 0
) -> list[str]:
    """Numbers of the patches of a district that have the value; not of UNDER_LINE."""
    rows = _ROWS[kind](of, length).subquery("rows")
    query = select(rows.c.patch_no).where(rows.c.district == district, rows.c.value == value)
    return sorted(conn.scalars(query.distinct()))


# ---- areas just under a line ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """column: of Parcel, summed over the parcels of a patch. width: of each band, in 亩."""

    column: str
    line_mu: float
    width_mu: float


@dataclass(frozen=True, slots=True)
class Bands:
    """Patches of a district in the bands below, just under and just over a line."""

    district: str
    line: Line
    below: int
    under: int
    over: int


def _sums(of: Looking, columns: Sequence[str]) -> Subquery:
    """patch_no, district and the filled-in areas of each patch."""
    names = sorted(set(columns))
    rows = of.rows(literal("")).add_columns(*(getattr(Parcel, n).label(n) for n in names))
    parts = rows.join(Parcel, of.reported).subquery("parts")
    return (
        select(parts.c.patch_no, parts.c.district, *(func.sum(parts.c[n]).label(n) for n in names))
        .group_by(parts.c.patch_no, parts.c.district)
        .subquery("sums")
    )


def _between(value: Expression, line: Line, first: int) -> Expression:
    """In the band that begins so many widths from the line."""
    begin = line.line_mu + first * line.width_mu - _HALF
    return and_(value >= begin, value < begin + line.width_mu)


def bands(conn: Connection, of: Looking, lines: Sequence[Line]) -> list[Bands]:
    """Of each district and line, in one statement."""
    sums = _sums(of, [line.column for line in lines])
    counts = [
        func.sum(case((_between(sums.c[line.column], line, first), 1), else_=0))
        for line in lines
        for first in (-2, -1, 0)
    ]
    query = select(sums.c.district, *counts).group_by(sums.c.district)
    return [
        Bands(code, line, *numbers[3 * at : 3 * at + 3])
        for code, *numbers in conn.execute(query)
        for at, line in enumerate(lines)
    ]


def just_under(conn: Connection, of: Looking, line: Line, district: str) -> list[str]:
    """Numbers of the patches in the band just under a line."""
    sums = _sums(of, [line.column])
    query = select(sums.c.patch_no).where(
        sums.c.district == district, _between(sums.c[line.column], line, -1)
    )
    return sorted(conn.scalars(query))
