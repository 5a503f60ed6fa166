"""Patches on ground that was issued before, and on ground of which another programme has evidence
(worklists.md, Come-backs and duplicates).

Pairs are found by their boxes, thinned by what two boxes can share at most, and only then cut.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from sqlalchemy import Connection

from data.ellipsoid import areas_mu
from data.rules.doubts import Doubt, DoubtKind, DoubtState
from data.rules.loader import governing_day
from data.scope import Scope
from data.store.columns import Days, day_of
from data.store.queries.legality import filled, judged
from data.store.queries.patch_list import shapes_of
from data.store.queries.patch_shapes import evidenced_features, placed_patches
from data.store.queries.reference_layers import feature_texts
from data.store.queries.worklist_frames import ledger_frame
from data.triggers.rulebook import rulebook
from data.units import M2_PER_MU
from data.vocabulary import Legality, OtherCategory, RectificationWay
from data.worklists.doubts import judgements
from data.worklists.rechecks import RECHECKED

Places = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
_BOX = ["min_lon", "min_lat", "max_lon", "max_lat"]
#: Boxes are asked for so many at a time.
_AT_ONCE = 20_000
#: What a box shares is known to this part of itself: a degree is not equally long everywhere.
_SLACK = 0.98
#: What a parcel of the earlier patch was, the first that fits.
OUTCOMES = ("written_off", "rectified", *RECHECKED)
_NO_OUTCOME = len(OUTCOMES)


@dataclass(frozen=True, slots=True)
class ComeBack:
    """A patch on earlier ground. other_year, other_no: the earlier patch, or the feature of another
    programme (its year may be unknown). outcome: what a parcel of the earlier patch was on the day
    before (one of OUTCOMES), only of a come-back. share: of the smaller patch, of the patch itself
    where another programme has evidence."""

    patch_no: str
    year: int
    district: str
    issued_on: date
    kind: DoubtKind
    other_year: int | None
    other_no: str
    other_on: date | None
    programme: str | None
    outcome: str | None
    share: float
    shared_mu: float
    farmland_mu: float
    state: DoubtState

    @property
    def doubt(self) -> Doubt:
        return Doubt(self.kind, str(self.other_year or "-"), self.other_no)


def comebacks(
    conn: Connection,
    scope: Scope,
    as_of: date,
    year: int | None = None,
    district: str | None = None,
) -> list[ComeBack]:
    """Of the patches that count on the day (of a work year, or of all), the largest shares first.
    A reader of some districts is told of earlier patches of these alone."""
    known = placed_patches(conn, scope, as_of)
    later = known["counts"].to_numpy(bool)
    if year is not None:
        later = later & (known["year"] == year).to_numpy()
    if district is not None:
        later = later & (known["district"] == district).to_numpy()
    asked = np.flatnonzero(later)
    features = evidenced_features(conn, scope, as_of)
    rules = rulebook(conn)["W2"]
    of_year = [year] if year is not None else sorted(set(known["year"].tolist()))
    least = min(
        (rules.of(y, governing_day(y, as_of)).parameters["share"] for y in of_year), default=1.0
    )
    one, other = _pairs(known, asked, least)
    ground, feature = _on_features(known, asked, features)
    shapes = _patch_shapes(conn, known, np.unique(np.concatenate([one, other, ground])))
    shapes_there = _feature_shapes(conn, features, feature)
    areas = areas_mu(shapes)
    shared = areas_mu(shapely.intersection(shapes[one], shapes[other]))
    share = _divided(shared, np.minimum(areas[one], areas[other]))
    shared_there = areas_mu(shapely.intersection(shapes[ground], shapes_there))
    share_there = _divided(shared_there, areas[ground])
    is_pair, has_evidence = np.zeros(len(one), bool), np.zeros(len(ground), bool)
    for of in of_year:
        mine = (known["year"] == of).to_numpy()
        parameters = rules.of(of, as_of).parameters
        pairs, evidence = rules.predicate(share[mine[one]], share_there[mine[ground]], **parameters)
        is_pair[mine[one]], has_evidence[mine[ground]] = pairs, evidence
    one, other, share, shared = one[is_pair], other[is_pair], share[is_pair], shared[is_pair]
    outcomes = _outcomes(conn, scope, as_of, known, one, other)
    states = judgements(conn, scope, as_of)
    found = list(_of_patches(known, one, other, outcomes, share, shared))
    ground, feature = ground[has_evidence], feature[has_evidence]
    share, shared = share_there[has_evidence], shared_there[has_evidence]
    found += _of_features(known, features, ground, feature, share, shared)
    told = (replace(b, state=s.state) if (s := states.get(_key(b))) else b for b in found)
    return sorted(told, key=lambda b: (-b.share, b.year, b.patch_no, b.kind, b.other_no))


def _key(back: ComeBack) -> tuple[int, str, str]:
    return back.year, back.patch_no, back.doubt.key


def _divided(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)


# ---- candidates ----------------------------------------------------------------------------------


def _pairs(known: pd.DataFrame, asked: Places, least: float) -> tuple[Places, Places]:
    """(patch asked about, one issued before it): places in `known`, which is in order of issue."""
    boxes = known[_BOX].to_numpy(np.float64)
    tree = shapely.STRtree(shapely.box(*boxes.T))
    area = known["geom_area_mu"].to_numpy(np.float64)
    number, issued = known["patch_no"].to_numpy(object), known["issued_on"].to_numpy(np.int64)
    ones, others = [], []
    for start in range(0, len(asked), _AT_ONCE):
        some = asked[start : start + _AT_ONCE]
        at, other = tree.query(shapely.box(*boxes[some].T))
        one = some[at]
        before = (issued[other] < issued[one]) | (
            (issued[other] == issued[one]) & (number[other] < number[one])
        )
        one, other = one[before], other[before]
        smaller = np.fmin(area[one], area[other])
        may = ~(_shared_box_mu(boxes[one], boxes[other]) < _SLACK * least * smaller)
        ones.append(one[may])
        others.append(other[may])
    return _joined(ones), _joined(others)


def _on_features(
    known: pd.DataFrame, asked: Places, features: pd.DataFrame
) -> tuple[Places, Places]:
    """(patch, feature): their places."""
    if not len(features) or not len(asked):
        return _joined([]), _joined([])
    boxes = known[_BOX].to_numpy(np.float64)[asked]
    tree = shapely.STRtree(shapely.box(*features[_BOX].to_numpy(np.float64).T))
    at, feature = tree.query(shapely.box(*boxes.T))
    return asked[at], feature.astype(np.int64)


def _joined(parts: Iterable[Places]) -> Places:
    return np.concatenate([np.zeros(0, dtype=np.int64), *parts])


def _shared_box_mu(a: Floats, b: Floats) -> Floats:
    sides = np.minimum(a[:, 2:], b[:, 2:]) - np.maximum(a[:, :2], b[:, :2])
    degrees = np.prod(np.maximum(sides, 0.0), axis=1)
    lat = np.radians((a[:, 1] + a[:, 3]) / 2)
    m2_per_degree = 111_320.0 * np.cos(lat) * 111_200.0
    return np.asarray(degrees * m2_per_degree / M2_PER_MU)


def _patch_shapes(conn: Connection, known: pd.DataFrame, places: Places
                  ) -> npt.NDArray[np.object_]:  # fmt: skip
    """By place in `known`; None for those that are in no pair."""
    shapes = np.full(len(known), None, dtype=object)
    ids = known["id"].to_numpy(np.int64)[places].tolist()
    wkb = shapes_of(conn, ids)
    shapes[places] = shapely.from_wkb([bytes(wkb[i]) for i in ids])
    return shapes


def _feature_shapes(conn: Connection, features: pd.DataFrame, places: Places
                    ) -> npt.NDArray[np.object_]:  # fmt: skip
    ids = features["id"].to_numpy(np.int64)[places]
    wkb: dict[int, bytes] = {}
    unique = np.unique(ids).tolist()
    for start in range(0, len(unique), 5_000):
        told = feature_texts(conn, unique[start : start + 5_000])
        wkb |= {feature.id: bytes(feature.geom) for feature in told}
    found: npt.NDArray[np.object_] = np.full(len(ids), None, dtype=object)
    found[:] = shapely.from_wkb([wkb[i] for i in ids.tolist()])
    return found


# ---- what was said then --------------------------------------------------------------------------


def _outcomes(
    conn: Connection, scope: Scope, as_of: date, known: pd.DataFrame, one: Places, other: Places
) -> Places:
    """Of each pair the place in OUTCOMES of what the earlier patch was on the day before."""
    worst = np.full(len(one), _NO_OUTCOME, dtype=np.int64)
    if not len(one):
        return worst
    ids = known["id"].to_numpy(np.int64)
    then = known["issued_on"].to_numpy(np.int64)[one] - 1
    earlier = judged(conn, scope, None, as_of, np.unique(ids[other]).tolist())
    parcels = earlier.parcels
    pairs = pd.DataFrame({"pair": np.arange(len(one)), "patch_id": ids[other], "then": then})
    rows = parcels[["patch_id"]].assign(row=np.arange(len(parcels))).merge(pairs, on="patch_id")
    row, day = rows["row"].to_numpy(np.int64), rows["then"].to_numpy(np.int64)
    legality, _ = earlier.runs.at(row, day)
    own = parcels.iloc[row]
    _keep_first(worst, rows["pair"].to_numpy(np.int64), _stood(own, legality, day))
    _keep_first(worst, *_in_ledger(conn, scope, known, other, then))
    return worst


def _keep_first(worst: Places, pair: Places, outcome: Places) -> None:
    np.minimum.at(worst, pair, outcome)


def _stood(own: pd.DataFrame, legality: npt.NDArray[np.object_], day: Days) -> Places:
    rectified = (legality == Legality.UNLAWFUL.value) & (
        own["eliminated_on"].to_numpy(np.int64) <= day
    )
    recultivated = (own["way"] == RectificationWay.DEMOLITION_RECULTIVATION.value).to_numpy()
    accepted = own["accepted_on"].to_numpy(np.int64) <= day
    off = rectified & accepted & (~recultivated | filled(own["certificate_no"]))
    place = {category: OUTCOMES.index(category) for category in RECHECKED}
    category = np.array([place.get(c, _NO_OUTCOME) for c in own["other_category"]], dtype=np.int64)
    other = legality == Legality.OTHER.value
    return np.where(off, 0, np.where(rectified, 1, np.where(other, category, _NO_OUTCOME)))


def _in_ledger(
    conn: Connection, scope: Scope, known: pd.DataFrame, other: Places, then: Days
) -> tuple[Places, Places]:
    """(pair, outcome) of the earlier patches' rows in the ledger."""
    rows = ledger_frame(conn, scope)
    named = known[["year", "patch_no"]].iloc[other].assign(pair=np.arange(len(other)), then=then)
    told = named.merge(rows, on=["year", "patch_no"])
    day = told["then"].to_numpy(np.int64)
    off = told["written_off_on"].to_numpy(np.int64) <= day
    gone = told["eliminated_on"].to_numpy(np.int64) <= day
    return told["pair"].to_numpy(np.int64), np.where(off, 0, np.where(gone, 1, _NO_OUTCOME))


