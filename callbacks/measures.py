"""措施台账: every measure of the year with its state, what is late, and whom it waits for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dash import Dash, Input, Output, State, ctx, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from flask import Flask, Response

from callbacks.frame.address import search_of_request, source_of_request
from callbacks.frame.content import fill_place
from callbacks.frame.context import PageContext, read_context
from callbacks.frame.downloads import file_name, xlsx_response
from callbacks.frame.guard import changes_state
from callbacks.frame.needs import needs
from components import ids, paths
from components.links import frame_part, href
from components.measures.ledger import (
    CHANGED,
    HEADERS,
    LATE,
    Line,
    Wanted,
    filters,
    form,
    ledger,
)
from components.parts.cards import card, empty, headline, problem_notes
from components.parts.filters import EVERYTHING
from data.acting import acting
from data.errors import SupervisionError
from data.exports import SheetColumn, table_to_xlsx
from data.measures.kinds import MeasureKind, Subject
from data.measures.states import State as MeasureState
from data.numbers import whole_number
from data.periods import format_day
from data.rights import Right
from data.services import Services
from data.settings import Settings
from data.workflow.measure_list import Entry, entries
from data.workflow.measure_subjects import NewMeasure
from data.workflow.measure_writing import Taking
from data.workflow.measures import dismiss, draft

if TYPE_CHECKING:
    from sqlalchemy import Connection

PATH, EXPORT_PATH = paths.MEASURES, "/export/measures.xlsx"
_STATES = MeasureState.labels()
_KINDS = MeasureKind.labels()


def line_of(entry: Entry, context: PageContext) -> Line:
    draft_, now = entry.row.draft, entry.standing
    unit = context.names.get(draft_.district or "", "全市")
    of_patch = draft_.subject_kind is Subject.PATCH
    return Line(
        entry.row.id,
        unit,
        (draft_.kind.value, draft_.kind.label),
        draft_.rule or "",
        draft_.subject if of_patch else unit,
        (now.state.value, now.state.label),
        now.number or "",
        now.issued_on,
        now.due_on,
        now.waits_for,
        now.waits_until,
        now.overdue_workdays,
        entry.changed,
    )


def lines_of(conn: Connection, context: PageContext) -> list[Line]:
    """Those of the view, the latest first."""
    found = entries(conn, context.scope, context.as_of, context.year, context.district)
    return [line_of(entry, context) for entry in reversed(found)]


def chosen_of(lines: Sequence[Line], query: dict[str, str]) -> list[Line]:
    return [
        line
        for line in lines
        if query.get("state") in (None, line.state[0])
        and query.get("kind") in (None, line.kind[0])
        and (query.get("due") != LATE or line.late)
    ]


def own_part(query: dict[str, str]) -> dict[str, str]:
    """The page's filters in the address; what they cannot be is left out."""
    known = {"state": _STATES, "kind": _KINDS, "due": {LATE: ""}}
    return {k: query[k] for k, values in known.items() if query.get(k) in values}


def said(context: PageContext, lines: Sequence[Line]) -> list[str]:
    day = format_day(context.as_of, context.year)
    counts = {line.state: 0 for line in lines}
    for line in lines:
        counts[line.state] += 1
    parts = [f"{counts[s]}件{s[1]}" for s in ((v, _STATES[v]) for v in _STATES) if s in counts]
    late = sum(1 for line in lines if line.late)
    lead = f"截至{day}，{context.district_name}措施{len(lines)}件"
    return [
        f"{lead}：{'，'.join(parts)}" if parts else lead,
        *([f"{late}件已超期"] if late else []),
    ]


def render(conn: Connection, settings: Settings, search: str) -> list[Component]:
    context = read_context(conn, settings, search)
    query = context.query
    own = own_part(query)
    problems = [
        f"筛选条件“{name}”无法识别，已忽略。"
        for name in ("state", "kind", "due")
        if query.get(name) and name not in own
    ]
    lines = lines_of(conn, context)
    shown = chosen_of(lines, own)
    states = list(dict.fromkeys(line.state for line in lines))
    kinds = list(dict.fromkeys(line.kind for line in lines))
    top = [
        headline(said(context, lines)),
        *problem_notes([*context.problems, *problems], href(PATH, query)),
        filters(
            own,
            sorted(states, key=lambda s: list(_STATES).index(s[0])),
            kinds,
            href(EXPORT_PATH, query, **own),
            href(PATH, query),
        ),
    ]
    if not shown:
        reason = "没有符合筛选条件的措施。" if lines else "还没有措施。"
        return [*top, empty(reason, "从预警卡片起草", href(paths.TRIGGERS, query))]
    return [
        *top,
        card(
            f"{len(shown)}件，最近的在前",
            ledger(shown, query, context.year),
            note="办理期限是等待的那一步的期限，均按工作日或规则M1计算；超期按法定工作日计。",
        ),
    ]


