"""Cells of a workbook whose text would be a lie: errors, formulas nobody computed, cut numbers.

The library that reads workbooks gives an error (#N/A) and a formula without a computed value as an
empty cell, which would leave a stored value or take a default; and it writes out a number of more
than fifteen digits although a spreadsheet keeps no more. These cells get what the file really
holds, and `parsing` refuses it with a sentence.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree.ElementTree import ParseError

import numpy as np
import pyarrow as pa
import python_calamine
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from data.errors import UploadRefused
from data.upload.archive import MB

#: What stands in the place of a formula that was saved without its result.
UNCOMPUTED = "#公式未计算"
_MOST_MARKS = 300_000
_LONGEST_CELL = 64 * 1024
_FORMULA = rb"<(?:\w+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)"
_ERROR = re.compile(
    rb'<(?:\w+:)?c\s([^>]*\bt="e"[^>]*)>(?:' + _FORMULA + rb")?<(?:\w+:)?v>(#[^<]{1,20})<"
)
_EMPTY = re.compile(
    rb"<(?:\w+:)?c\s([^>]*)>"
    + _FORMULA
    + rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?</(?:\w+:)?c>"
)
_LONG = re.compile(
    rb"<(?:\w+:)?c\s([^>]*)>(?:" + _FORMULA + rb")?"
    rb"<(?:\w+:)?v>(-?[0-9]{16,40}|-?[0-9](?:\.[0-9]{1,20})?[eE]\+?(?:1[5-9]|[2-9][0-9]))<"
)
_PLACE = re.compile(rb'(?:^|\s)r="([A-Z]{1,3})([0-9]{1,7})"')
_TEXT_TYPE = re.compile(rb'\bt="(?!n")')
#: A value of sixteen digits or with an exponent, of a number or not.
_LARGE = re.compile(rb"v>-?[0-9](?:[0-9]{15}|[0-9.]{0,24}[eE]\+?[0-9])")

Mark = tuple[int, int, str]  # row and column from 0, text


def may_hold_marks(text: bytes) -> bool:
    """A quick look at a piece of a sheet: whether it has errors, formulas or large numbers."""
    return b"f>" in text or b't="e"' in text or _LARGE.search(text) is not None


def with_marks(path: Path, sheet: str, columns: list[pa.Array]) -> list[pa.Array]:
    """columns: of a sheet from its first row and its first used column on, as text.

    A row of marks only stays empty: formulas are drawn down far below the data. Raises
    UploadRefused for a sheet that is nearly all marks.
    """
    part = part_of(path, sheet)
    marks = _marks(path, part) if part else []
    return marked(columns, marks, first_column(path, sheet)) if marks else columns


def marked(columns: list[pa.Array], marks: Sequence[Mark], first: int = 0) -> list[pa.Array]:
    """The columns, of which the first is the sheet's column `first`, with these cells."""
    if not columns:
        return columns
    height = len(columns[0])
    by_column: dict[int, dict[int, str]] = {}
    for row, column, text in marks:
        if row < height and 0 <= column - first < len(columns):
            by_column.setdefault(column - first, {})[row] = text
    is_filled = np.zeros(height, dtype=bool)
    for index, array in enumerate(columns):
        mask = array.is_valid().to_numpy(zero_copy_only=False).copy()
        mask[list(by_column.get(index, ()))] = False
        is_filled |= mask
    changed = list(columns)
    for index, found in by_column.items():
        cells = columns[index].to_pylist()
        for row, text in found.items():
            if is_filled[row] or not text.startswith("#"):
                cells[row] = text
        changed[index] = pa.array(cells, pa.string())
    return changed


def _marks(path: Path, part: str) -> list[Mark]:
    marks: dict[tuple[int, int], str] = {}
    for text in _pieces(path, part):
        for found in _ERROR.finditer(text):
            _note(marks, found.group(1), found.group(2).decode("ascii", "replace"))
        for found in _EMPTY.finditer(text):
            if b't="str"' not in found.group(1):  # a formula may well give an empty text
                _note(marks, found.group(1), UNCOMPUTED)
        for found in _LONG.finditer(text):
            if not _TEXT_TYPE.search(found.group(1)):
                _note(marks, found.group(1), found.group(2).decode("ascii"))
        if len(marks) > _MOST_MARKS:
            raise UploadRefused(
                "工作表中有大量公式没有计算结果或出错，未读取。"
                "请用 Excel 或 WPS 打开，确认结果后把公式粘贴为数值，保存后重新上传。"
            )
    return [(row, column, text) for (row, column), text in marks.items()]


def _pieces(path: Path, part: str) -> Iterator[bytes]:
    """The part in pieces that begin with a whole cell."""
    tail = b""
    with zipfile.ZipFile(path) as book, book.open(part) as file:
        while chunk := file.read(4 * MB):
            text = tail + chunk
            yield text
            tail = text[
                max(text.rfind(b"<c "), text.rfind(b":c "), len(text) - _LONGEST_CELL) - 20 :
            ]


def _note(marks: dict[tuple[int, int], str], attributes: bytes, text: str) -> None:
    place = _PLACE.search(attributes)
    if place:
        column = 0
        for letter in place.group(1):
            column = column * 26 + letter - 64
        marks[int(place.group(2)) - 1, column - 1] = text


def part_of(path: Path, sheet: str) -> str | None:
    """The name in the archive of the sheet's XML; None where the workbook does not tell."""
    try:
        with zipfile.ZipFile(path) as book:
            names = {name.lower(): name for name in book.namelist()}
            listed = fromstring(book.read(names["xl/workbook.xml"]), forbid_dtd=True)
            linked = fromstring(book.read(names["xl/_rels/workbook.xml.rels"]), forbid_dtd=True)
    except (KeyError, ParseError, DefusedXmlException, ValueError):
        return None
    targets = {e.get("Id"): e.get("Target") or "" for e in linked}
    for element in listed.iter():
        if element.tag.rsplit("}", 1)[-1] == "sheet" and element.get("name") == sheet:
            ids = [v for k, v in element.attrib.items() if k.rsplit("}", 1)[-1] == "id"]
            target = targets.get(ids[0], "") if ids else ""
            return names.get(posixpath.normpath(posixpath.join("/xl", target)).lstrip("/").lower())
    return None


def first_column(path: Path, sheet: str) -> int:
    """Number from 0 of the first column that the sheet uses."""
    with path.open("rb") as file:
        start = python_calamine.CalamineWorkbook.from_filelike(file).get_sheet_by_name(sheet).start
    return start[1] if start else 0
