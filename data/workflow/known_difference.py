"""What made the difference between what was known at a moment and what is known now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from data.known import Known, knowing
from data.scope import Scope
from data.store.engine import Store
from data.store.queries.figures import FIGURES, SMALL, figures
from data.store.queries.later import Later, later_than


@dataclass(frozen=True, slots=True)
class FigureThenNow:
    """code: of the district, None for the city."""

    code: str | None
    figure: str
    then: Any
    now: Any


def difference(
    store: Store, known: Known, scope: Scope, year: int, as_of: date, *, names: bool = True
) -> tuple[list[FigureThenNow], list[Later]]:
    """The figures that differ, of the city and of each district; and the batches since, newest
    first, with (names) the patches that they changed."""
    with knowing(known), store.read() as conn:
        then = figures(conn, scope, year, as_of)
    with store.read_now() as conn:
        now = figures(conn, scope, year, as_of)
        batches = later_than(conn, scope, known.moment, names=names)
    return list(_differing(then, now)), batches


def _differing(then: dict[str, Any], now: dict[str, Any]) -> list[FigureThenNow]:
    earlier = {row["code"]: row for row in then["districts"]}
    pairs = [(None, then["city"], now["city"])]
    pairs += [(row["code"], earlier.get(row["code"], {}), row) for row in now["districts"]]
    return [
        FigureThenNow(code, name, was.get(name), is_now[name])
        for code, was, is_now in pairs
        for name in FIGURES
        if name != SMALL and was.get(name) != is_now[name]
    ]
