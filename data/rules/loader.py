"""Rules as data: dated versions with their citations, bound to predicates when they are loaded.

Changed law is a new version with a later `from`; last year still computes as it did. What cannot
be trusted stops the program with file and line: a version without clause or quotation, a parameter
that its predicate does not know, a value outside its bounds, versions out of order.
"""

from __future__ import annotations

import inspect
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from data import periods

LAW_DIR = Path(__file__).parent / "law"
BASES = ("plan", "local")
_RULE_KEYS = {"id", "name", "predicate", "measure", "version"}
_VERSION_KEYS = {
    "from", "clause", "quotations", "sources", "formula", "reviewed_by", "reviewed_on",
    "parameters",
}  # fmt: skip
_PARAMETER_KEYS = {"value", "basis", "label", "unit", "min", "max", "choices", "listed", "fixed"}
#: The value of a parameter that takes several words of a list, for none of them.
NONE_LISTED = "无"


class RuleError(Exception):
    """A rule file that cannot be trusted. Stops the program: a fault of ours, not of a user."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """basis: "plan" (the plan gives the number) or "local" (本市设定). minimum, maximum: bounds of
    a number. choices: what a word may be; several: as many of them, joined by 、, as are wanted.
    fixed: stored states were computed with it, so that only a new plan changes it.
    """

    value: Any
    basis: str
    label: str = ""
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    fixed: bool = False
    several: bool = False

    def fault(self, value: Any) -> str | None:
        """Why the parameter cannot have this value; None where it can."""
        if isinstance(self.value, bool) or isinstance(value, bool):
            right = isinstance(self.value, bool) and isinstance(value, bool)
            right = right and self.minimum is None
            return None if right else "neither true nor false"
        if isinstance(self.value, str):
            if not isinstance(value, str) or not value:
                return "no text"
            if self.several:
                words = [] if value == NONE_LISTED else value.split("、")
                wrong = bool(set(words) - set(self.choices)) or len(set(words)) < len(words)
            else:
                wrong = bool(self.choices) and value not in self.choices
            return f"none of {', '.join(self.choices)}" if wrong else None
        if not isinstance(value, int | float):
            return "no number"
        if isinstance(self.value, int) and value != int(value):
            return "no whole number"
        if self.minimum is None or self.maximum is None:
            return "without bounds"
        if not self.minimum <= value <= self.maximum:
            return f"out of range {self.minimum:g} to {self.maximum:g}"
        return None


@dataclass(frozen=True, slots=True)
class Version:
    """A rule as it stands from a day on.

    quotations: from the plan, word by word. sources: what else it rests on, named. parameters:
    name → value, basis: name → "plan" or "local"; details: name → Parameter. formula: lines for a
    reader. changed: what an administrator changed, with the reason (last first).
    """

    valid_from: date
    clause: str
    quotations: tuple[str, ...]
    sources: tuple[str, ...]
    details: Mapping[str, Parameter]
    reviewed_by: str
    reviewed_on: date
    formula: Mapping[str, str] = field(default_factory=dict)
    changed: tuple[Change, ...] = ()

    @property
    def citation(self) -> str:
        """The plan's words in quotation marks, then what else the rule rests on, which has none."""
        quoted = (f"“{'……'.join(self.quotations)}”",) if self.quotations else ()
        return "；".join((*quoted, *self.sources))

    @property
    def parameters(self) -> dict[str, Any]:
        return {name: parameter.value for name, parameter in self.details.items()}

    @property
    def basis(self) -> dict[str, str]:
        return {name: parameter.basis for name, parameter in self.details.items()}


@dataclass(frozen=True, slots=True)
class Change:
    """A parameter that an administrator set from a day on, and why."""

    rule: str
    parameter: str
    value: Any
    valid_from: date
    reason: str
    changed_by: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    name: str
    predicate: Callable[..., Any]
    measure: str | None
    versions: tuple[Version, ...]

    def on(self, day: date) -> Version:
        """The version in force on a day; before the first, the first."""
        for version in reversed(self.versions):
            if version.valid_from <= day:
                return version
        return self.versions[0]

    def of(self, year: int, day: date) -> Version:
        """The version that governs a work year, as it stands on a day.

        A plan governs its whole work year and nothing after it: days before the year count as its
        first, days after it (the year is settled until the end of next February) as its last.
        """
        return self.on(governing_day(year, day))


def governing_day(year: int, day: date) -> date:
    return min(max(day, date(year, 1, 1)), date(year, 12, 31))


@dataclass(frozen=True, slots=True)
class Plan:
    """A year's work plan (工作方案)."""

    year: int
    number: str
    title: str
    signed_on: date


Rules = Mapping[str, Rule]
Predicates = Mapping[str, Callable[..., Any]]


