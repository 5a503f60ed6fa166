"""The text of a file that somebody brings back: paragraphs of a .docx, pages of a .pdf.

What comes from outside is hostile: archives are checked by the limits of uploads, XML with a DTD is
not read, and files of others are read by `confined.read_file`, which calls this in a child process.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from data.documents.word.page import WORD
from data.documents.word.render import DIGEST_PROPERTY, MEASURE_PROPERTY
from data.errors import UploadRefused
from data.numbers import MOST_ID, whole_number
from data.upload.archive import MB, ArchiveLimits, check_body, check_document

if TYPE_CHECKING:
    from pypdf import PdfReader

LIMITS = ArchiveLimits(body=40 * MB, inflated=200 * MB, members=2_000)
_MOST_PAGES, _MOST_TEXT = 400, 4_000_000
_W = f"{{{WORD}}}"


@dataclass(frozen=True, slots=True)
class Piece:
    """A paragraph with text. marks: bookmark → what stands in it."""

    text: str
    in_table: bool
    marks: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """pieces: of a .docx. whole: the text of a .pdf, empty for a scan. measure, digest: as the file
    itself says them."""

    is_pdf: bool
    pieces: tuple[Piece, ...] = ()
    whole: str = ""
    measure: int | None = None
    digest: str = ""


def extract(path: Path) -> Read:
    """Raises UploadRefused for what is neither, is damaged, or goes beyond the limits."""
    try:
        with path.open("rb") as file:
            begins = file.read(8)
    except OSError as error:
        raise UploadRefused(f"文件“{path.name}”无法读取（{error.strerror}），请核对。") from error
    check_body(path, LIMITS)
    if begins.startswith(b"%PDF-"):
        return _read_pdf(path)
    if begins.startswith(b"PK"):
        return _read_docx(path)
    raise UploadRefused("文件既不是 .docx 也不是 .pdf，请上传导出的公文或其扫描件。")


# ---- Word ----------------------------------------------------------------------------------------


def _read_docx(path: Path) -> Read:
    check_document(path, LIMITS)
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if "word/document.xml" not in names:
                raise UploadRefused("文件不是 Word 文档，请上传 .docx。")
            body = _tree(archive.read("word/document.xml"))
            said = (
                _properties(_tree(archive.read("docProps/custom.xml")))
                if "docProps/custom.xml" in names
                else {}
            )
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError, MemoryError) as error:
        raise UploadRefused("Word 文件已损坏，请用 Word 或 WPS 打开并另存为 .docx。") from error
    except (NotImplementedError, RecursionError) as error:
        raise UploadRefused("Word 文件用了不支持的结构，请另存为 .docx 后重试。") from error
    measure = whole_number(said.get(MEASURE_PROPERTY, ""), most=MOST_ID)
    return Read(False, tuple(_pieces(body)), "", measure, said.get(DIGEST_PROPERTY, ""))


def _tree(content: bytes) -> Element:
    """Raises UploadRefused for XML with a DTD or none at all."""
    try:
        tree: Element = fromstring(content, forbid_dtd=True)
    except DefusedXmlException as error:
        raise UploadRefused("Word 文件中有外部定义（DTD），疑似异常文件，未读取。") from error
    except (ParseError, ValueError, LookupError) as error:
        raise UploadRefused("Word 文件已损坏，请用 Word 或 WPS 打开并另存为 .docx。") from error
    return tree


def _properties(tree: Element) -> dict[str, str]:
    return {child.get("name", ""): "".join(child.itertext()) for child in tree if child.get("name")}


def _pieces(body: Element) -> list[Piece]:
    """Paragraphs with text in their order, those of tables too; what was struck out is left out."""
    found: list[Piece] = []
    stack: list[tuple[Element, bool]] = [(body, False)]
    while stack:
        element, in_table = stack.pop()
        if element.tag == f"{_W}p":
            piece = _piece(element, in_table)
            if piece.text.strip():
                found.append(piece)
            continue
        inside = in_table or element.tag == f"{_W}tbl"
        stack.extend((child, inside) for child in reversed(list(element)))
    return found


def _piece(paragraph: Element, in_table: bool) -> Piece:
    texts: list[str] = []
    open_: dict[str, tuple[str, int]] = {}
    marks: list[tuple[str, str]] = []
    for element in paragraph.iter():
        tag = element.tag
        if tag == f"{_W}t":
            texts.append(element.text or "")
        elif tag == f"{_W}tab":
            texts.append(" ")
        elif tag == f"{_W}bookmarkStart":
            open_[element.get(f"{_W}id", "")] = (element.get(f"{_W}name", ""), len(texts))
        elif tag == f"{_W}bookmarkEnd":
            name, start = open_.pop(element.get(f"{_W}id", ""), ("", 0))
            if name.startswith("fig_"):
                marks.append((name, "".join(texts[start:])))
    return Piece("".join(texts), in_table, tuple(marks))


# ---- PDF -----------------------------------------------------------------------------------------


def pdf_of(path: Path) -> PdfReader:
    """Raises UploadRefused for one that is damaged or has a password."""
    from pypdf import PdfReader

    try:
        reader = PdfReader(path)
        if reader.is_encrypted and not reader.decrypt(""):
            raise UploadRefused("PDF 有密码，不能读取；请去掉密码后重新上传。")
    except UploadRefused:
        raise
    except Exception as error:
        raise UploadRefused(_BAD_PDF) from error
    return reader


_BAD_PDF = "PDF 已损坏、有密码或过于复杂，不能读取；请重新导出后再试。"


def _read_pdf(path: Path) -> Read:
    texts: list[str] = []
    reader = pdf_of(path)
    try:
        for page in reader.pages[:_MOST_PAGES]:
            texts.append(page.extract_text() or "")
            if sum(map(len, texts)) > _MOST_TEXT:
                raise UploadRefused("PDF 文字过多，不能读取；请只上传公文本身。")
    except UploadRefused:
        raise
    except Exception as error:
        raise UploadRefused(_BAD_PDF) from error
    return Read(True, (), "\n".join(texts))
