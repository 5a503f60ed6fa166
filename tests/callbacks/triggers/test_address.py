"""The address of 预警约谈: its filters, and what is compared with."""

from __future__ import annotations

import pytest

from callbacks.frame.context import read_context
from callbacks.triggers.address import against_choices, next_address, read_asked
from data.store.engine import Store
from tests.callbacks.year_2023 import ON, fill


@pytest.fixture
def filled(store: Store) -> Store:
    fill(store)
    return store


def test_the_days_offered_are_earlier_and_each_once(filled: Store) -> None:
    with filled.read() as conn:
        context = read_context(conn, filled.settings, ON)
    offered = [value for value, _ in against_choices(context, read_asked(context))]
    assert len(set(offered)) == len(offered)
    assert max(offered) == "2023-06-09"
    assert "2023-04-30" in offered


def test_the_filters_are_kept_by_the_address(filled: Store) -> None:
    with filled.read() as conn:
        context = read_context(conn, filled.settings, f"{ON}&district=371003")
    address = next_address(context, "T1", "all", "", "2023-06-03")
    expected = "/triggers?year=2023&asof=2023-06-10&district=371003&rule=T1&against=2023-06-03"
    assert address == expected
