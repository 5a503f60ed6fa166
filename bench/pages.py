"""What each page asks of the store, beside the raw SQL that answers the like from an index."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date

from sqlalchemy import Connection, text

from bench.measure import median_ms, print_table
from data.demo import load_demo
from data.scope import Scope
from data.settings import PROJECT_DIR, Settings
from data.store.engine import Store
from data.store.opening import open_store
from data.store.queries.figures import figures, trend
from data.store.queries.patch_detail import patch_detail
from data.store.queries.patch_list import PatchQuery, map_bins, map_features, patch_page
from data.store.queries.stamp import stamp
from data.triggers.current import current_triggers
from data.vocabulary import PatchStatus

YEAR = 2023
AS_OF = date(2023, 11, 23)
TREND = [date(2023, month, 23) for month in range(6, 12)]
MAP_LIMIT = 2000

#: The stores of earlier runs, kept because a million patches take minutes to upload.
STORES = PROJECT_DIR / "data" / "local" / "bench"

#: District × month by an index that holds all it needs, and the overdue ones likewise.
MATRIX_SQL = """
    select district_code, due_on, count(*),
           sum(case when reported_on <= :day then 1 else 0 end),
           sum(case when due_on < :day and (reported_on is null or reported_on > :day) then 1
               else 0 end)
    from patch where year = :year group by district_code, due_on"""
OVERDUE_COUNT_SQL = """
    select count(*) from patch
    where year = :year and due_on < :day and (reported_on is null or reported_on > :day)"""
OVERDUE_PAGE_SQL = """
    select * from patch
    where year = :year and due_on < :day and (reported_on is null or reported_on > :day)
    order by due_on, id limit 100"""
ONE_PATCH_SQL = "select * from patch where year = :year and patch_no = :patch_no"

Work = Callable[[], object]


@contextlib.contextmanager
def demo_store(count: int) -> Iterator[Store]:
    """A store with `count` patches of the demo; made at the first run, reused afterwards."""
    folder = STORES / f"demo-{count}"
    settings = Settings(local_dir=folder, fixed_today=AS_OF)
    finished = folder / "finished"
    if not finished.exists():
        for old in folder.glob("*.sqlite*"):
            old.unlink()
        folder.mkdir(parents=True, exist_ok=True)
        store = open_store(settings)
        load_demo(store, settings, year=YEAR, until=AS_OF, patches=count)
        store.engine.dispose()
        finished.touch()
    store = open_store(settings)
    yield store
    store.engine.dispose()


def _pages(conn: Connection) -> dict[str, tuple[Work, Work | None]]:
    """What is measured: name → our work, and raw SQL that answers the like where there is some."""
    scope = Scope.all()
    overdue = PatchQuery(YEAR, AS_OF, status=PatchStatus.OVERDUE)
    everything = PatchQuery(YEAR, AS_OF)
    patch_no = patch_page(conn, scope, everything).rows[0]["patch_no"]

    def sql(statement: str, **more: object) -> Work:
        values = {"year": YEAR, "day": AS_OF.isoformat(), **more}
        compiled = text(statement)
        return lambda: conn.execute(compiled, values).all()

    return {
        "every page: stamp": (lambda: stamp(conn), None),
        "/ and /clearance: figures": (
            lambda: figures(conn, scope, YEAR, AS_OF),
            sql(MATRIX_SQL),
        ),
        "/: trends of six months": (lambda: trend(conn, scope, YEAR, TREND), None),
        "/: triggers": (
            lambda: current_triggers(conn, scope, YEAR, AS_OF, with_patches=False),
            None,
        ),
        "/overdue: page of 100 and total": (
            lambda: patch_page(conn, scope, overdue),
            lambda: (sql(OVERDUE_PAGE_SQL)(), sql(OVERDUE_COUNT_SQL)()),
        ),
        f"/overdue: map, {MAP_LIMIT:,} shapes": (
            lambda: map_features(conn, scope, overdue, None, MAP_LIMIT),
            None,
        ),
        "/overdue: map, bins": (lambda: map_bins(conn, scope, overdue, None, 40), None),
        "/patches: page of 100 and total": (lambda: patch_page(conn, scope, everything), None),
        "/patches/<year>/<no>": (
            lambda: patch_detail(conn, scope, YEAR, patch_no, AS_OF),
            sql(ONE_PATCH_SQL, patch_no=patch_no),
        ),
    }


def _measured(count: int) -> dict[str, tuple[float, float | None]]:
    """name → our median and that of the raw SQL, in ms."""
    with demo_store(count) as store, store.read() as conn:
        return {
            name: (median_ms(ours), median_ms(raw) if raw else None)
            for name, (ours, raw) in _pages(conn).items()
        }


def main(counts: Sequence[int], _repeats: int) -> None:
    """Print a table: a row per page, columns per number of patches, and the growth."""
    results = {count: _measured(count) for count in counts}
    header = ["data of"]
    for count in counts:
        header += [f"{count:,}, ms", "raw SQL, ms", "ratio"]
    if len(counts) > 1:
        header.append("growth")
    rows: list[list[str]] = []
    for name in results[counts[0]]:
        row = [name]
        for count in counts:
            ours, raw = results[count][name]
            row += [
                f"{ours:.1f}",
                f"{raw:.1f}" if raw else "-",
                f"{ours / raw:.2f}" if raw else "-",
            ]
        if len(counts) > 1:
            row.append(f"{results[counts[-1]][name][0] / results[counts[0]][name][0]:.1f}×")
        rows.append(row)
    print_table("Data of the pages, SQLite, medians", header, rows)
