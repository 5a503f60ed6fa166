"""The demo's smaller files: checks, rechecks, transfers, problems, ledger, quota, submissions."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from data.demo.patches import HABITS
from data.demo.scenery import Rng

_LEDGER_FROM = 2018


def _until(rows: list[dict[str, Any]], name: str, until: date) -> pd.DataFrame:
    return pd.DataFrame([row for row in rows if row[name] <= until])


def make_checks(rng: Rng, patches: pd.DataFrame, until: date) -> pd.DataFrame:
    """County checks of farmland ≥ 10 亩, city checks of the large ones and of minerals (§4.2)."""
    rows: list[dict[str, Any]] = []
    for patch in patches[patches["reported_on"].notna()].to_dict("records"):
        for level, due in (
            ("县级", patch["farmland_mu"] >= 10),
            ("市级", patch["farmland_mu"] >= 30 or patch["domain"] == "mineral"),
        ):
            if due and rng.random() < 0.85:
                day = patch["reported_on"] + timedelta(days=int(rng.integers(1, 30)))
                finding = str(rng.choice(("属实", "需整改", "不属实"), p=(0.8, 0.15, 0.05)))
                rows.append(
                    {
                        "图斑编号": patch["patch_no"],
                        "核查级别": level,
                        "核查日期": day,
                        "核查人": f"演示核查员{rng.integers(1, 30):02d}",
                        "核查结论": finding,
                        "备注": None,
                    }
                )
    return _until(rows, "核查日期", until)


def make_rechecks(rng: Rng, parcels: pd.DataFrame, until: date) -> pd.DataFrame:
    """Every tenth parcel judged 其他 is looked at again after about ninety days (§4.6)."""
    rows: list[dict[str, Any]] = []
    other = parcels[parcels["合法性判定"] == "其他"] if len(parcels) else parcels
    for at, parcel in enumerate(other.to_dict("records")):
        if at % 10 == 0:
            day = parcel["上报日期"] + timedelta(days=int(rng.integers(80, 110)))
            finding = str(rng.choice(("未变化", "改变用途", "新增违法建设"), p=(0.94, 0.04, 0.02)))
            rows.append(
                {
                    "图斑编号": parcel["图斑编号"],
                    "地块序号": parcel["地块序号"],
                    "复核日期": day,
                    "复核结论": finding,
                    "备注": None,
                }
            )
    return _until(rows, "复核日期", until)


def make_transfers(rng: Rng, cases: pd.DataFrame, until: date) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for at, case in enumerate(cases.to_dict("records")):
        if at % 12 == 0 and case["立案日期"]:
            day = case["立案日期"] + timedelta(days=int(rng.integers(10, 40)))
            replied = day + timedelta(days=20)
            rows.append(
                {
                    "图斑编号": case["图斑编号"],
                    "地块序号": case["地块序号"],
                    "移送部门": str(rng.choice(("公安", "纪检监察", "农业农村", "林草", "水利"))),
                    "移送日期": day,
                    "文号": f"演示移送{at:03d}号",
                    "回复日期": replied if replied <= until else None,
                }
            )
    return _until(rows, "移送日期", until)


def make_problems(rng: Rng, audits: pd.DataFrame, until: date) -> pd.DataFrame:
    """What the province returned stands on its problem list until written off (§3.3)."""
    rows: list[dict[str, Any]] = []
    returned = (
        audits[(audits["审核级别"] == "省级") & (audits["审核结果"] == "退回")]
        if len(audits)
        else audits
    )
    for decision in returned.to_dict("records"):
        day = decision["审核日期"] + timedelta(days=1)
        off = day + timedelta(days=int(rng.integers(8, 45)))
        rows.append(
            {
                "图斑编号": decision["图斑编号"],
                "列入日期": day,
                "问题描述": decision["审核意见"],
                "整改期限": day + timedelta(days=30),
                "销号日期": off if off <= until else None,
            }
        )
    return _until(rows, "列入日期", until)


def make_ledger(rng: Rng, year: int, until: date, per_year: int = 60) -> pd.DataFrame:
    """Unlawful farmland of the years since 2018: mostly written off, the younger the less."""
    rows: list[dict[str, Any]] = []
    for past in range(_LEDGER_FROM, year):
        done = 0.97 - 0.05 * max(0, past - (year - 4))
        for number in range(1, per_year + 1):
            district = str(rng.choice(list(HABITS)))
            farmland = round(float(np.exp(rng.normal(0.9, 0.9))), 2)
            basic = round(farmland * float(rng.uniform(0.2, 1)), 2) if rng.random() < 0.1 else 0.0
            deadline = date(past + 1, 6, 30)
            off = date(past + 1, 1, 31) + timedelta(days=int(rng.integers(0, 400)))
            finished = rng.random() < done and off <= until
            way = str(rng.choice(("拆除复耕", "拆除", "没收", "补办用地手续")))
            rows.append(
                {
                    "年度": past,
                    "图斑编号": f"{district}{past}{number:05d}",
                    "地块序号": 1,
                    "区市": district,
                    "坐落": "演示地点",
                    "违法占用耕地面积": farmland,
                    "违法占用永久基本农田面积": basic,
                    "整改方式": way if finished else None,
                    "整改期限": deadline,
                    "消除违法状态日期": off - timedelta(days=30) if finished else None,
                    "验收日期": off - timedelta(days=10) if finished else None,
                    "拆除复耕证明编号": f"演示旧{past}{number:04d}"
                    if finished and way == "拆除复耕"
                    else None,
                    "销号日期": off if finished else None,
                }
            )
    return pd.DataFrame(rows)


def make_quota(rng: Rng, year: int, until: date) -> pd.DataFrame:
    rows = [
        {
            "区市": code,
            "日期": date(year, month, 5),
            "储备库指标": round(float(rng.uniform(120, 900)), 2),
        }
        for month in (1, 4, 7, 10)
        for code in HABITS
    ]
    return _until(rows, "日期", until)


def make_submissions(rng: Rng, year: int, until: date) -> pd.DataFrame:
    rows = [
        {
            "区市": code,
            "报告": report,
            "期次": str(year),
            "收到日期": due + timedelta(days=int(rng.integers(-8, 4))),
        }
        for report, due in (("半年报告", date(year, 7, 24)), ("年度报告", date(year + 1, 1, 24)))
        for code in HABITS
    ]
    return _until(rows, "收到日期", until)
