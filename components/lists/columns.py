"""The columns of the patch lists: what a cell says on the screen and what it carries in xlsx."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from typing import Any

from data.definitions import DEFINITIONS
from data.periods import format_day, format_month
from data.units import format_count, format_mu
from data.vocabulary import (
    ClaimKind,
    Domain,
    Legality,
    MineralViolation,
    PatchSource,
    PatchType,
    RectificationWay,
    Term,
)

Row = Mapping[str, Any]
Value = str | int | float | date | None


class Kind(Enum):
    """How a column is read: which filter it offers, how its cells are written and aligned."""

    TEXT = "text"
    DAY = "day"
    COUNT = "count"
    AREA = "area"  # 亩


@dataclass(frozen=True, slots=True)
class ListColumn:
    """key: name in the address, in sorting and filtering. shown: visible until the reader hides it.
    fixed: the figure that the list stands behind, which cannot be hidden.

    value: the cell's value from a row of queries.patch_rows, with the names of districts.
    """

    key: str
    title: str
    kind: Kind
    width: int
    value: Callable[[Row, Mapping[str, str]], Value]
    shown: bool = True
    sortable: bool = True
    filterable: bool = True
    fixed: bool = False

    def text(self, row: Row, names: Mapping[str, str]) -> str:
        """The cell on the screen; days with the year where it is not the row's."""
        value = self.value(row, names)
        if value is None or value == "":
            return "—"
        if isinstance(value, date):
            return format_day(value, row["year"])
        if self.kind is Kind.AREA:
            return format_mu(float(value))
        if self.kind is Kind.COUNT:
            return format_count(int(value))
        return str(value)


def status_text(row: Row) -> str:
    """Where the patch stands on the day, the most pressing first."""
    if row["withdrawn"]:
        return "已撤销"
    if row["final"]:
        return "省级已通过"
    if row["returned_now"]:
        return "退回待改"
    if row["overdue"]:
        return "逾期未报"
    if row["late"]:
        return "逾期上报"
    if row["cleared"]:
        return "已上报"
    return "待上报"


def legality_text(value: str) -> str:
    """Nothing is called 违法 before it is judged so (domain.md §6)."""
    return Legality(value).label


def _field(name: str) -> Callable[[Row, Mapping[str, str]], Value]:
    def value(row: Row, _: Mapping[str, str]) -> Value:
        found: Value = row[name]
        return found

    return value


def _month(row: Row, _: Mapping[str, str]) -> Value:
    return format_month(row["clearance_month"], row["year"]) if row["clearance_month"] else None


PATCH_NO = ListColumn("patch_no", "图斑编号", Kind.TEXT, 164, _field("patch_no"))
DISTRICT = ListColumn(
    "district",
    "区市",
    Kind.TEXT,
    84,
    lambda row, names: names.get(row["district_code"], row["district_code"]),
    filterable=False,
)
TOWN = ListColumn("town_name", "乡镇街道", Kind.TEXT, 112, _field("town_name"))
LOCATION = ListColumn("location", "坐落", Kind.TEXT, 180, _field("location"), shown=False)
DOMAIN = ListColumn(
    "domain",
    "领域",
    Kind.TEXT,
    70,
    lambda row, _: Domain(row["domain"]).label,
    shown=False,
    filterable=False,
)
TYPE = ListColumn(
    "patch_type",
    "图斑类型",
    Kind.TEXT,
    142,
    lambda row, _: PatchType(row["patch_type"]).label,
    filterable=False,
)
MONTH = ListColumn(
    "clearance_month", "月清月份", Kind.TEXT, 92, _month, shown=False, filterable=False
)
ISSUED = ListColumn("issued_on", "下发日期", Kind.DAY, 116, _field("issued_on"))
DUE = ListColumn("due_on", "应上报日期", Kind.DAY, 116, _field("due_on"))
REPORTED = ListColumn("reported_on", "上报日期", Kind.DAY, 116, _field("reported_on"))
DAYS_OVERDUE = ListColumn(
    "days_overdue", "逾期（天）", Kind.COUNT, 92, _field("days_overdue"), filterable=False
)
EXTENDED = ListColumn("extended_to", "延期至", Kind.DAY, 104, _field("extended_to"), shown=False)
AREA = ListColumn("area_mu", "监测面积（亩）", Kind.AREA, 116, _field("area_mu"))
FARMLAND = ListColumn("farmland_mu", "占耕地（亩）", Kind.AREA, 108, _field("farmland_mu"))
BASIC_FARMLAND = ListColumn(
    "basic_farmland_mu",
    "占永久基本农田（亩）",
    Kind.AREA,
    132,
    _field("basic_farmland_mu"),
    shown=False,
)
REDLINE = ListColumn(
    "redline_mu", "占生态保护红线（亩）", Kind.AREA, 132, _field("redline_mu"), shown=False
)
STATUS = ListColumn(
    "status",
    "办理状态",
    Kind.TEXT,
    108,
    lambda row, _: status_text(row),
    sortable=False,
    filterable=False,
)
LEGALITY = ListColumn(
    "legality",
    "判定",
    Kind.TEXT,
    84,
    lambda row, _: legality_text(row["legality"]),
    sortable=False,
    filterable=False,
)
CORRECTION = ListColumn(
    "correction_due",
    "改正期限",
    Kind.DAY,
    104,
    _field("correction_due"),
    shown=False,
    sortable=False,
    filterable=False,
)


