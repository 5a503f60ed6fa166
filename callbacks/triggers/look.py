"""What 预警约谈 sees: the triggers of the day, since when, and what has changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from callbacks.frame.context import PageContext, read_context
from callbacks.triggers.address import Asked, read_asked
from callbacks.triggers.sent import sent, to_draft
from callbacks.triggers.sheet import periods_text
from components.triggers.card import measures
from components.triggers.page import Told, ToldMatter
from data.settings import Settings
from data.store.queries.daily import DailyFigures
from data.triggers.changes import MatterChanges, compare, compare_matters, key_of
from data.triggers.current import Trigger, current_triggers, first_triggers
from data.triggers.matters import Matter, matters
from data.triggers.since import since
from data.triggers.snapshots import snapshots, triggers_of
from data.workflow.measure_list import entries

if TYPE_CHECKING:
    from sqlalchemy import Connection


#: Patches of a matter that are told one by one; the others stand in the list behind it.
FIRST_PATCHES = 5


@dataclass(frozen=True, slots=True)
class Seen:
    """All matters of the day with their changes, and those that the filters leave. daily: the
    figures of the year up to the day. has_patches: whether there is anything to judge."""

    context: PageContext
    asked: Asked
    everything: list[Matter]
    changes: MatterChanges
    chosen: list[Matter]
    told: list[ToldMatter]
    daily: DailyFigures
    has_patches: bool


def look(conn: Connection, settings: Settings, search: str, *, all_patches: bool = False) -> Seen:
    """What the page of an address shows. all_patches: tell every patch since when, as a workbook
    does, not only the gravest of each matter."""
    context = read_context(conn, settings, search)
    scope, year, as_of = context.scope, context.year, context.as_of
    seen_before = snapshots(conn, year, context.stamp.data_version)
    asked = read_asked(context, seen_before)
    daily = DailyFigures(conn, scope, year, as_of)
    chosen_scope = scope.narrowed_to(context.district)
    units = [d for d in context.stamp.districts if chosen_scope.allows(d.code)]
    document = daily.document(as_of, units)

    def held_on(day: date, own: Mapping[str, Any], **how: Any) -> list[Trigger]:
        return first_triggers(
            conn, scope, year, day, context.district,
            document=own, book=context.rules, daily=daily, **how,
        )  # fmt: skip

    if all_patches:
        everything = current_triggers(
            conn, scope, year, as_of, context.district, document=document, book=context.rules
        )
    else:
        everything = held_on(as_of, document, most=FIRST_PATCHES, counted=True)
    if asked.before is not None:
        before = triggers_of(conn, asked.before, chosen_scope)
    elif all_patches:
        before = current_triggers(
            conn, scope, year, asked.against, context.district,
            with_patches=False, book=context.rules,
        )  # fmt: skip
    else:
        told_patches = {t["subject"]: t["patch_id"] for t in everything if "patch_id" in t}
        day = asked.against
        before = held_on(
            day, daily.document(day, units), most=FIRST_PATCHES, also=told_patches, noted=False
        )
    found = matters(everything, context.names)
    changed = compare_matters(matters(before, context.names), found)
    single = compare(before, everything)
    states = {key_of(t): "new" for t in single.new}
    states |= {key_of(t): "worse" for t in single.worse}
    states |= {key_of(t): "eased" for t in single.eased}
    chosen = matters([t for t in everything if _is_asked(t, asked)], context.names)
    own = [m.triggers[:FIRST_PATCHES] if m.of_patches and not all_patches else m.triggers
           for m in chosen]  # fmt: skip
    asked_since = [t for triggers in own for t in triggers]
    days = iter(since(conn, scope, year, as_of, asked_since, daily, context.rules))
    taken = entries(
        conn, scope, as_of, year, context.district, with_changes=False, rules=context.rules
    )
    told = [
        ToldMatter(
            matter,
            tuple(Told(t, next(days), states.get(key_of(t), "same")) for t in triggers),
            changed.state(matter),
            sent(taken, matter, context),
            to_draft(matter, context),
        )
        for matter, triggers in zip(chosen, own, strict=True)
    ]
    row = document["districts"][0] if context.district else document["city"]
    return Seen(context, asked, found, changed, chosen, told, daily, bool(row["patches"]))


def _is_asked(trigger: Trigger, asked: Asked) -> bool:
    return (
        asked.rule in (None, trigger["rule"])
        and asked.measure in (None, trigger["measure"])
        and asked.month in (None, trigger["period"])
    )


def one_line(matter: Matter) -> str:
    """`文登区 月清未完成：3月、5月（预警提醒）`."""
    periods = f"：{periods_text(matter)}" if "-" in str(matter.gravest["period"]) else ""
    patches = f"：{matter.count:,}个图斑" if matter.of_patches else ""
    return f"{matter.unit} {matter.gravest['rule_name']}{periods}{patches}（{measures(matter)}）"
