"""An older store's places enter the history when it is migrated."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, insert, select, text, update

from data.store import facts, history, unrecorded
from data.store.engine import Store
from data.store.models import District, Town, Upload
from data.upload import mapping_profiles
from data.upload.request import KeepProfile
from data.vocabulary import UploadKind
from data.workflow.proof import verify
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


def test_uploads_profiles_and_values_of_an_older_store_are_told(store: Store) -> None:
    bad = {**PATCH, "图斑编号": "B", "监测面积": -1}
    send(store, UploadKind.PATCHES, PATCH, bad)
    with store.write() as conn:
        mapping = {"甲": {"field": "patch_no", "unit": None}}
        for name in ("甲", "乙"):
            mapping_profiles.keep(conn, KeepProfile(name, name * 64, None), "patches", mapping)
        facts.keep_value(conn, "is_demo", "1")
        facts.keep_value(conn, f"triggers:{1:012d}", "[]")
    assert verify(store).ok
    with store.write() as conn:  # as an older program left it
        conn.execute(text("DELETE FROM event"))
        conn.execute(text("DELETE FROM meta WHERE key = 'event_head'"))
        conn.execute(text("UPDATE upload SET report_sha256 = NULL"))
        conn.execute(text("DELETE FROM mapping_profile WHERE name = '乙'"))
        conn.execute(text("INSERT INTO meta VALUES ('places_version', '7')"))
    assert not verify(store).ok
    with store.write() as conn:
        unrecorded.tell_facts(conn, store.settings)
    assert verify(store).bad == []
    with store.read() as conn:
        assert conn.scalar(select(Upload.report_sha256)) is not None
