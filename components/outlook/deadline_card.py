"""The dates of the year: what comes next, what is past and still open, per district."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from dash import html
from dash.development.base_component import Component

from components import paths
from components.links import figure_href, href
from components.parts.cards import card
from components.parts.html_table import TableColumn
from components.parts.plain_table import Cell, plain_table
from data.periods import format_day, format_days_left
from data.units import format_amount, format_with_unit

if TYPE_CHECKING:
    from data.outlook.calendar import Deadline

Query = Mapping[str, str]
Names = Mapping[str, str]

#: What comes next is what is due within so many days; at least one date.
NEXT_DAYS = 31
#: Districts named in a line; the year's table has them all.
MOST_NAMED = 3
#: Rule → what stands of its past dates together.
PAST = {
    "D1": "月清逾期未报",
    "D2": "月核逾期未通过",
    "D3": "退回图斑逾期未改",
    "D4": "半年报告逾期未报",
    "D5": "全年报告逾期未报",
    "D6": "截止后仍未消除",
    "D7": "核准期限后仍未通过",
    "D8": "问题清单逾期未销号",
}


def distance(on: date, as_of: date) -> str:
    """`今日到期`, `还有4天`, `已过12天`."""
    return format_days_left((on - as_of).days)


def open_text(deadline: Deadline) -> str:
    """What is open of it: `未上报79个`, `已完成`, `尚无图斑`."""
    if not deadline.begun:
        return "尚无图斑"
    if deadline.done:
        return "已完成"
    return f"{deadline.what}{format_with_unit(deadline.total, deadline.unit)}"


def by_district(open_: Mapping[str, float], unit: str, names: Names, most: int | None) -> str:
    """`文登区16、乳山市14、荣成市12，另有5个区市`: the largest first."""
    ranked = sorted(open_.items(), key=lambda item: -item[1])
    named = ranked if most is None else ranked[:most]
    shown = (f"{names[code]}{format_amount(count, unit)}" for code, count in named)
    text = "、".join(shown) if unit != "份" else "、".join(names[code] for code, _ in named)
    return text + (f"，另有{len(ranked) - len(named)}个区市" if len(ranked) > len(named) else "")


#: Rules of many small dates → their list, which takes the days between which it is due.
_LISTS = {"D3": "corrections", "D8": "problems"}


def group_address(group: Sequence[Deadline], query: Query) -> str | None:
    """Where the patches behind dates of a rule are listed together."""
    if group[0].rule in _LISTS:
        days = sorted(d.on.isoformat() for d in group)
        return href(
            paths.AUDIT_PATCHES, query, list=_LISTS[group[0].rule],
            **{"from": days[0], "to": days[-1]},
        )  # fmt: skip
    return address(group[0], query)


def address(deadline: Deadline, query: Query, past: bool = False) -> str | None:
    """Where the patches behind a date are listed; None where no list has them."""
    if deadline.rule == "D1":
        return figure_href("overdue" if past else "unreported", query, month=deadline.month)
    if deadline.rule in _LISTS:
        return group_address([deadline], query)
    figure = {"D2": "not_final", "D6": "remaining_mu", "D7": "not_final"}.get(deadline.rule)
    return figure_href(figure, query, month=deadline.month) if figure else None


def upcoming(deadlines: Sequence[Deadline], as_of: date) -> list[Deadline]:
    """What is still to come: within NEXT_DAYS, else the next one."""
    later = [d for d in deadlines if d.on >= as_of and not d.done]
    return [d for d in later if (d.on - as_of).days <= NEXT_DAYS] or later[:1]


def past_open(deadlines: Sequence[Deadline], as_of: date) -> list[list[Deadline]]:
    """Past dates with something open, those of a rule together."""
    return _by_rule([d for d in deadlines if d.on < as_of and d.open])


def coming(deadlines: Sequence[Deadline], as_of: date) -> list[list[Deadline]]:
    """What comes next in order of time; the many dates of corrections and of the problem list
    together, each at its first date.
    """
    found = upcoming(deadlines, as_of)
    groups = [[d] for d in found if not d.is_small]
    groups += _by_rule([d for d in found if d.is_small])
    return sorted(groups, key=lambda group: (group[0].on, group[0].rule))


def _by_rule(deadlines: Sequence[Deadline]) -> list[list[Deadline]]:
    groups: dict[str, list[Deadline]] = {}
    for deadline in deadlines:
        groups.setdefault(deadline.rule, []).append(deadline)
    return [groups[rule] for rule in sorted(groups)]


def _sum(group: Sequence[Deadline]) -> dict[str, float]:
    sums: dict[str, float] = {}
    for deadline in group:
        for code, count in deadline.open.items():
            sums[code] = sums.get(code, 0) + count
    return sums


def past_line(group: Sequence[Deadline]) -> str:
    """`月清逾期未报11个`."""
    return f"{PAST[group[0].rule]}{format_with_unit(sum(d.total for d in group), group[0].unit)}"


def title_of(deadlines: Sequence[Deadline], as_of: date, year: int) -> str:
    """The next of the year's great dates and what is open for it, else what is past."""
    great = [d for d in deadlines if not d.is_small]
    if following := upcoming(great, as_of):
        first = following[0]
        return (
            f"下一个期限：{format_day(first.on, year)}{first.title}，"
            f"{distance(first.on, as_of)}，{open_text(first)}"
        )
    if past := past_open(deadlines, as_of):
        return f"{year}年度期限已全部过去，{past_line(past[0])}"
    return f"{year}年度各项期限均已完成"


