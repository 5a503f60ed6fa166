"""外业核查: what F1–F5 ask for on a day and where each check stands; forms for the steps
(callbacks/checks/steps.py takes them)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from dash import Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from flask import Flask

from callbacks.checks.acting import OF_TAB, acting_card, is_now, waiting_for
from callbacks.checks.address import MARKS, PER_PAGE, TABS, ChecksAddress, read_checks
from callbacks.checks.package import PACKAGE_PATH, archive, to_visit
from callbacks.checks.steps import register_steps
from callbacks.checks.workbook import EXPORT_PATH, workbook
from callbacks.frame.choices import narrowed
from callbacks.frame.content import fill_place
from callbacks.frame.context import PageContext, read_context
from callbacks.frame.downloads import serve_workbook
from components import ids, paths
from components.checks.page import (
    districts_table,
    draw_form,
    draws_table,
    filters,
    outside_table,
    states_table,
    tabs,
    tasks_table,
    to_checks,
)
from components.links import frame_part, href
from components.parts.card_menu import copy_link, export_link
from components.parts.cards import card, empty, headline, problem_notes
from components.parts.pager import pager
from data.acting import acting
from data.outlook.leading import NO_DATA
from data.periods import format_day
from data.rights import Right
from data.rules.doubts import DoubtState
from data.services import Services
from data.settings import Settings
from data.store.queries.sample_draws import draws
from data.units import format_count
from data.vocabulary import UploadKind
from data.workflow.sampling import is_proved, months_to_draw
from data.worklists.checks import RULES, Checks, checks, one_a_visit
from data.worklists.refuted import refuted
from data.worklists.visits import VisitState

if TYPE_CHECKING:
    from sqlalchemy import Connection


def sentences(context: PageContext, found: Checks) -> list[str]:
    """What is late, how far it is, what waits for whom."""
    day, where = format_day(context.as_of, context.year), context.district_name
    if context.year not in context.stamp.years:
        return [f"截至{day}，{where}{context.year}年度还没有下发图斑，{NO_DATA}"]
    visits = list(one_a_visit(found.tasks).values())
    states = Counter(t.visit.state for t in visits)
    late = sum(t.visit.overdue for t in visits)
    done = sum(t.done for t in visits)
    said = []
    if late:
        said.append(f"截至{day}，{where}外业核查{format_count(late)}处逾期")
    words = [
        f"{states[s]:,}处{word}"
        for s, word in (
            (VisitState.DUE, "待派组"), (VisitState.ASSIGNED, "待核查"),
            (VisitState.AGAIN, "待补充"), (VisitState.CHECKED, "待认定"),
        )
        if states[s]
    ]  # fmt: skip
    lead = "" if late else f"截至{day}，{where}"
    said.append(f"{lead}应查{len(visits):,}处，已核查{done:,}处" + "".join(f"，{w}" for w in words))
    if states[VisitState.EXEMPT]:
        said.append(f"免查{states[VisitState.EXEMPT]:,}处")
    return said


def render(conn: Connection, settings: Settings, search: str) -> list[Component]:
    """The whole page for an address."""
    context = read_context(conn, settings, search)
    address = read_checks(context.query)
    query = frame_part(context.query)
    found = checks(conn, context.scope, context.year, context.as_of, context.district)
    counts = {tab: len(waiting_for(found.tasks, tab)) for tab in OF_TAB}
    sees_all = context.scope.districts is None
    entries = {k: v for k, v in TABS.items() if k != "draws" or sees_all}
    top = [
        headline(sentences(context, found)),
        *problem_notes([*context.problems, *address.problems], href(paths.CHECKS, query)),
        tabs(entries, counts, address.tab, query),
    ]
    if address.tab == "draws":
        return [*top, *_draws_part(conn, context, settings)]
    if not found.tasks:
        return [
            *top,
            empty(
                f"{context.year}年度还没有要外业核查的图斑。",
                "去上传“下发图斑”", href(paths.UPLOAD, query),
            ),
        ]  # fmt: skip
    if address.tab in OF_TAB:
        return [*top, acting_card(conn, context, settings, address, found, query)]
    return [*top, *_list_part(conn, context, address, found, query)]


def _list_part(
    conn: Connection,
    context: PageContext,
    address: ChecksAddress,
    found: Checks,
    query: dict[str, str],
) -> list[Component]:
    own = address.own()
    actions = [
        export_link(href(EXPORT_PATH, query, **own)),
        copy_link(context.permalink(paths.CHECKS)),
    ]
    names = {rule: context.rules[rule].name for rule in RULES}
    counts = Counter((t.rule, t.visit.state) for t in found.tasks)
    late = Counter(t.rule for t in found.tasks if t.visit.overdue)
    cards = [
        card(
            _title(found),
            states_table(found.coverage, names, counts, late, list(VisitState), query),
            actions=actions,
            note="一个图斑可由几条规则要求核查，各规则分别列；派组和核查按图斑和级别办一次。"
            "核查率按有核查记录的计，F4按已出具证明的计。",
        ),
        *_doubts_card(conn, context, query),
    ]
    if len(found.districts) > 1:
        body = districts_table(found.districts, context.names_seen, query)
        cards.append(card("各区市核查情况", body, actions=actions))
    tasks = [t for t in found.tasks if address.fits(t)]
    pages = max(1, -(-len(tasks) // PER_PAGE))
    page = min(address.page, pages)
    shown = tasks[(page - 1) * PER_PAGE : page * PER_PAGE]
    bar = filters(
        [(rule, f"{rule} {name}") for rule, name in names.items()],
        list(VisitState), MARKS, own, clear_href=to_checks(query),
        export_href=href(EXPORT_PATH, query, **own),
        package_href=href(PACKAGE_PATH, query, **own) if any(map(to_visit, tasks)) else None,
        return_href=href(paths.UPLOAD, query, kind=UploadKind.CHECKS.value),
    )  # fmt: skip
    said = "符合条件" if address.is_narrowed else "全部"
    body_: list[Component | None] = [bar]
    if shown:
        body_ += [
            tasks_table(shown, context.names_seen, context.year, query),
            pager(page, pages, paths.CHECKS, query, own),
        ]
    else:
        body_.append(html.P("没有符合条件的核查。请放宽筛选。"))
    cards.append(
        card(f"{said}{format_count(len(tasks))}项", body_, actions=actions,
             class_name="ledger-list")
    )  # fmt: skip
    if found.outside:
        cards.append(_outside_card(context, found, query))
    return [html.Div(cards, className="audit-grid")]


def _outside_card(context: PageContext, found: Checks, query: dict[str, str]) -> Component:
    rows = found.outside
    note = "没有规则要求核查、或判定改变后不再要求的图斑，已有核查记录，不计入核查率。"
    table = outside_table(rows[:PER_PAGE], context.names_seen, context.year, query)
    return card(
        f"清单外的核查{len(rows):,}处",
        html.Details([html.Summary("查看"), table], className="more"),
        note=note + (f"列出前{PER_PAGE}处。" if len(rows) > PER_PAGE else ""),
    )


def _title(found: Checks) -> str:
    """The rule that is furthest behind."""
    behind = {r: c.required - c.done for r, c in found.coverage.items()}
    most = max(behind, key=lambda r: behind[r])
    if not behind[most]:
        return "各规则要求的都已核查"
    return f"各规则中{most}差得最多，{behind[most]:,}个未核查"


def _doubts_card(conn: Connection, context: PageContext, query: dict[str, str]) -> list[Component]:
    rows = refuted(conn, context.scope, context.year, context.as_of, context.district)
    open_ = sum(r.state is DoubtState.OPEN for r in rows)
    if not open_:
        return []
    target = href(paths.AUDIT, query, tab="doubts")
    return [
        card(
            f"{open_:,}处认定不属实，等认定是否填报不实",
            dcc.Link("去月核的疑点认定或排除", href=target),
            class_name="queue-card",
        )
    ]


# ---- draws ---------------------------------------------------------------------------------------


def _draws_part(conn: Connection, context: PageContext, settings: Settings) -> list[Component]:
    """Which samples were drawn and whether drawing again gives the same; nothing where the reader
    does not see all districts."""
    recorded = draws(conn, context.scope, context.year, context.as_of)
    proved = [(d, is_proved(context.rules, d)) for d in recorded]
    cards = []
    if recorded:
        wrong = sum(not good for _, good in proved)
        title = f"{wrong}次抽取与记录不一致" if wrong else f"{len(recorded)}次抽取都能重现"
        body = draws_table(proved, context.year)
        note = (
            "“重新抽取”按记录的总体、种子和比例再抽一次，与记录比对；命令行 draw 与这里是同一记录。"
        )
        cards.append(card(title, body, note=note))
    else:
        cards.append(
            card("还没有抽取记录", html.P("没有记录的月份，清单按基准日当天会抽中的列出。"))
        )
    today = settings.today()
    if context.scope.districts is None and is_now(context, today) and acting().may(Right.CHECK):
        months = months_to_draw(conn, context.year, today)
        form: Any = draw_form(months, context.year) if months else html.P("没有未抽过的图斑。")
        cards.append(card("抽取", form, class_name="queue-card"))
    return [html.Div(cards, className="audit-grid")]


def register(app: Dash, services: Services) -> None:
    i = ids.Checks

    fill_place(app, services, i.CONTENT, render)

    @app.callback(
        Output(ids.Shell.LOCATION, "href", allow_duplicate=True),
        Input(i.TEXT, "value"),
        Input(i.RULE, "value"),
        Input(i.STATE, "value"),
        Input(i.MARK, "value"),
        State(ids.Shell.LOCATION, "search"),
        prevent_initial_call=True,
    )
    def narrow(text: str | None, rule: str, state: str, mark: str, search: str | None) -> Any:
        chosen = {"rule": rule, "state": state, "mark": mark}
        return narrowed(paths.CHECKS, search or "", text, chosen) or no_update

    register_steps(app, services, lambda conn, search: render(conn, services.settings, search))


def register_routes(server: Flask, services: Services) -> None:
    serve_workbook(server, services, EXPORT_PATH, workbook)
    serve_workbook(server, services, PACKAGE_PATH, archive, "application/zip")
