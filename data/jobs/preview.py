"""What the page shows of a file before anything is written, as one JSON document.

{question, message, kind, kind_reason, table, sha256, signature, profiles, counts, notes, crs,
columns, changed, ended, units, absent, errors, warnings, report, features, effects, data_version};
see `Document`. A file that cannot be taken yet because something has to be asked (which column is
which, which coordinate system) gives the same document with `question` set.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import shapely

from data.jobs.plain import plain
from data.units import m2_to_mu
from data.upload.mapping import Assigned, ColumnMap, unit_of_header, units_outside
from data.upload.parsing import cell_texts
from data.upload.plan import Change, Plan
from data.upload.prepare import Prepared
from data.upload.readers import RawTable
from data.upload.schemas import CellType, Column
from data.upload.suggesting import unit_of_shapes
from data.vocabulary import UploadKind

Document = dict[str, Any]

SHOWN_ISSUES = 500
SHOWN_CHANGES = 300
SHOWN_KEYS = 200
SHOWN_REASONS = 6
#: Shapes drawn in full; more become points.
SHOWN_SHAPES = 400
SHOWN_POINTS = 3_000
SHOWN_STRAYS = 300
_SAMPLES = 3
_SAMPLE_ROWS = 2_000


def columns_document(
    tables: list[RawTable], maps: list[ColumnMap], columns: tuple[Column, ...] | list[Column]
) -> list[Document]:
    """Every header of the file with sample values and what it was taken for.

    {table, header, samples, field, unit, is_area, suggested_unit}; field None: not taken.
    """
    shown: list[Document] = []
    for table, mapped in zip(tables, maps, strict=True):
        assigned = {a.header: a for a in mapped.assigned}
        for header in table.columns.column_names:
            known = assigned.get(header)
            is_area = known is not None and known.column.type is CellType.AREA
            shown.append(
                {
                    "table": table.name,
                    "header": header,
                    "samples": samples(table, header),
                    "field": known.column.field if known else None,
                    "unit": known.unit.name if known and is_area else None,
                    "is_area": is_area,
                    "suggested_unit": _unit_to_start_with(table, header, known),
                }
            )
    return shown


def _unit_to_start_with(table: RawTable, header: str, known: Assigned | None) -> str | None:
    """For a column that is taken for an area as well as for one that may become one by hand."""
    if known is not None and known.column.type is not CellType.AREA:
        return None
    written = unit_of_header(header) or units_outside(table).get(header)
    if written is not None:
        return written.name
    is_measured = known is None or known.column.field == "area_mu"
    return suggested_unit(table, header) if is_measured else None


def samples(table: RawTable, header: str) -> list[str]:
    """The first different values of a column."""
    found: list[str] = []
    for text in cell_texts(table.columns.column(header).slice(0, _SAMPLE_ROWS)):
        shown = _shortened(str(text))
        if text is not None and shown not in found:
            found.append(shown)
            if len(found) == _SAMPLES:
                break
    return found


def _shortened(text: str) -> str:
    """A decimal without the tail that binary fractions have."""
    if re.fullmatch(r"-?\d+\.\d{9,}", text):
        return f"{float(text):.10g}"
    return text[:60]


def suggested_unit(table: RawTable, header: str) -> str | None:
    """The unit in which a column agrees with the shapes' own areas; None where none does."""
    if table.geometry is None:
        return None
    texts = cell_texts(table.columns.column(header).slice(0, _SAMPLE_ROWS))
    values = np.array([_number(text) for text in texts])
    unit = unit_of_shapes(values, m2_to_mu(1.0) * table.geometry.area_m2[: len(values)])
    return unit.name if unit else None


def _number(text: Any) -> float:
    try:
        return float(str(text).replace(",", ""))
    except ValueError:
        return math.nan


