"""Zipped Shapefiles as offices have them: code pages, lost siblings, false .prj, odd shapes."""

from __future__ import annotations

import struct
import zipfile
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from data.errors import UploadRefused
from data.upload.readers import read_file
from data.upload.readers.dbf import read_dbf
from tests.data.upload.readers.files import (
    OPTIONS,
    geodesic_area,
    shapefile,
    squares,
    zipped,
    zipped_shapefile,
)


@pytest.mark.parametrize("encoding", ["GB18030", "UTF-8"])
@pytest.mark.parametrize("without", [(), (".cpg",), (".prj",), (".shx",), (".cpg", ".prj", ".shx")])
def test_chinese_is_read_whatever_declares_the_code_page(
    tmp_path: Path, encoding: str, without: tuple[str, ...]
) -> None:
    parts = shapefile(tmp_path / "s", encoding=encoding)
    result = read_file(zipped_shapefile(tmp_path / "a.zip", parts, without), OPTIONS)
    (table,) = result.tables
    assert result.container == "shapefile"
    assert table.name == "图斑"
    assert table.columns["XMC"].to_pylist() == ["环翠区"] * 3
    assert table.columns["TBBH"][0].as_py() == "37100200001"
    assert table.columns["JCMJ"].to_pylist() == [12.34] * 3
    assert table.row_numbers.tolist() == [1, 2, 3]
    assert table.geometry is not None
    for wkb, area in zip(table.geometry.wkb, table.geometry.area_m2, strict=True):
        assert area == pytest.approx(geodesic_area(wkb), rel=1e-6)


@pytest.mark.parametrize("epsg", [4490, 4528, 4549, 4529, 4550, 2364, 4326])
def test_the_declared_system_is_read_and_leads_to_degrees(tmp_path: Path, epsg: int) -> None:
    parts = shapefile(tmp_path / "s", squares(epsg=epsg))
    (table,) = read_file(zipped_shapefile(tmp_path / "a.zip", parts), OPTIONS).tables
    assert table.crs is not None
    assert (table.crs.source, table.crs.declared) == ("declared", epsg)
    assert table.geometry is not None
    # Xi'an 1980 is not CGCS2000: without grids PROJ may leave some ten metres
    tolerance = 1e-9 if epsg != 2364 else 2e-3
    assert table.geometry.bounds[0] == pytest.approx([122.0, 37.0, 122.001, 37.001], abs=tolerance)
    assert 122.0 < table.geometry.lon[0] < 122.001 or epsg == 2364


def test_a_false_prj_is_found_out_and_said(tmp_path: Path) -> None:
    parts = shapefile(tmp_path / "s", squares(epsg=4529))
    false = shapefile(tmp_path / "f", squares(epsg=4527))[".prj"]
    result = read_file(zipped_shapefile(tmp_path / "a.zip", {**parts, ".prj": false}), OPTIONS)
    (table,) = result.tables
    assert table.crs is not None
    assert (table.crs.epsg, table.crs.source, table.crs.declared) == (4529, "inferred", 4527)
    assert any("不符" in note and "EPSG:4529" in note for note in result.notes)


_FALSE_CPGS = (
    *(b"<!DOCTYPE html>", b"UTF-8", b"ISO-8859-1", b"", b"G\0B"),
    *(b"undefined", b"utf-16", b"cp037", b"unicode_escape", b"base64"),
)


def test_a_cpg_that_is_a_web_page_or_wrong_is_ignored(tmp_path: Path) -> None:
    parts = shapefile(tmp_path / "s", encoding="GB18030")
    for index, cpg in enumerate(_FALSE_CPGS):
        path = zipped_shapefile(tmp_path / f"{index}.zip", {**parts, ".cpg": cpg})
        assert read_file(path, OPTIONS).tables[0].columns["XMC"][0].as_py() == "环翠区"


def test_a_name_cut_in_the_middle_of_a_character_costs_only_that_character(tmp_path: Path) -> None:
    parts = shapefile(tmp_path / "s", encoding="GB18030")
    dbf = bytearray(parts[".dbf"])
    name = "环翠区".encode("gb18030")
    at = dbf.index(name)
    dbf[at : at + 6] = b" " + name[:5]  # the field now ends in half a character
    width = dbf[dbf.index(b"XMC\0") + 16]
    dbf[at + 6 : at + width] = b" " * (width - 6)
    dbf[at : at + width] = (b"x" * width + name)[6 : 6 + width - 1] + name[:1]
    path = zipped_shapefile(tmp_path / "a.zip", {**parts, ".dbf": bytes(dbf)}, (".cpg",))
    names = read_file(path, OPTIONS).tables[0].columns["XMC"].to_pylist()
    assert names[1] == "环翠区"
    assert names[0].startswith("x")


