"""Rows that the last file of this kind had and this one lacks: the store keeps them as they are.

The last file is read again, from the copy that its upload kept. Where the two files have no row in
common, the new one is another batch (next month's patches) and nothing is said to be absent.
"""

from __future__ import annotations

from typing import Any

from data.acting import acting
from data.errors import UploadRefused
from data.scope import Scope
from data.store.engine import Store
from data.store.queries.uploads import last_of_kind
from data.upload.prepare import Prepared, StoredFile, asked_to_stop, assemble
from data.upload.readers import ReadOptions
from data.upload.request import Progress, UploadRequest
from data.upload.sandbox import read_file_limited
from data.upload.schemas import SCHEMAS
from data.vocabulary import UploadKind

#: Reading a larger file again would keep the user waiting for a remark.
MAX_BYTES = 30 << 20


def absent_keys(
    store: Store, prepared: Prepared, bounds: tuple[float, float, float, float], progress: Progress
) -> tuple[list[str], str | None]:
    """Keys as people write them, in the last file's order; and a sentence where it is worth one."""
    kind, year = prepared.request.kind, prepared.request.year
    if acting().is_district:  # the last file may be the bureau's, with everybody's rows
        return [], None
    if kind not in SCHEMAS or prepared.is_returned:
        return [], None
    with store.read() as conn:
        last = last_of_kind(conn, Scope.all(), kind.value, year)
    if last is None or not last["stored_path"] or last["file_sha256"] == prepared.stored.sha256:
        return [], None
    path = store.settings.uploads_dir / last["stored_path"]
    if last["file_size"] > MAX_BYTES or not path.is_file():
        return [], None
    progress("与上次的文件比较", 0, 0)
    options: dict[str, Any] = last["options"] or {}
    request = UploadRequest(
        path=path,
        file_name=last["file_name"],
        kind=kind,
        year=year,
        crs=options.get("crs"),
        set_columns=options.get("set") or {},
        mapping=options.get("mapping") or None,
    )
    read = ReadOptions(
        city_bounds=bounds,
        crs=request.crs,
        wants_geometry=False,
        file_name=request.file_name,
    )
    try:
        result = read_file_limited(path, read, cancelled=asked_to_stop(progress))
        before = assemble(request, result, StoredFile(path, 0, ""))
    except UploadRefused:  # it was read once; a remark is not worth a refusal
        return [], None
    known = _keys(prepared, kind)
    had = _keys(before, kind)
    absent = [key for key in had if key not in known]
    if len(absent) == len(had):
        return [], None
    said = (
        f"与上次的“{last['file_name']}”（批次{last['id']}）相比，少了 {len(absent)} 条，库中保留。"
    )
    return [" ".join(key) for key in absent], said if absent else None


def _keys(prepared: Prepared, kind: UploadKind) -> dict[tuple[str, ...], None]:
    """The natural keys of the rows that could be parsed, in order."""
    rows = prepared.rows
    columns = []
    for column in SCHEMAS[kind].keys:
        if column.field == "year" or (column.field not in rows and column.default is None):
            continue
        values = rows[column.field] if column.field in rows else [column.default] * len(rows)
        columns.append([column.default if v is None else v for v in values])
    keys = zip(*columns, strict=True) if columns else []
    return {
        tuple(str(part) for part in key): None
        for index, key in enumerate(keys)
        if index not in prepared.errors
    }
