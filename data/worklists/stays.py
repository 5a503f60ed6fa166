"""How long patches stayed where they waited: the finished stays, and apart from them the open ones
(worklists.md, Audit pipeline). Stays are those of a patch: what befell several of its parcels on
one day is one event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from statistics import median

import numpy as np
import pandas as pd

from data.store.columns import NEVER, Days, day_of
from data.vocabulary import AuditResult, Term
from data.worklists.workdays import workdays_between


class Stay(Term):
    COUNTY = "county", "区市填报"
    CITY = "city", "市级审核"
    CORRECTION = "correction", "退回改正"
    PROVINCE = "province", "省级审核"


@dataclass(frozen=True, slots=True)
class StaySummary:
    """finished: ended by the day, with the median of their workdays (of an even number the mean of
    the middle two; None without any). open: not ended, and since when the oldest."""

    finished: int
    median_workdays: float | None
    open: int
    oldest_since: date | None


_Span = tuple[int, int, int]


def stays_of(patches: pd.DataFrame, decisions: pd.DataFrame, day: int) -> pd.DataFrame:
    """patch_id, stay, start_on, end_on (NEVER: still open on the day), workdays of finished ones.

    decisions: by the day, of these patches, in the order in which they count.
    """
    spans: list[tuple[str, Days]] = []
    ids = patches["id"].to_numpy(np.int64)
    issued, reported = (patches[n].to_numpy(np.int64) for n in ("issued_on", "reported_on"))
    ended = np.where(reported <= day, reported, NEVER)
    spans.append((Stay.COUNTY.value, np.column_stack([ids, issued, ended])))
    answered = decisions[decisions["result"] == AuditResult.RETURNED.value]
    returned = np.column_stack(
        [
            answered["patch_id"],
            answered["decided_on"],
            np.where(answered["resubmitted_on"] <= day, answered["resubmitted_on"], NEVER),
        ]
    ).astype(np.int64)
    last = decisions.groupby("patch_id")["decided_on"].max().reindex(answered["patch_id"])
    is_over = (returned[:, 2] >= NEVER) & (returned[:, 1] < last.to_numpy(np.float64))
    spans.append((Stay.CORRECTION.value, np.unique(returned[~is_over], axis=0)))
    reported_on = dict(zip(ids.tolist(), ended.tolist(), strict=True))
    forwarded_on = dict(zip(ids.tolist(), patches["forwarded_on"].tolist(), strict=True))
    city, province = [], []
    for patch_id, own in _grouped(decisions):
        city += _city(patch_id, own, reported_on[patch_id], day)
        province += _province(patch_id, own, forwarded_on[patch_id], day)
    with_decisions = set(decisions["patch_id"].tolist())
    city += [(i, on, NEVER) for i, on in reported_on.items()
             if on < NEVER and i not in with_decisions]  # fmt: skip
    for stay, found in ((Stay.CITY, city), (Stay.PROVINCE, province)):
        spans.append((stay.value, np.array(found, dtype=np.int64).reshape(-1, 3)))
    frame = pd.DataFrame(
        np.concatenate([span for _, span in spans]), columns=["patch_id", "start_on", "end_on"]
    )
    frame["stay"] = np.repeat([name for name, _ in spans], [len(span) for _, span in spans])
    finished = (frame["end_on"] < NEVER).to_numpy()
    workdays = np.full(len(frame), -1, dtype=np.int64)
    workdays[finished] = workdays_between(
        frame["start_on"].to_numpy(np.int64)[finished], frame["end_on"].to_numpy(np.int64)[finished]
    )
    return frame.assign(workdays=workdays)


@dataclass(frozen=True, slots=True)
class _Decision:
    rank: int
    on: int
    passed: bool
    answered_on: int


def _grouped(decisions: pd.DataFrame) -> Iterator[tuple[int, list[_Decision]]]:
    names = ("patch_id", "level_rank", "decided_on", "passed", "resubmitted_on")
    current: int | None = None
    own: list[_Decision] = []
    for patch_id, *told in zip(*(decisions[n].tolist() for n in names), strict=True):
        if patch_id != current and current is not None:
            yield current, own
            own = []
        current = patch_id
        own.append(_Decision(*told))
    if current is not None:
        yield current, own


def _city(patch_id: int, decisions: list[_Decision], reported_on: int, day: int) -> list[_Span]:
    """From the report, and from every answer to a 市级 退回, to the next 市级 decision: one that
    comes after the return that was answered."""
    city = [d for d in decisions if d.rank == 1]
    starts = {(reported_on, -1)} if reported_on < NEVER else set()
    starts |= {(d.answered_on, d.on) for d in city if not d.passed and d.answered_on <= day}
    spans = set()
    for start, returned_on in starts:
        later = (
            d.on
            for d in city
            if d.on >= start and (d.on > returned_on or (d.on == returned_on and d.passed))
        )
        spans.add((patch_id, start, next(later, NEVER)))
    return sorted(spans)


def _province(patch_id: int, decisions: list[_Decision], forwarded_on: int, day: int
              ) -> list[_Span]:  # fmt: skip
    """From 上报省厅, where nobody wrote that down from every 市级 通过, to the next provincial
    decision."""
    provincial = [d.on for d in decisions if d.rank >= 2]
    forwarded = forwarded_on <= day
    starts = {forwarded_on} if forwarded else {d.on for d in decisions if d.rank == 1 and d.passed}
    spans = (
        (patch_id, start, next((on for on in provincial if on >= start), NEVER)) for start in starts
    )
    # what has only been passed by the city is not with the province yet
    return sorted(span for span in spans if forwarded or span[2] < NEVER)


def summaries(stays: pd.DataFrame) -> Mapping[Stay, StaySummary]:
    found = {}
    for stay in Stay:
        own = stays[stays["stay"].to_numpy() == stay.value]
        open_ = own["end_on"].to_numpy(np.int64) >= NEVER
        took = own["workdays"].to_numpy(np.int64)[~open_]
        oldest = day_of(int(own["start_on"].to_numpy(np.int64)[open_].min(initial=NEVER)))
        middle = float(median(took.tolist())) if len(took) else None
        found[stay] = StaySummary(len(took), middle, int(open_.sum()), oldest)
    return found
