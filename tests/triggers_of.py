"""Triggers for tests, as data/triggers/current.py gives them."""

from __future__ import annotations

from typing import Any

from data.trigger_row import Trigger


def trigger(rule: str, subject: str = "371002", **more: Any) -> Trigger:
    made: Any = {
        "rule": rule,
        "rule_name": "",
        "subject": subject,
        "subject_name": "环翠区",
        "period": "2023",
        "severity": "early_warning",
        "line": None,
        "measure": "reminder",
        "value": 0.12,
        "threshold": 0.1,
        "unit": "ratio",
        "clause": "§4.4",
        "citation": "原文",
        "note": "",
        "district": subject,
        "formula": "1 ÷ 4 = 25%",
        "margin": "超出 20% 1 个图斑",
        "about": "ratio_net",
        "key": f"{rule}.{subject}.2023",
        "patches": [],
        "mark": "",
        "small_denominator": False,
        "judged_months": 4 if rule in ("T1", "T2") else 0,
        "open": 0,
    } | more
    found: Trigger = made
    return found
