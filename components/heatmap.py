"""What stands on 违法占用: the boxes of the question, the map, sums, hot spots, the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import dash_bootstrap_components as dbc
import dash_leaflet as dl
from dash import dcc, html
from dash.development.base_component import Component
from dash_extensions.javascript import Namespace

from components import ids
from components.attributes import aria, data
from components.cards import definition_mark
from components.filters import Option, filter_bar, select
from components.maps.base import functions
from components.plain_table import Cell, plain_table
from components.tables import TableColumn
from data.definitions import Definition
from data.geo import collection, feature, point
from data.units import format_count

Query = Mapping[str, str]

#: Functions of assets/js/heatmap.js.
_functions = Namespace("dashExtensions", "heatmap")

#: How a comparison is chosen: value → label.
AGAINST = {"none": "不对比", "day": "与某日相比", "months": "与某些月份相比"}


# ---- the question --------------------------------------------------------------------------------


def choice(
    select_id: str,
    label: str,
    options: Mapping[str, str],
    value: str,
    *,
    box_id: str | None = None,
    hidden: bool = False,
) -> Component:
    """A labelled choice without 全部; box_id: of what can be hidden with it."""
    own: dict[str, Any] = {"id": box_id, "hidden": hidden} if box_id else {}
    return html.Div(
        [
            html.Label(label, htmlFor=select_id),
            dbc.Select(
                id=select_id,
                options=[{"label": text, "value": key} for key, text in options.items()],
                value=value,
                size="sm",
            ),
        ],
        className="filter",
        **own,
    )


def months_said(chosen: Sequence[str], options: Sequence[Option], everything: str) -> str:
    """`9月、10月`; assets/js/heatmap.js says the same."""
    names = [label for key, label in options if key in chosen]
    if not names:
        return everything
    return "、".join(names) if len(names) <= 3 else f"{len(names)}个月"


def months_box(
    chooser_id: str,
    said_id: str,
    label: str,
    everything: str,
    options: Sequence[Option],
    chosen: Sequence[str],
) -> list[Component]:
    """Several months to tick, behind a button that says which are ticked."""
    known = {key for key, _ in options}
    # a month of the address that has no patches stays ticked and can be taken out
    offered = [*options, *((month, month) for month in chosen if month not in known)]
    return [
        html.Span(label, className="filter-label"),
        html.Details(
            [
                html.Summary(
                    months_said(chosen, offered, everything),
                    id=said_id,
                    className="form-select form-select-sm",
                    **aria(label=label),
                ),
                html.Div(
                    dcc.Checklist(
                        id=chooser_id,
                        options=[{"label": text, "value": key} for key, text in offered],
                        value=list(chosen),
                    ),
                    className="column-choices months-choices",
                    **data(everything=everything),
                ),
            ],
            className="column-chooser months-chooser",
        ),
    ]


@dataclass(frozen=True, slots=True)
class Question:
    """The boxes' values as the address has them. against_on, against_months: at most one."""

    measure: str
    months: tuple[str, ...]
    patch_type: str | None
    against_on: date | None
    against_months: tuple[str, ...]

    @property
    def against(self) -> str:
        if self.against_on is not None:
            return "day"
        return "months" if self.against_months else "none"


def question_bar(
    question: Question,
    *,
    measures: Mapping[str, str],
    months: Sequence[Option],
    types: Sequence[Option],
    first_day: date,
    last_day: date,
    default_against: date,
    clear_href: str,
) -> Component:
    i = ids.Heatmap
    against_day = dcc.DatePickerSingle(
        id=i.AGAINST_DAY,
        date=(question.against_on or default_against).isoformat(),
        min_date_allowed=first_day.isoformat(),
        max_date_allowed=last_day.isoformat(),
        display_format="YYYY-MM-DD",
        first_day_of_week=1,
        clearable=False,
    )
    boxes: list[Component] = [
        choice(i.MEASURE, "指标", measures, question.measure),
        html.Div(
            months_box(i.MONTHS, i.MONTHS_SAID, "月清月份", "全部月份", months, question.months),
            className="filter",
        ),
        select(i.TYPE, "图斑类型", "全部类型", types, question.patch_type),
        choice(i.AGAINST, "对比", AGAINST, question.against),
        html.Div(
            [html.Label("对比日期", htmlFor=i.AGAINST_DAY), against_day],
            id=i.AGAINST_DAY_BOX,
            className="filter",
            hidden=question.against != "day",
        ),
        html.Div(
            months_box(
                i.AGAINST_MONTHS,
                i.AGAINST_MONTHS_SAID,
                "对比月份",
                "请选择月份",
                months,
                question.against_months,
            ),
            id=i.AGAINST_MONTHS_BOX,
            className="filter",
            hidden=question.against != "months",
        ),
    ]
    clear = html.A("清除筛选", href=clear_href, className="btn btn-sm btn-link")
    return html.Div(
        filter_bar(boxes, [clear], "选择指标、月份和对比"), className="heatmap-question"
    )


