"""How sure a ratio is, who overturned whom, and earlier years, in small stores."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from data.scope import Scope
from data.store.engine import Store
from data.store.models import LedgerItem
from data.store.queries.assessment import (
    NO_OPINION,
    effective_patches,
    ledger_by_year,
    overturns,
    ratio_intervals,
    same_day,
    wilson,
)
from data.store.queries.figures import figures
from data.vocabulary import AuditLevel
from tests.data.store.queries.stored import (
    HUANCUI,
    WENDENG,
    put,
    put_decision,
    put_parcel,
    put_patch,
    summarise,
)

DAY = date(2023, 11, 1)
JUDGED = date(2023, 5, 20)


@pytest.mark.parametrize(
    ("share", "number", "low", "high"),
    # Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29
    [
        (81 / 263, 263, 0.2553, 0.3662),
        (15 / 148, 148, 0.0624, 0.1605),
        (0.0, 20, 0.0, 0.1611),
        (1 / 29, 29, 0.0061, 0.1718),
        (1.0, 3, 0.4385, 1.0),
    ],
)
def test_the_interval_is_wilsons(share: float, number: int, low: float, high: float) -> None:
    found = wilson(share, number)
    assert found == pytest.approx((low, high), abs=5e-5)


def test_without_a_share_or_a_patch_there_is_no_interval() -> None:
    assert wilson(None, 10) is None
    assert wilson(0.5, 0) is None


def built(conn: Any, number: str, farmland: float, legality: str, **more: Any) -> int:
    patch = put_patch(conn, number, reported_on=JUDGED, farmland_mu=farmland, **more)
    put_parcel(conn, patch, area_mu=farmland, farmland_mu=farmland, legality=legality)
    return patch


def test_one_large_patch_among_small_ones_is_worth_little_more_than_one(store: Store) -> None:
    with store.write() as conn:
        for n in range(4):
            built(conn, f"W{n}", 5.0, "lawful", district_code=WENDENG)
        built(conn, "LARGE", 98.0, "unlawful")
        built(conn, "SMALL", 1.0, "lawful")
        two = put_patch(conn, "TWO", reported_on=JUDGED)  # one patch, whatever its parcels
        put_parcel(conn, two, 1, farmland_mu=0.5, legality="lawful")
        put_parcel(conn, two, 2, farmland_mu=0.5, legality="lawful")
        other = put_patch(conn, "OTHER", reported_on=JUDGED)
        put_parcel(conn, other, farmland_mu=50.0, legality="other")
        summarise(conn)
    with store.read() as conn:
        found = effective_patches(conn, Scope.all(), 2023, DAY, [HUANCUI, WENDENG])
        rows = figures(conn, Scope.all(), 2023, DAY)["districts"]
        intervals = ratio_intervals(conn, Scope.all(), 2023, DAY, rows)
    assert found[WENDENG] == pytest.approx(4.0)
    assert found[HUANCUI] == pytest.approx(100.0**2 / (98.0**2 + 1 + 1))
    assert set(intervals) == {HUANCUI, WENDENG}
    assert intervals[WENDENG] == pytest.approx((0.0, 0.4899), abs=1e-4)
    assert intervals[HUANCUI][0] < 0.25  # 98 %, and yet a single patch


def decided(conn: Any, number: str, *decisions: tuple[AuditLevel, str | None, str | None],
            district: str = HUANCUI, county: str = "lawful") -> int:  # fmt: skip
    patch = put_patch(conn, number, reported_on=JUDGED, district_code=district)
    put_parcel(conn, patch, legality=county)
    for at, (level, determination, opinion) in enumerate(decisions):
        put_decision(
            conn, patch, level, date(2023, 6, 1 + at), "passed", determination=determination,
            opinion=opinion,
        )  # fmt: skip
    return patch


CITY, PROVINCE, REVIEW = AuditLevel


@pytest.fixture
def judged(store: Store) -> Store:
    with store.write() as conn:
        decided(conn, "A", (CITY, "unlawful", "举证不足"))
        decided(conn, "B", (CITY, "lawful", "同意"))
        decided(conn, "C", (CITY, "unlawful", "举证不足"), (PROVINCE, "lawful", "已批准"))
        decided(conn, "D", (PROVINCE, "unlawful", " "), district=WENDENG)
        decided(conn, "E", (PROVINCE, "lawful", "x"), (REVIEW, "unlawful", "举证不足"))
        decided(conn, "F", (CITY, None, "补充材料"))
        unreported = put_patch(conn, "G", reported_on=None)
        put_parcel(conn, unreported, reported_on=None, is_founding=False)
        put_decision(conn, unreported, CITY, date(2023, 6, 1), "passed", determination="lawful")
        decided(conn, "M", (CITY, "unlawful", "m"), district=WENDENG)
        mineral = put_patch(conn, "N", domain="mineral", patch_type="mineral", reported_on=JUDGED)
        put_parcel(conn, mineral, legality="lawful")
        put_decision(conn, mineral, CITY, date(2023, 6, 1), "passed", determination="unlawful")
        summarise(conn)
    return store


def test_each_level_is_held_against_the_one_that_had_spoken_before_it(judged: Store) -> None:
    with judged.read() as conn:
        found = overturns(conn, Scope.all(), 2023, DAY)
        document = figures(conn, Scope.all(), 2023, DAY)
    assert found.districts[HUANCUI] == {
        "city_redetermined_parcels": 3,  # A, B, C
        "city_overturned_parcels": 2,
        "province_redetermined_parcels": 2,  # C against the city's, E against the county's
        "province_overturned_parcels": 2,
        "city_overturn_rate": 2 / 3,
        "province_overturn_rate": 1.0,
    }
    assert found.districts[WENDENG]["province_overturned_parcels"] == 1
    assert found.city["city_redetermined_parcels"] == 4
    # the parcels whose effective legality differs are those of the summary: C is lawful again
    by_reason = sum(sum(districts.values()) for _, districts in found.reasons)
    assert by_reason == document["city"]["overturned_parcels"] == 4


def test_reasons_are_opinions_of_the_deciding_level_most_first(judged: Store) -> None:
    with judged.read() as conn:
        found = overturns(conn, Scope.all(), 2023, DAY)
    assert found.reasons == [
        ("举证不足", {HUANCUI: 2}),
        ("m", {WENDENG: 1}),
        (NO_OPINION, {WENDENG: 1}),
    ]


def test_what_is_decided_later_or_elsewhere_is_not_seen(judged: Store) -> None:
    with judged.read() as conn:
        early = overturns(conn, Scope.all(), 2023, date(2023, 5, 31))
        own = overturns(conn, Scope(frozenset({WENDENG})), 2023, DAY)
    assert early.districts == {}
    assert early.city["city_overturn_rate"] is None
    assert set(own.districts) == {WENDENG}


def test_the_ledger_is_added_up_by_year_as_of_the_day(store: Store) -> None:
    with store.write() as conn:
        for number, district, mu, eliminated in [
            ("A", HUANCUI, 0.1, date(2023, 10, 1)),
            ("B", HUANCUI, 0.2, None),
            ("C", WENDENG, 3.0, date(2023, 12, 1)),
        ]:
            put(conn, LedgerItem, year=2021, patch_no=number, district_code=district,
                unlawful_farmland_mu=mu, unlawful_basic_farmland_mu=0.0, parcel_no=1,
                eliminated_on=eliminated)  # fmt: skip
    with store.read() as conn:
        city = ledger_by_year(conn, Scope.all(), DAY)
        own = ledger_by_year(conn, Scope(frozenset({HUANCUI})), DAY)
        later = ledger_by_year(conn, Scope(frozenset({WENDENG})), date(2023, 12, 1))
    assert city[2021]["ledger_farmland_mu"] == 3.3
    assert city[2021]["ledger_remaining_farmland_mu"] == 3.2
    assert own[2021]["ledger_unrectified_rate"] == pytest.approx(2 / 3)
    assert later[2021]["ledger_unrectified_rate"] == 0.0


def test_leap_day_is_held_against_the_28th() -> None:
    assert same_day(date(2024, 2, 29), 1) == date(2023, 2, 28)
    assert same_day(date(2023, 11, 23), 2) == date(2021, 11, 23)
