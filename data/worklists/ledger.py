"""The rectification ledger since 2018 on a day (worklists.md, Ledger): its uploaded rows and every
unlawful land parcel with farmland of every work year, one item a parcel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import Connection

from data.scope import Scope
from data.store.columns import NEVER, Days, day_of
from data.store.queries.legality import Judged, filled, judged
from data.store.queries.stamp import districts
from data.store.queries.trigger_facts import said_unlawful
from data.store.queries.worklist_frames import ledger_frame
from data.vocabulary import Domain, RectificationWay, Term
from data.worklists.reopened import last_rechecks, latest_reopening, reopened_by_staff

Flags = npt.NDArray[np.bool_]
_KEY = ["year", "patch_no", "parcel_no"]
_RECULTIVATED = RectificationWay.DEMOLITION_RECULTIVATION.value
#: What a ledger row fills where the store's own parcel lacks it.
_FILLED_DAYS = ("eliminated_on", "accepted_on")
_FILLED_WORDS = ("way", "certificate_no")


class LedgerState(Term):
    """In the order of the contract: the first that fits."""

    WRITTEN_OFF = "written_off", "已销号"
    TO_WRITE_OFF = "to_write_off", "待销号"
    TO_CERTIFY = "to_certify", "待出证"
    TO_ACCEPT = "to_accept", "待验收"
    OPEN = "open", "未整改"


@dataclass(frozen=True, slots=True)
class LedgerItem:
    """overdue: open after its 整改期限. unproven: written off without a day or certificate that its
    way asks for. reopened_on: the day from which it is open again, until it is written off anew.
    in_ledger: an uploaded ledger row speaks of it."""

    year: int
    patch_no: str
    parcel_no: int
    district: str
    farmland_mu: float
    basic_farmland_mu: float
    way: str | None
    deadline_on: date | None
    planned_on: date | None
    eliminated_on: date | None
    accepted_on: date | None
    certificate_no: str | None
    written_off_on: date | None
    state: LedgerState
    overdue: bool
    unproven: bool
    reopened_on: date | None
    in_ledger: bool


@dataclass(frozen=True, slots=True)
class LedgerSum:
    items: int = 0
    farmland_mu: float = 0.0
    basic_farmland_mu: float = 0.0


@dataclass(frozen=True, slots=True)
class LedgerYear:
    """A year of origin in a district."""

    year: int
    district: str
    total: LedgerSum
    states: Mapping[LedgerState, LedgerSum]
    ways: Mapping[str, LedgerSum]
    overdue: int
    unproven: int


@dataclass(frozen=True, slots=True)
class Ledger:
    as_of: date
    years: tuple[LedgerYear, ...]
    items: tuple[LedgerItem, ...]


def ledger(
    conn: Connection,
    scope: Scope,
    as_of: date,
    district: str | None = None,
    known: Judged | None = None,
) -> Ledger:
    """By year of origin, the bureau's order of districts and number. known: all years as judged in
    the scope, where they have been read."""
    chosen = scope.narrowed_to(district)
    units = {unit.code: at for at, unit in enumerate(districts(conn))}
    known = known or judged(conn, chosen, None, as_of, among=said_unlawful())
    items = _standing(_items(conn, chosen, as_of, known), as_of.toordinal())
    items["place"] = [units.get(code, len(units)) for code in items["district"]]
    items = items.sort_values(["year", "place", "district", "patch_no", "parcel_no"],
                              ignore_index=True)  # fmt: skip
    years = tuple(
        _year(int(year), str(code), own)
        for (year, _, code), own in items.groupby(["year", "place", "district"])
    )
    return Ledger(as_of, years, tuple(_rows(items)))


def _items(conn: Connection, scope: Scope, as_of: date, known: Judged) -> pd.DataFrame:
    """One row an item, the days as they are known. `row_off` is the 销号日期 of a ledger row."""
    parcels = known.parcels[
        known.unlawful
        & (known.parcels["domain"] == Domain.LAND.value).to_numpy()
        & (known.parcels["farmland_mu"].to_numpy(np.float64) > 0)
    ]
    again = last_rechecks(conn, scope, as_of)
    again = again[again["changed"].to_numpy(bool)]
    parcels = parcels.merge(
        again[["patch_id", "parcel_no", "last_on"]].rename(columns={"last_on": "reopened_on"}),
        on=["patch_id", "parcel_no"],
        how="left",
    )
    rows = ledger_frame(conn, scope).assign(in_ledger=True)
    stored = parcels.assign(in_store=True)
    # a row of a patch without parcels is written on parcel 0, or on the default 1
    zero = set(zip(stored["year"], stored["patch_no"], strict=True)) if len(stored) else set()
    without = stored.loc[stored["parcel_no"] == 0, ["year", "patch_no"]]
    unsplit = set(map(tuple, without.to_numpy().tolist())) & zero
    of_zero = [
        no <= 1 and (year, patch_no) in unsplit
        for year, patch_no, no in zip(*(rows[name] for name in _KEY), strict=True)
    ]
    rows["parcel_no"] = np.where(np.array(of_zero, dtype=bool), 0, rows["parcel_no"])
    rows = rows.drop_duplicates(_KEY)
    names = ["district", "farmland_mu", "basic_farmland_mu", *_FILLED_DAYS, *_FILLED_WORDS]
    both = stored[[*_KEY, *names, "planned_on", "reopened_on", "in_store"]].merge(
        rows[[*_KEY, *names, "deadline_on", "written_off_on", "in_ledger"]],
        on=_KEY,
        how="outer",
        suffixes=("", "_row"),
    )
    in_store = both["in_store"].eq(True).to_numpy()
    items = both[_KEY].copy()
    items["in_store"], items["in_ledger"] = in_store, both["in_ledger"].eq(True).to_numpy()
    for name in ("district", "farmland_mu", "basic_farmland_mu"):
        items[name] = both[name].where(in_store, both[f"{name}_row"])
    for name in _FILLED_DAYS:
        own, told = (_days(both[n]) for n in (name, f"{name}_row"))
        items[name] = np.where(own < NEVER, own, told)
    for name in _FILLED_WORDS:
        has = filled(both[name].where(both[name].notna(), None))
        items[name] = _words(both[name].where(has, both[f"{name}_row"]))
    for name in ("planned_on", "deadline_on", "written_off_on", "reopened_on"):
        items[name] = _days(both[name])
    by_staff = latest_reopening(items, reopened_by_staff(conn, as_of))
    by_recheck = items["reopened_on"].to_numpy(np.int64)
    items["reopened_on"] = np.where(
        by_recheck < NEVER,
        np.maximum(by_recheck, by_staff),
        np.where(by_staff < 0, NEVER, by_staff),
    )
    return items


def _days(values: pd.Series) -> Days:
    days: Days = values.fillna(NEVER).to_numpy(np.int64)
    return days


def _words(values: pd.Series) -> pd.Series:
    """Texts; None for none."""
    return pd.Series([v if isinstance(v, str) and v else None for v in values], dtype=object)


def _standing(items: pd.DataFrame, day: int) -> pd.DataFrame:
    """With state, overdue and unproven on the day. What happened up to the day of a reopening
    counts no more."""
    reopened = items["reopened_on"].to_numpy(np.int64)
    since = np.where(reopened <= day, reopened, -1)

    def happened(name: str) -> Flags:
        on = items[name].to_numpy(np.int64)
        return np.asarray((on <= day) & (on > since), dtype=bool)

    rectified, accepted = happened("eliminated_on"), happened("accepted_on")
    recultivated = (items["way"] == _RECULTIVATED).to_numpy()
    certified = filled(items["certificate_no"]) | ~recultivated
    proven = rectified & accepted & certified
    in_ledger = items["in_ledger"].to_numpy(bool)
    gone = np.where(in_ledger, happened("written_off_on"), proven)
    conditions = [gone, proven, rectified & accepted, rectified]
    names = [state.value for state in LedgerState]
    state = np.select(conditions, [np.array(n, dtype=object) for n in names[:-1]], names[-1])
    open_ = state == LedgerState.OPEN.value
    return items.assign(
        state=pd.Series(state, dtype=object),
        overdue=open_ & (items["deadline_on"].to_numpy(np.int64) < day),
        unproven=gone.astype(bool) & ~proven,
        reopened_on=np.where((since >= 0) & ~gone.astype(bool), reopened, NEVER),
    )


def _sum(own: pd.DataFrame) -> LedgerSum:
    areas = (float(own[n].astype(np.float64).sum()) for n in ("farmland_mu", "basic_farmland_mu"))
    return LedgerSum(len(own), *areas)


def _year(year: int, code: str, own: pd.DataFrame) -> LedgerYear:
    by_state = dict(iter(own.groupby("state")))
    by_way = own.groupby(own["way"].where(own["way"].notna(), ""))
    return LedgerYear(
        year,
        code,
        _sum(own),
        {s: _sum(by_state[s.value]) if s.value in by_state else LedgerSum() for s in LedgerState},
        {str(way): _sum(part) for way, part in by_way},
        int(own["overdue"].sum()),
        int(own["unproven"].sum()),
    )


def _rows(items: pd.DataFrame) -> list[LedgerItem]:
    states = {state.value: state for state in LedgerState}
    days = {int(d): day_of(int(d)) for name in items if name.endswith("_on")
            for d in items[name].unique()}  # fmt: skip
    told = [
        [days[d] for d in items[f].tolist()] if f.endswith("_on") else items[f].tolist()
        for f in LedgerItem.__dataclass_fields__
        if f != "state"
    ]
    at = list(LedgerItem.__dataclass_fields__).index("state")
    told.insert(at, [states[name] for name in items["state"]])
    return [LedgerItem(*row) for row in zip(*told, strict=True)]
