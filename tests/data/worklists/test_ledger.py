"""The ledger by hand: every state, what speaks for what, and what is reopened."""

from __future__ import annotations

from datetime import date
from random import Random

import pytest

from data.scope import Scope
from data.store.engine import Store
from data.store.models import LedgerItem, Recheck
from data.store.queries.legality import judged
from data.vocabulary import AuditLevel
from data.worklists.ledger import LedgerState, ledger
from data.worklists.rechecks import RECHECKED, rechecks
from tests.data.store.queries.stored import (
    HUANCUI,
    WENDENG,
    put,
    put_case,
    put_decision,
    put_parcel,
    put_patch,
)
from tests.data.store.worlds import DAYS, forgotten, make_world, put_world
from tests.examples import FACTOR

ALL = Scope.all()
D = date(2023, 9, 30)
JUNE, JULY, AUGUST = date(2023, 6, 1), date(2023, 7, 1), date(2023, 8, 1)
RECULTIVATED = "demolition_recultivation"


def _row(conn: object, number: str, **more: object) -> None:
    values = {"year": 2019, "patch_no": number, "parcel_no": 1, "district_code": WENDENG,
              "unlawful_farmland_mu": 2.5, "unlawful_basic_farmland_mu": 0.5} | more  # fmt: skip
    put(conn, LedgerItem, **values)  # type: ignore[arg-type]


def _parcel(conn: object, number: str, case: dict[str, object], **more: object) -> int:
    patch = put_patch(conn, number, reported_on=date(2023, 5, 20))  # type: ignore[arg-type]
    put_parcel(conn, patch, **more)  # type: ignore[arg-type]
    if case:
        put_case(conn, patch, **case)  # type: ignore[arg-type]
    return patch


def test_each_state_is_the_first_line_that_fits(sqlite_store: Store) -> None:
    gone = {"eliminated_on": JUNE, "way": "demolition"}
    with forgotten(sqlite_store) as conn:
        _row(conn, "OFF", written_off_on=D, **gone, accepted_on=JULY)
        _row(conn, "UNPROVEN", written_off_on=D, eliminated_on=JUNE)
        _row(conn, "NOT-YET", written_off_on=date(2023, 10, 1), **gone, accepted_on=JULY)
        _row(conn, "CERTIFY", **gone | {"way": RECULTIVATED}, accepted_on=JULY)
        _row(conn, "ACCEPT", **gone)
        _row(conn, "OPEN", deadline_on=D)
        _row(conn, "OVERDUE", deadline_on=date(2023, 9, 29))
        _parcel(conn, "OWN-OFF", gone | {"accepted_on": JULY})
        _parcel(conn, "OWN-CERTIFY", gone | {"accepted_on": JULY, "way": RECULTIVATED})
        _parcel(conn, "NO-FARMLAND", {}, farmland_mu=0.0)
        _parcel(conn, "LAWFUL", {}, legality="lawful")
        mine = put_patch(conn, "MINE", domain="mineral", patch_type="mineral")
        put_parcel(conn, mine)
        found = ledger(conn, ALL, D)
    told = {i.patch_no: (i.state.value, i.overdue, i.unproven) for i in found.items}
    assert told == {
        "OFF": ("written_off", False, False),
        "UNPROVEN": ("written_off", False, True),
        "NOT-YET": ("to_write_off", False, False),
        "CERTIFY": ("to_certify", False, False),
        "ACCEPT": ("to_accept", False, False),
        "OPEN": ("open", False, False),
        "OVERDUE": ("open", True, False),
        "OWN-OFF": ("written_off", False, False),
        "OWN-CERTIFY": ("to_certify", False, False),
    }
    old, new = found.years
    assert (old.year, old.district, old.total.items, old.total.farmland_mu) == (
        2019, WENDENG, 7, 17.5,
    )  # fmt: skip
    assert (old.overdue, old.unproven, old.states[LedgerState.OPEN].items) == (1, 1, 2)
    assert old.ways["demolition"].items == 3
    assert (new.year, new.district, new.total.farmland_mu) == (2023, HUANCUI, 4.0)


