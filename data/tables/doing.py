"""Measures, to-do, rules and indicators, as programs get them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from data.acting import acting
from data.documents.indicators import IndicatorRow, indicator_rows, uses
from data.measures.states import State
from data.tables.columns import ANY, COUNT, DAY, FLAG, NUMBER, TEXT, Columns, Row, as_rows
from data.tables.listing import Asked, Listing, Table, one_table
from data.workflow.measure_list import Entry, entries
from data.workflow.parameters import in_force
from data.workflow.todo import Asking, Todo, todo

if TYPE_CHECKING:
    from sqlalchemy import Connection

_MEASURE: Columns = {
    "id": COUNT.by(lambda entry: entry.row.id),
    "kind": TEXT.by(lambda entry: entry.row.kind),
    "rule": TEXT.by(lambda entry: entry.row.draft.rule),
    "subject": TEXT.by(lambda entry: entry.row.draft.subject),
    "state": TEXT.by(lambda entry: entry.standing.state),
    "number": TEXT.by(lambda entry: entry.standing.number),
    "issued_on": DAY.by(lambda entry: entry.standing.issued_on),
    "due_on": DAY.by(lambda entry: entry.standing.due_on),
    "overdue_workdays": COUNT.by(lambda entry: entry.standing.reply_overdue_workdays),
    "changed": FLAG,
}


def measure_rows(found: Sequence[Entry]) -> list[Row]:
    return as_rows(_MEASURE, found)


def shown_measures(conn: Connection, asked: Asked) -> list[Entry]:
    """Without proposals that were dismissed."""
    found = entries(conn, asked.scope, asked.as_of, asked.year or None, asked.district)
    return [entry for entry in found if entry.standing.state is not State.DISMISSED]


MEASURES = Listing(
    "measures",
    "措施台账",
    "Measures begun by the day, each with its state and limits",
    lambda conn, asked: measure_rows(shown_measures(conn, asked)),
    one_table("措施", "One row a measure", _MEASURE),
    year=False,
)

_TODO: Columns = {
    "kind": TEXT,
    "subject": TEXT,
    "due_on": DAY,
    "days_left": COUNT,
    "page": TEXT,
}


def todo_rows(found: Sequence[Todo], as_of: date) -> list[Row]:
    columns = {**_TODO, "days_left": COUNT.by(lambda item: item.days_left(as_of))}
    return as_rows(columns, found)


def _todo(conn: Connection, asked: Asked) -> list[Row]:
    found = todo(Asking(conn, acting(), asked.as_of, asked.district))
    return todo_rows(found, asked.as_of)


TODO = Listing(
    "todo",
    "待办",
    "What waits for a step of the account that asks",
    _todo,
    one_table("事项", "One row an item", _TODO),
    year=None,
)

_RULE: Columns = {
    "id": TEXT,
    "name": TEXT,
    "measure": TEXT,
    "valid_from": DAY,
    "clause": TEXT,
    "quotations": ANY,
    "sources": ANY,
    "reviewed_by": TEXT,
    "reviewed_on": DAY,
    "parameters": ANY,
}


def rules_document(found: Sequence[Row], on: date) -> dict[str, Any]:
    return {"on": on, "rules": as_rows(_RULE, found)}


RULES = Listing(
    "rules",
    "现行规则",
    "The rules in force on the day, with clause, sources and parameters",
    lambda conn, asked: rules_document(in_force(conn, asked.as_of), asked.as_of),
    {"rules": Table("规则", "One row a rule", _RULE, ("rules",))},
    year=None,
)

_INDICATOR: Columns = {
    "use": TEXT,
    "label": TEXT,
    "figure": TEXT,
    "unit": TEXT,
    "status": TEXT,
    "city": NUMBER,
    "numerator": NUMBER,
    "denominator": NUMBER,
    "districts": ANY,
}


def indicator_document(found: Sequence[IndicatorRow]) -> list[Row]:
    return as_rows(_INDICATOR, found)


def _indicators(conn: Connection, asked: Asked) -> list[Row]:
    table = uses(asked.own_files)
    return indicator_document(indicator_rows(conn, asked.scope, asked.year, asked.as_of, table))


INDICATORS = Listing(
    "indicators",
    "指标包",
    "The indicators of the nine uses, for the scope and each district; rates in percent",
    _indicators,
    one_table("指标", "One row a use and indicator", _INDICATOR),
)

LISTINGS = (MEASURES, TODO, RULES, INDICATORS)
