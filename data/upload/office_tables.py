"""Tables that offices really have, read as uploads: built-in profiles 2 to 5 (upload-formats.md).

Each profile looks at a table's headers, and says which rows belong to the kind that is uploaded and
which of its columns are which field. A column that has to be worked out is added beside the file's
own, named with 「整理」, so that the file's columns stay as they came. Profile 1, the ministry's
layer, needs no rows left out and lives with the aliases of schemas.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import compress

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.errors import Issue
from data.numbers import whole_number
from data.units import AreaUnit
from data.upload.mapping import map_columns, split_unit, unit_of_header, units_outside
from data.upload.parsing import Unreadable, plain_text, read_area
from data.upload.readers import Geometry, RawTable
from data.upload.schemas import CHECKS, FINDINGS, PACKAGE_NO, PATCH_NO
from data.upload.template_examples import EXAMPLE_MARK
from data.vocabulary import UploadKind

#: Marks the headers of columns that a profile worked out.
WORKED_OUT = "（整理）"

Mapping = dict[str, dict[str, str | None]]
Texts = list[str | None]


@dataclass
class OfficeTable:
    """table: the rows that belong to the kind, with worked-out columns. mapping: header → field
    and unit, as a user would assign them (field None: passed over). warnings: points on rows.
    nothing: what to say where no row of the file belongs to the kind.
    """

    table: RawTable
    mapping: Mapping = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    warnings: list[Issue] = field(default_factory=list)
    nothing: str = ""

    def assign(self, header: str, name: str | None) -> None:
        """The unit is the header's or the table's own."""
        self.mapping[header] = {"field": name, "unit": None}

    def add(self, label: str, name: str, values: Texts) -> None:
        """A worked-out column; areas in it are 亩. The file's own column of that field rests."""
        header = f"{label}{WORKED_OUT}"
        columns = self.table.columns.append_column(header, pa.array(values, pa.string()))
        units = {**self.table.says.column_units, header: AreaUnit.MU.name}
        says = replace(self.table.says, column_units=units)
        self.table = replace(self.table, columns=columns, says=says)
        self.assign(header, name)

    def warn(self, position: int, header: str | None, sentence: str) -> None:
        row = int(self.table.row_numbers[position])
        self.warnings.append(Issue(row, header, sentence, self.table.name))


def read_as(table: RawTable, kind: UploadKind) -> OfficeTable:
    """The table as an upload of `kind`; unchanged where no profile knows it."""
    own = [h for h in table.columns.column_names if not h.endswith(WORKED_OUT)]
    found = OfficeTable(_with(table, table.columns.select(own)))
    for recognises, profile in _PROFILES:
        if recognises(found.table):
            profile(found, kind)
            return found
    plain = OfficeTable(table)
    _examples(plain)
    return plain


def _examples(found: OfficeTable) -> None:
    """Rows that a template brought along as examples are kept, and said."""
    number = find(found.table, PATCH_NO.header)
    if number is None:
        return
    cells = found.table.columns.column(number)
    if (
        pa.types.is_string(cells.type)
        and not pc.any(
            pc.match_substring(
                cells, EXAMPLE_MARK[0]
            )  # the rest may be broken by what has no width
        ).as_py()
    ):
        return
    for position, text in enumerate(texts(found.table, number)):
        if text is not None and text.startswith(EXAMPLE_MARK):
            found.warn(position, number, "这是模板的示例行，请删去后重新上传，或撤回本次上传。")


def find(table: RawTable, *names: str) -> str | None:
    """The header that is one of these names, whatever its width, spaces and unit."""
    by_name: dict[str, str] = {}
    for header in table.columns.column_names:
        by_name.setdefault(split_unit(header)[0], header)
    return next((by_name[n] for n in names if n in by_name), None)


def texts(table: RawTable, header: str | None) -> Texts:
    """A column as text, codes without the .0 of a spreadsheet; all None for no column."""
    if header is None:
        return [None] * table.columns.num_rows
    cells = table.columns.column(header).to_pylist()
    return [None if c is None else (plain_text(c).removesuffix(".0") or None) for c in cells]


def areas_mu(table: RawTable, header: str | None) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """A column as 亩 by the unit in its header or of the table; nan for an empty or unreadable
    cell."""
    result = np.full(table.columns.num_rows, np.nan)
    if header is None:
        return result
    unit = unit_of_header(header) or units_outside(table).get(header) or AreaUnit.MU
    for i, cell in enumerate(table.columns.column(header).to_pylist()):
        if cell is not None and plain_text(cell):
            try:
                result[i] = read_area(cell, plain_text(cell), unit, header)
            except Unreadable:
                continue
    return result


