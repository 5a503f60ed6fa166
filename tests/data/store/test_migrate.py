"""A store of the first version is brought up to date with what is in it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import inspect, select, text

from data.errors import StoreNewer, StoreRefused
from data.settings import Settings
from data.store import history, summary
from data.store.engine import Store
from data.store.migrate import HEAD, MIGRATIONS_DIR, revision
from data.store.models import District, RuleChange, StaffRecord
from data.store.opening import open_store
from data.store.seeding import load_seeds

#: As earlier versions made it.
_BOX_INDEX = {
    "sqlite": "CREATE VIRTUAL TABLE patch_bbox USING rtree(id, west, east, south, north)",
    "postgresql": "CREATE INDEX ix_patch_bbox ON patch (min_lon)",
}


def test_a_store_of_the_first_version_gets_the_new_tables_and_indexes(
    settings: Settings, empty_store_url: str
) -> None:
    old = Store(replace(settings, database_url=empty_store_url))
    with old.write() as conn:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS_DIR))
        config.attributes["connection"] = conn
        command.upgrade(config, "0001")
        load_seeds(conn)
        conn.execute(text(_BOX_INDEX[conn.dialect.name]))
    with old.read() as conn:
        assert revision(conn) == "0001"
        assert "staff_record" not in inspect(conn).get_table_names()
    old.engine.dispose()
    store = open_store(replace(settings, database_url=empty_store_url))
    with store.read() as conn:
        assert revision(conn) == HEAD
        assert len(conn.scalars(select(District.code)).all()) == 8
        assert conn.scalars(select(StaffRecord.id)).all() == []
        assert conn.scalars(select(RuleChange.id)).all() == []
        assert history.verify(conn).ok
        names = {index["name"] for index in inspect(conn).get_indexes("audit_decision")}
        of_patch = {index["name"] for index in inspect(conn).get_indexes("patch")}
        assert not {name for name in inspect(conn).get_table_names() if "bbox" in name}
    assert "ix_patch_bbox" not in of_patch
    assert {"ix_audit_decision_returned", "ix_audit_decision_unlawful"} <= names
    store.engine.dispose()


@pytest.mark.parametrize(("version", "rebuilt"), [("0007", True), ("0008", False)])
def test_the_summary_is_made_anew_only_where_it_has_changed_since(
    settings: Settings,
    empty_store_url: str,
    monkeypatch: pytest.MonkeyPatch,
    version: str,
    rebuilt: bool,
) -> None:
    settings = replace(settings, database_url=empty_store_url)
    old = Store(settings)
    with old.write() as conn:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS_DIR))
        config.attributes["connection"] = conn
        command.upgrade(config, version)
        load_seeds(conn)
    old.engine.dispose()
    asked: list[bool] = []
    monkeypatch.setattr(summary, "rebuild", lambda conn: asked.append(True))
    store = open_store(settings)
    with store.read() as conn:
        assert revision(conn) == HEAD
    store.engine.dispose()
    assert bool(asked) == rebuilt


def test_a_process_that_is_older_than_its_store_reads_and_writes_nothing(store: Store) -> None:
    """It was open when a newer one migrated; there is no moment in between."""
    with store.write() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        touched = conn.execute(text("UPDATE district SET position = 99")).rowcount
    assert touched == 8
    with pytest.raises(StoreNewer, match="新版程序"), store.read() as conn:
        pytest.fail("was let in")
    with pytest.raises(StoreNewer), store.write() as conn:
        pytest.fail("was let in")
    with pytest.raises(StoreRefused, match="比程序新"):
        open_store(store.settings)
