"""What was triggered before each of the last uploads is kept, for whoever may see it."""

from __future__ import annotations

from datetime import date

import pytest

from data.errors import StoreRefused
from data.scope import Scope
from data.store.engine import Store
from data.store.facts import keep_value
from data.store.undo import undo_batch
from data.store.writing import DATA_VERSION_KEY
from data.triggers import snapshots as module
from data.triggers.current import Trigger, current_triggers
from data.triggers.snapshots import KEPT, snapshots, take_snapshot, triggers_of
from data.vocabulary import UploadKind
from tests.sending import FINDING, PATCH, send

EVERYWHERE = Scope.all()


def _kept(store: Store) -> list[module.Snapshot]:
    with store.read() as conn:
        return snapshots(conn, 2023)


def _seen(store: Store, look: module.Snapshot, scope: Scope = EVERYWHERE) -> list[Trigger]:
    with store.read() as conn:
        return triggers_of(conn, look, scope)


def test_an_empty_store_has_nothing_to_look_at(store: Store) -> None:
    take_snapshot(store)
    assert _kept(store) == []


def test_the_look_before_an_upload_names_it_and_says_what_held(store: Store) -> None:
    send(store, UploadKind.PATCHES, PATCH)
    take_snapshot(store)
    assert _kept(store) == []  # nothing came after it
    send(store, UploadKind.FINDINGS, {**FINDING, "合法性判定": "违法"})
    take_snapshot(store)
    (look,) = _kept(store)
    assert (look.data_version, look.as_of, look.upload) == (1, date(2024, 2, 29), "上传“核查结果”")
    assert {t["rule"] for t in _seen(store, look)} == {"T1"}
    with store.read() as conn:
        now = current_triggers(conn, EVERYWHERE, 2023, look.as_of, with_patches=False)
    assert "T3" in {t["rule"] for t in now}


def test_a_taking_back_is_called_so(store: Store) -> None:
    send(store, UploadKind.PATCHES, PATCH)
    take_snapshot(store)
    with store.write() as conn:
        undo_batch(conn, 1, "张三")
    assert [look.upload for look in _kept(store)] == ["撤回“下发图斑”"]


def test_another_district_sees_none_of_it(store: Store) -> None:
    send(store, UploadKind.PATCHES, PATCH)
    take_snapshot(store)
    send(store, UploadKind.FINDINGS, FINDING)
    (look,) = _kept(store)
    own = _seen(store, look, Scope(frozenset({"371002"})))
    assert {t["district"] for t in own} == {"371002"}
    assert _seen(store, look, Scope(frozenset({"371082"}))) == []


def test_only_the_last_looks_are_kept(sqlite_store: Store) -> None:
    for number in range(KEPT + 4):
        send(sqlite_store, UploadKind.PATCHES, {**PATCH, "图斑编号": f"N{number}"})
        take_snapshot(sqlite_store)
    kept = [look.data_version for look in _kept(sqlite_store)]
    assert kept == list(range(KEPT + 3, 4, -1))


@pytest.mark.parametrize("fault", [StoreRefused("数据库正被占用"), ZeroDivisionError()])
def test_a_look_that_fails_says_so_in_the_log_only(
    sqlite_store: Store,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    fault: Exception,
) -> None:
    send(sqlite_store, UploadKind.PATCHES, PATCH)

    def fail(store: Store) -> None:
        raise fault

    monkeypatch.setattr(module, "_take", fail)
    take_snapshot(sqlite_store)
    assert "no look at the triggers" in caplog.text


def test_a_version_without_a_batch_is_called_so(store: Store) -> None:
    """At its start a program may move sums by newer rule files (workflow/deductions.py)."""
    send(store, UploadKind.PATCHES, PATCH)
    take_snapshot(store)
    with store.write() as conn:
        keep_value(conn, DATA_VERSION_KEY, "2")
    assert [look.upload for look in _kept(store)] == ["规则更新"]
