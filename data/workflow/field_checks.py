"""Field checks due on a day (外业核查, §4.2): rules F1–F5 applied to the patches that count."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection

from data.rules.loader import field_check_rules
from data.scope import Scope
from data.store.queries import behind
from data.workflow.triggers import current_triggers

Task = dict[str, Any]


def field_checks(
    conn: Connection, scope: Scope, year: int, as_of: date, district: str | None = None
) -> list[Task]:
    """The tasks of figures.md: rule, patch_no, district, farmland_mu, basic_farmland_mu,
    redline_mu, done; F4 has a row a parcel, with parcel_no.

    done: a check of the level (county for F1, city for F2, F3, F5) by the day; for F4 the
    certificate has been issued.
    """
    rules = field_check_rules()
    chosen = scope.narrowed_to(district)
    patches = behind.check_facts(conn, chosen, year, as_of)
    recultivated = behind.recultivated_parcels(conn, chosen, year, as_of)
    triggers = current_triggers(conn, chosen, year, as_of, with_patches=False)
    serious = {t["subject"] for t in triggers if t["rule"] in ("T3", "T4")}
    inputs: dict[str, tuple[Any, ...]] = {
        "F1": (patches,),
        "F2": (patches, year),
        "F3": (patches,),
        "F4": (recultivated,),
        "F5": (patches, serious),
    }
    tasks: list[Task] = []
    for rule_id, arguments in inputs.items():
        rule = rules[rule_id]
        for facts in rule.predicate(*arguments, **rule.on(as_of).parameters):
            tasks.append(_task(rule_id, facts))
    return tasks


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
