"""Finding the header row of a sheet under titles and merged groups, and naming its columns.

A row of column titles is told by words the upload kinds know (schemas.py) and, where a file uses
none of them, by being the first full row of texts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from data.units import AreaUnit
from data.upload.readers.unit_lines import is_unit_row, said_unit, unit_in_cell

Row = list[str | None]
#: How deep under titles a header may lie.
SEARCHED_ROWS = 30
_UNIT = re.compile(
    r"\((单位)?(市?亩|公顷|平方[米千公]里?|平方千米|平米|[kh]?m2|ha|米|度|元)\)$", re.IGNORECASE
)
_NUMERIC = re.compile(r"[-+]?[\d.,/%:\-]*\d[\d.,/%:\-]*")
_TOTALS = {"合计", "总计", "小计", "共计", "本页合计", "本页小计", "全市合计"}
#: Ways of writing them that are looked for in every row; under the table any is recognised.
TOTALS = tuple(
    f"{word}{mark}" for word in (*_TOTALS, "合 计", "总 计", "小 计") for mark in ("", "：", ":")
)
_SIGNATURE = re.compile(
    r"(填表|填报|制表|审核|复核|核对|负责|单位负责|联系|经办)(人|单位|日期|时间|电话)?(\(.*\))?:.*|(注|说明|备注):.+"
    r"|\(?(面积|计量)?单位:.+"
)
#: Words of files that offices have and that no kind's column is called (the built-in profiles).
_OTHER_WORDS = (
    *(
        "序号",
        "图斑状态",
        "拆分状态",
        "核实认定意见",
        "状态(系统)",
        "审核阶段(系统)",
        "打回状态(系统)",
    ),
    *(
        "图斑标识",
        "地块总面积",
        "耕地",
        "基本农田",
        "非耕农用地",
        "未利用地",
        "生态红线",
        "建设用地",
    ),
    *("县级行政区名称", "TZ", "MJ", "DLBM", "DLMC", "SFYN", "SFHX", "XZB", "YZB", "乡镇名称"),
    *("面积", "地类编码", "地类名称", "项目名称", "地块编号", "图斑号"),
)
_preset: list[str] = []


@dataclass(frozen=True, slots=True)
class Header:
    """first, last: indices of the header's rows. names: one a column, unique; None for a column
    without a title (kept only if it has data). units: header → unit of area in the group above it
    or in a row of units below.
    """

    first: int
    last: int
    names: tuple[str | None, ...]
    units: dict[str, AreaUnit] = field(default_factory=dict)


def plain(title: str) -> str:
    """A title without spaces, width differences, marks of required columns, and unit."""
    text = unicodedata.normalize("NFKC", title)
    text = re.sub(r"[\s*＊:：]+", "", text).removeprefix("其中")
    return _UNIT.sub("", text).upper()


@lru_cache(maxsize=1)
def known_words() -> frozenset[str]:
    """Titles of all kinds' columns, as `plain` gives them."""
    if _preset:
        return frozenset(_preset)
    from data.upload.schemas import REFERENCE_COLUMNS, SCHEMAS

    columns = [c for schema in SCHEMAS.values() for c in schema.columns]
    words = [w for c in (*columns, *REFERENCE_COLUMNS) for w in (c.header, *c.aliases)]
    return frozenset(plain(w) for w in (*words, *_OTHER_WORDS))


def preset_words(words: Iterable[str]) -> None:
    """For the reading child: the words from its parent, so that it need not load the schemas."""
    _preset.extend(words)


def find_header(sheet: Sequence[Sequence[str | None]]) -> Header | None:
    """The header among the first rows of a sheet (cells stripped, None for empty), or None."""
    rows = [list(row) for row in sheet[:SEARCHED_ROWS]]
    hits = [_score(row) for row in rows]
    best = max(range(len(rows)), key=lambda i: hits[i], default=-1)
    if best < 0 or hits[best] <= 0 or (hits[best] == 1 and _filled(rows[best]) > 4):
        by_shape = _first_full_row(rows)
        best = by_shape if by_shape is not None else best
    if best < 0 or not _filled(rows[best]):
        return None
    if best > 0 and _is_pair(rows[best - 1], rows[best]):
        return _named(rows, best - 1, best)
    if best + 1 < len(rows) and _is_pair(rows[best], rows[best + 1]):
        return _named(rows, best, best + 1)
    return _named(rows, best, best)


