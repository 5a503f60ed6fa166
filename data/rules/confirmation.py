"""What of a district's own file needs the city's confirmation. Pure: no SQL, no clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any


def is_backdated(day: date, uploaded_on: date, *, days: int) -> bool:
    """C1: whether a day lies so far before the upload that brings it."""
    return (uploaded_on - day).days > days


PREDICATES: dict[str, Callable[..., Any]] = {"is_backdated": is_backdated}
