"""When a patch was reported (figures.md `reported_on`): the one figure that depends on the order in
which files came in, and is therefore kept on the row.
"""

from __future__ import annotations

from datetime import date

import pandas as pd


def settle_reports(parcels: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Decide anew which parcels are founding and when their patches were reported.

    parcels: every parcel of the patches concerned, ended ones too, as they are after a merge;
    columns patch_id, reported_on (date or None), is_founding, ended.

    Returns (is_founding per row, reported_on per patch_id with None for not reported).

    The founding parcels are those active when first all have an 上报日期; the patch is reported on
    the latest of their dates. Later parcels never move it; a corrected date of a founding parcel
    does, also after it ended. If an active founding parcel loses its date, the rule starts anew.
    """
    frame = parcels[["patch_id", "reported_on", "is_founding", "ended"]].copy()
    frame["ended"] = frame["ended"].astype(bool)
    founding = frame["is_founding"].astype(bool)
    dated = frame["reported_on"].notna()
    patch = frame["patch_id"]

    cleared = (founding & ~frame["ended"] & ~dated).groupby(patch).transform("any")
    founding &= ~cleared

    founded = founding.groupby(patch).transform("any")
    active = ~frame["ended"]
    all_dated = (dated | ~active).groupby(patch).transform("all")
    any_active = active.groupby(patch).transform("any")
    founding |= ~founded & all_dated & any_active & active

    dates = frame.loc[founding & dated, ["patch_id", "reported_on"]]
    # whole days as numbers: the maximum of Python dates is taken one group at a time
    days = dates["reported_on"].map(date.toordinal).astype("int64").groupby(dates["patch_id"]).max()
    latest = {patch_id: date.fromordinal(day) for patch_id, day in days.items()}
    patches = pd.unique(patch)
    reported = pd.Series([latest.get(p) for p in patches], index=patches, dtype=object)
    return founding, reported
