"""The joined application: headers, health, and nothing from elsewhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import dash
import pytest
from dash import Dash

import app as application
from components import paths
from components.shell import GROUPS, is_top
from data.settings import PROJECT_DIR, Settings
from tests.signing import signed_in

__all__ = ["signed_in"]


@pytest.fixture(scope="module")
def dash_app(tmp_path_factory: pytest.TempPathFactory) -> Dash:
    return application.create_app(Settings(local_dir=tmp_path_factory.mktemp("app")))


@pytest.fixture
def client(dash_app: Dash) -> Any:
    return dash_app.server.test_client()


def test_the_mcp_endpoint_is_off_whatever_the_environment_says(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASH_MCP_ENABLED", "true")
    dash_app = application.create_app(Settings(local_dir=tmp_path))
    client = dash_app.server.test_client()
    assert dash_app._enable_mcp is False
    assert not [rule for rule in dash_app.server.url_map.iter_rules() if "mcp" in rule.rule]
    assert client.post("/_mcp", json={}).status_code in (404, 405)


def test_health_answers_without_the_domain(client: Any) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json["ok"] is True


@pytest.mark.parametrize(
    "path", ["/", "/clearance", "/healthz", "/_dash-layout", "/assets/tokens.json"]
)
def test_every_answer_carries_the_security_headers(client: Any, path: str) -> None:
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    policy = headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "object-src 'none'" in policy
    assert "'unsafe-eval'" not in policy
    assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]


def test_data_are_never_kept_by_caches_and_static_files_may_be(client: Any) -> None:
    assert client.get("/").headers["Cache-Control"] == "no-store"
    assert client.get("/_dash-layout").headers["Cache-Control"] == "no-store"
    assert client.get("/assets/tokens.json").headers["Cache-Control"] != "no-store"


def test_the_page_loads_nothing_from_another_host(client: Any) -> None:
    html = client.get("/").text
    assert '<html lang="zh-CN">' in html
    addresses = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert addresses
    assert [a for a in addresses if a.startswith(("http:", "https:", "//"))] == []


def test_a_tile_server_is_let_through_by_its_origin_only(tmp_path: Any) -> None:
    tiles = Settings(local_dir=tmp_path, tile_url="https://{s}.tiles.example/a/{z}/{x}/{y}.png")
    policy = application.create_app(tiles).server.test_client().get("/").headers
    assert (
        "img-src 'self' data: blob: https://*.tiles.example;" in policy["Content-Security-Policy"]
    )
    pictures = replace(
        tiles,
        imagery_before_url="http://10.0.0.1/before/{z}/{x}/{y}.png",
        imagery_after_url="http://10.0.0.1/after/{z}/{x}/{y}.png",
    )
    policy = application.create_app(pictures).server.test_client().get("/").headers
    assert (
        "img-src 'self' data: blob: https://*.tiles.example http://10.0.0.1;"
        in policy["Content-Security-Policy"]
    )
    plain = replace(tiles, tile_url=None)
    policy = application.create_app(plain).server.test_client().get("/").headers
    assert "img-src 'self' data: blob: ;" in policy["Content-Security-Policy"]


def test_an_export_is_a_workbook_named_for_what_it_shows(client: Any) -> None:
    answer = client.get("/export/clearance.xlsx?year=1999")
    assert answer.status_code == 200
    assert answer.data[:2] == b"PK"
    assert "filename*=UTF-8''%E6%9C%88%E6%B8%85" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_answers_are_compressed(client: Any) -> None:
    layout = client.get("/_dash-layout", headers={"Accept-Encoding": "br, gzip"})
    assert layout.headers.get("Content-Encoding") in ("br", "gzip", "zstd")


def test_every_module_that_registers_anything_is_joined(dash_app: Dash) -> None:
    """They are found by their functions; a page's own routes lie beside its callbacks."""
    callbacks = {m.__name__ for m in application.CALLBACK_MODULES}
    routes = {m.__name__ for m in application.ROUTE_MODULES}
    assert {"callbacks.overview", "callbacks.upload.page", "callbacks.frame.shell"} <= callbacks
    assert {"callbacks.deadlines", "callbacks.maps.heat", "callbacks.upload.routes"} <= routes
    for folder, function in ((callbacks, "register"), (routes, "register_routes")):
        written = {
            ".".join(path.relative_to(PROJECT_DIR).with_suffix("").parts)
            for path in (PROJECT_DIR / "callbacks").rglob("*.py")
            if f"def {function}(" in path.read_text("utf-8")
        }
        assert folder == written


def test_every_page_is_in_the_navigation_or_below_one_that_is(client: Any) -> None:
    client.get("/")
    pages = list(dash.page_registry.values())
    tops = [page for page in pages if is_top(page, pages)]
    assert len(tops) >= 10
    assert [page["path"] for page in tops if page.get("group") not in GROUPS] == []
    orders = [page["order"] for page in tops]
    assert len(set(orders)) == len(orders)
    below = [page.get("path_template") or page["path"] for page in pages if page not in tops]
    known = tuple(f"{page['path']}/" for page in tops if page["path"] != "/")
    assert [path for path in below if not path.startswith((*known, "/not-found"))] == []


def _literals(path: Path) -> Iterator[tuple[int, str]]:
    """The texts that a module writes, with their lines."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def test_every_address_of_a_page_stands_in_one_place_and_is_a_page(client: Any) -> None:
    """components/paths.py has all of them; no other module of the product writes one."""
    client.get("/")
    pages = list(dash.page_registry.values())
    registered = {page.get("path_template") or page["path"] for page in pages}
    named = {value for name, value in vars(paths).items() if name.isupper()}
    not_of_dash = {paths.API}  # told by the server itself, for who writes programs
    assert named == (registered - {"/not-found-404"}) | not_of_dash
    of_a_page = re.compile("|".join(f"{re.escape(path)}(?=$|[/?#])" for path in named - {"/"}))
    written = [
        f"{path.relative_to(PROJECT_DIR)}:{line} {text}"
        for room in ("callbacks", "components", "data", "pages")
        for path in sorted((PROJECT_DIR / room).rglob("*.py"))
        if path != Path(paths.__file__)
        for line, text in _literals(path)
        if of_a_page.match(text)
    ]
    assert written == []
