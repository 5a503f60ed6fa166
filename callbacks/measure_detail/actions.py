"""The steps that one may take of a measure: their buttons, and what pressing one does."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from dash import ALL, Dash, Input, Output, State, ctx, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from callbacks.frame.address import source_of_request
from callbacks.frame.context import read_context
from callbacks.frame.guard import changes_state
from callbacks.frame.needs import needs
from callbacks.measure_detail.page import found
from components import ids
from components.measures.paper import Button, actions_card
from components.shell import toast
from data.acting import acting
from data.errors import NotFound, UploadRefused
from data.measures.states import StepKind
from data.numbers import whole_number
from data.rights import Right
from data.services import Services
from data.settings import Settings
from data.store.queries.accounts import secrets_of
from data.workflow import measures as steps
from data.workflow.measure_files import keep, read_text, received
from data.workflow.measure_rights import open_steps, ready, state_of
from data.workflow.measure_writing import Attachment, Taking
from data.workflow.sealing import seal
from data.workflow.signing_in import counting_wrong_codes

if TYPE_CHECKING:
    from sqlalchemy import Connection

_K = StepKind

#: Steps that take a deadline, a number, a file.
_DUE = frozenset({_K.ISSUE, _K.EXTEND, _K.REFUSE})
_FILE = frozenset({_K.FILE, _K.DELIVER, _K.EXTEND, _K.REPLY, _K.RELEASE})


def render_actions(
    conn: Connection, settings: Settings, number: str | None, search: str
) -> list[Component]:
    """The steps that whoever looks may take now; nothing where there are none."""
    context = read_context(conn, settings, search)
    try:
        row = found(conn, context.scope, number)
    except NotFound:
        return []
    day = max(min(context.as_of, settings.today()), row.steps[-1].on)
    now = state_of(conn, row, day)
    open_ = [step for step in open_steps(acting(), row, now) if step is not _K.EDIT]
    if not open_:
        return []
    first = {_K.SUBMIT, _K.REVIEW, _K.ISSUE, _K.DELIVER, _K.REPLY, _K.RELEASE}
    buttons = [Button(step.value, step.label, step in first) for step in open_]
    wanted = {
        "due": bool(_DUE.intersection(open_)),
        "number": _K.ISSUE in open_,
        "code": _K.ISSUE in open_ and secrets_of(conn, acting().name)[1] is not None,
        "file": bool(_FILE.intersection(open_)),
    }
    return [actions_card(buttons, row.version, day, wanted)]


def take(at: Taking, number: int, step: StepKind, asked: Mapping[str, Any]) -> str:
    """Take a step as the page asks for it. asked: reason, due, number, file. → a sentence to
    show, where more happened than was asked for. Raises SupervisionError."""
    reason, due = asked.get("reason"), asked.get("due")
    file: Attachment | None = asked.get("file")
    match step:
        case _K.ISSUE:
            issued = steps.issue(at, number, due, asked.get("number"))
            return "" if issued.number else issued.said
        case _K.CORRECT:
            made = steps.correct(at, number, reason)
            return f"已起草更正，第{made.number}号。"
        case _K.SUBMIT:
            steps.submit(at, number)
        case _K.REFRESH:
            steps.refresh(at, number)
        case _K.RETURN:
            steps.give_back(at, number, reason or "")
        case _K.REVIEW:
            steps.review(at, number, reason)
        case _K.FILE:
            return seal(at, number, file, asked.get("read"), reason)
        case _K.DELIVER:
            steps.deliver(at, number, reason, file)
        case _K.EXTEND:
            steps.extend(at, number, due, reason, file)
        case _K.REPLY:
            steps.reply(at, number, reason, file)
        case _K.REFUSE:
            steps.refuse(at, number, reason, due)
        case _K.RELEASE:
            steps.release(at, number, reason, file)
        case _:
            steps.withdraw(at, number, reason)
    return ""


def attachment(content: str | None, name: str | None) -> Attachment | None:
    """What the browser sent as a data URL. Raises UploadRefused."""
    if not content:
        return None
    try:
        raw = base64.b64decode(content.partition(",")[2], validate=True)
    except (binascii.Error, ValueError) as error:
        raise UploadRefused("附件没有传完整，请重新选择。") from error
    return received(name or "附件", raw)


def day_of(text: str | None) -> date | None:
    return date.fromisoformat(text[:10]) if text else None


def register(app: Dash, services: Services) -> None:
    i = ids.MeasureDetail

    @app.callback(
        Output(i.ACTIONS, "children"),
        Input(i.ADDRESS, "data"),
        Input(i.DONE, "data"),
        State(ids.Shell.LOCATION, "search"),
    )
    def actions(number: str | None, _: int, search: str | None) -> list[Component]:
        with services.store.read() as conn:
            return render_actions(conn, services.settings, number, search or "")

    @app.callback(
        Output(i.FILE_NAME, "children"), Input(i.FILE, "filename"), prevent_initial_call=True
    )
    def name_file(name: str | None) -> str:
        return name or ""

    @app.callback(
        Output(i.DONE, "data"),
        Output(ids.Shell.TOASTS, "children", allow_duplicate=True),
        Input(i.step(ALL), "n_clicks"),  # type: ignore[arg-type]
        State(i.ADDRESS, "data"),
        State(i.SEEN, "data"),
        State(i.DAY, "date"),
        State(i.REASON, "value"),
        State(i.DUE, "date"),
        State(i.NUMBER, "value"),
        State(i.CODE, "value"),
        State(i.FILE, "contents"),
        State(i.FILE, "filename"),
        State(i.DONE, "data"),
        prevent_initial_call=True,
    )
    @needs(Right.READ)  # each step asks for its own
    @changes_state
    def act(
        clicks: list[int | None],
        number: str | None,
        seen: int,
        day: str | None,
        reason: str | None,
        due: str | None,
        paper: str | None,
        code: str | None,
        file: str | None,
        file_name: str | None,
        done: int,
    ) -> Any:
        pressed = ctx.triggered_id
        if not pressed or not any(clicks):
            raise PreventUpdate
        named = whole_number(number or "")
        if named is None:
            raise NotFound("没有这件措施，请从措施台账进入。")
        step = _K(str(pressed["step"]))
        by, today = acting(), services.settings.today()
        where = source_of_request()
        counting = counting_wrong_codes(services.store, services.settings, by, where)

        def taking(conn: Connection) -> Taking:
            return Taking(conn, by, today, day_of(day), seen, where, code or "")

        sent = None
        if file:  # what nobody may bring is not read
            with services.store.read() as conn:
                ready(taking(conn), named, step)
            sent = attachment(file, file_name)
        asked = {
            "reason": reason,
            "due": day_of(due),
            "number": (paper or "").strip() or None,
            "file": sent,
            "read": read_text(sent) if sent is not None and step is _K.FILE else None,
        }
        with counting, services.store.write() as conn:
            told = take(taking(conn), named, step, asked)
            if sent is not None:
                keep(services.settings, sent)
        return done + 1, toast(told) if told else no_update
