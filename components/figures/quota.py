"""The pool of quota over time: reserve, frozen, and what is available."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import plotly.graph_objects as go

from components.parts.theme import tokens
from data.units import format_mu


def quota_figure(
    days: Sequence[date],
    reserve_mu: Sequence[float | None],
    frozen_mu: Sequence[float],
    available_mu: Sequence[float | None],
) -> go.Figure:
    """Three steps with their names at their ends; below zero more is frozen than there is. The last
    of days is the as-of date."""
    t = tokens()
    figure = go.Figure()
    series = (
        ("储备", reserve_mu, t["muted"]),
        ("已冻结", frozen_mu, t["late"]),
        ("可用", available_mu, t["accent"]),
    )
    ends: list[tuple[float, str, str]] = []
    for name, values, colour in series:
        figure.add_scatter(
            x=list(days),
            y=list(values),
            mode="lines+markers",
            marker={"size": 5},
            line={"color": colour, "width": 2, "shape": "hv"},
            customdata=[format_mu(v) if v is not None else "" for v in values],
            hovertemplate=f"{name} %{{x|%Y年%m月%d日}} %{{customdata}}亩<extra></extra>",
        )
        last = values[-1] if values else None
        if last is not None:
            ends.append((last, f"{name} {format_mu(last)}", colour))
    told = [v for _, values, _ in series for v in values if v is not None]
    gap = (max([*told, 0.0]) - min([*told, 0.0]) or 1.0) * 0.09
    shown: float | None = None
    for value, text, colour in sorted(ends):  # names keep their distance
        shown = value if shown is None else max(value, shown + gap)
        figure.add_annotation(
            x=days[-1], y=shown, showarrow=False, xanchor="left", xshift=8, bgcolor=t["surface"],
            font={"color": colour}, text=text,
        )  # fmt: skip
    figure.add_hline(y=0, line={"color": t["muted"], "width": 1})
    figure.update_layout(showlegend=False, margin={"l": 60, "r": 120, "t": 12, "b": 44})
    last_day = max(days[-1], days[0] + timedelta(days=1))
    # months, and the year below the first of each: six whole dates run together on a phone
    figure.update_xaxes(tickformat="%-m月\n%Y年", range=[days[0], last_day], nticks=6, tickangle=0)
    figure.update_yaxes(tickformat=",", title={"text": "补充耕地指标（亩）", "font": {"size": 12}})
    return figure
