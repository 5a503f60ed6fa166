"""Reads cases/*.toml and applies each to its rule, with the parameters in force.

A case is a jurist's sentence with numbers; how it becomes a predicate's arguments stands here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from data.periods import clearance_month
from data.rules.loader import all_rules
from data.rules.triggers import in_a_row, under_warning
from data.vocabulary import RatioVariant

CASES = Path(__file__).parents[2] / "rules" / "cases"
#: A day of work year 2023; cases about a day name their own.
ON = date(2023, 12, 31)
Case = dict[str, Any]


def cases() -> list[tuple[str, Case]]:
    found = []
    for path in sorted(CASES.glob("*.toml")):
        with path.open("rb") as file:
            found += [(path.stem, case) for case in tomllib.load(file)["case"]]
    return found


def apply(rule_id: str, *arguments: Any, day: date = ON) -> Any:
    """The rule's predicate with the parameters of work year 2023 on a day."""
    rule = all_rules()[rule_id]
    return rule.predicate(*arguments, **rule.of(2023, day).parameters)


def _patch(case: Case) -> Case:
    return {
        "patch_no": case["no"],
        "district": case.get("district", "371002"),
        "domain": case.get("domain", "land"),
        "clearance_month": case.get("month", "2023-05"),
        "farmland_mu": case.get("farmland", 0.0),
        "basic_farmland_mu": case.get("basic_farmland", 0.0),
        "redline_mu": case.get("redline", 0.0),
        "suspected": case.get("suspected", True),
        "unlawful": case.get("unlawful", False),
        "pending": case.get("pending", False),
    }


def _patches(case: Case) -> list[Case]:
    return [_patch(patch) for patch in case["patches"]]


def _clearance(case: Case) -> list[Any]:
    months = [
        {"month": m["month"], "due_reached": m["reached"], "reached_on_time": m["on_time"],
         "overdue": m["overdue"]}
        for m in case["months"]
    ]  # fmt: skip
    line = all_rules()["T1"].of(2023, ON).parameters["warning_share"]
    counts = in_a_row([(m["month"], under_warning(m, line)) for m in months])
    return [f for m in months for f in apply("T1", m, max(counts[m["month"]] - 1, 0))]


def _errors(case: Case) -> list[Any]:
    rate = case["returned"] / case["audited"] if case["audited"] else None
    return list(apply("T2", {"month": "2023-05", "error_rate": rate}))


def _ratio(case: Case, day: date = ON) -> list[Any]:
    return list(apply("T3", case.get("part", 0.0), case.get("ratio_net"), "ratio_net", day=day))


def _protected(case: Case, day: date = ON) -> list[Any]:
    figures = {
        "remaining_basic_farmland_mu": case.get("basic_farmland", 0.0),
        "remaining_redline_mu": case.get("redline", 0.0),
    }
    return list(apply("T4", figures, day=day))


def _slow(case: Case) -> list[Any]:
    figures = {"remaining_mu": case["remaining"], "rectification_rate": case.get("rate")}
    return list(apply("T5", figures, 2023, case["on"]))


def _minerals(case: Case, day: date = ON) -> list[Any]:
    count = {"mineral_unlawful_patches": case.get("count", case.get("minerals", 0))}
    return list(apply("T8", count, case.get("strategic", 0), day=day))


def _orders(case: Case) -> list[Case]:
    if "order_due" not in case:
        return []
    named, left = case.get("order_names", []), case.get("not_rectified", [])
    return [{"due_on": case["order_due"], "named": named, "unrectified": left}]


def _interview(case: Case) -> list[Any]:
    day = case["on"]
    lines = [*_ratio(case, day), *_protected(case, day), *_minerals(case, day)]
    facts = {
        "ratio": case.get("ratio_net"),
        "about": "ratio_net",
        "interview_ratio": 0.15,
        "severe_impact": case.get("impact", ""),
        "orders": _orders(case),
    }
    return list(apply("T11", lines, facts, 2023, day))


def _major(case: Case) -> list[Any]:
    patch = {
        "patch_no": "HC-1",
        "farmland_mu": case["farmland"],
        "basic_farmland_mu": case.get("basic_farmland", 0.0),
        "open": case.get("open", True),
        "marked": case.get("marked", ""),
    }
    return list(apply("T6", [patch]))


def _refused(case: Case) -> list[Any]:
    patch = {
        "patch_no": "HC-1",
        "returns": case.get("returns", 0),
        "overdue_workdays": case.get("overdue", 0),
        "confirmed": "",
    }
    return list(apply("T7", [patch]))


def _freeze(case: Case) -> list[Any]:
    facts = {"unrectified_mu": case["unrectified"], "frozen": case.get("frozen", "")}
    return list(apply("T9", {**facts, "beside": ""}))


def _confirmed(rule_id: str, case: Case) -> list[Any]:
    records = [{"patch_no": r.get("no"), "reason": r["reason"]} for r in case["records"]]
    return list(apply(rule_id, records))


def _changed(case: Case) -> list[Any]:
    return list(apply("T13", [{"patch_no": "HC-1", "parcels": case["parcels"], "words": ""}]))


