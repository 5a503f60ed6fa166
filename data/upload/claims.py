"""待确认: what a district's file says in its own favour, found while its upload is planned.

What would acquit (是否纳入违法计算 = 否) is withheld until the city confirms it; dates long before
the upload, cleared values and parcels left out count, and are marked. The bureau's own files need
no confirmation and end the claims that they contradict (data/workflow/confirming.py decides).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import orjson
import pandas as pd
from sqlalchemy import Connection, Table, select

from data.acting import acting
from data.rules.confirmation import is_backdated
from data.rules.loader import all_rules, with_changes
from data.store.history import row_key
from data.store.models import Claim, Confirmation, Patch
from data.store.rule_changes import changes
from data.store.writing import TableChange, plain
from data.upload.prepare import Prepared
from data.vocabulary import ClaimKind

EXCLUDING = "counts_as_unlawful"
ENDED = "ended"
#: Table → days that may be backdated.
DAYS = {
    "parcel": ("reported_on",),
    "enforcement_case": ("eliminated_on",),
    "audit_decision": ("resubmitted_on",),
}
#: Table → values that count, and what clearing them leaves.
COUNTED: dict[str, dict[str, Any]] = {
    "parcel": {
        "reported_on": None, "area_mu": 0.0, "farmland_mu": 0.0, "basic_farmland_mu": 0.0,
        "redline_mu": 0.0,
    },
    "enforcement_case": {
        "filed_on": None, "eliminated_on": None, "accepted_on": None, "certificate_no": None,
        "way": None,
    },
    "audit_decision": {"resubmitted_on": None},
}  # fmt: skip
_CHUNK = 900
#: (table, row key, column)
Where = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """place: of the row in the file, None for a parcel that the file lacks."""

    kind: ClaimKind
    where: Where
    patch_id: int
    parcel_no: int
    old: Any
    new: Any
    place: int | None = None


@dataclass
class Claims:
    """Of one file. known: claims that nobody has decided, refused: values that the city refused.
    ends: claims that the file contradicts."""

    day: date
    district: str | None
    days: int
    known: dict[Where, list[dict[str, Any]]] = field(default_factory=dict)
    refused: set[tuple[Where, str]] = field(default_factory=set)
    found: list[Found] = field(default_factory=list)
    ends: list[tuple[int | None, dict[str, Any]]] = field(default_factory=list)

    def end(self, where: Where, place: int | None = None, unless: Any = ...) -> None:
        """The row at the place says something else there. unless: but for a claim of this very
        value."""
        for claim in self.known.get(where, ()):
            if unless is ... or claim["new"] != said(unless):
                self.ends.append((place, claim))

    def add(self, found: Found) -> None:
        self.end(found.where, found.place, found.new)
        is_known = any(c["new"] == said(found.new) for c in self.known.get(found.where, ()))
        if not is_known:
            self.found.append(found)

    def leave_out(self, rows: Iterable[tuple[int, int]]) -> None:
        """Parcels that the new split of their patch has no more."""
        for patch_id, parcel_no in rows:
            key = f"{patch_id}/{parcel_no}"
            for column in (EXCLUDING, *COUNTED["parcel"]):
                self.end(("parcel", key, column))
            if self.district is not None:
                where = ("parcel", key, ENDED)
                self.add(Found(ClaimKind.LEFT_OUT, where, patch_id, parcel_no, False, True))

    def changes(self, conn: Connection, prepared: Prepared) -> list[TableChange]:
        """Rows of `claim` for what the accepted rows of the file bring."""
        sound = prepared.sound()
        kept = [f for f in self.found if f.place is None or sound[f.place]]
        change = TableChange(Claim)
        if kept:
            years = _years(conn, {f.patch_id for f in kept})
            change.inserts = plain(
                pd.DataFrame([self._row(f, years[f.patch_id]) for f in kept], dtype=object)
            )
        ended = {c["id"]: c for place, c in self.ends if place is None or sound[place]}
        if ended:
            change.deletes = plain(pd.DataFrame(list(ended.values()), dtype=object))
        return [change] if kept or ended else []

    def _row(self, found: Found, year: int) -> dict[str, Any]:
        entity, key, column = found.where
        return {
            "kind": found.kind.value,
            "year": year,
            "patch_id": found.patch_id,
            "parcel_no": found.parcel_no,
            "district_code": self.district,
            "entity": entity,
            "row_key": key,
            "field": column,
            "old": said(found.old),
            "new": said(found.new),
            "claimed_on": self.day,
            "source_hash": 0,
        }


def said(value: Any) -> str:
    """A value as a claim keeps it."""
    return orjson.dumps(None if value is None or value is pd.NaT else value).decode()


def open_claims(conn: Connection, today: date) -> Claims:
    """For planning a file of whoever acts."""
    account = acting()
    rule = with_changes(all_rules(), changes(conn))["C1"].on(today)
    claims = Claims(
        today, account.district if account.is_district else None, rule.parameters["days"]
    )
    c, decided = Claim.__table__, Confirmation.__table__
    query = select(c, decided.c.is_accepted).outerjoin(decided, decided.c.claim_id == c.c.id)
    for row in conn.execute(query).mappings():
        values = {name: value for name, value in row.items() if name != "is_accepted"}
        where = (row["entity"], row["row_key"], row["field"])
        if row["is_accepted"] is None:
            claims.known.setdefault(where, []).append(values)
        elif not row["is_accepted"]:
            claims.refused.add((where, row["new"]))
    return claims


def withhold(
    claims: Claims, prepared: Prepared, table: Table, before: pd.DataFrame, after: pd.DataFrame
) -> None:
    """Find what needs confirmation among the rows that the file brings, and put back in `after`
    what has no effect until then. before, after: aligned; labels of `after` are places in the file.
    """
    if table.name not in DAYS or (claims.district is None and not claims.known):
        return
    places: Sequence[int] = [int(place) for place in after.index]
    for name in dict.fromkeys((*_excluding(table), *DAYS[table.name], *COUNTED[table.name])):
        if name not in after:
            continue
        was = before[name].to_numpy(dtype=object) if len(before) else [None] * len(after)
        now = after[name].to_numpy(dtype=object).copy()
        for at, place in enumerate(places):
            now[at] = _settled(claims, prepared, table, after, at, place, name, was[at], now[at])
        after[name] = now
    if table.name == "parcel" and len(before):
        for at, gone in enumerate(before[ENDED].to_numpy(dtype=object)):
            if gone:
                claims.end(("parcel", _key(table, after, at), ENDED), places[at])


def _excluding(table: Table) -> tuple[str, ...]:
    return (EXCLUDING,) if table.name == "parcel" else ()


def _settled(
    claims: Claims,
    prepared: Prepared,
    table: Table,
    after: pd.DataFrame,
    at: int,
    place: int,
    name: str,
    was: Any,
    now: Any,
) -> Any:
    """What the cell is to be. Notes a claim, and ends those that the file contradicts."""
    where = (table.name, _key(table, after, at), name)
    stood = True if name == EXCLUDING and was is None else was
    if name == EXCLUDING and now is True:
        if prepared.rows.get(name) is not None and prepared.rows[name].iat[place] is True:
            claims.end(where, place)
        return now
    if now == stood:
        return now
    if claims.district is None:
        claims.end(where, place)
        return now
    if (where, said(now)) in claims.refused:
        sentence = "市局对这个值已不予认可，保留原值；确有依据的，请与市局联系。"
        prepared.warn(place, name, sentence)
        return stood
    kind = _kind(claims, table, name, stood, now)
    if kind is None:
        claims.end(where, place)
        return now
    patch_id = int(after["patch_id"].iat[at])
    claims.add(Found(kind, where, patch_id, int(after["parcel_no"].iat[at]), stood, now, place))
    prepared.warn(place, name, _sentence(kind, now, claims.day))
    return stood if kind is ClaimKind.EXCLUDED else now


def _kind(claims: Claims, table: Table, name: str, was: Any, now: Any) -> ClaimKind | None:
    if name == EXCLUDING:
        return ClaimKind.EXCLUDED
    counted = COUNTED[table.name]
    if name in counted and was not in (None, counted[name]) and now in (None, counted[name]):
        return ClaimKind.CLEARED
    if name in DAYS[table.name] and isinstance(now, date):
        is_old = is_backdated(now, claims.day, days=claims.days)
        return ClaimKind.BACKDATED if is_old else None
    return None


def _sentence(kind: ClaimKind, now: Any, day: date) -> str:
    if kind is ClaimKind.EXCLUDED:
        return "“否”由市局确认后生效，确认前仍纳入违法计算。"
    if kind is ClaimKind.CLEARED:
        return "清空了计入统计的内容，已标出，待市局确认。"
    return f"日期早于上传日{(day - now).days}天，标为倒填，待市局确认。"


def _key(table: Table, after: pd.DataFrame, at: int) -> str:
    return row_key(table, {str(name): after[name].iat[at] for name in after.columns})


def _years(conn: Connection, patch_ids: set[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    ids = sorted(patch_ids)
    for start in range(0, len(ids), _CHUNK):
        query = select(Patch.id, Patch.year).where(Patch.id.in_(ids[start : start + _CHUNK]))
        found |= {row.id: row.year for row in conn.execute(query)}
    return found
