"""Whether a file that comes with a step of a measure may be kept: it is what its name says, is
whole, stays within the limits of uploads, and carries no programs.

Called within the confined child only (document_child.py).
"""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

from data.documents.extracting import LIMITS, pdf_of
from data.errors import UploadRefused
from data.upload.archive import check_document, check_workbook

#: Suffix → what its file begins with.
BEGINS: dict[str, bytes] = {
    ".pdf": b"%PDF-",
    ".docx": b"PK\x03\x04",
    ".xlsx": b"PK\x03\x04",
    ".jpg": b"\xff\xd8\xff",
    ".jpeg": b"\xff\xd8\xff",
    ".png": b"\x89PNG\r\n\x1a\n",
}
_MOST_PIXELS = 100_000_000


def prove(path: Path, suffix: str) -> None:
    """Raises UploadRefused with what is wrong and what to do."""
    if suffix in (".docx", ".xlsx"):
        _prove_office(path, suffix)
    elif suffix == ".pdf":
        _prove_pdf(path)
    else:
        _prove_picture(path, suffix)


def _prove_office(path: Path, suffix: str) -> None:
    (check_document if suffix == ".docx" else check_workbook)(path, LIMITS)
    with zipfile.ZipFile(path) as archive:
        members = [PurePosixPath(name.lower()) for name in archive.namelist()]
    for member in members:
        if member.name == "vbaproject.bin" or "activex" in member.parts:
            raise UploadRefused("附件中有宏或控件，未接收。请另存为不含宏的文件后重新上传。")
        if "embeddings" in member.parts and member.suffix == ".bin":
            raise UploadRefused("附件中嵌入了其他程序的对象，未接收。请删除嵌入对象后重新上传。")


def _prove_pdf(path: Path) -> None:
    reader = pdf_of(path)
    try:
        root = reader.trailer["/Root"]
        names, action = _resolved(root, "/Names"), _resolved(root, "/OpenAction")
        len(reader.pages)  # reads its tree
    except Exception as error:
        raise UploadRefused("附件 PDF 已损坏，不能读取；请重新导出后再上传。") from error
    runs = isinstance(action, dict) and action.get("/S") in ("/JavaScript", "/Launch")
    if runs or "/JavaScript" in names or "/EmbeddedFiles" in names:
        raise UploadRefused("附件 PDF 中有脚本或嵌入的文件，未接收。请重新打印为 PDF 后上传。")


def _resolved(root: Any, key: str) -> Any:
    value = root.get(key)
    value = value.get_object() if value is not None else {}
    return value if isinstance(value, dict) else {}


def _prove_picture(path: Path, suffix: str) -> None:
    from PIL import Image

    kind = "PNG" if suffix == ".png" else "JPEG"
    try:
        with Image.open(path, formats=[kind]) as picture:
            width, height = picture.size
            picture.verify()
    except Exception as error:
        raise UploadRefused("附件图片已损坏，不能打开；请重新拍照或导出后上传。") from error
    if width * height > _MOST_PIXELS:
        raise UploadRefused("附件图片超过 1 亿像素，未接收。请缩小后重新上传。")
