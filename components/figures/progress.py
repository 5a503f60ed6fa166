"""Patches that are not reported, day by day up to the due date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import plotly.graph_objects as go

from components.parts.theme import tokens
from data.periods import format_day


def progress_figure(
    days: Sequence[date], unreported: Sequence[int], overdue: Sequence[int], due_on: date
) -> go.Figure:
    """Two lines with their names at their ends, and the due date as a labelled line."""
    t = tokens()
    figure = go.Figure()
    series = (("未上报", unreported, "accent"), ("其中逾期", overdue, "overdue"))
    for name, values, colour in series:
        figure.add_scatter(
            x=list(days),
            y=list(values),
            name=name,
            mode="lines",
            line={"color": t[colour], "width": 2},
            hovertemplate="%{x|%m月%d日} %{y}个",
        )
        figure.add_annotation(
            x=max(days[-1], due_on),
            y=values[-1],
            text=f"{name} {values[-1]}",
            showarrow=False,
            xanchor="left",
            xshift=8,
            bgcolor=t["surface"],
            font={"color": t[colour]},
        )
    figure.add_vline(x=due_on.isoformat(), line={"color": t["muted"], "dash": "dot", "width": 1})
    figure.add_annotation(
        x=due_on.isoformat(),
        y=1,
        yref="paper",
        text=f"{format_day(due_on, due_on.year)}到期",
        showarrow=False,
        xanchor="right",
        xshift=-4,
        yanchor="top",
        font={"color": t["muted"]},
    )
    figure.update_layout(showlegend=False, margin={"r": 104})
    figure.update_xaxes(tickformat="%-m月%-d日", range=[days[0], due_on + timedelta(hours=6)])
    figure.update_yaxes(title={"text": "图斑（个）", "font": {"size": 12}}, rangemode="tozero")
    return figure
