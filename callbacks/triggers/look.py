"""What 预警约谈 sees: the triggers of the day, since when, and what has changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from callbacks.frame.context import PageContext, read_context
from callbacks.triggers.address import Asked, read_asked
from components.triggers.card import grouped
from components.triggers.page import Told, subject_name
from data.periods import format_month
from data.settings import Settings
from data.triggers.changes import Changes, compare, key_of
from data.triggers.current import Trigger, current_triggers
from data.triggers.since import since
from data.triggers.snapshots import snapshots
from data.vocabulary import Measure

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Seen:
    """All triggers of the day with their changes, and those that the filters leave."""

    context: PageContext
    asked: Asked
    everything: list[Trigger]
    changes: Changes
    told: list[Told]


def look(conn: Connection, settings: Settings, search: str) -> Seen:
    """What the page of an address shows."""
    context = read_context(conn, settings, search)
    scope, year, as_of = context.scope, context.year, context.as_of
    seen_before = snapshots(conn, scope.narrowed_to(context.district), year)
    asked = read_asked(context, seen_before)
    everything = current_triggers(conn, scope, year, as_of, context.district)
    if asked.before is not None:
        before = asked.before.triggers
    else:
        day = asked.against
        before = current_triggers(conn, scope, year, day, context.district, with_patches=False)
    changed = compare(before, everything)
    chosen = [t for t in everything if _is_asked(t, asked)]
    states = {key_of(t): "new" for t in changed.new}
    states |= {key_of(t): "worse" for t in changed.worse}
    states |= {key_of(t): "eased" for t in changed.eased}
    told = [
        Told(trigger, day, states.get(key_of(trigger), "same"))
        for trigger, day in zip(chosen, since(conn, scope, year, as_of, chosen), strict=True)
    ]
    return Seen(context, asked, everything, changed, told)


def _is_asked(trigger: Trigger, asked: Asked) -> bool:
    return (
        asked.rule in (None, trigger["rule"])
        and asked.measure in (None, trigger["measure"])
        and asked.month in (None, trigger["period"])
    )


def groups_of(told: Sequence[Told]) -> list[list[Told]]:
    """One card each: the periods of one rule on one subject."""
    by_key = {key_of(t.trigger): t for t in told}
    return [[by_key[key_of(t)] for t in group] for group in grouped([t.trigger for t in told])]


def one_line(trigger: Trigger, names: Mapping[str, str], year: int) -> str:
    """`文登区 月清完成率5月（预警提醒）`. names: short names of districts by code."""
    period = f"{format_month(trigger['period'], year)}" if "-" in trigger["period"] else ""
    measure = Measure(trigger["measure"]).label
    return f"{subject_name(trigger, names)} {trigger['rule_name']}{period}（{measure}）"
