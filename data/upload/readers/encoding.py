"""Which code page a text is in: strictly UTF-8 first, then GB18030 (upload-formats.md, traps).

The other order turns UTF-8 Chinese into wrong characters without an error.
"""

from __future__ import annotations

import codecs
import contextlib
from collections.abc import Iterable

from data.errors import UploadRefused

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ASCII = "".join(map(chr, range(32, 127)))
_CHINESE = {"936", "gbk", "gb2312", "cp936", "gb18030", "ansi936", "oem"}


def codec_named(name: str | None) -> str | None:
    """Python's name of a code page as a .cpg or a user writes it; None for anything unknown.

    A .cpg can be an HTML page or empty: then it names nothing. GBK and GB2312 are read as their
    superset GB18030.
    """
    text = (name or "").strip().lower()
    if not text or len(text) > 24 or not (text.isascii() and text.isprintable()):
        return None
    text = text.removeprefix("ansi ").removeprefix("cp").strip()
    if text in _CHINESE:
        return "gb18030"
    for candidate in (text, f"cp{text}"):
        try:
            info = codecs.lookup(candidate)
        except LookupError:
            continue
        return info.name if info._is_text_encoding and _keeps_ascii(info) else None
    return None


def _keeps_ascii(codec: codecs.CodecInfo) -> bool:
    """Not so for UTF-16, escapes and EBCDIC, in which no table of a Shapefile is written."""
    try:
        return codec.encode(_ASCII)[0] == _ASCII.encode("ascii")
    except (UnicodeError, ValueError):
        return False


def decode_text(raw: bytes, given: str | None = None) -> tuple[str, str]:
    """The text and its code page. Raises UploadRefused where no code page fits strictly."""
    for mark, name in _BOMS:
        if raw.startswith(mark):
            return _strict(raw, name), name
    if given:
        codec = codec_named(given)
        if codec is None:
            raise UploadRefused(f"不认识的编码“{given[:24]}”，请选 UTF-8 或 GB18030。")
        return _strict(raw, codec), codec
    if b"\0" in raw[:65536]:
        raise UploadRefused("文件不是文本：其中有二进制内容。请另存为 UTF-8 编码的文本后重新上传。")
    for codec in ("utf-8", "gb18030"):
        try:
            return raw.decode(codec), codec
        except UnicodeDecodeError:
            continue
    raise UploadRefused("文件编码既不是 UTF-8 也不是 GB18030，请另存为 UTF-8 后重新上传。")


def _strict(raw: bytes, codec: str) -> str:
    try:
        return raw.decode(codec)
    except UnicodeError as error:
        raise UploadRefused(f"文件内容不符合 {codec} 编码，请另存为 UTF-8 后重新上传。") from error


def decodes(cells: Iterable[bytes], codec: str) -> bool:
    """Whether every cell is text in this code page; a character cut at the cell's end is forgiven.

    Programs cut a name at the width of its .dbf field, in the middle of a character if need be.
    """
    cells = list(cells)
    with contextlib.suppress(UnicodeDecodeError, LookupError):
        b"\n".join(cells).decode(codec)  # at once: far faster, and mostly enough
        return True
    try:
        make = codecs.getincrementaldecoder(codec)
        for cell in cells:
            make().decode(cell, final=False)
    except (UnicodeDecodeError, LookupError):
        return False
    return True
