"""The frame follows the address, and the address follows the frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import flask
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from flask import Flask

from callbacks.frame.context import PageContext, read_context
from callbacks.frame.gate import pages_for
from callbacks.frame.guard import TOKEN_FIELD, token_for_forms
from callbacks.handbook import help_address
from components import ids
from components.links import href, read_search
from components.parts.attributes import data
from components.parts.figure_text import shown
from components.shell import known_banner, navigation
from data.acting import acting
from data.definitions import DEFINITIONS
from data.numbers import whole_number
from data.periods import default_as_of, format_day, local_time
from data.services import Services
from data.store.queries.later import Later
from data.store.queries.stamp import Stamp, data_version
from data.vocabulary import UploadKind
from data.workflow.known_difference import FigureThenNow, difference

EVERYWHERE = "all"
#: What a map's address says of days, which another year does not have.
_OF_A_YEAR = {"months", "against", "against_months", "day"}


def stamp_text(known: Stamp, year: int | None = None) -> str:
    """`数据版本 12 · 最近上传 11月23日 09:05 核查结果`; year: in which a day stands without it."""
    if known.last_upload_at is None:
        return "尚无数据"
    local = local_time(known.last_upload_at)
    kind = UploadKind(known.last_upload_kind).label if known.last_upload_kind else ""
    when = f"{format_day(local.date(), year)} {local:%H:%M}"
    return f"数据版本 {known.data_version} · 最近上传 {when} {kind}"


def later_text(one: Later) -> str:
    """`11月23日 09:05 上传“核查结果”，2个图斑（批次12）`."""
    local = local_time(one.at)
    patches = f"，{one.patches}个图斑" if one.patches else ""
    return f"{format_day(local.date())} {local:%H:%M} {one.what}{patches}（批次{one.batch}）"


#: Figures that the banner compares with now; the rest by `figures --known-on … --compare`.
COMPARED = ("patches", "cleared", "unlawful_farmland_mu", "remaining_farmland_mu", "ratio_net")


def moved_texts(moved: Sequence[FigureThenNow], context: PageContext) -> list[str]:
    """`全市 问责比例：当时14.2%，现在13.6%`: of the city, and the ratio of each district."""
    texts = []
    for one in moved:
        if one.figure not in (COMPARED if one.code is None else ("ratio_net",)):
            continue
        definition = DEFINITIONS[one.figure]
        unit = definition.unit if definition.unit != "%" else ""
        then, now = (shown(one.figure, value, context.lines) for value in (one.then, one.now))
        name = context.names.get(one.code or "", "全市")
        texts.append(f"{name} {definition.label}：当时{then}{unit}，现在{now}{unit}")
    return texts


def new_address(
    path: str,
    search: str,
    context: PageContext,
    year: str | None,
    as_of: str | None,
    district: str | None,
    today: date,
) -> str | None:
    """The address for what was chosen in the top bar; None where it is the present view.

    Another year takes its own default day. What equals the default stays out of the address.
    """
    chosen_year = whole_number(year) or context.year
    chosen_district = district if district and district != EVERYWHERE else None
    try:
        chosen_day = date.fromisoformat((as_of or "")[:10])
    except ValueError:
        chosen_day = context.as_of
    if chosen_year != context.year:
        chosen_day = default_as_of(chosen_year, today)
    present = (context.year, context.as_of, context.district)
    if (chosen_year, chosen_day, chosen_district) == present:
        return None
    query = read_search(search)
    own = {k: v for k, v in query.items() if k not in ("year", "asof", "district", "screen")}
    gone: set[str] = set()
    if chosen_year != context.year:
        gone |= {"month", "town", "box", "view", *_OF_A_YEAR}
    if chosen_district != context.district:
        gone |= {"town", "box", "view"}
        if "trigger" in own:  # the same of the other district
            rule, subject, *rest = [*own["trigger"].split("."), ""]
            whose = chosen_district or f"{subject[:4]}00"
            own["trigger"] = ".".join(filter(None, (rule, whose, *rest)))
    if chosen_day != context.as_of:
        gone.add("day")
    own = {k: v for k, v in own.items() if k not in gone}
    is_default_day = chosen_day == default_as_of(chosen_year, today)
    return href(
        path,
        query,
        year=str(chosen_year),
        asof=None if is_default_day else chosen_day.isoformat(),
        district=chosen_district,
        **own,
    )


def frame_parts(
    context: PageContext,
    path: str,
    pages: Sequence[Mapping[str, Any]],
    later: Sequence[str] = (),
) -> tuple[Any, ...]:
    """Navigation, selects, stamp, marks and footer for a view. later: what differs from now,
    and what came after the moment that is looked at."""
    known = context.stamp
    years = known.years or (context.year,)
    marks: list[Component] = []
    if known.is_demo:
        marks = [html.Div("演示数据，非真实情况", className="demo-mark", role="note")]
    if context.known is not None:
        now = href(path, context.query, known=None)
        marks.append(known_banner(context.known.text, later, now))
    footer = (
        f"{context.district_name} · {context.year}年度 · "
        f"基准日{format_day(context.as_of, context.year)} · {stamp_text(known, context.year)}"
        + (f" · 当时所知 {context.known.text}" if context.known else "")
        + (" · 演示数据" if known.is_demo else "")
    )
    return (
        navigation(pages, path, context.query),
        [{"value": str(y), "label": f"{y}年度"} for y in years],
        str(context.year),
        context.as_of.isoformat(),
        [
            {"value": EVERYWHERE, "label": "全市"},
            *({"value": d.code, "label": d.short_name} for d in known.districts),
        ],
        context.district or EVERYWHERE,
        # assets/js/connection.js compares it with the store's
        html.Span(stamp_text(known, context.year), **data(version=str(known.data_version))),
        marks,
        footer,
        href("/", context.query),
        href(help_address(path), context.query),
        account_box(),
        [str(context.year), context.as_of.isoformat(), context.district or EVERYWHERE],
    )


def account_box() -> list[Component]:
    """Who is signed in, and the way out: a plain form with the token of this browser."""
    token = token_for_forms() if flask.has_request_context() else ""
    return [
        html.A(acting().name, href="/password", title="更换密码"),
        html.Form(
            [
                dcc.Input(type="hidden", name=TOKEN_FIELD, value=token),
                html.Button("退出", type="submit", className="sign-out"),
            ],
            action="/logout",
            method="post",
        ),
    ]


def register_routes(server: Flask, services: Services) -> None:
    @server.get("/version.json")
    def version() -> dict[str, int]:
        """What an open page compares its own data version with."""
        with services.store.read() as conn:
            return {"version": data_version(conn)}


#: What of the frame follows the address, as frame_parts tells it.
FOLLOWED = (
    Output(ids.Shell.NAVIGATION, "children"),
    Output(ids.Shell.YEAR, "options"),
    Output(ids.Shell.YEAR, "value"),
    Output(ids.Shell.AS_OF, "date"),
    Output(ids.Shell.DISTRICT, "options"),
    Output(ids.Shell.DISTRICT, "value"),
    Output(ids.Shell.STAMP, "children"),
    Output(ids.Shell.DEMO, "children"),
    Output(ids.Shell.FOOTER, "children"),
    Output(ids.Shell.HOME, "href"),
    Output(ids.Shell.HELP, "href"),
    Output(ids.Shell.ACCOUNT, "children"),
    Output(ids.Shell.TOLD, "data"),
)


def follow(services: Services, path: str, search: str) -> tuple[Any, ...]:
    """The parts of the frame at an address."""
    with services.store.read() as conn:
        context = read_context(conn, services.settings, search)
    lines: list[str] = []
    if context.known is not None:
        moved, later = difference(
            services.store,
            context.known,
            context.scope,
            context.year,
            context.as_of,
            names=False,
        )
        lines = [*moved_texts(moved, context), *map(later_text, later)]
    return frame_parts(context, path, pages_for(acting()), lines)


def register(app: Dash, services: Services) -> None:
    i = ids.Shell

    @app.callback(
        *FOLLOWED,
        Input(i.LOCATION, "pathname"),
        Input(i.LOCATION, "search"),
        prevent_initial_call=True,  # the page's first answer brings it (first_answer.py)
    )
    def frame(path: str | None, search: str | None) -> tuple[Any, ...]:
        return follow(services, path or "/", search or "")

    # What the frame itself put into the controls is no choice. The lists change the address without
    # a navigation, so the browser is asked for it.
    app.clientside_callback(
        """(year, asOf, district, told) => String([year, asOf, district]) === String(told)
            ? window.dash_clientside.no_update
            : [year, asOf, district, window.location.pathname, window.location.search]""",
        Output(i.CHOICE, "data"),
        Input(i.YEAR, "value"),
        Input(i.AS_OF, "date"),
        Input(i.DISTRICT, "value"),
        State(i.TOLD, "data"),
        prevent_initial_call=True,
    )

    @app.callback(Output(i.LOCATION, "href"), Input(i.CHOICE, "data"), prevent_initial_call=True)
    def lead(choice: list[str | None]) -> Any:
        year, as_of, district, path, search = choice
        if year is None or as_of is None or district is None:
            raise PreventUpdate
        with services.store.read() as conn:
            context = read_context(conn, services.settings, search or "")
        today = services.settings.today()
        address = new_address(path or "/", search or "", context, year, as_of, district, today)
        return address or no_update

    app.clientside_callback(
        ClientsideFunction("shell", "frameClass"),
        Output(i.FRAME, "className"),
        Input(i.LOCATION, "search"),
        Input(i.LOCATION, "pathname"),
        Input(i.MENU, "n_clicks"),
        Input(i.BACKDROP, "n_clicks"),
        State(i.FRAME, "className"),
    )
    app.clientside_callback(
        ClientsideFunction("shell", "closeToast"),
        Output(i.TOASTS, "children"),
        Input(i.TOAST_CLOSE, "n_clicks"),
        prevent_initial_call=True,
    )
