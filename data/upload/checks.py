"""What a row must satisfy after it has been merged with what is stored (upload-formats.md).

Each function takes the merged rows and adds issues to `prepared`; rows' labels are their places in
the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from data.upload.prepare import Prepared
from data.upload.schemas import CellType, KindSchema
from data.vocabulary import SIX_QUESTIONS, AuditResult, Legality

#: Areas in files carry two decimals: sums and comparisons of them get this much room.
AREA_TOLERANCE_MU = 0.01
MAX_TIMES_GEOMETRY = 1.5
MAX_SHARE_APART = 0.05


def numbers(frame: pd.DataFrame, name: str) -> Any:
    """A column as floats, nan for none."""
    return pd.to_numeric(frame[name], errors="coerce").to_numpy(dtype=float)


def required(prepared: Prepared, frame: pd.DataFrame, names: Sequence[str]) -> None:
    for name in names:
        for index in frame.index[frame[name].isna()]:
            header = prepared.headers.get(name) or prepared._canonical(name)
            prepared.reject(index, name, f"缺少{header}，请补填。")


def basic_within_farmland(prepared: Prepared, frame: pd.DataFrame, basic: str, whole: str) -> None:
    """永久基本农田 is farmland: it cannot be larger (sums of measured areas get 1e-6 亩)."""
    more, all_of_it = numbers(frame, basic), numbers(frame, whole)
    for index in frame.index[more > all_of_it + 1e-6]:
        prepared.reject(index, basic, "占用永久基本农田面积大于占用耕地面积，请核对。")


def future_dates(prepared: Prepared, schema: KindSchema, frame: pd.DataFrame, today: date) -> None:
    for column in schema.columns:
        if column.type is not CellType.DATE or column.field not in prepared.rows:
            continue
        if column.field in ("extended_to", "deadline_on"):
            continue  # these look ahead by nature
        days = prepared.rows[column.field].to_numpy(dtype=object)[frame.index.to_numpy(dtype=int)]
        ahead = {day for day in set(days.tolist()) if isinstance(day, date) and day > today}
        for index, day in zip(frame.index, days, strict=True) if ahead else ():
            if day in ahead:
                prepared.warn(index, column.field, f"{column.header}{day.isoformat()}晚于今天。")


def area_beside_geometry(prepared: Prepared, frame: pd.DataFrame) -> None:
    area, measured = numbers(frame, "area_mu"), numbers(frame, "geom_area_mu")
    known = np.isfinite(area) & np.isfinite(measured) & (measured > 0)
    too_large = known & (area > MAX_TIMES_GEOMETRY * measured)
    with np.errstate(invalid="ignore", divide="ignore"):
        apart = known & ~too_large & (np.abs(area - measured) > MAX_SHARE_APART * measured)
    for position in np.flatnonzero(too_large):
        prepared.reject(
            frame.index[position],
            "area_mu",
            f"监测面积{area[position]:.2f}亩超过图形自身面积{measured[position]:.2f}亩的1.5倍，"
            "请核对数值和单位。",
        )
    for position in np.flatnonzero(apart):
        prepared.warn(
            frame.index[position],
            "area_mu",
            f"监测面积{area[position]:.2f}亩与图形面积{measured[position]:.2f}亩相差超过5%。",
        )


def six_questions(prepared: Prepared, frame: pd.DataFrame) -> None:
    """§2.1: unlawful parcels on farmland answer all six."""
    unlawful = (frame["legality"] == Legality.UNLAWFUL.value).to_numpy()
    asked = unlawful & (numbers(frame, "farmland_mu") > 0)
    is_open = {name: asked & frame[name].isna().to_numpy() for name in SIX_QUESTIONS}
    for position in np.flatnonzero(np.logical_or.reduce(list(is_open.values()))):
        names = [name for name in SIX_QUESTIONS if is_open[name][position]]
        missing = "、".join(SIX_QUESTIONS[name] for name in names)
        sentence = f"违法占用耕地的地块须回答六项判定，还缺：{missing}。"
        prepared.reject(int(frame.index[position]), names[0], sentence)


def reported_after_issue(prepared: Prepared, frame: pd.DataFrame, issued_on: Any) -> None:
    for index, reported, issued in zip(frame.index, frame["reported_on"], issued_on, strict=True):
        if reported is not None and reported < issued:
            prepared.reject(
                index, "reported_on", f"上报日期{reported}早于图斑下发日期{issued}，请核对。"
            )


def parcels_within_patch(
    prepared: Prepared, frame: pd.DataFrame, patch_area_mu: dict[int, float]
) -> None:
    """Warn once a patch, on its first row of the file."""
    sums = pd.to_numeric(frame["area_mu"], errors="coerce").groupby(frame["patch_id"]).sum()
    first = pd.Series(frame.index, index=frame["patch_id"].to_numpy())
    first = first[~first.index.duplicated()]
    for patch_id, total in sums.items():
        limit = patch_area_mu[int(str(patch_id))]
        if total > limit + AREA_TOLERANCE_MU:
            prepared.warn(
                int(first.loc[patch_id]),
                "area_mu",
                f"各地块面积合计{total:.2f}亩，超过图斑面积{limit:.2f}亩。",
            )


def returns_have_opinions(prepared: Prepared, frame: pd.DataFrame) -> None:
    returned = frame["result"] == AuditResult.RETURNED.value
    for index in frame.index[returned & frame["opinion"].isna()]:
        prepared.warn(index, "opinion", "退回没有填写审核意见，县级无从改正。")


def duplicates(prepared: Prepared, keys: Sequence[Any]) -> None:
    """A key that stands twice in the file: the first row counts, the later ones come back."""
    seen: dict[Any, int] = {}
    sound = prepared.sound()
    for index, key in enumerate(keys):
        if not sound[index]:
            continue
        if key in seen:
            row = prepared.issue(seen[key], None, "").row
            prepared.reject(
                index, None, f"与第{row}行重复（同一主键），只保留前一行；请核对后删去一行。"
            )
        else:
            seen[key] = index