def test_the_layer_may_lie_in_a_folder_with_gbk_names_beside_macos_clutter(tmp_path: Path) -> None:
    parts = shapefile(tmp_path / "s")
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for suffix, content in parts.items():
            info = zipfile.ZipInfo("x" * 12)
            info.filename = "数据/图斑".encode("gb18030").decode("cp437") + suffix.upper()
            archive.writestr(info, content)
        archive.writestr("__MACOSX/._图斑.shp", b"\0\5\x16\7")
    # zipfile marks non-ASCII names as UTF-8: write them as a Chinese Windows does
    raw = path.read_bytes()
    for suffix in parts:
        cp437 = "数据/图斑".encode("gb18030").decode("cp437") + suffix.upper()
        utf8 = cp437.encode("utf-8")
        assert utf8 in raw
    path.write_bytes(_with_raw_names(parts, "数据/图斑".encode("gb18030")))
    (table,) = read_file(path, OPTIONS).tables
    assert table.name == "图斑"
    assert table.columns.num_rows == 3


def _with_raw_names(parts: dict[str, bytes], stem: bytes) -> bytes:
    """A zip whose names are raw bytes and whose flag bit 11 is unset."""
    import zlib

    body, directory = b"", b""
    for suffix, content in parts.items():
        name = stem + suffix.upper().encode()
        crc = zlib.crc32(content)
        sizes = struct.pack("<III", crc, len(content), len(content))
        head = struct.pack("<HHHHH", 20, 0, 0, 0, 33) + sizes + struct.pack("<HH", len(name), 0)
        directory += (
            b"PK\1\2" + struct.pack("<H", 20) + head + struct.pack("<HHHII", 0, 0, 0, 0, len(body))
        )
        directory += name
        body += b"PK\3\4" + head + name + content
    end = struct.pack(
        "<4sHHHHIIH", b"PK\5\6", 0, 0, len(parts), len(parts), len(directory), len(body), 0
    )
    return body + directory + end


def test_several_layers_come_each_as_a_table_and_one_can_be_chosen(tmp_path: Path) -> None:
    parts = shapefile(tmp_path / "s")
    members = {f"{stem}{s}": c for stem in ("甲", "乙") for s, c in parts.items()}
    path = zipped(tmp_path / "a.zip", members)
    assert {t.name for t in read_file(path, OPTIONS).tables} == {"甲", "乙"}
    from dataclasses import replace

    (table,) = read_file(path, replace(OPTIONS, layer="乙")).tables
    assert table.name == "乙"
    with pytest.raises(UploadRefused, match="甲、乙"):
        read_file(path, replace(OPTIONS, layer="丙"))


def test_siblings_that_are_lost_are_named(tmp_path: Path) -> None:
    parts = shapefile(tmp_path / "s")
    with pytest.raises(UploadRefused, match=r"缺少 \.dbf"):
        read_file(zipped_shapefile(tmp_path / "a.zip", parts, (".dbf",)), OPTIONS)
    with pytest.raises(UploadRefused, match=r"没有 \.shp"):
        read_file(zipped_shapefile(tmp_path / "b.zip", parts, (".shp",)), OPTIONS)
    bare = tmp_path / "图斑.shp"
    bare.write_bytes(parts[".shp"])
    with pytest.raises(UploadRefused, match="一起压缩成一个 zip"):
        read_file(bare, OPTIONS)


def test_a_false_index_is_not_believed(tmp_path: Path) -> None:
    parts = shapefile(tmp_path / "s")
    shx = parts[".shx"][:100] + struct.pack(">ii", 2**30, 60) * 3
    (table,) = read_file(
        zipped_shapefile(tmp_path / "a.zip", {**parts, ".shx": shx}), OPTIONS
    ).tables
    assert table.geometry is not None
    assert (table.geometry.area_m2 > 9000).all()


def test_an_index_that_was_cut_off_loses_no_shape(tmp_path: Path) -> None:
    parts = shapefile(tmp_path / "s")
    (table,) = read_file(
        zipped_shapefile(tmp_path / "a.zip", {**parts, ".shx": parts[".shx"][:108]}), OPTIONS
    ).tables
    assert table.geometry is not None
    assert (table.geometry.area_m2 > 9000).all()
    assert table.unreadable == []