class _Places:
    """Where in a file the rules, versions and keys stand: TOML itself does not tell."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.lines: dict[tuple[int, int, str], int] = {}
        rule = version = -1
        for number, line in enumerate(text.splitlines(), 1):
            if line.startswith("[[rule]]"):
                rule, version = rule + 1, -1
                self.lines[rule, -1, ""] = number
            elif line.startswith("[[rule.version]]"):
                version += 1
                self.lines[rule, version, ""] = number
            elif key := re.match(r"\s*([\w-]+)\s*=", line):
                self.lines.setdefault((rule, version, key[1]), number)

    def error(self, what: str, rule: int = -1, version: int = -1, key: str = "") -> RuleError:
        for place in ((rule, version, key), (rule, version, ""), (rule, -1, "")):
            if place in self.lines:
                return RuleError(f"{self.path.name}:{self.lines[place]}: {what}")
        return RuleError(f"{self.path.name}:1: {what}")


def load(path: Path, predicates: Predicates) -> dict[str, Rule]:
    """The rules of one file by id. Raises RuleError with file and line."""
    text = path.read_text(encoding="utf-8")
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        raise RuleError(f"{path.name}:{line[1] if line else 1}: {error}") from error
    places = _Places(path, text)
    for key in document.keys() - {"rule", "list", "follow", "reviewed_by", "reviewed_on"}:
        raise places.error(f"unknown key {key}", -1, -1, key)
    rules: dict[str, Rule] = {}
    for number, entry in enumerate(document.get("rule", [])):
        rule = _rule(places, number, entry, predicates, document)
        if rule.id in rules:
            raise places.error(f"{rule.id} is defined twice", number, -1, "id")
        rules[rule.id] = rule
    return rules


def _rule(
    places: _Places,
    number: int,
    entry: dict[str, Any],
    predicates: Predicates,
    defaults: dict[str, Any],
) -> Rule:
    for key in entry.keys() - _RULE_KEYS:
        raise places.error(f"unknown key {key}", number, -1, key)
    for key in ("id", "name", "predicate", "version"):
        if not entry.get(key):
            raise places.error(f"a rule without {key}", number)
    name = entry["id"]
    if entry["predicate"] not in predicates:
        what = f"{name}: unknown predicate {entry['predicate']}"
        raise places.error(what, number, -1, "predicate")
    predicate = predicates[entry["predicate"]]
    versions: list[Version] = []
    for index, raw in enumerate(entry["version"]):
        version = _version(places, (number, index), name, defaults | raw, raw, predicate)
        if versions and version.valid_from <= versions[-1].valid_from:
            what = f"{name}: versions overlap or are not in order of time"
            raise places.error(what, number, index, "from")
        versions.append(version)
    return Rule(name, entry["name"], predicate, entry.get("measure"), tuple(versions))


def _version(
    places: _Places,
    at: tuple[int, int],
    name: str,
    given: dict[str, Any],
    own: dict[str, Any],
    predicate: Callable[..., Any],
) -> Version:
    for key in own.keys() - _VERSION_KEYS:
        raise places.error(f"{name}: unknown key {key}", *at, key)
    for key in ("from", "reviewed_on"):
        if type(given.get(key)) is not date:
            raise places.error(f"{name}: a version without {key}, a date", *at, key)
    for key in ("clause", "reviewed_by"):
        if not given.get(key):
            raise places.error(f"{name}: a version without {key}", *at, key)
    quotations = tuple(given.get("quotations", ()))
    sources = tuple(given.get("sources", ()))
    if not all((*quotations, *sources)) or not (quotations or sources):
        raise places.error(f"{name}: a version without citation", *at, "quotations")
    parameters = given.get("parameters", {})
    known = {
        p.name
        for p in inspect.signature(predicate).parameters.values()
        if p.kind is inspect.Parameter.KEYWORD_ONLY
    }
    for key in [*(set(parameters) - known), *sorted(known - set(parameters))]:
        what = "unknown parameter" if key in parameters else "missing parameter"
        raise places.error(f"{name}: {what} {key}; it takes {sorted(known)}", *at, key)
    details = {key: _parameter(places, at, name, key, raw) for key, raw in parameters.items()}
    return Version(
        given["from"],
        given["clause"],
        quotations,
        sources,
        details,
        given["reviewed_by"],
        given["reviewed_on"],
        given.get("formula", {}),
    )


def _parameter(
    places: _Places, at: tuple[int, int], name: str, key: str, raw: dict[str, Any]
) -> Parameter:
    for unknown in raw.keys() - _PARAMETER_KEYS:
        raise places.error(f"{name}: {key} has an unknown key {unknown}", *at, key)
    if raw.get("basis") not in BASES:
        raise places.error(f"{name}: {key} says neither plan nor local", *at, key)
    parameter = Parameter(
        raw.get("value"),
        raw["basis"],
        raw.get("label", key),
        raw.get("unit", ""),
        raw.get("min"),
        raw.get("max"),
        _choices(places, at, name, key, raw),
        raw.get("fixed", False),
        "listed" in raw,
    )
    fault = parameter.fault(parameter.value)
    if fault is not None:
        raise places.error(f"{name}: {key} = {parameter.value}: {fault}", *at, key)
    return parameter


def _choices(
    places: _Places, at: tuple[int, int], name: str, key: str, raw: dict[str, Any]
) -> tuple[str, ...]:
    """The words a parameter may be: its own, or those of the closed list that it names."""
    if "listed" not in raw:
        return tuple(raw.get("choices", ()))
    from data.rules.lists import closed_lists

    found = closed_lists().get(raw["listed"])
    if found is None:
        raise places.error(f"{name}: {key} names an unknown list {raw['listed']}", *at, key)
    return found.ever


def with_changes(rules: Rules, changes: Iterable[Change]) -> dict[str, Rule]:
    """The rules as administrators changed them: each change makes a version of its own.

    A change holds until a later change of the same parameter or a later version of the law. What
    no longer fits (a rule, parameter or bound that is gone) is left out: the law outranks it.
    """
    changed = dict(rules)
    for change in sorted(changes, key=lambda c: c.valid_from):
        rule = changed.get(change.rule)
        if rule is None:
            continue
        base = rule.on(change.valid_from)
        parameter = base.details.get(change.parameter)
        if parameter is None or parameter.fault(change.value) is not None:
            continue
        version = replace(
            base,
            valid_from=max(change.valid_from, base.valid_from),
            details={**base.details, change.parameter: replace(parameter, value=change.value)},
            changed=(change, *base.changed),
        )
        kept = [v for v in rule.versions if v.valid_from != version.valid_from]
        versions = sorted([*kept, version], key=lambda v: v.valid_from)
        changed[change.rule] = replace(rule, versions=tuple(versions))
    return changed


# ---- the files -----------------------------------------------------------------------------------


@cache
def trigger_rules() -> dict[str, Rule]:
    """T1 … T14 in their order; T3 stands beside the formula of its ratio."""
    from data.rules import triggers

    of_ratio = load(LAW_DIR / "ratio.toml", triggers.PREDICATES)
    found = load(LAW_DIR / "triggers.toml", triggers.PREDICATES)
    found |= {rule_id: rule for rule_id, rule in of_ratio.items() if rule_id != "ratio"}
    return dict(sorted(found.items(), key=lambda item: int(item[0][1:])))


@cache
def ratio_rules() -> dict[str, Rule]:
    """The formula of the accountability ratio, `ratio`."""
    from data.rules import triggers

    return {"ratio": load(LAW_DIR / "ratio.toml", triggers.PREDICATES)["ratio"]}


@cache
def field_check_rules() -> dict[str, Rule]:
    from data.rules import field_checks

    return load(LAW_DIR / "field_checks.toml", field_checks.PREDICATES)


@cache
def deadline_rules() -> dict[str, Rule]:
    """D1–D9. Once read, the store computes by the dates that D1–D7 state."""
    from data.rules import deadlines

    rules = load(LAW_DIR / "deadlines.toml", deadlines.PREDICATES)
    periods.use_deadlines(stated_deadlines(rules))
    return rules


@cache
def measure_rules() -> dict[str, Rule]:
    """M1–M3: time limits and numbers of measures, names and sentences of their papers."""
    from data.rules import measures, papers

    own = load(LAW_DIR / "workflow.toml", measures.PREDICATES)
    return own | load(LAW_DIR / "papers.toml", papers.PREDICATES)


def stated_deadlines(rules: Rules) -> periods.Deadlines:
    """The parameters of the deadlines that stored dates and sums are made with."""
    return {
        rule_id: [(version.valid_from, version.parameters) for version in rules[rule_id].versions]
        for rule_id in periods.deadlines()
    }


@cache
def worklist_rules() -> dict[str, Rule]:
    """W1 …: parameters of the lists of daily work."""
    from data.rules import worklists

    return load(LAW_DIR / "worklists.toml", worklists.PREDICATES)


@cache
def confirmation_rules() -> dict[str, Rule]:
    """C1: what of a district's own file needs the city's confirmation."""
    from data.rules import confirmation

    return load(LAW_DIR / "confirmation.toml", confirmation.PREDICATES)


def all_rules() -> dict[str, Rule]:
    """D1–D9, F1–F5, the ratio's formula, T1–T14, M1–M3, W1 …, C1. Loading them proves the files:
    RuleError."""
    return {
        **deadline_rules(),
        **field_check_rules(),
        **ratio_rules(),
        **trigger_rules(),
        **measure_rules(),
        **worklist_rules(),
        **confirmation_rules(),
    }


# ---- plans ---------------------------------------------------------------------------------------


@cache
def plans() -> tuple[Plan, ...]:
    """The plans that the rule files quote, oldest first."""
    with (LAW_DIR / "plans.toml").open("rb") as file:
        entries = tomllib.load(file)["plan"]
    found = (Plan(e["year"], e["number"], e["title"], e["signed_on"]) for e in entries)
    return tuple(sorted(found, key=lambda plan: plan.year))


def plan_of(year: int) -> tuple[Plan, str]:
    """The plan that governs a work year, and what a page says of it: a year without a plan of its
    own uses the last one before it."""
    earlier = [plan for plan in plans() if plan.year <= year]
    plan = earlier[-1] if earlier else plans()[0]
    if plan.year == year:
        return plan, f"按{year}年方案（{plan.number}）"
    if earlier:
        return plan, f"{year}年度尚无本年方案，沿用{plan.year}年方案（{plan.number}）"
    return plan, f"{year}年度早于最早的方案，参照{plan.year}年方案（{plan.number}）"
