"""Parameters of 本市设定 changed on 规则口径, by whoever has the right."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from dash import Dash, Input, Output, State
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from callbacks.frame.address import source_of_request
from callbacks.frame.guard import changes_state
from callbacks.frame.needs import needs
from components import ids
from components.parameters import Choice, change_card
from components.shell import toast
from data.acting import acting
from data.errors import SupervisionError
from data.known import known
from data.rights import Right
from data.rules.plain import range_text, read_value, value_text
from data.services import Services
from data.settings import Settings
from data.triggers.rulebook import rulebook
from data.workflow.parameters import change_parameter

if TYPE_CHECKING:
    from sqlalchemy import Connection


def may_change() -> bool:
    """Not while an earlier moment is looked at."""
    return acting().may(Right.RULES) and known() is None


def render(conn: Connection, today: date) -> list[Component]:
    """Nothing for who may not change any."""
    if not may_change():
        return []
    choices = []
    for rule in rulebook(conn).values():
        for name, parameter in rule.on(today).details.items():
            if parameter.basis == "local" and not parameter.fixed:
                allowed = range_text(parameter) or "、".join(
                    value_text(parameter, word) for word in parameter.choices
                )
                now = f"{value_text(parameter)}{f'；{allowed}' if allowed else ''}"
                words = f"{rule.id} {rule.name}：{parameter.label}（{now}）"
                choices.append(Choice(f"{rule.id}.{name}", words))
    return [change_card(choices, today)]


def change(
    conn: Connection, settings: Settings, key: str, value: str, valid_from: str, reason: str
) -> str:
    """→ a sentence that says what is so from then on. Call inside Store.write()."""
    try:
        day = date.fromisoformat(valid_from.strip())
    except ValueError:
        raise SupervisionError("请填写自哪一天起适用，如 2023-05-24。") from None
    rule_id, _, name = key.partition(".")
    rule = rulebook(conn).get(rule_id)
    parameter = rule.on(day).details.get(name) if rule is not None else None
    if rule is None or parameter is None:
        raise SupervisionError("请先选择要调整的参数。")
    new = read_value(parameter, value)
    where = source_of_request()
    change_parameter(conn, rule_id, name, new, day, reason, settings.today(), where)
    told = value_text(parameter, new)
    return f"{rule_id} {rule.name}的“{parameter.label}”自{day.isoformat()}起为{told}。"


def register(app: Dash, services: Services) -> None:
    i = ids.Rules

    @app.callback(
        Output(i.CHANGED, "data"),
        Output(ids.Shell.TOASTS, "children", allow_duplicate=True),
        Input(i.SET, "n_clicks"),
        State(i.PARAMETER, "value"),
        State(i.VALUE, "value"),
        State(i.VALID_FROM, "value"),
        State(i.REASON, "value"),
        State(i.CHANGED, "data"),
        prevent_initial_call=True,
    )
    @needs(Right.RULES)
    @changes_state
    def set_parameter(
        clicks: int | None,
        key: str | None,
        value: str | None,
        valid_from: str | None,
        reason: str | None,
        changed: int,
    ) -> Any:
        if not clicks:
            raise PreventUpdate
        asked = (key or "", value or "", valid_from or "", reason or "")
        with services.store.write() as conn:
            said = change(conn, services.settings, *asked)
        return changed + 1, toast(said)
