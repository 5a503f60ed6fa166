"""月核: where every patch stands in the audit, how long it took, what was returned, what waits."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import dash
from dash import ALL, Dash, Input, Output, State, html, no_update
from dash.development.base_component import Component
from flask import Flask

from callbacks.audit.cases import cases_tab
from callbacks.audit.doubts import register_judging
from callbacks.audit.doubts_tab import doubts_tab
from callbacks.audit.feedback import EXPORT_PATH as FEEDBACK_PATH
from callbacks.audit.feedback import feedback
from callbacks.audit.oddities import oddities_tab
from callbacks.audit.tabs import EXPORT_PATH, tabs
from callbacks.audit.workbook import workbook
from callbacks.frame.address import source_of_request
from callbacks.frame.content import fill_place
from callbacks.frame.context import PageContext, read_context
from callbacks.frame.downloads import serve_workbook
from callbacks.frame.guard import changes_state
from callbacks.frame.needs import needs
from components import ids, paths
from components.audit.page import (
    MOST,
    corrections_table,
    deeming_table,
    feedback_links,
    matrix,
    months_table,
    problems_table,
    quality_table,
    queue,
    returns_table,
    stays_table,
    unfiled_table,
)
from components.links import href
from components.parts.card_menu import copy_link, export_link
from components.parts.cards import card, empty, headline, problem_notes
from components.shell import toast
from data.acting import acting
from data.definitions import DEFINITIONS
from data.errors import SupervisionError
from data.periods import correction_due_on, format_day
from data.rights import Right
from data.rules.lists import closed_lists
from data.services import Services
from data.settings import Settings
from data.store.queries.audit_lists import Correction, Return, corrections, repeated, returns_by
from data.store.queries.figures import figures
from data.triggers.rulebook import rulebook
from data.units import format_count
from data.vocabulary import AuditLevel, AuditResult
from data.workflow.deciding import Decision, decide
from data.workflow.doubts import answer_deeming
from data.worklists.audit import Audit, ProblemState, audit
from data.worklists.stages import Stage

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: Tab of the address → what it shows.
_TABS = {"doubts": doubts_tab, "oddities": oddities_tab, "cases": cases_tab}
_CITY = (Stage.CITY_AUDIT, Stage.DEEMING, Stage.FORWARDING)
_DISTRICT = (Stage.REPORTING, Stage.CORRECTING, Stage.PROVINCE_RETURNED, Stage.PROBLEM)


def sentences(context: PageContext, found: Audit, late: int) -> list[str]:
    """The gravest first: what is past its day, then who has to act, then how far the year is."""
    day, where = format_day(context.as_of, context.year), context.district_name
    cells = found.districts.get(context.district, {}) if context.district else found.city
    stage = {s: cell.patches for s, cell in cells.items()}
    total = sum(stage.values())
    overdue = sum(p.state is ProblemState.OVERDUE for p in found.problems)
    said = []
    if late:
        said.append(f"{format_count(late)}个退回图斑逾期未改")
    if overdue:
        said.append(f"{format_count(overdue)}项省厅问题逾期未销号")
    lead = f"截至{day}，{where}{'、'.join(said)}" if said else ""
    parts = [f"{sum(stage.get(s, 0) for s in _CITY):,}个等市局"]
    parts.append(f"{sum(stage.get(s, 0) for s in _DISTRICT):,}个等区市")
    parts.append(f"{stage.get(Stage.PROVINCE_AUDIT, 0):,}个等省厅")
    rest = f"下发图斑{total:,}个中{stage.get(Stage.FINAL, 0):,}个已完成月核，{'、'.join(parts)}"
    return [lead, rest] if lead else [f"截至{day}，{where}{rest}"]


def _by_due(rows: Sequence[Correction]) -> list[tuple[date, list[Correction]]]:
    days: dict[date, list[Correction]] = defaultdict(list)
    for row in rows:
        days[correction_due_on(row.returned_on)].append(row)
    return sorted(days.items())


def by_code(rows: Sequence[Return]) -> dict[str, dict[str, int]]:
    """Reason code → district → returns, the most frequent first."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        for code in dict.fromkeys(row.codes):
            counts[code][row.district] += 1
    ordered = sorted(counts.items(), key=lambda item: (-sum(item[1].values()), item[0]))
    return {code: dict(by_district) for code, by_district in ordered}