def _with(table: RawTable, columns: pa.Table) -> RawTable:
    return replace(table, columns=columns)


def _only(table: RawTable, keep: list[bool]) -> RawTable:
    mask = np.array(keep, dtype=bool)
    geometry = table.geometry
    if geometry is not None:
        names = ("wkb", "area_m2", "lon", "lat", "bounds", "repaired")
        geometry = Geometry(**{n: getattr(geometry, n)[mask] for n in names})
    rows = table.row_numbers[mask]
    unreadable = [issue for issue in table.unreadable if issue.row in set(rows.tolist())]
    return replace(
        table,
        columns=table.columns.filter(pa.array(mask)),
        row_numbers=rows,
        geometry=geometry,
        unreadable=unreadable,
    )


def _text(value: float) -> str | None:
    return None if np.isnan(value) else repr(float(value))


# ---- 2. 卫片检索明细表 ---------------------------------------------------------------------------

#: 核实认定意见 → (合法性判定, 判定类别, 是否新增建设用地). 非粮 violates without construction.
OPINIONS: dict[str, tuple[str, str | None, str | None]] = {
    "非农违法": ("违法", None, None),
    "非粮违法": ("违法", None, "否"),
    "违法": ("违法", None, None),
    "合法": ("合法", None, None),
    "设施农用地": ("其他", "设施农业用地", None),
    "设施农业用地": ("其他", "设施农业用地", None),
    "临时用地": ("其他", "临时用地", None),
    "农村道路": ("其他", "农村道路", None),
    "伪变化": ("其他", "实地未变化", None),
    "实地未变化": ("其他", "实地未变化", None),
    "其他": ("其他", "其他", None),
}
_PARENT, _CHILD = "被拆分", "拆分"
_FINISHED = "审核结束"
_NOTHING_MU = 1e-6
_SAME_MU = 0.01


def _is_detail(table: RawTable) -> bool:
    return find(table, "图斑状态") is not None and find(table, "拆分状态") is not None


def _detail(found: OfficeTable, kind: UploadKind) -> None:
    states = texts(found.table, find(found.table, "图斑状态"))
    if kind is UploadKind.PATCHES:
        found.table = _only(found.table, [s != _CHILD for s in states])
        found.notes.append(
            f"“{found.table.name}”按卫片检索明细表读取：除图斑状态“拆分”外的"
            f"{found.table.columns.num_rows}行是下发图斑；“拆分”的行是地块，另按核查结果导入。"
        )
        return
    found.table = _only(found.table, [s != _PARENT for s in states])
    if kind is UploadKind.CASES:
        _keep_rectified(found)
    if kind in (UploadKind.FINDINGS, UploadKind.CASES):
        _parcel_numbers(found)
        _violation_sums(found)
    if kind is UploadKind.FINDINGS:
        _judgements(found)
        found.notes.append(
            f"“{found.table.name}”按卫片检索明细表读取：除图斑状态“被拆分”外的"
            f"{found.table.columns.num_rows}行是地块，已拆分的图斑不再计一次。"
        )


def _parcel_numbers(found: OfficeTable) -> None:
    """Children are numbered 图斑编号_1, _2 …"""
    table = found.table
    headers = map_columns(table.columns.column_names, FINDINGS.columns).of("patch_no")
    if not headers:
        return
    header = headers[0].header
    states = texts(table, find(table, "图斑状态"))
    given = texts(table, find(table, "地块序号", "DKXH"))
    numbers: Texts = []
    parcels: Texts = []
    for number, state, own in zip(texts(table, header), states, given, strict=True):
        stem, mark, end = (number or "").rpartition("_")
        is_child = state == _CHILD and bool(mark) and whole_number(end) is not None
        numbers.append(stem if is_child else number)
        parcels.append(end if is_child else own)
    found.assign(header, None)
    found.add("图斑编号", "patch_no", numbers)
    if find(table, "地块序号", "DKXH") is not None:
        found.assign(str(find(table, "地块序号", "DKXH")), None)
    found.add("地块序号", "parcel_no", parcels)


