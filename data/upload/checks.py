"""What a row must satisfy after it has been merged with what is stored (upload-formats.md).

Each function takes the merged rows and adds issues to `prepared`; rows' labels are their places in
the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from data.store.partial import OPEN_TOLERANCE_MU, PARTS, open_mu
from data.units import AreaUnit
from data.upload.places import MAX_OUTSIDE_M
from data.upload.prepare import Prepared
from data.upload.schemas import CellType, KindSchema
from data.vocabulary import SIX_QUESTIONS, AuditResult, Legality

#: Areas in files carry two decimals: sums and comparisons of them get this much room.
AREA_TOLERANCE_MU = 0.01
MAX_TIMES_GEOMETRY = 1.5
MAX_SHARE_APART = 0.05


def numbers(frame: pd.DataFrame, name: str) -> Any:
    """A column as floats, nan for none."""
    return pd.to_numeric(frame[name], errors="coerce").to_numpy(dtype=float)


def required(prepared: Prepared, frame: pd.DataFrame, names: Sequence[str]) -> None:
    for name in names:
        for index in frame.index[frame[name].isna()]:
            header = prepared.headers.get(name) or prepared.canonical(name)
            prepared.reject(index, name, f"缺少{header}，请补填。")


def within_city(prepared: Prepared, at: Any, outside_m: Any) -> list[tuple[int, str | None, str]]:
    """Rows more than 3 km outside the city come back; the others' warnings (index, column,
    sentence) are the caller's to add. at: places in the file. outside_m: nan without a place."""
    for position in np.flatnonzero(outside_m > MAX_OUTSIDE_M):
        kilometres = outside_m[position] / 1000
        sentence = f"位置在本市以外{kilometres:.1f}千米，请核对坐标系和图形。"
        prepared.reject(int(at[position]), None, sentence)
    near = np.flatnonzero((outside_m > 0) & (outside_m <= MAX_OUTSIDE_M))
    return [
        (int(at[i]), None, f"位置在区市界以外{outside_m[i]:.0f}米，已保留，请核对。") for i in near
    ]


def basic_within_farmland(prepared: Prepared, frame: pd.DataFrame, basic: str, whole: str) -> None:
    """永久基本农田 is farmland: it cannot be larger (sums of measured areas get 1e-6 亩)."""
    more, all_of_it = numbers(frame, basic), numbers(frame, whole)
    for index in frame.index[more > all_of_it + 1e-6]:
        prepared.reject(index, basic, "占用永久基本农田面积大于占用耕地面积，请核对。")


def future_dates(prepared: Prepared, schema: KindSchema, frame: pd.DataFrame, today: date) -> None:
    for column in schema.columns:
        if column.type is not CellType.DATE or column.field not in prepared.rows:
            continue
        if schema.looks_ahead(column):
            continue
        days = prepared.rows[column.field].to_numpy(dtype=object)[frame.index.to_numpy(dtype=int)]
        ahead = {day for day in set(days.tolist()) if isinstance(day, date) and day > today}
        for index, day in zip(frame.index, days, strict=True) if ahead else ():
            if day in ahead:
                prepared.warn(index, column.field, f"{column.header}{day.isoformat()}晚于今天。")


def likely_unit(
    area_mu: Any, measured_mu: Any, unit: AreaUnit, share: float, room: float, least: int = 1
) -> AreaUnit | None:
    """Another unit than `unit` by which areas agree with measured ones (亩), where they do not by
    their own: the two differ by one factor, 15, 666.67 or 10,000, or a part of it.

    share: of the rows that must agree; room: how far they may lie apart; least: fewest rows.
    """
    known = np.isfinite(area_mu) & np.isfinite(measured_mu) & (measured_mu > 0) & (area_mu > 0)
    if known.sum() < least:
        return None
    ratio = area_mu[known] / measured_mu[known]
    own = unit.numerator / unit.denominator
    for other in AreaUnit:
        if other is unit:
            continue
        as_other = ratio * (other.numerator / other.denominator) / own
        if (np.abs(as_other - 1) <= room).mean() >= share:
            return other
    return None


