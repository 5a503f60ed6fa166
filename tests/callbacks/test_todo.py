"""待办 as a page asks for it: kept while nothing changes, and never old."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import insert, update

from callbacks.frame.context import read_context
from callbacks.todo import waiting
from data.settings import Settings
from data.store.engine import Store
from data.store.models import Job
from data.workflow.todo import TodoKind

ON = "?year=2023&asof=2023-06-10"
NOW = datetime(2023, 6, 10, tzinfo=UTC)


def previews(store: Store, settings: Settings) -> list[str]:
    with store.read() as conn:
        found = waiting(conn, settings, read_context(conn, settings, ON))
    return [item.subject for item in found if item.kind is TodoKind.PREVIEW]


def test_a_preview_that_waits_or_is_answered_is_seen_though_no_record_has_changed(
    sqlite_store: Store, settings: Settings
) -> None:
    assert previews(sqlite_store, settings) == []
    with sqlite_store.write() as conn:
        conn.execute(
            insert(Job).values(
                id="1", task="preview", state="waiting", phase="", done=0, total=0,
                cancel_asked=False, payload={"name": "六月.xlsx"}, created_at=NOW,
                changed_at=NOW, created_by="somebody",
            )
        )  # fmt: skip
    assert previews(sqlite_store, settings) == ["六月.xlsx"]
    with sqlite_store.write() as conn:
        conn.execute(update(Job).values(state="done"))
    assert previews(sqlite_store, settings) == []
