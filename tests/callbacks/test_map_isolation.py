"""What a district's reader gets of a map is byte for byte the same with and without the patches of
another district (security.md, District isolation)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import flask
import numpy as np

from callbacks.maps.answers import as_json, read_asked
from callbacks.maps.heat import areas_document, spots_document
from callbacks.maps.patches import bins_document, patch_legend, patches_document
from data.maps.heat import heat_tile, legend
from data.maps.mercator import cells
from data.scope import Scope
from data.services import Services
from data.store import meta
from data.store.engine import Store
from data.store.history import HEAD_KEY
from tests.data.maps.worlds import small_year
from tests.data.store.queries.stored import HIGH_TECH, HUANCUI, put_parcel, put_patch, summarise

ON = date(2023, 8, 1)
OWN = Scope(frozenset({HUANCUI}))
CANARY = "密370000"


def _others_patches(store: Store) -> None:
    """Much of another district, in the same place and of the same day, and more of it than all."""
    with store.write() as conn:
        for number in range(30):
            place = {"lon": 122.1 + number * 1e-4, "lat": 37.4, "district_code": HIGH_TECH}
            at = put_patch(
                conn, f"{CANARY}-{number}", reported_on=date(2023, 5, 20), location=CANARY, **place
            )
            put_parcel(conn, at, farmland_mu=90.0, area_mu=99.0)
        # issued later than anything of the reader's own
        put_patch(conn, f"{CANARY}-late", issued_on=date(2023, 7, 31), **place)
        summarise(conn)
        meta.put(conn, HEAD_KEY, "9:later")


def _everything(store: Store) -> dict[str, bytes]:
    services = Services(store.settings, store)
    x, y = (int(v[0]) for v in cells(np.array([122.1]), np.array([37.4]), 12))
    found: dict[str, bytes] = {}
    for more in ("", "&measure=suspected", "&measure=patches&against=2023-06-01"):
        address = f"/?year=2023&asof={ON}&bbox=121,36,123,38&zoom=10&colour=measure{more}"
        with store.read() as conn, flask.Flask("maps").test_request_context(address):
            everyone = read_asked(conn, services)
            asked = replace(everyone, context=replace(everyone.context, scope=OWN))
            q = asked.question
            documents: dict[str, Any] = {
                "bins": bins_document(asked),
                "patches": patches_document(conn, asked, 12, x, y),
                "clusters": patches_document(conn, asked, 9, x >> 3, y >> 3),
                "patch legend": patch_legend(asked),
                "areas": areas_document(conn, store, asked),
                "spots": spots_document(conn, asked),
                "heat legend": legend(asked.cube, OWN, q, 1000, ON),
            }
            found |= {f"{name}{more}": as_json(value) for name, value in documents.items()}
            found[f"heat{more}"] = heat_tile(asked.cube, OWN, q, 1000, ON, 12, x, y)
    return found


def test_a_readers_map_does_not_tell_what_other_districts_have(sqlite_store: Store) -> None:
    small_year(sqlite_store)
    alone = _everything(sqlite_store)
    _others_patches(sqlite_store)
    beside = _everything(sqlite_store)
    assert [name for name in alone if alone[name] != beside[name]] == []
    assert not any(CANARY.encode() in answer for answer in beside.values())
