"""One measure: where it stands, its figures beside what holds now, and the next steps by right."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import flask
from dash import Dash, Input, Output, State, html
from dash.development.base_component import Component
from flask import Flask, Response

from callbacks.frame.address import search_of_request
from callbacks.frame.context import PageContext, read_context
from callbacks.measure_detail.quoted import quoted
from callbacks.papers import shown_of
from components import ids, paths
from components.links import href
from components.measures.paper import (
    Happened,
    Sealed,
    related_card,
    sealed_card,
    texts_card,
    timeline_card,
)
from components.notices import paper_card
from components.parts.cards import empty, error_panel, headline, problem_notes
from components.shell import breadcrumb
from data.acting import acting
from data.documents.paper import LAYOUT, filled, from_texts
from data.errors import NotFound
from data.measures.following import followers
from data.measures.frozen import Composed
from data.measures.kinds import Subject
from data.measures.states import StepKind
from data.numbers import whole_number
from data.periods import format_day, local_time
from data.scope import Scope
from data.services import Services
from data.settings import Settings
from data.store.queries.measures import MeasureRow, Step, frozen, measure, measures
from data.workflow.measure_list import Entry, entry_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

_K = StepKind


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
        quoted(conn, row, context) if made.figures else empty("没有引用数据。", "见下方过程"),
        *_paper(row, made),
        *_sealed(row, context),
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


def _sealed(row: MeasureRow, context: PageContext) -> list[Component]:
    """The latest 正式件 and what was found in it; a district gets the file alone."""
    files = [step for step in row.steps if step.step == _K.FILE.value]
    if not files:
        return []
    last, is_district = files[-1], context.scope.districts is not None
    shown = Sealed(
        len(files),
        (last.file_name or "正式件", paths.measure_file(row.id, last.seq)),
        f"{format_day(last.on, context.year)} {last.account}",
        last.file_sha256 or "",
        last.digest or "",
        () if is_district else tuple((last.reason or "").splitlines()),
    )
    return [sealed_card(shown)]


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
    draft, patches = row.draft, row.draft.patch_nos
    rule = context.rules.get(draft.rule or "")
    told = (
        f"截至{format_day(draft.as_of)}",
        draft.rule and f"依据规则{draft.rule}{f' {rule.name}' if rule else ''}",
        draft.period and f"月清月份{draft.period}",
        draft.reason and f"理由：{draft.reason}",
        patches and f"所列图斑{len(patches)}个：{'、'.join(patches[:10])}",
    )
    return [html.P("；".join(part for part in told if part), className="subline")]


def shown_texts(made: Composed) -> list[str]:
    """Texts with their figures, without what describes the layout."""
    told = {figure.id: figure.text for figure in made.figures}
    plain = [text for text in made.texts.values() if text and text[:1] not in ("[", "{")]
    return [filled(text, told) for text in plain]


def happened(row: MeasureRow, context: PageContext) -> list[Happened]:
    """A district sees a measure from its issue on. What was found in the latest 正式件 stands in
    its own card, and only there."""
    taken = list(row.steps)
    sealed = max((s.seq for s in taken if s.step == _K.FILE.value), default=0)
    is_district = context.scope.districts is not None
    if is_district:
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
                    _reason(step, sealed, is_district),
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


def _reason(step: Step, sealed: int, is_district: bool) -> str:
    if step.step == _K.FILE.value and (is_district or step.seq == sealed):
        return "" if is_district else "比对结果见上方“正式件”。"
    return step.reason or ""


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
