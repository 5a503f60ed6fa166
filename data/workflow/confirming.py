"""待确认: the city confirms what a district's file says in its own favour, or does not.

Confirmed, 是否纳入违法计算 = 否 takes effect; what was only marked stays as filed. Refused, the day
of the upload counts instead of a backdated one, a cleared value is back, a parcel left out is back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Date, DateTime, Table, select

from data.acting import acting
from data.errors import NotFound, SupervisionError
from data.rights import Right
from data.scope import Scope
from data.store import summary
from data.store.dialect import bulk_update
from data.store.engine import Store
from data.store.history import row_key
from data.store.models import (
    AuditDecision,
    Base,
    Confirmation,
    DaySummary,
    EnforcementCase,
    Parcel,
    Patch,
)
from data.store.queries.claims import ClaimRow, claims
from data.store.queries.figures import figures
from data.store.reporting import settle_reports
from data.store.shadow import Only, shadowed
from data.store.writing import TableChange, UploadRecord, apply_changes, plain
from data.vocabulary import ClaimKind
from data.workflow.entries import ENTRY

MODELS: dict[str, Any] = {
    "parcel": Parcel,
    "enforcement_case": EnforcementCase,
    "audit_decision": AuditDecision,
}
_CHUNK = 900


def decide(
    conn: Connection,
    ids: Sequence[int],
    is_accepted: bool,
    reason: str,
    today: date,
    where: str = "cli",
) -> int:
    """确认 or 不予认可, one or many at once, by whoever acts; returns the batch. Call inside
    Store.write().

    Raises Forbidden without the right, NotFound for an unknown number, SupervisionError for one
    that is decided already, and for a refusal without a reason.
    """
    account = acting()
    account.require(Right.CONFIRM)
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        raise SupervisionError("没有选中任何一项，请先选择要确认的项。")
    if not is_accepted and not reason.strip():
        raise SupervisionError("不予认可必须写明理由，请补充后再提交。")
    found = {claim.id: claim for claim in claims(conn, account.scope, ids=wanted)}
    for number in wanted:
        claim = found.get(number)
        if claim is None:
            raise NotFound(f"没有第{number}项待确认；它可能已被后来的上传改动。请刷新后再看。")
        if not claim.is_open:
            what = "确认" if claim.is_accepted else "不予认可"
            raise SupervisionError(f"第{number}项已由{claim.decided_by}{what}，无需再办。")
    chosen = [found[number] for number in wanted]
    rows = [
        {
            "claim_id": claim.id,
            "patch_id": claim.patch_id,
            "is_accepted": is_accepted,
            "decided_on": today,
            "decided_by": account.name,
            "reason": reason.strip() or None,
            "source_hash": 0,
        }
        for claim in chosen
    ]
    decided = TableChange(Confirmation, inserts=plain(pd.DataFrame(rows, dtype=object)))
    word = "确认" if is_accepted else "不予认可"
    record = UploadRecord(
        kind="confirm",
        file_name=f"{word}：图斑{chosen[0].patch_no}"
        + (f"等{len(chosen)}项" if len(rows) > 1 else ""),
        file_size=0,
        file_sha256="0" * 64,
        uploaded_by=account.name,
        uploaded_from=where,
        year=chosen[0].year,
        rows=len(rows),
        inserted=len(rows),
        state=ENTRY,
    )
    return apply_changes(conn, record, [*changed_rows(conn, chosen, is_accepted), decided])


# ---- what it changes -----------------------------------------------------------------------------


def outcome(claim: ClaimRow, is_accepted: bool) -> tuple[bool, Any]:
    """(whether the row changes, what its field is then)."""
    if claim.kind is ClaimKind.EXCLUDED:
        return is_accepted, False
    if claim.kind is ClaimKind.BACKDATED:
        return not is_accepted, claim.claimed_on
    return not is_accepted, claim.old


def changed_rows(
    conn: Connection, chosen: Sequence[ClaimRow], is_accepted: bool
) -> list[TableChange]:
    """The rows that a decision changes, and what follows from them for their patches. A row that
    says something else by now is left alone."""
    moves = [claim for claim in chosen if outcome(claim, is_accepted)[0]]
    changes: list[TableChange] = []
    for name, model in MODELS.items():
        own = [claim for claim in moves if claim.entity == name]
        if own:
            changes += _changed(conn, model, own, is_accepted)
    return changes


def _changed(
    conn: Connection, model: Any, own: Sequence[ClaimRow], is_accepted: bool
) -> list[TableChange]:
    table: Table = model.__table__
    before = _rows(conn, table, {claim.patch_id for claim in own})
    after = before.copy()
    keys = [row_key(table, row) for row in before.to_dict("records")]
    place = {key: at for at, key in enumerate(keys)}
    resettled: set[int] = set()
    for claim in own:
        at = place.get(claim.row_key)
        if at is None:
            continue
        column = list(after.columns).index(claim.field)
        if not _is_as_claimed(table, claim, after.iat[at, column]):
            continue
        after.iat[at, column] = _held(table, claim.field, outcome(claim, is_accepted)[1])
        if claim.field in ("reported_on", "ended"):
            resettled.add(claim.patch_id)
    moved = _reports(conn, after, resettled) if table.name == "parcel" else None
    same = before.astype(object).eq(after.astype(object)) | (before.isna() & after.isna())
    differs = ~same.all(axis=1)
    changes = []
    if differs.any():
        was, now = plain(before[differs]), plain(after[differs])
        names = [name for name in now.columns if name != "batch_id"]
        changes.append(
            TableChange(
                model,
                updates_before=was[names].reset_index(drop=True),
                updates_after=now[names].reset_index(drop=True),
            )
        )
    return [*changes, moved] if moved is not None else changes


def _rows(conn: Connection, table: Table, patch_ids: Iterable[int]) -> pd.DataFrame:
    ids, found = sorted(patch_ids), []
    for start in range(0, len(ids), _CHUNK):
        query = select(table).where(table.c.patch_id.in_(ids[start : start + _CHUNK]))
        found += [tuple(row) for row in conn.execute(query.order_by(table.c.id))]
    return pd.DataFrame(found, columns=[c.name for c in table.columns], dtype=object)


def _is_as_claimed(table: Table, claim: ClaimRow, now: Any) -> bool:
    if claim.kind is ClaimKind.EXCLUDED:
        return bool(now)
    return bool(now == _held(table, claim.field, claim.new)) or (pd.isna(now) and claim.new is None)


def _held(table: Table, name: str, value: Any) -> Any:
    kind = table.c[name].type
    if not isinstance(value, str):
        return value
    if isinstance(kind, DateTime):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if isinstance(kind, Date) else value


def _reports(conn: Connection, parcels: pd.DataFrame, patch_ids: set[int]) -> TableChange | None:
    """When these patches were reported, from their parcels as they will be (changed in place)."""
    if not patch_ids:
        return None
    own = parcels["patch_id"].isin(patch_ids)
    some = plain(parcels[own])
    founding, reported = settle_reports(some)
    parcels.loc[own, "is_founding"] = founding.to_numpy()
    p = Patch
    query = select(p.id, p.year, p.patch_no, p.reported_on).where(p.id.in_(sorted(patch_ids)))
    rows = [tuple(row) for row in conn.execute(query) if row.reported_on != reported.get(row.id)]
    if not rows:
        return None
    names = ["id", "year", "patch_no", "reported_on"]
    before = pd.DataFrame(rows, columns=names, dtype=object)
    after = before.assign(reported_on=[reported.get(row[0]) for row in rows])
    return TableChange(Patch, updates_before=plain(before), updates_after=plain(after))


# ---- what it would do to the figures -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Effect:
    """ratio_net of the district as it stands, and were the claim confirmed or refused; None where
    it has no new construction."""

    now: float | None
    accepted: float | None
    refused: float | None


def effects(store: Store, chosen: Sequence[ClaimRow], year: int, as_of: date) -> dict[int, Effect]:
    """Claim → what either decision does to its district. Writes nothing, waits for nobody."""
    if not chosen:
        return {}
    with _supposing(store, {claim.patch_id for claim in chosen}) as conn:
        now = _ratios(conn, year, as_of)
        return {
            claim.id: Effect(
                now.get(claim.district),
                *(_supposed(conn, claim, said, year, as_of, now) for said in (True, False)),
            )
            for claim in chosen
        }


@contextmanager
def _supposing(store: Store, patch_ids: set[int]) -> Iterator[Connection]:
    """A connection on which the rows of these patches can be changed for nothing."""
    some: dict[type[Base], Only] = {Patch: ("id", patch_ids)}
    some |= dict.fromkeys(MODELS.values(), ("patch_id", patch_ids))
    with shadowed(store, DaySummary, some=some) as conn:
        yield conn


def _supposed(
    conn: Connection,
    claim: ClaimRow,
    is_accepted: bool,
    year: int,
    as_of: date,
    now: dict[str, float | None],
) -> float | None:
    changes = changed_rows(conn, [claim], is_accepted)
    if not changes:
        return now.get(claim.district)
    attempt = conn.begin_nested()
    summary.remove(conn, [claim.patch_id], mapped=False)
    for change in changes:
        frame = change.updates_after
        assert frame is not None
        names = [str(name) for name in frame.columns if name != "id"]
        rows = [(*row[1:], row[0]) for row in frame[["id", *names]].itertuples(index=False)]
        bulk_update(conn, change.table.__table__, names, rows)
    summary.add(conn, [claim.patch_id], mapped=False)
    found = _ratios(conn, year, as_of)
    attempt.rollback()
    return found.get(claim.district)


def _ratios(conn: Connection, year: int, as_of: date) -> dict[str, float | None]:
    document = figures(conn, Scope.all(), year, as_of)
    return {row["code"]: row["ratio_net"] for row in document["districts"]}