def _judgements(found: OfficeTable) -> None:
    """核实认定意见 as 合法性判定; a violation's areas are its own, never the patch's."""
    table = found.table
    opinions = texts(table, find(table, "核实认定意见"))
    known = [OPINIONS.get(o, (o, None, None)) if o else (None, None, None) for o in opinions]
    unlawful = np.array([k[0] == "违法" for k in known], dtype=bool)
    found.add("合法性判定", "legality", [k[0] for k in known])
    found.add("判定类别", "other_category", [k[1] for k in known])
    found.add("是否新增建设用地", "is_new_construction", [k[2] for k in known])
    columns = (
        ("面积", "area_mu", ("非农违法面积",), ("地块面积", "图斑面积", "监测面积", "面积")),
        (
            "占用耕地面积",
            "farmland_mu",
            ("非农违法耕地面积", "非农违法占用耕地面积"),
            ("占用耕地面积", "耕地面积", "GDMJ"),
        ),
        (
            "占用永久基本农田面积",
            "basic_farmland_mu",
            ("非农违法永久基本农田面积", "非农违法占用永久基本农田面积", "非农违法基本农田面积"),
            ("占用永久基本农田面积", "永久基本农田面积", "YJJBNTMJ"),
        ),
    )
    for label, name, of_violation, of_whole in columns:
        own, whole = find(table, *of_violation), find(table, *of_whole)
        if own is None and whole is None:
            continue
        values = np.where(unlawful, areas_mu(table, own), areas_mu(table, whole))
        if whole is not None:
            found.assign(whole, None)
        found.add(label, name, [_text(v) for v in values])


def _rectified(table: RawTable) -> list[bool]:
    """Nothing left to rectify and the review finished; both are needed."""
    left = areas_mu(table, find(table, "剩余未整改面积", "未整改面积"))
    reviews = texts(table, find(table, "拆分状态"))
    return [
        bool(rest <= _NOTHING_MU) and review == _FINISHED
        for rest, review in zip(left, reviews, strict=True)
    ]


def _keep_rectified(found: OfficeTable) -> None:
    """A case's 消除违法状态日期, given for the file, holds for rectified violations only."""
    opinions = texts(found.table, find(found.table, "核实认定意见"))
    unlawful = [OPINIONS.get(o or "", ("", None, None))[0] == "违法" for o in opinions]
    keep = [u and r for u, r in zip(unlawful, _rectified(found.table), strict=True)]
    found.table = _only(found.table, keep)
    found.notes.append(
        f"“{found.table.name}”按卫片检索明细表读取：剩余未整改面积为 0 且审核结束的"
        f"{sum(keep)}行是已整改的地块，其余行不作为查处整改导入。"
    )


def _violation_sums(found: OfficeTable) -> None:
    """total = rectified + not, and rectified = 拆除 + 补办."""
    table = found.table
    total = find(table, "非农违法面积")
    done = find(table, "已整改面积", "整改面积", "整改到位面积")
    sums = (
        (total, done, find(table, "剩余未整改面积", "未整改面积")),
        (
            done,
            find(table, "拆除面积", "拆除整改面积", "拆除复耕面积"),
            find(table, "补办面积", "补办手续面积", "补办用地手续面积"),
        ),
    )
    for whole, one, other in sums:
        if whole is None or one is None or other is None:
            continue
        parts = np.nan_to_num(areas_mu(table, one)) + np.nan_to_num(areas_mu(table, other))
        apart = np.abs(areas_mu(table, whole) - parts) > _SAME_MU + _NOTHING_MU
        for position in np.flatnonzero(apart):
            found.warn(int(position), whole, f"“{whole}”不等于“{one}”与“{other}”之和，请核对。")


# ---- 3. 业务表 -----------------------------------------------------------------------------------

#: 审核阶段(系统)
STAGES = {"101": "已办结", "90": "已退回", "95": "待市级审核", "97": "待省级审核"}
_STAGE, _STATE, _RETURN = "审核阶段(系统)", "状态(系统)", "打回状态(系统)"


def _is_business(table: RawTable) -> bool:
    return all(find(table, name) is not None for name in (_STAGE, _STATE, _RETURN))


def _business(found: OfficeTable, kind: UploadKind) -> None:
    """Its columns answer to aliases; the stages carry no date and are only counted."""
    counts: dict[str, int] = {}
    for stage in texts(found.table, find(found.table, _STAGE)):
        label = STAGES.get(stage or "", f"其他（{stage}）" if stage else "未填")
        counts[label] = counts.get(label, 0) + 1
    shown = "、".join(f"{label} {count}" for label, count in counts.items())
    found.notes.append(
        f"“{found.table.name}”按业务表读取，审核阶段：{shown}；阶段没有日期，不导入。"
    )


