"""A paper as a Word file: the same bytes for the same content.

Who made it stands in a custom property and in the bookmarks of its figures, so that it is known
again when it comes back (data/documents/reading.py).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from xml.sax.saxutils import quoteattr

from docx import Document
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml

from data.documents.paper import Chart, Form, Issue, Paper, filled
from data.documents.word.body import Body
from data.documents.word.heads import (
    FOOTER_DISTANCE,
    HEADER_DISTANCE,
    imprint,
    letter_footer,
    letter_header,
    masthead,
    page_number,
    signature,
)
from data.documents.word.page import (
    BODY,
    BOTTOM,
    LEFT,
    NAMESPACES,
    PAGE_HEIGHT,
    PAGE_WIDTH,
    PITCH,
    RIGHT,
    SIZE_3,
    TOP,
    blank,
    closer,
    fonts,
    paragraph,
)
from data.documents.word.pictures import chart_png
from data.texts import seen

MEASURE_PROPERTY, DIGEST_PROPERTY = "weipian_measure", "weipian_digest"
_CUSTOM_TYPE = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships/custom-properties"
)
_CUSTOM_CONTENT = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
_CUSTOM = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" '
    'xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">{}</Properties>'
)
_FORMAT_ID = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"
#: No clock goes into a file.
_NEVER = datetime(2000, 1, 1)
_ZIP_TIME = (2000, 1, 1, 0, 0, 0)


def render(paper: Paper, figures: Mapping[str, str], issue: Issue | None = None) -> bytes:
    """figures: id → text of every figure that the paper quotes. issue: None for a draft."""
    issue = (issue or Issue()).telling(figures)
    document = Document()
    body = Body(issue.told, lambda chart: _picture(document, chart))
    element = document.element.body
    for child in list(element):
        if not child.tag.endswith("}sectPr"):
            element.remove(child)
    section = element[-1]
    for child in _parsed(_written(paper, issue, body)):
        section.addprevious(child)
    _set_page(document, paper)
    _set_styles(document)
    _set_names(document, paper, issue)
    made = io.BytesIO()
    document.save(made)
    return _without_clock(made.getvalue())


def _written(paper: Paper, issue: Issue, body: Body) -> str:
    """Everything of the text, in its order."""
    is_sheet = paper.form is Form.SHEET
    parts = [
        masthead(paper, issue),
        body.title(paper.title, before=0 if is_sheet else 2 * PITCH),
        body.addressees(paper),
        body.blocks(paper.blocks, keep_last=bool(paper.agency)),
        body.attachments(paper.attachments),
        signature(paper, issue) if paper.agency else "",
        # the imprint closes the whole document, behind its annexes
        body.annexes(paper),
        imprint(paper, issue),
        paragraph("", line=20) if paper.form is Form.ORDINARY else "",
    ]
    return "".join(parts) or blank()


def _parsed(inner: str) -> list[Any]:
    return list(parse_xml(f"<w:body {NAMESPACES}>{inner}</w:body>"))


def _picture(document: Any, chart: Chart) -> str:
    relation, _ = document.part.get_or_add_image(io.BytesIO(chart_png(chart)))
    return str(relation)


# ---- the page ------------------------------------------------------------------------------------


def _set_page(document: Any, paper: Paper) -> None:
    section = document.sections[0]
    element = section._sectPr
    for child in list(element):
        element.remove(child)
    is_letter = paper.form is Form.LETTER
    document.settings.odd_and_even_pages_header_footer = True
    for child in _parsed(
        f'<w:pgSz w:w="{PAGE_WIDTH}" w:h="{PAGE_HEIGHT}"/>'
        f'<w:pgMar w:top="{TOP}" w:right="{RIGHT}" w:bottom="{BOTTOM}" w:left="{LEFT}" '
        f'w:header="{HEADER_DISTANCE}" w:footer="{FOOTER_DISTANCE}" w:gutter="0"/>'
        f"{'<w:titlePg/>' if is_letter else ''}"
        f'<w:docGrid w:type="lines" w:linePitch="{PITCH}"/>'
    ):
        element.append(child)
    _fill(section.footer, page_number(even=False))
    _fill(section.even_page_footer, page_number(even=True))
    _fill(section.header, paragraph("", line=20))
    _fill(section.even_page_header, paragraph("", line=20))
    if is_letter:
        _fill(section.first_page_header, letter_header(paper))
        _fill(section.first_page_footer, letter_footer())


def _fill(part: Any, inner: str) -> None:
    part.is_linked_to_previous = False
    element = part._element
    for child in list(element):
        element.remove(child)
    for child in _parsed(inner):
        element.append(child)


def _set_styles(document: Any) -> None:
    """Normal is the text of the page, so that what a clerk adds looks like it."""
    style = document.styles["Normal"]
    style.font.name = BODY
    properties = style.element.get_or_add_rPr()
    for child in list(properties):
        properties.remove(child)
    half = round(SIZE_3 * 2)
    for child in _parsed(
        f'{fonts(BODY)}{closer(SIZE_3)}<w:sz w:val="{half}"/><w:szCs w:val="{half}"/>'
    ):
        properties.append(child)


# ---- what it is known by -------------------------------------------------------------------------


def _set_names(document: Any, paper: Paper, issue: Issue) -> None:
    core = document.core_properties
    title = seen(filled(paper.title, issue.told))
    core.title, core.author, core.subject = title[:250], paper.agency[:250], ""
    core.comments, core.keywords, core.last_modified_by = "", "", ""
    core.created = core.modified = _NEVER
    if issue.measure is None:
        return
    known = {MEASURE_PROPERTY: str(issue.measure), DIGEST_PROPERTY: issue.digest}
    said = "".join(
        f'<property fmtid="{_FORMAT_ID}" pid="{number}" name={quoteattr(name)}>'
        f"<vt:lpwstr>{value}</vt:lpwstr></property>"
        for number, (name, value) in enumerate(known.items(), start=2)
    )
    package = document.part.package
    blob = _CUSTOM.format(said).encode()
    part = Part(PackURI("/docProps/custom.xml"), _CUSTOM_CONTENT, blob, package)
    package.relate_to(part, _CUSTOM_TYPE)


def _without_clock(made: bytes) -> bytes:
    """The archive with its members in order and no time in it."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(made)) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        names = sorted(source.namelist(), key=lambda n: (n != "[Content_Types].xml", n))
        for name in names:
            info = zipfile.ZipInfo(name, _ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, source.read(name))
    return target.getvalue()