def is_total(row: Row) -> bool:
    """Whether a row of the table is a sum, not a record: 合计, 总计（亩）, 小 计：."""
    first = next((c for c in row if c), None)
    if first is None or len(first) > 40:
        return False
    text = re.sub(r"[\s:]+", "", unicodedata.normalize("NFKC", first))
    return re.sub(r"\(.*\)$", "", text) in _TOTALS


def is_signature(row: Row) -> bool:
    """Whether a row under the table says who filled it in, or is a remark."""
    first = next((c for c in row if c), None)
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", first or ""))
    return _SIGNATURE.fullmatch(text) is not None


def _is_known(cell: str | None) -> bool:
    return cell is not None and len(cell) <= 40 and plain(cell) in known_words()


def _score(row: Row) -> int:
    """Different known titles, less the numbers: a header has none, a record may hold a title."""
    titles = {plain(c) for c in row if c is not None and _is_known(c)}
    return len(titles) - sum(c is not None and not _is_title_like(c) for c in row)


def _filled(row: Row) -> int:
    return sum(c is not None for c in row)


def _is_title_like(cell: str) -> bool:
    return len(cell) <= 60 and not _NUMERIC.fullmatch(cell)


def _first_full_row(rows: list[Row]) -> int | None:
    """The first row as wide as the table whose cells are all short texts."""
    widest = max((_filled(r) for r in rows), default=0)
    for index, row in enumerate(rows):
        cells = [c for c in row if c is not None]
        if len(cells) >= max(1, 0.6 * widest) and all(_is_title_like(c) for c in cells):
            return index
    return None


def _is_pair(upper: Row, lower: Row) -> bool:
    """Whether two rows are one header: groups above, column titles below.

    Merged cells come as their first cell filled and the rest empty. A title over the whole table is
    one filled cell, no group; a row of data fills the cells under ungrouped titles.
    """
    if _filled(upper) < 2 or not _filled(lower):
        return False
    width = max(len(upper), len(lower))
    upper = upper + [None] * (width - len(upper))
    lower = lower + [None] * (width - len(lower))
    grouped = 0
    for i in range(width):
        below = lower[i]
        above = upper[i]
        if above is not None and ("：" in above or ":" in above):
            return False  # "单位：亩" is a remark over the table, not a group
        if below is None:
            continue
        if not _is_title_like(below):
            return False
        opens_group = i + 1 < width and upper[i + 1] is None and lower[i + 1] is not None
        if upper[i] is None:
            grouped += 1
        elif not opens_group and not _is_known(below):
            return False
    # every column needs a title of its own from one of the rows
    return grouped > 0 and any(lower[i] is not None and _is_known(lower[i]) for i in range(width))


def _named(rows: list[Row], first: int, last: int) -> Header:
    width = max(len(rows[i]) for i in range(first, last + 1))
    lower = rows[last] + [None] * (width - len(rows[last]))
    groups: Row = [None] * width
    if first == last:
        titles = lower
    else:
        upper = rows[first] + [None] * (width - len(rows[first]))
        groups = _groups(upper, lower)
        titles = _joined(groups, lower)
    names: list[str | None] = []
    seen: dict[str, int] = {}
    for title in titles:
        if title is None:
            names.append(None)
            continue
        title = re.sub(r"\s*\n\s*", "", title)
        seen[title] = seen.get(title, 0) + 1
        names.append(title if seen[title] == 1 else f"{title}_{seen[title]}")
    units: dict[str, AreaUnit] = {}
    for name, above in zip(names, groups, strict=True):
        said = said_unit([[above]]) if name and above else None
        if name and said and said.unit:
            units[name] = said.unit
    if last + 1 < len(rows) and is_unit_row(rows[last + 1]):
        last += 1
        for name, cell in zip(names, rows[last], strict=False):
            unit = unit_in_cell(cell)
            if name and unit:
                units[name] = unit
    return Header(first, last, tuple(names), units)


def _groups(upper: Row, lower: Row) -> Row:
    """The group that each column stands under; its own title where it has none below."""
    groups: Row = []
    group: str | None = None
    for above, below in zip(upper, lower, strict=True):
        group = above or (group if below is not None else None)
        groups.append(group)
    return groups


def _joined(groups: Row, lower: Row) -> Row:
    """Column titles; with the group before them where the same title stands under several."""
    repeated = {t for t in lower if t is not None and lower.count(t) > 1}
    return [
        (f"{g}{title}" if title in repeated and g else title) if title is not None else g
        for g, title in zip(groups, lower, strict=True)
    ]
