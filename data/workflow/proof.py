"""`verify`: the store proved with what only rules know."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from data.store.anchors import Anchor
from data.store.engine import Store
from data.store.proving import Proven, prove
from data.triggers.rulebook import rulebook
from data.workflow.deductions import terms_of


def verify(store: Store, kept_anchor: Anchor | None = None, is_quick: bool = False) -> Proven:
    """Everything that a page can show (docs/proof.md)."""
    return prove(store, _deductions, kept_anchor, is_quick)


def _deductions(conn: Connection) -> list[tuple[Any, ...]]:
    return [
        (term.kind, term.word, term.from_on, term.to_on)
        for term in terms_of(rulebook(conn)["ratio"])
    ]
