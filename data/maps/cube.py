"""A work year as arrays: what every layer of a map is computed from.

Made once for a version of the store's content and kept in a file beside the store, from which all
processes read; an upload changes the version, and the worker or the next reader makes a new one
from the old.
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
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from data.maps.cube_columns import Columns, columns_of
from data.maps.mercator import CURVE_ZOOM, Box, cells, curve_ranges
from data.maps.standing import holding
from data.store.engine import Store
from data.store.migrate import HEAD
from data.store.queries.map_facts import content_version, pending_ids

if TYPE_CHECKING:
    from sqlalchemy import Connection

Array = npt.NDArray[Any]
#: Goes up whenever the columns change, so that an older program's file is not read.
_FORMAT = 4
_KEPT = 4
_DAYS_KEPT = 40
_ANSWERS_KEPT = 200
_T = TypeVar("_T")
_REST = "rest.json"


@dataclass(frozen=True)
class MapCube:
    """The patches of a work year in the order of the curve; those without a position come last.

    patches: columns of map_facts.patch_columns. intervals: those of map_facts.interval_columns,
    with `row`, the patch's position here, for patch_id, and ordered by it; returned: those of
    map_facts.returned_columns likewise. names: the lists that
    the numbered columns point into. located: how many patches have a position.
    """

    year: int
    version: str
    patches: dict[str, Array]
    intervals: dict[str, Array]
    returned: dict[str, Array]
    names: dict[str, list[str]]
    located: int
    pending_ids: Callable[[list[int], date], list[int]]
    _suspected: dict[date, Array] = field(default_factory=dict)
    _once: dict[object, Any] = field(default_factory=dict)

    def once(self, key: object, make: Callable[[], _T]) -> _T:
        """What `make` finds in this cube, kept: for sums over everything that many answers need."""
        if key not in self._once:
            made = make()
            while len(self._once) >= _ANSWERS_KEPT:
                self._once.pop(next(iter(self._once)), None)
            self._once[key] = made
        found: _T = self._once[key]
        return found

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

    def cells(self, rows: Array, level: int) -> tuple[Array, Array]:
        """Column and row of the tile of this level in which each of the located rows lies."""
        p = self.patches
        if level > CURVE_ZOOM:
            return cells(p["lon"][rows], p["lat"][rows], level)
        shift = CURVE_ZOOM - level
        return (
            p["x"][rows].astype(np.int64) >> shift,
            p["y"][rows].astype(np.int64) >> shift,
        )

    def number(self, column: str, name: str) -> int:
        """The number of a district, month, town or kind; −2 for one that no patch has."""
        try:
            return self.names[column].index(name)
        except ValueError:
            return -2

    def suspected(self, day: date) -> Array:
        """Per row, whether something open makes the patch 疑似 on the day (state.is_suspected): no
        parcel, one of which nobody has spoken yet, or returned. Patches with something unlawful may
        be left out: intervals have them.
        """
        known = self._suspected.get(day)
        if known is None:
            p, r, number = self.patches, self.returned, day.toordinal()
            waiting = p["has_parcels"] & (p["parcels_until"] > number)
            known = ~p["has_parcels"] | (waiting & (p["determined"] > number))
            # a higher level has spoken before the county: of all parcels, or of some
            unsure = np.flatnonzero(waiting & (p["determined"] <= number))
            if len(unsure):
                pending = self.pending_ids(p["id"][unsure].tolist(), day)
                known[self.rows_of(np.array(pending, dtype=np.int64))] = True
            known[r["row"][holding(r, slice(None), day)]] = True
            known &= p["is_land"]
            while len(self._suspected) >= _DAYS_KEPT:
                self._suspected.pop(next(iter(self._suspected)), None)
            self._suspected[day] = known
        return known

    def rows_of(self, ids: Array) -> Array:
        """Rows of patches by id; ids that the year does not have are left out."""
        by_id = self.once("by_id", lambda: np.argsort(self.patches["id"], kind="stable"))
        if not len(ids) or not len(by_id):
            return np.array([], dtype=np.int64)
        sorted_ids = self.patches["id"][by_id]
        at = np.minimum(np.searchsorted(sorted_ids, ids), len(sorted_ids) - 1)
        rows: Array = by_id[at[sorted_ids[at] == ids]]
        return rows


def cube_from(
    columns: Columns,
    year: int,
    version: str,
    pending_ids: Callable[[list[int], date], list[int]],
) -> MapCube:
    c = columns
    return MapCube(
        year, version, c.patches, c.intervals, c.returned, c.names, c.located, pending_ids
    )


# ---- files ---------------------------------------------------------------------------------------


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process makes the file; the others wait for it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


_PARTS = ("patches", "intervals", "returned")


def _write(target: Path, columns: Columns) -> None:
    partial = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    partial.mkdir()
    try:
        for part in _PARTS:
            for name, column in getattr(columns, part).items():
                np.save(partial / f"{part}.{name}.npy", column)
        rest = {
            "names": columns.names,
            "located": columns.located,
            "head": columns.head,
            "tables": HEAD,  # another version may derive other columns from the same rows
        }
        (partial / _REST).write_text(json.dumps(rest), encoding="utf-8")
        partial.rename(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _read(target: Path) -> Columns:
    found: dict[str, dict[str, Array]] = {part: {} for part in _PARTS}
    for path in target.glob("*.npy"):
        part, name, _ = path.name.split(".")
        found[part][name] = np.load(path, mmap_mode="r" if path.stat().st_size > 200 else None)
    rest = json.loads((target / _REST).read_text(encoding="utf-8"))
    patches, intervals, returned = (found[part] for part in _PARTS)
    return Columns(patches, intervals, returned, rest["names"], rest["located"], rest["head"])


def _earlier(folder: Path, year: int) -> Columns | None:
    """The newest columns that there are of the year."""
    files = sorted(folder.glob(f"*-{year}-f{_FORMAT}"), key=lambda path: path.stat().st_mtime)
    for path in reversed(files):
        rest = json.loads((path / _REST).read_text(encoding="utf-8"))
        if rest["tables"] == HEAD:
            return _read(path)
    return None


def _drop_old(folder: Path, kept: Path, year: int) -> None:
    """Files of earlier versions; a process that still reads one keeps what it has open."""
    for path in folder.glob(f"*-{year}-f*"):
        if path != kept:
            shutil.rmtree(path, ignore_errors=True)


# ---- the cube of now -----------------------------------------------------------------------------

_lock = threading.Lock()
_cubes: OrderedDict[tuple[str, int], MapCube] = OrderedDict()


def map_cube(store: Store, year: int, conn: Connection | None = None) -> MapCube:
    """The cube of a work year as the store is now. A first one of a million patches takes some
    seconds, one after an upload a second, reading it some milliseconds.

    conn: of whoever reads already; what the cube still has to ask goes over it, while it is open.
    """

    def pending(ids: list[int], day: date) -> list[int]:
        if conn is not None:
            return pending_ids(conn, ids, day)
        with store.read() as own:
            return pending_ids(own, ids, day)

    if conn is not None:
        kept = _kept_cube(conn, store, year)
    else:
        with store.read() as own:
            kept = _kept_cube(own, store, year)
    return replace(kept, pending_ids=pending)


def _kept_cube(conn: Connection, store: Store, year: int) -> MapCube:
    """What is kept of it between requests; it cannot ask the store."""
    version = content_version(conn)
    key = (version, year)
    with _lock:
        known = _cubes.get(key)
        if known is not None:
            _cubes.move_to_end(key)
            return known
        folder = store.settings.local_dir / "maps"
        target = folder / f"{version}-{year}-f{_FORMAT}"
        with _alone(folder):
            if not (target / _REST).exists():
                _write(target, columns_of(conn, year, _earlier(folder, year)))
                _drop_old(folder, target, year)
            columns = _read(target)
        cube = cube_from(columns, year, version, _no_store)
        _cubes[key] = cube
        while len(_cubes) > _KEPT:
            _cubes.popitem(last=False)
        return cube


def _no_store(ids: list[int], day: date) -> list[int]:
    raise RuntimeError("a kept cube has no connection")
