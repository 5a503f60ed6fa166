"""The demo's smaller files: checks, rechecks, transfers, problems, ledger, quota, submissions."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from data.demo import words
from data.demo.details import plain
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


def make_forwarding(rng: Rng, audits: pd.DataFrame, until: date) -> pd.DataFrame:
    """When the city sent each passed patch up: a few days after its decision, before the
    province's.
    """
    if audits.empty:
        return audits
    passed = audits[(audits["审核级别"] == "市级") & (audits["审核结果"] == "通过")]
    province = audits[audits["审核级别"] != "市级"].groupby("图斑编号")["审核日期"].min().to_dict()
    rows = []
    for decision in passed.to_dict("records"):
        number, day = decision["图斑编号"], decision["审核日期"]
        sent = day + timedelta(days=int(rng.integers(1, 6)))
        rows.append({"图斑编号": number, "上报省厅日期": min(sent, province.get(number, sent))})
    return _until(rows, "上报省厅日期", until)


def with_notes(rng: Rng, checks: pd.DataFrame) -> pd.DataFrame:
    """What the inspectors wrote beside what is not as it should be."""
    checks = plain(checks)
    for index, finding in checks["核查结论"].items() if len(checks) else ():
        if finding in words.CHECK_NOTES:
            checks.at[index, "备注"] = str(rng.choice(words.CHECK_NOTES[finding]))
    return checks


def with_changes(
    rechecks: pd.DataFrame, parcels: pd.DataFrame, cases: pd.DataFrame, until: date
) -> pd.DataFrame:
    """Without mines, which are not rechecked; a use that changed, and ground that was recultivated
    and looked at again: as it was, and built upon.
    """
    mines = set(parcels.loc[parcels["判定类别"].isna(), "图斑编号"]) if len(parcels) else set()
    rechecks = rechecks[~rechecks["图斑编号"].isin(mines)] if len(rechecks) else rechecks
    rechecks = plain(rechecks).reset_index(drop=True)
    if len(rechecks) > 3:
        rechecks.loc[3, ["复核结论", "备注"]] = ["改变用途", "看护房改为民宿，已要求整改"]
    rows = []
    certified = [c for c in cases.to_dict("records") if c["拆除复耕证明编号"] and c["验收日期"]]
    for at, case in enumerate(sorted(certified, key=lambda c: c["验收日期"])[:12]):
        day = case["验收日期"] + timedelta(days=60 + 3 * at)
        rebuilt = at == 1
        rows.append(
            {
                "图斑编号": case["图斑编号"],
                "地块序号": case["地块序号"],
                "复核日期": day,
                "复核结论": "违法复建" if rebuilt else "未变化",
                "备注": "复耕地块上重新堆放建材" if rebuilt else None,
            }
        )
    return pd.concat([rechecks, _until(rows, "复核日期", until)], ignore_index=True)


def with_replies(rng: Rng, transfers: pd.DataFrame, cases: pd.DataFrame) -> pd.DataFrame:
    """What was answered, and one in three without an answer."""
    known = set(zip(cases["图斑编号"], cases["地块序号"], strict=True)) if len(cases) else set()
    transfers = plain(transfers).reset_index(drop=True)
    kept = [(row["图斑编号"], row["地块序号"]) in known for row in transfers.to_dict("records")]
    transfers = transfers[kept].reset_index(drop=True) if len(transfers) else transfers
    if len(transfers):
        transfers.loc[transfers.index % 3 == 2, "回复日期"] = None
        transfers["备注"] = [
            str(rng.choice(words.REPLIES)) if replied else None for replied in transfers["回复日期"]
        ]
    return transfers


def with_overdue(problems: pd.DataFrame, audits: pd.DataFrame, until: date) -> pd.DataFrame:
    """Said in the opinion's words; two whose deadline is over stay open."""
    if problems.empty or audits.empty:
        return problems
    problems = plain(problems).reset_index(drop=True)
    returned = audits[(audits["审核级别"] == "省级") & (audits["审核结果"] == "退回")]
    said = dict(zip(returned["图斑编号"], returned["审核意见"], strict=True))
    problems["问题描述"] = [said[number] for number in problems["图斑编号"]]
    over = [i for i, limit in problems["整改期限"].items() if limit < until]
    problems.loc[over[-2:], "销号日期"] = None
    return problems


def with_gaps(reports: pd.DataFrame) -> pd.DataFrame:
    """One district's report came late, another's has not come."""
    if reports.empty:
        return reports
    late = (reports["区市"] == "371083") & (reports["报告"] == "半年报告")
    reports["备注"] = None
    reports.loc[late, "备注"] = "逾期收到，已电话催报"
    reports.loc[late, "收到日期"] += timedelta(days=6)
    return reports[~((reports["区市"] == "371073") & (reports["报告"] == "半年报告"))]


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
