"""A ReadResult as Arrow files and JSON in a folder: what passes from the reading child."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from data.errors import CrsUndecided, Issue, UploadRefused
from data.upload.readers.base import CrsDecision, Geometry, RawTable, ReadResult, SheetSays

_PIECE = 50_000


def save_result(result: ReadResult, folder: Path) -> dict[str, Any]:
    """Writes the tables; returns what belongs into the JSON answer."""
    tables = []
    for index, table in enumerate(result.tables):
        _write(table.columns, folder / f"columns{index}.arrow")
        if table.geometry is not None:
            _write_geometry(table.geometry, folder / f"geometry{index}.arrow")
        rows = pa.table({"row": pa.array(table.row_numbers)})
        _write(rows, folder / f"rows{index}.arrow")
        tables.append(
            {
                "name": table.name,
                "crs": asdict(table.crs) if table.crs else None,
                "has_geometry": table.geometry is not None,
                "unreadable": [asdict(issue) for issue in table.unreadable],
                "says": asdict(table.says),
            }
        )
    return {
        "tables": tables,
        "container": result.container,
        "notes": result.notes,
        "slip": result.slip,
    }


def load_result(answer: dict[str, Any], folder: Path) -> ReadResult:
    tables = []
    for index, entry in enumerate(answer["tables"]):
        columns = _read(folder / f"columns{index}.arrow")
        rows = _read(folder / f"rows{index}.arrow")["row"].to_numpy()
        crs = entry["crs"]
        if crs is not None:
            crs = CrsDecision(**{**crs, "candidates": tuple(crs["candidates"])})
        geometry = None
        if entry["has_geometry"]:
            geometry = _geometry(_read(folder / f"geometry{index}.arrow"))
        unreadable = [Issue(**issue) for issue in entry["unreadable"]]
        says = SheetSays(**entry["says"])
        says.merged = {h: [(a, b) for a, b in found] for h, found in says.merged.items()}
        tables.append(RawTable(entry["name"], columns, rows, geometry, crs, unreadable, says))
    return ReadResult(tables, answer["container"], list(answer["notes"]), answer["slip"])


def refusal_document(refusal: UploadRefused) -> dict[str, Any]:
    """A refusal with its fields, as JSON."""
    if isinstance(refusal, CrsUndecided):
        return {"situation": refusal.situation, "candidates": list(refusal.candidates)}
    return {"message": refusal.message}


def refusal_from(document: dict[str, Any]) -> UploadRefused:
    if "situation" in document:
        return CrsUndecided(document["situation"], tuple(document["candidates"]))
    return UploadRefused(document["message"])


def _write(table: pa.Table, path: Path) -> None:
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=_PIECE)


def _read(path: Path) -> pa.Table:
    with pa.memory_map(str(path)) as source:
        table = pa.ipc.open_file(source).read_all()
    try:
        table.validate(full=True)  # texts that are no UTF-8 would be a fault far from here
    except pa.ArrowInvalid as error:
        raise UploadRefused("文件里有损坏的文字或数值，无法读取，请从原软件重新导出。") from error
    return table


def _write_geometry(geometry: Geometry, path: Path) -> None:
    """In pieces: the shapes' bytes are the largest thing there is."""
    schema = pa.schema(
        [
            ("wkb", pa.binary()),
            *((n, pa.float64()) for n in ("area_m2", "lon", "lat", "w", "s", "e", "n")),
            ("repaired", pa.bool_()),
        ]
    )
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
        for start in range(0, len(geometry), _PIECE):
            part = slice(start, start + _PIECE)
            arrays = [
                pa.array(geometry.wkb[part], pa.binary()),
                *(pa.array(a[part]) for a in (geometry.area_m2, geometry.lon, geometry.lat)),
                *(pa.array(np.ascontiguousarray(geometry.bounds[part, i])) for i in range(4)),
                pa.array(geometry.repaired[part]),
            ]
            writer.write_batch(pa.record_batch(arrays, schema=schema))


def _geometry(table: pa.Table) -> Geometry:
    return Geometry(
        wkb=np.asarray(table["wkb"].to_numpy(), dtype=object),
        area_m2=table["area_m2"].to_numpy(),
        lon=table["lon"].to_numpy(),
        lat=table["lat"].to_numpy(),
        bounds=np.column_stack([table[n].to_numpy() for n in ("w", "s", "e", "n")]),
        repaired=table["repaired"].to_numpy(),
    )
