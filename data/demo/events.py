"""What becomes of the demo's patches: parcels, decisions, cases, checks; every event with its day.

Frames have the canonical Chinese headers of upload-formats.md. `_on` columns are bookkeeping: the
day on which a row became known, by which the files are cut.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from data.demo.patches import HABITS
from data.demo.scenery import Rng
from data.vocabulary import SIX_QUESTIONS

_USES = ("厂房", "仓库", "硬化场地", "养殖场", "民宿", "停车场", "道路", "看护房", "堆场", "大棚")
_PROJECTS = ("演示产业园", "演示农业合作社", "演示道路工程", "演示海产加工厂", "演示物流园")
_OTHER = ("实地未变化", "设施农业用地", "临时用地", "农村道路", "其他")
_WAYS = ("拆除复耕", "拆除", "没收", "补办用地手续", "其他")
#: Of a case: by which way how much was rectified.
AREA_COLUMNS = (
    "恢复原貌面积", "复耕到位面积", "补办批准文号", "补办批准面积", "补办其中耕地面积",
)  # fmt: skip
_OPINIONS = ("举证照片缺少方位角", "地块边界与影像不符", "设施农业用地未附备案材料", "面积填报有误")


def make_parcels(rng: Rng, patches: pd.DataFrame) -> pd.DataFrame:
    """A row a parcel of every reported patch; `_district` and `_on` are bookkeeping."""
    reported = patches[patches["reported_on"].notna()]
    rows: list[dict[str, Any]] = []
    for patch in reported.to_dict("records"):
        for number, share in enumerate((0.6, 0.4) if rng.random() < 0.14 else (1.0,), start=1):
            rows.append(_parcel(rng, patch, number, share, rows))
    frame = pd.DataFrame(rows)
    if frame.empty:
        return frame
    unlawful = frame.index[frame["合法性判定"] == "违法"]
    if len(unlawful) > 30:
        frame.loc[unlawful[5:8], "是否纳入违法计算"] = "否"
        first, second = frame.loc[unlawful[10]], frame.loc[unlawful[11]]
        if first["图斑编号"] != second["图斑编号"]:
            frame.loc[unlawful[11], "关联图斑编号"] = first["图斑编号"]
    return frame


def _parcel(
    rng: Rng, patch: Any, number: int, share: float, rows: list[dict[str, Any]]
) -> dict[str, Any]:
    def part(name: str) -> float:
        """This parcel's share; the last one takes what is left, so that they add up."""
        if share == 0.4:
            taken = rows[-1][{"area_mu": "面积", "farmland_mu": "占用耕地面积",
                              "basic_mu": "占用永久基本农田面积",
                              "redline_mu": "占用生态保护红线面积"}[name]]  # fmt: skip
            return float(round(patch[name] - taken, 2))
        return float(round(patch[name] * share, 2))

    habit = HABITS[patch["district"]]
    draw = rng.random()
    if draw < habit.unlawful:
        legality, category = "违法", None
    elif draw < habit.unlawful + 0.48:
        legality, category = "合法", None
    else:
        legality, category = "其他", str(rng.choice(_OTHER, p=(0.35, 0.3, 0.12, 0.13, 0.1)))
    farmland = part("farmland_mu")
    row: dict[str, Any] = {
        "图斑编号": patch["patch_no"],
        "地块序号": number,
        "合法性判定": legality,
        "判定类别": category,
        "是否新增建设用地": "是" if legality != "其他" else None,
        "用途": str(rng.choice(_USES)),
        "用地主体": f"演示用地单位{rng.integers(1, 400):03d}",
        "项目名称": str(rng.choice(_PROJECTS)) if legality == "合法" else None,
        "批准文号": f"演示批字{rng.integers(1, 900):03d}号" if legality == "合法" else None,
        "关联图斑编号": None,
        "面积": part("area_mu"),
        "占用耕地面积": farmland,
        "占用永久基本农田面积": part("basic_mu"),
        "占用生态保护红线面积": part("redline_mu"),
        **dict.fromkeys(SIX_QUESTIONS.values()),
        "是否纳入违法计算": "是",
        "上报日期": patch["reported_on"],
        "备注": None,
        "_on": patch["reported_on"],
        "_district": patch["district"],
        "_town": patch["town_name"],
    }
    if legality == "违法":
        yes = int(rng.integers(0, 14))
        for at, header in enumerate(SIX_QUESTIONS.values()):
            row[header] = "是" if at == yes else "否"
    return row


