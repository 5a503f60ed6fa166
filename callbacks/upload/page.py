"""数据上传: a file's way from the browser to the store, as the address and its job say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dash import ALL, Dash, Input, Output, State, ctx, html, no_update, set_props
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from callbacks.frame.address import source_of_request
from callbacks.frame.context import PageContext, read_context
from callbacks.frame.guard import changes_state
from callbacks.frame.needs import needs
from callbacks.frame.shell import stamp_text
from callbacks.upload.actions import Actions, Asked
from callbacks.upload.changes import recorded
from callbacks.upload.job import district_names, headline_of, progress_of, work
from callbacks.upload.profiles import profiles, register_profiles
from callbacks.upload.seen import job_of, jobs_of_reader, sees_jobs
from components import ids, paths
from components.links import href, read_search
from components.parts.cards import error_panel, problem_notes
from components.upload.batch import batch_headline, batch_panel
from components.upload.page import (
    AUTOMATIC,
    chooser,
    history,
    moment_text,
    open_jobs,
    others_link,
    refused,
    templates,
)
from data.errors import NotFound
from data.jobs.embedded import ensure_worker
from data.jobs.table import JobTable, JobView
from data.numbers import MOST_ID, whole_number
from data.rights import Right
from data.scope import Scope
from data.services import Services
from data.settings import Settings
from data.store.queries.uploads import upload_count, upload_detail, upload_list
from data.upload.refusals import refusal_count, refusals
from data.vocabulary import UploadKind

if TYPE_CHECKING:
    from sqlalchemy import Connection

PAGE_SIZE = 20
_FIRST_YEAR = 2018


def selectable_years(context: PageContext, today_year: int) -> list[int]:
    """Work years a file may be for: since the ledger's first, up to the next."""
    last = max(today_year + 1, *context.stamp.years, context.year)
    return list(range(last, _FIRST_YEAR - 1, -1))


def title_of(job: JobView) -> str:
    if job.task == "undo":
        return f"撤回批次{job.payload['batch']}"
    return str(job.payload.get("file_name") or "文件")


def headline(context: PageContext) -> str:
    known = context.stamp
    if known.last_upload_at is None or known.last_upload_kind is None:
        return "还没有数据：请先上传“下发图斑”，再上传核查结果和审核意见"
    when = moment_text(known.last_upload_at, context.as_of.year)
    kind = UploadKind(known.last_upload_kind).label
    return f"最近一次入库是{when}的“{kind}”，数据版本 {known.data_version}"


