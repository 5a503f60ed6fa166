"""A backup is taken while the store runs, and brings it back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, select

from data.errors import StoreRefused
from data.store import history
from data.store.backup import backup, restore
from data.store.engine import Store
from data.store.models import Patch
from data.store.opening import open_store
from data.vocabulary import UploadKind
from tests.sending import PATCH, send


def test_what_came_after_the_backup_is_gone_after_the_restore(store: Store, tmp_path: Path) -> None:
    send(store, UploadKind.PATCHES, PATCH)
    file = tmp_path / "backup"
    backup(store, file)
    send(store, UploadKind.PATCHES, {**PATCH, "图斑编号": "HC-2"})
    store.engine.dispose()
    restore(store.settings, file)
    restored = open_store(store.settings)
    with restored.read() as conn:
        assert conn.scalar(select(func.count()).select_from(Patch)) == 1
        assert history.verify(conn).ok
    assert send(restored, UploadKind.PATCHES, {**PATCH, "图斑编号": "HC-3"}).inserted == 1
    restored.engine.dispose()


def test_a_file_that_is_no_backup_is_refused_and_the_store_stays(
    sqlite_store: Store, tmp_path: Path
) -> None:
    send(sqlite_store, UploadKind.PATCHES, PATCH)
    file = tmp_path / "notes.txt"
    file.write_text("不是备份")
    with pytest.raises(StoreRefused, match="不是本系统的备份"):
        restore(sqlite_store.settings, file)
    with pytest.raises(StoreRefused, match="找不到"):
        restore(sqlite_store.settings, tmp_path / "missing")
    with sqlite_store.read() as conn:
        assert conn.scalar(select(func.count()).select_from(Patch)) == 1


def test_a_tampered_backup_leaves_the_store(sqlite_store: Store, tmp_path: Path) -> None:
    send(sqlite_store, UploadKind.PATCHES, PATCH)
    file = tmp_path / "backup"
    backup(sqlite_store, file)
    send(sqlite_store, UploadKind.PATCHES, {**PATCH, "图斑编号": "HC-2"})
    with closing(sqlite3.connect(file)) as conn:
        conn.execute("UPDATE patch SET farmland_mu = 1")
        conn.commit()
    with pytest.raises(StoreRefused, match="已被改动"):
        restore(sqlite_store.settings, file)
    with sqlite_store.read() as conn:
        assert conn.scalar(select(func.count()).select_from(Patch)) == 2
