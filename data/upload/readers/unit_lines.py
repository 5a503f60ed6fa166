"""A unit named once for a whole table: 单位：公顷 above it, （单位：平方米） in its title,
注：面积单位为亩 below it; and rows of units under the column titles.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from data.units import AreaUnit, area_unit, unit_text

#: What follows 单位 up to the end of its clause. 填报单位：文登分局 holds no unit.
_NAMED = re.compile(r"单位\s*[均都一律]*\s*[为是]?\s*:?\s*([^:;。()\[\]【】]*)")
_COUNTED = re.compile(r"(?:以|按)\s*([^\s,、;。以按]{1,6}?)\s*(?:为单位|计算|计(?!划))")
_AREA_IS = re.compile(r"面积\s*:\s*([^\s,、;。]{1,6})")
_AT_THE_END = re.compile(
    r"[(\[【]\s*(?:(?:面积|计量)?单位|面积)?\s*:?\s*([^()\[\]【】:]{1,8})[)\]】]\s*$"
)
_APART = re.compile(r"[,、/;\s和及与或]+")
#: A measure of area, known or not: 万亩, 千公顷.
_LIKE_AREA = re.compile(r".{0,4}(?:亩|公顷|平方[米丈尺]|平米|平方公里|平方千米)|[KH]?M2|HA")
#: Other units that a row under the titles may hold.
_OTHER_UNITS = frozenset(
    (*"个宗处块条件次户人米元度°%天日年月-—/", "千米", "公里", "万元"),
)


@dataclass(frozen=True, slots=True)
class SaidUnit:
    """unit: None where the words name none that is known, or several. words: as they stand."""

    unit: AreaUnit | None
    words: str


def said_unit(lines: Iterable[Sequence[str | None]]) -> SaidUnit | None:
    """The unit of area that the cells around a table name; None where they name none."""
    units: list[AreaUnit] = []
    words: list[str] = []
    unknown = False
    for line in lines:
        cells = [unicodedata.normalize("NFKC", c) for c in line if c]
        for text in dict.fromkeys([*cells, " ".join(cells)]):
            for part in _candidates(text):
                unit = area_unit(part)
                if unit is None and not _LIKE_AREA.fullmatch(unit_text(part)):
                    continue
                unknown |= unit is None
                units += [unit] if unit else []
                words.append(part)
    if not words:
        return None
    one = None if unknown or len(set(units)) != 1 else units[0]
    return SaidUnit(one, "、".join(dict.fromkeys(words)))


def _candidates(text: str) -> list[str]:
    """Words of a title or remark that stand where a unit would."""
    listed = [*_NAMED.findall(text), *_AT_THE_END.findall(text)]
    found = [part for words in listed for part in _APART.split(words)]
    found += [*_COUNTED.findall(text), *_AREA_IS.findall(text)]
    if area_unit(text) is not None:
        found.append(text)
    return [part for part in found if part]


def is_unit_row(row: Sequence[str | None]) -> bool:
    """Whether a row under the titles holds nothing but units, one of area among them."""
    cells = [c for c in row if c]
    return any(unit_in_cell(c) for c in cells) and all(
        unit_in_cell(c) is not None or _bare(c) in _OTHER_UNITS for c in cells
    )


def unit_in_cell(cell: str | None) -> AreaUnit | None:
    """公顷, （公顷） or 单位：公顷 as a whole cell."""
    return area_unit(re.sub(r"^单位:?", "", _bare(cell))) if cell else None


def _bare(cell: str) -> str:
    return unicodedata.normalize("NFKC", cell).strip().strip("()[]【】 ")
