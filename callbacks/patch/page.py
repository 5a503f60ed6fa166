"""One patch: what it is on the day, everything that happened, and what changed in the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from dash import Dash, Input, Output, State, html
from dash.development.base_component import Component

from callbacks.confirm import notes_of_patch
from callbacks.frame.changed_fields import ENTITIES, field_title, value_text
from callbacks.frame.context import read_context
from callbacks.frame.kept import keep_answer
from callbacks.frame.tiles import tiles_of
from callbacks.patch.filed import filed_records
from callbacks.patch.headline import headline
from callbacks.patch.photographs import photo_section, register_photographs
from components import ids, paths
from components.links import href
from components.maps.base import district_map, with_imagery
from components.maps.patches import single_patch
from components.maps.reference import LayerBelow, layers_below, legend_below
from components.parts.cards import error_panel
from components.patch.page import (
    cases_table,
    changes_table,
    decisions_table,
    filed_list,
    parcels_table,
    section,
    timeline_list,
)
from components.patch.summary import (
    area_facts,
    due_facts,
    fact_list,
    kind_facts,
    status_marks,
)
from components.shell import breadcrumb
from data.errors import NotFound
from data.numbers import whole_number
from data.periods import format_day, local_time
from data.services import Services
from data.settings import Settings
from data.store.queries.patch_detail import patch_detail, patch_is_there
from data.store.queries.places import district_shapes, town_labels
from data.texts import seen
from data.triggers.direct_filing import Unfiled, unfiled
from data.triggers.rulebook import rulebook
from data.vocabulary import Domain, PatchSource

if TYPE_CHECKING:
    from sqlalchemy import Connection

_BACK = "返回图斑查询"


def change_rows(
    changes: Sequence[Mapping[str, Any]], year: int, names: Mapping[str, str]
) -> list[tuple[str, ...]]:
    """A row a changed field, newest first; a deleted row is one line."""
    rows: list[tuple[str, ...]] = []
    for change in changes:
        at = datetime.fromisoformat(change["at"])
        local = local_time(at)
        head = (
            f"{format_day(local.date(), year)} {local:%H:%M}",
            f"第{change['batch_id']}批 · {change['upload_name'] or '—'}",
            _row_name(change, year, names),
        )
        if change["op"] == "delete":
            rows.append((*head, "整行", "有", "已删除"))
            continue
        rows += [
            (
                *head,
                field_title(change["entity"], item["field"]),
                value_text(change["entity"], item["field"], item["old"], year, names),
                value_text(change["entity"], item["field"], item["new"], year, names),
            )
            for item in change["fields"]
        ]
    return rows


def _row_name(change: Mapping[str, Any], year: int, names: Mapping[str, str]) -> str:
    """Which row: what it is, and the parcel, the level, the day, … that tell it from others."""
    words = [ENTITIES.get(change["entity"], "")]
    for field, text in change["key"].items():
        if field == "parcel_no":
            words.append("整个图斑" if text == "0" else f"地块{text}")
        else:
            words.append(value_text(change["entity"], field, text, year, names))
    return " ".join(words)


def deadline_facts(
    detail: Mapping[str, Any], as_of: date, open_cases: Sequence[Unfiled]
) -> list[tuple[str, str]]:
    """D1, D3, D2 and D9 with how they stand (domain.md §4)."""
    year = detail["year"]
    facts = due_facts(detail)
    due = detail["monthly_audit_due"]
    if due:
        said = format_day(due, year)
        if detail["final"]:
            passed = detail["final_on"]
            is_late = passed is not None and passed > due
            said += f"（{format_day(passed, year)}{'逾期' if is_late else ''}通过）"
        elif as_of > due and not detail["withdrawn"]:
            said += f"（逾期{(as_of - due).days}天未完成）"
        facts.append(("月核应完成", said))
    for case in open_cases:
        said = f"{format_day(case.due_on, year)}前"
        if case.workdays_over:
            said += f"（已超{case.workdays_over}个工作日，市局可直接立案）"
        parcel = f"地块{case.parcel_no} " if case.parcel_no and len(detail["parcels"]) > 1 else ""
        facts.append(("县级应立案", parcel + said))
    if detail["forwarded_on"]:
        facts.append(("上报省厅", format_day(detail["forwarded_on"], year)))
    if detail["transferred_on"]:
        facts.append(("划转", format_day(detail["transferred_on"], year)))
    if detail["withdrawn"]:
        why = f"（{detail['withdrawn_why']}）" if detail["withdrawn_why"] else ""
        facts.append(("撤销", format_day(detail["withdrawn_on"], year) + why))
    return facts


def patch_map(
    conn: Connection,
    settings: Settings,
    detail: Mapping[str, Any],
    names: Mapping[str, str],
    map_id: str = ids.PatchDetail.MAP,
    below: Sequence[LayerBelow] = (),
) -> Component:
    """Where the patch lies, over the pictures of the ground where there are any. below: reference
    layers."""
    if detail["lon"] is None:
        return html.P("这个图斑没有图形和坐标，无法上图。", className="muted")
    pad = 0.004
    west = detail["min_lon"] if detail["min_lon"] is not None else detail["lon"]
    south = detail["min_lat"] if detail["min_lat"] is not None else detail["lat"]
    east = detail["max_lon"] if detail["max_lon"] is not None else detail["lon"]
    north = detail["max_lat"] if detail["max_lat"] is not None else detail["lat"]
    tiles = tiles_of(settings)
    return district_map(
        map_id,
        district_shapes(conn),
        [*layers_below(below), *with_imagery(single_patch(dict(detail)), settings.imagery)],
        label=f"图斑 {detail['patch_no']} 的位置",
        names=dict(names),
        towns=town_labels(conn),
        bounds=(west - pad, south - pad, east + pad, north + pad),
        tiles=tiles,
        legend=html.Span(
            [
                f"东经 {detail['lon']:.6f}°，北纬 {detail['lat']:.6f}°（CGCS2000）",
                legend_below(below),
            ],
            className="map-legend",
        ),
    )


def _sections(detail: Mapping[str, Any], as_of: date, names: Mapping[str, str]) -> list[Component]:
    year = detail["year"]
    parcels = detail["parcels"]
    if parcels:
        ended = detail["ended_parcels"]
        note = f"地块{'、'.join(map(str, ended))}已不在现行拆分中。" if ended else ""
        body: list[Component] = [section("地块", parcels_table(parcels, year), note=note)]
    else:
        note = "尚无核查结果，判定为待判定。区市上报后请上传“核查结果”。"
        body = [section("地块", note=note)]
    if detail["decisions"]:
        body.append(section("审核意见", decisions_table(detail["decisions"], year, as_of)))
    if detail["cases"]:
        body.append(section("查处整改", cases_table(detail["cases"], year)))
    later = detail["later_events"]
    note = f"基准日之后另有{later}条记录，未列出。" if later else ""
    body.append(section("办理过程", timeline_list(detail["timeline"], year), note=note))
    body.append(
        section(
            "填报内容",
            filed_list(filed_records(detail, names)),
            note="各类文件对这个图斑填了什么，逐条列出有内容的每一列。",
        )
    )
    changes = change_rows(detail["changes"], year, names)
    if changes:
        body.append(section("数据变更", changes_table(changes), note="每次上传改动了哪些字段。"))
    else:
        body.append(section("数据变更", note="首次入库后，各次上传没有改动这个图斑的数据。"))
    return body


def render(
    conn: Connection, settings: Settings, year: str, patch_no: str, search: str
) -> list[Component]:
    """The whole page; an unknown number says so and offers the way back."""
    context = read_context(conn, settings, search)
    back = href(paths.PATCHES, context.query)
    work_year = whole_number(year, most=9999)
    if work_year is None:
        return [error_panel(f"地址中的年度“{seen(year)[:12]}”无法识别。", back, _BACK)]
    try:
        detail = patch_detail(conn, context.scope, work_year, patch_no, context.as_of)
    except NotFound as refusal:
        return [error_panel(refusal.message, back, _BACK)]
    names = {d.code: d.short_name for d in context.stamp.districts}
    domain = Domain(detail["domain"]).label
    source = PatchSource(detail["source"]).label if detail["source"] else "未记录"
    open_cases = unfiled(rulebook(conn)["D9"], detail["year"], detail["parcels"], context.as_of)
    return [
        breadcrumb([("图斑查询", back), (patch_no, None)]),
        html.H1(headline(detail, context.as_of, names, open_cases), className="headline"),
        html.Div(
            [
                html.Section(
                    [
                        status_marks(detail),
                        html.Div(
                            [
                                fact_list(
                                    [
                                        ("领域", domain),
                                        ("图斑来源", source),
                                        *kind_facts(detail, names),
                                    ]
                                ),
                                fact_list(deadline_facts(detail, context.as_of, open_cases)),
                                fact_list(area_facts(detail)),
                            ],
                            className="fact-columns",
                        ),
                    ],
                    className="panel patch-facts",
                ),
                patch_map(conn, settings, detail, names),
            ],
            className="patch-top",
        ),
        *([claimed] if (claimed := notes_of_patch(conn, context, detail["id"])) else []),
        *photo_section(conn, context, work_year, patch_no, settings.today()),
        *_sections(detail, context.as_of, names),
    ]


#: Which page `is_there` speaks of.
IS_THERE_AT = paths.PATCH


def is_there(
    conn: Connection, settings: Settings, search: str, year: str = "", patch_no: str = ""
) -> bool:
    """Whether the page has anything to show to whoever asks."""
    context = read_context(conn, settings, search)
    work_year = whole_number(unquote(year), most=9999)
    return work_year is not None and patch_is_there(
        conn, context.scope, work_year, unquote(patch_no), context.as_of
    )


def register(app: Dash, services: Services) -> None:
    i = ids.PatchDetail

    @app.callback(
        Output(i.CONTENT, "children"),
        Input(i.ADDRESS, "data"),
        State(ids.Shell.LOCATION, "search"),
    )
    @keep_answer
    def content(address: dict[str, str], search: str | None) -> list[Component]:
        year, patch_no = address["year"], unquote(address["patch_no"])
        with services.store.read() as conn:
            return render(conn, services.settings, year, patch_no, search or "")

    register_photographs(app, services, render)
