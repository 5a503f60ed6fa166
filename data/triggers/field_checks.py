"""Field checks due on a day (外业核查, §4.2): rules F1–F5 applied to the patches that count."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection

from data.periods import month_due_on
from data.rules.loader import Rule
from data.scope import Scope
from data.store.queries import behind
from data.store.queries.sample_draws import Draw, recorded_draws
from data.triggers.current import current_triggers
from data.triggers.rulebook import Rulebook, rulebook

Task = dict[str, Any]


def field_checks(
    conn: Connection, scope: Scope, year: int, as_of: date, district: str | None = None
) -> list[Task]:
    """The tasks of figures.md: rule, patch_no, district, farmland_mu, basic_farmland_mu,
    redline_mu, done; F4 has a row a parcel, with parcel_no.

    done: a check of the level (county for F1, city for F2, F3, F5) by the day; for F4 the
    certificate has been issued.
    """
    rules = rulebook(conn)
    chosen = scope.narrowed_to(district)
    recultivated = behind.recultivated_parcels(conn, chosen, year, as_of)
    triggers = current_triggers(conn, chosen, year, as_of, with_patches=False, rules=("T3", "T4"))
    serious = {t["subject"] for t in triggers}
    patches = behind.check_facts(conn, chosen, year, as_of, _least(rules), serious)
    inputs: dict[str, tuple[Any, ...]] = {
        "F1": (patches,),
        "F3": (patches,),
        "F4": (recultivated,),
        "F5": (patches, serious),
    }
    recorded = recorded_draws(conn, year, as_of)
    chosen_by: dict[str, list[dict[str, Any]]] = {
        "F2": _drawn(rules["F2"], patches, year, recorded)
    }
    for rule_id, arguments in inputs.items():
        rule = rules[rule_id]
        chosen_by[rule_id] = rule.predicate(*arguments, **rule.of(year, as_of).parameters)
    return [_task(rule_id, facts) for rule_id in sorted(chosen_by) for facts in chosen_by[rule_id]]


def _least(rules: Rulebook) -> dict[str, float]:
    """Column → the least area that any version of F1 to F3 ever asks for."""
    least: dict[str, float] = {}
    for rule_id in ("F1", "F2", "F3"):
        for version in rules[rule_id].versions:
            for name, value in version.parameters.items():
                if name.endswith("_mu"):
                    least[name] = min(value, least.get(name, value))
    return least


def _drawn(
    rule: Rule, patches: list[dict[str, Any]], year: int, recorded: Sequence[Draw]
) -> list[dict[str, Any]]:
    """F2: what was drawn and recorded; a clearance month without a record as it would be drawn on
    the day, by the parameters of its due date."""
    by_month: dict[str, list[dict[str, Any]]] = {}
    for patch in patches:
        if patch["clearance_month"]:
            by_month.setdefault(patch["clearance_month"], []).append(patch)
    drawn: list[dict[str, Any]] = []
    by_record = {d.month: set[str]() for d in recorded}
    for draw in recorded:
        by_record[draw.month].update(draw.drawn)
    for month in sorted(by_month):
        if month in by_record:
            drawn += [p for p in by_month[month] if p["patch_no"] in by_record[month]]
            continue
        version = rule.of(year, month_due_on(month))
        drawn += rule.predicate(by_month[month], year, **version.parameters)
    return drawn


def _task(rule_id: str, facts: dict[str, Any]) -> Task:
    if rule_id == "F4":
        done = bool(facts["certificate_no"])
    else:
        done = bool(facts["county_checked" if rule_id == "F1" else "city_checked"])
    task = {
        "rule": rule_id,
        "patch_no": facts["patch_no"],
        "district": facts["district"],
        "farmland_mu": facts["farmland_mu"],
        "basic_farmland_mu": facts["basic_farmland_mu"],
        "redline_mu": facts["redline_mu"],
        "done": done,
    }
    if rule_id == "F4":
        task["parcel_no"] = facts["parcel_no"]
    return task
