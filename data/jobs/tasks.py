"""The jobs there are. Each is a function of the store and the job; which process runs it is not
its business."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import shapely

from data.acting import acting
from data.errors import CrsUndecided, SupervisionError, UploadRefused
from data.jobs import pages, papers
from data.jobs.absent import absent_keys
from data.jobs.columns import add_suggestions
from data.jobs.incoming import Incoming
from data.jobs.preview import SHOWN_KEYS, Document, columns_document, plan_document
from data.jobs.recognising import better_kind, recognise
from data.jobs.rows import rows_document
from data.jobs.running import Task
from data.jobs.table import JobView
from data.store import meta
from data.store.engine import Store
from data.store.queries.uploads import last_with
from data.upload.mapping import map_columns, signature, units_outside
from data.upload.mapping_profiles import profile_for
from data.upload.permits import require_upload
from data.upload.placed_again import take_back
from data.upload.places import load_gazetteer
from data.upload.prepare import (
    Prepared,
    StoredFile,
    asked_to_stop,
    assemble,
    columns_of,
    digest_of,
    keep_file,
)
from data.upload.readers import RawTable, ReadOptions, ReadResult
from data.upload.refusals import drop_copy, note_refusal
from data.upload.report import write_report
from data.upload.request import KeepProfile, Progress, UploadRequest
from data.upload.sandbox import UploadCancelled, read_file_limited
from data.upload.service import upload_file, why_nothing
from data.upload.slip import Slip, slip_of, with_slip
from data.vocabulary import ReferenceLayer, UploadKind
from data.workflow.preview import rehearse

_MOST_CANDIDATES = 4


def upload(store: Store, job: JobView, progress: Progress) -> tuple[str, Document]:
    """payload: {step, file, file_name, kind, year, crs, layer, set, mapping, profile, keep,
    no_profile, encoding, all_or_nothing, from, is_said}. no_profile: none is looked for. is_said:
    the user saw how the file is read and said so; a slip is not asked any more. step preview reads
    and plans and leaves the job waiting for a word; step apply writes."""
    if job.payload["step"] == "preview":
        return "waiting", _previewed(store, job, progress)
    request = request_of(store, job, UploadKind(job.payload["kind"]))
    taken = upload_file(store, request, progress)
    outcome = taken.to_json() | {"told": taken.told}
    if outcome["batch"] is None:
        raise SupervisionError(why_nothing(taken))
    Incoming(store.settings).drop(job.payload["file"])
    outcome["report"] = _below_outputs(store, outcome["report"])
    for name in ("errors", "warnings"):
        outcome[f"{name}_total"] = len(outcome[name])
        outcome[name] = outcome[name][:500]
    return "done", {"before": (job.result or {}).get("counts"), "outcome": outcome}


def _previewed(store: Store, job: JobView, progress: Progress) -> Document:
    """A refused file is an event; of a cancelled one nothing is left."""
    kind = UploadKind(job.payload["kind"]) if job.payload.get("kind") else None
    request = request_of(store, job, kind or UploadKind.PATCHES, is_preview=True)
    try:
        return preview(store, job, progress)
    except UploadCancelled:
        drop_copy(store, digest_of(request.path))
        raise
    except UploadRefused as refusal:
        note_refusal(store, request, refusal.message, kind)
        raise


def preview(store: Store, job: JobView, progress: Progress) -> Document:
    """Read the file and say what it would do, or what has to be asked first."""
    settings = store.settings
    chosen = UploadKind(job.payload["kind"]) if job.payload.get("kind") else None
    request = request_of(store, job, chosen or UploadKind.PATCHES, is_preview=True)
    require_upload(chosen)
    progress("读取", 0, 0)
    stored = keep_file(settings, request)
    with store.read() as conn:
        bounds = load_gazetteer(conn).bounds()
        version = meta.get(conn, "data_version") or "0"
    options = ReadOptions(
        city_bounds=bounds,
        crs=request.crs,
        wants_geometry=chosen in (None, UploadKind.PATCHES, UploadKind.REFERENCE),
        encoding=request.encoding,
        file_name=request.file_name,
    )
    document: Document = {"sha256": stored.sha256, "data_version": int(version), "question": None}
    try:
        result = read_file_limited(stored.path, options, cancelled=asked_to_stop(progress))
    except CrsUndecided as undecided:
        return document | _crs_question(stored, options, undecided, progress)
    progress("识别列", 0, 0)
    headers = [h for table in result.tables for h in table.columns.column_names]
    document["signature"] = signature(headers)
    slip = slip_of(result) if request.follows_slip else None
    profile = None
    if slip is not None and chosen in (None, slip.kind):  # a returned workbook says how it is read
        chosen = slip.kind
    elif not request.mapping and not job.payload.get("no_profile"):
        with store.read() as conn:
            profile = profile_for(conn, chosen, document["signature"])
    recognised = recognise(result.tables, request.file_name) if chosen is None else None
    kind = chosen or (recognised.kind if recognised else None)
    document |= {"kind_reason": recognised.reason if recognised else None}
    if profile is not None:
        kind = UploadKind(profile.kind)
        document |= {"profile": profile.name, "mapping": profile.mapping, "kind_reason": None}
    document["kind"] = kind
    if kind is None and recognised is not None:
        likely = recognised.likely
        asked = replace(request, kind=likely) if likely else request
        question = _columns_question(store, result.tables, asked, recognised.reason)
        return document | question | {"kind": likely, "kind_reason": None}
    assert kind is not None
    require_upload(kind)
    request = request_of(store, job, kind, is_preview=True)
    if profile is not None:
        request = replace(request, mapping=profile.mapping, profile=profile.name)
    if slip is not None and slip.kind is kind and slip.year is not None:
        request = replace(request, year=None)  # the chooser always holds some year
    seen, _ = with_slip(request, result)
    document["reading"] = reading_of(seen)
    document["better_kind"] = _better_kind(result, kind, slip) if recognised is None else None
    with store.read() as conn:
        document["same_file"] = last_with(conn, acting().scope, stored.sha256, kind)
    try:
        prepared = assemble(request, result, stored)
    except CrsUndecided as undecided:
        return document | _crs_question(stored, options, undecided, progress)
    except UploadRefused as refusal:
        return document | _columns_question(store, result.tables, seen, refusal.message)
    try:
        return document | _planned(store, prepared, bounds, progress)
    except CrsUndecided as undecided:  # centre columns are placed only then
        return document | _crs_question(stored, options, undecided, progress)


def _better_kind(result: ReadResult, kind: UploadKind, slip: Slip | None) -> Document | None:
    """{kind, reason} where the file looks like another kind than it is read as."""
    if slip is not None:
        if slip.kind is kind:
            return None
        return {"kind": slip.kind, "reason": f"这是“{slip.kind.label}”的退回表。"}
    found = better_kind(result.tables, kind)
    return {"kind": found.kind, "reason": found.reason} if found else None


def _planned(
    store: Store,
    prepared: Prepared,
    bounds: tuple[float, float, float, float],
    progress: Progress,
) -> Document:
    absent, remark = absent_keys(store, prepared, bounds, progress)
    plan, effects = rehearse(store, prepared, progress)
    document = plan_document(plan)
    with store.read() as conn:
        document["needs"] = add_suggestions(
            conn,
            prepared.request,
            prepared.tables,
            prepared.maps,
            prepared.columns,
            document["columns"],
        )
        document["rows"] = rows_document(conn, plan)
    document["absent"] = absent[:SHOWN_KEYS]
    document["counts"]["absent"] = len(absent)
    document["notes"] += [remark] if remark else []
    document["effects"] = effects.to_json() if effects else None
    report = plan.report or write_report(store.settings, prepared)
    document["report"] = _below_outputs(store, str(report) if report else None)
    return document


def _columns_question(
    store: Store, tables: list[RawTable], request: UploadRequest, message: str
) -> Document:
    columns = columns_of(request.kind)
    maps = [
        map_columns(t.columns.column_names, columns, request.mapping, units_outside(t))
        for t in tables
    ]
    shown = columns_document(tables, maps, columns)
    with store.read() as conn:
        needs = add_suggestions(conn, request, tables, maps, columns, shown)
    return {"question": "columns", "message": message, "columns": shown, "needs": needs}


def _crs_question(
    stored: StoredFile, options: ReadOptions, undecided: CrsUndecided, progress: Progress
) -> Document:
    """Which systems fit, and where the file would lie in each: {epsg, bounds}."""
    said, codes = f"{undecided.situation}请选择。", undecided.candidates
    candidates: list[Document] = []
    for code in codes[:_MOST_CANDIDATES]:
        progress("试读坐标系", len(candidates), len(codes))
        try:
            result = read_file_limited(
                stored.path, replace(options, crs=code), cancelled=asked_to_stop(progress)
            )
        except UploadRefused:
            continue
        boxes = [
            shapely.box(*bounds)
            for table in result.tables
            if table.geometry is not None
            for bounds in table.geometry.bounds
            if bounds[0] == bounds[0]
        ]
        if boxes:
            whole = [float(v) for v in shapely.total_bounds(boxes)]
            candidates.append({"epsg": code, "bounds": whole})
    return {"question": "crs", "message": said, "candidates": candidates}


def reading_of(request: UploadRequest) -> Document:
    """How a file was read in the end, in the words of a payload."""
    return {
        "year": request.year,
        "crs": request.crs,
        "set": dict(request.set_columns),
        "mapping": {k: dict(v) for k, v in (request.mapping or {}).items()} or None,
        "profile": request.profile,
        "keep": asdict(request.keep) if request.keep else None,
    }


def undo(store: Store, job: JobView, progress: Progress) -> tuple[str, Document]:
    """payload: {batch}. Takes a batch back."""
    progress("撤回", 0, 0)
    batch = int(job.payload["batch"])
    with store.write() as conn:
        undone_by = take_back(conn, batch, job.created_by, job.payload.get("from", "web"))
        progress("提交", 0, 0)
    return "done", {"undone": batch, "batch": undone_by}


_OF_PAPERS: dict[str, Task] = {papers.TASK: papers.pack_papers, pages.TASK: pages.draw_pages}
TASKS: dict[str, Task] = {"upload": upload, "undo": undo, **_OF_PAPERS}


def request_of(
    store: Store, job: JobView, kind: UploadKind, is_preview: bool = False
) -> UploadRequest:
    """Raises NotFound where the file has been cleaned away."""
    asked: dict[str, Any] = job.payload
    incoming = Incoming(store.settings)
    known = incoming.get(asked["file"])
    return UploadRequest(
        path=incoming.path(known.id, known.name),
        file_name=known.name,
        kind=kind,
        year=asked.get("year"),
        crs=asked.get("crs"),
        set_columns=asked.get("set") or {},
        all_or_nothing=bool(asked.get("all_or_nothing")),
        preview=is_preview,
        layer=ReferenceLayer(asked["layer"]) if asked.get("layer") else None,
        uploaded_by=job.created_by,
        uploaded_from=asked.get("from") or "web",
        mapping=asked.get("mapping") or None,
        encoding=asked.get("encoding"),
        profile=asked.get("profile"),
        keep=KeepProfile(**asked["keep"]) if asked.get("keep") else None,
        follows_slip=not asked.get("is_said"),
        confirmed_units=frozenset(asked.get("confirmed_units") or ()),
    )


def confirmation(result: Document) -> dict[str, Any]:
    """What a confirmed preview adds to the payload."""
    return {
        "step": "apply",
        "kind": result["kind"],
        "is_said": True,
        **(result.get("reading") or {}),
        "sha256": result["sha256"],
    }


def _below_outputs(store: Store, path: str | None) -> str | None:
    return str(Path(path).relative_to(store.settings.outputs_dir)) if path else None
