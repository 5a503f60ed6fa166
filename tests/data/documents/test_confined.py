"""What may come with a measure, read in a process that can reach nothing else."""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from data.documents import confined
from data.documents.attachments import prove
from data.errors import UploadRefused


def pdf(change: Callable[[PdfWriter], object] = lambda _: None) -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    change(writer)
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def scripted(writer: PdfWriter) -> None:
    action = {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("1")}
    writer.root_object[NameObject("/OpenAction")] = DictionaryObject(action)


def office(**members: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b"<Types/>")
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return made.getvalue()


def picture(kind: str) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (8, 8)).save(made, kind)
    return made.getvalue()


@pytest.mark.parametrize(
    ("suffix", "content"),
    [
        (".pdf", pdf()),
        (".docx", office(word__document_dot_xml=b"<x/>")),
        (".xlsx", office(xl__workbook_dot_xml=b"<x/>")),
        (".jpg", picture("JPEG")),
        (".png", picture("PNG")),
    ],
)
def test_what_is_what_it_says_may_be_kept(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    prove(path, suffix)


@pytest.mark.parametrize(
    ("suffix", "content", "word"),
    [
        (".pdf", b"%PDF-1.7\nrubbish", "损坏"),
        (".pdf", pdf(lambda w: w.encrypt("x")), "密码"),
        (".pdf", pdf(scripted), "脚本"),
        (".pdf", pdf(lambda w: w.add_attachment("a.exe", b"MZ")), "嵌入"),
        (".docx", office(word__vbaProject_dot_bin=b"x"), "宏"),
        (".xlsx", office(xl__embeddings__oleObject1_dot_bin=b"x"), "嵌入"),
        (".docx", office(word__document_dot_xml=b"0" * 30_000_000), "压缩比"),
        (".png", picture("JPEG"), "图片"),
        (".jpg", b"\xff\xd8\xff rubbish", "图片"),
    ],
)
def test_what_is_damaged_or_carries_programs_is_refused(
    tmp_path: Path, suffix: str, content: bytes, word: str
) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(UploadRefused, match=word):
        prove(path, suffix)


def test_the_child_answers_and_refuses_with_its_sentence(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(pdf())
    assert confined.read_file(path).is_pdf
    path.write_bytes(office(word__vbaProject_dot_bin=b"x"))
    with pytest.raises(UploadRefused, match="宏"):
        confined.prove_file(path, ".docx")
    with pytest.raises(UploadRefused, match="无法读取"):
        confined.read_file(tmp_path / "none")


def test_a_child_that_dies_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x"
    path.write_bytes(pdf())
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(UploadRefused, match="结构异常"):
        confined.read_file(path)
