"""The bar above the map of 违法占用."""

from __future__ import annotations

from components import ids
from components.heatmap.stage import Overlay, Shown, map_bar
from tests.components.drawn import below, text_of


def by_id(component: object, wanted: str) -> object:
    (found,) = [part for part in below(component) if getattr(part, "id", None) == wanted]
    return found


def map_bar_with(layer: str, overlays: list[Overlay], chosen: tuple[str, ...] = ()) -> object:
    return map_bar(
        Shown(layer, "1000", "district", "status", chosen),
        layers={"heat": "热力面", "patches": "图斑"},
        radii={"1000": "1公里"},
        units={"district": "区市"},
        colours={"status": "办理状态"},
        overlays=overlays,
    )


def test_a_layer_has_its_own_choice_beside_it() -> None:
    i = ids.Heatmap
    for layer, shown in (("heat", i.RADIUS_BOX), ("patches", i.COLOUR_BOX)):
        drawn = map_bar_with(layer, [])
        for box in (i.RADIUS_BOX, i.BY_BOX, i.COLOUR_BOX):
            assert by_id(drawn, box).hidden == (box != shown)  # type: ignore[attr-defined]


def test_an_overlay_that_is_not_there_is_not_ticked() -> None:
    drawn = map_bar_with("heat", [Overlay("farmland", "耕地")], ("farmland", "redline"))
    assert by_id(drawn, ids.Heatmap.OVERLAYS).value == ["farmland"]  # type: ignore[attr-defined]
    assert "请上传“参考图层”" in text_of(map_bar_with("heat", []))
