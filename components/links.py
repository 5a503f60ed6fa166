"""Addresses: work year, as-of date and district travel through every link."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

#: What the frame owns of the address, in this order; everything else is a page's own.
FRAME_KEYS = ("year", "asof", "district", "screen")


def read_search(search: str | None) -> dict[str, str]:
    """The query string as a dictionary; the last of a repeated key counts."""
    return dict(parse_qsl((search or "").lstrip("?"), keep_blank_values=False))


def frame_part(query: Mapping[str, str]) -> dict[str, str]:
    return {key: query[key] for key in FRAME_KEYS if query.get(key)}


def href(path: str, query: Mapping[str, str], **changes: str | None) -> str:
    """A link to a page with the frame's part of `query`, and changes (None takes a key out)."""
    merged: dict[str, str | None] = {**frame_part(query), **changes}
    kept = {key: value for key, value in merged.items() if value}
    return f"{path}?{urlencode(kept)}" if kept else path
