"""What a 区市界 or 乡镇界 does to units and towns.

A boundary layer is keyed by its units: it redraws those that it names and leaves the others alone.
It has to name the units of this city. New units, boundaries that shrink, and another city's units
in place of the present ones come only with each of them confirmed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import shapely
from sqlalchemy import select

from data.errors import UploadRefused
from data.numbers import whole_number
from data.store.models import District, ReferenceFeature, Town
from data.store.places import hanging_on
from data.store.writing import TableChange
from data.upload.places import Gazetteer
from data.upload.plan import Context, Plan, UnitAtStake
from data.upload.prepare import Prepared
from data.vocabulary import ReferenceLayer

#: Digits of codes of administrative units: county, town, village.
_CODE_LENGTHS = (6, 9, 12)
#: A unit of which the new boundary covers less than this share has to be confirmed.
_LEAST_KEPT = 0.5
_LONGEST_NAME, _LONGEST_SHORT_NAME = 64, 32
#: table → what its rows are called, with the word that counts them.
_COUNTED = {
    "town": "{}个乡镇",
    "patch": "{}个图斑",
    "ledger_item": "{}项台账",
    "quota": "{}条指标",
    "submission": "{}份工作报告",
    "staff_record": "{}条登记",
    "contact": "{}条联系方式",
}


def name_districts(context: Context, plan: Plan) -> list[str] | None:
    """Codes of the layer's rows. Returns the present units that go where the layer is another
    city's; None where it is this one's.

    Raises UploadRefused for a layer that does not name the units of this city, and for another
    city's of which not every unit is confirmed (a preview lists them in plan.units instead).
    """
    prepared, gazetteer = plan.prepared, context.gazetteer
    named = [_named(prepared, i, gazetteer) for i in range(len(prepared.rows))]
    sound = prepared.sound()
    known = {code for (code, is_new), ok in zip(named, sound, strict=True) if ok and not is_new}
    _set_codes(prepared, [code for code, _ in named])
    _one_code_a_name(prepared)
    if not known - {None}:
        new = [i for i, (code, _) in enumerate(named) if sound[i] and code is not None]
        if not new or len(new) < sound.sum():
            raise UploadRefused(_names_no_unit(gazetteer))
        return _another_city(context, plan, new)
    for index, (code, is_new) in enumerate(named):
        if sound[index] and code is None:
            prepared.reject(index, "code", _unknown_unit(prepared, index, gazetteer))
        elif sound[index] and is_new:
            _come_if_confirmed(plan, index)
    _redrawn_if_confirmed(context, plan)
    return None


def _named(prepared: Prepared, index: int, gazetteer: Gazetteer) -> tuple[str | None, bool]:
    """(code, whether it is a new unit); (None, …) for a row that names none."""
    code, name = (_cell(prepared, index, column) for column in ("code", "name"))
    found = (gazetteer.district(code) if code else None) or (
        gazetteer.district(name) if name else None
    )
    if found is not None:
        return found, False
    if name and code and whole_number(code) is not None and len(code) in _CODE_LENGTHS:
        return (code, True) if len(name) <= _LONGEST_NAME else (None, True)
    return None, True


def _cell(prepared: Prepared, index: int, column: str) -> str | None:
    if column not in prepared.rows:
        return None
    value = prepared.rows[column].iat[index]
    return None if value is None else str(value).strip() or None


def _set_codes(prepared: Prepared, codes: Sequence[str | None]) -> None:
    rows = prepared.rows
    rows["code"] = pd.Series(list(codes), dtype=object, index=rows.index)
    if "name" not in rows:
        rows["name"] = pd.Series([None] * len(rows), dtype=object, index=rows.index)


def _one_code_a_name(prepared: Prepared) -> None:
    codes: dict[str, str] = {}
    for code, name in zip(prepared.rows["code"], prepared.rows["name"], strict=True):
        if code is not None and name and codes.setdefault(str(name), code) != code:
            raise UploadRefused(
                f"“{str(name)[:30]}”对应{codes[str(name)]}和{code}两个代码，名称相同的区市分不开，"
                "没有写入任何数据。请改正名称或代码后重新上传。"
            )


def _names_no_unit(gazetteer: Gazetteer) -> str:
    return (
        f"这个文件没有写出本市的区市，不能作为区市界，没有写入任何数据。本市区市：{_all(gazetteer)}。"
        "请核对“名称”“代码”列；若是耕地、永久基本农田等其他图层，请改选图层后重新上传。"
    )


def _all(gazetteer: Gazetteer) -> str:
    return "、".join(d["short_name"] for d in gazetteer.districts.values())


def _unknown_unit(prepared: Prepared, index: int, gazetteer: Gazetteer) -> str:
    said = _cell(prepared, index, "name") or _cell(prepared, index, "code") or ""
    units = _all(gazetteer)
    return f"“{said[:30]}”不是本市的区市，应为：{units}；新设的区市须同时写明六位代码和名称。"


def _come_if_confirmed(plan: Plan, index: int) -> None:
    """A new unit beside the known ones."""
    prepared = plan.prepared
    code, name = str(prepared.rows["code"].iat[index]), str(prepared.rows["name"].iat[index])
    plan.units.append(UnitAtStake(code, name, "新设，现在没有这个区市"))
    if code not in prepared.request.confirmed_units:
        prepared.reject(index, "name", f"现在没有“{name}”（{code}）这个区市。{_how([code])}")


def _how(codes: Sequence[str]) -> str:
    return f"确属无误，请在页面预览中逐个勾选，或在命令行写明 --confirm-unit {','.join(codes)}。"


def _redrawn_if_confirmed(context: Context, plan: Plan) -> None:
    """Boundaries that cover little of what they covered: plots that name their unit, perhaps."""
    prepared, shapes = plan.prepared, context.gazetteer.shapes
    assert prepared.geometry is not None
    rows: dict[str, list[int]] = {}
    sound = prepared.sound()
    for index, code in enumerate(prepared.rows["code"]):
        if sound[index] and code in shapes:
            rows.setdefault(code, []).append(index)
    for code, indices in rows.items():
        drawn = shapely.union_all(shapely.from_wkb(prepared.geometry.wkb[indices]))
        kept = shapely.area(shapely.intersection(drawn, shapes[code])) / shapes[code].area
        if kept >= _LEAST_KEPT:
            continue
        name = context.gazetteer.districts[code]["short_name"]
        share = f"新边界只盖住{name}现有范围的{100 * kept:.0f}%"
        counts = hanging_on(context.conn, [code])[code]
        hangs = f"挂着{_counted(counts)}" if counts else "没有数据挂在它下面"
        plan.units.append(UnitAtStake(code, name, f"改画，{share}；{hangs}"))
        if code not in prepared.request.confirmed_units:
            for index in indices:
                prepared.reject(index, "name", f"{share}，像是地块而不是边界。{_how([code])}")


def _counted(counts: dict[str, int]) -> str:
    said = [_COUNTED[table].format(rows) for table, rows in counts.items() if table in _COUNTED]
    other = sum(rows for table, rows in counts.items() if table not in _COUNTED)
    said += [f"{other}条其他记录"] if other else []
    return "、".join(said)


def _another_city(context: Context, plan: Plan, new: Sequence[int]) -> list[str]:
    """No unit of the file is known: every present one and every new one is at stake. Returns those
    that go."""
    prepared, known = plan.prepared, context.gazetteer.districts
    hanging = hanging_on(context.conn, list(known))
    leaving: list[str] = []
    for code, row in known.items():
        counts = hanging[code]
        if counts.keys() <= {Town.__tablename__}:
            leaving.append(code)
            what = f"撤下，连同{_counted(counts)}" if counts else "撤下，没有数据挂在它下面"
        else:
            what = f"保留，因为挂着{_counted(counts)}；它的边界也保留"
        plan.units.append(UnitAtStake(code, row["short_name"], what, is_required=True))
    coming = {str(prepared.rows["code"].iat[i]): str(prepared.rows["name"].iat[i]) for i in new}
    plan.units += [UnitAtStake(c, n, "新设，写入后新增", True) for c, n in coming.items()]
    open_units = [u for u in plan.units if u.code not in prepared.request.confirmed_units]
    if open_units and not prepared.request.preview:
        listed = "；".join(f"{u.name}（{u.code}）{u.what}" for u in open_units)
        raise UploadRefused(
            f"这是另一座城市的区市界，没有写入任何数据。写入后各区市的变化：{listed}。"
            f"{_how([u.code for u in open_units])}"
        )
    prepared.notes.append("这是另一座城市的区市界：请逐个确认下列区市的变化。")
    return leaving


def change_districts(context: Context, plan: Plan, leaving: Sequence[str]) -> None:
    """Units that leave go with their towns and shapes; new ones come last in order."""
    prepared, conn, known = plan.prepared, context.conn, context.gazetteer.districts
    sound = prepared.sound()
    rows = prepared.rows[sound]
    units = {
        str(c): str(n) for c, n in zip(rows["code"], rows["name"], strict=True) if c not in known
    }
    position = max((d["position"] for d in known.values()), default=0)
    fresh: list[dict[str, Any]] = [
        {
            "code": code,
            "name": name,
            "short_name": name[:_LONGEST_SHORT_NAME],
            "position": position + number,
            "is_zone": False,
            "county_code": None,
            "code_is_local": False,
            "aliases": [],
        }
        for number, (code, name) in enumerate(units.items(), start=1)
    ]
    if leaving:
        d, t, f = District.__table__, Town.__table__, ReferenceFeature.__table__
        towns = _frame(conn, select(t).where(t.c.district_code.in_(leaving)))
        gone = [*leaving, *(towns["code"] if len(towns) else [])]
        kinds = [ReferenceLayer.DISTRICTS.value, ReferenceLayer.TOWNS.value]
        drawn = select(f).where(f.c.layer.in_(kinds), f.c.code.in_(gone))
        plan.changes.append(TableChange(ReferenceFeature, deletes=_frame(conn, drawn)))
        plan.changes.append(TableChange(Town, deletes=towns))
        units_gone = _frame(conn, select(d).where(d.c.code.in_(leaving)))
        plan.changes.append(TableChange(District, deletes=units_gone))
    if fresh:
        plan.changes.append(TableChange(District, inserts=pd.DataFrame(fresh, dtype=object)))


def _frame(conn: Any, query: Any) -> pd.DataFrame:
    rows = [dict(row) for row in conn.execute(query).mappings()]
    return pd.DataFrame(rows, dtype=object)


def name_towns(context: Context, plan: Plan) -> None:
    """Codes of the layer's rows.

    Raises UploadRefused for a layer of which no row is a town of this city.
    """
    prepared, gazetteer = plan.prepared, context.gazetteer
    codes = [_town(prepared, i, gazetteer) for i in range(len(prepared.rows))]
    sound = prepared.sound()
    if not any(code is not None and ok for code, ok in zip(codes, sound, strict=True)):
        raise UploadRefused(
            "这个文件没有写出本市的乡镇，不能作为乡镇界，没有写入任何数据。"
            "请核对“名称”“代码”列（代码九位，前六位是区市）；若是其他图层，请改选图层后重新上传。"
        )
    for index, code in enumerate(codes):
        if sound[index] and code is None:
            said = _cell(prepared, index, "name") or _cell(prepared, index, "code") or ""
            sentence = f"“{said[:30]}”不是本市的乡镇；新设的须同时写明九位代码和名称。"
            prepared.reject(index, "code", sentence)
    _set_codes(prepared, codes)


def _town(prepared: Prepared, index: int, gazetteer: Gazetteer) -> str | None:
    code, name = (_cell(prepared, index, column) for column in ("code", "name"))
    found = (gazetteer.town(code) if code else None) or (
        gazetteer.town(name, gazetteer.district(code[:6]) if code else None) if name else None
    )
    if found is not None:
        return found
    is_new = bool(
        name and code and whole_number(code) is not None and len(code) in _CODE_LENGTHS[1:]
    )
    if not is_new or gazetteer.district(str(code)[:6]) is None or len(str(name)) > _LONGEST_NAME:
        return None
    return str(code)[:9]


def change_towns(context: Context, plan: Plan) -> None:
    """Towns that are not known are added to the unit whose code they begin with; known ones take
    the layer's name."""
    gazetteer, prepared = context.gazetteer, plan.prepared
    rows = prepared.rows[prepared.sound()]
    names = dict(zip(rows["code"], rows["name"], strict=True))
    fresh: list[dict[str, Any]] = []
    before: list[dict[str, Any]] = []
    after: list[dict[str, Any]] = []
    for code, name in names.items():
        known = gazetteer.towns.get(code)
        if known is None:
            district = gazetteer.district(code[:6])
            assert district is not None
            county = gazetteer.districts[district]["county_code"] or district
            fresh.append(
                {
                    "code": code,
                    "name": str(name),
                    "district_code": district,
                    "county_code": county,
                    "aliases": [],
                }
            )
        elif name and str(name) != known["name"]:
            before.append(known)
            aliases = [*known["aliases"], known["name"]]  # files go on using the old name
            after.append({**known, "name": str(name)[:_LONGEST_NAME], "aliases": aliases})
    change = TableChange(Town)
    if fresh:
        change.inserts = pd.DataFrame(fresh, dtype=object)
    if before:
        change.updates_before = pd.DataFrame(before, dtype=object)
        change.updates_after = pd.DataFrame(after, dtype=object)
    if fresh or before:
        plan.changes.append(change)
