"""Units (domain.md §3) and how areas and rates are shown (§6): never across a line by rounding."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from data.units import (
    AREA_TOLERANCE_MU,
    AreaUnit,
    decimals_that_keep_side,
    format_areas,
    format_count,
    format_mu,
    format_plain,
    format_rate,
    format_rates,
    format_with_unit,
    m2_to_mu,
    meets,
    mu_to_m2,
    over_text,
    room_text,
)

RATES = st.floats(0, 1, allow_nan=False)
LINES = st.sampled_from([0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.6, 0.9])
AREAS_MU = st.floats(0, 1_000_000, allow_nan=False)


def shown_number(text: str) -> Decimal:
    return Decimal(text.rstrip("%").replace(",", ""))


# ---- units ---------------------------------------------------------------------------------------


def test_a_mu_is_two_thirds_of_a_thousand_square_metres_and_fifteen_make_a_hectare() -> None:
    assert m2_to_mu(2000) == 3
    assert mu_to_m2(3) == 2000
    assert m2_to_mu(10_000) == 15


@pytest.mark.parametrize(
    ("unit", "one_of_it_in_m2"),
    [
        (AreaUnit.MU, Fraction(2000, 3)),
        (AreaUnit.M2, Fraction(1)),
        (AreaUnit.HA, Fraction(10_000)),
        (AreaUnit.KM2, Fraction(1_000_000)),
    ],
)
def test_every_unit_an_area_can_carry_has_its_exact_factor_to_mu(
    unit: AreaUnit, one_of_it_in_m2: Fraction
) -> None:
    assert Fraction(unit.numerator, unit.denominator) == one_of_it_in_m2 * Fraction(3, 2000)


# ---- lines ---------------------------------------------------------------------------------------


def test_a_threshold_is_met_on_the_line_and_by_what_rounds_to_it() -> None:
    assert meets(0.15, 0.15)
    assert meets(0.1499999, 0.15)
    assert not meets(0.149999, 0.15)
    assert not meets(None, 0.0)


# ---- rates ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        (None, "—"),
        (0.0, "0%"),
        (1.0, "100%"),
        (0.15, "15%"),
        (0.935, "93.5%"),
        (0.07, "7%"),
        (1 / 3, "33.3%"),
        (0.9996, "99.96%"),
        (0.999_999, "99.9999%"),
        (0.000_04, "0.004%"),
        (1.25, "125%"),
    ],
)
def test_a_rate_is_shown_as_per_cent_and_never_reads_0_or_100_unless_it_is(
    rate: float | None, text: str
) -> None:
    assert format_rate(rate) == text


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        (0.1496, "14.96%"),
        (0.149_96, "14.996%"),
        (0.149_999, "14.9999%"),
        (0.1504, "15.0%"),
        (0.1495, "14.95%"),
        (0.1494, "14.9%"),
    ],
)
def test_a_rate_beside_the_15_per_cent_line_has_the_decimals_that_keep_it_there(
    rate: float, text: str
) -> None:
    assert format_rate(rate, (0.15,)) == text


@given(RATES, LINES)
@example(0.1499995, 0.15)
@example(0.1499994999, 0.15)
@example(0.07, 0.07)
def test_a_shown_rate_is_on_the_side_of_the_line_on_which_it_counts(
    rate: float, line: float
) -> None:
    shown = shown_number(format_rate(rate, (line,)))
    assert (shown >= Decimal(str(line)) * 100) == meets(rate, line)


@given(st.integers(0, 10_000_000), st.integers(1, 10_000_000))
@example(9_999_999, 10_000_000)
@example(1, 10_000_000)
def test_a_share_of_patches_reads_0_or_100_per_cent_exactly_when_none_or_all_are_in(
    part: int, whole: int
) -> None:
    part = min(part, whole)
    text = format_rate(part / whole)
    assert (text == "0%") == (part == 0)
    assert (text == "100%") == (part == whole)
    assert 0 <= shown_number(text) <= 100


@given(RATES)
def test_a_shown_rate_is_within_half_of_its_last_decimal(rate: float) -> None:
    text = format_rate(rate)
    decimals = len(text.rstrip("%").partition(".")[2]) or 6
    error = abs(shown_number(text) - Decimal(repr(rate)) * 100)
    assert error <= Decimal(1).scaleb(-decimals) / 2


# ---- areas ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("area_mu", "text"),
    [
        (None, "—"),
        (0.0, "0.00"),
        (0.000_05, "0.00"),
        (0.003, "0.003"),
        (1234.5, "1,234.50"),
        (2.675, "2.68"),
        (-0.001, "-0.001"),
    ],
)
def test_an_area_has_two_decimals_and_reads_zero_only_where_nothing_is_left(
    area_mu: float | None, text: str
) -> None:
    assert format_mu(area_mu) == text


def test_an_area_just_below_thirty_mu_is_not_shown_as_thirty() -> None:
    assert format_mu(29.996, (30.0,)) == "29.996"
    assert format_mu(30.0, (30.0,)) == "30.00"


@given(AREAS_MU, st.sampled_from([10.0, 30.0, 50.0]))
def test_a_shown_area_is_on_the_side_of_the_line_on_which_it_counts(
    area_mu: float, line: float
) -> None:
    shown = shown_number(format_mu(area_mu, (line,)))
    assert (shown >= Decimal(repr(line))) == meets(area_mu, line)
    assert (shown == 0) == (area_mu < AREA_TOLERANCE_MU)


def test_as_few_decimals_as_keep_the_side_and_no_fewer_than_asked() -> None:
    assert decimals_that_keep_side(14.96, (15.0,), least=1) == 2
    assert decimals_that_keep_side(12.0, (15.0,), least=1) == 1
    assert decimals_that_keep_side(12.0, (), least=0) == 0


# ---- counts and margins --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (150.0001, "150.0001"),
        (1_234_567.0, "1234567"),
        (30, "30"),
        (1e-7, "0.0000001"),
        (0.0, "0"),
        (-12.50, "-12.5"),
    ],
)
def test_a_number_that_was_asked_is_told_whole(value: float, text: str) -> None:
    assert format_plain(value) == text


def test_counts_are_grouped_by_thousands() -> None:
    assert format_count(1234567) == "1,234,567"
    assert format_count(0) == "0"
    assert format_count(None) == "—"


@pytest.mark.parametrize(
    ("distance", "text"),
    [
        (0.9, "0.9 亩"),
        (0.01, "0.1 亩"),
        (-0.01, "-0.1 亩"),
        (0.0, "0.0 亩"),
        (1234.0, "1,234.0 亩"),
    ],
)
def test_what_is_over_is_rounded_up(distance: float, text: str) -> None:
    assert over_text(distance, "亩") == text


@pytest.mark.parametrize(
    ("distance", "text"),
    [
        (47.32, "47.3 亩"),
        (47.3999, "47.3 亩"),
        (0.04, "0.04 亩"),
        (0.000001, "0.000001 亩"),
        (3.0000000000000004, "3.0 亩"),
        (2.9999999999999996, "3.0 亩"),
        (0.0, "0.0 亩"),
    ],
)
def test_what_is_free_is_rounded_down_and_reads_zero_only_when_it_is(
    distance: float, text: str
) -> None:
    assert room_text(distance, "亩") == text


def test_an_amount_is_written_as_its_unit_is() -> None:
    assert [format_with_unit(1234.0, unit) for unit in ("亩", "个")] == ["1,234.00亩", "1,234个"]


def test_a_column_of_rates_has_one_number_of_decimals_and_keeps_its_sides() -> None:
    assert format_rates([1.0, 0.979, 0.94], (0.9,)) == ["100.0%", "97.9%", "94.0%"]
    assert format_rates([0.15, 0.1496, None], (0.15,)) == ["15.00%", "14.96%", "—"]
    assert format_rates([1.0, None, 0.0]) == ["100%", "—", "0%"]
    assert format_rates([]) == []


def test_a_column_of_areas_has_one_number_of_decimals() -> None:
    assert format_areas([1234.5, 0.0, None]) == ["1,234.50", "0.00", "—"]
    assert format_areas([3.0, 0.0012]) == ["3.000", "0.001"]
