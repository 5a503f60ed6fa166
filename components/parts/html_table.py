"""Plain tables: for what is small enough to need no grid; every chart has one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dash import html
from dash.development.base_component import Component


@dataclass(frozen=True, slots=True)
class TableColumn:
    """header with its unit; numbers stand right. is_current: what a narrow screen opens at."""

    header: str
    is_number: bool = False
    is_current: bool = False


def html_table(
    columns: Sequence[TableColumn],
    rows: Sequence[Sequence[Any]],
    caption: str,
    class_name: str = "",
    *,
    marked: int | None = None,
) -> Component:
    """A table with a caption for screen readers; cells are texts or components. The first cell of
    a row is its header. marked: the row that the view is about.
    """

    def cell(column: TableColumn, value: Any, first: bool) -> Component:
        if isinstance(value, html.Td | html.Th):
            return value
        make = html.Th if first else html.Td
        scope: dict[str, Any] = {"scope": "row"} if first else {}
        return make(value, className="number" if column.is_number else "", **scope)

    head = [
        html.Th(c.header, scope="col", className="number" if c.is_number else "") for c in columns
    ]
    body = [
        html.Tr(
            [cell(c, v, i == 0) for i, (c, v) in enumerate(zip(columns, row, strict=True))],
            className="marked" if at == marked else "",
        )
        for at, row in enumerate(rows)
    ]
    return html.Div(
        html.Table(
            [
                html.Caption(caption, className="visually-hidden"),
                html.Thead(html.Tr(head)),
                html.Tbody(body),
            ],
            className=f"plain-table {class_name}".strip(),
        ),
        className="table-frame",
        tabIndex="0",
    )
