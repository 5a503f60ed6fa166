"""The list behind a figure adds up to it: every figure, every district, every month, any day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection

from data.scope import Scope
from data.store.engine import Store
from data.store.measures import AREAS, COUNTS, RATES, REMAINING
from data.store.queries.contributions import AMOUNTS, LISTED, listed_figures
from data.store.queries.figures import figures
from data.store.queries.patch_list import (
    PatchQuery,
    count_patches,
    extent,
    iter_patches,
    patch_page,
    totals,
)
from data.units import PARTS_PER_MU
from tests.data.store.worlds import DAYS, UNITS, forgotten, make_world, put_world
from tests.examples import FACTOR

ALL = Scope.all()
FIGURES = (*COUNTS, *AREAS, *REMAINING)


def parts_of(value: float | int, name: str) -> int:
    return round(value * PARTS_PER_MU) if name.endswith("_mu") else int(value)


def subjects(conn: Connection, scope: Scope, D: date) -> Iterator[tuple[dict[str, Any], Any]]:
    """(row of the figures, the query of its list without the figure)."""
    said = figures(conn, scope, 2023, D)
    yield said["city"], PatchQuery(2023, D)
    for row in said["districts"]:
        yield row, PatchQuery(2023, D, row["code"])
    for row in said["months"]:
        yield row, PatchQuery(2023, D, row["code"], month=row["month"])


def compare(conn: Connection, scope: Scope, D: date) -> None:
    amounts = tuple(name for name in FIGURES if name in AMOUNTS)
    for at, (row, query) in enumerate(subjects(conn, scope, D)):
        # one list of all amounts shows each of them, at a fraction of the time
        check(conn, scope, row, replace(query, figures=amounts))
        alone = FIGURES if at == 0 else FIGURES[at % 27 :: 27]
        for name in alone:
            check(conn, scope, row, replace(query, figures=(name,), sort=((name, "desc"),)))


def check(conn: Connection, scope: Scope, row: dict[str, Any], query: PatchQuery) -> None:
    listed = [r for chunk in iter_patches(conn, scope, query) for r in chunk]
    below = totals(conn, scope, query)
    assert below["patches"] == len(listed) == count_patches(conn, scope, query), query
    for name in query.figures:
        own = [parts_of(r[name], name) if name in AMOUNTS else 1 for r in listed]
        assert sum(own) == parts_of(row[name], name), (name, query)
        if name in AMOUNTS:
            assert below[name] == row[name], (name, query)
        if len(query.figures) == 1:
            assert all(own), query  # nobody stands in a list without being in its figure
            assert own == sorted(own, reverse=True), query


@pytest.mark.parametrize("seed", range(FACTOR))
def test_every_list_adds_up_to_its_figure(store: Store, seed: int) -> None:
    with forgotten(store) as conn:
        put_world(conn, make_world(seed, 30))
        compare(conn, ALL, DAYS[-3])
        compare(conn, Scope(frozenset(UNITS[:1])), DAYS[-1])


def test_every_figure_and_every_rate_has_its_list() -> None:
    assert set(FIGURES) <= LISTED
    for name in (*FIGURES, *RATES):
        assert set(listed_figures(name)) <= LISTED
    with pytest.raises(KeyError):
        listed_figures("shoe_size")


def test_one_page_of_a_list_says_what_each_row_adds(store: Store) -> None:
    from tests.callbacks.year_2023 import fill

    fill(store)
    query = PatchQuery(2023, date(2023, 6, 10), figures=("unlawful_farmland_mu", "final"))
    with store.read() as conn:
        page = patch_page(conn, ALL, query)
        assert [(r["patch_no"], r["unlawful_farmland_mu"]) for r in page.rows] == [("B1", 2.0)]
        assert extent(conn, ALL, query) is None
