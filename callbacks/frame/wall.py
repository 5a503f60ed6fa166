"""`?screen=1`: the wall goes from the city through its districts by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callbacks.frame.context import PageContext
from callbacks.frame.shell import stamp_text
from components.links import read_search
from components.parts.wall import wall_bar
from data.periods import local_time
from data.store.queries.stamp import districts

if TYPE_CHECKING:
    from datetime import date

    from dash.development.base_component import Component
    from sqlalchemy import Connection

#: Data without an upload for longer are called old.
OLD_DAYS = 7


def wall_parts(context: PageContext, today: date) -> list[Component]:
    """What a wall says of itself; nothing on any other page."""
    if not context.on_wall:
        return []
    known = context.stamp
    return [wall_bar(context.district_name, stamp_text(known), old_text(context, today))]


def old_text(context: PageContext, today: date) -> str:
    """`数据已12天未更新`, or that there are none."""
    uploaded = context.stamp.last_upload_at
    if uploaded is None or not context.stamp.years:
        return "尚无数据，不能判断"
    days = (today - local_time(uploaded).date()).days
    return f"数据已{days}天未更新" if days > OLD_DAYS else ""


def wall_search(conn: Connection, search: str, tick: int) -> str:
    """The address that the wall shows at a tick; any other address as it is.

    An address with a district stays on it and only refreshes.
    """
    query = read_search(search)
    if query.get("screen") != "1" or "district" in query:
        return search
    turns = ["", *(unit.code for unit in districts(conn))]
    code = turns[tick % len(turns)]
    return f"{search}&district={code}" if code else search
