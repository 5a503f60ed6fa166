"""The map as a picture for documents: where things are on it, and what stands beside them."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import numpy as np
import pytest
from PIL import Image

from data.colours import rgb, tokens
from data.maps.cube import map_cube
from data.maps.picture import map_picture, window_for
from data.maps.picture_ground import scale_length
from data.maps.picture_layers import LAYERS
from data.maps.picture_page import NoFont, Page, wrapped
from data.maps.picture_spec import PICTURE_LAYERS, BadPicture, PictureSpec
from data.maps.question import MapQuestion
from data.maps.ramp import amount_rgb
from data.scope import Scope
from data.store.engine import Store
from data.vocabulary import ReferenceLayer
from tests.data.maps.layers import put_layer
from tests.data.maps.test_reference import FIELD
from tests.data.maps.worlds import small_year
from tests.data.store.queries.stored import WENDENG

DAY = date(2023, 8, 1)
DPI = 72
#: Around A1 to A4, with A2 in the middle.
NEAR_A = (122.08, 37.38, 122.12, 37.42)
#: Holds A… and B1.
BOTH = (121.95, 37.05, 122.15, 37.45)
MM = DPI / 25.4


def spec(layer: str = "patches", **more: Any) -> PictureSpec:
    given: dict[str, Any] = {
        "title": "威海市未消除违法占用耕地",
        "subtitle": ["2023年度，截至2023年8月1日"],
        "stamp": "基准日 2023-08-01 · 数据版本 7",
        "until": DAY,
        "colouring": "measure",
        "dpi": DPI,
    }
    return PictureSpec(layer=layer, **given | more)


def drawn(store: Store, wanted: PictureSpec, scope: Scope | None = None, **asked: Any) -> Any:
    """Pixels: height × width × 3."""
    cube = map_cube(store, 2023)
    with store.read() as conn:
        q = MapQuestion(2023, DAY, **asked)
        png = map_picture(conn, store, cube, scope or Scope.all(), q, wanted)
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def reddish(pixels: Any) -> Any:
    """Where the map (not the legend) is in a strong colour of the ramp: (rows, columns)."""
    on_map = pixels[:, : round(107 * MM)]
    return np.nonzero((on_map[..., 0] > 120) & (on_map[..., 1] < 90) & (on_map[..., 2] < 110))


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that is put on the page."""
    words: list[str] = []
    put = Page.text

    def kept(self: Any, x: float, y: float, text: str, *more: Any, **look: Any) -> None:
        words.append(text)
        put(self, x, y, text, *more, **look)

    monkeypatch.setattr(Page, "text", kept)
    return words


@pytest.mark.parametrize("layer", LAYERS)
def test_every_layer_is_drawn_with_its_legend_unit_and_sum(
    sqlite_store: Store, said: list[str], layer: str
) -> None:
    small_year(sqlite_store)
    pixels = drawn(sqlite_store, spec(layer, box=BOTH))
    assert pixels.shape == (round(112 * MM), round(156 * MM), 3)
    assert len(reddish(pixels)[0]) > 0
    unit = {"heat": "亩/km²", "bins": "亩/格", "areas": "亩/km²", "patches": "亩"}[layer]
    text = "\n".join(said)
    assert f"（{unit}）" in text
    # what has no position is only in the sums of the districts
    assert ("合计 12.00亩" if layer == "areas" else "图内合计 7.00亩，2个图斑") in text
    assert "威海市未消除违法占用耕地" in text
    assert "基准日 2023-08-01 · 数据版本 7 · 区市界为示意" in text
    assert "演示数据" not in text


def test_a_patch_is_drawn_where_it_lies(sqlite_store: Store) -> None:
    small_year(sqlite_store)
    rows, columns = reddish(drawn(sqlite_store, spec(box=NEAR_A)))
    # the middle of the map: 3.5 mm of margin and half of its 103.5 mm
    assert columns.mean() / MM == pytest.approx(55.25, abs=0.8)
    assert np.ptp(columns) / MM < 6
    assert np.ptp(rows) / MM < 6


def test_the_colour_of_a_patch_is_that_of_its_class_or_of_what_it_is(sqlite_store: Store) -> None:
    small_year(sqlite_store)
    far = drawn(sqlite_store, spec(box=NEAR_A))
    assert (np.abs(far - amount_rgb(1.0)).sum(axis=2) < 60).any()
    told = drawn(sqlite_store, spec(colouring="legality", box=NEAR_A))
    for token in ("unlawful", "eliminated", "lawful"):
        assert (np.abs(told[:, : round(107 * MM)] - rgb(token)).sum(axis=2) < 60).any(), token


def test_a_reader_of_one_district_sees_only_its_patches(
    sqlite_store: Store, said: list[str]
) -> None:
    small_year(sqlite_store)
    own = Scope(frozenset({WENDENG}))
    for layer in LAYERS:
        assert len(reddish(drawn(sqlite_store, spec(layer, box=NEAR_A), own))[0]) == 0
    assert "图内合计 0.00亩，0个图斑" in said


