"""A batch writes rows, history and the data version together."""

from __future__ import annotations

import hashlib
import os
import signal
from datetime import date
from typing import Any

import orjson
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    Boolean,
    Column,
    Double,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    func,
    select,
    text,
)

from data.errors import StoreRefused
from data.store import history, meta
from data.store.dialect import bulk_insert
from data.store.engine import Store
from data.store.models import GeometryArchive, History, Patch, Upload
from data.store.writing import TableChange, apply_changes
from tests.data.store.rows import patches, upload


def _write(store: Store, *changes: TableChange) -> int:
    with store.write() as conn:
        return apply_changes(conn, upload(), changes)


def _live(store: Store) -> pd.DataFrame:
    with store.read() as conn:
        rows = conn.execute(select(Patch.__table__).order_by(Patch.id)).mappings().all()
    return pd.DataFrame([dict(row) for row in rows], dtype=object)


def _count(store: Store, table: Any) -> int:
    with store.read() as conn:
        return conn.scalar(select(func.count()).select_from(table)) or 0


def test_ids_follow_the_order_of_the_frame(store: Store) -> None:
    _write(store, TableChange(Patch, inserts=patches(3)))
    _write(store, TableChange(Patch, inserts=patches(1, patch_no="WD-1")))
    assert _live(store)["patch_no"].tolist() == ["HC-0", "HC-1", "HC-2", "WD-1"]
    assert _live(store)["id"].tolist() == [1, 2, 3, 4]


def test_every_batch_moves_the_data_version_by_one(store: Store) -> None:
    for expected in (1, 2):
        _write(store, TableChange(Patch, inserts=patches(1, patch_no=f"N-{expected}")))
        with store.read() as conn:
            assert meta.get(conn, "data_version") == str(expected)


def test_a_batch_that_changes_nothing_is_an_upload_without_history(store: Store) -> None:
    _write(store, TableChange(Patch, inserts=patches(1)))
    live = _live(store)
    _write(store, TableChange(Patch, updates_before=live, updates_after=live.copy()))
    assert _count(store, Upload) == 2
    assert _count(store, History) == 1


def test_a_new_source_hash_alone_leaves_the_row_alone(store: Store) -> None:
    """Nothing is known anew; and what is in a row stands in its records."""
    _write(store, TableChange(Patch, inserts=patches(1)))
    live = _live(store)
    after = live.assign(source_hash=77)
    _write(store, TableChange(Patch, updates_before=live, updates_after=after))
    assert _live(store)["source_hash"].tolist() == live["source_hash"].tolist()
    assert _count(store, History) == 1


def test_only_differing_columns_go_to_history(store: Store) -> None:
    _write(store, TableChange(Patch, inserts=patches(1)))
    live = _live(store)
    _write(store, TableChange(Patch, updates_before=live, updates_after=live.assign(area_mu=13.0)))
    with store.read() as conn:
        row = conn.execute(
            select(History.before, History.after).where(History.op == "update")
        ).one()
        assert history.verify(conn).ok
    assert (orjson.loads(row.before or ""), orjson.loads(row.after or "")) == (
        {"area_mu": 12.5},
        {"area_mu": 13.0},
    )


def test_a_replaced_shape_is_kept_under_the_digest_that_history_names(store: Store) -> None:
    _write(store, TableChange(Patch, inserts=patches(1)))
    live = _live(store)
    _write(store, TableChange(Patch, updates_before=live, updates_after=live.assign(geom=b"new")))
    digest = hashlib.sha256(b"shape 0").hexdigest()
    with store.read() as conn:
        before = conn.scalar(select(History.before).where(History.op == "update"))
        kept = conn.scalar(select(GeometryArchive.geom).where(GeometryArchive.digest == digest))
    assert orjson.loads(before or "{}") == {"geom": f"sha256:{digest}"}
    assert kept == b"shape 0"


def test_a_second_process_tells_what_this_one_writes(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.store.history.BESIDE_FROM", 1)
    monkeypatch.setattr("data.store.writing._ROWS_AT_ONCE", 2)
    monkeypatch.setattr("data.store.dialect._COPIED_FROM", 1)
    monkeypatch.setattr("data.store.history._PIECES_A_COPY", 2)
    _write(store, TableChange(Patch, inserts=patches(5)))
    live = _live(store)
    after = live.drop(columns="batch_id").iloc[:3].copy()
    after["farmland_mu"] = [8.0, 7.5, 7.0]
    after["reported_on"] = [None, date(2023, 5, 20), None]
    after["location"] = [None, "东\t\\西", None]
    after["geom"] = [b"moved", *after["geom"][1:]]
    updates = {"updates_before": live.iloc[:3], "updates_after": after}
    _write(store, TableChange(Patch, deletes=live.iloc[3:], **updates))
    with store.read() as conn:
        assert history.verify(conn).ok
        told = conn.execute(select(History).order_by(History.seq)).all()
    assert [row.op for row in told] == ["insert"] * 5 + ["delete"] * 2 + ["update"] * 3
    assert [row.row_key for row in told[7:]] == ["2023/HC-0", "2023/HC-1", "2023/HC-2"]
    assert [list(orjson.loads(row.after)) for row in told[7:]] == [
        ["geom"],
        ["farmland_mu", "location", "reported_on"],
        ["farmland_mu"],
    ]


def test_a_second_process_that_dies_leaves_nothing_written(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(columns: Any) -> list[bytes]:
        os.kill(os.getpid(), signal.SIGKILL)
        return []

    monkeypatch.setattr("data.store.history.BESIDE_FROM", 1)
    monkeypatch.setattr("data.store.writing._ROWS_AT_ONCE", 2)
    monkeypatch.setattr("data.store.history.all_said", dies)
    with pytest.raises(StoreRefused):
        _write(store, TableChange(Patch, inserts=patches(5)))
    assert [_count(store, table) for table in (Patch, History, Upload)] == [0, 0, 0]


def test_numbers_of_deleted_patches_are_not_given_again(store: Store) -> None:
    _write(store, TableChange(Patch, inserts=patches(2)))
    _write(store, TableChange(Patch, deletes=_live(store).iloc[1:]))
    _write(store, TableChange(Patch, inserts=patches(1, patch_no="N-1")))
    assert _live(store)["id"].tolist() == [1, 3]


_CELLS = st.one_of(
    st.none(),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(["\\N", "\\.", "a\tb", "行一\n行二\r", '"', "", "\\"]),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    texts=st.lists(_CELLS, min_size=1, max_size=6),
    number=st.floats(allow_nan=False),
    shape=st.binary(max_size=9),
)
def test_postgresql_gets_every_value_as_it_is(
    pg_store: Store, texts: list[str | None], number: float, shape: bytes
) -> None:
    """The text format of COPY is ours to write: escapes, NULL, bytes, every digit."""
    rows = [(i, said, number, shape, i % 2 == 0) for i, said in enumerate(texts)]
    with pg_store.write() as conn:
        table = Table(
            "copied",
            MetaData(),
            Column("id", Integer),
            Column("text", Text),
            Column("number", Double),
            Column("shape", LargeBinary),
            Column("flag", Boolean),
            prefixes=["TEMP"],
        )
        table.create(conn)
        bulk_insert(
            conn, table, dict(zip(table.columns.keys(), zip(*rows, strict=True), strict=True))
        )
        found = conn.execute(select(table).order_by(table.c.id)).all()
        conn.execute(text("DROP TABLE copied"))
    assert [tuple(row) for row in found] == rows
