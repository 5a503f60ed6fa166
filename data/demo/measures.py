"""The demo's measures in several states, led through the same steps as in earnest, by demo people.

None of them is an interview or an order: these would count for T11.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from data.measures.kinds import MeasureKind
from data.periods import add_workdays
from data.rights import Account, Right, Role
from data.scope import Scope
from data.store.queries.measures import measures
from data.workflow import measures as steps
from data.workflow.measure_subjects import NewMeasure
from data.workflow.measure_writing import Taking

if TYPE_CHECKING:
    from sqlalchemy import Connection

_SLOW, _OVER, _MINING = "371083", "371073", "371071"


def _person(name: str, *rights: Right) -> Account:
    return Account(name, Role.CITY, frozenset({Right.READ, *rights}))


_DRAFTER = _person("演示起草人", Right.DRAFT)
_REVIEWER = _person("演示审核人", Right.REVIEW)
_ISSUER = _person("演示签发人", Right.ISSUE, Right.SIGN)


@dataclass
class _Desk:
    """Steps up to a day; what lies after it has not happened."""

    conn: Connection
    year: int
    until: date

    def day(self, month: int, day: int) -> date:
        return date(self.year, month, day)

    def at(self, who: Account, on: date) -> Taking:
        return Taking(self.conn, who, self.until, on, where="demo")

    def has_come(self, on: date) -> bool:
        return on <= self.until

    def draft(self, kind: MeasureKind, subject: str, as_of: date) -> int | None:
        if not self.has_come(as_of):
            return None
        new = NewMeasure(kind, subject, self.year, as_of)
        return steps.draft(self.at(_DRAFTER, as_of), new).number

    def issued(self, kind: MeasureKind, subject: str, as_of: date, on: date) -> int | None:
        """Drafted, and by the later day reviewed, issued and delivered; None before that."""
        number = self.draft(kind, subject, as_of)
        if number is None or not self.has_come(on):
            return None
        steps.review(self.at(_REVIEWER, on), number)
        steps.issue(self.at(_ISSUER, on), number)
        steps.deliver(self.at(_DRAFTER, on), number, "机要交换，区市政府办公室签收")
        return number

    def clerk(self, district: str) -> Account:
        rights = frozenset({Right.READ, Right.ANSWER})
        return Account("演示区市经办人", Role.DISTRICT, rights, district)


def send_measures(conn: Connection, year: int, until: date) -> int:
    """How many there are. None where the year has some already. Call inside Store.write()."""
    if measures(conn, Scope.all(), year):
        return 0
    desk = _Desk(conn, year, until)
    _refused(desk)
    _extended(desk)
    desk.issued(MeasureKind.KEY_MONITORING, _OVER, desk.day(11, 1), desk.day(11, 2))
    desk.draft(MeasureKind.FREEZE_NOTICE, _SLOW, desk.day(11, 20))
    if desk.has_come(desk.day(11, 6)):
        reason = "矿权人已停采并自行回填，执法科已当面提醒，暂不发函。"
        new = NewMeasure(
            MeasureKind.EARLY_WARNING, _MINING, year, desk.day(11, 6), (), reason, "T8"
        )
        steps.dismiss(desk.at(_DRAFTER, desk.day(11, 6)), new)
    return len(measures(conn, Scope.all(), year))


def _refused(desk: _Desk) -> None:
    """A warning whose reply was not accepted."""
    warned = desk.issued(MeasureKind.EARLY_WARNING, _OVER, desk.day(9, 11), desk.day(9, 12))
    replied, judged = desk.day(9, 21), desk.day(9, 25)
    if warned is None or not desk.has_come(judged):
        return
    clerk = desk.clerk(_OVER)
    steps.reply(desk.at(clerk, replied), warned, "已约谈相关镇街，正在组织拆除，另行报送照片。")
    steps.refuse(desk.at(_REVIEWER, judged), warned, "未附整改前后照片和验收意见，无法认定。")


def _extended(desk: _Desk) -> None:
    """A warning whose deadline was moved once, and which ended."""
    warned = desk.issued(MeasureKind.EARLY_WARNING, _SLOW, desk.day(10, 16), desk.day(10, 17))
    asked, replied = desk.day(10, 27), desk.day(11, 7)
    if warned is None or not desk.has_come(replied):
        return
    request = "10月27日书面申请：涉及多个镇街，补充举证需时。"
    moved = add_workdays(desk.day(10, 31), 8)
    steps.extend(desk.at(_ISSUER, asked), warned, moved, request)
    clerk = desk.clerk(_SLOW)
    steps.reply(desk.at(clerk, replied), warned, "已补报逾期图斑，整改计划附后。")
