"""Outcomes that did not last: parcels whose last recheck found a change (T13), what staff confirmed
to have come back or revoked, and what a field check found to need rectifying."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy import Connection, or_, select

from data.numbers import whole_number
from data.rules.doubts import DoubtKind, doubt_of
from data.scope import Scope
from data.store.columns import Days, columns_of
from data.store.models import Patch, StaffRecord
from data.store.queries.state import PatchState, day_literal
from data.store.queries.trigger_facts import CHANGED
from data.store.queries.worklist_frames import recheck_frame
from data.vocabulary import RecordKind

_CHANGED = {finding.value for finding in CHANGED}


def last_rechecks(conn: Connection, scope: Scope, day: date) -> pd.DataFrame:
    """The last recheck of each parcel of the patches that count on the day, of all work years:
    patch_id, parcel_no, last_on, finding, changed (it found a change)."""
    told = recheck_frame(conn, scope, None, day)
    last = told.drop_duplicates(["patch_id", "parcel_no"], keep="last")
    last = last.rename(columns={"rechecked_on": "last_on"})
    changed = np.fromiter((f in _CHANGED for f in last["finding"]), np.bool_, len(last))
    return last.assign(changed=changed)


def reopened_by_staff(conn: Connection, day: date) -> pd.DataFrame:
    """year, patch_no, parcel_no (-1: every parcel), reopened_on: earlier patches whose ground staff
    confirmed to have come back, parcels whose certificate was revoked, and those that a confirmed
    field check sent back. Whoever reads: an item is open or not, whatever its reader may see."""
    r, state = StaffRecord, PatchState(Patch, day_literal(day))
    of_parcels = (RecordKind.CERTIFICATE_REVOKED.value, RecordKind.CHECK_REOPENED.value)
    kinds = (RecordKind.DOUBT_CONFIRMED.value, *of_parcels)
    query = (
        select(r.year, Patch.patch_no, r.kind, r.about, r.recorded_on)
        .join(Patch, Patch.id == r.patch_id)
        .where(
            r.kind.in_(kinds),
            r.recorded_on <= day,
            or_(r.withdrawn_on.is_(None), r.withdrawn_on > day),
            or_(r.kind.in_(of_parcels), state.active),
        )
    )
    told = columns_of(conn, query)
    rows = []
    for year, number, kind, about, on in zip(
        *(told[n].tolist() for n in ("year", "patch_no", "kind", "about", "recorded_on")),
        strict=True,
    ):
        if kind in of_parcels:
            rows.append((year, number, int(about), on))
            continue
        doubt = doubt_of(about or "")
        if doubt is None or doubt.kind is not DoubtKind.COMEBACK:
            continue
        doubted_year = whole_number(doubt.one)
        if doubted_year is not None:
            rows.append((doubted_year, doubt.other, -1, on))
    return pd.DataFrame(rows, columns=["year", "patch_no", "parcel_no", "reopened_on"])


def latest_reopening(items: pd.DataFrame, staff: pd.DataFrame) -> Days:
    """Of each item (year, patch_no, parcel_no) the last day of reopened_by_staff; -1 without."""
    latest: dict[tuple[int, str, int], int] = {}
    for *key, on in staff.itertuples(index=False, name=None):
        named = (int(key[0]), str(key[1]), int(key[2]))
        latest[named] = max(on, latest.get(named, -1))
    keys = zip(*(items[n].tolist() for n in ("year", "patch_no", "parcel_no")), strict=True)
    found = (
        [max(latest.get((y, p, n), -1), latest.get((y, p, -1), -1)) for y, p, n in keys]
        if latest
        else [-1] * len(items)
    )
    return np.array(found, dtype=np.int64)
