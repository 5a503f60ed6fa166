"""What patches are on a day, by row and by column."""

from __future__ import annotations

from datetime import date

import shapely

from data.periods import correction_due_on
from data.store.engine import Store
from data.store.queries.patch_rows import patch_columns, patch_rows
from data.vocabulary import AuditLevel
from tests.data.store.queries.stored import put_case, put_decision, put_parcel, put_patch

DAY = date(2024, 7, 20)
SHAPE = shapely.to_wkb(shapely.box(122.0, 37.0, 122.001, 37.001))


def test_patches_of_two_years_stand_in_the_order_asked_for_each_with_its_own_cut_off(
    store: Store,
) -> None:
    with store.write() as conn:
        ids = []
        for year in (2024, 2023):  # what is eliminated in 2024 comes too late for 2023
            at = put_patch(conn, f"P{year}", year=year, reported_on=date(2023, 5, 20))
            put_parcel(conn, at, farmland_mu=3.0)
            put_case(conn, at, eliminated_on=date(2024, 6, 1))
            ids.append(at)
        bare = put_patch(conn, "B", due_on=date(2024, 7, 1))
        put_decision(conn, bare, AuditLevel.CITY, date(2024, 7, 10), "returned")
    with store.read() as conn:
        rows = patch_rows(conn, [bare, *ids, 99, bare], DAY)
    assert [row["patch_no"] for row in rows] == ["B", "P2024", "P2023", "B"]
    figures = [
        (row["legality"], row["unlawful_farmland_mu"], row["remaining_farmland_mu"]) for row in rows
    ]
    assert figures[1:3] == [("unlawful", 3.0, 0.0), ("unlawful", 3.0, 3.0)]
    assert figures[0] == figures[3] == ("pending", 0.0, 0.0)
    assert (rows[0]["overdue"], rows[0]["days_overdue"], rows[1]["days_overdue"]) == (
        True,
        19,
        None,
    )
    assert (rows[0]["returned_now"], rows[0]["correction_due"]) == (
        True,
        correction_due_on(date(2024, 7, 10)),
    )
    assert not rows[0]["withdrawn"]


def test_columns_hold_what_the_rows_say(sqlite_store: Store) -> None:
    with sqlite_store.write() as conn:
        ids = [
            put_patch(conn, "A", geom=SHAPE, withdrawn_on=date(2024, 7, 20)),
            put_patch(conn, "B", due_on=date(2024, 7, 1), lon=None, lat=None),
        ]
        put_parcel(conn, ids[1], legality="lawful")
    with sqlite_store.read() as conn:
        rows = patch_rows(conn, ids[::-1], DAY)
        for key in rows[0]:
            assert patch_columns(conn, ids[::-1], DAY, [key]) == {key: [row[key] for row in rows]}
        found = patch_columns(conn, ids, DAY, ["geom", "days_overdue"])
        assert list(found) == ["geom", "days_overdue"]
        assert found["geom"][0] == SHAPE
        assert patch_columns(conn, [99], DAY, ["lon"]) == patch_columns(conn, [], DAY, ["lon"])
    assert rows[1]["withdrawn"]
