"""What an upload would do: the steps all kinds share, and the kinds that need no more."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from operator import eq
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Table, select

from data.acting import acting
from data.errors import UploadRefused
from data.store.beside import Answer
from data.store.models import Parcel, Patch
from data.store.writing import TableChange
from data.upload import checks
from data.upload.claims import Claims, open_claims, withhold
from data.upload.field_package import put_back_conflicts
from data.upload.merging import (
    Mask,
    aligned,
    differing,
    fetch_keys,
    fetch_rows,
    key_names,
    keys_of,
    merged,
    source_hashes,
    state_of,
)
from data.upload.places import Gazetteer
from data.upload.prepare import Prepared
from data.upload.schemas import SCHEMAS, CellType, KindSchema
from data.upload.stored import Key, Stored
from data.vocabulary import AUDIT_LEVEL_RANK, AuditLevel, UploadKind

_LONG_NUMBER = re.compile(r"\d{6}-\d{8}-(.+)")
_YEARLESS = (UploadKind.QUOTA, UploadKind.SUBMISSIONS, UploadKind.REFERENCE)


@dataclass
class Change:
    """One field of one stored row: what it was and what it becomes."""

    row_key: str
    header: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class UnitAtStake:
    """A unit that a 区市界 would bring, redraw or take away, to be confirmed by its code. what: a
    sentence that says what becomes of it and what hangs on it. is_required: without it nothing of
    the file is taken.
    """

    code: str
    name: str
    what: str
    is_required: bool = False


@dataclass
class Plan:
    """Counts are rows of the file; ended are parcels. new_rows: places of new rows in the file.
    units: those that have to be confirmed one by one (reference layers).

    later: warnings (index, name, message) and notes that another process is still working out.
    claims: what of the file needs confirmation.
    """

    prepared: Prepared
    changes: list[TableChange] = field(default_factory=list)
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    ended: int = 0
    new_rows: list[int] = field(default_factory=list)
    changed_fields: list[Change] = field(default_factory=list)
    ended_keys: list[str] = field(default_factory=list)
    units: list[UnitAtStake] = field(default_factory=list)
    report: Path | None = None
    later: Answer | None = None
    claims: Claims | None = None

    def finish(self) -> None:
        """Wait for what was left for later; from then on the plan is complete."""
        if self.later is not None:
            points, notes = self.later.get()
            self.later = None
            self.prepared.warn_all(points)
            self.prepared.notes += notes

    def drop(self) -> None:
        """The plan is not wanted any more, or finished."""
        if self.later is not None:
            self.later.drop()
            self.later = None

    @property
    def rejected(self) -> int:
        return len(self.prepared.errors)


def with_claims(context: Context, plan: Plan, schema: KindSchema, compared: Compared) -> None:
    """Withhold what needs confirmation; after the comparison, before anything is derived of it."""
    plan.claims = open_claims(context.conn, context.today)
    table: Table = schema.table.__table__  # type: ignore[attr-defined]
    withhold(plan.claims, plan.prepared, table, compared.before, compared.after)


@dataclass
class Context:
    """What planning asks the store for once."""

    conn: Connection
    gazetteer: Gazetteer
    today: date
    places_version: str


def resolve_years(prepared: Prepared, kind: UploadKind) -> None:
    """Fill `year` of every row: its 年度 column, else the year chosen. Raises UploadRefused."""
    if kind in _YEARLESS:
        return
    rows, chosen = prepared.rows, prepared.request.year
    given = rows["year"] if "year" in rows else pd.Series([None] * len(rows), dtype=object)
    if chosen is None and "year" not in rows:
        raise UploadRefused("没有指定年度：文件里没有“年度”列，请选择年度（命令行用 --year）。")
    if chosen is not None and kind is not UploadKind.LEDGER:
        differs = [v is not None and v != chosen for v in given]
        prepared.reject_where(differs, "year", f"年度与所选的{chosen}不符，请核对。")
    filled = [chosen if v is None else v for v in given]
    if kind is UploadKind.LEDGER and "year" in rows:
        filled = list(given)
    rows["year"] = pd.Series(filled, dtype=object, index=rows.index)
    prepared.reject_where([v is None for v in filled], "year", "缺少年度，请补填。")
    bad = [v is not None and not 2000 <= v <= 2100 for v in filled]
    prepared.reject_where(bad, "year", "年度不合情理，请核对。")


def resolve_names(prepared: Prepared, gazetteer: Gazetteer) -> None:
    """District columns become codes; unknown names are errors. Towns are left to the patches."""
    for column in prepared.columns:
        if column.type is not CellType.DISTRICT or column.field not in prepared.rows:
            continue
        values = prepared.rows[column.field].to_numpy(dtype=object)
        codes, distinct = pd.factorize(values, use_na_sentinel=True)
        found = np.array(
            [gazetteer.district(v) if isinstance(v, str) else v for v in distinct] + [None],
            dtype=object,
        )
        for code, text in enumerate(distinct):
            if isinstance(text, str) and found[code] is None:
                if column.field == "county_code":  # other columns or the place may tell
                    for index in np.flatnonzero(codes == code):
                        sentence = f"行政区“{text[:30]}”不认识，按其他信息确定位置。"
                        prepared.warn(int(index), column.field, sentence)
                    continue
                names = "、".join(d["short_name"] for d in gazetteer.districts.values())
                prepared.reject_where(
                    codes == code,
                    column.field,
                    f"{column.header}“{text[:30]}”不认识，应为：{names}，或其代码。",
                )
        prepared.rows[column.field] = found[codes]


def require_keys(prepared: Prepared, schema: KindSchema) -> None:
    """Defaults of key columns; an error where a key is missing."""
    rows = prepared.rows
    for column in schema.keys:
        if column.field == "year" or (column.field not in rows and column.default is None):
            continue
        if column.field not in rows:
            rows[column.field] = column.default
            rows[column.field] = rows[column.field].astype(object)
        empty = rows[column.field].isna().to_numpy()
        if column.default is not None:
            values = rows[column.field].to_numpy(dtype=object).copy()
            values[empty] = column.default
            rows[column.field] = values
        else:
            already = np.zeros(len(rows), dtype=bool)
            already[list(prepared.errors)] = True
            prepared.reject_where(
                empty & ~already, column.field, f"缺少{column.header}，无法识别是哪一条。"
            )


def attach_patches(context: Context, prepared: Prepared) -> pd.DataFrame:
    """Add `patch_id`; unknown patches are errors. Returns the patches by id with year, patch_no,
    domain, issued_on, area_mu, geom_area_mu, reported_on."""
    rows = prepared.rows
    years = sorted({int(y) for y in rows["year"] if y is not None})
    p = Patch
    columns = (
        *(p.id, p.year, p.patch_no, p.domain, p.issued_on, p.area_mu, p.geom_area_mu),
        p.reported_on,
    )
    names = [column.key for column in columns]
    query = select(*columns).where(p.year.in_(years))
    own = acting().scope.districts
    if own is not None:  # of another's patch a district learns nothing, not even that it exists
        query = query.where(p.district_code.in_(own))
    found = context.conn.execute(query).all()
    patches = pd.DataFrame([tuple(r) for r in found], columns=names, dtype=object)
    ids = {(r[1], r[2]): r[0] for r in found}
    bare = bare_numbers(ids)
    wanted = list(zip(rows["year"], rows["patch_no"], strict=True))
    patch_ids = [ids.get(key) or bare.get(key) for key in wanted]
    rows["patch_id"] = pd.Series(patch_ids, dtype=object, index=rows.index)
    sound = prepared.sound()
    for index, (key, patch_id) in enumerate(zip(wanted, patch_ids, strict=True)):
        if patch_id is None and sound[index]:
            prepared.reject(
                index,
                "patch_no",
                f"{key[0]}年度没有图斑“{key[1]}”。请核对编号，或先上传下发图斑。"
                if own is None
                else f"{key[0]}年度您区市没有图斑“{key[1]}”。请核对年度和编号。",
            )
    return patches.set_index("id", drop=False)


def long_number(district: str, issued_on: date, number: str) -> str:
    """The key of a patch whose JCBH is unique only within a county and batch."""
    return f"{district}-{issued_on:%Y%m%d}-{number}"


def bare_numbers(ids: dict[Any, int]) -> dict[Any, int]:
    """(year, JCBH) → patch id, where the bare number is unique among the year's long ones."""
    found: dict[Any, list[int]] = {}
    for (year, number), patch_id in ids.items():
        long = _LONG_NUMBER.fullmatch(number)
        if long:
            found.setdefault((year, long.group(1)), []).append(patch_id)
    return {key: patch_ids[0] for key, patch_ids in found.items() if len(patch_ids) == 1}


