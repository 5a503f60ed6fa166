"""Reference layers on the map: overlay tiles of whatever was uploaded, and what lies under a click.

A layer's boxes are kept in a file beside the store; an upload changes the layer's version, and the
next reader makes a new one. Shapes are read from the store for what a tile shows of them.
"""

from __future__ import annotations

import io
import threading
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
import shapely
from PIL import Image

from data.colours import rgb
from data.maps.mercator import TILE_PX, check_tile, unit_x, unit_y
from data.maps.overlay import Boxes, Mask, Pen, Window, alpha_mask, boxes_of
from data.scope import Scope
from data.store.engine import Store
from data.store.queries.map_facts import content_version
from data.store.queries.reference_layers import (
    LayerState,
    feature_texts,
    geometries,
    iter_features,
    layer_states,
    may_see,
)
from data.vocabulary import ReferenceLayer

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: Goes up whenever tiles look different, so that no browser keeps an older look.
DRAWING = 1
_BOUNDARY = Pen(fill=0.0, line=0.9, line_px=2.0)
_THIN_BOUNDARY = Pen(fill=0.0, line=0.75, line_px=1.0)
_AREA = Pen(fill=0.3, line=0.9, line_px=1.0)
_PENS = {ReferenceLayer.DISTRICTS: _BOUNDARY, ReferenceLayer.TOWNS: _THIN_BOUNDARY}


def colour_of(layer: ReferenceLayer) -> str:
    """The token of assets/tokens.json in which the layer is drawn."""
    return f"layer-{layer.value.replace('_', '-')}"


def pen_of(layer: ReferenceLayer) -> Pen:
    return _PENS.get(layer, _AREA)


@dataclass(frozen=True, slots=True)
class LayerShown:
    """A layer that a map can offer. features: how many. colour: a token. is_boundary: lines only.
    is_indicative: shipped as 示意. version: for the tiles' address."""

    layer: ReferenceLayer
    features: int
    colour: str
    is_boundary: bool
    is_indicative: bool
    version: str


@dataclass(frozen=True, slots=True)
class FeatureFound:
    """A feature under a point. programme, recorded_on, has_evidence: of 其他专项图斑."""

    layer: ReferenceLayer
    code: str | None
    name: str | None
    programme: str | None
    recorded_on: date | None
    has_evidence: bool | None


@dataclass
class _Known:
    """What this process has of one store's layers. building: a lock for each layer, so that many
    tiles that are asked for at once build its boxes once."""

    content: str = ""
    states: dict[ReferenceLayer, LayerState] = field(default_factory=dict)
    boxes: dict[ReferenceLayer, tuple[str, Boxes]] = field(default_factory=dict)
    building: dict[ReferenceLayer, threading.Lock] = field(
        default_factory=lambda: {layer: threading.Lock() for layer in ReferenceLayer}
    )


_lock = threading.Lock()
_known: WeakKeyDictionary[Store, _Known] = WeakKeyDictionary()


def _known_of(store: Store) -> _Known:
    with _lock:
        return _known.setdefault(store, _Known())


def _states(conn: Connection, known: _Known) -> dict[ReferenceLayer, LayerState]:
    """The layers as the connection sees them; asked again only after a commit."""
    content = content_version(conn)
    with _lock:
        if known.content == content:
            return known.states
    states = layer_states(conn)
    with _lock:
        known.content, known.states = content, states
    return states


def _boxes(conn: Connection, store: Store, known: _Known, state: LayerState) -> Boxes:
    with known.building[state.layer]:
        held = known.boxes.get(state.layer)
        if held is not None and held[0] == state.version:
            return held[1]
        folder = store.settings.local_dir / "maps"
        path = folder / f"reference-{state.layer.value}-{state.version}-f{_FORMAT}.npy"
        if not path.exists():
            _write(path, _read_boxes(conn, state.layer))
            for old in folder.glob(f"reference-{state.layer.value}-*"):
                if old != path:
                    old.unlink(missing_ok=True)
        boxes = _from_file(path)
        known.boxes[state.layer] = (state.version, boxes)
        return boxes


#: Columns of the file, and what goes up whenever they change.
_COLUMNS = ("west", "north", "east", "south", "area")
_FORMAT = 1


def _read_boxes(conn: Connection, layer: ReferenceLayer) -> Boxes:
    """Two seconds for 300,000 features: their areas need their shapes once."""
    parts = [
        boxes_of(ids, np.array(degrees, dtype=float), shapely.from_wkb(shapes))
        for ids, degrees, shapes in iter_features(conn, layer)
    ]
    return Boxes(*(np.concatenate([getattr(p, n) for p in parts]) for n in ("ids", *_COLUMNS)))


