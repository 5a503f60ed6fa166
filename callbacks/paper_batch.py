"""本月公文: the papers issued in the month of the as-of date, packed by the worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import flask
from dash import ALL, Dash, Input, Output, State, ctx
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from callbacks.frame.context import PageContext, read_context
from callbacks.frame.downloads import attached
from callbacks.frame.guard import changes_state
from callbacks.frame.needs import needs
from components import ids, paths
from components.paper_batch import batch_card, packed, packing, start
from components.parts.job_bar import job_bar, queued, stalled
from data.acting import acting
from data.errors import NotFound
from data.jobs import papers
from data.jobs.embedded import submit
from data.jobs.table import JobTable, JobView
from data.periods import format_month
from data.rights import Right
from data.services import Services
from data.workflow.paper_batch import papers_of_month

if TYPE_CHECKING:
    from sqlalchemy import Connection

_GONE = "没有这个公文包，可能已被清理，或查看范围已有变化。请在通报页面重新打包。"


def asked_of(context: PageContext) -> dict[str, Any]:
    """The month of the as-of date, of the year and district of the address."""
    month = f"{context.as_of:%Y-%m}"
    return papers.payload_of(context.year, month, context.district, context.district_name)


def render(services: Services, table: JobTable, search: str) -> tuple[list[Component], bool]:
    """→ the card, and whether a job is at work."""
    last = table.last_of(papers.TASK, acting().name)  # before a connection to the store is held
    with services.store.read() as conn:
        return _card(conn, services, last, search)


def _card(
    conn: Connection, services: Services, last: JobView | None, search: str
) -> tuple[list[Component], bool]:
    context = read_context(conn, services.settings, search)
    if last is not None and last.is_active:
        return [batch_card(f"正在打包{said(last, context)}", _at_work(last))], True
    asked = asked_of(context)
    found = papers_of_month(conn, context.scope, asked["year"], asked["month"], asked["district"])
    month = format_month(asked["month"], context.year)
    parts = _ended(last, services, context) if last is not None else []
    if found and acting().may(Right.EXPORT):
        parts.append(start(f"打包{month}签发的{len(found)}件公文"))
    return [batch_card(f"{context.district_name}{month}签发的公文：{len(found)}件", parts)], False


def said(job: JobView, context: PageContext) -> str:
    """`环翠区11月公文`."""
    return f"{job.payload['place']}{format_month(job.payload['month'], context.year)}公文"


def _at_work(job: JobView) -> list[Component]:
    if job.is_stalled:
        bar = stalled("后台程序没有回应，还没有打包。请稍后再看，或联系管理员。")
    elif job.state == "queued":
        bar = queued(job.ahead)
    else:
        share = job.done / job.total if job.total else None
        bar = job_bar(f"{job.phase} {job.done} / {job.total} 件" if job.total else "开始", share)
    return packing(bar, job.cancel_asked)


def _ended(job: JobView, services: Services, context: PageContext) -> list[Component]:
    if papers.is_there(services.settings, job):
        result = job.result or {}
        words = f"{said(job, context)}（{result['made']}件）"
        failed = [(number, sentence) for number, sentence in result["failed"]]
        return packed(words, paths.papers(job.id), failed)
    return []


def archive_of(services: Services, table: JobTable, job_id: str) -> tuple[str, bytes]:
    """(name, content). Raises NotFound, alike for a job that is not there and another's."""
    try:
        job = table.get(job_id)
    except NotFound:
        raise NotFound(_GONE) from None
    if not papers.is_there(services.settings, job):
        raise NotFound(_GONE)
    name = f"公文 {job.payload['month']}.zip"
    return name, papers.archive_of(services.settings, job).read_bytes()


def register(app: Dash, services: Services) -> None:
    i = ids.PaperBatch
    table = JobTable(services.settings)

    @app.callback(
        Output(i.CONTENT, "children"),
        Output(i.TICK, "disabled"),
        Input(i.TICK, "n_intervals"),
        State(ids.Shell.LOCATION, "search"),
    )
    def content(_: int | None, search: str | None) -> tuple[list[Component], bool]:
        shown, is_active = render(services, table, search or "")
        return shown, not is_active

    @app.callback(
        Output(i.CONTENT, "children", allow_duplicate=True),
        Output(i.TICK, "disabled", allow_duplicate=True),
        Input({"type": i.ACTION, "name": ALL}, "n_clicks"),
        State(ids.Shell.LOCATION, "search"),
        prevent_initial_call=True,
    )
    @needs(Right.EXPORT)
    @changes_state
    def act(clicks: list[int | None], search: str | None) -> tuple[list[Component], bool]:
        pressed = ctx.triggered_id
        if not pressed or not any(clicks):
            raise PreventUpdate
        last = table.last_of(papers.TASK, acting().name)
        is_active = last is not None and last.is_active
        if pressed["name"] == "cancel" and last is not None:
            table.cancel(last.id)
        elif pressed["name"] == "pack" and not is_active:  # two windows: one archive
            with services.store.read() as conn:
                asked = asked_of(read_context(conn, services.settings, search or ""))
            submit(table, services.settings, papers.TASK, asked, acting().name)
        shown, is_active = render(services, table, search or "")
        return shown, not is_active


def register_routes(server: flask.Flask, services: Services) -> None:
    table = JobTable(services.settings)

    @server.get(paths.papers("<job_id>"))
    def export_papers(job_id: str) -> flask.Response:
        name, content = archive_of(services, table, job_id)
        return attached(name, content, "application/zip")
