"""Reference layers: 区市界 and 乡镇界 redraw the units they name, others are replaced whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import select

from data.errors import UploadRefused
from data.store.models import ReferenceFeature
from data.store.writing import TableChange
from data.upload import checks
from data.upload.merging import Mask
from data.upload.parsing import CLEARED
from data.upload.places import locate
from data.upload.plan import Context, Plan
from data.upload.plan_units import change_districts, change_towns, name_districts, name_towns
from data.upload.prepare import Prepared
from data.vocabulary import ReferenceLayer

#: Layers whose features are known by a code: one that a file does not name is left alone.
KEYED = (ReferenceLayer.DISTRICTS, ReferenceLayer.TOWNS)
_COLUMNS = ("code", "name", "programme", "recorded_on", "has_evidence")


def layer_of(prepared: Prepared) -> ReferenceLayer:
    """The layer chosen, or told by the file's or layer's name. Raises UploadRefused."""
    request = prepared.request
    if request.layer is not None:
        return request.layer
    names = [request.file_name, *(t.name for t in prepared.tables)]
    # the longer name first: 永久基本农田 before 耕地
    for layer in sorted(ReferenceLayer, key=lambda one: -len(one.label)):
        if any(layer.label in name for name in names):
            return layer
    labels = "、".join(layer.label for layer in ReferenceLayer)
    raise UploadRefused(f"请指定这是哪个参考图层（命令行用 --layer）：{labels}。")


def plan_reference(context: Context, prepared: Prepared) -> Plan:
    plan = Plan(prepared)
    layer = layer_of(prepared)
    geometry = prepared.geometry
    assert geometry is not None  # prepare takes no table without shapes
    shapes = shapely.from_wkb(geometry.wkb)
    is_area = np.array([s is not None and shapely.get_dimensions(s) == 2 for s in shapes])
    prepared.reject_where(~is_area, None, "没有面图形，不能作为参考图层。")
    rows = prepared.rows
    for name in {*_COLUMNS} & {*rows}:  # a layer comes whole: there is nothing 清空 could clear
        values = [None if value is CLEARED else value for value in rows[name]]
        rows[name] = pd.Series(values, dtype=object, index=rows.index)
    leaving: list[str] | None = None
    if layer is ReferenceLayer.DISTRICTS:
        leaving = name_districts(context, plan)
    elif layer is ReferenceLayer.TOWNS:
        name_towns(context, plan)
    if leaving is None:
        _within_city(context, prepared, is_area)
    if layer is ReferenceLayer.DISTRICTS:
        change_districts(context, plan, leaving or ())
    elif layer is ReferenceLayer.TOWNS:
        change_towns(context, plan)
    sound = prepared.sound()
    frame = pd.DataFrame(
        {name: rows.get(name) for name in _COLUMNS},
        index=rows.index,
        dtype=object,
    )
    frame.insert(0, "layer", layer.value)
    for i, name in enumerate(("min_lon", "min_lat", "max_lon", "max_lat")):
        frame[name] = geometry.bounds[:, i]
    frame["geom"] = geometry.wkb
    new = frame[sound].reset_index(drop=True)
    stored = _replaced(context, layer, new)
    if _same(stored, new):
        plan.unchanged = len(new)
        return plan
    if new.empty:
        plan.changes.clear()
        return plan
    plan.inserted = len(new)
    plan.new_rows = [int(i) for i in np.flatnonzero(sound)]
    plan.changes.append(TableChange(ReferenceFeature, inserts=new, deletes=stored))
    return plan


def _within_city(context: Context, prepared: Prepared, is_area: Mask) -> None:
    """As for patches: refused where more than 3 km outside the city, a warning nearer."""
    geometry = prepared.geometry
    assert geometry is not None
    lon = np.where(is_area, geometry.lon, np.nan)
    found = locate(context.gazetteer, lon, geometry.lat, geometry.wkb)
    at = np.arange(len(prepared.rows))
    prepared.warn_all(checks.within_city(prepared, at, found.outside_m))


def _replaced(context: Context, layer: ReferenceLayer, new: pd.DataFrame) -> pd.DataFrame:
    """What the layer takes the place of: the shapes of the units or towns that it draws, or the
    whole layer where its features have no names of their own."""
    table = ReferenceFeature.__table__
    query = select(table).where(table.c.layer == layer.value)
    if layer in KEYED:
        query = query.where(table.c.code.in_(new["code"].unique().tolist()))
    found = context.conn.execute(query).all()
    names = [c.name for c in table.columns]
    return pd.DataFrame([tuple(r) for r in found], columns=names, dtype=object)


def _same(stored: pd.DataFrame, new: pd.DataFrame) -> bool:
    """Whether the uploaded layer in the store is this one."""
    if len(stored) != len(new) or stored.empty or stored["batch_id"].isna().any():
        return False

    def keyed(frame: pd.DataFrame) -> set[tuple[Any, ...]]:
        return set(zip(*(frame[name] for name in (*_COLUMNS, "geom")), strict=True))

    plain = new.astype(object).where(new.notna(), None)
    return keyed(stored) == keyed(plain)
