"""Which checks a team takes along, and what the files of the package say of each.

Nobody reaches the office's network from a field, so what is to be checked goes out as files: a
GeoPackage with a form (form.py), a workbook with the same columns, a map and sheets to be written
on by hand (sheets.py). They are filled in there and come back as an upload of 外业核查, whose
columns they have; 领取时状态 says how each check stood, so that what changed meanwhile is found.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from data.errors import SupervisionError
from data.maps.export import Field, PatchFile, schema_of
from data.scope import Scope
from data.store.queries.check_steps import JOINER
from data.store.queries.field_packages import PatchNow, patches_now
from data.store.queries.patch_rows import patch_columns
from data.upload.field_package import Taken, number_of
from data.upload.schemas import PACKAGE_NO, TAKEN_AS
from data.vocabulary import CheckFinding, PatchType
from data.worklists.checks import CheckTask, one_a_visit
from data.worklists.visits import VisitState

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: As many as one step of field_visit_writing.py takes.
MOST = 200
#: What a team can still do something about.
TO_VISIT = (VisitState.DUE, VisitState.ASSIGNED, VisitState.AGAIN)
#: To be filled in outside; the first four have the headers of an upload of 外业核查.
FINDING, CHECKED_ON, CHECKED_BY, NOTE, PHOTOS = "核查结论", "核查日期", "核查人", "备注", "照片"
TO_FILL = (FINDING, CHECKED_ON, CHECKED_BY, NOTE, PHOTOS)
_PATCH_KEYS = (
    "id", "patch_no", "town_name", "location", "patch_type", "issued_on", "area_mu",
    "farmland_mu", "basic_farmland_mu", "redline_mu", "lon", "lat", "geom",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Visited:
    """A check that goes out. place: WKB of the shape in degrees EPSG:4490, None where there is
    none; lon, lat of a point inside. rules: those that ask for it. asked: what is to be completed
    where it was sent back."""

    task: CheckTask
    patch: PatchNow
    rules: str
    asked: str
    row: Mapping[str, Any]

    @property
    def place(self) -> bytes | None:
        geom: bytes | None = self.row["geom"]
        return geom


@dataclass(frozen=True)
class FieldPackage:
    """number: says the day (as-of) and, by a fingerprint, the content. file: rows as a table
    with shapes. left_out: checks of the list for which nobody has to go (any more)."""

    number: str
    day: date
    visits: Sequence[Visited]
    file: PatchFile
    left_out: int

    @property
    def stamp(self) -> Mapping[str, str]:
        return self.file.stamp


def field_package(
    conn: Connection,
    scope: Scope,
    year: int,
    as_of: date,
    tasks: Sequence[CheckTask],
    names: Mapping[str, str],
    stamp: Mapping[str, str],
) -> FieldPackage:
    """tasks: of the list, as its filters leave them. names: district → how it is called. Raises
    SupervisionError where there are none to visit, or too many for one package."""
    visits = [t for t in one_a_visit(tasks).values() if t.visit.state in TO_VISIT]
    if not visits:
        raise SupervisionError("按现在的筛选没有要去现场核查的图斑，不能生成外业包。请放宽筛选。")
    if len(visits) > MOST:
        raise SupervisionError(
            f"按现在的筛选有{len(visits):,}处要核查，一个外业包最多{MOST}处。"
            "请按区市、规则或核查组（在搜索框填姓名）筛选后再生成。"
        )
    found = _visited(conn, scope, year, as_of, tasks, visits)
    number = _number(year, as_of, found)
    said = {"外业包号": number, **stamp, "核查": f"{len(found)}处"}
    left_out = len(one_a_visit(tasks)) - len(visits)
    if left_out:
        said["未列入"] = f"清单中另有{left_out}处已核查、已完成或免查"
    return FieldPackage(number, as_of, found, _table(found, number, year, names, said), left_out)


def _visited(
    conn: Connection,
    scope: Scope,
    year: int,
    as_of: date,
    tasks: Sequence[CheckTask],
    visits: Sequence[CheckTask],
) -> list[Visited]:
    rules: dict[tuple[str, str], list[str]] = {}
    for task in tasks:
        rules.setdefault((task.patch_no, task.level), []).append(task.rule)
    patches = patches_now(conn, scope, year, {t.patch_no for t in visits}, as_of)
    columns = patch_columns(conn, [p.id for p in patches.values()], as_of, _PATCH_KEYS)
    rows = {
        row[1]: dict(zip(columns, row, strict=True))
        for row in zip(*columns.values(), strict=True)
    }  # fmt: skip
    return [
        Visited(
            t,
            patches[t.patch_no],
            "、".join(sorted(set(rules[t.patch_no, t.level]))),
            t.visit.step.reason if t.visit.step and t.visit.state is VisitState.AGAIN else "",
            rows[t.patch_no],
        )
        for t in sorted(visits, key=lambda t: (t.visit.due_on or t.check_by, t.patch_no, t.level))
    ]


def _number(year: int, as_of: date, visits: Sequence[Visited]) -> str:
    content = "\n".join(f"{v.task.patch_no}|{v.task.level}|{_taken(v)}" for v in visits)
    return number_of(as_of, hashlib.sha256(f"{year}\n{content}".encode()).hexdigest())


def _taken(visited: Visited) -> str:
    return Taken(visited.task.visit.seen, visited.patch.shape, visited.patch.district).text()


def _last(task: CheckTask) -> str:
    check = task.visit.check
    if check is None:
        return ""
    return f"{check.checked_on.isoformat()} {check.finding.label}（{check.checked_by}）"


def _fields(
    number: str, year: int, names: Mapping[str, str]
) -> list[tuple[Field, Callable[[Visited], Any]]]:
    """The columns with what each has of a check; those to be filled in are empty."""
    f = Field

    def of(key: str) -> Callable[[Visited], Any]:
        return lambda v: v.row[key]

    def empty(_: Visited) -> None:
        return None

    findings = "、".join(finding.label for finding in CheckFinding)
    return [
        (f("图斑编号", "图斑编号", "text", "", "patch_no"), lambda v: v.task.patch_no),
        (f("年度", "年度", "count", "工作年度", "year"), lambda _: year),
        (f("核查级别", "核查级别", "text", "", "level"), lambda v: v.task.level.label),
        (f("规则", "规则", "text", "要求核查的规则", "rules"), lambda v: v.rules),
        (
            f("核查期限", "核查期限", "day", "", "due_on"),
            lambda v: v.task.visit.due_on or v.task.check_by,
        ),
        (f("核查组", "核查组", "text", "", "team"), lambda v: JOINER.join(v.task.visit.team)),
        (
            f("区市", "区市", "text", "", "district"),
            lambda v: names.get(v.task.district, v.task.district),
        ),
        (f("乡镇街道", "乡镇街道", "text", "", "town_name"), of("town_name")),
        (f("坐落", "坐落", "text", "", "location"), of("location")),
        (
            f("图斑类型", "图斑类型", "text", "", "patch_type"),
            lambda v: PatchType(v.row["patch_type"]).label,
        ),
        (f("下发日期", "下发日期", "day", "", "issued_on"), of("issued_on")),
        (f("监测面积亩", "监测面积亩", "area", "", "area_mu"), of("area_mu")),
        (f("耕地亩", "耕地亩", "area", "", "farmland_mu"), of("farmland_mu")),
        (
            f("永久基本农田亩", "基本农田亩", "area", "", "basic_farmland_mu"),
            of("basic_farmland_mu"),
        ),
        (f("生态保护红线亩", "红线亩", "area", "", "redline_mu"), of("redline_mu")),
        (f("上次核查", "上次核查", "text", "", "last"), lambda v: _last(v.task)),
        (f("补充要求", "补充要求", "text", "退回补充的理由", "asked"), lambda v: v.asked),
        (f(FINDING, FINDING, "text", f"现场填写：{findings}", "finding"), empty),
        (f(CHECKED_ON, CHECKED_ON, "day", "现场填写", "checked_on"), empty),
        (
            f(CHECKED_BY, CHECKED_BY, "text", "现场填写，用顿号隔开；留空为派出的核查组", "who"),
            empty,
        ),
        (f(NOTE, NOTE, "text", "现场填写", "note"), empty),
        (f(PHOTOS, PHOTOS, "text", "现场拍摄的照片", "photos"), empty),
        (f(PACKAGE_NO.header, "外业包号", "text", "请勿改动", "package_no"), lambda _: number),
        (f(TAKEN_AS.header, "领取状态", "text", "请勿改动", "taken_as"), _taken),
        (f("经度", "经度", "degrees", "图斑内一点", "lon"), of("lon")),
        (f("纬度", "纬度", "degrees", "图斑内一点", "lat"), of("lat")),
    ]


def _table(
    visits: Sequence[Visited],
    number: str,
    year: int,
    names: Mapping[str, str],
    stamp: Mapping[str, str],
) -> PatchFile:
    told = _fields(number, year, names)
    fields = [field for field, _ in told]

    def table(some: Sequence[Visited], with_shapes: bool) -> pa.Table:
        columns = [field.column([value(v) for v in some]) for field, value in told]
        if with_shapes:
            columns.append(pa.array([v.place for v in some], pa.binary()))
        return pa.table(columns, schema=schema_of(fields, with_shapes))

    placed = [v for v in visits if v.row["lon"] is not None]
    return PatchFile(
        fields,
        table(placed, True),
        table([v for v in visits if v.row["lon"] is None], False),
        stamp,
    )
