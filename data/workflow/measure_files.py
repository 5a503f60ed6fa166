"""Files that come with a step of a measure (replies, receipts): kept by their hash, never opened.

What a file is, its first bytes say, not its name; nothing that carries programs is taken.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from data.errors import SupervisionError, UploadRefused
from data.faults import os_reason
from data.settings import Settings
from data.texts import seen
from data.workflow.measure_writing import Attachment

_MOST_BYTES = 20 * 1024 * 1024
FOLDER = "measures"
_ZIP = b"PK\x03\x04"
#: Suffix → what its file begins with.
_BEGINS: dict[str, tuple[bytes, ...]] = {
    ".pdf": (b"%PDF-",),
    ".docx": (_ZIP,),
    ".xlsx": (_ZIP,),
    ".jpg": (b"\xff\xd8\xff",),
    ".jpeg": (b"\xff\xd8\xff",),
    ".png": (b"\x89PNG\r\n\x1a\n",),
}
ACCEPTED = tuple(_BEGINS)


def keep(settings: Settings, path: Path) -> Attachment:
    """Raises UploadRefused."""
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= _MOST_BYTES else b""
    except OSError as error:
        raise UploadRefused(f"附件“{path.name}”无法读取：{os_reason(error)}。") from error
    if size > _MOST_BYTES:
        raise UploadRefused(_too_large(path.name))
    return keep_bytes(settings, path.name, content)


def keep_bytes(settings: Settings, name: str, content: bytes) -> Attachment:
    """Raises UploadRefused for an empty or too large file, or one of another kind."""
    shown = seen(Path(name.replace("\\", "/")).name)[-120:] or "附件"
    suffix = Path(shown).suffix.lower()
    if not content:
        raise UploadRefused(f"附件“{shown}”是空的，请重新选择。")
    if len(content) > _MOST_BYTES:
        raise UploadRefused(_too_large(shown))
    if not content.startswith(_BEGINS.get(suffix, ())):
        kinds = "、".join(ACCEPTED)
        raise UploadRefused(
            f"附件“{shown}”不是可接收的文件。可接收：{kinds}，且内容须与扩展名一致。"
        )
    digest = hashlib.sha256(content).hexdigest()
    stored = f"{FOLDER}/{digest}{suffix}"
    target = settings.uploads_dir / stored
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            target.write_bytes(content)
    except OSError as error:
        raise SupervisionError("附件未能保存，请检查磁盘空间后重试。") from error
    return Attachment(shown, digest, stored)


def _too_large(name: str) -> str:
    return f"附件“{name}”超过{_MOST_BYTES // 1024 // 1024}MB，请压缩或分开上传。"
