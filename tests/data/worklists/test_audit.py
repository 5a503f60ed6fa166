"""The monthly audit against a plain evaluation of the contract's words, and its lists by hand."""

from __future__ import annotations

from collections import Counter
from datetime import date
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from data.rights import COMMAND_LINE
from data.scope import Scope
from data.store.engine import Store
from data.store.models import Problem
from data.vocabulary import AuditLevel, RecordKind
from data.workflow.records import NewRecord, add_record
from data.worklists.audit import ProblemState, audit, waiting_of
from data.worklists.stages import Stage
from data.worklists.stays import Stay
from tests.data.store.queries.stored import (
    HUANCUI,
    WENDENG,
    put,
    put_case,
    put_decision,
    put_parcel,
    put_patch,
)
from tests.data.store.reference_figures import Row, World, clearance_month, counts, district
from tests.data.store.worlds import DAYS, forgotten, make_world, put_world
from tests.data.worklists.plain_audit import standing

ALL = Scope.all()
CITY, PROVINCE = AuditLevel.CITY, AuditLevel.PROVINCE
#: Ordinary days beside the edges of worlds.DAYS: returns wait long enough to be proposed.
ON = [*DAYS, date(2023, 6, 5), date(2023, 7, 10)]


def _problems(rng: Random, world: World) -> list[Row]:
    """And when patches were forwarded, which no figure asks."""
    for patch in world.patches:
        patch["forwarded_on"] = rng.choice([None, *DAYS])
    return [
        {"patch_id": p["id"], "listed_on": rng.choice(DAYS), "deadline_on": None,
         "written_off_on": rng.choice([None, *DAYS])}
        for p in world.patches if rng.random() < 0.2
    ]  # fmt: skip


def _compare(conn: Connection, seed: int, patches: int, day: date) -> None:
    world = make_world(seed, patches)
    problems = _problems(Random(seed), world)
    put_world(conn, world)
    for problem in problems:
        put(conn, Problem, **problem)
    expected = standing(world, problems, 2023, day)
    found = audit(conn, ALL, 2023, day)
    assert waiting_of(conn, ALL, 2023, day) == found.waiting
    told = {w.patch_no: (w.district, w.stage.value, w.since, w.days, w.workdays)
            for w in found.waiting}  # fmt: skip
    assert told == {no: row for no, row in expected.items() if row[1] != "final"}
    issued = [p for p in world.patches if p["year"] == 2023 and counts(p, day)]
    assert sum(cell.patches for cell in found.city.values()) == len(issued)
    stages = Counter((row[0], row[1]) for row in expected.values())
    for code, cells in found.districts.items():
        assert {s.value: c.patches for s, c in cells.items()} == {
            s.value: stages[code, s.value] for s in Stage
        }
    finals = [row[2] for row in expected.values() if row[1] == "final"]
    assert found.city[Stage.FINAL].oldest_since == min(finals, default=None)
    land = Counter((district(p, day), clearance_month(p)) for p in issued if p["domain"] == "land")
    assert {(r.district, r.month): sum(c.patches for c in r.stages.values())
            for r in found.months} == dict(land)  # fmt: skip
    area = sum(p["farmland_mu"] for p in issued)
    assert sum(c.farmland_mu for c in found.city.values()) == pytest.approx(area)


@settings(max_examples=40, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.integers(0, 2**32 - 1), st.integers(1, 25), st.sampled_from(ON))
def _property(store: Store, seed: int, patches: int, day: date) -> None:
    with forgotten(store) as conn:
        _compare(conn, seed, patches, day)


def test_every_patch_stands_where_the_words_of_the_contract_put_it(sqlite_store: Store) -> None:
    _property(sqlite_store)


@pytest.mark.parametrize("seed", [7, 8])
def test_it_does_on_postgresql_too(pg_store: Store, seed: int) -> None:
    with forgotten(pg_store) as conn:
        _compare(conn, seed, 120, date(2024, 1, 25))


# ---- by hand -------------------------------------------------------------------------------------


def _reported(conn: Connection, number: str, **more: object) -> int:
    return put_patch(conn, number, reported_on=date(2023, 5, 19), **more)


def test_finished_stays_have_a_median_and_open_ones_are_counted_apart(sqlite_store: Store) -> None:
    with forgotten(sqlite_store) as conn:
        # reported Friday 19 May; audited after 1, 2, 3 and 4 workdays; a fifth still waits
        for number, day in enumerate((22, 23, 24, 25)):
            patch = _reported(conn, f"A{number}")
            put_decision(conn, patch, CITY, date(2023, 5, day), "passed")
        returned = _reported(conn, "R")
        put_decision(
            conn, returned, CITY, date(2023, 5, 25), "returned",
            resubmitted_on=date(2023, 6, 1), reason_codes="面积不符、时相不符",
        )  # fmt: skip
        put_decision(conn, returned, CITY, date(2023, 6, 5), "passed")
        put_decision(conn, returned, PROVINCE, date(2023, 6, 9), "returned")
        _reported(conn, "OPEN", issued_on=date(2023, 5, 9))
        put_patch(conn, "UNREPORTED")
        found = audit(conn, ALL, 2023, date(2023, 6, 12))
    (row,) = found.months
    # 8 May to 19 May: 9 workdays, of OPEN 8; the mean of the middle two of six
    assert row.stays[Stay.COUNTY].finished == 6
    assert row.stays[Stay.COUNTY].median_workdays == 9
    assert row.stays[Stay.COUNTY].open == 1
    assert row.stays[Stay.COUNTY].oldest_since == date(2023, 5, 8)
    # 1, 2, 3, 4, 4 and, after the answer, 2
    assert row.stays[Stay.CITY].finished == 6
    assert row.stays[Stay.CITY].median_workdays == 2.5
    assert row.stays[Stay.CITY].open == 1
    assert row.stays[Stay.CORRECTION].median_workdays == 5  # 25 May to 1 June
    assert row.stays[Stay.CORRECTION].open == 1  # the province's
    assert row.stays[Stay.PROVINCE].finished == 1  # nobody forwarded it: from the city's pass
    assert row.stays[Stay.PROVINCE].median_workdays == 4
    assert row.returns == {"未分类": 1, "面积不符": 1, "时相不符": 1}
    assert row.level_returns == {1: 1, 2: 1}
    assert row.repeated == 0


