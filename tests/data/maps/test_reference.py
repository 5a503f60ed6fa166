"""Overlay tiles of reference layers, and what lies under a click."""

from __future__ import annotations

import io
import json
import threading
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from PIL import Image
from shapely.geometry import mapping

from data.colours import rgb, tokens
from data.maps import reference
from data.maps.mercator import NoSuchTile, unit_x, unit_y
from data.maps.overlay import Window
from data.maps.reference import (
    colour_of,
    features_at,
    layer_mask,
    layers_shown,
    overlay_tile,
    to_png,
)
from data.scope import Scope
from data.store.engine import Store
from data.store.undo import undo_batch
from data.vocabulary import ReferenceLayer, UploadKind
from tests.components.parts.test_theme import contrast
from tests.data.maps.layers import put_layer
from tests.sending import send_file

EVERYONE = Scope.all()
HUANCUI_ONLY = Scope(frozenset({"371002"}))
FIELD = shapely.box(122.10, 37.30, 122.14, 37.34)


def tile_at(lon: float, lat: float, z: int) -> tuple[int, int, int]:
    return z, int(unit_x(lon) * 2**z), int(unit_y(lat) * 2**z)


MIDDLE = tile_at(122.12, 37.32, 14)


def alpha_of(png: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))[:, :, 3]


def farmland(store: Store, scope: Scope = EVERYONE) -> Any:
    return alpha_of(overlay_tile(store, scope, ReferenceLayer.FARMLAND, *MIDDLE).png())


def test_a_tile_is_the_colour_of_its_layer_as_far_as_the_layer_reaches(store: Store) -> None:
    put_layer(store, ReferenceLayer.FARMLAND, {"1": FIELD})
    png = overlay_tile(store, EVERYONE, ReferenceLayer.FARMLAND, *MIDDLE).png()
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))
    assert pixels.shape == (256, 256, 4)
    assert set(np.unique(pixels[:, :, 3])) == {77}
    assert tuple(pixels[128, 128, :3]) == rgb("layer-farmland")
    elsewhere = overlay_tile(store, EVERYONE, ReferenceLayer.FARMLAND, *tile_at(121.5, 37, 14))
    assert alpha_of(elsewhere.png()).max() == 0


def test_the_palette_keeps_every_alpha() -> None:
    alpha = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert (alpha_of(to_png(alpha, (1, 2, 3))) == alpha).all()


def test_what_was_uploaded_a_moment_ago_is_drawn_and_what_it_replaced_is_not(
    sqlite_store: Store, tmp_path: Path
) -> None:
    def upload(shape: Any) -> int | None:
        path = tmp_path / "耕地.geojson"
        feature = {"type": "Feature", "properties": {"名称": "田"}, "geometry": mapping(shape)}
        path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
        return send_file(sqlite_store, path, UploadKind.REFERENCE, None).batch

    assert farmland(sqlite_store).max() == 0
    upload(FIELD)
    first = overlay_tile(sqlite_store, EVERYONE, ReferenceLayer.FARMLAND, *MIDDLE)
    assert farmland(sqlite_store).min() == 77
    batch = upload(shapely.box(122.30, 37.30, 122.34, 37.34))
    second = overlay_tile(sqlite_store, EVERYONE, ReferenceLayer.FARMLAND, *MIDDLE)
    assert farmland(sqlite_store).max() == 0
    assert first.version != second.version
    with sqlite_store.write() as conn:
        assert batch is not None
        undo_batch(conn, batch, "王工")
    assert farmland(sqlite_store).min() == 77
    kept = list((sqlite_store.settings.local_dir / "maps").glob("reference-farmland-*"))
    assert len(kept) == 1, "boxes of earlier versions stay behind"


def test_a_commit_that_leaves_the_layer_as_it_is_changes_no_tile(sqlite_store: Store) -> None:
    put_layer(sqlite_store, ReferenceLayer.FARMLAND, {"1": FIELD})
    before = overlay_tile(sqlite_store, EVERYONE, ReferenceLayer.FARMLAND, *MIDDLE).version
    put_layer(sqlite_store, ReferenceLayer.TOWNS, {"371002001": FIELD})
    after = overlay_tile(sqlite_store, EVERYONE, ReferenceLayer.FARMLAND, *MIDDLE).version
    assert before == after != ""


