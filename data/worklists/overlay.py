"""The desk audit by overlay (worklists.md, Overlay): what a patch covers of the reference layers,
and where that is not what was filled in. Findings are doubts, never verdicts.

What was measured of a patch is kept in the process for as long as its shape and the layer are the
same, so that a new patch costs its own measuring alone.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from sqlalchemy import Connection

from data.ellipsoid import areas_mu
from data.rules.doubts import Doubt, DoubtKind, DoubtState
from data.scope import Scope
from data.store.queries.legality import Judged, judged
from data.store.queries.patch_list import shapes_of
from data.store.queries.patch_shapes import placed_patches
from data.store.queries.reference_layers import LayerState, iter_features, layer_states
from data.triggers.rulebook import rulebook
from data.vocabulary import Legality, ReferenceLayer, Term
from data.worklists.doubts import judgements

Floats = npt.NDArray[np.float64]
#: Layer → the column of a patch that says how much of it the patch occupies.
COMPARED: Mapping[ReferenceLayer, str] = {
    ReferenceLayer.FARMLAND: "farmland_mu",
    ReferenceLayer.BASIC_FARMLAND: "basic_farmland_mu",
    ReferenceLayer.REDLINE: "redline_mu",
}
LAYERS = (*COMPARED, ReferenceLayer.APPROVED_CONSTRUCTION)


class Finding(Term):
    UNDERSTATED = "understated", "少填"
    OVERSTATED = "overstated", "多填"
    LAWFUL_WITHOUT_APPROVAL = "lawful_without_approval", "判定合法但无批准范围覆盖"


@dataclass(frozen=True, slots=True)
class OverlayFinding:
    """filled_mu: what was filled in; of LAWFUL_WITHOUT_APPROVAL the patch's area. tolerance_mu: by
    how much the two may differ; of LAWFUL_WITHOUT_APPROVAL how much may lie outside."""

    patch_no: str
    year: int
    district: str
    layer: ReferenceLayer
    finding: Finding
    filled_mu: float
    measured_mu: float
    tolerance_mu: float
    state: DoubtState

    @property
    def doubt(self) -> Doubt:
        return Doubt(DoubtKind.OVERLAY, self.layer.value, self.finding.value)

    @property
    def difference_mu(self) -> float:
        return self.filled_mu - self.measured_mu


def overlay(
    conn: Connection,
    scope: Scope,
    year: int,
    as_of: date,
    district: str | None = None,
    judged_year: Judged | None = None,
) -> list[OverlayFinding]:
    """Of the year's patches that count on the day and have a shape, by number and layer.
    judged_year: the year as judged in the scope, where it has been read."""
    known = placed_patches(conn, scope, as_of)
    mine = known["counts"].to_numpy(bool) & (known["year"] == year).to_numpy()
    if district is not None:
        mine = mine & (known["district"] == district).to_numpy()
    patches = known[mine].reset_index(drop=True)
    rule = rulebook(conn)["W3"]
    parameters = rule.of(year, as_of).parameters
    states = judgements(conn, scope, as_of, [year])
    layers = layer_states(conn)
    filled_at = patches["area_mu"].to_numpy(np.float64)
    tolerance = np.maximum(parameters["tolerance_mu"], parameters["tolerance_share"] * filled_at)
    none = np.zeros(0)
    numbers, codes = patches["patch_no"].tolist(), patches["district"].tolist()
    found: list[OverlayFinding] = []

    def put(at: int, layer: ReferenceLayer, finding: Finding, told: tuple[float, float, float]
            ) -> None:  # fmt: skip
        number, code = str(numbers[at]), str(codes[at])
        doubt = Doubt(DoubtKind.OVERLAY, layer.value, finding.value)
        said = states.get((year, number, doubt.key))
        state = said.state if said else DoubtState.OPEN
        found.append(OverlayFinding(number, year, code, layer, finding, *told, state))

    for layer, column in COMPARED.items():
        if layer not in layers or not len(patches):
            continue
        measured_mu = measured(conn, layers[layer], patches)
        filled = patches[column].to_numpy(np.float64)
        signs, _ = rule.predicate(filled, measured_mu, filled_at, none, **parameters)
        for at in np.flatnonzero(signs).tolist():
            finding = Finding.UNDERSTATED if signs[at] < 0 else Finding.OVERSTATED
            put(
                at,
                layer,
                finding,
                (float(filled[at]), float(measured_mu[at]), float(tolerance[at])),
            )
    approved = ReferenceLayer.APPROVED_CONSTRUCTION
    if approved in layers and len(patches):
        lawful = _lawful(judged_year or judged(conn, scope, year, as_of), patches)
        own = patches[lawful].reset_index(drop=True)
        covered_mu, whole = measured(conn, layers[approved], own), measured(conn, None, own)
        share = np.divide(covered_mu, whole, out=np.ones(len(own)), where=whole > 0)
        _, bare = rule.predicate(none, none, none, share, **parameters)
        outside = parameters["uncovered_share"]
        for at, covered in zip(np.flatnonzero(lawful)[bare].tolist(), covered_mu[bare].tolist(),
                               strict=True):  # fmt: skip
            area = float(filled_at[at])
            put(at, approved, Finding.LAWFUL_WITHOUT_APPROVAL, (area, covered, outside * area))
    order = {layer: place for place, layer in enumerate(LAYERS)}
    return sorted(found, key=lambda f: (f.patch_no, order[f.layer]))


def _lawful(known: Judged, patches: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Which of the patches have a parcel whose effective legality is 合法."""
    parcels = known.parcels
    of = parcels.loc[(parcels["effective"] == Legality.LAWFUL.value).to_numpy(), "patch_id"]
    return np.asarray(patches["id"].isin(of), dtype=bool)


