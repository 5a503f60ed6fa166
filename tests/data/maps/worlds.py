"""Cubes for the tests: of a transaction that is rolled back, and of a small year by hand."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any

from sqlalchemy import Connection

from data.maps.cube import MapCube, cube_from
from data.maps.cube_columns import columns_of
from data.store.engine import Store
from data.store.queries.map_facts import pending_ids
from tests.data.store.queries.stored import (
    WENDENG,
    put_case,
    put_parcel,
    put_patch,
    summarise,
)
from tests.data.store.reference_figures import World

#: A corner where four tiles meet at every zoom that is looked at, and places around it.
PLACES = [(122.1, 37.2), (122.100001, 37.2), (122.34375, 37.1), (121.5, 36.9), (121.5001, 36.9)]


def cube_of(conn: Connection, year: int = 2023) -> MapCube:
    """The cube of what this very transaction sees."""
    columns = columns_of(conn, year)
    return cube_from(columns, year, "test", lambda ids, day: pending_ids(conn, ids, day))


def placed(world: World, seed: int) -> World:
    """The world with a position for most of its patches."""
    rng = Random(seed)
    for patch in world.patches:
        patch["lon"], patch["lat"] = rng.choice([*PLACES, (None, None)])
    return world


def small_year(store: Store) -> None:
    """Unlawful farmland of A1 2 亩 (eliminated on 1 July), A2 3 亩, B1 4 亩, and N1 5 亩 without a
    position; A3 is lawful, A4 overdue and open. A… lie together, B1 elsewhere.
    """
    with store.write() as conn:
        for number, farmland in (("A1", 2.0), ("A2", 3.0), ("B1", 4.0), ("N1", 5.0)):
            where: dict[str, Any] = {"lon": 122.1, "lat": 37.4} if number[0] == "A" else {}
            if number == "B1":
                where = {"lon": 122.0, "lat": 37.1, "district_code": WENDENG}
            at = put_patch(conn, number, reported_on=date(2023, 5, 20), **where)
            put_parcel(conn, at, farmland_mu=farmland, area_mu=farmland + 1)
            if number == "A1":
                put_case(conn, at, eliminated_on=date(2023, 7, 1))
        at = put_patch(conn, "A3", reported_on=date(2023, 5, 20), lon=122.101, lat=37.4)
        put_parcel(conn, at, legality="lawful")
        put_patch(conn, "A4", lon=122.102, lat=37.401)
        summarise(conn)
