"""What the buttons of the what-if do to the address that holds it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from callbacks.assessment.address import ScenarioAddress, read_scenario, write_scenario
from components.links import read_search
from data.rules.scenario import Constraints
from data.vocabulary import BulkChoice, ScenarioAction, TargetLine
from data.workflow.scenario import Bulk


def with_ticks(own: str, numbers: Sequence[str], action: str) -> str:
    """The what-if with these patches supposed so, whatever was supposed of them before."""
    address = read_scenario(read_search(own))
    ticks = {**address.scenario.ticks, **dict.fromkeys(numbers, ScenarioAction(action))}
    return _with(address, ticks=ticks)


def with_bulk(own: str, choice: str, until: str | None, action: str) -> str:
    """One more bulk choice; the same one again with another action replaces it."""
    address = read_scenario(read_search(own))
    chosen = BulkChoice(choice)
    day = _day(until) if chosen is BulkChoice.DUE else None
    if chosen is BulkChoice.DUE and day is None:
        return own
    bulk = Bulk(chosen, ScenarioAction(action), day)
    others = [b for b in address.scenario.bulks if (b.choice, b.until) != (chosen, day)]
    return _with(address, bulks=(*others, bulk))


def without(own: str, part: str) -> str:
    """Without a tick (`tick:<编号>`), a bulk choice (`bulk:<nth>`), or any of them (`all`)."""
    address = read_scenario(read_search(own))
    scenario = address.scenario
    kind, _, which = part.partition(":")
    if kind == "all":
        return _with(address, ticks={}, bulks=())
    if kind == "bulk":
        kept = (b for at, b in enumerate(scenario.bulks) if str(at) != which)
        return _with(address, bulks=tuple(kept))
    return _with(address, ticks={n: a for n, a in scenario.ticks.items() if n != which})


def with_day(own: str, day: str | None, as_of: date) -> str:
    """On another day; the as-of date itself stays out of the address."""
    chosen = _day(day)
    return _with(read_scenario(read_search(own)), on=chosen if chosen and chosen > as_of else None)


def with_target(
    own: str, whom: str, line: str, most: float | None, only: bool | None, skip: str | None
) -> str:
    """With the question for the smallest set."""
    numbers = frozenset(part for part in re.split(r"[\s,，、;；]+", skip or "") if part)
    limit = int(most) if most is not None and most >= 1 else None
    address = read_scenario(read_search(own))
    return write_scenario(
        replace(
            address,
            whom=whom,
            line=TargetLine(line),
            constraints=Constraints(numbers, bool(only), limit),
        )
    )


def _with(address: ScenarioAddress, **changes: Any) -> str:
    return write_scenario(replace(address, scenario=replace(address.scenario, **changes)))


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return None
