"""What the ratio deducts: three variants, two parameters, and sums that follow them at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from data.rules.loader import Change, all_rules, with_changes
from data.scope import Scope
from data.store import deductions, meta, summary
from data.store.deductions import ACCEPTANCE, CLASS, Term
from data.store.engine import Store
from data.store.models import DaySummary
from data.store.queries.figures import figures
from data.store.queries.trigger_facts import unlawful_parcels
from data.store.writing import DATA_VERSION_KEY
from data.triggers.current import current_triggers
from data.variants import split_note
from data.workflow import deductions as settling
from data.workflow.deductions import settle_store, terms_of
from data.workflow.parameters import change_parameter
from tests.data.store.queries.stored import put_case, put_parcel, put_patch, summarise

JUNE, TODAY, JULY = date(2023, 6, 1), date(2023, 6, 10), date(2023, 7, 1)
ALL, ON = Scope.all(), date(2023, 12, 31)
CERTIFIED: dict[str, Any] = {
    "way": "demolition_recultivation", "eliminated_on": date(2023, 6, 1),
    "accepted_on": date(2023, 6, 5), "certificate_no": "证1",
}  # fmt: skip


def _put(store: Store) -> None:
    """100 亩 of new construction on farmland; of 28 unlawful ones 10 are eliminated, 4 of these
    accepted, 2 of these certified, and 3 of the rest are of 基金项目."""
    with store.write() as conn:
        lawful = put_patch(conn, "LAWFUL", reported_on=date(2023, 5, 20))
        put_parcel(conn, lawful, legality="lawful", farmland_mu=72.0, area_mu=72.0)
        parts: list[tuple[str, float, dict[str, Any], str | None]] = [
            ("OPEN", 15.0, {}, None),
            ("FUND", 3.0, {}, "基金项目"),
            ("GONE", 6.0, {"eliminated_on": date(2023, 6, 1)}, None),
            ("ACCEPTED", 2.0, {**CERTIFIED, "certificate_no": None}, None),
            ("CERTIFIED", 2.0, CERTIFIED, None),
        ]
        for number, farmland, case, word in parts:
            patch = put_patch(conn, number, reported_on=date(2023, 5, 20))
            put_parcel(conn, patch, farmland_mu=farmland, area_mu=farmland, deduction_class=word)
            if case:
                put_case(conn, patch, **case)
        summarise(conn)


@pytest.fixture
def filled(store: Store) -> Store:
    _put(store)
    return store


def _set(store: Store, name: str, value: Any, valid_from: date = JULY) -> None:
    with store.write() as conn:
        change_parameter(conn, "ratio", name, value, valid_from, "市局会议决定", TODAY)


def _ratios(store: Store, day: date = ON) -> dict[str, float]:
    with store.read() as conn:
        city = figures(conn, ALL, 2023, day)["city"]
    return {v: city[f"ratio_{v}"] for v in ("gross", "net", "strict")}


def _is_that_of_a_rebuild(store: Store) -> bool:
    rows = select(DaySummary.__table__).order_by(*DaySummary.__table__.primary_key)
    with store.write() as conn:
        kept = [tuple(row) for row in conn.execute(rows) if any(tuple(row)[4:])]
        summary.rebuild(conn)
        return kept == [tuple(row) for row in conn.execute(rows) if any(tuple(row)[4:])]


def test_each_variant_deducts_what_it_says(filled: Store) -> None:
    assert _ratios(filled) == {"gross": 0.28, "net": 0.18, "strict": 0.26}
    with filled.read() as conn:
        city = figures(conn, ALL, 2023, ON)["city"]
    assert city["strictly_eliminated_farmland_mu"] == 2.0
    assert city["awaiting_acceptance_farmland_mu"] == 6.0
    assert city["land_ratio_strict"] == 0.26


def test_what_is_accepted_or_certified_after_the_cutoff_is_not_strictly_eliminated(
    store: Store,
) -> None:
    with store.write() as conn:
        for number, day in (("A", date(2024, 1, 31)), ("B", date(2024, 2, 1))):
            case = CERTIFIED | {"accepted_on": day}
            patch = put_patch(conn, number, reported_on=date(2023, 5, 20))
            put_parcel(conn, patch, farmland_mu=5.0, area_mu=5.0)
            put_case(conn, patch, **case)
        summarise(conn)
    assert [_ratios(store, date(2024, *day))["strict"] for day in ((1, 30), (1, 31), (2, 29))] == [
        1.0, 0.5, 0.5,
    ]  # fmt: skip


def test_named_classes_are_deducted_from_the_day_on_which_they_are_named(filled: Store) -> None:
    _set(filled, "deducted_classes", "基金项目、军事设施")
    assert _ratios(filled, date(2023, 6, 30))["strict"] == 0.26
    assert _ratios(filled, JULY) == {"gross": 0.28, "net": 0.18, "strict": 0.23}
    assert _is_that_of_a_rebuild(filled)
    _set(filled, "deducted_classes", "无", date(2023, 9, 1))
    assert [_ratios(filled, date(2023, m, 1))["strict"] for m in (8, 9)] == [0.23, 0.26]
    assert _is_that_of_a_rebuild(filled)


def test_an_elimination_may_have_to_be_accepted(filled: Store) -> None:
    _set(filled, "require_acceptance", True)
    assert _ratios(filled, date(2023, 6, 30))["net"] == 0.18
    assert _ratios(filled) == {"gross": 0.28, "net": 0.24, "strict": 0.26}
    assert _is_that_of_a_rebuild(filled)


def test_a_term_set_after_the_year_does_not_touch_it(filled: Store) -> None:
    _set(filled, "require_acceptance", True, date(2024, 1, 1))
    assert _ratios(filled, date(2024, 2, 29))["net"] == 0.18


@pytest.mark.parametrize("variant", ["gross", "net", "strict"])
def test_triggers_go_by_the_variant_that_is_set_and_name_its_patches(
    filled: Store, variant: str
) -> None:
    _set(filled, "variant", variant)
    with filled.read() as conn:
        found = current_triggers(conn, ALL, 2023, ON, rules=("T3",))
        parcels = {p["patch_no"]: p for p in unlawful_parcels(conn, ALL, 2023, ON)}
    (city,) = (t for t in found if t["district"] is None)
    assert (city["value"], city["about"]) == (_ratios(filled)[variant], f"ratio_{variant}")
    behind = sum(parcels[number]["farmland_mu"] for number in city["patches"])
    assert behind == pytest.approx(city["value"] * 100)


def test_variants_on_different_sides_of_a_line_are_said() -> None:
    row = {"ratio_net": 0.096, "ratio_gross": 0.182, "ratio_strict": 0.153}
    assert split_note(row, (0.1, 0.15)) == (
        "口径不同，结论不同：10%线，未扣除 18.2%、从严扣除 15.3% 已达，扣除已消除 9.6% 未达；"
        "15%线，未扣除 18.2%、从严扣除 15.3% 已达，扣除已消除 9.6% 未达"
    )
    assert split_note(dict.fromkeys(row, 0.12), (0.1, 0.15)) == ""
    assert split_note(dict.fromkeys(row), (0.1, 0.15)) == ""


def test_the_note_of_a_trigger_says_it(store: Store) -> None:
    with store.write() as conn:
        patch = put_patch(conn, "LAWFUL", reported_on=date(2023, 5, 20))
        put_parcel(conn, patch, legality="lawful", farmland_mu=80.0, area_mu=80.0)
        cases: dict[str, dict[str, Any]] = {"OPEN": {}, "GONE": {"eliminated_on": JUNE}}
        for number, case in cases.items():
            patch = put_patch(conn, number, reported_on=date(2023, 5, 20))
            put_parcel(conn, patch, farmland_mu=10.0, area_mu=10.0)
            if case:
                put_case(conn, patch, **case)
        summarise(conn)
    with store.read() as conn:
        found = current_triggers(conn, ALL, 2023, ON, rules=("T3",))
    said = "口径不同，结论不同：15%线，未扣除 20%、从严扣除 20% 已达，扣除已消除 10% 未达"
    assert [t["note"] for t in found] == [said, said]


def test_a_trigger_names_the_other_variants_where_they_agree_too(filled: Store) -> None:
    with filled.read() as conn:
        found = current_triggers(conn, ALL, 2023, ON, rules=("T3",))
    assert {t["note"] for t in found} == {"未扣除 28%，从严扣除 26%"}


def test_terms_join_where_nothing_changes_between() -> None:
    rule = all_rules()["ratio"]
    assert terms_of(rule) == []
    changes = [
        Change("ratio", "deducted_classes", "基金项目", date(2023, 7, 1), "试"),
        Change("ratio", "variant", "gross", date(2023, 8, 1), "试"),
        Change("ratio", "require_acceptance", True, date(2023, 9, 1), "试"),
        Change("ratio", "deducted_classes", "军事设施", date(2023, 10, 1), "试"),
    ]
    assert terms_of(with_changes({"ratio": rule}, changes)["ratio"]) == [
        Term(ACCEPTANCE, "", date(2023, 9, 1), None),
        Term(CLASS, "军事设施", date(2023, 10, 1), None),
        Term(CLASS, "基金项目", date(2023, 7, 1), date(2023, 10, 1)),
    ]


def test_a_newer_rule_file_moves_the_sums_when_the_store_is_opened(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = all_rules()
    version = rules["ratio"].versions[0]
    details = version.details["require_acceptance"]
    newer = replace(
        version, details={**version.details, "require_acceptance": replace(details, value=True)}
    )
    changed = {**rules, "ratio": replace(rules["ratio"], versions=(newer,))}
    settle_store(filled)  # nothing to do
    with filled.read() as conn:
        before = meta.get(conn, DATA_VERSION_KEY)
    monkeypatch.setattr(settling, "rulebook", lambda conn: changed)
    settle_store(filled)
    assert _ratios(filled)["net"] == 0.24
    with filled.read() as conn:
        assert meta.get(conn, DATA_VERSION_KEY) != before
        assert deductions.terms(conn) == [Term(ACCEPTANCE, "", None, None)]
