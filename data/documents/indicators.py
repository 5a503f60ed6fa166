"""指标包: a sheet a use (§2.5), a row an indicator: value, parts, date, for city and districts."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from data.definitions import DEFINITIONS
from data.errors import SupervisionError
from data.exports import SheetColumn, sheet_title, tables_to_xlsx
from data.scope import Scope
from data.store.measures import RATES
from data.store.queries.figures import figures
from data.store.queries.stamp import districts

_SHIPPED = Path(__file__).with_name("indicators.toml")
STATUSES = ("可提供", "部分", "口径待主管科室提供")


@dataclass(frozen=True, slots=True)
class Indicator:
    """figure: of figures.md, empty where its definition is to come from a department."""

    label: str
    figure: str
    status: str


@dataclass(frozen=True, slots=True)
class Use:
    name: str
    indicators: tuple[Indicator, ...]


def uses(folder: Path | None = None) -> tuple[Use, ...]:
    """The table in force: indicators.toml of the data folder, else the one that is shipped. Raises
    SupervisionError for one that cannot be read."""
    own = folder / "indicators.toml" if folder is not None else None
    path = own if own is not None and own.exists() else _SHIPPED
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        found = tuple(
            Use(str(use["name"]), tuple(Indicator(**row) for row in use["indicators"]))
            for use in document["use"]
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SupervisionError(
            f"指标包的表“{path}”读不懂。每个用途应有 name 和 indicators，"
            "每个指标应有 label、figure、status。"
        ) from error
    known = set(DEFINITIONS)
    for use in found:
        for row in use.indicators:
            if row.status not in STATUSES or (row.figure and row.figure not in known):
                raise SupervisionError(
                    f"指标包“{use.name}”的“{row.label}”有误：状态应为{'、'.join(STATUSES)}之一，"
                    "figure 应为系统指标的名称或留空。"
                )
    return found


@dataclass(frozen=True, slots=True)
class IndicatorRow:
    """An indicator of a use on a day. city: of all districts of the scope; numerator, denominator:
    its parts where it is a rate; districts: code → value. Rates in percent; None where the figure's
    definition is to come."""

    use: str
    label: str
    figure: str | None
    unit: str | None
    status: str
    city: float | int | None
    numerator: float | int | None
    denominator: float | int | None
    districts: Mapping[str, float | int | None]


def indicator_rows(
    conn: Connection, scope: Scope, year: int, as_of: date, table: tuple[Use, ...]
) -> list[IndicatorRow]:
    document = figures(conn, scope, year, as_of)
    return [_row(use.name, one, document) for use in table for one in use.indicators]


def _row(use: str, one: Indicator, document: dict[str, Any]) -> IndicatorRow:
    name, city = one.figure, document["city"]
    codes = [row["code"] for row in document["districts"]]
    if not name or name not in city:
        nothing = dict.fromkeys(codes)
        return IndicatorRow(
            use, one.label, name or None, None, one.status, None, None, None, nothing
        )

    def value(row: dict[str, Any]) -> Any:
        found = row.get(name)
        return found * 100 if found is not None and DEFINITIONS[name].unit == "%" else found

    numerator, denominator = (city[p] if p else None for p in RATES.get(name, (None, None)))
    own = {row["code"]: value(row) for row in document["districts"]}
    unit = DEFINITIONS[name].unit
    return IndicatorRow(
        use, one.label, name, unit, one.status, value(city), numerator, denominator, own
    )


def package(
    conn: Connection, scope: Scope, year: int, as_of: date, table: tuple[Use, ...]
) -> bytes:
    """The workbook: a sheet a use, and 说明."""
    columns = (
        SheetColumn("指标", width=28),
        SheetColumn("名称（figures.md）", width=26),
        SheetColumn("单位", width=8),
        SheetColumn("状态", width=22),
        SheetColumn("全市", "number"),
        SheetColumn("分子", "number"),
        SheetColumn("分母", "number"),
        SheetColumn("基准日", "date"),
        *(SheetColumn(d.short_name, "number") for d in districts(conn) if scope.allows(d.code)),
    )
    rows = indicator_rows(conn, scope, year, as_of, table)

    def line(one: IndicatorRow) -> tuple[Any, ...]:
        return (
            one.label, one.figure, one.unit, one.status, one.city, one.numerator, one.denominator,
            as_of if one.unit else None, *one.districts.values(),
        )  # fmt: skip

    stamp = {
        "工作年度": str(year),
        "基准日": as_of.isoformat(),
        "用途": "卫片执法工作方案§2.5所列各项考核评估",
        "状态": "可提供：系统按定义计算；部分：只是所需数据的一部分；"
        "口径待主管科室提供：定义尚未取得",
        "设定": "哪些指标属于哪项用途为本市设定",
    }
    tables = {
        sheet_title(use.name): (columns, [line(row) for row in rows if row.use == use.name])
        for use in table
    }
    return tables_to_xlsx(tables, stamp)
