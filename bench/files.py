"""Files of believable patches for the upload benchmarks: any number, on land, none overlapping."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.exports import SheetColumn, table_to_xlsx
from data.settings import PROJECT_DIR
from data.vocabulary import SIX_QUESTIONS, Domain, Legality, PatchType

BOUNDARIES = PROJECT_DIR / "data" / "store" / "seeds" / "boundaries.geojson"
YEAR = 2023
VERTICES = 12
#: Metres of a degree of latitude; of longitude at the city's latitude.
METRES_LAT, METRES_LON = 110_985.0, 88_700.0
M2_PER_MU = 2000 / 3
CRS_GEOGRAPHIC = "EPSG:4490"
CRS_PROJECTED = "EPSG:4529"  # 3-degree zone 41, eastings with the zone's number


def _centres(count: int, random: np.random.Generator) -> tuple[np.ndarray, float]:
    """`count` points on a jittered grid on land (n by 2, lon and lat) and the step in metres."""
    features = json.loads(BOUNDARIES.read_text("utf-8"))["features"]
    land = shapely.union_all([shapely.geometry.shape(f["geometry"]) for f in features])
    shapely.prepare(land)
    west, south, east, north = land.bounds
    land_m2 = land.area * METRES_LAT * METRES_LON
    step_m = float(np.sqrt(land_m2 / (count * 1.1)))
    while True:
        lon, lat = np.meshgrid(
            np.arange(west, east, step_m / METRES_LON), np.arange(south, north, step_m / METRES_LAT)
        )
        points = np.column_stack([lon.ravel(), lat.ravel()])
        points += random.uniform(-0.1, 0.1, points.shape) * step_m / METRES_LON
        points = points[shapely.contains_xy(land, points)]
        if len(points) >= count:
            return random.permutation(points)[:count], step_m
        step_m *= 0.97


def patches(count: int, seed: int = 1) -> gpd.GeoDataFrame:
    """Patches in EPSG:4490 with the ministry's short column names, areas in 亩."""
    random = np.random.default_rng(seed)
    centres, step_m = _centres(count, random)
    radius_m = random.uniform(0.15, 0.35, (count, 1)) * min(step_m, 200)
    angles = np.linspace(0, 2 * np.pi, VERTICES, endpoint=False)
    reach = radius_m * random.uniform(0.7, 1.0, (count, VERTICES))
    corners = np.empty((count, VERTICES, 2))
    corners[..., 0] = centres[:, :1] + reach * np.cos(angles) / METRES_LON
    corners[..., 1] = centres[:, 1:] + reach * np.sin(angles) / METRES_LAT
    shapes = shapely.polygons(corners)
    frame = gpd.GeoDataFrame(geometry=shapes, crs=CRS_GEOGRAPHIC)
    area_mu = _area_mu(frame)
    farmland = area_mu * random.choice([0, 0.3, 0.8, 1], count)
    types = [t.label for t in PatchType if t is not PatchType.MINERAL]
    days = pd.Timestamp(YEAR, 1, 1) + pd.to_timedelta(random.integers(0, 300, count), "D")
    columns = {
        "TBBH": [f"B{n:07d}" for n in range(1, count + 1)],
        "LY": Domain.LAND.label,
        "TBLX": random.choice(types, count),
        "XFRQ": days.strftime("%Y-%m-%d"),
        "ZL": [f"第{n % 900}号村东" for n in range(count)],
        "JCMJ": area_mu.round(4),
        "GDMJ": farmland.round(4),
        "JBNTMJ": (farmland * random.choice([0, 0, 0.5], count)).round(4),
        "HXMJ": 0.0,
    }
    return frame.assign(**columns)


def _area_mu(frame: gpd.GeoDataFrame) -> np.ndarray:
    """Areas by an equal-area projection: beside the ellipsoid's own they differ by nothing here."""
    square_metres: np.ndarray = frame.to_crs("EPSG:6933").geometry.area.to_numpy()
    return square_metres / M2_PER_MU


def write_geopackage(frame: gpd.GeoDataFrame, path: Path) -> Path:
    frame.to_file(path, driver="GPKG", layer="patches")
    return path


def write_gbk_shapefile(frame: gpd.GeoDataFrame, path: Path) -> Path:
    """A zipped Shapefile as offices send it: GBK, projected, no .cpg."""
    shape = path.with_suffix(".shp")
    frame.to_crs(CRS_PROJECTED).to_file(shape, driver="ESRI Shapefile", encoding="GBK")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for suffix in (".shp", ".shx", ".dbf", ".prj"):
            part = path.with_suffix(suffix)
            archive.write(part, part.name)
    for suffix in (".shp", ".shx", ".dbf", ".prj", ".cpg"):
        path.with_suffix(suffix).unlink(missing_ok=True)
    return path


def write_filegdb(frame: gpd.GeoDataFrame, path: Path) -> Path:
    """A zipped FileGDB as the ministry sends it. path: `name.gdb.zip`."""
    database = path.with_suffix("")
    shutil.rmtree(database, ignore_errors=True)
    frame.to_file(database, driver="OpenFileGDB", layer="patches")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(database.iterdir()):
            archive.write(part, f"{database.name}/{part.name}")
    shutil.rmtree(database)
    return path


def findings(frame: gpd.GeoDataFrame, seed: int = 2) -> pd.DataFrame:
    """A finding a patch, with the canonical headers; a twentieth is unlawful."""
    random = np.random.default_rng(seed)
    count = len(frame)
    unlawful = random.random(count) < 0.05
    judged = np.where(unlawful, Legality.UNLAWFUL.label, Legality.LAWFUL.label)
    reported = pd.to_datetime(frame["XFRQ"]) + pd.to_timedelta(random.integers(1, 30, count), "D")
    columns = {
        "图斑编号": frame["TBBH"],
        "地块序号": 1,
        "合法性判定": judged,
        "面积": frame["JCMJ"],
        "占用耕地面积": frame["GDMJ"],
        "占用永久基本农田面积": frame["JBNTMJ"],
        "占用生态保护红线面积": frame["HXMJ"],
        **dict.fromkeys(SIX_QUESTIONS.values(), "否"),
        "上报日期": reported.dt.strftime("%Y-%m-%d"),
    }
    return pd.DataFrame(columns)


def write_findings(frame: pd.DataFrame, path: Path) -> Path:
    """As .xlsx or .csv (UTF-8 with BOM), by the name."""
    if path.suffix == ".csv":
        frame.to_csv(path, index=False, encoding="utf-8-sig")
        return path
    columns = [SheetColumn(name) for name in frame.columns]
    path.write_bytes(table_to_xlsx("核查结果", columns, frame.to_numpy().tolist(), {}))
    return path
