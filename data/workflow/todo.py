"""待办: what waits for a step of whoever looks, from every work flow (worklists.md, To-do).

A source is a function from an Asking to items; SOURCES names all of them. A work flow adds its own
by a module with such a function and a line here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Connection

from data.periods import province_approval_on
from data.rights import GRANTABLE, Account, Right, Role
from data.scope import Scope
from data.store.queries.figures import figures
from data.store.queries.stamp import DistrictRow, districts, work_years
from data.triggers.current import Trigger, current_triggers
from data.vocabulary import Term


class TodoKind(Term):
    """What waits. Another work flow adds its own values."""

    MEASURE_DRAFT = "measure_draft", "完成起草"
    MEASURE_REVIEW = "measure_review", "审核措施"
    MEASURE_ISSUE = "measure_issue", "签发措施"
    MEASURE_DELIVER = "measure_deliver", "登记送达"
    MEASURE_REPLY = "measure_reply", "回复措施"
    MEASURE_JUDGE = "measure_judge", "认定回复"
    MEASURE_OVERDUE = "measure_overdue", "逾期未回复"
    MEASURE_RELEASE = "measure_release", "条件已结束，建议解除"
    TRIGGER = "trigger", "预警待处理"
    REPORT = "report", "上报图斑"
    CORRECT = "correct", "改正退回图斑"
    PROBLEM = "problem", "问题清单销号"
    HAND_IN = "hand_in", "报送工作报告"
    PREVIEW = "preview", "确认上传预览"
    AUDIT = "audit", "市级审核"
    FORWARD = "forward", "上报省厅"
    DEEM = "deem", "直接判定的建议待认定"
    CHECK = "check", "外业核查"
    CHECK_CONFIRM = "check_confirm", "认定外业核查结果"
    DOUBT = "doubt", "疑点待认定"
    ODDITY = "oddity", "数据异常待核"
    ACCEPT = "accept", "市级验收"
    CERTIFY = "certify", "拆除复耕核验出证"
    WRITE_OFF = "write_off", "销号"
    RECHECK = "recheck", "周期复核"


@dataclass(frozen=True, slots=True)
class Todo:
    """subject: a district's code, a patch number, or what else it is about. words: the item in one
    line. place: the page that does it, by its address without the first slash; query: the page's
    own part of it. due_on: None for what has no date."""

    kind: TodoKind
    subject: str
    words: str
    due_on: date | None
    place: str
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def page(self) -> str:
        own = f"?{urlencode(self.query)}" if self.query else ""
        return f"/{self.place}{own}"

    def days_left(self, as_of: date) -> int | None:
        return None if self.due_on is None else (self.due_on - as_of).days


@dataclass(frozen=True)
class Asking:
    """Who looks, at which day. What several sources need is read once."""

    conn: Connection
    who: Account
    as_of: date
    district: str | None = None

    @property
    def scope(self) -> Scope:
        return self.who.scope.narrowed_to(self.district)

    def may(self, right: Right) -> bool:
        return self.who.may(right)

    @cached_property
    def years(self) -> list[int]:
        """Work years that are not settled on the day, oldest first."""
        return [
            year
            for year in reversed(work_years(self.conn))
            if date(year, 1, 1) <= self.as_of <= province_approval_on(year)
        ]

    @cached_property
    def names(self) -> dict[str, str]:
        """District → short name."""
        units: tuple[DistrictRow, ...] = districts(self.conn)
        return {unit.code: unit.short_name for unit in units}

    @cached_property
    def documents(self) -> dict[int, dict[str, Any]]:
        return {
            year: figures(self.conn, self.who.scope, year, self.as_of, self.district)
            for year in self.years
        }

    @cached_property
    def triggers(self) -> dict[int, list[Trigger]]:
        return {
            year: current_triggers(
                self.conn,
                self.who.scope,
                year,
                self.as_of,
                self.district,
                with_patches=False,
                document=self.documents[year],
            )
            for year in self.years
        }


Source = Callable[[Asking], Iterable[Todo]]


def sources() -> tuple[Source, ...]:
    """Every work flow's. Imported late: each of them stands on this module."""
    from data.workflow.todo_measures import measures_waiting, triggers_waiting
    from data.workflow.todo_patches import previews_waiting, year_waiting
    from data.workflow.todo_worklists import worklists_waiting

    return (
        measures_waiting,
        triggers_waiting,
        year_waiting,
        previews_waiting,
        worklists_waiting,
    )


def todo(asking: Asking) -> list[Todo]:
    """Sorted by due date; what has none comes last."""
    found = [item for source in sources() for item in source(asking)]
    return sorted(found, key=lambda t: (t.due_on or date.max, t.kind.value, t.subject))


def anybody(role: Role, district: str | None) -> Account:
    """One who may all that a role can hold, for asking by role."""
    is_district = role is Role.DISTRICT
    return Account(role.label, role, GRANTABLE[role], district if is_district else None)
