"""A draft on its page: what stands against it, and its texts to be edited, never a number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dash import ALL, Dash, Input, Output, State
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from callbacks.frame.address import source_of_request
from callbacks.frame.guard import changes_state
from callbacks.frame.needs import needs
from callbacks.measure_detail.actions import day_of, opened
from callbacks.measure_detail.page import found
from components import ids
from components.notices import Editable, edit_card, remarks_card
from components.shell import toast
from data.acting import acting
from data.documents.editing import fields, stored
from data.errors import SupervisionError
from data.measures.states import UNISSUED, StepKind
from data.numbers import whole_number
from data.rights import Right
from data.services import Services
from data.settings import Settings
from data.store.queries.measures import frozen
from data.workflow.measure_rights import open_steps
from data.workflow.measure_writing import Taking
from data.workflow.measures import edit, remarks

if TYPE_CHECKING:
    from sqlalchemy import Connection


def render_editor(
    conn: Connection, settings: Settings, number: str | None, search: str
) -> list[Component]:
    """Nothing once it is issued, and nothing for districts."""
    one = opened(conn, settings, number, search)
    if one is None or one.now.state not in UNISSUED or one.context.scope.districts is not None:
        return []
    made = frozen(conn, one.context.scope, one.row)
    if not made.texts:
        return []
    said = remarks(Taking(conn, acting(), settings.today(), one.day), one.row.draft, made)
    parts = [
        remarks_card(
            [f"{r.place}：{r.sentence}" for r in said if r.blocks],
            [f"{r.place}：{r.sentence}" for r in said if not r.blocks],
        )
    ]
    if StepKind.EDIT in open_steps(acting(), one.row, one.now):
        texts = [Editable(field.place, field.label, field.text) for field in fields(made)]
        parts.append(edit_card(texts, one.row.version))
    return parts


def save(at: Taking, number: int, edited: dict[str, str]) -> str:
    """→ a sentence. Raises SupervisionError."""
    row = found(at.conn, at.by.scope, str(number))
    changed = stored(frozen(at.conn, at.by.scope, row), edited)
    if not changed:
        raise SupervisionError("文稿没有改动，不需要保存。")
    edit(at, number, changed)
    return f"已保存{len(changed)}处改动。"


def register(app: Dash, services: Services) -> None:
    i = ids.MeasureDetail

    @app.callback(
        Output(i.EDITOR, "children"),
        Input(i.ADDRESS, "data"),
        Input(i.DONE, "data"),
        State(ids.Shell.LOCATION, "search"),
    )
    def editor(number: str | None, _: int, search: str | None) -> list[Component]:
        with services.store.read() as conn:
            return render_editor(conn, services.settings, number, search or "")

    @app.callback(
        Output(i.DONE, "data", allow_duplicate=True),
        Output(ids.Shell.TOASTS, "children", allow_duplicate=True),
        Input(i.SAVE, "n_clicks"),
        State(i.text(ALL), "value"),  # type: ignore[arg-type]
        State(i.text(ALL), "id"),  # type: ignore[arg-type]
        State(i.ADDRESS, "data"),
        State(i.TEXT_SEEN, "data"),
        State(i.DAY, "date"),
        State(i.DONE, "data"),
        prevent_initial_call=True,
    )
    @needs(Right.DRAFT)
    @changes_state
    def save_texts(
        clicks: int | None,
        texts: Sequence[str | None],
        places: Sequence[dict[str, str]],
        number: str | None,
        seen: int,
        day: str | None,
        done: int,
    ) -> Any:
        named = whole_number(number or "")
        if not clicks or named is None:
            raise PreventUpdate
        edited = {p["place"]: text or "" for p, text in zip(places, texts, strict=True)}
        today, where = services.settings.today(), source_of_request()
        with services.store.write() as conn:
            at = Taking(conn, acting(), today, day_of(day), seen, where)
            told = save(at, named, edited)
        return done + 1, toast(told)
