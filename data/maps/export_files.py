"""A map's patches as GeoPackage, zipped Shapefile in GBK, and KML, each with a stamp of its own.

GeoPackage and Shapefile are written by GDAL. KML, which GDAL would build in memory whole and
without a stamp, is written here.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyogrio
import pyproj
import shapely

from data.errors import SupervisionError
from data.exports import Format, SheetColumn, table_to_xlsx
from data.maps.export import GEOMETRY, TYPE_WORDS, Field, Kind, MapExport

#: EPSG code → its name; the stored one first.
SYSTEMS = {4490: "CGCS2000 经纬度", 4529: "CGCS2000 三度带41带（中央经线123°）"}
PATCHES, POINTS, UNLOCATED = "图斑", "图斑点位", "无图形图斑"
#: What one text of a .dbf can hold.
_DBF_BYTES = 254
#: In place of a character that GBK does not have; the note has the true one.
_NO_SUCH = "〓"
_AT_ONCE = 5_000


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
    if epsg == 4490:
        return shapes
    to = pyproj.Transformer.from_crs(4490, epsg, always_xy=True)
    return shapely.transform(shapes, lambda xy: np.column_stack(to.transform(xy[:, 0], xy[:, 1])))


def _split(export: MapExport) -> tuple[pa.Table, pa.Table]:
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
        shapes = shapely.from_wkb(np.array(batch.column(at).to_pylist(), dtype=object))
        shapes = _in_system(_as_multi(shapes) if as_multi else shapes, epsg)
        chunks.append(pa.array(shapely.to_wkb(shapes).tolist(), pa.binary()))
    return table.set_column(at, GEOMETRY, pa.chunked_array(chunks, pa.binary()))


# ---- what is said beside -------------------------------------------------------------------------


def _stamp(export: MapExport, epsg: int | None) -> dict[str, str]:
    system = "WGS 84 经纬度（与 CGCS2000 相差厘米级）" if epsg is None else f"EPSG:{epsg} "
    return {**export.stamp, "坐标系": system if epsg is None else system + SYSTEMS[epsg]}


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


def write_geopackage(export: MapExport, path: Path, epsg: int) -> None:
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
    texts = {"字段说明.txt": _field_text(export.fields), "说明.txt": _lines(_stamp(export, epsg))}
    with TemporaryDirectory() as folder:
        notes: list[str] = []
        for name, table, kind in ((PATCHES, shaped, "MultiPolygon"), (POINTS, bare, "Point")):
            if name == POINTS and not table.num_rows:
                continue
            placed = _placed(table, epsg, kind == "MultiPolygon")
            short, cut = _for_dbf(placed, export.fields)
            notes += cut
            target = Path(folder) / f"{name}.shp"
            _write_layer(target, "ESRI Shapefile", name, short, kind, epsg, "GBK")
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


def _for_dbf(table: pa.Table, fields: Sequence[Field]) -> tuple[pa.Table, list[str]]:
    """The table under short names with texts that fit, and a line for each that did not."""
    notes: list[str] = []
    numbers = table["图斑编号"].to_pylist()
    columns: dict[str, Any] = {}
    for field in fields:
        column = table[field.name]
        if field.kind == "text":
            full = column.to_pylist()
            known = {text: fitting_dbf(text) for text in set(full) - {None}} | {None: None}
            fitting = [known[text] for text in full]
            for number, text, fits in zip(numbers, full, fitting, strict=True):
                if text != fits:
                    notes.append(f"{number}\t{field.name}\t{text}")
            column = pa.array(fitting, pa.string())
        columns[field.short] = column
    return pa.table({**columns, GEOMETRY: table[GEOMETRY]}), notes


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


def _lines(said: Mapping[str, str]) -> str:
    return "".join(f"{name}：{text}\r\n" for name, text in said.items())


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


# ---- KML -----------------------------------------------------------------------------------------

#: Characters that XML 1.0 cannot hold.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_KML_TYPES: dict[Kind, str] = {
    "text": "string",
    "count": "int",
    "area": "double",
    "degrees": "double",
    "day": "string",
}


def write_kml(export: MapExport, path: Path) -> None:
    """Folders 图斑 and 无图形图斑 (placemarks without a shape), the stamp as the description."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(_kml(export))