def units_beside(
    prepared: Prepared, frame: pd.DataFrame, measured_mu: Any, whole: str, parts: Sequence[str] = ()
) -> dict[str, AreaUnit]:
    """A doubt for every area column whose values fit the measured areas in another unit; field →
    that unit. frame: rows by their place in the file. whole, parts: columns of the whole area, and
    of what can be all of it."""
    found: dict[str, AreaUnit] = {}
    for name in (whole, *parts):
        if name not in prepared.rows:
            continue
        given = prepared.rows[name].to_numpy(dtype=object)[frame.index.to_numpy(dtype=int)]
        area = np.where([isinstance(v, float) for v in given], numbers(frame, name), np.nan)
        beside = measured_mu
        if (
            name != whole and whole in frame
        ):  # where nothing is measured, the whole is what there is
            beside = np.where(np.isfinite(measured_mu), measured_mu, numbers(frame, whole))
        # a part may be any share of the whole: only a factor that is very exact tells
        strict = {"share": 0.8, "room": 0.1} if name == whole else {"share": 0.8, "room": 0.02}
        unit = prepared.unit(name)
        likely = likely_unit(area, beside, unit, **strict, least=1 if name == whole else 3)
        if likely is not None:
            found[name] = likely
            prepared.doubt(name, _unit_doubt(prepared, name, unit, likely))
    return found


def _unit_doubt(prepared: Prepared, name: str, unit: AreaUnit, likely: AreaUnit) -> str:
    header = prepared.headers.get(name) or prepared.canonical(name)
    own, other = unit.numerator / unit.denominator, likely.numerator / likely.denominator
    times = f"{own / other:.6g}倍" if own > other else f"{other / own:.6g}分之一"
    return (
        f"“{header}”按{unit.label}读取，数值一律约为图形（图斑）面积的{times}，"
        f"像是{likely.label}。请核对单位：{how_to_give_a_unit(likely)}。"
    )


def how_to_give_a_unit(unit: AreaUnit) -> str:
    return (
        f"在表头写明“（{unit.label}）”，或在页面“列的对应”里把单位选为{unit.label}，"
        f"命令行可加 --set 面积单位={unit.label}"
    )


def area_beside_geometry(
    prepared: Prepared,
    frame: pd.DataFrame,
    parts: Sequence[str] = (),
    likely: AreaUnit | None = None,
) -> None:
    """parts: areas within the whole. likely: the unit that the whole seems to be in."""
    mend = (
        f"数值像是{likely.label}：{how_to_give_a_unit(likely)}。"
        if likely
        else "请核对数值和单位。"
    )
    measured = numbers(frame, "geom_area_mu")
    for name in parts:
        more = numbers(frame, name) > MAX_TIMES_GEOMETRY * measured
        for position in np.flatnonzero(more & (measured > 0)):
            size = numbers(frame, name)[position]
            prepared.reject(
                frame.index[position],
                name,
                f"{prepared.canonical(name)}{size:.2f}亩超过图形自身面积"
                f"{measured[position]:.2f}亩的1.5倍，请核对数值和单位。",
            )
    area = numbers(frame, "area_mu")
    known = np.isfinite(area) & np.isfinite(measured) & (measured > 0)
    too_large = known & (area > MAX_TIMES_GEOMETRY * measured)
    with np.errstate(invalid="ignore", divide="ignore"):
        apart = known & ~too_large & (np.abs(area - measured) > MAX_SHARE_APART * measured)
    for position in np.flatnonzero(too_large):
        prepared.reject(
            frame.index[position],
            "area_mu",
            f"监测面积{area[position]:.2f}亩超过图形自身面积{measured[position]:.2f}亩的1.5倍，"
            f"{mend}",
        )
    for position in np.flatnonzero(apart):
        prepared.warn(
            frame.index[position],
            "area_mu",
            f"监测面积{area[position]:.2f}亩与图形面积{measured[position]:.2f}亩相差超过5%。",
        )


def parts_within_whole(prepared: Prepared, frame: pd.DataFrame, parts: Sequence[str]) -> None:
    """Warn where a part of a patch or parcel is larger than all of it."""
    whole = numbers(frame, "area_mu")
    room = MAX_SHARE_APART * whole + AREA_TOLERANCE_MU
    for name in parts:
        part = numbers(frame, name)
        for position in np.flatnonzero(part > whole + room):
            prepared.warn(
                frame.index[position],
                name,
                f"{prepared.canonical(name)}{part[position]:.2f}亩大于"
                f"{prepared.canonical('area_mu')}{whole[position]:.2f}亩，请核对数值和单位。",
            )


def six_questions(prepared: Prepared, frame: pd.DataFrame) -> None:
    """§2.1: unlawful parcels on farmland answer all six."""
    unlawful = (frame["legality"] == Legality.UNLAWFUL.value).to_numpy()
    asked = unlawful & (numbers(frame, "farmland_mu") > 0)
    is_open = {name: asked & frame[name].isna().to_numpy() for name in SIX_QUESTIONS}
    for position in np.flatnonzero(np.logical_or.reduce(list(is_open.values()))):
        names = [name for name in SIX_QUESTIONS if is_open[name][position]]
        missing = "、".join(SIX_QUESTIONS[name] for name in names)
        sentence = f"违法占用耕地的地块须回答六项判定，还缺：{missing}。"
        prepared.reject(int(frame.index[position]), names[0], sentence)