@dataclass
class Compared:
    """The file's sound rows beside the store. at: rows to look at (new or with another hash);
    before, after: aligned with `at`. keys: of every row. hashes: of every row.
    """

    keys: list[Key]
    hashes: Any
    stored: Stored
    at: list[int]
    before: pd.DataFrame
    after: pd.DataFrame
    same: list[int]


def compare(context: Context, prepared: Prepared, schema: KindSchema) -> Compared:
    """Leave rows whose hash is the store's; merge the others."""
    names = key_names(schema)
    keys = keys_of(prepared.rows, names)
    checks.duplicates(prepared, keys)
    years = (
        {int(y) for y in prepared.rows["year"] if y is not None}
        if "year" in prepared.rows
        else set()
    )
    stored = _stored(context, prepared, schema, years)
    hashes = source_hashes(prepared, context.places_version if schema.table is Patch else "")
    sound = prepared.sound()
    kept = map(stored.hashes.get, keys)
    unchanged = np.fromiter(map(eq, kept, hashes.tolist()), dtype=bool, count=len(keys))
    if stored.ended:
        unchanged &= [key not in stored.ended for key in keys]
    at: list[int] = np.flatnonzero(sound & ~unchanged).tolist()
    same: list[int] = np.flatnonzero(sound & unchanged).tolist()
    ids = [stored.ids.get(keys[i]) for i in at]
    table: Table = schema.table.__table__  # type: ignore[attr-defined]
    rows = fetch_rows(context.conn, table, [i for i in ids if i is not None])
    before = aligned(rows, ids)
    after = merged(prepared, schema, at, before)
    for name in names:
        after[name] = prepared.rows[name].to_numpy(dtype=object)[at]
    after["source_hash"] = hashes[at]
    return Compared(keys, hashes, stored, at, before, after, same)


