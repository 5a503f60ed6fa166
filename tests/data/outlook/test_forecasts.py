"""The running month, and who will miss its day, the monthly audit and the cut-off."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from data.outlook.forecasts import (
    Outlook,
    audit_outlook,
    clearance_outlook,
    clock,
    elimination_outlook,
    running_month,
)
from data.periods import month_ends_before, months_before
from data.rules.forecast import Band
from data.scope import Scope
from data.store.engine import Store
from data.store.queries.figures import figures
from data.vocabulary import AuditLevel
from tests.data.store.queries.stored import (
    HIGH_TECH,
    HUANCUI,
    WENDENG,
    put_case,
    put_decision,
    put_parcel,
    put_patch,
    summarise,
)
from tests.data.store.worlds import forgotten

if TYPE_CHECKING:
    from sqlalchemy import Connection

ALL = Scope.all()


@pytest.mark.parametrize(
    ("as_of", "month"),
    [
        (date(2023, 5, 1), "2023-05"),
        (date(2023, 5, 24), "2023-05"),
        (date(2023, 5, 25), "2023-06"),
        (date(2023, 12, 31), "2024-01"),
        (date(2024, 2, 29), "2024-03"),
    ],
)
def test_the_running_month_is_the_one_whose_day_comes_next(as_of: date, month: str) -> None:
    assert running_month(as_of) == month


def test_month_ends_stay_within_the_work_year() -> None:
    assert month_ends_before(date(2023, 3, 15), 2023, 6) == [date(2023, 1, 31), date(2023, 2, 28)]
    assert len(month_ends_before(date(2023, 11, 23), 2023, 6)) == 6


def test_the_months_before_go_over_the_turn_of_the_year() -> None:
    assert months_before("2024-02", 3) == ["2024-01", "2023-12", "2023-11"]


def clearance(store: Store, as_of: date, year: int = 2023) -> Outlook:
    with store.read() as conn:
        document = figures(conn, ALL, year, as_of)
        return clearance_outlook(conn, ALL, year, as_of, document)


def put_april(conn: Connection, prefix: str = "A", **changes: Any) -> None:
    """20 patches due on 24 April: 16 reported on the 22nd, 4 on the 28th."""
    for n, reported_on in enumerate([date(2023, 4, 22)] * 16 + [date(2023, 4, 28)] * 4):
        put_patch(
            conn, f"{prefix}{n}", issued_on=date(2023, 4, 3), reported_on=reported_on, **changes
        )


def test_a_forecast_takes_the_part_that_missed_the_day_in_past_months(store: Store) -> None:
    """In April 20 were open four days before the day and 4 missed it: of 10 open now, 2."""
    with store.write() as conn:
        put_april(conn)
        for n in range(10):
            put_patch(conn, f"M{n}", issued_on=date(2023, 5, 3))
        summarise(conn)
    outlook = clearance(store, date(2023, 5, 20))
    assert (outlook.days_left, outlook.month) == (4, "2023-05")
    own = outlook.forecasts[HUANCUI]
    assert (own.remaining, own.seen, own.missed, own.months) == (10, 20, 4, ("2023-04",))
    assert own.share == pytest.approx(0.8)
    assert own.band == Band(0, 2, 4)
    assert own.will_miss


def test_what_was_reported_on_the_due_day_did_not_miss_it(store: Store) -> None:
    with store.write() as conn:
        put_patch(conn, "A1", issued_on=date(2023, 4, 3), reported_on=date(2023, 4, 24))
        put_patch(conn, "A2", issued_on=date(2023, 4, 3), reported_on=date(2023, 4, 25))
        put_patch(conn, "M1", issued_on=date(2023, 5, 3))
        summarise(conn)
    own = clearance(store, date(2023, 5, 20)).forecasts[HUANCUI]
    assert (own.seen, own.missed) == (2, 1)


def test_an_extended_patch_did_not_miss_the_day(store: Store) -> None:
    with store.write() as conn:
        put_patch(conn, "A1", issued_on=date(2023, 4, 3), extended_to=date(2023, 5, 10))
        put_patch(conn, "A2", issued_on=date(2023, 4, 3))
        put_patch(conn, "M1", issued_on=date(2023, 5, 3))
        summarise(conn)
    own = clearance(store, date(2023, 5, 20)).forecasts[HUANCUI]
    assert own.missed == 1


def test_patches_issued_after_this_distance_are_expected_again(store: Store) -> None:
    with store.write() as conn:
        put_patch(conn, "A1", issued_on=date(2023, 4, 3), reported_on=date(2023, 4, 20))
        for n in range(3):
            put_patch(conn, f"B{n}", issued_on=date(2023, 4, 15), reported_on=date(2023, 4, 20))
        put_patch(conn, "M1", issued_on=date(2023, 5, 3))
        summarise(conn)
    assert clearance(store, date(2023, 5, 10)).forecasts[HUANCUI].later == 3
    assert clearance(store, date(2023, 5, 16)).forecasts[HUANCUI].later == 0


def test_the_last_work_years_months_are_learnt_from(store: Store) -> None:
    with store.write() as conn:
        put_april(conn, year=2022)
        put_patch(conn, "M1", issued_on=date(2023, 5, 3))
        summarise(conn)
    assert clearance(store, date(2023, 5, 20)).forecasts[HUANCUI].seen == 20


def test_without_a_past_month_there_is_no_forecast(store: Store) -> None:
    with store.write() as conn:
        put_patch(conn, "M1", issued_on=date(2023, 5, 3))
        summarise(conn)
    outlook = clearance(store, date(2023, 5, 20))
    (own,) = outlook.forecasts.values()
    assert own.band is None
    assert not own.will_miss
    assert outlook.record.trials == 0


def test_the_monthly_audit_asks_for_the_month_before(store: Store) -> None:
    """On 20 June: May's patches, due to be final by 30 June."""
    with store.write() as conn:
        put_april(conn)
        for n in range(3):
            patch = put_patch(conn, f"M{n}", issued_on=date(2023, 5, 3))
            put_parcel(conn, patch)
            if n == 0:
                put_decision(conn, patch, AuditLevel.PROVINCE, date(2023, 6, 10), "passed")
        summarise(conn)
    with store.read() as conn:
        outlook = audit_outlook(conn, ALL, 2023, date(2023, 6, 20))
    assert (outlook.month, outlook.due_on, outlook.days_left) == (
        "2023-05",
        date(2023, 6, 30),
        10,
    )
    own = outlook.forecasts[HUANCUI]
    assert (own.remaining, own.seen, own.missed) == (2, 20, 20)  # April's never became final


