"""What stands on 指标冻结: districts with their pool, the curve, freezes, and the two forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from components import ids, paths
from components.figures.quota import quota_figure
from components.links import figure_href, href
from components.parts.date_box import date_box
from components.parts.html_table import TableColumn, html_table
from components.parts.plain_table import Cell, PlainTable, plain_table
from components.parts.theme import graph
from data.periods import format_day
from data.units import format_areas, format_mu

if TYPE_CHECKING:
    from data.worklists.freezes import Freeze, Pool

Query = Mapping[str, str]
Names = Mapping[str, str]
_DASH = "—"
#: Patches of a freeze that stand in its line; the others are counted.
NAMED = 6


def available_text(area_mu: float | None) -> str:
    """Negative said plainly."""
    if area_mu is None:
        return "储备未报送"
    return format_mu(area_mu) if area_mu >= 0 else f"超冻{format_mu(-area_mu)}"


def pools_table(pools: Sequence[Pool], names: Names, query: Query, year: int) -> PlainTable:
    """year: the work year. The forecast leads to its patches, what is frozen to the freezes."""

    def column(of: Callable[[Pool], float | None]) -> list[str]:
        return [_DASH if of(p) is None else text for p, text in zip(
            pools, format_areas([of(p) for p in pools]), strict=True)]  # fmt: skip

    reserve, forecast = column(lambda p: p.reserve_mu), column(lambda p: p.forecast_mu)
    frozen, thawed = column(lambda p: p.frozen_mu), column(lambda p: p.thawed_mu)
    to_thaw = column(lambda p: p.to_thaw_mu)
    rows: list[list[str | Cell]] = []
    for at, p in enumerate(pools):
        own = {**query, "district": p.district}
        here = href(paths.QUOTA, own)
        behind = figure_href("unrectified_farmland_mu", query, district=p.district)
        is_short = p.available_mu is not None and p.available_mu < 0
        rows.append(
            [
                Cell(names.get(p.district, p.district), here),
                Cell(reserve[at], below=Cell(f"{format_day(p.reserve_on, year)}报送"))
                if p.reserve_on
                else Cell("未报送", tone="none"),
                Cell(forecast[at], behind, below=Cell(f"{len(p.patches)}个图斑", behind))
                if p.patches
                else Cell("0", tone="none"),
                Cell(frozen[at], here) if p.frozen_mu else Cell("0", tone="none"),
                Cell(thawed[at], here) if p.thawed_mu else Cell("0", tone="none"),
                Cell(to_thaw[at], here) if p.to_thaw_mu else Cell("0", tone="none"),
                Cell(available_text(p.available_mu), tone="bad" if is_short else ""),
                p.state.label if p.state else _DASH,
            ]
        )
    columns = [
        TableColumn("区市"),
        *(
            TableColumn(name, True)
            for name in (
                "储备（亩）", "预计冻结（亩）", "已冻结（亩）", "已解冻（亩）", "可解冻（亩）",
                "可用（亩）",
            )
        ),
        TableColumn("走到哪一步"),
    ]  # fmt: skip
    return plain_table(columns, rows, "各区市补充耕地指标", "quota-pools")


Line = tuple[date, float | None, float, float | None]


def curve(lines: Sequence[Line]) -> list[Component]:
    """lines: (day, reserve, frozen, available), the last of the as-of date."""
    rows = [
        [
            format_day(on),
            *(_DASH if mu is None else format_mu(mu) for mu in (reserve, frozen)),
            available_text(available),
        ]
        for on, reserve, frozen, available in lines
    ]
    columns = [
        TableColumn("自"),
        *(TableColumn(f"{n}（亩）", True) for n in ("储备", "已冻结", "可用")),
    ]
    days, reserve, frozen, available = ([line[n] for line in lines] for n in range(4))
    figure = quota_figure(days, reserve, frozen, available)  # type: ignore[arg-type]
    return [
        graph(figure, ids.Quota.CHART, height_px=280),
        html.Details(
            [html.Summary("看表格"), plain_table(columns, rows, "储备、冻结和可用")],
            id=ids.Quota.CHART_TABLE,
            className="more",
        ),
    ]


def freezes_table(
    found: Sequence[Freeze], names: Names, query: Query, acting: bool, today: date
) -> Component:
    """acting: whether who looks may register a thaw."""
    columns = [
        TableColumn("冻结文号"), TableColumn("区市"), TableColumn("日期"),
        TableColumn("冻结（亩）", True), TableColumn("所依据的图斑"),
        TableColumn("其中未整改（亩）", True), TableColumn("状态"), TableColumn("解冻"),
    ]  # fmt: skip
    rows = [
        (
            f.document_no or "无文号",
            names.get(f.district, f.district),
            format_day(f.frozen_on),
            format_mu(f.area_mu),
            _patches(f, query),
            format_mu(f.left_mu),
            f.state.label,
            _thaw_form(f, today)
            if acting and f.thawed_on is None
            else f"{format_day(f.thawed_on)} {f.thawed_why}"
            if f.thawed_on
            else _DASH,
        )
        for f in found
    ]
    return html_table(columns, rows, "冻结登记", "acting-table quota-freezes")


def _patches(f: Freeze, query: Query) -> Any:
    own = {**query, "year": str(f.year)}
    whole = figure_href("unrectified_farmland_mu", own, district=f.district)
    if not f.named:
        return dcc.Link(f"{f.year}年度该区市未整改的图斑", href=whole)
    links: list[Any] = []
    for number in f.named[:NAMED]:
        links += [dcc.Link(number, href=href(paths.patch(f.year, number), own)), " "]
    more = [f"等{len(f.named)}个"] if len(f.named) > NAMED else []
    return html.Span([*links, *more], className="quota-named")


def _thaw_form(f: Freeze, today: date) -> Component:
    part = ids.Quota.thaw

    def box(what: str, label: str, **more: Any) -> Component:
        return html.Label(
            [
                html.Span(f"{f.document_no}：{label}", className="visually-hidden"),
                dbc.Input(id=part(what, f.record), placeholder=label, size="sm", **more),
            ],
            className="inline-reason",
        )

    return html.Div(
        [
            box("document", "省厅解冻文号", maxLength=100),
            box("area", "亩", type="number", min=0, step="any", value=round(f.area_mu, 4)),
            date_box(part("on", f.record), f"{f.document_no}解冻日期", today, most=today),  # type: ignore[arg-type]
            dbc.Button("登记解冻", id=part("button", f.record), size="sm", outline=True,
                       color="primary"),
        ],
        className="inline-act",
    )  # fmt: skip


def freeze_form(names: Names, district: str | None, today: date) -> list[Component]:
    i = ids.Quota

    def field(label: str, box: Component, box_id: str) -> Component:
        return html.Div([html.Label(label, htmlFor=box_id), box], className="filter")

    return [
        html.Div(
            [
                field("区市", dbc.Select(id=i.DISTRICT, value=district, size="sm",
                      placeholder="选择区市",
                      options=[{"label": n, "value": c} for c, n in names.items()]), i.DISTRICT),
                field("省厅文号", dbc.Input(id=i.DOCUMENT, maxLength=100, size="sm"), i.DOCUMENT),
                field("冻结日期", date_box(i.ON, "冻结日期", today, most=today), i.ON),
                field("冻结面积（亩）", dbc.Input(id=i.AREA, type="number", min=0, step="any",
                      size="sm"), i.AREA),
                field("所依据的图斑编号（可不填，用顿号或空格分开）",
                      dbc.Input(id=i.PATCHES, maxLength=4000, size="sm"), i.PATCHES),
                field("说明（必填）", dbc.Input(id=i.REASON, maxLength=500, size="sm"), i.REASON),
            ],
            className="quota-form",
        ),
        dbc.Button("登记冻结", id=i.FREEZE, size="sm", color="primary"),
        html.P("冻结面积不能超过所列图斑（不列的为该区市全部图斑）当天未整改的违法占用耕地。",
               className="note"),
    ]  # fmt: skip
