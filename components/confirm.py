"""待确认: the queue of what districts claim, and what was decided of late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from components import ids
from components.parts.cards import card, empty
from components.parts.html_table import TableColumn, html_table


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """A claim in words. effect: what a decision does to the district's ratio, "" where nothing.
    decided: what was said of it, "" while it waits."""

    id: int
    kind: str
    patch: str
    patch_href: str
    parcel: str
    district: str
    field: str
    old: str
    new: str
    evidence: str
    effect: str = ""
    decided: str = ""


def queue(lines: Sequence[ClaimLine], may_decide: bool, left_out: int) -> Component:
    """What waits, oldest first. left_out: how many more there are than are shown."""
    if not lines:
        return empty("没有待确认的事项。", "区市上传的内容对其有利的，会列在这里，由市局确认。")
    columns = [
        TableColumn(title)
        for title in ("选", "事项", "图斑", "区市", "原来 → 现在", "依据", "对问责比例的影响")
    ]
    rows = [
        [
            html.Td(_pick(line, may_decide)),
            line.kind,
            _patch(line),
            line.district,
            f"{line.field}：{line.old} → {line.new}",
            line.evidence,
            line.effect or "—",
        ]
        for line in lines
    ]
    body: list[Any] = [html_table(columns, rows, "待确认的事项", "confirm-table")]
    if left_out:
        body.append(html.P(f"另有{left_out}项，办完以上各项后列出；也可在上方选区市。"))
    body.append(_actions() if may_decide else html.P(NOT_YOURS, className="note"))
    return card("待确认", body)


NOT_YOURS = "您的账户没有“确认”权限，只能查看。确认由市局中被单独授权的账户办理。"


def _pick(line: ClaimLine, may_decide: bool) -> Any:
    if not may_decide:
        return str(line.id)
    label = html.Span(f"选第{line.id}项", className="visually-hidden")
    return dcc.Checklist(
        options=[{"label": label, "value": line.id}],
        value=[],
        id={"type": "confirm-pick", "claim": line.id},
    )


def _patch(line: ClaimLine) -> Component:
    return html.Span([dcc.Link(line.patch, href=line.patch_href), f" {line.parcel}"])


def _actions() -> Component:
    i = ids.Confirm
    return html.Div(
        [
            html.Label("理由（不予认可时必填）", htmlFor=i.REASON),
            dcc.Input(id=i.REASON, type="text", maxLength=500, className="confirm-reason"),
            html.Button("确认所选", id=i.ACCEPT, type="button", className="btn btn-primary btn-sm"),
            html.Button(
                "不予认可所选", id=i.REFUSE, type="button", className="btn btn-secondary btn-sm"
            ),
        ],
        className="confirm-actions",
    )


def _button(text: str, id_: str, style: str) -> Component:
    return html.Button(text, id=id_, type="button", className=f"btn btn-{style} btn-sm")


def decided_list(lines: Sequence[ClaimLine]) -> Component | None:
    """What was decided of late, the latest first."""
    if not lines:
        return None
    columns = [TableColumn(title) for title in ("事项", "图斑", "区市", "原来 → 现在", "办理")]
    rows = [
        [
            line.kind,
            _patch(line),
            line.district,
            f"{line.field}：{line.old} → {line.new}",
            line.decided,
        ]
        for line in lines
    ]
    return card(
        "最近办理", html_table(columns, rows, "最近办理的事项"), class_name="confirm-decided"
    )


def claim_notes(lines: Sequence[ClaimLine], confirm_href: str) -> Component | None:
    """On the page of a patch: what of it waits, and what the city said."""
    if not lines:
        return None
    waits = [line for line in lines if not line.decided]
    items = [
        html.Li(
            f"{line.kind}：{line.parcel} {line.field} {line.old} → {line.new}"
            f"（{line.decided or '待市局确认'}）"
        )
        for line in lines
    ]
    title = f"待确认：{len(waits)}项" if waits else "区市填报的确认情况"
    link = [dcc.Link("去待确认", href=confirm_href)] if waits else []
    return html.Section(
        [html.H2(title, className="card-heading"), html.Ul(items), *link],
        className="panel claim-notes",
    )
