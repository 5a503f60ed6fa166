"""系统管理 as its administrator uses it, over HTTP."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import openpyxl
import pytest
from dash import Dash
from flask.testing import FlaskClient
from sqlalchemy import insert, select

import app as application
from data.periods import utc_now
from data.rights import DEFAULT_RIGHTS, Account, Right, Role
from data.settings import Settings
from data.store.engine import Store
from data.store.models import Delivery, Upload
from data.store.opening import open_store
from data.store.queries.accounts import all_accounts, known_account, tokens
from data.workflow import sessions as signing
from data.workflow.accounts import add_account
from data.workflow.hooks import NewHook, add_hook
from data.workflow.proof import verify
from tests.asking import PROOF, ask, callback_ending, with_token
from tests.signing import asked_by

PASSWORD = "Jizhang-2023"
ADMIN = Account("管理", Role.ADMIN, DEFAULT_RIGHTS[Role.ADMIN])


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = open_store(Settings(local_dir=tmp_path_factory.mktemp("admin")))
    with store.write() as conn:
        add_account(conn, store.settings, "管理", Role.ADMIN)
        clerk = add_account(conn, store.settings, "经办", Role.CITY, None, None, PASSWORD)
        signing.begin_session(conn, clerk, "10.0.0.7")
    yield store
    store.engine.dispose()


@pytest.fixture(scope="module")
def dash_app(store: Store) -> Dash:
    return application.create_app(store.settings)


@pytest.fixture
def client(dash_app: Dash) -> Iterator[FlaskClient]:
    with asked_by(ADMIN):
        yield with_token(dash_app.server.test_client())


def press(
    client: FlaskClient, app: Dash, name: str, fields: dict[str, Any], search: str, number: int = 0
) -> str:
    button = {"name": name, "number": number, "type": "admin-action"}
    known = [({"type": "admin-field", "name": key}, value) for key, value in fields.items()]
    values = {
        '{"name":["ALL"],"number":["ALL"],"type":"admin-action"}.n_clicks': [(button, 1)],
        '{"name":["ALL"],"type":"admin-field"}.value': known,
        '{"name":["ALL"],"type":"admin-field"}.id': [(one, one) for one, _ in known],
        "location.search": search,
    }
    output = next(o for o in app.callback_map if o.startswith("admin-content.children@"))
    triggered = f'{{"name":"{name}","number":{number},"type":"admin-action"}}.n_clicks'
    return str(ask(client, app, output, values, PROOF, triggered).get_data(as_text=True))


def shown(client: FlaskClient, app: Dash, search: str) -> str:
    answer = ask(client, app, "admin-content.children", {"location.search": search})
    return answer.get_data(as_text=True).encode().decode("unicode_escape", "replace")


def test_an_administrator_keeps_accounts(client: FlaskClient, dash_app: Dash, store: Store) -> None:
    fields = {"new-name": "环翠", "new-role": "district", "new-district": "371002"}
    press(client, dash_app, "add", {**fields, "new-password": PASSWORD}, "")
    press(client, dash_app, "add", {**fields, "new-name": "a b"}, "")
    with store.read() as conn:
        assert [k.account.name for k in all_accounts(conn)] == ["环翠", "管理", "经办"]
    one = "?account=经办"
    changed = {"role": "city", "district": "", "rights": ["audit", "read"]}
    press(client, dash_app, "set", changed, one)
    press(client, dash_app, "token", {"days": "7"}, one)
    press(client, dash_app, "disable", {}, one)
    with store.read() as conn:
        known = known_account(conn, "经办")
        (token,) = tokens(conn, "经办")
    assert known.account.rights == {Right.AUDIT, Right.READ}
    assert known.is_disabled
    press(client, dash_app, "revoke", {}, one, token.id)
    press(client, dash_app, "enable", {}, one)
    with store.read() as conn:
        assert tokens(conn, "经办")[0].revoked_at is not None
        assert not known_account(conn, "经办").is_disabled
    refused = json.loads(press(client, dash_app, "disable", {}, "?account=管理"))
    assert "另一位管理员" in str(refused["sideUpdate"])
    with store.read() as conn:
        assert not known_account(conn, "管理").is_disabled
    assert verify(store, is_quick=True).bad == []


def test_who_may_not_sees_no_accounts(dash_app: Dash) -> None:
    clerk = Account("经办", Role.CITY, DEFAULT_RIGHTS[Role.CITY])
    with asked_by(clerk):
        client = with_token(dash_app.server.test_client())
        assert client.get("/admin", headers={"Accept": "text/html"}).status_code == 403
        answer = ask(client, dash_app, "admin-content.children", {})
        assert answer.status_code == 403
        assert "账户管理" in answer.text
        assert client.get("/export/audit-log.xlsx").status_code == 403
        navigation = ask(
            client, dash_app, callback_ending(dash_app, "navigation.children"), {}
        ).text
        assert "/admin" not in navigation
    with asked_by(replace(ADMIN, rights=ADMIN.rights - {Right.AUDIT_LOG})):
        assert client.get("/admin").status_code == 200
        assert client.get("/export/audit-log.xlsx").status_code == 403


def test_the_log_is_searched_and_taken_away(client: FlaskClient, store: Store) -> None:
    def rows(query: str) -> list[tuple[Any, ...]]:
        answer = client.get(f"/export/audit-log.xlsx?{query}")
        assert answer.status_code == 200, answer.text
        sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).worksheets[0]
        return list(sheet.iter_rows(min_row=2, values_only=True))

    accounts = rows("kind=account")
    assert {row[3] for row in accounts} == {"账户"}
    assert any("建立账户“管理”" in row[4] for row in accounts)
    assert any(row[4] == "登录" and row[2] == "10.0.0.7" for row in rows("who=经办"))
    assert rows("text=没有这样的事") == []
    assert rows("from=2099-01-01") == []
    assert len(rows("to=2099-01-01")) > 3
    exported = rows("kind=export")
    assert any("/export/audit-log.xlsx" in row[4] and row[1] == "管理" for row in exported)
    assert client.get("/export/audit-log.xlsx?from=x").status_code == 400


def test_whom_to_call_is_kept_and_the_rules_are_led_to(
    client: FlaskClient, dash_app: Dash, store: Store
) -> None:
    fields = {"contact-district": "371002", "contact-unit": "环翠分局", "contact-post": "执法科"}
    press(client, dash_app, "contact", {**fields, "contact-telephone": "打给老王"}, "")
    press(client, dash_app, "contact", {**fields, "contact-telephone": "0631-1234567"}, "")
    page = shown(client, dash_app, "")
    assert "0631-1234567" in page
    assert "/rules" in page
    with store.read() as conn:
        (row,) = conn.execute(select(Upload.uploaded_by, Upload.uploaded_from)).all()
    assert tuple(row) == ("管理", "127.0.0.1")


def test_what_other_programs_are_told_is_seen_and_ended(
    client: FlaskClient, dash_app: Dash, store: Store
) -> None:
    allowed = replace(store.settings, hook_hosts=("oa.example",))
    with store.write() as conn:
        number = add_hook(conn, allowed, NewHook("https://oa.example/in", "管理", "s" * 32))
        told = {"kind": "upload", "key": "upload:7", "scope": "", "body": "{}", "tries": 1}
        moments = {"made_at": utc_now(), "next_at": None, "done_at": utc_now()}
        conn.execute(insert(Delivery).values(hook_id=number, said="应答 204", **told, **moments))
    page = str(ask(client, dash_app, "admin-content.children", {}).get_json())
    assert "https://oa.example/in" in page
    assert "应答 204" in page
    assert "s" * 32 not in page
    press(client, dash_app, "end-hook", {}, "", number)
    page = str(ask(client, dash_app, "admin-content.children", {}).get_json())
    assert "没有通知地址" in page