def deadline_card(
    deadlines: Sequence[Deadline],
    as_of: date,
    year: int,
    names: Names,
    query: Query,
    *,
    actions: Sequence[Component] = (),
) -> Component:
    """names: district → short name, in the bureau's order."""
    rows = [_past_row(group, as_of, year, names, query) for group in past_open(deadlines, as_of)]
    rows += [_next_row(group, as_of, year, names, query) for group in coming(deadlines, as_of)]
    columns = [TableColumn(name) for name in ("期限", "距今", "事项", "未完成的区市", "依据")]
    body: list[Any] = []
    if rows:
        body.append(plain_table(columns, rows, "近期期限和过期未完成事项", "deadline-table"))
    body.append(
        html.Details(
            [
                html.Summary(f"{year}年度全部期限"),
                year_table(deadlines, as_of, year, names),
                html.P(
                    "表内为基准日尚未完成的数量；退回改正和问题清单只列尚未完成的。",
                    className="note",
                ),
            ],
            className="more",
        )
    )
    return card(
        title_of(deadlines, as_of, year),
        body,
        actions=actions,
        class_name="deadlines-panel",
    )


#: Dates on a wall.
MOST_NEXT = 5


def next_card(deadlines: Sequence[Deadline], as_of: date, year: int) -> Component:
    """What comes next, for a wall: date, distance, what is due and what is open of it."""
    entries = []
    for group in coming(deadlines, as_of)[:MOST_NEXT]:
        first = group[0]
        text = open_text(first)
        if len(group) > 1:
            text = f"{first.what}{format_with_unit(sum(_sum(group).values()), first.unit)}"
        entries.append(
            html.Li(
                [
                    html.Strong(f"{first.title}：{text}"),
                    html.Small(f"{_since(group, year)}，{distance(first.on, as_of)}"),
                ]
            )
        )
    body = html.Ul(entries, className="next-dates") if entries else html.P("没有后续期限。")
    return card("接下来的期限", body, class_name="next-panel")


def _past_row(
    group: Sequence[Deadline], as_of: date, year: int, names: Names, query: Query
) -> list[str | Cell]:
    first = group[0]
    target = group_address(group, query) if first.is_small else address(first, query, past=True)
    if len(group) > 1 and first.month is not None:  # several months: no list but that of overdue
        target = href(paths.OVERDUE, query) if first.rule == "D1" else None
    return [
        _since(group, year),
        distance(first.on, as_of),
        Cell(past_line(group), target, tone="bad"),
        by_district(_sum(group), first.unit, names, MOST_NAMED),
        _clause(first, query),
    ]


def _next_row(
    group: Sequence[Deadline], as_of: date, year: int, names: Names, query: Query
) -> list[str | Cell]:
    first, sums = group[0], _sum(group)
    text = open_text(first)
    if len(group) > 1:
        text = f"{first.what}{format_with_unit(sum(sums.values()), first.unit)}"
    return [
        _since(group, year),
        distance(first.on, as_of),
        Cell(first.title, below=Cell(text, group_address(group, query))),
        by_district(sums, first.unit, names, MOST_NAMED) or "—",
        _clause(first, query),
    ]


def _clause(deadline: Deadline, query: Query) -> Cell:
    """The clause, leading to the rule that it stands in."""
    return Cell(deadline.clause, f"{href(paths.RULES, query)}#{deadline.rule}")


def _since(group: Sequence[Deadline], year: int) -> str:
    return format_day(group[0].on, year) + ("起" if len(group) > 1 else "")


def year_rows(
    deadlines: Sequence[Deadline], year: int, names: Names
) -> tuple[list[str], list[list[Any]]]:
    """(headers, rows): date, what, clause, unit, sum, then each district; numbers stay numbers."""
    headers = ["期限", "事项", "依据", "未完成", "单位", "合计", *names.values()]
    rows = [
        [
            d.on,
            d.title,
            d.clause,
            d.what if d.open else open_text(d),
            d.unit,
            d.total if d.begun else None,
            *(d.open.get(code, 0) if d.begun else None for code in names),
        ]
        for d in deadlines
    ]
    return headers, rows


def year_table(deadlines: Sequence[Deadline], as_of: date, year: int, names: Names) -> Component:
    columns = [
        TableColumn("期限"),
        TableColumn("事项"),
        TableColumn("未完成"),
        *(TableColumn(name, True) for name in names.values()),
    ]
    rows: list[list[str | Cell]] = []
    for d in deadlines:
        late = d.on < as_of and bool(d.open)
        rows.append(
            [
                format_day(d.on, year),
                Cell(d.title, title=f"工作方案 {d.clause}"),
                Cell(open_text(d), tone="bad" if late else ""),
                *(format_amount(d.open[code], d.unit) if code in d.open else "" for code in names),
            ]
        )
    return plain_table(columns, rows, f"{year}年度全部期限及各区市未完成数", "year-deadlines")