def _write(path: Path, boxes: Boxes) -> None:
    """Whole or not at all; what two processes write at once is the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{uuid.uuid4().hex}")
    with partial.open("wb") as file:
        np.save(file, np.stack([boxes.ids.astype(float), *(getattr(boxes, n) for n in _COLUMNS)]))
    partial.rename(path)


def _from_file(path: Path) -> Boxes:
    rows = np.load(path, mmap_mode="r")
    return Boxes(rows[0].astype(np.int64), *rows[1:])


# ---- what there is -------------------------------------------------------------------------------


def layers_shown(conn: Connection, store: Store, scope: Scope) -> list[LayerShown]:
    """The layers that have features and that the reader may see, in the vocabulary's order."""
    return shown_of(_states(conn, _known_of(store)), scope)


def shown_of(states: Mapping[ReferenceLayer, LayerState], scope: Scope) -> list[LayerShown]:
    """Of layers that have features those that the reader may see."""
    return [
        LayerShown(
            layer,
            state.features,
            colour_of(layer),
            not pen_of(layer).fill,
            state.is_indicative,
            _tile_version(state),
        )
        for layer, state in states.items()
        if may_see(scope, layer)
    ]


def _tile_version(state: LayerState) -> str:
    return f"{state.version}-{DRAWING}"


# ---- tiles ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OverlayTile:
    """version: what an ETag is made from; empty for a tile without anything for the reader."""

    store: Store
    layer: ReferenceLayer
    version: str
    z: int
    x: int
    y: int

    def png(self) -> bytes:
        """256 × 256 pixels with alpha."""
        if not self.version:
            return _empty_tile()
        with self.store.read() as conn:
            alpha = _mask(conn, self.store, self.layer, Window.of_tile(self.z, self.x, self.y))
        return to_png(alpha, rgb(colour_of(self.layer)))


def overlay_tile(
    store: Store, scope: Scope, layer: ReferenceLayer, z: int, x: int, y: int
) -> OverlayTile:
    """The tile of a layer; an empty one where nothing was uploaded or the reader may not see it.

    Raises NoSuchTile.
    """
    check_tile(z, x, y)
    version = ""
    if may_see(scope, layer):
        with store.read() as conn:
            state = _states(conn, _known_of(store)).get(layer)
        version = _tile_version(state) if state is not None else ""
    return OverlayTile(store, layer, version, z, x, y)


def _mask(conn: Connection, store: Store, layer: ReferenceLayer, window: Window) -> Mask:
    known = _known_of(store)
    state = _states(conn, known).get(layer)
    if state is None:
        return np.zeros((window.height, window.width), dtype=np.uint8)
    boxes = _boxes(conn, store, known, state)
    return alpha_mask(boxes, window, pen_of(layer), lambda ids: geometries(conn, ids))


def layer_mask(
    conn: Connection, store: Store, scope: Scope, layer: ReferenceLayer, window: Window
) -> Mask:
    """Alpha of any window, for pictures; nothing where the reader may not see the layer."""
    if not may_see(scope, layer):
        return np.zeros((window.height, window.width), dtype=np.uint8)
    return _mask(conn, store, layer, window)


def to_png(alpha: Mask, colour: tuple[int, int, int]) -> bytes:
    """One colour in all degrees of alpha: a palette picture of which the pixel is its own alpha."""
    picture = Image.fromarray(alpha).convert("L")
    picture = Image.frombytes("P", picture.size, picture.tobytes())
    picture.putpalette(bytes(colour) * 256)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", transparency=bytes(range(256)), compress_level=4)
    return buffer.getvalue()


@cache
def _empty_tile() -> bytes:
    return to_png(np.zeros((TILE_PX, TILE_PX), dtype=np.uint8), (255, 255, 255))


# ---- a click -------------------------------------------------------------------------------------


def features_at(
    store: Store, scope: Scope, lon: float, lat: float, layers: Iterable[ReferenceLayer]
) -> list[FeatureFound]:
    """The features of the layers that hold the point, boundaries included; smallest first in each
    layer."""
    found: list[FeatureFound] = []
    known = _known_of(store)
    place = shapely.Point(lon, lat)
    x, y = float(unit_x(lon)), float(unit_y(lat))
    with store.read() as conn:
        states = _states(conn, known)
        for layer in layers:
            state = states.get(layer)
            if state is None or not may_see(scope, layer):
                continue
            boxes = _boxes(conn, store, known, state)
            for text in feature_texts(conn, _ids_around(boxes, x, y)):
                if shapely.intersects(shapely.from_wkb(text.geom), place):
                    found.append(
                        FeatureFound(
                            layer,
                            text.code,
                            text.name,
                            text.programme,
                            text.recorded_on,
                            text.has_evidence,
                        )
                    )
    return found


#: More features than these on one point are not read.
_MOST_FOUND = 50


def _ids_around(boxes: Boxes, x: float, y: float) -> Sequence[int]:
    holds = (boxes.west <= x) & (boxes.east >= x) & (boxes.north <= y) & (boxes.south >= y)
    at = np.flatnonzero(holds)
    at = at[np.argsort(boxes.area[at], kind="stable")][:_MOST_FOUND]
    ids: Any = boxes.ids[at].tolist()
    return list(ids)