def _stored(context: Context, prepared: Prepared, schema: KindSchema, years: set[int]) -> Stored:
    """What was fetched while the file was read, where nothing has been written since."""
    early = prepared.fetched.get() if prepared.fetched is not None else None
    prepared.fetched = None
    if early is not None and early.years == years and early.state == state_of(context.conn):
        return early.stored
    return fetch_keys(context.conn, schema, years)


def settle(plan: Plan, schema: KindSchema, compared: Compared) -> None:
    """After the checks: which of the rows are new, changed, unchanged; fill the plan's change."""
    prepared = plan.prepared
    keep = prepared.sound()[compared.at]
    before, after, places = compared.before, compared.after, np.array(compared.at, dtype=np.int64)
    if not keep.all():
        before, after, places = before[keep], after[keep], places[keep]
    before, after = before.reset_index(drop=True), after.reset_index(drop=True)
    fresh = before["id"].isna().to_numpy() if len(before) else np.zeros(0, dtype=bool)
    names = [n for n in after.columns if n != "source_hash"]
    changed = differing(before, after, names, ~fresh)
    plan.inserted += int(fresh.sum())
    plan.updated += int(changed.sum())
    plan.unchanged += len(compared.same) + int((~fresh & ~changed).sum())
    plan.new_rows += places[fresh].tolist()
    note_changes(plan, schema, before[changed], after[changed])
    plan.changes.append(table_change(schema.table, before, after, fresh, changed))


def table_change(
    model: Any, before: pd.DataFrame, after: pd.DataFrame, fresh: Mask, changed: Mask
) -> TableChange:
    """Both frames aligned; `after` without id, which is before's."""
    now = after[changed].reset_index(drop=True)
    was = before.loc[changed, ["id", *after.columns]].reset_index(drop=True)
    now.insert(0, "id", was["id"])
    new = after if fresh.all() else after[fresh].reset_index(drop=True)
    return TableChange(model, inserts=new, updates_before=was, updates_after=now)


def note_changes(
    plan: Plan, schema: KindSchema, before: pd.DataFrame, after: pd.DataFrame, limit: int = 500
) -> None:
    """Field by field, old → new, of the first changed rows: for the preview."""
    headers = {c.field: c.header for c in schema.columns}
    numbers = plan.prepared.rows.get("patch_no")
    for position in range(len(after)):
        if len(plan.changed_fields) >= limit:
            return
        was, now = before.iloc[position], after.iloc[position]
        names = key_names(schema)
        label = " ".join(str(now[n]) for n in names if n not in ("patch_id", "year"))
        if numbers is not None and "patch_id" in names:
            same_patch = plan.prepared.rows["patch_id"] == now["patch_id"]
            label = f"{numbers[same_patch].iloc[0]} {label}".strip()
        for name, header in headers.items():
            if name in after and was[name] != now[name]:
                plan.changed_fields.append(Change(label, header, was[name], now[name]))


