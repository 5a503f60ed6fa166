"""What changed between two looks at the triggers: new, gone, worse, eased."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from data.scope import Scope
from data.triggers.current import Trigger, current_triggers
from data.triggers.matters import Matter
from data.vocabulary import Severity

_GRAVITY = {None: -1} | {severity.value: i for i, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Changes:
    """gone: as they were before; the others as they are after."""

    new: tuple[Trigger, ...]
    gone: tuple[Trigger, ...]
    worse: tuple[Trigger, ...]
    eased: tuple[Trigger, ...]


def key_of(trigger: Trigger) -> tuple[str, str, str, str]:
    """What makes two triggers of different days the same one."""
    return trigger["rule"], trigger["subject"], trigger["period"], trigger["mark"]


def gravity(trigger: Trigger) -> tuple[int, int, float]:
    """Higher is graver: the line reached, then the severity, then the threshold met (of T1 the
    lower share is the graver, and its severity says so)."""
    level = max(_GRAVITY[trigger["severity"]], _GRAVITY[trigger["line"]])
    reached = trigger["threshold"] if trigger["unit"] == "rate" and trigger["rule"] == "T2" else 0.0
    return level, _GRAVITY[trigger["severity"]], reached


def compare(before: Sequence[Trigger], after: Sequence[Trigger]) -> Changes:
    """Both as current_triggers gives them: of two days, or of one day around an upload."""
    was = {key_of(t): t for t in before}
    now = {key_of(t): t for t in after}
    both = [(was[key], now[key]) for key in now if key in was]
    return Changes(
        new=tuple(t for key, t in now.items() if key not in was),
        gone=tuple(t for key, t in was.items() if key not in now),
        worse=tuple(t for old, t in both if gravity(t) > gravity(old)),
        eased=tuple(t for old, t in both if gravity(t) < gravity(old)),
    )


@dataclass(frozen=True, slots=True)
class MatterChanges:
    """As Changes, of matters: one is worse where it is graver or stands on more months or patches,
    by the store as it is now."""

    new: tuple[Matter, ...]
    gone: tuple[Matter, ...]
    worse: tuple[Matter, ...]
    eased: tuple[Matter, ...]

    def state(self, matter: Matter) -> str:
        """new, worse, eased or same."""
        return next(
            (name for name in ("new", "worse", "eased") if matter in getattr(self, name)), "same"
        )


def compare_matters(before: Sequence[Matter], after: Sequence[Matter]) -> MatterChanges:
    """Both as matters() gives them."""
    was, now = ({(m.rule, m.district, m.of_patches): m for m in found} for found in (before, after))

    def heavy(matter: Matter) -> tuple[tuple[int, int, float], int]:
        return max(gravity(t) for t in matter.triggers), matter.count

    both = [(was[key], now[key]) for key in now if key in was]
    return MatterChanges(
        new=tuple(m for key, m in now.items() if key not in was),
        gone=tuple(m for key, m in was.items() if key not in now),
        worse=tuple(m for old, m in both if heavy(m) > heavy(old)),
        eased=tuple(m for old, m in both if heavy(m) < heavy(old)),
    )


def changes(
    conn: Connection,
    scope: Scope,
    year: int,
    before: date,
    after: date,
    district: str | None = None,
) -> Changes:
    """What the store as it is now says of two days."""
    looks = [
        current_triggers(conn, scope, year, day, district, with_patches=False)
        for day in (before, after)
    ]
    return compare(looks[0], looks[1])
