"""`verify` finds whatever is done to the store behind the program's back, and nothing else."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    Connection,
    Table,
    UniqueConstraint,
    delete,
    insert,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.exc import DBAPIError

from data.errors import SupervisionError, UploadRefused
from data.store import summary
from data.store.engine import Store
from data.store.models import Base, DaySummary, UnlawfulInterval
from data.store.proofs import Proof
from data.store.proving import Proven, proven_on
from data.store.queries.stamp import Contact
from data.store.shadow import shadowed
from data.triggers.snapshots import take_snapshot
from data.upload import mapping_profiles
from data.upload.placed_again import take_back
from data.upload.request import KeepProfile
from data.upload.template_examples import example_rows
from data.vocabulary import RecordKind, ReferenceLayer, UploadKind
from data.workflow.contacts import set_contact
from data.workflow.parameters import change_parameter
from data.workflow.proof import _deductions, verify
from data.workflow.records import NewRecord, add_record, withdraw_record
from tests.conftest import CopyOf
from tests.drawn_layers import layer_file
from tests.examples import FACTOR
from tests.sending import PATCH, send, send_file

YEAR, TODAY = 2023, date(2024, 3, 1)
TABLES = [t for t in Base.metadata.sorted_tables if t.name != "job"]
SEED = 20261130


def fill(store: Store) -> None:
    """Something in every table."""
    for kind in UploadKind:
        if kind is not UploadKind.REFERENCE:
            send(store, kind, *example_rows(kind, YEAR), year=YEAR)
    rows = example_rows(UploadKind.FINDINGS, YEAR)
    send(store, UploadKind.FINDINGS, {**rows[0], "面积": 12.0, "合法性判定": "违法"}, year=YEAR)
    folder = store.settings.local_dir
    for label, box in (("高区", (122.0, 37.4, 122.1, 37.5)), ("高区", (122.01, 37.4, 122.1, 37.5))):
        path = layer_file(folder / "a.geojson", ({"名称": label}, box))
        districts = ReferenceLayer.DISTRICTS
        taken = send_file(store, path, UploadKind.REFERENCE, None, layer=districts)
    with store.write() as conn:
        assert taken.batch is not None
        take_back(conn, taken.batch, "王工")
        new = NewRecord(RecordKind.MAJOR, YEAR, "示例-001", date(2023, 6, 1), "重大")
        number = add_record(conn, new, TODAY, "王工")
        withdraw_record(conn, number, date(2023, 7, 1), "误记", TODAY, "王工")
        change_parameter(
            conn, "ratio", "require_acceptance", True, date(2024, 4, 1), "试", TODAY, "王工"
        )
        for telephone in ("0631-1234567", "0631-7654321"):
            contact = Contact("区自然资源局", "执法科", telephone)
            set_contact(conn, "371002", contact, "王工", "cli")
        asked = KeepProfile("业务表", "0" * 64, None)
        mapping_profiles.keep(conn, asked, "patches", {"甲": {"field": "patch_no", "unit": None}})
    empty = folder / "空.csv"
    empty.write_bytes(b"")
    with pytest.raises(UploadRefused):
        send_file(store, empty, UploadKind.PATCHES)
    moved = {**PATCH, "图斑编号": "M", "中心经度": 122.3, "中心纬度": 37.2}
    send(store, UploadKind.PATCHES, moved)
    send(store, UploadKind.PATCHES, {**moved, "中心经度": 122.31, "监测面积": 13})
    take_snapshot(store)


@pytest.fixture
def filled(copy_of: CopyOf) -> Store:
    """Rows alone are copied, not the files."""
    return copy_of(fill)


@contextmanager
def _proving(store: Store) -> Iterator[Connection]:
    """A connection on which the store can be attacked for nothing, derived tables made anew."""
    with shadowed(store, DaySummary, UnlawfulInterval, is_empty=True) as conn:
        summary.add(conn, None)
        yield conn


def _kinds(proven: Proven) -> set[str]:
    return {fault.kind for fault in proven.bad}


def _proven(conn: Connection, store: Store) -> Proven:
    return proven_on(conn, store, _deductions)


# ---- decisions -----------------------------------------------------------------------------------


def test_every_table_has_a_decision() -> None:
    undecided = [
        mapper.class_.__name__
        for mapper in Base.registry.mappers
        if not isinstance(getattr(mapper.class_, "proof", None), Proof)
    ]
    assert undecided == [], "say in data/store/models.py how verify proves these tables"
    none = {m.class_.__tablename__ for m in Base.registry.mappers if m.class_.proof is Proof.NONE}
    assert none == {"job"}, "what no page shows as knowledge needs no proof; does this table?"


def test_the_filled_store_has_rows_in_every_table(filled: Store) -> None:
    """Else the attacks below say nothing."""
    with filled.read() as conn:
        empty = [t.name for t in TABLES if conn.execute(select(t).limit(1)).first() is None]
    assert empty == []


def test_a_store_as_its_users_made_it_is_proved(store: Store) -> None:
    assert verify(store).to_json() == {
        "records": 0, "ok": True, "first_bad": None, "bad": [], "quick": False
    }  # fmt: skip
    fill(store)
    proven = verify(store)
    assert proven.bad == []
    assert proven.ok
    assert verify(store, is_quick=True).ok


# ---- attacks -------------------------------------------------------------------------------------


class _Home:
    """Tables by their home, past the copies that stand in front of them."""

    def __init__(self, conn: Connection) -> None:
        home = "main"
        if conn.dialect.name == "postgresql":
            home = str(conn.scalar(text("SELECT current_schema()")))
        self._home = home

    def __call__(self, table: Table) -> Table:
        from sqlalchemy import MetaData

        return table.to_metadata(MetaData(), schema=self._home)


def _other(value: Any, column: Any, rng: random.Random) -> Any:
    """Another value that the column can hold."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + rng.choice([1, -1, 1000])
    if isinstance(value, float):
        return value + rng.choice([0.5, -0.25, 1e-9])
    if isinstance(value, datetime):
        return value + timedelta(seconds=1)
    if isinstance(value, date):
        return value + timedelta(days=rng.choice([1, -30]))
    if isinstance(value, bytes):
        return value[:-1] + bytes([value[-1] ^ 1])
    if isinstance(value, list):
        return [*value, "x"]
    if isinstance(value, dict):
        return {**value, "x": 1}
    if isinstance(value, str):
        length = getattr(column.type, "length", None) or 1_000
        return (value[:-1] if len(value) >= length else value) + rng.choice("x0y")
    kind = column.type.python_type
    return {
        str: "x", int: 1, float: 1.5, bool: True, date: date(2023, 1, 1), bytes: b"x",
        datetime: datetime(2023, 1, 1), list: ["x"], dict: {"x": 1},
    }[kind]  # fmt: skip


