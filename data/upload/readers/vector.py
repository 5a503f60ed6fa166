"""GeoPackage, FileGDB and GeoJSON through GDAL, each with its one named driver.

In the sandbox's child GDAL is loaded with every other driver switched off; elsewhere the driver
that opened the file is checked. Reads go in pieces, straight into Arrow; where a piece cannot be
read as a whole (TIN, broken shape), it is halved down to the features that can, and the rest become
unreadable.
"""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from data.errors import Issue, UploadRefused
from data.upload import crs
from data.upload.readers.attribute_columns import tidied
from data.upload.readers.base import MAX_COLUMNS, MAX_ROWS, MAX_TABLES, RawTable, ReadOptions
from data.upload.readers.gdal import pyogrio_for
from data.upload.readers.geojson import plain_geojson
from data.upload.readers.geometry import BROKEN, Shapes, centres, finish, from_wkb, wkb_types
from data.upload.readers.geopackage import with_odd_cells, without_views

GEOPACKAGE, FILEGDB, GEOJSON = "GPKG", "OpenFileGDB", "GeoJSON"
_CURVED = (8, 9, 10, 11, 12)
_PIECE = 100_000
_LINES = re.compile(r"line|curve$|compoundcurve", re.IGNORECASE)
_LABELS = {GEOPACKAGE: "GeoPackage", FILEGDB: "FileGDB", GEOJSON: "GeoJSON"}


def read_vector(
    path: Path, driver: str, name: str, options: ReadOptions, notes: list[str], folder: Path
) -> list[RawTable]:
    """The layers with rows. folder: private, for a copy in UTF-8. Raises UploadRefused."""
    if driver == GEOPACKAGE:
        path = without_views(path, folder)
    if driver == GEOJSON:
        path = plain_geojson(path, options, folder, notes)
    pyogrio = pyogrio_for(driver)
    warnings.filterwarnings("ignore", message="Measured")  # heights and measures are dropped
    errors = (
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        RuntimeError,
        UnicodeDecodeError,  # names of layers and columns
    )
    try:
        layers = [str(row[0]) for row in pyogrio.list_layers(path)]
    except errors as error:
        raise UploadRefused(f"{_LABELS[driver]} 已损坏或格式不对，请从原软件重新导出。") from error
    if options.layer is not None and driver != GEOJSON:
        if options.layer not in layers:
            raise UploadRefused(
                f"没有名为“{options.layer}”的图层。文件中有：{'、'.join(layers[:20])}。"
            )
        layers = [options.layer]
    if len(layers) > MAX_TABLES:
        raise UploadRefused(f"文件有 {len(layers)} 个图层，请只导出需要的图层。")
    tables: list[RawTable] = []
    refusals: list[UploadRefused] = []
    for layer in layers:
        shown = name if driver == GEOJSON else layer
        try:
            table = _read_layer(pyogrio, path, driver, layer, shown, options, notes)
        except UploadRefused as refusal:
            refusals.append(refusal)
            continue
        except MemoryError:
            raise  # Arrow's counts as an ArrowException, but is not the file's fault
        except (*errors, pa.ArrowException):
            refusals.append(UploadRefused(f"图层“{shown}”已损坏，无法读取，请从原软件重新导出。"))
            continue
        if table is not None:
            tables.append(table)
    if not tables and refusals:
        raise refusals[0]
    notes += [f"已跳过图层：{refusal.message}" for refusal in refusals]
    if not tables:
        raise UploadRefused("文件中没有可用的图层：需要至少有一条记录的面（或点）图层或表格。")
    return tables


