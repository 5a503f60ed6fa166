"""T1–T5 and T8–T11: rules applied to the figures of districts, without looking at the store.

The same functions judge a day of the store, a day in the past (since when does it hold?) and
figures that nobody has uploaded yet (what if?).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from data.periods import month_due_on
from data.rules.loader import Rule, trigger_rules
from data.rules.triggers import Finding, in_a_row, under_warning
from data.triggers.patch_rules import PATCH_RULES
from data.units import PARTS_PER_MU, format_mu
from data.vocabulary import RecordKind, Severity

#: Every trigger of the rule files that is not found by looking at patches: one that nobody applies
#: below is a fault at the first question, and not a warning that never comes.
DISTRICT_RULES = tuple(rule_id for rule_id in trigger_rules() if rule_id not in PATCH_RULES)

Figures = Mapping[str, Any]
Rules = Mapping[str, Rule]
Found = tuple[str, Finding]


@dataclass(frozen=True)
class Beside:
    """What the rules need beside the figures, by district code.

    strategic: unlawful patches of a 战略性矿种. late_parts: farmland rectified after D6, in parts
    of units.PARTS_PER_MU. reserves: 亩 of supplementary farmland in the reserve. ledger: 亩 of
    farmland of the years before that are not rectified. records: as staff_records gives them.
    unrectified: patches named in orders that have something unlawful not rectified.
    series: what T3 and T4 look at on each of `month_ends`, oldest first.
    """

    strategic: Mapping[str, int] = field(default_factory=dict)
    late_parts: Mapping[str, int] = field(default_factory=dict)
    reserves: Mapping[str, float] = field(default_factory=dict)
    ledger: Mapping[str, float] = field(default_factory=dict)
    records: Sequence[Figures] = ()
    unrectified: frozenset[str] = frozenset()
    month_ends: Sequence[date] = ()
    series: Mapping[str, Sequence[Figures]] = field(default_factory=dict)

    def of(self, code: str, kind: RecordKind) -> list[Figures]:
        """The records of a kind on a district itself."""
        return [
            r
            for r in self.records
            if r["kind"] == kind.value and r["district"] == code and r["patch_no"] is None
        ]


def named_in_orders(records: Sequence[Figures]) -> set[str]:
    """The patches that orders to rectify name."""
    return {n for r in records if r["kind"] == RecordKind.RECTIFY_ORDER for n in r["patch_nos"]}


def ratio_lines(rules: Rules, figures: Figures, year: int, day: date) -> list[Finding]:
    """T3 of a district or the city."""
    ratio, line = rules["ratio"].of(year, day), rules["T3"]
    part, _, value = rules["ratio"].predicate(figures, **ratio.parameters)
    about = f"ratio_{ratio.parameters['variant']}"
    found: list[Finding] = line.predicate(part, value, about, **line.of(year, day).parameters)
    return found


def of_district(
    rules: Rules,
    row: Figures,
    months: Sequence[Figures],
    beside: Beside,
    year: int,
    as_of: date,
    wanted: Collection[str] | None = None,
) -> list[Found]:
    """The findings on one district, in the order of the rules. months: its clearance months.
    wanted: by these rules only.
    """

    def apply(rule_id: str, *arguments: Any) -> list[Finding]:
        rule = rules[rule_id]
        found: list[Finding] = rule.predicate(*arguments, **rule.of(year, as_of).parameters)
        return found

    code = row["code"]

    def interview() -> list[Finding]:
        lines = [f for rule_id in ("T3", "T4", "T8") for f in judges[rule_id]()]
        return apply("T11", lines, _interview(rules, row, beside, year, as_of), year, as_of)

    judges: dict[str, Callable[[], list[Finding]]] = {
        "T1": lambda: clearance_findings(rules["T1"], months, year),
        "T2": lambda: error_findings(rules["T2"], months, year),
        "T3": lambda: ratio_lines(rules, row, year, as_of),
        "T4": lambda: apply("T4", row),
        "T5": lambda: apply("T5", row, year, as_of),
        "T8": lambda: apply("T8", row, beside.strategic.get(code, 0)),
        "T9": lambda: apply("T9", _freeze(row, beside, code)),
        "T10": lambda: apply("T10", *_month_ends_in_row(rules, beside, code, year)),
        "T11": interview,
    }
    return [
        (rule_id, finding)
        for rule_id in DISTRICT_RULES
        if wanted is None or rule_id in wanted
        for finding in judges[rule_id]()
    ]


def clearance_findings(rule: Rule, months: Sequence[Figures], year: int) -> list[Finding]:
    """T1 month by month, each by the parameters of its due date: closed months keep theirs."""
    parameters = {m["month"]: rule.of(year, month_due_on(m["month"])).parameters for m in months}
    warned = [
        (m["month"], under_warning(m, parameters[m["month"]]["warning_share"])) for m in months
    ]
    counts = in_a_row(warned)
    findings: list[Finding] = []
    for month in sorted(months, key=lambda m: str(m["month"])):
        before = max(counts[month["month"]] - 1, 0)
        findings += rule.predicate(month, before, **parameters[month["month"]])
    return findings


def error_findings(rule: Rule, months: Sequence[Figures], year: int) -> list[Finding]:
    findings: list[Finding] = []
    for month in sorted(months, key=lambda m: str(m["month"])):
        findings += rule.predicate(month, **rule.of(year, month_due_on(month["month"])).parameters)
    return findings


def _freeze(row: Figures, beside: Beside, code: str) -> dict[str, Any]:
    parts = round(row["remaining_farmland_mu"] * PARTS_PER_MU) - beside.late_parts.get(code, 0)
    frozen = [
        f"{r['document_no'] or '无文号'}（{r['recorded_on'].isoformat()}）"
        for r in beside.of(code, RecordKind.FREEZE)
    ]
    words = [
        f"{name} {format_mu(areas[code])} 亩"
        for name, areas in (("储备库指标", beside.reserves), ("历年台账未整改", beside.ledger))
        if code in areas
    ]
    return {
        "unrectified_mu": parts / PARTS_PER_MU,
        "frozen": "、".join(frozen),
        "beside": "；".join(words),
    }


def _month_ends_in_row(rules: Rules, beside: Beside, code: str, year: int) -> tuple[int, str]:
    """On how many of the last month-ends T3 or T4 was at 预警, and what the last was about."""
    streak, about = 0, ""
    series = beside.series.get(code, ())
    for day, figures in zip(reversed(beside.month_ends), reversed(series), strict=False):
        protected = rules["T4"]
        found = ratio_lines(rules, figures, year, day)
        found += protected.predicate(figures, **protected.of(year, day).parameters)
        if not any(f.severity is Severity.EARLY_WARNING for f in found):
            break
        about = about or "+".join(f.about for f in found)
        streak += 1
    return streak, about


def _interview(
    rules: Rules, row: Figures, beside: Beside, year: int, as_of: date
) -> dict[str, Any]:
    code = row["code"]
    ratio = rules["ratio"].of(year, as_of).parameters
    impact = beside.of(code, RecordKind.SEVERE_IMPACT)
    held = [r["recorded_on"] for r in beside.of(code, RecordKind.INTERVIEW)]
    orders = [
        {
            "due_on": r["due_on"],
            "named": r["patch_nos"],
            "unrectified": [n for n in r["patch_nos"] if n in beside.unrectified],
        }
        for r in beside.of(code, RecordKind.RECTIFY_ORDER)
        if r["due_on"] is not None and held and r["recorded_on"] >= min(held)
    ]
    return {
        "ratio": row[f"ratio_{ratio['variant']}"],
        "about": f"ratio_{ratio['variant']}",
        "interview_ratio": rules["T3"].of(year, as_of).parameters["interview_ratio"],
        "severe_impact": "；".join(r["reason"] for r in impact),
        "orders": orders,
    }
