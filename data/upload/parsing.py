"""Cells to values: every distinct text of a column is read once."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from data.numbers import whole_number
from data.rules.lists import JOINER
from data.texts import UNSEEN
from data.units import AREA_UNIT_WORDS, MAX_AREA_MU, AreaUnit, unit_text
from data.upload.schemas import CellType, Column
from data.vocabulary import CLEAR_WORD


class _Cleared:
    """The value of a cell that says 清空."""

    def __repr__(self) -> str:
        return "CLEARED"


CLEARED = _Cleared()

_EXCEL_EPOCH = datetime(1899, 12, 30)
#: So near to midnight a time of day is a rounding of the day that begins then: browsers at UTC+8
#: write cells 43 s early, for the local time that Shanghai kept before 1901.
_NEAR_MIDNIGHT = timedelta(minutes=2)
_CHINA = timezone(timedelta(hours=8))
_YES = {"是", "1", "Y", "YES", "TRUE", "T", "√", "有"}
_NO = {"否", "0", "N", "NO", "FALSE", "F", "×", "无"}
_DATE = re.compile(
    r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?(?:(?:[T ]+|(?<=日))([0-9上下].*))?",
    re.IGNORECASE,
)
_COMPACT = re.compile(
    r"([0-9]{4})([0-9]{2})([0-9]{2})"
    r"(?:[T ]?((?<=[T ])[0-9].*|[0-9]{4}(?:[0-9]{2}(?:[.][0-9]+)?)?(?:Z|[-+][0-9:]+)?))?",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"(?P<half>上午|下午)?\s*(?P<hour>[0-9]{1,2})[:时点]?(?P<minute>[0-9]{2})?"
    r"(?:[:分]?(?P<second>[0-9]{2})(?:[.,](?P<part>[0-9]+))?)?[分秒]?\s*(?P<clock>[AP]M)?\s*"
    r"(?P<zone>Z|(?:UTC|GMT)?(?P<sign>[-+])(?P<hours>[0-9]{1,2}):?(?P<minutes>[0-9]{2})?"
    r"(?:\s*(?:UTC|GMT))?|UTC|GMT)?(?:\s*\(.*\)|\s*\[.*\])?",
    re.IGNORECASE,
)
_ZONED = re.compile(r"Z|UTC|GMT|[-+][0-9]", re.IGNORECASE)
#: The last second of a day is how programs write its end.
_LAST_SECOND = time(23, 59, 59)
#: Milliseconds and seconds since 1970, of the years 2000 to 2100.
_EPOCH_MS, _EPOCH_S = (946_684_800_000, 4_102_444_800_000), (946_684_800, 4_102_444_800)
#: What stands in cells that hold nothing.
_MARK = re.compile(r"[-\u2010-\u2015\u2500\u2501/\\]{1,6}")
_NOTHING = frozenset(("无", "暂无", "空", "不涉及", "N/A", "NA", "NULL", "NONE", "<NULL>", "<空>"))
_NO_DATE = re.compile(r"0+(?:\.0+)?|0000[-/]0{1,2}[-/]0{1,2}(?: [0:]+)?")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_GROUPED = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d*)?")
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+\d+|\d\.\d+[eE]\d+")
#: What a spreadsheet shows in place of a value, and what the reader puts for a formula without one.
_NO_VALUE = re.compile(
    r"#(?:N/A|REF!|DIV/0!|VALUE!|NAME\?|NUM!|NULL!|SPILL!|CALC!|GETTING_DATA|公式未计算|#+)"
)
#: In a number there are no lines, no tabs, no other shapes of a character, and no gaps.
_NO_CODE = re.compile(r"[\t\n\r\v\f\x85\u2028\u2029\ufe00-\ufe0f]|(?<=[0-9]) +(?=[0-9])")
#: An apostrophe before a number keeps it text in a spreadsheet.
_APOSTROPHE = re.compile(r"['`\u2018\u2019\u00b4\uff07](?=[^'`\u2018\u2019\u00b4\uff07]+$)")
#: Lines of characters that stay as they are, whatever is done about widths and controls.
_PLAIN = re.compile(r"[!-~\u4e00-\u9fff\n]*")
#: Lines of decimals without a sign, a unit or a grouping comma.
_PLAIN_NUMBERS = re.compile(r"(?:[0-9]{1,15}(?:\.[0-9]{1,17})?\n)+")
#: What people write between the words of a cell that holds several.
_BETWEEN_WORDS = re.compile(r"[、,;，；\n]")
_SHORT_TEXT = 32
#: Questions that an empty cell answers 是: 无 there must not take land out of the figures as 否.
_YES_UNLESS_SAID = ("counts_as_unlawful", "is_new_construction")
#: Texts that are numbers of something, besides the keys.
_NUMBERS = ("linked_patch_no", "code")


class Unreadable(ValueError):
    """A cell that cannot be read; the message is the Chinese sentence for its issue."""


class _Nothing(Exception):
    """A cell that says that it holds nothing."""


@dataclass
class ParsedColumn:
    """values: objects, None for an empty cell, CLEARED for 清空. errors: row index → sentence.
    nothing: text → number of cells that say so that they hold nothing (/, 无).
    """

    values: np.ndarray[Any, Any]
    errors: dict[int, str]
    nothing: dict[str, int] = field(default_factory=dict)


def cell_texts(column: pa.ChunkedArray | pa.Array) -> np.ndarray[Any, Any]:
    """Cells as objects: text stripped, numbers and dates as Python values, empty as None."""
    values = np.array(column.to_pylist(), dtype=object)
    return values


def parse_column(
    cells: np.ndarray[Any, Any], column: Column, unit: AreaUnit, days_late: int = 0
) -> ParsedColumn:
    """Read one column of a file (objects as `cell_texts` gives them). days_late: what bare day
    numbers lack (a workbook that counts from 1904)."""
    plain = _plain_column(cells, column, unit)
    if plain is not None:
        return ParsedColumn(plain, {})
    reader = _reader(column, unit, days_late)
    codes, distinct = pd.factorize(cells, use_na_sentinel=True)
    values: list[Any] = []
    sentences: dict[int, str] = {}
    nothing: dict[str, int] = {}
    for i, cell in enumerate(distinct):
        try:
            values.append(_read(cell, reader, column))
        except _Nothing:
            values.append(None)
            word = plain_text(cell)
            if _NO_DATE.fullmatch(word):
                continue  # a .dbf writes no date so
            nothing[word] = nothing.get(word, 0) + int((codes == i).sum())
        except Unreadable as error:
            values.append(None)
            sentences[i] = str(error)
    table = np.empty(len(values) + 1, dtype=object)
    table[:-1] = values
    table[-1] = None  # code -1: empty
    errors: dict[int, str] = {}
    if sentences:
        for code, sentence in sentences.items():
            errors.update(dict.fromkeys(np.flatnonzero(codes == code).tolist(), sentence))
    return ParsedColumn(table[codes], errors, nothing)


def _plain_column(
    cells: np.ndarray[Any, Any], column: Column, unit: AreaUnit
) -> np.ndarray[Any, Any] | None:
    """The values of a column in which nothing needs a second look: numbers that are areas already,
    plain words. None where cell by cell is the only way."""
    kinds = set(map(type, cells.tolist())) - {type(None)}
    if kinds == {float} and column.type is CellType.AREA:
        read = cells.astype(np.float64)  # None becomes nan
        given = ~np.isnan(read)
        area_mu = read * unit.numerator / unit.denominator
        if not ((area_mu[given] >= 0) & (area_mu[given] <= MAX_AREA_MU)).all():
            return None
        values: np.ndarray[Any, Any] = area_mu.astype(object)
        values[~given] = None
        return values
    if kinds == {str} and column.type is CellType.AREA:
        return _plain_areas(cells, unit)
    if kinds == {str} and column.type is CellType.TEXT:
        words = {cell for cell in cells.tolist() if cell is not None}
        joined = "\n".join(words)
        doubtful = CLEAR_WORD in joined or joined.count("\n") != len(words) - 1 or "" in words
        doubtful |= "#" in joined or any(map(_is_nothing, words)) or "'" in joined or "`" in joined
        if column.key or column.field in _NUMBERS:
            doubtful |= "." in joined or "+" in joined or column.field == "period"
        if doubtful or max(map(len, words)) > _SHORT_TEXT:
            return None
        if not _PLAIN.fullmatch(joined):
            return None
        if 2 * len(words) > len(cells):
            return cells
        one = {word: word for word in words} | {None: None}  # a text that repeats is kept once
        return np.array([one[cell] for cell in cells.tolist()], dtype=object)
    return None


def _plain_areas(cells: np.ndarray[Any, Any], unit: AreaUnit) -> np.ndarray[Any, Any] | None:
    """As _plain_column, of texts that are plain numbers."""
    distinct = list({cell for cell in cells.tolist() if cell is not None})
    lines = "\n".join([*distinct, ""])
    if lines.count("\n") != len(distinct) or not _PLAIN_NUMBERS.fullmatch(lines):
        return None
    area_mu = np.array(list(map(float, distinct))) * unit.numerator / unit.denominator
    if not (area_mu <= MAX_AREA_MU).all():
        return None
    read: dict[Any, float | None] = dict(zip(distinct, area_mu.tolist(), strict=True))
    read[None] = None
    return np.array([read[cell] for cell in cells.tolist()], dtype=object)


def _read(cell: Any, reader: Callable[[Any, str], Any], column: Column) -> Any:
    if isinstance(cell, float) and math.isnan(cell):
        return None
    text = plain_text(cell)
    if not text:
        return None
    if text == CLEAR_WORD:
        if column.required or column.key or column.field == "year":
            raise Unreadable(f"{column.header}是必填项，不能清空。")
        return CLEARED
    if text.startswith("#") and _NO_VALUE.fullmatch(text):
        raise Unreadable(
            f"{column.header}“{text[:30]}”不是数值，是表格里的错误值或没有计算结果的公式。"
            "请用 Excel 或 WPS 打开，改正后保存，再重新上传。"
        )
    if column.type is not CellType.TEXT or column.key or column.field in _NUMBERS:
        text = _APOSTROPHE.sub("", text, count=1)
        cell = text if isinstance(cell, str) else cell
    if not _may_be_nothing(text, column):
        return reader(cell, text)
    if column.type in _ANY_TEXT:
        if not column.required:
            raise _Nothing
        raise Unreadable(f"{column.header}只写了“{text}”，请填写。")
    if column.field in _YES_UNLESS_SAID:
        raise _Nothing
    try:
        return reader(cell, text)  # in a column of 是 and 否, 无 is 否
    except Unreadable:
        if column.required:
            raise
        raise _Nothing from None


#: Types whose readers take any text.
_ANY_TEXT = (CellType.TEXT, CellType.DATE_OR_TEXT, CellType.DISTRICT, CellType.TOWN)


def _is_nothing(text: str) -> bool:
    """/, —, 无 and other ways to say that a cell is empty."""
    if len(text) > 6:
        return False
    word = _width(text).upper()
    return word in _NOTHING or _MARK.fullmatch(word) is not None


def _may_be_nothing(text: str, column: Column) -> bool:
    if column.type is CellType.DATE and _NO_DATE.fullmatch(text):
        return True
    return _is_nothing(text)


def plain_text(cell: Any) -> str:
    """A cell as text: control characters gone, spaces at its ends too, 371002.0 as 371002."""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, bytes):
        return ""
    return UNSEEN.sub("", str(cell)).strip()


def _width(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _reader(column: Column, unit: AreaUnit, days_late: int = 0) -> Callable[[Any, str], Any]:
    def area(cell: Any, text: str) -> float:
        return read_area(cell, text, unit, column.header)

    def term(cell: Any, text: str) -> str:
        return read_term(text, column)

    def short(cell: Any, text: str) -> str:
        return _limited(text, column)

    def integer(cell: Any, text: str) -> int:
        if column.field == "year":
            text = re.sub(r"^(.{4})年度?$", r"\1", text)
        return read_integer(text, column.header)

    readers: dict[CellType, Callable[[Any, str], Any]] = {
        CellType.TEXT: short,
        CellType.DATE: lambda cell, text: read_date(text, column.header, days_late),
        CellType.DATE_OR_TEXT: lambda cell, text: _date_or_text(text, column, days_late),
        CellType.AREA: area,
        CellType.NUMBER: lambda cell, text: read_number(cell, text, column.header),
        CellType.INTEGER: integer,
        CellType.BOOLEAN: lambda cell, text: read_boolean(text, column.header),
        CellType.TERM: term,
        CellType.LISTED: lambda cell, text: read_listed(text, column),
        CellType.DISTRICT: lambda cell, text: re.sub(r"\.0+$", "", _width(text)),
        CellType.TOWN: lambda cell, text: re.sub(r"\.0+$", "", _width(text)),
    }
    return readers[column.type]


def _limited(text: str, column: Column) -> str:
    if column.key or column.field in _NUMBERS:
        text = _NO_CODE.sub("", _width(text)).strip()
        text = re.sub(r"^([0-9]+)\.0+$", r"\1", text)
        if column.field == "period":
            text = re.sub(r"^(\d{4})年度?$", r"\1", text)
        if _SCIENTIFIC.fullmatch(text):
            raise Unreadable(
                f"{column.header}“{text[:30]}”被表格软件改成了科学计数，末几位已丢失。"
                "请从原系统重新导出，并把该列设为文本。"
            )
        if len(text) > 64:
            raise Unreadable(f"{column.header}超过 64 个字，请核对。")
    elif column.field in ("mineral", "change_kind", "period") and len(text) > 32:
        raise Unreadable(f"{column.header}超过 32 个字，请核对。")
    elif len(text) > 4_000:
        raise Unreadable(f"{column.header}超过 4000 个字，请缩短。")
    return text


def read_date(text: str, header: str = "日期", days_late: int = 0) -> date:
    """2023-03-05, 2023/3/5, 2023.3.5, 20230305, 2023年3月5日, with a time or not, Excel serials.

    A time within two minutes of midnight is a rounding of the day that begins then; an instant with
    a time zone is a day in China. days_late: added to serials. Raises Unreadable.
    """
    plain = re.sub(r"\s*([-/.年月])\s*|\s+(?=日)", r"\1", _width(text).strip())
    whole = re.sub(r"\.0+$", "", plain)
    found = _DATE.fullmatch(plain) or _COMPACT.fullmatch(whole)
    try:
        if found:
            year, month, day_, clock = found.groups()
            day = _with_clock(datetime(int(year), int(month), int(day_)), clock)
        else:
            serial = float(plain) if "_" not in plain else math.nan
            if not 20_000 <= serial < 80_000:
                raise ValueError(plain)
            day = (_EXCEL_EPOCH + timedelta(days=serial + days_late) + _NEAR_MIDNIGHT).date()
    except (ValueError, OverflowError):
        raise Unreadable(_no_date(text, whole, header)) from None
    if not 1980 <= day.year <= 2100:
        raise Unreadable(f"{header}“{text[:30]}”不合情理，请核对年份。")
    return day


def _with_clock(midnight: datetime, clock: str | None) -> date:
    """The day of a time of day; a clock that cannot be read leaves the day, unless it may be
    another country's. Raises ValueError."""
    found = _TIME.fullmatch(clock.strip()) if clock else None
    if clock and found is None and _ZONED.search(clock):
        raise ValueError(clock)
    if found is None:
        return midnight.date()
    hour = int(found["hour"])
    if hour > 24 or int(found["minute"] or 0) > 59:
        raise ValueError(clock)
    if found["half"] == "下午" or (found["clock"] or "").upper() == "PM":
        hour += 12 * (hour < 12)
    seconds = int(found["second"] or 0) + float(f"0.{found['part'] or 0}")
    moment = midnight + timedelta(hours=hour, minutes=int(found["minute"] or 0), seconds=seconds)
    if found["zone"]:
        away = timedelta(hours=int(found["hours"] or 0), minutes=int(found["minutes"] or 0))
        zone = timezone(-away if found["sign"] == "-" else away)
        moment = moment.replace(tzinfo=zone).astimezone(_CHINA)
    if moment.time().replace(microsecond=0) == _LAST_SECOND:
        return moment.date()
    return (moment + _NEAR_MIDNIGHT).date()


