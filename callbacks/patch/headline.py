"""The patch page's title: the gravest of what stands on the day, then where the audit stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from data.periods import format_day
from data.triggers.direct_filing import Unfiled
from data.units import format_mu
from data.vocabulary import Domain, MineralViolation


def headline(
    detail: Mapping[str, Any], as_of: date, names: Mapping[str, str], open_cases: Sequence[Unfiled]
) -> str:
    """Where it lies and how it stands. open_cases: unlawful parcels that nobody has filed."""
    year, number = detail["year"], detail["patch_no"]
    day = format_day(as_of, year)
    if not detail["issued"]:
        issued = format_day(detail["issued_on"], year)
        return f"图斑 {number}：{issued}下发，基准日{day}时尚未下发"
    place = f"{names.get(detail['district_code'], '')}{detail['town_name'] or ''}"
    matters = [] if detail["withdrawn"] else [*_unlawful(detail, open_cases)]
    said = "；".join([*matters, audit_state(detail)])
    pause = "，" if matters else ""
    return f"图斑 {number}（{place}）：截至{day}{pause}{said}"


def audit_state(detail: Mapping[str, Any]) -> str:
    if detail["withdrawn"]:
        return "已撤销"
    if detail["final"]:
        return "省级已通过"
    if detail["returned_now"]:
        return "被退回，待改正"
    if detail["overdue"]:
        return f"逾期{detail['days_overdue']}天未上报"
    if detail["late"]:
        return "已逾期上报"
    return "已上报" if detail["cleared"] else "尚未上报"


def _unlawful(detail: Mapping[str, Any], open_cases: Sequence[Unfiled]) -> list[str]:
    """What is unlawful and not rectified; nothing is called so before it is judged."""
    left = [p for p in detail["parcels"] if p["unlawful"] and not p["rectified"]]
    if not left:
        return []
    if detail["domain"] == Domain.MINERAL.value:
        kinds = {p["mineral_violation"] for p in left} - {None}
        how = "、".join(MineralViolation(kind).label for kind in sorted(kinds))
        what = f"矿产违法{f'（{how}）' if how else ''}未消除"
    else:
        farmland = sum(p["farmland_mu"] for p in left)
        area = sum(p["area_mu"] for p in left)
        what = f"{format_mu(farmland)}亩违法占用耕地未消除"
        if not farmland:
            what = f"{format_mu(area)}亩违法用地未消除"
    return [what + _not_filed(left, open_cases)]


def _not_filed(left: Sequence[Mapping[str, Any]], open_cases: Sequence[Unfiled]) -> str:
    if not open_cases:
        return ""
    some = "" if len(open_cases) == len(left) else "其中"
    which = "" if not some else "地块" + "、".join(str(c.parcel_no) for c in open_cases)
    over = max(c.workdays_over for c in open_cases)
    late = f"，已超直接立案期限{over}个工作日" if over else ""
    return f"，{some}{which}未立案{late}"