def plan_rows(context: Context, prepared: Prepared, kind: UploadKind) -> Plan:
    """audits, cases, transfers, problems, ledger, checks, rechecks, quota, submissions."""
    schema = SCHEMAS[kind]
    plan = Plan(prepared)
    resolve_years(prepared, kind)
    resolve_names(prepared, context.gazetteer)
    require_keys(prepared, schema)
    if schema.child_of_patch:
        patches = attach_patches(context, prepared)
        if kind is UploadKind.CHECKS:
            put_back_conflicts(context, prepared, patches)
        _warn_of_unknown_parcels(context, prepared, kind)
    compared = compare(context, prepared, schema)
    with_claims(context, plan, schema, compared)
    after = compared.after
    if kind is UploadKind.AUDITS:
        after["level_rank"] = [
            AUDIT_LEVEL_RANK[AuditLevel(level)] if level is not None else None
            for level in after["level"]
        ]
        checks.returns_have_opinions(prepared, after)
        checks.reasons_belong_to_returns(prepared, after)
    if kind is UploadKind.CASES:
        with_parts = checks.with_partial_areas(after)
        checks.rectified_as_a_whole(prepared, with_parts, _parcel_areas(context, with_parts))
    checks.required(
        prepared,
        after,
        [c.field for c in schema.columns if c.required and c.stored and c.field in after],
    )
    if kind is UploadKind.LEDGER:
        checks.basic_within_farmland(
            prepared, after, "unlawful_basic_farmland_mu", "unlawful_farmland_mu"
        )
    checks.future_dates(prepared, schema, after, context.today)
    settle(plan, schema, compared)
    return plan


def _parcel_areas(context: Context, cases: pd.DataFrame) -> dict[tuple[int, int], float]:
    """(patch, parcel) → 亩 of the parcels of the cases' patches; a patch without any is one parcel,
    number 1."""
    ids = sorted({int(i) for i in cases["patch_id"] if i is not None})
    whole: dict[int, float] = {}
    areas: dict[tuple[int, int], float] = {}
    for start in range(0, len(ids), 900):
        some = ids[start : start + 900]
        patches = select(Patch.id, Patch.area_mu).where(Patch.id.in_(some))
        whole |= {row.id: row.area_mu for row in context.conn.execute(patches)}
        parcels = select(Parcel.patch_id, Parcel.parcel_no, Parcel.area_mu).where(
            Parcel.patch_id.in_(some), ~Parcel.ended
        )
        areas |= {(p, n): area for p, n, area in context.conn.execute(parcels)}
    with_parcels = {patch_id for patch_id, _ in areas}
    return {(p, 1): area for p, area in whole.items() if p not in with_parcels} | areas


def _warn_of_unknown_parcels(context: Context, prepared: Prepared, kind: UploadKind) -> None:
    if kind not in (UploadKind.AUDITS, UploadKind.CASES, UploadKind.RECHECKS, UploadKind.TRANSFERS):
        return
    rows = prepared.rows
    ids = sorted({int(i) for i in rows["patch_id"] if i is not None})
    known: set[tuple[int, int]] = set()
    with_parcels: set[int] = set()
    for start in range(0, len(ids), 900):
        query = select(Parcel.patch_id, Parcel.parcel_no).where(
            Parcel.patch_id.in_(ids[start : start + 900]), ~Parcel.ended
        )
        for patch_id, parcel_no in context.conn.execute(query):
            known.add((patch_id, parcel_no))
            with_parcels.add(patch_id)
    sound = prepared.sound()
    for index, (patch_id, parcel_no) in enumerate(
        zip(rows["patch_id"], rows["parcel_no"], strict=True)
    ):
        if not sound[index] or parcel_no == 0 or (patch_id, parcel_no) in known:
            continue
        if kind is UploadKind.CASES and patch_id not in with_parcels and parcel_no == 1:
            continue  # a patch determined without parcels
        prepared.warn(index, "parcel_no", f"图斑没有地块{parcel_no}，已保留；请核对地块序号。")
