"""The first few patches and the number of all: the same as reading every one of them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection, select

from data.rights import COMMAND_LINE
from data.scope import Scope
from data.store import summary
from data.store.engine import Store
from data.store.models import Patch, Recheck
from data.store.opening import open_store
from data.store.queries.moments import patch_ids
from data.triggers.current import Trigger, current_triggers, first_triggers
from data.triggers.matters import Matter, is_on_patch, matters
from data.triggers.since import since
from data.vocabulary import AuditLevel, RecordKind
from data.workflow.records import NewRecord, add_record
from tests.data.store.queries.stored import (
    HUANCUI,
    WENDENG,
    put,
    put_case,
    put_decision,
    put_parcel,
    put_patch,
    summarise,
)
from tests.data.store.worlds import make_world, put_world
from tests.demo_year import DEMO_YEAR, DemoYear

DAYS = (date(2023, 7, 5), date(2023, 11, 15), date(2024, 2, 20))
NAMES = {HUANCUI: "环翠区", WENDENG: "文登区"}


def _plain(triggers: list[Trigger]) -> list[Trigger]:
    """As current_triggers gives them: without what only the first few carry."""
    plain: Any = [
        {k: v for k, v in t.items() if k not in ("of", "notes", "patch_id")} for t in triggers
    ]
    found: list[Trigger] = plain
    return found


def _same(conn: Connection, scope: Scope, day: date, most: int, also: tuple[str, ...] = ()) -> int:
    """Compares both ways; how many triggers on patches there are."""
    every = current_triggers(conn, scope, 2023, day)
    ids = patch_ids(conn, 2023, also)
    first = first_triggers(conn, scope, 2023, day, most=most, also=ids, counted=True)
    assert since(conn, scope, 2023, day, first) == since(conn, scope, 2023, day, _plain(first))
    whole, told = matters(every, NAMES), matters(first, NAMES)

    def outline(matter: Matter) -> tuple[object, ...]:
        return matter.rule, matter.district, matter.count, matter.notes, matter.words, matter.key

    assert [outline(m) for m in told] == [outline(m) for m in whole]
    for few, many in zip(told, whole, strict=True):
        subjects = [t["subject"] for t in many.triggers]
        shown = [t["subject"] for t in few.triggers]
        if few.rule in ("T6", "T7", "T13"):
            assert shown[:most] == subjects[:most]
            assert {*shown} <= {*subjects[:most], *also}
            assert {*also} & {*subjects} <= {*shown}
        else:
            assert shown == subjects
        by_key = {(t["subject"], t["period"], t["mark"]): t for t in many.triggers}
        for trigger in few.triggers:
            own = by_key[trigger["subject"], trigger["period"], trigger["mark"]]
            assert trigger["behind"] == len(own["patches"]), trigger
            same = own.keys() - {"patches"}
            assert {k: v for k, v in trigger.items() if k in same} == {
                k: v for k, v in own.items() if k in same
            }
    return sum(is_on_patch(t) for t in every)


def _many(store: Store) -> None:
    """Patches that rules weigh alike and others, in two districts, some named by staff."""
    with store.write() as conn:
        for code in (HUANCUI, WENDENG):
            for number in range(9):
                patch = put_patch(
                    conn, f"{code}-{number}", district_code=code, reported_on=date(2023, 5, 20)
                )
                size = (200.0, 30.0 - 4e-7, 30.0, 29.999999, 60.0, 5.0, 5.0, 5.0, 5.0)[number]
                put_parcel(
                    conn, patch, area_mu=300.0, farmland_mu=size,
                    basic_farmland_mu=size if number in (0, 5) else 0.0,
                )  # fmt: skip
                if number == 4:
                    put_case(conn, patch, eliminated_on=date(2023, 9, 9))
                for day in (date(2023, 6, 5), date(2023, 7, 3), date(2023, 8, 1))[: number % 4]:
                    put_decision(conn, patch, AuditLevel.CITY, day, "returned")
                if number % 2:
                    for parcel in (1, 2)[: 1 + number % 3]:
                        put(conn, Recheck, patch_id=patch, parcel_no=parcel,
                            rechecked_on=date(2023, 9, 1), finding="rebuilt")  # fmt: skip
                if number == 7:
                    put(conn, Recheck, patch_id=patch, parcel_no=1,
                        rechecked_on=date(2023, 10, 1), finding="unchanged")  # fmt: skip
        today = date(2023, 11, 1)
        for kind, subject in (
            (RecordKind.MAJOR, f"{HUANCUI}-6"),
            (RecordKind.MAJOR, f"{HUANCUI}-0"),
            (RecordKind.DEEM, f"{HUANCUI}-3"),
            (RecordKind.FALSE_REPORTING, f"{WENDENG}-1"),
            (RecordKind.FALSE_REPORTING, f"{WENDENG}-2"),
            (RecordKind.WRONG_FILLING, WENDENG),
        ):
            record = NewRecord(kind, 2023, subject, today, "试验")
            add_record(conn, COMMAND_LINE, record, today)
        summarise(conn)


@pytest.mark.parametrize("most", [1, 3])
def test_the_first_few_stand_for_all(store: Store, most: int) -> None:
    _many(store)
    with store.read() as conn:
        for day in DAYS:
            found = _same(conn, Scope.all(), day, most)
            assert found > 4 * most or day < date(2023, 8, 1)
            _same(conn, Scope(frozenset({WENDENG})), day, most)
        _same(conn, Scope.all(), DAYS[1], most, (f"{HUANCUI}-1", f"{HUANCUI}-8", "nobody"))


@pytest.mark.parametrize("seed", [3, 8, 21])
def test_in_any_world(sqlite_store: Store, seed: int) -> None:
    with sqlite_store.write() as conn:
        put_world(conn, make_world(seed, 30))
        summary.rebuild(conn)
        for day in DAYS:
            _same(conn, Scope.all(), day, 2)


def test_in_a_believable_year(demo_year: DemoYear) -> None:
    store = open_store(demo_year.settings)
    with store.read() as conn:
        number = conn.scalar(select(Patch.patch_no).where(Patch.year == DEMO_YEAR).limit(1))
        assert _same(conn, Scope.all(), DAYS[1], 1, (str(number),)) > 5
    store.engine.dispose()
