"""M3: how papers name their sender and addressees, and their standing sentences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def paper_names(
    setting: str,
    *,
    name: str,
    government: str,
    office: str,
    province: str,
    head: str,
    contact: str,
    telephone: str,
    discipline: str,
    district_government: str,
    zone_government: str,
    district_bureau: str,
    consent: str,
    evaluation_basis: str,
    appeal: str,
) -> str:
    """What a setting says."""
    said: str = locals()[setting]
    return said


PREDICATES: dict[str, Callable[..., Any]] = {"paper_names": paper_names}
