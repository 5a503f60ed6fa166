"""Random small worlds for the comparison with reference_figures.py, and how they get into a store.

Days come from a short list around every edge: the 20th and the 24th, year's end, D6, leap day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
from hypothesis import strategies as st
from sqlalchemy import Connection

from data.store.models import AuditDecision, EnforcementCase, Parcel, Patch
from data.store.writing import TableChange, UploadRecord, apply_changes
from tests.data.store.reference_figures import HEIGHT, Row, World, clearance_month, due

UNITS = ["371002", "371003", "371082", "371071"]
DAYS = [
    date(2023, 5, 1), date(2023, 5, 19), date(2023, 5, 20), date(2023, 5, 21), date(2023, 5, 23),
    date(2023, 5, 24), date(2023, 5, 25), date(2023, 6, 24), date(2023, 6, 25), date(2023, 12, 20),
    date(2023, 12, 21), date(2023, 12, 31), date(2024, 1, 24), date(2024, 1, 25),
    date(2024, 1, 30), date(2024, 1, 31), date(2024, 2, 1), date(2024, 2, 29), date(2024, 3, 1),
]  # fmt: skip
LEGALITIES = ["lawful", "unlawful", "other"]
TABLES = [(Patch, "patches"), (Parcel, "parcels"), (AuditDecision, "decisions"),
          (EnforcementCase, "cases")]  # fmt: skip

_day = st.sampled_from(DAYS)
_flag = st.sampled_from([None, True, False])
#: Areas with awkward decimals: 0.1 + 0.2, thirds, and what adds up to a line.
_area = st.sampled_from([0.0, 0.1, 0.2, 0.3, 1 / 3, 2.5, 7.0000001, 29.9999, 30.0, 1000.07])


def _sometimes(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


def _rounded(value: float) -> float:
    return round(value, 9)  # the summary's parts: exactness is asked of what it can hold


def _areas(draw: st.DrawFn) -> Row:
    farmland = draw(_area)
    return {
        "area_mu": _rounded(farmland + draw(_area)),
        "farmland_mu": _rounded(farmland),
        "basic_farmland_mu": _rounded(draw(_area)),
        "redline_mu": _rounded(draw(_area)),
    }


@st.composite
def _patch(draw: st.DrawFn, number: int) -> Row:
    mineral = draw(st.integers(0, 4)) == 0
    patch: Row = {
        "id": number,
        "year": draw(st.sampled_from([2023, 2023, 2023, 2022])),
        "patch_no": f"P{number}",
        "domain": "mineral" if mineral else "land",
        "patch_type": "mineral" if mineral else "other_change",
        "issued_on": draw(_day),
        "district_code": draw(st.sampled_from(UNITS)),
        "withdrawn_on": draw(_sometimes(_day)) if draw(st.booleans()) else None,
        "extended_to": draw(_sometimes(_day)) if draw(st.booleans()) else None,
        "transferred_on": draw(_sometimes(_day)) if draw(st.booleans()) else None,
        "transferred_from": draw(_sometimes(st.sampled_from(UNITS))),
        "place_source": "explicit",
        "reported_on": None,
        **_areas(draw),
    }
    return {**patch, "due_on": due(patch), "clearance_month": clearance_month(patch)}


def _parcel(draw: st.DrawFn, patch_id: int, number: int, **settled: Any) -> Row:
    return {
        "patch_id": patch_id,
        "parcel_no": number,
        "legality": draw(st.sampled_from(LEGALITIES)),
        "is_new_construction": draw(_flag),
        "linked_patch_no": draw(st.sampled_from([None, None, "P1"])),
        "counts_as_unlawful": draw(st.sampled_from([True, True, False])),
        **_areas(draw),
        **settled,
    }


def _split(draw: st.DrawFn, patch: Row) -> list[Row]:
    """Parcels of one patch: none, a first split (reported in part or whole), or a re-split."""
    number = draw(st.integers(0, 3))
    own = patch["id"]
    if number == 0:
        return []
    if draw(st.integers(0, 2)) == 0:  # reported as one parcel, then split anew
        first = draw(_day)
        patch["reported_on"] = first
        old = _parcel(draw, own, 9, reported_on=first, is_founding=True, ended=True)
        later = [
            _parcel(draw, own, n, reported_on=draw(_sometimes(_day)), is_founding=False,
                    ended=False)
            for n in range(1, number + 1)
        ]  # fmt: skip
        return [old, *later]
    days = [draw(_sometimes(_day)) for _ in range(number)]
    if draw(st.booleans()):
        days = [day or DAYS[3] for day in days]
    whole = all(days)
    patch["reported_on"] = max(d for d in days if d) if whole else None
    return [
        _parcel(draw, own, n, reported_on=day, is_founding=whole, ended=False)
        for n, day in enumerate(days, 1)
    ]


def _decisions(draw: st.DrawFn, patch: Row) -> list[Row]:
    found: dict[tuple[Any, ...], Row] = {}
    for _ in range(draw(st.integers(0, 5))):
        level = draw(st.sampled_from(["city", "city", "province", "province_review"]))
        row: Row = {
            "patch_id": patch["id"],
            "parcel_no": draw(st.sampled_from([0, 0, 1, 2])),
            "level": level,
            "level_rank": HEIGHT[level],
            "decided_on": draw(_day),
            "result": draw(st.sampled_from(["passed", "returned"])),
            "determination": draw(_sometimes(st.sampled_from(LEGALITIES))),
            "resubmitted_on": draw(_sometimes(_day)),
        }
        found[row["parcel_no"], level, row["decided_on"], row["result"]] = row
    return list(found.values())


def _cases(draw: st.DrawFn, patch: Row) -> list[Row]:
    return [
        {
            "patch_id": patch["id"],
            "parcel_no": number,
            "filed_on": draw(_sometimes(_day)),
            "eliminated_on": draw(_sometimes(_day)),
            "accepted_on": draw(_sometimes(_day)),
            "way": draw(st.sampled_from([None, "demolition", "demolition_recultivation"])),
            "certificate_no": draw(st.sampled_from([None, "证1"])),
        }
        for number in (0, 1, 2)
        if draw(st.booleans())
    ]


@st.composite
def worlds(draw: st.DrawFn, patches: int | None = None) -> World:
    world = World()
    for number in range(1, (patches or draw(st.integers(4, 10))) + 1):
        patch = draw(_patch(number))
        world.parcels += _split(draw, patch)
        world.decisions += _decisions(draw, patch)
        world.cases += _cases(draw, patch)
        world.patches.append(patch)
    for rows in (world.parcels, world.decisions, world.cases):
        for number, row in enumerate(rows, 1):
            row["id"] = number
    return world


# ---- into the store ------------------------------------------------------------------------------


def _frame(table: Any, rows: Sequence[Row]) -> pd.DataFrame | None:
    if not rows:
        return None
    columns = [c for c in table.__table__.columns if c.name != "batch_id"]
    defaults = {c.name: getattr(c.default, "arg", None) for c in columns} | {"source_hash": 0}
    filled = [{name: row.get(name, value) for name, value in defaults.items()} for row in rows]
    return pd.DataFrame(filled, columns=[c.name for c in columns], dtype=object)


def _write(conn: Connection, changes: list[TableChange]) -> None:
    record = UploadRecord("patches", "试.csv", 1, "0" * 64, "测试", "cli")
    apply_changes(conn, record, changes)


def put_world(conn: Connection, world: World) -> None:
    """One batch."""
    _write(conn, [TableChange(table, _frame(table, getattr(world, n))) for table, n in TABLES])


def replace_world(conn: Connection, old: World, new: World) -> None:
    """From one world to another with as many patches: updates, deletions and insertions.

    Rows of one key are updated, the others go and come; each table in a batch of its own.
    """
    keys = {
        "parcels": ("patch_id", "parcel_no"),
        "decisions": ("patch_id", "parcel_no", "level", "decided_on", "result"),
        "cases": ("patch_id", "parcel_no"),
        "patches": ("id",),
    }
    for table, name in TABLES:
        was = {tuple(r[k] for k in keys[name]): r for r in getattr(old, name)}
        now = {tuple(r[k] for k in keys[name]): r for r in getattr(new, name)}
        top = max((r["id"] for r in was.values()), default=0)
        for number, (key, row) in enumerate(now.items(), top + 1):
            row["id"] = was[key]["id"] if key in was else number
        both = [key for key in now if key in was]
        _write(conn, [
            TableChange(
                table,
                deletes=_frame(table, [r for key, r in was.items() if key not in now]),
                updates_before=_frame(table, [was[key] for key in both]),
                updates_after=_frame(table, [now[key] for key in both]),
                inserts=_frame(table, [r for key, r in now.items() if key not in was]),
            )
        ])  # fmt: skip
