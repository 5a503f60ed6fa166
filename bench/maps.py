"""What a map asks for: heat tiles, bins of a screen and patch tiles by zoom, as the server answers
them, beside raw SQL and, where PostGIS is installed, beside its vector tiles of the same patches.

Cold: nothing of the answer, of the heat's scale for it apart, is known yet. Warm: asked again.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import flask
import numpy as np
import psycopg
from sqlalchemy import text

from bench.measure import median_ms, print_table
from bench.pages import AS_OF, YEAR, demo_store
from callbacks.frame import faults
from callbacks.maps import answers as map_answers
from callbacks.maps import heat as map_heat_routes
from callbacks.maps import patches as map_routes
from data.maps import cube as cubes
from data.maps.cube import MapCube, map_cube
from data.maps.heat import DEFAULT_RADIUS_M
from data.maps.heat_scale import clear_scales, scale_of
from data.maps.mercator import Box, cells, lat_of, lon_of, tile_box
from data.maps.question import MapQuestion
from data.maps.spots import PlaceNames, spots
from data.scope import Scope
from data.services import Services
from data.store.engine import Store
from tests.postgres import PrivateCluster, find_programs

ZOOMS = range(8, 17)
#: Few patches have unlawful farmland left; every patch is a patch.
MEASURES = ("remaining_farmland_mu", "patches")
TILES = 24
SCREEN = (1440, 900)
#: Seconds spent on one kind of answer at one zoom.
LIMIT_S = 20.0

#: Cells of 0.01° inside a tile, by an index that holds all it needs.
GRID_SQL = """
    select cast(lon / 0.01 as integer), cast(lat / 0.01 as integer), count(*), sum(area_mu)
    from bench_cover where lon between ? and ? and lat between ? and ? group by 1, 2"""
MVT_SQL = """
    select st_asmvt(t) from (
        select patch_no, area_mu, st_asmvtgeom(geom, st_tileenvelope(%s, %s, %s)) as geom
        from bench_patch where geom && st_tileenvelope(%s, %s, %s)) t"""

Tile = tuple[int, int, int]


@dataclass(frozen=True)
class Times:
    """In ms: by the clock, and of this thread's CPU, which other programs do not lengthen."""

    clock: list[float]
    cpu: list[float]

    @property
    def both(self) -> str:
        p50, p95 = np.percentile(self.clock, [50, 95])
        return f"{p50:,.1f} / {p95:,.1f}"

    @property
    def of_cpu(self) -> str:
        return f"{np.percentile(self.cpu, 95):,.1f}"

    @property
    def high(self) -> str:
        return f"{np.percentile(self.clock, 95):,.1f}"


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def _times(tiles: Sequence[Tile], work: Callable[[Tile], object]) -> Times:
    """One call a tile, as many as the time allows."""
    found = Times([], [])
    deadline = time.perf_counter() + LIMIT_S
    for tile in tiles:
        clock, cpu = time.perf_counter(), time.thread_time()
        work(tile)
        found.cpu.append((time.thread_time() - cpu) * 1000)
        found.clock.append((time.perf_counter() - clock) * 1000)
        if time.perf_counter() > deadline:
            break
    return found


def tiles_with_patches(cube: MapCube, zoom: int) -> list[Tile]:
    """Those that a patch taken at random lies in: full ones more often than empty ones."""
    rng = np.random.default_rng(20231123)
    rows = rng.integers(0, cube.located, TILES * 4)
    x, y = cells(cube.patches["lon"][rows], cube.patches["lat"][rows], zoom)
    found = dict.fromkeys((zoom, a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True))
    return list(found)[:TILES]


def screen_around(tile: Tile) -> Box:
    """What a screen shows that has the tile in its middle."""
    z, x, y = tile
    n, (wide, high) = 2.0**z, (side / 256 / 2 for side in SCREEN)
    return (
        float(lon_of((x + 0.5 - wide) / n)),
        float(lat_of((y + 0.5 + high) / n)),
        float(lon_of((x + 0.5 + wide) / n)),
        float(lat_of((y + 0.5 - high) / n)),
    )


def _client(store: Store) -> Any:
    server = flask.Flask("bench")
    for module in (map_routes, map_heat_routes):
        module.register_routes(server, Services(store.settings, store))
    faults.in_routes(server)
    return server.test_client()


class _Asker:
    """Asks for answers of a question over the server's own routes."""

    def __init__(self, store: Store, measure: str) -> None:
        self._client = _client(store)
        self._question = f"year={YEAR}&asof={AS_OF}&until={AS_OF}&measure={measure}"

    def _get(self, address: str) -> None:
        answer = self._client.get(f"{address}{self._question}")
        if answer.status_code != 200:
            raise RuntimeError(f"{address}: {answer.status_code} {answer.text}")

    def heat(self, tile: Tile) -> None:
        self._get("/map/heat/{}/{}/{}.png?".format(*tile))

    def bins(self, tile: Tile) -> None:
        box = ",".join(map(str, screen_around(tile)))
        self._get(f"/map/bins.json?bbox={box}&zoom={tile[0]}&")

    def patches(self, tile: Tile) -> None:
        self._get("/map/patches/{}/{}/{}.json?".format(*tile))

    def cold(self, work: Callable[[Tile], object]) -> Callable[[Tile], object]:
        def ask(tile: Tile) -> None:
            map_answers.answers.clear()
            work(tile)

        return ask


# ---- beside --------------------------------------------------------------------------------------


