"""What was triggered after each upload, kept so that the next one can be held against it.

A look at the triggers of the running work year, kept beside the data version that it belongs to.
It can be made again from nothing but the store as it was then, so it is kept while it is of use
and is no part of the history.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from data.errors import StoreRefused
from data.periods import default_as_of
from data.scope import Scope
from data.store import meta
from data.store.engine import Store
from data.store.facts import keep_value
from data.store.models import Meta, Upload
from data.store.queries.stamp import stamp
from data.store.writing import DATA_VERSION_KEY
from data.triggers.current import Trigger, current_triggers
from data.vocabulary import UploadKind

log = logging.getLogger(__name__)

_PREFIX = "triggers:"
KEPT = 12
_FIELDS = (
    "rule", "rule_name", "subject", "subject_name", "district", "period", "severity", "line",
    "measure", "value", "threshold", "unit", "mark", "key", "small_denominator",
)  # fmt: skip


#: A look begins with its work year and day: so much of it is read to know them.
_HEAD = 80
_BEGIN = re.compile(r'\{"year": ([0-9]+), "as_of": "([0-9-]+)"')

#: What looks that were kept before a field was do not say.
_OF_OLD = {"value": 0.0, "small_denominator": False}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """That a look was taken on as_of at a data version; triggers_of reads it. upload: which batch
    came next."""

    data_version: int
    as_of: date
    upload: str


def take_snapshot(store: Store) -> None:
    """Keep what is triggered now in the newest work year; after a batch has been written.

    The batch is written and stays so: whatever hinders the look, it is only the look that fails.
    """
    try:
        _take(store)
    except StoreRefused as refusal:
        log.warning("no look at the triggers after this batch: %s", refusal.message)
    except Exception:
        log.exception("no look at the triggers after this batch")


def _take(store: Store) -> None:
    with store.read() as conn:
        known = stamp(conn)
        if not known.years:
            return
        year = known.years[0]
        as_of = default_as_of(year, store.settings.today())
        found = current_triggers(conn, Scope.all(), year, as_of, with_patches=False)
    kept = {
        "year": year,
        "as_of": as_of.isoformat(),
        "triggers": [
            {name: value for name, value in trigger.items() if name in _FIELDS} for trigger in found
        ],
    }
    with store.write() as conn:
        if known.data_version != int(meta.get(conn, DATA_VERSION_KEY) or 0):
            return  # another batch was faster: its own look follows
        oldest = _key(known.data_version - KEPT + 1)
        old = select(Meta.key).where(Meta.key.startswith(_PREFIX), Meta.key < oldest)
        value = json.dumps(kept, ensure_ascii=False)
        keep_value(conn, _key(known.data_version), value, conn.scalars(old).all())


def snapshots(conn: Connection, year: int, now: int | None = None) -> list[Snapshot]:
    """Looks at a work year before its last uploads, newest first; the present one is not among
    them. What they saw is read when it is asked for: of a large city it is long. now: the present
    data version, where it is at hand."""
    if now is None:
        now = int(meta.get(conn, DATA_VERSION_KEY) or 0)
    begin = func.substr(Meta.value, 1, _HEAD)
    rows = conn.execute(
        select(Meta.key, begin)
        .where(Meta.key.startswith(_PREFIX), Meta.key < _key(now))
        .order_by(Meta.key.desc())
    ).all()
    looks = []
    for key, head in rows:
        said = _BEGIN.match(head)
        if said is not None and int(said[1]) == year:
            looks.append((int(key.removeprefix(_PREFIX)), date.fromisoformat(said[2])))
    uploads = _uploads_after(conn, min((version for version, _ in looks), default=now))
    return [Snapshot(version, as_of, _next_upload(uploads, version)) for version, as_of in looks]


def triggers_of(conn: Connection, look: Snapshot, scope: Scope) -> list[Trigger]:
    """What was triggered then, as far as the reader may see it."""
    kept: dict[str, Any] = json.loads(meta.get(conn, _key(look.data_version)) or '{"triggers": []}')
    return [_OF_OLD | t for t in kept["triggers"] if _is_visible(t, scope)]


def _key(version: int) -> str:
    """In the order of text as in that of numbers."""
    return f"{_PREFIX}{version:012d}"


def _is_visible(trigger: Trigger, scope: Scope) -> bool:
    district = trigger["district"]
    return scope.districts is None if district is None else scope.allows(district)


def _uploads_after(conn: Connection, version: int) -> list[tuple[int, str, str]]:
    """(data version, kind, state) of the batches since, oldest first."""
    query = (
        select(Upload.data_version, Upload.kind, Upload.state)
        .where(Upload.data_version > version)
        .order_by(Upload.data_version)
    )
    return [(made, kind, state) for made, kind, state in conn.execute(query)]


def _next_upload(uploads: Sequence[tuple[int, str, str]], version: int) -> str:
    """What the batch that followed was: `上传“查处整改”`, `撤回“查处整改”`."""
    following = next(((k, s) for made, k, s in uploads if made > version), None)
    if following is None:  # newer rule files moved sums at the start of a program, without a batch
        return "规则更新"
    kind, state = following
    labels = {kind.value: kind.label for kind in UploadKind}
    if kind not in labels:
        return {"rule": "参数调整", "record": "登记"}.get(kind, "更新")
    return f"{'撤回' if state == 'undo' else '上传'}“{labels[kind]}”"
