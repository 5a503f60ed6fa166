"""What a figure that a paper quotes is called, and its unit: by figures.md, or for what papers
alone count by the table here. One name and one unit on pages, trace sheets and in the history."""

from __future__ import annotations

from data.definitions import DEFINITIONS

#: name → (label, unit) of what papers quote and figures.md does not define.
_OF_PAPERS = {
    "area_mu": ("面积", "亩"),
    "farmland_mu": ("占用耕地", "亩"),
    "basic_farmland_mu": ("占用永久基本农田", "亩"),
    "redline_mu": ("占用生态保护红线", "亩"),
    "restored_mu": ("恢复原貌面积", "亩"),
    "recultivated_mu": ("复耕到位面积", "亩"),
    "frozen_mu": ("冻结指标", "亩"),
    "reserve_mu": ("指标储备", "亩"),
    "quota_gap_mu": ("指标缺口", "亩"),
    "days_open": ("持续天数", "天"),
    "workdays_over": ("超期", "个工作日"),
    "margin": ("距线", ""),
    "month_ends": ("连续达到预警的月末", "个"),
    "parcels": ("地块", "宗"),
    "written_off": ("具备销号条件的地块", "宗"),
    "ledger_items": ("台账问题", "个"),
    "field_checks": ("外业核查", "个（次）"),
    "records": ("核实登记", "起"),
    "returns": ("退回", "次"),
    "returned_now": ("本批退回图斑", "个"),
    "rank": ("排名", ""),
    "ranked": ("参与排名的区市", "个"),
    "ratio_split": ("三种口径的差别", ""),
}


def label_of(name: str) -> str:
    known = DEFINITIONS.get(name)
    return known.label if known is not None else _OF_PAPERS.get(name, (name, ""))[0]


def unit_of(name: str) -> str:
    """Empty where there is none, or none that is known."""
    known = DEFINITIONS.get(name)
    return known.unit if known is not None else _OF_PAPERS.get(name, (name, ""))[1]


def parcel_label(patch_no: str, parcel_no: int) -> str:
    """`3710832026070017地块2`; the number alone of an undivided patch."""
    return f"{patch_no}地块{parcel_no}" if parcel_no > 1 else patch_no
