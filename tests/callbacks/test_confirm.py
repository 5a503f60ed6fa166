"""待确认 as a page: the queue, who may decide, and marks elsewhere."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from dash import Dash

import app as application
from callbacks.confirm import effect_text, picked, render, waiting_by_district
from callbacks.patch.page import render as patch_page
from callbacks.triggers.page import render as triggers_page
from components import ids
from data.acting import acting_as
from data.known import Known, knowing
from data.scope import Scope
from data.settings import Settings
from data.store.engine import Store
from data.store.queries.claims import ClaimRow
from data.vocabulary import ClaimKind, UploadKind
from data.workflow.confirming import Effect
from data.workflow.opening import open_store
from tests.asking import PROOF, ask, callback_ending, with_token
from tests.components.drawn import text_of
from tests.conftest import TODAY
from tests.data.workflow.test_confirming import CITY, CLERK, EXCLUDED, HUANCUI, LAWFUL
from tests.data.workflow.test_replay import _moment
from tests.reading import read_in_process
from tests.sending import FINDING, PATCH, send
from tests.signing import asked_by

VIEW = "?year=2023&asof=2023-12-31"


def claimed(store: Store) -> None:
    send(store, UploadKind.PATCHES, PATCH, {**PATCH, "图斑编号": "HC-2"})
    send(store, UploadKind.FINDINGS, FINDING, LAWFUL)
    with acting_as(HUANCUI):
        send(store, UploadKind.FINDINGS, EXCLUDED, uploaded_by="环翠")


def test_the_queue_says_what_why_and_what_follows(sqlite_store: Store) -> None:
    claimed(sqlite_store)
    with acting_as(CITY):
        said = text_of(render(sqlite_store, sqlite_store.settings, VIEW))
    for words in (
        "1项待确认，涉及1个区市", "不纳入违法计算", "HC-1", "地块1", "环翠区",
        "是否纳入违法计算：是 → 否", "环翠 2024年3月1日上传“findings.csv”（批次3）",
        "若确认：50% → 0%", "确认所选", "不予认可所选",
    ):  # fmt: skip
        assert words in said
    with acting_as(CLERK):
        said = text_of(render(sqlite_store, sqlite_store.settings, VIEW))
    assert "确认所选" not in said
    assert "没有“确认”权限" in said
    with acting_as(CITY), sqlite_store.read() as conn:
        patch = text_of(patch_page(conn, sqlite_store.settings, "2023", "HC-1", VIEW))
        cards = json.dumps(
            [part.to_plotly_json() for part in triggers_page(conn, sqlite_store.settings, VIEW)],
            default=lambda part: part.to_plotly_json(), ensure_ascii=False,
        )  # fmt: skip
        assert waiting_by_district(conn, Scope.all(), 2023) == {"371002": 1}
    assert "待确认：1项" in patch
    assert "待市局确认" in patch
    assert "1项待确认" in cards


def test_what_is_known_earlier_is_not_decided(sqlite_store: Store) -> None:
    from data.workflow.replay import replay_on

    replay_on(sqlite_store)
    claimed(sqlite_store)
    moment = _moment()
    send(sqlite_store, UploadKind.PATCHES, {**PATCH, "图斑编号": "HC-3"})
    with acting_as(CITY), knowing(Known(moment)):
        said = text_of(render(sqlite_store, sqlite_store.settings, VIEW))
    assert "1项待确认" in said
    assert "确认所选" not in said


def test_effects_are_said_of_the_decision_that_changes_something() -> None:
    claim = ClaimRow(
        1, ClaimKind.EXCLUDED, 2023, 1, "A", 1, "371002", "parcel", "1/1", "counts_as_unlawful",
        True, False, TODAY, 1, "a.csv", "甲",
    )  # fmt: skip
    assert effect_text(claim, Effect(0.1419, 0.136, 0.1419)) == "若确认：14.19% → 13.60%"
    assert effect_text(claim, Effect(0.1419, 0.1419, 0.1)) == ""
    assert picked([[1], None, [], ["x"], [2]]) == [1, 2]


@pytest.fixture
def served(tmp_path: Path) -> Dash:
    settings = Settings(local_dir=tmp_path / "local", fixed_today=date(2024, 3, 1))
    store = open_store(settings)
    with read_in_process():
        claimed(store)
    store.engine.dispose()
    app = application.create_app(settings)
    app.server.test_client().get("/")
    return app


def test_the_button_decides_by_right_and_once(served: Dash) -> None:
    output = callback_ending(served, ids.Confirm.CONTENT, ids.Shell.TOASTS)
    client = with_token(served.server.test_client())
    values: dict[str, Any] = {
        f"{ids.Confirm.ACCEPT}.n_clicks": 1,
        '{"claim":["ALL"],"type":"confirm-pick"}.value': [
            ({"claim": 1, "type": "confirm-pick"}, [1])
        ],
        f"{ids.Shell.LOCATION}.search": VIEW,
    }
    button = f"{ids.Confirm.ACCEPT}.n_clicks"
    with asked_by(CLERK):
        assert ask(client, served, output, values, PROOF, button).status_code == 403
    with asked_by(CITY):
        answer = ask(client, served, output, values, PROOF, button)
        assert answer.status_code == 200
        said = json.dumps(answer.get_json(), ensure_ascii=False)
        assert "已确认1项" in said
        assert "由市局确认" in said
        again = json.dumps(ask(client, served, output, values, PROOF, button).get_json())
    assert "已由市局确认" in again.encode().decode("unicode_escape")
