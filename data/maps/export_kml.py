"""A map's patches as KML. GDAL would build it in memory whole, without a stamp: it is written here,
a column at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import pyarrow as pa
import shapely

from data.maps.export import (
    GEOMETRY,
    PATCHES,
    UNLOCATED,
    Field,
    Kind,
    PatchFile,
    stamp_lines,
)

_SYSTEM = "WGS 84 经纬度（与 CGCS2000 相差厘米级）"
_AT_ONCE = 5_000
#: Characters that XML 1.0 cannot hold.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_TYPES: dict[Kind, str] = {
    "text": "string",
    "count": "int",
    "area": "double",
    "degrees": "double",
    "day": "string",
}


def write_kml(export: PatchFile, path: Path) -> None:
    """Folders 图斑 and 无图形图斑 (placemarks without a shape), the stamp as the description."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(_kml(export))


def _kml(export: PatchFile) -> Iterator[str]:
    said = {**export.stamp, "坐标系": _SYSTEM}
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">\n'
    yield f"<Document>\n<name>{_xml(said.get('名称', PATCHES))}</name>\n"
    yield f"<description>{_xml(stamp_lines(said))}</description>\n"
    # KML writes colours as alpha, blue, green, red
    yield '<Style id="patch"><LineStyle><color>ff2b39c0</color><width>2</width></LineStyle>'
    yield "<PolyStyle><color>592b39c0</color></PolyStyle></Style>\n"
    yield '<Schema name="fields" id="fields">'
    for field in export.fields:
        kind = _TYPES[field.kind]
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
    names = map(_xml, batch.column("图斑编号").to_pylist())
    said = zip(*(_written(batch, field) for field in fields), strict=True)
    for name, values, drawn in zip(names, said, _drawn(batch), strict=True):
        yield (
            f"<Placemark><name>{name}</name><styleUrl>#patch</styleUrl>"
            f'<ExtendedData><SchemaData schemaUrl="#fields">{"".join(values)}</SchemaData>'
            f"</ExtendedData>{drawn}</Placemark>\n"
        )


def _written(batch: pa.RecordBatch, field: Field) -> list[str]:
    """The field of each placemark; nothing where it has no value."""
    before, after = f'<SimpleData name="{_xml(field.name)}">', "</SimpleData>"
    values = batch.column(field.name).to_pylist()
    if _TYPES[field.kind] == "double":  # seldom the same
        return ["" if value is None else f"{before}{value}{after}" for value in values]
    write = _xml if field.kind == "text" else str
    told = {value: f"{before}{write(value)}{after}" for value in set(values) - {None}}
    return [told.get(value, "") for value in values]


# ---- shapes --------------------------------------------------------------------------------------


def _drawn(batch: pa.RecordBatch) -> list[str]:
    """The shape of each placemark, its point where it has none, nothing where it has neither."""
    lon, lat = (batch.column(name).to_pylist() for name in ("经度", "纬度"))
    drawn = [
        "" if x is None else f"<Point><coordinates>{x:.8f},{y:.8f}</coordinates></Point>"
        for x, y in zip(lon, lat, strict=True)
    ]
    if GEOMETRY not in batch.schema.names:
        return drawn
    shapes = shapely.from_wkb(batch.column(GEOMETRY).to_numpy(zero_copy_only=False))
    shaped = np.flatnonzero(~shapely.is_missing(shapes))
    parts, of_shape = shapely.get_parts(shapes[shaped], return_index=True)
    is_polygon = shapely.get_type_id(parts) == 3
    polygons = _polygons(parts[is_polygon])
    ends = np.cumsum(np.bincount(of_shape[is_polygon], minlength=len(shaped))).tolist()
    for at, (start, end) in zip(shaped.tolist(), pairwise([0, *ends]), strict=True):
        drawn[at] = f"<MultiGeometry>{''.join(polygons[start:end])}</MultiGeometry>"
    return drawn


def _polygons(polygons: Any) -> list[str]:
    rings, of_polygon = shapely.get_rings(polygons, return_index=True)
    written = _rings(rings)
    ends = np.cumsum(np.bincount(of_polygon, minlength=len(polygons))).tolist()
    found = []
    for start, end in pairwise([0, *ends]):
        outer = f"<outerBoundaryIs>{written[start]}</outerBoundaryIs>"
        inner = (f"<innerBoundaryIs>{ring}</innerBoundaryIs>" for ring in written[start + 1 : end])
        found.append(f"<Polygon>{outer}{''.join(inner)}</Polygon>")
    return found


def _rings(rings: Any) -> list[str]:
    xy, of_ring = shapely.get_coordinates(rings, return_index=True)
    corners = ("%.8f,%.8f\n" * len(xy) % tuple(xy.ravel().tolist())).split()
    ends = np.cumsum(np.bincount(of_ring, minlength=len(rings))).tolist()
    return [
        f"<LinearRing><coordinates>{' '.join(corners[start:end])}</coordinates></LinearRing>"
        for start, end in pairwise([0, *ends])
    ]
