"""Which column of a file is which field: headers, aliases, units, cut names, a user's word."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from data.units import AREA_UNIT_WORDS, AreaUnit, area_unit, unit_text
from data.upload.readers import RawTable
from data.upload.schemas import CellType, Column

_BRACKETED = re.compile(r"[(\[【〔]([^()\[\]【】〔〕]*)[)\]】〕]$")
#: What stands between a name and its unit without brackets: 占用耕地面积/公顷, 监测面积 单位：亩.
_BEFORE_UNIT = re.compile(r"[/|、,\-]?(?:单位[为是]?)?$")
_ANY_BRACKETS = re.compile(r"[(\[【〔]([^()\[\]【】〔〕]*)[)\]】〕]")
#: Brackets that say how to fill a column in; others (上报日期(县级)) can mean another column.
_REMARK = re.compile(
    r"(非?必填|选填|可选|可空|代码|名称|文本|文字|日期|数字|数值|.*(格式|YYYY|年.*月|是/否|下拉|如|例).*)"
)
#: The column that returned workbooks add; the mark keeps it apart from 退回原因 of audits.
REASON_HEADER = "【退回说明】"
OWN_COLUMNS = (REASON_HEADER,)
#: Columns that say nothing of a file's origin: our own (退回原因 in workbooks of older versions),
#: and those that a returned layer is given in place of its shapes.
_NO_ORIGIN = (*OWN_COLUMNS, "退回原因", "中心经度", "中心纬度")


class UnitSource(StrEnum):
    """Where the unit of an area column comes from."""

    DEFAULT = "default"
    HEADER = "header"
    TABLE = "table"
    GIVEN = "given"


@dataclass(frozen=True, slots=True)
class Assigned:
    """A header of the file with its field; unit of an area column (亩 unless it says otherwise)."""

    header: str
    column: Column
    unit: AreaUnit = AreaUnit.MU
    unit_source: UnitSource = UnitSource.DEFAULT


@dataclass
class ColumnMap:
    """assigned: in the file's order, several headers may serve one place field. ignored: headers
    that no field answers to. unclear: area headers whose unit is not known. notes: Chinese
    sentences on doubtful choices. doubts: of a field, those that must be seen before writing.
    """

    assigned: list[Assigned] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    doubts: list[tuple[str, str]] = field(default_factory=list)

    def of(self, name: str) -> list[Assigned]:
        return [a for a in self.assigned if a.column.field == name]

    def header(self, name: str) -> str | None:
        """The file's header of a field, for remarks on its cells."""
        found = self.of(name)
        return found[0].header if found else None


def normal(text: str) -> str:
    """A header without differences of width, space, case, the star of required columns, or the
    word 其中 that stands before a part of the column to its left."""
    plain = re.sub(r"[\s*:_\u200b\ufeff]+", "", unicodedata.normalize("NFKC", text)).upper()
    return plain.removeprefix("其中")


def is_own(header: str) -> bool:
    """A column that the product added to a returned workbook."""
    return normal(header) in {normal(h) for h in OWN_COLUMNS}


def split_unit(header: str) -> tuple[str, AreaUnit | None]:
    """(`监测面积`, 平方米) of `监测面积（平方米）`; no unit where the brackets hold none."""
    name = normal(header)
    found = _BRACKETED.search(name)
    unit = _unit_among(found.group(1)) if found else None
    return (name[: found.start()], unit) if found and unit else (name, None)


def unit_of_header(header: str) -> AreaUnit | None:
    """The unit that a header names, whatever the column is: 占地（平方米）, 耕地（单位：公顷）,
    占地面积/亩, AREA_HA. None where it names none, or several."""
    units = {_unit_among(text) for text in _ANY_BRACKETS.findall(normal(header))} - {None}
    if units:
        return units.pop() if len(units) == 1 else None
    text = unit_text(header)
    for word, unit in AREA_UNIT_WORDS.items():
        # the letters of a unit can end another word: ALPHA
        if text.endswith(word) and not re.search(r"[A-Z]$", text.removesuffix(word)):
            return unit
        if word.isascii() and re.search(rf"[\W_]{word}$", header.strip().upper()):
            return unit
    return None


def _unit_among(text: str) -> AreaUnit | None:
    """The unit in the brackets of a header: 平方米, 单位：公顷, 公顷、保留四位小数."""
    plain = re.sub(r"^(?:面积|计量)?单位[为是]?", "", text)
    found = {area_unit(part) for part in re.split(r"[,、;/]", plain)} - {None}
    return found.pop() if len(found) == 1 else None


def signature(headers: Iterable[str]) -> str:
    """A hash of the column names, whatever their order: the same for files of one origin, and for
    the workbooks that come back from them."""
    passed_over = {normal(h) for h in _NO_ORIGIN}
    joined = "\x1f".join(sorted({normal(h) for h in headers} - passed_over))
    return hashlib.sha256(joined.encode()).hexdigest()


