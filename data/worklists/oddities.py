"""Data of a district that look wrong (数据异常), each with its reason and its patches: questions
for staff, never verdicts (docs/worklists.md, Oddities). Lines are those of W7 to W9; with few
patches nothing is said.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection

from data.rules.doubts import Doubt, DoubtKind, DoubtState, OddityKind
from data.rules.loader import Rule
from data.scope import Scope
from data.store.queries.oddity_facts import (
    CATEGORIES,
    Bands,
    Group,
    Line,
    Looking,
    bands,
    groups,
    just_under,
    members,
)
from data.triggers.rulebook import Rulebook, rulebook
from data.worklists.doubts import Judgement, judgements

#: Kind → what W8 calls it.
_OF_W8 = {
    OddityKind.SAME_OPINION: "text",
    OddityKind.SAME_TEXT: "text",
    OddityKind.SAME_AREA: "area",
    OddityKind.LAST_DAY: "last_day",
    OddityKind.ONE_DAY: "one_day",
}
#: Among the categories of a district: every patch that is filled in.
_FILLED = "filled"
#: Lines that decide who is checked or listed: (rule, parameter) → the column whose sum meets them.
_LINES = {
    ("F1", "farmland_mu"): "farmland_mu",
    ("F2", "farmland_mu"): "farmland_mu",
    ("F3", "farmland_mu"): "farmland_mu",
    ("T6", "farmland_mu"): "farmland_mu",
    ("F3", "basic_farmland_mu"): "basic_farmland_mu",
    ("T6", "basic_farmland_mu"): "basic_farmland_mu",
    ("F3", "redline_mu"): "redline_mu",
}


@dataclass(frozen=True, slots=True)
class Oddity:
    """patches: how many are behind it; whole: out of how many, of UNDER_LINE those in the bands
    beside it too. others, last_year: the share of the other districts together and of the same
    district a year before (None: too few). beside: of UNDER_LINE, the mean of the two bands beside
    it. value: what the patches have in common, a text, day, month, category, area or Line."""

    kind: OddityKind
    district: str
    detail: str
    patches: int
    whole: int
    value: Any
    others: float | None = None
    last_year: float | None = None
    beside: float | None = None
    judgement: Judgement | None = field(default=None, compare=False)

    @property
    def doubt(self) -> Doubt:
        return Doubt(DoubtKind.ODDITY, self.kind.value, self.detail)

    @property
    def key(self) -> str:
        return self.doubt.key

    @property
    def common(self) -> str:
        """What the patches have in common, as a text."""
        if isinstance(self.value, Line):
            return self.detail
        return self.detail if isinstance(self.value, float) else str(self.value)

    @property
    def share(self) -> float:
        return self.patches / self.whole

    @property
    def state(self) -> DoubtState:
        return self.judgement.state if self.judgement else DoubtState.OPEN


def oddities(
    conn: Connection, scope: Scope, year: int, as_of: date, district: str | None = None
) -> list[Oddity]:
    """What looks wrong on the day: open ones first, then by kind, the largest first. Districts are
    set beside those of the scope, so that a reader of one district is told of no shares."""
    rules, of = rulebook(conn), Looking(scope, year, as_of)
    found = [
        *_shares(conn, of, rules["W7"]),
        *_concentrated(conn, of, rules["W8"]),
        *_under_lines(conn, of, rules),
    ]
    said = judgements(conn, scope, as_of, [year])
    judged = [
        replace(o, judgement=said.get((year, o.district, o.key)))
        for o in found
        if district in (None, o.district)
    ]  # fmt: skip
    order = list(OddityKind)
    return sorted(
        judged,
        key=lambda o: (
            o.state is not DoubtState.OPEN, order.index(o.kind), -o.patches, o.district, o.detail
        ),
    )  # fmt: skip


def patches_of(conn: Connection, scope: Scope, year: int, as_of: date, odd: Oddity) -> list[str]:
    """Numbers of the patches behind one."""
    of = Looking(scope, year, as_of)
    if odd.kind is OddityKind.UNDER_LINE:
        return just_under(conn, of, odd.value, odd.district)
    length = rulebook(conn)["W8"].of(year, as_of).parameters["text_length"]
    return members(conn, of, odd.kind, odd.district, odd.value, length)


def _share(part: tuple[int, int]) -> float | None:
    return part[0] / part[1] if part[1] else None


def _shares(conn: Connection, of: Looking, rule: Rule) -> Iterator[Oddity]:
    parameters = rule.of(of.year, of.day).parameters
    least = parameters["least_filled"]
    now = _counts(groups(conn, of, OddityKind.SHARE, 1))
    before = _counts(groups(conn, Looking(of.scope, of.year - 1, of.day), OddityKind.SHARE, 1))
    for category in (c.value for c in CATEGORIES):
        every = {code: (counts.get(category, 0), counts[_FILLED]) for code, counts in now.items()}
        total = [sum(pair[at] for pair in every.values()) for at in (0, 1)]
        for code, own in every.items():
            others = (total[0] - own[0], total[1] - own[1])
            last = before.get(code, {})
            last_year = (last.get(category, 0), last.get(_FILLED, 0))
            if rule.predicate(own, others, last_year, **parameters):
                yield Oddity(
                    OddityKind.SHARE, code, category, *own, category, _share(others),
                    _share(last_year) if last_year[1] >= least else None,
                )  # fmt: skip


def _counts(found: Sequence[Group]) -> dict[str, dict[str, int]]:
    """District → category → patches; _FILLED: all that are filled in."""
    counts: dict[str, dict[str, int]] = {}
    for group in found:
        counts.setdefault(group.district, {_FILLED: group.whole})[group.value] = group.patches
    return counts


def _concentrated(conn: Connection, of: Looking, rule: Rule) -> Iterator[Oddity]:
    parameters = rule.of(of.year, of.day).parameters
    for kind, what in _OF_W8.items():
        found = groups(conn, of, kind, parameters["least_patches"], parameters["text_length"])
        for group in found:
            length = len(group.value) if what == "text" else 0
            if rule.predicate(what, group.patches, group.whole, length, **parameters):
                detail = detail_of(kind, group.value)
                yield Oddity(kind, group.district, detail, group.patches, group.whole, group.value)


def detail_of(kind: OddityKind, value: Any) -> str:
    """The value as it stands in a key: long texts by their hash."""
    if kind in (OddityKind.SAME_OPINION, OddityKind.SAME_TEXT):
        return hashlib.sha256(value.encode()).hexdigest()[:12]
    return f"{value:.6f}" if isinstance(value, float) else str(value)


def _under_lines(conn: Connection, of: Looking, rules: Rulebook) -> Iterator[Oddity]:
    rule = rules["W9"]
    parameters = rule.of(of.year, of.day).parameters
    lines = {
        Line(column, float(mu), parameters["width"] * mu): None
        for (rule_id, name), column in _LINES.items()
        if (mu := rules[rule_id].of(of.year, of.day).parameters[name])
    }
    for own in bands(conn, of, list(lines)):
        if rule.predicate(own.below, own.under, own.over, **parameters):
            yield _under(own)


def _under(own: Bands) -> Oddity:
    line = own.line
    detail = f"{line.column.removesuffix('_mu')}-{line.line_mu:g}"
    whole, beside = own.below + own.under + own.over, (own.below + own.over) / 2
    kind = OddityKind.UNDER_LINE
    return Oddity(kind, own.district, detail, own.under, whole, line, beside=beside)
