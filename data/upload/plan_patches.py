"""Patches: geometry, place, deadline; and whether one lies on another."""

from __future__ import annotations

from operator import ne
from typing import Any

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import select

from data.numbers import whole_number
from data.periods import clearance_month, statutory_due_on
from data.store.beside import Answer
from data.store.models import Patch
from data.units import AreaUnit
from data.upload import checks
from data.upload.crs import CGCS2000, points_from_columns
from data.upload.mapping import normal
from data.upload.merging import Mask
from data.upload.overlaps import find_overlaps
from data.upload.places import MAX_OUTSIDE_M, Gazetteer, locate, nearest_district, place
from data.upload.plan import (
    Compared,
    Context,
    Plan,
    compare,
    long_number,
    require_keys,
    resolve_names,
    resolve_years,
    settle,
)
from data.upload.prepare import Prepared
from data.upload.readers import Geometry, ReadOptions
from data.upload.schemas import PARTS, PATCHES
from data.vocabulary import Domain, PatchType, UploadKind

#: Index of a row, name of the column or None, sentence.
Point = tuple[int, str | None, str]
_BOX = ("min_lon", "min_lat", "max_lon", "max_lat")
#: So many shapes are compared at a time: a strip from west to east.
_STRIP = 100_000
#: So many are compared in a second process, while this one writes.
_BESIDE_FROM = 5_000
#: A JCBH of at most so many digits is a running number, not an identity.
_SHORT_NUMBER = 6
_RUNNING_HEADERS = {"JCBH", "JCTBBH", "监测编号", "监测图斑编号"}


def plan_patches(context: Context, prepared: Prepared) -> Plan:
    plan = Plan(prepared)
    resolve_years(prepared, UploadKind.PATCHES)
    _type_from_layer(prepared)
    _long_numbers(prepared)
    resolve_names(prepared, context.gazetteer)
    _resolve_towns(prepared, context.gazetteer)
    require_keys(prepared, PATCHES)
    _points(prepared, context.gazetteer)
    compared = compare(context, prepared, PATCHES)
    after = compared.after
    _kinds(prepared, after)
    _geometry(prepared, after)
    _places(context, prepared, compared)
    _transfers(prepared, compared)
    checks.required(prepared, after, ["issued_on", "area_mu"])
    _deadlines(after)
    checks.basic_within_farmland(prepared, after, "basic_farmland_mu", "farmland_mu")
    units = checks.units_beside(
        prepared, after, checks.numbers(after, "geom_area_mu"), "area_mu", PARTS
    )
    checks.area_beside_geometry(prepared, after, PARTS, units.get("area_mu"))
    checks.parts_within_whole(prepared, after, PARTS)
    checks.future_dates(prepared, PATCHES, after, context.today)
    _repairs(prepared, after)
    settle(plan, PATCHES, compared)
    _overlaps(context, plan, compared)
    return plan


def _type_from_layer(prepared: Prepared) -> None:
    """The class of patch from the layer's or file's name, where no column says it (profile 1)."""
    rows = prepared.rows
    if "patch_type" in rows and rows["patch_type"].notna().any():
        return
    names = [f"{t.name} {prepared.request.file_name}" for t in prepared.tables]
    found = [
        next((term.value for term in PatchType if term.label.removesuffix("类") in name), None)
        for name in names
    ]
    if any(found):
        rows["patch_type"] = pd.Series(
            [found[t] for t in rows["_table"]], dtype=object, index=rows.index
        )


def _long_numbers(prepared: Prepared) -> None:
    """JCBH as a short running number (profile 1): the key becomes XZQDM-batch-JCBH."""
    rows = prepared.rows
    headers = {normal(a.header) for m in prepared.maps for a in m.of("patch_no")}
    if not headers <= {"JCBH", "JCTBBH", "监测编号", "监测图斑编号"} or not {
        "county_code",
        "issued_on",
    } <= set(rows):
        return
    numbers = [n for n in rows["patch_no"] if n is not None]
    if not numbers or not all(
        whole_number(n) is not None and len(n) <= _SHORT_NUMBER for n in numbers
    ):
        return
    columns = (rows["patch_no"], rows["county_code"], rows["issued_on"])
    rows["patch_no"] = pd.Series(
        [
            long_number(county, issued_on, number)
            if number is not None and issued_on is not None and whole_number(county) is not None
            else number
            for number, county, issued_on in zip(*columns, strict=True)
        ],
        dtype=object,
        index=rows.index,
    )
    prepared.notes.append(
        "监测编号只在县和批次内唯一，图斑编号按“行政区代码-下发日期-监测编号”组成。"
    )


