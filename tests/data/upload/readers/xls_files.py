"""Old binary workbooks (.xls), written record by record: nothing that is installed writes them."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_SECTOR = 512
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


@dataclass(frozen=True, slots=True)
class Error:
    """An error cell; by_formula: the result of one."""

    code: int
    by_formula: bool = False


Cell = str | float | Error | None
#: First and last row, first and last column, from 0.
Range = tuple[int, int, int, int]


def xls(
    sheets: Mapping[str, Sequence[Sequence[Cell]]],
    merged: Sequence[Range] = (),
    from_1904: bool = False,
) -> bytes:
    """A workbook; merged: in its first sheet."""
    parts = [_sheet(rows, merged if i == 0 else ()) for i, rows in enumerate(sheets.values())]
    heads = [_name(name) for name in sheets]
    globals_ = _record(0x0809, struct.pack("<HHHHII", 0x0600, 5, 0x0DBB, 0x07CC, 0, 6))
    globals_ += _record(0x0042, struct.pack("<H", 1200))
    globals_ += _record(0x0022, struct.pack("<H", int(from_1904)))
    start = len(globals_) + sum(10 + len(head) for head in heads) + 4
    for part, head in zip(parts, heads, strict=True):
        globals_ += _record(0x0085, struct.pack("<IBB", start, 0, 0) + head)
        start += len(part)
    return _compound(globals_ + _record(0x000A, b"") + b"".join(parts))


def _sheet(rows: Sequence[Sequence[Cell]], merged: Sequence[Range]) -> bytes:
    width = max(map(len, rows))
    content = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x10, 0x0DBB, 0x07CC, 0, 6))
    content += _record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0))
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            content += _cell(struct.pack("<HHH", row, column, 0), cell)
    if merged:
        ranges = b"".join(struct.pack("<HHHH", *one) for one in merged)
        content += _record(0x00E5, struct.pack("<H", len(merged)) + ranges)
    return content + _record(0x000A, b"")


def _cell(place: bytes, cell: Cell) -> bytes:
    if cell is None:
        return b""
    if isinstance(cell, str):
        text = struct.pack("<HB", len(cell), 1) + cell.encode("utf-16-le")
        return _record(0x0204, place + text)
    if isinstance(cell, Error) and cell.by_formula:
        result = struct.pack("<BBBBBBH", 2, 0, cell.code, 0, 0, 0, 0xFFFF)
        return _record(0x0006, place + result + struct.pack("<HIH", 0, 0, 2) + b"\x1d\x01")
    if isinstance(cell, Error):
        return _record(0x0205, place + struct.pack("<BB", cell.code, 1))
    return _record(0x0203, place + struct.pack("<d", cell))


def _name(name: str) -> bytes:
    return struct.pack("<BB", len(name), 1) + name.encode("utf-16-le")


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def _compound(stream: bytes) -> bytes:
    """A compound file with the one stream Workbook, padded beyond the size of small streams."""
    stream = stream.ljust(4096, b"\0")
    sectors = -(-len(stream) // _SECTOR)
    fat_sectors = 1
    while fat_sectors * 128 < sectors + fat_sectors + 1:
        fat_sectors += 1
    directory = sectors + fat_sectors
    chain = [*range(1, sectors), _END, *[_FAT] * fat_sectors, _END]
    chain += [_FREE] * (fat_sectors * 128 - len(chain))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH6xIII", 0x3E, 3, 0xFFFE, 9, 6, 0, fat_sectors, directory)
    header += struct.pack("<IIIII", 0, 4096, _END, 0, _END) + struct.pack("<I", 0)
    difat = [*range(sectors, sectors + fat_sectors)]
    header += struct.pack("<109I", *difat, *[_FREE] * (109 - len(difat)))
    entries = _entry("Root Entry", 5, _END, 0, child=1) + _entry("Workbook", 2, 0, len(stream))
    entries += _entry("", 0, 0, 0) * 2
    body = stream.ljust(sectors * _SECTOR, b"\0")
    return header + body + struct.pack(f"<{len(chain)}I", *chain) + entries


def _entry(name: str, kind: int, start: int, size: int, child: int = _FREE) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0" if name else b""
    head = text.ljust(64, b"\0") + struct.pack("<HBB", len(text), kind, 1)
    head += struct.pack("<III", _FREE, _FREE, child) + bytes(36)
    return head + struct.pack("<II", start, size) + bytes(4)
