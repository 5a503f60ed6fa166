"""`/map/reference/…` as a browser asks for it."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from callbacks.frame.context import read_context
from callbacks.maps import reference as map_reference_routes
from data.scope import Scope
from data.store.engine import Store
from data.vocabulary import ReferenceLayer
from tests.callbacks.map_client import map_client
from tests.data.maps.layers import put_layer
from tests.data.maps.test_reference import FIELD, MIDDLE

TILE = "/map/reference/farmland/{}/{}/{}.png".format(*MIDDLE)


@pytest.fixture
def client(sqlite_store: Store) -> Any:
    put_layer(sqlite_store, ReferenceLayer.FARMLAND, {"1": FIELD})
    put_layer(sqlite_store, ReferenceLayer.OTHER_PROGRAMME, {"Q-1": FIELD}, programme="大棚房")
    return map_client(sqlite_store, map_reference_routes)


def _alpha(answer: Any) -> Any:
    return np.asarray(Image.open(io.BytesIO(answer.data)).convert("RGBA"))[:, :, 3]


def test_a_tile_is_sent_once_and_again_after_an_upload(client: Any, sqlite_store: Store) -> None:
    first = client.get(TILE)
    assert (first.status_code, first.content_type) == (200, "image/png")
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert _alpha(first).min() > 0
    held = {"If-None-Match": first.headers["ETag"]}
    assert client.get(TILE, headers=held).status_code == 304
    put_layer(sqlite_store, ReferenceLayer.FARMLAND, {})
    again = client.get(TILE, headers=held)
    assert again.status_code == 200
    assert _alpha(again).max() == 0


def test_the_layers_are_listed_with_words_colours_and_versions(
    client: Any, sqlite_store: Store
) -> None:
    found = client.get("/map/reference.json").json
    assert [(one["layer"], one["label"], one["features"], one["colour"]) for one in found] == [
        ("districts", "区市界", 4, "layer-districts"),
        ("farmland", "耕地", 1, "layer-farmland"),
        ("other_programme", "其他专项图斑", 1, "layer-other-programme"),
    ]
    put_layer(sqlite_store, ReferenceLayer.FARMLAND, {"1": FIELD, "2": FIELD})
    later = client.get("/map/reference.json").json
    assert [a["version"] == b["version"] for a, b in zip(found, later, strict=True)] == [
        True,
        False,
        True,
    ]


def test_a_click_tells_what_is_there(client: Any) -> None:
    found = client.get("/map/reference/at.json?lon=122.12&lat=37.32&layers=farmland").json
    assert found == [
        {
            "layer": "farmland",
            "label": "耕地",
            "code": "1",
            "name": "名1",
            "programme": None,
            "recorded_on": None,
            "has_evidence": None,
        }
    ]
    everything = client.get("/map/reference/at.json?lon=122.12&lat=37.32").json
    assert [f["layer"] for f in everything][-2:] == ["farmland", "other_programme"]


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/map/reference/nonsense/3/1/1.png", 404, "farmland（耕地）"),
        ("/map/reference/farmland/3/8/1.png", 404, "没有瓦片"),
        ("/map/reference/farmland/23/1/1.png", 404, "没有瓦片"),
        ("/map/reference/at.json?lon=abc&lat=37", 400, "位置无法识别"),
        ("/map/reference/at.json?lon=nan&lat=37", 400, "位置无法识别"),
        ("/map/reference/at.json?lon=122&lat=37&layers=x", 404, "没有参考图层"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_words(
    client: Any, path: str, status: int, says: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert says in answer.get_data(as_text=True)


def test_who_may_not_see_every_district_gets_no_case_of_another_programme(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = "/map/reference/other_programme/{}/{}/{}.png".format(*MIDDLE)
    seen = client.get(path)

    def narrowed(*given: Any) -> Any:
        return replace(read_context(*given), scope=Scope(frozenset({"371002"})))

    monkeypatch.setattr(map_reference_routes, "read_context", narrowed)
    hidden = client.get(path, headers={"If-None-Match": seen.headers["ETag"]})
    assert (hidden.status_code, _alpha(hidden).max()) == (200, 0)
    listed = client.get("/map/reference.json").json
    assert "other_programme" not in {one["layer"] for one in listed}
    assert "Q-1" not in client.get("/map/reference/at.json?lon=122.12&lat=37.32").text