def _kml(export: MapExport) -> Iterator[str]:
    said = _stamp(export, None)
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">\n'
    yield f"<Document>\n<name>{_xml(said.get('名称', PATCHES))}</name>\n"
    yield f"<description>{_xml(_lines(said))}</description>\n"
    # KML writes colours as alpha, blue, green, red
    yield '<Style id="patch"><LineStyle><color>ff2b39c0</color><width>2</width></LineStyle>'
    yield "<PolyStyle><color>592b39c0</color></PolyStyle></Style>\n"
    yield '<Schema name="fields" id="fields">'
    for field in export.fields:
        kind = _KML_TYPES[field.kind]
        yield f'<SimpleField type="{kind}" name="{_xml(field.name)}"/>'
    yield "</Schema>\n"
    for name, table in ((PATCHES, export.located), (UNLOCATED, export.unlocated)):
        if name == UNLOCATED and not table.num_rows:
            continue
        yield f"<Folder><name>{name}</name>\n"
        for batch in table.to_batches(max_chunksize=_AT_ONCE):
            yield from _placemarks(batch, export.fields)
        yield "</Folder>\n"
    yield "</Document>\n</kml>\n"


def _xml(value: Any) -> str:
    return escape(_NOT_XML.sub(" ", str(value)), {'"': "&quot;"})


def _placemarks(batch: pa.RecordBatch, fields: Sequence[Field]) -> Iterator[str]:
    columns = batch.to_pydict()
    wkb = columns.get(GEOMETRY) or [None] * batch.num_rows
    shapes = shapely.from_wkb(np.array(wkb, dtype=object))
    data = []
    for field in fields:
        before = f'<SimpleData name="{_xml(field.name)}">'
        write = _xml if field.kind == "text" else str
        data.append(
            [
                "" if value is None else f"{before}{write(value)}</SimpleData>"
                for value in columns[field.name]
            ]
        )
    for number, lon, lat, shape, said in zip(
        columns["图斑编号"],
        columns["经度"],
        columns["纬度"],
        shapes,
        zip(*data, strict=True),
        strict=True,
    ):
        drawn = ""
        if shape is not None:
            drawn = _kml_shape(shape)
        elif lon is not None:
            drawn = f"<Point><coordinates>{lon:.8f},{lat:.8f}</coordinates></Point>"
        yield (
            f"<Placemark><name>{_xml(number)}</name><styleUrl>#patch</styleUrl>"
            f'<ExtendedData><SchemaData schemaUrl="#fields">{"".join(said)}</SchemaData>'
            f"</ExtendedData>{drawn}</Placemark>\n"
        )


def _kml_shape(shape: Any) -> str:
    polygons = "".join(
        _kml_polygon(p) for p in shapely.get_parts(shape) if p.geom_type == "Polygon"
    )
    return f"<MultiGeometry>{polygons}</MultiGeometry>"


def _kml_polygon(polygon: Any) -> str:
    inner = "".join(f"<innerBoundaryIs>{_kml_ring(r)}</innerBoundaryIs>" for r in polygon.interiors)
    outer = f"<outerBoundaryIs>{_kml_ring(polygon.exterior)}</outerBoundaryIs>"
    return f"<Polygon>{outer}{inner}</Polygon>"


def _kml_ring(ring: Any) -> str:
    corners = " ".join(f"{x:.8f},{y:.8f}" for x, y in shapely.get_coordinates(ring).tolist())
    return f"<LinearRing><coordinates>{corners}</coordinates></LinearRing>"
