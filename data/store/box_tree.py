"""SQLite's R*Tree over the patches' boxes, built from all of them at once.

Row by row the tree costs more than the rows themselves. A first or very large batch packs it
instead: boxes sorted into tiles, a node a tile, level upon level (sort-tile-recursive packing), in
the documented layout of the module's own three tables. `rtreecheck` accepts it, and later rows are
added the usual way.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

_CELL = np.dtype([("id", ">i8"), ("box", ">f4", 4)])
_HEAD = np.dtype(">u2")

Boxes = npt.NDArray[np.float64]


def pack(cursor: Any, boxes: Boxes) -> None:
    """Replace the content of patch_bbox. boxes: id, min_lon, max_lon, min_lat, max_lat a row."""
    ((node_bytes,),) = cursor.execute("SELECT length(data) FROM patch_bbox_node WHERE nodeno = 1")
    for table in ("patch_bbox_rowid", "patch_bbox_parent", "patch_bbox_node"):
        cursor.execute(f"DELETE FROM {table}")
    capacity = (int(node_bytes) - 4) // _CELL.itemsize
    cells = _cells(boxes)
    level, first_node = 0, 2  # node 1 is the root
    while True:
        starts = _tiles(cells, capacity) if len(cells) > capacity else np.array([0])
        ends = np.append(starts[1:], len(cells))
        is_root = len(starts) == 1
        numbers = np.arange(first_node, first_node + len(starts)) if not is_root else np.array([1])
        owners = np.repeat(numbers, ends - starts)
        if level == 0:
            table, columns = "patch_bbox_rowid", "rowid, nodeno"
        else:
            table, columns = "patch_bbox_parent", "nodeno, parentnode"
        cursor.executemany(
            f"INSERT INTO {table} ({columns}) VALUES (?, ?)",
            zip(cells["id"].tolist(), owners.tolist(), strict=True),
        )
        cursor.executemany(
            "INSERT INTO patch_bbox_node (nodeno, data) VALUES (?, ?)",
            (
                (number, _node(cells[start:end], level if is_root else 0, node_bytes))
                for number, start, end in zip(numbers.tolist(), starts, ends, strict=True)
            ),
        )
        if is_root:
            return
        cells = _parents(cells, starts, numbers)
        first_node += len(starts)
        level += 1


def _cells(boxes: Boxes) -> npt.NDArray[Any]:
    """Cells with 32-bit corners, rounded outwards never inwards."""
    cells = np.zeros(len(boxes), dtype=_CELL)
    cells["id"] = boxes[:, 0].astype(np.int64)
    given = boxes[:, 1:5]
    rounded = given.astype(np.float32)
    low = np.array([True, False, True, False])
    inwards = np.where(low, rounded > given, rounded < given)
    outwards = np.nextafter(rounded, np.where(low, -np.inf, np.inf).astype(np.float32))
    cells["box"] = np.where(inwards, outwards, rounded)
    return cells


def _tiles(cells: npt.NDArray[Any], capacity: int) -> npt.NDArray[np.int64]:
    """Sort the cells in place into strips of longitude, each by latitude; starts of the nodes."""
    nodes = -(-len(cells) // capacity)
    strips = int(np.ceil(np.sqrt(nodes)))
    per_strip = -(-nodes // strips) * capacity
    cells[:] = cells[np.argsort(cells["box"][:, 0], kind="stable")]
    starts: list[int] = []
    for start in range(0, len(cells), per_strip):
        strip = cells[start : start + per_strip]
        strip[:] = strip[np.argsort(strip["box"][:, 2], kind="stable")]
        # filled evenly: a node of the tree is at least a third full
        pieces = -(-len(strip) // capacity)
        starts += [start + len(strip) * i // pieces for i in range(pieces)]
    return np.array(starts, dtype=np.int64)


def _parents(
    cells: npt.NDArray[Any], starts: npt.NDArray[np.int64], numbers: npt.NDArray[np.int64]
) -> npt.NDArray[Any]:
    parents = np.zeros(len(starts), dtype=_CELL)
    parents["id"] = numbers
    boxes = cells["box"]
    for column, reduce in enumerate((np.minimum, np.maximum, np.minimum, np.maximum)):
        parents["box"][:, column] = reduce.reduceat(boxes[:, column].astype(np.float32), starts)
    return parents


def _node(cells: npt.NDArray[Any], depth: int, size: int) -> bytes:
    head = np.array([depth, len(cells)], dtype=_HEAD).tobytes()
    return (head + cells.tobytes()).ljust(size, b"\0")
