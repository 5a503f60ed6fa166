"""Matters as rows of a workbook: one a line, as pages count and list them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.triggers.card import measures
from data.exports import SheetColumn
from data.periods import format_month
from data.triggers.matters import Matter
from data.vocabulary import Severity


def matter_columns() -> list[SheetColumn]:
    return [
        SheetColumn("对象"),
        SheetColumn("条件", width=26),
        SheetColumn("期间"),
        SheetColumn("程度"),
        SheetColumn("已达"),
        SheetColumn("情况", width=44),
        SheetColumn("算式", width=44),
        SheetColumn("距离", width=26),
        SheetColumn("措施", width=20),
        SheetColumn("依据", width=20),
        SheetColumn("说明", width=24),
        SheetColumn("联系方式", width=36),
    ]


def matter_row(matter: Matter, contacts: Mapping[str, str]) -> list[Any]:
    """The formula and the distance are those of its gravest trigger. contacts: district → whom to
    call there."""
    first = matter.gravest
    return [
        matter.unit,
        first["rule_name"],
        periods_text(matter),
        Severity(first["severity"]).label,
        f"{Severity(first['line']).label}线" if first["line"] else None,
        matter.words,
        first["formula"],
        first["margin"] or None,
        measures(matter),
        f"工作方案 {first['clause']}",
        "".join(matter.notes[:1]) or None,
        contacts.get(matter.district or ""),
    ]


def periods_text(matter: Matter) -> str:
    """`3月、4月`, or the year."""
    periods = sorted({str(t["period"]) for t in matter.triggers})
    return "、".join(format_month(p, int(p[:4])) if "-" in p else f"{p}年度" for p in periods)
