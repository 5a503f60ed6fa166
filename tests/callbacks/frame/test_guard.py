"""Nothing changes unless a page of this server asked for it, under a name of this server."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dash import Dash, Input, Output
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import app as application
from callbacks.frame.guard import TOKEN_COOKIE, TOKEN_HEADER, host_names, is_changing
from data.errors import Unproven
from data.jobs.incoming import Incoming
from data.jobs.table import JobTable
from data.permission import nothing_changes_until_proved
from data.settings import Settings
from data.store.engine import Store
from tests.asking import (
    CALLBACKS,
    ORIGIN,
    PROOF,
    TOKEN,
    ask,
    body_of,
    callback_ending,
    with_token,
)

#: What may reach the server with a request that changes something, and is not enough.
FOREIGN: dict[str, dict[str, str]] = {
    "no origin": {},
    "other origin": {"Origin": "http://evil.example"},
    "other port": {"Origin": "http://localhost:9999"},
    "name that begins alike": {"Origin": "http://localhost.evil.example"},
    "null origin": {"Origin": "null"},
    "own origin, other site": {"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"},
    "own origin, same site": {"Origin": ORIGIN, "Sec-Fetch-Site": "same-site"},
}
TYPES = (
    "application/json",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/octet-stream",
    "",
)
UNDO = ({"type": "upload-action", "name": "undo"}, 1)


@pytest.fixture(scope="module")
def settings_of_app(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(local_dir=tmp_path_factory.mktemp("app"), allowed_hosts=("weipian.example.cn",))


@pytest.fixture(scope="module")
def dash_app(settings_of_app: Settings) -> Dash:
    made = application.create_app(settings_of_app)

    @made.callback(Output("forgotten", "children"), Input("forgotten-button", "n_clicks"))
    def forgets_its_mark(clicks: int) -> str:
        JobTable(settings_of_app).submit("undo", {"batch": clicks}, "test")
        return "done"

    made.server.test_client().get("/")  # Dash takes up its callbacks with the first request
    return made


@pytest.fixture
def client(dash_app: Dash) -> FlaskClient:
    return with_token(dash_app.server.test_client())


@pytest.fixture
def nothing_is_queued(settings_of_app: Settings) -> Iterator[JobTable]:
    table = JobTable(settings_of_app)
    for job in table.unfinished():
        table.cancel(job.id)
    yield table
    table.engine.dispose()


def undo(client: FlaskClient, dash_app: Dash, **headers: str) -> TestResponse:
    """Press 撤回 of batch 7."""
    return ask(
        client,
        dash_app,
        callback_ending(dash_app, "upload-work.children", "location.href"),
        {
            '{"name":["ALL"],"type":"upload-action"}.n_clicks': [UNDO],
            "location.search": "?batch=7",
        },
        headers,
        triggered='{"name":"undo","type":"upload-action"}.n_clicks',
    )


def changing_routes(dash_app: Dash) -> list[tuple[str, str]]:
    """Method and address of every route that is no reading, callbacks apart."""
    return [
        (method, rule.rule.replace("<file_id>", "a" * 32))
        for rule in dash_app.server.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"GET", "HEAD", "OPTIONS"})
        if rule.rule != CALLBACKS
    ]


def test_every_route_that_changes_is_refused_without_proof(
    client: FlaskClient, dash_app: Dash
) -> None:
    routes = changing_routes(dash_app)
    assert ("POST", "/upload/files") in routes
    assert len(routes) >= 3
    for (method, address), kind, (what, headers) in itertools.product(
        routes, TYPES, FOREIGN.items()
    ):
        answer = client.open(
            address,
            method=method,
            data=b"{}",
            content_type=kind,
            headers={**headers, TOKEN_HEADER: TOKEN},
        )
        assert answer.status_code == 403, (method, address, kind, what)
        assert "刷新页面" in answer.text


def test_what_no_route_takes_is_answered_so(client: FlaskClient) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE", "ANYTHING"):
        assert client.open("/", method=method).status_code == 405, method


def marked(dash_app: Dash) -> list[str]:
    return [
        output
        for output, known in dash_app.callback_map.items()
        if "callback" in known and is_changing(dash_app, output)
    ]


def test_every_marked_callback_is_refused_without_proof(
    client: FlaskClient, dash_app: Dash
) -> None:
    outputs = marked(dash_app)
    assert callback_ending(dash_app, "upload-work.children", "location.href") in outputs
    for output, kind, (what, headers) in itertools.product(outputs, TYPES, FOREIGN.items()):
        answer = client.post(
            CALLBACKS,
            data=json.dumps(body_of(dash_app, output, {})),
            content_type=kind,
            headers={**headers, TOKEN_HEADER: TOKEN},
        )
        assert answer.status_code in (403, 415), (output, kind, what)
        if kind == "application/json":
            assert answer.status_code == 403, (output, kind, what)


def test_every_callback_is_refused_to_a_page_of_another_site(
    client: FlaskClient, dash_app: Dash
) -> None:
    outputs = [o for o, known in dash_app.callback_map.items() if "callback" in known]
    assert len(outputs) > 40
    for output, (what, headers) in itertools.product(outputs, FOREIGN.items()):
        if headers:
            answer = ask(client, dash_app, output, {}, {**headers, TOKEN_HEADER: TOKEN})
            assert answer.status_code == 403, (output, what)


@pytest.mark.parametrize(
    ("token", "cookie"),
    [
        (None, TOKEN),
        ("x" * 43, TOKEN),
        ("", TOKEN),
        (TOKEN, None),
        ("", ""),
        ("short", "short"),
        ("令牌", "令牌"),
    ],
    ids=["none", "another", "empty", "no cookie", "both empty", "both short", "both no token"],
)
def test_an_undo_without_the_token_of_its_cookie_is_refused(
    dash_app: Dash, nothing_is_queued: JobTable, token: str | None, cookie: str | None
) -> None:
    client = dash_app.server.test_client()
    if cookie is not None:
        client.set_cookie(TOKEN_COOKIE, cookie)
    headers = {"Origin": ORIGIN} | (
        {TOKEN_HEADER: token.encode().decode("latin-1")} if token is not None else {}
    )
    assert undo(client, dash_app, **headers).status_code == 403
    assert nothing_is_queued.unfinished() == []


@pytest.mark.parametrize("headers", list(FOREIGN.values()), ids=list(FOREIGN))
def test_an_undo_from_elsewhere_queues_nothing(
    client: FlaskClient, dash_app: Dash, nothing_is_queued: JobTable, headers: dict[str, str]
) -> None:
    assert undo(client, dash_app, **{**headers, TOKEN_HEADER: TOKEN}).status_code == 403
    assert nothing_is_queued.unfinished() == []


def test_an_undo_from_our_own_page_is_queued(
    client: FlaskClient,
    dash_app: Dash,
    nothing_is_queued: JobTable,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("data.jobs.embedded.ensure_worker", lambda settings: None)
    assert undo(client, dash_app, **PROOF).status_code == 200
    assert [job.payload["batch"] for job in nothing_is_queued.unfinished()] == [7]


def test_a_file_is_taken_from_our_own_page_only(
    client: FlaskClient, settings_of_app: Settings
) -> None:
    asked = {"name": "五月.csv", "size": 6}
    answer = client.post("/upload/files", json=asked, headers=PROOF)
    assert answer.status_code == 201
    assert Incoming(settings_of_app).get(answer.get_json()["id"]).offset == 0


def test_a_callback_that_forgets_its_mark_is_refused_where_it_writes(
    client: FlaskClient, dash_app: Dash, nothing_is_queued: JobTable
) -> None:
    for headers in ({}, {"Origin": ORIGIN}, PROOF):
        answer = ask(
            client, dash_app, "forgotten.children", {"forgotten-button.n_clicks": 1}, headers
        )
        assert answer.status_code == 403
    assert nothing_is_queued.unfinished() == []


def test_whatever_writes_asks_for_permission(sqlite_store: Store) -> None:
    table, incoming = JobTable(sqlite_store.settings), Incoming(sqlite_store.settings)
    made = incoming.begin("五月.csv", 3)
    writing: list[Any] = [
        lambda: sqlite_store.write().__enter__(),
        lambda: table.submit("undo", {}, "test"),
        lambda: table.again("a", ("waiting",)),
        lambda: table.cancel("a"),
        lambda: incoming.begin("六月.csv", 3),
        lambda: incoming.append(made.id, 0, b"abc"),
        lambda: incoming.drop(made.id),
    ]
    with nothing_changes_until_proved():
        for write in writing:
            with pytest.raises(Unproven):
                write()
    assert incoming.get(made.id).offset == 0
    assert table.unfinished() == []


def test_reading_needs_no_proof(dash_app: Dash) -> None:
    client = dash_app.server.test_client()
    assert client.get("/").status_code == 200
    assert client.get("/export/clearance.xlsx?year=1999").status_code == 200
    output = "overview-content.children"
    assert ask(client, dash_app, output, {"location.search": ""}).status_code == 200
    own = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}
    assert ask(client, dash_app, output, {"location.search": ""}, own).status_code == 200


def test_an_unknown_callback_is_not_found_and_no_fault(client: FlaskClient) -> None:
    bodies: list[Any] = [
        {"output": "nothing.children"},
        {"output": ["a"]},
        {"output": "overview-content.children", "inputs": []},
        {"output": "overview-content.children", "inputs": "a"},
        {"output": "frame.className"},
        {},
        [],
    ]
    for body in bodies:
        answer = client.post(CALLBACKS, json=body, headers=PROOF)
        assert answer.status_code == 404, body


def test_a_page_gives_a_token_that_scripts_of_other_sites_cannot_read_or_send(
    dash_app: Dash,
) -> None:
    client = dash_app.server.test_client()
    given = client.get("/").headers["Set-Cookie"]
    assert given.startswith(f"{TOKEN_COOKIE}=")
    assert "SameSite=Strict" in given
    assert "HttpOnly" not in given
    assert "Secure" not in given
    assert "Set-Cookie" not in client.get("/clearance").headers
    assert "Set-Cookie" not in dash_app.server.test_client().get("/assets/tokens.json").headers
    secure = dash_app.server.test_client().get("/", base_url="https://localhost")
    assert "Secure" in secure.headers["Set-Cookie"]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8050", "localhost.evil.example"])
def test_a_foreign_name_that_leads_here_is_refused(
    client: FlaskClient, dash_app: Dash, nothing_is_queued: JobTable, host: str
) -> None:
    """DNS rebinding: the browser sees one site, whose name now resolves to this machine."""
    rebound = {**PROOF, "Host": host, "Origin": f"http://{host}"}
    assert undo(client, dash_app, **rebound).status_code == 403
    assert nothing_is_queued.unfinished() == []
    for path in ("/", "/_dash-layout", "/export/clearance.xlsx", "/map/areas.json", "/nothing"):
        answer = client.get(path, headers={"Host": host})
        assert answer.status_code == 403, path
        assert "WEIPIAN_ALLOWED_HOSTS" in answer.text


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:9000", "localhost", "LOCALHOST:1", "[::1]:8050"]
)
def test_this_machine_is_asked_by_any_of_its_names(client: FlaskClient, host: str) -> None:
    assert client.get("/_dash-layout", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["", "a b", "localhost:99999", "evil@localhost", "localhost/x"])
def test_what_is_no_host_is_refused(client: FlaskClient, host: str) -> None:
    assert client.get("/_dash-layout", headers={"Host": host}).status_code == 403


def test_a_name_from_the_settings_is_answered_also_behind_a_proxy_that_changes_host(
    dash_app: Dash,
) -> None:
    client = dash_app.server.test_client(use_cookies=False)
    asked = {"name": "五月.csv", "size": 6}
    public = "https://weipian.example.cn"
    for host in ("weipian.example.cn", "127.0.0.1:8050"):
        sent = {**PROOF, "Host": host, "Origin": public}
        cookie = {"Cookie": f"{TOKEN_COOKIE}={TOKEN}"}
        assert client.post("/upload/files", json=asked, headers=sent | cookie).status_code == 201
    other = {**PROOF, "Host": "127.0.0.1:8050", "Origin": f"{public}:9999"}
    assert client.post("/upload/files", json=asked, headers=other | cookie).status_code == 403


def test_health_is_told_under_any_name(client: FlaskClient) -> None:
    assert client.get("/healthz", headers={"Host": "balancer"}).status_code == 200


def test_a_server_that_listens_everywhere_is_asked_by_addresses_and_its_own_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "Bureau-1")
    everywhere = Settings(local_dir=tmp_path, host="0.0.0.0")
    assert {"bureau-1", "localhost", "127.0.0.1", "::1"} == host_names(everywhere)
    client = application.create_app(everywhere).server.test_client()
    for host, status in (("10.1.2.3:8050", 200), ("bureau-1", 200), ("evil.example", 403)):
        assert client.get("/_dash-layout", headers={"Host": host}).status_code == status


def test_a_server_on_one_address_is_not_asked_by_another(tmp_path: Path) -> None:
    one = Settings(local_dir=tmp_path, host="10.1.2.3", allowed_hosts=("卫片.example.cn:8443",))
    assert host_names(one) == {"10.1.2.3", "xn--rlr013e.example.cn"}
