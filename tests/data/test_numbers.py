"""Whole numbers are plain digits and nothing else."""

from __future__ import annotations

import pytest

from data.numbers import whole_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("007", 7),
        ("2023", 2023),
        (2023, 2023),
        ("²²²²", None),
        ("٣", None),
        ("１２", None),
        ("-1", None),
        ("+1", None),
        ("1.0", None),
        ("1_000", None),
        (" 1", None),
        ("", None),
        (None, None),
        (True, None),
        ("9" * 5_000, None),
    ],
)
def test_a_whole_number_is_plain_digits(text: object, number: int | None) -> None:
    assert whole_number(text) == number


def test_it_lies_within_its_bounds() -> None:
    assert [whole_number(t, 2000, 2100) for t in ("1999", "2000", "2100", "2101")] == [
        None,
        2000,
        2100,
        None,
    ]