def render_form(conn: Connection, settings: Settings, search: str) -> list[Component]:
    """Nothing for who may not draft."""
    if not acting().may(Right.DRAFT):
        return []
    context = read_context(conn, settings, search)
    query = context.query
    rule = query.get("rule", "")
    names = context.names
    subject = query.get("subject", context.district or "")
    known = context.rules.get(rule)
    rests_on = f"{rule} {known.name}" if known is not None else ""
    wanted = Wanted(
        query.get("new", "") if query.get("new") in _KINDS else "",
        names.get(subject, subject),
        query.get("patches", ""),
        rests_on,
    )
    return [form(wanted, [(kind.value, kind.label) for kind in MeasureKind])]


def workbook(conn: Connection, settings: Settings, search: str) -> tuple[str, bytes]:
    context = read_context(conn, settings, search)
    own = own_part(context.query)
    columns = [
        SheetColumn(h, "date" if h in ("签发", "回复期限", "办理期限") else
                    "count" if h in ("编号", "超期工作日") else "text")
        for h in HEADERS
    ]  # fmt: skip
    rows = [
        [
            line.id, line.kind[1], line.unit, line.subject, line.rule, line.state[1], line.number,
            line.issued_on, line.due_on, line.waits_for, line.waits_until, line.late or None,
            CHANGED if line.changed else "",
        ]
        for line in chosen_of(lines_of(conn, context), own)
    ]  # fmt: skip
    words = [_STATES.get(own.get("state", "")), _KINDS.get(own.get("kind", ""))]
    words += ["已超期" if own.get("due") else None]
    stamp = {
        "范围": context.district_name,
        "工作年度": str(context.year),
        "基准日": context.as_of.isoformat(),
        "筛选": "、".join(word for word in words if word) or "无",
        "数据版本": str(context.stamp.data_version),
    }
    if context.stamp.is_demo:
        stamp["说明"] = "演示数据，非真实情况"
    return file_name("措施台账", context), table_to_xlsx("措施台账", columns, rows, stamp)


def asked(context: PageContext, kind: str, subject: str, patches: str, reason: str) -> NewMeasure:
    """What the form says, with the trigger that the address names. Raises SupervisionError."""
    if not subject.strip():
        raise SupervisionError("请填写对象：区市名称、图斑编号或全市。")
    query = context.query
    parts = patches.replace("，", ",").replace("、", ",").split(",")
    rule = query.get("rule") if query.get("rule") in context.rules else None
    return NewMeasure(
        MeasureKind(kind),
        subject.strip(),
        context.year,
        context.as_of,
        tuple(part.strip() for part in parts if part.strip()),
        reason.strip(),
        rule,
        query.get("period") if "-" in query.get("period", "") else None,
        whole_number(query.get("follows", "")),
    )


def register(app: Dash, services: Services) -> None:
    i = ids.Measures

    fill_place(app, services, i.CONTENT, render)

    @app.callback(
        Output(i.FORM, "children"),
        Input(i.FORM, "id"),
        State(ids.Shell.LOCATION, "search"),
    )
    def drafting(_: str, search: str | None) -> list[Component]:
        with services.store.read() as conn:
            return render_form(conn, services.settings, search or "")

    @app.callback(
        Output(ids.Shell.LOCATION, "href", allow_duplicate=True),
        Input(i.STATE, "value"),
        Input(i.KIND, "value"),
        Input(i.LATE, "value"),
        State(ids.Shell.LOCATION, "search"),
        prevent_initial_call=True,
    )
    def follow(state: str | None, kind: str | None, due: str | None, search: str | None) -> Any:
        with services.store.read() as conn:
            query = read_context(conn, services.settings, search or "").query
        values = {"state": state, "kind": kind, "due": due}
        own = {k: v for k, v in values.items() if v and v != EVERYTHING}
        return no_update if own == own_part(query) else href(PATH, query, **own_part(own))

    @app.callback(
        Output(ids.Shell.LOCATION, "href", allow_duplicate=True),
        Input(i.DRAFT, "n_clicks"),
        Input(i.DISMISS, "n_clicks"),
        State(i.NEW_KIND, "value"),
        State(i.NEW_SUBJECT, "value"),
        State(i.NEW_PATCHES, "value"),
        State(i.NEW_REASON, "value"),
        State(ids.Shell.LOCATION, "search"),
        prevent_initial_call=True,
    )
    @needs(Right.DRAFT)
    @changes_state
    def write(
        drafts: int | None,
        dismissals: int | None,
        kind: str,
        subject: str | None,
        patches: str | None,
        reason: str | None,
        search: str | None,
    ) -> str:
        if not (drafts or dismissals):
            raise PreventUpdate
        with services.store.write() as conn:
            context = read_context(conn, services.settings, search or "")
            new = asked(context, kind, subject or "", patches or "", reason or "")
            by, today = acting(), services.settings.today()
            at = Taking(conn, by, today, min(context.as_of, today), where=source_of_request())
            is_draft = ctx.triggered_id == i.DRAFT
            if is_draft and new.rule is None and not new.reason:
                raise SupervisionError("没有依据触发规则的措施须写明理由，请补充后再起草。")
            number = draft(at, new).number if is_draft else dismiss(at, new)
        return href(paths.measure(number), frame_part(context.query))


def register_routes(server: Flask, services: Services) -> None:
    @server.get(EXPORT_PATH)
    def export_measures() -> Response:
        with services.store.read() as conn:
            name, content = workbook(conn, services.settings, search_of_request())
        return xlsx_response(name, content)
