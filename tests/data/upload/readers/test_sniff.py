"""A file that cannot be read is told for what it is, with the way out."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import UploadRefused
from data.jobs.incoming import Incoming
from data.settings import Settings
from data.upload.readers import read_file
from data.upload.readers.sniff import told_by_name
from tests.data.upload.readers.files import OPTIONS

JET = b"\x00\x01\x00\x00Standard Jet DB\x00" + bytes(100)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("地块.mdb", JET, "Access 数据库"),
        ("地块.accdb", b"\x00\x01\x00\x00Standard ACE DB\x00", "Access 数据库"),
        ("地块.zip", JET, "Access 数据库"),
        ("~$下发图斑.xlsx", b"\x05user" + bytes(160), "临时文件"),
        (".~下发图斑.xlsx", b"\x05user" + bytes(160), "临时文件"),
        ("图斑.geojsonl", b'{"type": "Feature"}\n', "GeoJSONSeq"),
        ("图斑.ndjson", b'{"type": "Feature"}\n', "GeoJSONSeq"),
        ("图斑.gdbtable", b"\x03\x00\x00\x00", "整个文件夹压缩成 zip"),
        ("图斑.qgz", b"PK\x03\x04", "没有数据"),
        ("图斑.dwg", b"AC1027", "CAD"),
        ("通知.docx", b"PK\x03\x04", "这是文档"),
        ("图斑.dbf", b"\x03", "Shapefile 的一个部分"),
        ("图斑.csv", "图斑编号,监测面积\nHC-1,3\n".encode("utf-16-le"), "UTF-16"),
        ("图斑.csv", "图斑编号,监测面积\nHC-1,3\n".encode("utf-16-be"), "UTF-16"),
        ("图斑.txt", "图斑编号\t监测面积\r\nHC-1\t3\r\n".encode("utf-16-le"), "UTF-16"),
    ],
)
def test_what_it_is_and_what_to_do(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UploadRefused, match=said) as caught:
        read_file(path, OPTIONS)
    assert caught.value.message.endswith("。")


@pytest.mark.parametrize("name", ["地块.mdb", "图斑.geojsonl", "~$下发图斑.xlsx", "a.7z"])
def test_the_page_says_so_before_it_takes_the_file(tmp_path: Path, name: str) -> None:
    incoming = Incoming(Settings(local_dir=tmp_path))
    with pytest.raises(UploadRefused) as caught:
        incoming.begin(name, 10)
    assert told_by_name(name) in (caught.value.message.partition("：")[2], None)
    assert told_by_name(name) is not None


def test_readable_names_are_not_told_anything() -> None:
    names = ("a.zip", "a.kmz", "a.gpkg", "a.xlsx", "a.xls", "a.csv", "a.txt", "a.json", "a")
    assert [told_by_name(name) for name in names] == [None] * len(names)
