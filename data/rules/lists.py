"""Closed lists of words that files may carry, kept beside the rules as dated versions with their
basis (law/workflow.toml). Pure: no SQL, no clock.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from data.rules.loader import BASES, LAW_DIR, RuleError

#: What parts several words in one cell.
JOINER = "、"
_LIST_KEYS = {"id", "name", "version"}
_VERSION_KEYS = {"from", "clause", "basis", "sources", "entries"}


@dataclass(frozen=True, slots=True)
class ListVersion:
    """The words as they stand from a day on. basis: "plan" or "local" (本市设定)."""

    valid_from: date
    clause: str
    basis: str
    sources: tuple[str, ...]
    entries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClosedList:
    id: str
    name: str
    versions: tuple[ListVersion, ...]

    def on(self, day: date) -> ListVersion:
        """The version in force on a day; before the first, the first."""
        for version in reversed(self.versions):
            if version.valid_from <= day:
                return version
        return self.versions[0]

    @property
    def ever(self) -> tuple[str, ...]:
        """Every word that any version lists, those of the newest first: what was once filed with a
        word can still be read."""
        newest_first = (word for v in reversed(self.versions) for word in v.entries)
        return tuple(dict.fromkeys(newest_first))


def load_lists(path: Path) -> dict[str, ClosedList]:
    """The lists of one file by id. Raises RuleError for one that cannot be trusted."""
    with path.open("rb") as file:
        document = tomllib.load(file)
    found: dict[str, ClosedList] = {}
    for raw in document.get("list", []):
        name = str(raw.get("id"))
        if raw.keys() != _LIST_KEYS or not raw["version"] or name in found:
            raise RuleError(f"{path.name}: list {name} is not id, name and versions, once")
        versions = tuple(_version(path, name, version) for version in raw["version"])
        if [v.valid_from for v in versions] != sorted({v.valid_from for v in versions}):
            raise RuleError(f"{path.name}: {name}: versions overlap or are not in order of time")
        found[name] = ClosedList(name, raw["name"], versions)
    return found


def _version(path: Path, name: str, raw: dict[str, Any]) -> ListVersion:
    if raw.keys() != _VERSION_KEYS:
        what = sorted(raw.keys() ^ _VERSION_KEYS)
        raise RuleError(f"{path.name}: {name}: unknown or missing {what}")
    if type(raw["from"]) is not date or not raw["clause"] or not all(raw["sources"]):
        raise RuleError(f"{path.name}: {name}: a version without from, clause or source")
    if raw["basis"] not in BASES or not raw["sources"]:
        raise RuleError(f"{path.name}: {name}: a version without basis or source")
    words = tuple(str(word) for word in raw["entries"])
    faulty = [w for w in words if not w.strip() or w != w.strip() or JOINER in w]
    if not words or faulty or len(set(words)) < len(words):
        raise RuleError(f"{path.name}: {name}: no entries, or some twice, empty or with {JOINER}")
    return ListVersion(raw["from"], raw["clause"], raw["basis"], tuple(raw["sources"]), words)


@cache
def closed_lists() -> dict[str, ClosedList]:
    """return_reasons (退回原因), deduction_classes (扣减类型)."""
    return load_lists(LAW_DIR / "workflow.toml")


def words_of(joined: str | None) -> tuple[str, ...]:
    """The words of a cell that holds several."""
    return tuple(word for word in (joined or "").split(JOINER) if word)
