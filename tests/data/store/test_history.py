"""Nobody changes what was known without `verify` saying so."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import text

from data.store import history
from data.store.engine import Store
from data.vocabulary import UploadKind
from tests.conftest import CopyOf
from tests.sending import FINDING, PATCH, send


def fill(store: Store) -> None:
    for number in range(6):
        send(
            store, UploadKind.PATCHES, {**PATCH, "图斑编号": f"HC-{number}", "监测面积": 5 + number}
        )
    send(store, UploadKind.FINDINGS, {**FINDING, "面积": 6, "占用耕地面积": 3})


@pytest.fixture
def filled(copy_of: CopyOf) -> Store:
    return copy_of(fill)


def _verify(store: Store, anchor: dict[str, object] | None = None) -> history.VerifyResult:
    with store.read() as conn:
        return history.verify(conn, anchor)


def test_an_untouched_history_verifies(filled: Store) -> None:
    result = _verify(filled)
    assert result.ok
    assert result.first_bad is None
    assert result.records > 6


def test_an_empty_store_verifies(store: Store) -> None:
    assert _verify(store) == history.VerifyResult(0, True, None)


def _attack(store: Store, statement: str) -> history.VerifyResult:
    with store.write() as conn:
        conn.execute(text(statement))
    return _verify(store)


def test_an_edited_record_is_found(filled: Store) -> None:
    edit = "UPDATE history SET after = replace(after, 'HC-2', 'HC-9') WHERE seq = 3"
    result = _attack(filled, edit)
    assert (result.ok, result.first_bad) == (False, 3)


def test_a_deleted_record_is_found(filled: Store) -> None:
    assert _attack(filled, "DELETE FROM history WHERE seq = 2").first_bad == 2


def test_a_cut_end_is_found(filled: Store) -> None:
    end = _verify(filled).records
    assert _attack(filled, f"DELETE FROM history WHERE seq = {end}").first_bad == end


def test_swapped_records_are_found(filled: Store) -> None:
    result = _attack(
        filled,
        "UPDATE history SET seq = CASE seq WHEN 2 THEN 1002 WHEN 3 THEN 1003 ELSE seq END",
    )
    assert not result.ok


def test_a_row_changed_behind_the_history_is_found(filled: Store) -> None:
    result = _attack(filled, "UPDATE patch SET farmland_mu = 0.5 WHERE patch_no = 'HC-2'")
    assert (result.ok, result.first_bad) == (False, 3)


def test_a_row_that_nobody_uploaded_is_found(filled: Store) -> None:
    with filled.write() as conn:
        columns = "problem (id, batch_id, source_hash, patch_id, listed_on)"
        conn.execute(text(f"INSERT INTO {columns} VALUES (99, 1, 0, 1, '2023-06-01')"))
    assert not _verify(filled).ok


def test_re_hashing_everything_is_found_by_an_anchor_kept_elsewhere(filled: Store) -> None:
    with filled.read() as conn:
        anchor = history.anchor(conn)
    with filled.write() as conn:
        rows = conn.execute(text("SELECT * FROM history ORDER BY seq")).mappings().all()
        previous = history.GENESIS
        for row in rows:
            content = [row[n] for n in history._COLUMNS[:9]]
            content[8] = str(content[8]).replace("371002", "371003") if content[8] else None
            digest = history.record_hash(previous, content)
            conn.execute(
                text("UPDATE history SET after=:a, prev_hash=:p, hash=:h WHERE seq=:s"),
                {"a": content[8], "p": previous, "h": digest, "s": row["seq"]},
            )
            previous = digest
        conn.execute(
            text("UPDATE meta SET value=:v WHERE key='history_head'"),
            {"v": f"{len(rows)}:{previous}"},
        )
        conn.execute(text("UPDATE patch SET district_code='371003', county_code='371003'"))
    assert _verify(filled).ok  # consistent in itself …
    assert not _verify(filled, anchor).ok  # … but not what it was


def test_a_thousand_random_attacks_are_found(sqlite_store: Store) -> None:
    store = sqlite_store
    for number in range(4):
        send(store, UploadKind.PATCHES, {**PATCH, "图斑编号": f"HC-{number}"})
    rng = random.Random(7)
    columns = ("batch_id", "at", "entity", "row_key", "op", "after", "prev_hash", "hash")
    with store.engine.connect() as conn:
        for _ in range(1000):
            attack = rng.choice(("edit", "delete", "insert", "swap"))
            seq, other = rng.sample(range(1, 5), 2)
            transaction = conn.begin()
            if attack == "edit":
                column = rng.choice(columns)
                value = rng.randrange(50, 99) if column == "batch_id" else f"x{rng.random()}"
                conn.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
                conn.exec_driver_sql(f"UPDATE history SET {column}=? WHERE seq=?", (value, seq))
            elif attack == "delete":
                conn.exec_driver_sql("DELETE FROM history WHERE seq=?", (seq,))
            elif attack == "insert":
                conn.exec_driver_sql(
                    "INSERT INTO history SELECT 5, batch_id, at, entity, row_key, patch_id, op, "
                    "before, after, hash, hash FROM history WHERE seq=?",
                    (seq,),
                )
            else:
                conn.exec_driver_sql("UPDATE history SET seq=-1 WHERE seq=?", (seq,))
                conn.exec_driver_sql("UPDATE history SET seq=? WHERE seq=?", (seq, other))
                conn.exec_driver_sql("UPDATE history SET seq=? WHERE seq=-1", (other,))
            assert not history.verify(conn).ok, attack
            transaction.rollback()
        assert history.verify(conn).ok


@pytest.mark.parametrize("area", ["-0", "-0.0", "3", "1e-3"])
def test_a_number_written_another_way_is_no_tampering(store: Store, area: str) -> None:
    send(store, UploadKind.PATCHES, {**PATCH, "占用耕地面积": area})
    assert _verify(store).ok
