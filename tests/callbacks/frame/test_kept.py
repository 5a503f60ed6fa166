"""Answers are kept between changes of the store, and never shown after one."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
from dash import Dash
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.engine import Engine

import app as application
from callbacks.frame.kept import Answers, answer_key, is_kept
from callbacks.triggers import page as triggers
from data.scope import Scope
from data.settings import Settings
from data.store.engine import Store
from data.store.opening import open_store
from data.vocabulary import UploadKind
from data.workflow.parameters import change_parameter
from tests.asking import ask, body_of, with_token
from tests.sending import FINDING, PATCH, send

NUMBER = str(PATCH["图斑编号"])
ON = "?year=2023&asof=2023-08-01"


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    opened = open_store(settings)
    send(opened, UploadKind.PATCHES, PATCH)
    send(opened, UploadKind.FINDINGS, FINDING)
    yield opened
    opened.engine.dispose()


@pytest.fixture
def dash_app(store: Store) -> Dash:
    made = application.create_app(store.settings)
    made.server.test_client().get("/")
    return made


@pytest.fixture
def client(dash_app: Dash) -> FlaskClient:
    return with_token(dash_app.server.test_client())


def kept_outputs(app: Dash) -> list[str]:
    return [output for output in app.callback_map if is_kept(app, {"output": output})]


def page(client: FlaskClient, app: Dash, output: str, search: str = ON) -> str:
    values = {
        "location.search": search,
        "patch-address.data": {"year": "2023", "patch_no": NUMBER},
    }
    answer = ask(client, app, output, values)
    assert answer.status_code == 200, answer.text
    return answer.text


def statements_of(client: FlaskClient, app: Dash, output: str) -> int:
    seen: list[str] = []

    def hear(conn: Any, cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        page(client, app, output)
    finally:
        event.remove(Engine, "before_cursor_execute", hear)
    # every transaction asks whether the store has become newer
    return len([s for s in seen if s.startswith(("SELECT", "WITH")) and "version_num" not in s])


def test_the_second_reader_of_every_kept_page_asks_the_store_for_its_version_only(
    client: FlaskClient, dash_app: Dash
) -> None:
    outputs = kept_outputs(dash_app)
    assert len(outputs) >= 6
    for output in outputs:
        assert statements_of(client, dash_app, output) > 1
        first = page(client, dash_app, output)
        assert statements_of(client, dash_app, output) == 1
        assert page(client, dash_app, output) == first


def test_what_is_kept_is_what_each_reader_can_read(client: FlaskClient, dash_app: Dash) -> None:
    encodings = ("gzip", "identity", "gzip")
    for output in kept_outputs(dash_app):
        answers = []
        for encoding in encodings:
            client.environ_base["HTTP_ACCEPT_ENCODING"] = encoding
            values = {
                "location.search": ON,
                "patch-address.data": {"year": "2023", "patch_no": NUMBER},
            }
            answer = ask(client, dash_app, output, values)
            packed = answer.headers.get("Content-Encoding") == "gzip"
            body = gzip.decompress(answer.data) if packed else answer.data
            answers.append(json.loads(body))
        assert answers[0] == answers[1] == answers[2], output


def test_no_page_is_old_after_a_parcel_has_changed(
    client: FlaskClient, dash_app: Dash, store: Store
) -> None:
    outputs = kept_outputs(dash_app)
    before = {output: page(client, dash_app, output) for output in outputs}
    send(store, UploadKind.FINDINGS, {**FINDING, "合法性判定": "合法"})
    fresh = application.create_app(store.settings)  # nothing is kept in it yet
    fresh.server.test_client().get("/")
    other = with_token(fresh.server.test_client())
    changed = 0
    for output in outputs:
        now = page(client, dash_app, output)
        assert now == page(other, fresh, output), output
        changed += now != before[output]
    assert changed >= 5  # each names the data version at least


def test_a_parameter_and_another_day_are_another_question(
    client: FlaskClient, dash_app: Dash, store: Store
) -> None:
    body = b"{}"
    with store.read() as conn:
        key = answer_key(conn, Scope.all(), "2023-08-01", body)
        assert answer_key(conn, Scope.all(), "2023-08-02", body) != key
        assert answer_key(conn, Scope(frozenset({"371002"})), "2023-08-01", body) != key
        assert answer_key(conn, Scope.all(), "2023-08-01", b"[]") != key
        assert answer_key(conn, Scope.all(), "2023-08-01", body) == key
    with store.write() as conn:
        today = store.settings.today()
        change_parameter(conn, "T3", "warning_ratio", 0.08, today, "试点", today)
    with store.read() as conn:
        assert answer_key(conn, Scope.all(), "2023-08-01", body) != key


def test_what_failed_is_not_kept(
    client: FlaskClient, dash_app: Dash, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = next(o for o in kept_outputs(dash_app) if "triggers" in o)

    def fails(*_: Any) -> Any:
        raise RuntimeError("broken")

    with monkeypatch.context() as broken:
        broken.setattr(triggers, "look", fails)
        assert "系统出错" in page(client, dash_app, output)
    assert "系统出错" not in page(client, dash_app, output)


def test_the_wall_which_tells_the_age_of_its_data_is_drawn_anew(
    client: FlaskClient, dash_app: Dash
) -> None:
    output = next(o for o in kept_outputs(dash_app) if "overview" in o)
    body = body_of(dash_app, output, {"location.search": f"{ON}&screen=1"})
    assert "screen=1" in str(body)
    for _ in range(2):
        page(client, dash_app, output, f"{ON}&screen=1")
    assert statements_of(client, dash_app, output) > 1  # the plain page was not asked before


def test_the_oldest_answers_go_when_there_is_no_room() -> None:
    answers = Answers(size=10)
    answers.put("a", b"12345")
    answers.put("b", b"12345")
    assert answers.get("a") == b"12345"
    answers.put("c", b"12345")
    assert (answers.get("a"), answers.get("b")) == (b"12345", None)
    answers.put("huge", b"x" * 11)
    assert answers.get("huge") is None