def _no_date(text: str, whole: str, header: str) -> str:
    """What to say of a text that is no date; a time stamp is told for what it is."""
    number = whole_number(whole)
    for (first, last), parts, name in ((_EPOCH_MS, 1000, "毫秒"), (_EPOCH_S, 1, "秒")):
        if number is not None and first <= number < last:
            day = datetime.fromtimestamp(number / parts, _CHINA).date()
            return (
                f"{header}“{text[:30]}”是{name}时间戳（北京时间 {day}），不是日期。"
                "请在原软件里导出为 2023-03-05 这样的日期后重新上传。"
            )
    return f"{header}“{text[:30]}”无法识别，应写作 2023-03-05。"


def _date_or_text(text: str, column: Column, days_late: int) -> str:
    try:
        return read_date(text, days_late=days_late).isoformat()
    except Unreadable:
        if len(text) > 64:
            raise Unreadable(f"{column.header}超过 64 个字，请核对。") from None
        return text


def read_boolean(text: str, header: str = "") -> bool:
    """是/否, 1/0, Y/N. Raises Unreadable."""
    word = re.sub(r"\.0+$", "", _width(text)).upper()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise Unreadable(f"{header}“{text[:30]}”无法识别，应填“是”或“否”。")


def read_integer(text: str, header: str = "") -> int:
    """A whole number from 0; 1.0 is 1. Raises Unreadable."""
    number = whole_number(re.sub(r"\.0+$", "", _width(text)), most=999_999_999)
    if number is None:
        raise Unreadable(f"{header}“{text[:30]}”应为整数。")
    return number


