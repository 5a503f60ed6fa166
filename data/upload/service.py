"""Uploading a file: prepared without a lock, planned and written inside one transaction."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, update

from data.acting import acting
from data.errors import UploadRefused
from data.store import meta
from data.store.engine import Store
from data.store.facts import tell_upload
from data.store.models import Upload
from data.store.writing import PLACES_VERSION_KEY, UploadRecord, apply_changes
from data.upload.early import Early, EarlyFetch
from data.upload.mapping_profiles import keep, profile_named
from data.upload.merging import fetch_keys, state_of
from data.upload.permits import refuse_columns, require_upload
from data.upload.places import load_gazetteer
from data.upload.plan import Context, Plan, plan_rows
from data.upload.plan_findings import plan_findings
from data.upload.plan_patches import plan_patches
from data.upload.plan_reference import layer_of, plan_reference
from data.upload.prepare import Prepared, digest_of
from data.upload.prepare import prepare as prepare_file
from data.upload.readers import ReadOptions
from data.upload.refusals import drop_copy, note_refusal
from data.upload.report import write_report
from data.upload.request import Progress, UploadOutcome, UploadRequest, no_progress
from data.upload.sandbox import UploadCancelled, read_file_limited, refill_spare
from data.upload.schemas import SCHEMAS
from data.upload.slip import slip_of
from data.vocabulary import UploadKind

__all__ = ["UploadOutcome", "UploadRequest", "apply_prepared", "prepare", "upload_file"]

#: Kinds whose rows have a place on the ground.
LOCATED = (UploadKind.PATCHES, UploadKind.REFERENCE)
#: Kinds that come by the hundred thousand.
_LARGE = (UploadKind.PATCHES, UploadKind.FINDINGS)
_KEPT_ISSUES = 1_000


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Rows are tuples and texts by the million and no cycles: looking for these took a seventh of
    the time of a large upload."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@_collector_at_rest()
def prepare(store: Store, request: UploadRequest, on_progress: Progress | None = None) -> Prepared:
    """Read and parse the file. Raises UploadRefused."""
    with store.read() as conn:
        bounds = load_gazetteer(conn, request.kind in LOCATED).bounds()
    fetched = _fetched_early(store, request)
    try:
        return prepare_file(store.settings, request, bounds, on_progress or no_progress, fetched)
    except BaseException:
        refill_spare()
        if fetched is not None:
            fetched.get()  # leaves no reader behind
        raise


def kind_in_slip(store: Store, path: Path) -> UploadKind | None:
    """What a returned workbook says it is; None for any other file. Raises UploadRefused."""
    if path.suffix.lower() not in (".xlsx", ".xls"):
        return None
    with store.read() as conn:
        bounds = load_gazetteer(conn).bounds()
    options = ReadOptions(city_bounds=bounds, wants_geometry=False, file_name=path.name)
    slip = slip_of(read_file_limited(path, options, refill=False))
    return slip.kind if slip else None


def _fetched_early(store: Store, request: UploadRequest) -> EarlyFetch | None:
    if request.kind not in _LARGE or request.year is None:
        return None
    years = {request.year}

    def fetch() -> Early:
        with store.read() as conn:
            return Early(years, state_of(conn), fetch_keys(conn, SCHEMAS[request.kind], years))

    return EarlyFetch(fetch)


def upload_file(
    store: Store, request: UploadRequest, on_progress: Progress | None = None
) -> UploadOutcome:
    """Take a file in, or say what it would do (request.preview). One transaction a file.

    Raises UploadRefused where the file cannot be read, StoreRefused where the store cannot be
    written; either way nothing is written.
    """
    require_upload(request.kind)
    try:
        outcome = take(store, prepare(store, request, on_progress), on_progress)
    except UploadCancelled:
        drop_copy(store, digest_of(request.path))
        raise
    except UploadRefused as refusal:
        note_refusal(store, request, refusal.message, request.kind)
        raise
    if request.preview:
        drop_copy(store, digest_of(request.path))
    elif outcome.batch is None:
        note_refusal(store, request, why_nothing(outcome), request.kind)
    return outcome


def why_nothing(outcome: UploadOutcome) -> str:
    """Why no row of a file was taken, in a sentence."""
    if outcome.rejected and outcome.rejected < outcome.rows:
        return (
            f"有 {outcome.rejected} 行不合格，按“全部合格才导入”的要求没有写入任何数据。"
            "请改正后重新上传。"
        )
    if not outcome.errors:
        return "没有可导入的数据行：文件是空的。请检查是否选错了文件或工作表。"
    first = outcome.errors[0]
    where = f"第{first.row}行" + (f"“{first.column}”" if first.column else "")
    return f"没有一行可以导入，共{outcome.rejected}行被退回。{where}：{first.message}"


@_collector_at_rest()
def take(store: Store, prepared: Prepared, on_progress: Progress | None = None) -> UploadOutcome:
    """Plan and write what has been prepared."""
    try:
        return _take(store, prepared, on_progress)
    finally:
        refill_spare()


def _take(store: Store, prepared: Prepared, on_progress: Progress | None) -> UploadOutcome:
    progress = on_progress or no_progress
    if prepared.request.preview:
        with store.read() as conn:
            return outcome_of(store, make_plan(store, conn, prepared, progress), None)
    with store.write() as conn:
        plan = _plan(store, conn, prepared, progress)
        try:
            batch = apply_prepared(store, conn, plan, progress) if _may_write(plan) else None
            plan.finish()
        finally:
            plan.drop()
    return outcome_of(store, plan, batch)


def _may_write(plan: Plan) -> bool:
    accepted = plan.inserted + plan.updated + plan.unchanged
    return accepted > 0 and not (plan.prepared.request.all_or_nothing and plan.rejected)


def make_plan(
    store: Store, conn: Connection, prepared: Prepared, on_progress: Progress = no_progress
) -> Plan:
    """Check the rows against the store and find out what differs."""
    plan = _plan(store, conn, prepared, on_progress)
    plan.finish()
    return plan


def _plan(store: Store, conn: Connection, prepared: Prepared, on_progress: Progress) -> Plan:
    """As make_plan; what needs not be known before writing may still be on its way."""
    require_upload(prepared.request.kind)
    refuse_columns(prepared)
    on_progress("核对", 0, len(prepared.rows))
    context = Context(
        conn,
        load_gazetteer(conn, prepared.request.kind in LOCATED),
        store.settings.today(),
        meta.get(conn, PLACES_VERSION_KEY) or "0",
    )
    kind = prepared.request.kind
    if kind is UploadKind.PATCHES:
        plan = plan_patches(context, prepared)
    elif kind is UploadKind.FINDINGS:
        plan = plan_findings(context, prepared)
    elif kind is UploadKind.REFERENCE:
        plan = plan_reference(context, prepared)
    else:
        plan = plan_rows(context, prepared, kind)
    if plan.claims is not None:
        plan.changes += plan.claims.changes(conn, prepared)
    rejected = {(i.row, i.sheet) for issues in prepared.errors.values() for i in issues}
    if rejected:
        prepared.warnings = [w for w in prepared.warnings if (w.row, w.sheet) not in rejected]
    prepared.tell_doubts()
    on_progress("核对", len(prepared.rows), len(prepared.rows))
    return plan


def apply_prepared(
    store: Store, conn: Connection, plan: Plan, on_progress: Progress = no_progress
) -> int:
    """Write a plan made in the same transaction; returns the batch."""
    prepared = plan.prepared
    request = prepared.request
    is_reference = request.kind is UploadKind.REFERENCE
    report = write_report(store.settings, prepared)
    batch = apply_changes(
        conn,
        UploadRecord(
            kind=request.kind.value,
            layer=layer_of(prepared).value if is_reference else None,
            year=request.year,
            file_name=request.file_name[:255],
            file_size=prepared.stored.size,
            file_sha256=prepared.stored.sha256,
            stored_path=prepared.stored.path.name,
            report_path=str(report.relative_to(store.settings.outputs_dir)) if report else None,
            report_sha256=digest_of(report) if report else None,
            uploaded_by=request.uploaded_by,
            uploaded_from=request.uploaded_from,
            options={
                **_role(),
                "crs": request.crs,
                "set": dict(request.set_columns),
                "mapping": {k: dict(v) for k, v in (request.mapping or {}).items()},
                "profile": _profile_used(conn, prepared),
            },
            rows=len(prepared.rows),
            inserted=plan.inserted,
            updated=plan.updated,
            unchanged=plan.unchanged,
            rejected=plan.rejected,
            ended=plan.ended,
            warnings=len(prepared.warnings),
            issues=_kept_issues(prepared),
        ),
        plan.changes,
        on_progress,
    )
    if plan.later is not None:
        plan.finish()
        told = {"warnings": len(prepared.warnings), "issues": _kept_issues(prepared)}
        conn.execute(update(Upload).where(Upload.id == batch).values(**told))
        tell_upload(conn, batch)
    plan.report = report
    return batch


def _role() -> dict[str, str | None]:
    """Whose file it was, where it was a district's: its words need confirmation."""
    account = acting()
    if not account.is_district:
        return {}
    return {"role": account.role.value, "district": account.district}


