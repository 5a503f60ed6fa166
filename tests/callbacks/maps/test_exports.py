"""`/export/map.…` as a browser asks for it."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyogrio
import pytest
from PIL import Image

from callbacks.frame.context import read_context
from callbacks.maps import answers as map_answers
from callbacks.maps import exports as map_export_routes
from data.scope import Scope
from data.settings import PROJECT_DIR
from data.store.engine import Store
from tests.callbacks.map_client import map_client
from tests.data.maps.worlds import small_year
from tests.data.store.queries.stored import WENDENG

ON = "year=2023&asof=2023-08-01"


@pytest.fixture
def client(sqlite_store: Store) -> Any:
    small_year(sqlite_store)
    return map_client(sqlite_store, map_export_routes)


def _saved(answer: Any, path: Path) -> Path:
    assert answer.status_code == 200, answer.get_data(as_text=True)
    path.write_bytes(answer.data)
    return path


def test_a_geopackage_says_what_was_asked_for(client: Any, tmp_path: Path) -> None:
    asked = f"{ON}&months=2023-05&type=other_change&poly=121,36;123,36;123,38;121,38"
    answer = client.get(f"/export/map.gpkg?{asked}")
    path = _saved(answer, tmp_path / "a.gpkg")
    name = unquote(answer.headers["Content-Disposition"])
    assert name.endswith("未消除违法占用耕地_全市_2023-08-01.gpkg")
    assert pyogrio.read_info(path, layer="图斑")["features"] == 2
    _, table = pyogrio.read_arrow(path, layer="说明")
    said = {row["项目"]: row["内容"] for row in table.to_pylist()}
    assert said["筛选"] == (
        "月清月份：5月；图斑类型：其他变化类；圈选范围，外接：东经 121–123°，北纬 36–38°"
    )
    assert (said["基准日"], said["数据版本"]) == ("2023-08-01", "0")
    assert said["口径"].startswith("未消除违法占用耕地：")


def test_the_other_formats_are_what_their_names_say(client: Any, tmp_path: Path) -> None:
    path = _saved(client.get(f"/export/map.zip?{ON}&epsg=4529"), tmp_path / "a.zip")
    with zipfile.ZipFile(path) as archive:
        assert {"图斑.shp", "图斑.dbf", "图斑.prj", "图斑.cpg"} < set(archive.namelist())
    path = _saved(client.get(f"/export/map.kml?{ON}&bbox=121,36,122.05,38"), tmp_path / "a.kml")
    assert pyogrio.read_info(path, layer="图斑")["features"] == 1


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("measure=nonsense", "remaining_farmland_mu（未消除违法占用耕地）"),
        ("bbox=1,2,3", "地图范围无法识别"),
        ("poly=1,2;3", "圈选范围无法识别"),
        ("epsg=3857", "没有坐标系“3857”"),
        ("district=999999", "没有区市"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(client: Any, query: str, says: str) -> None:
    answer = client.get(f"/export/map.gpkg?{ON}&{query}")
    assert answer.status_code == 400
    assert says in answer.get_data(as_text=True)


def test_a_reader_of_one_district_gets_nothing_of_another(
    client: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def narrowed(*given: Any) -> Any:
        return replace(read_context(*given), scope=Scope(frozenset({WENDENG})))

    monkeypatch.setattr(map_answers, "read_context", narrowed)
    path = _saved(client.get(f"/export/map.gpkg?{ON}"), tmp_path / "a.gpkg")
    _, table = pyogrio.read_arrow(path, layer="图斑")
    assert table["图斑编号"].to_pylist() == ["B1"]
    content = path.read_bytes()
    assert b"A2" not in content
    assert b"N1" not in content


PICTURE = f"/map/picture.png?{ON}&layer=bins&dpi=72"


def test_a_picture_is_sent_once_until_something_else_is_asked_for(client: Any) -> None:
    first = client.get(PICTURE)
    assert (first.status_code, first.content_type) == (200, "image/png")
    assert Image.open(io.BytesIO(first.data)).size == (442, 317)
    held = {"If-None-Match": first.headers["ETag"]}
    assert client.get(PICTURE, headers=held).status_code == 304
    other = client.get(f"{PICTURE}&width=100&measure=overdue", headers=held)
    assert (other.status_code, Image.open(io.BytesIO(other.data)).size) == (200, (283, 317))


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("layer=clouds", "没有这种图层"),
        ("width=abc", "应为数"),
        ("dpi=nan", "应为数"),
        ("width=9999", "图片尺寸不合适"),
        ("overlays=nonsense", "没有参考图层"),
        ("layer=patches&colour=pink", "没有着色方式"),
        ("radius=7", "没有平滑半径"),
        ("by=village", "没有分区方式"),
        ("bbox=1,2,3", "地图范围无法识别"),
    ],
)
def test_a_picture_that_cannot_be_drawn_is_refused_in_words(
    client: Any, query: str, says: str
) -> None:
    answer = client.get(f"/map/picture.png?{ON}&{query}")
    assert answer.status_code == 400
    assert says in answer.get_data(as_text=True)


def test_the_program_starts_without_the_library_that_draws() -> None:
    """It takes a second to load, and few processes ever draw a picture."""
    says = "import sys, callbacks.maps.exports; print('matplotlib' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", says], capture_output=True, text=True, cwd=PROJECT_DIR, check=True
    )
    assert done.stdout.strip() == "False"
