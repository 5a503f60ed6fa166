"""The rules in force in a store: the law files with what its administrators changed."""

from __future__ import annotations

import orjson
from sqlalchemy import Connection, select

from data.rules.loader import Change, Rule, all_rules, with_changes
from data.store.models import RuleChange

Rulebook = dict[str, Rule]


def changes(conn: Connection) -> list[Change]:
    """What administrators set, in the order in which they did."""
    r = RuleChange
    rows = conn.execute(
        select(r.rule, r.parameter, r.value, r.valid_from, r.reason, r.changed_by).order_by(r.id)
    )
    return [
        Change(
            row.rule,
            row.parameter,
            orjson.loads(row.value),
            row.valid_from,
            row.reason,
            row.changed_by,
        )
        for row in rows
    ]


def rulebook(conn: Connection) -> Rulebook:
    """D1–D9, F1–F5, `ratio`, T1–T14 and W1 … by id, as they stand in this store."""
    made = changes(conn)
    return with_changes(all_rules(), made) if made else all_rules()