def read_number(cell: Any, text: str, header: str = "") -> float:
    """A finite decimal. Raises Unreadable."""
    if isinstance(cell, int | float):
        value = float(cell)
    else:
        plain = _width(text).replace(" ", "")
        if _GROUPED.fullmatch(plain):
            plain = plain.replace(",", "")
        if not _NUMBER.fullmatch(plain):
            raise Unreadable(f"{header}“{text[:30]}”不是数字。")
        value = float(plain)
    if not math.isfinite(value):
        raise Unreadable(f"{header}“{text[:30]}”不是有效的数字。")
    return value


def read_area(cell: Any, text: str, unit: AreaUnit, header: str = "面积") -> float:
    """亩, unrounded; a unit written in the cell wins over the column's. Raises Unreadable."""
    if isinstance(cell, str):
        plain = unit_text(text)
        for word, own in AREA_UNIT_WORDS.items():
            if plain.endswith(word):
                cell = text = plain.removesuffix(word)
                unit = own
                break
    value = read_number(cell, text, header) * unit.numerator / unit.denominator
    if value < 0:
        raise Unreadable(f"{header}为负数（{text[:30]}），请核对。")
    if value > MAX_AREA_MU:
        raise Unreadable(f"{header}“{text[:30]}”大得不合情理，请核对数值和单位。")
    return value