def test_rows_whose_shapes_were_cut_off_are_unreadable_not_without_shape(tmp_path: Path) -> None:
    parts = shapefile(tmp_path / "s")
    (table,) = read_file(
        zipped_shapefile(tmp_path / "a.zip", {**parts, ".shp": parts[".shp"][:-20]}), OPTIONS
    ).tables
    assert [issue.row for issue in table.unreadable] == [3]
    assert "可能不完整" in table.unreadable[0].message


def test_one_broken_record_costs_only_itself(tmp_path: Path) -> None:
    parts = shapefile(tmp_path / "s")
    shp = bytearray(parts[".shp"])
    second = 100 + 8 + 2 * struct.unpack_from(">i", shp, 104)[0]
    struct.pack_into("<i", shp, second + 8 + 40, 2**31 - 1)  # a number of points beyond all reason
    (table,) = read_file(
        zipped_shapefile(tmp_path / "a.zip", {**parts, ".shp": bytes(shp)}), OPTIONS
    ).tables
    assert [issue.row for issue in table.unreadable] == [2]
    assert table.geometry is not None
    assert [w is None for w in table.geometry.wkb] == [False, True, False]


def test_a_vertex_that_is_no_number_costs_only_its_shape(tmp_path: Path) -> None:
    parts = shapefile(tmp_path / "s")
    for place in (48, 48 + 16):  # the first vertex of the first record, and the next
        shp = bytearray(parts[".shp"])
        struct.pack_into("<d", shp, 108 + place, float("nan"))
        path = zipped_shapefile(tmp_path / f"{place}.zip", {**parts, ".shp": bytes(shp)})
        (table,) = read_file(path, OPTIONS).tables
        assert [issue.row for issue in table.unreadable] == [1]


def _dbf(kind: str, width: int, decimals: int, *cells: str) -> bytes:
    """An attribute table of one column called A."""
    field = struct.pack("<11sc4xBB14x", b"A", kind.encode(), width, decimals)
    head = struct.pack("<BBBBIHH20x", 3, 123, 5, 8, len(cells), 65, width + 1)
    return head + field + b"\r" + b"".join(b" " + c.encode().ljust(width) for c in cells)


def _column(folder: Path, *arguments: Any) -> list[Any]:
    path = folder / "a.dbf"
    path.write_bytes(_dbf(*arguments))
    values: list[Any] = read_dbf(path).columns["A"].to_pylist()
    return values


def test_a_day_of_a_dbf_that_does_not_exist_is_no_other_day(tmp_path: Path) -> None:
    days = _column(tmp_path, "D", 8, 0, "20230228", "", "20230508")
    assert days == [date(2023, 2, 28), None, date(2023, 5, 8)]
    assert _column(tmp_path, "D", 8, 0, "20230231", "20230508") == ["20230231", "20230508"]


def test_a_code_of_a_dbf_that_lost_its_last_digits_does_not_get_them_back(tmp_path: Path) -> None:
    codes = ("3.71002202300e+014", "3.71002202301e+014")
    assert _column(tmp_path, "F", 19, 11, *codes) == list(codes)
    assert _column(tmp_path, "F", 19, 11, "1.48000000000e+001") == [14.8]


@pytest.mark.parametrize(
    ("kind", "width", "decimals"), [("N", 18, 0), ("N", 19, 0), ("N", 20, 0), ("N", 22, 2)]
)
def test_a_code_of_a_dbf_keeps_all_of_its_digits(
    tmp_path: Path, kind: str, width: int, decimals: int
) -> None:
    end = ".00" if decimals else ""
    codes = [f"371003202605080001{end}", f"371003202605080002{end}"]
    assert [str(c) for c in _column(tmp_path, kind, width, decimals, *codes)] == codes


def test_numbers_longer_than_any_integer_stay_as_they_are_written(tmp_path: Path) -> None:
    codes = ["12345678901234567890", "99999999999999999999"]
    assert _column(tmp_path, "N", 20, 0, *codes) == codes
    assert _column(tmp_path, "N", 20, 0, "", "12") == [None, 12]


@pytest.mark.parametrize("empty", ["       0", "0", "00000000", ""])
def test_a_day_of_zeros_in_a_dbf_is_none(tmp_path: Path, empty: str) -> None:
    assert _column(tmp_path, "D", 8, 0, "20230508", empty) == [date(2023, 5, 8), None]


