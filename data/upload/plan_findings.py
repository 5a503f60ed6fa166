"""Findings: a file's rows of a patch are its complete split, and decide when it was reported."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import select

from data.store.models import Parcel, Patch
from data.store.reporting import settle_reports
from data.store.writing import TableChange
from data.upload import checks
from data.upload.mapping import REASON_HEADER
from data.upload.merging import differing
from data.upload.plan import (
    Compared,
    Context,
    Plan,
    attach_patches,
    compare,
    note_changes,
    require_keys,
    resolve_years,
    table_change,
    with_claims,
)
from data.upload.prepare import Prepared
from data.upload.schemas import FINDINGS, PARTS
from data.upload.stored import Key
from data.vocabulary import Domain, UploadKind

_CHUNK = 900
_PART_ONLY = (
    f"文件带有“{REASON_HEADER}”列，按退回表处理：库中已有而文件里没有的地块不终止。"
    "文件若是图斑的完整拆分，请删去这一列后重新上传。"
)


def plan_findings(context: Context, prepared: Prepared) -> Plan:
    plan = Plan(prepared)
    resolve_years(prepared, UploadKind.FINDINGS)
    require_keys(prepared, FINDINGS)
    prepared.reject_where(
        prepared.rows["parcel_no"] == 0, "parcel_no", "地块序号从 1 开始；0 只用于整个图斑的审核。"
    )
    patches = attach_patches(context, prepared)
    compared = compare(context, prepared, FINDINGS)
    with_claims(context, plan, FINDINGS, compared)
    _check(context, prepared, compared, patches)
    _settle(context, plan, compared, patches)
    return plan


def _check(context: Context, prepared: Prepared, compared: Compared, patches: pd.DataFrame) -> None:
    after = compared.after
    stored = compared.stored
    taken = {key[0] for key in stored.ids.keys() - stored.ended - set(compared.keys)}
    _default_area(prepared, after, patches, taken)
    checks.required(prepared, after, ["legality", "area_mu"])
    checks.basic_within_farmland(prepared, after, "basic_farmland_mu", "farmland_mu")
    _compare_units(prepared, after, patches)
    checks.parts_within_whole(prepared, after, PARTS)
    checks.six_questions(prepared, after)
    domains = patches["domain"].reindex(after["patch_id"]).to_numpy(dtype=object)
    checks.minerals_say_how(prepared, after, domains == Domain.MINERAL.value)
    issued = patches["issued_on"].reindex(after["patch_id"])
    checks.reported_after_issue(prepared, after, issued)
    checks.future_dates(prepared, FINDINGS, after, context.today)


def _default_area(
    prepared: Prepared, after: pd.DataFrame, patches: pd.DataFrame, taken: set[Any]
) -> None:
    """One parcel: its area is the patch's where the file gives none. taken: patches that have
    parcels which the file does not name."""
    counts = prepared.rows["patch_id"].value_counts()
    alone = counts.reindex(after["patch_id"]).to_numpy() == 1
    if prepared.is_returned:  # its other parcels went in before
        alone &= np.array([p not in taken for p in after["patch_id"]], dtype=bool)
    empty = after["area_mu"].isna().to_numpy()
    fill = alone & empty
    area = patches["area_mu"].reindex(after["patch_id"]).to_numpy(dtype=object)
    after["area_mu"] = np.where(fill, area, after["area_mu"].to_numpy(dtype=object))


def _compare_units(prepared: Prepared, after: pd.DataFrame, patches: pd.DataFrame) -> None:
    """The parcels of a patch together are the patch, or a part: not 15 or 666.67 times it."""
    if after.empty:
        return
    areas = ["area_mu", *(n for n in PARTS if n in after)]
    numbers = after[areas].apply(pd.to_numeric, errors="coerce")
    sums = numbers.groupby(after["patch_id"].to_numpy()).sum(min_count=1)
    first = pd.Series(after.index, index=after["patch_id"].to_numpy())
    first = first[~first.index.duplicated()]
    whole = patches["geom_area_mu"].fillna(patches["area_mu"]).reindex(sums.index)
    sums.index = pd.Index(first.reindex(sums.index).to_numpy())
    measured = pd.to_numeric(whole, errors="coerce").to_numpy(dtype=float)
    checks.units_beside(prepared, sums, measured, "area_mu", areas[1:])


def _settle(context: Context, plan: Plan, compared: Compared, patches: pd.DataFrame) -> None:
    """Work on whole patches: every parcel they had and have, then compare."""
    prepared = plan.prepared
    sound = prepared.sound()
    rows = prepared.rows
    with_errors = {rows["patch_id"].iat[i] for i in prepared.errors} - {None}
    keep = np.array([sound[i] for i in compared.at], dtype=bool)
    changed_rows = compared.after[keep]
    touched = {int(i) for i in changed_rows["patch_id"]}
    gone = _left_out(prepared, compared, with_errors)
    touched |= {int(str(patch_id)) for patch_id, _ in gone}

    with_parcels = {int(str(patch_id)) for patch_id, _ in compared.stored.ids}
    stored = _parcels_of(context, sorted(touched & with_parcels))
    by_patch = stored.groupby("patch_id").groups if len(stored) else {}
    is_gone = [k in gone for k in zip(stored["patch_id"], stored["parcel_no"], strict=True)]
    ending = [int(i) for i in np.flatnonzero(is_gone)]  # positions in `stored`

    if plan.claims is not None:
        parcels = stored.loc[ending, ["patch_id", "parcel_no"]].itertuples(index=False)
        plan.claims.leave_out((int(p), int(n)) for p, n in parcels)

    before = stored.loc[[i for p in sorted(touched) if p in by_patch for i in by_patch[p]]]
    after = before.copy()
    after.loc[after.index.intersection(ending), "ended"] = True
    overlay = changed_rows.copy()
    overlay["ended"] = False
    overlay["is_founding"] = [v if v is not None else False for v in overlay["is_founding"]]
    position = {
        (p, n): i
        for i, p, n in zip(after.index, after["patch_id"], after["parcel_no"], strict=True)
    }
    names = [c for c in overlay.columns if c not in ("id", "is_founding")]
    known = [position.get(k) for k in zip(overlay["patch_id"], overlay["parcel_no"], strict=True)]
    exists = np.array([k is not None for k in known], dtype=bool)
    at = [k for k in known if k is not None]
    if at:
        after.loc[at, names] = overlay.loc[exists, names].to_numpy(dtype=object)
    new = overlay[~exists].reset_index(drop=True)
    together = pd.concat([after, new], ignore_index=True).astype(object)
    together = together.where(together.notna(), None)
    if together.empty:
        plan.unchanged += len(compared.same) + int(exists.sum())
        return
    founding, reported = settle_reports(together)
    together["is_founding"] = founding.to_numpy()
    old = together.iloc[: len(after)]
    was = before.reset_index(drop=True)
    columns = [c for c in together.columns if c not in ("id", "batch_id")]
    compared_columns = [c for c in columns if c != "source_hash"]
    differs = differing(was, old, compared_columns, np.ones(len(old), dtype=bool))
    fresh = np.zeros(len(together), dtype=bool)
    fresh[len(after) :] = True
    plan.changes.append(_parcel_change(was, together, fresh, differs, columns))
    _patch_dates(plan, patches, reported)
    _count(plan, compared, exists, at, after.index, differs, ending, new)
    checks.parcels_within_patch(
        prepared,
        _labelled(together, prepared),
        {int(i): float(a) for i, a in patches["area_mu"].items()},
    )
    note_changes(plan, FINDINGS, was[differs], old[differs])
    plan.ended_keys = [
        f"{patches['patch_no'].loc[stored.at[i, 'patch_id']]} {stored.at[i, 'parcel_no']}"
        for i in ending
    ]


def _left_out(prepared: Prepared, compared: Compared, with_errors: set[int]) -> set[Key]:
    """(patch, parcel) of stored parcels that the new splits of their patches leave out. A returned
    workbook holds a part of each split; its slip says what the whole was."""
    sound = prepared.sound()
    named = {compared.keys[i] for i in np.flatnonzero(sound)}
    split = {patch_id for patch_id, _ in named}
    if prepared.is_returned:
        wholes = _wholes(prepared)
        alive = compared.stored.ids.keys() - compared.stored.ended
        if any(key[0] in split - wholes.keys() for key in alive - named):
            prepared.notes.append(_PART_ONLY)
        split &= wholes.keys()
        named |= {(patch_id, number) for patch_id in split for number in wholes[patch_id]}
    absent = {
        key for key in compared.stored.ids.keys() - named - compared.stored.ended if key[0] in split
    }
    kept = {patch_id for patch_id, _ in absent} & with_errors
    if kept:
        first: dict[Any, int] = {}
        for index, patch_id in enumerate(prepared.rows["patch_id"]):
            first.setdefault(patch_id, index)
        sentence = "本图斑有被退回的行，文件里缺少的地块暂不终止；改正后重新上传。"
        for patch_id in sorted(kept, key=lambda one: first[one]):
            prepared.warn(first[patch_id], "parcel_no", sentence)
    return {key for key in absent if key[0] not in kept}


def _wholes(prepared: Prepared) -> dict[Any, list[int]]:
    """patch → every parcel number that the file had whose rows came back."""
    columns = (prepared.rows[name] for name in ("year", "patch_no", "patch_id"))
    found = {
        patch_id: prepared.splits.get(f"{year}/{number}")
        for year, number, patch_id in zip(*columns, strict=True)
    }
    return {patch_id: numbers for patch_id, numbers in found.items() if numbers}


def _parcels_of(context: Context, patch_ids: list[int]) -> pd.DataFrame:
    """Every parcel, ended too, of the patches."""
    table = Parcel.__table__
    names = [c.name for c in table.columns]
    found: list[Any] = []
    for start in range(0, len(patch_ids), _CHUNK):
        query = select(table).where(table.c.patch_id.in_(patch_ids[start : start + _CHUNK]))
        found += context.conn.execute(query).all()
    return pd.DataFrame([tuple(r) for r in found], columns=names, dtype=object)


def _parcel_change(
    was: pd.DataFrame, together: pd.DataFrame, fresh: Any, differs: Any, columns: list[str]
) -> TableChange:
    old = together.iloc[: len(was)].reset_index(drop=True)
    change = table_change(
        Parcel, was[["id", *columns]], old[columns], np.zeros(len(was), bool), differs
    )
    change.inserts = together.loc[fresh, columns].reset_index(drop=True)
    return change


def _patch_dates(plan: Plan, patches: pd.DataFrame, reported: pd.Series) -> None:
    """Move patch.reported_on where it differs."""
    of = patches.loc[list(reported.index)]
    now = reported.to_numpy(dtype=object)
    differs = np.array([a != b for a, b in zip(of["reported_on"], now, strict=True)], dtype=bool)
    if not differs.any():
        return
    names = ["id", "year", "patch_no", "reported_on"]
    before = of.loc[differs, names].reset_index(drop=True)
    after = before.copy()
    after["reported_on"] = now[differs]
    plan.changes.append(TableChange(Patch, updates_before=before, updates_after=after))


def _count(
    plan: Plan,
    compared: Compared,
    exists: Any,
    at: list[Any],
    index: Any,
    differs: Any,
    ending: list[int],
    new: pd.DataFrame,
) -> None:
    changed = {label for label, d in zip(index, differs, strict=True) if d}
    updated = sum(1 for label in at if label in changed)
    plan.inserted += len(new)
    plan.updated += updated
    plan.unchanged += len(compared.same) + len(at) - updated
    plan.ended += len(ending)
    sound = plan.prepared.sound()
    keep = np.array([sound[i] for i in compared.at], dtype=bool)
    places = [i for i, k in zip(compared.at, keep, strict=True) if k]
    plan.new_rows += [i for i, e in zip(places, exists, strict=True) if not e]


def _labelled(together: pd.DataFrame, prepared: Prepared) -> pd.DataFrame:
    """Active parcels, labelled with the first row of the file that names their patch."""
    active = together[~together["ended"].astype(bool)].copy()
    rows = prepared.rows
    first = pd.Series(np.arange(len(rows)), index=rows["patch_id"].to_numpy(dtype=object))
    first = first[~first.index.duplicated()]
    active.index = pd.Index(first.reindex(active["patch_id"]).to_numpy())
    return active
