"""The figures that lines are drawn by, at month ends and on single days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, func, select

from data.scope import Scope
from data.store.models import DaySummary
from data.store.queries.trigger_facts import Facts
from data.units import PARTS_PER_MU
from data.vocabulary import RatioVariant

_SERIES = (
    "ratio_net_part_mu",
    "ratio_gross_part_mu",
    "ratio_strict_part_mu",
    "new_construction_farmland_mu",
    "unlawful_basic_farmland_mu",
    "eliminated_basic_farmland_mu",
    "unlawful_redline_mu",
    "eliminated_redline_mu",
)


def line_figures(
    conn: Connection, scope: Scope, year: int, days: Sequence[date]
) -> dict[str, list[Facts]]:
    """District → what T3 and T4 look at on each of the days, oldest first (T10)."""
    ordered = sorted(days)
    if not ordered:
        return {}
    s = DaySummary
    query = (
        select(s.district_code, s.on_date, *(func.sum(getattr(s, m)) for m in _SERIES))
        .where(s.year == year, s.on_date <= ordered[-1])
        .group_by(s.district_code, s.on_date)
        .order_by(s.district_code, s.on_date)
    )
    if scope.districts is not None:
        query = query.where(s.district_code.in_(sorted(scope.districts)))
    changes: dict[str, list[tuple[date, list[int]]]] = {}
    for code, day, *parts in conn.execute(query):
        changes.setdefault(code, []).append((day, [int(part) for part in parts]))
    return {code: _accumulated(rows, ordered) for code, rows in changes.items()}


def _accumulated(rows: list[tuple[date, list[int]]], days: Sequence[date]) -> list[Facts]:
    totals = [0] * len(_SERIES)
    waiting = iter(rows)
    pending = next(waiting, None)
    series: list[Facts] = []
    for day in days:
        while pending is not None and pending[0] <= day:
            totals = [total + part for total, part in zip(totals, pending[1], strict=True)]
            pending = next(waiting, None)
        series.append(_lines(dict(zip(_SERIES, totals, strict=True))))
    return series


def _lines(parts: dict[str, int]) -> Facts:
    whole = parts["new_construction_farmland_mu"]
    figures: Facts = {name: part / PARTS_PER_MU for name, part in parts.items()}
    for variant in RatioVariant:
        part = parts[f"ratio_{variant}_part_mu"]
        figures[f"ratio_{variant}"] = part / whole if whole else None
    for kind in ("basic_farmland", "redline"):
        left = parts[f"unlawful_{kind}_mu"] - parts[f"eliminated_{kind}_mu"]
        figures[f"remaining_{kind}_mu"] = left / PARTS_PER_MU
    return figures
