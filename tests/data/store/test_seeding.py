"""What a new store starts with, and that it comes once."""

from __future__ import annotations

from sqlalchemy import func, select, update

from data.store.engine import Store
from data.store.models import District, ReferenceFeature, Town
from data.store.opening import open_store
from data.store.seeding import load_seeds


def test_seeds_come_once(store: Store) -> None:
    tables = (District, Town, ReferenceFeature)
    with store.write() as conn:
        before = [conn.scalar(select(func.count()).select_from(t)) for t in tables]
        load_seeds(conn)
        assert [conn.scalar(select(func.count()).select_from(t)) for t in tables] == before


def test_a_unit_that_the_bureau_edited_stays_when_the_store_is_opened_again(store: Store) -> None:
    with store.write() as conn:
        conn.execute(update(Town).values(district_code="371090").where(Town.code.like("371003%")))
    again = open_store(store.settings)
    with again.read() as conn:
        run_by = conn.scalars(select(Town.district_code).where(Town.code.like("371003%"))).all()
    again.engine.dispose()
    assert run_by
    assert set(run_by) == {"371090"}


def test_shipped_boundaries_belong_to_no_upload_which_marks_them_indicative(store: Store) -> None:
    with store.read() as conn:
        rows = conn.execute(select(ReferenceFeature.code, ReferenceFeature.batch_id)).all()
    assert sorted(row.code for row in rows) == ["371002", "371003", "371082", "371083"]
    assert {row.batch_id for row in rows} == {None}


def test_every_town_is_run_by_a_unit_that_exists(store: Store) -> None:
    with store.read() as conn:
        units = set(conn.scalars(select(District.code)))
        assert set(conn.scalars(select(Town.district_code))) <= units
