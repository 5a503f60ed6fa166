"""Proves that the store is what its users made it: every table, and every file that it names.

Each part has its own way (data/store/proofs.py). `bad` holds the first fault of each kind.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, func, select

from data.faults import number_of, os_reason
from data.settings import Settings
from data.store import anchors, events, facts, history, meta, summary
from data.store.anchors import Anchor
from data.store.engine import Store
from data.store.models import (
    DaySummary,
    Deduction,
    GeometryArchive,
    MappingProfile,
    MeasureEvent,
    Meta,
    UnlawfulInterval,
    Upload,
)
from data.store.shadow import shadowed
from data.store.writing import DATA_VERSION_KEY, PLACES_VERSION_KEY

#: What the parameters say that the ratio deducts, as the table should hold it.
Deductions = Callable[[Connection], list[tuple[Any, ...]]]
_COUNTER = "next:"


@dataclass(frozen=True, slots=True)
class Fault:
    """kind: a table, file, or value. where: which row. what: a sentence."""

    kind: str
    where: str
    what: str


@dataclass
class Proven:
    """records: of the history. first_bad: the first of them that does not fit, itself or its row.
    is_quick: derived tables were not computed again."""

    records: int
    first_bad: int | None
    is_quick: bool
    bad: list[Fault] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.bad

    def to_json(self) -> dict[str, Any]:
        return {
            "records": self.records,
            "ok": self.ok,
            "first_bad": self.first_bad,
            "bad": [asdict(fault) for fault in self.bad],
            "quick": self.is_quick,
        }


def prove(
    store: Store,
    deductions: Deductions,
    kept_anchor: Anchor | None = None,
    is_quick: bool = False,
) -> Proven:
    """Everything, as one consistent state of the store shows it, and the files that it names."""
    with _seen(store, is_quick) as conn:
        proven = proven_on(conn, store, deductions, kept_anchor, is_quick)
        found = chain(_files(conn, store.settings), _attached(conn, store.settings))
        _first(proven, "file", found)
    return proven


def proven_on(
    conn: Connection,
    store: Store,
    deductions: Deductions,
    kept_anchor: Anchor | None = None,
    is_quick: bool = False,
) -> Proven:
    """conn: of the store; unless quick with the derived tables made anew in front of the stored."""
    kept = _of_this_store(conn, kept_anchor)
    head = {"records": kept.records, "head": kept.head} if kept is not None else None
    walked = history.walk(conn, head)
    proven = Proven(walked.records, walked.first_bad, is_quick)
    if kept_anchor is not None:
        _first(proven, "anchor", _anchored(conn, kept_anchor))
    if _first(proven, "history", _chain(walked, kept)):
        _rows(conn, walked, proven)
        _first(proven, "geometry_archive", _archive(conn, walked))
    if _first(proven, "event", _events(conn, kept)):
        told = facts.told(conn)
        _first(proven, "upload", _uploads(conn, told))
        _first(proven, "mapping_profile", _profiles(conn, told))
        for kind in facts.ROWS:
            _first(proven, kind, _told_rows(conn, told, kind))
        if walked.first_bad is None:
            _first(proven, "meta", _values(conn, walked, told))
    _first(proven, "deduction", _deductions(conn, deductions))
    if not is_quick:
        for table in (DaySummary.__table__, UnlawfulInterval.__table__):
            assert isinstance(table, Table)
            _first(proven, table.name, _computed_again(conn, store, table))
    return proven


def _first(proven: Proven, kind: str, found: Iterator[Fault]) -> bool:
    """Note the first fault; whether there is none. A value that no column can hold is one."""
    try:
        fault = next(found, None)
    except (ValueError, TypeError, KeyError) as error:
        number = number_of(error, f"in {kind}")
        fault = Fault(kind, "", f"有一行无法读取（编号 {number}，经过见日志）")
    if fault is not None:
        proven.bad.append(fault)
    return fault is None


@contextmanager
def _seen(store: Store, is_quick: bool) -> Iterator[Connection]:
    """A consistent state; unless quick with the derived tables made anew in front of the stored."""
    opened: AbstractContextManager[Connection] = (
        store.read() if is_quick else shadowed(store, DaySummary, UnlawfulInterval, is_empty=True)
    )
    with opened as conn:
        if not is_quick:
            summary.add(conn, None)
        yield conn


def _of_this_store(conn: Connection, anchor: Anchor | None) -> Anchor | None:
    """The anchor where the chains can be held against it: it is genuine and of this store, or of
    this store before it had an id."""
    if anchor is None or not anchor.is_genuine:
        return None
    own = meta.get(conn, anchors.STORE_KEY)
    if not anchor.store or anchor.store == own:
        return anchor
    begun = anchors.first_hash(conn)
    is_put_back = own is None and (not begun or anchor.first in ("", begun))
    return anchor if is_put_back else None


def _anchored(conn: Connection, anchor: Anchor) -> Iterator[Fault]:
    when = anchor.at[:19]
    if not anchor.is_genuine:
        yield Fault("anchor", when, "锚点的签名不符：锚点本身被改动过")
    elif _of_this_store(conn, anchor) is None:
        yield Fault("anchor", when, "这是另一个库的锚点，没有比对")
    elif anchor.key and meta.get(conn, anchors.STORE_KEY) and not _is_own_key(conn, anchor):
        yield Fault("anchor", when, "锚点是用本库没有登记过的密钥签名的")


def _is_own_key(conn: Connection, anchor: Anchor) -> bool:
    return anchor.key in anchors.known_keys(conn)


def _chain(walked: history.Walk, anchor: Anchor | None) -> Iterator[Fault]:
    if walked.first_bad is None:
        return
    where = f"第{walked.first_bad}条"
    if anchor is not None and walked.first_bad == walked.records + 1 <= anchor.records:
        yield Fault(
            "history",
            where,
            f"历史只有{walked.records:,}条，锚点（{anchor.at[:19]}）记着{anchor.records:,}条："
            "库被退回到较早的状态，或尾部被截去",
        )
    elif anchor is not None and walked.first_bad == anchor.records:
        yield Fault("history", where, "与锚点不符：历史被改动后重新计算过，或与锚点不是同一支")
    else:
        yield Fault("history", where, "历史从这一条起对不上：被改动、删除、插入或调换过")


def _events(conn: Connection, anchor: Anchor | None) -> Iterator[Fault]:
    bad = events.first_bad(conn)
    if bad is not None:
        yield Fault("event", f"第{bad}条", "事件从这一条起对不上：被改动、删除、插入或调换过")
    elif anchor is not None and anchor.events:
        kept = events.hash_of(conn, anchor.events)
        if kept is None:
            what = f"锚点（{anchor.at[:19]}）记着{anchor.events:,}件：库被退回到较早的状态"
            yield Fault("event", f"第{events.head(conn)[0] + 1}条", what)
        elif kept != anchor.event_head:
            yield Fault("event", f"第{anchor.events}条", "与锚点不符：事件被改动后重新计算过")


def _rows(conn: Connection, walked: history.Walk, proven: Proven) -> None:
    """The first difference of each recorded table."""
    for found in history.differences(conn, walked):
        first = proven.first_bad
        proven.first_bad = found.seq if first is None else min(first, found.seq)
        if not any(fault.kind == found.table for fault in proven.bad):
            proven.bad.append(Fault(found.table, found.row_key, found.what))


def _archive(conn: Connection, walked: history.Walk) -> Iterator[Fault]:
    missing = set(walked.digests)
    query = select(GeometryArchive.digest, GeometryArchive.geom)
    for digest, geom in conn.execute(query, execution_options={"yield_per": 1_000}):
        if hashlib.sha256(geom).hexdigest() != digest:
            yield Fault("geometry_archive", digest, "图形与其摘要不符")
        elif digest not in missing:
            yield Fault("geometry_archive", digest, "历史没有提到这个图形")
        missing.discard(digest)
    for digest in sorted(missing):
        yield Fault("geometry_archive", digest, "历史提到的图形不在库中")


def _uploads(conn: Connection, told: facts.Told) -> Iterator[Fault]:
    left = dict(told.uploads)
    undone: dict[int, int] = {}
    rows = conn.execute(select(Upload.__table__).order_by(Upload.id.desc())).mappings().all()
    for row in rows:
        where = f"批次{row['id']}"
        if left.pop(row["id"], None) != facts.facts_of(row):
            yield Fault("upload", where, "上传记录与事件不符，或没有相应的事件")
        if row["state"] == "undo":
            undone[row["options"]["undoes"]] = row["id"]
    for row in rows:
        state = "undone" if row["id"] in undone else row["state"]
        if (row["state"], row["undone_by"]) != (state, undone.get(row["id"])) or (
            row["state"] == "undone" and row["id"] not in undone
        ):
            yield Fault("upload", f"批次{row['id']}", "是否已撤回与撤回记录不符")
    for batch in sorted(left):
        yield Fault("upload", f"批次{batch}", "事件中有这一批，库中没有")


def _profiles(conn: Connection, told: facts.Told) -> Iterator[Fault]:
    left = dict(told.profiles)
    for row in conn.execute(select(MappingProfile.__table__)).mappings():
        if left.pop(row["id"], None) != facts.digest_of(row):
            yield Fault("mapping_profile", row["name"], "列的对应方案与事件不符，或没有相应的事件")
    for number in sorted(left):
        yield Fault("mapping_profile", str(number), "事件中有这个方案，库中没有")


def _told_rows(conn: Connection, told: facts.Told, kind: str) -> Iterator[Fault]:
    """Accounts, sessions, tokens."""
    left = {number: digest for (table, number), digest in told.rows.items() if table == kind}
    for row in conn.execute(select(facts.ROWS[kind].__table__)).mappings():
        if left.pop(row["id"], None) != facts.digest_of(row):
            where = row["name"] if kind == facts.ACCOUNT else f"第{row['id']}号"
            yield Fault(kind, where, "与事件不符，或没有相应的事件")
    for number in sorted(left):
        yield Fault(kind, f"第{number}号", "事件中有这一行，库中没有")


def _values(conn: Connection, walked: history.Walk, told: facts.Told) -> Iterator[Fault]:
    """Single values: computed from the rest, or told by an event."""
    query = select(func.max(Upload.id), func.max(Upload.data_version))
    last_batch, last_version = conn.execute(query).one()
    expected = dict(told.values)
    for table, last in walked.last_ids.items():
        expected[_COUNTER + table] = facts.held(str(last + 1))
    if last_batch:
        expected[_COUNTER + Upload.__tablename__] = facts.held(str(last_batch + 1))
        version = max(last_version, int(told.values.get(DATA_VERSION_KEY, 0)))
        expected[DATA_VERSION_KEY] = facts.held(str(version))
    if walked.placed_by:
        expected[PLACES_VERSION_KEY] = facts.held(str(walked.placed_by))
    if told.last_profile:
        expected[_COUNTER + MappingProfile.__tablename__] = facts.held(str(told.last_profile + 1))
    chains = {history.HEAD_KEY, events.HEAD_KEY}  # proved with their chains
    for key, value in conn.execute(select(Meta.key, Meta.value).order_by(Meta.key)):
        if key not in chains and expected.pop(key, None) != facts.held(value):
            yield Fault("meta", key, "与事件或其他数据不符")
    for key in sorted(expected):
        yield Fault("meta", key, "应有而没有")


def _deductions(conn: Connection, deductions: Deductions) -> Iterator[Fault]:
    d = Deduction
    rows = conn.execute(select(d.kind, d.word, d.from_on, d.to_on).order_by(d.id))
    if [tuple(row) for row in rows] != deductions(conn):
        yield Fault("deduction", "", "与现行规则和参数不符")


def _files(conn: Connection, settings: Settings) -> Iterator[Fault]:
    """Every file that an upload names, as it came and as it was returned; and that came with a
    step of a measure."""
    u = Upload
    query = select(u.id, u.stored_path, u.file_sha256, u.report_path, u.report_sha256)
    for row in conn.execute(query.order_by(u.id)):
        for name, folder, path, digest in (
            ("原文件", settings.uploads_dir, row.stored_path, row.file_sha256),
            ("退回表", settings.outputs_dir, row.report_path, row.report_sha256),
        ):
            if path is None or digest is None:
                continue
            fault = _fault_of(folder / path, digest)
            if fault is not None:
                yield Fault("file", f"批次{row.id} {path}", f"{name}{fault}")
    e = MeasureEvent
    steps = select(e.measure_id, e.file_path, e.file_sha256).where(e.file_path.is_not(None))
    for step in conn.execute(steps.order_by(e.id)):
        fault = _fault_of(settings.uploads_dir / step.file_path, step.file_sha256)
        if fault is not None:
            yield Fault("file", f"措施{step.measure_id} {step.file_path}", f"附件{fault}")


def _attached(conn: Connection, settings: Settings) -> Iterator[Fault]:
    """Every file that a recorded row names with its hash: replies and papers that came with a
    step of a measure."""
    for table in history.recorded_tables():
        if not {"file_path", "file_sha256"} <= set(table.c.keys()):
            continue
        t = table.c
        query = select(t.id, t.file_path, t.file_sha256).where(t.file_path.is_not(None))
        for row in conn.execute(query.order_by(t.id)):
            fault = _fault_of(settings.uploads_dir / row.file_path, row.file_sha256)
            if fault is not None:
                yield Fault("file", f"{table.name} {row.id} {row.file_path}", f"附件{fault}")


def _fault_of(path: Path, digest: str) -> str | None:
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return "不在了"
    except OSError as error:
        return f"无法读取（{os_reason(error)}）"
    return None if found == digest else "与入库时不同"


def _computed_again(conn: Connection, store: Store, table: Table) -> Iterator[Fault]:
    """Rows that the table has and should not have, or the other way round. A row of zeros says
    nothing: taking a patch out leaves some."""
    names = ", ".join(f'"{c.name}"' for c in table.columns)
    keys = [c.name for c in table.primary_key]
    measures = [c.name for c in table.columns if c.name not in keys]
    says = " OR ".join(f'"{n}" <> 0' for n in measures) if table.name == "day_summary" else "1 = 1"
    home = "main"
    if store.dialect == "postgresql":
        home = str(conn.scalar(select(func.current_schema())))
    again = f'SELECT {names} FROM "{table.name}" WHERE {says}'
    stored = f'SELECT {names} FROM "{home}"."{table.name}" WHERE {says}'
    order = ", ".join(str(number) for number in range(1, len(keys) + 1))
    for one, other, what in (
        (stored, again, "与重新计算的不符"),
        (again, stored, "重新计算有这一行，库中没有或不同"),
    ):
        rows = conn.exec_driver_sql(f"{one} EXCEPT {other} ORDER BY {order} LIMIT 1")
        for row in rows:
            yield Fault(table.name, "/".join(str(value) for value in row[: len(keys)]), what)