# ---- the map -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """How the map shows it, as the address has it."""

    layer: str
    radius: str
    by: str
    colour: str
    overlays: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Overlay:
    """A layer that can be laid over the map. colour: a token of assets/tokens.json."""

    key: str
    label: str
    colour: str | None = None


def _menu(label: str, entries: Sequence[Component], class_name: str) -> Component:
    return html.Details(
        [
            html.Summary(label, className="btn btn-sm btn-outline-secondary"),
            html.Div(list(entries), className="column-choices"),
        ],
        className=f"column-chooser {class_name}",
    )


def _overlay_menu(overlays: Sequence[Overlay], chosen: Sequence[str]) -> Component:
    options = [
        {
            "label": html.Span(
                [
                    html.Span(
                        className="swatch",
                        style={"background": f"var(--{o.colour})"} if o.colour else {},
                    ),
                    o.label,
                ],
                className="overlay-name",
            ),
            "value": o.key,
        }
        for o in overlays
    ]
    known = {o.key for o in overlays}
    checklist = dcc.Checklist(
        id=ids.Heatmap.OVERLAYS, options=options, value=[key for key in chosen if key in known]
    )
    none = [] if overlays else [html.P("还没有参考图层。请上传“参考图层”。", className="muted")]
    return _menu("叠加图层", [*none, checklist], "overlay-menu")


#: What can be taken out of the map: address, what the link says.
EXPORTS = (
    ("/export/map.gpkg?epsg=4490", "GeoPackage（CGCS2000 经纬度）"),
    ("/export/map.zip?epsg=4529", "Shapefile（CGCS2000 3度带 41带，EPSG:4529）"),
    ("/export/map.zip?epsg=4490", "Shapefile（CGCS2000 经纬度）"),
    ("/export/map.kml", "KML"),
    ("/map/picture.png", "图片（报告用）"),
)


def _export_menu() -> Component:
    """The script adds the question and the view to each address when the menu opens."""
    links = [
        html.A(label, href=address, download="", **data(export=address))
        for address, label in EXPORTS
    ]
    note = html.P(
        "内容为当前视图内、当前条件下的图斑。", className="muted", **data(export_note="yes")
    )
    return _menu("导出", [*links, note], "export-menu")


def map_bar(
    shown: Shown,
    *,
    layers: Mapping[str, str],
    radii: Mapping[str, str],
    units: Mapping[str, str],
    colours: Mapping[str, str],
    overlays: Sequence[Overlay],
) -> Component:
    """What stands above the map: how it is shown, and what can be done with what is seen."""
    i = ids.Heatmap
    switch = dbc.RadioItems(
        id=i.LAYER,
        options=[{"label": label, "value": key} for key, label in layers.items()],
        value=shown.layer,
        className="btn-group layer-switch",
        inputClassName="btn-check",
        labelClassName="btn btn-sm btn-outline-primary",
        labelCheckedClassName="active",
    )
    return html.Div(
        [
            html.Div(
                [
                    html.Div(switch, role="group", **aria(label="图层")),
                    choice(
                        i.RADIUS,
                        "平滑半径",
                        radii,
                        shown.radius,
                        box_id=i.RADIUS_BOX,
                        hidden=shown.layer != "heat",
                    ),
                    choice(
                        i.BY,
                        "统计单位",
                        units,
                        shown.by,
                        box_id=i.BY_BOX,
                        hidden=shown.layer != "areas",
                    ),
                    choice(
                        i.COLOUR,
                        "颜色表示",
                        colours,
                        shown.colour,
                        box_id=i.COLOUR_BOX,
                        hidden=shown.layer != "patches",
                    ),
                ],
                className="map-bar-part",
            ),
            html.Div(
                [
                    _overlay_menu(overlays, shown.overlays),
                    html.Button(
                        "圈选",
                        id=i.LASSO,
                        type="button",
                        className="btn btn-sm btn-outline-secondary",
                        title="按住鼠标在地图上圈出范围，列出其中的图斑；键盘可用“视图图斑”",
                        **aria(pressed="false"),
                    ),
                    html.A(
                        "视图图斑",
                        href="/heatmap/patches",
                        className="btn btn-sm btn-outline-secondary",
                        title="列出当前视图内的图斑",
                        **data(view_list="/heatmap/patches"),
                    ),
                    _export_menu(),
                ],
                className="map-bar-part",
            ),
        ],
        className="map-bar",
    )


