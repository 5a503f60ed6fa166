"""Random small worlds for the comparison with reference_figures.py, and how they get into a store.

Days come from a short list around every edge: the 20th and the 24th, year's end, D6, leap day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from random import Random
from typing import Any

import pandas as pd
from hypothesis import strategies as st
from sqlalchemy import Connection

from data.store.deductions import ACCEPTANCE, CLASS, Term, put_terms
from data.store.engine import Store
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

CLASSES = ["基金项目", "军事设施"]
#: Ends of what a parameter says: never changed, changed within the year, or after it.
_TURNS = [None, date(2023, 5, 24), date(2023, 12, 20), date(2024, 1, 25)]
FLAGS = [None, True, False]
#: Areas with awkward decimals: 0.1 + 0.2, thirds, and what adds up to a line.
AREAS = [0.0, 0.1, 0.2, 0.3, 1 / 3, 2.5, 7.0000001, 29.9999, 30.0, 1000.07]


def _sometimes(rng: Random, values: Sequence[Any]) -> Any:
    return rng.choice(values) if rng.random() < 0.6 else None


def _rounded(value: float) -> float:
    return round(value, 9)  # the summary's parts: exactness is asked of what it can hold


def _areas(rng: Random) -> Row:
    farmland = rng.choice(AREAS)
    return {
        "area_mu": _rounded(farmland + rng.choice(AREAS)),
        "farmland_mu": _rounded(farmland),
        "basic_farmland_mu": _rounded(rng.choice(AREAS)),
        "redline_mu": _rounded(rng.choice(AREAS)),
    }


def _patch(rng: Random, number: int) -> Row:
    mineral = rng.randint(0, 4) == 0
    patch: Row = {
        "id": number,
        "year": rng.choice([2023, 2023, 2023, 2022]),
        "patch_no": f"P{number}",
        "domain": "mineral" if mineral else "land",
        "patch_type": "mineral" if mineral else "other_change",
        "issued_on": rng.choice(DAYS),
        "district_code": rng.choice(UNITS),
        "withdrawn_on": _sometimes(rng, DAYS) if rng.random() < 0.3 else None,
        "extended_to": _sometimes(rng, DAYS) if rng.random() < 0.3 else None,
        "transferred_on": _sometimes(rng, DAYS) if rng.random() < 0.3 else None,
        "transferred_from": _sometimes(rng, UNITS),
        "place_source": "explicit",
        "reported_on": None,
        **_areas(rng),
    }
    return {**patch, "due_on": due(patch), "clearance_month": clearance_month(patch)}


def _parcel(rng: Random, patch_id: int, number: int, **settled: Any) -> Row:
    return {
        "patch_id": patch_id,
        "parcel_no": number,
        "legality": rng.choice(LEGALITIES),
        "is_new_construction": rng.choice(FLAGS),
        "linked_patch_no": rng.choice([None, None, "P1"]),
        "counts_as_unlawful": rng.choice([True, True, False]),
        "deduction_class": rng.choice([None, None, *CLASSES]),
        **_areas(rng),
        **settled,
    }


def _split(rng: Random, patch: Row) -> list[Row]:
    """Parcels of one patch: none, a first split (reported in part or whole), or a re-split."""
    number = rng.randint(0, 3)
    own = patch["id"]
    if number == 0:
        return []
    if rng.randint(0, 2) == 0:  # reported as one parcel, then split anew
        first = rng.choice(DAYS)
        patch["reported_on"] = first
        old = _parcel(rng, own, 9, reported_on=first, is_founding=True, ended=True)
        later = [
            _parcel(rng, own, n, reported_on=_sometimes(rng, DAYS), is_founding=False,
                    ended=False)
            for n in range(1, number + 1)
        ]  # fmt: skip
        return [old, *later]
    days = [_sometimes(rng, DAYS) for _ in range(number)]
    if rng.random() < 0.5:
        days = [day or DAYS[3] for day in days]
    whole = all(days)
    patch["reported_on"] = max(d for d in days if d) if whole else None
    return [
        _parcel(rng, own, n, reported_on=day, is_founding=whole, ended=False)
        for n, day in enumerate(days, 1)
    ]


def _decisions(rng: Random, patch: Row) -> list[Row]:
    found: dict[tuple[Any, ...], Row] = {}
    days = [rng.choice(DAYS), rng.choice(DAYS)]  # few, so that decisions often fall on one day
    for _ in range(rng.randint(0, 6)):
        level = rng.choice(["city", "city", "province", "province_review"])
        row: Row = {
            "patch_id": patch["id"],
            "parcel_no": rng.choice([0, 0, 1, 1, 2]),
            "level": level,
            "level_rank": HEIGHT[level],
            "decided_on": rng.choice(days),
            "result": rng.choice(["passed", "returned"]),
            "determination": _sometimes(rng, LEGALITIES),
            "resubmitted_on": _sometimes(rng, DAYS),
        }
        found[row["parcel_no"], level, row["decided_on"], row["result"]] = row
    return list(found.values())


def _cases(rng: Random, patch: Row) -> list[Row]:
    return [
        {
            "patch_id": patch["id"],
            "parcel_no": number,
            "filed_on": _sometimes(rng, DAYS),
            "eliminated_on": _sometimes(rng, DAYS),
            "accepted_on": _sometimes(rng, DAYS),
            "way": rng.choice([None, "demolition", *["demolition_recultivation"] * 3]),
            "certificate_no": rng.choice([None, "", "证1", "证2"]),
        }
        for number in (0, 1, 2)
        if rng.random() < 0.5
    ]


def make_world(seed: int, patches: int) -> World:
    rng = Random(seed)
    world = World()
    for number in range(1, patches + 1):
        patch = _patch(rng, number)
        world.parcels += _split(rng, patch)
        world.decisions += _decisions(rng, patch)
        world.cases += _cases(rng, patch)
        world.patches.append(patch)
    spans = [(start, end) for start in _TURNS for end in _TURNS
             if start is None or end is None or start < end]  # fmt: skip
    world.deducted = [(word, *rng.choice(spans)) for word in CLASSES if rng.random() < 0.4]
    world.acceptance = [rng.choice(spans)] if rng.random() < 0.3 else []
    for rows in (world.parcels, world.decisions, world.cases):
        for number, row in enumerate(rows, 1):
            row["id"] = number
    return world


def worlds(least: int = 1, most: int = 30) -> st.SearchStrategy[World]:
    """Worlds that shrink to fewer patches."""
    return st.builds(make_world, st.integers(0, 2**32 - 1), st.integers(least, most))


# ---- into the store ------------------------------------------------------------------------------


class _Forget(Exception):
    pass


@contextmanager
def forgotten(store: Store) -> Iterator[Connection]:
    """A transaction that is rolled back, so that every example starts from an empty store."""
    try:
        with store.write() as conn:
            yield conn
            raise _Forget
    except _Forget:
        pass


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


def deducted_terms(world: World) -> list[Term]:
    """What the world's parameters deduct, as the store keeps it."""
    classes = [Term(CLASS, word, start, end) for word, start, end in world.deducted]
    return [*classes, *(Term(ACCEPTANCE, "", start, end) for start, end in world.acceptance)]


def put_world(conn: Connection, world: World) -> None:
    """One batch."""
    put_terms(conn, deducted_terms(world))
    _write(conn, [TableChange(table, _frame(table, getattr(world, n))) for table, n in TABLES])


def replace_world(conn: Connection, old: World, new: World) -> None:
    """From one world to another with as many patches: updates, deletions and insertions.

    Rows of one key are updated, the others go and come; each table in a batch of its own. What is
    deducted stays as it was.
    """
    new.deducted, new.acceptance = old.deducted, old.acceptance
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
