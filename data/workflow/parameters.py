"""Administrators change what the plan left open (本市设定); each change is a new dated version."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection

from data.acting import acting
from data.errors import NotFound, SupervisionError
from data.periods import format_day, month_due_on
from data.rights import Right
from data.rules.loader import NONE_LISTED, Parameter, Rule
from data.store.models import RuleChange
from data.triggers.rulebook import rulebook
from data.workflow.deductions import settle
from data.workflow.entries import enter

_FAULTS = {
    "no text": "应是文字",
    "no number": "应是数字",
    "no whole number": "应是整数",
    "neither true nor false": "应是 true 或 false",
}


def parse_value(text: str) -> Any:
    """`0.08`, `3`, `true`, `net` as typed on a command line or into a field."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return value if isinstance(value, bool | int | float | str) else text


def change_parameter(
    conn: Connection,
    rule_id: str,
    name: str,
    value: Any,
    valid_from: date,
    reason: str,
    today: date,
    where: str = "cli",
) -> None:
    """Set a parameter from a day on, in the name of who acts. Call inside Store.write().

    Raises Forbidden without the right, NotFound for an unknown rule or parameter, SupervisionError
    for a number that the plan gives, a value out of bounds, a day in a month that is closed, or a
    missing reason.
    """
    account = acting()
    account.require(Right.RULES)
    rule = rulebook(conn).get(rule_id)
    if rule is None:
        raise NotFound(f"没有规则“{rule_id}”。请用 python -m data rules 查看。")
    parameter = rule.on(valid_from).details.get(name)
    if parameter is None:
        names = "、".join(rule.on(valid_from).details) or "（没有参数）"
        raise NotFound(f"规则{rule_id}没有参数“{name}”。它的参数：{names}。")
    _refuse(rule, name, parameter, value, valid_from, reason, today)
    if isinstance(parameter.value, float):
        value = float(value)
    enter(
        conn,
        RuleChange,
        {
            "rule": rule_id,
            "parameter": name,
            "value": orjson.dumps(value).decode(),
            "valid_from": valid_from,
            "reason": reason.strip(),
            "changed_by": account.name,
            "changed_at": datetime.now(UTC).isoformat(timespec="seconds"),
        },
        kind="rule",
        what=f"{rule_id}.{name} = {value}",
        who=account.name,
        where=where,
    )
    settle(conn)


def _refuse(
    rule: Rule,
    name: str,
    parameter: Parameter,
    value: Any,
    valid_from: date,
    reason: str,
    today: date,
) -> None:
    what = f"{rule.id} {rule.name}的“{parameter.label}”"
    if not reason.strip():
        raise SupervisionError("修改参数必须写明理由，请补充后再改。")
    if parameter.basis != "local":
        clause = rule.on(valid_from).clause
        raise SupervisionError(
            f"{what}由方案{clause}规定，不能在系统里改；方案变了，请更新规则文件。"
        )
    if parameter.fixed:
        raise SupervisionError(f"{what}已用于计算入库的日期，只能随新方案改，请更新规则文件。")
    fault = parameter.fault(value)
    if fault is not None:
        raise SupervisionError(f"{what}不能设为{value}：{_said(fault, parameter)}。")
    closed = _last_closed(today)
    if valid_from <= closed:
        raise SupervisionError(
            f"{format_day(closed)}及以前的月份已经办结，口径不再改动。"
            f"请选择{format_day(closed + timedelta(days=1))}起的日期。"
        )
    versions = [v for v in rule.versions if any(c.parameter == name for c in v.changed)]
    if versions and versions[-1].valid_from > valid_from:
        day = format_day(versions[-1].valid_from)
        raise SupervisionError(f"{what}自{day}起已另有设定，新的设定不能早于它。请选择之后的日期。")


def _last_closed(today: date) -> date:
    """The last due date that has passed: closed months keep their parameters."""
    due = month_due_on(f"{today:%Y-%m}")
    return due if due < today else month_due_on(f"{today.replace(day=1) - timedelta(days=1):%Y-%m}")


def _said(fault: str, parameter: Parameter) -> str:
    if parameter.several:
        return f"可选一类或几类（用、隔开），或“{NONE_LISTED}”：{'、'.join(parameter.choices)}"
    if parameter.choices:
        return f"可选 {'、'.join(parameter.choices)}"
    if fault.startswith("out of range"):
        return f"应在{parameter.minimum:g}到{parameter.maximum:g}之间"
    return _FAULTS.get(fault, fault)


def in_force(conn: Connection, day: date) -> list[dict[str, Any]]:
    """Every rule as it stands on a day, with citation and parameters.

    Keys: id, name, measure, valid_from, clause, quotations, sources, reviewed_by, reviewed_on,
    parameters: [{name, label, value, unit, basis, min, max, changed: [{valid_from, value, reason,
    changed_by}]}].
    """
    return [_rule_in_force(rule, day) for rule in rulebook(conn).values()]


def _rule_in_force(rule: Rule, day: date) -> dict[str, Any]:
    version = rule.on(day)
    return {
        "id": rule.id,
        "name": rule.name,
        "measure": rule.measure,
        "valid_from": version.valid_from,
        "clause": version.clause,
        "quotations": list(version.quotations),
        "sources": list(version.sources),
        "reviewed_by": version.reviewed_by,
        "reviewed_on": version.reviewed_on,
        "parameters": [
            {
                "name": name,
                "label": parameter.label,
                "value": parameter.value,
                "unit": parameter.unit,
                "basis": parameter.basis,
                "min": parameter.minimum,
                "max": parameter.maximum,
                "changed": [
                    {
                        "valid_from": change.valid_from,
                        "value": change.value,
                        "reason": change.reason,
                        "changed_by": change.changed_by,
                    }
                    for change in version.changed
                    if change.parameter == name
                ],
            }
            for name, parameter in version.details.items()
        ],
    }
