"""Small files of every container, made on the spot."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from data.upload.readers import ReadOptions

WEIHAI = (121.1, 36.6, 122.8, 37.7)
OPTIONS = ReadOptions(city_bounds=WEIHAI)


def squares(count: int = 3, epsg: int = 4490, size: float = 0.001) -> gpd.GeoDataFrame:
    """Squares east of 122.0°, 37.0°, a hundredth of a degree apart, with an id and a name."""
    boxes = [
        shapely.box(122.0 + 0.01 * i, 37.0, 122.0 + 0.01 * i + size, 37.0 + size)
        for i in range(count)
    ]
    frame = gpd.GeoDataFrame(
        {
            "TBBH": [f"37100200{i:03d}" for i in range(1, count + 1)],
            "XMC": ["环翠区"] * count,
            "JCMJ": [12.34] * count,
        },
        geometry=boxes,
        crs=4490,
    )
    return frame.to_crs(epsg)


def shapefile(
    folder: Path,
    frame: gpd.GeoDataFrame | None = None,
    encoding: str = "GB18030",
    name: str = "图斑",
) -> dict[str, bytes]:
    """The parts of a Shapefile: suffix → bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    (squares() if frame is None else frame).to_file(
        folder / f"{name}.shp", driver="ESRI Shapefile", encoding=encoding, engine="pyogrio"
    )
    return {p.suffix: p.read_bytes() for p in folder.iterdir() if p.stem == name}


def zipped(path: Path, members: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def zipped_shapefile(
    path: Path, parts: Mapping[str, bytes], without: tuple[str, ...] = (), stem: str = "图斑"
) -> Path:
    return zipped(path, {f"{stem}{s}": c for s, c in parts.items() if s not in without})


def projected(epsg: int, lon: float = 122.0, lat: float = 37.0) -> tuple[float, float]:
    """Easting, northing."""
    transformer = pyproj.Transformer.from_crs(4490, epsg, always_xy=True)
    x, y = transformer.transform(lon, lat)
    return float(x), float(y)


def geodesic_area(wkb: bytes) -> float:
    area, _ = pyproj.Geod(ellps="GRS80").geometry_area_perimeter(shapely.from_wkb(wkb))
    return abs(float(area))


def workbook(rows: Sequence[Sequence[object]], sheet: str = "图斑列表") -> bytes:
    return workbook_of({sheet: rows})


def workbook_of(sheets: Mapping[str, Sequence[Sequence[object]]]) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def points(count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    return rng.uniform(121.3, 122.6, count), rng.uniform(36.8, 37.5, count)
