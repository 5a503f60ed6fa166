"""Files that were not taken in: an event each, and the copies that they and previews leave.

A file is kept in uploads_dir under its hash as soon as it is read. Of an accepted file the copy
stays; of a refused one it goes after a period (Settings.refused_days), of a dropped preview at
once.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, select

from data.errors import StoreRefused
from data.settings import Settings
from data.store import events
from data.store.engine import Store
from data.store.models import Upload
from data.upload.prepare import digest_of
from data.upload.request import UploadRequest
from data.vocabulary import UploadKind

REFUSED = "refusal"
log = logging.getLogger(__name__)

_DAY = 86_400.0
#: `<sha-256><suffix>` of a kept file, `.<hex>` of one that is still being copied.
_COPY = re.compile(r"([0-9a-f]{64})(\.[a-z0-9.]*)?|\.[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Refusal:
    """at: UTC. sha256: None where the file was not even received. has_copy: it lies here still."""

    seq: int
    at: datetime
    who: str
    source: str
    file_name: str
    file_size: int
    sha256: str | None
    kind: str | None
    layer: str | None
    year: int | None
    reason: str
    has_copy: bool


def note_refusal(
    store: Store, request: UploadRequest, reason: str, kind: UploadKind | None
) -> None:
    """Keep that a file was refused. Where the store cannot be written the refusal itself still
    stands, and the log tells of it. kind: None where it was never known."""
    try:
        size, digest = request.path.stat().st_size, digest_of(request.path)
    except OSError:
        size, digest = 0, None
    told = {
        "file_name": request.file_name[:255],
        "file_size": size,
        "sha256": digest,
        "kind": kind.value if kind else None,
        "layer": request.layer.value if request.layer else None,
        "year": request.year,
        "reason": reason,
    }
    _note(store, request.uploaded_by, request.uploaded_from, told)


def note_unreceived(store: Store, who: str, source: str, name: str, size: int, reason: str) -> None:
    """As note_refusal, for a file that was refused by its name or size before it was sent."""
    told = {"file_name": name[:255], "file_size": size, "sha256": None, "reason": reason}
    _note(store, who, source, {"kind": None, "layer": None, "year": None, **told})


def _note(store: Store, who: str, source: str, told: dict[str, object]) -> None:
    try:
        with store.write() as conn:
            events.note(conn, REFUSED, who, source, told)
    except StoreRefused as error:
        log.warning("refusal of %s was not kept: %s", told["file_name"], error.message)


def refusals(
    conn: Connection, settings: Settings, limit: int = 20, offset: int = 0
) -> list[Refusal]:
    """Newest first."""
    copies = {path.name[:64] for path in _copies(settings)}
    return [
        Refusal(
            row.seq, row.at, row.who, row.source, **row.told,
            has_copy=row.told["sha256"] in copies,
        )
        for row in events.events(conn, REFUSED, limit, offset)
    ]  # fmt: skip


def refusal_count(conn: Connection) -> int:
    return events.event_count(conn, REFUSED)


def drop_copy(store: Store, sha256: str | None, wanted: Collection[str] = ()) -> None:
    """Remove the copy of a preview that nobody wants, unless an upload, a refusal or one of the
    `wanted` hashes (of other open previews) has the same file."""
    if not sha256 or sha256 in wanted:
        return
    with store.read() as conn:
        if sha256 in _of_uploads(conn) or sha256 in _refused_at(conn):
            return
    for path in _copies(store.settings):
        if path.name.startswith(sha256):
            path.unlink(missing_ok=True)


def clean_copies(store: Store, wanted: Collection[str], now: float | None = None) -> int:
    """Remove copies that have had their time; returns how many. wanted: hashes of open previews."""
    now = time.time() if now is None else now
    settings = store.settings
    with store.read() as conn:
        kept, refused = _of_uploads(conn), _refused_at(conn)
    gone = 0
    for path in _copies(settings):
        digest = path.name[:64]
        if digest in kept or digest in wanted:
            continue
        try:
            since = max(path.stat().st_mtime, refused.get(digest, 0.0))
        except FileNotFoundError:
            continue
        days = settings.refused_days if digest in refused else 1
        if now - since > days * _DAY:
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def clean_reports(store: Store, wanted: Collection[str], now: float | None = None) -> int:
    """Remove returned workbooks that no upload and no job (`wanted`, below outputs_dir) names and
    that are older than the period; returns how many."""
    now = time.time() if now is None else now
    settings = store.settings
    folder = settings.outputs_dir / "returned"
    if not folder.is_dir():
        return 0
    with store.read() as conn:
        kept = set(conn.scalars(select(Upload.report_path).where(Upload.report_path.is_not(None))))
    gone = 0
    for path in folder.iterdir():
        if str(path.relative_to(settings.outputs_dir)) in kept | set(wanted):
            continue
        if now - path.stat().st_mtime > settings.refused_days * _DAY:
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def _copies(settings: Settings) -> list[Path]:
    folder = settings.uploads_dir
    if not folder.is_dir():
        return []
    return [p for p in folder.iterdir() if _COPY.fullmatch(p.name) and p.is_file()]


def _of_uploads(conn: Connection) -> set[str]:
    return set(conn.scalars(select(Upload.file_sha256).distinct()))


def _refused_at(conn: Connection) -> dict[str, float]:
    """Hash → when the file was last refused, seconds since 1970."""
    found: dict[str, float] = {}
    for row in events.events(conn, REFUSED, limit=1_000_000):
        digest = row.told["sha256"]
        if digest:
            found[digest] = max(found.get(digest, 0.0), row.at.timestamp())
    return found