def _resolve_towns(prepared: Prepared, gazetteer: Gazetteer) -> None:
    """Town names become codes; the row's unit or county tells namesakes apart."""
    rows = prepared.rows
    if "town_code" not in rows:
        return
    cache: dict[tuple[Any, Any], str | None] = {}
    codes: list[str | None] = []
    units = rows.get("district_code", rows.get("county_code", pd.Series([None] * len(rows))))
    for index, (text, unit) in enumerate(zip(rows["town_code"], units, strict=True)):
        if not isinstance(text, str):
            codes.append(text)
            continue
        key = (text, unit)
        if key not in cache:
            cache[key] = gazetteer.town(text, unit)
        codes.append(cache[key])
        if cache[key] is None:
            prepared.warn(index, "town_code", f"乡镇“{text[:30]}”不认识，按其他信息确定位置。")
    rows["town_code"] = pd.Series(codes, dtype=object, index=rows.index)


def _points(prepared: Prepared, gazetteer: Gazetteer) -> None:
    """Rows without a shape of their own take their centre columns, degrees or metres."""
    rows = prepared.rows
    if "lon" not in rows or "lat" not in rows:
        return
    x = pd.to_numeric(rows["lon"], errors="coerce").to_numpy(dtype=float)
    y = pd.to_numeric(rows["lat"], errors="coerce").to_numpy(dtype=float)
    if prepared.geometry is not None:
        has_shape = np.array([wkb is not None for wkb in prepared.geometry.wkb], dtype=bool)
        x, y = np.where(has_shape, np.nan, x), np.where(has_shape, np.nan, y)
    if not (np.isfinite(x) & np.isfinite(y)).any():
        return
    known = np.isfinite(x) & np.isfinite(y)
    degrees = (np.abs(x[known]) <= 180).all() and (np.abs(y[known]) <= 90).all()
    west, south, east, north = gazetteer.bounds()
    swapped = degrees and not ((x[known] >= west - 5) & (x[known] <= east + 5)).any()
    crs = CGCS2000 if degrees and not swapped else prepared.request.crs
    options = ReadOptions(city_bounds=(west, south, east, north), crs=crs)
    points, decision = points_from_columns(x, y, options)
    if decision is not None:
        prepared.centre_crs = decision.epsg or None
        prepared.notes.append(f"中心坐标：{decision.reason}")
    prepared.geometry = points if prepared.geometry is None else _filled(prepared.geometry, points)


def _filled(shapes: Geometry, points: Geometry) -> Geometry:
    use = np.array(
        [w is None and p is not None for w, p in zip(shapes.wkb, points.wkb, strict=True)]
    )
    bounds = shapes.bounds.copy()
    bounds[use] = points.bounds[use]
    return Geometry(
        np.where(use, points.wkb, shapes.wkb),
        np.where(use, points.area_m2, shapes.area_m2),
        np.where(use, points.lon, shapes.lon),
        np.where(use, points.lat, shapes.lat),
        bounds,
        shapes.repaired,
    )


def _kinds(prepared: Prepared, after: pd.DataFrame) -> None:
    """领域 and 图斑类型 must agree; 矿产 in either is enough where the other is empty."""
    mineral_type = (after["patch_type"] == PatchType.MINERAL.value).to_numpy()
    given = prepared.rows.get("domain")
    for position in np.flatnonzero(mineral_type):
        index = after.index[position]
        if given is not None and given.iat[index] == Domain.LAND.value:
            prepared.reject(index, "patch_type", "领域为土地，图斑类型却是矿产，请核对。")
    domain = after["domain"].to_numpy(dtype=object).copy()
    domain[mineral_type] = Domain.MINERAL.value
    after["domain"] = domain
    types = after["patch_type"].to_numpy(dtype=object).copy()
    types[domain == Domain.MINERAL.value] = PatchType.MINERAL.value
    after["patch_type"] = types
    checks.required(prepared, after, ["patch_type"])


def _geometry(prepared: Prepared, after: pd.DataFrame) -> None:
    """Shape columns from the file where it has one; else what is stored stays."""
    geometry = prepared.geometry
    if geometry is None:
        return
    at = after.index.to_numpy()
    has = np.array([geometry.wkb[i] is not None for i in at], dtype=bool)
    area_m2 = geometry.area_m2[at]
    measured: Any = area_m2 * AreaUnit.M2.numerator / AreaUnit.M2.denominator
    if not (area_m2 > 0).all():
        measured = measured.astype(object)
        measured[~(area_m2 > 0)] = None  # a point has none
    columns: dict[str, Any] = {
        "geom": geometry.wkb[at],
        "geom_area_mu": measured,
        "lon": geometry.lon[at],
        "lat": geometry.lat[at],
        **{name: geometry.bounds[at][:, i] for i, name in enumerate(_BOX)},
    }
    for name, values in columns.items():
        if has.all():
            after[name] = values
            continue
        kept = after[name].to_numpy(dtype=object)
        fresh = values.astype(object)  # numbers become Python's
        after[name] = np.where(has, fresh, kept)


