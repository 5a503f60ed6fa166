"""What follows every change of a store that is opened for work."""

from __future__ import annotations

from datetime import date

from data.settings import Settings
from data.store.engine import Store
from data.store.undo import undo_batch
from data.triggers.snapshots import snapshots
from data.vocabulary import UploadKind
from data.workflow.opening import open_store
from data.workflow.parameters import change_parameter
from tests.sending import FINDING, PATCH, send


def looks(store: Store) -> list[str]:
    """Before what there was a look at the triggers, oldest first."""
    with store.read() as conn:
        return [look.upload for look in reversed(snapshots(conn, 2023))]


def test_a_look_is_kept_after_whatever_makes_a_new_version(settings: Settings) -> None:
    """Uploads, parameters, taking back; nobody has to remember it."""
    store = open_store(settings)
    send(store, UploadKind.PATCHES, PATCH)
    send(store, UploadKind.FINDINGS, FINDING)
    with store.write() as conn:
        day, today = date(2024, 4, 1), store.settings.today()
        change_parameter(conn, "T3", "warning_ratio", 0.08, day, "试行", today)
    with store.write() as conn:
        undo_batch(conn, 2, "王工")
    assert looks(store) == ["上传“核查结果”", "参数调整", "撤回“核查结果”"]


def test_several_commits_are_one_version_where_that_is_said(settings: Settings) -> None:
    store = open_store(settings)
    seen: list[Store] = []
    store.after_each_version(seen.append)
    with store.as_one_version():
        send(store, UploadKind.PATCHES, PATCH)
        send(store, UploadKind.FINDINGS, FINDING)
        assert seen == []
    assert seen == [store]


def test_what_was_not_committed_and_what_is_no_version_is_followed_by_nothing(
    settings: Settings,
) -> None:
    store = open_store(settings)
    seen: list[Store] = []
    store.after_each_version(seen.append)
    send(store, UploadKind.PATCHES, PATCH)
    seen.clear()
    try:
        with store.write() as conn:
            undo_batch(conn, 1, "王工")
            raise RuntimeError
    except RuntimeError:
        pass
    with store.write():
        pass
    assert seen == []
