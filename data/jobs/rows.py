"""A file's rows as they will be stored: the first, the largest and smallest, and their sums.

All of it is bounded whatever the file's size: some rows, and a line for each column of areas or
dates. An area that differs from what the store usually has by the factor between two units is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, select

from data.acting import acting
from data.jobs.plain import plain
from data.store.models import ReferenceFeature, Town
from data.store.queries.usual_areas import UsualArea, usual_areas
from data.store.writing import TableChange
from data.units import AreaUnit
from data.upload.mapping import Assigned, UnitSource
from data.upload.plan import Plan
from data.upload.schemas import SCHEMAS, CellType, Column

Document = dict[str, Any]

FIRST = 5
_NAMED_DAYS = 3
#: How near to the factor between two units a difference must be to be put down to them.
_UNIT_TOLERANCE = 0.35
#: A store with fewer rows has no habits.
_HABIT = 5
_SHAPE_AREA = Column("geom_area_mu", "图形面积", CellType.AREA)


@dataclass
class _Row:
    """One row that will be written. why: what it is the extreme of, `field:max` or `field:min`."""

    number: int | None
    is_new: bool
    values: Mapping[str, Any]
    why: list[str]


def rows_document(conn: Connection, plan: Plan) -> Document:
    """{fields, first, extremes, areas, dates, towns}; towns: code → name."""
    prepared = plan.prepared
    kind = prepared.request.kind
    table: Any = SCHEMAS[kind].table if kind in SCHEMAS else ReferenceFeature
    areas = [c.field for c in prepared.columns if c.type is CellType.AREA]
    parts = [part for change in plan.changes if change.table is table for part in _parts(change)]
    first, extremes = _picked(plan, parts, areas)
    shown = [*first, *extremes]
    fields = [
        c
        for c in (*prepared.columns, _SHAPE_AREA)
        if any(plain(row.values.get(c.field)) is not None for row in shown)
    ]
    towns = {str(row.values["town_code"]) for row in shown if row.values.get("town_code")}

    def told(row: _Row) -> Document:
        return {
            "row": row.number,
            "what": "新增" if row.is_new else "变更",
            "why": row.why,
            "values": {c.field: plain(row.values.get(c.field)) for c in fields},
        }

    return {
        "fields": [{"field": c.field, "header": c.header} for c in fields],
        "first": [told(row) for row in first],
        "extremes": [told(row) for row in extremes],
        "areas": _areas(conn, plan, table, areas),
        "dates": _dates(plan),
        "towns": _town_names(conn, towns),
    }


def _parts(change: TableChange) -> Iterator[tuple[pd.DataFrame, bool]]:
    """Rows as they will be, and whether they are new."""
    for frame, is_new in ((change.inserts, True), (change.updates_after, False)):
        if frame is not None and len(frame):
            yield frame, is_new


def _picked(
    plan: Plan, parts: Sequence[tuple[pd.DataFrame, bool]], areas: Sequence[str]
) -> tuple[list[_Row], list[_Row]]:
    """The first rows, and those that are the extreme of an area."""
    made: dict[tuple[int, int], _Row] = {}

    def row(part: int, at: int) -> _Row:
        frame, is_new = parts[part]
        if (part, at) not in made:
            places = plan.new_rows if is_new and len(plan.new_rows) == len(frame) else None
            number = int(plan.prepared.rows["_row"].iat[places[at]]) if places else None
            values = {str(k): v for k, v in frame.iloc[at].items() if k != "geom"}
            if "patch_no" not in values and "patch_id" in values:
                of_file = plan.prepared.rows
                same = np.flatnonzero((of_file["patch_id"] == values["patch_id"]).to_numpy())
                values["patch_no"] = of_file["patch_no"].iat[same[0]] if len(same) else None
            made[part, at] = _Row(number, is_new, values, [])
        return made[part, at]

    first = [
        row(p, at) for p, (frame, _) in enumerate(parts) for at in range(min(FIRST, len(frame)))
    ]
    for name in areas:
        known = [
            (float(value), p, at)
            for p, (frame, _) in enumerate(parts)
            if name in frame
            for value, at in _ends(frame[name])
        ]
        if known and min(known)[0] != max(known)[0]:
            for word, (_, p, at) in (("max", max(known)), ("min", min(known))):
                row(p, at).why.append(f"{name}:{word}")
    return first[:FIRST], [one for one in made.values() if one.why]


def _ends(column: pd.Series) -> list[tuple[float, int]]:
    """The largest and the smallest area that is none, with their places."""
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
    values = np.where(values > 0, values, np.nan)
    if np.isnan(values).all():
        return []
    return [(float(values[at]), int(at)) for at in (np.nanargmax(values), np.nanargmin(values))]


def _areas(conn: Connection, plan: Plan, table: Any, fields: list[str]) -> list[Document]:
    """What the acceptable rows of the file add up to, beside what is usual: {field, header, title,
    unit, source, rows, sum, median, usual, doubt}. header: as the file has it. source: UnitSource.
    """
    prepared = plan.prepared
    sound = prepared.sound()
    taken = _assigned(plan)
    kind = prepared.request.kind.value
    # new rows of this very file are not in the store: a rehearsal has taken them back
    known = usual_areas(conn, acting().scope, kind, table, fields)
    found: list[Document] = []
    for column in prepared.columns:
        if column.field not in fields or column.field not in prepared.rows:
            continue
        values = pd.to_numeric(prepared.rows[column.field][sound], errors="coerce")
        given = values[values > 0]
        usual = known.get(column.field)
        assigned = taken.get(column.field)
        median = float(given.median()) if len(given) else None
        found.append(
            {
                "field": column.field,
                "title": column.header,
                "header": assigned.header if assigned else None,
                "unit": assigned.unit.label if assigned else AreaUnit.MU.label,
                "source": assigned.unit_source.value if assigned else UnitSource.GIVEN.value,
                "rows": len(given),
                "sum": float(np.sum(given)),
                "median": median,
                "usual": _usual(usual),
                "doubt": doubt(column.header, median, usual),
            }
        )
    return found


def _usual(usual: UsualArea | None) -> Document | None:
    if usual is None:
        return None
    return {
        "median": usual.median,
        "rows": usual.rows,
        "file_median": usual.file_median,
        "files": usual.files,
    }


def doubt(title: str, median: float | None, usual: UsualArea | None) -> str | None:
    """A sentence where the middle row is so many times the usual one as one unit is another."""
    if not median or usual is None or usual.rows < _HABIT:
        return None
    ratio = median / usual.median
    factors = {
        unit.numerator / unit.denominator: unit for unit in AreaUnit if unit is not AreaUnit.MU
    }
    for factor, unit in factors.items():
        # read as 亩 what is another unit: too large for 平方米, too small for the others
        for times, said in ((1 / factor, f"像是{unit.label}被读成了亩"), (factor, "")):
            if abs(np.log(ratio / times)) <= _UNIT_TOLERANCE:
                words = said or f"像是亩被读成了{unit.label}"
                how = f"{ratio:.0f} 倍" if ratio > 1 else f"{1 / ratio:.0f} 分之一"
                return f"{title}的中位数是库中常见值的{how}，{words}，请核对单位。"
    return None


def _dates(plan: Plan) -> list[Document]:
    """Columns of days as read: {title, earliest, latest, different, days}."""
    prepared = plan.prepared
    sound = prepared.sound()
    found: list[Document] = []
    for column in prepared.columns:
        if column.type is not CellType.DATE or column.field not in prepared.rows:
            continue
        values = prepared.rows[column.field][sound]
        days = sorted({v for v in values if isinstance(v, date)})
        if days:
            found.append(
                {
                    "title": column.header,
                    "earliest": days[0].isoformat(),
                    "latest": days[-1].isoformat(),
                    "different": len(days),
                    "days": [d.isoformat() for d in days[:_NAMED_DAYS]],
                }
            )
    return found


def _assigned(plan: Plan) -> Mapping[str, Assigned]:
    """field → the first column of the file that gives it."""
    found: dict[str, Assigned] = {}
    for mapped in plan.prepared.maps:
        for assigned in mapped.assigned:
            found.setdefault(assigned.column.field, assigned)
    return found


def _town_names(conn: Connection, codes: Iterable[str]) -> dict[str, str]:
    query = select(Town.code, Town.name).where(Town.code.in_(list(codes)))
    return {str(code): str(name) for code, name in conn.execute(query)}
