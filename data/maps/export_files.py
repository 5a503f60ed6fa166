"""A map's patches as GeoPackage and as zipped Shapefile in GBK, each with a stamp of its own; both
are written by GDAL.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyogrio
import pyproj
import shapely

from data.errors import SupervisionError
from data.exports import Format, SheetColumn, table_to_xlsx
from data.maps.dbf import write_dbf
from data.maps.export import (
    GEOMETRY,
    PATCHES,
    POINTS,
    TYPE_WORDS,
    UNLOCATED,
    Field,
    Kind,
    MapExport,
    PatchFile,
    stamp_lines,
)

#: EPSG code → its name; the stored one first.
SYSTEMS = {4490: "CGCS2000 经纬度", 4529: "CGCS2000 三度带41带（中央经线123°）"}
#: What one text of a .dbf can hold.
_DBF_BYTES = 254
#: In place of a character that GBK does not have; the note has the true one.
_NO_SUCH = "〓"
_AT_ONCE = 20_000
#: How WKB begins: little-endian, and its type.
_POLYGON, _MULTIPOLYGON = b"\x01\x03\x00\x00\x00", b"\x01\x06\x00\x00\x00"
_ONE_PART = _MULTIPOLYGON + b"\x01\x00\x00\x00"
#: Bytes of a polygon without a ring.
_EMPTY_LENGTH = 9


class BadSystem(SupervisionError):
    """A coordinate system that is not offered."""


def read_system(text: str) -> int:
    """An EPSG code of SYSTEMS; the first for an empty text. Raises BadSystem."""
    if not text:
        return next(iter(SYSTEMS))
    if text not in {str(code) for code in SYSTEMS}:
        known = "、".join(f"{code}（{name}）" for code, name in SYSTEMS.items())
        raise BadSystem(f"没有坐标系“{text[:20]}”。可用的：{known}。")
    return int(text)


# ---- shapes --------------------------------------------------------------------------------------


def _in_system(shapes: Any, epsg: int) -> Any:
    """Degrees EPSG:4490 as coordinates of the system, x eastwards."""
    to = pyproj.Transformer.from_crs(4490, epsg, always_xy=True)
    return shapely.transform(shapes, lambda xy: np.column_stack(to.transform(xy[:, 0], xy[:, 1])))


def _split(export: PatchFile) -> tuple[pa.Table, pa.Table]:
    """(patches with a shape, those of which only a point is known), both with GEOMETRY."""
    table = export.located
    has_shape = pc.is_valid(table[GEOMETRY])
    shaped, bare = table.filter(has_shape), table.filter(pc.invert(has_shape))
    places = shapely.points(bare["经度"].to_numpy(), bare["纬度"].to_numpy())
    at = bare.schema.get_field_index(GEOMETRY)
    wkb = pa.array(shapely.to_wkb(places).tolist(), pa.binary())
    return shaped, bare.set_column(at, GEOMETRY, wkb)


def _as_multi(shapes: Any) -> Any:
    """Every shape as a MultiPolygon: a layer has one type."""
    parts, of = shapely.get_parts(shapes, return_index=True)
    parts, of = (side[shapely.get_type_id(parts) == 3] for side in (parts, of))
    whole = np.full(len(shapes), shapely.MultiPolygon(), dtype=object)
    return shapely.multipolygons(parts, indices=of, out=whole)


def _placed(table: pa.Table, epsg: int, as_multi: bool) -> pa.Table:
    """The table with its shapes in the system, a chunk at a time."""
    at = table.schema.get_field_index(GEOMETRY)
    chunks = []
    for batch in table.to_batches(max_chunksize=_AT_ONCE):
        wkb = batch.column(at)
        if epsg == next(iter(SYSTEMS)):
            chunks.append(_multi_wkb(wkb) if as_multi else wkb)
            continue
        shapes = shapely.from_wkb(wkb.to_numpy(zero_copy_only=False))
        shapes = _in_system(_as_multi(shapes) if as_multi else shapes, epsg)
        chunks.append(pa.array(shapely.to_wkb(shapes), pa.binary()))
    return table.set_column(at, GEOMETRY, pa.chunked_array(chunks, pa.binary()))


def _multi_wkb(wkb: pa.Array) -> pa.Array:
    """Every shape as a MultiPolygon. A polygon becomes one by what is written before it, which
    needs no shape; most are polygons."""
    is_polygon = pc.and_(
        pc.starts_with(wkb, pattern=_POLYGON), pc.greater(pc.binary_length(wkb), _EMPTY_LENGTH)
    )
    joined = pc.binary_join_element_wise(_ONE_PART, wkb, b"")
    others = pc.invert(is_polygon)
    shapes = shapely.from_wkb(wkb.filter(others).to_numpy(zero_copy_only=False))
    return pc.replace_with_mask(
        joined, others, pa.array(shapely.to_wkb(_as_multi(shapes)), pa.binary())
    )


# ---- what is said beside -------------------------------------------------------------------------


def _stamp(export: PatchFile, epsg: int) -> dict[str, str]:
    return {**export.stamp, "坐标系": f"EPSG:{epsg} {SYSTEMS[epsg]}"}


def _field_table(fields: Sequence[Field]) -> pa.Table:
    return pa.table(
        {
            "字段": [f.name for f in fields],
            "短字段名": [f.short for f in fields],
            "类型": [TYPE_WORDS[f.kind] for f in fields],
            "说明": [f.note for f in fields],
        }
    )


# ---- GeoPackage ----------------------------------------------------------------------------------


def write_geopackage(export: PatchFile, path: Path, epsg: int) -> None:
    """Layers 图斑 and, where there are such patches, 图斑点位; tables 无图形图斑, 字段说明 and
    说明."""
    shaped, bare = _split(export)
    _write_layer(path, "GPKG", PATCHES, _placed(shaped, epsg, True), "MultiPolygon", epsg)
    if bare.num_rows:
        _write_layer(path, "GPKG", POINTS, _placed(bare, epsg, False), "Point", epsg)
    said = _stamp(export, epsg)
    stamp = pa.table({"项目": list(said), "内容": list(said.values())})
    for name, table in (
        (UNLOCATED, export.unlocated),
        ("字段说明", _field_table(export.fields)),
        ("说明", stamp),
    ):
        _write_layer(path, "GPKG", name, table, None, None)


def _write_layer(
    path: Path,
    driver: str,
    layer: str,
    table: pa.Table,
    geometry_type: str | None,
    epsg: int | None,
    encoding: str | None = None,
) -> None:
    pyogrio.write_arrow(
        table,
        path,
        layer=layer,
        driver=driver,
        geometry_name=GEOMETRY if geometry_type else None,
        geometry_type=geometry_type,
        crs=f"EPSG:{epsg}" if epsg else None,
        encoding=encoding,
    )


# ---- Shapefile -----------------------------------------------------------------------------------


def write_shapefile_zip(export: MapExport, path: Path, epsg: int) -> None:
    """图斑 (and 图斑点位) with .prj and .cpg, 无图形图斑.xlsx, 字段说明.txt, 说明.txt; and
    未写全的文本.txt where a text has no room in a .dbf."""
    shaped, bare = _split(export)
    texts = {
        "字段说明.txt": _field_text(export.fields),
        "说明.txt": stamp_lines(_stamp(export, epsg)),
    }
    with TemporaryDirectory() as folder:
        notes: list[str] = []
        for name, table, kind in ((PATCHES, shaped, "MultiPolygon"), (POINTS, bare, "Point")):
            if name == POINTS and not table.num_rows:
                continue
            placed = _placed(table, epsg, kind == "MultiPolygon")
            short, cut = _for_dbf(placed, export.fields)
            notes += cut
            target = Path(folder) / f"{name}.shp"
            # GDAL writes the shapes, beside the shortest column, whose table is then replaced
            shapes = placed.select(["工作年度", GEOMETRY]).rename_columns(["year", GEOMETRY])
            _write_layer(target, "ESRI Shapefile", name, shapes, kind, epsg, "GBK")
            write_dbf(target.with_suffix(".dbf"), short, export.question.as_of)
        if notes:
            head = "以下文本超过 .dbf 的 254 字节，或含 GBK 没有的字（以〓代替），全文如下。"
            texts["未写全的文本.txt"] = "\r\n".join([head, *notes]) + "\r\n"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
            for file in sorted(Path(folder).iterdir()):
                archive.write(file, file.name)
            for name, text in texts.items():
                archive.writestr(name, text.encode("utf-8-sig"))
            if export.unlocated.num_rows:
                archive.writestr(f"{UNLOCATED}.xlsx", _unlocated_workbook(export, epsg))


def _for_dbf(
    table: pa.Table, fields: Sequence[Field]
) -> tuple[dict[str, pa.ChunkedArray], list[str]]:
    """The columns under short names with texts that fit, and a line for each that did not."""
    notes: list[str] = []
    numbers = table["图斑编号"].to_pylist()
    columns: dict[str, pa.ChunkedArray] = {}
    for field in fields:
        column = table[field.name]
        if field.kind == "text":
            full = column.to_pylist()
            known = {text: fitting_dbf(text) for text in set(full) - {None}}
            cut = {text: fits for text, fits in known.items() if text != fits}
            if cut:
                notes += [
                    f"{number}\t{field.name}\t{text}"
                    for number, text in zip(numbers, full, strict=True)
                    if text in cut
                ]
                fitting = [cut.get(text, text) for text in full]
                column = pa.chunked_array([pa.array(fitting, pa.string())])
        columns[field.short] = column
    return columns, notes


def fitting_dbf(text: str) -> str:
    """As much of the text as a .dbf in GBK can hold, ending with … where there was more."""
    try:
        coded = text.encode("gbk")
    except UnicodeEncodeError:
        text = "".join(c if _in_gbk(c) else _NO_SUCH for c in text)
        coded = text.encode("gbk")
    if len(coded) <= _DBF_BYTES:
        return text
    return coded[: _DBF_BYTES - 2].decode("gbk", "ignore") + "…"


def _in_gbk(character: str) -> bool:
    try:
        character.encode("gbk")
    except UnicodeEncodeError:
        return False
    return True


def _field_text(fields: Sequence[Field]) -> str:
    lines = ["短字段名\t字段\t类型\t说明"]
    lines += [f"{f.short}\t{f.name}\t{TYPE_WORDS[f.kind]}\t{f.note}" for f in fields]
    return "\r\n".join(lines) + "\r\n"


_SHEET_FORMATS: dict[Kind, Format] = {
    "text": "text",
    "count": "count",
    "area": "area",
    "degrees": "number",
    "day": "date",
}


def _unlocated_workbook(export: MapExport, epsg: int) -> bytes:
    columns = [SheetColumn(f.name, _SHEET_FORMATS[f.kind]) for f in export.fields]
    rows = (
        list(row.values()) for batch in export.unlocated.to_batches() for row in batch.to_pylist()
    )
    return table_to_xlsx(UNLOCATED, columns, rows, _stamp(export, epsg))
