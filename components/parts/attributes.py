"""HTML attributes that Dash takes only as wildcards."""

from __future__ import annotations

from typing import Any


def aria(**values: str) -> dict[str, Any]:
    """`aria(label="路径")` → {"aria-label": "路径"}, to be unpacked into a component."""
    return {f"aria-{name.replace('_', '-')}": value for name, value in values.items()}


def data(**values: str) -> dict[str, Any]:
    """`data(copy="/")` → {"data-copy": "/"}: what the scripts of assets/js read."""
    return {f"data-{name.replace('_', '-')}": value for name, value in values.items()}