# ---- rows ----------------------------------------------------------------------------------------


def _of_patches(
    known: pd.DataFrame, one: Places, other: Places, outcomes: Places, share: Floats, shared: Floats
) -> Iterable[ComeBack]:
    names = ("patch_no", "year", "district", "issued_on", "farmland_mu")
    mine = [known[name].to_numpy()[one].tolist() for name in names]
    theirs = [known[name].to_numpy()[other].tolist() for name in names[:4]]
    for no, year, code, on, mu, no_2, year_2, _, on_2, outcome, part, area in zip(
        *mine, *theirs, outcomes.tolist(), share.tolist(), shared.tolist(), strict=True
    ):
        back = outcome < _NO_OUTCOME
        kind = DoubtKind.DUPLICATE if year == year_2 else DoubtKind.AGAIN
        yield ComeBack(
            no, year, code, date.fromordinal(on), DoubtKind.COMEBACK if back else kind, year_2,
            no_2, date.fromordinal(on_2), None, OUTCOMES[outcome] if back else None, part, area, mu,
            DoubtState.OPEN,
        )  # fmt: skip


def _of_features(
    known: pd.DataFrame, features: pd.DataFrame, ground: Places, feature: Places, share: Floats,
    shared: Floats,
) -> Iterable[ComeBack]:  # fmt: skip
    names = ("patch_no", "year", "district", "issued_on", "farmland_mu")
    mine = [known[name].to_numpy()[ground].tolist() for name in names]
    theirs = [features[name].to_numpy()[feature].tolist()
              for name in ("code", "programme", "recorded_on")]  # fmt: skip
    for no, year, code, on, mu, feature_code, programme, recorded, part, area in zip(
        *mine, *theirs, share.tolist(), shared.tolist(), strict=True
    ):
        day = day_of(recorded)
        yield ComeBack(
            no, year, code, date.fromordinal(on), DoubtKind.EVIDENCED, day.year if day else None,
            feature_code or "", day, programme, None, part, area, mu, DoubtState.OPEN,
        )  # fmt: skip


def outcome_label(outcome: str | None) -> str:
    labels = {"written_off": "已销号", "rectified": "已消除违法状态", **OtherCategory.labels()}
    return labels.get(outcome or "", "")
