"""OGC API – Features: what GIS read, in the scope of the account that asks."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from dash import Dash
from werkzeug.serving import make_server

import app as application
from callbacks.api.features import read_bbox, read_days
from data.errors import SupervisionError
from data.rights import DEFAULT_RIGHTS, Account, Role
from data.settings import Settings
from data.store.engine import Store
from data.store.opening import open_store
from data.workflow.accounts import add_account
from data.workflow.sessions import make_token
from tests.conftest import TODAY
from tests.data.store.queries.stored import WENDENG, put_patch, summarise
from tests.signing import asked_by, nobody_is_signed_in

CITY = Account("市局", Role.CITY, DEFAULT_RIGHTS[Role.CITY])
CLERK = Account("文登经办", Role.DISTRICT, DEFAULT_RIGHTS[Role.DISTRICT], WENDENG)
ITEMS = "/api/features/collections/patches-2023/items"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder: Path = tmp_path_factory.mktemp("features")
    store = open_store(Settings(local_dir=folder, fixed_today=TODAY))
    with store.write() as conn:
        put_patch(conn, "A1", lon=122.10, lat=37.40)
        put_patch(conn, "A2", lon=122.20, lat=37.40, issued_on=date(2023, 6, 1))
        put_patch(conn, "A3")
        put_patch(conn, "B1", district_code=WENDENG, lon=122.0, lat=37.2)
        summarise(conn)
    yield store
    store.engine.dispose()


@pytest.fixture(scope="module")
def dash_app(store: Store) -> Dash:
    return application.create_app(store.settings)


def asked(dash_app: Dash, path: str, account: Account = CITY) -> Any:
    with asked_by(account):
        return dash_app.server.test_client().get(path)


def numbers(dash_app: Dash, search: str, account: Account = CITY) -> list[str]:
    found = asked(dash_app, ITEMS + search, account).get_json()
    return [one["properties"]["patch_no"] for one in found["features"]]


def test_the_way_leads_from_the_landing_page_to_the_features(dash_app: Dash) -> None:
    landing = asked(dash_app, "/api/features/").get_json()
    links = {link["rel"]: link["href"] for link in landing["links"]}
    assert {"self", "service-desc", "conformance", "data"} <= set(links)
    told = asked(dash_app, links["conformance"]).get_json()["conformsTo"]
    assert any(one.endswith("/conf/core") for one in told)
    found = {one["id"]: one for one in asked(dash_app, links["data"]).get_json()["collections"]}
    assert {"patches-2023", "districts"} <= set(found)
    for name in ("patches-2023", "districts"):
        (items,) = [link["href"] for link in found[name]["links"] if link["rel"] == "items"]
        given = asked(dash_app, items)
        assert given.mimetype == "application/geo+json"
        assert given.get_json()["features"]


def test_features_are_those_of_the_box_and_the_days(dash_app: Dash) -> None:
    assert numbers(dash_app, "") == ["A1", "A2", "A3", "B1"]
    assert numbers(dash_app, "?bbox=122.05,37.3,122.15,37.5") == ["A1"]
    assert numbers(dash_app, "?bbox=122.05,37.3,0,122.25,37.5,9") == ["A1", "A2"]
    assert numbers(dash_app, "?datetime=2023-05-31T00:00:00Z/..") == ["A2"]
    assert numbers(dash_app, "?datetime=2023-06-01") == ["A2"]
    assert numbers(dash_app, "?district=371003") == ["B1"]
    districts = "/api/features/collections/districts/items"
    assert asked(dash_app, f"{districts}?bbox=0,0,1,1").get_json()["features"] == []


def test_pages_follow_one_another_and_the_largest_is_no_error(dash_app: Dash) -> None:
    found, path = [], f"{ITEMS}?limit=3"
    while path:
        page = asked(dash_app, path).get_json()
        assert (page["numberMatched"], page["numberReturned"]) == (4, len(page["features"]))
        found += [one["properties"]["patch_no"] for one in page["features"]]
        path = next((link["href"] for link in page["links"] if link["rel"] == "next"), "")
    assert found == ["A1", "A2", "A3", "B1"]
    assert len(numbers(dash_app, "?limit=1000000")) == 4


def test_a_district_sees_its_own_alone(dash_app: Dash) -> None:
    assert numbers(dash_app, "", CLERK) == ["B1"]
    everything = asked(dash_app, ITEMS).get_json()["features"]
    ids = {one["properties"]["patch_no"]: one["id"] for one in everything}
    own = asked(dash_app, f"{ITEMS}/{ids['B1']}", CLERK).get_json()
    assert own["properties"]["district"] == WENDENG
    other = asked(dash_app, f"{ITEMS}/{ids['A1']}", CLERK)
    absent = asked(dash_app, f"{ITEMS}/9999", CLERK)
    assert (other.status_code, absent.status_code) == (404, 404)
    said = other.get_json()["message"].replace(f"第{ids['A1']}号", "")
    assert said == absent.get_json()["message"].replace("第9999号", "")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{ITEMS}?bbox=1,2,3", 400),
        (f"{ITEMS}?bbox=122,38,121,37", 400),
        (f"{ITEMS}?datetime=yesterday", 400),
        (f"{ITEMS}?limit=0", 400),
        (f"{ITEMS}?colour=red", 400),
        ("/api/features/collections/patches-1999/items", 404),
        ("/api/features/collections/nothing", 404),
    ],
)
def test_what_cannot_be_answered_is_refused_in_a_sentence(
    dash_app: Dash, path: str, status: int
) -> None:
    given = asked(dash_app, path)
    assert given.status_code == status
    assert given.get_json()["message"]


def test_boxes_and_days_are_read_as_the_standard_writes_them() -> None:
    assert read_bbox(None) is None
    assert read_days("../2023-05-31") == (None, date(2023, 5, 31))
    assert read_days("2023-05-01/") == (date(2023, 5, 1), None)
    with pytest.raises(SupervisionError):
        read_days("a/b/c")


@pytest.mark.skipif(shutil.which("ogrinfo") is None, reason="OAPIF NOT TESTED: no ogrinfo")
def test_gdal_reads_every_page_of_its_own_account(dash_app: Dash, store: Store) -> None:
    with store.write() as conn:
        add_account(conn, store.settings, CLERK.name, CLERK.role, CLERK.district, None)
        token = make_token(conn, CLERK.name, 3, TODAY)
    served = make_server("127.0.0.1", 0, dash_app.server, threaded=True)
    thread = threading.Thread(target=served.serve_forever, daemon=True)
    thread.start()

    def ogr(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["ogrinfo", "-ro", f"OAPIF:http://127.0.0.1:{served.port}/api/features/", *words],
            env={**os.environ, "GDAL_HTTP_HEADERS": f"Authorization: Bearer {token}",
                 "no_proxy": "127.0.0.1"},
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    try:
        with nobody_is_signed_in():
            told = ogr("patches-2023", "-al", "-oo", "PAGE_SIZE=2")
    finally:
        served.shutdown()
        thread.join()
    assert told.returncode == 0, told.stderr
    assert "Feature Count: 1" in told.stdout
    assert "patch_no (String) = B1" in told.stdout
    assert "A1" not in told.stdout
    assert json.dumps(token) not in told.stdout
