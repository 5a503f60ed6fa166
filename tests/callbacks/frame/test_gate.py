"""Nothing but the way in is answered to whoever is not signed in, and nothing beyond his rights to
whoever is (access.md, security.md: Anonymous, Sessions)."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import openpyxl
import pyotp
import pytest
from dash import Dash, Input, Output
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import app as application
from callbacks.frame import needs
from callbacks.frame.guard import TOKEN_COOKIE, changes_state
from callbacks.frame.needs import is_free
from callbacks.login import _give_cookie, local_address
from data.errors import StoreRefused, SupervisionError
from data.periods import utc_now
from data.rights import DEFAULT_RIGHTS, Right, Role
from data.settings import Settings
from data.store import meta
from data.store.engine import Store
from data.store.events import event_count, events
from data.store.opening import open_store
from data.store.queries.accounts import secrets_of
from data.workflow import sessions as signing
from data.workflow.accounts import (
    add_account,
    disable_account,
    enable_account,
    set_account,
    set_code,
    set_password,
)
from tests.asking import CALLBACKS, ORIGIN, PROOF, TOKEN, ask, with_token

pytestmark = pytest.mark.usefixtures("the_gate_is_shut")

PASSWORD = "Jizhang-2023"
BROWSER = {"Accept": "text/html,*/*"}
WRONG = "账户名、密码或动态码不对，或账户已停用。请核对后重试。"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    settings = Settings(local_dir=tmp_path_factory.mktemp("gate"), lock_after=4)
    store = open_store(settings)
    with store.write() as conn:
        for name, role, district, rights in (
            ("经办", Role.CITY, None, None),
            ("领导", Role.LEADER, None, None),
            ("环翠", Role.DISTRICT, "371002", None),
            ("管理", Role.ADMIN, None, None),
            ("只看", Role.CITY, None, {Right.READ}),
        ):
            add_account(conn, settings, name, role, district, rights, PASSWORD)
    yield store
    store.engine.dispose()


@pytest.fixture(scope="module")
def dash_app(store: Store) -> Dash:
    return application.create_app(store.settings)


@pytest.fixture
def client(dash_app: Dash) -> FlaskClient:
    made: FlaskClient = dash_app.server.test_client()
    return made


def log_in(client: FlaskClient, name: str, password: str = PASSWORD, **more: str) -> TestResponse:
    """As a browser does: take the form, send it back."""
    page = client.get("/login").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    form = {"username": name, "password": password, "csrf_token": token[1], **more}
    return client.post("/login", data=form, headers={"Origin": ORIGIN})


def cookie_of(client: FlaskClient) -> str:
    cookie = client.get_cookie("weipian_session")
    assert cookie is not None
    return cookie.value


def is_in(client: FlaskClient) -> bool:
    return client.get("/version.json").status_code == 200


def test_no_route_answers_who_is_not_signed_in(dash_app: Dash, client: FlaskClient) -> None:
    seen = 0
    for rule in dash_app.server.url_map.iter_rules():
        path = re.sub(r"<any\(([a-z]+)[^>]*>", r"\1", rule.rule)
        path = re.sub(r"<int:[^>]+>", "1", path)
        path = re.sub(r"<[^>]+>", "x", path)
        if is_free(path):
            continue
        for method in sorted(rule.methods or ()):
            answer = client.open(path, method=method, headers=BROWSER)
            assert answer.status_code in (303, 401), (method, path)
            if answer.status_code == 303:
                assert answer.location.startswith("/login")
                assert method in ("GET", "HEAD", "OPTIONS")
            elif method != "HEAD":
                assert answer.json == {"message": "请先登录。"}
            seen += 1
    assert seen > 60


def test_no_callback_answers_who_is_not_signed_in(dash_app: Dash, client: FlaskClient) -> None:
    asked = [output for output, known in dash_app.callback_map.items() if "callback" in known]
    assert len(asked) > 30
    for output in asked:
        answer = ask(with_token(client), dash_app, output, {}, PROOF)
        assert (answer.status_code, answer.json) == (401, {"message": "请先登录。"}), output


def test_nothing_of_the_domain_is_said_before(client: FlaskClient) -> None:
    for path in ("/_dash-layout", "/_dash-dependencies", "/version.json", "/map/bins.json"):
        assert client.get(path).status_code == 401
    page = client.get("/login")
    assert page.status_code == 200
    for word in ("环翠", "图斑", "数据版本", "371002", "演示", "/login/demo"):
        assert word not in page.text
    assert client.get("/healthz").status_code == 200
    assert set(client.get("/readyz").get_json()) == {
        "ready",
        "store",
        "migrations",
        "queue",
        "disk",
    }
    assert client.get("/assets/tokens.json").status_code == 200


@pytest.mark.parametrize(
    ("path", "after"),
    [
        ("/", "/login"),
        ("/patches?year=2023", "/login?next=%2Fpatches%3Fyear%3D2023"),
        ("/nowhere", "/login?next=%2Fnowhere"),
    ],
)
def test_a_page_leads_to_the_way_in_and_back(path: str, after: str, client: FlaskClient) -> None:
    answer = client.get(path, headers=BROWSER)
    assert (answer.status_code, answer.location) == (303, after)


def test_who_signs_in_gets_a_new_session_and_goes_on(client: FlaskClient, store: Store) -> None:
    client.set_cookie("weipian_session", "planted" * 7)
    answer = log_in(client, "经办", next="/patches?year=2023")
    assert (answer.status_code, answer.location) == (303, "/patches?year=2023")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "planted" not in cookie
    assert "Secure" not in cookie
    assert len(cookie.split("=")[1].split(";")[0]) >= 43
    assert is_in(client)
    first = cookie_of(client)
    log_in(client, "经办")
    assert first != cookie_of(client)
    client.set_cookie("weipian_session", first)
    assert not is_in(client)  # the browser's former session ended with the new one
    with store.read() as conn:
        assert {e.who for e in events(conn, "session")} == {"经办"}


@pytest.mark.parametrize(
    "asked",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "",
     "/a\r\nSet-Cookie: x=1", "http:evil", "/login?next=/", "/logout", "/" + "x" * 5000],
)  # fmt: skip
def test_the_way_back_stays_on_this_server(asked: str, client: FlaskClient) -> None:
    assert local_address(asked) == "/"
    if "\r" not in asked:
        assert log_in(client, "领导", next=asked).location == "/"


def test_wrong_names_and_passwords_are_told_alike_in_the_same_time(client: FlaskClient) -> None:
    times: dict[str, list[float]] = {"无此人": [], "只看": []}
    for turn in range(3):
        for name, taken in times.items():
            start = time.perf_counter()
            answer = log_in(client, name if name == "只看" else f"{name}{turn}", "falsch")
            taken.append(time.perf_counter() - start)
            assert answer.status_code == 401
            assert WRONG in answer.text
            assert "weipian_session" not in str(answer.headers)
    ratio = min(times["无此人"]) / min(times["只看"])
    assert 0.5 < ratio < 2, times
    assert log_in(client, "x" * 10_000).status_code == 401
    assert log_in(client, "只看").status_code == 303  # which forgets the failures


def test_too_many_failures_are_told_with_the_wait(client: FlaskClient) -> None:
    for _ in range(4):
        assert log_in(client, "锁住", "falsch").status_code == 401
    answer = log_in(client, "锁住", "falsch")
    assert answer.status_code == 429
    assert "10分钟" in answer.text
    assert 0 < int(answer.headers["Retry-After"]) <= 600


def test_the_form_needs_its_token(client: FlaskClient) -> None:
    form = {"username": "经办", "password": PASSWORD}
    for headers in ({}, {"Origin": ORIGIN}, {"Origin": "https://evil.example"}):
        assert client.post("/login", data=form, headers=headers).status_code == 403
        wrong = {**form, "csrf_token": TOKEN}
        assert client.post("/login", data=wrong, headers=headers).status_code == 403
    client.set_cookie(TOKEN_COOKIE, TOKEN)
    good = {**form, "csrf_token": TOKEN}
    foreign = {"Origin": "https://evil.example"}
    assert client.post("/login", data=good, headers=foreign).status_code == 403
    assert client.post("/login", data=good).status_code == 303


@pytest.mark.parametrize("how", ["logout", "disable", "role", "district", "password", "idle"])
def test_a_session_is_dead_by_the_next_request(
    how: str, client: FlaskClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, name = store.settings, f"甲-{how}"
    with store.write() as conn:
        add_account(conn, settings, name, Role.DISTRICT, "371002", None, PASSWORD)
    assert log_in(client, name).status_code == 303
    cookie = cookie_of(client)
    assert is_in(client)
    if how == "logout":
        token = client.get_cookie(TOKEN_COOKIE)
        assert token is not None
        answer = client.post("/logout", data={"csrf_token": token.value})
        assert (answer.status_code, answer.location) == (303, "/login")
    elif how == "idle":
        later = utc_now() + timedelta(minutes=31)
        monkeypatch.setattr(signing, "utc_now", lambda: later)
    else:
        with store.write() as conn:
            if how == "disable":
                disable_account(conn, name)
            elif how == "role":
                set_account(conn, name, role=Role.LEADER)
            elif how == "district":
                set_account(conn, name, district="371003")
            else:
                set_password(conn, settings, name, PASSWORD + "9")
    client.set_cookie("weipian_session", cookie)  # replayed
    assert not is_in(client)
    if how == "disable":
        assert log_in(client, name).status_code == 401
        with store.write() as conn:
            enable_account(conn, name)
        assert not is_in(client)


def test_an_old_password_is_changed_before_anything_else(
    client: FlaskClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.write() as conn:
        add_account(conn, store.settings, "旧密码", Role.CITY, None, None, PASSWORD)
    log_in(client, "旧密码")
    later = utc_now() + timedelta(days=91)
    with monkeypatch.context() as patch:
        patch.setattr("callbacks.frame.gate.utc_now", lambda: later)
        assert client.get("/patches").location == "/password"
        assert client.get("/version.json").status_code == 403
        assert "已到期" in client.get("/password").text
    token = client.get_cookie(TOKEN_COOKIE)
    assert token is not None
    form = {"csrf_token": token.value, "password": PASSWORD}
    for new, again, said in (
        ("Neu-2024-x", "Neu-2024-y", "不一样"),
        (PASSWORD, PASSWORD, "相同"),
        ("kurz", "kurz", "长度"),
    ):
        answer = client.post("/password", data={**form, "new_password": new, "again": again})
        assert answer.status_code == 422
        assert said in answer.text
    sent = {**form, "new_password": "Neu-2024-x", "again": "Neu-2024-x"}
    assert client.post("/password", data=sent).status_code == 303
    assert is_in(client)


def test_behind_tls_no_cookie_crosses_in_clear(store: Store) -> None:
    app = Flask("tls")
    with app.test_request_context("/login", method="POST", data={"next": "/"}):
        answer = app.make_response("")
        _give_cookie(answer, "secret", behind_tls=True)
    assert "Secure" in answer.headers["Set-Cookie"]


def test_a_code_is_asked_where_one_is_set(client: FlaskClient, store: Store) -> None:
    with store.write() as conn:
        add_account(conn, store.settings, "动态码", Role.CITY, None, None, PASSWORD)
        set_code(conn, "动态码", True)
        _, secret = secrets_of(conn, "动态码")
    assert secret is not None
    assert log_in(client, "动态码").status_code == 401
    code = pyotp.TOTP(secret).now()
    assert log_in(client, "动态码", code=code).status_code == 303
    assert log_in(client, "动态码", code=code).status_code == 401  # once


def test_a_machine_reads_with_its_token_and_no_more(client: FlaskClient, store: Store) -> None:
    with store.write() as conn:
        token = signing.make_token(conn, "环翠", 3, store.settings.today())
    bearer = {"Authorization": f"Bearer {token}"}
    assert client.get("/version.json", headers=bearer).status_code == 200
    assert client.get("/version.json", headers={"Authorization": "Bearer x"}).status_code == 401
    answer = with_token(client).post(CALLBACKS, json={}, headers={**PROOF, **bearer})
    assert answer.status_code == 403
    with store.write() as conn:
        disable_account(conn, "环翠")
    assert client.get("/version.json", headers=bearer).status_code == 401
    with store.write() as conn:
        enable_account(conn, "环翠")


@pytest.mark.parametrize(
    ("name", "path", "right"),
    [
        ("只看", "/export/clearance.xlsx?year=2023", "导出"),
        ("管理", "/export/clearance.xlsx?year=2023", "导出"),
    ],
)
def test_a_missing_right_is_named(name: str, path: str, right: str, client: FlaskClient) -> None:
    log_in(client, name)
    answer = client.get(path)
    assert answer.status_code == 403
    assert f"“{right}”权限" in answer.text
    assert "市局" in answer.text


def test_a_leader_reads_and_exports_and_sends_no_file(client: FlaskClient, store: Store) -> None:
    log_in(client, "领导")
    token = client.get_cookie(TOKEN_COOKIE)
    assert token is not None
    proof = {**PROOF, "X-CSRFToken": token.value}
    answer = client.post("/upload/files", json={"name": "a.csv", "size": 3}, headers=proof)
    assert answer.status_code == 403
    assert "“上传”权限" in answer.text
    answer = client.get("/export/clearance.xlsx?year=2023&district=371002")
    assert answer.status_code == 200
    sheets = openpyxl.load_workbook(io.BytesIO(answer.data)).worksheets[:-1]
    with store.read() as conn:
        (event,) = events(conn, "export", limit=1)
    assert (event.who, event.source) == ("领导", "127.0.0.1")
    assert event.told == {
        "path": "/export/clearance.xlsx",
        "filter": "year=2023&district=371002",
        "rows": sum(sheet.max_row - 1 for sheet in sheets),
    }


@pytest.mark.parametrize("part", [{}, {"Range": "bytes=0-9"}])
def test_a_file_is_noted_before_it_is_handed_over(
    part: dict[str, str], client: FlaskClient, store: Store
) -> None:
    log_in(client, "领导")
    with store.read() as conn:
        known = event_count(conn, "export")
    answer = client.get("/upload/templates/patches.xlsx", headers=part)
    assert answer.status_code == (206 if part else 200)
    with store.read() as conn:
        (event,) = events(conn, "export", limit=1)
        assert event_count(conn, "export") == known + 1
    assert event.told == {"path": "/upload/templates/patches.xlsx", "filter": "", "rows": None}


def test_what_cannot_be_noted_is_not_handed_over(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(client, "领导")

    def is_full(*_: object) -> None:
        raise StoreRefused("磁盘已满。")

    monkeypatch.setattr("data.workflow.taking_away.events.note", is_full)
    for path in ("/export/clearance.xlsx?year=2023", "/upload/templates/patches.xlsx"):
        answer = client.get(path)
        assert (answer.status_code, "磁盘已满" in answer.text) == (503, True)


def test_the_look_of_a_session_costs_one_statement(dash_app: Dash, client: FlaskClient) -> None:
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    log_in(client, "经办")
    client.get("/assets/tokens.json")
    said: list[str] = []

    def hear(_: Any, __: Any, statement: str, *___: Any) -> None:
        said.append(statement)

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        client.get("/upload/templates/none.xlsx")  # asks nothing itself
    finally:
        event.remove(Engine, "before_cursor_execute", hear)
    each = ("BEGIN", "SELECT version_num")  # what every transaction begins with
    assert len([s for s in said if not s.startswith(each)]) == 1


def test_a_start_stops_where_something_says_no_right(tmp_path: Any) -> None:
    made = application.create_app(Settings(local_dir=tmp_path))

    @made.callback(Output("a", "children"), Input("b", "n_clicks"))
    @changes_state
    def forgets(_: int) -> str:
        return ""

    with pytest.raises(SupervisionError, match=r"a\.children"):
        needs.refuse_undeclared(made)
    made = application.create_app(Settings(local_dir=tmp_path))
    made.server.add_url_rule("/forgotten", "forgotten", lambda: "", methods=["POST"])
    with pytest.raises(SupervisionError, match="/forgotten"):
        needs.refuse_undeclared(made)


# ---- the demo ------------------------------------------------------------------------------------


def test_one_click_signs_in_on_the_demo_and_nowhere_else(tmp_path: Any) -> None:
    settings = Settings(local_dir=tmp_path, access="demo")
    with pytest.raises(SupervisionError, match="只能用于演示库"):
        application.create_app(settings)
    store = open_store(settings)
    with store.write() as conn:
        meta.put(conn, "is_demo", "1")
    client = application.create_app(settings).server.test_client()
    page = client.get("/login").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    keys = re.findall(r'name="account" value="([^"]+)"', page)
    labels = re.findall(r">(演示：[^<]+)<", page)
    assert len(keys) == len(labels) == 18
    for key in (*keys, *keys[:1]):
        form = {"account": key, "csrf_token": token[1], "next": "/patches"}
        answer = client.post("/login/demo", data=form)
        assert (answer.status_code, answer.location) == (303, "/patches")
        assert is_in(client)
    assert client.post("/login/demo", data={**form, "account": "x"}).status_code == 404
    store.engine.dispose()
    plain = application.create_app(replace(settings, access="accounts")).server.test_client()
    assert "演示" not in plain.get("/login").text
    plain.set_cookie(TOKEN_COOKIE, TOKEN)
    answer = plain.post("/login/demo", data={"account": "管理员", "csrf_token": TOKEN})
    assert answer.status_code in (404, 405)


def test_every_right_has_a_click() -> None:
    from data.workflow.signing_in import _BUREAU

    held = frozenset[Right]().union(*(demo.rights for demo in _BUREAU))
    assert held | DEFAULT_RIGHTS[Role.DISTRICT] == set(Right)