_TRIGGERS: dict[str, Callable[[Case], list[Any]]] = {
    "T1": _clearance,
    "T2": _errors,
    "T3": _ratio,
    "T4": _protected,
    "T5": _slow,
    "T6": _major,
    "T7": _refused,
    "T8": _minerals,
    "T9": _freeze,
    "T10": lambda case: list(apply("T10", case["in_a_row"], "ratio_net")),
    "T11": _interview,
    "T12": lambda case: _confirmed("T12", case),
    "T13": _changed,
    "T14": lambda case: _confirmed("T14", case),
}


def _said(finding: Any) -> Case:
    return {
        "period": finding.period,
        "subject": finding.subject or "",
        "severity": finding.severity.value,
        "line": finding.line.value if finding.line else "",
        "measure": finding.measure.value if finding.measure else "",
        "value": finding.value,
        "threshold": finding.threshold,
        "unit": finding.unit,
        "mark": finding.mark,
    }


def _trigger(rule_id: str, case: Case) -> tuple[Any, Any]:
    """(found, expected); of each finding only what the case speaks of."""
    found = [_said(finding) for finding in _TRIGGERS[rule_id](case)]
    spoken = {key for line in case["expect"] for key in line}
    return [{key: f[key] for key in spoken} for f in found], case["expect"]


def _field_check(rule_id: str, case: Case) -> tuple[Any, Any]:
    extra: tuple[Any, ...] = {"F2": (2023,), "F5": (set(case.get("serious", ())),)}.get(rule_id, ())
    chosen = [p["patch_no"] for p in apply(rule_id, _patches(case), *extra)]
    return (len(chosen), case["count"]) if rule_id == "F2" else (chosen, case["expect"])


def _deadline(rule_id: str, case: Case) -> tuple[Any, Any]:
    if rule_id == "D1":
        found = (apply("D1", case["issued"]), clearance_month(case["issued"]))
        return found, (case["due"], case["month"])
    arguments: dict[str, tuple[Any, ...]] = {
        "D2": (case.get("month"),),
        "D3": (case.get("returned"),),
        "D8": (case.get("listed"), case.get("deadline")),
        "D9": (case.get("unlawful"),),
    }
    return apply(rule_id, *arguments.get(rule_id, (case.get("year"),))), case["due"]


def _formula(case: Case) -> tuple[Any, Any]:
    whole = case["whole"]
    figures = {"new_construction_farmland_mu": whole}
    for variant in RatioVariant:
        part = case.get(f"{variant}_part", case["net_part"])
        figures[f"ratio_{variant}_part_mu"] = part
        figures[f"ratio_{variant}"] = part / whole if whole else None
    rule = all_rules()["ratio"]
    parameters = rule.of(2023, ON).parameters | {"variant": case.get("variant", "net")}
    return rule.predicate(figures, **parameters), (case["part"], whole, case.get("ratio"))


def _measure(rule_id: str, case: Case) -> tuple[Any, Any]:
    if rule_id == "M1":
        return apply("M1", case["what"], case["start"]), case["due"]
    if rule_id == "M3":
        return apply("M3", case["setting"]), case["said"]
    return apply("M2", case["series"], case["year"], case["count"]), case["number"]


def _recheck(case: Case) -> tuple[Any, Any]:
    told = case["start"], case.get("last"), case.get("temporary", False), case.get("until")
    return apply("W1", *told), case.get("due")


def _come_back(case: Case) -> tuple[Any, Any]:
    pairs, evidenced = apply("W2", *(np.array([case[n]]) for n in ("share", "evidenced")))
    return (bool(pairs[0]), bool(evidenced[0])), (case["pair"], case["has_evidence"])


def _measured(case: Case) -> tuple[Any, Any]:
    names = ("filled", "measured", "area", "covered")
    signs, bare = apply("W3", *(np.array([case.get(name, 1.0)]) for name in names))
    words = {-1: "少填", 0: "", 1: "多填"}
    return (words[int(signs[0])], bool(bare[0])), (case["finding"], case["bare"])


_WORKLISTS: dict[str, Callable[[Case], tuple[Any, Any]]] = {
    "W1": _recheck,
    "W2": _come_back,
    "W3": _measured,
    "W5": lambda case: (apply("W5", case["step"], case["since"]), case["due"]),
    "W6": lambda case: (apply("W6", case["step"], case["since"]), case["due"]),
    "W4": lambda case: (apply("W4", case["checked"]), case["due"]),
    "W7": lambda case: (
        apply("W7", *(tuple(case[name]) for name in ("own", "others", "last"))),
        case["odd"],
    ),
    "W8": lambda case: (
        apply("W8", case["what"], case["patches"], case["whole"], case.get("length", 0)),
        case["odd"],
    ),
    "W9": lambda case: (apply("W9", case["below"], case["under"], case["over"]), case["odd"]),
}


def _worklist(rule_id: str, case: Case) -> tuple[Any, Any]:
    return _WORKLISTS[rule_id](case)


def _confirmation(rule_id: str, case: Case) -> tuple[Any, Any]:
    return apply(rule_id, case["day"], case["uploaded"]), case["backdated"]


def judged(rule_id: str, case: Case) -> tuple[Any, Any]:
    """(what the rule says, what the case expects)."""
    if rule_id == "ratio":
        return _formula(case)
    kinds = {
        "D": _deadline,
        "F": _field_check,
        "M": _measure,
        "T": _trigger,
        "W": _worklist,
        "C": _confirmation,
    }
    return kinds[rule_id[0]](rule_id, case)
