"""The grid of the lists: AG Grid in Chinese; paging, sorting and filtering are the server's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_ag_grid as dag

from components.lists.columns import Kind, ListColumn

#: Rows a request; as many as two screens hold.
PAGE_ROWS = 100
ROW_HEIGHT = 36

_TEXT_OPTIONS = ["contains", "notContains", "startsWith", "equals", "blank", "notBlank"]
_NUMBER_OPTIONS = [
    "greaterThanOrEqual", "lessThanOrEqual", "inRange", "greaterThan", "lessThan", "equals",
]  # fmt: skip
_DAY_OPTIONS = ["inRange", "equals", "greaterThan", "lessThan", "blank", "notBlank"]
_FILTERS: dict[Kind, tuple[str, list[str]]] = {
    Kind.TEXT: ("agTextColumnFilter", _TEXT_OPTIONS),
    Kind.DAY: ("agDateColumnFilter", _DAY_OPTIONS),
    Kind.COUNT: ("agNumberColumnFilter", _NUMBER_OPTIONS),
    Kind.AREA: ("agNumberColumnFilter", _NUMBER_OPTIONS),
}


def _definition(
    column: ListColumn, first: bool, visible: bool, sort: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    order = {key: (position, way) for position, (key, way) in enumerate(sort)}
    definition: dict[str, Any] = {
        "field": column.key,
        "headerName": column.title,
        "width": column.width,
        "sortable": column.sortable,
        "hide": not (visible or column.fixed),
        "filter": False,
        "cellDataType": False,
    }
    if column.kind in (Kind.COUNT, Kind.AREA):
        definition["type"] = "rightAligned"
    if column.filterable:
        name, options = _FILTERS[column.kind]
        definition["filter"] = name
        definition["filterParams"] = {
            "filterOptions": options,
            "maxNumConditions": 1,
            "buttons": ["apply", "reset"],
            "closeOnApply": True,
        }
    if column.fixed:  # assets/js/lists.js leaves alone what is locked
        definition["lockVisible"] = True
    if first:
        definition |= {"pinned": "left", "lockPinned": True, "lockVisible": True}
    if column.key in order:
        position, way = order[column.key]
        definition |= {"sort": way, "sortIndex": position}
    return definition


def grid(
    grid_id: str,
    columns: Sequence[ListColumn],
    *,
    sort: Sequence[tuple[str, str]],
    filter_model: Mapping[str, Any] | None = None,
) -> dag.AgGrid:
    """A grid that asks by `getRowsRequest` for rows of patch_columns.screen_row.

    sort: (column, "asc" | "desc") to begin with. filter_model: AG Grid's, to begin with. A click on
    a row and Enter put {"id", "patch_no"} into `eventData` (assets/js/lists.js).
    """
    return dag.AgGrid(
        id=grid_id,
        columnDefs=[_definition(c, i == 0, c.shown, sort) for i, c in enumerate(columns)],
        defaultColDef={
            "resizable": True,
            "suppressMovable": True,
            "suppressHeaderMenuButton": True,
            "wrapHeaderText": True,
            "minWidth": 64,
        },
        rowModelType="infinite",
        getRowId="params.data.id",
        filterModel=dict(filter_model or {}),
        dashGridOptions={
            "theme": {"function": "weipianTheme(themeQuartz)"},
            "getLocaleText": {"function": "weipianLocale(params)"},
            "rowSelection": {
                "mode": "multiRow",
                "checkboxes": True,
                "headerCheckbox": False,
                "enableClickSelection": False,
            },
            "selectionColumnDef": {"pinned": "left", "width": 44, "minWidth": 44},
            "rowHeight": ROW_HEIGHT,
            "headerHeight": 48,
            "cacheBlockSize": PAGE_ROWS,
            "maxBlocksInCache": 20,
            "infiniteInitialRowCount": 1,
            # the component answers one request at a time
            "maxConcurrentDatasourceRequests": 1,
            "rowBuffer": 10,
            "multiSortKey": "ctrl",
            "ensureDomOrder": True,
            "enableCellTextSelection": True,
            "suppressCellFocus": False,
            "suppressDragLeaveHidesColumns": True,
            "animateRows": False,
        },
        eventListeners={
            "rowClicked": ["weipianRowClicked(params, setEventData)"],
            "cellKeyDown": ["weipianRowKey(params, setEventData)"],
        },
        className="patch-grid",
        style={"height": "100%", "width": "100%"},
    )