def put_unlawful(conn: Connection, no: str, found_on: date, gone_on: date | None) -> None:
    patch = put_patch(conn, no, issued_on=date(2023, 1, 3), reported_on=found_on)
    put_parcel(conn, patch, reported_on=found_on)
    if gone_on is not None:
        put_case(conn, patch, eliminated_on=gone_on)


def test_the_elimination_outlook_spans_what_past_windows_saw(store: Store) -> None:
    """Three parcels of 3 亩 each; one is eliminated in the ten days that had ended."""
    with store.write() as conn:
        put_unlawful(conn, "A", date(2023, 1, 5), date(2024, 1, 18))
        put_unlawful(conn, "B", date(2023, 1, 5), None)
        put_unlawful(conn, "C", date(2023, 1, 5), None)
        summarise(conn)
    with store.read() as conn:
        outlook = elimination_outlook(conn, ALL, 2023, date(2024, 1, 21))
        assert elimination_outlook(conn, ALL, 2023, date(2024, 2, 1)) is None
    assert outlook is not None
    own = outlook.forecasts[HUANCUI]
    assert own.remaining == pytest.approx(6.0)
    assert own.band is not None
    assert (own.band.low, own.band.high) == pytest.approx((4.0, 6.0))
    assert own.record.hits == own.record.trials - 1  # the window of the elimination, before it


def put_random_year(conn: Connection, rng: Random, until: date | None) -> None:
    """A random work year; with `until`, without anything that happens after that day."""

    def known(day: date) -> date | None:
        return day if until is None or day <= until else None

    for n in range(120):
        issued = date(2023, 1, 2) + timedelta(days=rng.randrange(300))
        district = rng.choice([HUANCUI, WENDENG, HIGH_TECH])
        reported = issued + timedelta(days=rng.randrange(60))
        decided = reported + timedelta(days=rng.randrange(60))
        gone = reported + timedelta(days=rng.randrange(150))
        if until is not None and issued > until:
            continue
        patch = put_patch(
            conn, f"P{n}", issued_on=issued, district_code=district, reported_on=known(reported)
        )
        if known(reported):
            put_parcel(conn, patch, reported_on=reported)
        if known(decided):
            put_decision(conn, patch, AuditLevel.PROVINCE, decided, "passed")
        if known(gone):
            put_case(conn, patch, eliminated_on=gone)
    summarise(conn)


def forecasts_of(store: Store, seed: int, day: date, until: date | None) -> tuple[Any, ...]:
    """All forecasts of a day over a random year, which is forgotten again."""
    with forgotten(store) as conn:
        put_random_year(conn, Random(seed), until)
        document = figures(conn, ALL, 2023, day)
        return (
            clock(document, day),
            clearance_outlook(conn, ALL, 2023, day, document),
            audit_outlook(conn, ALL, 2023, day),
            elimination_outlook(conn, ALL, 2023, day),
        )


@pytest.mark.parametrize("seed", range(4))
def test_no_forecast_depends_on_what_happens_after_its_day(store: Store, seed: int) -> None:
    day = date(2023, 3, 1) + timedelta(days=Random(seed).randrange(270))
    with_later = forecasts_of(store, seed, day, None)
    assert with_later == forecasts_of(store, seed, day, day)
    assert with_later[1].record.trials
