"""What has to be looked at with the photographs of field checks (workflow.md §2, evidence): too far
from the patch, too early, too late, without place or time, the same picture elsewhere.

Never a verdict: a reviewer looks, and accepts a photograph without place or time by name and
reason (workflow/field_visits.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import shapely
from sqlalchemy import Connection

from data.periods import format_day
from data.scope import Scope
from data.store.queries.check_steps import Place, checks_made, steps_taken
from data.store.queries.field_packages import patches_now
from data.store.queries.patch_rows import patch_columns
from data.store.queries.photographs import Photo, photographs
from data.vocabulary import CheckStepKind

#: workflow.md §2: place inside or within 100 m of the shape (default).
NEAR_M = 100
#: Of 64 bits so many may differ in copies of one picture.
_ALIKE_BITS = 4
#: What pictures of one colour look like: sky and blank paper are no copies of each other.
_BLANK = frozenset({"0" * 16, "f" * 16})
_DEGREE_M = 111_195.0
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Looked:
    """A photograph with what has to be looked at. distance_m: from the patch's shape, 0 inside;
    None where either place is not known."""

    photo: Photo
    distance_m: float | None
    remarks: tuple[str, ...]


def looked_at(
    conn: Connection, scope: Scope, year: int, numbers: Sequence[str], day: date
) -> dict[Place, list[Looked]]:
    """(patch number, level) → its photographs, oldest first. Pictures elsewhere are looked for in
    the scope only."""
    every = photographs(conn, scope, day)
    wanted = set(numbers)
    own = [p for p in every if p.year == year and p.patch_no in wanted]
    if not own:
        return {}
    shapes = _shapes(conn, scope, year, {p.patch_no for p in own}, day)
    spans = _spans(conn, scope, year, day)
    found: dict[Place, list[Looked]] = {}
    for photo in own:
        distance = _distance_m(photo, shapes.get(photo.patch_no))
        span = spans.get(photo.place, (None, None))
        remarks = [
            *_bare(photo), *_away(distance), *_out_of_time(photo, *span), *_again(photo, every),
        ]  # fmt: skip
        found.setdefault(photo.place, []).append(Looked(photo, distance, tuple(remarks)))
    return found


def _shapes(
    conn: Connection, scope: Scope, year: int, numbers: set[str], day: date
) -> dict[str, shapely.Geometry]:
    patches = patches_now(conn, scope, year, numbers, day)
    ids = [patch.id for patch in patches.values()]
    columns = patch_columns(conn, ids, day, ("patch_no", "lon", "lat", "geom"))
    found = {}
    for number, lon, lat, geom in zip(*columns.values(), strict=True):
        if geom is not None:
            found[number] = shapely.from_wkb(geom)
        elif lon is not None:
            found[number] = shapely.Point(lon, lat)
    return found


def _spans(
    conn: Connection, scope: Scope, year: int, day: date
) -> dict[Place, tuple[date | None, date | None]]:
    """(patch number, level) → the last assignment and the last check."""
    made = checks_made(conn, scope, year, day)
    steps = steps_taken(conn, scope, year, day)
    assigned = {
        place: [s.on for s in own if s.step is CheckStepKind.ASSIGN] for place, own in steps.items()
    }
    return {
        place: (
            max(assigned.get(place, []), default=None),
            made[place][-1].checked_on if place in made else None,
        )
        for place in made.keys() | steps.keys()
    }


def _distance_m(photo: Photo, shape: shapely.Geometry | None) -> float | None:
    if photo.lon is None or photo.lat is None or shape is None:
        return None
    stretch = float(np.cos(np.radians(photo.lat)))
    flat = shapely.transform(shape, lambda xy: xy * [_DEGREE_M * stretch, _DEGREE_M])
    here = shapely.Point(photo.lon * _DEGREE_M * stretch, photo.lat * _DEGREE_M)
    return float(shapely.distance(flat, here))


def _bare(photo: Photo) -> list[str]:
    missing = [
        word
        for word, value in (
            ("位置", photo.lon), ("拍摄时间", photo.taken_at), ("方位角", photo.azimuth_deg),
        )
        if value is None
    ]  # fmt: skip
    return [f"没有{'、'.join(missing)}"] if missing else []


def _away(distance_m: float | None) -> list[str]:
    if distance_m is None or distance_m <= NEAR_M:
        return []
    far = f"{distance_m / 1000:,.1f}千米" if distance_m >= 1000 else f"{distance_m:.0f}米"
    return [f"拍摄位置在图斑外{far}"]


def _out_of_time(photo: Photo, assigned_on: date | None, checked_on: date | None) -> list[str]:
    if photo.taken_at is None:
        return []
    on = date.fromisoformat(photo.taken_at[:10])
    if assigned_on is not None and on < assigned_on:
        return [f"拍摄于{format_day(on)}，早于派组（{format_day(assigned_on)}）"]
    if checked_on is not None and on > checked_on:
        return [f"拍摄于{format_day(on)}，晚于核查（{format_day(checked_on)}）"]
    return []


def _again(photo: Photo, every: Sequence[Photo]) -> list[str]:
    """The same picture with another patch, and one that looks the same."""
    others = [o for o in every if (o.year, o.patch_no) != (photo.year, photo.patch_no)]
    same = [o for o in others if o.sha256 == photo.sha256]
    bits = int(photo.look, 16)
    alike = [
        o
        for o in others
        if o.sha256 != photo.sha256
        and photo.look not in _BLANK
        and (int(o.look, 16) ^ bits).bit_count() <= _ALIKE_BITS
    ]
    return [
        f"{what}：{'、'.join(dict.fromkeys(f'{o.year}年{o.patch_no}' for o in found[:_NAMED]))}"
        for what, found in (("同一张照片也用于图斑", same), ("与别处的照片几乎相同，图斑", alike))
        if found
    ]


def in_short(looked: Sequence[Looked]) -> str:
    """`照片2张，1张要看：没有位置`."""
    doubtful = [one for one in looked if one.remarks]
    words = f"照片{len(looked)}张"
    if doubtful:
        said = dict.fromkeys(remark for one in doubtful for remark in one.remarks)
        words += f"，{len(doubtful)}张须核对：{'；'.join(said)}"
    return words
