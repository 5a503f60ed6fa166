"""A card's menu: 看表格, 导出 xlsx, 存图, 复制链接. assets/js/shell.js does what they say."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from components.parts.attributes import aria, data


def export_link(href: str) -> Component:
    """Downloads the card's table as a workbook."""
    return html.A("导出 xlsx", href=href, download="")


def copy_link(address: str) -> Component:
    """Copies an address of this site that shows the same view to whoever opens it."""
    return html.Button("复制链接", type="button", **data(copy=address))


def save_image(graph_id: str, name: str, stamp: str) -> Component:
    """Saves a chart with its title and the stamp on it."""
    return html.Button("存图", type="button", **data(save=graph_id, name=name, stamp=stamp))


def show_table(details_id: str) -> Component:
    """Opens the table that stands behind a chart."""
    return html.Button("看表格", type="button", **data(show=details_id))


def card_menu(title: str, entries: Sequence[Component]) -> Component:
    return html.Details(
        [
            html.Summary("⋯", className="card-actions-mark", **aria(label=f"{title}：更多操作")),
            html.Ul([html.Li(entry) for entry in entries], className="card-actions-list"),
        ],
        className="card-actions",
    )
