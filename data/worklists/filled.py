"""Doubts that the filled-in values of one patch raise by themselves: they do not add up, or leave
out what belongs to them. Never a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from data.store.partial import OPEN_TOLERANCE_MU
from data.units import format_mu
from data.vocabulary import Legality, OtherCategory

_AREAS = (
    ("area_mu", "监测面积", "地块面积合计"),
    ("farmland_mu", "下发占耕地", "填报占耕地合计"),
    ("basic_farmland_mu", "下发占永久基本农田", "填报占永久基本农田合计"),
    ("redline_mu", "下发占生态保护红线", "填报占生态保护红线合计"),
)

Row = Mapping[str, Any]


def doubts(detail: Row, tolerance_mu: float, tolerance_share: float) -> list[str]:
    """A sentence each, with both numbers where there are any. detail: patch_detail. tolerance: what
    sums may differ by, in 亩 and of the patch's own area (rule W3)."""
    parcels: Sequence[Row] = detail["parcels"]
    if not parcels:
        return []
    found = []
    for name, issued, filled in _AREAS:
        whole, parts = detail[name] or 0.0, sum(p[name] or 0.0 for p in parcels)
        if abs(parts - whole) > max(tolerance_mu, tolerance_share * detail["area_mu"]):
            way = "少" if parts < whole else "多"
            found.append(
                f"{filled}{format_mu(parts)}亩，比{issued}{format_mu(whole)}亩"
                f"{way}{format_mu(abs(parts - whole))}亩"
            )
    for parcel in parcels:
        what = f"地块{parcel['parcel_no']}" if parcel["parcel_no"] else "整个图斑"
        found += [f"{what}{said}" for said in _of_parcel(parcel)]
    for case in detail["cases"]:
        left = case["open_mu"]
        if case["eliminated_on"] is not None and left is not None and left > OPEN_TOLERANCE_MU:
            found.append(
                f"地块{case['parcel_no']}已填消除违法状态日期，按整改面积还有{format_mu(left)}亩未整改"
            )
    return found


def _of_parcel(parcel: Row) -> list[str]:
    said = []
    if parcel["questions_open"]:
        said.append("判定违法且占耕地，六个是否未答全")
    if parcel["effective"] == Legality.LAWFUL.value and not parcel["approval_no"]:
        said.append("判定合法，没有填批准文号")
    category = parcel["other_category"]
    if category == OtherCategory.TEMPORARY_LAND.value and parcel["approved_until"] is None:
        said.append("判定为临时用地，没有填批准用地期限")
    return said
