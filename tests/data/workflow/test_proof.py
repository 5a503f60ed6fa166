"""`verify` finds whatever is done to the store behind the program's back, and nothing else."""

from __future__ import annotations

import contextlib
import random
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import (
    Table,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError

from data.errors import SupervisionError
from data.settings import Settings
from data.store import anchors, history
from data.store.anchor_folder import last_anchor_at
from data.store.anchors import Anchor, make_anchor
from data.store.engine import Store
from data.store.migrate import bring_up_to_date
from data.store.models import Base
from data.store.proofs import Proof
from data.store.proving import Proven
from data.upload.placed_again import take_back
from data.upload.template_examples import example_rows
from data.vocabulary import UploadKind
from data.workflow.opening import open_store
from data.workflow.proof import verify
from tests.conftest import CopyOf
from tests.data.workflow import attacks
from tests.data.workflow.attacks import TABLES, Home, attack, prove_on, proving, without_references
from tests.data.workflow.filled import YEAR, fill
from tests.examples import FACTOR
from tests.sending import PATCH, send

SEED = 20261130


@pytest.fixture
def filled(copy_of: CopyOf) -> Store:
    """Rows alone are copied, not the files."""
    return copy_of(fill)


def _kinds(proven: Proven) -> set[str]:
    return {fault.kind for fault in proven.bad}


# ---- decisions -----------------------------------------------------------------------------------


def test_every_table_has_a_decision() -> None:
    undecided = [
        mapper.class_.__name__
        for mapper in Base.registry.mappers
        if not isinstance(getattr(mapper.class_, "proof", None), Proof)
    ]
    assert undecided == [], "say in data/store/models.py how verify proves these tables"
    none = {m.class_.__tablename__ for m in Base.registry.mappers if m.class_.proof is Proof.NONE}
    assert none == {"job", "job_batch", "sign_in", "delivery"}, (
        "what no page shows as knowledge needs no proof; does this table?"
    )


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


@pytest.mark.parametrize("table", TABLES, ids=lambda table: str(table.name))
def test_no_attack_on_a_table_is_missed(filled: Store, table: Table) -> None:
    rng = random.Random(f"{SEED} {table.name}")
    missed: list[str] = []
    done = 0
    with proving(filled) as conn:
        assert prove_on(conn, filled).bad == []
        without_references(conn)
        at_home = Home(conn)(table)
        for _ in range(12 * FACTOR):
            attempt = conn.begin_nested()
            try:
                what = attack(conn, at_home, rng)
            except DBAPIError:  # the database itself does not take it
                attempt.rollback()
                continue
            if what != "nothing":
                done += 1
                if prove_on(conn, filled).ok:
                    missed.append(what)
            attempt.rollback()
        assert prove_on(conn, filled).bad == []
    assert done > 0
    assert missed == []


@pytest.mark.parametrize(
    ("done", "kind", "where"),
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
def test_what_was_done_is_named(filled: Store, done: str, kind: str, where: str) -> None:
    with proving(filled) as conn:
        without_references(conn)
        home = "main" if conn.dialect.name == "sqlite" else "public"
        conn.exec_driver_sql(done.format(home=home))
        proven = prove_on(conn, filled)
    assert kind in _kinds(proven)
    (fault,) = [fault for fault in proven.bad if fault.kind == kind]
    assert where in fault.where
    assert fault.what
    conn.engine.dispose()


def test_each_kind_is_told_once_and_the_first_record_named(filled: Store) -> None:
    with proving(filled) as conn:
        conn.execute(text("UPDATE patch SET location = 'x'"))
        conn.execute(text("UPDATE town SET name = 'x' || name"))
        proven = prove_on(conn, filled)
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
        anchor = Anchor(**history.anchor(conn))
    assert "history" not in _kinds(verify(filled, anchor))
    assert "history" in _kinds(verify(filled, replace(anchor, head="0" * 64)))


def test_a_history_hashed_anew_is_found_by_an_anchor_alone(filled: Store) -> None:
    anchor, trial = make_anchor(filled), attacks.Trial()
    with proving(filled) as conn:
        attempt = conn.begin_nested()
        attacks.rehash(conn, "history", random.Random(SEED))
        assert prove_on(conn, filled).ok
        attempt.rollback()
    attacks.try_rehashing(filled, 4, random.Random(SEED), trial)
    assert (trial.missed, trial.false_alarms, trial.tried["rehash"]) == ([], [], 4)
    assert verify(filled, anchor, is_quick=True).to_json()["first_bad"] is None


def test_a_store_put_back_is_found_by_an_anchor_alone(sqlite_store: Store, tmp_path: Path) -> None:
    was = tmp_path / "was.sqlite"
    send(sqlite_store, UploadKind.PATCHES, PATCH)
    shutil.copyfile(str(sqlite_store.engine.url.database), was)  # before it ever had an anchor
    send(sqlite_store, UploadKind.PATCHES, {**PATCH, "图斑编号": "HC-2"})
    anchor = make_anchor(sqlite_store)
    send(sqlite_store, UploadKind.PATCHES, {**PATCH, "图斑编号": "HC-3"})
    assert verify(sqlite_store, anchor).bad == []
    back = Store(replace(sqlite_store.settings, database_url=f"sqlite:///{was}"))
    assert verify(back).ok
    found = verify(back, anchor)
    assert found.first_bad == 2
    assert _kinds(found) == {"history", "event"}
    assert "退回到较早的状态" in found.bad[0].what
    send(back, UploadKind.PATCHES, {**PATCH, "图斑编号": "HC-4"})  # and on another way from there
    send(back, UploadKind.PATCHES, {**PATCH, "图斑编号": "HC-5"})
    assert "history" in _kinds(verify(back, anchor))
    back.engine.dispose()


def test_an_anchor_itself_is_proved(filled: Store, tmp_path: Path) -> None:
    anchor = make_anchor(filled)
    for harmed in (
        replace(anchor, records=anchor.records - 1),
        replace(anchor, signature="00" * 64),
        replace(anchor, signature="", key=""),
        replace(anchor, at="2023-01-01T00:00:00"),
    ):
        (fault,) = [f for f in verify(filled, harmed, is_quick=True).bad if f.kind != "file"]
        assert (fault.kind, "签名不符" in fault.what) == ("anchor", True)
    assert anchor.counts is not None
    assert anchor.counts["patch"] > 0
    other = Store(replace(filled.settings, local_dir=tmp_path / "other", database_url=""))
    bring_up_to_date(other)
    send(other, UploadKind.PATCHES, PATCH)
    theirs = make_anchor(other)
    (fault,) = [f for f in verify(filled, theirs, is_quick=True).bad if f.kind != "file"]
    assert (fault.kind, "另一个库" in fault.what) == ("anchor", True)
    key = filled.settings.anchor_key
    key.unlink()  # somebody signs what he likes by a key of his own
    anchors._private_key(filled.settings)
    forged = anchors.signed(anchor, anchors._private_key(filled.settings))
    (fault,) = [f for f in verify(filled, forged, is_quick=True).bad if f.kind != "file"]
    assert (fault.kind, "没有登记" in fault.what) == ("anchor", True)
    other.engine.dispose()


def test_anchors_are_kept_after_each_batch_and_once_a_day(
    settings: Settings, sqlite_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "elsewhere"
    asked = replace(settings, database_url=sqlite_url, anchor_dir=folder)
    store = open_store(asked)
    assert last_anchor_at(asked) is None
    send(store, UploadKind.PATCHES, PATCH)
    (kept,) = folder.iterdir()
    assert verify(store, anchors.read_anchor(kept)).ok
    anchors.keep_daily_anchor(store)
    assert len(list(folder.iterdir())) == 1
    kept.rename(folder / "anchor-20200101T000000000000Z-1.json")
    anchors.keep_daily_anchor(store)
    assert len(list(folder.iterdir())) == 2
    shutil.rmtree(folder)
    folder.write_text("no folder")  # the batch stands all the same
    assert send(store, UploadKind.PATCHES, {**PATCH, "图斑编号": "HC-2"}).batch is not None
    store.engine.dispose()


def test_harmed_files_are_found(sqlite_store: Store) -> None:
    fill(sqlite_store)
    trial = attacks.Trial()
    attacks.try_files(sqlite_store, 8, random.Random(SEED), trial)
    assert (trial.missed, trial.false_alarms, trial.tried["file"]) == ([], [], 8)


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
