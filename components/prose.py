"""Long texts as one component (assets/js/prose.js): a page of law is hundreds of elements, and Dash
keeps a subscription for each. A text is a tree of nodes; words stay words and never become HTML.
"""

from __future__ import annotations

from typing import Any

from dash.development.base_component import Component

#: What a text may be made of; assets/js/prose.js draws no others.
TAGS = frozenset(
    ("section", "article", "nav", "div", "p", "span", "strong", "em", "small", "h2", "h3", "h4",
     "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "a", "details", "summary",
     "table", "caption", "thead", "tbody", "tr", "th", "td", "code", "pre")
)  # fmt: skip

Node = list[Any] | str


def node(tag: str, *children: Node | None, cls: str = "", anchor: str = "", href: str = "") -> Node:
    """An element: [tag, attributes, child, …]. anchor: what `#…` in an address names. None is
    left out. Links stay on this server.
    """
    if tag not in TAGS:
        raise ValueError(f"no element {tag} in a text")
    if href and not href.startswith(("/", "#")):
        raise ValueError(f"a link to elsewhere: {href}")
    given = {"class": cls, "id": anchor, "href": href}
    attributes = {name: value for name, value in given.items() if value}
    return [tag, attributes, *(child for child in children if child not in (None, ""))]


def line(points: str, label: str) -> Node:
    """A tiny line through "x,y x,y …" (cards.line_points); nothing for none."""
    return ["line", {"points": points, "label": label}] if points else ""


def picture(src: str, alt: str) -> Node:
    """A picture from this server, loaded when it comes into view."""
    if not src.startswith("/"):
        raise ValueError(f"a picture from elsewhere: {src}")
    return ["img", {"src": src, "alt": alt}]


class Prose(Component):
    """nodes: of node(). The element that the address's `#…` names is scrolled to and marked."""

    _namespace = "weipian"
    _type = "Prose"
    _children_props: list[str] = []  # noqa: RUF012 - as Dash declares it
    _base_nodes: list[str] = []  # noqa: RUF012

    def __init__(self, **values: Any) -> None:
        self._prop_names = ["nodes", "className"]
        self._valid_wildcard_attributes: list[str] = []
        self.available_properties = self._prop_names
        self.available_wildcard_properties: list[str] = []
        super().__init__(**values)  # type: ignore[no-untyped-call]


def prose(nodes: list[Node], class_name: str = "") -> Prose:
    return Prose(nodes=nodes, className=class_name)
