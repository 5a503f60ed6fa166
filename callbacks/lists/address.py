"""What a list shows, as it stands in the address, and as the grid says it.

`/overdue?year=2026&month=2026-10&q=环翠&sort=days_overdue:desc&f.area_mu=gte:50`. A part that
cannot be read is left out and named in a sentence; it never stops the page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlencode

from data.store.queries.contributions import AMOUNTS, listed_figures
from data.store.queries.list_filters import FILTERABLE, SORTABLE, ColumnFilter, Operator
from data.triggers.behind import TriggerKey
from data.vocabulary import Domain, PatchStatus, PatchType

Sort = tuple[tuple[str, str], ...]
Box = tuple[float, float, float, float]

_FILTER_PREFIX = "f."
_NO_OPERAND = frozenset({Operator.BLANK, Operator.NOT_BLANK})
_TEXT_ONLY = frozenset({Operator.CONTAINS, Operator.NOT_CONTAINS, Operator.STARTS_WITH})


@dataclass(frozen=True, slots=True)
class ListAddress:
    """The list's own part of the address. kept: parts of the page that lists, which travel on as
    they are. figure: the one whose list is asked for (contributions.listed_figures). problems:
    Chinese sentences on what was left out."""

    month: str | None = None
    town: str | None = None
    patch_type: str | None = None
    domain: str | None = None
    status: PatchStatus | None = None
    text: str = ""
    box: Box | None = None
    trigger: TriggerKey | None = None
    figure: str | None = None
    sort: Sort = ()
    filters: Mapping[str, ColumnFilter] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def _operand(kind: type, text: str) -> str | float | date:
    """Raises ValueError."""
    if kind is date:
        return date.fromisoformat(text)
    if kind is float:
        value = float(text)
        if value != value or abs(value) == float("inf"):
            raise ValueError(text)
        return value
    return text


def _read_filter(name: str, text: str) -> ColumnFilter:
    """`gte:50`, `between:2023-05-01:2023-05-31`, `contains:…`. Raises ValueError, KeyError."""
    kind = FILTERABLE[name][1]
    word, _, rest = text.partition(":")
    operator = Operator(word)
    if operator in _NO_OPERAND:
        return ColumnFilter(operator)
    if kind is str:
        if not rest or operator not in _TEXT_ONLY | {Operator.EQUALS}:
            raise ValueError(text)
        return ColumnFilter(operator, rest)
    if operator in _TEXT_ONLY:
        raise ValueError(text)
    if operator is Operator.BETWEEN:
        low, _, high = rest.partition(":")
        upper = _operand(kind, high)
        assert not isinstance(upper, str)
        return ColumnFilter(operator, _operand(kind, low), upper)
    return ColumnFilter(operator, _operand(kind, rest))


def _write_operand(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.12g}"
    return value.isoformat() if isinstance(value, date) else str(value)


def _write_filter(item: ColumnFilter) -> str:
    operands = [_write_operand(v) for v in (item.value, item.value_to) if v is not None]
    return ":".join([item.operator.value, *operands])


def _read_box(text: str) -> Box:
    """`121.9,37.1,122.3,37.4`. Raises ValueError."""
    west, south, east, north = (float(_operand(float, part)) for part in text.split(","))  # type: ignore[arg-type]
    return west, south, east, north


def _read_sort(text: str) -> Sort:
    """`days_overdue:desc,area_mu:asc`. Raises ValueError."""
    pairs = []
    for part in text.split(","):
        name, _, way = part.partition(":")
        if name not in SORTABLE | AMOUNTS or way not in ("asc", "desc"):
            raise ValueError(part)
        pairs.append((name, way))
    return tuple(pairs)


def _read_month(text: str) -> str:
    if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", text):
        raise ValueError(text)
    return text


def _read_figure(text: str) -> str:
    """Raises KeyError."""
    listed_figures(text)
    return text


_READERS: dict[str, tuple[str, Any]] = {
    "month": ("month", _read_month),
    "town": ("town", str),
    "type": ("patch_type", lambda text: PatchType(text).value),
    "domain": ("domain", lambda text: Domain(text).value),
    "status": ("status", PatchStatus),
    "q": ("text", str),
    "box": ("box", _read_box),
    "trigger": ("trigger", TriggerKey.read),
    "figure": ("figure", _read_figure),
    "sort": ("sort", _read_sort),
}


def read_address(query: Mapping[str, str], kept: Sequence[str] = ()) -> ListAddress:
    """The list's part of a query string's keys and values. kept: keys that the page owns."""
    values: dict[str, Any] = {}
    filters: dict[str, ColumnFilter] = {}
    problems: list[str] = []
    for key, text in query.items():
        try:
            if key in _READERS and text:
                name, read = _READERS[key]
                values[name] = read(text)
            elif key.startswith(_FILTER_PREFIX):
                name = key.removeprefix(_FILTER_PREFIX)
                filters[name] = _read_filter(name, text)
        except (ValueError, KeyError):
            problems.append(f"地址中的筛选条件“{key}={text}”无法识别，已忽略。")
    own = {key: query[key] for key in kept if query.get(key)}
    return ListAddress(**values, filters=filters, kept=own, problems=tuple(problems))


def write_address(frame: Mapping[str, str], address: ListAddress) -> str:
    """`?…` of the frame's part and the list's own; empty parts are left out."""
    own = {
        "month": address.month,
        "town": address.town,
        "type": address.patch_type,
        "domain": address.domain,
        "status": address.status.value if address.status else None,
        "q": address.text.strip() or None,
        "box": ",".join(f"{v:.4f}" for v in address.box) if address.box else None,
        "trigger": address.trigger.written if address.trigger else None,
        "figure": address.figure,
        "sort": ",".join(f"{name}:{way}" for name, way in address.sort) or None,
    }
    pairs = {**frame, **address.kept, **{key: value for key, value in own.items() if value}}
    pairs |= {
        f"{_FILTER_PREFIX}{name}": _write_filter(item) for name, item in address.filters.items()
    }
    return f"?{urlencode(pairs, safe=':,')}" if pairs else ""


# ---- the grid's way of saying it -----------------------------------------------------------------

_GRID_OPERATORS = {
    "contains": Operator.CONTAINS,
    "notContains": Operator.NOT_CONTAINS,
    "startsWith": Operator.STARTS_WITH,
    "equals": Operator.EQUALS,
    "greaterThanOrEqual": Operator.AT_LEAST,
    "lessThanOrEqual": Operator.AT_MOST,
    "greaterThan": Operator.MORE,
    "lessThan": Operator.LESS,
    "inRange": Operator.BETWEEN,
    "blank": Operator.BLANK,
    "notBlank": Operator.NOT_BLANK,
}
_GRID_NAMES = {operator: name for name, operator in _GRID_OPERATORS.items()}
_FILTER_TYPES = {str: "text", float: "number", date: "date"}


def filters_from_grid(model: Mapping[str, Any] | None) -> dict[str, ColumnFilter]:
    """AG Grid's filter model, which comes from the browser: what does not fit is left out."""
    filters: dict[str, ColumnFilter] = {}
    for name, item in (model or {}).items():
        is_day = isinstance(item, Mapping) and item.get("filterType") == "date"
        low, high = ("dateFrom", "dateTo") if is_day else ("filter", "filterTo")
        try:
            operator = _GRID_OPERATORS[item["type"]]
            operands = [item.get(low)]
            if operator is Operator.BETWEEN:
                operands.append(item.get(high))
            texts = [str(v)[:10] if is_day else str(v) for v in operands if v is not None]
            filters[name] = _read_filter(name, ":".join([operator.value, *texts]))
        except (ValueError, KeyError, TypeError):
            continue
    return filters


