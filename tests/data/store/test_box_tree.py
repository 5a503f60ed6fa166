"""The packed R*Tree is the tree that SQLite would have built, as far as anybody can ask it."""

from __future__ import annotations

import sqlite3
from typing import Any

import numpy as np
import pytest

from data.store import box_tree, dialect
from data.store.engine import Store


def _tree() -> Any:
    cursor = sqlite3.connect(":memory:").cursor()
    columns = "id, min_lon, max_lon, min_lat, max_lat"
    cursor.execute(f"CREATE VIRTUAL TABLE patch_bbox USING rtree({columns})")
    return cursor


def _boxes(count: int, first: int = 1) -> box_tree.Boxes:
    random = np.random.default_rng(count)
    lon, lat = random.uniform(121, 123, count), random.uniform(36, 38, count)
    width, height = random.uniform(0, 0.01, (2, count))
    return np.column_stack([np.arange(first, first + count), lon, lon + width, lat, lat + height])


def _asked(cursor: Any, box: tuple[float, float, float, float]) -> set[int]:
    west, east, south, north = box
    found = cursor.execute(
        "SELECT id FROM patch_bbox WHERE max_lon >= ? AND min_lon <= ? AND max_lat >= ? "
        "AND min_lat <= ?",
        (west, east, south, north),
    )
    return {int(i) for (i,) in found}


@pytest.mark.parametrize("count", [1, 51, 52, 3_000, 60_000])
def test_a_packed_tree_is_sound_and_answers_like_one_built_row_by_row(count: int) -> None:
    boxes = _boxes(count)
    packed, plain = _tree(), _tree()
    packed.executemany("INSERT INTO patch_bbox VALUES (?, ?, ?, ?, ?)", _boxes(40, 900_000))
    box_tree.pack(packed, boxes)
    plain.executemany("INSERT INTO patch_bbox VALUES (?, ?, ?, ?, ?)", boxes.tolist())
    assert packed.execute("SELECT rtreecheck('patch_bbox')").fetchone() == ("ok",)
    for west in np.linspace(121, 122.9, 12):
        box = (west, west + 0.05, 36.5, 36.9)
        assert _asked(packed, box) == _asked(plain, box)
    kept = np.array(packed.execute("SELECT * FROM patch_bbox ORDER BY id").fetchall())
    assert (kept[:, 0] == boxes[:, 0]).all()
    inwards = (kept[:, [1, 3]] > boxes[:, [1, 3]]).any() or (
        kept[:, [2, 4]] < boxes[:, [2, 4]]
    ).any()
    assert not inwards  # 32-bit corners never cut a patch
    assert np.abs(kept - boxes).max() < 1e-4


def test_rows_are_added_to_and_taken_from_a_packed_tree() -> None:
    tree = _tree()
    box_tree.pack(tree, _boxes(5_000))
    tree.executemany("INSERT INTO patch_bbox VALUES (?, ?, ?, ?, ?)", _boxes(500, 5_001).tolist())
    tree.executemany("DELETE FROM patch_bbox WHERE id = ?", [(i,) for i in range(1, 3_001)])
    assert tree.execute("SELECT rtreecheck('patch_bbox')").fetchone() == ("ok",)
    assert tree.execute("SELECT count(*), min(id) FROM patch_bbox").fetchone() == (2_500, 3_001)


def test_a_large_batch_keeps_the_boxes_of_others_and_replaces_its_own(sqlite_store: Store) -> None:
    with sqlite_store.write() as conn:
        dialect.index_boxes(conn, _boxes(1_500))
        moved = _boxes(4_000, 1_001)
        dialect.index_boxes(conn, moved)  # packed
        cursor: Any = conn.connection.cursor()
        counted = cursor.execute("SELECT count(*), min(id), max(id) FROM patch_bbox").fetchone()
        assert counted == (5_000, 1, 5_000)
        where = "SELECT min_lon FROM patch_bbox WHERE id = 1001"
        assert cursor.execute(where).fetchone()[0] == pytest.approx(moved[0, 1], abs=1e-4)
        assert cursor.execute("SELECT rtreecheck('patch_bbox')").fetchone() == ("ok",)
