"""What rose and where (区域性、倾向性问题, §3.4), and which dates come next."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from data.documents.families.common import ask
from data.documents.paper import Block, Column, Para, Table, literal
from data.documents.quotes import Quotes, day_text
from data.outlook.calendar import deadlines
from data.store.queries.figures import figures
from data.store.queries.paper_facts import ParcelLine, parcel_lines
from data.units import PARTS_PER_MU
from data.vocabulary import PatchType

#: How far ahead a bulletin looks.
_AHEAD = timedelta(days=45)
#: Of each way to look at it, the groups that rose most.
_MOST = 3
#: How parcels are grouped.
_GROUPS: tuple[tuple[str, Callable[[Quotes, ParcelLine], str]], ...] = (
    ("用途", lambda q, p: p.land_use or "未填用途"),
    ("乡镇（街道）", lambda q, p: p.town or "未定乡镇"),
    ("图斑类型", lambda q, p: PatchType(p.patch_type).label),
    ("区市", lambda q, p: q.units[p.district].short_name if p.district in q.units else "—"),
)


@dataclass(frozen=True, slots=True)
class Rise:
    """Unlawful farmland of a group, in parts: now, at the last month's end, a year ago."""

    way: str
    group: str
    now: int
    month_ago: int
    year_ago: int
    patches: tuple[str, ...]


def _parts(parcels: Sequence[ParcelLine]) -> int:
    return sum(round(p.farmland_mu * PARTS_PER_MU) for p in parcels)


def rises(q: Quotes) -> list[Rise]:
    """The groups whose unlawful farmland grew since the last month's end, the largest growth
    first; those of one way to group together."""
    scope = q.scope.narrowed_to(q.code)
    now = [p for p in q.parcels() if p.counted and p.domain == "land"]
    before = parcel_lines(q.conn, scope, q.year, q.last_month)
    month_ago = [p for p in before if p.counted and p.domain == "land"]
    earlier = parcel_lines(q.conn, scope, q.year - 1, q.last_year)
    year_ago = [p for p in earlier if p.counted and p.domain == "land"]
    found: list[Rise] = []
    for way, of in _GROUPS:
        if way == "区市" and q.code is not None:
            continue
        groups: list[Rise] = []
        for name in sorted({of(q, p) for p in now}):
            own = [p for p in now if of(q, p) == name]
            then = _parts([p for p in month_ago if of(q, p) == name])
            last = _parts([p for p in year_ago if of(q, p) == name])
            known = {(p.patch_no, p.parcel_no) for p in month_ago}
            new = [p for p in own if (p.patch_no, p.parcel_no) not in known]
            numbers = dict.fromkeys(p.patch_no for p in (new or own))
            groups.append(Rise(way, name, _parts(own), then, last, tuple(numbers)))
        rising = [g for g in groups if g.now > g.month_ago]
        rising.sort(key=lambda g: (g.month_ago - g.now, g.group))
        found += rising[:_MOST]
    return found


def rising_blocks(q: Quotes) -> list[Block]:
    found = rises(q)
    if not found:
        return [
            Para(
                f"较上月末（{day_text(q.last_month)}），各用途、乡镇、类型的违法占用耕地均未上升。"
            )
        ]

    def said(rise: Rise, what: str, parts: int) -> str:
        short = hashlib.sha256(f"{rise.way}/{rise.group}".encode()).hexdigest()[:8]
        return q.put(
            f"rise.{short}.{what}", "unlawful_farmland_mu", parts / PARTS_PER_MU,
            patches=rise.patches if what == "now" else (),
        )  # fmt: skip

    has_year = any(rise.year_ago for rise in found)
    rows = tuple(
        (
            rise.way,
            literal(rise.group),
            said(rise, "now", rise.now),
            said(rise, "month", rise.month_ago),
            said(rise, "year", rise.year_ago) if has_year else "—",
            literal("、".join(rise.patches[:2]) + ("等" if len(rise.patches) > 2 else "")),
        )
        for rise in found
    )
    table = Table(
        "较上月末上升的违法占用耕地",
        (
            Column("分组", 1.2),
            Column("名称", 1.6),
            Column("目前（亩）", 1, True),
            Column("上月末（亩）", 1, True),
            Column("上年同期（亩）", 1.1, True),
            Column("涉及图斑", 2.6),
        ),
        rows,
    )
    first = max(found, key=lambda rise: rise.now - rise.month_ago)
    sentence = (
        f"较上月末（{day_text(q.last_month)}），违法占用耕地上升最多的是{first.way}"
        f"“{literal(first.group)}”，由{said(first, 'month', first.month_ago)}亩增至"
        f"{said(first, 'now', first.now)}亩。"
    )
    return [Para(sentence), table]


def next_dates(q: Quotes) -> list[Block]:
    """The deadlines of the next weeks with what is still open."""
    document = figures(q.conn, q.scope, q.year, q.day, q.code)
    coming = [
        deadline
        for deadline in deadlines(q.conn, q.scope.narrowed_to(q.code), q.year, q.day, document)
        if q.day <= deadline.on <= q.day + _AHEAD
    ]
    if not coming:
        return [Para("近期没有到期的节点。")]
    return [
        ask(number, f"{day_text(d.on)}：{d.title}（{d.clause}）；")
        for number, d in enumerate(coming[:6], start=1)
    ]
