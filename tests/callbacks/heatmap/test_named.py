"""What a patch on the map is called: district and status of the day, only for whom may see it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import flask
import pytest
from sqlalchemy import select

from callbacks.heatmap import named as heatmap_named
from callbacks.heatmap.named import MOST_NAMED, named_document
from callbacks.maps.answers import read_asked
from data.scope import Scope
from data.services import Services
from data.store.engine import Store
from data.store.models import Patch
from tests.callbacks.map_client import map_client
from tests.data.maps.worlds import small_year
from tests.data.store.queries.stored import HIGH_TECH, HUANCUI, WENDENG, put_patch, summarise

ON = "year=2023&asof=2023-08-01"


@pytest.fixture
def ids(sqlite_store: Store) -> dict[str, int]:
    """Number → id of the small year's patches, and of M1, which came from another district."""
    small_year(sqlite_store)
    with sqlite_store.write() as conn:
        put_patch(
            conn,
            "M1",
            lon=122.1,
            lat=37.4,
            district_code=HIGH_TECH,
            transferred_from=HUANCUI,
            transferred_on=date(2023, 8, 20),
        )
        summarise(conn)
        return {row.patch_no: row.id for row in conn.execute(select(Patch.patch_no, Patch.id))}


def test_a_patch_is_named_with_the_district_and_the_status_of_the_day(
    sqlite_store: Store, ids: dict[str, int]
) -> None:
    client = map_client(sqlite_store, heatmap_named)
    asked = ",".join(str(ids[number]) for number in ("A1", "A4", "B1", "M1"))
    said = client.get(f"/heatmap/named.json?{ON}&ids={asked}").json["patches"]
    assert said == {
        str(ids["A1"]): {"district": "环翠区", "status": "按期上报"},
        str(ids["A4"]): {"district": "环翠区", "status": "逾期未报"},
        str(ids["B1"]): {"district": "文登区", "status": "按期上报"},
        str(ids["M1"]): {"district": "环翠区", "status": "逾期未报"},
    }
    later = client.get(f"/heatmap/named.json?year=2023&asof=2023-09-01&ids={ids['M1']}").json
    assert later["patches"][str(ids["M1"])]["district"] == "高区"


def test_a_reader_is_told_nothing_of_other_districts(
    sqlite_store: Store, ids: dict[str, int]
) -> None:
    services = Services(sqlite_store.settings, sqlite_store)
    address = f"/?{ON}&ids={ids['A1']},{ids['B1']},{ids['M1']}"
    with sqlite_store.read() as conn, flask.Flask("maps").test_request_context(address):
        everyone = read_asked(conn, services)
        own = Scope(frozenset({WENDENG}))
        asked = replace(everyone, context=replace(everyone.context, scope=own))
        assert list(named_document(conn, asked)["patches"]) == [str(ids["B1"])]


@pytest.mark.parametrize("given", ["", "1,,2", "x", "-1", "9" * 30, ",".join("1" * 201)])
def test_what_is_no_list_of_ids_is_refused_with_a_sentence(
    sqlite_store: Store, ids: dict[str, int], given: str
) -> None:
    client: Any = map_client(sqlite_store, heatmap_named)
    answer = client.get(f"/heatmap/named.json?{ON}&ids={given}")
    assert answer.status_code == 400
    assert f"最多{MOST_NAMED}个" in answer.text
