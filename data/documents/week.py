"""周报 as a Word file: the lines of the page, in its order (§4.3). No owner is named."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection

from data.documents.agency import agency_on
from data.documents.group_text import week_lines
from data.documents.paper import Block, Form, Heading, Paper, Para, literal
from data.documents.word.render import render
from data.periods import format_day
from data.scope import Scope
from data.triggers.rulebook import rulebook

_NUMERALS = "一二三四"


def week_docx(conn: Connection, scope: Scope, year: int, as_of: date, unit: str) -> bytes:
    """unit: whom it is about, in words. Only what the scope allows is in it."""
    agency = agency_on(conn, rulebook(conn), year, as_of)
    about = f"{literal(unit)}，{year}年度，截至{format_day(as_of)}"
    blocks: list[Block] = [Para(about, "centre")]
    lines = week_lines(conn, scope, year, as_of)
    for numeral, (heading, found) in zip(_NUMERALS, lines.items(), strict=True):
        blocks.append(Heading(f"{numeral}、{heading}（{len(found)}项）"))
        blocks += [Para(f"{n}. {literal(line)}") for n, line in enumerate(found, start=1)]
        if not found:
            blocks.append(Para("无。"))
    paper = Paper("week", Form.SHEET, "卫片执法周报", (), tuple(blocks), literal(agency.name))
    return render(paper, {})
