"""The what-if of 年度评估: what its buttons do to the address, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, html, no_update
from dash.development.base_component import Component

from callbacks.assessment.address import (
    WHOLE,
    ScenarioAddress,
    own_parts,
    read_scenario,
    write_scenario,
)
from callbacks.assessment.supposing import with_bulk, with_day, with_target, with_ticks, without
from callbacks.frame.context import PageContext, read_context
from components import ids, paths
from components.assessment.scenario import (
    PAGE,
    candidates,
    comparison,
    crossings,
    definition_note,
    line_name,
    nothing_supposed,
    outcome_sentence,
    panel,
    proposal_view,
    supposed_parts,
)
from components.links import href, read_search
from components.parts.card_menu import copy_link, export_link
from components.parts.cards import problem_notes
from data.errors import SupervisionError
from data.services import Services
from data.store.engine import Store
from data.store.queries.remaining import remaining_patches
from data.workflow.scenario import (
    Proposal,
    carried,
    evaluate,
    propose,
    targets,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

PATH, EXPORT_PATH = paths.ASSESSMENT, "/export/scenario.xlsx"


# ---- what the buttons do -------------------------------------------------------------------------


# ---- what the page shows -------------------------------------------------------------------------


def whom_of(context: PageContext, address: ScenarioAddress) -> str | None:
    """District of the smallest set; None for all that the reader may see."""
    known = {d.code for d in context.stamp.districts}
    if address.whom in known and context.scope.allows(address.whom or ""):
        return address.whom
    return None if address.whom == WHOLE else context.district


def scenario_panel(conn: Connection, context: PageContext) -> Component:
    """The what-if's controls for an address; what follows comes by itself."""
    address = read_scenario(context.query, context.district)
    allowed = [d for d in context.stamp.districts if context.scope.allows(d.code)]
    aims = targets(conn, context.year, context.as_of)
    return panel(
        own=write_scenario(address),
        as_of=context.as_of,
        on=address.scenario.on,
        districts=[(WHOLE, "全市"), *((d.code, d.short_name) for d in allowed)],
        whom=whom_of(context, address) or WHOLE,
        line=address.line,
        most=address.constraints.at_most,
        only_demolition=address.constraints.only_demolition,
        skip="，".join(sorted(address.constraints.excluded)),
        line_names={t: line_name(t, aim.value, aim.is_area) for t, aim in aims.items()},
    )


def listed_candidates(
    conn: Connection,
    context: PageContext,
    own: str,
    text: str,
    pages: int,
    picked: Sequence[str],
) -> tuple[list[Component], bool]:
    """The patches that can be ticked on the scenario's day, of the frame's district; and whether
    there are more.
    """
    scenario = read_scenario(read_search(own)).scenario
    day = scenario.day(context.as_of)
    scope = context.scope.narrowed_to(context.district)
    year = context.year
    variant = context.lines.variant
    found = remaining_patches(conn, scope, year, day, text=text, variant=variant)
    shown, total = found[: PAGE * max(pages, 1)], len(found)
    names = {d.code: d.short_name for d in context.stamp.districts}
    listed = candidates(shown, total, names, year, picked, text, scenario.ticks)
    return listed, total > len(shown)


def asked_proposal(
    conn: Connection, context: PageContext, address: ScenarioAddress
) -> Proposal | None:
    if address.line is None:
        return None
    return propose(
        conn,
        context.scope,
        context.year,
        address.scenario.day(context.as_of),
        whom_of(context, address),
        address.line,
        address.constraints,
    )


def unit_name(context: PageContext, code: str | None) -> str:
    return {d.code: d.short_name for d in context.stamp.districts}.get(code or "", "全市")


def address_with(context: PageContext, path: str, own: str) -> str:
    """A link to the same view with this what-if, for whoever opens it on whatever day."""
    return href(
        path,
        context.query,
        year=str(context.year),
        asof=context.as_of.isoformat(),
        screen=None,
        **own_parts(own),
    )


def result(store: Store, context: PageContext, own: str) -> list[Component]:
    """What follows from a what-if, and the smallest set where one is asked for."""
    address = read_scenario(read_search(own), context.district)
    parts = problem_notes(address.problems, href(PATH, context.query))
    if address.scenario.is_empty and address.line is None:
        return [*parts, nothing_supposed(), definition_note(is_open=True)]
    if not address.scenario.is_empty:
        outcome = evaluate(store, context.scope, context.year, context.as_of, address.scenario)
        sentence = outcome_sentence(outcome, context.district, context.lines, context.year)
        parts += [
            html.P(sentence, className="scenario-sentence"),
            *supposed_parts(address.scenario, outcome),
            html.H3("预警的变化"),
            crossings(outcome.crossings),
            html.H3("比例的变化"),
            comparison(outcome, context.query, context.lines),
        ]
    if address.line is not None:
        with store.read() as conn:
            proposal = asked_proposal(conn, context, address)
        assert proposal is not None
        frame = href("", context.query)
        parts += proposal_view(
            proposal,
            unit_name(context, whom_of(context, address)),
            address.constraints.at_most,
            lambda number: paths.patch(context.year, number) + frame,
            context.year,
            lambda patch: carried(proposal.target.line, patch),
        )
    return [*parts, *_foot(context, own)]


