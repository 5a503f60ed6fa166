"""待办: what waits for whoever looks, by due date, and its count in the navigation."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from threading import Lock
from typing import TYPE_CHECKING

from cachetools import LRUCache
from dash import Dash, Input, Output, State
from dash.development.base_component import Component

from callbacks.frame.context import PageContext, read_context
from components import ids, paths
from components.links import href
from components.parts.cards import card, empty, headline, problem_notes
from components.parts.html_table import TableColumn
from components.parts.plain_table import Cell, plain_table
from data.acting import acting
from data.periods import format_day, format_days_left
from data.services import Services
from data.settings import Settings
from data.store.meta import content_key
from data.workflow.todo import Asking, Todo, todo
from data.workflow.todo_patches import previews_waiting

if TYPE_CHECKING:
    from sqlalchemy import Connection

PATH = paths.TODO
#: Answers of the same day, reader and content of the store: each page's navigation asks for them.
_kept: LRUCache[str, list[Todo]] = LRUCache(128)
_lock = Lock()


def waiting(conn: Connection, settings: Settings, context: PageContext) -> list[Todo]:
    """What waits in the view of the address."""
    who = acting()
    asking = Asking(conn, who, context.as_of, context.district)
    asked = (
        settings.database_url, who.name, who.role, sorted(who.rights), who.district,
        context.as_of, context.district, *content_key(conn),
        *previews_waiting(asking),  # jobs come and go without a change of the content
    )  # fmt: skip
    key = hashlib.sha256(repr(asked).encode()).hexdigest()
    with _lock:
        known = _kept.get(key)
    if known is None:
        known = todo(asking)
        with _lock:
            _kept[key] = known
    return known


def line_of(item: Todo, context: PageContext) -> list[str | Cell]:
    left = item.days_left(context.as_of)
    subject = context.names.get(item.subject, item.subject)
    # the view's own day; year and district as the item says
    query = {**context.query, **{k: v for k, v in item.query.items() if k in ("year", "district")}}
    own = {k: v for k, v in item.query.items() if k not in ("year", "district")}
    late = left is not None and left < 0
    return [
        Cell(item.kind.label, href(f"/{item.place}", query, **own)),
        subject,
        item.words,
        format_day(item.due_on, context.year),
        Cell("—" if left is None else format_days_left(left), tone="measure-late" if late else ""),
    ]


def said(context: PageContext, found: Sequence[Todo]) -> list[str]:
    day = format_day(context.as_of, context.year)
    if not found:
        return [f"截至{day}，没有等您办理的事项"]
    late = sum(1 for item in found if item.due_on is not None and item.due_on < context.as_of)
    soon = sum(1 for item in found if _within_week(item, context.as_of))
    parts = [f"截至{day}，有{len(found)}项等您办理"]
    parts += [f"{late}项已过期"] if late else []
    return [*parts, *([f"{soon}项一周内到期"] if soon else [])]


def _within_week(item: Todo, as_of: date) -> bool:
    return item.due_on is not None and 0 <= (item.due_on - as_of).days <= 7


def render(conn: Connection, settings: Settings, search: str) -> list[Component]:
    context = read_context(conn, settings, search)
    found = waiting(conn, settings, context)
    top = [headline(said(context, found)), *problem_notes(context.problems, href(PATH, {}))]
    if not found:
        return [*top, empty("没有待办事项。", "看各区市情况", href(paths.OVERVIEW, context.query))]
    columns = [TableColumn(h) for h in ("事项", "对象", "内容", "到期", "剩余")]
    table = plain_table(columns, [line_of(item, context) for item in found], "待办", "todo-table")
    return [*top, card("按到期日排列，没有期限的在后", table)]


def register(app: Dash, services: Services) -> None:
    @app.callback(
        Output(ids.Todo.CONTENT, "children"),
        Input(ids.Todo.CONTENT, "id"),
        State(ids.Shell.LOCATION, "search"),
    )
    def content(_: str, search: str | None) -> list[Component]:
        with services.store.read() as conn:
            return render(conn, services.settings, search or "")

    @app.callback(
        Output(ids.Shell.WAITING, "children"),
        Input(ids.Shell.WAITING, "id"),
        State(ids.Shell.LOCATION, "search"),
    )
    def count(_: str, search: str | None) -> str:
        with services.store.read() as conn:
            context = read_context(conn, services.settings, search or "")
            number = len(waiting(conn, services.settings, context))
        return str(number) if number else ""
