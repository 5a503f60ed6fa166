"""The frame around every page: navigation, top bar, place for the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash
import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from components import ids, paths
from components.links import href
from components.parts.attributes import aria
from components.parts.date_box import date_box

#: Groups of the navigation in order. A page says its own (`register_page(…, group=…, order=…)`).
GROUPS = ("看", "判", "办", "管")
#: Where a page stands that says none: it is not forgotten for it.
_OTHERS = "其他"

#: How long the wall shows a district before it goes on, with fresh data.
WALL_SECONDS = 20


def frame(city_name: str) -> Component:
    """The layout of the whole application."""
    i = ids.Shell
    return html.Div(
        [
            dcc.Location(id=i.LOCATION, refresh="callback-nav"),
            dcc.Store(id=i.CHOICE),
            dcc.Store(id=i.TOLD),
            html.A("跳到正文", href="#main", className="skip-link"),
            html.Header(
                [
                    html.Button(
                        "☰",
                        id=i.MENU,
                        type="button",
                        className="menu-button",
                        **aria(label="展开或收起导航", controls=i.NAVIGATION, expanded="true"),
                    ),
                    dcc.Link(
                        [html.Span("卫片执法监管", className="brand"), html.Small(city_name)],
                        id=i.HOME,
                        href=paths.OVERVIEW,
                        className="brand-link",
                    ),
                    html.Div(_controls(), className="controls"),
                    html.Div(id=i.STAMP, className="store-stamp"),
                    dcc.Link("帮助", id=i.HELP, href=paths.HELP, className="help-link"),
                    html.Div(id=i.ACCOUNT, className="account-box"),
                ],
                className="top-bar",
            ),
            html.Div(id=i.DEMO),
            html.Nav(id=i.NAVIGATION, className="side-nav", **aria(label="主导航")),
            html.Div(id=i.BACKDROP, className="nav-backdrop"),
            html.Main(
                html.Div(dash.page_container, className="page-body"), id="main", tabIndex="-1"
            ),
            html.Div(
                [html.Div(id=i.TOASTS), html.Div(id=i.NOTICES)],
                className="toasts",
                **aria(live="polite"),
            ),
            html.Footer(id=i.FOOTER, className="page-stamp"),
        ],
        id=i.FRAME,
        className="frame",
    )


def _controls() -> list[Component]:
    i = ids.Shell
    return [
        _control("工作年度", i.YEAR, dbc.Select(id=i.YEAR, size="sm")),
        _control(
            "基准日",
            i.AS_OF,
            date_box(i.AS_OF, "基准日"),
        ),
        _control("区市", i.DISTRICT, dbc.Select(id=i.DISTRICT, size="sm")),
    ]


def _control(label: str, control_id: str, control: Component) -> Component:
    return html.Div(
        [html.Label(label, htmlFor=control_id), control], className="control", title=label
    )


def navigation(
    pages: Sequence[Mapping[str, Any]], current: str, query: Mapping[str, str]
) -> list[Component]:
    """The links of the registered pages (Dash's registry), the current one marked. What stands
    below another page's address, or is many pages in one, is reached from there."""
    tops = [page for page in pages if is_top(page, pages)]
    groups: list[Component] = []
    for group in (*GROUPS, _OTHERS):
        entries = [page for page in tops if _group_of(page) == group]
        links = [
            html.Li(
                dcc.Link(
                    _entry(page),
                    href=href(page["path"], query),
                    className="nav-entry nav-current"
                    if _is(current, page["path"])
                    else "nav-entry",
                )
            )
            for page in sorted(entries, key=lambda page: page.get("order") or 0)
        ]
        if links:
            groups.append(html.Div([html.H2(group), html.Ul(links)], className="nav-group"))
    return groups


def _entry(page: Mapping[str, Any]) -> Any:
    """A page's name; beside 待办 how much waits (callbacks/todo.py)."""
    if page["path"] != paths.TODO:
        return page["name"]
    return [page["name"], html.Span(id=ids.Shell.WAITING, className="nav-count")]


def is_top(page: Mapping[str, Any], pages: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a page is one of the navigation."""
    if page.get("path_template") or page["module"].endswith("not_found_404"):
        return False
    others = (other["path"] for other in pages if other is not page and other["path"] != "/")
    return not any(page["path"].startswith(f"{path}/") for path in others)


def _group_of(page: Mapping[str, Any]) -> str:
    group = page.get("group")
    return group if group in GROUPS else _OTHERS


def _is(current: str, path: str) -> bool:
    return current == path or (path != "/" and current.startswith(f"{path}/"))


def toast(message: str, help_href: str = "") -> Component:
    """A sentence in the corner; it stays until it is closed. help_href: what explains it."""
    return html.Div(
        [
            html.P(message),
            dcc.Link("怎么办", href=help_href, className="toast-help") if help_href else None,
            html.Button("知道了", id=ids.Shell.TOAST_CLOSE, type="button", className="toast-close"),
        ],
        className="toast-note",
        role="alert",
    )


def known_banner(moment: str, later: Sequence[str], now_href: str) -> Component:
    """当时所知: what is shown was known at a moment. later: what differs from now, and
    what came since, newest first."""
    more = "与现在的差别，之后的改动" if later else "之后没有改动"
    return html.Div(
        [
            html.Strong(f"当时所知：{moment}（北京时间）以前入库的数据"),
            html.Details(
                [html.Summary(more), html.Ul([html.Li(line) for line in later[:50]])],
                className="known-later",
            )
            if later
            else html.Span(more),
            dcc.Link("回到现在", href=now_href),
        ],
        className="known-mark",
        role="note",
    )


def wall_clock(tick_id: str, query: Mapping[str, str]) -> Component:
    """Makes a page of `?screen=1` go on to the next district by itself; still elsewhere."""
    on_wall = query.get("screen") == "1"
    return dcc.Interval(id=tick_id, interval=WALL_SECONDS * 1000, disabled=not on_wall)


def breadcrumb(steps: Sequence[tuple[str, str | None]]) -> Component:
    """(name, address) from the first page to this one, whose address is None."""
    return html.Nav(
        html.Ol([html.Li(dcc.Link(n, href=a) if a else html.Span(n)) for n, a in steps]),
        className="crumbs",
        **aria(label="路径"),
    )