def test_where_both_exist_the_parcel_speaks_and_the_row_fills_what_it_lacks(
    sqlite_store: Store,
) -> None:
    with forgotten(sqlite_store) as conn:
        _parcel(conn, "P", {"eliminated_on": JUNE}, farmland_mu=3.5)
        _row(conn, "P", year=2023, eliminated_on=AUGUST, accepted_on=JULY, way=RECULTIVATED,
             certificate_no="证1", deadline_on=JULY)  # fmt: skip
        deemed = put_patch(conn, "DEEMED", reported_on=date(2023, 5, 20))
        put_decision(conn, deemed, AuditLevel.CITY, JUNE, "returned", determination="unlawful")
        _row(conn, "DEEMED", year=2023, written_off_on=JULY)
        found = {i.patch_no: i for i in ledger(conn, ALL, D).items}
    both = found["P"]
    assert (both.district, both.farmland_mu, both.eliminated_on) == (HUANCUI, 3.5, JUNE)
    # with a row only its 销号日期 writes it off
    assert (both.accepted_on, both.certificate_no, both.state) == (JULY, "证1", "to_write_off")
    assert both.in_ledger
    assert (found["DEEMED"].parcel_no, found["DEEMED"].farmland_mu) == (0, 4.0)
    assert (found["DEEMED"].state, found["DEEMED"].unproven) == ("written_off", True)
    assert len(found) == 2


def test_a_changed_recheck_opens_an_item_again_from_its_day_until_it_is_done_anew(
    sqlite_store: Store,
) -> None:
    done = {"eliminated_on": JUNE, "accepted_on": JULY, "way": "demolition"}
    with forgotten(sqlite_store) as conn:
        patch = _parcel(conn, "P", done)
        put(conn, Recheck, patch_id=patch, parcel_no=1, rechecked_on=AUGUST, finding="rebuilt")
        before = ledger(conn, ALL, date(2023, 7, 31)).items[0]
        after = ledger(conn, ALL, AUGUST).items[0]
        other = _parcel(conn, "Q", done | {"eliminated_on": date(2023, 9, 1)})
        put(conn, Recheck, patch_id=other, parcel_no=1, rechecked_on=AUGUST, finding="rebuilt")
        again = {i.patch_no: i for i in ledger(conn, ALL, D).items}["Q"]
        put(conn, Recheck, patch_id=patch, parcel_no=1, rechecked_on=D, finding="unchanged")
        good = {i.patch_no: i for i in ledger(conn, ALL, D).items}["P"]
    assert (before.state, before.reopened_on) == ("written_off", None)
    assert (after.state, after.reopened_on) == ("open", AUGUST)
    assert (again.state, again.reopened_on) == ("to_accept", AUGUST)
    assert (good.state, good.reopened_on) == ("written_off", None)


def test_a_reader_of_one_district_sees_its_items_alone_on_both_databases(store: Store) -> None:
    with forgotten(store) as conn:
        _row(conn, "OLD")
        _parcel(conn, "P", {"eliminated_on": JUNE})
        own = ledger(conn, Scope(frozenset({WENDENG})), D)
        narrowed = ledger(conn, ALL, D, HUANCUI)
        nothing = ledger(conn, Scope(frozenset()), D)
    assert [i.patch_no for i in own.items] == ["OLD"]
    assert [y.district for y in own.years] == [WENDENG]
    assert [i.patch_no for i in narrowed.items] == ["P"]
    assert nothing.items == ()


@pytest.mark.parametrize("seed", range(3 * FACTOR))
def test_what_is_read_of_the_store_leaves_out_no_item_and_no_recheck(
    store: Store, seed: int
) -> None:
    """The lists ask for the patches that they can show; out of all patches they come out alike."""
    rng, world = Random(seed), make_world(seed, 60)
    for parcel in world.parcels:
        parcel["other_category"] = rng.choice([None, *RECHECKED])
    for case in world.cases:
        case["way"] = rng.choice([None, RECULTIVATED])
    with forgotten(store) as conn:
        put_world(conn, world)
        for day in [*rng.sample(DAYS, 3), DAYS[-1]]:
            known = judged(conn, ALL, None, day)
            told, due = ledger(conn, ALL, day), rechecks(conn, ALL, day)
            assert told == ledger(conn, ALL, day, known=known)
            assert due == rechecks(conn, ALL, day, known=known)
        assert told.items
        assert len({item.kind for item in due}) > 3
