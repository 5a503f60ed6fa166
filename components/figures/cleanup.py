"""What is left of each year of origin over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import plotly.graph_objects as go

from components.parts.theme import tokens
from data.units import format_mu

#: Lines that carry their name: the largest of what is left.
MOST_NAMED = 4


def cleanup_figure(
    days: Sequence[date], remaining: Mapping[int, Sequence[float | None]]
) -> go.Figure:
    """A line a year of origin; those with most left are in colour and named at their ends."""
    t = tokens()
    figure = go.Figure()
    last = {year: (values[-1] or 0.0) for year, values in remaining.items()}
    named = sorted((y for y in last if last[y]), key=lambda y: -last[y])[:MOST_NAMED]
    colours = [t["overdue"], t["late"], t["accent"], t["other"]]
    ends: list[tuple[float, int, str]] = []
    for year, values in remaining.items():
        colour = colours[named.index(year)] if year in named else t["line"]
        figure.add_scatter(
            x=list(days),
            y=list(values),
            mode="lines+markers" if year in named else "lines",
            marker={"size": 4},
            line={"color": colour, "width": 2 if year in named else 1.5},
            customdata=[format_mu(v) if v is not None else "" for v in values],
            hovertemplate=f"{year}年 %{{x|%Y年%m月%d日}} %{{customdata}}亩<extra></extra>",
        )
        if year in named:
            ends.append((last[year], year, colour))
    ends.sort()
    highest = max((v or 0.0 for values in remaining.values() for v in values), default=0.0) or 1.0
    shown = -1.0
    for value, year, colour in ends:  # names keep their distance
        shown = max(value, shown + highest * 0.075)
        figure.add_annotation(
            x=days[-1], y=shown, showarrow=False, xanchor="left", xshift=8, bgcolor=t["surface"],
            font={"color": colour}, text=f"{year}年 {format_mu(value)}",
        )  # fmt: skip
    figure.update_layout(showlegend=False, margin={"l": 52, "r": 112, "t": 12, "b": 30})
    # else the axis grows until the names at the ends fit into the plot: years to come on a phone
    last_day = max(days[-1], days[0] + timedelta(days=1))
    figure.update_xaxes(tickformat="%Y年", range=[days[0], last_day], nticks=5, tickangle=0)
    figure.update_yaxes(
        title={"text": "未整改耕地（亩）", "font": {"size": 12}}, rangemode="tozero"
    )
    return figure
