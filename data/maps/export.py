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
import pyarrow.compute as pc

from data.errors import SupervisionError
from data.maps.cube import MapCube
from data.maps.measures import MapMeasure
from data.maps.points import points, values
from data.maps.question import MapQuestion
from data.maps.selection import Selection, points_within
from data.scope import Scope
from data.store.queries.patch_rows import patch_columns
from data.store.queries.stamp import districts
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

if TYPE_CHECKING:
    from sqlalchemy import Connection

Kind = Literal["text", "count", "area", "degrees", "day"]
#: Column of the tables that holds the shape: WKB in EPSG:4490 degrees, null for none.
GEOMETRY = "geometry"
#: Key of the figure that the map shows, in parts as points() has it.
VALUE = "value"
#: More in one file would keep the server busy for minutes.
MOST_PATCHES = 200_000
#: So many patches stand in memory as objects at a time.
_READ_AT_ONCE = 20_000
_TYPES: dict[Kind, pa.DataType] = {
    "text": pa.string(),
    "count": pa.int32(),
    "area": pa.float64(),
    "degrees": pa.float64(),
    "day": pa.date32(),
}
#: What the parts of a file are called: patches, those of which only a point is known, the rest.
PATCHES, POINTS, UNLOCATED = "图斑", "图斑点位", "无图形图斑"
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
    means. key: of patch_columns, or `value`, the patch's own of the question. said: how a value of
    it is told; None as it is."""

    name: str
    short: str
    kind: Kind
    note: str
    key: str
    said: Callable[[Any], Any] | None = None

    def column(self, found: Sequence[Any]) -> pa.Array:
        """The values of `key` as the file has them; each of them is told once."""
        if self.said is not None:
            told = {value: self.said(value) for value in set(found)}
            found = [told[value] for value in found]
        column = pa.array(found, _TYPES[self.kind])
        if self.kind == "text":  # a zero byte would end the text in every one of the formats
            column = pc.replace_substring(column, "\0", "")
        return column


def _yes_no(value: bool) -> str:
    return "是" if value else "否"


def _ways(ways: Sequence[str]) -> str:
    return "、".join(RectificationWay(way).label for way in ways)


def _worded(vocabulary: type[Term]) -> Callable[[Any], Any]:
    """Values of a vocabulary, joined by 、, in words."""
    labels = vocabulary.labels()
    return lambda joined: joined and "、".join(labels.get(v, v) for v in joined.split("、"))


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
        VALUE,
        measure.number,
    )


def fields_of(question: MapQuestion, district_names: Mapping[str, str]) -> list[Field]:
    """The columns of every format, in this order."""

    def district(code: str) -> str:
        return district_names.get(code, code)

    f = Field
    return [
        f("图斑编号", "图斑编号", "text", "", "patch_no"),
        f("工作年度", "工作年度", "count", "", "year"),
        f("区市", "区市", "text", "基准日所属的监管单元", "district_code", district),
        f("区市代码", "区市代码", "text", "", "district_code"),
        f("乡镇街道", "乡镇街道", "text", "", "town_name"),
        f("乡镇代码", "乡镇代码", "text", "", "town_code"),
        f("坐落", "坐落", "text", "", "location"),
        f("领域", "领域", "text", "土地或矿产", "domain", lambda key: Domain(key).label),
        f("领域代码", "领域代码", "text", "", "domain"),
        f("图斑类型", "图斑类型", "text", "", "patch_type", lambda key: PatchType(key).label),
        f("图斑类型代码", "类型代码", "text", "", "patch_type"),
        f("月清月份", "月清月份", "text", "应在哪个月清零，按法定到期日", "clearance_month"),
        f("下发日期", "下发日期", "day", "", "issued_on"),
        f("到期日", "到期日", "day", "展期的为展期后的日期", "due_on"),
        f("上报日期", "上报日期", "day", "全部地块首次上报之日", "reported_on"),
        f("是否逾期", "是否逾期", "text", "基准日已过到期日仍未上报", "overdue", _yes_no),
        f("逾期天数", "逾期天数", "count", "截至基准日", "days_overdue"),
        f("是否逾期上报", "逾期上报", "text", "已上报，但晚于到期日", "late", _yes_no),
        f("合法性", "合法性", "text", "最重的地块", "legality", lambda key: Legality(key).label),
        f("合法性代码", "合法代码", "text", "", "legality"),
        f("监测面积亩", "监测面积亩", "area", "", "area_mu"),
        f("耕地亩", "耕地亩", "area", "监测面积中的耕地", "farmland_mu"),
        f("永久基本农田亩", "基本农田亩", "area", "", "basic_farmland_mu"),
        f("生态保护红线亩", "红线亩", "area", "", "redline_mu"),
        f("违法占用耕地亩", "违法耕地亩", "area", "计入统计的", "unlawful_farmland_mu"),
        f("未消除违法占用耕地亩", "未消耕地亩", "area", "", "remaining_farmland_mu"),
        f("违法地块数", "违法地块数", "count", "", "unlawful_parcels"),
        f("已立案地块数", "立案地块数", "count", "违法地块中已立案的", "filed_parcels"),
        f("立案日期", "立案日期", "day", "违法地块中最后一次立案", "filed_on"),
        f("整改方式", "整改方式", "text", "违法地块的，可有多种", "ways", _ways),
        f("消除违法状态日期", "消除日期", "day", "全部违法地块消除之日", "eliminated_on"),
        f("图斑来源", "图斑来源", "text", "", "source", _worded(PatchSource)),
        f("退回原因", "退回原因", "text", "历次退回的原因", "reason_codes"),
        f("扣减类型", "扣减类型", "text", "各地块的", "deduction_class"),
        f("责任单位", "责任单位", "text", "各地块整改的", "responsible_unit"),
        f("计划整改日期", "计划整改", "day", "最后一个地块的", "planned_on"),
        f("矿种", "矿种", "text", "", "mineral"),
        f(
            "矿产违法类型",
            "矿违类型",
            "text",
            "各地块的",
            "mineral_violation",
            _worded(MineralViolation),
        ),
        f("待确认", "待确认", "text", "区市自填、待市局确认的", "claims", _worded(ClaimKind)),
        value_field(question),
        f("经度", "经度", "degrees", "图斑内一点", "lon"),
        f("纬度", "纬度", "degrees", "图斑内一点", "lat"),
    ]


@dataclass(frozen=True)
class PatchFile:
    """located: patches on the map, with GEOMETRY where they have a shape. unlocated: those without
    a position, without GEOMETRY. fields: the other columns; 图斑编号, 经度 and 纬度 are among them.
    stamp: what the file says of itself, name → text.
    """

    fields: Sequence[Field]
    located: pa.Table
    unlocated: pa.Table
    stamp: Mapping[str, str]


@dataclass(frozen=True)
class MapExport(PatchFile):
    """The patches that a map shows."""

    question: MapQuestion


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
        tables.append(pa.concat_tables([schema_of(fields, with_shapes).empty_table(), *chunks]))
    return MapExport(fields, tables[0], tables[1], {**stamp, **counted}, question)


def stamp_lines(said: Mapping[str, str]) -> str:
    """A stamp as text, a line each."""
    return "".join(f"{name}：{text}\r\n" for name, text in said.items())


def schema_of(fields: Sequence[Field], with_shapes: bool) -> pa.Schema:
    columns = [(field.name, _TYPES[field.kind]) for field in fields]
    return pa.schema([*columns, (GEOMETRY, pa.binary())] if with_shapes else columns)


def _chunks(
    conn: Connection,
    ids: Sequence[int],
    value: Sequence[int],
    day: date,
    fields: Sequence[Field],
    with_shapes: bool,
) -> Iterator[pa.Table]:
    """Some thousand patches at a time, so that never all of them stand in memory as objects."""
    schema = schema_of(fields, with_shapes)
    keys = list(dict.fromkeys(["id", *(field.key for field in fields if field.key != VALUE)]))
    if with_shapes:
        keys.append("geom")
    for start in range(0, len(ids), _READ_AT_ONCE):
        some = ids[start : start + _READ_AT_ONCE]
        found = patch_columns(conn, some, day, keys)
        of = dict(zip(some, value[start : start + _READ_AT_ONCE], strict=True))
        found[VALUE] = [of[patch_id] for patch_id in found["id"]]
        columns = [field.column(found[field.key]) for field in fields]
        if with_shapes:
            columns.append(pa.array(found["geom"], pa.binary()))
        yield pa.table(columns, schema=schema)