# ---- measuring -----------------------------------------------------------------------------------

#: What tells a patch's shape from another: its id, box and area.
_SHAPE = ["id", "min_lon", "min_lat", "max_lon", "max_lat", "geom_area_mu"]
_Known = dict[tuple[float, ...], float]
#: Contents of layers whose measures are kept, the last used.
_MOST_KEPT = 12
_kept: OrderedDict[tuple[str, str], _Known] = OrderedDict()
_lock = threading.Lock()


def measured(conn: Connection, layer: LayerState | None, patches: pd.DataFrame) -> Floats:
    """亩 of each patch's shape that the layer covers, where polygons overlap once; without a layer
    of the whole shape."""
    version = layer.version if layer else "whole"
    place = str(conn.engine.url), version
    with _lock:
        known = _kept.setdefault(place, {})
        _kept.move_to_end(place)
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
    keys = [*zip(*(patches[name].tolist() for name in _SHAPE), strict=True)]
    missing = [at for at, key in enumerate(keys) if key not in known]
    if missing:
        wkb = shapes_of(conn, [int(keys[at][0]) for at in missing])
        shapes: npt.NDArray[np.object_] = np.full(len(missing), None, dtype=object)
        shapes[:] = shapely.from_wkb([bytes(wkb[int(keys[at][0])]) for at in missing])
        areas = areas_mu(shapes) if layer is None else _covered(conn, layer, shapes)
        known.update(zip((keys[at] for at in missing), areas.tolist(), strict=True))
    return np.array([known[key] for key in keys], dtype=np.float64)


def _covered(conn: Connection, layer: LayerState, shapes: npt.NDArray[np.object_]) -> Floats:
    """Features are read in turn, and of each only what it shares with a shape is kept."""
    tree = shapely.STRtree(shapes)
    places: list[npt.NDArray[np.int64]] = []
    pieces: list[npt.NDArray[np.object_]] = []
    for _, boxes, wkb in iter_features(conn, layer.layer):
        at, place = tree.query(shapely.box(*np.array(boxes, dtype=np.float64).T))
        if not len(at):
            continue
        needed, inverse = np.unique(at, return_inverse=True)
        features = shapely.from_wkb([bytes(wkb[i]) for i in needed.tolist()])
        shared = shapely.intersection(features[inverse], shapes[place])
        some = ~shapely.is_empty(shared)
        places.append(place[some])
        pieces.append(shared[some])
    if not places:
        return np.zeros(len(shapes))
    frame = pd.DataFrame({"place": np.concatenate(places), "piece": np.concatenate(pieces)})
    whole = frame.groupby("place")["piece"].agg(_joined)
    found = np.zeros(len(shapes))
    found[whole.index.to_numpy(np.int64)] = areas_mu(whole.to_numpy(object))
    return found


def _joined(pieces: pd.Series) -> shapely.Geometry:
    return pieces.iat[0] if len(pieces) == 1 else shapely.union_all(pieces.to_numpy(object))