def map_columns(
    headers: Sequence[str],
    columns: Sequence[Column],
    given: Mapping[str, Mapping[str, str | None]] | None = None,
    outside: Mapping[str, AreaUnit] | None = None,
) -> ColumnMap:
    """Assign headers to columns. given: header → {"field": …, "unit": …} wins over everything, its
    unit where it has one. outside: header → unit that the file names elsewhere (`units_outside`).

    Raises nothing: a header that fits nothing is listed in `ignored`.
    """
    canonical = {normal(c.header): c for c in columns}
    aliases = {normal(a): c for c in columns for a in c.aliases}
    by_field = {c.field: c for c in columns}
    result = ColumnMap()
    candidates: list[tuple[int, Assigned]] = []

    def assigned(header: str, column: Column, asked: str | None = None) -> Assigned:
        unit, source = _unit(header, (outside or {}).get(header), asked)
        if source is UnitSource.GIVEN and column.type is CellType.AREA:
            written = unit_of_header(header) or (outside or {}).get(header)
            if written not in (None, unit):
                result.doubts.append((column.field, _contradicted(header, unit, written)))
        return Assigned(header, column, unit, source)

    for header in headers:
        word = (given or {}).get(header)
        if word is not None:
            if word.get("field") in by_field:
                chosen = by_field[str(word["field"])]
                candidates.append((0, assigned(header, chosen, word.get("unit"))))
            else:
                result.ignored.append(header)
            continue
        name, _ = split_unit(header)
        column = canonical.get(name)
        rank = 1
        if column is None:
            column, rank = aliases.get(name), 2
        if column is None:
            column, is_clear = _with_remark(name, {**aliases, **canonical})
            rank = 3
            if column is not None and not is_clear:
                result.unclear.append(header)
                column = None
        if column is None:
            column, rank = _cut(header, columns), 4
        if column is None or is_own(header):
            result.ignored.append(header)
        else:
            candidates.append((rank, assigned(header, column)))
    _choose(candidates, headers, result)
    return result


def units_outside(table: RawTable, asked: AreaUnit | None = None) -> dict[str, AreaUnit]:
    """header → the unit that a file names for it elsewhere: in a row of units or the group above
    it, else in a line above or below the table. asked: the unit given for the whole file."""
    whole = asked or (AreaUnit[table.says.area_unit] if table.says.area_unit else None)
    found = dict.fromkeys(table.columns.column_names, whole)
    found |= {header: AreaUnit[name] for header, name in table.says.column_units.items()}
    return {header: unit for header, unit in found.items() if unit is not None}


def _unit(header: str, outside: AreaUnit | None, asked: str | None) -> tuple[AreaUnit, UnitSource]:
    if asked:
        return AreaUnit[asked], UnitSource.GIVEN
    own = unit_of_header(header)
    if own is not None:
        return own, UnitSource.HEADER
    return (outside, UnitSource.TABLE) if outside else (AreaUnit.MU, UnitSource.DEFAULT)


def _contradicted(header: str, unit: AreaUnit, written: AreaUnit | None) -> str:
    said = written.label if written else ""
    return (
        f"列“{header}”写明的单位是{said}，却指定按{unit.label}读取；"
        f"如应为{said}，请把它的单位改为{said}后重新核对。"
    )


def _with_remark(name: str, known: Mapping[str, Column]) -> tuple[Column | None, bool]:
    """The column of a header with words behind it: a remark in brackets (`下发日期(年-月-日)`), a
    bracket that a .dbf cut off (checks hold it against the shape), a bare unit. Whether its unit
    is clear."""
    if name.endswith("("):
        return known.get(name[:-1]), True
    found = _BRACKETED.search(name)
    if found:
        column = known.get(name[: found.start()])
        if _REMARK.fullmatch(found.group(1)):
            return column, True
        is_area = column is not None and column.type is CellType.AREA
        return (column, False) if is_area else (None, False)
    for word in AREA_UNIT_WORDS:
        if not name.endswith(word):
            continue
        column = known.get(_BEFORE_UNIT.sub("", name.removesuffix(word)))
        if column is not None and column.type is CellType.AREA:
            return column, True
    return None, False


def _choose(
    candidates: list[tuple[int, Assigned]], headers: Sequence[str], result: ColumnMap
) -> None:
    """One header a field, the best word first; place fields take all of theirs."""
    taken: dict[str, Assigned] = {}
    for _, assigned in sorted(candidates, key=lambda c: c[0]):
        name = assigned.column.field
        if name in taken and assigned.column.type not in (CellType.DISTRICT, CellType.TOWN):
            result.ignored.append(assigned.header)
            result.notes.append(
                f"“{assigned.header}”与“{taken[name].header}”都是{assigned.column.header}，"
                f"采用后者。"
            )
            continue
        taken.setdefault(name, assigned)
        result.assigned.append(assigned)
    order = {header: i for i, header in enumerate(headers)}
    result.assigned.sort(key=lambda a: order[a.header])


def _cut(header: str, columns: Sequence[Column]) -> Column | None:
    """The column whose Chinese header was cut to a .dbf's ten bytes, where only one fits."""
    text = header.strip()
    if len(text) < 3 or text.isascii():
        return None
    fits = [
        c
        for c in columns
        for name in (c.header, *c.aliases)
        if len(name) > len(text)
        and any(
            name.encode(code)[:limit].decode(code, "ignore") == text
            for code, limit in (("gb18030", 10), ("utf-8", 10), ("gb18030", 11))
        )
    ]
    return fits[0] if len({c.field for c in fits}) == 1 else None