def _places(context: Context, prepared: Prepared, compared: Compared) -> None:
    gazetteer, after, before = context.gazetteer, compared.after, compared.before
    if after.empty:
        return
    lon, lat = checks.numbers(after, "lon"), checks.numbers(after, "lat")
    found = locate(gazetteer, lon, lat, after["geom"].to_numpy(dtype=object))
    at = after.index.to_numpy(dtype=np.int64)
    outside_m = found.outside_m
    points: list[Point] = checks.within_city(prepared, at, outside_m)
    nearest = np.full(len(at), None, dtype=object)
    unplaced = pd.isna(found.zone) & pd.isna(found.county)
    for i in np.flatnonzero(unplaced & (outside_m <= MAX_OUTSIDE_M)):
        # 0 m where only its middle lies off the coast
        nearest[i] = nearest_district(gazetteer, lon[i], lat[i])
    arguments = [
        _named_units(prepared, before, at),
        after["county_code"].to_numpy(dtype=object),
        _named_towns(prepared, compared),
        found.zone,
        found.county,
        found.town,
        np.where(np.isnan(outside_m), np.inf, outside_m),
        nearest,
    ]
    # a batch has few different combinations, whatever its number of rows
    groups, first = _groups(arguments)
    results = [place(gazetteer, *(column[i] for column in arguments)) for i in first]
    rows_of = np.split(np.argsort(groups, kind="stable"), np.cumsum(np.bincount(groups))[:-1])
    for rows, result in zip(rows_of, results, strict=True):
        if result.error is not None:
            for i in rows:
                prepared.reject(int(at[i]), *result.error)
        points += [(i, *warning) for warning in result.warnings for i in at[rows].tolist()]
    prepared.warn_all(points)
    for name, attribute in (
        ("district_code", "district"),
        ("county_code", "county"),
        ("town_code", "town"),
        ("place_source", "source"),
    ):
        values = np.empty(len(results), dtype=object)
        values[:] = [getattr(result, attribute) for result in results]
        after[name] = values[groups]


def _named_units(prepared: Prepared, before: pd.DataFrame, at: Any) -> Any:
    """The unit that each row names, else the one named before unless 清空 takes it back."""
    explicit = (before["place_source"] == "explicit").to_numpy(dtype=bool)
    stored = np.where(explicit, before["district_code"].to_numpy(dtype=object), None)
    given = prepared.rows.get("district_code")
    if given is None:
        return stored
    named = given.to_numpy(dtype=object)[at]
    is_given = np.array([value is not None for value in named], dtype=bool)
    is_name = np.array([isinstance(value, str) for value in named], dtype=bool)
    return np.where(is_given, np.where(is_name, named, None), stored)


def _named_towns(prepared: Prepared, compared: Compared) -> Any:
    """The town of each row, unless it was only found by the layer of towns: it is looked for
    again."""
    towns = compared.after["town_code"].to_numpy(dtype=object)
    found = (compared.before["place_source"] == "town_layer").to_numpy(dtype=bool)
    given = prepared.rows.get("town_code")
    if given is not None:
        found = found & given.isna().to_numpy()[compared.after.index.to_numpy(dtype=np.int64)]
    return np.where(found, None, towns)


def _groups(columns: list[Any]) -> tuple[Any, Any]:
    """Number of the combination of values that each row has, and each combination's first row."""
    total = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        codes, distinct = pd.factorize(column, use_na_sentinel=False)
        total = pd.factorize(total * len(distinct) + codes)[0]
    _, first = np.unique(total, return_index=True)
    return total, first


def _transfers(prepared: Prepared, compared: Compared) -> None:
    """划转: the unit it came from is the file's, else the one stored before."""
    after, before = compared.after, compared.before
    sources = after["transferred_from"].to_numpy(dtype=object).copy()
    for position in np.flatnonzero(
        after["transferred_on"].notna() & after["transferred_from"].isna()
    ):
        old = before["district_code"].iat[position]
        if old is not None and old != after["district_code"].iat[position]:
            sources[position] = old
        else:
            sentence = "有划转日期但没有原区市，划转前仍计入现区市。"
            prepared.warn(int(after.index[position]), "transferred_from", sentence)
    after["transferred_from"] = sources