def test_many_requests_at_once_read_a_layer_once(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_layer(sqlite_store, ReferenceLayer.FARMLAND, {"1": FIELD})
    reads: list[ReferenceLayer] = []
    read = reference._read_boxes

    def counted(conn: Any, layer: ReferenceLayer) -> Any:
        reads.append(layer)
        return read(conn, layer)

    monkeypatch.setattr(reference, "_read_boxes", counted)
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(int(farmland(sqlite_store).min())))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (reads, found) == ([ReferenceLayer.FARMLAND], [77] * 8)


def test_a_tile_outside_the_scheme_is_refused(sqlite_store: Store) -> None:
    with pytest.raises(NoSuchTile):
        overlay_tile(sqlite_store, EVERYONE, ReferenceLayer.TOWNS, 3, 8, 0)


def test_the_layers_that_are_there_are_listed_with_their_colours(store: Store) -> None:
    put_layer(store, ReferenceLayer.FARMLAND, {"1": FIELD, "2": FIELD})
    with store.read() as conn:
        shown = {one.layer: one for one in layers_shown(conn, store, EVERYONE)}
    assert list(shown) == [ReferenceLayer.DISTRICTS, ReferenceLayer.FARMLAND]
    districts, fields = shown.values()
    assert (districts.is_boundary, districts.is_indicative) == (True, True)
    assert (fields.features, fields.is_boundary, fields.is_indicative) == (2, False, False)


def test_every_layer_has_a_colour_of_its_own_that_is_seen_on_the_base() -> None:
    """Contrast of at least 3 for lines (WCAG 1.4.11), on land and on water."""
    colours = [tokens()[colour_of(layer)] for layer in ReferenceLayer]
    assert len(set(colours)) == len(colours)
    assert [c for c in colours for base in ("#FFFFFF", "#E9EFF4") if contrast(c, base) < 3] == []


def test_cases_of_other_programmes_are_only_for_who_sees_every_district(store: Store) -> None:
    layer = ReferenceLayer.OTHER_PROGRAMME
    put_layer(store, layer, {"Q-1": FIELD}, programme="乱占耕地建房")
    for scope, sees in ((EVERYONE, True), (HUANCUI_ONLY, False)):
        window = Window.of_tile(*MIDDLE)
        with store.read() as conn:
            assert (layer in {one.layer for one in layers_shown(conn, store, scope)}) is sees
            assert bool(layer_mask(conn, store, scope, layer, window).any()) is sees
        assert alpha_of(overlay_tile(store, scope, layer, *MIDDLE).png()).any() == sees
        assert bool(features_at(store, scope, 122.12, 37.32, [layer])) is sees
    # towns and fields are no secret
    put_layer(store, ReferenceLayer.FARMLAND, {"1": FIELD})
    assert farmland(store, HUANCUI_ONLY).min() == 77


def test_a_tile_of_who_sees_all_is_not_served_to_who_does_not(sqlite_store: Store) -> None:
    layer = ReferenceLayer.OTHER_PROGRAMME
    put_layer(sqlite_store, layer, {"Q-1": FIELD})
    seen = overlay_tile(sqlite_store, EVERYONE, layer, *MIDDLE)
    hidden = overlay_tile(sqlite_store, HUANCUI_ONLY, layer, *MIDDLE)
    assert alpha_of(seen.png()).max() > 0
    assert alpha_of(hidden.png()).max() == 0
    assert seen.version != hidden.version


def test_a_click_finds_what_holds_the_point_smallest_first_and_not_what_only_surrounds_it(
    store: Store,
) -> None:
    lake = shapely.box(122.11, 37.31, 122.12, 37.32)
    put_layer(
        store,
        ReferenceLayer.FARMLAND,
        {"大": shapely.box(122.0, 37.2, 122.2, 37.4), "环": FIELD.difference(lake), "湖": lake},
    )
    put_layer(
        store,
        ReferenceLayer.OTHER_PROGRAMME,
        {"Q-1": FIELD},
        programme="大棚房",
        recorded_on=date(2023, 4, 1),
        has_evidence=True,
    )
    found = features_at(store, EVERYONE, 122.115, 37.315, ReferenceLayer)
    assert [(f.layer.label, f.code, f.name) for f in found if f.layer.value != "districts"] == [
        ("耕地", "湖", "名湖"),
        ("耕地", "大", "名大"),
        ("其他专项图斑", "Q-1", "名Q-1"),
    ]
    assert (found[-1].programme, found[-1].recorded_on) == ("大棚房", date(2023, 4, 1))
    assert features_at(store, EVERYONE, 100.0, 20.0, ReferenceLayer) == []
