"""`/map/heat…`, areas and hot spots as a browser asks for them."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from callbacks.maps import heat as map_heat_routes
from data.maps.mercator import cells
from data.store.engine import Store
from tests.callbacks.map_client import map_client
from tests.data.maps.worlds import small_year

ON = "year=2023&asof=2023-08-01"


@pytest.fixture
def client(sqlite_store: Store) -> Any:
    small_year(sqlite_store)
    return map_client(sqlite_store, map_heat_routes)


def tile(zoom: int, lon: float = 122.1, lat: float = 37.4) -> str:
    x, y = cells(np.array([lon]), np.array([lat]), zoom)
    return f"/map/heat/{zoom}/{x[0]}/{y[0]}.png"


def test_a_tile_is_a_picture_that_shows_where_the_patches_are(client: Any) -> None:
    answer = client.get(f"{tile(11)}?{ON}")
    assert answer.content_type == "image/png"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    seen = np.asarray(Image.open(io.BytesIO(answer.data)).convert("RGBA"))
    assert seen.shape == (256, 256, 4)
    assert seen[..., 3].max() > 200
    elsewhere = client.get(f"{tile(11, 100.0, 30.0)}?{ON}")
    assert not np.asarray(Image.open(io.BytesIO(elsewhere.data)).convert("RGBA"))[..., 3].any()


def test_a_tile_that_the_browser_has_is_not_sent_again(client: Any) -> None:
    first = client.get(f"{tile(11)}?{ON}")
    held = {"If-None-Match": first.headers["ETag"]}
    assert client.get(f"{tile(11)}?{ON}", headers=held).status_code == 304
    assert client.get(f"{tile(11)}?{ON}&radius=500", headers=held).status_code == 200
    assert client.get(f"{tile(11)}?{ON}&until=2023-08-01", headers=held).status_code == 200


def test_the_legend_is_one_for_all_days_of_the_slider(client: Any) -> None:
    said = client.get(f"/map/heat.json?{ON}").json
    assert said["unit"] == "亩/km²"
    assert said["radius"] == 1000
    june = client.get("/map/heat.json?year=2023&asof=2023-06-30").json
    assert june["stops"] == said["stops"]
    # two patches lie together until one is eliminated in July
    later = client.get(f"/map/heat.json?{ON}&until=2023-04-01").json
    assert later["most"]["value"] < said["most"]["value"]


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/map/heat/3/8/0.png?", 404, "没有瓦片"),
        ("/map/heat/3/4/3.png?radius=7&", 400, "平滑半径"),
        ("/map/heat.json?radius=7&", 400, "500、1000、2000"),
        ("/map/heat.json?until=soon&", 400, "2023-05-24"),
        ("/map/heat.json?measure=profit&", 400, "remaining_farmland_mu"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_a_sentence(
    client: Any, address: str, status: int, words: str
) -> None:
    answer = client.get(f"{address}{ON}")
    assert answer.status_code == status
    assert words in answer.text


def test_a_question_that_selects_nothing_is_said_so(client: Any) -> None:
    said = client.get(f"/map/heat.json?{ON}&measure=unlawful_redline_mu").json
    assert said["stops"] == []
    assert said["note"].endswith("。")


def test_areas_are_features_with_their_density_and_zones_are_listed(client: Any) -> None:
    said = client.get(f"/map/areas.json?{ON}").json
    huancui = said["features"][0]["properties"]
    assert (huancui["name"], huancui["text"], huancui["base"]) == ("环翠区", "8.00亩", "辖区面积")
    assert huancui["density_text"].endswith("亩/km²")
    assert huancui["colour"] in {entry["colour"] for entry in said["legend"]}
    rongcheng = said["features"][2]["properties"]
    assert (rongcheng["value"], rongcheng["step"], rongcheng["colour"]) == (0, 0, None)
    assert [u["name"] for u in said["unplaced"]] == ["高区", "经区", "临港区", "南海新区"]
    assert said["total"]["text"] == "12.00亩"
    assert "示意" in said["note"]
    assert "高区" in said["note"]
    towns = client.get(f"/map/areas.json?{ON}&by=town").json
    assert (towns["features"], towns["unplaced"][0]["name"]) == ([], "未填乡镇")
    assert "上传" in towns["note"]
    wrong = client.get(f"/map/areas.json?{ON}&by=village")
    assert (wrong.status_code, "乡镇界" in wrong.text) == (400, True)


def test_spots_are_places_with_value_patches_and_change(client: Any) -> None:
    (first, second) = client.get(f"/map/spots.json?{ON}").json["spots"]
    assert (first["name"], first["text"], first["patches"]) == ("文登区", "4.00亩", 1)
    assert (second["name"], second["text"], second["change_text"]) == ("环翠区", "3.00亩", "持平")
    june = client.get("/map/spots.json?year=2023&asof=2023-06-10").json["spots"]
    assert (june[0]["text"], june[0]["change_text"]) == ("5.00亩", "+5.00亩")
    west, south, east, north = first["box"]
    assert west < first["lon"] < east
    assert south < first["lat"] < north
    fewer = client.get(f"/map/spots.json?{ON}&against=2023-06-01").json
    assert (fewer["spots"], fewer["is_difference"]) == ([], True)
