"""What is to be rechecked periodically and when (§4.6; worklists.md, Rechecks)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from data.rules.loader import Rule
from data.scope import Scope
from data.store.columns import NEVER, day_of
from data.store.queries.legality import Judged, judged
from data.store.queries.worklist_frames import to_recheck
from data.triggers.rulebook import rulebook
from data.vocabulary import Legality, OtherCategory, RecheckFinding, RectificationWay
from data.worklists.reopened import last_rechecks

#: Categories of 其他 that are rechecked.
RECHECKED = tuple(c.value for c in OtherCategory if c is not OtherCategory.OTHER)
_RECULTIVATED = RectificationWay.DEMOLITION_RECULTIVATION.value


@dataclass(frozen=True, slots=True)
class RecheckDue:
    """kind: a category of 其他, or demolition_recultivation. start_on: the day on which the outcome
    took effect. due_on: None where nothing is due any more. reopened: the last recheck found a
    change (T13)."""

    year: int
    patch_no: str
    parcel_no: int
    district: str
    kind: str
    start_on: date
    last_on: date | None
    finding: RecheckFinding | None
    approved_until: date | None
    due_on: date | None
    overdue: bool
    reopened: bool
    farmland_mu: float


def rechecks(
    conn: Connection,
    scope: Scope,
    as_of: date,
    district: str | None = None,
    known: Judged | None = None,
) -> list[RecheckDue]:
    """Of all work years, what is due first at the top. known: all years as judged in the scope,
    where they have been read."""
    rule = rulebook(conn)["W1"]
    chosen = scope.narrowed_to(district)
    known = known or judged(conn, chosen, None, as_of, among=to_recheck(RECHECKED, as_of))
    parcels = known.parcels
    day = as_of.toordinal()
    other = (parcels["effective"] == Legality.OTHER.value) & parcels["other_category"].isin(
        RECHECKED
    )
    gone = parcels["eliminated_on"].to_numpy(np.int64) <= day
    recultivated = known.unlawful & gone & (parcels["way"] == _RECULTIVATED).to_numpy()
    parcels = parcels.assign(
        kind=parcels["other_category"].where(other, _RECULTIVATED),
        start_on=np.where(other, parcels["since"], parcels["eliminated_on"]),
    )[other.to_numpy() | recultivated]
    last = last_rechecks(conn, chosen, as_of)
    told = parcels.merge(last, on=["patch_id", "parcel_no"], how="left")
    found = _rows(rule, told, as_of)
    return sorted(found, key=lambda r: (r.due_on or date.max, r.year, r.patch_no, r.parcel_no))


def _rows(rule: Rule, told: pd.DataFrame, as_of: date) -> list[RecheckDue]:
    names = ("year", "patch_no", "parcel_no", "district", "kind", "farmland_mu")
    days = [
        [day_of(d) for d in told[name].fillna(NEVER).astype(np.int64).tolist()]
        for name in ("start_on", "last_on", "approved_until")
    ]
    findings = [RecheckFinding(f) if isinstance(f, str) else None for f in told["finding"]]
    found = []
    for (year, no, parcel, code, kind, mu), start, last, until, finding, changed in zip(
        zip(*(told[name].tolist() for name in names), strict=True),
        *days,
        findings,
        told["changed"].eq(True).tolist(),
        strict=True,
    ):
        assert start is not None
        due = None
        if not changed:
            temporary = kind == OtherCategory.TEMPORARY_LAND.value
            parameters = rule.on(last or start).parameters
            due = rule.predicate(start, last, temporary, until, **parameters)
        overdue = due is not None and as_of > due
        found.append(
            RecheckDue(
                year, no, parcel, code, kind, start, last, finding, until, due, overdue, changed, mu
            )
        )
    return found
