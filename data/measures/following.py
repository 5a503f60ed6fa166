"""What may follow what (workflow.md §5): the table of law/workflow.toml, shown on /rules."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from data.measures.kinds import MeasureKind
from data.rules.loader import BASES, LAW_DIR, RuleError

_KEYS = {"before", "after", "only", "basis", "clause"}


@dataclass(frozen=True, slots=True)
class Follow:
    """only: after what, as a sentence without its full stop. basis: "plan" or "local"."""

    before: MeasureKind
    after: MeasureKind
    only: str
    basis: str
    clause: str


def load_following(path: Path) -> tuple[Follow, ...]:
    """Raises RuleError for an entry that cannot be trusted."""
    with path.open("rb") as file:
        entries = tomllib.load(file).get("follow", [])
    found: list[Follow] = []
    for raw in entries:
        if raw.keys() != _KEYS or not all(raw.values()) or raw["basis"] not in BASES:
            raise RuleError(f"{path.name}: a follow is not {', '.join(sorted(_KEYS))}: {raw}")
        try:
            before, after = MeasureKind(raw["before"]), MeasureKind(raw["after"])
        except ValueError as error:
            raise RuleError(f"{path.name}: {error}") from error
        follow = Follow(before, after, raw["only"], raw["basis"], raw["clause"])
        if any((f.before, f.after) == (before, after) for f in found):
            raise RuleError(f"{path.name}: {before} → {after} stands twice")
        found.append(follow)
    return tuple(found)


@cache
def following() -> tuple[Follow, ...]:
    return load_following(LAW_DIR / "workflow.toml")


def may_follow(before: MeasureKind, after: MeasureKind) -> Follow | None:
    return next((f for f in following() if (f.before, f.after) == (before, after)), None)


def followers(before: MeasureKind) -> tuple[Follow, ...]:
    return tuple(f for f in following() if f.before is before)
