"""Doubts (疑点) about a patch, as staff judge them one by one: a measured area that differs from
the filled-in one, ground that comes back. Pure.

A doubt is a question, never a verdict. Its key names it among those of its patch, in the records of
staff and on the command line: `overlay:farmland:understated`, `comeback:2022:371002202205`,
`check:city:2023-06-02`.
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


class DoubtState(Term):
    OPEN = "open", "待核"
    CONFIRMED = "confirmed", "属实"
    DISMISSED = "dismissed", "排除"


@dataclass(frozen=True, slots=True)
class Doubt:
    """one, other: layer and finding of an overlay; work year and number of the other patch, or of
    the feature (whose year may be unknown); level and day of a field check."""

    kind: DoubtKind
    one: str
    other: str

    @property
    def key(self) -> str:
        return f"{self.kind.value}:{self.one}:{self.other}"


def doubt_of(key: str) -> Doubt | None:
    """The doubt that a key names; None for what is no key."""
    kind, first, rest = key.partition(":")
    one, second, other = rest.partition(":")
    if not first or not second or kind not in set(DoubtKind) or not other:
        return None
    return Doubt(DoubtKind(kind), one, other)
