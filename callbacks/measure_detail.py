"""One measure: where it stands, its figures beside what holds now, and the next steps by right."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import flask
from dash import ALL, Dash, Input, Output, State, ctx, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from flask import Flask, Response

from callbacks.frame.address import search_of_request
from callbacks.frame.context import PageContext, read_context
from callbacks.frame.guard import changes_state
from callbacks.frame.needs import needs
from callbacks.papers import shown_of
from components import ids, paths
from components.links import href
from components.measures.paper import (
    Button,
    Happened,
    Quoted,
    actions_card,
    quoted_card,
    related_card,
    texts_card,
    timeline_card,
)
from components.notices import paper_card
from components.parts.cards import empty, error_panel, headline, problem_notes
from components.shell import breadcrumb, toast
from data.acting import acting
from data.documents.paper import LAYOUT, from_texts
from data.errors import NotFound, UploadRefused
from data.measures.following import followers
from data.measures.frozen import Composed
from data.measures.kinds import Subject
from data.measures.states import StepKind
from data.numbers import whole_number
from data.periods import format_day, local_time
from data.rights import Right
from data.scope import Scope
from data.services import Services
from data.settings import Settings
from data.store.queries.accounts import secrets_of
from data.store.queries.contributions import listed_figures
from data.store.queries.measures import MeasureRow, frozen, measure, measures
from data.vocabulary import RatioVariant
from data.workflow import measures as steps
from data.workflow.measure_changes import batches_since, beside_now
from data.workflow.measure_files import keep_bytes
from data.workflow.measure_list import Entry, entry_of
from data.workflow.measure_writing import Attachment, Taking
from data.workflow.signing_in import counting_wrong_codes

if TYPE_CHECKING:
    from sqlalchemy import Connection

_K = StepKind
_QUOTE = re.compile(r"\{\{|\}\}|\{([A-Za-z0-9_.-]+)\}")


def found(conn: Connection, scope: Scope, number: str | None) -> MeasureRow:
    """Raises NotFound."""
    named = whole_number(number or "")
    row = measure(conn, scope, named) if named is not None else None
    if row is None:
        told = f"第{number[:12]}号" if number else "这件"
        raise NotFound(f"没有{told}措施，或不在您的查看范围内。请从措施台账进入。")
    return row


def render(
    conn: Connection, settings: Settings, number: str | None, search: str
) -> list[Component]:
    context = read_context(conn, settings, search)
    back = href(paths.MEASURES, context.query)
    try:
        row = found(conn, context.scope, number)
    except NotFound as refusal:
        return [error_panel(refusal.message, back, "回到措施台账")]
    entry = entry_of(conn, row, max(context.as_of, row.steps[0].on))
    made = frozen(conn, context.scope, row)
    return [
        breadcrumb([("措施台账", back), (f"第{row.id}号", None)]),
        headline(said(entry, context)),
        *problem_notes(context.problems, href(paths.measure(row.id), context.query)),
        *facts(row, context),
        _quoted(conn, row, context) if made.figures else empty("没有引用数据。", "见下方过程"),
        *_paper(row, made),
        timeline_card(happened(row, context)),
        *_related(conn, row, context),
    ]


def _paper(row: MeasureRow, made: Composed) -> list[Component]:
    """The paper as it reads, with its files; the texts alone of one without a layout."""
    if LAYOUT not in made.texts:
        texts = shown_texts(made)
        return [texts_card(texts)] if texts else []
    paper = from_texts(made.texts)
    files = [("下载 Word", paths.paper(row.id))]
    if paper.lists:
        files.append(("下载随附清单", paths.annex(row.id)))
    if not acting().is_district:
        files.append(("下载溯源表", paths.trace(row.id)))
    return [paper_card(shown_of(paper, made), files)]


def said(entry: Entry, context: PageContext) -> list[str]:
    """`临港区《预警提醒函》威自然资函〔2023〕1号：已送达`, and whom it waits for."""
    row, now = entry.row, entry.standing
    unit = context.names.get(row.draft.district or "", "全市")
    of_patch = f"图斑{row.draft.subject} " if row.draft.subject_kind is Subject.PATCH else ""
    lead = f"{unit}{of_patch}《{row.kind.label}》{now.number or ''}：{now.state.label}"
    parts = [f"{lead}（{format_day(now.since, context.year)}）"]
    if now.waits_for:
        until = f"，期限{format_day(now.waits_until, context.year)}" if now.waits_until else ""
        late = f"，已超期{now.overdue_workdays}个工作日" if now.overdue_workdays else ""
        parts.append(f"等{now.waits_for}{until}{late}")
    return parts


def facts(row: MeasureRow, context: PageContext) -> list[Component]:
    draft = row.draft
    told = [f"截至{format_day(draft.as_of)}"]
    if draft.rule:
        rule = context.rules.get(draft.rule)
        told.append(f"依据规则{draft.rule}{f' {rule.name}' if rule else ''}")
    if draft.period:
        told.append(f"月清月份{draft.period}")
    if draft.reason:
        told.append(f"理由：{draft.reason}")
    if draft.patch_nos:
        told.append(f"所列图斑{len(draft.patch_nos)}个：{'、'.join(draft.patch_nos[:10])}")
    return [html.P("；".join(told), className="subline")]


def _quoted(conn: Connection, row: MeasureRow, context: PageContext) -> Component:
    rows = []
    for change in beside_now(conn, row):
        figure = change.frozen
        rows.append(
            Quoted(
                change.label,
                RatioVariant(figure.variant).label if figure.variant else "",
                context.names.get(figure.district or "", "全市"),
                figure.said,
                change.now_text,
                change.is_change,
                len(figure.patches),
                patches_href(figure.name, figure.district, row),
            )
        )
    batches = [f"批次{batch} {name}" for batch, name in batches_since(conn, row)[:10]]
    if context.scope.districts is not None:
        batches = []  # files are nobody's business but the city's
    return quoted_card(rows, row.draft.as_of, batches)


def patches_href(name: str, district: str | None, row: MeasureRow) -> str | None:
    """The list behind a figure on the paper's own day."""
    try:
        (listed,) = listed_figures(name)
    except KeyError:
        return None
    draft = row.draft
    query = {"year": str(draft.year), "asof": draft.as_of.isoformat(), "district": district or ""}
    return href(paths.PATCHES, query, figure=listed)