def _foot(context: PageContext, own: str) -> list[Component]:
    return [
        html.Div(
            [
                copy_link(address_with(context, PATH, own)),
                export_link(href(EXPORT_PATH, context.query, **own_parts(own))),
                html.Span("只是推算，不写入任何数据。", className="note"),
            ],
            className="scenario-foot",
        ),
        definition_note(),
    ]


# ---- the workbook --------------------------------------------------------------------------------


# ---- registration --------------------------------------------------------------------------------


def _clicked() -> bool:
    """Whether a button was pressed; buttons that have just been drawn call, too."""
    return bool(ctx.triggered and ctx.triggered[0]["value"])


def register_scenario(app: Dash, services: Services) -> None:
    i = ids.Assessment
    own_changed = Output(i.SCENARIO, "data", allow_duplicate=True)

    def context_of(search: str | None) -> PageContext:
        with services.store.read() as conn:
            return read_context(conn, services.settings, search or "")

    @app.callback(
        Output(i.CANDIDATES, "children"),
        Output(i.MORE, "disabled"),
        Input(i.TEXT, "value"),
        Input(i.MORE, "n_clicks"),
        Input(i.SCENARIO, "data"),
        State(i.PICKED, "value"),
        State(ids.Shell.LOCATION, "search"),
    )
    def listed(
        text: str | None, more: int | None, own: str, picked: list[str] | None, search: str | None
    ) -> tuple[list[Component], bool]:
        kept = [] if ctx.triggered_id == i.SCENARIO else picked or []
        with services.store.read() as conn:
            context = read_context(conn, services.settings, search or "")
            found, left = listed_candidates(
                conn, context, own or "", text or "", (more or 0) + 1, kept
            )
        return found, not left

    @app.callback(
        own_changed,
        Input(i.add(ALL), "n_clicks"),  # type: ignore[arg-type]
        State(i.PICKED, "value"),
        State(i.SCENARIO, "data"),
        prevent_initial_call=True,
    )
    def tick(_: Any, picked: list[str] | None, own: str) -> Any:
        if not _clicked():
            return no_update
        if not picked:
            raise SupervisionError("还没有勾选图斑。请先在上面的清单中勾选，再选择假设。")
        return with_ticks(own, picked, ctx.triggered_id["action"])

    @app.callback(
        own_changed,
        Input(i.BULK_ADD, "n_clicks"),
        State(i.BULK, "value"),
        State(i.BULK_UNTIL, "date"),
        State(i.BULK_ACTION, "value"),
        State(i.SCENARIO, "data"),
        prevent_initial_call=True,
    )
    def add_bulk(_: Any, choice: str, until: str | None, action: str, own: str) -> Any:
        return with_bulk(own, choice, until, action) if _clicked() else no_update

    @app.callback(
        own_changed,
        Input(i.drop(ALL), "n_clicks"),  # type: ignore[arg-type]
        State(i.SCENARIO, "data"),
        prevent_initial_call=True,
    )
    def drop(_: Any, own: str) -> Any:
        return without(own, ctx.triggered_id["part"]) if _clicked() else no_update

    @app.callback(
        own_changed,
        Input(i.ON, "date"),
        State(i.SCENARIO, "data"),
        State(ids.Shell.LOCATION, "search"),
        prevent_initial_call=True,
    )
    def move(day: str | None, own: str, search: str | None) -> Any:
        new = with_day(own, day, context_of(search).as_of)
        return no_update if new == own else new

    @app.callback(
        own_changed,
        Input(i.FIND, "n_clicks"),
        State(i.WHOM, "value"),
        State(i.LINE, "value"),
        State(i.MOST, "value"),
        State(i.ONLY, "value"),
        State(i.SKIP, "value"),
        State(i.SCENARIO, "data"),
        prevent_initial_call=True,
    )
    def find(
        _: Any,
        whom: str,
        line: str,
        most: float | None,
        only: bool | None,
        skip: str | None,
        own: str,
    ) -> Any:
        return with_target(own, whom, line, most, only, skip) if _clicked() else no_update

    @app.callback(
        own_changed,
        Input(i.adopt(ALL), "n_clicks"),  # type: ignore[arg-type]
        State(i.SCENARIO, "data"),
        State(ids.Shell.LOCATION, "search"),
        prevent_initial_call=True,
    )
    def adopt(_: Any, own: str, search: str | None) -> Any:
        if not _clicked():
            return no_update
        with services.store.read() as conn:
            context = read_context(conn, services.settings, search or "")
            address = read_scenario(read_search(own), context.district)
            proposal = asked_proposal(conn, context, address)
        chosen = [p.patch_no for p in proposal.chosen] if proposal else []
        return with_ticks(own, chosen, ctx.triggered_id["action"])

    @app.callback(
        Output(i.RESULT, "children"),
        Input(i.SCENARIO, "data"),
        State(ids.Shell.LOCATION, "search"),
    )
    def follow(own: str, search: str | None) -> list[Component]:
        return result(services.store, context_of(search), own or "")

    app.clientside_callback(
        ClientsideFunction("assessment", "followScenario"),
        Output(i.APPLIED, "data"),
        Input(i.SCENARIO, "data"),
        State(i.SCENARIO, "id"),
    )
