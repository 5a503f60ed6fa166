"""`/map/…` as a browser asks for it: what is answered, what is refused, what need not be sent."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import numpy as np
import pytest

from callbacks.maps import patches as map_routes
from data.colours import tokens
from data.maps.mercator import cells
from data.scope import Scope
from data.store import meta
from data.store.engine import Store
from data.store.history import HEAD_KEY
from data.store.queries.figures import figures
from tests.callbacks.map_client import map_client
from tests.data.maps.worlds import small_year
from tests.data.store.queries.stored import put_parcel, put_patch, summarise

ON = "year=2023&asof=2023-08-01"
CITY = "bbox=121,36,123,38"


@pytest.fixture
def client(sqlite_store: Store) -> Any:
    small_year(sqlite_store)
    return map_client(sqlite_store, map_routes)


def _tile(zoom: int, lon: float = 122.1, lat: float = 37.4) -> str:
    x, y = cells(np.array([lon]), np.array([lat]), zoom)
    return f"/map/patches/{zoom}/{x[0]}/{y[0]}.json"


def test_the_sum_of_the_squares_and_of_what_has_no_position_is_the_figure(
    client: Any, sqlite_store: Store
) -> None:
    with sqlite_store.read() as conn:
        city = figures(conn, Scope.all(), 2023, date(2023, 8, 1))["city"]
    for measure in ("remaining_farmland_mu", "unlawful_mu", "overdue", "patches"):
        for zoom in (7, 11, 15):
            said = client.get(f"/map/bins.json?{ON}&{CITY}&zoom={zoom}&measure={measure}").json
            values = sum(f["properties"]["value"] for f in said["features"])
            assert values == pytest.approx(said["total"]["value"], abs=1e-9)
            assert said["total"]["value"] + said["unlocated"]["value"] == city[measure]
            assert said["whole"]["value"] == city[measure]


def test_a_square_says_its_sum_and_patches_in_words(client: Any) -> None:
    said = client.get(f"/map/bins.json?{ON}&{CITY}&zoom=10").json
    by_text = {f["properties"]["text"]: f["properties"] for f in said["features"]}
    assert by_text["4.00亩"]["patches"] == 1
    assert by_text["3.00亩"]["colour"].startswith("#")
    assert said["unlocated"] == {"value": 5.0, "text": "5.00亩", "patches": 1}


def test_a_difference_says_its_sign(client: Any) -> None:
    said = client.get(f"/map/bins.json?{ON}&{CITY}&zoom=10&against=2023-06-01").json
    assert said["is_difference"]
    assert [f["properties"]["text"] for f in said["features"]] == ["−2.00亩"]


def test_patches_are_clusters_far_out_points_in_the_middle_and_shapes_near(client: Any) -> None:
    far, middle, near = (client.get(f"{_tile(z)}?{ON}").json["features"] for z in (9, 12, 14))
    assert {f["properties"]["kind"] for f in far} == {"cluster"}
    assert sum(f["properties"]["count"] for f in far) == 4
    assert {f["properties"]["kind"] for f in middle} == {"point"}
    assert {f["properties"]["kind"] for f in near} == {"shape"}
    (overdue,) = [f for f in near if f["properties"]["patch_no"] == "A4"]
    assert overdue["properties"]["colour"] == "overdue"
    assert "逾期" in overdue["properties"]["hint"]


def test_what_is_not_judged_is_coloured_suspected_and_never_unlawful(client: Any) -> None:
    found = client.get(f"{_tile(14)}?{ON}&colour=legality").json["features"]
    colours = {f["properties"]["patch_no"]: f["properties"]["colour"] for f in found}
    assert colours == {"A1": "eliminated", "A2": "unlawful", "A3": "lawful", "A4": "suspected"}


def test_coloured_by_the_measure_only_patches_with_a_value_are_drawn(client: Any) -> None:
    found = client.get(f"{_tile(14)}?{ON}&colour=measure").json["features"]
    assert [f["properties"]["patch_no"] for f in found] == ["A2"]
    legend = client.get(f"/map/patches/legend.json?{ON}&colour=measure").json
    assert legend["title"] == "未消除违法占用耕地"
    assert found[0]["properties"]["colour"] in {e["colour"] for e in legend["legend"]}


def test_what_a_patch_is_has_the_colour_of_the_word_and_not_of_an_amount(client: Any) -> None:
    asked = f"{ON}&measure=suspected&colour=measure"
    said = client.get(f"{_tile(14)}?{asked}").json
    assert {f["properties"]["colour"] for f in said["features"]} == {tokens()["suspected"]}
    legend = client.get(f"/map/patches/legend.json?{asked}").json["legend"]
    assert [(entry["colour"], entry["text"]) for entry in legend] == [
        (tokens()["suspected"], "疑似违法图斑")
    ]


def test_the_latest_batch_is_marked(client: Any, sqlite_store: Store) -> None:
    with sqlite_store.write() as conn:
        put_patch(conn, "A5", issued_on=date(2023, 7, 30), lon=122.1, lat=37.4)
        summarise(conn)
        meta.put(conn, HEAD_KEY, "9:later")
    found = client.get(f"{_tile(14)}?{ON}").json["features"]
    assert [f["properties"]["patch_no"] for f in found if f["properties"]["latest"]] == ["A5"]


def test_an_answer_that_the_browser_has_is_not_sent_again_until_the_data_change(
    client: Any, sqlite_store: Store
) -> None:
    address = f"/map/bins.json?{ON}&{CITY}&zoom=10"
    first = client.get(address)
    tag = first.headers["ETag"]
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 304
    # as a compressed answer's tag comes back
    compressed = tag[:-1] + ':br"'
    assert client.get(address, headers={"If-None-Match": compressed}).status_code == 304
    other = client.get(f"{address}&measure=overdue", headers={"If-None-Match": tag})
    assert other.status_code == 200
    with sqlite_store.write() as conn:
        at = put_patch(conn, "C1", reported_on=date(2023, 5, 20), lon=122.2, lat=37.4)
        put_parcel(conn, at, farmland_mu=1.0)
        summarise(conn)
        meta.put(conn, HEAD_KEY, "9:later")
    again = client.get(address, headers={"If-None-Match": tag})
    assert again.status_code == 200
    assert again.json["whole"]["value"] == json.loads(first.data)["whole"]["value"] + 1.0


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/map/patches/3/8/0.json?", 404, "没有瓦片"),
        ("/map/patches/40/0/0.json?", 404, "没有瓦片"),
        ("/map/bins.json?zoom=9&", 400, "西,南,东,北"),
        ("/map/bins.json?zoom=9&bbox=1,2,x,4&", 400, "西,南,东,北"),
        ("/map/bins.json?bbox=1,2,3,4&", 400, "缩放级别"),
        ("/map/bins.json?bbox=1,2,3,4&zoom=nan&", 400, "缩放级别"),
        ("/map/bins.json?bbox=1,2,3,4&zoom=9&measure=profit&", 400, "remaining_farmland_mu"),
        ("/map/patches/3/4/4.json?colour=pink&", 400, "status"),
        ("/map/bins.json?bbox=1,2,3,4&zoom=9&district=999999&", 400, "没有区市"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_a_sentence(
    client: Any, address: str, status: int, words: str
) -> None:
    answer = client.get(f"{address}{ON}")
    assert answer.status_code == status
    assert words in answer.text


def test_more_squares_than_a_screen_can_show_are_refused(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(map_routes, "MOST_SQUARES", 1)
    answer = client.get(f"/map/bins.json?{ON}&{CITY}&zoom=19")
    assert answer.status_code == 400
    assert "范围太大" in answer.text


def test_a_place_without_patches_is_an_empty_answer(client: Any) -> None:
    assert client.get(f"{_tile(14, 10.0, 10.0)}?{ON}").json["features"] == []
    said = client.get(f"/map/bins.json?{ON}&bbox=1,2,3,4&zoom=9").json
    assert (said["features"], said["legend"], said["total"]["text"]) == ([], [], "0.00亩")
