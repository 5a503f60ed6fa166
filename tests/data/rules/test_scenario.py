"""The smallest set against every set there is, and its corners by hand."""

from __future__ import annotations

import time
from itertools import combinations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.rules import scenario
from data.rules.scenario import (
    Candidate,
    Constraints,
    Selection,
    Verdict,
    needed_removal,
    smallest_set,
)
from data.units import PARTS_PER_MU, meets


def tried_out(
    candidates: list[Candidate], needed: int, rules: Constraints
) -> tuple[str, ...] | None:
    """Every set, smallest first."""
    allowed = [
        c
        for c in candidates
        if c.patch_no not in rules.excluded
        and (c.is_demolition or not rules.only_demolition)
        and c.parts > 0
    ]
    most = len(allowed) if rules.at_most is None else min(rules.at_most, len(allowed))
    for size in range(1, most + 1):
        sets = [
            (sum(c.parts for c in chosen), tuple(sorted(c.patch_no for c in chosen)))
            for chosen in combinations(allowed, size)
        ]
        enough = [found for found in sets if found[0] >= needed]
        if enough:
            return min(enough)[1]
    return None


def worlds(parts: st.SearchStrategy[int]) -> st.SearchStrategy[list[Candidate]]:
    return st.lists(st.tuples(parts, st.booleans()), max_size=9).flatmap(
        lambda rows: st.permutations(range(len(rows))).map(
            lambda order: [
                Candidate(f"P{number}", *row) for number, row in zip(order, rows, strict=True)
            ]
        )
    )


few = st.integers(0, 12)
numbered = worlds(few | st.integers(1, 10**12))


@given(
    numbered,
    st.integers(1, 40) | st.integers(1, 3 * 10**12),
    st.builds(
        Constraints,
        st.frozensets(st.sampled_from(["P0", "P1", "P2"])),
        st.booleans(),
        st.none() | st.integers(0, 5),
    ),
)
@settings(max_examples=300, deadline=None)
def test_the_set_is_the_one_that_trying_out_every_set_finds(
    candidates: list[Candidate], needed: int, rules: Constraints
) -> None:
    found = smallest_set(candidates, needed, rules)
    expected = tried_out(candidates, needed, rules)
    assert (found.patches if found.verdict is Verdict.FOUND else None) == expected
    assert found.least_area_proven


@given(worlds(few), st.integers(1, 40))
@settings(max_examples=200, deadline=None)
def test_bit_sets_find_the_same(candidates: list[Candidate], needed: int) -> None:
    steps = scenario.MOST_STEPS
    scenario.MOST_STEPS = -1  # leaves the work to them
    try:
        found = smallest_set(candidates, needed)
    finally:
        scenario.MOST_STEPS = steps
    assert found.least_area_proven
    assert (found.patches or None) == tried_out(candidates, needed, Constraints())


def mu(patch_no: str, area_mu: float, *, demolition: bool = False) -> Candidate:
    return Candidate(patch_no, round(area_mu * PARTS_PER_MU), demolition)


FIVE = [mu("A", 10.0), mu("B", 8.0), mu("C", 5.0), mu("D", 4.0, demolition=True), mu("E", 4.0)]


def of(needed_mu: float, **constraints: object) -> Selection:
    return smallest_set(FIVE, round(needed_mu * PARTS_PER_MU), Constraints(**constraints))  # type: ignore[arg-type]


def test_two_suffice_and_of_two_the_least_area_is_taken() -> None:
    found = of(12.0)
    assert found.patches == ("B", "D")  # 12 亩; A and B would be 18
    assert found.parts == 12 * PARTS_PER_MU
    assert (found.fewest, found.reachable) == (2, 18 * PARTS_PER_MU)


def test_equal_areas_are_taken_by_number() -> None:
    assert of(4.0).patches == ("D",)
    assert of(4.0, excluded=frozenset({"D"})).patches == ("E",)


def test_equal_sums_of_different_areas_are_taken_by_number_too() -> None:
    four = [mu("Z", 10.0), mu("Y", 2.0), mu("B", 8.0), mu("C", 4.0)]
    assert smallest_set(four, 12 * PARTS_PER_MU).patches == ("B", "C")


def test_only_demolition_leaves_what_is_not_demolished() -> None:
    assert of(4.0, only_demolition=True).patches == ("D",)
    alone = of(4.5, only_demolition=True)
    assert alone.verdict is Verdict.NOT_ENOUGH
    assert alone.reachable == 4 * PARTS_PER_MU


def test_where_too_many_were_needed_it_says_how_many_and_how_far_one_gets() -> None:
    found = of(19.0, at_most=2)
    assert (found.verdict, found.fewest, found.patches) == (Verdict.TOO_MANY, 3, ())
    assert found.reachable == 18 * PARTS_PER_MU
    assert of(18.0, at_most=2).verdict is Verdict.FOUND


def test_nothing_is_needed_under_the_line() -> None:
    assert of(0.0).verdict is Verdict.ALREADY_UNDER


def test_what_is_needed_leaves_the_ratio_just_under_the_line_as_rules_see_it() -> None:
    whole = 100 * PARTS_PER_MU
    needed = needed_removal(15 * PARTS_PER_MU, lambda rest: not meets(rest / whole, 0.15))
    assert needed is not None
    # ≥ after rounding to 1e-6: half a millionth of the whole has to go
    assert needed == pytest.approx(whole * 5e-7, abs=2)
    assert not meets((15 * PARTS_PER_MU - needed) / whole, 0.15)
    assert meets((15 * PARTS_PER_MU - needed + 1) / whole, 0.15)


def test_needed_is_none_where_even_nothing_is_on_the_line_and_zero_where_all_is_under() -> None:
    assert needed_removal(5, lambda rest: False) is None
    assert needed_removal(5, lambda rest: True) == 0
    assert needed_removal(5, lambda rest: rest == 0) == 5


@pytest.mark.parametrize("digits", [2, 4])
def test_a_thousand_patches_with_areas_in_decimals_are_proven_soon(digits: int) -> None:
    rng = Random(7)
    many = [mu(f"P{n:04}", round(rng.lognormvariate(1.0, 1.0), digits)) for n in range(1000)]
    total = sum(c.parts for c in many)
    started = time.perf_counter()
    for share in (0.02, 0.2, 0.6):
        found = smallest_set(many, round(total * share))
        assert found.verdict is Verdict.FOUND
        assert found.parts >= found.needed
        assert found.least_area_proven
    assert time.perf_counter() - started < 30


def test_areas_too_fine_to_prove_still_give_the_fewest_patches_and_say_so() -> None:
    rng = Random(7)
    many = [Candidate(f"P{n}", rng.randrange(10**9, 10**11)) for n in range(2000)]
    needed = sum(sorted((c.parts for c in many), reverse=True)[:200]) - 10**9
    found = smallest_set(many, needed)
    assert len(found.patches) == found.fewest == 200
    assert found.parts >= needed
    assert not found.least_area_proven
