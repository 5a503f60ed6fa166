"""The files of one work year, month by month, in the order in which a bureau would upload them."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from data.demo import details, files, records
from data.demo.comebacks import lay_on_old_ground
from data.demo.events import known_cases, make_audits, make_cases, make_parcels
from data.demo.files import DemoFile, visible
from data.demo.layers import make_layers, write_layer
from data.demo.patches import make_patches
from data.periods import month_end, month_ends, province_approval_on
from data.vocabulary import UploadKind

#: The most rows one file carries.
MOST_ROWS = 100_000
#: Patches of which a district asks that they do not count.
_ASKED = 3
_PATCH_FORMATS = ("shp", "gpkg", "geojson")


def write_year(out: Path, year: int, until: date, count: int, seed: int) -> list[DemoFile]:
    """Write every file; the list is in the order of upload."""
    rng = np.random.default_rng([seed, year])
    until = min(until, province_approval_on(year))
    written: list[DemoFile] = []

    def table(frame: pd.DataFrame, kind: UploadKind, name: str, form: str = "xlsx") -> None:
        for part, start in enumerate(range(0, len(frame), MOST_ROWS)):
            chunk = visible(frame.iloc[start : start + MOST_ROWS])
            stem = name if part == 0 else f"{name}_{part + 1}"
            path = out / f"{len(written) + 1:03d}_{stem}.{'csv' if 'csv' in form else 'xlsx'}"
            if form == "xlsx":
                files.write_workbook(chunk, path)
            elif form == "titled":
                files.write_workbook(chunk, path, f"{year}年卫片执法{kind.label}（演示）")
            else:
                files.write_csv(chunk, path, "gb18030" if form == "csv-gb" else "utf-8-sig")
            own_year = (
                None
                if kind in (UploadKind.QUOTA, UploadKind.SUBMISSIONS, UploadKind.LEDGER)
                else year
            )
            written.append(DemoFile(path, kind, own_year))

    table(records.make_ledger(rng, year, until), UploadKind.LEDGER, "历年整改台账", "titled")
    patches = make_patches(rng, year, until, count)
    if patches.empty:
        return written
    drawn = make_parcels(rng, patches)
    decided = make_audits(rng, patches, drawn, until)
    filed = make_cases(rng, drawn, until)
    # what follows draws from generators of its own, so that the events stay as they were drawn
    more = np.random.default_rng([seed, year, 1])
    details.add_sources(more, patches)
    parcels, audits, cases = drawn, decided, filed
    if len(drawn):
        old_ground = {old for _, old in lay_on_old_ground(patches, filed)}
        parcels = details.judge_minerals(patches, drawn)
        details.describe_parcels(more, parcels, year)
        decided = details.keep_waiting(patches, details.plain(decided), until)
        audits = details.word_audits(more, patches, parcels, decided)
        cases = details.plan_cases(more, parcels, filed, until, old_ground)
        details.add_protected_ground(patches, parcels, cases, until)
    previous = date(year - 1, 12, 31)
    for end in _month_ends(year, until):
        number = end.month if end.year == year else 12 + end.month
        label = f"{end.year}年{end.month}月"
        issued = patches[[previous < d <= end for d in patches["issued_on"]]]
        for part, start in enumerate(range(0, len(issued), MOST_ROWS)):
            chunk = issued.iloc[start : start + MOST_ROWS]
            written.append(_patch_file(out, chunk, year, number, part, len(written)))
        known = _between(parcels, "_on", previous, end)
        table(known, UploadKind.FINDINGS, f"核查结果_{label}", ("xlsx", "csv-gb")[number % 2])
        if number % 2 == 0 or end == until:
            since = date(year - 1, 12, 31) if number <= 2 else _two_back(end)
            decided = _audits_known(audits, since, end)
            table(
                decided,
                UploadKind.AUDITS,
                f"审核意见_{label}",
                ("titled", "csv")[number % 3 == 0],
            )
        if number % 3 == 0 or end == until:
            since = date(year - 1, 12, 31) if number <= 3 else _months_back(end, 3)
            table(known_cases(cases, since, end), UploadKind.CASES, f"查处整改_{label}", "xlsx")
        previous = end
    _acquittals(out, parcels, year, until, written)
    _amendments(out, patches, year, written)
    forwarded = records.make_forwarding(more, audits, until)
    table(forwarded, UploadKind.PATCHES, "上报省厅", "csv")
    checks = records.make_checks(rng, patches, until)
    table(records.with_notes(more, checks), UploadKind.CHECKS, "外业核查", "csv-gb")
    rechecks = records.make_rechecks(rng, drawn, until)
    rechecks = records.with_changes(rechecks, parcels, cases, until)
    table(rechecks, UploadKind.RECHECKS, "周期复核")
    transfers = records.make_transfers(rng, filed, until)
    table(records.with_replies(more, transfers, cases), UploadKind.TRANSFERS, "移送移交")
    problems = records.make_problems(rng, decided, until)
    problems = records.with_overdue(problems, audits, until)
    table(problems, UploadKind.PROBLEMS, "省厅问题清单", "titled")
    table(records.make_quota(rng, year, until), UploadKind.QUOTA, "补充耕地指标", "csv")
    reports = records.with_gaps(records.make_submissions(rng, year, until))
    table(reports, UploadKind.SUBMISSIONS, "工作报告接收")
    for layer, frame in make_layers(more, patches, parcels, until).items() if len(parcels) else ():
        path = out / f"{len(written) + 1:03d}_{layer.label}.geojson"
        write_layer(frame, path)
        written.append(DemoFile(path, UploadKind.REFERENCE, None, {"layer": layer}))
    return written


def _month_ends(year: int, until: date) -> list[date]:
    """Ends of the months from January on, the last one cut at `until`."""
    first = date(year, 1, 1)
    return [*month_ends(first, until - timedelta(days=1)), until] if until >= first else []


def _months_back(end: date, months: int) -> date:
    """The end of the month that many months before."""
    month = end.year * 12 + end.month - 1 - months
    return month_end(date(month // 12, month % 12 + 1, 1))


def _two_back(end: date) -> date:
    return _months_back(end, 2)


def _between(frame: pd.DataFrame, name: str, after: date, by: date) -> pd.DataFrame:
    if frame.empty:
        return frame
    return frame[[d is not None and after < d <= by for d in frame[name]]]


def _audits_known(audits: pd.DataFrame, after: date, by: date) -> pd.DataFrame:
    """Decisions of the time, and older 退回 answered in it; answers still to come are hidden."""
    if audits.empty:
        return audits
    decided = _between(audits, "_on", after, by)
    answered = _between(audits, "_answered", after, by)
    known = pd.concat([decided, answered[~answered.index.isin(decided.index)]]).sort_index()
    known = known.astype(object).copy()
    later = np.array([d is None or d > by for d in known["重新上报日期"]], dtype=bool)
    known.loc[later, "重新上报日期"] = None
    return known


def _patch_file(
    out: Path, chunk: pd.DataFrame, year: int, number: int, part: int, place: int
) -> DemoFile:
    form = _PATCH_FORMATS[number % 3]
    stem = f"{place + 1:03d}_下发图斑_{year}年{number}月" + (f"_{part + 1}" if part else "")
    if form == "shp":
        path = out / f"{stem}.zip"
        # west of 121.5° the 40th zone, east of it the 41st: the file takes the one of its middle
        west = np.mean([g.centroid.x for g in chunk["geometry"]]) < 121.5
        files.write_shapefile(chunk, path, 4528 if west else 4529)
    elif form == "gpkg":
        path = out / f"{stem}.gpkg"
        files.write_geopackage(chunk, path)
    else:
        path = out / f"{stem}.geojson"
        files.write_geojson(chunk, path)
    return DemoFile(path, UploadKind.PATCHES, year)


def _acquittals(
    out: Path, parcels: pd.DataFrame, year: int, until: date, written: list[DemoFile]
) -> None:
    """A district asks that some unlawful parcels do not count: they wait for the city (待确认)."""
    known = _between(parcels, "_on", date(year - 1, 12, 31), until)
    if known.empty:
        return
    counting = known[(known["合法性判定"] == "违法") & (known["是否纳入违法计算"] == "是")]
    if counting.empty:
        return
    district = str(counting["_district"].mode()[0])
    asked = counting[counting["_district"] == district]["图斑编号"].unique()[-_ASKED:]
    frame = known[known["图斑编号"].isin(asked)].copy()
    frame.loc[frame["合法性判定"] == "违法", "是否纳入违法计算"] = "否"
    path = out / f"{len(written) + 1:03d}_核查结果_区市补报.xlsx"
    files.write_workbook(visible(frame), path)
    written.append(DemoFile(path, UploadKind.FINDINGS, year, district=district))


def _amendments(out: Path, patches: pd.DataFrame, year: int, written: list[DemoFile]) -> None:
    """Withdrawals, the extension and the move come later, as a small table of their own."""
    changed = patches[
        patches["withdrawn_on"].notna()
        | patches["extended_to"].notna()
        | patches["moved_on"].notna()
    ]
    if changed.empty:
        return
    frame = pd.DataFrame(
        {
            "图斑编号": changed["patch_no"],
            "撤销日期": changed["withdrawn_on"],
            "撤销原因": [("影像误判（演示）" if d else None) for d in changed["withdrawn_on"]],
            "延期至": changed["extended_to"],
            "区市": [
                d if m else None
                for d, m in zip(changed["district"], changed["moved_on"], strict=True)
            ],
            "划转日期": changed["moved_on"],
            "原区市": changed["moved_from"],
        }
    )
    path = out / f"{len(written) + 1:03d}_图斑变更.xlsx"
    files.write_workbook(frame, path)
    written.append(DemoFile(path, UploadKind.PATCHES, year))