def map_hook() -> Component:
    """Hands the map to the script: a point nobody sees, for whose sake a function is called."""
    hook: Component = dl.GeoJSON(
        data=collection([feature(point(0.0, 0.0))]),
        pointToLayer=functions("newPoint"),
        style=_functions("unseen"),
        onEachFeature=_functions("ready"),
        interactive=False,
    )
    return hook


def stage(drawn: Component, *, with_time: bool) -> Component:
    """The map with its note, time bar and the table of its squares."""
    i = ids.Heatmap
    parts: list[Component] = [
        html.Div(
            [
                drawn,
                html.Div(id=i.NOTE, className="map-note", role="status"),
                html.Div(className="map-note map-fault", role="alert"),
            ],
            id=i.STAGE,
            className="heatmap-stage",
        )
    ]
    if with_time:
        parts.append(
            html.Div(id=i.TIME, className="heatmap-time", role="group", **aria(label="显示日期"))
        )
        parts.append(html.Div(id=i.BINS, className="heatmap-bins"))
    return html.Div(parts, className="heatmap-map")


# ---- beside it -----------------------------------------------------------------------------------


def title(text: str, definition: Definition) -> list[Component]:
    return [html.H2(text, className="card-heading"), definition_mark(definition)]


@dataclass(frozen=True, slots=True)
class Sum:
    """A part of the whole: its name, value and patches as texts, and the way to these."""

    name: str
    text: str
    patches: int
    href: str | None = None


def sums_table(sums: Sequence[Sum], unit: str) -> Component:
    """Parts and, last, what they add up to."""
    rows = [
        [
            Cell(s.name, tone="total" if at == len(sums) - 1 else ""),
            Cell(s.text, tone="total" if at == len(sums) - 1 else ""),
            Cell(format_count(s.patches), s.href if s.patches else None),
        ]
        for at, s in enumerate(sums)
    ]
    return plain_table(
        [TableColumn("范围"), TableColumn(unit, True), TableColumn("图斑（个）", True)],
        rows,
        "当前视图内外及合计",
        "sums-table",
    )


def spots_list(spots: Sequence[Mapping[str, Any]]) -> Component:
    """Ranked hot spots, each a button that moves the map there.

    Keys: rank, name, box (west, south, east, north), text, patches, change_text.
    """
    if not spots:
        return html.P("当前条件下没有集中区域。", className="muted")
    return html.Ol(
        [
            html.Li(
                html.Button(
                    [
                        html.Span(str(spot["rank"]), className="spot-rank"),
                        html.Span(spot["name"], className="spot-name"),
                        html.Span(spot["text"], className="spot-value"),
                        html.Small(
                            f"{format_count(spot['patches'])}个图斑"
                            + (f"，较一个月前{spot['change_text']}" if spot["change_text"] else ""),
                            className="spot-more",
                        ),
                    ],
                    type="button",
                    className="spot",
                    **data(box=",".join(f"{v:.6f}" for v in spot["box"])),
                )
            )
            for spot in spots
        ],
        className="spots",
    )


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A district or town: texts, or — where it has none. share: of the whole."""

    name: str
    text: str
    share: str
    density: str
    patches_href: str | None
    own_href: str | None = None


def units_table(rows: Sequence[UnitRow], kind: str, what: str, density: str) -> Component:
    """Units and, last, what they add up to."""

    def drawn(row: UnitRow, tone: str) -> list[str | Cell]:
        return [
            Cell(row.name, row.own_href, tone=tone),
            Cell(row.text, tone=tone),
            Cell(row.share, tone=tone),
            row.density,
            Cell("查看", row.patches_href) if row.patches_href else "",
        ]

    return plain_table(
        [
            TableColumn(kind),
            TableColumn(what, True),
            TableColumn("占比", True),
            TableColumn(density, True),
            TableColumn("图斑", True),
        ],
        [drawn(row, "total" if at == len(rows) - 1 else "") for at, row in enumerate(rows)],
        f"各{kind}的数量、占比和密度",
        "units-table",
    )
