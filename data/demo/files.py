"""Writing the demo's upload files as offices have them; the same seed, the same bytes."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import xlsxwriter

from data.vocabulary import PatchType, UploadKind

_STAMP = (2020, 1, 1, 0, 0, 0)
#: Headers cut for a .dbf's ten bytes; the aliases of upload-formats.md.
_SHORT = {
    "图斑编号": "TBBH",
    "领域": "LY",
    "图斑类型": "TBLX",
    "矿种": "KZ",
    "战略性矿种": "ZLXKZ",
    "下发日期": "XFRQ",
    "区市": "GLQ",
    "行政区": "XZQDM",
    "乡镇": "XZDM",
    "坐落": "ZL",
    "监测面积": "JCMJ",
    "占用耕地面积": "GDMJ",
    "占用永久基本农田面积": "YJJBNTMJ",
    "占用生态保护红线面积": "STBHHXMJ",
    "图斑来源": "TBLY",
}


@dataclass(frozen=True, slots=True)
class DemoFile:
    """One upload: options are UploadRequest's other arguments. district: of the clerk who sends it;
    None where the bureau does."""

    path: Path
    kind: UploadKind
    year: int | None
    options: dict[str, Any] = field(default_factory=dict)
    district: str | None = None


def patch_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """Patches under their canonical headers; zones named by 区市, others by their town or place."""
    labels = PatchType.labels()
    return pd.DataFrame(
        {
            "图斑编号": frame["patch_no"],
            "领域": frame["domain"].map({"land": "土地", "mineral": "矿产"}),
            "图斑类型": frame["patch_type"].map(labels),
            "矿种": frame["mineral"],
            "战略性矿种": frame["strategic"].map({True: "是", False: "否"}),
            "下发日期": [d.isoformat() for d in frame["issued_on"]],
            "区市": frame["moved_from"].where(frame["moved_from"].notna(), frame["district"]),
            "行政区": frame["county"],
            "乡镇": frame["town"],
            "坐落": frame["location"],
            "监测面积": frame["area_mu"],
            "占用耕地面积": frame["farmland_mu"],
            "占用永久基本农田面积": frame["basic_mu"],
            "占用生态保护红线面积": frame["redline_mu"],
            "图斑来源": frame["source"],
        }
    )


def _geo(frame: pd.DataFrame) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(patch_columns(frame), geometry=list(frame["geometry"]), crs="EPSG:4490")


def write_shapefile(frame: pd.DataFrame, path: Path, epsg: int) -> None:
    """A zipped Shapefile in GBK, as GIS staff send them."""
    layer = _geo(frame).to_crs(epsg).rename(columns=_SHORT)
    with TemporaryDirectory() as folder:
        stem = Path(folder) / path.stem
        pyogrio.write_dataframe(
            layer, stem.with_suffix(".shp"), driver="ESRI Shapefile", ENCODING="GBK"
        )
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in sorted(Path(folder).iterdir()):
                content = bytearray(part.read_bytes())
                if part.suffix == ".dbf":
                    content[1:4] = bytes((120, 1, 1))  # the day of writing
                archive.writestr(zipfile.ZipInfo(part.name, _STAMP), bytes(content))


def write_geojson(frame: pd.DataFrame, path: Path) -> None:
    pyogrio.write_dataframe(_geo(frame), path, driver="GeoJSON", COORDINATE_PRECISION=8)


def write_geopackage(frame: pd.DataFrame, path: Path) -> None:
    path.unlink(missing_ok=True)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2020-01-01T00:00:00.000Z"})
    pyogrio.write_dataframe(_geo(frame), path, layer=path.stem, driver="GPKG")


def write_workbook(frame: pd.DataFrame, path: Path, title: str | None = None) -> None:
    """An .xlsx; with a title above the header row where one is given, as exports have them."""
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": dt.datetime(2020, 1, 1)})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("Sheet1")
    first = 0
    if title:
        sheet.write_string(0, 0, title)
        first = 1
    for at, header in enumerate(frame.columns):
        sheet.write_string(first, at, str(header))
    columns = [frame[name].tolist() for name in frame.columns]
    for line, row in enumerate(zip(*columns, strict=True), start=first + 1):
        for at, value in enumerate(row):
            if value is None or value != value:
                continue
            if isinstance(value, dt.date):
                sheet.write_datetime(line, at, value, day)
            elif isinstance(value, str):
                sheet.write_string(line, at, value)
            else:
                sheet.write_number(line, at, value)
    book.close()


def write_csv(frame: pd.DataFrame, path: Path, encoding: str) -> None:
    frame.to_csv(path, index=False, encoding=encoding, lineterminator="\r\n")


def visible(frame: pd.DataFrame, without: Sequence[str] = ()) -> pd.DataFrame:
    """The frame without bookkeeping columns."""
    return frame[[c for c in frame.columns if not str(c).startswith("_") and c not in without]]