def _worded(name: str, vocabulary: type[Term]) -> Callable[[Row, Mapping[str, str]], Value]:
    """A value of a vocabulary, or several joined by 、, in words."""

    def value(row: Row, _: Mapping[str, str]) -> Value:
        labels = vocabulary.labels()
        words = (row[name] or "").split("、")
        return "、".join(labels.get(word, word) for word in words) or None

    return value


SOURCE = ListColumn(
    "source", "图斑来源", Kind.TEXT, 96, _worded("source", PatchSource), shown=False
)
MINERAL = ListColumn("mineral", "矿种", Kind.TEXT, 104, _field("mineral"), shown=False)
VIOLATION = ListColumn(
    "mineral_violation",
    "矿产违法类型",
    Kind.TEXT,
    118,
    _worded("mineral_violation", MineralViolation),
    shown=False,
)
REASONS = ListColumn(
    "reason_codes", "退回原因", Kind.TEXT, 168, _field("reason_codes"), shown=False
)
DEDUCTION = ListColumn(
    "deduction_class", "扣减类型", Kind.TEXT, 118, _field("deduction_class"), shown=False
)
RESPONSIBLE = ListColumn(
    "responsible_unit", "责任单位", Kind.TEXT, 140, _field("responsible_unit"), shown=False
)
CLAIMS = ListColumn("claims", "待确认", Kind.TEXT, 118, _worded("claims", ClaimKind), shown=False)
PLANNED = ListColumn("planned_on", "计划整改日期", Kind.DAY, 116, _field("planned_on"), shown=False)

UNLAWFUL_FARMLAND = ListColumn(
    "unlawful_farmland_mu",
    "违法占用耕地（亩）",
    Kind.AREA,
    120,
    _field("unlawful_farmland_mu"),
    shown=False,
    sortable=False,
    filterable=False,
)
REMAINING_FARMLAND = ListColumn(
    "remaining_farmland_mu",
    "未消除违法占用耕地（亩）",
    Kind.AREA,
    132,
    _field("remaining_farmland_mu"),
    shown=False,
    sortable=False,
    filterable=False,
)


def _filed(row: Row, _: Mapping[str, str]) -> Value:
    """How far the unlawful parcels are filed."""
    whole, filed = row["unlawful_parcels"], row["filed_parcels"]
    if not whole:
        return None
    if filed == whole:
        return "已立案"
    return f"部分立案（{filed}/{whole}宗）" if filed else "未立案"


def _ways(row: Row, _: Mapping[str, str]) -> Value:
    return "、".join(RectificationWay(way).label for way in row["ways"]) or None


def _of_case(key: str, title: str, kind: Kind, width: int, value: Any) -> ListColumn:
    return ListColumn(key, title, kind, width, value, shown=False, sortable=False, filterable=False)