def _attack(conn: Connection, table: Table, rng: random.Random) -> str:
    """One edit, deletion, insertion or swap. Returns what was done."""
    keys = list(table.primary_key)
    rows = [dict(r) for r in conn.execute(select(table)).mappings()]
    row = rng.choice(rows)

    def this(some: dict[str, Any]) -> Any:
        return tuple_(*keys) == tuple(some[k.name] for k in keys)

    how = rng.choice(("edit", "edit", "delete", "insert", "swap"))
    if how == "delete":
        conn.execute(delete(table).where(this(row)))
    elif how == "insert":
        again = {k.name: _other(row[k.name], k, rng) for k in keys}
        unique = {
            c.name: _other(row[c.name], c, rng)
            for constraint in table.constraints
            if isinstance(constraint, UniqueConstraint)
            for c in list(constraint.columns)[-1:]
        }
        if table.name == "day_summary":  # a row of zeros says nothing
            again |= {"patches": 1}
        conn.execute(insert(table).values(**{**row, **unique, **again}))
    elif how == "swap" and len(rows) > 1:
        other = rng.choice([r for r in rows if r is not row])
        names = [c.name for c in table.columns if c not in keys and row[c.name] != other[c.name]]
        if not names:
            return "nothing"
        name = rng.choice(names)
        conn.execute(update(table).where(this(row)).values(**{name: other[name]}))
        conn.execute(update(table).where(this(other)).values(**{name: row[name]}))
        return f"swap {name} of {row} and {other}"
    else:
        column = rng.choice(list(table.columns))
        value = _other(row[column.name], column, rng)
        conn.execute(update(table).where(this(row)).values(**{column.name: value}))
        return f"edit {column.name} of {row}: {value!r}"
    return f"{how} {row}"


def _without_references(conn: Connection) -> None:
    """Whoever has full rights can leave them aside."""
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql("SET LOCAL session_replication_role = replica")
    else:
        conn.exec_driver_sql("PRAGMA defer_foreign_keys = ON")


@pytest.mark.parametrize("table", TABLES, ids=lambda table: str(table.name))
def test_no_attack_on_a_table_is_missed(filled: Store, table: Table) -> None:
    rng = random.Random(f"{SEED} {table.name}")
    missed: list[str] = []
    done = 0
    with _proving(filled) as conn:
        assert _proven(conn, filled).bad == []
        _without_references(conn)
        at_home = _Home(conn)(table)
        for _ in range(12 * FACTOR):
            attempt = conn.begin_nested()
            try:
                what = _attack(conn, at_home, rng)
            except DBAPIError:  # the database itself does not take it
                attempt.rollback()
                continue
            if what != "nothing":
                done += 1
                if _proven(conn, filled).ok:
                    missed.append(what)
            attempt.rollback()
        assert _proven(conn, filled).bad == []
    assert done > 0
    assert missed == []


