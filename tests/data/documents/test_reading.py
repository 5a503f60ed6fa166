"""What comes back: the issued paper, the same edited, another file, a hostile one."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest
from docx import Document
from openpyxl import load_workbook
from sqlalchemy import select

from data.documents import reading
from data.documents.annex import annex_workbook
from data.documents.extracting import extract
from data.documents.issued import paper_of
from data.documents.paper import as_texts, filled, from_texts
from data.documents.reading import Verdict, VerdictKind, check_file
from data.documents.tracing import trace_sheet
from data.errors import SupervisionError, UploadRefused
from data.measures.kinds import MeasureKind
from data.rights import Account, Right, Role
from data.scope import Scope
from data.settings import Settings
from data.store.engine import Store
from data.store.models import MeasureFigure
from data.store.opening import open_store
from data.store.queries.measures import measure
from data.vocabulary import UploadKind
from data.workflow import measures as steps
from data.workflow.measure_changes import changed_figures
from data.workflow.measure_subjects import NewMeasure
from data.workflow.measure_writing import Taking
from tests.sending import FINDING, PATCH, send

TODAY = date(2023, 12, 1)
AS_OF = date(2023, 11, 13)
ALL = Scope.all()


@dataclass(frozen=True)
class Out:
    """An issued warning, and its file."""

    store: Store
    number: int
    docx: bytes

    def check(self, path: Path, scope: Scope = ALL) -> Verdict:
        with self.store.read() as conn:
            return check_file(conn, scope, path)


@pytest.fixture(autouse=True)
def _in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the child, which test_confined.py tests."""
    monkeypatch.setattr(reading, "read_file", extract)


def _by(name: str) -> Account:
    return Account(name, Role.CITY, frozenset(Right))


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Out:
    folder = tmp_path_factory.mktemp("papers")
    store = open_store(Settings(local_dir=folder, fixed_today=TODAY))
    name = {"图斑编号": "HC-2", "监测面积": 40.0, "占用耕地面积": 40.0}
    send(store, UploadKind.PATCHES, PATCH, PATCH | name)
    built = {"是否新增建设": "是"}
    lawful = {"图斑编号": "HC-2", "合法性判定": "合法", "面积": 40.0, "占用耕地面积": 40.0}
    odd = {"用地用途": "甲{{ratio_net}}<b>&"}
    send(store, UploadKind.FINDINGS, FINDING | built | odd, FINDING | built | lawful)
    new = NewMeasure(MeasureKind.EARLY_WARNING, "环翠区", 2023, AS_OF)
    with store.write() as conn:
        number = steps.draft(Taking(conn, _by("甲"), TODAY, AS_OF), new).number
        steps.review(Taking(conn, _by("乙"), TODAY, AS_OF), number)
        assert steps.issue(Taking(conn, _by("丙"), TODAY, AS_OF), number).number
    with store.read() as conn:
        return Out(store, number, paper_of(conn, ALL, number).docx())


def saved(tmp_path: Path, change: Callable[[bytes], bytes], blob: bytes) -> Path:
    path = tmp_path / "back.docx"
    path.write_bytes(change(blob))
    return path


