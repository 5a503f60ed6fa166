"""The parts of a list page: filters, grid, batch actions, drawer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from components import ids
from components.lists.columns import ListColumn
from components.lists.grid import grid
from components.parts.attributes import aria
from components.parts.filters import Option, filter_bar, search_box, select
from data.vocabulary import Domain, PatchStatus, PatchType


def hidden(input_id: str) -> Component:
    """Stands in for a filter that this page lacks, so that both pages share one callback."""
    return dcc.Input(id=input_id, type="hidden", value="")


def filters(
    i: ids.PatchList,
    *,
    text: str,
    month: str | None,
    town: str | None,
    patch_type: str | None,
    months: Sequence[Option],
    towns: Sequence[Option],
    status: str | None = None,
    domain: str | None = None,
    with_status: bool = False,
) -> list[Component]:
    """The filter boxes with the values of the address."""
    types = [
        (term.value, term.label)
        for term in PatchType
        if with_status or term is not PatchType.MINERAL
    ]
    boxes = [
        search_box(i.TEXT, text),
        select(i.TOWN, "乡镇街道", "全部乡镇", towns, town),
        select(i.MONTH, "月清月份", "全部月份", months, month),
        select(i.TYPE, "图斑类型", "全部类型", types, patch_type),
    ]
    if not with_status:
        return [*boxes, hidden(i.STATUS), hidden(i.DOMAIN)]
    statuses = [(term.value, term.label) for term in PatchStatus]
    domains = [(term.value, term.label) for term in Domain]
    return [
        *boxes,
        select(i.STATUS, "办理状态", "全部状态", statuses, status),
        select(i.DOMAIN, "领域", "土地和矿产", domains, domain),
    ]


def toolbar(
    i: ids.PatchList,
    columns: Sequence[ListColumn],
    boxes: Sequence[Component],
    *,
    clear_href: str,
    export_href: str,
    remembered_as: str,
) -> Component:
    """Filters on the left; columns, clearing and export on the right."""
    return filter_bar(
        boxes,
        [
            html.A("清除筛选", href=clear_href, className="btn btn-sm btn-link"),
            column_chooser(i.COLUMNS, columns, remembered_as),
            html.A(
                "导出 xlsx",
                id=i.EXPORT,
                href=export_href,
                download="",
                className="btn btn-sm btn-outline-secondary",
            ),
        ],
        "筛选图斑",
    )


def in_view_switch(i: ids.PatchList, on: bool) -> Component:
    """仅显示地图范围: the list is cut to what the map shows."""
    return html.Div(
        dbc.Switch(id=i.IN_VIEW, label="列表仅显示地图范围", value=on), className="in-view"
    )


def batch_bar(i: ids.PatchList) -> Component:
    """What can be done with the selected rows."""
    return html.Div(
        [
            html.Span(id=i.BATCH_COUNT, className="batch-count"),
            dbc.Button("复制清单（业务群）", id=i.COPY, size="sm", color="primary"),
            dbc.Button("导出所选", id=i.EXPORT_SELECTED, size="sm", outline=True, color="primary"),
            dbc.Button("取消选择", id=i.DESELECT, size="sm", color="link"),
        ],
        id=i.BATCH,
        hidden=True,
        className="batch-bar",
        role="status",
    )


def grid_pane(
    i: ids.PatchList,
    columns: Sequence[ListColumn],
    *,
    sort: Sequence[tuple[str, str]],
    filter_model: Mapping[str, Any],
    label: str,
) -> Component:
    return html.Div(
        [
            html.Div(
                [
                    html.Span("正在读取…", id=i.COUNT, className="list-count"),
                    html.Span("点按一行或按回车查看图斑", className="list-hint"),
                ],
                className="list-head",
                **aria(live="polite"),
            ),
            batch_bar(i),
            html.Div(
                grid(i.GRID, columns, sort=sort, filter_model=filter_model),
                className="grid-frame",
                role="region",
                **aria(label=label),
            ),
        ],
        className="list-pane",
    )


def hidden_parts(i: ids.PatchList, search: str) -> list[Component]:
    """Drawer, copy window, and the stores behind them."""
    return [
        dbc.Offcanvas(
            id=i.DRAWER,
            placement="end",
            is_open=False,
            backdrop=False,
            scrollable=True,
            title="",
            className="patch-drawer",
        ),
        dbc.Modal(
            [
                dbc.ModalHeader(dbc.ModalTitle("业务群内通报文字"), close_button=True),
                dbc.ModalBody(
                    dcc.Textarea(
                        id=i.COPY_TEXT,
                        value="",
                        readOnly=True,
                        className="form-control copy-text",
                        style={"height": "320px"},
                    )
                ),
                dbc.ModalFooter(dbc.Button("复制", id=i.COPY_BUTTON, color="primary")),
            ],
            id=i.COPY_MODAL,
            is_open=False,
            scrollable=True,
            centered=True,
        ),
        dcc.Download(id=i.DOWNLOAD),
        dcc.Store(id=i.QUERY, data=search),
        dcc.Store(id=i.TOTAL),
        dcc.Store(id=i.TOTAL_SHOWN),
        dcc.Store(id=i.APPLIED),
        dcc.Store(id=i.COLUMNS_SHOWN),
        dcc.Store(id=i.PICKED),
        dcc.Store(id=i.MARKED),
        dcc.Store(id=i.MAP_BOUNDS),
        dcc.Store(id=i.MAP_PICK),
    ]


def column_chooser(chooser_id: str, columns: Sequence[ListColumn], remembered_as: str) -> Component:
    """Which columns show; the browser remembers it. The first column always shows."""
    free = [c for c in columns[1:] if not c.fixed]
    return html.Details(
        [
            html.Summary("显示列", className="btn btn-sm btn-outline-secondary"),
            html.Div(
                dcc.Checklist(
                    id=chooser_id,
                    options=[{"label": c.title, "value": c.key} for c in free],
                    value=[c.key for c in free if c.shown],
                    persistence=remembered_as,
                    persistence_type="local",
                ),
                className="column-choices",
            ),
        ],
        className="column-chooser",
    )