def shown_texts(made: Composed) -> list[str]:
    """Texts with their figures, without what describes the layout."""
    figures = {figure.id: figure.text for figure in made.figures}

    def put(match: re.Match[str]) -> str:
        if match[0] in ("{{", "}}"):
            return match[0][0]
        return figures.get(match[1], match[0])

    plain = [text for text in made.texts.values() if text and text[:1] not in ("[", "{")]
    return [_QUOTE.sub(put, text) for text in plain]


def happened(row: MeasureRow, context: PageContext) -> list[Happened]:
    """A district sees a measure from its issue on."""
    taken = list(row.steps)
    if context.scope.districts is not None:
        first = next((n for n, s in enumerate(taken) if s.step == _K.ISSUE.value), len(taken))
        taken = taken[first:]
    return [
        Happened(
            _K(step.step).label,
            step.on,
            step.account,
            f"{local_time(datetime.fromisoformat(step.at)):%Y-%m-%d %H:%M}",
            tuple(
                text
                for text in (
                    f"文号：{step.number}" if step.number else "",
                    f"期限：{format_day(step.due_on)}" if step.due_on else "",
                    step.reason or "",
                    f"文稿摘要（SHA-256）：{step.digest}" if step.number and step.digest else "",
                )
                if text
            ),
            (step.file_name or "附件", paths.measure_file(row.id, step.seq))
            if step.file_path
            else None,
        )
        for step in taken
    ]


def _related(conn: Connection, row: MeasureRow, context: PageContext) -> list[Component]:
    links: list[tuple[str, str, str]] = []
    query = context.query
    for other in measures(conn, context.scope, row.draft.year):
        if other.id == row.draft.follows:
            word = f"所接续的第{other.id}号《{other.kind.label}》"
        elif other.draft.follows == row.id:
            word = f"其后的第{other.id}号《{other.kind.label}》"
        else:
            continue
        links.append((word, href(paths.measure(other.id), query), ""))
    if context.scope.districts is None:
        for follow in followers(row.kind):
            own = {"new": follow.after.value, "subject": row.draft.subject, "follows": str(row.id)}
            words = f"起草{follow.after.label}"
            links.append((words, href(paths.MEASURES, query, **own), f"：须{follow.only}"))
    return [related_card(links)] if links else []


#: Steps that take a deadline, a number, a file.
_DUE = frozenset({_K.ISSUE, _K.EXTEND, _K.REFUSE})
_FILE = frozenset({_K.DELIVER, _K.EXTEND, _K.REPLY, _K.RELEASE})


def render_actions(
    conn: Connection, settings: Settings, number: str | None, search: str
) -> list[Component]:
    """The steps that whoever looks may take now; nothing where there are none."""
    context = read_context(conn, settings, search)
    try:
        row = found(conn, context.scope, number)
    except NotFound:
        return []
    day = max(min(context.as_of, settings.today()), row.steps[-1].on)
    now = steps.state_of(conn, row, day)
    open_ = [step for step in steps.open_steps(acting(), row, now) if step is not _K.EDIT]
    if not open_:
        return []
    first = {_K.SUBMIT, _K.REVIEW, _K.ISSUE, _K.DELIVER, _K.REPLY, _K.RELEASE}
    buttons = [Button(step.value, step.label, step in first) for step in open_]
    wanted = {
        "due": bool(_DUE.intersection(open_)),
        "number": _K.ISSUE in open_,
        "code": _K.ISSUE in open_ and secrets_of(conn, acting().name)[1] is not None,
        "file": bool(_FILE.intersection(open_)),
    }
    return [actions_card(buttons, row.version, day, wanted)]


