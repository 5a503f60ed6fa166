"""Of the history of uploads a district's reader sees what was done to its own patches."""

from __future__ import annotations

import pytest

from data.errors import NotFound
from data.scope import Scope
from data.store.engine import Store
from data.store.queries.uploads import (
    last_of_kind,
    last_with,
    upload_count,
    upload_detail,
    upload_list,
)
from tests.conftest import CopyOf
from tests.data.store.queries.test_uploads import fill

HUANCUI, WENDENG = (Scope(frozenset({code})) for code in ("371002", "371003"))


@pytest.fixture
def three_batches(copy_of: CopyOf) -> Store:
    """HC-001, HC-002 of 环翠区 and WD-001 of 文登区; then a change and a finding of HC-001."""
    return copy_of(fill)


def test_batches_that_did_nothing_to_own_patches_are_not_there(three_batches: Store) -> None:
    with three_batches.read() as conn:
        assert [b["id"] for b in upload_list(conn, HUANCUI)] == [3, 2, 1]
        assert [b["id"] for b in upload_list(conn, WENDENG)] == [1]
        assert (upload_count(conn, HUANCUI), upload_count(conn, WENDENG)) == (3, 1)
        with pytest.raises(NotFound, match="没有批次2"):
            upload_detail(conn, WENDENG, 2)
        assert last_of_kind(conn, WENDENG, "findings", 2023) is None


def test_a_batch_counts_own_patches_only_and_gives_nobodys_file(three_batches: Store) -> None:
    with three_batches.read() as conn:
        own, whole = upload_list(conn, WENDENG)[0], upload_list(conn, Scope.all())[-1]
        detail = upload_detail(conn, WENDENG, 1)
    assert (own["rows"], own["inserted"], own["rejected"]) == (1, 1, 0)
    assert (whole["rows"], whole["inserted"]) == (3, 3)
    assert detail["stored_path"] is detail["report_path"] is None
    assert detail["issues"] == []
    assert [c["row_key"] for c in detail["changes"]] == ["2023/WD-001"]
    assert detail["changes_total"] == 1


def test_that_a_file_came_before_is_told_to_who_sees_its_batch(three_batches: Store) -> None:
    with three_batches.read() as conn:
        sha256 = upload_detail(conn, Scope.all(), 2)["file_sha256"]
        assert last_with(conn, HUANCUI, sha256, "patches") is not None
        assert last_with(conn, WENDENG, sha256, "patches") is None
