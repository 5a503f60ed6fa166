"""Addresses: work year, as-of date and district travel through every link."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from components import paths
from data.texts import seen

#: What the frame owns of the address, in this order; everything else is a page's own.
FRAME_KEYS = ("year", "asof", "known", "district", "screen")


def read_search(search: str | None) -> dict[str, str]:
    """The query string as a dictionary; the last of a repeated key counts. Values come without
    what nobody sees, because sentences about them quote them."""
    given = parse_qsl((search or "").lstrip("?"), keep_blank_values=False)
    return {key: value for key, raw in given if (value := seen(raw))}


def frame_part(query: Mapping[str, str]) -> dict[str, str]:
    return {key: query[key] for key in FRAME_KEYS if query.get(key)}


def href(path: str, query: Mapping[str, str], **changes: str | None) -> str:
    """A link to a page with the frame's part of `query`, and changes (None takes a key out).

    The same view always has the same address: in the order of FRAME_KEYS, then the page's own.
    """
    merged: dict[str, str | None] = {**frame_part(query), **changes}
    ordered = dict.fromkeys((*FRAME_KEYS, *merged))
    kept = {key: value for key in ordered if (value := merged.get(key))}
    return f"{path}?{urlencode(kept)}" if kept else path


def figure_href(
    name: str,
    query: Mapping[str, str],
    *,
    district: str | None = None,
    month: str | None = None,
) -> str:
    """The list of the patches behind a figure (of data/definitions.py; of a rate, behind its
    numerator), which adds up to it. district, month: of the row in which the figure stands."""
    own = {**query, "district": district} if district else query
    if name == "overdue":
        return href(paths.OVERDUE, own, month=month)
    return href(paths.PATCHES, own, figure=name, month=month)
