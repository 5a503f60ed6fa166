"""The line on a trigger's card is that of the figure which the rule judges."""

from __future__ import annotations

from datetime import date

import pytest

from data.scope import Scope
from data.store.engine import Store
from data.store.queries.figures import figures
from data.trigger_row import Trigger
from data.triggers.current import current_triggers
from data.triggers.trend import Trends
from tests.callbacks.year_2023 import fill

DAY = date(2023, 6, 10)


@pytest.fixture
def filled(store: Store) -> Store:
    fill(store)
    return store


def _triggers(store: Store) -> list[Trigger]:
    with store.read() as conn:
        return current_triggers(conn, Scope.all(), 2023, DAY, with_patches=False)


@pytest.mark.parametrize(
    ("rule", "figure"),
    [("T1", "overdue"), ("T3", "ratio_net"), ("T9", "remaining_farmland_mu")],
)
def test_each_rule_has_the_line_of_its_figure_up_to_the_day(
    filled: Store, rule: str, figure: str
) -> None:
    trigger = next(t for t in _triggers(filled) if t["rule"] == rule and t["district"])
    with filled.read() as conn:
        trend = Trends(conn, Scope.all(), 2023, DAY).of([trigger])
        rows = [
            figures(conn, Scope.all(), 2023, day, trigger["district"])["districts"][0]
            for day in (date(2023, 1, 31), DAY)
        ]
    assert trend is not None
    assert trend.figure == figure
    assert trend.days == (
        date(2023, 1, 31), date(2023, 2, 28), date(2023, 3, 31), date(2023, 4, 30),
        date(2023, 5, 31), DAY,
    )  # fmt: skip
    assert (trend.values[0], trend.values[-1]) == tuple(row[figure] for row in rows)


def test_a_patch_has_no_line(filled: Store) -> None:
    of_patch = _triggers(filled)[0]
    of_patch["rule"], of_patch["subject"] = "T6", "B1"
    with filled.read() as conn:
        assert Trends(conn, Scope.all(), 2023, DAY).of([of_patch]) is None
