"""The form on 规则口径: for whoever may set parameters, in their words, kept under their name."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import app as application
from callbacks.parameters import render
from callbacks.rules import render as render_page
from components import ids
from data.acting import acting_as
from data.rights import Account, Right, Role
from data.store.engine import Store
from data.store.queries.uploads import upload_list
from data.triggers.rulebook import rulebook
from data.workflow.parameters import in_force
from tests.asking import PROOF, ask, callback_ending, with_token
from tests.components.drawn import links_of
from tests.signing import asked_by

KEEPER = Account("规则员", Role.CITY, frozenset({Right.READ, Right.RULES}))
READER = Account("经办", Role.CITY, frozenset({Right.READ}))
DAY = "2024-04-01"


def test_who_may_sets_a_parameter_on_the_page_and_nobody_else(sqlite_store: Store) -> None:
    today = sqlite_store.settings.today()
    with sqlite_store.read() as conn:
        with acting_as(READER):
            assert render(conn, today) == []
            assert "调整参数" not in links_of(render_page(conn, sqlite_store.settings, ""))
        with acting_as(KEEPER):
            (form,) = render(conn, today)
            way = links_of(render_page(conn, sqlite_store.settings, ""))["调整参数"]
    assert way == f"#{ids.Rules.FORM}"
    text = json.dumps(form, default=lambda part: part.to_plotly_json(), ensure_ascii=False)
    assert "T3 问责比例" in text
    assert "预警线（10%；1%至15%）" in text
    dash_app = application.create_app(sqlite_store.settings)
    client = with_token(dash_app.server.test_client())
    output = callback_ending(dash_app, "rules-changed.data")

    def put(value: str, day: str = DAY, reason: str = "收紧", who: Account = KEEPER) -> str:
        values: dict[str, Any] = {
            "rules-set.n_clicks": 1,
            "rules-parameter.value": "T3.warning_ratio",
            "rules-value.value": value,
            "rules-valid-from.value": day,
            "rules-reason.value": reason,
            "rules-changed.data": 0,
        }
        with asked_by(who):
            answer = ask(client, dash_app, output, values, PROOF)
        is_json = answer.is_json
        return json.dumps(answer.get_json(), ensure_ascii=False) if is_json else str(answer.text)

    assert "规则参数”权限" in put("8%", who=READER)
    for refused, said in (
        (put("80%"), "应在0.01到0.15之间"),
        (put("8%", "四月一日"), "自哪一天起"),
        (put("8%", "2023-04-01"), "已经办结"),
        (put("8%", reason=" "), "必须写明理由"),
    ):
        assert said in refused
    with sqlite_store.read() as conn:
        assert rulebook(conn)["T3"].on(date(2024, 4, 1)).parameters["warning_ratio"] == 0.1
    assert "自2024-04-01起为8%" in put("8%")
    with sqlite_store.read() as conn:
        (rule,) = (r for r in in_force(conn, date(2024, 4, 1)) if r["id"] == "T3")
        assert upload_list(conn, KEEPER.scope) == []
    (parameter,) = (p for p in rule["parameters"] if p["name"] == "warning_ratio")
    (changed,) = parameter["changed"]
    assert (parameter["value"], changed["changed_by"]) == (0.08, "规则员")
