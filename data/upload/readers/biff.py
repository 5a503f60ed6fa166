"""What an old binary workbook (.xls) holds besides its values: errors, merged cells, its calendar.

The library that reads .xls gives an error cell as an empty one, knows nothing of merged cells, and
gives a bare day number of a workbook that counts from 1904 as it stands. The records of the file
say all three. Only record heads are walked; a file that is not as it should be says nothing here,
since the library has the last word on whether it can be read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from data.upload.readers.base import Merged

_ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}
_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BOF, _EOF, _BOUND_SHEET, _DATE_MODE = 0x0809, 0x000A, 0x0085, 0x0022
_FORMULA, _BOOL_ERROR, _MERGED = 0x0006, 0x0205, 0x00E5
_LAST_SECTOR = 0xFFFFFFFA
_MOST_MARKS = 300_000
#: Of a directory entry: where its start and size stand.
_START_AND_SIZE = struct.Struct("<II")


@dataclass(slots=True)
class SheetMarks:
    """marks: row and column from 0, text of an error cell."""

    marks: list[tuple[int, int, str]] = field(default_factory=list)
    merged: list[Merged] = field(default_factory=list)


@dataclass(slots=True)
class BookMarks:
    """sheets: in the workbook's order. from_1904: its day numbers count from 1 January 1904."""

    sheets: list[SheetMarks] = field(default_factory=list)
    from_1904: bool = False


def marks_of(raw: bytes) -> BookMarks:
    """Never raises: what cannot be walked has no marks."""
    try:
        stream = _book_stream(raw)
        return _walked(stream) if stream is not None else BookMarks()
    except (struct.error, IndexError, ValueError):
        return BookMarks()


def _walked(stream: bytes) -> BookMarks:
    book = BookMarks()
    starts: list[int] = []
    for kind, at, size in _records(stream, 0):
        if kind == _DATE_MODE and size >= 2:
            book.from_1904 = stream[at] == 1
        elif kind == _BOUND_SHEET and size >= 6:
            starts.append(struct.unpack_from("<I", stream, at)[0])
    book.sheets = [_sheet(stream, start) for start in starts]
    return book


def _sheet(stream: bytes, start: int) -> SheetMarks:
    found = SheetMarks()
    for kind, at, size in _records(stream, start):
        if kind == _BOOL_ERROR and size >= 8 and stream[at + 7] == 1:
            _note(found, stream, at, stream[at + 6])
        elif kind == _FORMULA and size >= 14 and stream[at + 12 : at + 14] == b"\xff\xff":
            if stream[at + 6] == 2:  # the result is an error
                _note(found, stream, at, stream[at + 8])
        elif kind == _MERGED and size >= 2:
            (count,) = struct.unpack_from("<H", stream, at)
            for i in range(min(count, (size - 2) // 8)):
                first, last, left, _ = struct.unpack_from("<4H", stream, at + 2 + 8 * i)
                if first < last:
                    found.merged.append((first, last, left))
        if len(found.marks) > _MOST_MARKS:
            break
    return found


def _note(found: SheetMarks, stream: bytes, at: int, code: int) -> None:
    row, column = struct.unpack_from("<2H", stream, at)
    found.marks.append((row, column, _ERRORS.get(code, "#N/A")))


def _records(stream: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """Kind, place and size of the records of a part, charts within it left out."""
    depth = 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<2H", stream, at)
        if kind == _BOF:
            depth += 1
        elif kind == _EOF:
            depth -= 1
            if depth <= 0:
                return
        elif depth == 1 and at + 4 + size <= len(stream):
            yield kind, at + 4, size
        at += 4 + size


def _book_stream(raw: bytes) -> bytes | None:
    """The stream `Workbook` (older: `Book`) of the compound file."""
    if not raw.startswith(_MAGIC) or len(raw) < 512:
        return None
    shift, mini_shift = struct.unpack_from("<2H", raw, 30)
    if shift not in (9, 12) or not 4 <= mini_shift <= shift:
        return None
    size = 1 << shift
    directory, _, cutoff, mini_start, _, more = struct.unpack_from("<6I", raw, 48)
    sectors = [s for s in struct.unpack_from("<109I", raw, 76) if s < _LAST_SECTOR]
    seen: set[int] = set()
    while more < _LAST_SECTOR and more not in seen:
        seen.add(more)
        entries = struct.unpack_from(f"<{size // 4}I", raw, (more + 1) * size)
        sectors += [s for s in entries[:-1] if s < _LAST_SECTOR]
        more = entries[-1]
    table: list[int] = []
    for sector in sectors:
        piece = raw[(sector + 1) * size : (sector + 2) * size]
        table += struct.unpack(f"<{len(piece) // 4}I", piece[: len(piece) // 4 * 4])

    def chain(start: int) -> bytes:
        return b"".join(raw[(s + 1) * size : (s + 2) * size] for s in _chain(start, table))

    entries_ = chain(directory)
    streams: dict[str, tuple[int, int]] = {}
    for at in range(0, len(entries_) - 127, 128):
        (length,) = struct.unpack_from("<H", entries_, at + 64)
        name = entries_[at : at + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
        streams.setdefault(name.lower(), _START_AND_SIZE.unpack_from(entries_, at + 116))
    start, length = streams.get("workbook") or streams.get("book") or (_LAST_SECTOR, 0)
    if length >= cutoff:
        return chain(start)[:length]
    mini = chain(streams.get("root entry", (_LAST_SECTOR, 0))[0])
    packed = chain(mini_start)
    mini_table = struct.unpack(f"<{len(packed) // 4}I", packed)
    width = 1 << mini_shift
    parts = (mini[s * width : (s + 1) * width] for s in _chain(start, mini_table))
    return b"".join(parts)[:length] or None


def _chain(start: int, table: list[int] | tuple[int, ...]) -> Iterator[int]:
    """Sectors that follow each other; a chain that bites its tail ends there."""
    at = start
    for _ in range(len(table)):
        if at >= len(table):
            return
        yield at
        at = table[at]
