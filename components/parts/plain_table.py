"""Tables of many cells as one component (assets/js/table.js).

Dash keeps a subscription per component: a matrix made of html.Td and dcc.Link costs the browser
seconds where this costs milliseconds. For a few rows with components in them: tables.html_table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dash.development.base_component import Component

from components.parts.html_table import TableColumn


@dataclass(frozen=True, slots=True)
class Cell:
    """text, and where it leads. tone: class of the cell. title: what stands when one points at it.
    below: a small second line. bar: share done (0–1), drawn before the text.
    """

    text: str
    href: str | None = None
    tone: str = ""
    title: str = ""
    below: Cell | None = None
    bar: float | None = None

    def as_json(self) -> dict[str, Any]:
        values: dict[str, Any] = {
            "text": self.text,
            "href": self.href,
            "tone": self.tone,
            "title": self.title,
            "below": self.below.as_json() if self.below else None,
            "bar": self.bar,
        }
        return {key: value for key, value in values.items() if value not in (None, "")}


class PlainTable(Component):
    """columns: {header, number}. rows: of texts or Cell.as_json(). marked: the row of the view."""

    _namespace = "weipian"
    _type = "PlainTable"
    _children_props: list[str] = []  # noqa: RUF012 - as Dash declares it
    _base_nodes: list[str] = []  # noqa: RUF012

    def __init__(self, **values: Any) -> None:
        self._prop_names = ["caption", "columns", "rows", "className", "marked"]
        self._valid_wildcard_attributes: list[str] = []
        self.available_properties = self._prop_names
        self.available_wildcard_properties: list[str] = []
        super().__init__(**values)  # type: ignore[no-untyped-call]


def plain_table(
    columns: Sequence[TableColumn],
    rows: Sequence[Sequence[str | Cell]],
    caption: str,
    class_name: str = "",
    *,
    marked: int | None = None,
) -> PlainTable:
    """A table with a caption for screen readers; the first cell of a row is its header."""
    for row in rows:
        if len(row) != len(columns):
            raise ValueError(f"{caption}: a row of {len(row)} cells under {len(columns)} columns")
    return PlainTable(
        caption=caption,
        columns=[
            {"header": c.header, "number": c.is_number}
            | ({"current": True} if c.is_current else {})
            for c in columns
        ],
        rows=[[c if isinstance(c, str) else c.as_json() for c in row] for row in rows],
        className=class_name,
        marked=marked,
    )
