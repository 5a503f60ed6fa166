"""The steps of a field check as buttons of the page: send, enter, confirm, send back, exempt, draw.
Each is a function of data/workflow/field_visits.py or sampling.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

import dash
from dash import Dash, Input, Output, State, no_update
from dash.development.base_component import Component

from callbacks.frame.address import source_of_request
from callbacks.frame.context import read_context
from callbacks.frame.guard import changes_state
from callbacks.frame.needs import needs
from components import ids
from components.shell import toast
from data.acting import acting
from data.errors import SupervisionError
from data.periods import format_month
from data.rights import Right
from data.services import Services
from data.vocabulary import CheckFinding, CheckLevel
from data.workflow.field_visit_writing import Acting, Elsewhere, Pick
from data.workflow.field_visits import assign, confirm, exempt, record_results, send_back
from data.workflow.sampling import draw_sample

if TYPE_CHECKING:
    from sqlalchemy import Connection

Render = Callable[["Connection", str], list[Component]]
_Answer = TypeVar("_Answer", bound=Callable[..., Any])
_AGAIN = "页面已更新，请刷新后重试。"


def picks_of(picked: Sequence[str]) -> list[Pick]:
    """The ticked patches. Raises SupervisionError for what the page did not offer."""
    found = []
    for text in picked:
        level, seen, number = [*text.split("|", 2), "", ""][:3]
        if level not in set(CheckLevel) or not number:
            raise SupervisionError(_AGAIN)
        found.append(Pick(number, CheckLevel(level), seen))
    return found


def day_of_box(text: str | None, what: str) -> date | None:
    """What a box of days holds; None where it is empty."""
    if not text:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise SupervisionError(f"{what}“{text[:20]}”无法识别，请从日历中选择。") from None


def register_steps(app: Dash, services: Services, render: Render) -> None:
    i = ids.Checks

    def done(search: str | None, take: Callable[[Acting], str]) -> Any:
        """Take a step in the work year of the address, and draw the page anew."""
        with services.store.read() as conn:
            year = read_context(conn, services.settings, search or "").year
        with services.store.write() as conn:
            today, where = services.settings.today(), source_of_request()
            said = take(Acting(conn, acting(), year, today, where))
        with services.store.read() as conn:
            return render(conn, search or ""), toast(said)

    def answers(*places: Any) -> Callable[[_Answer], _Answer]:
        answered: Callable[[_Answer], _Answer] = app.callback(
            Output(i.CONTENT, "children", allow_duplicate=True),
            Output(ids.Shell.TOASTS, "children", allow_duplicate=True),
            *places,
            State(ids.Shell.LOCATION, "search"),
            prevent_initial_call=True,
        )
        return answered

    @answers(
        Input(i.ASSIGN, "n_clicks"),
        State(i.PICKED, "value"),
        State(i.TEAM, "value"),
        State(i.DUE, "date"),
    )
    @changes_state
    @needs(Right.READ)  # the city asks for 外业核查, a district for 上传: field_visits
    def send(
        clicks: int | None,
        picked: list[str] | None,
        team: str | None,
        due: str | None,
        search: str | None,
    ) -> Any:
        if not clicks:
            return no_update, no_update
        picks, until = picks_of(picked or []), day_of_box(due, "核查期限")
        return done(search, lambda by: f"已派组{assign(by, picks, team or '', until)}处。")

    @answers(
        Input(i.RECORD, "n_clicks"),
        State(i.PICKED, "value"),
        State(i.FINDING, "value"),
        State(i.DAY, "date"),
        State(i.TEAM, "value"),
        State(i.NOTE, "value"),
    )
    @changes_state
    @needs(Right.READ)  # the city asks for 外业核查, a district for 上传: field_visits
    def enter(
        clicks: int | None,
        picked: list[str] | None,
        finding: str | None,
        day: str | None,
        team: str | None,
        note: str | None,
        search: str | None,
    ) -> Any:
        if not clicks:
            return no_update, no_update
        picks, on = picks_of(picked or []), day_of_box(day, "核查日期")
        if finding not in set(CheckFinding) or on is None:
            raise SupervisionError("请选择核查结论和核查日期。")
        told = CheckFinding(finding)

        def take(by: Acting) -> str:
            count = record_results(by, picks, told, on, team or "", note or "")
            return f"已录入{count}处的核查结果（{told.label}），等另一人认定。"

        return done(search, take)

    @answers(
        Input(i.CONFIRM, "n_clicks"),
        Input(i.SEND_BACK, "n_clicks"),
        State(i.PICKED, "value"),
        State(i.REASON, "value"),
    )
    @changes_state
    @needs(Right.REVIEW)
    def judge(
        confirmed: int | None,
        sent_back: int | None,
        picked: list[str] | None,
        reason: str | None,
        search: str | None,
    ) -> Any:
        if not confirmed and not sent_back:
            return no_update, no_update
        picks = picks_of(picked or [])
        if dash.ctx.triggered_id == i.CONFIRM:
            return done(search, lambda by: f"已认定{confirm(by, picks, reason or '')}处。")
        return done(search, lambda by: f"已退回补充{send_back(by, picks, reason or '')}处。")

    @answers(
        Input(i.EXEMPT, "n_clicks"),
        State(i.PICKED, "value"),
        State(i.SOURCE, "value"),
        State(i.SOURCE_NO, "value"),
        State(i.SOURCE_DAY, "date"),
        State(i.REASON, "value"),
    )
    @changes_state
    @needs(Right.REVIEW)
    def leave_out(
        clicks: int | None,
        picked: list[str] | None,
        source: str | None,
        number: str | None,
        day: str | None,
        reason: str | None,
        search: str | None,
    ) -> Any:
        if not clicks:
            return no_update, no_update
        picks = picks_of(picked or [])
        there = Elsewhere(source or "", number or "", day_of_box(day, "举证日期"))
        return done(search, lambda by: f"已免查{exempt(by, picks, reason or '', there)}处。")

    @answers(Input(i.DRAW, "n_clicks"), State(i.MONTH, "value"))
    @changes_state
    @needs(Right.CHECK)
    def draw(clicks: int | None, month: str | None, search: str | None) -> Any:
        if not clicks:
            return no_update, no_update
        if not month:
            raise SupervisionError("请选择要抽取的月清月份。")

        def take(by: Acting) -> str:
            made = draw_sample(by.conn, by.account, by.year, month, by.today, by.today, by.where)
            return (
                f"{format_month(made.month)}：{len(made.population)}个图斑中"
                f"抽中{len(made.drawn)}个，已记录。"
            )

        return done(search, take)

    @app.callback(
        Output(i.PICKED, "value"),
        Input(i.EVERY, "n_clicks"),
        State(i.PICKED, "options"),
        State(i.PICKED, "value"),
        prevent_initial_call=True,
    )
    def every(clicks: int | None, options: list[dict[str, Any]], picked: list[str] | None) -> Any:
        """All that are listed; none where all are ticked."""
        if not clicks:
            return no_update
        values = [option["value"] for option in options or []]
        return [] if set(picked or []) == set(values) else values
