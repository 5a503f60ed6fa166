"""How far a job of the queue is: its bar, its place in the queue, or that nobody is at work."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from components.parts.attributes import aria


def job_bar(text: str, share: float | None) -> Component:
    """share: done (0–1), None where it is not known."""
    moving = share is None or share >= 1
    bar = html.Div(
        html.Div(
            className="bar-fill bar-moving" if moving else "bar-fill",
            style={} if moving else {"width": f"{100 * (share or 0):.0f}%"},
        ),
        className="bar",
        role="progressbar",
        **aria(label=text, valuemin="0", valuemax="100"),
    )
    return html.Div([bar, html.P(text, role="status")], className="job-progress")


def queued(ahead: int) -> Component:
    """ahead: jobs before it, in the queue or at work."""
    return job_bar(f"排队中，前面还有 {ahead} 个任务" if ahead else "排队中，等待开始", None)


def stalled(text: str) -> Component:
    """Nobody is at work, so nothing moves."""
    return html.Div(html.P(text, role="status"), className="job-progress reminder")
