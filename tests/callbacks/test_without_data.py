"""A store without any upload: no page of registers says that all is well."""

from __future__ import annotations

from callbacks.certificates.page import render as certificates
from callbacks.checks.page import render as checks
from callbacks.ledger.page import render as ledger
from data.outlook.leading import NO_DATA
from data.store.engine import Store
from tests.components.drawn import text_of


def test_registers_give_no_all_clear_without_data(sqlite_store: Store) -> None:
    with sqlite_store.read() as conn:
        for render in (certificates, checks, ledger):
            heading = text_of(render(conn, sqlite_store.settings, "")[0])
            assert heading.endswith(NO_DATA), heading
