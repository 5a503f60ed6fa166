"""What holds on a day: rules applied to figures, with the patches behind each (§2.4, §4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from data.rules.loader import Rule, trigger_rules
from data.rules.triggers import Finding
from data.scope import Scope
from data.store.queries import behind
from data.store.queries.figures import figures

Trigger = dict[str, Any]


def city_code(codes: list[str]) -> str:
    """The code of the city over its units: 371000 for 3710xx."""
    prefixes = {code[:4] for code in codes}
    return f"{prefixes.pop()}00" if len(prefixes) == 1 else "city"


@dataclass(frozen=True)
class _Subject:
    code: str
    name: str
    scope: Scope


def current_triggers(
    conn: Connection,
    scope: Scope,
    year: int,
    as_of: date,
    district: str | None = None,
    *,
    with_patches: bool = True,
) -> list[Trigger]:
    """The triggers of figures.md that hold on the day, in the bureau's order of districts.

    Keys: rule, rule_name, subject, subject_name, period, severity, line, measure, value, threshold,
    unit ("share", "ratio" or "mu"), clause, citation, note, patches. The city's own ratio (T3) is
    there only for who sees all districts. with_patches=False leaves `patches` empty, for a page
    that shows no list.
    """
    document = figures(conn, scope, year, as_of, district)
    rules = trigger_rules()
    found: list[tuple[Rule, _Subject, Finding]] = []
    for row in document["districts"]:
        subject = _Subject(row["code"], row["short_name"], scope.narrowed_to(row["code"]))
        months = [m for m in document["months"] if m["code"] == row["code"]]
        clearance = rules["T1"]
        parameters = clearance.on(as_of).parameters
        found += [(clearance, subject, f) for f in clearance.predicate(months, as_of, **parameters)]
        for rule_id in ("T3", "T4"):
            found += _of_year(rules[rule_id], subject, row, as_of)
    if scope.districts is None and district is None:
        code = city_code([row["code"] for row in document["districts"]])
        found += _of_year(rules["T3"], _Subject(code, "全市", scope), document["city"], as_of)
    return [
        _trigger(
            rule,
            subject,
            finding,
            year,
            as_of,
            _patches(conn, subject.scope, finding, year, as_of) if with_patches else [],
        )
        for rule, subject, finding in found
    ]


def _of_year(
    rule: Rule, subject: _Subject, row: dict[str, Any], as_of: date
) -> list[tuple[Rule, _Subject, Finding]]:
    return [(rule, subject, f) for f in rule.predicate(row, **rule.on(as_of).parameters)]


def _patches(conn: Connection, scope: Scope, finding: Finding, year: int, as_of: date) -> list[str]:
    if finding.about == "overdue":
        assert finding.period is not None
        return behind.overdue_patches(conn, scope, year, as_of, finding.period)
    return behind.remaining_patches(conn, scope, year, as_of, finding.about)


def _trigger(
    rule: Rule,
    subject: _Subject,
    finding: Finding,
    year: int,
    as_of: date,
    patches: list[str],
) -> Trigger:
    version = rule.on(as_of)
    return {
        "rule": rule.id,
        "rule_name": rule.name,
        "subject": subject.code,
        "subject_name": subject.name,
        "period": finding.period or str(year),
        "severity": finding.severity.value,
        "line": finding.line.value if finding.line else None,
        "measure": finding.measure.value if finding.measure else rule.measure,
        "value": finding.value,
        "threshold": finding.threshold,
        "unit": finding.unit,
        "clause": version.clause,
        "citation": version.citation,
        "note": finding.note,
        "patches": patches,
    }
