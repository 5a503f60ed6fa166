"""What leaves the map is what it shows, in formats that GDAL, and so QGIS, reads."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pyogrio
import pytest
import shapely

from data.maps import export as export_module
from data.maps.cube import map_cube
from data.maps.export import MapExport, TooMany, fields_of, map_export
from data.maps.export_files import (
    BadSystem,
    fitting_dbf,
    read_system,
    write_geopackage,
    write_shapefile_zip,
)
from data.maps.export_kml import write_kml
from data.maps.measures import MAP_MEASURES
from data.maps.points import points, totals
from data.maps.question import MapQuestion
from data.maps.selection import Selection, read_outline
from data.scope import Scope
from data.store.engine import Store
from tests.data.maps.worlds import small_year
from tests.data.store.queries.stored import WENDENG, put_parcel, put_patch, summarise

DAY = date(2023, 8, 1)
VALUE = "地图数值_未消除违法占用耕地_亩"
LONG = "很长的坐落" * 60
STAMP = {"名称": "未消除违法占用耕地", "基准日": "2023-08-01", "说明": "演示数据，非真实情况"}


def question(**more: Any) -> MapQuestion:
    return MapQuestion(2023, DAY, **more)


def taken(
    store: Store,
    q: MapQuestion | None = None,
    selection: Selection | None = None,
    scope: Scope | None = None,
) -> MapExport:
    cube = map_cube(store, 2023)
    with store.read() as conn:
        return map_export(conn, cube, scope or Scope.all(), q or question(), selection, STAMP)


def with_hard_texts(store: Store) -> None:
    """The small year; a place name longer than a .dbf has room for, one with a character that GBK
    lacks, and one that looks like a formula; a patch of which only a point is known."""
    small_year(store)
    with store.write() as conn:
        at = put_patch(conn, "=L1", location=LONG, lon=122.3, lat=37.3)
        put_parcel(conn, at, farmland_mu=0.1 + 0.2)
        at = put_patch(conn, "L2", location="𠮷村<&>\"'", lon=122.31, lat=37.3, geom=None)
        put_parcel(conn, at, farmland_mu=1.0)
        summarise(conn)


def rows_of(path: Path, layer: str) -> list[dict[str, Any]]:
    _, table = pyogrio.read_arrow(path, layer=layer)
    found: list[dict[str, Any]] = table.to_pylist()
    return found


def unpacked(path: Path, folder: Path) -> Path:
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    return folder


def test_a_geopackage_has_the_patches_and_the_sum_of_the_map(store: Store, tmp_path: Path) -> None:
    small_year(store)
    path = tmp_path / "map.gpkg"
    write_geopackage(taken(store), path, 4490)
    rows = rows_of(path, "图斑")
    shown = points(map_cube(store, 2023), Scope.all(), question(), None)
    assert len(rows) == len(shown) == 2
    assert sum(row[VALUE] for row in rows) == question().what.number(shown.total) == 7.0
    (b1,) = (row for row in rows if row["图斑编号"] == "B1")
    assert (b1["区市"], b1["区市代码"], b1["合法性"], b1["合法性代码"]) == (
        "文登区",
        WENDENG,
        "违法",
        "unlawful",
    )
    assert (b1["下发日期"], b1["到期日"]) == (date(2023, 5, 8), date(2023, 5, 24))
    assert (b1["监测面积亩"], b1["未消除违法占用耕地亩"], b1["是否逾期"]) == (10.0, 4.0, "否")
    info = pyogrio.read_info(path, layer="图斑")
    assert (info["crs"], info["geometry_type"]) == ("EPSG:4490", "MultiPolygon")
    shape = shapely.from_wkb(b1["geom"])
    assert shape.bounds == pytest.approx((121.999, 37.099, 122.001, 37.101), abs=1e-12)


def test_patches_without_a_position_are_listed_and_the_file_says_whence_it_is(
    store: Store, tmp_path: Path
) -> None:
    small_year(store)
    path = tmp_path / "map.gpkg"
    export = taken(store, selection=Selection((121.0, 36.0, 122.05, 38.0)))
    write_geopackage(export, path, 4490)
    assert [row["图斑编号"] for row in rows_of(path, "图斑")] == ["B1"]
    assert [(row["图斑编号"], row[VALUE]) for row in rows_of(path, "无图形图斑")] == [("N1", 5.0)]
    said = {row["项目"]: row["内容"] for row in rows_of(path, "说明")}
    assert said["说明"] == "演示数据，非真实情况"
    assert said["图上图斑"] == "1个，合计4.00亩"
    assert said["无图形图斑"] == "1个，合计5.00亩，不知位置，未按范围筛选"
    assert said["坐标系"] == "EPSG:4490 CGCS2000 经纬度"
    assert {row["字段"]: row["短字段名"] for row in rows_of(path, "字段说明")}[VALUE] == "地图数值"


def test_located_and_unlocated_together_are_the_figure(store: Store) -> None:
    small_year(store)
    for key in ("remaining_farmland_mu", "unlawful_mu", "overdue", "patches"):
        export = taken(store, question(measure=key))
        name = export.fields[[f.short for f in export.fields].index("地图数值")].name
        whole = totals(map_cube(store, 2023), Scope.all(), question(measure=key))
        both = [*export.located[name].to_pylist(), *export.unlocated[name].to_pylist()]
        assert sum(both) == MAP_MEASURES[key].number(whole.value)


def test_a_shapefile_is_read_back_in_gbk_and_in_the_zone(
    sqlite_store: Store, tmp_path: Path
) -> None:
    small_year(sqlite_store)
    path = tmp_path / "map.zip"
    write_shapefile_zip(taken(sqlite_store), path, 4529)
    folder = unpacked(path, tmp_path / "out")
    assert (folder / "图斑.cpg").read_text() == "GBK"
    assert "CGCS2000_3_Degree_GK_Zone_41" in (folder / "图斑.prj").read_text()
    meta, table = pyogrio.read_arrow(folder / "图斑.shp")
    rows = {row["图斑编号"]: row for row in table.to_pylist()}
    assert meta["crs"] == "EPSG:4529"
    assert sum(row["地图数值"] for row in rows.values()) == 7.0
    assert (rows["B1"]["区市"], rows["B1"]["到期日"]) == ("文登区", date(2023, 5, 24))
    middle = shapely.from_wkb(rows["B1"]["wkb_geometry"]).centroid
    # 122° E, 37.1° N, by the series of the Gauss–Krüger projection on paper; 41 is the zone
    assert (middle.x, middle.y) == pytest.approx((41_411_103, 4_108_077), abs=3)
    sheet = openpyxl.load_workbook(folder / "无图形图斑.xlsx").worksheets[0]
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == ["N1"]
    assert "地图数值\t地图数值_未消除违法占用耕地_亩" in (folder / "字段说明.txt").read_text(
        "utf-8-sig"
    )
    assert "说明：演示数据，非真实情况" in (folder / "说明.txt").read_text("utf-8-sig")


def test_what_has_no_room_in_a_dbf_stands_whole_in_a_note_and_in_the_geopackage(
    sqlite_store: Store, tmp_path: Path
) -> None:
    with_hard_texts(sqlite_store)
    export = taken(sqlite_store)
    path = tmp_path / "map.zip"
    write_shapefile_zip(export, path, 4490)
    folder = unpacked(path, tmp_path / "out")
    _, table = pyogrio.read_arrow(folder / "图斑.shp")
    places = {row["图斑编号"]: row["坐落"] for row in table.to_pylist()}
    assert places["=L1"] == LONG[:126] + "…"
    _, table = pyogrio.read_arrow(folder / "图斑点位.shp")
    assert [row["坐落"] for row in table.to_pylist()] == ["〓村<&>\"'"]
    note = (folder / "未写全的文本.txt").read_text("utf-8-sig")
    assert f"=L1\t坐落\t{LONG}\n" in note
    assert "L2\t坐落\t𠮷村<&>\"'\n" in note
    write_geopackage(export, tmp_path / "map.gpkg", 4490)
    whole = rows_of(tmp_path / "map.gpkg", "图斑") + rows_of(tmp_path / "map.gpkg", "图斑点位")
    assert {row["坐落"] for row in whole} >= {LONG, "𠮷村<&>\"'"}
    assert sum(row[VALUE] for row in whole) == 7.0 + (0.1 + 0.2) + 1.0


def test_a_kml_is_read_back_with_its_texts_and_names_the_unlocated(
    sqlite_store: Store, tmp_path: Path
) -> None:
    with_hard_texts(sqlite_store)
    path = tmp_path / "map.kml"
    write_kml(taken(sqlite_store), path)
    assert [name for name, _ in pyogrio.list_layers(path)] == ["图斑", "无图形图斑"]
    meta, table = pyogrio.read_arrow(path, layer="图斑")
    rows = {row["Name"]: row for row in table.to_pylist()}
    assert meta["crs"] == "EPSG:4326"
    assert set(rows) == {"A2", "B1", "=L1", "L2"}
    assert rows["L2"]["坐落"] == "𠮷村<&>\"'"
    assert sum(row[VALUE] for row in rows.values()) == pytest.approx(8.3, abs=1e-12)
    types = {k: shapely.from_wkb(row["wkb_geometry"]).geom_type for k, row in rows.items()}
    assert types == {
        "A2": "MultiPolygon",
        "B1": "MultiPolygon",
        "=L1": "MultiPolygon",
        "L2": "Point",
    }
    assert "演示数据，非真实情况" in path.read_text("utf-8")


def test_a_reader_of_one_district_takes_only_its_patches_along(
    sqlite_store: Store, tmp_path: Path
) -> None:
    small_year(sqlite_store)
    export = taken(sqlite_store, scope=Scope(frozenset({WENDENG})))
    assert export.located["图斑编号"].to_pylist() == ["B1"]
    assert export.unlocated.num_rows == 0


def test_an_outline_takes_what_lies_in_it(sqlite_store: Store) -> None:
    small_year(sqlite_store)
    outline = read_outline("122.05,37.3;122.2,37.3;122.1,37.6")
    assert taken(sqlite_store, selection=outline).located["图斑编号"].to_pylist() == ["A2"]


def test_nothing_to_take_along_is_an_empty_file_that_says_so(
    sqlite_store: Store, tmp_path: Path
) -> None:
    export = taken(sqlite_store)
    for write, name in ((write_geopackage, "a.gpkg"), (write_shapefile_zip, "a.zip")):
        write(export, tmp_path / name, 4529)
    write_kml(export, tmp_path / "a.kml")
    assert pyogrio.read_info(tmp_path / "a.gpkg", layer="图斑")["features"] == 0
    said = {row["项目"]: row["内容"] for row in rows_of(tmp_path / "a.gpkg", "说明")}
    assert said["图上图斑"] == "0个，合计0.00亩"
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert "图斑.shp" in archive.namelist()


def test_no_two_columns_of_a_dbf_become_one() -> None:
    for key in MAP_MEASURES:
        for q in (question(measure=key), question(measure=key, against_on=date(2023, 6, 1))):
            fields = fields_of(q, {})
            assert len({f.name for f in fields}) == len({f.short for f in fields}) == len(fields)
            assert [f.short for f in fields if len(f.short.encode("gbk")) > 10] == []


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("短", "短"),
        ("中" * 127, "中" * 127),
        ("中" * 128, "中" * 126 + "…"),
        ("a" + "中" * 127, "a" + "中" * 125 + "…"),
        ("a" * 255, "a" * 252 + "…"),
    ],
)
def test_a_text_is_cut_between_characters(text: str, fits: str) -> None:
    assert fitting_dbf(text) == fits
    assert len(fits.encode("gbk")) <= 254


def test_too_many_patches_are_refused_with_what_to_do(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_year(sqlite_store)
    monkeypatch.setattr(export_module, "MOST_PATCHES", 2)
    with pytest.raises(TooMany, match="有3个图斑，一次最多导出2个"):
        taken(sqlite_store)


def test_a_system_that_is_not_offered_is_refused() -> None:
    assert (read_system(""), read_system("4529")) == (4490, 4529)
    with pytest.raises(BadSystem, match="4529"):
        read_system("3857")
