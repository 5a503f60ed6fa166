"""What administrators set in the rules' parameters, as rows of the store."""

from __future__ import annotations

import orjson
from sqlalchemy import Connection, select

from data.rules.loader import Change
from data.store.models import RuleChange


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
