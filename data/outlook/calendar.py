"""The dates of a work year, D1–D8 (domain.md §4), with what is still open for each on a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from data.periods import (
    annual_report_due_on,
    correction_due_on,
    elimination_cutoff_on,
    format_month,
    half_year_report_due_on,
    month_due_on,
    monthly_audit_due_on,
    province_approval_on,
)
from data.scope import Scope
from data.store.queries.deadline_facts import open_problems, open_returns, reports_received
from data.triggers.rulebook import rulebook
from data.vocabulary import ReportKind

Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Deadline:
    """One date of the year.

    key: the same for the same date at any time and of any day (`D1-2023-11`). title: what is due.
    what: what is counted as open (`未上报`), unit: in what (个, 亩, 份). open: district → how much,
    only those with any, in the bureau's order. begun: whether there is anything to do yet: a month
    whose patches are still to be issued has nothing open and is not done either. month: of D1, D2.
    """

    key: str
    rule: str
    on: date
    title: str
    clause: str
    what: str
    unit: str
    open: Mapping[str, float]
    begun: bool = True
    month: str | None = None

    @property
    def total(self) -> float:
        return sum(self.open.values())

    @property
    def is_small(self) -> bool:
        """Of a rule with a date for every few patches: these stand together, and lead nothing."""
        return self.rule in ("D3", "D8")

    @property
    def done(self) -> bool:
        return self.begun and not self.open


def clearance_months(year: int) -> list[str]:
    """The clearance months of a work year; the next January takes what came after 20 December."""
    return [*(f"{year}-{month:02}" for month in range(1, 13)), f"{year + 1}-01"]


def deadlines(
    conn: Connection, scope: Scope, year: int, as_of: date, document: Figures
) -> list[Deadline]:
    """Every date of the work year in order of time.

    document: of queries/figures.py for the year, day and district; its districts are the scope.
    """
    units = [row["code"] for row in document["districts"]]
    found = [
        *month_deadlines(year, document),
        *_corrections(conn, scope, year, as_of, units),
        *_reports(conn, scope, year, as_of, units),
        *_year_end(year, document),
        *_problems(conn, scope, year, as_of, units),
    ]
    return sorted(found, key=lambda d: (d.on, d.rule, d.key))


def _open(pairs: Iterable[tuple[str, float]], units: list[str]) -> dict[str, float]:
    """District → sum, those with any, in the bureau's order; nothing outside the view."""
    sums: dict[str, float] = {}
    for code, count in pairs:
        sums[code] = sums.get(code, 0) + count
    return {code: sums[code] for code in units if sums.get(code)}


def month_deadlines(year: int, document: Figures) -> list[Deadline]:
    """D1 and D2 of every clearance month, in order of the months."""
    units = [row["code"] for row in document["districts"]]
    found: list[Deadline] = []
    for month in clearance_months(year):
        rows = [row for row in document["months"] if row["month"] == month]
        name = format_month(month, year)
        for rule, on, title, clause, what, done in (
            ("D1", month_due_on(month), f"{name}月清上报", "§3.2", "未上报", "cleared"),
            ("D2", monthly_audit_due_on(month), f"{name}月核", "§3.3", "省级未通过", "final"),
        ):
            # once the day is over it counts what is overdue, as everywhere: what has been given
            # more time is not
            late = rule == "D1" and on < date.fromisoformat(document["as_of"])
            left = _open(
                ((row["code"], row["overdue"] if late else row["due"] - row[done]) for row in rows),
                units,
            )
            found.append(
                Deadline(
                    f"{rule}-{month}", rule, on, title, clause, what, "个", left, bool(rows), month
                )
            )
    return found


def _corrections(
    conn: Connection, scope: Scope, year: int, as_of: date, units: list[str]
) -> list[Deadline]:
    """D3, a date a day on which corrections are due."""
    days: dict[date, list[tuple[str, float]]] = {}
    for row in open_returns(conn, scope, year, as_of):
        days.setdefault(correction_due_on(row.returned_on), []).append((row.district, row.patches))
    return [
        Deadline(f"D3-{on}", "D3", on, "退回图斑改正上报", "§4.1", "退回待改", "个", left)
        for on, pairs in days.items()
        if (left := _open(pairs, units))
    ]


def _reports(
    conn: Connection, scope: Scope, year: int, as_of: date, units: list[str]
) -> list[Deadline]:
    """D4, D5: which districts' reports have not been received."""
    received = reports_received(conn, scope, year, as_of)

    def missing(kind: ReportKind) -> dict[str, float]:
        return {code: 1.0 for code in units if (code, kind.value) not in received}

    half, whole = half_year_report_due_on(year), annual_report_due_on(year)
    return [
        Deadline("D4", "D4", half, "上半年卫片执法工作报告", "§3.4", "未报送", "份",
                 missing(ReportKind.HALF_YEAR)),
        Deadline("D5", "D5", whole, "全年卫片执法工作报告", "§3.4", "未报送", "份",
                 missing(ReportKind.ANNUAL)),
    ]  # fmt: skip


def _year_end(year: int, document: Figures) -> list[Deadline]:
    units = [row["code"] for row in document["districts"]]
    rows = document["districts"]
    has_patches = any(row["due"] for row in rows)
    remaining = _open(((row["code"], row["remaining_mu"]) for row in rows), units)
    unfinal = _open(((row["code"], row["patches"] - row["final"]) for row in rows), units)
    cutoff, approval = elimination_cutoff_on(year), province_approval_on(year)
    return [
        Deadline("D6", "D6", cutoff, "消除违法状态截止", "§3.4", "违法用地未消除", "亩",
                 remaining, has_patches),
        Deadline("D7", "D7", approval, "省厅核准年度数据", "§3.4", "省级未通过", "个",
                 unfinal, has_patches),
    ]  # fmt: skip


def _problems(
    conn: Connection, scope: Scope, year: int, as_of: date, units: list[str]
) -> list[Deadline]:
    """D8, a date a day on which items of the problem list are due."""
    rule = rulebook(conn)["D8"]
    days: dict[date, list[tuple[str, float]]] = {}
    for row in open_problems(conn, scope, year, as_of):
        parameters = rule.of(year, row.listed_on).parameters
        on: date = rule.predicate(row.listed_on, row.deadline_on, **parameters)
        days.setdefault(on, []).append((row.district, row.items))
    return [
        Deadline(f"D8-{on}", "D8", on, "省厅问题清单销号", "§3.3", "未销号", "项", left)
        for on, pairs in days.items()
        if (left := _open(pairs, units))
    ]
