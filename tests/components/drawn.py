"""Looking into components: their texts and links, in order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dash import dcc, html

from components.parts.plain_table import PlainTable
from components.prose import Prose


def below(component: Any) -> Iterator[Any]:
    """The component and everything in it, texts included; a plain table as its script draws it."""
    if isinstance(component, PlainTable):
        component = as_html(component)
    if isinstance(component, Prose):
        component = prose_as_html(component)
    yield component
    children = component if isinstance(component, list | tuple) else None
    if children is None:
        children = getattr(component, "children", None)
    if children is None:
        return
    for child in children if isinstance(children, list | tuple) else [children]:
        yield from below(child)


def text_of(component: Any) -> str:
    return " ".join(str(part) for part in below(component) if isinstance(part, str | int))


def links_of(component: Any) -> dict[str, str]:
    """Text of each link → its address."""
    return {
        text_of(part): part.href
        for part in below(component)
        if getattr(part, "href", None) is not None
    }


def rows_of(component: Any) -> list[list[str]]:
    """The cells of every table row, as texts."""
    return [
        [text_of(cell) for cell in part.children]
        for part in below(component)
        if type(part).__name__ == "Tr"
    ]


def classed(component: Any, name: str) -> list[Any]:
    """The parts that carry a class."""
    return [
        part for part in below(component) if name in str(getattr(part, "className", "")).split()
    ]


def attribute(component: Any, name: str) -> Any:
    """An attribute that Dash gives a component without declaring it."""
    return getattr(component, name)


def as_html(table: Any) -> Any:
    """What assets/js/table.js draws for a plain table; the browser tests see the real one."""

    def words(cell: dict[str, Any]) -> Any:
        return dcc.Link(cell["text"], href=cell["href"]) if "href" in cell else cell["text"]

    def content(cell: dict[str, Any]) -> list[Any]:
        below = [html.Small(words(cell["below"]))] if "below" in cell else []
        return [words(cell), *below]

    rows = [html.Tr([html.Th(column["header"]) for column in table.columns])]
    for at, row in enumerate(table.rows):
        cells = [{"text": cell} if isinstance(cell, str) else cell for cell in row]
        drawn = [
            (html.Td if n else html.Th)(
                content(c), className=c.get("tone", ""), title=c.get("title", "")
            )
            for n, c in enumerate(cells)
        ]
        rows.append(html.Tr(drawn, className="marked" if at == table.marked else ""))
    return html.Table(rows, className=table.className)


def prose_as_html(text: Any) -> Any:
    """What assets/js/prose.js draws for a text; the browser tests see the real one."""

    def draw(node: Any) -> Any:
        if isinstance(node, str):
            return node
        tag, given, *children = node
        if tag == "line":
            return html.Img(alt=given["label"])
        make = getattr(html, tag.capitalize())
        link = {"href": given["href"]} if "href" in given else {}
        named = {"id": given["id"]} if "id" in given else {}
        drawn = [draw(child) for child in children]
        return make(drawn, className=given.get("class", ""), **link, **named)

    return html.Div([draw(node) for node in text.nodes], className=text.className)
