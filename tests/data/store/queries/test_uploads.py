from __future__ import annotations

import pytest

from data.errors import NotFound
from data.jobs.table import JobTable
from data.scope import Scope
from data.store.engine import Store
from data.store.queries.uploads import (
    last_of_kind,
    upload_count,
    upload_detail,
    upload_list,
)
from tests.conftest import CopyOf
from tests.uploading import PATCHES, confirmed, csv, previewed


def fill(store: Store) -> None:
    """Patches, a change of one of them, and a finding."""
    table = JobTable(store.settings)
    folder = store.settings.local_dir
    changed = PATCHES[0].replace("12.5", "13")
    finding = csv(
        folder / "核查.csv",
        "HC-001,合法,13,2023-05-20",
        header="图斑编号,合法性判定,面积,上报日期",
    )
    for path, kind in (
        (csv(folder / "一.csv", *PATCHES), "patches"),
        (csv(folder / "二.csv", changed), "patches"),
        (finding, "findings"),
    ):
        done = confirmed(table, store, previewed(table, store, path, kind=kind))
        assert done.state == "done", done.message


@pytest.fixture
def three_batches(copy_of: CopyOf) -> Store:
    return copy_of(fill)


def test_batches_are_listed_newest_first_a_page_at_a_time(three_batches: Store) -> None:
    with three_batches.read() as conn:
        assert [b["file_name"] for b in upload_list(conn, Scope.all(), 2)] == ["核查.csv", "二.csv"]
        assert [b["file_name"] for b in upload_list(conn, Scope.all(), 2, 2)] == ["一.csv"]
        assert upload_count(conn, Scope.all()) == 3


def test_a_batch_tells_old_and_new_of_what_it_changed(three_batches: Store) -> None:
    with three_batches.read() as conn:
        (change,) = [
            c for c in upload_detail(conn, Scope.all(), 2)["changes"] if c["entity"] == "patch"
        ]
    assert (change["op"], change["row_key"]) == ("update", "2023/HC-001")
    assert change["before"]["area_mu"] == 12.5
    assert change["after"]["area_mu"] == 13


def test_a_parcel_is_named_by_its_patch(three_batches: Store) -> None:
    with three_batches.read() as conn:
        changes = upload_detail(conn, Scope.all(), 3)["changes"]
    assert "2023/HC-001/1" in [c["row_key"] for c in changes if c["entity"] == "parcel"]


def test_as_many_changes_are_listed_as_asked_and_all_are_counted(three_batches: Store) -> None:
    with three_batches.read() as conn:
        detail = upload_detail(conn, Scope.all(), 1, changes=2)
    assert (len(detail["changes"]), detail["changes_total"]) == (2, 3)


def test_an_unknown_batch_is_said_to_be_unknown(three_batches: Store) -> None:
    with three_batches.read() as conn, pytest.raises(NotFound, match="批次99"):
        upload_detail(conn, Scope.all(), 99)


def test_the_last_file_of_a_kind_and_year_is_found(three_batches: Store) -> None:
    with three_batches.read() as conn:
        last = last_of_kind(conn, Scope.all(), "patches", 2023)
        assert last is not None
        assert last["file_name"] == "二.csv"
        assert last_of_kind(conn, Scope.all(), "patches", 2022) is None
