"""What fills the place of a page: its `render`, asked with the address, the answer kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dash import Dash, Input, Output, State
from dash.development.base_component import Component

from callbacks.frame.kept import keep_answer
from components import ids
from data.services import Services
from data.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

Render = Callable[["Connection", Settings, str], list[Component]]


def fill_place(app: Dash, services: Services, place: str, render: Render) -> None:
    """Fill `place` (an id of the page's layout) with what `render` says of the address. It must
    follow from the address, the reader, the store and the day alone (kept.py)."""

    @app.callback(
        Output(place, "children"),
        Input(place, "id"),  # Dash lays a page out anew whenever its address changes
        State(ids.Shell.LOCATION, "search"),
    )
    @keep_answer
    def content(_: str, search: str | None) -> list[Component]:
        with services.store.read() as conn:
            return render(conn, services.settings, search or "")
