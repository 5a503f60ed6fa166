"""The workbench of the audit: one patch, what was filled in, and the city's decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import dash
from dash import Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from callbacks.audit.doubts import overlay_text
from callbacks.audit.page import may_act
from callbacks.frame.address import source_of_request
from callbacks.frame.context import PageContext, read_context
from callbacks.frame.guard import changes_state
from callbacks.frame.needs import needs
from callbacks.patch.filed import filed_records
from callbacks.patch.headline import headline
from callbacks.patch.page import patch_map
from components import ids, paths
from components.audit.bench import decision_form, doubts_part, no_decision, onward
from components.links import href
from components.maps.reference import LayerBelow
from components.parts.cards import error_panel
from components.patch.page import (
    cases_table,
    decisions_table,
    filed_list,
    parcels_table,
    section,
)
from components.patch.summary import area_facts, due_facts, fact_list, kind_facts, status_marks
from components.shell import breadcrumb, toast
from data.acting import acting
from data.errors import NotFound
from data.maps.reference import shown_of
from data.numbers import whole_number
from data.periods import format_day
from data.rights import Right
from data.rules.doubts import DoubtState
from data.rules.lists import closed_lists
from data.services import Services
from data.settings import Settings
from data.store.queries.patch_detail import patch_detail
from data.store.queries.reference_layers import layer_states
from data.texts import seen
from data.triggers.direct_filing import unfiled
from data.triggers.rulebook import rulebook
from data.vocabulary import AuditResult, Legality
from data.workflow.deciding import Decision, decide, seen_of, why_not
from data.worklists.audit import Waiting, waiting_of
from data.worklists.filled import doubts
from data.worklists.overlay import overlay
from data.worklists.stages import Stage

if TYPE_CHECKING:
    from sqlalchemy import Connection


def queue_of(conn: Connection, context: PageContext) -> list[Waiting]:
    """What waits for the city, the longest first."""
    found = waiting_of(conn, context.scope, context.year, context.as_of, context.district)
    return [w for w in found if w.stage is Stage.CITY_AUDIT]


def after(queue: list[Waiting], patch_no: str) -> Waiting | None:
    """The next of the queue, and from its end again the first; never the patch itself."""
    at = next((n for n, w in enumerate(queue) if w.patch_no == patch_no), -1)
    others = [*queue[at + 1 :], *queue[: max(at, 0)]]
    return others[0] if others else None


def render(
    conn: Connection, settings: Settings, year: str, patch_no: str, search: str
) -> list[Component]:
    """The whole page; an unknown number says so and offers the way back."""
    context = read_context(conn, settings, search)
    back = href(paths.AUDIT, context.query)
    work_year = whole_number(year, most=9999)
    if work_year is None or work_year != context.year:
        said = f"地址中的年度“{seen(year)[:12]}”与所选工作年度不同，请从月核的队列进入。"
        return [error_panel(said, back, "回到月核")]
    try:
        detail = patch_detail(conn, context.scope, work_year, patch_no, context.as_of)
    except NotFound as refusal:
        return [error_panel(refusal.message, back, "回到月核")]
    names = context.names
    open_cases = unfiled(rulebook(conn)["D9"], work_year, detail["parcels"], context.as_of)
    queue = queue_of(conn, context)
    following = after(queue, patch_no)
    onward_href = (
        href(paths.audit_bench(work_year, following.patch_no), context.query) if following else None
    )
    left = len([w for w in queue if w.patch_no != patch_no])
    return [
        breadcrumb([("月核", back), (patch_no, None)]),
        html.H1(headline(detail, context.as_of, names, open_cases), className="headline"),
        onward(onward_href, left, back),
        html.Div(
            [
                html.Div(
                    [
                        html.Section(
                            [
                                status_marks(detail),
                                fact_list(
                                    [
                                        *kind_facts(detail, names),
                                        *due_facts(detail),
                                        *area_facts(detail),
                                    ]
                                ),
                            ],
                            className="panel patch-facts",
                        ),
                        patch_map(
                            conn,
                            settings,
                            detail,
                            names,
                            ids.AuditBench.MAP,
                            _below(conn, context),
                        ),
                    ],
                    className="patch-top",
                ),
                html.Div(
                    [doubts_part(_doubts(conn, context, detail)), _form(context, settings, detail)],
                    className="bench-side",
                ),
                html.Div(_sections(context, detail, names), className="bench-filed"),
            ],
            className="bench",
        ),
        dcc.Store(id=ids.AuditBench.SEEN, data=seen_of(detail)),
    ]


def _below(conn: Connection, context: PageContext) -> list[LayerBelow]:
    """The areas that what was filled in is set against; boundaries lie on every map anyway."""
    return [
        LayerBelow(
            one.layer.label,
            f"/map/reference/{one.layer.value}/{{z}}/{{x}}/{{y}}.png?v={one.version}",
            one.colour,
        )
        for one in shown_of(layer_states(conn), context.scope)
        if not one.is_boundary
    ]


def _doubts(conn: Connection, context: PageContext, detail: dict[str, Any]) -> list[str]:
    """What does not add up in itself, and what the layers measure otherwise."""
    measured = overlay(conn, context.scope, context.year, context.as_of, detail["district_code"])
    of_layers = [
        f"{f.layer.label}{f.finding.label}：{overlay_text(f)}"
        for f in measured
        if f.patch_no == detail["patch_no"] and f.state is not DoubtState.DISMISSED
    ]
    limits = context.rules["W3"].of(context.year, context.as_of).parameters
    filled = doubts(detail, limits["tolerance_mu"], limits["tolerance_share"])
    return [*filled, *of_layers]


def _form(context: PageContext, settings: Settings, detail: dict[str, Any]) -> Component:
    if (why := why_not(detail)) is not None:
        return no_decision(why)
    if not may_act(context, settings.today()):
        day = format_day(settings.today())
        return no_decision(f"由有“审核”权限的市局账户在今天（{day}）的基准日下办理。")
    return decision_form(closed_lists()["return_reasons"].on(settings.today()).entries)


def _sections(
    context: PageContext, detail: dict[str, Any], names: dict[str, str]
) -> list[Component]:
    year = detail["year"]
    parts: list[Component] = []
    if detail["parcels"]:
        parts.append(section("填报的地块", parcels_table(detail["parcels"], year)))
    else:
        parts.append(section("填报的地块", note="区市还没有填报核查结果。"))
    if detail["decisions"]:
        table = decisions_table(detail["decisions"], year, context.as_of)
        parts.append(section("以前的审核", table))
    if detail["cases"]:
        parts.append(section("查处整改", cases_table(detail["cases"], year)))
    parts.append(section("填报内容", filed_list(filed_records(detail, names))))
    return parts


def register(app: Dash, services: Services) -> None:
    i = ids.AuditBench

    @app.callback(
        Output(i.CONTENT, "children"),
        Input(i.ADDRESS, "data"),
        State(ids.Shell.LOCATION, "search"),
    )
    def content(address: dict[str, str], search: str | None) -> list[Component]:
        year, patch_no = address["year"], unquote(address["patch_no"])
        with services.store.read() as conn:
            return render(conn, services.settings, year, patch_no, search or "")

    @app.callback(
        Output(ids.Shell.LOCATION, "href", allow_duplicate=True),
        Output(ids.Shell.TOASTS, "children", allow_duplicate=True),
        Input(i.PASS, "n_clicks"),
        Input(i.RETURN, "n_clicks"),
        State(i.CODES, "value"),
        State(i.OPINION, "value"),
        State(i.DETERMINATION, "value"),
        State(i.SEEN, "data"),
        State(i.ADDRESS, "data"),
        State(ids.Shell.LOCATION, "search"),
        prevent_initial_call=True,
    )
    @changes_state
    @needs(Right.AUDIT)
    def submit(
        passed: int | None,
        returned: int | None,
        codes: list[str] | None,
        opinion: str | None,
        determination: str | None,
        was_seen: str | None,
        address: dict[str, str],
        search: str | None,
    ) -> Any:
        if not passed and not returned:
            return no_update, no_update
        result = AuditResult.PASSED if dash.ctx.triggered_id == i.PASS else AuditResult.RETURNED
        patch_no = unquote(address["patch_no"])
        with services.store.read() as conn:
            context = read_context(conn, services.settings, search or "")
            following = after(queue_of(conn, context), patch_no)
        known = {term.value: term for term in Legality if term is not Legality.PENDING}
        decision = Decision(
            context.year,
            patch_no,
            result,
            tuple(codes or ()) if result is AuditResult.RETURNED else (),
            opinion or "",
            known.get(determination or ""),
            was_seen or "",
        )
        with services.store.write() as conn:
            decide(conn, acting(), [decision], services.settings.today(), source_of_request())
        onward_path = (
            paths.audit_bench(context.year, following.patch_no) if following else paths.AUDIT
        )
        return href(onward_path, context.query), toast(f"图斑{patch_no}：已{result.label}。")
