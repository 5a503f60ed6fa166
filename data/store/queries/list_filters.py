"""Filters and orders of the patch lists, as SQL conditions over one row of `patch`.

Values arrive from the address and from the grid's header. Names and operators are looked up in
closed tables here, and values are always bound: nothing from outside becomes SQL text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    String,
    and_,
    case,
    func,
    literal,
    null,
    or_,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import aliased
from sqlalchemy.sql.functions import GenericFunction

from data.store.models import District, Patch, Town
from data.store.queries import stated
from data.store.queries.state import PatchState

Expression = ColumnElement[Any]

#: How many rows a batch action takes at most (selected rows of the grid).
MAX_SELECTED = 2000


class Operator(StrEnum):
    """Comparisons of a column filter. Those on text ignore case."""

    CONTAINS = "contains"
    NOT_CONTAINS = "not_contains"
    STARTS_WITH = "starts_with"
    EQUALS = "eq"
    AT_LEAST = "gte"
    AT_MOST = "lte"
    MORE = "gt"
    LESS = "lt"
    BETWEEN = "between"  # both ends included
    BLANK = "blank"
    NOT_BLANK = "not_blank"


@dataclass(frozen=True, slots=True)
class ColumnFilter:
    """operator and its operands: text, number (areas in 亩) or date, as the column has it."""

    operator: Operator
    value: str | float | date | None = None
    value_to: float | date | None = None


def _town_name(_: Expression) -> Expression:
    return select(Town.name).where(Town.code == Patch.town_code).scalar_subquery()


def _not_after(column: Any, day: Expression) -> Expression:
    """A day of the past as it was known on the day: what came later is empty."""
    return case((column <= day, column), else_=null())


def _district_position(state: PatchState) -> Expression:
    return select(District.position).where(District.code == state.district).scalar_subquery()


#: Columns that can be filtered by on a day, with the Python type of their operands.
FILTERABLE: dict[str, tuple[Callable[[Expression], Any], type]] = {
    "patch_no": (lambda _: Patch.patch_no, str),
    "location": (lambda _: Patch.location, str),
    "town_name": (_town_name, str),
    "issued_on": (lambda _: Patch.issued_on, date),
    "due_on": (lambda _: Patch.due_on, date),
    "reported_on": (lambda day: _not_after(Patch.reported_on, day), date),
    "extended_to": (lambda _: Patch.extended_to, date),
    "area_mu": (lambda _: Patch.area_mu, float),
    "farmland_mu": (lambda _: Patch.farmland_mu, float),
    "basic_farmland_mu": (lambda _: Patch.basic_farmland_mu, float),
    "redline_mu": (lambda _: Patch.redline_mu, float),
    "mineral": (lambda _: Patch.mineral, str),
    **stated.filters(),
}

#: Further columns that can be sorted by. `days_overdue` runs against the due date.
_ONLY_SORTABLE: dict[str, Callable[[PatchState], Any]] = {
    "district": _district_position,
    "patch_type": lambda _: Patch.patch_type,
    "domain": lambda _: Patch.domain,
    "clearance_month": lambda _: Patch.clearance_month,
    "days_overdue": lambda _: Patch.due_on,
}
_REVERSED = frozenset({"days_overdue"})
SORTABLE = frozenset(FILTERABLE) | frozenset(_ONLY_SORTABLE)


def order_by(
    state: PatchState,
    sort: Sequence[tuple[str, str]],
    amounts: Mapping[str, Expression] | None = None,
) -> list[Expression]:
    """(column, "asc" | "desc") pairs → ORDER BY; unknown columns are left out, id breaks ties.
    amounts: what the query has joined of figures, by their names."""
    terms: list[Expression] = []
    for name, direction in sort:
        if amounts and name in amounts:
            expression = func.coalesce(amounts[name], 0)
        elif name in FILTERABLE:
            expression = FILTERABLE[name][0](state.day)
        elif name in _ONLY_SORTABLE:
            expression = _ONLY_SORTABLE[name](state)
        else:
            continue
        descending = (direction == "desc") != (name in _REVERSED)
        terms.append(expression.desc() if descending else expression.asc())
    return [*terms, Patch.id.asc()]


def _like(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped


def _text_condition(expression: Expression, item: ColumnFilter) -> Expression:
    value = _like(str(item.value))
    held = func.coalesce(expression, "")
    conditions: dict[Operator, Callable[[], Expression]] = {
        Operator.CONTAINS: lambda: held.ilike(f"%{value}%", escape="\\"),
        Operator.NOT_CONTAINS: lambda: ~held.ilike(f"%{value}%", escape="\\"),
        Operator.STARTS_WITH: lambda: held.ilike(f"{value}%", escape="\\"),
        Operator.EQUALS: lambda: held.ilike(value, escape="\\"),
    }
    return conditions[item.operator]()


def _ordered_condition(expression: Expression, item: ColumnFilter) -> Expression:
    low, high = item.value, item.value_to
    conditions: dict[Operator, Callable[[], Expression]] = {
        Operator.EQUALS: lambda: expression == low,
        Operator.AT_LEAST: lambda: expression >= low,
        Operator.AT_MOST: lambda: expression <= low,
        Operator.MORE: lambda: expression > low,
        Operator.LESS: lambda: expression < low,
        Operator.BETWEEN: lambda: and_(expression >= low, expression <= high),
    }
    return conditions[item.operator]()


def column_condition(name: str, item: ColumnFilter, day: Expression) -> Expression:
    """One column filter as a condition on the day. Raises KeyError for a column or operator that it
    cannot take."""
    make, kind = FILTERABLE[name]
    expression = make(day)
    if item.operator is Operator.BLANK:
        return or_(expression.is_(None), expression == "") if kind is str else expression.is_(None)
    if item.operator is Operator.NOT_BLANK:
        return (
            and_(expression.is_not(None), expression != "")
            if kind is str
            else (expression.is_not(None))
        )
    if kind is str:
        return _text_condition(expression, item)
    return _ordered_condition(expression, item)


def column_conditions(filters: Mapping[str, ColumnFilter], day: Expression) -> list[Expression]:
    return [column_condition(name, item, day) for name, item in filters.items()]


#: A word of this form is a number's part and is looked for nowhere else: an index holds numbers.
_NUMBER_PART = re.compile(r"[0-9A-Za-z_./-]{5,}")


def text_condition(text: str, year: int) -> Expression:
    """The search box: part of the number, the location or the town; several words must all occur.

    A word of five or more Latin letters and digits is searched in numbers only.
    """
    conditions: list[Expression] = []
    for word in text.split():
        pattern = f"%{_like(word)}%"
        if _NUMBER_PART.fullmatch(word):
            # a query of its own, which the index of numbers answers without reading a row
            other = aliased(Patch)
            numbered_so = select(other.id).where(
                other.year == year, other.patch_no.ilike(pattern, escape="\\")
            )
            conditions.append(Patch.id.in_(numbered_so))
            continue
        named_so = select(Town.code).where(Town.name.ilike(pattern, escape="\\"))
        conditions.append(
            or_(
                Patch.patch_no.ilike(pattern, escape="\\"),
                Patch.location.ilike(pattern, escape="\\"),
                Patch.town_code.in_(named_so),
            )
        )
    return and_(*conditions)


class _listed(GenericFunction[str]):
    """The texts of a JSON array, a row each: a list of any length as one bound value."""

    type = String()
    inherit_cache = True


class _listed_ids(GenericFunction[int]):
    """The same of whole numbers."""

    type = BigInteger()
    inherit_cache = True


@compiles(_listed, "sqlite")
@compiles(_listed_ids, "sqlite")
def _listed_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    return f"(SELECT value FROM json_each({compiler.process(element.clauses, **kw)}))"


@compiles(_listed, "postgresql")
def _listed_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    array = compiler.process(element.clauses, **kw)
    return f"(SELECT json_array_elements_text(CAST({array} AS json)))"


def numbered(numbers: Sequence[str]) -> Expression:
    """The patches of these numbers."""
    array = literal(json.dumps(list(numbers), ensure_ascii=False), String())
    return Patch.patch_no.op("IN", is_comparison=True)(_listed(array))


@compiles(_listed_ids, "postgresql")
def _listed_ids_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    array = compiler.process(element.clauses, **kw)
    return f"(SELECT CAST(json_array_elements_text(CAST({array} AS json)) AS bigint))"


def identified(ids: Sequence[int]) -> Expression:
    """The patches of these ids, however many."""
    return listed(literal(id_array(ids), String()))


def id_array(ids: Sequence[int]) -> str:
    """Ids as `listed` takes them."""
    return json.dumps([int(i) for i in ids])


def listed(array: Expression) -> Expression:
    """The patches whose ids a JSON array holds."""
    return among(Patch.id, array)


def among(column: Any, array: Expression) -> Expression:
    """Whether a column's number is one of those that a JSON array holds."""
    found: Expression = column.op("IN", is_comparison=True)(_listed_ids(array))
    return found


def touching_condition(box: tuple[float, float, float, float]) -> Expression:
    """The box around the patch's shape, or its point where it has none, meets the given one."""
    west, south, east, north = box
    return and_(
        func.coalesce(Patch.min_lon, Patch.lon) <= east,
        func.coalesce(Patch.max_lon, Patch.lon) >= west,
        func.coalesce(Patch.min_lat, Patch.lat) <= north,
        func.coalesce(Patch.max_lat, Patch.lat) >= south,
    )


def box_condition(box: tuple[float, float, float, float]) -> Expression:
    """(west, south, east, north) in degrees EPSG:4490: the point inside the patch lies in it."""
    west, south, east, north = box
    return and_(Patch.lon >= west, Patch.lon <= east, Patch.lat >= south, Patch.lat <= north)
