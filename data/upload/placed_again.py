"""Taking a batch back; patches that were placed by boundaries which then go are placed again."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, select

from data.acting import acting
from data.errors import NotFound
from data.rights import Right
from data.store.models import Patch, Upload
from data.store.undo import undo_batch
from data.store.writing import TableChange
from data.upload.places import Gazetteer, load_gazetteer, locate, nearest_district, place

_PLACE = ("district_code", "county_code", "town_code", "place_source")


def take_back(conn: Connection, batch: int, who: str, where: str = "cli") -> int:
    """As undo_batch, and patches stand where they would without the batch. Call inside
    Store.write()."""
    acting().require(Right.UPLOAD)
    if acting().is_district:
        by = conn.scalar(select(Upload.uploaded_by).where(Upload.id == batch))
        if by != acting().name:
            raise NotFound(f"没有您上传的批次{batch}，不能撤回。请从上传历史中查看您上传的批次。")
    settle = partial(placed_again, load_gazetteer(conn))
    return undo_batch(conn, batch, who, where, settle=settle)


def placed_again(was: Gazetteer, conn: Connection, batch: int) -> list[TableChange]:
    """Changes of patches that batches after `batch` placed by town, zone or county, and that lie
    elsewhere by the boundaries as the connection sees them than by those before (`was`)."""
    table = Patch.__table__
    query = select(table).where(table.c.batch_id > batch, table.c.place_source != "explicit")
    before = pd.DataFrame([dict(row) for row in conn.execute(query).mappings()], dtype=object)
    if before.empty:
        return []
    now = load_gazetteer(conn)
    lon, lat = (before[name].to_numpy(dtype=float) for name in ("lon", "lat"))
    shapes = before["geom"].to_numpy(dtype=object)
    then, found = locate(was, lon, lat, shapes), locate(now, lon, lat, shapes)
    moved = (then.zone != found.zone) | (then.county != found.county) | (then.town != found.town)
    codes = before[["district_code", "county_code", "town_code"]].to_numpy(dtype=object)
    known = {None, *now.districts, *now.towns}
    moved |= np.array([any(code not in known for code in row) for row in codes], dtype=bool)
    rows = np.flatnonzero(moved)
    after = before.copy()
    for i in rows.tolist():
        row = before.iloc[i]
        county = row["county_code"] if row["county_code"] != then.county[i] else None
        town = row["town_code"] if row["place_source"] == "town" else None
        outside_m = float(found.outside_m[i])
        is_off = found.zone[i] is None and found.county[i] is None and np.isfinite(outside_m)
        placed = place(
            now,
            None,
            county if county in now.districts else None,
            town if town in now.towns else None,
            found.zone[i],
            found.county[i],
            found.town[i],
            float("inf") if np.isnan(outside_m) else outside_m,
            nearest_district(now, lon[i], lat[i]) if is_off else None,
        )
        if placed.district is not None:
            values: Any = (placed.district, placed.county, placed.town, placed.source)
            after.loc[after.index[i], list(_PLACE)] = values
    if not len(rows):
        return []
    change = TableChange(Patch)
    change.updates_before = before.iloc[rows].reset_index(drop=True)
    change.updates_after = after.iloc[rows].reset_index(drop=True)
    return [change]
