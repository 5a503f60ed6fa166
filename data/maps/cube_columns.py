"""The columns of a work year's cube: read from the store, or brought up to date after an upload.

A monthly batch touches a few thousand of a million patches. What the history tells of since the
columns were read is read anew; all else stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from data.maps.mercator import CURVE_ZOOM, cells, curve
from data.store.queries.map_facts import (
    NEVER,
    Ids,
    changed_since,
    determined_columns,
    interval_columns,
    kept_head,
    parcel_columns,
    patch_columns,
    returned_columns,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

Array = npt.NDArray[Any]
#: Where patches without a position stand on the curve: after its end.
NOWHERE = 4**CURVE_ZOOM
#: With more changed patches the year is read as a whole.
MOST_CHANGED = 50_000


@dataclass(frozen=True)
class Columns:
    """What of a MapCube is read from the store and kept in a file (see there). head: that of the
    history when it was read."""

    patches: dict[str, Array]
    intervals: dict[str, Array]
    returned: dict[str, Array]
    names: dict[str, list[str]]
    located: int
    head: str


def columns_of(conn: Connection, year: int, earlier: Columns | None = None) -> Columns:
    """The columns as the store is now. earlier: those of an earlier state of the same tables."""
    ids = changed_since(conn, earlier.head, MOST_CHANGED) if earlier else None
    return _in_order(conn, year, ids, earlier if ids is not None else None)


def _in_order(conn: Connection, year: int, ids: Ids, earlier: Columns | None) -> Columns:
    """What is read of the patches `ids` (None: all), with the others of `earlier`."""
    fresh, names = patch_columns(conn, year, ids, earlier.names if earlier else None)
    _add_openness(conn, fresh, ids)
    _add_places(fresh)
    old = earlier.patches if earlier else {name: column[:0] for name, column in fresh.items()}
    kept = ~np.isin(old["id"], np.array(ids or (), dtype=np.int64))
    patches = {name: np.concatenate([old[name][kept], fresh[name]]) for name in fresh}
    order = np.lexsort((patches["id"], patches["curve"]))
    row_of = np.empty_like(order)
    row_of[order] = np.arange(len(order))
    old_rows = np.where(kept, row_of[np.cumsum(kept) - 1], -1) if len(kept) else row_of[:0]
    fresh_rows = row_of[int(kept.sum()) :]

    def by_row(columns: dict[str, Array], before: dict[str, Array] | None) -> dict[str, Array]:
        at, here = _positions(fresh["id"], columns.pop("patch_id"))
        parts = [{**{n: c[here] for n, c in columns.items()}, "row": fresh_rows[at]}]
        if before is not None:
            rows = old_rows[before["row"]]
            parts.insert(0, {n: c[rows >= 0] for n, c in {**before, "row": rows}.items()})
        joined = {n: np.concatenate([part[n] for part in parts]) for n in parts[0]}
        sorted_ = np.argsort(joined["row"], kind="stable")
        return {name: column[sorted_] for name, column in joined.items()}

    return Columns(
        {name: column[order] for name, column in patches.items()},
        by_row(interval_columns(conn, year, ids), earlier.intervals if earlier else None),
        by_row(returned_columns(conn, ids), earlier.returned if earlier else None),
        names,
        int((patches["curve"] < NOWHERE).sum()),
        kept_head(conn),
    )


def _add_places(patches: dict[str, Array]) -> None:
    """curve, and x and y of the tile of the curve's level; 0 for none."""
    has_place = ~np.isnan(patches["lon"])
    x, y = cells(patches["lon"][has_place], patches["lat"][has_place], CURVE_ZOOM)
    patches["curve"] = np.full(len(has_place), NOWHERE, dtype=np.int64)
    patches["curve"][has_place] = curve(x, y)
    for name, column in (("x", x), ("y", y)):
        patches[name] = np.zeros(len(has_place), dtype=np.int32)
        patches[name][has_place] = column


def _positions(ids: Array, wanted: Array) -> tuple[Array, Array]:
    """Where in the sorted ids each wanted one stands, and which of the wanted there are."""
    if not len(ids):
        return np.array([], dtype=np.int64), np.zeros(len(wanted), dtype=bool)
    at = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    here = ids[at] == wanted
    return at[here], here


def _add_openness(conn: Connection, patches: dict[str, Array], ids: Sequence[int] | None) -> None:
    """has_parcels; parcels_until: the day from which on the county has spoken of all parcels;
    determined: the first day on which a higher level has. NEVER for none."""
    count = len(patches["id"])
    parcels, determined = parcel_columns(conn, ids), determined_columns(conn, ids)
    at, here = _positions(patches["id"], parcels["patch_id"])
    patches["has_parcels"] = np.zeros(count, dtype=bool)
    patches["has_parcels"][at] = True
    inherited = np.where(parcels["inherits"][here], patches["reported"][at], 0)
    patches["parcels_until"] = np.full(count, NEVER, dtype=np.int32)
    patches["parcels_until"][at] = np.maximum(parcels["until"][here], inherited)
    at, here = _positions(patches["id"], determined["patch_id"])
    patches["determined"] = np.full(count, NEVER, dtype=np.int32)
    patches["determined"][at] = determined["first"][here]