def by_month(rows: Sequence[Return], codes: Sequence[str]) -> list[tuple[str, list[int], int]]:
    """(month, "" of minerals; returns by district; sum), in order of the months."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        counts[row.month or ""][row.district] += 1
    months = sorted(m for m in counts if m) + ([""] if "" in counts else [])
    return [(m, [counts[m][c] for c in codes], sum(counts[m].values())) for m in months]


def may_act(context: PageContext, today: date) -> bool:
    """Decisions are made today, so that the page must show today."""
    account = acting()
    is_now = context.as_of == today and context.known is None
    return is_now and account.may(Right.AUDIT) and not account.is_district


def _not_today(context: PageContext, settings: Settings) -> list[Component]:
    if not acting().may(Right.AUDIT) or acting().is_district:
        return [html.P("您的账户没有“审核”权限，本页只供查看。", className="note")]
    day = format_day(settings.today())
    return [html.P(f"审核记在办理当天：把基准日改为今天（{day}）后可以办理。", className="note")]


def render(conn: Connection, settings: Settings, search: str) -> list[Component]:
    """The whole page for an address."""
    context = read_context(conn, settings, search)
    scope, year, as_of, query = context.scope, context.year, context.as_of, context.query
    if (tab := query.get("tab")) in _TABS:
        return _TABS[tab](conn, context, settings)
    found = audit(conn, scope, year, as_of, context.district)
    names = {
        code: name for code, name in context.names_seen.items() if context.district in (None, code)
    }
    own = scope.narrowed_to(context.district)
    waiting_answers = _by_due(corrections(conn, own, year, as_of))
    late = sum(len(rows) for due, rows in waiting_answers if due < as_of)
    top = [
        headline(sentences(context, found, late)),
        *problem_notes(context.problems, href(paths.AUDIT, query)),
    ]
    if not sum(cell.patches for cells in found.districts.values() for cell in cells.values()):
        return [
            *top[1:],
            html.H1(f"截至{format_day(as_of, year)}，{context.district_name}尚无下发图斑",
                    className="headline"),
            empty("还没有可以审核的图斑。", "去上传下发图斑", href(paths.UPLOAD, query)),
        ]  # fmt: skip
    returned = returns_by(conn, own, year, as_of)
    actions = [export_link(href(EXPORT_PATH, query)), copy_link(context.permalink(paths.AUDIT))]
    cards = [
        card(
            _where_title(found, context),
            matrix(found, names, query, context.district),
            definition=DEFINITIONS["final"],
            actions=actions,
            note="每格：图斑数，其中耕地面积，等得最久的天数。各格相加等于下发图斑。",
            class_name="wide",
        ),
        *_acting(conn, context, settings, found, names),
        _corrections_card(context, waiting_answers, names, actions),
        card(
            "各环节用几个工作日",
            stays_table(found, names, query, context.district),
            actions=actions,
            note="已完成的取中位数；还没完成的另列，不混在一起。",
        ),
        _quality_card(conn, context, returned, names, actions),
        _returns_card(context, returned, names, actions),
        *_lists(conn, context, found, names, actions),
    ]
    return [*top, tabs(context, "audit"), html.Div(cards, className="audit-grid")]


def _where_title(found: Audit, context: PageContext) -> str:
    """The stage where most stand that are not through."""
    cells = found.districts.get(context.district, {}) if context.district else found.city
    open_ = {s: cell.patches for s, cell in cells.items() if s is not Stage.FINAL}
    most = max(open_, key=lambda s: open_[s], default=None)
    if most is None or not open_[most]:
        return "图斑都已完成月核"
    return f"图斑走到哪一步：{most.label}最多，{open_[most]:,}个"


def _acting(
    conn: Connection,
    context: PageContext,
    settings: Settings,
    found: Audit,
    names: dict[str, str],
) -> list[Component]:
    """What the city has to decide: its queue, and what T7 proposes."""
    year, query, today = context.year, context.query, settings.today()
    can_act = may_act(context, today)
    waiting = [w for w in found.waiting if w.stage is Stage.CITY_AUDIT]
    proposed = [w for w in found.waiting if w.stage is Stage.DEEMING]
    codes = closed_lists()["return_reasons"].on(today).entries
    said = html.Div(id=ids.Audit.SAID, role="status")
    body: list[Any] = [said]
    title = f"待市级审核{len(waiting):,}个"
    if not waiting:
        title, body = "没有待市级审核的图斑", [said, html.P("区市上报后在这里排队。")]
    elif can_act:
        body += queue(waiting[:MOST], len(waiting), names, year, query, codes)
    else:
        target = href(paths.AUDIT_PATCHES, query, list="stage", stage="city_audit")
        body += [*_not_today(context, settings),
                 dash.dcc.Link(f"查看这{len(waiting):,}个图斑", href=target)]  # fmt: skip
    cards = [card(title, body, class_name="queue-card")]
    if proposed:
        parameters = rulebook(conn)["T7"].of(year, context.as_of).parameters
        cards.append(
            card(
                f"{len(proposed)}个图斑拒不修改，待决定是否直接判定违法",
                deeming_table(proposed, names, year, query, can_act),
                note=f"市级退回{parameters['returns']}次，或改正逾期"
                f"{parameters['overdue_workdays']}个工作日以上的，由市局决定是否直接判定（§4.1）。",
            )
        )
    return cards


def _corrections_card(
    context: PageContext,
    rows: list[tuple[date, list[Correction]]],
    names: dict[str, str],
    actions: list[Component],
) -> Component:
    late = sum(len(members) for due, members in rows if due < context.as_of)
    total = sum(len(members) for _, members in rows)
    if not total:
        return card("没有退回待改的图斑", html.P("退回的都已重新上报。"))
    title = f"退回待改{total}个" + (f"，其中{late}个已逾期" if late else "，均未到期")
    table = corrections_table(rows, names, context.as_of, context.year, context.query)
    owing = {c.district for _, members in rows for c in members}
    files = feedback_links(
        {code: name for code, name in names.items() if code in owing},
        lambda code: href(FEEDBACK_PATH, context.query, district=code),
    )
    return card(title, [table, files], actions=actions)


def _quality_card(
    conn: Connection,
    context: PageContext,
    returned: Sequence[Return],
    names: dict[str, str],
    actions: list[Component],
) -> Component:
    document = figures(conn, context.scope, context.year, context.as_of, context.district)
    rows = list(document["districts"])
    if context.district is None and len(names) > 1:
        rows.append(document["city"])
    city = AuditLevel.CITY.value
    again = {
        code: len(repeated([r for r in returned if r.district == code], city)) for code in names
    }
    again[""] = len(repeated(returned, city))
    said = f"{again['']}个图斑被市级退回两次以上" if again[""] else "没有图斑被市级退回两次以上"
    return card(
        f"审核质量：{said}",
        quality_table(rows, again, context.query),
        definition=DEFINITIONS["error_rate"],
        actions=actions,
    )


def _returns_card(
    context: PageContext,
    returned: Sequence[Return],
    names: dict[str, str],
    actions: list[Component],
) -> Component:
    counts = by_code(returned)
    if not counts:
        return card("还没有退回", html.P("市级或省级退回后，这里按原因、区市和月份统计。"))
    most = next(iter(counts))
    months = by_month(returned, list(names))
    return card(
        f"为什么退回：{most}最多（{sum(counts[most].values())}次）",
        [
            returns_table(counts, names, context.query),
            html.Details(
                [
                    html.Summary("按月清月份看"),
                    months_table(months, names, context.year, context.query),
                ],
                className="more",
            ),
        ],
        actions=actions,
        note="市级和省级的退回合计；一次退回写了几个原因的，每个原因各计一次。",
    )


def _lists(
    conn: Connection,
    context: PageContext,
    found: Audit,
    names: dict[str, str],
    actions: list[Component],
) -> list[Component]:
    """The problem list, and the unlawful that nobody has filed."""
    year, query = context.year, context.query
    order = (ProblemState.OVERDUE, ProblemState.OPEN, ProblemState.LATE, ProblemState.WRITTEN_OFF)
    items = sorted(found.problems, key=lambda p: order.index(p.state))
    open_ = [p for p in items if p.state in order[:2]]
    cards = []
    if items:
        target = href(paths.AUDIT_PATCHES, query, list="problems")
        cards.append(
            card(
                f"省厅问题清单{len(items)}项，{len(open_)}项未销号",
                problems_table(items[:MOST], names, year, query),
                menu=[dash.dcc.Link("未销号的图斑", href=target)] if open_ else [],
                actions=actions,
            )
        )
    line = rulebook(conn)["D9"].of(year, context.as_of).parameters["workdays"]
    unfiled = found.direct_filing
    if unfiled:
        over = sum(u.workdays > line for u in unfiled)
        target = href(paths.AUDIT_PATCHES, query, list="direct")
        cards.append(
            card(
                f"违法未立案{len(unfiled)}宗，{over}宗超过{line}个工作日，市局可直接立案",
                unfiled_table(unfiled[:MOST], names, line, year, query),
                menu=[dash.dcc.Link(f"全部{len(unfiled)}宗", href=target)],
                actions=actions,
            )
        )
    return cards


def _many(
    services: Services,
    search: str,
    picked: Sequence[str],
    result: AuditResult,
    codes: Sequence[str],
    opinion: str,
) -> str:
    """Decide on the ticked patches. Raises SupervisionError."""
    with services.store.read() as conn:
        year = read_context(conn, services.settings, search).year
    own = tuple(codes) if result is AuditResult.RETURNED else ()
    decisions = [Decision(year, no, result, own, opinion) for no in dict.fromkeys(picked)]
    with services.store.write() as conn:
        decide(conn, acting(), decisions, services.settings.today(), source_of_request())
    return f"已{result.label}{len(decisions)}个图斑。"


def register(app: Dash, services: Services) -> None:
    i = ids.Audit

    fill_place(app, services, i.CONTENT, render)

    @app.callback(
        Output(i.CONTENT, "children", allow_duplicate=True),
        Output(ids.Shell.TOASTS, "children", allow_duplicate=True),
        Input(i.PASS, "n_clicks"),
        Input(i.RETURN, "n_clicks"),
        State(i.PICKED, "value"),
        State(i.CODES, "value"),
        State(i.OPINION, "value"),
        State(ids.Shell.LOCATION, "search"),
        prevent_initial_call=True,
    )
    @changes_state
    @needs(Right.AUDIT)
    def many(
        passed: int | None,
        returned: int | None,
        picked: list[str] | None,
        codes: list[str] | None,
        opinion: str | None,
        search: str | None,
    ) -> Any:
        if not passed and not returned:
            return no_update, no_update
        result = AuditResult.PASSED if dash.ctx.triggered_id == i.PASS else AuditResult.RETURNED
        said = _many(services, search or "", picked or [], result, codes or [], opinion or "")
        with services.store.read() as conn:
            return render(conn, services.settings, search or ""), toast(said)

    @app.callback(
        Output(i.CONTENT, "children", allow_duplicate=True),
        Output(ids.Shell.TOASTS, "children", allow_duplicate=True),
        Input(i.deeming("confirm", ALL), "n_clicks"),  # type: ignore[arg-type]
        Input(i.deeming("dismiss", ALL), "n_clicks"),  # type: ignore[arg-type]
        State(i.deeming("reason", ALL), "value"),  # type: ignore[arg-type]
        State(i.deeming("reason", ALL), "id"),  # type: ignore[arg-type]
        State(ids.Shell.LOCATION, "search"),
        prevent_initial_call=True,
    )
    @changes_state
    @needs(Right.AUDIT)
    def deeming(
        confirmed: list[int | None],
        dismissed: list[int | None],
        reasons: list[str | None],
        boxes: list[dict[str, str]],
        search: str | None,
    ) -> Any:
        pressed = dash.ctx.triggered_id
        if not pressed or not any([*confirmed, *dismissed]):
            return no_update, no_update
        number = pressed["number"]
        given = {box["number"]: text or "" for box, text in zip(boxes, reasons, strict=True)}
        if number not in given:
            raise SupervisionError("页面已更新，请刷新后重试。")
        is_confirmed = pressed["type"] == i.deeming("confirm", "")["type"]
        with services.store.read() as conn:
            year = read_context(conn, services.settings, search or "").year
        today = services.settings.today()
        with services.store.write() as conn:
            answer_deeming(
                conn,
                acting(),
                year,
                number,
                is_confirmed,
                given[number],
                today,
                today,
                source_of_request(),
            )
        said = f"图斑{number}：{'已确认，可直接判定违法' if is_confirmed else '已记为不直接判定'}。"
        with services.store.read() as conn:
            return render(conn, services.settings, search or ""), toast(said)

    register_judging(
        app, services, "audit", i.CONTENT,
        lambda conn, search: render(conn, services.settings, search),
    )  # fmt: skip


def register_routes(server: Flask, services: Services) -> None:
    serve_workbook(server, services, EXPORT_PATH, workbook)
    serve_workbook(server, services, FEEDBACK_PATH, feedback)
