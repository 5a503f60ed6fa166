"""Patches by tile: clusters while they are many, then points, then shapes with their numbers.

A patch belongs to the one tile in which its point lies and is drawn from there with its whole
shape, so that nothing is cut at a seam and nothing is drawn twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from data.colours import tokens
from data.geo import feature, geometry, point, rounded
from data.maps.classes import Classes, classes_for
from data.maps.cube import MapCube
from data.maps.mercator import Ints, check_tile, tile_box
from data.maps.points import over_rows, selected, values, within
from data.maps.question import MapQuestion
from data.maps.standing import Standing
from data.scope import Scope
from data.store.queries.map_facts import NEVER
from data.store.queries.patch_list import shapes_of
from data.store.queries.patch_rows import NO_PARCELS, named, parcel_figures
from data.units import format_count, format_mu
from data.vocabulary import Legality

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: A tile with more patches shows clusters.
MOST_PATCHES = 400
#: Patches of a city on one screen are never told apart.
CLUSTERS_BELOW = 11
SHAPE_ZOOM = 13
#: Clusters a tile, along each side: 64 px apart.
_ACROSS = 4

#: What the colour of a patch can tell: key → name of the choice.
COLOURINGS = {
    "status": "办理状态",
    "overdue": "是否逾期",
    "legality": "合法性",
    "measure": "所选指标",
}
#: Colouring → (token of assets/tokens.json, what it means), as the legend lists them.
LEGENDS: dict[str, tuple[tuple[str, str], ...]] = {
    "status": (
        ("overdue", "逾期未报"),
        ("late", "逾期上报"),
        ("accent", "按期上报"),
        ("other", "未到期、未上报"),
        ("notice", "矿产"),
    ),
    "overdue": (("overdue", "逾期未报"), ("accent", "未逾期")),
    "legality": (
        ("unlawful", "违法，未消除"),
        ("eliminated", "违法，已消除"),
        ("suspected", "待判定（疑似）"),
        ("other", "其他"),
        ("lawful", "合法"),
    ),
}
#: Measures that say what a patch is, not how much: it has the colour of the word, so that 疑似
#: never looks like 违法.
_IS_SO = {"suspected": "suspected", "overdue": "overdue", "patches": "accent"}
_BY_LEGALITY = {
    Legality.LAWFUL: "lawful",
    Legality.OTHER: "other",
    Legality.PENDING: "suspected",
    Legality.UNLAWFUL: "unlawful",
}


@dataclass(frozen=True, slots=True)
class Members:
    """Patches of a tile. row: in the cube. value: of the question, 0 for none."""

    row: Ints
    value: Ints


def members(
    cube: MapCube, scope: Scope, q: MapQuestion, colouring: str, z: int, x: int, y: int
) -> Members:
    """Coloured by the measure: those with a value. Else all patches of the day that pass the
    filters. Raises NoSuchTile."""
    check_tile(z, x, y)
    box = tile_box(z, x, y)
    rows: list[Any] = []
    found: list[Any] = []
    for start, end in cube.slices(box):
        value = values(cube, scope, q, start, end)
        if colouring == "measure":
            at = np.flatnonzero(value)
        else:
            at = np.flatnonzero(selected(cube, scope, q.now, slice(start, end)))
        rows.append(at + start)
        found.append(value[at])
    if not rows:
        nothing = np.array([], dtype=np.int64)
        return Members(nothing, nothing)
    row, value = np.concatenate(rows), np.concatenate(found)
    inside = within(cube.patches["lon"][row], cube.patches["lat"][row], box)
    return Members(row[inside], value[inside])


def patch_tile(
    conn: Connection,
    cube: MapCube,
    scope: Scope,
    q: MapQuestion,
    colouring: str,
    z: int,
    x: int,
    y: int,
) -> list[dict[str, Any]]:
    """GeoJSON features of a tile (docs/maps.md, Patches). Raises NoSuchTile."""
    found = members(cube, scope, q, colouring, z, x, y)
    if not len(found.row):
        return []
    if z < CLUSTERS_BELOW or len(found.row) > MOST_PATCHES:
        return _clusters(cube, q, found, z)
    return _patches(conn, cube, scope, q, colouring, found, z)


def _clusters(cube: MapCube, q: MapQuestion, found: Members, z: int) -> list[dict[str, Any]]:
    p, level = cube.patches, z + _ACROSS.bit_length() - 1
    lon, lat = p["lon"][found.row], p["lat"][found.row]
    cx, cy = cube.cells(found.row, level)
    keys, at, counts = np.unique(cy * 2**level + cx, return_inverse=True, return_counts=True)
    overdue = np.bincount(at, Standing(p, found.row, q.as_of).overdue)
    sums = np.zeros(len(keys), dtype=np.int64)
    np.add.at(sums, at, found.value)
    middle = np.bincount(at, lon) / counts, np.bincount(at, lat) / counts
    features = []
    for i, key in enumerate(keys.tolist()):
        count, number = int(counts[i]), int(overdue[i])
        hint = f"{format_count(count)}个图斑"
        if number:
            hint += f"，其中逾期{format_count(number)}个"
        if sums[i]:
            hint += f"，{q.what.label}{q.what.text(int(sums[i]))}"
        box = tile_box(level, key % 2**level, key // 2**level)
        features.append(
            feature(
                point(middle[0][i], middle[1][i]),
                kind="cluster",
                count=count,
                overdue=number,
                text=format_count(count),
                hint=f"{hint}，点按放大",
                box=rounded(box),
            )
        )
    return features


def _patches(
    conn: Connection,
    cube: MapCube,
    scope: Scope,
    q: MapQuestion,
    colouring: str,
    found: Members,
    z: int,
) -> list[dict[str, Any]]:
    ids = cube.patches["id"][found.row].tolist()
    rows = drawn_rows(conn, cube, found.row, q.as_of, colouring)
    geometries = shapes_of(conn, ids) if z >= SHAPE_ZOOM else {}
    latest = latest_issue(cube, scope, q)
    issued = dict(zip(ids, (cube.patches["issued"][found.row] == latest).tolist(), strict=True))
    ended = over_rows(cube, q.as_of, found.row)
    over = dict(zip(ids, ended.tolist(), strict=True))
    amount = dict(zip(ids, found.value.tolist(), strict=True))
    classes = patch_classes(cube, scope, q) if colouring == "measure" else None
    features = []
    for row in rows:
        patch_id, value = row["id"], amount[row["id"]]
        shape = geometries.get(patch_id)
        token = classes.colour(value) if classes else token_of(row, colouring, over[patch_id])
        hint = f"{row['patch_no']}：监测{format_mu(row['area_mu'])}亩"
        if row["overdue"]:
            hint += f"，逾期{row['days_overdue']}天"
        if value:
            said = q.what.change_text(value) if q.is_difference else q.what.text(value)
            hint += f"，{q.what.label}{said}" if q.what.is_area else f"，{q.what.label}"
        features.append(
            feature(
                geometry(shape) if shape else point(row["lon"], row["lat"]),
                kind="shape" if shape else "point",
                id=patch_id,
                patch_no=row["patch_no"],
                hint=hint,
                colour=token,
                latest=issued[patch_id],
                label=row["patch_no"] if z >= SHAPE_ZOOM + 3 else None,
            )
        )
    return features


def drawn_rows(
    conn: Connection, cube: MapCube, at: Ints, day: date, colouring: str
) -> list[dict[str, Any]]:
    """What tiles and pictures say of patches, with the keys of patch_rows: most of it stands in the
    cube. at: rows of the cube."""
    p, number = cube.patches, day.toordinal()
    ids = p["id"][at].tolist()
    names = named(conn, ids)
    judged = parcel_figures(conn, ids, day) if colouring == "legality" else {}
    standing = Standing(p, at, day)
    on_land, cleared = standing.is_land, standing.cleared
    overdue, late = standing.overdue, standing.late
    rows = []
    for i, patch_id in enumerate(ids):
        patch_no, area_mu = names[patch_id]
        due = int(p["due"][at[i]])
        rows.append(
            {
                "id": patch_id,
                "patch_no": patch_no,
                "area_mu": area_mu,
                "lon": float(p["lon"][at[i]]),
                "lat": float(p["lat"][at[i]]),
                "due_on": date.fromordinal(due) if on_land[i] and due != NEVER else None,
                "cleared": bool(cleared[i]),
                "late": bool(late[i]),
                "overdue": bool(overdue[i]),
                "days_overdue": number - due if overdue[i] else None,
                "legality": judged.get(patch_id, NO_PARCELS)["legality"],
            }
        )
    return rows


def latest_issue(cube: MapCube, scope: Scope, q: MapQuestion) -> int:
    """The last 下发日期 among what the reader sees on the day: the latest batch; 0 for none."""

    def latest() -> int:
        issued = cube.patches["issued"][selected(cube, scope, q.now, slice(0, None))]
        return int(issued.max()) if len(issued) else 0

    return cube.once(("latest", scope, replace(q.now, measure="patches")), latest)


def patch_classes(cube: MapCube, scope: Scope, q: MapQuestion) -> Classes:
    """Classes of the values of all patches of the question."""

    def found() -> Classes:
        every = values(cube, scope, q, 0, len(cube.patches["id"]))
        return classes_for(q.what, every, q.is_difference)

    classes = cube.once(("classes", scope, q), found)
    token = None if q.is_difference else _IS_SO.get(q.measure)
    return classes if token is None else replace(classes, plain=tokens()[token])


def token_of(row: dict[str, Any], colouring: str, is_over: bool) -> str:
    """The colour of a patch (a row of patch_rows), as a token's name. is_over: nothing unlawful of
    it is left."""
    if colouring == "legality":
        legality = Legality(row["legality"])
        if legality is Legality.UNLAWFUL and is_over:
            return "eliminated"
        return _BY_LEGALITY[legality]
    if row["overdue"]:
        return "overdue"
    if colouring == "overdue":
        return "accent"
    if row["due_on"] is None:
        return "notice"
    if row["late"]:
        return "late"
    return "accent" if row["cleared"] else "other"
