"""Copies in front of stored tables: what is done to them is done to nothing else."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, delete, func, select

from data.errors import StoreRefused
from data.store.engine import Store
from data.store.models import DaySummary, Patch
from data.store.shadow import shadowed
from data.vocabulary import UploadKind
from tests.sending import PATCH, send


@pytest.fixture
def filled(store: Store) -> Store:
    send(store, UploadKind.PATCHES, PATCH)
    return store


def _days(conn: Connection) -> int:
    return conn.scalar(select(func.count()).select_from(DaySummary)) or 0


def test_a_copy_is_changed_for_nothing(filled: Store) -> None:
    with shadowed(filled, DaySummary) as conn:
        days = _days(conn)
        conn.execute(delete(DaySummary))
        assert days > 0
        assert _days(conn) == 0
    with filled.read() as conn:
        assert _days(conn) == days


def test_a_stored_table_cannot_be_written_to_meanwhile(pg_store: Store) -> None:
    send(pg_store, UploadKind.PATCHES, PATCH)
    with (
        pytest.raises(StoreRefused, match="不可写"),
        shadowed(pg_store, DaySummary) as conn,
    ):
        conn.execute(delete(Patch))
