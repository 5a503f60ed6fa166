"""Doubts on pages: what was measured otherwise than filled in, and ground that comes back; staff
confirm or dismiss each with a reason (data/workflow/doubts.py)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import dash
from dash import ALL, Dash, Input, Output, State, no_update
from dash.development.base_component import Component

from callbacks.frame.address import source_of_request
from callbacks.frame.context import PageContext
from callbacks.frame.guard import changes_state
from callbacks.frame.needs import needs
from components import ids, paths
from components.audit.doubts import DISMISS, DoubtRow
from components.links import href
from components.shell import toast
from data.acting import acting
from data.errors import SupervisionError
from data.numbers import whole_number
from data.periods import format_day
from data.rights import Right
from data.rules.doubts import DoubtKind, DoubtState, doubt_of
from data.services import Services
from data.store.queries.stamp import districts
from data.units import format_mu, format_rate
from data.vocabulary import RecordKind
from data.workflow.doubts import FILLING_CONFIRMED, Verdict, judge_doubt
from data.worklists.comebacks import ComeBack, outcome_label
from data.worklists.overlay import Finding, OverlayFinding
from data.worklists.refuted import Refuted

if TYPE_CHECKING:
    from sqlalchemy import Connection

_KINDS = (RecordKind.DOUBT_CONFIRMED, *FILLING_CONFIRMED)
_BUTTONS = (*(kind.value for kind in _KINDS), DISMISS)


def row_key(year: int, subject: str, doubt_key: str) -> str:
    return f"{year}|{doubt_key}|{subject}"


def of_overlay(rows: Sequence[OverlayFinding], context: PageContext) -> list[DoubtRow]:
    """Open ones first, of these the largest difference."""
    ordered = sorted(
        rows, key=lambda f: (f.state is not DoubtState.OPEN, -abs(f.difference_mu), f.patch_no)
    )
    return [
        DoubtRow(
            row_key(f.year, f.patch_no, f.doubt.key),
            f.patch_no,
            href(paths.patch(f.year, f.patch_no), context.query),
            context.names.get(f.district, f.district),
            f"{f.layer.label}：{f.finding.label}",
            overlay_text(f),
            f.state.label,
            f.state is DoubtState.OPEN,
            {**{k.value: k.label for k in FILLING_CONFIRMED}, DISMISS: "排除"},
        )
        for f in ordered
    ]


def overlay_text(found: OverlayFinding) -> str:
    """Both numbers, the difference and what is tolerated."""
    measured = format_mu(found.measured_mu)
    if found.finding is Finding.LAWFUL_WITHOUT_APPROVAL:
        return f"图斑{format_mu(found.filled_mu)}亩，批准范围只覆盖{measured}亩"
    more = "少" if found.filled_mu < found.measured_mu else "多"
    return (
        f"填报{format_mu(found.filled_mu)}亩，套合{measured}亩，"
        f"{more}{format_mu(abs(found.difference_mu))}亩（容差{format_mu(found.tolerance_mu)}亩）"
    )


def of_refuted(rows: Sequence[Refuted], context: PageContext) -> list[DoubtRow]:
    """Open ones first."""
    ordered = sorted(rows, key=lambda r: (r.state is not DoubtState.OPEN, r.patch_no, r.checked_on))
    return [
        DoubtRow(
            row_key(r.year, r.patch_no, r.doubt.key),
            r.patch_no,
            href(paths.patch(r.year, r.patch_no), context.query),
            context.names.get(r.district, r.district),
            DoubtKind.CHECK.label,
            f"{format_day(r.checked_on)}{r.level.label}核查（{r.checked_by}）不属实"
            + (f"：{r.note}" if r.note else ""),
            r.state.label,
            r.state is DoubtState.OPEN,
            {**{k.value: k.label for k in FILLING_CONFIRMED}, DISMISS: "排除"},
        )
        for r in ordered
    ]


def of_comebacks(rows: Sequence[ComeBack], context: PageContext) -> list[DoubtRow]:
    """Come-backs first, of these the open ones."""
    order = list(DoubtKind)
    ordered = sorted(
        rows, key=lambda b: (order.index(b.kind), b.state is not DoubtState.OPEN, -b.share)
    )
    return [
        DoubtRow(
            row_key(b.year, b.patch_no, b.doubt.key),
            b.patch_no,
            href(paths.patch(b.year, b.patch_no), {**context.query, "year": str(b.year)}),
            context.names.get(b.district, b.district),
            b.kind.label,
            comeback_text(b),
            b.state.label,
            b.state is DoubtState.OPEN,
            {RecordKind.DOUBT_CONFIRMED.value: "属实", DISMISS: "排除"},
        )
        for b in ordered
    ]


def comeback_text(back: ComeBack) -> str:
    """What lay there before, when, what was said of it, and how much of it is shared."""
    day = f"{format_day(back.other_on)}" if back.other_on else ""
    if back.kind is DoubtKind.EVIDENCED:
        other = f"{back.programme or '其他专项'} {back.other_no}（{day}）"
    else:
        other = f"{back.other_year}年图斑{back.other_no}（{day}下发）"
    outcome = f"，当时{outcome_label(back.outcome)}" if back.outcome else ""
    shared = f"重叠{format_mu(back.shared_mu)}亩，占{format_rate(back.share)}"
    return f"{format_day(back.issued_on)}下发；与{other}{shared}{outcome}"


def may_judge(context: PageContext, today: Any) -> bool:
    account = acting()
    is_now = context.as_of == today and context.known is None
    return is_now and account.may(Right.AUDIT) and not account.is_district


def judge(services: Services, pressed: dict[str, str], name: str, reason: str) -> str:
    """Say of one doubt what the button says; returns a sentence. Raises SupervisionError."""
    year, _, rest = pressed["key"].partition("|")
    key, _, subject = rest.partition("|")
    work_year, doubt = whole_number(year, most=9999), doubt_of(key)
    if work_year is None or doubt is None or not subject:
        raise SupervisionError("页面已更新，请刷新后重试。")
    today = services.settings.today()
    kind = RecordKind(name) if name != DISMISS else None
    of_filling = kind if kind in FILLING_CONFIRMED else None
    verdict = Verdict(work_year, subject, doubt, kind is not None, reason, today, of_filling)
    with services.store.write() as conn:
        judge_doubt(conn, acting(), verdict, today, source_of_request())
        names = {unit.code: unit.name for unit in districts(conn)}
    who = names.get(subject, subject) if doubt.of_district else f"图斑{subject}"
    return f"{who}：已认定为“{kind.label if kind else '疑点排除'}”。"


Render = Callable[["Connection", str], list[Component]]


def register_judging(
    app: Dash, services: Services, place: str, content_id: str, render: Render
) -> None:
    """The buttons of doubts_table on a page, which is drawn anew then."""
    part = ids.Doubts.part

    @app.callback(
        Output(content_id, "children", allow_duplicate=True),
        Output(ids.Shell.TOASTS, "children", allow_duplicate=True),
        *(Input(part(place, name, ALL), "n_clicks") for name in _BUTTONS),  # type: ignore[arg-type]
        State(part(place, "reason", ALL), "value"),  # type: ignore[arg-type]
        State(part(place, "reason", ALL), "id"),  # type: ignore[arg-type]
        State(ids.Shell.LOCATION, "search"),
        prevent_initial_call=True,
    )
    @changes_state
    @needs(Right.AUDIT)
    def judged(*values: Any) -> Any:
        *clicks, reasons, boxes, search = values
        pressed = dash.ctx.triggered_id
        if not pressed or not any(n for own in clicks for n in own):
            return no_update, no_update
        given = {b["key"]: t or "" for b, t in zip(boxes, reasons, strict=True)}
        name = pressed["type"].removeprefix(f"doubt-{place}-")
        said = judge(services, pressed, name, given.get(pressed["key"], ""))
        with services.store.read() as conn:
            return render(conn, search or ""), toast(said)
