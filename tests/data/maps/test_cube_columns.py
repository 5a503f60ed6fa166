"""Columns brought up to date after an upload are those that a new reading finds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from data.maps import cube_columns
from data.maps.cube_columns import Columns, columns_of
from data.store import meta
from data.store.engine import Store
from data.store.history import HEAD_KEY
from data.store.queries import map_facts
from data.store.undo import undo_batch
from data.vocabulary import UploadKind
from tests.sending import FINDING, PATCH, send

_NAMED = {
    **{"district": "district", "from_district": "district"},
    **{"month": "month", "town": "town", "kind": "kind"},
}


def _patch(number: str, **more: Any) -> dict[str, Any]:
    return {**PATCH, "图斑编号": number, "中心经度": 122.1, "中心纬度": 37.4, **more}


def _plain(columns: Columns) -> dict[str, Any]:
    """Everything but the head; names for their numbers, which follow the order of arrival."""
    plain: dict[str, Any] = {"located": columns.located}
    for part in ("patches", "intervals", "returned"):
        for name, values in getattr(columns, part).items():
            if part == "patches" and name in _NAMED:
                names = np.array([*columns.names[_NAMED[name]], None], dtype=object)
                values = names[values]
            plain[f"{part}.{name}"] = [None if v != v else v for v in values.tolist()]
    return plain


def _updated(store: Store, earlier: Columns) -> Columns:
    """The columns brought up to date; they must be those of a new reading."""
    with store.read() as conn:
        updated = columns_of(conn, 2023, earlier)
        assert _plain(updated) == _plain(columns_of(conn, 2023))
        assert updated.head == meta.get(conn, HEAD_KEY)
    return updated


def _first(store: Store) -> Columns:
    send(
        store,
        UploadKind.PATCHES,
        _patch("A1"),
        _patch("A2", 中心经度=122.2, 下发日期="2023-04-08"),
        _patch("A3", 中心经度=121.6, 中心纬度=36.95, 区市="乳山市"),
        {**PATCH, "图斑编号": "N1"},
    )
    send(store, UploadKind.FINDINGS, {**FINDING, "图斑编号": "A2"})
    with store.read() as conn:
        return columns_of(conn, 2023)


def test_new_changed_moved_judged_and_withdrawn_patches_are_followed(store: Store) -> None:
    columns = _first(store)
    new = (_patch("B1", 中心经度=122.3, 区市="文登区"), {**PATCH, "图斑编号": "N2"})
    send(store, UploadKind.PATCHES, *new)
    columns = _updated(store, columns)
    assert columns.located == 4
    send(store, UploadKind.PATCHES, _patch("A2", 中心经度=122.05), _patch("N1"))
    columns = _updated(store, columns)
    send(store, UploadKind.FINDINGS, {**FINDING, "图斑编号": "B1"}, {**FINDING, "图斑编号": "A1"})
    columns = _updated(store, columns)
    assert len(columns.intervals["row"]) == 3
    decided = {"审核级别": "市级", "审核日期": "2023-05-26", "审核结果": "退回", "审核意见": "不实"}
    send(store, UploadKind.AUDITS, {"图斑编号": "A1", **decided})
    columns = _updated(store, columns)
    assert len(columns.returned["row"]) == 1
    ended = {"整改方式": "拆除", "消除违法状态日期": "2023-06-29", "地块序号": 1}
    send(store, UploadKind.CASES, {"图斑编号": "A2", **ended})
    columns = _updated(store, columns)
    withdrawn = {"撤销日期": "2023-06-01", "撤销原因": "重复下发"}
    send(store, UploadKind.PATCHES, _patch("A3", 区市="乳山市", **withdrawn))
    _updated(store, columns)


def test_a_batch_taken_back_leaves_the_columns(store: Store) -> None:
    before = _first(store)
    batch = send(store, UploadKind.PATCHES, _patch("B1"), _patch("A1", 中心经度=122.0)).batch
    columns = _updated(store, before)
    assert batch is not None
    with store.write() as conn:
        undo_batch(conn, batch, "王工")
    assert _plain(_updated(store, columns)) == _plain(before)


def test_only_what_changed_is_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    columns = _first(store)
    batch = send(store, UploadKind.FINDINGS, {**FINDING, "图斑编号": "A1"}).batch
    assert batch is not None
    read: list[Any] = []

    def noted(conn: Any, year: int, ids: Any = None, known: Any = None) -> Any:
        read.append(ids)
        return map_facts.patch_columns(conn, year, ids, known)

    monkeypatch.setattr(cube_columns, "patch_columns", noted)
    with store.read() as conn:
        columns_of(conn, 2023, columns)
    a1 = columns.patches["id"][columns.patches["lon"] == 122.1]
    assert read == [a1.tolist()]


@pytest.mark.parametrize("head", ["", "2:" + "0" * 64, "5000:" + "0" * 64, "none"])
def test_an_earlier_state_that_this_history_does_not_know_is_not_trusted(
    store: Store, head: str
) -> None:
    columns = _first(store)
    strange = Columns(**{**vars(columns), "head": head, "located": 99})
    assert _updated(store, strange).located == 3


def test_with_many_changes_the_year_is_read_as_a_whole(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = _first(store)
    send(store, UploadKind.PATCHES, _patch("B1"), _patch("B2"), _patch("B3"))
    monkeypatch.setattr(cube_columns, "MOST_CHANGED", 2)
    _updated(store, Columns(**{**vars(columns), "patches": {}}))  # nothing of it is looked at