def _deadlines(after: pd.DataFrame) -> None:
    """due_on and clearance_month of land patches (D1, §3.2)."""
    land = (after["domain"] == Domain.LAND.value).to_numpy()
    issued_on = np.where(land, after["issued_on"].to_numpy(dtype=object), None)
    codes, days = pd.factorize(issued_on)
    due, months = (np.full(len(days) + 1, None, dtype=object) for _ in range(2))
    due[:-1] = [statutory_due_on(day) for day in days]
    months[:-1] = [clearance_month(day) for day in days]
    extended_to = after["extended_to"].to_numpy(dtype=object)
    is_extended = (codes >= 0) & np.array([day is not None for day in extended_to], dtype=bool)
    after["due_on"] = np.where(is_extended, extended_to, due[codes])
    after["clearance_month"] = months[codes]


def _repairs(prepared: Prepared, after: pd.DataFrame) -> None:
    if prepared.geometry is None:
        return
    for index in after.index[prepared.geometry.repaired[after.index.to_numpy()]]:
        prepared.warn(index, None, "图形自相交或有重复边，已自动修复，请核对。")


def _overlaps(context: Context, plan: Plan, compared: Compared) -> None:
    """Warn of new or moved patches that lie on another of the year by more than half; of many,
    once the plan is finished."""
    prepared, after = plan.prepared, compared.after
    shapes_now = after["geom"].to_numpy(dtype=object)
    shapes_before = compared.before["geom"].to_numpy(dtype=object)
    moved: Mask = prepared.sound()[after.index.to_numpy(dtype=np.int64)]
    moved &= pd.notna(shapes_now) & pd.isna(after["withdrawn_on"].to_numpy(dtype=object))
    moved &= np.fromiter(map(ne, shapes_now, shapes_before), dtype=bool, count=len(after))
    if not moved.any():
        return
    chosen = after.loc[moved, ["year", "patch_no", "geom", *_BOX]].sort_values("min_lon")
    if _BESIDE_FROM <= len(chosen) <= _STRIP:
        stored = _stored_shapes(context, chosen)
        plan.later = Answer(lambda: _as_told(*_overlaps_of(chosen, chosen[:0], *stored)))
        return
    points: list[Point] = []
    is_complete = True
    for start in range(0, len(chosen), _STRIP):
        strip = chosen.iloc[start : start + _STRIP]
        west, east = strip["min_lon"].min(), strip["max_lon"].max()
        beside = chosen[(chosen["min_lon"] <= east) & (chosen["max_lon"] >= west)]
        beside = beside[~beside.index.isin(strip.index)]
        found, complete = _overlaps_of(strip, beside, *_stored_shapes(context, strip))
        points += found
        is_complete &= complete
    told, notes = _as_told(points, is_complete)
    prepared.warn_all(told)
    prepared.notes += notes


def _as_told(points: list[Point], is_complete: bool) -> tuple[list[Point], list[str]]:
    """Warnings and notes."""
    if is_complete:
        return points, []
    note = "互相重叠的图斑太多，没有逐一核对重叠；请核对文件是否把同一图形重复导出。"
    return points, [note]


def _overlaps_of(
    strip: pd.DataFrame, beside: pd.DataFrame, stored: Any, stored_numbers: list[str]
) -> tuple[list[Point], bool]:
    """Warnings for a strip's patches, against each other, those beside it and the stored ones."""
    together = pd.concat([strip, beside])
    wkb = np.concatenate([together["geom"].to_numpy(dtype=object), stored])
    numbers = np.array([*together["patch_no"], *stored_numbers], dtype=object)
    shapes = shapely.from_wkb(wkb)
    is_area = shapely.get_dimensions(shapes) == 2
    own = strip.index[is_area[: len(strip)]]
    pool, names = shapes[is_area], numbers[is_area]
    overlaps = find_overlaps(pool[: len(own)], pool, names, wkb[is_area])
    found: list[Point] = [
        (int(own[a]), None, f"与图斑“{names[b]}”重叠过半，请核对是否重复。")
        for a, b in overlaps.partner.items()
    ]
    return found, overlaps.is_complete


def _stored_shapes(context: Context, strip: pd.DataFrame) -> tuple[Any, list[str]]:
    """WKB and numbers of the stored shapes of the years in the box of a strip."""
    p = Patch
    query = select(p.patch_no, p.geom).where(
        p.year.in_(sorted({int(y) for y in strip["year"]})),
        p.geom.is_not(None),
        p.withdrawn_on.is_(None),
        p.max_lon >= float(strip["min_lon"].min()),
        p.min_lon <= float(strip["max_lon"].max()),
        p.max_lat >= float(strip["min_lat"].min()),
        p.min_lat <= float(strip["max_lat"].max()),
    )
    found = [(no, wkb) for no, wkb in context.conn.execute(query)]
    return np.array([wkb for _, wkb in found], dtype=object), [no for no, _ in found]
