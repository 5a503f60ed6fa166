"""GeoPackage, FileGDB, GeoJSON, KML and survey text."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from data.errors import UploadRefused
from data.upload.readers import RawTable, ReadOptions, read_file
from tests.data.upload.readers.files import OPTIONS, projected, squares, zipped


def _only(path: Path, options: ReadOptions = OPTIONS) -> RawTable:
    (table,) = read_file(path, options).tables
    return table


def _gpkg(path: Path, epsg: int = 4528) -> Path:
    squares(epsg=epsg).to_file(path, driver="GPKG", layer="图斑", engine="pyogrio")
    return path


def _sql(path: Path, script: str) -> Path:
    with closing(sqlite3.connect(path)) as db:
        db.executescript(script)
    return path


def _assert_squares(table: RawTable) -> None:
    assert table.columns["TBBH"].to_pylist() == ["37100200001", "37100200002", "37100200003"]
    assert table.geometry is not None
    assert table.geometry.bounds[1] == pytest.approx([122.01, 37.0, 122.011, 37.001], abs=1e-7)
    assert not table.unreadable


@pytest.mark.parametrize("epsg", [4490, 4528, 4550, 4326])
def test_a_geopackage_is_read_in_the_system_it_declares(tmp_path: Path, epsg: int) -> None:
    table = _only(_gpkg(tmp_path / "a.gpkg", epsg))
    _assert_squares(table)
    assert table.name == "图斑"
    assert table.crs is not None
    assert (table.crs.epsg, table.crs.source) == (epsg, "declared")


@pytest.mark.parametrize("epsg", [4490, 4528])
def test_heights_in_a_geopackage_are_dropped(tmp_path: Path, epsg: int) -> None:
    high = squares(epsg=epsg)
    high.geometry = shapely.force_3d(high.geometry.to_numpy(), 7.0)
    high.to_file(tmp_path / "a.gpkg", driver="GPKG", layer="图斑", engine="pyogrio")
    table = _only(tmp_path / "a.gpkg")
    _assert_squares(table)
    assert table.geometry is not None
    assert not shapely.has_z(shapely.from_wkb(table.geometry.wkb)).any()


@pytest.mark.parametrize(
    "script",
    [
        # a view in place of the layer
        'ALTER TABLE "图斑" RENAME TO t; CREATE VIEW "图斑" AS SELECT * FROM t;',
        # a system table that is a view
        "ALTER TABLE gpkg_contents RENAME TO c; CREATE VIEW gpkg_contents AS SELECT * FROM c;",
        # a column computed on reading
        'ALTER TABLE "图斑" ADD COLUMN x GENERATED ALWAYS AS (hex(zeroblob(100000000)));',
        # a virtual table that calls itself an index in a remark
        "PRAGMA writable_schema=ON; INSERT INTO sqlite_master VALUES('table', 'rtree_v', 'rtree_v',"
        " 0, 'CREATE VIRTUAL TABLE rtree_v USING fts5(a) /* using rtree(a) */');",
        # a virtual table
        "CREATE VIRTUAL TABLE v USING fts5(x);",
        # a layer that is not there
        'DROP TABLE "图斑";',
    ],
)
def test_a_geopackage_that_would_run_sql_is_refused(tmp_path: Path, script: str) -> None:
    with pytest.raises(UploadRefused, match="GeoPackage"):
        read_file(_sql(_gpkg(tmp_path / "a.gpkg"), script), OPTIONS)


def test_triggers_and_other_views_of_a_geopackage_do_not_run(tmp_path: Path) -> None:
    path = _sql(
        _gpkg(tmp_path / "a.gpkg"),
        """CREATE TABLE log (x);
        CREATE TRIGGER t AFTER UPDATE ON gpkg_contents BEGIN INSERT INTO log VALUES (1); END;
        CREATE VIEW forever AS WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r)
            SELECT * FROM r;""",
    )
    before = path.read_bytes()
    _assert_squares(_only(path))
    assert path.read_bytes() == before


def test_a_database_that_is_no_geopackage_and_a_cut_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UploadRefused, match="不是 GeoPackage"):
        read_file(_sql(tmp_path / "a.gpkg", "CREATE TABLE t (x);"), OPTIONS)
    raw = _gpkg(tmp_path / "b.gpkg").read_bytes()
    for index, bad in enumerate([raw[:5000], raw[:100] + b"\xff" * 8000, raw[: len(raw) // 2]]):
        path = tmp_path / f"c{index}.gpkg"
        path.write_bytes(bad)
        with pytest.raises(UploadRefused):
            read_file(path, OPTIONS)


def test_a_broken_shape_in_a_geopackage_costs_only_its_row(tmp_path: Path) -> None:
    path = _gpkg(tmp_path / "a.gpkg")
    with closing(sqlite3.connect(path)) as db:
        for (name,) in db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            db.execute(f'DROP TRIGGER "{name}"')
        db.execute('UPDATE "图斑" SET geom = substr(geom, 1, 60) WHERE fid = 2')
        db.commit()
    table = _only(path)
    assert table.columns.num_rows == 3
    assert table.geometry is not None
    assert [w is None for w in table.geometry.wkb] == [False, True, False]


def test_a_zipped_geodatabase_is_read_with_and_without_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "x.gdb"
    squares(epsg=4529).to_file(folder, driver="OpenFileGDB", layer="DLTB", engine="pyogrio")
    files = {p.name: p.read_bytes() for p in folder.iterdir()}
    inside = zipped(tmp_path / "a.zip", {f"数据/某.gdb/{n}": c for n, c in files.items()})
    flat = zipped(tmp_path / "b.gdb.zip", files)
    for path in (inside, flat):
        result = read_file(path, OPTIONS)
        assert result.container == "filegdb"
        _assert_squares(result.tables[0])
        assert result.tables[0].crs is not None
        assert result.tables[0].crs.epsg == 4529


def _geojson(path: Path, codec: str = "utf-8", **members: object) -> Path:
    document = json.loads(squares().to_json(drop_id=True))
    document.pop("crs", None)
    document.update(members)
    path.write_bytes(json.dumps(document, ensure_ascii=False).encode(codec))
    return path


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_geojson_is_read_in_every_code_page(tmp_path: Path, codec: str) -> None:
    table = _only(_geojson(tmp_path / "a.geojson", codec))
    _assert_squares(table)
    assert table.columns["XMC"].to_pylist() == ["环翠区"] * 3


@pytest.mark.parametrize(
    "crs",
    [
        {"type": "link", "properties": {"href": "http://127.0.0.1:1/crs", "type": "proj4"}},
        {"properties": {"href": "file:///etc/passwd"}, "type": "link"},
    ],
)
def test_a_link_to_a_system_is_not_followed(tmp_path: Path, crs: dict[str, object]) -> None:
    with pytest.raises(UploadRefused, match="外部链接"):
        read_file(_geojson(tmp_path / "a.geojson", crs=crs), OPTIONS)


def test_a_named_system_in_geojson_is_used(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    squares(epsg=4528).to_file(path, driver="GeoJSON", engine="pyogrio")
    table = _only(path)
    _assert_squares(table)
    assert table.crs is not None
    assert table.crs.epsg == 4528


def test_latitude_first_is_turned_round_and_said(tmp_path: Path) -> None:
    frame = squares()
    frame["geometry"] = shapely.transform(frame.geometry.values, lambda c: c[:, ::-1])
    path = tmp_path / "a.geojson"
    path.write_text(frame.to_json(drop_id=True), encoding="utf-8")
    result = read_file(path, OPTIONS)
    _assert_squares(result.tables[0])
    assert result.tables[0].crs is not None
    assert result.tables[0].crs.swapped


@pytest.mark.parametrize(
    "content",
    [
        "<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>/etc/passwd</SrcDataSource>"
        "</OGRVRTLayer></OGRVRTDataSource>",
        '{"type": "gdal_streamed_alg", "command_line": "gdal vector read /etc/passwd"}',
        '{"type":"Topology","objects":{}}',
        '{"type": "FeatureCollection", "features": [',
        "[" * 100_000,
        "{}",
        "[]",
        "null",
        '{"type": "FeatureCollection", "features": []}',
    ],
)
@pytest.mark.parametrize("suffix", [".geojson", ".json"])
def test_what_is_no_usable_geojson_is_refused(tmp_path: Path, content: str, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UploadRefused) as caught:
        read_file(path, OPTIONS)
    assert caught.value.message.endswith("。")


def test_a_feature_without_a_shape_is_a_row_without_a_place(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text('{"type": "Feature", "properties": {"a": 1}, "geometry": null}')
    table = _only(path)
    assert table.geometry is not None
    assert table.geometry.wkb.tolist() == [None]
    assert not table.unreadable


def test_impossible_coordinates_cost_only_their_row(tmp_path: Path) -> None:
    document = json.loads(squares(3).to_json(drop_id=True))
    document["features"][0]["geometry"]["coordinates"] = [
        [[1e300, 1], [2, 1e308], [3, 3], [1e300, 1]]
    ]
    document["features"][1]["geometry"] = {
        "type": "LineString",
        "coordinates": [[122, 37], [123, 37]],
    }
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps(document), encoding="utf-8")
    table = _only(path)
    assert [i.row for i in table.unreadable] == [1, 2]
    assert table.geometry is not None
    assert [w is None for w in table.geometry.wkb] == [True, True, False]


KML = """<?xml version="1.0" encoding="{encoding}"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder>
<NetworkLink><Link><href>http://127.0.0.1:1/x.kml</href></Link></NetworkLink>
{marks}</Folder></Document></kml>"""
MARK = """<Placemark><name>图斑一</name><ExtendedData><Data name="TBBH"><value>1</value></Data>
<SchemaData schemaUrl="#s"><SimpleData name="XMC">环翠区</SimpleData></SchemaData></ExtendedData>
<Polygon><outerBoundaryIs><LinearRing><coordinates>
122,37,0 122.01,37,0 122.01,37.01,0 122,37.01,0 122,37,0
</coordinates></LinearRing></outerBoundaryIs>
</Polygon></Placemark>"""
BAD_MARK = MARK.replace("122.01,37,0", "abc")


def test_kml_placemarks_become_rows_and_a_bad_ring_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.kml"
    path.write_text(KML.format(encoding="UTF-8", marks=MARK + BAD_MARK), encoding="utf-8")
    table = _only(path)
    assert table.columns.to_pylist()[0] == {"name": "图斑一", "TBBH": "1", "XMC": "环翠区"}
    assert [i.row for i in table.unreadable] == [2]
    assert table.geometry is not None
    assert table.geometry.area_m2[0] == pytest.approx(987_000, rel=0.01)


@pytest.mark.parametrize("said", ["GBK", "gb2312", "GB18030", "UTF-8"])
@pytest.mark.parametrize("codec", ["gb18030", "utf-8"])
def test_kml_is_read_in_chinese_code_pages_whatever_it_says(
    tmp_path: Path, said: str, codec: str
) -> None:
    path = tmp_path / "a.kml"
    path.write_bytes(KML.format(encoding=said, marks=MARK).encode(codec))
    assert _only(path).columns["XMC"].to_pylist() == ["环翠区"]


def test_a_kml_shape_nested_too_deep_is_not_taken_for_none(tmp_path: Path) -> None:
    deep = MARK.replace("<Polygon>", "<MultiGeometry>" * 50 + "<Polygon>").replace(
        "</Polygon>", "</Polygon>" + "</MultiGeometry>" * 50
    )
    path = tmp_path / "a.kml"
    path.write_text(KML.format(encoding="UTF-8", marks=MARK + deep), encoding="utf-8")
    assert [i.row for i in _only(path).unreadable] == [2]


def test_kmz_is_the_same_in_a_zip(tmp_path: Path) -> None:
    text = KML.format(encoding="UTF-8", marks=MARK).encode()
    path = zipped(tmp_path / "a.kmz", {"doc.kml": text, "images/x.png": b"\x89PNG"})
    result = read_file(path, OPTIONS)
    assert (result.container, result.tables[0].columns.num_rows) == ("kml", 1)


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]><kml>&x;</kml>',
        '<!DOCTYPE kml SYSTEM "http://127.0.0.1:1/x.dtd"><kml/>',
        '<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><kml>&b;</kml>',
        "<kml><Document>",
        "<gpx/>",
        "<kml>" + "<Folder>" * 5000,
        "<kml/>",
        '<?xml version="1.0" encoding="nonsense"?><kml/>',
    ],
)
def test_what_is_no_usable_kml_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.kml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UploadRefused) as caught:
        read_file(path, OPTIONS)
    assert caught.value.message.endswith("。")


def _survey(rings: list[list[tuple[float, float]]], head: str = "") -> str:
    """Rings of easting, northing."""
    lines = [
        f"J{i},{number},{north:.3f},{east:.3f}"
        for number, ring in enumerate(rings, start=1)
        for i, (east, north) in enumerate(ring, start=1)
    ]
    return "\n".join(
        [
            "[属性描述]",
            "格式版本号=1.01",
            head,
            "[地块坐标]",
            "9,0.8,地块一,某项目,面,,建设用地,,@",
            *lines,
        ]
    )


def test_survey_text_has_northing_first_and_holes(tmp_path: Path) -> None:
    x, y = projected(4529)
    ring = [(x, y), (x + 100, y), (x + 100, y + 100), (x, y + 100), (x, y)]
    hole = [
        (x + 40, y + 40),
        (x + 60, y + 40),
        (x + 60, y + 60),
        (x + 40, y + 60),
        (x + 40, y + 40),
    ]
    for codec in ("gb18030", "utf-8"):
        path = tmp_path / f"{codec}.txt"
        path.write_bytes(_survey([ring, hole]).encode(codec))
        result = read_file(path, OPTIONS)
        (table,) = result.tables
        assert result.container == "survey"
        assert table.columns["地块面积(公顷)"].to_pylist() == ["0.8"]
        assert table.columns["地块编号"].to_pylist() == ["地块一"]
        assert table.row_numbers.tolist() == [5]
        assert table.geometry is not None
        assert table.geometry.area_m2[0] == pytest.approx(9600, rel=1e-3)
        assert table.geometry.lat[0] == pytest.approx(37.0, abs=0.01)


def test_rings_of_survey_text_are_holes_by_where_they_lie(tmp_path: Path) -> None:
    x, y = projected(4529)

    def square(east: float, size: float) -> list[tuple[float, float]]:
        west, south = x + east, y + (100 - size) / 2
        box = shapely.box(west, south, west + size, south + size)
        return [(float(a), float(b)) for a, b in box.exterior.coords]

    shell, hole, island = square(0, 100), square(20, 60), square(40, 20)
    far = square(200, 100)
    far_hole = square(240, 20)
    for index, (rings, area) in enumerate(
        [
            ([shell, far, far_hole], 19_600),
            ([hole, shell], 6_400),
            ([shell, hole, island], 6_800),
            ([island, hole, far_hole, shell, far], 16_400),
        ]
    ):
        path = tmp_path / f"{index}.txt"
        path.write_text(_survey(rings), encoding="utf-8")
        table = _only(path)
        assert table.geometry is not None
        assert table.geometry.area_m2[0] == pytest.approx(area, rel=1e-3)


def test_the_head_of_survey_text_decides_where_the_range_cannot(tmp_path: Path) -> None:
    x, y = projected(4550)
    ring = [(x, y), (x + 100, y), (x + 100, y + 100), (x, y)]
    path = tmp_path / "a.txt"
    path.write_text(
        _survey([ring], "坐标系=80国家大地坐标系\n几度分带=3\n带号=41"), encoding="utf-8"
    )
    table = _only(path)
    assert table.crs is not None
    assert (table.crs.epsg, table.crs.source) == (2386, "declared")  # Xi'an 1980, CM 123°


@pytest.mark.parametrize(
    "text",
    [
        "[地块坐标]",
        "[地块坐标]\nJ1,1,2,3",
        "[地块坐标]\n1,2,@",
        "[地块坐标]\n@\nJ1,1,a,b\nJ2\n,,,,,",
    ],
)
def test_survey_text_without_usable_points_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UploadRefused) as caught:
        read_file(path, OPTIONS)
    assert caught.value.message.endswith("。")


def test_attributes_alone_are_read_where_no_shapes_are_wanted(tmp_path: Path) -> None:
    table = _only(_gpkg(tmp_path / "a.gpkg"), replace(OPTIONS, wants_geometry=False))
    assert table.geometry is None
    assert table.columns.num_rows == 3


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.geojson", b"PK\3\4zzzz"),
        ("a.gpkg", b"<OGRVRTDataSource/>"),
        ("a.zip", b"<OGRVRTDataSource/>"),
        ("a.vrt", b"<OGRVRTDataSource/>"),
        ("a.rar", b"Rar!\x1a\x07\x00"),
        ("a.exe", b"MZ\x90"),
        ("a", b"x,y"),
        ("a.zip", b""),
        ("a.xlsx", b"\0" * 100),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600),
    ],
)
def test_what_is_not_what_its_name_says_is_refused(
    tmp_path: Path, name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UploadRefused) as caught:
        read_file(path, OPTIONS)
    assert caught.value.message.endswith("。")


def test_arcs_become_lines(shared_dir: Path, tmp_path: Path) -> None:
    source = shared_dir / "testdata" / "pyogrio_gpkg" / "curvepolygon.gpkg"
    path = tmp_path / "a.gpkg"
    path.write_bytes(source.read_bytes())
    _sql(path, "ALTER TABLE curvepolygon ADD COLUMN TBBH TEXT DEFAULT '1';")
    table = _only(path, ReadOptions(city_bounds=(-135, 45, -115, 55)))
    assert table.geometry is not None
    assert table.geometry.area_m2[0] > 0


def test_a_mixed_archive_reads_what_has_shapes(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(_gpkg(tmp_path / "b.gpkg"), "层.gpkg")
        archive.writestr("说明.txt", "说明")
    _assert_squares(_only(path))


def test_an_equal_area_projection_agrees_with_geodesics(tmp_path: Path) -> None:
    from tests.data.upload.readers.files import geodesic_area

    shapes = [
        shapely.Polygon([(122, 37), (122 + s, 37), (122 + s / 3, 37 + s), (122, 37)])
        for s in (0.0003, 0.002, 0.01)
    ]
    path = tmp_path / "a.gpkg"
    gpd.GeoDataFrame({"TBBH": ["1", "2", "3"]}, geometry=shapes, crs=4490).to_file(
        path, driver="GPKG"
    )
    geometry = _only(path).geometry
    assert geometry is not None
    for wkb, area in zip(geometry.wkb, geometry.area_m2, strict=True):
        assert area == pytest.approx(geodesic_area(wkb), rel=1e-6)


def test_a_damaged_schema_of_a_geopackage_is_a_refusal(tmp_path: Path) -> None:
    path = _gpkg(tmp_path / "a.gpkg")
    raw = path.read_bytes()
    at = raw.index(b"CREATE TABLE gpkg_contents")
    path.write_bytes(raw[:at] + b"CREATE TABLE \xa9\xfe" + raw[at + 15 :])
    with pytest.raises(UploadRefused, match="GeoPackage"):
        read_file(path, OPTIONS)
