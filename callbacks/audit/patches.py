"""The patches behind one number of 月核, of the dates of the year, or of who was overturned."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING

from dash import Dash, dcc, html
from dash.development.base_component import Component
from flask import Flask

from callbacks.audit.cases import CASE_LISTS
from callbacks.audit.oddities import oddity_patches
from callbacks.frame.context import PageContext
from callbacks.lists.page import Top, register_list_page
from callbacks.lists.said import narrowed, with_filters
from callbacks.lists.view import Chosen, ListPage, ListView
from callbacks.lists.workbook import register_export
from components import ids, paths
from components.links import href
from components.lists.columns import PATCH_COLUMNS
from data.periods import correction_due_on, format_day
from data.services import Services
from data.store.queries.assessment import levels_spoken
from data.store.queries.audit_lists import corrections, open_items, repeated, returns_by
from data.store.queries.patch_list import count_patches
from data.triggers.rulebook import rulebook
from data.units import format_count
from data.vocabulary import AuditLevel
from data.worklists.audit import audit, waiting_of
from data.worklists.cases import cases
from data.worklists.stages import Stage

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: What of the address says whose patches are listed.
KEPT = ("list", "stage", "code", "level", "from", "to", "state")
_LEVELS = {"city": "市级", "province": "省级"}
_SPOKEN = {"overturned": "改判", "redetermined": "定性"}
_UNKNOWN = "没有指定清单，或地址已失效。请从月核、总览或年度评估的数字进入。"

Asked = Mapping[str, str]
#: Numbers of patches (one for each thing counted) and what they are.
Found = tuple[list[str], str]


def _stage(conn: Connection, context: PageContext, asked: Asked) -> Found:
    stage = Stage(asked["stage"])
    found = waiting_of(conn, context.scope, context.year, context.as_of, context.district)
    return [w.patch_no for w in found if w.stage is stage], f"月核{stage.label}"


def _returned(conn: Connection, context: PageContext, asked: Asked) -> Found:
    rows = returns_by(conn, context.scope, context.year, context.as_of)
    rows = [r for r in rows if context.district in (None, r.district)]
    words = "被退回"
    if code := asked.get("code"):
        rows, words = [r for r in rows if code in r.codes], f"因“{code}”被退回"
    if level := asked.get("level"):
        rows = [r for r in rows if r.level == AuditLevel(level).value]
        words = f"{AuditLevel(level).label}{words}"
    return [r.patch_no for r in rows], words


def _repeated(conn: Connection, context: PageContext, asked: Asked) -> Found:
    rows = returns_by(conn, context.scope, context.year, context.as_of)
    rows = [r for r in rows if context.district in (None, r.district)]
    return list(repeated(rows, AuditLevel.CITY.value)), "市级退回两次以上"


def _within(asked: Asked) -> Callable[[date], bool]:
    """Between the days of the address, both included. Raises ValueError."""
    first = date.fromisoformat(asked["from"]) if asked.get("from") else date.min
    last = date.fromisoformat(asked["to"]) if asked.get("to") else date.max
    return lambda day: first <= day <= last


def _when(asked: Asked, year: int) -> str:
    days = [asked.get("from"), asked.get("to")]
    told = [format_day(date.fromisoformat(d), year) for d in dict.fromkeys(days) if d]
    return f"{'至'.join(told)}到期的" if told else ""


def _corrections(conn: Connection, context: PageContext, asked: Asked) -> Found:
    fits = _within(asked)
    rows = corrections(conn, context.scope, context.year, context.as_of)
    found = [
        c.patch_no
        for c in rows
        if context.district in (None, c.district) and fits(correction_due_on(c.returned_on))
    ]
    return found, f"{_when(asked, context.year)}退回待改"


def _problems(conn: Connection, context: PageContext, asked: Asked) -> Found:
    fits, rule = _within(asked), rulebook(conn)["D8"]
    found = []
    for item in open_items(conn, context.scope, context.year, context.as_of):
        parameters = rule.of(context.year, item.listed_on).parameters
        due: date = rule.predicate(item.listed_on, item.deadline_on, **parameters)
        if context.district in (None, item.district) and fits(due):
            found.append(item.patch_no)
    return found, f"{_when(asked, context.year)}问题清单未销号"


def _direct(conn: Connection, context: PageContext, asked: Asked) -> Found:
    found = audit(conn, context.scope, context.year, context.as_of, context.district)
    over = rulebook(conn)["D9"].of(context.year, context.as_of).parameters["workdays"]
    late = [u.patch_no for u in found.direct_filing if u.workdays > over]
    if asked.get("state") == "late":
        return late, f"违法未立案超过{over}个工作日"
    return [u.patch_no for u in found.direct_filing], "违法未立案"


def _cases(conn: Connection, context: PageContext, asked: Asked) -> Found:
    found = cases(conn, context.scope, context.year, context.as_of, context.district)
    words, numbers = CASE_LISTS[asked["list"].removeprefix("cases-")]
    return numbers(found), words


def _oddity(conn: Connection, context: PageContext, asked: Asked) -> Found:
    return oddity_patches(conn, context, asked["code"])


def _spoken(conn: Connection, context: PageContext, asked: Asked) -> Found:
    what, _, level = asked["list"].partition("-")
    scope = context.scope.narrowed_to(context.district)
    found = levels_spoken(conn, scope, context.year, context.as_of)
    numbers = found[f"{level}_{what}_parcels"]
    return list(numbers), f"{_LEVELS[level]}{_SPOKEN[what]}"


_LISTS: dict[str, tuple[str, Callable[[Connection, PageContext, Asked], Found]]] = {
    "stage": ("个", _stage),
    "returned": ("次", _returned),
    "repeated": ("个", _repeated),
    "corrections": ("个", _corrections),
    "problems": ("项", _problems),
    "direct": ("宗", _direct),
    "oddity": ("个", _oddity),
    **{f"cases-{name}": ("宗", _cases) for name in CASE_LISTS},
    **{f"{what}-{level}": ("宗", _spoken) for what in _SPOKEN for level in _LEVELS},
}


def choose(conn: Connection, context: PageContext) -> Chosen:
    """The patches that the address means; none, with a sentence, where it means nothing."""
    asked = {key: context.query[key] for key in KEPT if context.query.get(key)}
    unit, find = _LISTS.get(asked.get("list", ""), ("", None))
    if find is None:
        return Chosen(None, "图斑", numbers=(), problems=(_UNKNOWN,))
    try:
        found, words = find(conn, context, asked)
    except (ValueError, KeyError):
        return Chosen(None, "图斑", numbers=(), problems=(_UNKNOWN,))
    numbers = tuple(dict.fromkeys(found))
    many = len(found) != len(numbers) or unit in ("宗", "项", "次")
    said = (f"共{format_count(len(found))}{unit}，涉及{format_count(len(numbers))}个图斑",)
    return Chosen(None, words, said=said if many else (), numbers=numbers)


PAGE = ListPage(
    path=paths.AUDIT_PATCHES,
    title="月核图斑",
    columns=PATCH_COLUMNS,
    sort=(("patch_no", "asc"),),
    with_map=True,
    kept=KEPT,
    choose=choose,
)


def headline(conn: Connection, view: ListView) -> str:
    """What is counted, and how many patches."""
    assert view.chosen is not None
    c, chosen = view.context, view.chosen
    day = format_day(c.as_of, c.year)
    where = c.district_name if c.district else ""
    if narrowed(view):
        count = format_count(count_patches(conn, c.scope, view.query))
        return with_filters(conn, view, f"截至{day}，{where}{chosen.words}：其中{count}个图斑")
    if chosen.said:
        return f"截至{day}，{where}{chosen.words}：{chosen.said[0]}"
    return f"截至{day}，{where}{chosen.words}：{format_count(len(chosen.numbers or ()))}个图斑"


def way_back(conn: Connection, view: ListView) -> list[Component]:
    back = dcc.Link("月核", href=href(paths.AUDIT, view.context.query))
    return [html.Nav([back, " › 图斑"], className="breadcrumb-line")]


TOP = Top(headline, before=way_back)


def register(app: Dash, services: Services) -> None:
    register_list_page(app, services, PAGE, ids.AuditPatches, TOP)


def register_routes(server: Flask, services: Services) -> None:
    register_export(server, services, PAGE)
