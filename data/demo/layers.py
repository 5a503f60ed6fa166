"""Reference layers for the demo: what other programmes have seen, and what the ground is.

Shapes are those of patches, larger, smaller or shifted: 示意, nothing is decided by them.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
from shapely import affinity

from data.demo.scenery import Rng
from data.vocabulary import ReferenceLayer

_PROGRAMMES = ("耕地卫片监督", "国土变更调查", "耕地保护季度监测", "农村乱占耕地建房")
#: A layer holds so many shapes at most: enough to see, quick to read.
MOST_SHAPES = 600


def make_layers(
    rng: Rng, patches: pd.DataFrame, parcels: pd.DataFrame, until: date
) -> dict[ReferenceLayer, gpd.GeoDataFrame]:
    """Layer → its features, with the headers of upload-formats.md. Needs some patches."""
    some = patches.iloc[:: max(len(patches) // MOST_SHAPES, 1)]
    layers = {
        ReferenceLayer.OTHER_PROGRAMME: _programmes(rng, patches, until),
        ReferenceLayer.FARMLAND: _covering(rng, some, "farmland_mu"),
        ReferenceLayer.BASIC_FARMLAND: _covering(rng, patches, "basic_mu"),
        ReferenceLayer.REDLINE: _covering(rng, patches, "redline_mu"),
        ReferenceLayer.APPROVED_CONSTRUCTION: _approved(rng, patches, parcels),
    }
    return {layer: frame for layer, frame in layers.items() if len(frame)}


def write_layer(frame: gpd.GeoDataFrame, path: Path) -> None:
    pyogrio.write_dataframe(frame, path, driver="GeoJSON", COORDINATE_PRECISION=8)


def _frame(rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    if not rows:
        return gpd.GeoDataFrame()
    shapes = [row.pop("geometry") for row in rows]
    return gpd.GeoDataFrame(pd.DataFrame(rows), geometry=shapes, crs="EPSG:4490")


def _programmes(rng: Rng, patches: pd.DataFrame, until: date) -> gpd.GeoDataFrame:
    """Every thirtieth patch was seen by another programme, mostly with evidence."""
    rows = []
    for number, patch in enumerate(patches.iloc[5::30].head(MOST_SHAPES).to_dict("records")):
        seen = patch["issued_on"] - timedelta(days=int(rng.integers(10, 60)))
        rows.append(
            {
                "编号": f"演示专项{number + 1:04d}",
                "名称": patch["location"],
                "专项名称": _PROGRAMMES[number % len(_PROGRAMMES)],
                "日期": min(seen, until).isoformat(),
                "是否已举证": "否" if number % 5 == 4 else "是",
                "geometry": affinity.scale(patch["geometry"], 1.1, 1.1),
            }
        )
    return _frame(rows)


def _covering(rng: Rng, patches: pd.DataFrame, name: str) -> gpd.GeoDataFrame:
    """What the patches say to occupy; of one in fifteen the layer knows more."""
    rows = []
    occupied = patches[patches[name] > 0].head(MOST_SHAPES)
    for number, patch in enumerate(occupied.to_dict("records")):
        share = min(patch[name] / patch["area_mu"], 1.0)
        factor = float(np.sqrt(share)) if rng.random() > 1 / 15 else 1.05
        rows.append(
            {
                "编号": f"演示{number + 1:05d}",
                "名称": patch["town_name"],
                "geometry": affinity.scale(patch["geometry"], factor, factor),
            }
        )
    return _frame(rows)


def _approved(rng: Rng, patches: pd.DataFrame, parcels: pd.DataFrame) -> gpd.GeoDataFrame:
    """The ground of patches that are lawful as a whole; one in twenty is covered in part only."""
    by_patch = parcels.groupby("图斑编号", sort=False)["合法性判定"].agg(set)
    lawful = set(by_patch.index[[found == {"合法"} for found in by_patch]])
    rows = []
    chosen = patches[patches["patch_no"].isin(lawful) & (patches["domain"] == "land")]
    for number, patch in enumerate(chosen.head(MOST_SHAPES).to_dict("records")):
        shift = 0.0004 if rng.random() < 0.05 else 0.0
        rows.append(
            {
                "编号": f"演示批地{number + 1:05d}",
                "名称": "演示已批准用地",
                "geometry": affinity.translate(patch["geometry"], shift, 0),
            }
        )
    return _frame(rows)