def reported_after_issue(prepared: Prepared, frame: pd.DataFrame, issued_on: Any) -> None:
    for index, reported, issued in zip(frame.index, frame["reported_on"], issued_on, strict=True):
        if reported is not None and reported < issued:
            prepared.reject(
                index, "reported_on", f"上报日期{reported}早于图斑下发日期{issued}，请核对。"
            )


def parcels_within_patch(
    prepared: Prepared, frame: pd.DataFrame, patch_area_mu: dict[int, float]
) -> None:
    """Warn once a patch, on its first row of the file."""
    sums = pd.to_numeric(frame["area_mu"], errors="coerce").groupby(frame["patch_id"]).sum()
    first = pd.Series(frame.index, index=frame["patch_id"].to_numpy())
    first = first[~first.index.duplicated()]
    for patch_id, total in sums.items():
        limit = patch_area_mu[int(str(patch_id))]
        if total > limit + AREA_TOLERANCE_MU:
            prepared.warn(
                int(first.loc[patch_id]),
                "area_mu",
                f"各地块面积合计{total:.2f}亩，超过图斑面积{limit:.2f}亩。",
            )


def returns_have_opinions(prepared: Prepared, frame: pd.DataFrame) -> None:
    returned = frame["result"] == AuditResult.RETURNED.value
    for index in frame.index[returned & frame["opinion"].isna()]:
        prepared.warn(index, "opinion", "退回没有填写审核意见，县级无从改正。")


def reasons_belong_to_returns(prepared: Prepared, frame: pd.DataFrame) -> None:
    passed = frame["result"] == AuditResult.PASSED.value
    for index in frame.index[passed & frame["reason_codes"].notna()]:
        prepared.warn(index, "reason_codes", "审核结果为通过，却填了退回原因，请核对。")


def minerals_say_how(prepared: Prepared, frame: pd.DataFrame, is_mineral: Any) -> None:
    """矿产违法类型 is for unlawful parcels of mineral patches, and these should have one."""
    unlawful = (frame["legality"] == Legality.UNLAWFUL.value).to_numpy()
    given = frame["mineral_violation"].notna().to_numpy()
    for index in frame.index[is_mineral & unlawful & ~given]:
        prepared.warn(index, "mineral_violation", "矿产图斑判定违法，没有填写矿产违法类型。")
    for index in frame.index[~is_mineral & given]:
        prepared.warn(index, "mineral_violation", "土地图斑填了矿产违法类型，已保留，请核对。")


def with_partial_areas(cases: pd.DataFrame) -> pd.DataFrame:
    """The cases that say how much was rectified."""
    return cases[cases[[*PARTS, "late_approved_farmland_mu"]].notna().any(axis=1)]


def rectified_as_a_whole(
    prepared: Prepared, cases: pd.DataFrame, area_mu: Mapping[tuple[int, int], float]
) -> None:
    """An elimination date while a part of the area is open is a doubt; figures stay as they are.

    area_mu: (patch, parcel) → 亩, of those that are known.
    """
    for index, case in zip(cases.index, cases.to_dict("records"), strict=True):
        area = area_mu.get((case["patch_id"], case["parcel_no"]))
        left = open_mu(area, case)
        if case["eliminated_on"] is not None and left is not None and left > OPEN_TOLERANCE_MU:
            prepared.warn(
                index,
                "eliminated_on",
                f"已填消除违法状态日期，按各项整改面积计算还有{left:.2f}亩未整改（地块{area:.2f}亩），"
                "请核对；统计仍按日期。",
            )
        farmland, approved = case["late_approved_farmland_mu"], case["late_approved_mu"]
        if farmland is not None and farmland > (approved or 0.0) + 1e-6:
            prepared.warn(index, "late_approved_farmland_mu", "补办其中耕地面积大于补办批准面积。")


def duplicates(prepared: Prepared, keys: Sequence[Any]) -> None:
    """A key that stands twice in the file: the first row counts, the later ones come back."""
    seen: dict[Any, int] = {}
    sound = prepared.sound()
    for index, key in enumerate(keys):
        if not sound[index]:
            continue
        if key in seen:
            row = prepared.issue(seen[key], None, "").row
            prepared.reject(
                index, None, f"与第{row}行重复（同一主键），只保留前一行；请核对后删去一行。"
            )
        else:
            seen[key] = index