def read_listed(text: str, column: Column) -> str:
    """The word of the column's list; where it may hold several, each once, joined by 、 as they
    stand in the list. Raises Unreadable.
    """
    known = {re.sub(r"\s+", "", _width(word)): word for word in column.terms}
    given = _BETWEEN_WORDS.split(_width(text)) if column.several else [_width(text)]
    words = {re.sub(r"\s+", "", part) for part in given} - {""}
    strange = sorted(words - known.keys())
    if strange or not words:
        choices = "、".join(column.terms)
        how = "，多项用“、”连接" if column.several else ""
        raise Unreadable(
            f"{column.header}“{'、'.join(strange)[:30]}”不在可选值内，应为：{choices}{how}。"
        )
    return JOINER.join(word for key, word in known.items() if key in words)


def read_term(text: str, column: Column) -> str:
    """The English value of a Chinese term of the column's vocabulary. Raises Unreadable."""
    word = re.sub(r"\s+", "", _width(text))
    terms = {_width(label): value for label, value in column.terms.items()}
    if word in terms:
        return terms[word]
    if f"{word}类" in terms:
        return terms[f"{word}类"]
    choices = "、".join(column.terms)
    raise Unreadable(f"{column.header}“{text[:30]}”不在可选值内，应为：{choices}。")