def test_items_of_the_problem_list_are_due_by_their_own_deadline_or_after_thirty_days(
    sqlite_store: Store,
) -> None:
    listed = {"listed_on": date(2023, 6, 1)}
    items = {
        "OPEN": {"deadline_on": date(2023, 7, 10)},
        "OVERDUE": {},
        "LATE": {"written_off_on": date(2023, 7, 2)},
        "DONE": {"written_off_on": date(2023, 7, 1)},
        "LATER": {"written_off_on": date(2023, 7, 3)},
    }
    with forgotten(sqlite_store) as conn:
        for number, item in items.items():
            put(conn, Problem, patch_id=_reported(conn, number), **listed, **item)
        found = audit(conn, ALL, 2023, date(2023, 7, 2))
    assert {p.patch_no: (p.due_on, p.state) for p in found.problems} == {
        "OPEN": (date(2023, 7, 10), ProblemState.OPEN),
        "OVERDUE": (date(2023, 7, 1), ProblemState.OVERDUE),
        "LATE": (date(2023, 7, 1), ProblemState.LATE),
        "DONE": (date(2023, 7, 1), ProblemState.WRITTEN_OFF),
        "LATER": (date(2023, 7, 1), ProblemState.OVERDUE),
    }
    assert found.city[Stage.PROBLEM].patches == 3


def test_a_parcel_without_a_case_is_listed_since_it_was_unlawful_without_a_break(
    sqlite_store: Store,
) -> None:
    with forgotten(sqlite_store) as conn:
        put_parcel(conn, _reported(conn, "COUNTY"))
        filed = _reported(conn, "FILED")
        put_parcel(conn, filed)
        put_case(conn, filed, filed_on=date(2023, 6, 5))
        turned = _reported(conn, "TURNED", district_code=WENDENG)
        put_parcel(conn, turned, legality="lawful")
        put_decision(
            conn, turned, CITY, date(2023, 6, 1), "returned", determination="unlawful",
            resubmitted_on=date(2023, 6, 2),
        )  # fmt: skip
        put_decision(conn, turned, PROVINCE, date(2023, 6, 2), "passed", determination="unlawful")
        deemed = _reported(conn, "DEEMED")
        put_decision(conn, deemed, CITY, date(2023, 6, 8), "returned", determination="unlawful")
        found = audit(conn, ALL, 2023, date(2023, 6, 9))
        earlier = audit(conn, ALL, 2023, date(2023, 6, 4), HUANCUI)
        assert waiting_of(conn, ALL, 2023, date(2023, 6, 4), HUANCUI) == earlier.waiting
    assert [(u.patch_no, u.parcel_no, u.since, u.workdays) for u in found.direct_filing] == [
        ("COUNTY", 1, date(2023, 5, 20), 15),
        ("TURNED", 1, date(2023, 6, 1), 6),
        ("DEEMED", 0, date(2023, 6, 8), 1),
    ]
    assert {u.patch_no for u in earlier.direct_filing} == {"COUNTY", "FILED"}
    assert list(earlier.districts) == [HUANCUI]


def test_a_proposal_that_staff_answered_no_longer_waits_until_the_city_returns_it_again(
    sqlite_store: Store,
) -> None:
    today = date(2024, 3, 1)
    with forgotten(sqlite_store) as conn:
        patch = _reported(conn, "T7")
        for day in (1, 8, 15):
            put_decision(
                conn, patch, CITY, date(2023, 6, day), "returned", resubmitted_on=date(2023, 6, 16)
            )
        before = audit(conn, ALL, 2023, date(2023, 6, 20))
        dismissed = NewRecord(
            RecordKind.DEEM_DISMISSED, 2023, "T7", date(2023, 6, 21), "区市已补正，理由成立"
        )
        add_record(conn, COMMAND_LINE, dismissed, today)
        after = audit(conn, ALL, 2023, date(2023, 6, 21))
        put_decision(conn, patch, CITY, date(2023, 6, 26), "returned")
        again = audit(conn, ALL, 2023, date(2023, 6, 26))
    assert [(w.stage, w.since) for w in before.waiting] == [(Stage.DEEMING, date(2023, 6, 15))]
    assert [(w.stage, w.since) for w in after.waiting] == [(Stage.CITY_AUDIT, date(2023, 6, 16))]
    assert [w.stage for w in again.waiting] == [Stage.DEEMING]


def test_a_reader_of_one_district_has_no_others_in_any_list(sqlite_store: Store) -> None:
    with forgotten(sqlite_store) as conn:
        for number, code in (("OWN", WENDENG), ("OTHER", HUANCUI)):
            patch = _reported(conn, number, district_code=code)
            put_parcel(conn, patch)
            put(conn, Problem, patch_id=patch, listed_on=date(2023, 6, 1))
        found = audit(conn, Scope(frozenset({WENDENG})), 2023, date(2023, 6, 9))
    assert {w.patch_no for w in found.waiting} == {"OWN"}
    assert {p.patch_no for p in found.problems} == {"OWN"}
    assert {u.patch_no for u in found.direct_filing} == {"OWN"}
    assert list(found.districts) == [WENDENG]
    assert found.city[Stage.PROBLEM].patches == 1