def _read_layer(
    pyogrio: Any,
    path: Path,
    driver: str,
    layer: str,
    shown: str,
    options: ReadOptions,
    notes: list[str],
) -> RawTable | None:
    info = pyogrio.read_info(path, layer=layer, force_feature_count=True)
    if info["driver"] != driver:
        raise UploadRefused("文件内容与扩展名不符，未读取。请从原软件重新导出。")
    kind = str(info["geometry_type"] or "")
    if _LINES.search(kind) and "polygon" not in kind.lower():
        notes.append(f"图层“{shown}”是线图层，已跳过。")
        return None
    count = int(info["features"])
    if count == 0:
        notes.append(f"图层“{shown}”没有记录，已跳过。")
        return None
    if count > MAX_ROWS:
        raise UploadRefused(f"图层“{shown}”超过 {MAX_ROWS:,} 个图斑，请拆分后分次上传。")
    if len(info["fields"]) > MAX_COLUMNS:
        raise UploadRefused(f"图层“{shown}”超过 {MAX_COLUMNS} 列，请删除不需要的列。")
    has_shapes = bool(kind) and options.wants_geometry
    # dates stay text: GDAL would make 3 March of 31 February
    as_text = {"DATE_AS_STRING": "YES"} if driver == GEOJSON else {}
    reader = _Pieces(pyogrio, path, layer, has_shapes, as_text)
    columns, wkb, broken = reader.all(count)
    if not columns.num_rows and not len(wkb):
        notes.append(f"图层“{shown}”没有记录，已跳过。")
        return None
    if driver == GEOPACKAGE:
        columns = with_odd_cells(path, layer, columns)
    numbers = np.arange(1, columns.num_rows + 1, dtype=np.int64)
    attributes, faults = tidied(columns, shown, notes)
    table = RawTable(shown, attributes, numbers)
    lost = [Issue(row + 1, None, sentence, shown) for row, sentence in sorted(faults.items())]
    if not has_shapes:
        table.unreadable = [*lost, *(Issue(i + 1, None, BROKEN, shown) for i in broken)]
        return table
    wkb = _linear(pyogrio, path, layer, wkb)
    sample = wkb.take(pa.array(np.arange(0, len(wkb), max(1, len(wkb) // 2000))))
    shapes, _ = from_wkb(_objects(sample))
    x, y = centres(shapes)
    located = crs.decide(x, y, options, crs.declared_system(info["crs"]))
    table.crs = located.decision

    def build(start: int, end: int) -> tuple[Shapes, dict[int, str]]:
        shapes, problems = from_wkb(_objects(wkb.slice(start, end - start)))
        problems.update({i - start: BROKEN for i in broken if start <= i < end})
        return shapes, problems

    project = None if located.is_lonlat else located.to_lonlat
    table.geometry, unreadable = finish(build, numbers, project, shown)
    table.unreadable = [*lost, *unreadable]
    return table


class _Pieces:
    """A layer in pieces. A piece that fails is halved; a single feature that fails is broken."""

    def __init__(
        self,
        pyogrio: Any,
        path: Path,
        layer: str,
        has_shapes: bool,
        open_options: dict[str, str],
    ) -> None:
        self._open_options = open_options
        self._raw = pyogrio.raw
        raised = pyogrio.errors
        self._errors = (
            *(raised.DataSourceError, raised.DataLayerError, raised.FeatureError),
            *(raised.GeometryError, RuntimeError, ValueError, pa.ArrowException),
        )
        self._path, self._layer, self._has_shapes = path, layer, has_shapes
        self._broken: list[int] = []
        self._failures = 0

    def all(self, count: int) -> tuple[pa.Table, pa.ChunkedArray, list[int]]:
        parts: list[pa.Table] = []
        try:  # one pass while all is well: skipping features costs a scan in most drivers
            parts = [self._arrow(0, None)]
        except MemoryError:
            raise
        except self._errors:
            for start in range(0, count, _PIECE):
                self._read(start, min(_PIECE, count - start), parts)
        if not parts:
            raise UploadRefused(f"图层“{self._layer}”的图形全部无法读取，请从原软件重新导出。")
        table = pa.concat_tables(parts, promote_options="permissive")
        if "__wkb" not in table.column_names:
            return table, pa.chunked_array([], pa.binary()), self._broken
        wkb = table["__wkb"]
        return table.drop_columns(["__wkb"]), wkb, self._broken

    def _read(self, start: int, count: int, parts: list[pa.Table]) -> None:
        try:
            parts.append(self._arrow(start, count))
        except MemoryError:
            raise
        except self._errors:
            self._failures += 1
            if self._failures > 5_000:
                raise UploadRefused(
                    f"图层“{self._layer}”中无法读取的图形过多，请从原软件修复后重新导出。"
                ) from None
            if count > 1:
                half = count // 2
                self._read(start, half, parts)
                self._read(start + half, count - half, parts)
                return
            self._broken.append(start)
            parts.append(self._arrow(start, 1, shapes=False))

    def _arrow(self, start: int, count: int | None, shapes: bool = True) -> pa.Table:
        shapes = shapes and self._has_shapes
        meta, table = self._raw.read_arrow(
            self._path,
            layer=self._layer,
            read_geometry=shapes,
            skip_features=start,
            max_features=count,
            force_2d=False,
            **self._open_options,
        )
        if not shapes:
            return table
        return table.rename_columns(
            ["__wkb" if n == _geometry_column(meta, table) else n for n in table.column_names]
        )


def _geometry_column(meta: dict[str, Any], table: pa.Table) -> str:
    named = str(meta.get("geometry_name") or "")
    return named if named in table.column_names else "wkb_geometry"


def _linear(pyogrio: Any, path: Path, layer: str, wkb: pa.ChunkedArray) -> pa.ChunkedArray:
    """Arcs as many short lines: pyogrio does that only when it does not read into Arrow."""
    if not len(wkb):
        return wkb
    types = np.concatenate([wkb_types(_objects(pa.chunked_array([c]))) for c in wkb.chunks])
    if not np.isin(types, _CURVED).any():
        return wkb
    shapes = pyogrio.raw.read(path, layer=layer, columns=[])[2]
    if len(shapes) != len(wkb):
        return wkb
    return pa.chunked_array([pa.array(shapes, pa.binary())])


def _objects(wkb: pa.ChunkedArray) -> Shapes:
    plain = wkb.cast(pa.large_binary())
    return np.asarray(plain.to_numpy(zero_copy_only=False), dtype=object)
