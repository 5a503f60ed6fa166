"""KML and KMZ by defusedxml: no DTD, no entities, no network links followed.

Own code rather than GDAL's: one bad ring aborts a whole read there, and LIBKML opens more than one
file. Every Placemark is a row: name, description and the extended data are its columns. KML is in
WGS 84 degrees by definition.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError

import numpy as np
import pyarrow as pa
import shapely
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from data.errors import UploadRefused
from data.upload import crs
from data.upload.readers import encoding
from data.upload.readers.base import MAX_COLUMNS, MAX_ROWS, RawTable, ReadOptions
from data.upload.readers.geometry import BROKEN, Shapes, centres, finish

_WGS84 = 4326
#: At the head of the text: the code page is known by then, and the parser knows no Chinese one.
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]{0,200}\?>")
#: The root with its attributes.
_ROOT = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?kml\b(?P<rest>[^<>]*)>")
_PREFIXES = re.compile(r"(?:</?|\s)([A-Za-z_][\w.-]{0,40}):(?=[A-Za-z_])")
_DECLARED = re.compile(r"\sxmlns:([A-Za-z_][\w.-]*)\s*=")
_MOST_PREFIXES = 200
_OWN_NAMES = ("name", "description")
_MAX_TEXT = 20_000
_MAX_DEPTH = 20


def read_kml(path: Path, name: str, options: ReadOptions, notes: list[str]) -> RawTable:
    """All placemarks of the document as one layer. Raises UploadRefused."""
    rows: list[dict[str, str]] = []
    shapes: list[shapely.Geometry | None] = []
    problems: dict[int, str] = {}
    try:
        with _readable(path, options) as file:
            for mark in _placemarks(file):
                if len(rows) >= MAX_ROWS:
                    raise UploadRefused(f"文件超过 {MAX_ROWS:,} 个地标，请拆分后分次上传。")
                shape, problem = _shape_of(mark) if options.wants_geometry else (None, None)
                if problem:
                    problems[len(rows)] = problem
                rows.append(_attributes(mark))
                shapes.append(shape)
    except DefusedXmlException as error:
        raise UploadRefused(
            "KML 中有不允许的外部声明（DTD 或实体），未读取。请重新导出。"
        ) from error
    except (ParseError, ValueError, LookupError) as error:
        where = getattr(error, "position", None)
        at = f"（约第 {where[0]} 行）" if where else ""
        raise UploadRefused(f"KML 不是完整的 XML 文件{at}，请从原软件重新导出。") from error
    if not rows:
        raise UploadRefused("KML 中没有地标（Placemark），请检查导出的内容。")
    numbers = np.arange(1, len(rows) + 1, dtype=np.int64)
    table = RawTable(name, _columns(rows), numbers)
    if options.wants_geometry:
        array = np.full(len(shapes), None, dtype=object)
        array[:] = shapes
        x, y = centres(array)
        located = crs.decide(x, y, options, (_WGS84, None))
        table.crs = located.decision

        def build(start: int, end: int) -> tuple[Shapes, dict[int, str]]:
            return array[start:end], {i - start: problems[i] for i in problems if start <= i < end}

        table.geometry, table.unreadable = finish(build, numbers, located.to_lonlat, name)
    return table


def _readable(path: Path, options: ReadOptions) -> BinaryIO:
    """The file's text in UTF-8, without blank lines before it, every prefix declared: programs
    leave both, and Google Earth minds neither. Raises UploadRefused for an unknown code page."""
    text, _ = encoding.decode_text(path.read_bytes(), options.encoding)
    text = _DECLARATION.sub("", text.lstrip("\ufeff \t\r\n"), count=1)
    root = _ROOT.search(text)
    if root is None:
        return io.BytesIO(text.encode("utf-8"))
    known = {"xml", "xmlns", *_DECLARED.findall(root["rest"])}
    used = {found[1] for found in _PREFIXES.finditer(text)} - known
    if used and len(used) <= _MOST_PREFIXES:
        added = "".join(f' xmlns:{prefix}="urn:undeclared:{prefix}"' for prefix in sorted(used))
        at = root.start("rest")
        text = f"{text[:at]}{added}{text[at:]}"
    return io.BytesIO(text.encode("utf-8"))


def _placemarks(file: BinaryIO) -> Iterator[Element]:
    """Each Placemark once it is whole; what is done with is forgotten, so memory stays flat."""
    stack: list[Element] = []
    inside = 0
    for event, element in iterparse(file, events=("start", "end"), forbid_dtd=True):
        tag = _tag(element)
        if event == "start":
            if not stack and tag != "kml":
                raise UploadRefused("文件不是 KML（根元素应为 kml），请从原软件重新导出。")
            stack.append(element)
            if len(stack) > 200:
                raise UploadRefused("KML 的嵌套层次过深，未读取。")
            inside += tag == "Placemark"
            continue
        stack.pop()
        if tag == "Placemark":
            inside -= 1
            if not inside:
                yield element
        if not inside and stack:
            stack[-1].remove(element)


def _tag(element: Element) -> str:
    return str(element.tag).rsplit("}", 1)[-1]


def _child(element: Element, tag: str) -> Element | None:
    return next((c for c in element if _tag(c) == tag), None)


def _text(element: Element | None) -> str:
    return (element.text or "").strip()[:_MAX_TEXT] if element is not None else ""


def _attributes(mark: Element) -> dict[str, str]:
    found = {"name": _text(_child(mark, "name")), "description": _text(_child(mark, "description"))}
    for data in _child(mark, "ExtendedData") or ():
        if _tag(data) == "Data":
            found[data.get("name") or ""] = _text(_child(data, "value"))
        elif _tag(data) == "SchemaData":
            for simple in data:
                if _tag(simple) == "SimpleData":
                    found[simple.get("name") or ""] = _text(simple)
    if len(found) == 2 and "<td" in found["description"].lower():
        found |= _html_table(found["description"])
    return {k.strip(): v for k, v in found.items() if k.strip()}


def _html_table(text: str) -> dict[str, str]:
    """The attributes that ArcGIS writes into a description: rows of a name and a value."""
    parser = _Rows()
    parser.feed(text)
    parser.close()
    rows = [[cell.strip() for cell in row] for row in parser.rows]
    return {row[0]: row[1] for row in rows if len(row) == 2 and row[0] not in _OWN_NAMES}


class _Rows(HTMLParser):
    """Texts of the cells of every row, of the innermost tables only."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = []
        self._in_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th") and self.rows:
            self.rows[-1].append("")
        self._in_cell = tag in ("td", "th") or (self._in_cell and tag not in ("tr", "table"))

    def handle_endtag(self, tag: str) -> None:
        self._in_cell = self._in_cell and tag not in ("td", "th", "tr", "table")

    def handle_data(self, data: str) -> None:
        if self._in_cell and self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def _columns(rows: list[dict[str, str]]) -> pa.Table:
    names: dict[str, None] = {}
    for row in rows:
        names.update(dict.fromkeys(row))
    if len(names) > MAX_COLUMNS:
        raise UploadRefused(f"KML 的属性超过 {MAX_COLUMNS} 列，无法读取。")
    arrays = [pa.array([row.get(n) or None for row in rows], pa.string()) for n in names]
    table = pa.Table.from_arrays(arrays, names=list(names))
    empty = [n for n in names if table[n].null_count == len(rows)]
    return table.drop_columns(empty) if len(empty) < len(names) else table