def filters_to_grid(filters: Mapping[str, ColumnFilter]) -> dict[str, Any]:
    """The same filters as the grid's model."""
    model: dict[str, Any] = {}
    for name, item in filters.items():
        kind = FILTERABLE[name][1]
        low, high = ("dateFrom", "dateTo") if kind is date else ("filter", "filterTo")
        entry: dict[str, Any] = {
            "filterType": _FILTER_TYPES[kind],
            "type": _GRID_NAMES[item.operator],
        }
        for key, value in ((low, item.value), (high, item.value_to)):
            if value is not None:
                entry[key] = value.isoformat() if isinstance(value, date) else value
        model[name] = entry
    return model


def sort_from_grid(model: Sequence[Mapping[str, Any]] | None) -> Sort:
    """The sort model of a request: [{"colId", "sort"}]."""
    return tuple(
        (str(item["colId"]), str(item["sort"]))
        for item in model or ()
        if item.get("colId") in SORTABLE | AMOUNTS and item.get("sort") in ("asc", "desc")
    )


def sort_from_columns(state: Sequence[Mapping[str, Any]] | None) -> Sort | None:
    """The sorting in the grid's column state; None while the grid has not told it."""
    if not state:
        return None
    sorted_columns = [item for item in state if item.get("sort")]
    return sort_from_grid(sorted(sorted_columns, key=lambda item: item.get("sortIndex") or 0))