# ---- 4. 套合 result ------------------------------------------------------------------------------

_OVERLAY = {
    "farmland_mu": ("耕地", "耕地面积"),
    "basic_farmland_mu": ("基本农田", "基本农田面积", "永久基本农田", "永久基本农田面积"),
    "redline_mu": ("生态红线", "生态红线面积", "生态保护红线", "生态保护红线面积"),
}
_PARTS = (
    ("耕地", "耕地面积"),
    ("非耕农用地", "非耕农用地面积"),
    ("未利用地", "未利用地面积"),
    ("建设用地", "建设用地面积"),
)


def _is_overlay(table: RawTable) -> bool:
    return find(table, "图斑标识") is not None and find(table, "地块总面积") is not None


def _overlay(found: OfficeTable, kind: UploadKind) -> None:
    table = found.table
    total = str(find(table, "地块总面积"))
    found.assign(str(find(table, "图斑标识")), "patch_no")
    found.assign(total, "area_mu")
    for name, names in _OVERLAY.items():
        header = find(table, *names)
        if header is not None:
            found.assign(header, name)
    parts = [find(table, *names) for names in _PARTS]
    if None not in parts:
        together = sum(np.nan_to_num(areas_mu(table, part)) for part in parts)
        apart = np.abs(areas_mu(table, total) - together) > _SAME_MU + _NOTHING_MU
        for position in np.flatnonzero(apart):
            found.warn(
                int(position),
                total,
                "地块总面积不等于耕地、非耕农用地、未利用地、建设用地之和，请核对。",
            )
    found.notes.append(f"“{table.name}”按套合结果读取。")


# ---- 5. 勘测定界 TXT -----------------------------------------------------------------------------


def _is_survey(table: RawTable) -> bool:
    return table.geometry is not None and all(
        find(table, name) is not None for name in ("地块编号", "地块名称", "图形属性", "图幅号")
    )


def _survey(found: OfficeTable, kind: UploadKind) -> None:
    table = found.table
    number, title = str(find(table, "地块编号")), str(find(table, "地块名称"))
    is_reference = kind is UploadKind.REFERENCE
    found.assign(number, "code" if is_reference else "patch_no")
    found.assign(title, "name" if is_reference else "location")
    area = find(table, "地块面积")
    if area is not None and not is_reference:
        found.assign(area, "area_mu")


# ---- a field package that comes back -------------------------------------------------------------


def _is_package(table: RawTable) -> bool:
    return find(table, PACKAGE_NO.header) is not None


def _package(found: OfficeTable, kind: UploadKind) -> None:
    """Of what was taken out only the results count: rows on which nothing was filled in rest, and
    so does what tells of the patch. Without 核查人 it was the team that was sent."""
    table = found.table

    def cells(header: str) -> Texts:
        return texts(table, find(table, header))

    results = zip(cells("核查结论"), cells("核查日期"), strict=True)
    filled = [kind is UploadKind.CHECKS and bool(finding or day) for finding, day in results]
    people = [who or team for who, team in zip(cells("核查人"), cells("核查组"), strict=True)]
    own = [h for c in CHECKS.columns if (h := find(table, c.header)) and c.field != "checked_by"]
    found.table = _only(_with(table, table.columns.select(own)), filled)
    found.add("核查人", "checked_by", list(compress(people, filled)))
    if kind is not UploadKind.CHECKS:
        found.nothing = "这是外业包，请按“外业核查”上传。"
        return
    count, empty = sum(filled), len(filled) - sum(filled)
    if empty:
        found.notes.append(
            f"“{table.name}”是外业包：{count}行有核查结果，{empty}行没有填写，未导入。"
        )
    found.nothing = (
        "外业包里还没有填写核查结论和日期，没有可导入的结果。"
        "结果填在外业包的另一个文件里的，请单独上传那个 .gpkg 或 .xlsx。"
    )


Profile = tuple[Callable[[RawTable], bool], Callable[[OfficeTable, UploadKind], None]]
_PROFILES: tuple[Profile, ...] = (
    (_is_package, _package),
    (_is_detail, _detail),
    (_is_business, _business),
    (_is_overlay, _overlay),
    (_is_survey, _survey),
)
