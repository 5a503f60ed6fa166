"""The demo's patches: when they are issued, where, how large, and what happens to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from data.demo.scenery import Rng, land, pitch_m, positions, shapes
from data.periods import statutory_due_on
from data.vocabulary import PatchType


@dataclass(frozen=True, slots=True)
class Habit:
    """How a district behaves. weight: share of patches. on_time: of its reports. unlawful: of its
    parcels. rectified: of these in the end. returned: of its reports at first audit.
    """

    weight: float
    on_time: float
    unlawful: float
    rectified: float
    returned: float


HABITS: dict[str, Habit] = {
    "371002": Habit(0.10, 0.97, 0.05, 0.90, 0.08),
    "371003": Habit(0.17, 0.93, 0.06, 0.85, 0.11),
    "371082": Habit(0.22, 0.985, 0.04, 0.90, 0.06),
    "371083": Habit(0.18, 0.80, 0.11, 0.55, 0.22),
    "371071": Habit(0.06, 1.0, 0.03, 0.95, 0.04),
    "371072": Habit(0.07, 0.95, 0.05, 0.90, 0.09),
    "371073": Habit(0.12, 0.90, 0.20, 0.35, 0.15),
    "371090": Habit(0.08, 0.93, 0.06, 0.85, 0.10),
}
#: Batches of a month: day and share. What comes after the 20th is due a month later (§3.2).
BATCHES: tuple[tuple[int, float], ...] = ((7, 0.45), (15, 0.40), (22, 0.15))
_TYPES = (
    (PatchType.NON_FARM_CONSTRUCTION, 0.42),
    (PatchType.OTHER_CONSTRUCTION, 0.23),
    (PatchType.OTHER_CHANGE, 0.22),
    (PatchType.CONTINUED_CHANGE, 0.13),
)
_MINERALS = (("建筑用花岗岩", False), ("砖瓦用粘土", False), ("海砂", False), ("锆", True))
_VILLAGES = ("东", "西", "南", "北", "大", "小", "前", "后", "上", "下")
_NAMES = ("山", "河", "泊", "庄", "疃", "夼", "沟", "埠", "店", "岭")
MINERAL_SHARE = 0.008


def issue_days(year: int) -> list[date]:
    return [date(year, month, day) for month in range(1, 13) for day, _ in BATCHES]


def make_patches(rng: Rng, year: int, until: date, count: int) -> pd.DataFrame:
    """Patches issued by `until`, in order of issue.

    Columns: patch_no, domain, patch_type, mineral, strategic, issued_on, due_on, district, county,
    town, town_name, location, area_mu, farmland_mu, basic_mu, redline_mu, geometry, reported_on
    (None: not by `until`), withdrawn_on, extended_to, moved_on, moved_from, place.
    """
    days = issue_days(year)
    shares = np.tile([share for _, share in BATCHES], 12) / 12
    counts = np.floor(shares * count).astype(int)
    issued = np.repeat(np.arange(len(days)), np.maximum(counts, 1))
    known = np.array([days[i] <= until for i in range(len(days))])
    issued = issued[known[issued]]
    total = len(issued)
    if total == 0:
        return pd.DataFrame()
    codes = np.array(list(HABITS))
    weights = np.array([h.weight for h in HABITS.values()])
    district = rng.choice(codes, total, p=weights / weights.sum())
    towns = land().towns
    town = np.empty(total, dtype=object)
    for code in codes:
        at = np.flatnonzero(district == code)
        own = towns.loc[towns["district_code"] == code, "code"].to_numpy()
        town[at] = rng.choice(own, len(at))
    pitch = pitch_m(count)
    place = positions(rng, town, pitch)
    largest_m2 = (0.33 * pitch) ** 2 * np.pi * 0.7
    area_m2 = np.clip(np.exp(rng.normal(7.6, 1.0, total)), 220, min(largest_m2, 54_000))
    outlines = shapes(rng, place["lon"].to_numpy(), place["lat"].to_numpy(), area_m2)
    area = np.round(area_m2 * 3 / 2000 * rng.uniform(0.99, 1.01, total), 2)
    kinds = rng.choice([t.value for t, _ in _TYPES], total, p=[s for _, s in _TYPES])
    is_mineral = rng.random(total) < MINERAL_SHARE
    frame = pd.DataFrame(
        {
            "district": district,
            "county": towns.set_index("code").loc[town, "county_code"].to_numpy(),
            "town": town,
            "town_name": towns.set_index("code").loc[town, "name"].to_numpy(),
            "issued_on": [days[i] for i in issued],
            "patch_type": np.where(is_mineral, PatchType.MINERAL.value, kinds),
            "domain": np.where(is_mineral, "mineral", "land"),
            "area_mu": area,
            "geometry": outlines,
            "place": place["kind"].to_numpy(),
        }
    )
    _farmland(rng, frame)
    _minerals(rng, frame)
    _numbers(frame)
    village = rng.choice(_VILLAGES, total).astype(object) + rng.choice(_NAMES, total)
    frame["location"] = frame["town_name"] + pd.Series(village) + "村"
    frame["due_on"] = [statutory_due_on(day) for day in frame["issued_on"]]
    frame.loc[is_mineral, "due_on"] = None
    _reports(rng, frame, until)
    _changes(frame, until)
    return frame


def _farmland(rng: Rng, frame: pd.DataFrame) -> None:
    total = len(frame)
    share = np.where(rng.random(total) < 0.55, rng.beta(3, 1.2, total), 0.0)
    frame["farmland_mu"] = np.round(frame["area_mu"] * share * 0.98, 2)
    basic = np.where(rng.random(total) < 0.07, rng.uniform(0.2, 0.9, total), 0.0)
    frame["basic_mu"] = np.round(frame["farmland_mu"] * basic, 2)
    redline = np.where(rng.random(total) < 0.012, rng.uniform(0.1, 0.6, total), 0.0)
    frame["redline_mu"] = np.round(frame["area_mu"] * redline, 2)


def _minerals(rng: Rng, frame: pd.DataFrame) -> None:
    at = frame.index[frame["domain"] == "mineral"]
    frame["mineral"], frame["strategic"] = None, None
    for position, index in enumerate(at):
        name, strategic = _MINERALS[3 if position == 0 else rng.integers(0, 3)]
        frame.loc[index, ["mineral", "strategic"]] = [name, strategic]


def _numbers(frame: pd.DataFrame) -> None:
    """County, year and month of issue, running number: 3710022026050123."""
    month = pd.Series([f"{d:%Y%m}" for d in frame["issued_on"]])
    running = frame.groupby([frame["county"], month]).cumcount() + 1
    frame["patch_no"] = frame["county"] + month + running.astype(str).str.zfill(4)


def _reports(rng: Rng, frame: pd.DataFrame, until: date) -> None:
    """When each is reported: spread over the days before due; late ones after it, some never."""
    reported: list[date | None] = []
    draws = rng.random((len(frame), 3))
    for (u, v, w), issued, due, district in zip(
        draws, frame["issued_on"], frame["due_on"], frame["district"], strict=True
    ):
        due = due or issued + timedelta(days=25)
        if u < HABITS[district].on_time:
            room = (due - issued).days - 3
            day = due - timedelta(days=int(v * v * max(room, 1)))
        elif w < 0.12:
            reported.append(None)
            continue
        else:
            day = due + timedelta(days=1 + int(v * 24))
        reported.append(day if day <= until else None)
    frame["reported_on"] = pd.Series(reported, dtype=object)


def _changes(frame: pd.DataFrame, until: date) -> None:
    """A few withdrawals, one extension, one move between districts."""
    for name in ("withdrawn_on", "extended_to", "moved_on", "moved_from"):
        frame[name] = pd.Series([None] * len(frame), dtype=object)
    for index in frame.index[frame["reported_on"].isna()][:3]:
        day = frame.at[index, "issued_on"] + timedelta(days=9)
        if day <= until:
            frame.at[index, "withdrawn_on"] = day
    land_ = frame.index[(frame["domain"] == "land") & frame["reported_on"].notna()]
    if len(land_) > 40:
        frame.at[land_[20], "extended_to"] = frame.at[land_[20], "due_on"] + timedelta(days=15)
        moved = next((i for i in land_[21:] if frame.at[i, "district"] == "371003"), None)
        if moved is not None:
            day = frame.at[moved, "issued_on"] + timedelta(days=12)
            if day <= until:
                frame.loc[moved, ["moved_on", "moved_from", "district"]] = [day, "371003", "371090"]
