"""A row of choices of which one is shown: the tabs of a page, or the stages of a register."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dash import dcc, html
from dash.development.base_component import Component

from components.parts.attributes import aria


def chips(
    entries: Mapping[str, str],
    chosen: str,
    target: Callable[[str], str],
    title: str,
    *,
    counts: Mapping[str, int] | None = None,
    class_name: str = "ledger-tabs",
) -> Component:
    """entries: key → words. target: the address of a key. counts: how many stand behind a key, said
    beside its words. title: what the row is, for readers."""
    known = counts or {}
    return html.Nav(
        [
            dcc.Link(
                f"{words}（{known[key]:,}）" if key in known else words,
                href=target(key),
                className="filter-chip filter-chip-on" if key == chosen else "filter-chip",
            )
            for key, words in entries.items()
        ],
        className=class_name,
        **aria(label=title),
    )
