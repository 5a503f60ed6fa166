"""A work year as arrays: what every layer of a map is computed from.

Made once for a version of the store's content and kept in a file beside the store, from which all
processes read; an upload changes the version, and the next reader makes a new one.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from data.maps.mercator import CURVE_ZOOM, Box, cells, curve, curve_ranges
from data.store.engine import Store
from data.store.queries.map_facts import (
    content_version,
    interval_columns,
    open_suspected_ids,
    patch_columns,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

Array = npt.NDArray[Any]
#: Goes up whenever the columns change, so that an older program's file is not read.
_FORMAT = 1
_KEPT = 4


@dataclass(frozen=True)
class MapCube:
    """The patches of a work year in the order of the curve; those without a position come last.

    patches: columns of map_facts.patch_columns. intervals: those of map_facts.interval_columns,
    with `row`, the patch's position here, for patch_id, and ordered by it. names: the lists that
    the numbered columns point into. located: how many patches have a position.
    """

    year: int
    version: str
    patches: dict[str, Array]
    intervals: dict[str, Array]
    names: dict[str, list[str]]
    located: int
    suspected_ids: Callable[[date], list[int]]
    _suspected: dict[date, Array] = field(default_factory=dict)

    def slices(self, box: Box | None) -> list[tuple[int, int]]:
        """Stretches of rows that hold every patch in the box (None: every located one), and some
        beside it."""
        if box is None:
            return [(0, self.located)] if self.located else []
        found = []
        for low, high in curve_ranges(box):
            start, end = np.searchsorted(self.patches["curve"][: self.located], [low, high])
            if start < end:
                found.append((int(start), int(end)))
        return found

    def number(self, column: str, name: str) -> int:
        """The number of a district, month, town or kind; −2 for one that no patch has."""
        try:
            return self.names[column].index(name)
        except ValueError:
            return -2

    def suspected(self, day: date) -> Array:
        """Per row, whether something open makes the patch 疑似 on the day."""
        known = self._suspected.get(day)
        if known is None:
            wanted = np.array(self.suspected_ids(day), dtype=np.int64)
            known = np.zeros(len(self.patches["id"]), dtype=bool)
            known[self.rows_of(wanted)] = True
            while len(self._suspected) >= 40:
                self._suspected.pop(next(iter(self._suspected)), None)
            self._suspected[day] = known
        return known

    @cached_property
    def _by_id(self) -> Array:
        return np.argsort(self.patches["id"], kind="stable")

    def rows_of(self, ids: Array) -> Array:
        """Rows of patches by id; ids that the year does not have are left out."""
        if not len(ids) or not len(self._by_id):
            return np.array([], dtype=np.int64)
        sorted_ids = self.patches["id"][self._by_id]
        at = np.minimum(np.searchsorted(sorted_ids, ids), len(sorted_ids) - 1)
        rows: Array = self._by_id[at[sorted_ids[at] == ids]]
        return rows


def columns_of(
    conn: Connection, year: int
) -> tuple[dict[str, Array], dict[str, Array], dict[str, Any]]:
    """patches, intervals, and {names, located} of a MapCube, read from the store."""
    patches, names = patch_columns(conn, year)
    intervals = interval_columns(conn, year)
    has_place = ~np.isnan(patches["lon"])
    nowhere = 4**CURVE_ZOOM
    place = np.full(len(has_place), nowhere, dtype=np.int64)
    x, y = cells(patches["lon"][has_place], patches["lat"][has_place], CURVE_ZOOM)
    place[has_place] = curve(x, y)
    order = np.argsort(place, kind="stable")
    row_of = np.empty_like(order)
    row_of[order] = np.arange(len(order))
    patch_at = np.searchsorted(patches["id"], intervals.pop("patch_id"))
    patches = {name: column[order] for name, column in patches.items()}
    patches["curve"] = place[order]
    rows = row_of[patch_at]
    by_row = np.argsort(rows, kind="stable")
    intervals = {name: column[by_row] for name, column in intervals.items()}
    intervals["row"] = rows[by_row]
    return patches, intervals, {"names": names, "located": int(has_place.sum())}


# ---- files ---------------------------------------------------------------------------------------


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process makes the file; the others wait for it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write(target: Path, patches: dict[str, Array], intervals: dict[str, Array], rest: Any) -> None:
    partial = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    partial.mkdir()
    try:
        for prefix, columns in (("patch", patches), ("interval", intervals)):
            for name, column in columns.items():
                np.save(partial / f"{prefix}.{name}.npy", column)
        (partial / "rest.json").write_text(json.dumps(rest), encoding="utf-8")
        partial.rename(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _read(target: Path) -> tuple[dict[str, Array], dict[str, Array], Any]:
    found: dict[str, dict[str, Array]] = {"patch": {}, "interval": {}}
    for path in target.glob("*.npy"):
        prefix, name, _ = path.name.split(".")
        found[prefix][name] = np.load(path, mmap_mode="r" if path.stat().st_size > 200 else None)
    rest = json.loads((target / "rest.json").read_text(encoding="utf-8"))
    return found["patch"], found["interval"], rest


def _drop_old(folder: Path, kept: Path, year: int) -> None:
    """Files of earlier versions; a process that still reads one keeps what it has open."""
    for path in folder.glob(f"*-{year}-f*"):
        if path != kept:
            shutil.rmtree(path, ignore_errors=True)


# ---- the cube of now -----------------------------------------------------------------------------

_lock = threading.Lock()
_cubes: OrderedDict[tuple[str, int], MapCube] = OrderedDict()


def map_cube(store: Store, year: int) -> MapCube:
    """The cube of a work year as the store is now. Making one takes about 3 s for a million
    patches, reading it some milliseconds."""
    with store.read() as conn:
        return _cube_of(conn, store, year)


def _cube_of(conn: Connection, store: Store, year: int) -> MapCube:
    version = content_version(conn)
    key = (version, year)
    with _lock:
        known = _cubes.get(key)
        if known is not None:
            _cubes.move_to_end(key)
            return known

        def suspected_ids(day: date) -> list[int]:
            with store.read() as later:
                return open_suspected_ids(later, year, day)

        folder = store.settings.local_dir / "maps"
        target = folder / f"{version}-{year}-f{_FORMAT}"
        with _alone(folder):
            if not (target / "rest.json").exists():
                _write(target, *columns_of(conn, year))
                _drop_old(folder, target, year)
            patches, intervals, rest = _read(target)
        cube = MapCube(
            year, version, patches, intervals, rest["names"], rest["located"], suspected_ids
        )
        _cubes[key] = cube
        while len(_cubes) > _KEPT:
            _cubes.popitem(last=False)
        return cube
