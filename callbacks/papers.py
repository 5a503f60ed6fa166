"""Papers on pages and as downloads: text, .docx, 随附清单 and 溯源表."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, Response

from callbacks.frame.address import search_of_request
from callbacks.frame.context import read_context
from callbacks.frame.downloads import attached, xlsx_response
from components import paths
from components.notices import Shown, ShownTable, ShownText
from data.acting import acting
from data.documents.annex import annex_workbook
from data.documents.issued import paper_of
from data.documents.paper import Chart, Heading, Paper, Para, Table, filled
from data.documents.tracing import trace_sheet
from data.documents.typed import PLAIN, marked
from data.documents.week import week_docx
from data.errors import NotFound
from data.measures.frozen import Composed
from data.services import Services
from data.settings import Settings
from data.store.queries.stamp import districts
from data.workflow.paper_batch import annex_name

if TYPE_CHECKING:
    from sqlalchemy import Connection

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def shown_of(paper: Paper, composed: Composed) -> list[Shown]:
    told = {f.id: f.text for f in composed.figures}
    told |= {"@due": "　　年　月　日", "@issued": "　　年　月　日", "@number": ""}

    def said(text: str) -> str:
        return filled(text, told)

    def plain(style: str, text: str) -> ShownText:
        return ShownText(style, ((text, PLAIN),))

    found: list[Shown] = [plain("title", said(paper.title))]
    if paper.addressees:
        found.append(plain("plain", "、".join(paper.addressees) + "："))
    for block in paper.blocks:
        if isinstance(block, Heading):
            found.append(plain("heading", said(block.text)))
        elif isinstance(block, Para):
            style = "text" if block.style == "body" else "plain"
            found.append(ShownText(style, tuple(marked(block.text, told))))
        elif isinstance(block, Table):
            rows = (*block.rows, *((block.total,) if block.total is not None else ()))
            found.append(
                ShownTable(
                    said(block.caption),
                    tuple((c.header, c.numeric) for c in block.columns),
                    tuple(tuple(said(cell) for cell in row) for row in rows),
                    said(block.note),
                )
            )
        elif isinstance(block, Chart):
            found.append(plain("plain", f"（图：{said(block.caption)}）"))
    return [*found, plain("right", paper.agency)]


def trace_of(conn: Connection, number: int) -> tuple[str, bytes]:
    """The 溯源表 stays in the bureau: a district learns as much of it as if there were none."""
    if acting().is_district:
        raise NotFound(f"没有第{number}号措施的溯源表，请核对编号。")
    paper = paper_of(conn, acting().scope, number)
    names = {unit.code: unit.short_name for unit in districts(conn)}
    return f"{paper.name} 溯源表.xlsx", trace_sheet(paper, names)


def week_of(conn: Connection, settings: Settings, search: str) -> tuple[str, bytes]:
    """(name, .docx) of the weekly digest of the view: what its reader may see, no more."""
    context = read_context(conn, settings, search)
    scope = context.scope.narrowed_to(context.district)
    content = week_docx(conn, scope, context.year, context.as_of, context.district_name)
    return f"卫片执法周报 {context.district_name} {context.as_of.isoformat()}.docx", content


def register_routes(server: Flask, services: Services) -> None:
    @server.get(paths.paper("<int:number>"))
    def export_paper(number: int) -> Response:
        with services.store.read() as conn:
            paper = paper_of(conn, acting().scope, number)
        return attached(f"{paper.name}.docx", paper.docx(), DOCX)

    @server.get(paths.annex("<int:number>"))
    def export_annex(number: int) -> Response:
        with services.store.read() as conn:
            paper = paper_of(conn, acting().scope, number)
        return xlsx_response(annex_name(paper), annex_workbook(paper))

    @server.get(paths.trace("<int:number>"))
    def export_trace(number: int) -> Response:
        with services.store.read() as conn:
            name, content = trace_of(conn, number)
        return xlsx_response(name, content)

    @server.get(paths.week())
    def export_week() -> Response:
        with services.store.read() as conn:
            name, content = week_of(conn, services.settings, search_of_request())
        return attached(name, content, DOCX)
