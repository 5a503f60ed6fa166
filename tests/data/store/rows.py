"""Rows as the upload module hands them to the store, for tests of writing alone."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from data.store.models import Patch
from data.store.writing import UploadRecord


def upload(**values: Any) -> UploadRecord:
    return UploadRecord("patches", "a.csv", 1, "0" * 64, "王工", "cli", **values)


def patches(count: int, **values: Any) -> pd.DataFrame:
    """Land patches of 环翠区 in a row eastwards, 0.01° apart, with a box of 0.002°."""
    left_out = ("id", "batch_id")
    rows = []
    for number in range(count):
        west = 122.0 + number / 100
        row: dict[str, Any] = {c.name: None for c in Patch.__table__.c if c.name not in left_out}
        row |= {
            "source_hash": number,
            "year": 2023,
            "patch_no": f"HC-{number}",
            "domain": "land",
            "patch_type": "non_farm_construction",
            "issued_on": date(2023, 5, 8),
            "district_code": "371002",
            "area_mu": 12.5,
            "farmland_mu": 8.0,
            "basic_farmland_mu": 0.0,
            "redline_mu": 0.0,
            "due_on": date(2023, 5, 24),
            "clearance_month": "2023-05",
            "place_source": "explicit",
            "min_lon": west,
            "max_lon": west + 0.002,
            "min_lat": 37.2,
            "max_lat": 37.202,
            "geom": b"shape %d" % number,
        }
        rows.append(row | values)
    return pd.DataFrame(rows, dtype=object)
