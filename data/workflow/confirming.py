"""待确认: the city confirms what a district's file says in its own favour, or does not.

Confirmed, 是否纳入违法计算 = 否 takes effect; what was only marked stays as filed. Refused, the day
of the upload counts instead of a backdated one, a cleared value is back, a parcel left out is back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Date, DateTime, Table, insert, select

from data.acting import acting
from data.errors import NotFound, SupervisionError
from data.rights import Right
from data.scope import Scope
from data.store.engine import Store
from data.store.history import row_key
from data.store.measures import RATES
from data.store.models import AuditDecision, Confirmation, EnforcementCase, Parcel, Patch
from data.store.queries.claims import ClaimRow, claims
from data.store.queries.contributions import amounts
from data.store.queries.figures import district_sums, figure
from data.store.queries.state import PatchState, day_literal
from data.store.reporting import settle_reports
from data.store.shadow import shadowed
from data.store.writing import TableChange, UploadRecord, apply_changes, plain
from data.vocabulary import ClaimKind
from data.workflow.entries import ENTRY

MODELS: dict[str, Any] = {
    "parcel": Parcel,
    "enforcement_case": EnforcementCase,
    "audit_decision": AuditDecision,
}
#: Of a patch, with what changes.
_TOLD = ("id", "year", "patch_no")
#: Numerator and denominator of the ratio that an effect tells.
_PARTS = RATES["ratio_net"]
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
    own = rows_of(conn, {claim.patch_id for claim in chosen})
    return apply_changes(conn, record, [*changed_rows(own, chosen, is_accepted), decided])


# ---- what it changes -----------------------------------------------------------------------------


def outcome(claim: ClaimRow, is_accepted: bool) -> tuple[bool, Any]:
    """(whether the row changes, what its field is then)."""
    if claim.kind is ClaimKind.EXCLUDED:
        return is_accepted, False
    if claim.kind is ClaimKind.BACKDATED:
        return not is_accepted, claim.claimed_on
    return not is_accepted, claim.old


#: Table → its rows of some patches, a column each; `patch` without its shape.
Rows = dict[str, pd.DataFrame]


def rows_of(conn: Connection, patch_ids: Iterable[int]) -> Rows:
    """What a decision on claims of these patches can change."""
    ids = sorted(set(patch_ids))
    found: Rows = {}
    for model in (Patch, *MODELS.values()):
        columns = [column for column in model.__table__.columns if column.name != "geom"]
        own = Patch.id if model is Patch else model.patch_id
        rows: list[tuple[Any, ...]] = []
        for start in range(0, len(ids), _CHUNK):
            query = select(*columns).where(own.in_(ids[start : start + _CHUNK]))
            rows += [tuple(row) for row in conn.execute(query.order_by(model.id))]
        names = [column.name for column in columns]
        found[model.__tablename__] = pd.DataFrame(rows, columns=names, dtype=object)
    return found


def changed_rows(rows: Rows, chosen: Sequence[ClaimRow], is_accepted: bool) -> list[TableChange]:
    """The rows that a decision changes, and what follows from them for their patches. A row that
    says something else by now is left alone."""
    moves = [claim for claim in chosen if outcome(claim, is_accepted)[0]]
    changes: list[TableChange] = []
    for name, model in MODELS.items():
        own = [claim for claim in moves if claim.entity == name]
        if own:
            changes += _changed(rows, model, own, is_accepted)
    return changes


def _changed(
    rows: Rows, model: Any, own: Sequence[ClaimRow], is_accepted: bool
) -> list[TableChange]:
    table: Table = model.__table__
    before = rows[table.name]
    before = before[before["patch_id"].isin({c.patch_id for c in own})].reset_index(drop=True)
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
    moved = _reports(rows["patch"], after, resettled) if table.name == "parcel" else None
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


def _reports(
    patches: pd.DataFrame, parcels: pd.DataFrame, patch_ids: set[int]
) -> TableChange | None:
    """When these patches were reported, from their parcels as they will be (changed in place)."""
    if not patch_ids:
        return None
    own = parcels["patch_id"].isin(patch_ids)
    founding, reported = settle_reports(plain(parcels[own]))
    parcels.loc[own, "is_founding"] = founding.to_numpy()
    before = plain(patches.loc[patches["id"].isin(patch_ids), [*_TOLD, "reported_on"]])
    days = [reported.get(number) for number in before["id"]]
    moved = [was != day for was, day in zip(before["reported_on"], days, strict=True)]
    if not any(moved):
        return None
    after = before.assign(reported_on=pd.Series(days, index=before.index, dtype=object))
    was, now = before[moved].reset_index(drop=True), after[moved].reset_index(drop=True)
    return TableChange(Patch, updates_before=plain(was), updates_after=plain(now))


# ---- what it would do to the figures -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Effect:
    """ratio_net of the district as it stands, and were the claim confirmed or refused; None where
    it has no new construction."""

    now: float | None
    accepted: float | None
    refused: float | None


def effects(store: Store, chosen: Sequence[ClaimRow], year: int, as_of: date) -> dict[int, Effect]:
    """Claim → what either decision does to its district. Writes nothing, waits for nobody.

    A decision moves one patch. So each claim's patch stands twice in a copy that holds no others,
    as it is and as the decision leaves it; what both add to the ratio is asked once for all.
    """
    if not chosen:
        return {}
    with store.read() as conn:
        sums = district_sums(conn, Scope.all(), year, as_of)
        rows = rows_of(conn, {claim.patch_id for claim in chosen})
    twins, decided = _twins(rows, chosen)
    with shadowed(store, Patch, *MODELS.values(), is_empty=True) as conn:
        for name, model in (("patch", Patch), *MODELS.items()):
            for frame in (rows[name], decided[name]):
                if len(frame):
                    told: Any = plain(frame).to_dict("records")
                    conn.execute(insert(model), told)
        adds = _adds(conn, year, as_of)

    def ratio(claim: ClaimRow, said: bool | None) -> float | None:
        parts = dict.fromkeys(_PARTS, 0) | sums.get(claim.district, {})
        if said is not None and outcome(claim, said)[0]:
            for sign, patch in ((-1, claim.patch_id), (1, twins[claim.id])):
                of_patch = adds.get((patch, claim.district), (0, 0))
                for name, part in zip(_PARTS, of_patch, strict=True):
                    parts[name] += sign * part
        found: float | None = figure("ratio_net", parts.__getitem__)
        return found

    return {
        claim.id: Effect(*(ratio(claim, said) for said in (None, True, False))) for claim in chosen
    }


def _twins(rows: Rows, chosen: Sequence[ClaimRow]) -> tuple[dict[int, int], Rows]:
    """Claim → the number of a second patch that is as one of the two decisions leaves the first
    (the other leaves it alone), and the rows of these."""
    first = max(map(int, rows["patch"]["id"]), default=0) + 1
    numbers = {claim.id: first + at for at, claim in enumerate(chosen)}
    told = {"patch_id": [c.patch_id for c in chosen], "twin": list(numbers.values())}
    pairs = pd.DataFrame(told, dtype=object)
    twins: Rows = {}
    for name, frame in rows.items():
        own = "id" if name == "patch" else "patch_id"
        paired = frame.merge(pairs.rename(columns={"patch_id": own}), on=own, how="inner")
        paired[own] = paired["twin"]
        if name == "patch":
            paired["patch_no"] = [f"twin {number}" for number in paired["twin"]]
        else:
            least = max(map(int, frame["id"]), default=0) + 1
            paired["id"] = pd.Series(range(least, least + len(paired)), dtype=object)
        twins[name] = paired.drop(columns="twin")
    for is_accepted in (True, False):
        moving = [
            replace(
                claim,
                patch_id=numbers[claim.id],
                row_key=f"{numbers[claim.id]}/{claim.row_key.partition('/')[2]}",
            )
            for claim in chosen
            if outcome(claim, is_accepted)[0]
        ]
        for change in changed_rows(twins, moving, is_accepted):
            after = change.updates_after
            assert after is not None
            frame = twins[change.table.__tablename__].set_index("id", drop=False)
            frame.loc[after["id"], after.columns] = after.set_index("id", drop=False)
            twins[change.table.__tablename__] = frame.reset_index(drop=True)
    return numbers, twins


def _adds(conn: Connection, year: int, as_of: date) -> dict[tuple[int, str], tuple[int, int]]:
    """(patch id, district) → what each patch of the copy adds to both parts of the ratio."""
    state = PatchState(Patch, day_literal(as_of))
    found = amounts(_PARTS, year, state.day, state.active)
    query = select(found.c.patch_id, state.district, *(found.c[name] for name in _PARTS))
    rows = conn.execute(query.join(Patch, Patch.id == found.c.patch_id))
    return {(row[0], row[1]): (int(row[2]), int(row[3])) for row in rows}
