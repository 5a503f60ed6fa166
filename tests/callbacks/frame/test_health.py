"""What machines ask that watch this one, and what it does not tell them."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

import app as application
from data.jobs import standing
from data.jobs.table import JobTable
from data.logs import json_lines, log_requests_to, requests
from data.rights import Role
from data.settings import Settings
from data.store.engine import Store
from data.store.opening import open_store
from data.vocabulary import UploadKind
from data.workflow.accounts import add_account
from tests.sending import PATCH, send

pytestmark = pytest.mark.usefixtures("the_gate_is_shut")

TOKEN = "m" * 40
SHOWN = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    settings = Settings(local_dir=tmp_path_factory.mktemp("health"), metrics_token=TOKEN)
    store = open_store(settings)
    with store.write() as conn:
        add_account(conn, settings, "张三丰", Role.CITY, None, None, "Jizhang-2023")
    send(store, UploadKind.PATCHES, {**PATCH, "当事人": "李四光"})
    JobTable(settings).submit("undo", {"batch": 1}, "张三丰")
    yield store
    store.engine.dispose()


@pytest.fixture(scope="module")
def client(store: Store) -> FlaskClient:
    made: FlaskClient = application.create_app(store.settings).server.test_client()
    return made


def test_a_machine_that_can_work_is_ready(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json == dict.fromkeys(("ready", "store", "migrations", "queue", "disk"), True)


def test_a_full_disk_is_named(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "LEAST_FREE_BYTES", 1 << 62)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert {name for name, is_so in answer.get_json().items() if not is_so} == {"ready", "disk"}


def test_a_store_that_is_away_and_one_that_is_newer_are_told_apart(
    client: FlaskClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "revision", "0000")  # another store of the same file asks below
    asked = JobTable(store.settings)
    newer = standing.standing(store, asked)
    assert (newer.store, newer.migrations, newer.is_ready) == (True, False, False)
    gone = Store(replace(store.settings, database_url="postgresql://nobody@127.0.0.1:1/none"))
    away = standing.standing(gone, asked)
    assert (away.store, away.migrations, away.queue) == (False, False, True)
    gone.engine.dispose()


def test_metrics_want_their_own_token(client: FlaskClient, tmp_path: Any) -> None:
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer x"}).status_code == 401
    assert client.get("/metrics", headers=SHOWN).status_code == 200
    without = application.create_app(Settings(local_dir=tmp_path)).server.test_client()
    assert without.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_metrics_count_by_route_and_tell_no_name(client: FlaskClient) -> None:
    client.get("/patches/2023/李四光?by=王五")
    client.open("/version.json", method="SPRICH")
    said = client.get("/metrics", headers=SHOWN).text
    assert re.search(
        r'weipian_requests_total\{method="GET",route="/<path:path>",status="303"\} [1-9]', said
    )
    assert 'method="other"' in said
    for line in (
        'weipian_ready{check="disk"} 1.0',
        'weipian_jobs{state="queued"} 1.0',
        "weipian_data_version 1.0",
        "weipian_history_records ",
        "weipian_queue_wait_seconds ",
        "weipian_disk_free_bytes ",
        'weipian_request_seconds_bucket{le="0.25",route="/<path:path>"}',
    ):
        assert f"\n{line}" in said, line
    for name in ("张三丰", "李四光", "王五", "SPRICH", TOKEN, PATCH["图斑编号"]):
        assert str(name) not in said


def test_a_request_is_a_line_of_its_number(
    client: FlaskClient, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(json_lines())
    monkeypatch.setattr(requests, "handlers", [handler])
    log_requests_to("-")
    answer = client.get("/patches?by=王五")
    (line,) = map(json.loads, stream.getvalue().splitlines())
    assert line["request"] == answer.headers["X-Request-Id"]
    assert (line["method"], line["path"], line["status"]) == ("GET", "/patches", 303)
    assert "王五" not in stream.getvalue()
    monkeypatch.setattr(requests, "handlers", [])
    file = tmp_path / "access.log"
    log_requests_to(str(file))
    client.get("/healthz")
    file.rename(tmp_path / "access.log.1")  # as logrotate does
    client.get("/healthz")
    assert len(file.read_text().splitlines()) == 1
    requests.setLevel(logging.NOTSET)
    requests.propagate = True


def test_an_old_process_answers_nothing_of_a_store_that_a_newer_one_migrated(
    settings: Settings, sqlite_store: Store
) -> None:
    own = replace(sqlite_store.settings, metrics_token=TOKEN)
    client = application.create_app(own).server.test_client()
    client.set_cookie("weipian_session", "s" * 43)
    assert client.get("/version.json").status_code == 401
    with sqlite_store.engine.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for path in ("/", "/version.json", "/export/overdue.xlsx"):
        answer = client.get(path)
        assert answer.status_code == 503
        assert "新版程序升级" in answer.text
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").json["migrations"] is False
    assert 'weipian_ready{check="migrations"} 0.0' in client.get("/metrics", headers=SHOWN).text
