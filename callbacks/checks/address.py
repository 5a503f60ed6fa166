"""What 外业核查 shows, as it stands in the address.

`/checks?tab=assign&rule=F3&state=due&mark=overdue&q=3710&page=2`. A part that cannot be read is
named in a sentence and left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from callbacks.frame.choices import LONGEST, known_choice
from data.numbers import whole_number
from data.vocabulary import CheckFinding
from data.worklists.checks import RULES, CheckTask
from data.worklists.visits import VisitState

TABS = {
    "list": "清单",
    "assign": "派组",
    "result": "录入结果",
    "confirm": "认定",
    "draws": "抽查抽取",
}
MARKS = {
    "overdue": "逾期",
    "tracking": "持续跟踪",
    **{finding.value: f"结果：{finding.label}" for finding in CheckFinding},
}
KEYS = ("tab", "rule", "state", "mark", "q", "page")
#: Rows of a page of the list.
PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class ChecksAddress:
    """text: part of a number, or of the name of somebody in the team."""

    tab: str = "list"
    rule: str | None = None
    state: VisitState | None = None
    mark: str | None = None
    text: str = ""
    page: int = 1
    problems: tuple[str, ...] = ()

    def own(self) -> dict[str, str]:
        """The page's part of the address; what equals the default is left out."""
        parts = {
            "tab": "" if self.tab == "list" else self.tab,
            "rule": self.rule or "",
            "state": self.state.value if self.state else "",
            "mark": self.mark or "",
            "q": self.text,
        }
        return {key: value for key, value in parts.items() if value}

    @property
    def is_narrowed(self) -> bool:
        return bool(self.rule or self.state or self.mark or self.text)

    def fits(self, task: CheckTask) -> bool:
        return (
            self.rule in (None, task.rule)
            and self.state in (None, task.visit.state)
            and (self.mark is None or has_mark(task, self.mark))
            and (self.text in task.patch_no or any(self.text in n for n in task.visit.team))
        )


def has_mark(task: CheckTask, mark: str) -> bool:
    if mark == "overdue":
        return task.visit.overdue
    if mark == "tracking":
        return task.tracking_due_on is not None
    return task.finding is not None and task.finding.value == mark


def read_checks(query: Mapping[str, str]) -> ChecksAddress:
    """The page's part of an address."""
    problems: list[str] = []

    def one_of(key: str, known: Sequence[str], what: str) -> str | None:
        return known_choice(query, key, known, what, problems)

    state = one_of("state", [s.value for s in VisitState], "状态")
    return ChecksAddress(
        one_of("tab", list(TABS), "页签") or "list",
        one_of("rule", RULES, "核查规则"),
        VisitState(state) if state else None,
        one_of("mark", list(MARKS), "标记"),
        query.get("q", "").strip()[:LONGEST],
        whole_number(query.get("page"), most=100_000) or 1,
        tuple(problems),
    )
