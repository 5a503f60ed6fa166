"""What a plain year of events lacks: reasons, opinions, plans, areas by way, higher levels' words.

It draws from a generator of its own, so that the events themselves stay as they were drawn.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from data.demo import words
from data.demo.scenery import Rng
from data.vocabulary import SIX_QUESTIONS

_SOURCES = ("部下发", "省下发", "市级自查", "区市自查", "举报", "其他")
_SOURCE_SHARES = (0.86, 0.07, 0.025, 0.02, 0.015, 0.01)
#: What the reported mines are, in their order; the first is the one of a strategic mineral.
_MINES = ("无证开采", None, "越界开采", None, "以采代探", None, None, None)
_PROJECTS = ("国家重大项目", "省级重大项目", "能源交通水利基础设施")
#: A question answered 是 → the class of deduction that goes with it.
_CLASSES = {
    "新增农村乱占耕地建房": "农村村民住宅",
    "基金项目": "基金项目",
    "保障性安居住房": "保障性安居住房",
    "防疫医疗卫生设施": "防疫医疗卫生设施",
}


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """A copy of objects, with None for no value."""
    frame = frame.astype(object)
    return frame.where(frame.notna(), None)


#: Of the determinations that were to overturn the county's, so many do not, and none of a large
#: area; in the districts that judge too leniently it is those that would call a parcel lawful.
_RECONSIDERED, _LARGE_MU = 0.7, 1.5
_LENIENT = {"371073", "371083"}
#: District → the share of its new construction's farmland that is unlawful and stays, at least: the
#: city overturns what such a district calls lawful.
_UNLAWFUL_SHARE = {"371073": 0.25, "371083": 0.11}
#: District → parcels with more unlawful farmland than this (亩) stay as they are.
_STUBBORN = {"371073": 1.5, "371083": 2.0}
#: So many unlawful parcels lie on basic farmland, and on the redline: half of them rectified.
_PROTECTED = 6


def add_sources(rng: Rng, patches: pd.DataFrame) -> None:
    patches["source"] = rng.choice(_SOURCES, len(patches), p=_SOURCE_SHARES)


def judge_minerals(patches: pd.DataFrame, parcels: pd.DataFrame) -> pd.DataFrame:
    """Mines are lawful, unchanged or, some of them, unlawful in one of three ways."""
    parcels = plain(parcels)
    parcels["矿产违法类型"] = None
    mines = list(patches.loc[patches["domain"] == "mineral", "patch_no"])
    of_mine = dict.fromkeys(number for number in parcels["图斑编号"] if number in set(mines))
    for position, number in enumerate(of_mine):
        how = _MINES[position % len(_MINES)]
        for index in parcels.index[parcels["图斑编号"] == number]:
            lawful = how is None and position % 2 == 1
            parcels.loc[index, ["判定类别", "项目名称", "批准文号"]] = None
            parcels.loc[index, "合法性判定"] = "违法" if how else "合法" if lawful else "其他"
            parcels.loc[index, "是否新增建设用地"] = "否"
            parcels.loc[index, "用途"] = "采石场" if how or lawful else "闲置采坑"
            parcels.loc[index, "矿产违法类型"] = how
            parcels.loc[index, list(SIX_QUESTIONS.values())] = "否" if how else None
            if how is None and not lawful:
                parcels.loc[index, "判定类别"] = "实地未变化"
            if lawful:
                parcels.loc[index, "批准文号"] = f"演示采矿许可{position + 1:03d}号"
    return parcels


def describe_parcels(rng: Rng, parcels: pd.DataFrame, year: int) -> None:
    """Basis, circumstances, plan, term and class of deduction of every parcel."""
    rows = parcels.to_dict("records")
    columns: dict[str, list[Any]] = {
        name: []
        for name in ("判定依据", "具体情形", "是否符合规划", "批准用地期限至", "扣减类型", "备注")
    }
    for row in rows:
        legality, how = row["合法性判定"], row["矿产违法类型"]
        clause = {"违法": 3, "合法": 5, "其他": 8}[legality] + int(rng.integers(0, 3))
        columns["判定依据"].append(f"演示判定规则{year}版第{clause}条")
        told = words.MINERAL_CIRCUMSTANCES.get(how) if how else None
        columns["具体情形"].append(told or str(rng.choice(words.CIRCUMSTANCES[legality])))
        conforms = rng.random() < (0.95 if legality == "合法" else 0.4)
        columns["是否符合规划"].append(None if legality == "其他" else "是" if conforms else "否")
        term = int(rng.choice((60, 180, 365, 730)))
        temporary = row["判定类别"] == "临时用地"
        columns["批准用地期限至"].append(
            row["上报日期"] + timedelta(days=term) if temporary else None
        )
        columns["扣减类型"].append(_deduction(rng, row))
        note = str(rng.choice(words.NOTES)) if rng.random() < 0.05 else None
        columns["备注"].append(note if legality == "违法" else None)
    for name, values in columns.items():
        parcels[name] = pd.Series(values, index=parcels.index, dtype=object)


def _deduction(rng: Rng, row: dict[str, Any]) -> str | None:
    if row["合法性判定"] != "违法" or row["矿产违法类型"]:
        return None
    found = next((_CLASSES[name] for name in _CLASSES if row[name] == "是"), None)
    project = str(rng.choice(_PROJECTS)) if rng.random() < 0.08 else None
    return found or project


def add_protected_ground(
    patches: pd.DataFrame, parcels: pd.DataFrame, cases: pd.DataFrame, until: date
) -> None:
    """Some unlawful parcels lie on basic farmland or on the redline, rectified ones and others; and
    a few are not to count as unlawful.
    """
    gone = {
        (case["图斑编号"], case["地块序号"])
        for case in cases.to_dict("records")
        if case["消除违法状态日期"] and case["消除违法状态日期"] <= until
    }
    unlawful = parcels[(parcels["合法性判定"] == "违法") & parcels["矿产违法类型"].isna()]
    on_farmland = unlawful[unlawful["占用耕地面积"] > 1]
    done = [i for i, row in on_farmland.iterrows() if (row["图斑编号"], row["地块序号"]) in gone]
    left = [i for i in on_farmland.index if i not in set(done)]
    half = _PROTECTED // 2
    at = {number: index for index, number in patches["patch_no"].items()}
    for header, name, whole, start in (
        ("占用永久基本农田面积", "basic_mu", "占用耕地面积", 0),
        ("占用生态保护红线面积", "redline_mu", "面积", half),
    ):
        for index in (*done[start : start + half], *left[start : start + half]):
            row = parcels.loc[index]
            more = round(row[whole] * 0.4, 2) - row[header]
            if more <= 0:
                continue
            parcels.at[index, header] = round(row[header] + more, 2)
            place = at[row["图斑编号"]]
            patches.at[place, name] = round(patches.at[place, name] + more, 2)
    parcels.loc[left[2 * half : 2 * half + 3], "是否纳入违法计算"] = "否"


def keep_waiting(patches: pd.DataFrame, audits: pd.DataFrame, until: date) -> pd.DataFrame:
    """Two districts did not answer a return for weeks, one patch was returned three times, and one
    was deemed unlawful: what comes of not correcting (§4.1).
    """
    if audits.empty:
        return audits
    of = patches.set_index("patch_no")["district"]
    returned = audits[
        (audits["审核级别"] == "市级")
        & (audits["审核结果"] == "退回")
        & audits["直接判定"].isna()
        & np.array([day < until - timedelta(days=40) for day in audits["审核日期"]], dtype=bool)
    ]
    districts = returned["图斑编号"].map(of)
    silent = [
        *returned.index[districts == "371083"][-1:],
        *returned.index[districts == "371072"][-1:],
    ]
    thrice = list(returned.index[districts == "371083"][-2:-1])
    deemed = list(returned.index[districts == "371083"][-3:-2])
    for index in (*silent, *thrice, *deemed):
        number = audits.at[index, "图斑编号"]
        rest = audits.index[(audits["图斑编号"] == number) & (audits.index > index)]
        audits = audits.drop(rest)
    audits.loc[[*silent, *deemed], ["重新上报日期", "_answered"]] = None
    more = []
    for index in deemed:
        last = audits.loc[index].copy()
        last["审核日期"] = last["_on"] = audits.at[index, "审核日期"] + timedelta(days=30)
        last["定性结果"], last["直接判定"] = "违法", "是"
        more.append(last)
    for index in thrice:
        for days in (14, 28):
            again = audits.loc[index].copy()
            again["审核日期"] = again["_on"] = audits.at[index, "审核日期"] + timedelta(days=days)
            again["重新上报日期"] = again["_answered"] = (
                again["审核日期"] + timedelta(days=5) if days == 14 else None
            )
            more.append(again)
    return plain(pd.concat([audits, pd.DataFrame(more)], ignore_index=True))


def word_audits(
    rng: Rng, patches: pd.DataFrame, parcels: pd.DataFrame, audits: pd.DataFrame
) -> pd.DataFrame:
    """A reason and an opinion on every return and on every overturned determination; some of the
    province's decisions determine, and a few overturn.
    """
    audits = plain(audits)
    audits["退回原因"] = None
    if audits.empty:
        return audits
    county = parcels.groupby("图斑编号", sort=False)["合法性判定"].first().to_dict()
    mines = set(patches.loc[patches["domain"] == "mineral", "patch_no"])
    _word_returns(rng, audits, mines)
    of_district = patches.set_index("patch_no")["district"].to_dict()
    farmland = parcels.groupby("图斑编号", sort=False)["占用耕地面积"].sum().to_dict()
    missing = _missing_mu(parcels)
    standing: dict[str, str] = dict(county)
    for index, row in zip(audits.index, audits.to_dict("records"), strict=True):
        number = row["图斑编号"]
        if row["审核结果"] == "退回" or number not in county:
            continue
        determined = row["定性结果"]
        if number in mines:  # nobody overturns a mine in the demo
            determined = county[number] if determined else None
        elif _overturns(determined, county[number]) and _is_reconsidered(
            rng, of_district[number], str(determined), farmland[number]
        ):
            determined = county[number]  # most are not overturned in the end
        elif row["审核级别"] != "市级":
            determined = _provincial(rng, standing[number], row["审核级别"])
        elif (
            determined is None
            and county[number] == "合法"
            and _LARGE_MU < farmland[number] <= missing.get(of_district[number], 0.0)
        ):
            determined = "违法"
            missing[of_district[number]] -= farmland[number]
        if determined:
            audits.at[index, "审核意见"] = _reasoned(rng, standing[number], determined)
            standing[number] = determined
        audits.at[index, "定性结果"] = determined
    return audits


def _overturns(determined: str | None, standing: str) -> bool:
    return determined is not None and determined != standing


def _missing_mu(parcels: pd.DataFrame) -> dict[str, float]:
    """District → unlawful farmland that it lacks of _UNLAWFUL_SHARE, 亩."""
    found = {}
    for district, share in _UNLAWFUL_SHARE.items():
        own = parcels[(parcels["_district"] == district) & parcels["矿产违法类型"].isna()]
        built = own[own["合法性判定"].isin(["合法", "违法"])]["占用耕地面积"].sum()
        unlawful = own[(own["合法性判定"] == "违法") & (own["占用耕地面积"] > _STUBBORN[district])]
        found[district] = share * built - unlawful["占用耕地面积"].sum()
    return found


def _is_reconsidered(rng: Rng, district: str, determined: str, farmland_mu: float) -> bool:
    likely = 1.0 if farmland_mu > _LARGE_MU else _RECONSIDERED
    if district in _LENIENT:
        likely = 0.0 if determined == "违法" else 0.9
    return bool(rng.random() < likely)


def _word_returns(rng: Rng, audits: pd.DataFrame, mines: set[str]) -> None:
    codes = list(words.RETURNS)
    weights = np.array([weight for weight, _ in words.RETURNS.values()])
    said = 0
    for index in audits.index[audits["审核结果"] == "退回"]:
        if audits.at[index, "直接判定"] == "是":
            audits.loc[index, ["审核意见", "退回原因"]] = words.DEEMED
            continue
        count = 2 if rng.random() < 0.15 else 1
        chosen = rng.choice(len(codes), count, replace=False, p=weights / weights.sum())
        if audits.at[index, "图斑编号"] in mines:
            chosen = np.array([0])  # the other reasons are of land
        elif said < len(codes):  # each of them once, whatever their weights
            chosen = np.array([said])
            said += 1
        picked = [codes[i] for i in sorted(chosen)]
        audits.at[index, "退回原因"] = "、".join(picked)
        audits.at[index, "审核意见"] = "".join(
            str(rng.choice(words.RETURNS[code][1])) for code in picked
        )


def _provincial(rng: Rng, standing: str, level: str) -> str | None:
    """What the province determines: mostly nothing, sometimes the same, seldom another."""
    draw = rng.random()
    if draw < 0.006:
        return "合法" if standing == "违法" else "违法"
    return standing if draw < (0.5 if level == "省级复核" else 0.06) else None


def _reasoned(rng: Rng, before: str, now: str) -> str:
    if before == now:
        return str(rng.choice(words.CONFIRMED))
    return str(rng.choice(words.OVERTURNED[before, now]))


def plan_cases(
    rng: Rng, parcels: pd.DataFrame, cases: pd.DataFrame, until: date, kept: Collection[str]
) -> pd.DataFrame:
    """Who is to rectify by when, and how much was done by which way; cases of unlawful mines.

    kept: patches whose elimination stays as it was drawn.
    """
    mines = parcels[parcels["矿产违法类型"].notna()]
    if cases.empty and mines.empty:
        return cases
    if cases.empty:
        cases = pd.DataFrame(columns=_mine_cases(mines, set()).columns)
    own = set(zip(parcels["图斑编号"], parcels["地块序号"], parcels["合法性判定"], strict=True))
    still = [
        (p, n, "违法") in own for p, n in zip(cases["图斑编号"], cases["地块序号"], strict=True)
    ]
    known = set(zip(cases["图斑编号"], cases["地块序号"], strict=True))
    cases = plain(pd.concat([cases[still], _mine_cases(mines, known)], ignore_index=True))
    area = parcels.set_index(["图斑编号", "地块序号"])[
        ["面积", "占用耕地面积", "_town", "_district"]
    ]
    _leave_open(cases, area, kept)
    rows = [
        _planned(rng, at, case, area.loc[(case["图斑编号"], case["地块序号"])], until)
        for at, case in enumerate(cases.to_dict("records"))
    ]
    return pd.concat([cases, pd.DataFrame(rows, dtype=object)], axis=1) if rows else cases


def _leave_open(cases: pd.DataFrame, parcels: pd.DataFrame, kept: Collection[str]) -> None:
    """The stubborn districts eliminate nothing large of their unlawful farmland; every seventh of
    what is eliminated still waits to be accepted."""
    waiting = 0
    for index, case in zip(cases.index, cases.to_dict("records"), strict=True):
        if case["消除违法状态日期"] and case["图斑编号"] not in kept:
            waiting += 1
            if waiting % 7 == 3:
                cases.loc[index, ["验收日期", "拆除复耕证明编号"]] = None
        parcel = parcels.loc[(case["图斑编号"], case["地块序号"])]
        largest = _STUBBORN.get(parcel["_district"])
        if (
            largest is not None
            and parcel["占用耕地面积"] > largest
            and case["图斑编号"] not in kept
        ):
            done = ["整改方式", "消除违法状态日期", "验收日期", "拆除复耕证明编号"]
            cases.loc[index, done] = None


def _mine_cases(mines: pd.DataFrame, known: set[Any]) -> pd.DataFrame:
    """One filed, the next not, the third rectified."""
    rows = []
    for at, mine in enumerate(mines.to_dict("records")):
        if (mine["图斑编号"], mine["地块序号"]) in known:
            continue
        start = mine["上报日期"]
        filed = start + timedelta(days=8) if at % 3 != 1 else None
        gone = start + timedelta(days=60) if at % 3 == 2 else None
        rows.append(
            {
                "图斑编号": mine["图斑编号"],
                "地块序号": mine["地块序号"],
                "制止日期": start + timedelta(days=1),
                "立案日期": filed,
                "立案机关": "演示自然资源局" if filed else None,
                "案号": f"演示矿立字{at + 1:03d}号" if filed else None,
                "处罚决定日期": filed + timedelta(days=35) if filed else None,
                "整改方式": "其他" if gone else None,
                "消除违法状态日期": gone,
                "验收日期": gone + timedelta(days=12) if gone else None,
                "拆除复耕证明编号": None,
            }
        )
    return pd.DataFrame(rows, dtype=object)


def _planned(rng: Rng, at: int, case: dict[str, Any], parcel: Any, until: date) -> dict[str, Any]:
    """The columns that a case is given beside its events. The areas of what is rectified add up to
    the parcel's, but for a few, which are the doubts that a clerk shall find."""
    area, farmland, town = parcel["面积"], parcel["占用耕地面积"], parcel["_town"]
    start, gone, way = case["制止日期"], case["消除违法状态日期"], case["整改方式"]
    planned = start + timedelta(days=int(rng.integers(45, 150)))
    row: dict[str, Any] = {
        "计划整改日期": planned,
        "责任单位": f"{town}人民政府" if not town.endswith("街道") else f"{town}办事处",
        "恢复原貌面积": None,
        "复耕到位面积": None,
        "补办批准文号": None,
        "补办批准面积": None,
        "补办其中耕地面积": None,
    }
    done = gone is not None and gone <= until
    if not done:
        if gone is None and case["立案日期"] and rng.random() < 0.25:  # begun, not finished
            row["复耕到位面积"] = round(area * float(rng.uniform(0.2, 0.6)), 2)
        return row
    if way == "拆除复耕":
        bare = max(round(area - farmland, 2), 0.0)
        row["恢复原貌面积"] = bare or None
        row["复耕到位面积"] = round(area - bare, 2)
        if at % 10 == 3 and row["复耕到位面积"] > 1:
            row["复耕到位面积"] = round(row["复耕到位面积"] - 0.6, 2)
    elif way == "拆除":
        row["恢复原貌面积"] = area
    elif way == "补办用地手续":
        share = 0.5 if rng.random() < 0.3 else 1.0
        approved = round(area * share, 2)
        row["补办批准文号"] = f"演示补批{at + 1:03d}号"
        row["补办批准面积"] = approved
        row["补办其中耕地面积"] = min(round(farmland * share, 2), approved)
        if share < 1.0:
            row["恢复原貌面积"] = round(area - approved, 2)
    return row
