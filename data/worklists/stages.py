"""Where each patch stands in the monthly audit, and since when (worklists.md, Audit pipeline)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from data.store.columns import NEVER, Days
from data.store.queries.legality import Judged
from data.vocabulary import AuditResult, Term


class Stage(Term):
    """In the order of the contract's table. From REPORTING down the order is also that of how far a
    parcel has come: a patch stands where its least advanced parcel stands."""

    FINAL = "final", "完成"
    PROBLEM = "problem", "问题清单"
    REPORTING = "reporting", "待填报"
    DEEMING = "deeming", "待直接判定"
    PROVINCE_RETURNED = "province_returned", "省级退回"
    CORRECTING = "correcting", "退回待改"
    CITY_AUDIT = "city_audit", "待市级审核"
    FORWARDING = "forwarding", "待上报省厅"
    PROVINCE_AUDIT = "province_audit", "待省级审核"


_PLACE = {stage: at for at, stage in enumerate(Stage)}
_STAGES = np.array([stage.value for stage in Stage], dtype=object)


def rows_of(judged: Judged) -> pd.DataFrame:
    """patch_id, parcel_no: the split, and parcel 0 of a patch without parcels."""
    split = judged.parcels[["patch_id", "parcel_no"]]
    alone = judged.patches["id"][~judged.patches["id"].isin(split["patch_id"])]
    whole = pd.DataFrame({"patch_id": alone, "parcel_no": np.zeros(len(alone), dtype=np.int64)})
    return pd.concat([split, whole], ignore_index=True).astype(np.int64)


def decided(rows: pd.DataFrame, decisions: pd.DataFrame) -> pd.DataFrame:
    """The decisions that concern each row, own ones and those on the whole patch, with `row`: in
    the order in which they count, the last one last."""
    places = rows.assign(row=np.arange(len(rows), dtype=np.int64))
    whole = decisions[decisions["parcel_no"] == 0].drop(columns="parcel_no")
    single = decisions[decisions["parcel_no"] != 0]
    parts = [
        whole.merge(places, on="patch_id").assign(own=0),
        single.merge(places, on=["patch_id", "parcel_no"]).assign(own=1),
    ]
    both = pd.concat([p for p in parts if len(p)] or parts[:1], ignore_index=True)
    return both.sort_values(
        ["row", "decided_on", "level_rank", "passed", "own"], ignore_index=True, kind="stable"
    )


def final_since(rows: pd.DataFrame, concerning: pd.DataFrame) -> pd.Series:
    """Patch → the day from which on it has been final without a break (figures.md); only those
    that are."""
    provincial = concerning[concerning["level_rank"] >= 2]
    passed = provincial["passed"].to_numpy(bool)
    row = provincial["row"].to_numpy(np.int64)
    day = provincial["decided_on"].to_numpy(np.int64)
    ends_day = np.ones(len(row), dtype=bool)  # what stands at the end of its day
    ends_day[:-1] = (row[1:] != row[:-1]) | (day[1:] != day[:-1])
    row, day, passed = row[ends_day], day[ends_day], passed[ends_day]
    last = np.ones(len(row), dtype=bool)
    last[:-1] = row[1:] != row[:-1]
    begins = np.ones(len(row), dtype=bool)  # a pass after nothing or after a return
    begins[1:] = (row[1:] != row[:-1]) | ~passed[:-1]
    begun = pd.Series(np.where(begins & passed, day, -1)).groupby(row).max()
    since = np.full(len(rows), NEVER, dtype=np.int64)
    passing = row[last & passed]
    since[passing] = begun.loc[passing].to_numpy(np.int64)
    of_patch = pd.Series(since).groupby(rows["patch_id"].to_numpy()).max()
    return of_patch[of_patch < NEVER]


def stages_of(judged: Judged, problems: pd.DataFrame, deeming: Mapping[int, date], on: date
              ) -> pd.DataFrame:  # fmt: skip
    """judged.patches with `stage` and `since` (ordinal).

    problems: problem_frame. deeming: patches that T7 proposes and nobody has answered, since when.
    """
    patches, day = judged.patches, on.toordinal()
    ids = patches["id"].to_numpy(np.int64)
    rows = rows_of(judged)
    concerning = decided(rows, judged.decisions)
    place, since = _of_rows(rows, concerning, patches, day)
    by_patch = pd.DataFrame({"patch_id": rows["patch_id"], "place": place, "since": since})
    # the least advanced, of these the one that waits longest
    least = by_patch.sort_values(["place", "since"], kind="stable").drop_duplicates("patch_id")
    least = least.set_index("patch_id").reindex(ids)
    stage = least["place"].to_numpy(np.int64, copy=True)
    from_on = least["since"].to_numpy(np.int64, copy=True)

    def put(which: pd.Series, name: Stage) -> None:
        told = which.reindex(ids).to_numpy(np.float64)
        known = ~np.isnan(told)
        stage[known] = _PLACE[name]
        from_on[known] = told[known].astype(np.int64)

    proposed = {patch_id: begun.toordinal() for patch_id, begun in deeming.items()}
    put(pd.Series(proposed, dtype=np.float64), Stage.DEEMING)
    waiting = patches["reported_on"].to_numpy(np.int64) > day
    stage[waiting] = _PLACE[Stage.REPORTING]
    from_on[waiting] = patches["issued_on"].to_numpy(np.int64)[waiting]
    listed = problems[problems["written_off_on"] > day]
    put(listed.groupby("patch_id")["listed_on"].min(), Stage.PROBLEM)
    put(final_since(rows, concerning), Stage.FINAL)
    return patches.assign(stage=_STAGES[stage], since=from_on)


def _of_rows(
    rows: pd.DataFrame, concerning: pd.DataFrame, patches: pd.DataFrame, day: int
) -> tuple[Days, Days]:
    """(place of the stage, since) of each row by its last decision: PROVINCE_RETURNED down."""
    own = patches.set_index("id")[["reported_on", "forwarded_on"]]
    own = own.reindex(rows["patch_id"]).reset_index(drop=True)
    place = np.full(len(rows), _PLACE[Stage.CITY_AUDIT], dtype=np.int64)
    since = own["reported_on"].to_numpy(np.int64).copy()
    last = concerning.drop_duplicates("row", keep="last")
    at = last["row"].to_numpy(np.int64)
    decided_on = last["decided_on"].to_numpy(np.int64)
    answered_on = last["resubmitted_on"].to_numpy(np.int64)
    forwarded_on = own["forwarded_on"].to_numpy(np.int64)[at]
    returned = last["result"].to_numpy() == AuditResult.RETURNED.value
    by_city = last["level_rank"].to_numpy(np.int64) == 1
    answered, forwarded = answered_on <= day, forwarded_on <= day
    cases = (
        (returned & ~answered & ~by_city, Stage.PROVINCE_RETURNED, decided_on),
        (returned & ~answered & by_city, Stage.CORRECTING, decided_on),
        (returned & answered & by_city, Stage.CITY_AUDIT, answered_on),
        (returned & answered & ~by_city, Stage.PROVINCE_AUDIT, answered_on),
        (~returned & by_city & ~forwarded, Stage.FORWARDING, decided_on),
        (~returned & by_city & forwarded, Stage.PROVINCE_AUDIT, forwarded_on),
        # passed by the province: other parcels still wait, whose day counts before this one's
        (~returned & ~by_city, Stage.PROVINCE_AUDIT, decided_on + NEVER),
    )
    for which, stage, begun in cases:
        place[at[which]] = _PLACE[stage]
        since[at[which]] = begun[which]
    return place, since