@pytest.mark.parametrize(
    ("attack", "kind", "where"),
    [
        ("DELETE FROM {home}.day_summary", "day_summary", "2023/"),
        ("UPDATE {home}.day_summary SET overdue = overdue + 1", "day_summary", "2023/"),
        ("DELETE FROM {home}.unlawful_interval", "unlawful_interval", ""),
        ("UPDATE upload SET file_name = 'x' WHERE id = 2", "upload", "批次2"),
        ("UPDATE upload SET state = 'undone' WHERE id = 2", "upload", "批次2"),
        ("UPDATE upload SET undone_by = NULL, state = 'done'", "upload", "批次"),
        ("UPDATE district SET short_name = '翠' WHERE code = '371002'", "district", "371002"),
        ("DELETE FROM town WHERE code = '371002100'", "town", "371002100"),
        ("UPDATE reference_feature SET batch_id = NULL", "reference_feature", ""),
        ("UPDATE rule_change SET value = 'false'", "rule_change", ""),
        ("UPDATE deduction SET word = 'x'", "deduction", ""),
        ("DELETE FROM staff_record", "staff_record", ""),
        ("DELETE FROM mapping_profile", "mapping_profile", ""),
        ("UPDATE meta SET value = '0' WHERE key = 'data_version'", "meta", "data_version"),
        ("INSERT INTO meta VALUES ('is_demo', '1')", "meta", "is_demo"),
        ("DELETE FROM geometry_archive", "geometry_archive", ""),
        ("UPDATE patch SET source_hash = 1 WHERE patch_no = 'M'", "patch", "2023/M"),
        ("UPDATE patch SET batch_id = 1 WHERE patch_no = 'M'", "patch", "2023/M"),
        ("UPDATE event SET who = 'x' WHERE seq = 2", "event", "第2条"),
        ("UPDATE history SET after = '{{}}' WHERE seq = 2", "history", "第2条"),
    ],
)  # fmt: skip
def test_what_was_done_is_named(filled: Store, attack: str, kind: str, where: str) -> None:
    with _proving(filled) as conn:
        _without_references(conn)
        home = "main" if conn.dialect.name == "sqlite" else "public"
        conn.exec_driver_sql(attack.format(home=home))
        proven = _proven(conn, filled)
    assert kind in _kinds(proven)
    (fault,) = [fault for fault in proven.bad if fault.kind == kind]
    assert where in fault.where
    assert fault.what
    conn.engine.dispose()


def test_each_kind_is_told_once_and_the_first_record_named(filled: Store) -> None:
    with _proving(filled) as conn:
        conn.execute(text("UPDATE patch SET location = 'x'"))
        conn.execute(text("UPDATE town SET name = 'x' || name"))
        proven = _proven(conn, filled)
    assert sorted(fault.kind for fault in proven.bad) == ["patch", "town"]
    assert proven.first_bad == 0  # the towns were there before the first record


def test_quick_leaves_derived_tables_out_and_says_so(filled: Store) -> None:
    with filled.write() as conn:
        conn.execute(text("DELETE FROM day_summary"))
    quick, whole = verify(filled, is_quick=True), verify(filled)
    assert "day_summary" not in _kinds(quick)
    assert quick.to_json()["quick"] is True
    assert "day_summary" in _kinds(whole)


def test_an_anchor_kept_elsewhere_counts(filled: Store) -> None:
    with filled.read() as conn:
        from data.store import history

        anchor = history.anchor(conn)
    assert "history" not in _kinds(verify(filled, anchor))
    assert "history" in _kinds(verify(filled, {**anchor, "head": "0" * 64}))


@pytest.mark.parametrize("how", ["edit", "delete"])
@pytest.mark.parametrize("which", ["stored", "report"])
def test_files_are_proved_by_their_hash(store: Store, how: str, which: str) -> None:
    taken = send(store, UploadKind.PATCHES, PATCH, {**PATCH, "图斑编号": "A", "监测面积": -1})
    assert verify(store).ok
    assert taken.report is not None
    (stored,) = [p for p in store.settings.uploads_dir.iterdir() if p.is_file()]
    path: Path = stored if which == "stored" else taken.report
    if how == "edit":
        path.write_bytes(path.read_bytes() + b"x")
    else:
        path.unlink()
    (fault,) = verify(store).bad
    assert fault.kind == "file"
    assert "批次1" in fault.where


def test_stores_of_random_order_are_proved(store: Store) -> None:
    """No false alarm: uploads, the same again, changes, undos, refusals in any order."""
    rng = random.Random(SEED)
    batches: list[int] = []
    for _ in range(25 * FACTOR):
        kind = rng.choice([k for k in UploadKind if k is not UploadKind.REFERENCE])
        rows = [dict(row) for row in example_rows(kind, YEAR)]
        if rng.random() < 0.5:
            rows[0]["备注"] = rng.choice(["甲", "清空"])
            if "监测面积" in rows[0]:
                rows[0]["监测面积"] = rng.choice([12.35, 13.0, -1])
        if batches and rng.random() < 0.2:
            with contextlib.suppress(SupervisionError), store.write() as conn:
                take_back(conn, batches.pop(), "王工")
            continue
        outcome = send(store, kind, *rng.sample(rows, rng.randint(1, 2)), year=YEAR)
        if outcome.batch is not None:
            batches.append(outcome.batch)
    assert verify(store).bad == []
