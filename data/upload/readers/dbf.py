"""dBase tables (.dbf of a Shapefile), read by numpy straight from the records.

Own code rather than GDAL's because the code page must be decided by strict decoding of the cells
(a .cpg or language byte can be wrong), and because it takes half the time.
"""

from __future__ import annotations

import codecs
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.errors import UploadRefused
from data.upload.readers import encoding
from data.upload.readers.base import MAX_ROWS

Bytes2D = npt.NDArray[np.uint8]
#: Numbers above 10¹² written with an exponent: the mantissa keeps twelve digits.
_CUT = r"[eE]\+0*(?:1[2-9]|[2-9][0-9])"
#: Whole parts that a float, or a 64-bit integer, cannot hold to the last digit.
_LONG, _TOO_LONG = r"^[-+]?[0-9]{16,}", r"^[-+]?[0-9]{19,}"
#: What programs write where there is no date.
_NO_DATES = ("0", "00000000", "0000-00-00")
_BROKEN = "属性表（.dbf）已损坏，请从原软件重新导出。"


@dataclass(frozen=True, slots=True)
class _Field:
    name: bytes
    type: str
    start: int
    width: int
    decimals: int


@dataclass(frozen=True, slots=True)
class DbfTable:
    """kept: which records are not marked deleted. encoding: the code page the text was read in."""

    columns: pa.Table
    kept: npt.NDArray[np.bool_]
    encoding: str
    notes: list[str]


def read_dbf(path: Path, declared: str | None = None, given: str | None = None) -> DbfTable:
    """All records, deleted ones too. declared: text of the .cpg, believed if it decodes strictly.
    given: the user's choice, believed anyhow. Raises UploadRefused for a broken table.
    """
    raw = path.read_bytes()
    fields, first, width, count = _header(raw)
    records = np.frombuffer(raw, dtype=np.uint8, count=count * width, offset=first)
    records = records.reshape(count, width)
    texts = {f: _cut_at_nul(records[:, f.start : f.start + f.width]) for f in fields if f.width}
    codec = _codec(
        [f.name for f in fields], [t for f, t in texts.items() if f.type == "C"], declared, given
    )
    notes = []
    names: list[str] = []
    arrays: list[pa.Array] = []
    for field in fields:
        read = _COLUMN_OF.get(field.type)
        name = _decoded(field.name, codec).strip()
        if read is None or field not in texts:
            notes.append(f"属性列“{name}”是备注或二进制类型，已忽略。")
            continue
        names.append(_unused(name or f"列{len(names) + 1}", names))
        arrays.append(read(texts[field], field, codec))
    table = pa.Table.from_arrays(arrays, names=names)
    return DbfTable(table, records[:, 0] != ord("*"), codec, notes)


