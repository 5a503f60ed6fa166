"""Files that come with a step of a measure (replies, receipts, the sealed paper): proved in a
confined process, kept by their hash, handed out as they came.

`received` before the writer's transaction, `keep` at its end: what is refused leaves nothing.
"""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import replace
from pathlib import Path

from data.documents import confined
from data.documents.attachments import BEGINS
from data.documents.extracting import Read
from data.errors import SupervisionError, UploadRefused
from data.faults import os_reason
from data.kept_files import keep_whole
from data.settings import Settings
from data.texts import seen
from data.workflow.measure_writing import Attachment

MOST_BYTES = 20 * 1024 * 1024
FOLDER = "measures"
ACCEPTED = tuple(BEGINS)


def received_from(path: Path) -> Attachment:
    """Raises UploadRefused."""
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= MOST_BYTES else b""
    except OSError as error:
        raise UploadRefused(f"附件“{path.name}”无法读取：{os_reason(error)}。") from error
    if size > MOST_BYTES:
        raise UploadRefused(_too_large(path.name))
    return received(path.name, content)


def received(name: str, content: bytes) -> Attachment:
    """Raises UploadRefused for an empty or too large file, one of another kind, and one that is
    damaged or carries programs."""
    shown = seen(Path(name.replace("\\", "/")).name)[-120:] or "附件"
    suffix = Path(shown).suffix.lower()
    if not content:
        raise UploadRefused(f"附件“{shown}”是空的，请重新选择。")
    if len(content) > MOST_BYTES:
        raise UploadRefused(_too_large(shown))
    if suffix not in BEGINS or not content.startswith(BEGINS[suffix]):
        kinds = "、".join(ACCEPTED)
        raise UploadRefused(
            f"附件“{shown}”不是可接收的文件。可接收：{kinds}，且内容须与扩展名一致。"
        )
    with tempfile.NamedTemporaryFile(prefix="weipian-file-") as file:
        file.write(content)
        file.flush()
        confined.prove_file(Path(file.name), suffix)
    digest = hashlib.sha256(content).hexdigest()
    return Attachment(shown, digest, f"{FOLDER}/{digest}{suffix}", content)


def read_text(file: Attachment) -> Read:
    """The text of a .docx or .pdf that was received. Raises UploadRefused."""
    if not file.path.endswith((".docx", ".pdf")):
        raise UploadRefused("正式件应为 .docx 或 .pdf，请导出或扫描为其中一种后上传。")
    with tempfile.NamedTemporaryFile(prefix="weipian-file-") as copy:
        copy.write(file.content)
        copy.flush()
        return confined.read_file(Path(copy.name))


def keep(settings: Settings, file: Attachment) -> Attachment:
    """Write it below the uploads, within the transaction that tells of it. Raises
    SupervisionError."""
    try:
        keep_whole(settings.uploads_dir / file.path, file.content)
    except OSError as error:
        raise SupervisionError("附件未能保存，请检查磁盘空间后重试。") from error
    return replace(file, content=b"")


def _too_large(name: str) -> str:
    return f"附件“{name}”超过{MOST_BYTES // 1024 // 1024}MB，请压缩或分开上传。"
