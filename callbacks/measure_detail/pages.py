"""Of one measure: its paper page by page, where LibreOffice is on the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask
from dash import ALL, Dash, Input, Output, State, ctx, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from callbacks.frame.guard import changes_state
from callbacks.frame.needs import needs
from components import ids, paths
from components.measures.pages import ask_card, drawing_card, lacking_card, pages_card
from components.parts.job_bar import job_bar, queued, stalled
from data.acting import acting
from data.documents.issued import IssuedPaper, paper_of
from data.documents.picturing import MOST_PAGES, NOT_INSTALLED, programs
from data.errors import NotFound, SupervisionError
from data.jobs import pages
from data.jobs.embedded import submit
from data.jobs.table import JobTable, JobView
from data.numbers import whole_number
from data.rights import Right
from data.services import Services

if TYPE_CHECKING:
    from sqlalchemy import Connection


def found(conn: Connection, number: str | None) -> IssuedPaper | None:
    """None where there is no such paper, or none that the reader may see."""
    named = whole_number(number or "")
    try:
        return paper_of(conn, acting().scope, named) if named is not None else None
    except SupervisionError:
        return None


def render(services: Services, table: JobTable, number: str | None) -> tuple[list[Component], bool]:
    """→ the card, and whether a job is at work on it."""
    with services.store.read() as conn:
        paper = found(conn, number)
    if paper is None or not acting().may(Right.EXPORT):
        return [], False
    count = pages.page_count(services.settings, paper)
    if count:
        digest = pages.page_digest(paper)
        addresses = [paths.page(paper.row.id, digest[:16], n) for n in range(1, count + 1)]
        return [pages_card(addresses, MOST_PAGES)], False
    job = _job_of(table, paper)
    if job is not None and job.is_active:
        return [drawing_card(_bar(job))], True
    if programs(services.settings) is None:
        return [lacking_card(NOT_INSTALLED)], False
    failed = job.message or "" if job is not None and job.state == "failed" else ""
    return [ask_card(failed)], False


def _job_of(table: JobTable, paper: IssuedPaper) -> JobView | None:
    """The reader's latest, where it is about this paper."""
    job = table.last_of(pages.TASK, acting().name)
    return job if job is not None and job.payload["measure"] == paper.row.id else None


def _bar(job: JobView) -> Component:
    if job.is_stalled:
        return stalled("后台程序没有回应，还没有转换。请稍后再看，或联系管理员。")
    return queued(job.ahead) if job.state == "queued" else job_bar(f"正在{job.phase}…", None)


def register(app: Dash, services: Services) -> None:
    i = ids.MeasurePages
    table = JobTable(services.settings)

    @app.callback(
        Output(i.CONTENT, "children"),
        Output(i.TICK, "disabled"),
        Input(i.TICK, "n_intervals"),
        Input(ids.MeasureDetail.ADDRESS, "data"),
        Input(ids.MeasureDetail.DONE, "data"),
    )
    def content(ticks: int | None, number: str | None, _: int) -> tuple[object, bool]:
        shown, is_active = render(services, table, number)
        return shown, not is_active

    @app.callback(
        Output(i.CONTENT, "children", allow_duplicate=True),
        Output(i.TICK, "disabled", allow_duplicate=True),
        Input({"type": i.ACTION, "name": ALL}, "n_clicks"),
        State(ids.MeasureDetail.ADDRESS, "data"),
        prevent_initial_call=True,
    )
    @needs(Right.EXPORT)
    @changes_state
    def draw(clicks: list[int | None], number: str | None) -> tuple[object, bool]:
        if not ctx.triggered_id or not any(clicks):
            raise PreventUpdate
        with services.store.read() as conn:
            paper = found(conn, number)
        if paper is None:
            return no_update, True
        job = _job_of(table, paper)
        if job is None or not job.is_active:
            asked: dict[str, object] = {"measure": paper.row.id}
            submit(table, services.settings, pages.TASK, asked, acting().name)
        shown, is_active = render(services, table, number)
        return shown, not is_active


def register_routes(server: flask.Flask, services: Services) -> None:
    @server.get(paths.page("<int:number>", "<digest>", "<int:page>"))
    @needs(Right.EXPORT)
    def measure_page(number: int, digest: str, page: int) -> flask.Response:
        """The address names what the picture shows, so that a browser never shows another."""
        with services.store.read() as conn:
            paper = paper_of(conn, acting().scope, number)
        if not pages.page_digest(paper).startswith(digest):
            raise NotFound("文稿已有改动，请刷新措施的页面。")
        return flask.send_file(pages.page_file(services.settings, paper, page), "image/png")
