"""Photographs of field checks: on the page of their patch, taken in and handed out."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import flask
from dash import Dash, Input, Output, State, no_update
from dash.development.base_component import Component

from callbacks.frame.address import search_of_request, source_of_request
from callbacks.frame.context import PageContext, read_context
from callbacks.frame.guard import changes_state
from callbacks.frame.needs import needs
from components import ids, paths
from components.patch.page import section
from components.patch.photographs import photo_list, photo_upload
from components.shell import toast
from data.acting import acting
from data.errors import NotFound, SupervisionError, UploadRefused
from data.numbers import whole_number
from data.rights import Right
from data.services import Services
from data.settings import Settings
from data.store.queries.photographs import photograph
from data.vocabulary import CheckLevel
from data.workflow.field_visit_writing import Acting
from data.workflow.photographs import MOST_BYTES, add_photographs, received, small_path_of
from data.worklists.photographs import looked_at

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: Connection, settings, work year, number, query string.
Render = Callable[["Connection", Settings, str, str, str], list[Component]]
_JPEG = "image/jpeg"


def may_add(context: PageContext, today: date) -> bool:
    """Who inspects may bring photographs, on the day on which he looks."""
    account = acting()
    right = Right.UPLOAD if account.is_district else Right.CHECK
    return account.may(right) and context.as_of == today and context.known is None


def photo_section(
    conn: Connection, context: PageContext, year: int, patch_no: str, today: date
) -> list[Component]:
    """Nothing where there are none and none can be brought."""
    found = looked_at(conn, context.scope, year, [patch_no], context.as_of)
    photos = [one for level in CheckLevel for one in found.get((patch_no, level), [])]
    adds = may_add(context, today)
    if not photos and not adds:
        return []
    level = CheckLevel.COUNTY if acting().is_district else CheckLevel.CITY
    body: list[Component] = [photo_list(photos, year)] if photos else []
    if adds:
        body.append(photo_upload(level.label, MOST_BYTES))
    note = "" if photos else "还没有外业核查的照片。"
    return [section("核查照片", *body, note=note)]


def contents_of(contents: Sequence[str], names: Sequence[str]) -> list[tuple[str, bytes]]:
    """What the browser sent as data URLs. Raises UploadRefused."""
    try:
        return [
            (name or "照片.jpg", base64.b64decode(text.partition(",")[2], validate=True))
            for text, name in zip(contents, names, strict=True)
        ]
    except (binascii.Error, ValueError) as error:
        raise UploadRefused("照片没有传完整，请重新选择。") from error


def register_photographs(app: Dash, services: Services, render: Render) -> None:
    """render: the whole page of a patch."""
    i = ids.PatchDetail

    @app.callback(
        Output(i.CONTENT, "children", allow_duplicate=True),
        Output(ids.Shell.TOASTS, "children", allow_duplicate=True),
        Input(i.PHOTOS, "contents"),
        State(i.PHOTOS, "filename"),
        State(i.ADDRESS, "data"),
        State(ids.Shell.LOCATION, "search"),
        prevent_initial_call=True,
    )
    @changes_state
    @needs(Right.READ)  # 外业核查 of the city, 上传 of a district: add_photographs
    def add(
        contents: list[str] | None,
        names: list[str] | None,
        address: Mapping[str, str],
        search: str | None,
    ) -> Any:
        if not contents:
            return no_update, no_update
        year, patch_no = whole_number(address["year"], most=9999), unquote(address["patch_no"])
        if year is None:
            raise SupervisionError("页面已更新，请刷新后重试。")
        photos = received(contents_of(contents, names or []))
        settings = services.settings
        with services.store.write() as conn:
            by = Acting(conn, acting(), year, settings.today(), source_of_request())
            count = add_photographs(by, settings, patch_no, photos)
        with services.store.read() as conn:
            page = render(conn, settings, str(year), patch_no, search or "")
        return page, toast(f"已收下{count}张照片。")


def register_routes(server: flask.Flask, services: Services) -> None:
    def file_of(number: int) -> tuple[str, str]:
        """(path below the uploads of the original, its name). Raises NotFound."""
        with services.store.read() as conn:
            context = read_context(conn, services.settings, search_of_request())
            found = photograph(conn, context.scope, number, services.settings.today())
        if found is None:
            raise NotFound("没有这张照片，请从图斑的页面打开。")
        return found.file_path, found.sha256

    def sent(path: str, name: str | None) -> flask.Response:
        file = services.settings.uploads_dir / path
        if not file.is_file():
            raise NotFound("照片文件不在了，请联系管理员从备份恢复。")
        return flask.send_file(
            file, mimetype=_JPEG, as_attachment=name is not None, download_name=name
        )

    @server.get(paths.photograph("<int:number>"))
    def photograph_as_it_came(number: int) -> flask.Response:
        path, _ = file_of(number)
        return sent(path, f"照片{number}.jpg")

    @server.get(paths.small_photograph("<int:number>"))
    def photograph_small(number: int) -> flask.Response:
        return sent(small_path_of(file_of(number)[1]), None)
