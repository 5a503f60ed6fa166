"""What maps say that a patch is on a day is what the queries say, on either side of every edge."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product

import pytest
from sqlalchemy import Connection, select

from data.maps.standing import Standing, holding
from data.store.engine import Store
from data.store.models import Patch, UnlawfulInterval
from data.store.queries.state import PatchState, day_literal
from tests.data.maps.worlds import cube_of
from tests.data.store.queries.stored import put_case, put_parcel, put_patch, summarise

DAY = date(2023, 6, 24)
AROUND = [DAY - timedelta(days=1), DAY, DAY + timedelta(days=1)]
FLAGS = ("active", "cleared", "late", "overdue")


def _every_edge(conn: Connection) -> None:
    """A patch for each way in which its days can lie around the day, or be missing."""
    days = product(AROUND, [None, *AROUND], [None, *AROUND], AROUND)
    for number, (issued, withdrawn, reported, due) in enumerate(days):
        put_patch(
            conn, f"L{number}", issued_on=issued, withdrawn_on=withdrawn, reported_on=reported,
            due_on=due, clearance_month="2023-06",
        )  # fmt: skip
    for number, (issued, reported) in enumerate(product(AROUND, [None, *AROUND])):
        put_patch(
            conn, f"M{number}", domain="mineral", patch_type="mineral", issued_on=issued,
            reported_on=reported,
        )  # fmt: skip


@pytest.mark.parametrize("day", AROUND)
def test_a_patch_is_on_the_map_what_it_is_in_the_lists(store: Store, day: date) -> None:
    with store.write() as conn:
        _every_edge(conn)
        summarise(conn)
        cube = cube_of(conn)
        state = PatchState(Patch, day_literal(day))
        said = {
            "active": state.active, "cleared": state.cleared, "late": state.late,
            "overdue": state.is_land & state.overdue,
        }  # fmt: skip
        query = select(Patch.id, *(said[name].label(name) for name in FLAGS))
        listed = {row.id: tuple(bool(v) for v in tuple(row)[1:]) for row in conn.execute(query)}
    standing = Standing(cube.patches, slice(None), day)
    drawn = zip(cube.patches["id"].tolist(), *(getattr(standing, n) for n in FLAGS), strict=True)
    # minerals have no due date, and are neither late nor overdue
    assert {i: tuple(bool(v) for v in flags) for i, *flags in drawn} == listed


def test_an_interval_holds_from_its_first_day_and_no_longer_on_its_end(store: Store) -> None:
    with store.write() as conn:
        for number, day in enumerate(AROUND):
            patch = put_patch(conn, f"P{number}", reported_on=day)
            put_parcel(conn, patch, reported_on=day)
            put_case(conn, patch, eliminated_on=day + timedelta(days=1))
        summarise(conn)
        i = UnlawfulInterval
        holds = (i.from_on <= DAY) & (i.to_on.is_(None) | (i.to_on > DAY))
        listed = sorted(conn.execute(select(i.patch_id, i.from_on).where(holds)).tuples())
        cube = cube_of(conn)
    at = holding(cube.intervals, slice(None), DAY).nonzero()[0]
    ids = cube.patches["id"][cube.intervals["row"][at]].tolist()
    froms = [date.fromordinal(int(n)) for n in cube.intervals["from"][at]]
    assert sorted(zip(ids, froms, strict=True)) == [tuple(row) for row in listed]
