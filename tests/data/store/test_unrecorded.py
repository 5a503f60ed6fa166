"""An older store's places enter the history when it is migrated."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, insert, text, update

from data.store import history, unrecorded
from data.store.engine import Store
from data.store.models import District, Town
from data.vocabulary import UploadKind
from tests.sending import PATCH, send

OTHER = {
    "code": "320312", "name": "铜山区", "short_name": "铜山区", "position": 9, "is_zone": False,
    "code_is_local": False, "aliases": [],
}  # fmt: skip


def _verifies(store: Store) -> bool:
    with store.read() as conn:
        return history.verify(conn).ok


def test_units_that_differ_from_those_shipped_are_told(store: Store) -> None:
    send(store, UploadKind.PATCHES, PATCH)
    with store.write() as conn:  # as a boundary layer did before the history told of it
        conn.execute(delete(Town).where(Town.district_code == "371083"))
        conn.execute(delete(District).where(District.code == "371083"))
        conn.execute(insert(District).values(**OTHER))
        conn.execute(update(Town).where(Town.code == "371002100").values(name="大张村镇"))
    assert not _verifies(store)
    with store.write() as conn:
        unrecorded.record_places(conn)
    assert _verifies(store)


@pytest.mark.parametrize("uploads", [0, 1])
def test_places_as_shipped_leave_no_record(store: Store, uploads: int) -> None:
    for _ in range(uploads):
        send(store, UploadKind.PATCHES, PATCH)
    with store.write() as conn:
        before = history.head(conn)
        unrecorded.record_places(conn)
        assert history.head(conn) == before
    assert _verifies(store)


def test_a_unit_renamed_behind_the_history_is_found(store: Store) -> None:
    with store.write() as conn:
        conn.execute(text("UPDATE district SET short_name = '环翠' WHERE code = '371002'"))
    assert not _verifies(store)
