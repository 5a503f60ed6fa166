"""The steps that one may take of a measure: their buttons, and what pressing one does."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from dash import ALL, Dash, Input, Output, State, ctx, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from callbacks.frame.address import source_of_request
from callbacks.frame.context import PageContext, read_context
from callbacks.frame.guard import changes_state
from callbacks.frame.needs import needs
from callbacks.measure_detail.page import found
from components import ids
from components.measures.paper import Button, actions_card
from components.shell import toast
from data.acting import acting
from data.errors import NotFound, UploadRefused
from data.measures.states import Standing, StepKind
from data.numbers import whole_number
from data.rights import Right
from data.services import Services
from data.settings import Settings
from data.store.queries.accounts import secrets_of
from data.store.queries.measures import MeasureRow
from data.workflow.measure_files import received
from data.workflow.measure_rights import open_steps, ready, state_of
from data.workflow.measure_taking import Asked, take
from data.workflow.measure_writing import Attachment, Taking
from data.workflow.signing_in import counting_wrong_codes

if TYPE_CHECKING:
    from sqlalchemy import Connection

_K = StepKind

#: Steps that take a deadline, a number, a file.
_DUE = frozenset({_K.ISSUE, _K.EXTEND, _K.REFUSE})
_FILE = frozenset({_K.FILE, _K.DELIVER, _K.EXTEND, _K.REPLY, _K.RELEASE})


@dataclass(frozen=True, slots=True)
class Opened:
    """A measure before whoever looks and may take a step. day: on which it would be taken: the
    as-of date, but not before the last step nor after today."""

    context: PageContext
    row: MeasureRow
    day: date
    now: Standing


def opened(conn: Connection, settings: Settings, number: str | None, search: str) -> Opened | None:
    """None where there is none in the scope."""
    context = read_context(conn, settings, search)
    try:
        row = found(conn, context.scope, number)
    except NotFound:
        return None
    day = max(min(context.as_of, settings.today()), row.steps[-1].on)
    return Opened(context, row, day, state_of(conn, row, day))


def render_actions(
    conn: Connection, settings: Settings, number: str | None, search: str
) -> list[Component]:
    """The steps that whoever looks may take now; nothing where there are none."""
    one = opened(conn, settings, number, search)
    if one is None:
        return []
    open_ = [step for step in open_steps(acting(), one.row, one.now) if step is not _K.EDIT]
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
    return [actions_card(buttons, one.row.version, one.day, wanted)]


def attachment(content: str, name: str | None) -> Attachment:
    """What the browser sent as a data URL. Raises UploadRefused."""
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

        asked = Asked(reason, day_of(due), (paper or "").strip() or None)
        if file:  # what nobody may bring is not read
            with services.store.read() as conn:
                ready(taking(conn), named, step)
            asked = asked.bringing(attachment(file, file_name), step)
        with counting, services.store.write() as conn:
            said = take(taking(conn), services.settings, named, step, asked).said
        return done + 1, toast(said) if said else no_update
