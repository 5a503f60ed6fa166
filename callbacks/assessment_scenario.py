"""The what-if of 年度评估: what its buttons do to the address, and what follows from it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, html, no_update
from dash.development.base_component import Component

from callbacks.assessment_address import (
    WHOLE,
    ScenarioAddress,
    own_parts,
    read_scenario,
    write_scenario,
)
from callbacks.context import PageContext, read_context
from callbacks.downloads import file_name, sheet_stamp
from callbacks.lists import patch_path
from components import ids
from components.assessment_scenario import (
    COMPARED,
    PAGE,
    bulk_text,
    candidates,
    comparison,
    crossings,
    definition_note,
    line_name,
    nothing_supposed,
    outcome_sentence,
    panel,
    proposal_sentence,
    proposal_view,
    supposed_parts,
)
from components.card_menu import copy_link, export_link
from components.cards import problem_notes
from components.links import href, read_search
from data.definitions import DEFINITIONS
from data.errors import SupervisionError
from data.exports import SheetColumn, tables_to_xlsx
from data.rules.scenario import Constraints
from data.services import Services
from data.store.engine import Store
from data.store.queries.remaining import RemainingPatch, remaining_patches
from data.units import PARTS_PER_MU
from data.vocabulary import BulkChoice, ScenarioAction, TargetLine
from data.workflow.scenario import (
    Bulk,
    Outcome,
    Proposal,
    carried,
    evaluate,
    propose,
    targets,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

PATH, EXPORT_PATH = "/assessment", "/export/scenario.xlsx"


# ---- what the buttons do -------------------------------------------------------------------------


def with_ticks(own: str, numbers: Sequence[str], action: str) -> str:
    """The what-if with these patches supposed so, whatever was supposed of them before."""
    address = read_scenario(read_search(own))
    ticks = {**address.scenario.ticks, **dict.fromkeys(numbers, ScenarioAction(action))}
    return _with(address, ticks=ticks)


def with_bulk(own: str, choice: str, until: str | None, action: str) -> str:
    """One more bulk choice; the same one again with another action replaces it."""
    address = read_scenario(read_search(own))
    chosen = BulkChoice(choice)
    day = _day(until) if chosen is BulkChoice.DUE else None
    if chosen is BulkChoice.DUE and day is None:
        return own
    bulk = Bulk(chosen, ScenarioAction(action), day)
    others = [b for b in address.scenario.bulks if (b.choice, b.until) != (chosen, day)]
    return _with(address, bulks=(*others, bulk))


def without(own: str, part: str) -> str:
    """Without a tick (`tick:<编号>`), a bulk choice (`bulk:<nth>`), or any of them (`all`)."""
    address = read_scenario(read_search(own))
    scenario = address.scenario
    kind, _, which = part.partition(":")
    if kind == "all":
        return _with(address, ticks={}, bulks=())
    if kind == "bulk":
        kept = (b for at, b in enumerate(scenario.bulks) if str(at) != which)
        return _with(address, bulks=tuple(kept))
    return _with(address, ticks={n: a for n, a in scenario.ticks.items() if n != which})


def with_day(own: str, day: str | None, as_of: date) -> str:
    """On another day; the as-of date itself stays out of the address."""
    chosen = _day(day)
    return _with(read_scenario(read_search(own)), on=chosen if chosen and chosen > as_of else None)


def with_target(
    own: str, whom: str, line: str, most: float | None, only: bool | None, skip: str | None
) -> str:
    """With the question for the smallest set."""
    numbers = frozenset(part for part in re.split(r"[\s,，、;；]+", skip or "") if part)
    limit = int(most) if most is not None and most >= 1 else None
    address = read_scenario(read_search(own))
    return write_scenario(
        replace(
            address,
            whom=whom,
            line=TargetLine(line),
            constraints=Constraints(numbers, bool(only), limit),
        )
    )


def _with(address: ScenarioAddress, **changes: Any) -> str:
    return write_scenario(replace(address, scenario=replace(address.scenario, **changes)))


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return None


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
    found = remaining_patches(conn, scope, year, day, text=text)
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


def _name(context: PageContext, code: str | None) -> str:
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
            _name(context, whom_of(context, address)),
            address.constraints.at_most,
            lambda number: patch_path(context.year, number) + frame,
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
                html.Span(f"只是推算，不写入任何数据。{context.stamp_line}", className="note"),
            ],
            className="scenario-foot",
        ),
        definition_note(),
    ]


# ---- the workbook --------------------------------------------------------------------------------

Sheet = tuple[list[SheetColumn], list[list[Any]]]


def scenario_workbook(store: Store, context: PageContext) -> tuple[str, bytes]:
    """(file name, xlsx): old beside new for every unit, triggers, the patches, the smallest set."""
    address = read_scenario(context.query, context.district)
    scope, year, as_of = context.scope, context.year, context.as_of
    outcome = evaluate(store, scope, year, as_of, address.scenario)
    tables: dict[str, Sheet] = {
        "比例对照": _comparison_sheet(outcome),
        "预警变化": ([SheetColumn("变化", width=60)], [[text] for text in outcome.crossings]),
        "假设的图斑": _patch_sheet(
            context, [(patch, action.label) for patch, action in outcome.supposed]
        ),
    }
    stamp = sheet_stamp(context, "ratio_net") | {
        "性质": "假设推算，未写入任何数据",
        "假设日期": outcome.day.isoformat(),
        "成批假设": "；".join(bulk_text(b) for b in address.scenario.bulks) or "无",
        "没有作用的编号": "、".join(outcome.without_effect) or "无",
    }
    with store.read() as conn:
        proposal = asked_proposal(conn, context, address)
    if proposal is not None:
        name = _name(context, whom_of(context, address))
        stamp["最少图斑"] = proposal_sentence(proposal, name, address.constraints.at_most)
        tables["最少图斑"] = _patch_sheet(context, [(p, "") for p in proposal.chosen])
    return file_name("年度评估假设", context), tables_to_xlsx(tables, stamp)


def _comparison_sheet(outcome: Outcome) -> Sheet:
    formats: dict[str, Any] = {"%": "rate", "亩": "area"}
    columns = [SheetColumn("单位")]
    for name in COMPARED:
        definition = DEFINITIONS[name]
        unit = "（亩）" if definition.unit == "亩" else ""
        for when in ("原", "假设后"):
            columns.append(
                SheetColumn(f"{definition.label}{unit}·{when}", formats[definition.unit])
            )
    rows = [
        [unit, *(value for name in COMPARED for value in (was[name], now[name]))]
        for unit, _, was, now in outcome.units()
    ]
    return columns, rows


def _patch_sheet(context: PageContext, patches: Sequence[tuple[RemainingPatch, str]]) -> Sheet:
    columns = [
        SheetColumn("图斑编号", width=22),
        SheetColumn("区市"),
        SheetColumn("假设"),
        SheetColumn("比例分子中的耕地（亩）", "area"),
        SheetColumn("违法占用耕地（亩）", "area"),
        SheetColumn("违法占用永久基本农田（亩）", "area"),
        SheetColumn("违法占用生态保护红线（亩）", "area"),
        SheetColumn("到期日", "date"),
        SheetColumn("已立案"),
        SheetColumn("拆除"),
        SheetColumn("坐落", width=30),
    ]
    rows = [
        [
            p.patch_no,
            _name(context, p.district),
            action,
            *(
                part / PARTS_PER_MU
                for part in (
                    p.ratio_parts, p.farmland_parts, p.basic_farmland_parts, p.redline_parts,
                )
            ),
            p.due_on,
            p.filed,
            p.is_demolition,
            p.location,
        ]
        for p, action in patches
    ]  # fmt: skip
    return columns, rows


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
