"""What the browser loads: few files that it may keep for a year, and nothing else for so long."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import quote

import dash
import pytest

import app as application
from callbacks.frame import bundles as made
from callbacks.frame.bundles import A_YEAR, CHARTS, FRAME, GRID, GROUPS, MAPS, grouped
from components import paths
from data.errors import StoreRefused
from data.rights import Account, Right, Role
from data.settings import PROJECT_DIR, Settings
from tests.signing import asked_by, signed_in

__all__ = ["signed_in"]

_FILE = re.compile(r"/assets/bundle/[a-z-]+\.[0-9a-f]{16}\.(?:js|css)")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> application.Application:
    made = application.create_app(Settings(local_dir=tmp_path_factory.mktemp("app")))
    assert isinstance(made, application.Application)
    return made


@pytest.fixture
def client(app: application.Application) -> Any:
    return app.server.test_client()


def told(html: str) -> dict[str, Any]:
    """What the first answer brings along for Dash."""
    found = re.search(r'<script id="first-answer" type="application/json">(.*?)</script>', html)
    assert found is not None
    brought: dict[str, Any] = json.loads(found[1])
    return brought


def test_a_page_names_three_files_and_each_may_be_kept_for_a_year(client: Any) -> None:
    html = client.get("/rules").text
    files = re.findall(r'(?:src|href)="(/[^"]+)"', html)
    assert len(files) == 3
    for file in [*files, *told(html)["bundles"].values()]:
        assert _FILE.fullmatch(file), file
        answer = client.get(file)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == A_YEAR
        assert "Set-Cookie" not in answer.headers


def test_the_way_in_has_the_first_pages_files_fetched(client: Any) -> None:
    html = client.get("/login").text
    files = re.findall(r'(?:src|href)="(/assets[^"]+)"', html)
    assert files == re.findall(r'(?:src|href)="(/assets[^"]+)"', client.get("/rules").text)


def test_only_what_has_its_content_in_its_name_is_kept_for_a_year(client: Any) -> None:
    html = client.get("/").text
    listed = told(html)["dependencies"]
    assert client.get(listed).headers["Cache-Control"] == "private, max-age=31536000, immutable"
    for path in (listed.split("?")[0], f"{listed}0", "/", "/_dash-layout", "/version.json"):
        assert client.get(path).headers["Cache-Control"] == "no-store", path
    of_another_version = client.get("/assets/bundle/maps.0123456789abcdef.js")
    assert of_another_version.status_code == 404
    assert of_another_version.headers["Cache-Control"] == "no-store"
    assert "max-age=3" not in client.get("/assets/tokens.json").headers["Cache-Control"]


def test_every_script_of_ours_is_in_one_file_and_an_unnamed_one_in_the_frames(
    client: Any, app: application.Application
) -> None:
    client.get("/")
    scripts = app.first_answer.bundles.scripts
    for path in sorted((PROJECT_DIR / "assets").rglob("*.js")):
        text = path.read_bytes()
        holders = [name for name, bundle in scripts.items() if text in bundle.body]
        named = [group.name for group in GROUPS if made._is_one_of(_as_listed(path), group.files)]
        assert holders == (named or [FRAME.name]), path.name
    for group in GROUPS:
        for pattern in group.files:
            assert _is_a_file(pattern), f"{group.name}: {pattern} is no file any more"


def _as_listed(path: Path) -> str:
    return str(path.relative_to(PROJECT_DIR).as_posix())


def _is_a_file(pattern: str) -> bool:
    package, _, inside = pattern.partition("/")
    root = PROJECT_DIR / "assets"
    if package != "assets":
        root = Path(str(import_module(package).__file__)).parent
    return any(root.glob(inside))


def test_parts_of_libraries_stand_behind_them_and_words_behind_plotly() -> None:
    listed = ["dash_leaflet/dash_leaflet.js", "x/new.js", "assets/vendor/plotly-locale-zh-CN.js"]
    found = grouped(listed)
    assert found[MAPS.name] == ["dash_leaflet/dash_leaflet.js", "dash_leaflet/async-GeoJSON.js"]
    assert found[CHARTS.name] == ["plotly/package_data/plotly.min.js", listed[2]]
    assert found[FRAME.name][0] == "x/new.js"


def test_nothing_in_english_stands_in_the_files_for_a_moment(
    client: Any, app: application.Application
) -> None:
    client.get("/")
    for name, bundle in app.first_answer.bundles.scripts.items():
        assert b'"Loading..."' not in bundle.body, name


def test_an_answer_says_which_files_it_cannot_be_drawn_without(client: Any) -> None:
    assert made.needed_for(b'{"namespace":"dash_ag_grid"},{"namespace":"dash_leaflet"}') == [
        MAPS.name,
        GRID.name,
    ]
    assert made.needed_for(b'{"namespace":"dash_html_components"}') == []


# ---- the first answer --------------------------------------------------------------------------


def _ids(layout: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(layout, list):
        for one in layout:
            yield from _ids(one)
    elif isinstance(layout, dict):
        properties = layout.get("props", {})
        if isinstance(properties.get("id"), str):
            yield properties["id"], properties
        for value in properties.values():
            yield from _ids(value)


def test_a_page_brings_the_layout_as_it_stands_at_its_address(client: Any) -> None:
    brought = told(client.get("/clearance?district=371002&x=%E5%9B%BE").text)
    assert brought["address"] == "/clearance?district=371002&x=%E5%9B%BE"
    parts = dict(_ids(brought["layout"]))
    for location in ("location", "_pages_location"):
        assert parts[location]["pathname"] == "/clearance"
        assert parts[location]["search"] == "?district=371002&x=%E5%9B%BE"
    assert "clearance-content" in parts
    assert parts["_pages_store"]["data"] == {"title": "月清 · 卫片执法监管"}
    assert parts["navigation"]["children"]
    assert parts["store-stamp"]["children"]


def test_the_frames_shapes_stand_before_any_script_and_are_dark_on_a_wall(client: Any) -> None:
    before_scripts = client.get("/rules").text.partition("<script")[0]
    assert 'id="starting" class="frame"' in before_scripts
    assert "skeleton-line" in before_scripts
    assert "Loading..." not in before_scripts
    on_wall = client.get("/?screen=1").text
    assert '<html class="on-wall" lang="zh-CN">' in on_wall
    assert 'id="starting" class="frame screen"' in on_wall


def test_no_text_of_an_address_ends_the_element_that_brings_the_layout(client: Any) -> None:
    html = client.get("/patches?text=" + quote("</script><script>alert(1)</script>")).text
    assert "alert(1)</script>" not in html
    html = client.get("/patches?text=</script><b>", base_url="http://localhost").text
    assert "</script><b>" not in html


def test_the_navigation_that_is_brought_is_the_readers(client: Any) -> None:
    def names() -> str:
        return json.dumps(told(client.get("/").text)["layout"], ensure_ascii=False)

    assert "系统管理" in names()
    with asked_by(Account("乙", Role.CITY, frozenset({Right.READ}))):
        assert "系统管理" not in names()


def test_a_page_that_cannot_be_made_ahead_lets_dash_ask_for_it(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> Any:
        raise StoreRefused("坏了")

    monkeypatch.setattr("callbacks.frame.first_answer.follow", refuse)
    answer = client.get("/rules")
    assert answer.status_code == 200
    assert told(answer.text)["layout"] is None
    assert told(client.get("/rules?known=2023-11-01T00:00").text)["layout"] is None


def test_what_a_page_says_it_shows_is_fetched_beside_the_frame(client: Any) -> None:
    html = client.get(paths.OVERDUE).text
    loaded = re.findall(r'<link rel="preload" as="script" href="([^"]+)">', html)
    bundles = told(html)["bundles"]
    assert loaded == [bundles["grid"], bundles["maps"]]
    known = {group.name for group in GROUPS}
    for page in dash.page_registry.values():
        assert set(page.get("shows", ())) <= known, page["path"]
