"""What every reader takes and gives: options in, tables of columns and geometry out."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data.errors import Issue

#: A file with more than this is refused with a sentence instead of running into the memory limit.
MAX_ROWS = 2_000_000
MAX_COLUMNS = 1_000
MAX_TABLES = 100
MAX_VERTICES = 60_000_000
#: Refused coordinates beyond this: no projected or geographic CRS has them, arithmetic overflows.
MAX_COORDINATE = 1e9
#: The hidden sheet of a returned workbook, and what its first cell says (data/upload/slip.py).
SLIP_SHEET = "退回信息_系统"
SLIP_MARK = "weipian-return-1"


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """crs: EPSG code the user gave, None to read or infer it. layer: name of the only layer or
    sheet wanted. city_bounds: west, south, east, north of the city in degrees. encoding: code page
    the user gave. file_name: the name the user knows the file by, where it is stored under another.
    """

    city_bounds: tuple[float, float, float, float]
    crs: int | None = None
    layer: str | None = None
    wants_geometry: bool = True
    encoding: str | None = None
    file_name: str | None = None


@dataclass(frozen=True, slots=True)
class CrsDecision:
    """epsg: the CRS the coordinates are taken in; 0 for a declared one without a code (then only
    `reason` names it). swapped: the file has northing (latitude) first. declared: code in the file.
    candidates: codes in which the coordinates lie in the city. reason: a Chinese sentence.
    """

    epsg: int
    source: str  # "declared" | "inferred" | "given"
    swapped: bool
    declared: int | None
    candidates: tuple[int, ...]
    reason: str


@dataclass(slots=True)
class Geometry:
    """One entry a row. wkb: bytes of a valid 2D Polygon, MultiPolygon or Point in EPSG:4490, or
    None. area_m2: on the CGCS2000 ellipsoid, nan for none, 0 for points. lon, lat: a point inside,
    degrees. bounds: n×4 of west, south, east, north. repaired: the file's own shape was invalid.
    """

    wkb: npt.NDArray[np.object_]
    area_m2: npt.NDArray[np.float64]
    lon: npt.NDArray[np.float64]
    lat: npt.NDArray[np.float64]
    bounds: npt.NDArray[np.float64]
    repaired: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.wkb)


#: Cells merged downwards: first and last row and the column, from 0.
Merged = tuple[int, int, int]


@dataclass(slots=True)
class SheetSays:
    """What a sheet says of its cells outside of them. area_unit: name of the AreaUnit of a line
    such as 单位：公顷. unclear_unit: the words of such a line that name no known unit, or several.
    column_units: header → name of the AreaUnit in a row of units or in the group above it. merged:
    header → first and last row, as the user counts, of the cells merged downwards: the first of
    them holds the value. days_late: what bare day numbers lack (a workbook counting from 1904).
    assumed: headers whose unit in brackets the reader put there; another may be given.
    """

    area_unit: str | None = None
    unclear_unit: str | None = None
    column_units: dict[str, str] = field(default_factory=dict)
    merged: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    days_late: int = 0
    assumed: list[str] = field(default_factory=list)


@dataclass(slots=True)
class RawTable:
    """A layer or sheet. columns: headers as written; text cells stripped, empty ones null; Excel
    and CSV cells are all text. row_numbers: as the user counts (sheet rows; layers from 1).
    unreadable: features that are there but carry no usable shape, by row number.
    """

    name: str
    columns: pa.Table
    row_numbers: npt.NDArray[np.int64]
    geometry: Geometry | None = None
    crs: CrsDecision | None = None
    unreadable: list[Issue] = field(default_factory=list)
    says: SheetSays = field(default_factory=SheetSays)


@dataclass(slots=True)
class ReadResult:
    """container: "shapefile", "geopackage", "filegdb", "geojson", "kml", "excel", "csv" or
    "survey". notes: Chinese sentences on what the reader decided, for the preview. slip: what a
    returned workbook carries of itself, as text that nobody has checked.
    """

    tables: list[RawTable]
    container: str
    notes: list[str] = field(default_factory=list)
    slip: str = ""
