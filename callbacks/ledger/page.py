"""整改台账: the unlawful since 2018 and how far it has come; acceptance, write-off, rechecks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import dash
from dash import Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from flask import Flask, Response

from callbacks.audit.doubts import may_judge, of_comebacks, register_judging
from callbacks.frame.address import search_of_request, source_of_request
from callbacks.frame.choices import narrowed
from callbacks.frame.content import fill_place
from callbacks.frame.context import PageContext, read_context
from callbacks.frame.downloads import xlsx_response
from callbacks.frame.guard import changes_state
from callbacks.frame.needs import needs
from callbacks.ledger.address import (
    MARKS,
    PER_PAGE,
    TABS,
    LedgerAddress,
    read_ledger,
    ways,
)
from callbacks.ledger.workbook import EXPORT_PATH, workbook
from components import ids, paths
from components.audit.doubts import doubts_table
from components.ledger.page import (
    acting_list,
    curve,
    filters,
    items_table,
    rechecks_table,
    tabs,
    to_list,
    year_sums,
    years_table,
)
from components.links import frame_part, href
from components.parts.card_menu import copy_link, export_link, save_image, show_table
from components.parts.cards import card, empty, headline, problem_notes
from components.parts.pager import pager
from components.shell import toast
from data.acting import acting
from data.definitions import DEFINITIONS
from data.errors import SupervisionError
from data.numbers import whole_number
from data.outlook.leading import NO_DATA
from data.periods import format_day
from data.rights import Right
from data.rules.doubts import DoubtKind, DoubtState
from data.services import Services
from data.settings import Settings
from data.units import format_count, format_mu
from data.workflow.writing_off import Key, LedgerStep, take_step
from data.worklists.cleanup import clean_up
from data.worklists.comebacks import ComeBack, comebacks
from data.worklists.ledger import Ledger, LedgerState, ledger
from data.worklists.rechecks import RecheckDue, rechecks

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: From the least to the most advanced.
STATES = (
    LedgerState.OPEN,
    LedgerState.TO_ACCEPT,
    LedgerState.TO_CERTIFY,
    LedgerState.TO_WRITE_OFF,
    LedgerState.WRITTEN_OFF,
)
_WAITING = (LedgerState.TO_ACCEPT, LedgerState.TO_WRITE_OFF)
#: Items that can be ticked on the page.
MOST_TICKED = 30


def may_act(context: PageContext, today: date) -> bool:
    account = acting()
    is_now = context.as_of == today and context.known is None
    return is_now and account.may(Right.CONFIRM) and not account.is_district


def sentences(context: PageContext, found: Ledger) -> list[str]:
    """What is left of the old, what is late, what waits for the city."""
    day, where = format_day(context.as_of, context.year), context.district_name
    if not found.items and not context.stamp.years:
        return [f"截至{day}，{where}整改台账还是空的，{NO_DATA}"]
    open_ = [i for i in found.items if i.state is LedgerState.OPEN]
    old = [i for i in open_ if i.year < context.year]
    late = sum(i.overdue for i in open_)
    waiting = sum(i.state in _WAITING for i in found.items)
    left = sum(i.farmland_mu for i in open_)
    said = [
        f"截至{day}，{where}台账{len(found.items):,}宗，{len(open_):,}宗未整改（耕地{format_mu(left)}亩）"
    ]
    if old:
        mu = sum(i.farmland_mu for i in old)
        said.append(f"其中往年{len(old):,}宗、{format_mu(mu)}亩")
    if late:
        said.append(f"{late:,}宗逾期未整改")
    if waiting:
        said.append(f"{waiting:,}宗等市局验收或销号")
    return said


def render(conn: Connection, settings: Settings, search: str) -> list[Component]:
    """The whole page for an address."""
    context = read_context(conn, settings, search)
    address = read_ledger(context.query)
    found = ledger(conn, context.scope, context.as_of, context.district)
    if address.tab == "comebacks":
        return _comebacks_page(conn, context, settings, len(found.items))
    due = rechecks(conn, context.scope, context.as_of, context.district)
    query = frame_part(context.query)
    problems = [*context.problems, *address.problems]
    counts = {"items": len(found.items), "rechecks": len(due)}
    top = [
        headline(
            _recheck_sentences(context, due)
            if address.tab == "rechecks"
            else sentences(context, found)
        ),
        *problem_notes(problems, href(paths.LEDGER, query)),
        tabs(TABS, counts, address.tab, query),
    ]
    if address.tab == "rechecks":
        return [*top, *_rechecks_part(context, due, query)]
    if not found.items:
        return [
            *top,
            empty(
                "台账还是空的：没有历年整改台账，也没有占用耕地的违法地块。",
                "去上传“历年整改台账”或“查处整改”",
                href(paths.UPLOAD, query),
            ),
        ]
    return [*top, *_ledger_part(conn, context, settings, address, found, query)]


def _ledger_part(
    conn: Connection,
    context: PageContext,
    settings: Settings,
    address: LedgerAddress,
    found: Ledger,
    query: dict[str, str],
) -> list[Component]:
    names = context.names_seen
    own = address.own()
    actions = [
        export_link(href(EXPORT_PATH, query, **own)),
        copy_link(context.permalink(paths.LEDGER)),
    ]
    sums = year_sums(found.years, STATES)
    left = {year: own_sums[LedgerState.OPEN.value][1] for year, own_sums in sums.items()}
    oldest = next((year for year, mu in left.items() if mu), None)
    title = f"最早的旧账：{oldest}年还有{format_mu(left[oldest])}亩未整改" if oldest else "旧账已清"
    cleaned = clean_up(found.items, context.as_of)
    place = f"{context.district_name} · {context.stamp_line}"
    cards = [
        card(
            f"{len(found.items):,}宗走到哪一步",
            years_table(sums, STATES, query),
            definition=DEFINITIONS["ledger_unrectified_rate"],
            actions=actions,
            note="每格：宗数，其中违法占用耕地面积。来源年度和账龄一直保留。",
        ),
        card(
            title,
            curve(cleaned),
            actions=[
                show_table(ids.Ledger.CURVE_TABLE),
                save_image(ids.Ledger.CURVE, title, place),
                *actions,
            ],
            class_name="chart-panel",
        ),
        *_waiting_card(context, settings, found, names, query),
        _list_card(context, address, found, names, query, actions),
    ]
    return [html.Div(cards, className="audit-grid")]


def _waiting_card(
    context: PageContext,
    settings: Settings,
    found: Ledger,
    names: dict[str, str],
    query: dict[str, str],
) -> list[Component]:
    waiting = [i for i in found.items if i.state in _WAITING]
    if not waiting:
        return []
    accept = sum(i.state is LedgerState.TO_ACCEPT for i in waiting)
    title = f"等市局办理：待验收{accept}宗，待销号{len(waiting) - accept}宗"
    if may_act(context, settings.today()):
        body: Any = acting_list(waiting[:MOST_TICKED], names, len(waiting))
    else:
        day = format_day(settings.today())
        body = [
            html.P(f"由有“确认”权限的市局账户在今天（{day}）的基准日下办理。", className="note"),
            *(
                dcc.Link(f"查看{s.label}的", href=to_list(query, state=s.value), className="me-3")
                for s in _WAITING
            ),
        ]
    return [card(title, body, class_name="queue-card")]


def _list_card(
    context: PageContext,
    address: LedgerAddress,
    found: Ledger,
    names: dict[str, str],
    query: dict[str, str],
    actions: list[Component],
) -> Component:
    own = address.own()
    items = [i for i in found.items if address.fits(i)]
    pages = max(1, -(-len(items) // PER_PAGE))
    page = min(address.page, pages)
    shown = items[(page - 1) * PER_PAGE : page * PER_PAGE]
    mu = sum(i.farmland_mu for i in items)
    said = "符合条件" if address.is_narrowed else "全部"
    bar = filters(
        sorted({i.year for i in found.items}),
        STATES,
        ways(),
        MARKS,
        own,
        clear_href=to_list(query),
        export_href=href(EXPORT_PATH, query, **own),
    )
    body: list[Component | None] = [bar]
    if shown:
        body += [
            items_table(shown, names, context.as_of, query, context.stamp.years),
            pager(page, pages, paths.LEDGER, query, own),
        ]
    else:
        body.append(html.P("没有符合条件的台账项。请放宽筛选。"))
    return card(
        f"{said}{format_count(len(items))}宗，违法占用耕地{format_mu(mu)}亩",
        body,
        actions=actions,
        class_name="ledger-list",
    )


# ---- rechecks ------------------------------------------------------------------------------------


def _recheck_sentences(context: PageContext, due: Sequence[RecheckDue]) -> list[str]:
    day, where = format_day(context.as_of, context.year), context.district_name
    late, again = sum(r.overdue for r in due), sum(r.reopened for r in due)
    said = [
        f"截至{day}，{where}{late:,}宗逾期未复核" if late else f"截至{day}，{where}没有逾期的复核"
    ]
    said.append(f"需周期复核{len(due):,}宗")
    if again:
        said.append(f"{again:,}宗复核发现变化")
    return said


def _rechecks_part(
    context: PageContext, due: Sequence[RecheckDue], query: dict[str, str]
) -> list[Component]:
    if not due:
        return [empty("没有需要周期复核的地块。", "判定为临时用地、设施农业用地、农村道路、"
                      "实地未变化，或拆除复耕后，到期会列在这里。")]  # fmt: skip
    page = read_ledger(context.query).page
    pages = max(1, -(-len(due) // PER_PAGE))
    page = min(page, pages)
    shown = due[(page - 1) * PER_PAGE : page * PER_PAGE]
    actions = [
        export_link(href(EXPORT_PATH, query, tab="rechecks")),
        copy_link(context.permalink(paths.LEDGER)),
    ]
    table = rechecks_table(shown, context.names_seen, context.as_of, query)
    return [
        card(
            f"周期复核{len(due):,}宗，先到期的在前",
            [table, pager(page, pages, paths.LEDGER, query, {"tab": "rechecks"})],
            actions=actions,
            note="复核结果由“周期复核”表上传；发现变化的重新列入台账（§4.6）。",
        )
    ]


# ---- ground that comes back ----------------------------------------------------------------------


def _comebacks_page(
    conn: Connection, context: PageContext, settings: Settings, items: int
) -> list[Component]:
    """Patches of the work year on ground that was issued before, come-backs first."""
    found = comebacks(conn, context.scope, context.as_of, context.year, context.district)
    query, address = frame_part(context.query), read_ledger(context.query)
    pages = max(1, -(-len(found) // PER_PAGE))
    page = min(address.page, pages)
    rows = of_comebacks(found, context)[(page - 1) * PER_PAGE : page * PER_PAGE]
    can_judge = may_judge(context, settings.today())
    top = [
        headline(_comeback_sentences(context, found)),
        *problem_notes([*context.problems, *address.problems], href(paths.LEDGER, query)),
        tabs(TABS, {"items": items, "comebacks": len(found)}, "comebacks", query),
    ]
    if not found:
        return [
            *top,
            empty("没有与以前的图斑或其他专项重叠的图斑。", "上传带图形的“下发图斑”后自动比对。"),
        ]
    return [
        *top,
        card(
            f"{len(found):,}处重叠，复现在前",
            [doubts_table(rows, "ledger", can_judge),
             pager(page, pages, paths.LEDGER, query, {"tab": "comebacks"})],
            actions=[export_link(href(EXPORT_PATH, query, tab="comebacks")),
                     copy_link(context.permalink(paths.LEDGER))],
            note="与以前已销号、已消除或判定为其他的地块重叠的为“重叠复现”，属实的，原地块重新列入台账。"
            + ("" if can_judge else "由有“审核”权限的市局账户在今天的基准日下认定。"),
        ),
    ]  # fmt: skip


def _comeback_sentences(context: PageContext, found: Sequence[ComeBack]) -> list[str]:
    day, where = format_day(context.as_of, context.year), context.district_name
    backs = [b for b in found if b.kind is DoubtKind.COMEBACK]
    open_ = sum(b.state is DoubtState.OPEN for b in backs)
    said = [f"截至{day}，{where}{context.year}年图斑中{len(backs):,}处重叠复现，{open_:,}处待核"]
    said.append(f"另有{len(found) - len(backs):,}处与其他图斑或专项重叠")
    return said


def keys_of(picked: Sequence[str]) -> list[Key]:
    """The ticked items. Raises SupervisionError for what the page did not offer."""
    found = []
    for text in picked:
        year, parcel, number = [*text.split("|", 2), "", ""][:3]
        work_year, parcel_no = whole_number(year, most=9999), whole_number(parcel, most=10**6)
        if work_year is None or parcel_no is None or not number:
            raise SupervisionError("页面已更新，请刷新后重试。")
        found.append((work_year, number, parcel_no))
    return found


def register(app: Dash, services: Services) -> None:
    i = ids.Ledger

    fill_place(app, services, i.CONTENT, render)

    @app.callback(
        Output(ids.Shell.LOCATION, "href", allow_duplicate=True),
        Input(i.TEXT, "value"),
        Input(i.ORIGIN, "value"),
        Input(i.STATE, "value"),
        Input(i.WAY, "value"),
        Input(i.MARK, "value"),
        State(ids.Shell.LOCATION, "search"),
        prevent_initial_call=True,
    )
    def narrow(
        text: str | None, origin: str, state: str, way: str, mark: str, search: str | None
    ) -> Any:
        chosen = {"origin": origin, "state": state, "way": way, "mark": mark}
        return narrowed(paths.LEDGER, search or "", text, chosen) or no_update

    @app.callback(
        Output(i.CONTENT, "children", allow_duplicate=True),
        Output(ids.Shell.TOASTS, "children", allow_duplicate=True),
        Input(i.ACCEPT, "n_clicks"),
        Input(i.WRITE_OFF, "n_clicks"),
        State(i.PICKED, "value"),
        State(i.EVIDENCE, "value"),
        State(ids.Shell.LOCATION, "search"),
        prevent_initial_call=True,
    )
    @changes_state
    @needs(Right.CONFIRM)
    def step(
        accepted: int | None,
        written_off: int | None,
        picked: list[str] | None,
        evidence: str | None,
        search: str | None,
    ) -> Any:
        if not accepted and not written_off:
            return no_update, no_update
        wanted = LedgerStep.ACCEPT if dash.ctx.triggered_id == i.ACCEPT else LedgerStep.WRITE_OFF
        keys, today = keys_of(picked or []), services.settings.today()
        with services.store.write() as conn:
            count = take_step(
                conn, acting(), wanted, keys, evidence or "", today, source_of_request()
            )
        with services.store.read() as conn:
            page = render(conn, services.settings, search or "")
        return page, toast(f"已{wanted.label}{count}宗。")

    register_judging(
        app, services, "ledger", i.CONTENT,
        lambda conn, search: render(conn, services.settings, search),
    )  # fmt: skip


def register_routes(server: Flask, services: Services) -> None:
    @server.get(EXPORT_PATH)
    def export_ledger() -> Response:
        with services.store.read() as conn:
            name, content = workbook(conn, services.settings, search_of_request())
        return xlsx_response(name, content)