def _header(raw: bytes) -> tuple[list[_Field], int, int, int]:
    if len(raw) < 32:
        raise UploadRefused(_BROKEN)
    count, first, width = struct.unpack_from("<IHH", raw, 4)
    if count == 0:
        raise UploadRefused("图层是空的（0 条记录），请检查导出的内容。")
    if first < 33 or width < 1 or first > len(raw):
        raise UploadRefused(_BROKEN)
    fields = []
    start = 1
    for at in range(32, min(first, len(raw) - 32), 32):
        if raw[at] == 0x0D:
            break
        name, kind, size, decimals = struct.unpack_from("<11sc4xBB", raw, at)
        if kind == b"C":  # long text keeps the high byte of its width in the decimals
            size, decimals = size + 256 * decimals, 0
        code = kind.decode("latin-1")
        fields.append(_Field(name.split(b"\0")[0], code, start, size, decimals))
        start += size
    if not fields:
        raise UploadRefused("属性表（.dbf）没有任何列，无法知道图斑编号，请重新导出。")
    if start > width:
        raise UploadRefused(_BROKEN)
    count = min(count, (len(raw) - first) // width)
    if count > MAX_ROWS:
        raise UploadRefused(f"图层超过 {MAX_ROWS:,} 个图斑，请拆分后分次上传。")
    return fields, first, width, count


def _cut_at_nul(cells: Bytes2D) -> Bytes2D:
    """A contiguous copy with everything from the first NUL of a cell on blanked."""
    cells = np.array(cells, order="C")
    nul = cells == 0
    if nul.any():
        cells[np.logical_or.accumulate(nul, axis=1)] = 0x20
    return cells


def _codec(
    names: list[bytes], texts: list[Bytes2D], declared: str | None, given: str | None
) -> str:
    if given:
        codec = encoding.codec_named(given)
        if codec is None:
            raise UploadRefused(f"不认识的编码“{given[:24]}”，请选 UTF-8 或 GB18030。")
        return codec
    odd = [t for t in texts if (t >= 0x80).any()]
    cells = [*names, *(c for t in odd for c in _distinct(t)[0])]
    believed = encoding.codec_named(declared)
    order = [believed] if believed not in (None, "iso8859-1", "cp1252", "ascii") else []
    for codec in (*order, "utf-8", "gb18030"):
        if codec and encoding.decodes(cells, codec):
            return codec
    if believed and encoding.decodes(cells, believed):
        return believed
    raise UploadRefused(
        "属性表的文字编码既不是 UTF-8 也不是 GBK/GB18030，"
        "请在导出时选择 UTF-8，或在上传时指定编码。"
    )


def _distinct(cells: Bytes2D) -> tuple[list[bytes], pa.Array]:
    encoded = _fixed(cells).dictionary_encode()
    width = cells.shape[1]
    plain = np.frombuffer(encoded.dictionary.buffers()[1], dtype=np.uint8)
    block = plain[: len(encoded.dictionary) * width].reshape(-1, width).copy()
    # blanks at the end become NULs, which numpy drops from byte strings by itself
    block[np.logical_and.accumulate(block[:, ::-1] == 0x20, axis=1)[:, ::-1]] = 0
    return block.view(f"S{width}").ravel().tolist(), encoded.indices


def _fixed(cells: Bytes2D) -> pa.Array:
    count, width = cells.shape
    return pa.Array.from_buffers(pa.binary(width), count, [None, pa.py_buffer(cells)])


def _decoded(cell: bytes, codec: str) -> str:
    return _all_decoded([cell], codec)[0].removeprefix("\ufeff")


def _all_decoded(cells: list[bytes], codec: str) -> list[str]:
    """A character cut off by the field's width is dropped. At once where none is: far faster."""
    try:
        return b"\0".join(cells).decode(codec).split("\0")  # cells hold no NUL any more
    except UnicodeDecodeError:
        make = codecs.getincrementaldecoder(codec)
        return [make(errors="replace").decode(c, final=False) for c in cells]


def _text(cells: Bytes2D, field: _Field, codec: str) -> pa.Array:
    if (cells < 0x80).all():
        text = _fixed(cells).cast(pa.binary()).cast(pa.string())
    else:
        distinct, indices = _distinct(cells)
        text = pa.array(_all_decoded(distinct, codec), pa.string()).take(indices)
    text = pc.utf8_trim_whitespace(text)
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def _number(cells: Bytes2D, field: _Field, codec: str) -> pa.Array:
    if (cells >= 0x80).any():
        cells = np.where(cells >= 0x80, np.uint8(ord("*")), cells)
    text = _text(cells, field, codec)
    overflowed = pc.match_substring(text, "*")  # what did not fit its width is written as stars
    text = pc.if_else(overflowed, pa.scalar(None, pa.string()), text)
    if pc.any(pc.match_substring_regex(text, _CUT)).as_py():
        return text  # a code that lost its last digits must not look as if it had them
    whole = field.decimals == 0 and field.type == "N"
    if not whole and pc.any(pc.match_substring_regex(text, _LONG)).as_py():
        return text  # a code whose digits are all there, which a float would lose
    if whole and pc.any(pc.match_substring_regex(text, _TOO_LONG)).as_py():
        return text
    for kind in (pa.int64(), pa.float64()) if whole else (pa.float64(),):
        try:
            return text.cast(kind)
        except pa.ArrowInvalid:
            continue
    return text


def _date(cells: Bytes2D, field: _Field, codec: str) -> pa.Array:
    text = _text(cells, field, codec)
    no_date = pc.is_in(text, value_set=pa.array(_NO_DATES))
    text = pc.if_else(no_date, pa.scalar(None, pa.string()), text)
    try:
        days = pc.strptime(text, format="%Y%m%d", unit="s").cast(pa.date32())
    except pa.ArrowInvalid:
        return text
    # 31 February comes out as 3 March: such a column stays text
    return days if pc.strftime(days, format="%Y%m%d").equals(text) else text


def _boolean(cells: Bytes2D, field: _Field, codec: str) -> pa.Array:
    text = pc.ascii_upper(_text(cells, field, codec))
    yes = pc.is_in(text, pa.array(["T", "Y"]))
    known = pc.is_in(text, pa.array(["T", "Y", "F", "N"]))
    return pc.if_else(known, yes, pa.scalar(None, pa.bool_()))


def _unused(name: str, taken: list[str]) -> str:
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        candidate = f"{name}_{number}"
    return candidate


_COLUMN_OF: dict[str, Callable[[Bytes2D, _Field, str], pa.Array]] = {
    "C": _text,
    "N": _number,
    "F": _number,
    "D": _date,
    "L": _boolean,
}