@contextlib.contextmanager
def _cover(store: Store) -> Iterator[Callable[[Tile], object]]:
    """Raw SQL over a covering index, made for this run in SQLite's temporary storage."""
    with store.read() as conn:
        raw: Any = conn.connection.cursor()
        raw.execute("create temp table bench_cover (lon real, lat real, area_mu real)")
        raw.execute(
            "insert into bench_cover select lon, lat, area_mu from patch where year = ?", (YEAR,)
        )
        raw.execute("create index temp.bench_cover_all on bench_cover (lon, lat, area_mu)")
        raw.execute("analyze temp.bench_cover")

        def ask(tile: Tile) -> None:
            west, south, east, north = tile_box(*tile)
            raw.execute(GRID_SQL, (west, east, south, north)).fetchall()

        yield ask
        raw.execute("drop table temp.bench_cover")


@contextlib.contextmanager
def _postgis(store: Store) -> Iterator[Callable[[Tile], object] | None]:
    """Plain ST_AsMVT of the same patches, stored as tiles want them (EPSG:3857), with GiST."""
    programs = find_programs()
    if programs is None:
        print("PostGIS not measured: no initdb found.", file=sys.stderr)
        yield None
        return
    cluster = PrivateCluster(programs, is_on_disk=True)
    try:
        address = cluster.url("postgres").replace("+psycopg", "")
        with psycopg.connect(address, autocommit=True) as connection:
            try:
                connection.execute("create extension postgis")
            except psycopg.Error:
                print("PostGIS not measured: it is not installed.", file=sys.stderr)
                yield None
                return
            _fill(connection, store)

            def ask(tile: Tile) -> None:
                connection.execute(MVT_SQL, (*tile, *tile)).fetchall()

            yield ask
    finally:
        cluster.stop()


def _fill(connection: psycopg.Connection[Any], store: Store) -> None:
    connection.execute("create table loaded (patch_no text, area_mu float8, wkb bytea)")
    with store.read() as conn, connection.cursor() as cursor:
        query = text("select patch_no, area_mu, geom from patch where year = :year")
        rows = conn.execution_options(yield_per=20_000).execute(query, {"year": YEAR})
        with cursor.copy("copy loaded from stdin") as copy:
            for row in rows:
                copy.write_row(tuple(row))
    connection.execute(
        "create table bench_patch as select patch_no, area_mu,"
        " st_transform(st_geomfromwkb(wkb, 4490), 3857) as geom from loaded where wkb is not null"
    )
    connection.execute("create index on bench_patch using gist (geom)")
    connection.execute("vacuum analyze bench_patch")


# ---- tables --------------------------------------------------------------------------------------


def _by_zoom(count: int, store: Store, cube: MapCube) -> None:
    with _cover(store) as raw, _postgis(store) as mvt:
        beside: dict[int, tuple[Times, Times | None]] = {}
        for zoom in ZOOMS:
            tiles = tiles_with_patches(cube, zoom)
            beside[zoom] = (_times(tiles, raw), _times(tiles, mvt) if mvt else None)
    for measure in MEASURES:
        asker = _Asker(store, measure)
        asker.heat(tiles_with_patches(cube, 8)[0])  # the scale, which is measured apart
        rows = []
        for zoom in ZOOMS:
            tiles = tiles_with_patches(cube, zoom)
            row = [str(zoom), str(len(tiles))]
            for kind in (asker.heat, asker.bins, asker.patches):
                cold = _times(tiles, asker.cold(kind))
                known = tiles[: len(cold.clock)]
                for tile in known:
                    kind(tile)
                row += [cold.both, cold.of_cpu, _times(known, kind).high]
            sql, vector = beside[zoom]
            rows.append([*row, sql.both, vector.both if vector else "-"])
        print_table(
            f"Map of {count:,} patches, {measure}: ms of an answer over its route, of a tile or"
            f" of a screen of {SCREEN[0]} × {SCREEN[1]} (bins); cold p50 / p95, else p95",
            [
                "zoom",
                "places",
                "heat cold",
                "CPU",
                "warm",
                "bins cold",
                "CPU",
                "warm",
                "patches cold",
                "CPU",
                "warm",
                "raw SQL grid",
                "ST_AsMVT",
            ],
            rows,
        )


def _forget() -> None:
    """As a process that has just started."""
    cubes._cubes.clear()


def _once(count: int, store: Store) -> MapCube:
    """What is done once for a version of the data, or once for a question."""
    shutil.rmtree(store.settings.local_dir / "maps", ignore_errors=True)
    _forget()
    made = _timed(lambda: map_cube(store, YEAR))
    _forget()
    read = _timed(lambda: map_cube(store, YEAR))
    cube, scope = map_cube(store, YEAR), Scope.all()
    rows = [["cube made (once for a version)", f"{made:,.0f}"], ["cube read", f"{read:,.1f}"]]
    names = PlaceNames({}, {})
    for measure in MEASURES:
        q = MapQuestion(YEAR, AS_OF, measure)

        def scale(q: MapQuestion = q) -> None:
            clear_scales()
            scale_of(cube, scope, q, DEFAULT_RADIUS_M, AS_OF)

        def hot(q: MapQuestion = q) -> None:
            spots(cube, scope, q, names)

        rows.append([f"heat's scale (once for a question), {measure}", f"{median_ms(scale):,.1f}"])
        rows.append([f"hot spots, {measure}", f"{median_ms(hot):,.1f}"])
    client = _client(store)

    def districts() -> None:
        map_answers.answers.clear()
        client.get(f"/map/areas.json?year={YEAR}&asof={AS_OF}")

    rows.append(["districts, over the route", f"{median_ms(districts):,.1f}"])
    print_table(f"Map of {count:,} patches: what is done once", ["what", "ms"], rows)
    return cube


def main(counts: Sequence[int], _repeats: int) -> None:
    """Print two tables a measure and number of patches: by zoom, and what is done once."""
    for count in counts:
        with demo_store(count) as store:
            _by_zoom(count, store, _once(count, store))
