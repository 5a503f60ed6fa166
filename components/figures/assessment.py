"""Charts of the annual evaluation: districts against the lines, and the ratio by month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import plotly.graph_objects as go

from components.parts.figure_text import Lines
from components.parts.theme import tokens
from data.units import format_rate, meets


def _colour(value: float, lines: Lines) -> str:
    t = tokens()
    if meets(value, lines.interview_ratio):
        return t["interview"]
    return t["early-warning"] if meets(value, lines.warning_ratio) else t["accent"]


def _names_of_lines(lines: Lines) -> list[tuple[float, str, str]]:
    t = tokens()
    return [
        (lines.warning_ratio, f"{format_rate(lines.warning_ratio)}预警线", t["early-warning-ink"]),
        (lines.interview_ratio, f"{format_rate(lines.interview_ratio)}约谈线", t["interview"]),
    ]


def ranking_figure(rows: Sequence[Mapping[str, Any]], lines: Lines) -> go.Figure:
    """Net ratio as a dot, gross as a ring, strict as a diamond; both lines.

    rows: districts in the order of the table. Those without a ratio keep their place, empty.
    """
    t = tokens()
    names = [row["short_name"] for row in rows]
    figure = go.Figure()
    gross = [row for row in rows if row["ratio_gross"] is not None]
    figure.add_scatter(
        x=[row["ratio_gross"] for row in gross],
        y=[row["short_name"] for row in gross],
        mode="markers",
        marker={"symbol": "circle-open", "size": 10, "color": t["muted"], "line": {"width": 1.5}},
        customdata=[format_rate(row["ratio_gross"], lines.ratios) for row in gross],
        hovertemplate="%{y} 未扣除 %{customdata}<extra></extra>",
    )
    strict = [row for row in rows if row["ratio_strict"] is not None]
    figure.add_scatter(
        x=[row["ratio_strict"] for row in strict],
        y=[row["short_name"] for row in strict],
        mode="markers",
        marker={"symbol": "diamond-open", "size": 9, "color": t["muted"], "line": {"width": 1.5}},
        customdata=[format_rate(row["ratio_strict"], lines.ratios) for row in strict],
        hovertemplate="%{y} 从严扣除 %{customdata}<extra></extra>",
    )
    net = [row for row in rows if row["ratio_net"] is not None]
    figure.add_scatter(
        x=[row["ratio_net"] for row in net],
        y=[row["short_name"] for row in net],
        mode="markers",
        marker={"size": 11, "color": [_colour(row["ratio_net"], lines) for row in net]},
        customdata=[format_rate(row["ratio_net"], lines.ratios) for row in net],
        hovertemplate="%{y} 扣除已消除 %{customdata}<extra></extra>",
    )
    for value, name, colour in _names_of_lines(lines):
        figure.add_vline(x=value, line={"color": colour, "dash": "dot", "width": 1.5})
        figure.add_annotation(
            x=value, y=1, yref="paper", yanchor="bottom", text=name, showarrow=False,
            xanchor="right" if value == lines.warning_ratio else "left",
            font={"color": colour, "size": 12},
        )  # fmt: skip
    highest = [lines.interview_ratio * 1.6, *(row["ratio_gross"] for row in gross)]
    highest += [row["ratio_net"] for row in net] + [row["ratio_strict"] for row in strict]
    top = min(1.0, max(highest) * 1.08)
    figure.update_layout(showlegend=False, margin={"l": 8, "r": 16, "t": 26, "b": 30})
    figure.update_xaxes(range=[-0.012 * top, top], tickformat=".0%", zeroline=False)
    figure.update_yaxes(
        categoryorder="array", categoryarray=names[::-1], automargin=True, ticks="", showgrid=False,
        range=[-0.6, len(names) - 0.4],
    )  # fmt: skip
    # districts without a ratio keep their line
    figure.add_scatter(x=[None] * len(names), y=names, mode="markers", hoverinfo="skip")
    return figure


def trend_figure(
    days: Sequence[date],
    net: Sequence[float | None],
    gross: Sequence[float | None],
    strict: Sequence[float | None],
    lines: Lines,
) -> go.Figure:
    """The ratio at each month's end and on the as-of date, with both lines."""
    t = tokens()
    figure = go.Figure()
    series = (
        ("未扣除", gross, t["muted"], "solid"),
        ("从严扣除", strict, t["muted"], "dash"),
        ("扣除已消除", net, t["accent"], "solid"),
    )
    ends: list[tuple[float, Any, str, str]] = []
    for name, values, colour, dash in series:
        known = [(day, value) for day, value in zip(days, values, strict=True) if value is not None]
        figure.add_scatter(
            x=[day for day, _ in known],
            y=[value for _, value in known],
            name=name,
            mode="lines+markers",
            line={"color": colour, "width": 2, "dash": dash},
            marker={"size": 5},
            customdata=[format_rate(value, lines.ratios) for _, value in known],
            hovertemplate="%{x|%m月%d日} " + name + " %{customdata}<extra></extra>",
        )
        if known:
            ends.append((known[-1][1], known[-1][0], name, colour))
    ends.sort(key=lambda end: end[0])
    for at, (value, day, name, colour) in enumerate(ends):  # the lowest below, the highest above
        figure.add_annotation(
            x=day, y=value, showarrow=False, xanchor="left", xshift=8, font={"color": colour},
            yshift=(at - (len(ends) - 1) / 2) * 12, bgcolor=t["surface"],
            text=f"{name} {format_rate(value, lines.ratios)}",
        )  # fmt: skip
    for value, name, colour in _names_of_lines(lines):
        figure.add_hline(y=value, line={"color": colour, "dash": "dot", "width": 1.5})
        figure.add_annotation(
            x=0, xref="paper", y=value, text=name, showarrow=False, xanchor="left",
            yanchor="bottom", font={"color": colour, "size": 12}, bgcolor=t["surface"],
        )  # fmt: skip
    known_values = [v for v in (*net, *gross, *strict) if v is not None]
    top = max([lines.interview_ratio * 1.3, *(v * 1.12 for v in known_values)])
    figure.update_layout(showlegend=False, margin={"l": 44, "r": 118, "t": 12, "b": 30})
    first, last = days[0], max(days[-1], days[0] + timedelta(days=1))
    figure.update_xaxes(tickformat="%-m月", range=[first - timedelta(days=4), last])
    figure.update_yaxes(range=[0, top], tickformat=".0%")
    return figure
