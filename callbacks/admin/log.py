"""审计日志 on 系统管理: who, when, from where, did what; searched and taken away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import flask
from dash import Dash, Input, Output, State
from dash.development.base_component import Component

from callbacks.frame.downloads import xlsx_response
from callbacks.frame.needs import needs
from components import admin as parts
from components import ids
from components.upload.page import source_text
from data.errors import SupervisionError
from data.exports import SheetColumn, table_to_xlsx
from data.periods import local_time
from data.rights import Right
from data.services import Services
from data.store.queries.audit_log import KINDS, Asked, LogLine, log_lines

if TYPE_CHECKING:
    from sqlalchemy import Connection

EXPORT_PATH = "/export/audit-log.xlsx"
_SHOWN = 100
_EXPORTED = 200_000


def moment_text(moment: datetime) -> str:
    return f"{local_time(moment):%Y-%m-%d %H:%M:%S}"


def asked_from(values: Mapping[str, Any]) -> Asked:
    """What the fields or an address look for. Raises SupervisionError for a day that is none."""

    def day(name: str) -> date | None:
        text = str(values.get(name) or "")
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            raise SupervisionError(f"日期“{text[:20]}”无法识别，应写作 2023-05-24。") from None

    kind = str(values.get("kind") or "")
    words = [str(values.get(name) or "").strip()[:64] for name in ("who", "text")]
    return Asked(kind if kind in KINDS else "", words[0], words[1], day("from"), day("to"))


def log_parts(conn: Connection, asked: Asked) -> list[Component]:
    lines = log_lines(conn, asked, _SHOWN + 1)
    given = {
        "kind": asked.kind, "who": asked.who, "text": asked.text,
        "from": asked.first and asked.first.isoformat(),
        "to": asked.last and asked.last.isoformat(),
    }  # fmt: skip
    said = urlencode({key: value for key, value in given.items() if value})
    export = EXPORT_PATH + (f"?{said}" if said else "")
    return parts.log_table([_cells(n) for n in lines[:_SHOWN]], export, len(lines) > _SHOWN)


def _cells(line: LogLine) -> list[str]:
    kind = KINDS.get(line.kind, line.kind)
    return [moment_text(line.at), line.who, source_text(line.source), kind, line.what]


def register(app: Dash, services: Services) -> None:
    i = ids.Admin

    @app.callback(
        Output(i.LOG, "children"),
        Input(i.SEARCH, "n_clicks"),
        State(i.KIND, "value"),
        State(i.WHO, "value"),
        State(i.TEXT, "value"),
        State(i.FIRST, "value"),
        State(i.LAST, "value"),
        prevent_initial_call=True,
    )
    @needs(Right.AUDIT_LOG)
    def search_log(_: int, kind: str, who: str, text: str, first: str, last: str) -> Any:
        given = {"kind": kind, "who": who, "text": text, "from": first, "to": last}
        with services.store.read_now() as conn:
            return log_parts(conn, asked_from(given))


def register_routes(server: flask.Flask, services: Services) -> None:
    @server.get(EXPORT_PATH)
    @needs(Right.AUDIT_LOG)
    def export_audit_log() -> flask.Response:
        asked = asked_from(flask.request.args)
        with services.store.read_now() as conn:
            lines = log_lines(conn, asked, _EXPORTED)
        headers = (("时间", 20), ("账户", 16), ("来自", 16), ("种类", 14), ("内容", 80))
        stamp = {
            "种类": KINDS.get(asked.kind, "全部"),
            "账户": asked.who or "全部",
            "内容": asked.text or "全部",
            "从": asked.first.isoformat() if asked.first else "最早",
            "到": asked.last.isoformat() if asked.last else "现在",
        }
        columns = [SheetColumn(header, width=width) for header, width in headers]
        content = table_to_xlsx("审计日志", columns, [_cells(line) for line in lines], stamp)
        day = services.settings.today().isoformat()
        return xlsx_response(f"审计日志_{day}.xlsx", content)
