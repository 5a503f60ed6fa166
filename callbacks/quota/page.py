"""指标冻结: pool, forecast, freezes and thaws of supplementary-farmland quota (T9)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import dash
from dash import ALL, Dash, Input, Output, State, html, no_update
from dash.development.base_component import Component
from flask import Flask

from callbacks.frame.address import source_of_request
from callbacks.frame.content import fill_place
from callbacks.frame.context import PageContext, read_context
from callbacks.frame.downloads import serve_workbook
from callbacks.frame.guard import changes_state
from callbacks.frame.needs import needs
from callbacks.quota.workbook import EXPORT_PATH, workbook
from components import ids, paths
from components.links import href
from components.parts.card_menu import copy_link, export_link, save_image, show_table
from components.parts.cards import card, empty, headline, problem_notes
from components.quota import (
    Line,
    available_text,
    curve,
    freeze_form,
    freezes_table,
    pools_table,
)
from components.shell import toast
from data.acting import acting
from data.definitions import DEFINITIONS
from data.errors import SupervisionError
from data.numbers import MOST_ID, whole_number
from data.periods import format_day
from data.rights import Right
from data.services import Services
from data.settings import Settings
from data.units import format_mu
from data.vocabulary import RecordKind
from data.workflow.freezing import thaw
from data.workflow.records import NewRecord, add_record
from data.worklists.freezes import Freezes, freezes

if TYPE_CHECKING:
    from sqlalchemy import Connection


def may_register(context: PageContext, today: date) -> bool:
    account = acting()
    is_now = context.as_of == today and context.known is None
    return is_now and account.may(Right.ISSUE) and not account.is_district


def sentences(context: PageContext, found: Freezes) -> list[str]:
    """Who has less than nothing, then what is available, what is expected, what may be thawed."""
    day, names = format_day(context.as_of, context.year), context.names_seen
    short = [p for p in found.districts if p.available_mu is not None and p.available_mu < 0]
    said = [
        f"{names.get(p.district, p.district)}冻结超过储备{format_mu(-(p.available_mu or 0.0))}亩"
        for p in short
    ]
    first = "、".join(said)
    frozen = sum(p.frozen_mu for p in found.districts)
    told = [p.available_mu for p in found.districts if p.available_mu is not None]
    rest = f"{context.district_name}可用指标{available_text(sum(told) if told else None)}"
    rest += "亩" if told else ""
    parts = [f"截至{day}，{first}" if first else f"截至{day}，{rest}，已冻结{format_mu(frozen)}亩"]
    if first:
        parts.append(f"{rest}，已冻结{format_mu(frozen)}亩")
    forecast = sum(p.forecast_mu for p in found.districts)
    if forecast:
        parts.append(f"未整改的违法占用耕地{format_mu(forecast)}亩，预计等量冻结")
    to_thaw = sum(p.to_thaw_mu for p in found.districts)
    if to_thaw:
        parts.append(f"{format_mu(to_thaw)}亩已具备解冻条件")
    missing = [names.get(p.district, p.district) for p in found.districts if p.reserve_mu is None]
    if missing and told:
        parts.append(f"{'、'.join(missing)}没有报送储备，未计入可用")
    return parts


def over_time(found: Freezes) -> list[Line]:
    """The view's pool on every day on which something changes, and on the as-of date. A district
    counts from its first report of a reserve on."""
    days = sorted({d.on for d in found.days} | ({found.as_of} if found.days else set()))
    lines: list[Line] = []
    for day in days:
        last = {d.district: d for d in found.days if d.on <= day}  # days are in order
        reserves = [d.reserve_mu for d in last.values() if d.reserve_mu is not None]
        available = [d.available_mu for d in last.values() if d.available_mu is not None]
        lines.append(
            (
                day,
                sum(reserves) if reserves else None,
                sum(d.frozen_mu for d in last.values()),
                sum(available) if available else None,
            )
        )
    return lines


def render(conn: Connection, settings: Settings, search: str) -> list[Component]:
    """The whole page for an address."""
    context = read_context(conn, settings, search)
    found = freezes(conn, context.scope, context.year, context.as_of, context.district)
    query = context.query
    parts: list[Component] = [
        headline(sentences(context, found)),
        *problem_notes(context.problems, href(paths.QUOTA, query)),
    ]
    cards: list[Component] = []
    acts = may_register(context, settings.today())
    is_bare = not found.freezes and not any(p.patches for p in found.districts)
    if is_bare and not found.days:
        cards.append(
            empty(
                "还没有储备库指标、冻结登记和未整改的违法占用耕地。",
                "去上传“补充耕地指标”",
                href(paths.UPLOAD, query),
            )
        )
    else:
        cards += _cards(context, found, acts, settings)
    if acts:
        form = freeze_form(context.names_seen, context.district, settings.today())
        cards.append(card("登记省厅的冻结", form, class_name="queue-card"))
    return [*parts, html.Div(cards, className="audit-grid")]


def _cards(context: PageContext, found: Freezes, acts: bool, settings: Settings) -> list[Component]:
    query, names = context.query, context.names_seen
    actions = [
        export_link(href(EXPORT_PATH, query)),
        copy_link(context.permalink(paths.QUOTA)),
    ]
    cards = [
        card(
            "各区市储备、冻结和可用",
            pools_table(found.districts, names, query, found.year),
            definition=DEFINITIONS["quota_available_mu"],
            actions=actions,
            note="可用＝储备－已冻结；冻结多于储备的写“超冻”。预计冻结为未整改的违法占用耕地，点开看图斑。",
        )
    ]
    if lines := over_time(found):
        title = f"{context.district_name}可用指标{available_text(lines[-1][3])}"
        title += "亩" if lines[-1][3] is not None else ""
        cards.append(
            card(
                title,
                curve(lines),
                actions=[
                    show_table(ids.Quota.CHART_TABLE),
                    save_image(
                        ids.Quota.CHART, title, f"{context.district_name} · {context.stamp_line}"
                    ),
                    *actions,
                ],
                class_name="chart-panel",
            )
        )
    if found.freezes:
        note = "" if acts else "由有“签发”权限的市局账户在今天的基准日下登记冻结和解冻。"
        cards.append(
            card(
                f"省厅冻结{len(found.freezes)}笔",
                freezes_table(found.freezes, names, query, acts, settings.today()),
                actions=actions,
                note=note,
            )
        )
    return cards


def _day(text: str | None, what: str) -> date:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        raise SupervisionError(f"请选择{what}。") from None


def _area(value: Any, what: str) -> float:
    try:
        area = float(value)
    except (TypeError, ValueError):
        raise SupervisionError(f"请填写{what}（亩）。") from None
    if not 0 < area < 1e7:
        raise SupervisionError(f"{what}应大于0，请核对。")
    return area


def register_freeze(services: Services, year: int, given: Sequence[Any]) -> str:
    """given: district, number, day, area, patches and reason as they stand in the boxes. Returns a
    sentence; raises SupervisionError."""
    district, document, on, area, patches, reason = given
    if not district:
        raise SupervisionError("请选择区市。")
    record = NewRecord(
        RecordKind.FREEZE,
        year,
        str(district),
        _day(on, "冻结日期"),
        str(reason or "")[:500],
        document_no=str(document or "").strip()[:100],
        area_mu=_area(area, "冻结面积"),
        patch_nos=tuple(re.split(r"[、，,;；\s]+", str(patches or "").strip())) if patches else (),
    )
    with services.store.write() as conn:
        number = add_record(conn, acting(), record, services.settings.today(), source_of_request())
    return f"已登记冻结（第{number}号登记）。"


def register(app: Dash, services: Services) -> None:
    i = ids.Quota
    fill_place(app, services, i.CONTENT, render)

    def again(search: str | None) -> list[Component]:
        with services.store.read() as conn:
            return render(conn, services.settings, search or "")

    @app.callback(
        Output(i.CONTENT, "children", allow_duplicate=True),
        Output(ids.Shell.TOASTS, "children", allow_duplicate=True),
        Input(i.FREEZE, "n_clicks"),
        State(i.DISTRICT, "value"),
        State(i.DOCUMENT, "value"),
        State(i.ON, "date"),
        State(i.AREA, "value"),
        State(i.PATCHES, "value"),
        State(i.REASON, "value"),
        State(ids.Shell.LOCATION, "search"),
        prevent_initial_call=True,
    )
    @changes_state
    @needs(Right.ISSUE)
    def freeze(clicks: int | None, *given: Any) -> Any:
        if not clicks:
            return no_update, no_update
        *boxes, search = given
        with services.store.read() as conn:
            year = read_context(conn, services.settings, search or "").year
        said = register_freeze(services, year, boxes)
        return again(search), toast(said)

    part = "quota-thaw-"

    @app.callback(
        Output(i.CONTENT, "children", allow_duplicate=True),
        Output(ids.Shell.TOASTS, "children", allow_duplicate=True),
        Input({"type": f"{part}button", "record": ALL}, "n_clicks"),
        State({"type": f"{part}document", "record": ALL}, "value"),
        State({"type": f"{part}area", "record": ALL}, "value"),
        State({"type": f"{part}on", "record": ALL}, "date"),
        State({"type": f"{part}button", "record": ALL}, "id"),
        State(ids.Shell.LOCATION, "search"),
        prevent_initial_call=True,
    )
    @changes_state
    @needs(Right.ISSUE)
    def thawed(
        clicks: list[int | None],
        documents: list[str | None],
        areas: list[Any],
        days: list[str | None],
        buttons: list[dict[str, str]],
        search: str | None,
    ) -> Any:
        pressed = dash.ctx.triggered_id
        if not pressed or not any(clicks):
            return no_update, no_update
        at = next((n for n, b in enumerate(buttons) if b["record"] == pressed["record"]), None)
        number = whole_number(pressed["record"], 1, MOST_ID)
        if at is None or number is None:
            raise SupervisionError("页面已更新，请刷新后重试。")
        area, on = _area(areas[at], "解冻面积"), _day(days[at], "解冻日期")
        with services.store.write() as conn:
            thaw(
                conn, acting(), number, (documents[at] or "")[:100], area, on, "",
                services.settings.today(), source_of_request(),
            )  # fmt: skip
        return again(search), toast(f"已登记解冻{format_mu(area)}亩。")


def register_routes(server: Flask, services: Services) -> None:
    serve_workbook(server, services, EXPORT_PATH, workbook)
