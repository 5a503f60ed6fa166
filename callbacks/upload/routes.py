"""Addresses of /upload beside the page: slices of files, templates, returned workbooks."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import flask

from callbacks.frame.address import source_of_request
from callbacks.frame.context import reader_scope
from callbacks.frame.needs import needs
from callbacks.upload.seen import job_of
from components import paths
from data.acting import acting
from data.errors import Forbidden, NotFound, SupervisionError, Unproven, UploadRefused
from data.jobs.incoming import SLICE_BYTES, Incoming, OutOfStep, as_json
from data.jobs.table import JobTable
from data.numbers import whole_number
from data.rights import Right
from data.services import Services
from data.store.queries.uploads import upload_detail
from data.upload.refusals import note_unreceived
from data.upload.templates import write_template
from data.vocabulary import UploadKind

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def answered(view: Callable[..., Any]) -> Callable[..., Any]:
    """A refusal becomes its sentence in JSON, with the status that says whose turn it is."""

    @wraps(view)
    def answer(*args: Any, **kwargs: Any) -> Any:
        try:
            return view(*args, **kwargs)
        except OutOfStep as error:
            return {"offset": error.offset, "message": error.message}, 409
        except (Unproven, Forbidden) as error:
            return {"message": error.message}, 403
        except NotFound as error:
            return {"message": error.message}, 404
        except SupervisionError as error:
            return {"message": error.message}, 422

    return answer


def body_within_limit(request: flask.Request) -> bytes:
    """A slice. Raises SupervisionError for one that is larger than agreed, or of unsaid length."""
    length = request.content_length
    if length is None or length > SLICE_BYTES:
        raise SupervisionError("一次传来的内容超过约定大小，请刷新页面后重试。")
    return request.get_data(cache=False)


def inside(folder: Path, relative: str | None) -> Path:
    """A file of the folder. Raises NotFound, also for a way out of the folder."""
    path = (folder / relative).resolve() if relative else None
    if path is None or not path.is_relative_to(folder.resolve()) or not path.is_file():
        raise NotFound("没有这个文件，可能已被清理。")
    return path


def register_routes(server: flask.Flask, services: Services) -> None:
    settings, table = services.settings, JobTable(services.settings)
    incoming = Incoming(settings)

    @server.post(paths.uploading())
    @needs(Right.UPLOAD)
    @answered
    def begin() -> Any:
        asked = flask.request.get_json(silent=True)
        asked = asked if isinstance(asked, dict) else {}
        name, size = asked.get("name"), asked.get("size")
        if not isinstance(name, str) or not isinstance(size, int):
            raise SupervisionError("缺少文件名或大小，请刷新页面后重试。")
        try:
            return as_json(incoming.begin(name, size)), 201
        except UploadRefused as refusal:
            source = source_of_request()
            note_unreceived(services.store, acting().name, source, name, size, refusal.message)
            raise

    @server.get(paths.uploading("<file_id>"))
    @answered
    def known(file_id: str) -> Any:
        return as_json(incoming.get(file_id))

    @server.put(paths.uploading("<file_id>"))
    @needs(Right.UPLOAD)
    @answered
    def append(file_id: str) -> Any:
        offset = whole_number(flask.request.args.get("offset"))
        if offset is None:
            raise SupervisionError("缺少续传位置，请刷新页面后重试。")
        return as_json(incoming.append(file_id, offset, body_within_limit(flask.request)))

    @server.delete(paths.uploading("<file_id>"))
    @needs(Right.UPLOAD)
    @answered
    def drop(file_id: str) -> Any:
        incoming.drop(file_id)
        return {"dropped": file_id}

    @server.get(paths.template("<kind>"))
    @answered
    def template(kind: str) -> Any:
        if kind not in {k.value for k in UploadKind if k is not UploadKind.REFERENCE}:
            raise NotFound("没有这种模板。请在上传页选择模板下载。")
        known_kind = UploadKind(kind)
        return _workbook(write_template(known_kind), f"{known_kind.label}模板.xlsx")

    @server.get(paths.report("<int:batch>"))
    @answered
    def report(batch: int) -> Any:
        with services.store.read() as conn:
            detail = upload_detail(conn, reader_scope(), batch, changes=0)
        path = inside(settings.outputs_dir, detail["report_path"])
        return _workbook(path, f"{Path(detail['file_name']).stem}_退回.xlsx")

    @server.get(paths.original("<int:batch>"))
    @answered
    def original(batch: int) -> Any:
        with services.store.read() as conn:
            detail = upload_detail(conn, reader_scope(), batch, changes=0)
        path = inside(settings.uploads_dir, detail["stored_path"])
        return flask.send_file(
            path,
            mimetype="application/octet-stream",
            as_attachment=True,
            download_name=detail["file_name"],
        )

    @server.get(paths.job_report("<job_id>"))
    @answered
    def job_report(job_id: str) -> Any:
        job = job_of(table, job_id)
        path = inside(settings.outputs_dir, (job.result or {}).get("report"))
        return _workbook(path, f"{Path(job.payload.get('file_name', '')).stem}_退回.xlsx")


def _workbook(content: Any, name: str) -> flask.Response:
    return flask.send_file(content, mimetype=_XLSX, as_attachment=True, download_name=name)
