"""The effective legality of many parcels over time, from columns (figures.md "per parcel").

What queries/state.py says in SQL of one day, here for all days of all parcels at once: since when
it is what it is, and what it was on another day. A test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import Connection

from data.scope import Scope
from data.store.columns import NEVER, Days
from data.store.queries.worklist_frames import (
    Among,
    case_frame,
    decision_frame,
    parcel_frame,
    patch_frame,
)
from data.vocabulary import Legality

_CASE_COLUMNS = (
    "filed_on", "way", "eliminated_on", "accepted_on", "certificate_no", "planned_on",
    "responsible_unit",
)  # fmt: skip
#: More days than any calendar has: row and day in one number.
_SPAN = 2 * NEVER


@dataclass(frozen=True, slots=True)
class Runs:
    """Stretches of one legality, by row and day. row: place in the frame of parcels; since: the
    first day (ordinal); legality: until the next stretch of the row. Before its first, a parcel is
    pending."""

    row: Days
    since: Days
    legality: npt.NDArray[Any]

    def at(self, rows: Days, days: Days) -> tuple[npt.NDArray[Any], Days]:
        """Of each row on its day: the legality, and since when (NEVER while pending)."""
        keys = self.row * _SPAN + self.since
        place = np.searchsorted(keys, rows * _SPAN + days, side="right") - 1
        known = place >= 0
        known[known] = self.row[place[known]] == rows[known]
        legality = np.full(len(rows), Legality.PENDING.value, dtype=object)
        since = np.full(len(rows), NEVER, dtype=np.int64)
        legality[known] = self.legality[place[known]]
        since[known] = self.since[place[known]]
        return legality, since


def runs_of(parcels: pd.DataFrame, patches: pd.DataFrame, decisions: pd.DataFrame) -> Runs:
    """parcels: parcel_frame, and rows of parcel 0 whose legality is None; its index counts from 0.
    decisions: those that count."""
    row = np.arange(len(parcels), dtype=np.int64)
    reported = patches.set_index("id")["reported_on"].reindex(parcels["patch_id"]).to_numpy()
    own = parcels["reported_on"].to_numpy()
    inherited = np.where(parcels["is_founding"].to_numpy(dtype=bool), NEVER, reported)
    county_on = np.where(own < NEVER, own, inherited)
    judged = (county_on < NEVER) & parcels["legality"].notna().to_numpy()
    events = [
        pd.DataFrame(
            {
                "row": row[judged],
                "on": county_on[judged],
                "rank": 0,
                "own": 0,
                "passed": False,
                "legality": parcels["legality"].to_numpy()[judged],
            }
        )
    ]
    speaking = decisions[decisions["determination"].notna()]
    places = parcels[["patch_id", "parcel_no"]].assign(row=row)
    whole = speaking[speaking["parcel_no"] == 0].drop(columns="parcel_no")
    single = speaking[speaking["parcel_no"] != 0]
    for own_flag, merged in (
        (0, whole.merge(places, on="patch_id")),
        (1, single.merge(places, on=["patch_id", "parcel_no"])),
    ):
        events.append(
            pd.DataFrame(
                {
                    "row": merged["row"],
                    "on": merged["decided_on"],
                    "rank": merged["level_rank"],
                    "own": own_flag,
                    "passed": merged["passed"],
                    "legality": merged["determination"],
                }
            )
        )
    told = pd.concat([e for e in events if len(e)] or events[:1], ignore_index=True)
    told = told.sort_values(["row", "on", "rank", "own", "passed"], kind="stable")
    height = told["row"].to_numpy(np.int64) * 8 + told["rank"].to_numpy(np.int64)
    told = told[np.maximum.accumulate(height) == height] if len(told) else told
    told = told.drop_duplicates(["row", "on"], keep="last")
    at, legality = told["row"].to_numpy(np.int64), told["legality"].to_numpy(object)
    changed = np.ones(len(told), dtype=bool)
    changed[1:] = (at[1:] != at[:-1]) | (legality[1:] != legality[:-1])
    return Runs(at[changed], told["on"].to_numpy(np.int64)[changed], legality[changed])


@dataclass(frozen=True, slots=True)
class Judged:
    """patches, decisions: as the frames have them. parcels: the split, and parcel 0 of the patches
    that a decision alone determines, with what was done about each (case_frame), `effective` on the
    day and `since` when."""

    patches: pd.DataFrame
    parcels: pd.DataFrame
    decisions: pd.DataFrame
    runs: Runs

    @property
    def unlawful(self) -> npt.NDArray[np.bool_]:
        return np.asarray(self.parcels["effective"] == Legality.UNLAWFUL.value, dtype=bool)


def judged(
    conn: Connection,
    scope: Scope,
    year: int | None,
    day: date,
    ids: Sequence[int] | None = None,
    among: Among = None,
) -> Judged:
    """All parcels of the patches that count on the day (of a work year, or of all) with their
    effective legality. ids: of these patches, whether they count or not. among: of no others than
    these, so that a list reads what it can show and not the whole store."""
    which = (scope, year, day, ids, among)
    patches, decisions = patch_frame(conn, *which), decision_frame(conn, *which)
    split, cases = parcel_frame(conn, *which), case_frame(conn, *which)
    parcels = _with_cases(_with_determined(split, patches, decisions), split, cases)
    runs = runs_of(parcels, patches, decisions)
    rows = np.arange(len(parcels), dtype=np.int64)
    effective, since = runs.at(rows, np.full(len(rows), day.toordinal(), dtype=np.int64))
    parcels = parcels.assign(effective=effective, since=since)
    own = patches.set_index("id")[["year", "patch_no", "district", "domain", "clearance_month"]]
    parcels = parcels.join(own, on="patch_id")
    return Judged(patches, parcels, decisions, runs)


def _with_determined(
    split: pd.DataFrame, patches: pd.DataFrame, decisions: pd.DataFrame
) -> pd.DataFrame:
    """The split and parcel 0 of patches without any that a decision on the whole determines."""
    whole = decisions[(decisions["parcel_no"] == 0) & decisions["determination"].notna()]
    alone = patches[patches["id"].isin(whole["patch_id"]) & ~patches["id"].isin(split["patch_id"])]
    areas = ("area_mu", "farmland_mu", "basic_farmland_mu", "redline_mu")
    virtual = pd.DataFrame(
        {
            "patch_id": alone["id"],
            "parcel_no": 0,
            "legality": None,
            "other_category": None,
            **{name: alone[name] for name in areas},
            "reported_on": NEVER,
            "is_founding": True,
            "approved_until": NEVER,
        }
    )
    if not len(virtual):
        return split.reset_index(drop=True)
    if not len(split):
        return virtual.reset_index(drop=True)
    return pd.concat([split, virtual], ignore_index=True)


def _with_cases(parcels: pd.DataFrame, split: pd.DataFrame, cases: pd.DataFrame) -> pd.DataFrame:
    """A case of a patch without parcels is written on parcel 0, or on the default 1."""
    unsplit = ~cases["patch_id"].isin(split["patch_id"])
    of_zero = cases[unsplit & (cases["parcel_no"] <= 1)].drop_duplicates("patch_id").copy()
    of_zero["parcel_no"] = 0
    both = pd.concat([c for c in (cases[~unsplit], of_zero) if len(c)] or [cases])
    merged = parcels.merge(
        both[["patch_id", "parcel_no", *_CASE_COLUMNS]], on=["patch_id", "parcel_no"], how="left"
    )
    for name in _CASE_COLUMNS:
        if name.endswith("_on"):
            merged[name] = merged[name].fillna(NEVER).astype(np.int64)
        else:
            merged[name] = merged[name].astype(object).where(merged[name].notna(), None)
    return merged


def filled(values: pd.Series) -> npt.NDArray[np.bool_]:
    """Where a text has been filled in."""
    return np.fromiter((bool(value) for value in values), np.bool_, len(values))
