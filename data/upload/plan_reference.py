"""Reference layers, each replaced as a whole; 区市界 and 乡镇界 also tell which units there are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import delete, insert, select, update

from data.errors import UploadRefused
from data.store import meta
from data.store.models import District, LedgerItem, Patch, ReferenceFeature, Town
from data.store.writing import TableChange
from data.upload.parsing import CLEARED
from data.upload.plan import Context, Plan
from data.upload.prepare import Prepared
from data.vocabulary import ReferenceLayer

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
    if layer in (ReferenceLayer.DISTRICTS, ReferenceLayer.TOWNS):
        _require_codes(context, prepared, layer)
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
    stored = _stored(context, layer)
    new = frame[sound].reset_index(drop=True)
    if _same(stored, new):
        plan.unchanged = len(new)
        return plan
    if new.empty:
        return plan
    plan.inserted = len(new)
    plan.new_rows = [int(i) for i in np.flatnonzero(sound)]
    plan.changes.append(TableChange(ReferenceFeature, inserts=new, deletes=stored))
    return plan


def _require_codes(context: Context, prepared: Prepared, layer: ReferenceLayer) -> None:
    """Codes of the units: given, or known by the name; a name without a code keeps itself."""
    rows, gazetteer = prepared.rows, context.gazetteer
    find = gazetteer.district if layer is ReferenceLayer.DISTRICTS else gazetteer.town
    codes: list[str | None] = []
    for index in range(len(rows)):
        code = rows["code"].iat[index] if "code" in rows else None
        name = rows["name"].iat[index] if "name" in rows else None
        found = find(str(code)) if code else None
        found = found or (find(str(name)) if name else None) or code
        if found is None and name and layer is ReferenceLayer.DISTRICTS:
            found = str(name)[:12]
        if found is None:
            prepared.reject(index, "code", "缺少代码和名称，无法识别是哪个单位。")
        codes.append(str(found)[:12] if found else None)
    rows["code"] = pd.Series(codes, dtype=object, index=rows.index)
    if "name" not in rows:
        rows["name"] = pd.Series([None] * len(rows), dtype=object, index=rows.index)


def _stored(context: Context, layer: ReferenceLayer) -> pd.DataFrame:
    table = ReferenceFeature.__table__
    found = context.conn.execute(select(table).where(table.c.layer == layer.value)).all()
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


def after_reference(context: Context, plan: Plan) -> None:
    """Inside the transaction: units and towns follow the layer."""
    layer = layer_of(plan.prepared)
    conn = context.conn
    if not plan.inserted:
        return
    rows = plan.prepared.rows[plan.prepared.sound()]
    if layer is ReferenceLayer.DISTRICTS:
        _follow_districts(context, rows)
    elif layer is ReferenceLayer.TOWNS:
        _follow_towns(context, rows)
    meta.put(conn, "places_version", str(int(meta.get(conn, "places_version") or 0) + 1))


def _follow_districts(context: Context, rows: pd.DataFrame) -> None:
    """New units are appended; a layer with none of the present units means another city, whose
    units replace those that nothing hangs on."""
    conn, known = context.conn, context.gazetteer.districts
    units = {
        str(c): (str(n) if n else str(c)) for c, n in zip(rows["code"], rows["name"], strict=True)
    }
    if not set(units) & set(known):
        used = set(conn.scalars(select(Patch.district_code).distinct()))
        used |= set(conn.scalars(select(LedgerItem.district_code).distinct()))
        for code in set(known) - used:
            conn.execute(delete(Town).where(Town.district_code == code))
            conn.execute(delete(District).where(District.code == code))
    position = max((d["position"] for d in known.values()), default=0)
    for code, name in units.items():
        if code in known:
            continue
        position += 1
        conn.execute(
            insert(District).values(
                code=code, name=name, short_name=name[:32], position=position, aliases=[]
            )
        )


def _follow_towns(context: Context, rows: pd.DataFrame) -> None:
    """Towns that are not known are added to the unit whose code they begin with."""
    conn, gazetteer = context.conn, context.gazetteer
    for code, name in zip(rows["code"], rows["name"], strict=True):
        if code in gazetteer.towns:
            if name and name != gazetteer.towns[code]["name"]:
                conn.execute(update(Town).where(Town.code == code).values(name=name))
            continue
        district = gazetteer.district(str(code)[:6])
        if district is not None:
            conn.execute(
                insert(Town).values(
                    code=code,
                    name=name or code,
                    district_code=district,
                    county_code=gazetteer.districts[district]["county_code"] or district,
                    aliases=[],
                )
            )
