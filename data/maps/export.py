"""The patches that a map shows, as tables with shapes: what export_files.py writes.

Every patch of the question with a position in the chosen part, and beside them those of which no
position is known: nobody can say whether they lie inside, so they are listed, not lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa

from data.errors import SupervisionError
from data.maps.cube import MapCube
from data.maps.measures import MapMeasure
from data.maps.points import points, values
from data.maps.question import MapQuestion
from data.maps.selection import Selection, points_within
from data.scope import Scope
from data.store.queries.patch_list import shapes_of
from data.store.queries.patch_rows import patch_rows
from data.store.queries.stamp import districts
from data.vocabulary import Domain, Legality, PatchType

if TYPE_CHECKING:
    from sqlalchemy import Connection

Kind = Literal["text", "count", "area", "degrees", "day"]
Row = Mapping[str, Any]
#: Column of the tables that holds the shape: WKB in EPSG:4490 degrees, null for none.
GEOMETRY = "geometry"
#: More in one file would keep the server busy for minutes.
MOST_PATCHES = 200_000
_READ_AT_ONCE = 5_000
_TYPES: dict[Kind, pa.DataType] = {
    "text": pa.string(),
    "count": pa.int32(),
    "area": pa.float64(),
    "degrees": pa.float64(),
    "day": pa.date32(),
}
TYPE_WORDS: dict[Kind, str] = {
    "text": "文本",
    "count": "整数",
    "area": "小数（亩）",
    "degrees": "小数（度）",
    "day": "日期",
}


class TooMany(SupervisionError):
    """More patches than one file shall hold."""


@dataclass(frozen=True, slots=True)
class Field:
    """name: of the column. short: the same in at most ten bytes of GBK, for .dbf. note: what it
    means. value: of a row of patch_rows with `value`, the patch's own of the question."""

    name: str
    short: str
    kind: Kind
    note: str
    value: Callable[[Row], Any]


def _plain(key: str) -> Callable[[Row], Any]:
    return lambda row: row[key]


def _yes_no(key: str) -> Callable[[Row], Any]:
    return lambda row: "是" if row[key] else "否"


def _month(row: Row) -> str | None:
    month: str | None = row["clearance_month"]
    return month


def value_field(question: MapQuestion) -> Field:
    """The column of the figure that the map shows."""
    measure: MapMeasure = question.what
    what = "差值" if question.is_difference else "数值"
    note = f"地图所示指标：{measure.label}（{measure.unit}）"
    said = "；".join(question.in_words())
    return Field(
        f"地图{what}_{measure.label}_{measure.unit}",
        f"地图{what}",
        "area" if measure.is_area else "count",
        f"{note}；{said}" if said else note,
        lambda row: measure.number(row["value"]),
    )


def fields_of(question: MapQuestion, district_names: Mapping[str, str]) -> list[Field]:
    """The columns of every format, in this order."""

    def district(row: Row) -> str:
        return district_names.get(row["district_code"], row["district_code"])

    f = Field
    return [
        f("图斑编号", "图斑编号", "text", "", _plain("patch_no")),
        f("工作年度", "工作年度", "count", "", _plain("year")),
        f("区市", "区市", "text", "基准日所属的监管单元", district),
        f("区市代码", "区市代码", "text", "", _plain("district_code")),
        f("乡镇街道", "乡镇街道", "text", "", _plain("town_name")),
        f("乡镇代码", "乡镇代码", "text", "", _plain("town_code")),
        f("坐落", "坐落", "text", "", _plain("location")),
        f("领域", "领域", "text", "土地或矿产", lambda row: Domain(row["domain"]).label),
        f("领域代码", "领域代码", "text", "", _plain("domain")),
        f("图斑类型", "图斑类型", "text", "", lambda row: PatchType(row["patch_type"]).label),
        f("图斑类型代码", "类型代码", "text", "", _plain("patch_type")),
        f("月清月份", "月清月份", "text", "应在哪个月清零，按法定到期日", _month),
        f("下发日期", "下发日期", "day", "", _plain("issued_on")),
        f("到期日", "到期日", "day", "展期的为展期后的日期", _plain("due_on")),
        f("上报日期", "上报日期", "day", "全部地块首次上报之日", _plain("reported_on")),
        f("是否逾期", "是否逾期", "text", "基准日已过到期日仍未上报", _yes_no("overdue")),
        f("逾期天数", "逾期天数", "count", "截至基准日", _plain("days_overdue")),
        f("是否逾期上报", "逾期上报", "text", "已上报，但晚于到期日", _yes_no("late")),
        f("合法性", "合法性", "text", "最重的地块", lambda r: Legality(r["legality"]).label),
        f("合法性代码", "合法代码", "text", "", _plain("legality")),
        f("监测面积亩", "监测面积亩", "area", "", _plain("area_mu")),
        f("耕地亩", "耕地亩", "area", "监测面积中的耕地", _plain("farmland_mu")),
        f("永久基本农田亩", "基本农田亩", "area", "", _plain("basic_farmland_mu")),
        f("生态保护红线亩", "红线亩", "area", "", _plain("redline_mu")),
        f("违法占用耕地亩", "违法耕地亩", "area", "计入统计的", _plain("unlawful_farmland_mu")),
        f("未消除违法占用耕地亩", "未消耕地亩", "area", "", _plain("remaining_farmland_mu")),
        value_field(question),
        f("经度", "经度", "degrees", "图斑内一点", _plain("lon")),
        f("纬度", "纬度", "degrees", "图斑内一点", _plain("lat")),
    ]


