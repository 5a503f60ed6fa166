"""What goes wrong is answered in Chinese, with the status that says so."""

from __future__ import annotations

import re

import pytest
from dash import Dash
from flask import Flask
from flask.testing import FlaskClient
from werkzeug import Response
from werkzeug.exceptions import TooManyRequests

import app as application
from callbacks.frame.error_pages import http_answer
from components import paths
from data.settings import Settings
from data.store.engine import Store
from data.vocabulary import UploadKind
from tests.asking import PROOF, with_token
from tests.sending import PATCH, send

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
_ENGLISH = re.compile(r"not found|not allowed|too large|error|internal", re.IGNORECASE)


@pytest.fixture(scope="module")
def dash_app(tmp_path_factory: pytest.TempPathFactory) -> Dash:
    made = application.create_app(Settings(local_dir=tmp_path_factory.mktemp("app")))

    server: Flask = made.server

    @server.get("/export/broken")
    def broken() -> str:
        raise ZeroDivisionError("secret detail")

    return made


@pytest.fixture
def client(dash_app: Dash) -> FlaskClient:
    return with_token(dash_app.server.test_client())


@pytest.mark.parametrize(
    "path", ["/nothing", "/clearance/nothing", "/map/nothing", "/patches/2023", "/help/nothing"]
)
def test_an_unknown_address_is_404_with_the_frame_in_which_the_page_says_so(
    client: FlaskClient, path: str
) -> None:
    answer = client.get(path, headers=BROWSER)
    assert answer.status_code == 404
    assert answer.mimetype == "text/html"
    assert "dash-renderer" in answer.text


def test_every_page_that_is_registered_answers_200(client: FlaskClient) -> None:
    from dash import page_registry

    client.get("/")
    paths = [
        page.get("path_template") or page["path"]
        for page in page_registry.values()
        if not page["module"].endswith("not_found_404")
    ]
    assert len(paths) >= 12
    of_one_thing = {module.IS_THERE_AT for module in application.modules_with("is_there")}
    for path in paths:  # one thing that this store has not
        answer = client.get(re.sub(r"<[a-z_]+>", "2023", path), headers=BROWSER)
        assert answer.status_code == (404 if path in of_one_thing else 200), path


def test_a_patch_whose_number_has_a_slash_is_there(sqlite_store: Store) -> None:
    send(sqlite_store, UploadKind.PATCHES, PATCH | {"图斑编号": "HC/1"})
    client = application.create_app(sqlite_store.settings).server.test_client()
    answers = [client.get(paths.patch(year, "HC/1")).status_code for year in (2023, 2022)]
    assert answers == [200, 404]


def asked(client: FlaskClient, status: int, headers: dict[str, str]) -> object:
    if status == 404:
        return client.get("/assets/nothing.js", headers=headers)
    if status == 405:
        return client.post("/clearance", headers=headers)
    if status == 413:
        body = b"x" * (application.MAX_BODY_BYTES + 1)
        sent = {**PROOF, **headers, "Content-Type": "application/json"}
        return client.post("/_dash-update-component", data=body, headers=sent)
    return client.get("/export/broken", headers=headers)


@pytest.mark.parametrize("status", [404, 405, 413, 500])
def test_people_get_a_page_and_programs_a_sentence(client: FlaskClient, status: int) -> None:
    for headers, kind in (
        (BROWSER, "text/html"),
        ({}, "text/plain"),
        ({"Accept": "*/*"}, "text/plain"),
    ):
        answer = asked(client, status, dict(headers))
        assert isinstance(answer, Response)
        assert answer.status_code == status
        assert answer.mimetype == kind
        said = answer.get_data(as_text=True)
        assert re.search("[\u4e00-\u9fff]{4}", said)
        assert "secret detail" not in said
        if kind == "text/plain":
            assert not _ENGLISH.search(said)
        else:
            assert 'lang="zh-CN"' in said
            assert 'href="/"' in said


def test_a_fault_has_its_number_on_the_page_as_well(client: FlaskClient) -> None:
    assert re.search("编号 [0-9a-f]{8} ", client.get("/export/broken", headers=BROWSER).text)


@pytest.mark.parametrize(
    "path", ["os/x.js", "dash/x.js", "dash/../app.py", "nothing/nothing", "plotly/%00.js"]
)
def test_a_script_that_no_page_asks_for_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(f"/_dash-component-suites/{path}").status_code == 404


def test_what_http_says_besides_is_kept_and_a_redirection_stays_one() -> None:
    server = Flask("test")
    with server.test_request_context("/"):
        waiting = http_answer(TooManyRequests(retry_after=30))
        assert (waiting.status_code, waiting.headers["Retry-After"]) == (429, "30")
    client = with_token(server.test_client())
    server.get("/a/")(lambda: "a")
    from callbacks.frame.faults import in_routes

    in_routes(server)
    assert client.get("/a").status_code == 308
    assert client.post("/a/").headers["Allow"]
