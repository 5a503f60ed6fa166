"""The saved assignments of columns on /upload: shown, renamed, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dash import ALL, Dash, Input, Output, State, ctx
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from callbacks.frame.guard import changes_state
from callbacks.frame.needs import needs
from callbacks.upload.actions import Actions
from components import ids
from components.links import read_search
from components.upload.profiles import profiles_card
from data.rights import Right
from data.services import Services
from data.units import AreaUnit
from data.upload.mapping_profiles import Listed, list_profiles
from data.upload.prepare import columns_of
from data.upload.schemas import CellType
from data.vocabulary import UploadKind

if TYPE_CHECKING:
    from sqlalchemy import Connection

_NOT_TAKEN = "不导入"


def profiles(conn: Connection, query: Mapping[str, str], this_year: int) -> Component | None:
    return profiles_card([_told(listed) for listed in list_profiles(conn)], query, this_year)


def _told(listed: Listed) -> dict[str, Any]:
    profile = listed.profile
    known = {c.field: c for c in columns_of(UploadKind(profile.kind))}
    columns = []
    for header, word in profile.mapping.items():
        column = known.get(word.get("field") or "")
        is_area = column is not None and column.type is CellType.AREA
        unit = AreaUnit[word.get("unit") or "MU"].label if is_area else ""
        columns.append([header, column.header if column else _NOT_TAKEN, unit])
    return {
        "id": profile.id,
        "name": profile.name,
        "kind": profile.kind,
        "saved_at": profile.saved_at,
        "uses": listed.uses,
        "last_batch": listed.last_batch,
        "columns": columns,
    }


def register_profiles(app: Dash, services: Services, actions: Actions) -> None:
    def part(name: str) -> dict[str, Any]:
        return {"type": f"upload-profile-{name}", "number": ALL, "was": ALL}

    @app.callback(
        Output(ids.Upload.PROFILES, "children"),
        Input(part("rename"), "n_clicks"),
        Input(part("drop"), "n_clicks"),
        State(part("name"), "value"),
        State(part("name"), "id"),
        State(ids.Shell.LOCATION, "search"),
        prevent_initial_call=True,
    )
    @needs(Right.UPLOAD)
    @changes_state
    def act(
        renames: list[int | None],
        drops: list[int | None],
        names: list[str | None],
        known: list[dict[str, Any]],
        search: str | None,
    ) -> Any:
        pressed = ctx.triggered_id
        if not pressed or not any([*renames, *drops]):
            raise PreventUpdate
        number, was = int(pressed["number"]), str(pressed["was"])
        if pressed["type"].endswith("rename"):
            by_number = {n["number"]: v for n, v in zip(known, names, strict=True)}
            actions.rename_profile(number, was, by_number.get(number) or "")
        else:
            actions.drop_profile(number, was)
        with services.store.read() as conn:
            return profiles(conn, read_search(search), services.settings.today().year)