@dataclass(frozen=True)
class MapExport:
    """located: patches on the map, with GEOMETRY where they have a shape. unlocated: those without
    a position, without GEOMETRY. fields: the other columns. stamp: what the file says of itself,
    name → text.
    """

    question: MapQuestion
    fields: Sequence[Field]
    located: pa.Table
    unlocated: pa.Table
    stamp: Mapping[str, str]


def map_export(
    conn: Connection,
    cube: MapCube,
    scope: Scope,
    question: MapQuestion,
    selection: Selection | None,
    stamp: Mapping[str, str],
) -> MapExport:
    """The patches with a value on the map, in the selection (None: everywhere). Raises TooMany."""
    if selection is None:
        found = points(cube, scope, question, None)
    else:
        found = points_within(cube, scope, question, selection)
    count = len(cube.patches["id"])
    nowhere = values(cube, scope, question, cube.located, count)
    beside = np.flatnonzero(nowhere)
    if len(found) + len(beside) > MOST_PATCHES:
        raise TooMany(
            f"所选条件下有{len(found) + len(beside):,}个图斑，一次最多导出{MOST_PATCHES:,}个。"
            "请缩小地图范围，或选择区市、月份后再导出。"
        )
    names = {d.code: d.short_name for d in districts(conn)}
    fields = fields_of(question, names)
    what = question.what
    unplaced = int(nowhere.sum())
    counted = {
        "图上图斑": f"{len(found):,}个，合计{what.text(found.total)}",
        "无图形图斑": f"{len(beside):,}个，合计{what.text(unplaced)}"
        + ("，不知位置，未按范围筛选" if selection is not None and len(beside) else ""),
    }
    tables = []
    for rows, value, with_shapes in (
        (found.row, found.value, True),
        (beside + cube.located, nowhere[beside], False),
    ):
        ids = cube.patches["id"][rows].tolist()
        chunks = list(_chunks(conn, ids, value.tolist(), question.as_of, fields, with_shapes))
        tables.append(pa.concat_tables([_empty(fields, with_shapes), *chunks]))
    return MapExport(question, fields, tables[0], tables[1], {**stamp, **counted})


def _schema(fields: Sequence[Field], with_shapes: bool) -> pa.Schema:
    columns = [(field.name, _TYPES[field.kind]) for field in fields]
    return pa.schema([*columns, (GEOMETRY, pa.binary())] if with_shapes else columns)


def _empty(fields: Sequence[Field], with_shapes: bool) -> pa.Table:
    return _schema(fields, with_shapes).empty_table()


def _chunks(
    conn: Connection,
    ids: Sequence[int],
    value: Sequence[int],
    day: date,
    fields: Sequence[Field],
    with_shapes: bool,
) -> Iterator[pa.Table]:
    """Some thousand patches at a time, so that never all of them stand in memory as objects."""
    schema = _schema(fields, with_shapes)
    for start in range(0, len(ids), _READ_AT_ONCE):
        some = ids[start : start + _READ_AT_ONCE]
        of = dict(zip(some, value[start : start + _READ_AT_ONCE], strict=True))
        rows = [{**row, "value": of[row["id"]]} for row in patch_rows(conn, some, day)]
        columns = [_column([field.value(row) for row in rows], field.kind) for field in fields]
        if with_shapes:
            shapes = shapes_of(conn, some)
            columns.append(pa.array([shapes.get(row["id"]) for row in rows], pa.binary()))
        yield pa.table(columns, schema=schema)


def _column(found: list[Any], kind: Kind) -> pa.Array:
    if kind == "text":  # a zero byte would end the text in every one of the formats
        found = [None if v is None else str(v).replace("\0", "") for v in found]
    return pa.array(found, _TYPES[kind])
