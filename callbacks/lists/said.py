"""What a list says of itself: what narrows it, in sentences, and its headline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from dash import dcc, html
from dash.development.base_component import Component

from callbacks.frame.context import PageContext
from callbacks.lists.view import ListView, month_label
from components.links import figure_href
from components.parts.figure_text import shown
from data.definitions import DEFINITIONS
from data.periods import format_day
from data.store.measures import RATES
from data.store.queries.contributions import AMOUNTS
from data.store.queries.list_filters import ColumnFilter, Operator
from data.store.queries.patch_list import PatchQuery, count_patches, totals
from data.store.queries.places import towns
from data.units import format_count, format_plain
from data.vocabulary import Domain, PatchType

if TYPE_CHECKING:
    from sqlalchemy import Connection

_WORDS = {
    Operator.CONTAINS: "包含",
    Operator.NOT_CONTAINS: "不包含",
    Operator.STARTS_WITH: "开头为",
    Operator.EQUALS: "等于",
    Operator.AT_LEAST: "不小于",
    Operator.AT_MOST: "不大于",
    Operator.MORE: "大于",
    Operator.LESS: "小于",
    Operator.BETWEEN: "介于",
    Operator.BLANK: "为空",
    Operator.NOT_BLANK: "不为空",
}


def _operand(value: object) -> str:
    if isinstance(value, float):
        return format_plain(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def filter_text(title: str, item: ColumnFilter) -> str:
    """`监测面积（亩）不小于 50`."""
    operands = [_operand(v) for v in (item.value, item.value_to) if v is not None]
    return f"{title}{_WORDS[item.operator]} {' 至 '.join(operands)}".strip()


def filter_sentences(view: ListView, town_names: Mapping[str, str]) -> list[str]:
    """What narrows the list, a sentence a filter; empty where all patches are shown."""
    query, titles = view.query, {c.key: c.title for c in view.columns}
    found = [view.chosen.words, *view.chosen.said] if view.chosen else []
    if view.trigger is not None:
        t = view.trigger
        found.append(f"预警：{t['subject_name']} {t['rule_name']}（{t['period']}）")
    if query.status:
        found.append(f"办理状态：{query.status.label}")
    if query.month:
        found.append(f"月清月份：{month_label(query.month, query.year)}")
    if query.town:
        found.append(f"乡镇街道：{town_names.get(query.town, query.town)}")
    if query.patch_type:
        found.append(f"图斑类型：{PatchType(query.patch_type).label}")
    if query.domain:
        found.append(f"领域：{Domain(query.domain).label}")
    if query.text.strip():
        found.append(f"搜索：{query.text.strip()}")
    if query.box:
        west, south, east, north = map(format_plain, query.box)
        found.append(f"地图范围：东经 {west}–{east}°，北纬 {south}–{north}°")
    return found + [filter_text(titles.get(name, name), i) for name, i in query.filters.items()]


def narrowed(view: ListView) -> bool:
    """Whether a filter narrows the list beyond what it stands behind."""
    q = view.query
    month = q.month and not (view.behind and view.behind.month)
    return bool(
        (q.status and not view.page.status)
        or (month and view.figure is None)
        or q.town
        or q.patch_type
        or q.domain
        or q.text.strip()
        or q.box
        or q.filters
    )


def own_filters(conn: Connection, view: ListView) -> str:
    """`乡镇街道：温泉镇；搜索：双岛`: what narrows the list beyond what it stands behind."""
    if not narrowed(view):
        return ""
    names = {town["code"]: town["name"] for town in towns(conn)}
    page = replace(view.page, status=None)
    bare = replace(view, page=page, chosen=None, behind=None)
    if view.page.status is not None:
        bare = replace(bare, query=replace(bare.query, status=None))
    if view.figure is not None or (view.behind and view.behind.month):
        bare = replace(bare, query=replace(bare.query, month=None))
    return "；".join(filter_sentences(bare, names))


def with_filters(conn: Connection, view: ListView, sentence: str) -> str:
    """The sentence, and that it speaks of a part only."""
    filters = own_filters(conn, view)
    return f"{sentence}（筛选：{filters}）" if filters else sentence


def place_of(view: ListView) -> str:
    """The district in a sentence; nothing for the city."""
    c = view.context
    return view.names.get(c.district, "") if c.district else ""


def value_of(conn: Connection, view: ListView, name: str, query: PatchQuery) -> float | int:
    """A figure over the patches that the query leaves, in its unit."""
    asked = replace(query, figures=(name,), beside=())
    scope = view.context.scope
    if name in AMOUNTS:
        return totals(conn, scope, asked)[name]
    return count_patches(conn, scope, asked)


def value_text(view: ListView, name: str, value: float | int) -> str:
    return f"{shown(name, value, view.context.lines)}{DEFINITIONS[name].unit}"


def figure_headline(conn: Connection, view: ListView) -> str:
    """`截至11月23日，环翠区未消除违法占用耕地90.43亩，涉及29个图斑`; of a rate its value, and the
    numerator that is listed."""
    assert view.figure is not None
    (name,), q, c = view.query.figures, view.query, view.context
    month = f"{month_label(q.month, q.year)}月清" if q.month else ""
    part = value_of(conn, view, name, q)
    said = f"{DEFINITIONS[name].label}{value_text(view, name, part)}"
    if name in AMOUNTS:
        patches = count_patches(conn, c.scope, q)
        said += f"，涉及{format_count(patches)}个图斑"
    rate = view.figure if view.figure in RATES else None
    if rate is not None and not narrowed(view):
        whole = value_of(conn, view, RATES[rate][1], q)
        value = shown(rate, part / whole if whole else None, c.lines)
        said = f"{DEFINITIONS[rate].label}{value}，其中{said}"
    day = format_day(c.as_of, c.year)
    return with_filters(conn, view, f"截至{day}，{place_of(view)}{month}{said}")


def basis(view: ListView) -> Sequence[str]:
    """The figures from which what the list stands behind is made: numerator and denominator."""
    if view.behind is not None:
        return view.behind.basis
    return RATES.get(view.figure or "", ())


def basis_values(conn: Connection, view: ListView) -> list[tuple[str, float | int]]:
    """Each of them with its value, whatever narrows the list."""
    q = view.query
    whole = PatchQuery(q.year, q.as_of, q.district, month=q.month)
    return [(name, value_of(conn, view, name, whole)) for name in basis(view)]


def basis_line(
    parts: Sequence[tuple[str, float | int]], context: PageContext, query: PatchQuery
) -> Component:
    """`分子：未扣除分子 90.43亩 · 分母：…`: each leads to its own list."""
    links: list[Component | str] = []
    for name, value in parts:
        text = f"{DEFINITIONS[name].label} {shown(name, value, context.lines)} "
        address = figure_href(name, context.query, district=query.district, month=query.month)
        links += [" ÷ ", dcc.Link(text + DEFINITIONS[name].unit, href=address)]
    return html.P(["算式：", *links[1:]], className="basis-line")
