"""The arrays of a work year: made once for a content, shared through a file, new after a change."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Connection

from data.maps import cube as cubes
from data.maps.cube import map_cube
from data.maps.cube_columns import Columns, columns_of
from data.maps.points import totals
from data.maps.question import MapQuestion
from data.scope import Scope
from data.store import meta
from data.store.engine import Store
from data.store.history import HEAD_KEY
from data.vocabulary import UploadKind
from tests.data.maps.worlds import small_year
from tests.data.store.queries.stored import put_parcel, put_patch, summarise
from tests.sending import PATCH, send

Q = MapQuestion(2023, date(2023, 8, 1), "unlawful_farmland_mu")


def _files(store: Store) -> list[Path]:
    return sorted((store.settings.local_dir / "maps").glob("*-2023-f*"))


def test_the_cube_is_kept_until_the_content_changes(store: Store) -> None:
    small_year(store)
    first = map_cube(store, 2023)
    assert map_cube(store, 2023).patches is first.patches
    (file,) = _files(store)
    with store.write() as conn:
        at = put_patch(conn, "C1", reported_on=date(2023, 5, 20))
        put_parcel(conn, at, farmland_mu=1.0)
        summarise(conn)
        meta.put(conn, HEAD_KEY, "9:another")
    second = map_cube(store, 2023)
    assert second.version != first.version
    assert totals(second, Scope.all(), Q).value - totals(first, Scope.all(), Q).value == 10**9
    (newer,) = _files(store)
    assert newer != file


def test_another_process_reads_the_file_that_is_there(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_year(sqlite_store)
    first = map_cube(sqlite_store, 2023)
    cubes._cubes.clear()

    def never(*_: object) -> None:
        raise AssertionError("made again")

    monkeypatch.setattr(cubes, "columns_of", never)
    second = map_cube(sqlite_store, 2023)
    assert second.patches is not first.patches
    assert totals(second, Scope.all(), Q) == totals(first, Scope.all(), Q)


def test_a_file_cut_short_by_a_crash_is_not_taken_for_a_cube(sqlite_store: Store) -> None:
    small_year(sqlite_store)
    folder = sqlite_store.settings.local_dir / "maps"
    map_cube(sqlite_store, 2023)
    (file,) = _files(sqlite_store)
    (folder / f".{file.name}.half").mkdir()  # what a killed process leaves
    cubes._cubes.clear()
    assert totals(map_cube(sqlite_store, 2023), Scope.all(), Q).patches == 4


def test_a_year_without_patches_is_an_empty_cube(store: Store) -> None:
    cube = map_cube(store, 2031)
    assert cube.located == 0
    assert cube.slices(None) == []
    assert totals(cube, Scope.all(), MapQuestion(2031, date(2031, 8, 1))).value == 0


def test_patches_without_a_position_stand_last(sqlite_store: Store) -> None:
    small_year(sqlite_store)
    cube = map_cube(sqlite_store, 2023)
    assert cube.located == 5
    assert np.isnan(cube.patches["lon"][cube.located :]).all()
    assert (np.diff(cube.patches["curve"]) >= 0).all()


def test_rows_are_found_by_id_and_unknown_ids_left_out(sqlite_store: Store) -> None:
    small_year(sqlite_store)
    cube = map_cube(sqlite_store, 2023)
    ids = cube.patches["id"]
    assert ids[cube.rows_of(np.array([ids[2], 999, ids[0]]))].tolist() == [ids[2], ids[0]]


def test_a_new_cube_starts_from_the_file_of_the_one_before(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = sqlite_store
    send(store, UploadKind.PATCHES, PATCH)
    map_cube(store, 2023)
    started_from: list[Columns | None] = []

    def noted(conn: Connection, year: int, earlier: Columns | None = None) -> Columns:
        started_from.append(earlier)
        return columns_of(conn, year, earlier)

    monkeypatch.setattr(cubes, "columns_of", noted)
    send(store, UploadKind.PATCHES, {**PATCH, "图斑编号": "HC-2"})
    assert len(map_cube(store, 2023).patches["id"]) == 2
    assert started_from[0] is not None
    assert len(started_from[0].patches["id"]) == 1
    monkeypatch.setattr(cubes, "HEAD", "another version of the tables")
    send(store, UploadKind.PATCHES, {**PATCH, "图斑编号": "HC-3"})
    map_cube(store, 2023)
    assert started_from[1] is None