def make_audits(
    rng: Rng, patches: pd.DataFrame, parcels: pd.DataFrame, until: date
) -> pd.DataFrame:
    """City, province and review decisions; returns answered or not; determinations; deemings."""
    rows: list[dict[str, Any]] = []
    legality = dict(parcels.groupby("图斑编号")["合法性判定"].first()) if len(parcels) else {}

    def decide(patch: Any, level: str, result: str, day: date, **more: Any) -> None:
        if day <= until:
            answered = more.get("重新上报日期")
            rows.append(
                {
                    "图斑编号": patch["patch_no"],
                    "地块序号": None,
                    "审核级别": level,
                    "审核结果": result,
                    "审核日期": day,
                    "审核意见": more.get("审核意见"),
                    "定性结果": more.get("定性结果"),
                    "直接判定": more.get("直接判定"),
                    "重新上报日期": answered if answered and answered <= until else None,
                    "_on": day,
                    "_answered": answered if answered and answered <= until else None,
                }
            )

    for patch in patches[patches["reported_on"].notna()].to_dict("records"):
        day = patch["reported_on"] + timedelta(days=int(rng.integers(2, 9)))
        habit = HABITS[patch["district"]]
        if rng.random() < habit.returned:
            opinion = str(rng.choice(_OPINIONS))
            slow = rng.random() < 0.12
            answer = day + timedelta(days=int(rng.integers(2, 8)) + (25 if slow else 0))
            decide(patch, "市级", "退回", day, 审核意见=opinion, 重新上报日期=answer)
            day = answer + timedelta(days=int(rng.integers(1, 6)))
        determined = None
        draw = rng.random()
        if draw < 0.03:
            determined = "合法" if legality[patch["patch_no"]] == "违法" else "违法"
        elif draw < 0.25:  # most determinations confirm the county's
            determined = legality[patch["patch_no"]]
        decide(patch, "市级", "通过", day, 定性结果=determined)
        day = day + timedelta(days=int(rng.integers(8, 21)))
        if rng.random() < 0.05:
            decide(patch, "省级", "退回", day, 审核意见="举证材料不足，请补充")
            day = day + timedelta(days=int(rng.integers(6, 15)))
            decide(patch, "省级复核", "通过", day)
        else:
            decide(patch, "省级", "通过", day)
    _deemings(patches, decide)
    return pd.DataFrame(rows)


def _deemings(patches: pd.DataFrame, decide: Any) -> None:
    """Two patches whose county does not answer are deemed unlawful (§4.1)."""
    silent = patches[
        (patches["domain"] == "land")
        & patches["reported_on"].isna()
        & patches["withdrawn_on"].isna()
        & (patches["district"] == "371083")
    ]
    for patch in silent.iloc[:2].to_dict("records"):
        day = patch["due_on"] + timedelta(days=10)
        decide(patch, "市级", "退回", day, 审核意见="逾期未报，限期补报")
        decide(
            patch,
            "市级",
            "退回",
            day + timedelta(days=25),
            审核意见="拒不上报，直接判定违法",
            定性结果="违法",
            直接判定="是",
        )


def make_cases(rng: Rng, parcels: pd.DataFrame, until: date) -> pd.DataFrame:
    """Stopping, filing, punishment, rectification and acceptance of unlawful parcels."""
    rows: list[dict[str, Any]] = []
    unlawful = parcels[parcels["合法性判定"] == "违法"] if len(parcels) else parcels
    for parcel in unlawful.to_dict("records"):
        start = parcel["上报日期"]
        habit = HABITS[parcel["_district"]]
        filed = start + timedelta(days=int(rng.integers(3, 18))) if rng.random() < 0.88 else None
        way = str(rng.choice(_WAYS, p=(0.42, 0.18, 0.1, 0.22, 0.08)))
        gone = accepted = certificate = None
        if rng.random() < habit.rectified:
            gone = start + timedelta(days=int(rng.integers(12, 110)))
            accepted = gone + timedelta(days=int(rng.integers(5, 25)))
            certificate = f"演示复耕{rng.integers(1, 99999):05d}" if way == "拆除复耕" else None
        row = {
            "图斑编号": parcel["图斑编号"],
            "地块序号": parcel["地块序号"],
            "制止日期": start + timedelta(days=1),
            "立案日期": filed,
            "立案机关": "演示自然资源局" if filed else None,
            "案号": f"演示立字{rng.integers(1, 9999):04d}号" if filed else None,
            "处罚决定日期": filed + timedelta(days=35) if filed else None,
            "整改方式": way if gone else None,
            "消除违法状态日期": gone,
            "验收日期": accepted,
            "拆除复耕证明编号": certificate,
        }
        rows.append(row)
    return pd.DataFrame(rows)


def known_cases(cases: pd.DataFrame, after: date, by: date) -> pd.DataFrame:
    """Cases in which something happened after one day and by another, as known by the latter."""
    if cases.empty:
        return cases
    days = ["制止日期", "立案日期", "处罚决定日期", "消除违法状态日期", "验收日期"]
    moved = np.zeros(len(cases), dtype=bool)
    for name in days:
        moved |= np.array([d is not None and after < d <= by for d in cases[name]], dtype=bool)
    known = cases[moved].astype(object).copy()
    known_gone = known["消除违法状态日期"].tolist()
    for name, others in (
        ("制止日期", ()),
        ("立案日期", ("立案机关", "案号")),
        ("处罚决定日期", ()),
        ("消除违法状态日期", ("整改方式",)),
        ("验收日期", ("拆除复耕证明编号",)),
    ):
        later = np.array([d is None or d > by for d in known[name]], dtype=bool)
        known.loc[later, [name, *others]] = None
    # how much by which way is known once all of it is gone; of what is under way, as it is
    later = np.array([d is not None and d > by for d in known_gone], dtype=bool)
    known.loc[later, list(AREA_COLUMNS)] = None
    return known