def edited(blob: bytes, change: Callable[[str], str]) -> bytes:
    """The file with its text changed, as a word processor saves it."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(blob)) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "word/document.xml":
                content = change(content.decode()).encode()
            new.writestr(name, content)
    return made.getvalue()


def test_the_issued_file_is_the_issued_one(out: Out, tmp_path: Path) -> None:
    verdict = out.check(saved(tmp_path, lambda b: b, out.docx))
    assert (verdict.kind, verdict.measure) == (VerdictKind.ISSUED, out.number)
    document = Document(io.BytesIO(out.docx))
    document.core_properties.title = "另存"
    made = io.BytesIO()
    document.save(made)
    assert out.check(saved(tmp_path, lambda _: made.getvalue(), b"")).kind is VerdictKind.ISSUED


def test_a_changed_number_is_named(out: Out, tmp_path: Path) -> None:
    assert ">16.7%<" in zipfile.ZipFile(io.BytesIO(out.docx)).read("word/document.xml").decode()
    path = saved(
        tmp_path, lambda b: edited(b, lambda x: x.replace(">16.7%<", ">12.7%<", 1)), out.docx
    )
    verdict = out.check(path)
    assert verdict.kind is VerdictKind.EDITED
    (number,) = verdict.numbers
    assert (number.name, number.expected, number.found) == ("ratio_net", "16.7%", "12.7%")
    assert len(verdict.paragraphs) == 1


def test_a_changed_number_is_found_without_bookmarks(out: Out, tmp_path: Path) -> None:
    import re

    def typed(xml: str) -> str:
        xml = re.sub(r"<w:bookmark(Start|End)[^>]*/>", "", xml)
        return xml.replace(">16.7%<", ">12.7%<", 1)

    verdict = out.check(saved(tmp_path, lambda b: edited(b, typed), out.docx))
    assert [(n.name, n.found) for n in verdict.numbers] == [("ratio_net", "12.7%")]


def test_changed_added_and_removed_paragraphs_are_told(out: Out, tmp_path: Path) -> None:
    document = Document(io.BytesIO(out.docx))
    (asked,) = [p for p in document.paragraphs if "坚决依法消除违法状态" in p.text]
    asked.runs[0].text = "3. 酌情处理。"
    document.add_paragraph("另加一段。")
    made = io.BytesIO()
    document.save(made)
    verdict = out.check(saved(tmp_path, lambda _: made.getvalue(), b""))
    assert verdict.kind is VerdictKind.EDITED
    assert not verdict.numbers
    pairs = [(p.expected, p.found) for p in verdict.paragraphs]
    assert ("3. 坚决依法消除违法状态，严格落实耕地保护主体责任。", "3. 酌情处理。") in pairs
    assert (None, "另加一段。") in pairs


def test_it_is_known_by_its_number_where_the_file_says_nothing(out: Out, tmp_path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(out.docx)) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            if name != "docProps/custom.xml":
                content = old.read(name).replace(b"/docProps/custom.xml", b"/docProps/none.xml")
                new.writestr(name, content)
    assert out.check(saved(tmp_path, lambda _: made.getvalue(), b"")).measure == out.number


def test_a_foreign_file_is_unknown(out: Out, tmp_path: Path) -> None:
    document = Document()
    document.add_paragraph("别的文件。")
    path = tmp_path / "other.docx"
    document.save(str(path))
    verdict = out.check(path)
    assert (verdict.kind, verdict.measure) == (VerdictKind.UNKNOWN, None)
    # another district's reader learns nothing of it
    mine = saved(tmp_path, lambda b: b, out.docx)
    assert out.check(mine, Scope(frozenset({"371003"}))).kind is VerdictKind.UNKNOWN


BOMB = b"<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><x>&b;</x>"


def _archive(**members: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b"<Types/>")
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return made.getvalue()


HOSTILE = {
    "empty": b"",
    "text": b"hello",
    "truncated": b"PK\x03\x04zzzz",
    "dtd": _archive(word__document_xml=BOMB),
    "dtd16": _archive(word__document_xml=BOMB.decode().encode("utf-16")),
    "bomb": _archive(word__document_xml=b"0" * 60_000_000),
    "no document": _archive(other_xml=b"<x/>"),
    "no xml": _archive(word__document_xml=b"\x00\xff<<<"),
    "pdf": b"%PDF-1.7\nrubbish",
    "deep": _archive(word__document_xml=b"<a>" * 200_000 + b"</a>" * 200_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_with_a_sentence(name: str, out: Out, tmp_path: Path) -> None:
    path = tmp_path / "hostile"
    path.write_bytes(HOSTILE[name])
    with pytest.raises(UploadRefused, match="。"):
        out.check(path)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="PDF NOT TESTED: no soffice")
def test_a_pdf_is_read_too(out: Out, tmp_path: Path) -> None:
    def converted(blob: bytes, name: str) -> Path:
        source = tmp_path / f"{name}.docx"
        source.write_bytes(blob)
        profile = f"-env:UserInstallation=file://{tmp_path}/profile"
        command = ["soffice", "--headless", profile, "--convert-to", "pdf", "--outdir",
                   str(tmp_path), str(source)]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True, timeout=170)
        return source.with_suffix(".pdf")

    verdict = out.check(converted(out.docx, "good"))
    assert (verdict.kind, verdict.measure) == (VerdictKind.ISSUED, out.number)
    changed = edited(out.docx, lambda x: x.replace(">16.7%<", ">12.7%<", 1))
    verdict = out.check(converted(changed, "bad"))
    assert verdict.kind is VerdictKind.EDITED
    assert [n.expected for n in verdict.numbers] == ["16.7%"]


def test_a_scan_without_text_is_said(out: Out, tmp_path: Path) -> None:
    from pypdf import PdfWriter

    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    path = tmp_path / "scan.pdf"
    writer.write(path)
    verdict = out.check(path)
    assert verdict.kind is VerdictKind.UNKNOWN
    assert "扫描件" in verdict.said


def test_the_trace_sheet_lists_every_figure(out: Out, tmp_path: Path) -> None:
    with out.store.read() as conn:
        paper = paper_of(conn, ALL, out.number)
    book = load_workbook(io.BytesIO(trace_sheet(paper, {"371002": "环翠区"})))
    rows = list(book["数字"].iter_rows(min_row=2, values_only=True))
    assert [row[0] for row in rows] == [f.id for f in paper.composed.figures]
    quoted = {row[1] for row in book["位置"].iter_rows(min_row=2, values_only=True)}
    assert quoted <= {row[0] for row in rows}
    about = {row[0]: row[1] for row in book["说明"].iter_rows(values_only=True)}
    assert about["内容哈希"] == paper.issue.digest


def test_the_annex_has_every_parcel_with_the_numbers_of_the_page(out: Out) -> None:
    with out.store.read() as conn:
        paper = paper_of(conn, ALL, out.number)
    (listed,) = paper.paper.lists
    told = {f.id: f.text for f in paper.composed.figures}
    book = load_workbook(io.BytesIO(annex_workbook(paper)))
    head, *rows = book["突出图斑"].iter_rows(values_only=True)
    assert head == tuple(column.header for column in listed.columns)
    words = [column for column, named in enumerate(listed.columns) if not named.numeric]
    for row, shown in zip(rows, listed.rows, strict=True):
        assert [row[n] for n in words] == [filled(shown[n], told) for n in words]
    areas = [filled(row[3], told) for row in listed.rows]
    assert [f"{row[3]:.2f}" for row in rows] == areas


def test_a_list_longer_than_its_page_goes_on_in_the_annex(out: Out) -> None:
    with out.store.read() as conn:
        paper = paper_of(conn, ALL, out.number)
    (table,) = paper.paper.lists
    row = ("HC-9", *("—" for _ in table.columns[1:]))
    longer = replace(table, beyond=(row,))
    blocks = tuple(longer if block is table else block for block in paper.paper.blocks)
    kept = from_texts(as_texts(replace(paper.paper, blocks=blocks)))
    book = load_workbook(io.BytesIO(annex_workbook(replace(paper, paper=kept))))
    rows = list(book["突出图斑"].iter_rows(values_only=True))
    assert len(rows) == 1 + len(table.rows) + 1
    assert rows[-1][0] == "HC-9"
    assert "HC-9" not in "".join(text for _, text in kept.paragraphs())


def test_after_the_data_change_the_file_is_the_same(out: Out, tmp_path: Path) -> None:
    """Last: it changes the store."""
    changed = FINDING | {"是否新增建设": "是", "占用耕地面积": 7.0}
    send(out.store, UploadKind.FINDINGS, changed)
    with out.store.read() as conn:
        assert paper_of(conn, ALL, out.number).docx() == out.docx
        row = measure(conn, ALL, out.number)
        assert row is not None
        assert changed_figures(conn, row)
        kept = conn.execute(select(MeasureFigure.text).where(MeasureFigure.name == "ratio_net"))
        assert set(kept.scalars()) == {"16.7%"}
    with out.store.read() as conn, pytest.raises(SupervisionError, match="没有第99号"):
        paper_of(conn, ALL, 99)
