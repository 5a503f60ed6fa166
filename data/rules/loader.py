"""Rules as data: dated versions with their citations, bound to predicates when they are loaded.

Changed law is a new version with a later `from`; last year still computes as it did. The loader
refuses a version without clause or citation and a parameter that its predicate does not know, so
that a misspelt name stops the program instead of a warning.
"""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

LAW_DIR = Path(__file__).parent / "law"


class RuleError(Exception):
    """A rule file that cannot be trusted. Stops the program: a fault of ours, not of a user."""


@dataclass(frozen=True, slots=True)
class Version:
    """parameters: name → value. basis: name → "plan" or "local" (本市设定)."""

    valid_from: date
    clause: str
    citation: str
    parameters: Mapping[str, Any]
    basis: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    name: str
    predicate: Callable[..., Any]
    measure: str | None
    versions: tuple[Version, ...]

    def on(self, day: date) -> Version:
        """The version in force on a day. Raises RuleError before the first."""
        for version in reversed(self.versions):
            if version.valid_from <= day:
                return version
        raise RuleError(f"{self.id}: no version in force on {day}")


def load(path: Path, predicates: Mapping[str, Callable[..., Any]]) -> dict[str, Rule]:
    """The rules of one file by id. Raises RuleError."""
    with path.open("rb") as file:
        document = tomllib.load(file)
    rules = [_rule(path, entry, predicates) for entry in document["rule"]]
    if len({rule.id for rule in rules}) != len(rules):
        raise RuleError(f"{path.name}: a rule is defined twice")
    return {rule.id: rule for rule in rules}


def _rule(path: Path, entry: dict[str, Any], predicates: Mapping[str, Callable[..., Any]]) -> Rule:
    name = f"{path.name}: {entry['id']}"
    if entry["predicate"] not in predicates:
        raise RuleError(f"{name}: unknown predicate {entry['predicate']}")
    predicate = predicates[entry["predicate"]]
    versions = tuple(_version(name, raw, predicate) for raw in entry["version"])
    if sorted(versions, key=lambda v: v.valid_from) != list(versions):
        raise RuleError(f"{name}: versions are not in order of time")
    return Rule(entry["id"], entry["name"], predicate, entry.get("measure"), versions)


def _version(name: str, raw: dict[str, Any], predicate: Callable[..., Any]) -> Version:
    for part in ("clause", "citation"):
        if not raw.get(part):
            raise RuleError(f"{name}: a version without {part}")
    given = raw.get("parameters", {})
    known = {
        p.name
        for p in inspect.signature(predicate).parameters.values()
        if p.kind is inspect.Parameter.KEYWORD_ONLY
    }
    if set(given) != known:
        raise RuleError(f"{name}: parameters {sorted(given)}, the predicate takes {sorted(known)}")
    for key, parameter in given.items():
        if parameter.get("basis") not in ("plan", "local"):
            raise RuleError(f"{name}: {key} says neither plan nor local")
    return Version(
        raw["from"],
        raw["clause"],
        raw["citation"],
        {key: parameter["value"] for key, parameter in given.items()},
        {key: parameter["basis"] for key, parameter in given.items()},
    )


@cache
def trigger_rules() -> dict[str, Rule]:
    from data.rules import triggers

    return load(LAW_DIR / "triggers.toml", triggers.PREDICATES)


@cache
def field_check_rules() -> dict[str, Rule]:
    from data.rules import field_checks

    return load(LAW_DIR / "field_checks.toml", field_checks.PREDICATES)
