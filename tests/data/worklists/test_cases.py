"""Cases and transfers against a plain look at random worlds, patch by patch."""

from __future__ import annotations

from collections import Counter
from datetime import date
from random import Random
from statistics import median
from typing import Any

import pytest
from sqlalchemy import Connection

from data.periods import workdays_between
from data.scope import Scope
from data.store.engine import Store
from data.store.models import Transfer
from data.vocabulary import SIX_QUESTIONS
from data.worklists.audit import audit
from data.worklists.cases import Cases, CaseStay, cases
from tests.data.store.queries.stored import (
    HUANCUI,
    WENDENG,
    put,
    put_case,
    put_parcel,
    put_patch,
)
from tests.data.store.reference_figures import Row, World, by, counts, district, parcel_figures
from tests.data.store.worlds import DAYS, forgotten, make_world, put_world

ALL = Scope.all()


def a_world(seed: int, patches: int = 80) -> tuple[World, list[Row]]:
    """With days of stopping and punishing, answers to questions, and transfers."""
    world, rng = make_world(seed, patches), Random(seed)
    for case in world.cases:
        case["stopped_on"] = rng.choice([None, *DAYS])
        case["penalty_decided_on"] = rng.choice([None, *DAYS])
    for parcel in world.parcels:
        for name in SIX_QUESTIONS:
            parcel[name] = rng.choice([True, False, False, False, None])
    transfers = [
        {"patch_id": p["id"], "parcel_no": 1, "department": rng.choice(["police", "forestry"]),
         "transferred_on": rng.choice(DAYS), "replied_on": rng.choice([None, *DAYS])}
        for p in world.patches if rng.random() < 0.3
    ]  # fmt: skip
    return world, transfers


def plain(world: World, transfers: list[Row], D: date) -> dict[str, Any]:
    found: dict[str, Any] = {"unlawful": set(), "filed": set(), "without": set(), "questions": {},
                             "transfers": [], "file": [], "penalty": []}  # fmt: skip
    for patch in world.patches:
        if patch["year"] != 2023 or not counts(patch, D):
            continue
        number, code = patch["patch_no"], district(patch, D)
        stored = {p["parcel_no"]: p for p in world.of(world.parcels, patch) if not p["ended"]}
        unlawful = {}
        for parcel in parcel_figures(world, patch, D):
            at = parcel["number"]
            if parcel["unlawful"]:
                unlawful[at] = parcel
                found["unlawful"].add((number, at, code))
                if parcel["filed"]:
                    found["filed"].add((number, at, code))
                own = stored.get(at, {})
                missing = tuple(q for q in SIX_QUESTIONS if own.get(q) is None)
                if (own or patch)["farmland_mu"] > 0 and missing:
                    found["questions"][number, at] = missing
        for case in world.of(world.cases, patch):
            at = case["parcel_no"]
            at = 0 if not stored and at <= 1 else at
            stop, file = case["stopped_on"], case["filed_on"]
            penalty = case["penalty_decided_on"]
            if by(file, D) and at not in unlawful:
                found["without"].add((number, case["parcel_no"]))
            for name, start, end in (("file", stop, file), ("penalty", file, penalty)):
                if by(start, D) and (by(end, D) or at in unlawful):
                    found[name].append((start, end if by(end, D) else None))
        found["transfers"] += [
            (number, t["transferred_on"], t["replied_on"] if by(t["replied_on"], D) else None)
            for t in transfers if t["patch_id"] == patch["id"] and by(t["transferred_on"], D)
        ]  # fmt: skip
    return found


def spans_told(found: Cases, stay: CaseStay) -> tuple[Any, ...]:
    own = found.city.times[stay]
    return own.finished, own.median_workdays, own.open, own.oldest_since


def spans_plain(spans: list[tuple[date, date | None]]) -> tuple[Any, ...]:
    took = [workdays_between(start, end) for start, end in spans if end]
    waiting = [start for start, end in spans if end is None]
    middle = median(took) if took else None
    return len(took), middle, len(waiting), min(waiting, default=None)


@pytest.mark.parametrize("seed", [3, 4])
def test_they_are_those_that_a_plain_look_finds(store: Store, seed: int) -> None:
    day = [date(2023, 12, 31), date(2024, 2, 1)][seed - 3]
    world, transfers = a_world(seed)
    with forgotten(store) as conn:
        put_world(conn, world)
        for transfer in transfers:
            put(conn, Transfer, **transfer)
        found = cases(conn, ALL, 2023, day)
        here = cases(conn, ALL, 2023, day, HUANCUI)
        direct = audit(conn, ALL, 2023, day).direct_filing
    expected = plain(world, transfers, day)
    told = {(no, parcel, code) for (no, parcel), (code, _) in found.unlawful.items()}
    assert told == expected["unlawful"]
    assert found.city.filed == len(expected["filed"])
    assert {(c.fact.patch_no, c.fact.parcel_no) for c in found.without_unlawful} == (
        expected["without"]
    )
    assert {(q.patch_no, q.parcel_no): q.missing for q in found.questions} == expected["questions"]
    assert sorted((t.patch_no, t.transferred_on, t.replied_on is None)
                  for t in found.transfers) == sorted(
        (no, on, replied is None) for no, on, replied in expected["transfers"]
    )  # fmt: skip
    for stay in (CaseStay.FILE, CaseStay.PENALTY):
        assert spans_told(found, stay) == spans_plain(expected[stay.value])
    replies = [(on, replied) for _, on, replied in expected["transfers"]]
    assert spans_told(found, CaseStay.REPLY) == spans_plain(replies)
    # the list of D9 is that of the audit, and the districts add up to the city
    assert found.direct_filing == direct
    by_code = Counter(code for _, _, code in expected["unlawful"])
    assert {code: s.unlawful for code, s in found.districts.items() if s.unlawful} == by_code
    assert here.city == found.districts[HUANCUI]
    assert all(expected[name] for name in ("unlawful", "filed", "without", "questions"))


def _two(conn: Connection) -> None:
    for number, code in (("MINE", HUANCUI), ("THEIRS", WENDENG)):
        patch = put_patch(conn, number, district_code=code, reported_on=date(2023, 5, 20))
        put_parcel(conn, patch)
        put_case(conn, patch, filed_on=date(2023, 6, 1))
        put(conn, Transfer, patch_id=patch, department="police", transferred_on=date(2023, 6, 5))


def test_a_reader_of_one_district_is_told_of_his_own(sqlite_store: Store) -> None:
    with forgotten(sqlite_store) as conn:
        _two(conn)
        found = cases(conn, Scope(frozenset({HUANCUI})), 2023, date(2023, 9, 1))
    assert list(found.districts) == [HUANCUI]
    told = [*found.unlawful, *(t.patch_no for t in found.transfers)]
    assert told == [("MINE", 1), "MINE"]
    assert (found.city.filed, found.city.unanswered, found.city.questions_open) == (1, 1, 1)
