"""What a tile says of a patch is what the lists say of it."""

from __future__ import annotations

from datetime import date

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.maps.mercator import cells
from data.maps.patch_tiles import COLOURINGS, patch_tile, token_of
from data.maps.question import MapQuestion
from data.scope import Scope
from data.store.engine import Store
from data.store.queries.patch_list import PatchQuery, iter_patches
from tests.data.maps.worlds import PLACES, cube_of, placed
from tests.data.store.reference_figures import World
from tests.data.store.worlds import DAYS, forgotten, put_world, worlds

ALL = Scope.all()
ZOOM = 12


@settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(world=worlds(20), day=st.sampled_from(DAYS))
def test_a_patch_has_the_colour_of_what_the_list_says(
    sqlite_store: Store, world: World, day: date
) -> None:
    lon, lat = (np.array(values) for values in zip(*PLACES, strict=True))
    tiles = {(int(x), int(y)) for x, y in zip(*cells(lon, lat, ZOOM), strict=True)}
    with forgotten(sqlite_store) as conn:
        put_world(conn, placed(world, 3))
        cube = cube_of(conn)
        listed = {
            row["id"]: row
            for chunk in iter_patches(conn, ALL, PatchQuery(2023, day))
            for row in chunk
            if row["lon"] is not None
        }
        for colouring in set(COLOURINGS) - {"measure", "legality"}:
            q = MapQuestion(2023, day)
            found = [f for t in tiles for f in patch_tile(conn, cube, ALL, q, colouring, ZOOM, *t)]
            drawn = {f["properties"]["id"]: f["properties"] for f in found}
            assert set(drawn) == set(listed)
            for patch_id, row in listed.items():
                assert drawn[patch_id]["colour"] == token_of(row, colouring, False)
                assert drawn[patch_id]["patch_no"] == row["patch_no"]
                late = f"逾期{row['days_overdue']}天" if row["overdue"] else ""
                assert late in drawn[patch_id]["hint"]