def take(at: Taking, number: int, step: StepKind, asked: Mapping[str, Any]) -> str:
    """Take a step as the page asks for it. asked: reason, due, number, file. → a sentence where
    something else happened than was asked for. Raises SupervisionError."""
    reason, due = asked.get("reason"), asked.get("due")
    file: Attachment | None = asked.get("file")
    match step:
        case _K.ISSUE:
            issued = steps.issue(at, number, due, asked.get("number"))
            return "" if issued.number else issued.said
        case _K.CORRECT:
            made = steps.correct(at, number, reason)
            return f"已起草更正，第{made.number}号。"
        case _K.SUBMIT:
            steps.submit(at, number)
        case _K.REFRESH:
            steps.refresh(at, number)
        case _K.RETURN:
            steps.give_back(at, number, reason or "")
        case _K.REVIEW:
            steps.review(at, number, reason)
        case _K.DELIVER:
            steps.deliver(at, number, reason, file)
        case _K.EXTEND:
            steps.extend(at, number, due, reason, file)
        case _K.REPLY:
            steps.reply(at, number, reason, file)
        case _K.REFUSE:
            steps.refuse(at, number, reason, due)
        case _K.RELEASE:
            steps.release(at, number, reason, file)
        case _:
            steps.withdraw(at, number, reason)
    return ""


def attachment(settings: Settings, content: str | None, name: str | None) -> Attachment | None:
    """What the browser sent as a data URL. Raises UploadRefused."""
    if not content:
        return None
    try:
        raw = base64.b64decode(content.partition(",")[2], validate=True)
    except (binascii.Error, ValueError) as error:
        raise UploadRefused("附件没有传完整，请重新选择。") from error
    return keep_bytes(settings, name or "附件", raw)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text[:10]) if text else None


def register(app: Dash, services: Services) -> None:
    i = ids.MeasureDetail

    @app.callback(
        Output(i.CONTENT, "children"),
        Input(i.ADDRESS, "data"),
        Input(i.DONE, "data"),
        State(ids.Shell.LOCATION, "search"),
    )
    def content(number: str | None, _: int, search: str | None) -> list[Component]:
        with services.store.read() as conn:
            return render(conn, services.settings, number, search or "")

    @app.callback(
        Output(i.ACTIONS, "children"),
        Input(i.ADDRESS, "data"),
        Input(i.DONE, "data"),
        State(ids.Shell.LOCATION, "search"),
    )
    def actions(number: str | None, _: int, search: str | None) -> list[Component]:
        with services.store.read() as conn:
            return render_actions(conn, services.settings, number, search or "")

    @app.callback(
        Output(i.FILE_NAME, "children"), Input(i.FILE, "filename"), prevent_initial_call=True
    )
    def name_file(name: str | None) -> str:
        return name or ""

    @app.callback(
        Output(i.DONE, "data"),
        Output(ids.Shell.TOASTS, "children", allow_duplicate=True),
        Input(i.step(ALL), "n_clicks"),  # type: ignore[arg-type]
        State(i.ADDRESS, "data"),
        State(i.SEEN, "data"),
        State(i.DAY, "date"),
        State(i.REASON, "value"),
        State(i.DUE, "date"),
        State(i.NUMBER, "value"),
        State(i.CODE, "value"),
        State(i.FILE, "contents"),
        State(i.FILE, "filename"),
        State(i.DONE, "data"),
        prevent_initial_call=True,
    )
    @needs(Right.READ)  # each step asks for its own
    @changes_state
    def act(
        clicks: list[int | None],
        number: str | None,
        seen: int,
        day: str | None,
        reason: str | None,
        due: str | None,
        paper: str | None,
        code: str | None,
        file: str | None,
        file_name: str | None,
        done: int,
    ) -> Any:
        pressed = ctx.triggered_id
        if not pressed or not any(clicks):
            raise PreventUpdate
        named = whole_number(number or "")
        if named is None:
            raise NotFound("没有这件措施，请从措施台账进入。")
        by, today = acting(), services.settings.today()
        source = flask.request.remote_addr or "web"
        counting = counting_wrong_codes(services.store, services.settings, by, source)
        with counting, services.store.write() as conn:
            at = Taking(conn, by, today, _day(day), seen, "web", code or "", source)
            asked = {
                "reason": reason,
                "due": _day(due),
                "number": (paper or "").strip() or None,
                "file": attachment(services.settings, file, file_name),
            }
            told = take(at, named, _K(str(pressed["step"])), asked)
        return done + 1, toast(told) if told else no_update


def register_routes(server: Flask, services: Services) -> None:
    @server.get(paths.measure_file("<number>", "<seq>"))
    def measure_attachment(number: str, seq: str) -> Response:
        with services.store.read() as conn:
            scope = read_context(conn, services.settings, search_of_request()).scope
            row = found(conn, scope, number)
        is_district = scope.districts is not None
        issued = next((s.seq for s in row.steps if s.step == _K.ISSUE.value), 0)
        step = next((s for s in row.steps if str(s.seq) == seq and s.file_path), None)
        if step is None or step.file_path is None or (is_district and step.seq < issued):
            raise NotFound("没有这个附件，请从措施的页面打开。")
        path = services.settings.uploads_dir / step.file_path
        if not path.is_file():
            raise NotFound("附件文件不在了，请联系管理员从备份恢复。")
        return flask.send_file(path, as_attachment=True, download_name=step.file_name)
