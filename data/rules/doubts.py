"""Doubts (疑点) as staff judge them one by one: about a patch, an area measured otherwise than
filled in, ground that comes back; about a district, data that look wrong. Pure.

A doubt is a question, never a verdict. Its key names it among those of its subject, in the records
of staff and on the command line: `overlay:farmland:understated`, `comeback:2022:371002202205`,
`check:city:2023-06-02`, `oddity:share:unchanged`.
"""

from __future__ import annotations

from dataclasses import dataclass

from data.vocabulary import Term


class DoubtKind(Term):
    OVERLAY = "overlay", "套合疑点"
    COMEBACK = "comeback", "重叠复现"
    DUPLICATE = "duplicate", "重复下发"
    AGAIN = "again", "同地块再次下发"
    EVIDENCED = "evidenced", "其他专项已举证"
    CHECK = "check", "外业核查不属实"
    ODDITY = "oddity", "数据异常"


class OddityKind(Term):
    """What looks wrong in the data of one district (worklists/oddities.py)."""

    SHARE = "share", "分类占比突出"
    SAME_OPINION = "same_opinion", "退回意见雷同"
    SAME_TEXT = "same_text", "具体情形雷同"
    SAME_AREA = "same_area", "面积雷同"
    LAST_DAY = "last_day", "集中在最后一天上报"
    ONE_DAY = "one_day", "集中在同一天消除"
    UNDER_LINE = "under_line", "面积集中在线下"


class DoubtState(Term):
    OPEN = "open", "待核"
    CONFIRMED = "confirmed", "属实"
    DISMISSED = "dismissed", "排除"


@dataclass(frozen=True, slots=True)
class Doubt:
    """one, other: layer and finding of an overlay; work year and number of the other patch, or of
    the feature (whose year may be unknown); level and day of a field check; kind of an oddity
    (OddityKind) and what it is about."""

    kind: DoubtKind
    one: str
    other: str

    @property
    def key(self) -> str:
        return f"{self.kind.value}:{self.one}:{self.other}"

    @property
    def of_district(self) -> bool:
        """Its subject is a district, not a patch."""
        return self.kind is DoubtKind.ODDITY


def doubt_of(key: str) -> Doubt | None:
    """The doubt that a key names; None for what is no key."""
    kind, first, rest = key.partition(":")
    one, second, other = rest.partition(":")
    if not first or not second or kind not in set(DoubtKind) or not other:
        return None
    return Doubt(DoubtKind(kind), one, other)