def _profile_used(conn: Connection, prepared: Prepared) -> dict[str, Any] | None:
    """The profile that this upload used or makes: {id, name}; the name is that of this moment."""
    request = prepared.request
    if request.keep is not None and request.mapping:
        profile, said = keep(conn, request.keep, request.kind.value, request.mapping)
        prepared.told += [said] if said else []
    elif request.profile:
        found = profile_named(conn, request.profile)
        if found is None:
            return None
        profile = found
    else:
        return None
    return {"id": profile.id, "name": profile.name}


def _kept_issues(prepared: Prepared) -> list[dict[str, Any]]:
    issues = [(issue, "error") for list_ in prepared.errors.values() for issue in list_]
    issues += [(issue, "warning") for issue in prepared.warnings]
    return [
        {
            "row": issue.row,
            "column": issue.column,
            "message": issue.message,
            "sheet": issue.sheet,
            "level": level,
        }
        for issue, level in issues[:_KEPT_ISSUES]
    ]


def outcome_of(store: Store, plan: Plan, batch: int | None) -> UploadOutcome:
    """The answer to whoever uploaded; a refused or previewed file gets its workbook too."""
    prepared = plan.prepared
    written = batch is not None or prepared.request.preview
    if plan.report is None:
        plan.report = write_report(store.settings, prepared)
    return UploadOutcome(
        batch=batch,
        kind=prepared.request.kind,
        rows=len(prepared.rows),
        inserted=plan.inserted if written else 0,
        updated=plan.updated if written else 0,
        unchanged=plan.unchanged if written else 0,
        rejected=plan.rejected,
        ended=plan.ended if written else 0,
        errors=[issue for i in sorted(prepared.errors) for issue in prepared.errors[i]],
        warnings=prepared.warnings,
        report=plan.report,
        notes=prepared.notes,
        told=prepared.told,
    )