def test_what_is_invented_or_indicative_says_so(sqlite_store: Store, said: list[str]) -> None:
    drawn(sqlite_store, spec(is_demo=True))
    text = "\n".join(said)
    assert "演示数据" in said
    assert "区市界为示意（海岸线已概化，不作界线依据）" in text
    assert "所选条件下没有可以上图的数值。" in said
    put_layer(sqlite_store, ReferenceLayer.DISTRICTS, {"371002": FIELD})
    said.clear()
    drawn(sqlite_store, spec())
    assert "示意" not in "\n".join(said)


def test_reference_layers_lie_over_the_map_and_stand_in_the_legend(
    sqlite_store: Store, said: list[str]
) -> None:
    put_layer(sqlite_store, ReferenceLayer.FARMLAND, {"1": FIELD})
    put_layer(sqlite_store, ReferenceLayer.OTHER_PROGRAMME, {"Q-1": FIELD})
    chosen = (ReferenceLayer.FARMLAND, ReferenceLayer.OTHER_PROGRAMME)
    inside = (122.11, 37.31, 122.13, 37.33)
    own = Scope(frozenset({WENDENG}))
    bare = drawn(sqlite_store, spec(box=inside), own)
    over = drawn(sqlite_store, spec(box=inside, overlays=chosen), own)
    assert ("耕地" in said, "其他专项图斑" in said) == (True, False)
    middle = bare.shape[0] // 2, round(40 * MM)
    expected = bare[middle] + (np.array(rgb("layer-farmland")) - bare[middle]) * 77 / 255
    assert over[middle] == pytest.approx(expected, abs=2)
    drawn(sqlite_store, spec(overlays=chosen))
    assert "其他专项图斑" in said


def test_a_difference_is_said_with_signs(sqlite_store: Store, said: list[str]) -> None:
    small_year(sqlite_store)
    drawn(sqlite_store, spec("bins"), against_on=date(2023, 6, 1))
    assert "未消除违法占用耕地变化" in "\n".join(said)
    assert "图内合计 −2.00亩，1个图斑" in said


def test_too_many_patches_to_tell_apart_are_coloured_by_value_and_that_is_said(
    sqlite_store: Store, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    small_year(sqlite_store)
    monkeypatch.setattr("data.maps.picture_layers.MOST_TOLD_APART", 3)
    drawn(sqlite_store, spec(colouring="status"))
    assert any(words.startswith("图内超过3个图斑，改按指标着色") for words in said)


def test_a_dollar_is_a_dollar(sqlite_store: Store) -> None:
    drawn(sqlite_store, spec(title=r"$\frac{1}$", subtitle=["a$b$c"]))


def test_pictures_that_are_drawn_at_once_are_as_if_one_after_the_other(
    sqlite_store: Store,
) -> None:
    small_year(sqlite_store)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: drawn(sqlite_store, spec("bins")), range(4)))
    assert all((one == found[0]).all() for one in found)


def test_without_a_chinese_font_it_says_what_to_install(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.maps.picture_page._installed", lambda: frozenset({"DejaVu Sans"}))
    with pytest.raises(NoFont, match="fonts-noto-cjk"):
        drawn(sqlite_store, spec())


@pytest.mark.parametrize(
    "more",
    [
        {"layer": "clouds"},
        {"width_mm": 20.0},
        {"width_mm": float("nan")},
        {"dpi": 5_000},
        {"width_mm": 400.0, "height_mm": 400.0, "dpi": 400},
    ],
)
def test_a_size_or_layer_that_is_not_offered_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(BadPicture):
        spec(**more)


def test_a_window_holds_the_whole_box_in_its_middle() -> None:
    window, seen = window_for(NEAR_A, 400, 300)
    assert (window.width, window.height) == (400, 300)
    assert seen[0] <= NEAR_A[0] < NEAR_A[2] <= seen[2]
    assert seen[1] <= NEAR_A[1] + 1e-12 < NEAR_A[3] <= seen[3] + 1e-12
    assert seen[0] + seen[2] == pytest.approx(NEAR_A[0] + NEAR_A[2])


@pytest.mark.parametrize(("across", "bar"), [(100, 20), (81, 20), (79, 10), (4, 1), (0.9, 0.2)])
def test_a_scale_bar_is_a_round_length(across: float, bar: float) -> None:
    assert scale_length(across) == pytest.approx(bar)


def test_a_line_breaks_by_width_and_never_before_a_closing_mark() -> None:
    assert wrapped("一二三四五六", 4) == ["一二三四", "五六"]
    assert wrapped("一二三四，五", 4) == ["一二三四，", "五"]
    assert wrapped("abcdefg", 2) == ["abc", "def", "g"]
    assert wrapped("", 4) == []


def test_every_layer_that_is_offered_can_be_drawn() -> None:
    assert tuple(LAYERS) == PICTURE_LAYERS


def test_the_tokens_that_it_uses_are_there() -> None:
    assert {"layer-districts", "demo-ink", "tone-short", "soft"} <= set(tokens())