def test_a_zip_with_a_notice_beside_the_layer_is_read_and_says_so(tmp_path: Path) -> None:
    parts = {f"图斑{s}": c for s, c in shapefile(tmp_path / "s").items()}
    path = zipped(tmp_path / "a.zip", {**parts, "通知.docx": b"PK\3\4", "~$通知.docx": b"x"})
    result = read_file(path, OPTIONS)
    assert [t.name for t in result.tables] == ["图斑"]
    assert "压缩包里的“通知.docx”不是图层，已跳过。" in result.notes


def test_a_zip_of_a_workbook_alone_is_told_to_unpack_it(tmp_path: Path) -> None:
    with pytest.raises(UploadRefused, match="工作簿请解开后单独上传"):
        read_file(zipped(tmp_path / "a.zip", {"台账.xlsx": b"PK\3\4"}), OPTIONS)


def test_holes_islands_and_wrong_winding_keep_their_area(tmp_path: Path) -> None:
    outer, hole = (
        shapely.box(122.0, 37.0, 122.01, 37.01),
        shapely.box(122.004, 37.004, 122.006, 37.006),
    )
    island = shapely.box(122.02, 37.0, 122.03, 37.01)
    shape = shapely.union(outer.difference(hole), island)
    frame = gpd.GeoDataFrame({"TBBH": ["1", "2"]}, geometry=[shape, island], crs=4490)
    parts = shapefile(tmp_path / "s", frame)
    (table,) = read_file(zipped_shapefile(tmp_path / "a.zip", parts), OPTIONS).tables
    assert table.geometry is not None
    assert shapely.from_wkb(table.geometry.wkb[0]).equals(shape)
    # the same with every ring wound the wrong way round
    shp = bytearray(parts[".shp"])
    count, total = struct.unpack_from("<ii", shp, 108 + 36)
    firsts = [*struct.unpack_from(f"<{count}i", shp, 108 + 44), total]
    at = 108 + 44 + 4 * count
    for start, end in pairwise(firsts):
        ring = [bytes(shp[at + 16 * i : at + 16 * i + 16]) for i in range(start, end)]
        shp[at + 16 * start : at + 16 * end] = b"".join(reversed(ring))
    (turned,) = read_file(
        zipped_shapefile(tmp_path / "b.zip", {**parts, ".shp": bytes(shp)}), OPTIONS
    ).tables
    assert turned.geometry is not None
    assert turned.geometry.area_m2[0] == pytest.approx(table.geometry.area_m2[0], rel=1e-9)


def test_a_bow_tie_is_repaired_and_marked(tmp_path: Path) -> None:
    tie = shapely.Polygon([(122, 37), (122.01, 37.01), (122.01, 37), (122, 37.01)])
    frame = gpd.GeoDataFrame(
        {"TBBH": ["1", "2"]}, geometry=[tie, shapely.box(122, 37, 122.01, 37.01)], crs=4490
    )
    (table,) = read_file(
        zipped_shapefile(tmp_path / "a.zip", shapefile(tmp_path / "s", frame)), OPTIONS
    ).tables
    assert table.geometry is not None
    assert table.geometry.repaired.tolist() == [True, False]
    assert shapely.is_valid(shapely.from_wkb(table.geometry.wkb)).all()
    assert table.geometry.area_m2[0] == pytest.approx(table.geometry.area_m2[1] / 2, rel=1e-3)


def test_heights_are_dropped_and_lines_refused(tmp_path: Path) -> None:
    frame = squares()
    frame["geometry"] = shapely.force_3d(frame.geometry.values, 12.0)
    (table,) = read_file(
        zipped_shapefile(tmp_path / "a.zip", shapefile(tmp_path / "s", frame)), OPTIONS
    ).tables
    assert table.geometry is not None
    assert not shapely.has_z(shapely.from_wkb(table.geometry.wkb)).any()
    lines = squares()
    lines["geometry"] = lines.geometry.boundary
    with pytest.raises(UploadRefused, match="线图层"):
        read_file(zipped_shapefile(tmp_path / "b.zip", shapefile(tmp_path / "l", lines)), OPTIONS)


def test_a_record_marked_deleted_stays_out(tmp_path: Path) -> None:
    parts = shapefile(tmp_path / "s")
    dbf = bytearray(parts[".dbf"])
    _, first, width = struct.unpack_from("<IHH", dbf, 4)
    dbf[first + width] = ord("*")
    (table,) = read_file(
        zipped_shapefile(tmp_path / "a.zip", {**parts, ".dbf": bytes(dbf)}), OPTIONS
    ).tables
    assert table.row_numbers.tolist() == [1, 3]
    assert table.geometry is not None
    assert table.geometry.lon[1] == pytest.approx(122.0205, abs=1e-3)
