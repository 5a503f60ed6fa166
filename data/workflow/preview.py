"""What an upload would do to figures and triggers, rehearsed in a transaction rolled back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection

from data.acting import acting
from data.definitions import DEFINITIONS
from data.periods import default_as_of
from data.store.engine import Store
from data.store.queries.figures import figures
from data.triggers.current import Trigger, current_triggers
from data.triggers.lines import lines_of
from data.triggers.rulebook import rulebook
from data.upload.plan import Plan
from data.upload.prepare import Prepared
from data.upload.request import Progress, no_progress
from data.upload.service import apply_prepared, make_plan
from data.vocabulary import Severity, UploadKind

#: Kinds that can move a figure or a trigger.
MOVING = (UploadKind.PATCHES, UploadKind.FINDINGS, UploadKind.AUDITS, UploadKind.CASES)
#: What the preview compares, in this order.
COMPARED = (
    "patches",
    "overdue",
    "on_time_rate",
    "error_rate",
    "ratio_net",
    "ratio_gross",
    "ratio_strict",
    "remaining_farmland_mu",
    "remaining_basic_farmland_mu",
    "remaining_redline_mu",
    "rectification_rate",
    "mineral_unlawful_patches",
)


@dataclass
class Effects:
    """crossings: sentences on triggers that would begin, end or change, gravest first. rows: unit,
    figure, before, after as a reader sees them.
    """

    as_of: date
    crossings: list[str] = field(default_factory=list)
    rows: list[dict[str, str]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        return {
            "as_of": self.as_of.isoformat(),
            "crossings": self.crossings,
            "rows": self.rows,
        }


#: Figure → the lines that no value of it crosses by rounding.
Lines = Mapping[str, tuple[float, ...]]


class _RollBack(Exception):
    """Ends the writing transaction without a trace."""


def rehearse(
    store: Store, prepared: Prepared, on_progress: Progress = no_progress
) -> tuple[Plan, Effects | None]:
    """Plan the upload, write it, look, and take everything back.

    Returns the plan, and the effects for kinds that move figures (None otherwise, or where no row
    would be taken). Raises StoreRefused where the store cannot be written.
    """
    request = prepared.request
    if request.kind not in MOVING or request.year is None:
        with store.read() as conn:
            return make_plan(store, conn, prepared, on_progress), None
    as_of = default_as_of(request.year, store.settings.today())
    plan: Plan | None = None
    effects: Effects | None = None
    try:
        with store.write() as conn:
            plan = make_plan(store, conn, prepared, on_progress)
            if plan.inserted or plan.updated or plan.ended:
                before = _look(conn, request.year, as_of)
                apply_prepared(store, conn, plan, on_progress)
                lines = lines_of(rulebook(conn), request.year, as_of)
                effects = compare(before, _look(conn, request.year, as_of), as_of, lines)
            raise _RollBack
    except _RollBack:
        pass
    assert plan is not None
    return plan, effects


def _look(conn: Connection, year: int, as_of: date) -> tuple[dict[str, Any], list[Trigger]]:
    scope = acting().scope
    return (
        figures(conn, scope, year, as_of),
        current_triggers(conn, scope, year, as_of, with_patches=False),
    )


def compare(
    before: tuple[dict[str, Any], list[Trigger]],
    after: tuple[dict[str, Any], list[Trigger]],
    as_of: date,
    lines: Lines,
) -> Effects:
    """Figures that differ as shown, and triggers that differ. lines: of triggers/lines.py."""
    effects = Effects(as_of, crossings(before[1], after[1]))
    units = [("全市", before[0]["city"], after[0]["city"])]
    earlier = {row["code"]: row for row in before[0]["districts"]}
    units += [
        (row["short_name"], earlier[row["code"]], row)
        for row in after[0]["districts"]
        if row["code"] in earlier
    ]
    for name, was, now in units:
        for figure in COMPARED:
            old, new = shown(figure, was[figure], lines), shown(figure, now[figure], lines)
            if old != new:
                label = DEFINITIONS[figure].label
                effects.rows.append({"unit": name, "figure": label, "before": old, "after": new})
    return effects


def shown(figure: str, value: float | int | None, lines: Lines) -> str:
    """A figure as the preview prints it; rates keep to their side of the lines."""
    return DEFINITIONS[figure].shown(value, lines.get(figure, ()))


_GRAVITY = {None: -1} | {s.value: i for i, s in enumerate(Severity)}


def _level(trigger: Trigger) -> int:
    return max(_GRAVITY[trigger["severity"]], _GRAVITY[trigger["line"]])


def _words(trigger: Trigger) -> str:
    text = Severity(trigger["severity"]).label
    return text + (f"（已达{Severity(trigger['line']).label}线）" if trigger["line"] else "")


def crossings(before: list[Trigger], after: list[Trigger]) -> list[str]:
    """Sentences on triggers that would begin, end or change, gravest first."""

    def keyed(triggers: list[Trigger]) -> dict[tuple[str, ...], Trigger]:
        return {(t["rule"], t["subject"], t["period"], t["measure"]): t for t in triggers}

    was, now = keyed(before), keyed(after)
    found: list[tuple[int, str]] = []
    for key in was.keys() | now.keys():
        old, new = was.get(key), now.get(key)
        trigger = new or old
        assert trigger is not None
        period = f"（{trigger['period']}）" if "-" in trigger["period"] else ""
        name = f"{trigger['subject_name']}{trigger['rule_name']}{period}"
        if old is None and new is not None:
            found.append((_level(new), f"{name}将达到{_words(new)}"))
        elif new is None and old is not None:
            found.append((_level(old), f"{name}的{_words(old)}将解除"))
        elif old is not None and new is not None and _level(old) != _level(new):
            found.append((_level(new), f"{name}将由{_words(old)}变为{_words(new)}"))
    return [text for _, text in sorted(found, key=lambda item: (-item[0], item[1]))]
