"""GeoJSON: what it points to is looked at as parsed, other JSON is told for what it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from data.errors import UploadRefused
from data.upload.readers import ReadResult, read_file
from tests.data.upload.readers.files import OPTIONS, squares


def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(squares(2).to_json(drop_id=True))
    document.pop("crs", None)
    return document


def _read(path: Path, text: str) -> ReadResult:
    path.write_text(text, encoding="utf-8")
    return read_file(path, OPTIONS)


def _with_crs(key: str, crs: str) -> str:
    return json.dumps(_document()).replace("{", f"{{{key}: {crs}, ", 1)


LINK = '{"type": "link", "properties": {"href": "http://127.0.0.1:1/crs", "type": "proj4"}}'
ESCAPED_LINK = (
    r'{"t\u0079pe": "l\u0069nk", "properties": {"hre\u0066": "http:\/\/127.0.0.1:1\/crs"}}'
)


@pytest.mark.parametrize(
    ("key", "crs"),
    [
        ('"crs"', LINK),
        (r'"\u0063rs"', LINK),
        (r'"c\u0072\u0073"', LINK),
        (r'"\u0043\u0052\u0053"', LINK),
        ('"crs"', ESCAPED_LINK),
        ('"crs"\n\t', LINK),
        ("'crs'", LINK),
        ('"crs"/* a remark */', LINK),
        ('"crs"// a remark\n', LINK),
        ('"crs"', '{"type": "link"/**/, "properties": {"href": "x"}}'),
        ('"crs"', '"http://127.0.0.1:1/crs"'),
        ('"crs"', '{"type": "name", "properties": {"name": "http://127.0.0.1:1/crs"}}'),
        ('"crs"', '{"type": "name", "properties": {"name": "/etc/passwd"}}'),
        ('"crs"', '{"type": "url", "properties": {"url": "x"}}'),
        ('"crs"', "[" * 5_000),
    ],
)
def test_no_link_to_a_system_is_followed_however_it_is_written(
    tmp_path: Path, key: str, crs: str
) -> None:
    with pytest.raises(UploadRefused, match="crs"):
        _read(tmp_path / "a.geojson", _with_crs(key, crs))


@pytest.mark.parametrize(
    "crs",
    [
        '{"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}',
        '{"type": "name", "properties": {"name": "http://www.opengis.net/def/crs/EPSG/0/4490"}}',
        "null",
    ],
)
def test_names_of_systems_are_no_links(tmp_path: Path, crs: str) -> None:
    (table,) = _read(tmp_path / "a.geojson", _with_crs('"crs"', crs)).tables
    assert table.columns.num_rows == 2


def test_the_word_crs_in_a_value_is_no_key(tmp_path: Path) -> None:
    document = _document()
    document["features"][0]["properties"]["XMC"] = '"crs": {"href": "x"}'
    (table,) = _read(tmp_path / "a.geojson", json.dumps(document)).tables
    assert table.columns["XMC"].to_pylist()[0] == '"crs": {"href": "x"}'


def test_coordinates_written_as_texts_are_numbers(tmp_path: Path) -> None:
    document = _document()
    for feature in document["features"]:
        rings = feature["geometry"]["coordinates"]
        feature["geometry"]["coordinates"] = [[[str(v) for v in xy] for xy in r] for r in rings]
    result = _read(tmp_path / "a.geojson", json.dumps(document))
    geometry = result.tables[0].geometry
    assert geometry is not None
    assert geometry.bounds[1] == pytest.approx([122.01, 37.0, 122.011, 37.001], abs=1e-7)
    assert "GeoJSON 的坐标写成了文字，已按数字读取。" in result.notes


def test_coordinates_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    text = json.dumps(_document()).replace('"coordinates": [[[122.0', '"coordinates": [[["122°"', 1)
    with pytest.raises(UploadRefused, match="坐标是文字"):
        _read(tmp_path / "a.geojson", text)


_FEATURE = {"type": "Feature", "properties": {"TBBH": "1"}, "geometry": None}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\n".join([json.dumps(_FEATURE)] * 2), "GeoJSONSeq"),
        ("\x1e" + json.dumps(_FEATURE) + "\n", "GeoJSONSeq"),
        ('{"type": "Topology", "objects": {}, "arcs": []}', "TopoJSON"),
        (
            '{"geometryType": "esriGeometryPolygon", "features": [{"attributes": {"TBBH": "1"},'
            ' "geometry": {"rings": [[[122, 37], [122, 38], [123, 38], [122, 37]]]}}]}',
            "Esri JSON",
        ),
        ('{"features": [{"attributes": {"TBBH": "1"}, "geometry": {"rings": []}}]}', "Esri JSON"),
    ],
)
def test_other_json_is_told_for_what_it_is(tmp_path: Path, text: str, said: str) -> None:
    for name in ("a.json", "a.geojson"):
        with pytest.raises(UploadRefused, match=said) as caught:
            _read(tmp_path / name, text)
        assert "后重新上传" in caught.value.message