def plan_document(plan: Plan) -> Document:
    """Counts, changes, remarks and new shapes of a plan."""
    prepared = plan.prepared
    errors = [issue for i in sorted(prepared.errors) for issue in prepared.errors[i]]
    features, total = new_features(plan)
    astray, number_astray = strays(plan)
    fields = {c.header: c.field for c in prepared.columns}
    return {
        "counts": {
            "rows": len(prepared.rows),
            "inserted": plan.inserted,
            "updated": plan.updated,
            "unchanged": plan.unchanged,
            "rejected": plan.rejected,
            "ended": plan.ended,
            "warnings": len(prepared.warnings),
        },
        "notes": list(dict.fromkeys(prepared.notes)),
        "crs": [asdict(t.crs) | {"table": t.name} for t in prepared.tables if t.crs is not None],
        "columns": columns_document(prepared.tables, prepared.maps, list(prepared.columns)),
        "changed": [change_document(c, fields) for c in plan.changed_fields[:SHOWN_CHANGES]],
        "changed_total": len(plan.changed_fields),
        "ended": plan.ended_keys[:SHOWN_KEYS],
        "units": [asdict(unit) for unit in plan.units],
        "errors": [asdict(issue) for issue in errors[:SHOWN_ISSUES]],
        "errors_total": len(errors),
        "reasons": [
            {"column": column, "message": message, "rows": number}
            for (column, message), number in Counter(
                (issue.column, issue.message) for issue in errors
            ).most_common(SHOWN_REASONS)
            if number > 1
        ],
        "warnings": [asdict(issue) for issue in prepared.warnings[:SHOWN_ISSUES]],
        "features": features,
        "features_total": total,
        "strays": astray,
        "strays_total": number_astray,
    }


def change_document(change: Change, fields: dict[str, str]) -> Document:
    return {
        "key": change.row_key,
        "column": change.header,
        "field": fields.get(change.header),
        "before": plain(change.before),
        "after": plain(change.after),
    }


def new_features(plan: Plan) -> tuple[list[Document], int]:
    """New rows that lie somewhere: GeoJSON features, and how many there are altogether. Of a layer
    all rows, also those that lie outside the city: where they lie is what is asked."""
    prepared = plan.prepared
    geometry = prepared.geometry
    if geometry is None:
        return [], 0
    is_layer = prepared.request.kind is UploadKind.REFERENCE
    rows = range(len(prepared.rows)) if is_layer else plan.new_rows
    placed = [i for i in rows if not math.isnan(geometry.lon[i])]
    as_points = len(placed) > SHOWN_SHAPES
    features = []
    for i in evenly(placed, SHOWN_POINTS):
        if as_points or geometry.wkb[i] is None:
            shape: Any = shapely.Point(geometry.lon[i], geometry.lat[i])
        else:
            shape = shapely.from_wkb(geometry.wkb[i]).simplify(0.00002)
        features.append(
            {
                "type": "Feature",
                "geometry": _rounded(shape.__geo_interface__),
                "properties": {
                    "name": label_of(prepared, i),
                    "at": [round(float(geometry.lon[i]), 6), round(float(geometry.lat[i]), 6)],
                },
            }
        )
    return features, len(placed)


def evenly(rows: Sequence[int], most: int) -> Sequence[int]:
    """All of them, or so many from first to last: the beginning of a file is one corner of it."""
    if len(rows) <= most:
        return rows
    return [rows[int(at)] for at in np.linspace(0, len(rows) - 1, most)]


def strays(plan: Plan) -> tuple[list[Document], int]:
    """Rejected rows that lie somewhere, where they themselves were found fault with and not a cell
    of theirs: {name, at}; and how many there are. A layer's rows are all drawn anyway."""
    prepared = plan.prepared
    geometry = prepared.geometry
    if geometry is None or prepared.request.kind is UploadKind.REFERENCE:
        return [], 0
    found = [
        i
        for i, issues in sorted(prepared.errors.items())
        if not math.isnan(geometry.lon[i]) and any(issue.column is None for issue in issues)
    ]
    shown = [
        {
            "name": label_of(prepared, i),
            "at": [round(float(geometry.lon[i]), 6), round(float(geometry.lat[i]), 6)],
        }
        for i in evenly(found, SHOWN_STRAYS)
    ]
    return shown, len(found)


def label_of(prepared: Prepared, index: int) -> str:
    for name in ("patch_no", "name", "code"):
        if name in prepared.rows:
            value = prepared.rows[name].iat[index]
            if value is not None:
                return str(value)
    return f"第{prepared.rows['_row'].iat[index]}行"


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _rounded(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(v) for v in value]
    return round(value, 6) if isinstance(value, float) else value