def _shape_of(mark: Element) -> tuple[shapely.Geometry | None, str | None]:
    try:
        parts = [p for child in mark for p in _parts(child, 0)]
    except (ValueError, shapely.errors.GEOSException):
        return None, BROKEN
    if not parts:
        return None, None
    polygons = [p for p in parts if p.geom_type == "Polygon"]
    if len(polygons) > 1:
        return shapely.MultiPolygon(polygons), None
    return (polygons or parts)[0], None


def _parts(element: Element, depth: int) -> Iterator[shapely.Geometry]:
    tag = _tag(element)
    if tag == "MultiGeometry":
        if depth >= _MAX_DEPTH:
            raise ValueError("nested too deep")
        for child in element:
            yield from _parts(child, depth + 1)
    elif tag == "Polygon":
        shell: list[tuple[float, float]] = []
        holes = []
        for boundary in element:
            role = _tag(boundary)
            if role not in ("outerBoundaryIs", "innerBoundaryIs"):
                continue
            for ring in boundary:
                corners = _coordinates(ring)
                if role == "outerBoundaryIs":
                    shell = shell or corners
                elif len(corners) >= 3:
                    holes.append(corners)
        yield shapely.Polygon(shell, holes)
    elif tag == "LinearRing":
        yield shapely.Polygon(_coordinates(element))
    elif tag == "LineString":
        yield shapely.LineString(_coordinates(element))
    elif tag == "Point":
        yield shapely.Point(_coordinates(element)[:1] or [(np.nan, np.nan)])


def _coordinates(element: Element) -> list[tuple[float, float]]:
    """Raises ValueError for anything but numbers."""
    holder = _child(element, "coordinates")
    text = re.sub(r"\s*,\s*", ",", (holder.text or "") if holder is not None else "")
    found = []
    for corner in text.split():
        numbers = corner.split(",")
        found.append((float(numbers[0]), float(numbers[1] if len(numbers) > 1 else "nan")))
    return found
