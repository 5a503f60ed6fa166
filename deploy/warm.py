"""`python -m deploy.warm`: answer the usual pages ahead, for every kind of reader.

The city's front pages and those of each district, for the rights and the scope of every account
that can sign in. The worker starts it after an upload (data/jobs/warming.py).
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from typing import Any

from dash import Dash

from app import create_app
from callbacks.frame.kept import answer_ahead
from components import ids
from components.links import href
from data.acting import acting_as
from data.errors import SupervisionError
from data.rights import Account
from data.settings import Settings
from data.store.engine import Store
from data.store.opening import open_store
from data.store.queries.accounts import all_accounts
from data.store.queries.stamp import data_version, districts

log = logging.getLogger(__name__)

#: What holds the content of the pages that everybody opens first.
FRONT = (ids.Overview.CONTENT, ids.Clearance.CONTENT, ids.Triggers.CONTENT, ids.Assessment.CONTENT)
#: How often it begins anew because something was written meanwhile.
_MOST_ROUNDS = 5


def readers(store: Store) -> list[Account]:
    """One account of each kind: what an answer depends on is its scope and its rights."""
    with store.read() as conn:
        known = [one.account for one in all_accounts(conn) if not one.is_disabled]
    kinds = {(one.role, one.rights, one.district): one for one in known}
    return list(kinds.values())


def questions(app: Dash, store: Store, reader: Account) -> Iterator[dict[str, Any]]:
    """The bodies of the requests that the reader's browser will send."""
    searches = [""]
    if not reader.is_district:
        with store.read() as conn:
            searches += [href("", {}, district=unit.code) for unit in districts(conn)]
    for content in FRONT:
        for search in searches if content == FRONT[0] else searches[:1]:
            yield question(app, f"{content}.children", search)


def question(app: Dash, output: str, search: str) -> dict[str, Any]:
    """As a browser asks for the content of a page at an address."""
    known = app.callback_map[output]

    def told(part: str) -> list[dict[str, Any]]:
        values = {"search": search, "id": None}
        return [
            {"id": one["id"], "property": one["property"], "value": values.get(one["property"])}
            | ({"value": one["id"]} if one["property"] == "id" else {})
            for one in known[part]
        ]

    name, _, attribute = output.rpartition(".")
    inputs = told("inputs")
    return {
        "output": output,
        "outputs": {"id": name, "property": attribute},
        "inputs": inputs,
        "state": told("state"),
        "changedPropIds": [f"{inputs[0]['id']}.{inputs[0]['property']}"],
    }


def warm(app: Dash, store: Store) -> int:
    """Answer all of them; how many there are now."""
    app.server.test_client().get("/healthz")  # Dash makes itself ready with its first request
    kept = 0
    for reader in readers(store):
        with acting_as(reader):
            kept += sum(answer_ahead(app, asked) for asked in questions(app, store, reader))
    return kept


def main() -> int:
    settings = Settings.from_environment()
    if settings.cache_url is None:
        return 0
    os.nice(10)
    try:
        store = open_store(settings)
        app = create_app(settings)
        for _ in range(_MOST_ROUNDS):
            with store.read() as conn:
                before = data_version(conn)
            warm(app, store)
            with store.read() as conn:
                if data_version(conn) == before:
                    break
    except SupervisionError as error:
        log.warning("the usual pages are not answered ahead: %s", error.message)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
