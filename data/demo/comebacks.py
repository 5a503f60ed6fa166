"""Ground that was written off and is built upon again: later patches that lie on earlier ones."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import shapely
from shapely import affinity

from data.units import AreaUnit

#: So many patches of a year lie on ground once written off.
COMEBACKS = 3


def lay_on_old_ground(patches: pd.DataFrame, cases: pd.DataFrame) -> list[tuple[str, str]]:
    """Move a few patches onto ground that was accepted and certified before they were issued;
    returns (patch, the one it lies on). The patch keeps its area, so that it still fits its shape.
    """
    accepted = {
        case["图斑编号"]: case["验收日期"]
        for case in cases.to_dict("records")
        if case["验收日期"] and case["拆除复耕证明编号"] and case["地块序号"] == 1
    }
    at = {number: index for index, number in patches["patch_no"].items()}
    moved: list[tuple[str, str]] = []
    used: set[str] = set()
    for number, day in sorted(accepted.items(), key=lambda item: (item[1], item[0])):
        old = patches.loc[at[number]]
        later = patches[
            (patches["county"] == old["county"])
            & (patches["district"] == old["district"])
            & (patches["domain"] == "land")
            & patches["moved_on"].isna()
            & np.array([issued > day for issued in patches["issued_on"]], dtype=bool)
            & ~patches["patch_no"].isin(used | accepted.keys())
        ]
        if later.empty:
            continue
        index = later.index[0]
        new = patches.loc[index]
        shape = _resized(old["geometry"], new["area_mu"])
        for name in ("town", "town_name", "location", "place"):
            patches.at[index, name] = old[name]
        patches.at[index, "geometry"] = shape
        used.add(str(new["patch_no"]))
        moved.append((str(new["patch_no"]), str(number)))
        if len(moved) == COMEBACKS:
            break
    return moved


def _resized(shape: shapely.Geometry, area_mu: float) -> shapely.Geometry:
    """The shape about its middle with another area."""
    degrees = 111_320.0 * math.cos(math.radians(shape.centroid.y)) * 110_990.0
    now_mu = shape.area * degrees * AreaUnit.M2.numerator / AreaUnit.M2.denominator
    factor = math.sqrt(area_mu / now_mu)
    return affinity.scale(shape, factor, factor, origin="centroid")
