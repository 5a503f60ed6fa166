"""Telling the history of an older store what it was not told at the time (see migrate.py)."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Any

from sqlalchemy import Connection, Table, func, select, update

from data.settings import Settings
from data.store import facts, history, meta, seeding
from data.store.models import District, History, MappingProfile, Meta, Town, Upload


def record_places(conn: Connection) -> None:
    """Units and towns as they are: what differs from those shipped came with boundary layers,
    before the history told of them. It is told under the last upload."""
    last = conn.scalar(select(func.max(Upload.id)))
    if last is None:
        return  # nothing can have changed
    shipped: dict[str, dict[str, dict[str, Any]]] = {}
    for table, row in seeding.first_rows(conn):
        shipped.setdefault(table.name, {})[history.row_key(table, row)] = row
    told: list[history.Told] = []
    for places in (District.__table__, Town.__table__):
        assert isinstance(places, Table)
        rows = [dict(row) for row in conn.execute(select(places)).mappings()]
        now = {history.row_key(places, row): row for row in rows}
        told += _differences(places.name, shipped[places.name], now)
    history.append(conn, last, [partial(_as_told, piece) for piece in told])


def _as_told(piece: history.Told) -> history.Told:
    return piece


def _differences(
    entity: str, was: dict[str, dict[str, Any]], now: dict[str, dict[str, Any]]
) -> list[history.Told]:
    gone = [key for key in was if key not in now]
    new = [key for key in now if key not in was]
    changed = [key for key in now if key in was and _told(now[key]) != _told(was[key])]
    return [
        _piece(entity, "delete", gone, [_told(was[key]) for key in gone], None),
        _piece(entity, "insert", new, None, [_told(now[key]) for key in new]),
        _piece(
            entity,
            "update",
            changed,
            [_told(was[key]) for key in changed],
            [_told(now[key]) for key in changed],
        ),
    ]


def _piece(
    entity: str, op: str, keys: list[str], before: list[bytes] | None, after: list[bytes] | None
) -> history.Told:
    return history.Told(entity, op, keys, [None] * len(keys), before, after)


def _told(row: dict[str, Any]) -> bytes:
    return history.said(history.recorded(row))


def tell_facts(conn: Connection, settings: Settings) -> None:
    """Uploads, profiles and single values as they are, with the hashes of returned workbooks."""
    for batch, path in conn.execute(select(Upload.id, Upload.report_path).order_by(Upload.id)):
        report = settings.outputs_dir / path if path else None
        if report is not None and report.is_file():
            digest = hashlib.sha256(report.read_bytes()).hexdigest()
            conn.execute(update(Upload).where(Upload.id == batch).values(report_sha256=digest))
        facts.tell_upload(conn, batch)
    for number in conn.scalars(select(MappingProfile.id).order_by(MappingProfile.id)).all():
        facts.tell_profile(conn, number)
    counter = int(meta.get(conn, "next:mapping_profile") or 0)
    if counter > 1:  # the last one may have been deleted
        facts.tell_profile(conn, counter - 1)
    told = conn.execute(select(Meta.key, Meta.value)).all()
    for key, value in told:
        if key in ("is_demo", "demo_complete") or key.startswith("triggers:"):
            facts.keep_value(conn, key, value)
    version = meta.get(conn, "data_version")
    if version is not None:
        facts.keep_value(conn, "data_version", version)
    placed = select(func.max(History.batch_id)).where(
        History.entity.in_(["district", "town", "reference_feature"])
    )
    meta.drop(conn, ["places_version"])
    last = conn.scalar(placed)
    if last is not None:
        meta.put(conn, "places_version", str(last))
