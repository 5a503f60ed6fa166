"""The rules in force in a store: the law files with what its administrators changed."""

from __future__ import annotations

from sqlalchemy import Connection

from data.rules.loader import Rule, all_rules, with_changes
from data.store.rule_changes import changes

Rulebook = dict[str, Rule]


def rulebook(conn: Connection) -> Rulebook:
    """D1–D9, F1–F5, `ratio`, T1–T14 and W1 … by id, as they stand in this store."""
    made = changes(conn)
    return with_changes(all_rules(), made) if made else all_rules()
