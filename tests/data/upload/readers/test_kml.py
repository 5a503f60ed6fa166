"""KML as programs write it and Google Earth opens it."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import UploadRefused
from data.upload.readers import RawTable, read_file
from tests.data.upload.readers.files import OPTIONS

KML = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{marks}</Document></kml>"""
MARK = """<Placemark><name>一</name>{more}<ExtendedData><Data name="TBBH"><value>1</value></Data>
</ExtendedData><Point><coordinates>122,37</coordinates></Point></Placemark>"""


def _read(path: Path, text: str, codec: str = "utf-8") -> RawTable:
    path.write_bytes(text.encode(codec))
    (table,) = read_file(path, OPTIONS).tables
    return table


@pytest.mark.parametrize(
    "more",
    [
        "<gx:balloonVisibility>1</gx:balloonVisibility>",
        '<Style xsi:schemaLocation="x"/>',
        "<atom:author><atom:name>某人</atom:name></atom:author>",
        "<mwm:rating>1</mwm:rating>",
    ],
)
def test_a_prefix_that_nobody_declared_is_no_hindrance(tmp_path: Path, more: str) -> None:
    table = _read(tmp_path / "a.kml", KML.format(marks=MARK.format(more=more)))
    assert table.columns["TBBH"].to_pylist() == ["1"]


def test_neither_is_one_that_the_root_itself_has(tmp_path: Path) -> None:
    text = KML.format(marks=MARK.format(more="")).replace("<kml ", "<k:kml ")
    text = text.replace("</kml>", "</k:kml>")
    assert _read(tmp_path / "a.kml", text).columns["TBBH"].to_pylist() == ["1"]


def test_a_declared_prefix_is_declared_once(tmp_path: Path) -> None:
    text = KML.format(marks=MARK.format(more="<gx:drawOrder>1</gx:drawOrder>"))
    text = text.replace("<kml ", '<kml xmlns:gx="http://www.google.com/kml/ext/2.2" ')
    assert _read(tmp_path / "a.kml", text).columns["TBBH"].to_pylist() == ["1"]


@pytest.mark.parametrize("before", ["\n", " \r\n\t", "\ufeff\n", "\n\ufeff"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
def test_blank_lines_before_the_declaration_are_no_hindrance(
    tmp_path: Path, before: str, codec: str
) -> None:
    text = before + KML.format(marks=MARK.format(more=""))
    assert _read(tmp_path / "a.kml", text, codec).columns["TBBH"].to_pylist() == ["1"]


def test_attributes_are_read_from_the_table_in_a_description(tmp_path: Path) -> None:
    cells = "".join(
        f"<tr bgcolor='#D4E4F3'><td>{name}</td><td>{value}</td></tr>"
        for name, value in (("TBBH", "1"), ("XMC", "环翠&lt;区&gt;"), ("JCMJ", "12.5"))
    )
    table = f"<html><body><table><tr><td>一</td></tr><tr><td><table>{cells}</table></td></tr>"
    mark = (
        f"<Placemark><name>一</name><description><![CDATA[{table}</table></body></html>]]>"
        "</description><Point><coordinates>122,37</coordinates></Point></Placemark>"
    )
    columns = _read(tmp_path / "a.kml", KML.format(marks=mark)).columns
    row = {k: v for k, v in columns.to_pylist()[0].items() if k != "description"}
    assert row == {"name": "一", "TBBH": "1", "XMC": "环翠<区>", "JCMJ": "12.5"}


def test_a_broken_file_is_told_where(tmp_path: Path) -> None:
    text = KML.format(marks=MARK.format(more="<a>\n</b>"))
    with pytest.raises(UploadRefused, match="约第 3 行"):
        _read(tmp_path / "a.kml", text)