def history_card(
    conn: Connection, scope: Scope, query: Mapping[str, str], this_year: int
) -> Component:
    page = whole_number(query.get("page")) or 1
    total = upload_count(conn, scope)
    page = min(max(1, page), max(1, -(-total // PAGE_SIZE)))
    batches = upload_list(conn, scope, PAGE_SIZE, (page - 1) * PAGE_SIZE)
    return history(batches, total, page, PAGE_SIZE, query, this_year)


def refused_card(conn: Connection, settings: Settings, this_year: int) -> list[Component]:
    files = [asdict(refusal) for refusal in refusals(conn, settings, PAGE_SIZE)]
    shown = refused(files, refusal_count(conn), settings.refused_days, this_year)
    return [shown] if shown is not None else []


def jobs_card(
    jobs: Sequence[JobView], shown: str | None, query: Mapping[str, str], this_year: int
) -> Any:
    others = [
        {
            "id": job.id,
            "title": title_of(job),
            "state": "stalled" if job.is_stalled else job.state,
            "phase": job.phase,
            "created_at": job.created_at,
        }
        for job in jobs
        if job.id != shown
    ]
    return open_jobs(others, query, this_year) if others else None


@dataclass
class Rendered:
    """The parts of the page, as its layout names them."""

    headline: str
    content: list[Any]
    work: list[Any]
    open_jobs: Any
    history: list[Any]
    is_active: bool = False


def render(services: Services, table: JobTable, search: str) -> Rendered:
    """The whole page for an address: its job, its batch, or the choice of a file."""
    jobs, job = jobs_of_reader(table), None
    if asked := read_search(search).get("job"):
        try:
            job = job_of(table, asked)
        except NotFound as error:
            gone = error.message
    with services.store.read() as conn:
        context = read_context(conn, services.settings, search)
        query = context.query
        back = href(paths.UPLOAD, query)
        this_year = services.settings.today().year
        years = selectable_years(context, this_year)
        shown = Rendered(headline(context), problem_notes(context.problems, back), [], None, [])
        shown.open_jobs = jobs_card(jobs, query.get("job"), query, this_year)
        shown.history = [
            history_card(conn, context.scope, query, this_year),
            *(refused_card(conn, services.settings, this_year) if sees_jobs(context.scope) else ()),
        ]
        if asked and job is None:
            shown.content.append(error_panel(gone, back, "返回数据上传"))
        elif job is not None:
            shown.headline, shown.is_active = headline_of(job), job.is_active
            others = sum(1 for other in jobs if other.id != job.id)
            shown.open_jobs = others_link(others, query) if others else None
            shown.work = work(conn, services.settings, job, context, years)
            shown.history = []
        elif (batch := whole_number(query.get("batch"), most=MOST_ID)) is not None:
            _show_batch(shown, conn, batch, context, back)
            shown.open_jobs = others_link(len(jobs), query) if jobs else None
        else:
            kind = query.get("kind", "")
            known = kind in {k.value for k in UploadKind}
            shown.content.append(chooser(kind if known else AUTOMATIC, context.year, years))
            saved = profiles(conn, query, this_year)
            shown.history.append(html.Div(saved, id=ids.Upload.PROFILES))
            shown.history.append(templates())
    return shown


def _show_batch(
    shown: Rendered, conn: Connection, batch: int, context: PageContext, back: str
) -> None:
    try:
        detail = upload_detail(conn, context.scope, batch)
    except NotFound as error:
        shown.content.append(error_panel(error.message, back, "返回数据上传"))
        return
    changes = recorded(detail["changes"], district_names(context))
    shown.headline = batch_headline(detail)
    shown.content.append(batch_panel(detail, changes, context.query))
    shown.history = []


def begin_payload(
    file: Mapping[str, Any], kind: str, layer: str, year: str, strict: bool, source: str
) -> dict[str, Any]:
    return {
        "step": "preview",
        "file": str(file["id"]),
        "file_name": Path(str(file["name"])).name[:200],
        "kind": kind if kind in {k.value for k in UploadKind} else "",
        "layer": layer if kind == UploadKind.REFERENCE.value else None,
        "year": whole_number(year, 2000, 2100),
        "all_or_nothing": bool(strict),
        "from": source,
    }


def register(app: Dash, services: Services) -> None:
    i = ids.Upload
    table = JobTable(services.settings)
    actions = Actions(services, table)
    register_profiles(app, services, actions)

    @app.callback(
        Output(i.HEADLINE, "children"),
        Output(i.CONTENT, "children"),
        Output(i.WORK, "children"),
        Output(i.OPEN, "children"),
        Output(i.HISTORY, "children"),
        Output(i.TICK, "disabled"),
        Input(i.CONTENT, "id"),
        State(ids.Shell.LOCATION, "search"),
    )
    def content(_: str, search: str | None) -> tuple[Any, ...]:
        ensure_worker(services.settings)  # warm by the time a file has been chosen
        r = render(services, table, search or "")
        return r.headline, r.content, r.work, r.open_jobs, r.history, not r.is_active

    app.clientside_callback(
        "kind => kind !== 'reference'", Output(i.LAYER_FIELD, "hidden"), Input(i.KIND, "value")
    )

    @app.callback(
        Output(ids.Shell.LOCATION, "href", allow_duplicate=True),
        Output(i.OPEN, "children", allow_duplicate=True),
        Input(i.FILE, "data"),
        State(i.KIND, "value"),
        State(i.LAYER, "value"),
        State(i.YEAR, "value"),
        State(i.STRICT, "value"),
        State(ids.Shell.LOCATION, "search"),
        prevent_initial_call=True,
    )
    @needs(Right.UPLOAD)
    @changes_state
    def arrived(
        file: dict[str, Any] | None,
        kind: str | None,
        layer: str | None,
        year: str | None,
        strict: bool | None,
        search: str | None,
    ) -> tuple[Any, Any]:
        if not file:
            raise PreventUpdate
        source = source_of_request()
        payload = begin_payload(file, kind or "", layer or "", year or "", bool(strict), source)
        job_id = actions.submit("upload", payload)
        query = read_search(search)
        if file.get("count", 1) > 1:  # several at once: they queue, the page stays
            return no_update, jobs_card(
                jobs_of_reader(table), None, query, services.settings.today().year
            )
        return href(paths.UPLOAD, query, job=job_id), no_update

    @app.callback(
        Output(i.WORK, "children", allow_duplicate=True),
        Output(i.HEADLINE, "children", allow_duplicate=True),
        Output(i.TICK, "disabled", allow_duplicate=True),
        Input(i.TICK, "n_intervals"),
        State(ids.Shell.LOCATION, "search"),
        prevent_initial_call=True,
    )
    def tick(_: int, search: str | None) -> tuple[Any, ...]:
        job_id = read_search(search).get("job")
        if not job_id:
            return no_update, no_update, True
        job = job_of(table, job_id)
        if job.is_active:
            set_props(i.PROGRESS, {"children": progress_of(job)})
            return no_update, headline_of(job), False
        with services.store.read() as conn:
            context = read_context(conn, services.settings, search or "")
            years = selectable_years(context, services.settings.today().year)
            body = work(conn, services.settings, job, context, years)
        if job.state == "done":  # the frame shows the version that this very upload made
            set_props(ids.Shell.STAMP, {"children": stamp_text(context.stamp, context.year)})
        return body, headline_of(job), True

    @app.callback(
        Output(i.WORK, "children", allow_duplicate=True),
        Output(i.HEADLINE, "children", allow_duplicate=True),
        Output(i.TICK, "disabled", allow_duplicate=True),
        Output(ids.Shell.LOCATION, "href", allow_duplicate=True),
        Input({"type": "upload-action", "name": ALL}, "n_clicks"),
        State({"type": "upload-option", "name": ALL}, "value"),
        State({"type": "upload-option", "name": ALL}, "id"),
        State({"type": "upload-field", "at": ALL}, "value"),
        State({"type": "upload-unit", "at": ALL}, "value"),
        State(ids.Shell.LOCATION, "search"),
        prevent_initial_call=True,
    )
    @needs(Right.UPLOAD)
    @changes_state
    def act(
        clicks: list[int | None],
        options: list[Any],
        names: list[dict[str, str]],
        fields: list[str | None],
        units: list[str | None],
        search: str | None,
    ) -> tuple[Any, ...]:
        pressed = ctx.triggered_id
        if not pressed or not any(clicks):
            raise PreventUpdate
        query = read_search(search)
        chosen = {n["name"]: v for n, v in zip(names, options, strict=True)}
        asked = Asked(pressed["name"], chosen, fields, units, source_of_request())
        new_job = actions.act(asked, query)
        if new_job is None or new_job != query.get("job"):  # another job, or none: another address
            return no_update, no_update, no_update, href(paths.UPLOAD, query, job=new_job)
        job = job_of(table, new_job)
        with services.store.read() as conn:
            context = read_context(conn, services.settings, search or "")
            years = selectable_years(context, services.settings.today().year)
            body = work(conn, services.settings, job, context, years)
        return body, headline_of(job), not job.is_active, no_update
