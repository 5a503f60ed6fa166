"""What 整改台账 shows, as it stands in the address.

`/ledger?tab=items&origin=2021&state=open&way=demolition&mark=overdue&q=3710&page=2`. A part that
cannot be read is named in a sentence and left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from callbacks.frame.choices import LONGEST, known_choice
from data.numbers import whole_number
from data.vocabulary import RectificationWay
from data.worklists.ledger import LedgerItem, LedgerState

KEYS = ("tab", "origin", "state", "way", "mark", "q", "page")
TABS = {"items": "整改台账", "rechecks": "周期复核", "comebacks": "重叠和复现"}
MARKS = {"overdue": "逾期未整改", "unproven": "销号缺依据", "reopened": "重新列入"}
#: Rows of a page of the list.
PER_PAGE = 50
_NO_WAY = "none"


@dataclass(frozen=True, slots=True)
class LedgerAddress:
    tab: str = "items"
    origin: int | None = None
    state: LedgerState | None = None
    way: str | None = None
    mark: str | None = None
    text: str = ""
    page: int = 1
    problems: tuple[str, ...] = ()

    def own(self) -> dict[str, str]:
        """The page's part of the address; what equals the default is left out."""
        parts = {
            "tab": "" if self.tab == "items" else self.tab,
            "origin": str(self.origin) if self.origin else "",
            "state": self.state.value if self.state else "",
            "way": self.way or "",
            "mark": self.mark or "",
            "q": self.text,
        }
        return {key: value for key, value in parts.items() if value}

    @property
    def is_narrowed(self) -> bool:
        return bool(self.origin or self.state or self.way or self.mark or self.text)

    def fits(self, item: LedgerItem) -> bool:
        if self.origin is not None and item.year != self.origin:
            return False
        if self.state is not None and item.state is not self.state:
            return False
        if self.way is not None and (item.way or _NO_WAY) != self.way:
            return False
        if self.mark is not None and not has_mark(item, self.mark):
            return False
        return self.text in item.patch_no


def has_mark(item: LedgerItem, mark: str) -> bool:
    return {
        "overdue": item.overdue,
        "unproven": item.unproven,
        "reopened": item.reopened_on is not None,
    }[mark]


def ways() -> list[tuple[str, str]]:
    return [*((way.value, way.label) for way in RectificationWay), (_NO_WAY, "未填整改方式")]


def read_ledger(query: Mapping[str, str]) -> LedgerAddress:
    """The page's part of an address."""
    problems: list[str] = []

    def one_of(key: str, known: Sequence[str], what: str) -> str | None:
        return known_choice(query, key, known, what, problems)

    origin = whole_number(query.get("origin"), most=9999)
    if query.get("origin") and origin is None:
        problems.append(f"来源年度“{query['origin'][:12]}”无法识别，已不按它筛选。")
    state = one_of("state", [s.value for s in LedgerState], "状态")
    return LedgerAddress(
        one_of("tab", list(TABS), "页签") or "items",
        origin,
        LedgerState(state) if state else None,
        one_of("way", [key for key, _ in ways()], "整改方式"),
        one_of("mark", list(MARKS), "标记"),
        query.get("q", "").strip()[:LONGEST],
        whole_number(query.get("page"), most=100_000) or 1,
        tuple(problems),
    )
