"""A day to choose, in the one form that all pages have it."""

from __future__ import annotations

from datetime import date

from dash import dcc
from dash.development.base_component import Component


def date_box(
    box_id: str,
    label: str,
    value: date | None = None,
    *,
    least: date | None = None,
    most: date | None = None,
) -> Component:
    """label: as it stands beside the box; Dash gives its placeholder to screen readers, and English
    without one (assets/js/dates.js has the calendar's buttons). least, most: the days offered."""
    box: Component = dcc.DatePickerSingle(
        id=box_id,
        date=value.isoformat() if value else None,
        min_date_allowed=least.isoformat() if least else None,
        max_date_allowed=most.isoformat() if most else None,
        placeholder=label,
        display_format="YYYY-MM-DD",
        first_day_of_week=1,
        clearable=False,
    )
    return box
