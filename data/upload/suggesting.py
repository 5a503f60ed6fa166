"""What the columns that nobody knows by name could be, from their values, with the reason.

A suggestion is never taken: it stands beside the box on the page until a person says so. Columns
are looked at through their first rows; a kind's field is suggested once, for the column that speaks
for it most.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from data.units import AreaUnit, m2_to_mu
from data.upload.mapping import ColumnMap, is_own, normal, split_unit
from data.upload.parsing import Unreadable, plain_text, read_boolean, read_date, read_term
from data.upload.readers import RawTable
from data.upload.schemas import CellType, Column

_ROWS = 2_000
_DISTINCT = 300
#: So large a share of a column's different values must be what the column is taken for.
_SHARE = 0.9
_TOLD = 2
_UNIT_TOLERANCE = 0.1
_MOST_PARCELS = 99
#: Required of land patches, that is of nearly all.
_NEEDED_OF_LAND = ("patch_type",)
#: Any of them says where a patch lies.
_PLACES = ("district_code", "lon", "county_code", "town_code")
#: Eastings with and without the number of their zone, northings: metres of Gauss–Krüger in China.
_EASTING, _ZONED, _NORTHING = (2e5, 8e5), (1.3e7, 4.6e7), (1.5e6, 6.0e6)
_MARGIN_DEG = 0.5
_AREA_WORDS = re.compile(r"面积|MJ$|AREA|地$|多大|亩|公顷|平方米")
#: What the titles of parts of an area have and others have not.
_TELLING = {"farmland_mu": "耕地", "basic_farmland_mu": "农田", "redline_mu": "红线"}
_COMPACT_DATE = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])[0-3]\d")

Bounds = tuple[float, float, float, float]
Find = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """field: None where the values say what sort they are and not which of several fields. unit:
    of an area, where shapes tell it. reason: a Chinese sentence without its full stop."""

    field: str | None
    reason: str
    unit: AreaUnit | None = None


@dataclass(frozen=True)
class Known:
    """What the store knows that values can be held against. district, town: name or code → code, or
    None. patch_numbers: of the work year. bounds: of the city, in degrees."""

    district: Find
    town: Find
    bounds: Bounds
    patch_numbers: Collection[str] = frozenset()


@dataclass
class _Seen:
    """A column's first values, as text and without empty ones."""

    header: str
    cells: list[str | None]
    values: list[str] = field(init=False)
    distinct: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.values = [cell for cell in self.cells if cell]
        self.distinct = list(dict.fromkeys(self.values))

    @cached_property
    def numbers(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """A number a row, nan where there is none."""
        return np.array([_number(cell) for cell in self.cells])

    @cached_property
    def is_numeric(self) -> bool:
        return bool(self.values) and np.isfinite(self.numbers).sum() >= _SHARE * len(self.values)

    @cached_property
    def is_whole(self) -> bool:
        given = self.numbers[np.isfinite(self.numbers)]
        return self.is_numeric and bool((given == np.floor(given)).all())

    def share(self, fits: Callable[[str], bool]) -> float:
        looked_at = self.distinct[:_DISTINCT]
        return sum(map(fits, looked_at)) / len(looked_at) if looked_at else 0.0

    def told(self) -> str:
        return "、".join(text[:20] for text in self.distinct[:_TOLD])


@dataclass(frozen=True, slots=True)
class _Case:
    """weight: how much speaks for it, up to 1.5 with a name that is like the field's."""

    weight: float
    header: str
    column: Column
    reason: str
    unit: AreaUnit | None = None


def suggest(
    table: RawTable, mapped: ColumnMap, columns: Sequence[Column], known: Known
) -> dict[str, Suggestion]:
    """header → what it could be, for the columns of the table that were taken for nothing."""
    open_headers = [h for h in mapped.ignored if not is_own(h)]
    if not open_headers:
        return {}
    taken = {a.column.field for a in mapped.assigned}
    free = [c for c in columns if c.field not in taken]
    seen = {h: _look(table, h) for h in table.columns.column_names}
    number = next((a.header for a in mapped.of("patch_no")), None)
    cases: list[_Case] = []
    hints: dict[str, Suggestion] = {}
    for header in open_headers:
        if not seen[header].distinct:
            continue
        found, hint = _cases(seen[header], free, known)
        cases += found
        if hint is not None:
            hints[header] = hint
    places = _place_cases([seen[h] for h in open_headers], free, known.bounds)
    placed = {case.header for case in places}
    cases += places
    cases += _area_cases(table, [seen[h] for h in open_headers if h not in placed], free)
    chosen = _choose(cases)
    number = number or next((h for h, s in chosen.items() if s.field == "patch_no"), None)
    cases += _parcel_cases([seen[h] for h in open_headers], free, seen[number] if number else None)
    return {h: s for h, s in {**hints, **_choose(cases)}.items() if h in open_headers}


def _look(table: RawTable, header: str) -> _Seen:
    cells = table.columns.column(header).slice(0, _ROWS).to_pylist()
    return _Seen(header, [plain_text(c) if c is not None else None for c in cells])


def _choose(cases: Sequence[_Case]) -> dict[str, Suggestion]:
    """One field a column and one column a field, the best founded first."""
    found: dict[str, Suggestion] = {}
    fields: set[str] = set()
    for case in sorted(cases, key=lambda c: -c.weight):
        if case.header not in found and case.column.field not in fields:
            found[case.header] = Suggestion(case.column.field, case.reason, case.unit)
            fields.add(case.column.field)
    return found


def likeness(header: str, column: Column) -> float:
    """How much a header is like the titles of a column, 0 to 1: the pairs of letters in common."""
    mine = _pairs(split_unit(header)[0])
    best = 0.0
    for title in (column.header, *column.aliases):
        theirs = _pairs(normal(title))
        if mine and theirs and not (title.isascii() and len(title) < 4):
            best = max(best, len(mine & theirs) / min(len(mine), len(theirs)))
    return best


def _pairs(text: str) -> set[str]:
    return {text[i : i + 2] for i in range(len(text) - 1)}


def _cases(
    seen: _Seen, free: Sequence[Column], known: Known
) -> tuple[list[_Case], Suggestion | None]:
    """What a column's own values speak for; and a hint where several fields of that sort are free
    and its name prefers none."""
    sorts: list[tuple[CellType, str]] = []
    if seen.share(_is_date) >= _SHARE:
        sorts.append((CellType.DATE, f"取值都是日期，如 {seen.told()}"))
    elif not seen.is_numeric and seen.share(_is_boolean) == 1.0:
        sorts.append((CellType.BOOLEAN, f"取值只有“是”“否”一类，如 {seen.told()}"))
    if seen.share(lambda t: known.district(t) is not None) >= _SHARE:
        sorts.append((CellType.DISTRICT, f"取值都是区市的名称或代码，如 {seen.told()}"))
    elif seen.share(lambda t: known.town(t) is not None) >= _SHARE and not seen.is_numeric:
        sorts.append((CellType.TOWN, f"取值都是乡镇街道，如 {seen.told()}"))
    cases: list[_Case] = []
    hint: Suggestion | None = None
    for sort, reason in sorts:
        fields = [c for c in free if c.type is sort]
        weighed = [(_weight(seen.header, c, sort, fields), c) for c in fields]
        cases += [_Case(w, seen.header, c, reason) for w, c in weighed if w > 0]
        if fields and not any(w > 0 for w, _ in weighed):
            names = "、".join(c.header for c in fields[:4])
            hint = hint or Suggestion(None, f"{reason}；是{names}等哪一项，请选择")
    cases += _term_cases(seen, free)
    cases += _number_cases(seen, free, known)
    cases += _name_cases(seen, free, bool(sorts))
    return cases, hint


def _weight(header: str, column: Column, sort: CellType, fields: Sequence[Column]) -> float:
    """The only free field of its sort, the one that must be there, or the one named alike."""
    like = likeness(header, column)
    required = [c for c in fields if c.required]
    if sort is CellType.DISTRICT:
        first = column is fields[0]
        return 0.8 + like / 2 if first or like >= 0.5 else 0.0
    if len(fields) == 1 and sort is not CellType.BOOLEAN:
        return 0.8 + like / 2
    if like >= 0.3:
        return 0.6 + like / 2
    return 0.6 if column.required and len(required) == 1 else 0.0


def _term_cases(seen: _Seen, free: Sequence[Column]) -> list[_Case]:
    cases = []
    for column in free:
        if column.type is not CellType.TERM or seen.share(lambda t: _is_term(t, column)) < _SHARE:  # noqa: B023
            continue
        reason = f"取值都在“{column.header}”的可选值内：{seen.told()}"
        weight = 0.9 if len(seen.distinct) > 1 else 0.7
        cases.append(_Case(weight + likeness(seen.header, column) / 2, seen.header, column, reason))
    return cases


def _number_cases(seen: _Seen, free: Sequence[Column], known: Known) -> list[_Case]:
    """The number of the patch: known to the store, or another one in every row."""
    column = next((c for c in free if c.field == "patch_no"), None)
    if column is None or any("." in text for text in seen.distinct[:50]):
        return []
    like = likeness(seen.header, column) / 2
    if known.patch_numbers:
        share = seen.share(lambda t: t in known.patch_numbers)
        if share >= 0.5:
            told = f"取值有 {100 * share:.0f}% 是库中本年度的图斑编号，如 {seen.told()}"
            return [_Case(1.0 + like, seen.header, column, told)]
    count = len(seen.values)
    whole = count == len(seen.cells) and len(seen.distinct) == count
    is_code = seen.share(lambda t: bool(re.search(r"\d", t)) and 2 <= len(t) <= 64) == 1.0
    running = seen.is_whole and _is_running(seen.numbers)
    if count < 2 or not whole or not is_code or seen.share(_is_date) >= _SHARE:
        return []
    if running and like < 0.25:  # 序号
        return []
    return [_Case(0.7 + like, seen.header, column, f"每行一个、互不重复，如 {seen.told()}")]


def _is_running(numbers: np.ndarray[tuple[int], np.dtype[np.float64]]) -> bool:
    return bool((np.diff(numbers) == 1).all()) and len(numbers) > 1


def _name_cases(seen: _Seen, free: Sequence[Column], has_sort: bool) -> list[_Case]:
    """Texts speak through their title alone; so do numbers and yes or no among many."""
    cases = []
    for column in free:
        like = likeness(seen.header, column)
        if column.type is not CellType.TEXT or like < 0.5 or column.field == "patch_no":
            continue
        if has_sort or seen.is_numeric:
            continue
        reason = f"列名与“{column.header}”相近，如 {seen.told()}"
        cases.append(_Case(0.3 + like / 2, seen.header, column, reason))
    return cases


def _area_cases(table: RawTable, columns: Sequence[_Seen], free: Sequence[Column]) -> list[_Case]:
    """Areas: by the shapes, by their title, or as the only or the largest column of decimals."""
    fields = [c for c in free if c.type is CellType.AREA]
    able = [s for s in columns if s.is_numeric and not (s.numbers < 0).any()]
    cases: list[_Case] = []
    decimals = []
    for seen in able:
        named = bool(_AREA_WORDS.search(split_unit(seen.header)[0])) or split_unit(seen.header)[1]
        fractional = not seen.is_whole
        for column in fields:
            like = likeness(seen.header, column)
            if column.field == "area_mu":
                unit = _unit_by_shapes(table, seen)
                if unit is not None:
                    reason = f"与图形面积相符（单位{unit.label}）"
                    cases.append(_Case(1.2 + like / 4, seen.header, column, reason, unit))
                    continue
            word = _TELLING.get(column.field.removeprefix("unlawful_"))
            if word and word in normal(seen.header):
                reason = f"列名含“{word}”，取值是数，如 {seen.told()}"
                cases.append(_Case(0.7 + like / 2, seen.header, column, reason))
            elif like >= 0.4 and (named or fractional):
                reason = f"列名与“{column.header}”相近，取值是数，如 {seen.told()}"
                cases.append(_Case(0.6 + like / 2, seen.header, column, reason))
        if fractional and not _in_ranges(seen):
            decimals.append(seen)
    main = next((c for c in fields if c.required), None)
    if main is not None and decimals:
        largest = max(decimals, key=lambda s: float(np.nansum(s.numbers)))
        over = all(_nowhere_less(largest, other) for other in decimals if other is not largest)
        if over:
            several = len(decimals) > 1
            reason = "是唯一的小数列" if not several else "每行都不小于其他小数列"
            cases.append(_Case(0.5, largest.header, main, f"{reason}，如 {largest.told()}"))
    return cases


def _nowhere_less(one: _Seen, other: _Seen) -> bool:
    both = np.isfinite(one.numbers) & np.isfinite(other.numbers)
    return bool((one.numbers[both] >= other.numbers[both] - 1e-6).all())


def _unit_by_shapes(table: RawTable, seen: _Seen) -> AreaUnit | None:
    if table.geometry is None:
        return None
    areas = m2_to_mu(1.0) * table.geometry.area_m2[: len(seen.cells)]
    return unit_of_shapes(seen.numbers, areas)


def unit_of_shapes(
    values: np.ndarray[tuple[int], np.dtype[np.float64]],
    areas_mu: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> AreaUnit | None:
    """The unit in which numbers agree with the shapes' own areas; None where none does."""
    good = (values > 0) & (areas_mu > 0)
    if not good.any():
        return None
    for unit in AreaUnit:
        ratio = float(np.median(values[good] * unit.numerator / unit.denominator / areas_mu[good]))
        if abs(ratio - 1) <= _UNIT_TOLERANCE:
            return unit
    return None


def _place_cases(columns: Sequence[_Seen], free: Sequence[Column], bounds: Bounds) -> list[_Case]:
    """Degrees in the city, or metres of Gauss–Krüger; only where both are there."""
    west, south, east, north = bounds
    degrees = (
        (west - _MARGIN_DEG, east + _MARGIN_DEG),
        (south - _MARGIN_DEG, north + _MARGIN_DEG),
    )
    by_field = {c.field: c for c in free}
    if not {"lon", "lat"} <= by_field.keys():
        return []
    for (x_ranges, y_range), words in (
        (((degrees[0],), degrees[1]), ("在本市的经度范围内", "在本市的纬度范围内")),
        (((_ZONED, _EASTING), _NORTHING), ("像高斯坐标的横坐标（米）", "像高斯坐标的纵坐标（米）")),
    ):
        xs = [s for s in columns if any(_lies_in(s, r) for r in x_ranges)]
        ys = [s for s in columns if _lies_in(s, y_range) and s not in xs]
        if len(xs) == 1 and len(ys) == 1:
            return [
                _Case(1.1, s.header, by_field[name], f"取值都{word}，如 {s.told()}")
                for s, name, word in zip((xs[0], ys[0]), ("lon", "lat"), words, strict=True)
            ]
    return []


def _lies_in(seen: _Seen, range_: tuple[float, float]) -> bool:
    if not seen.is_numeric:
        return False
    given = seen.numbers[np.isfinite(seen.numbers)]
    return bool(((given >= range_[0]) & (given <= range_[1])).all()) and len(given) > 0


def _in_ranges(seen: _Seen) -> bool:
    """Numbers so large that they are metres of a coordinate, not 亩."""
    return any(_lies_in(seen, r) for r in (_ZONED, _NORTHING))


def _parcel_cases(
    columns: Sequence[_Seen], free: Sequence[Column], number: _Seen | None
) -> list[_Case]:
    """1, 2, 3 … within each patch."""
    column = next((c for c in free if c.field == "parcel_no"), None)
    if column is None or number is None:
        return []
    cases = []
    for seen in columns:
        if seen is number or not seen.is_whole or seen.numbers[0] not in (0, 1):
            continue
        given = seen.numbers[np.isfinite(seen.numbers)]
        keys = list(zip(number.cells, seen.cells, strict=True))
        if (given > _MOST_PARCELS).any() or (given < 0).any() or len(set(keys)) < len(keys):
            continue
        if len(number.distinct) < len(number.values) or likeness(seen.header, column) >= 0.5:
            reason = f"同一图斑编号下的小序号，如 {seen.told()}"
            cases.append(_Case(0.65, seen.header, column, reason))
    return cases


def _number(cell: str | None) -> float:
    try:
        return float((cell or "nan").replace(",", ""))
    except ValueError:
        return math.nan


def _is_date(text: str) -> bool:
    if re.fullmatch(r"[\d.]+", text) and text.count(".") < 2 and not _COMPACT_DATE.fullmatch(text):
        return False  # a number: a serial of a spreadsheet can't be told from others
    return _reads(lambda: read_date(text))


def _is_boolean(text: str) -> bool:
    return _reads(lambda: read_boolean(text))


def _is_term(text: str, column: Column) -> bool:
    return _reads(lambda: read_term(text, column))


def _reads(read: Callable[[], object]) -> bool:
    try:
        read()
    except Unreadable:
        return False
    return True


def needs_of(
    columns: Sequence[Column],
    headers: Mapping[str, str],
    suggested: Mapping[str, str],
    given: Mapping[str, str],
    has_place: bool,
) -> list[dict[str, str | None]]:
    """What a row of the kind must have, and where the file has it: {title, state, by}.

    headers, suggested: field → header. given: header → value for columns that the file lacks.
    state: file, suggested, given, shape or missing.
    """
    found: list[dict[str, str | None]] = []
    for column in columns:
        must = column.required or (column.key and column.default is None)
        if not (must or column.field in _NEEDED_OF_LAND):
            continue
        if column.field in headers:
            state, by = "file", headers[column.field]
        elif column.header in given:
            state, by = "given", given[column.header]
        elif column.field in suggested:
            state, by = "suggested", suggested[column.field]
        else:
            state, by = "missing", None
        found.append({"title": column.header, "state": state, "by": by})
    if any(c.field == "lon" for c in columns):
        state, by = ("shape", None) if has_place else ("missing", None)
        for way, where in (("suggested", suggested), ("file", headers)):
            place = next((where[f] for f in _PLACES if f in where), None)
            if place is not None and not has_place:
                state, by = way, place
        found.append({"title": "位置（图形、中心坐标或区市）", "state": state, "by": by})
    return found
