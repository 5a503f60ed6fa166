"""What is taken away is noted before it is handed over: who, what, by which filters, how many rows.

Where the store cannot be written, nothing is taken away.
"""

from __future__ import annotations

from data.acting import acting
from data.exports import rows_told
from data.known import knowing
from data.permission import own_notes
from data.store import events
from data.store.engine import Store

#: Kind of the event.
EXPORT = "export"


def note_export(store: Store, path: str, filters: str, where: str) -> None:
    """path: of the route, or the command's words. filters: as the address has them. The rows are
    those that were written into workbooks since counting_rows() began."""
    told = {"path": path[:200], "filter": filters[:2000], "rows": rows_told()}
    with own_notes(), knowing(None), store.write() as conn:
        events.note(conn, EXPORT, acting().name, where, told)
