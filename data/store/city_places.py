"""The units and towns of another city: `init --places FILE`.

A CSV table, one place a line (columns in `COLUMNS`): the city itself, its units, its towns. A store
that was begun with one keeps it as a single value, which an event tells; one without has the places
that are shipped (seeding.py).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection

from data.errors import SupervisionError
from data.numbers import whole_number
from data.store import meta

#: The single value under which a store keeps its own places.
KEY = "places"
COLUMNS = ("代码", "名称", "类别", "简称", "所属代码", "所在区县代码", "别名")
_MOST_BYTES = 4_000_000
_SHOWN = 5
#: As models.District and models.Town hold them.
_LONGEST = {"名称": 64, "简称": 32}

Row = dict[str, Any]


class PlaceKind(StrEnum):
    CITY = "市"
    COUNTY = "区县"
    ZONE = "功能区"
    TOWN = "乡镇街道"


@dataclass(frozen=True, slots=True)
class CityPlaces:
    """districts, towns: rows as their tables hold them. code: six digits."""

    city: str
    code: str
    districts: tuple[Row, ...]
    towns: tuple[Row, ...]

    def kept(self) -> str:
        """As the store keeps it."""
        return orjson.dumps(
            {
                "city": self.city,
                "code": self.code,
                "districts": self.districts,
                "towns": self.towns,
            },
            option=orjson.OPT_SORT_KEYS,
        ).decode()


@lru_cache(maxsize=4)
def from_kept(text: str) -> CityPlaces:
    """What `kept` wrote."""
    found = orjson.loads(text)
    rows = (tuple(found["districts"]), tuple(found["towns"]))
    return CityPlaces(found["city"], found["code"], *rows)


def own_places(conn: Connection) -> CityPlaces | None:
    """Those of the city with which this store was begun; None where they are those shipped."""
    kept = meta.get(conn, KEY)
    return None if kept is None else from_kept(kept)


def read_places(path: Path) -> CityPlaces:
    """The places of a table. Raises SupervisionError, which names the lines that are wrong."""
    try:
        content = path.read_bytes()[: _MOST_BYTES + 1]
    except OSError as error:
        raise SupervisionError(f"读不了区划表{path}，请核对路径和权限。") from error
    if len(content) > _MOST_BYTES:
        raise SupervisionError("区划表超过4 MB，不像一个市的区划，请核对文件。")
    lines = _lines(_decoded(content))
    faults = list(_faults(lines))
    if faults:
        more = f"（另有{len(faults) - _SHOWN}处）" if len(faults) > _SHOWN else ""
        raise SupervisionError(
            f"区划表有误，未建库：{''.join(faults[:_SHOWN])}{more}请改正后重试。"
        )
    city = next(line for line in lines.values() if line["类别"] == PlaceKind.CITY)
    units = [u for u in lines.values() if u["类别"] in (PlaceKind.COUNTY, PlaceKind.ZONE)]
    towns = [line for line in lines.values() if line["类别"] == PlaceKind.TOWN]
    county_of = {
        u["代码"]: u["所在区县代码"] or (u["代码"] if u["类别"] == PlaceKind.COUNTY else "")
        for u in units
    }
    return CityPlaces(
        city["名称"],
        city["代码"],
        tuple(_unit(line, position) for position, line in enumerate(units, start=1)),
        tuple(_town(line, county_of) for line in towns),
    )


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SupervisionError("区划表不是UTF-8或GBK编码的文本，请在表格软件中另存为CSV。")


def _lines(text: str) -> dict[int, Mapping[str, str]]:
    """Line number → cells, without empty lines."""
    try:
        table = csv.DictReader(io.StringIO(text, newline=""))
        names = {(name or "").strip() for name in table.fieldnames or ()}
        missing = [name for name in COLUMNS[:3] if name not in names]
        if missing:
            raise SupervisionError(
                f"区划表缺少“{'”“'.join(missing)}”列。表头应为：{'、'.join(COLUMNS)}。"
            )
        found = dict((table.line_num, _cells(raw)) for raw in table)  # noqa: C402
        return {number: line for number, line in found.items() if any(line.values())}
    except csv.Error as error:
        raise SupervisionError("区划表不是规范的CSV，请在表格软件中另存为CSV。") from error


def _cells(raw: Mapping[str | None, Any]) -> dict[str, str]:
    told = {name.strip(): text for name, text in raw.items() if name and isinstance(text, str)}
    return {column: told.get(column, "").strip() for column in COLUMNS}


def _faults(lines: Mapping[int, Mapping[str, str]]) -> Iterator[str]:
    cities = [line for line in lines.values() if line["类别"] == PlaceKind.CITY]
    if len(cities) != 1:
        yield f"“类别”为“市”的应恰好一行，现有{len(cities)}行；"
    counties = {u["代码"] for u in lines.values() if u["类别"] == PlaceKind.COUNTY}
    units = counties | {u["代码"] for u in lines.values() if u["类别"] == PlaceKind.ZONE}
    if not units:
        yield "没有一个区县或功能区；"
    codes: dict[str, int] = {}
    names: dict[str, int] = {}
    for number, line in lines.items():
        kind, code, name = line["类别"], line["代码"], line["名称"]
        if kind not in list(PlaceKind):
            yield f"第{number}行类别“{kind}”应为市、区县、功能区或乡镇街道；"
            continue
        digits = 9 if kind == PlaceKind.TOWN else 6
        if len(code) != digits or not code.isascii() or whole_number(code) is None:
            yield f"第{number}行代码“{code}”应为{digits}位数字；"
        if code in codes:
            yield f"第{number}行代码{code}与第{codes[code]}行重复；"
        codes.setdefault(code, number)
        if not name:
            yield f"第{number}行没有名称；"
        if kind in (PlaceKind.COUNTY, PlaceKind.ZONE):
            if name in names:
                yield f"第{number}行名称“{name}”与第{names[name]}行重复；"
            names.setdefault(name, number)
        for column, longest in _LONGEST.items():
            if len(line[column]) > longest:
                yield f"第{number}行{column}超过{longest}字；"
        if kind == PlaceKind.TOWN and line["所属代码"] not in units:
            yield f"第{number}行所属代码“{line['所属代码']}”不是表中的区县或功能区；"
        if line["所在区县代码"] and line["所在区县代码"] not in counties:
            yield f"第{number}行所在区县代码“{line['所在区县代码']}”不是表中的区县；"


def _aliases(line: Mapping[str, str]) -> list[str]:
    return [alias.strip() for alias in line["别名"].replace("、", "|").split("|") if alias.strip()]


def _unit(line: Mapping[str, str], position: int) -> Row:
    return {
        "code": line["代码"],
        "name": line["名称"],
        "short_name": line["简称"] or line["名称"][: _LONGEST["简称"]],
        "position": position,
        "is_zone": line["类别"] == PlaceKind.ZONE,
        "county_code": line["所在区县代码"] or None,
        "code_is_local": False,
        "aliases": _aliases(line),
    }


def _town(line: Mapping[str, str], county_of: Mapping[str, str]) -> Row:
    return {
        "code": line["代码"],
        "name": line["名称"],
        "district_code": line["所属代码"],
        "county_code": line["所在区县代码"] or county_of[line["所属代码"]] or None,
        "aliases": _aliases(line),
    }
