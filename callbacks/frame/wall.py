"""`?screen=1`: the wall goes from the city through its districts by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.links import read_search
from data.store.queries.stamp import districts

if TYPE_CHECKING:
    from sqlalchemy import Connection


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