FILED = _of_case("filed", "立案", Kind.TEXT, 96, _filed)
FILED_ON = _of_case("filed_on", "立案日期", Kind.DAY, 104, _field("filed_on"))
WAY = _of_case("way", "整改方式", Kind.TEXT, 108, _ways)
ELIMINATED = _of_case("eliminated_on", "消除违法状态日期", Kind.DAY, 120, _field("eliminated_on"))
#: What became of the unlawful land of a patch.
UNLAWFUL_COLUMNS = (FILED, WAY, ELIMINATED, UNLAWFUL_FARMLAND, REMAINING_FARMLAND, FILED_ON)

#: 逾期图斑: the most pressing figure right behind the number.
OVERDUE_COLUMNS = (
    PATCH_NO, DAYS_OVERDUE, DISTRICT, TOWN, AREA, FARMLAND, TYPE, DUE, ISSUED, LEGALITY,
    BASIC_FARMLAND, REDLINE, MONTH, EXTENDED, LOCATION, SOURCE,
)  # fmt: skip
#: 图斑查询
PATCH_COLUMNS = (
    PATCH_NO, DISTRICT, TOWN, STATUS, LEGALITY, AREA, FARMLAND, TYPE, ISSUED, DUE, REPORTED,
    DAYS_OVERDUE, BASIC_FARMLAND, REDLINE, DOMAIN, MONTH, EXTENDED, CORRECTION, LOCATION,
    *UNLAWFUL_COLUMNS, CLAIMS, SOURCE, REASONS, DEDUCTION, RESPONSIBLE, PLANNED, MINERAL, VIOLATION,
)  # fmt: skip


# ---- what a list stands behind -------------------------------------------------------------------


def figure_column(name: str) -> ListColumn:
    """What each patch adds to a figure that is more than a count of patches."""
    definition = DEFINITIONS[name]
    kind = Kind.AREA if definition.is_area else Kind.COUNT
    title = f"{definition.label}（{definition.unit}）"
    width = max(116, 16 * math.ceil(len(title) / 2) + 48)  # two lines, and the mark of the order
    return ListColumn(name, title, kind, width, _field(name), filterable=False, fixed=True)


def list_columns(own: Sequence[ListColumn], figures: Sequence[str]) -> tuple[ListColumn, ...]:
    """The columns of a list behind figures that add up more than patches: the figures right behind
    the number, then what has become of the unlawful land, then the page's own."""
    if not figures:
        return tuple(own)
    first = [figure_column(name) for name in figures]
    unlawful = [replace(c, shown=True) for c in UNLAWFUL_COLUMNS if c.key not in figures]
    taken = {c.key for c in (*first, *unlawful)}
    rest = [c for c in own[1:] if c.key not in taken]
    return (own[0], *first, *unlawful, *rest)


def chosen(columns: Sequence[ListColumn], keys: Sequence[str] | None) -> list[ListColumn]:
    """The columns on the screen, in their fixed order; the first always stays."""
    wanted = {c.key for c in columns if c.shown} if keys is None else set(keys)
    return [c for i, c in enumerate(columns) if i == 0 or c.fixed or c.key in wanted]


def total_texts(columns: Sequence[ListColumn], totals: Mapping[str, float | int]) -> dict[str, str]:
    """The row under the list: how many patches, and what the columns add up to that add up."""
    first, *rest = columns
    texts = {first.key: f"合计 {format_count(int(totals['patches']))} 个图斑"}
    for column in rest:
        if column.key in totals:
            value = totals[column.key]
            is_area = column.kind is Kind.AREA
            texts[column.key] = format_mu(value) if is_area else format_count(int(value))
    return texts


def total_cells(
    columns: Sequence[ListColumn], totals: Mapping[str, float | int]
) -> list[str | float | int | None]:
    """The same for a workbook."""
    first = f"合计 {format_count(int(totals['patches']))} 个图斑"
    return [first, *(totals.get(column.key) for column in columns[1:])]


def screen_row(row: Row, columns: Sequence[ListColumn], names: Mapping[str, str]) -> dict[str, Any]:
    """One row for the grid: texts, and the id by which it knows the row."""
    return {"id": str(row["id"]), **{c.key: c.text(row, names) for c in columns}}
