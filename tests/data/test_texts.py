"""Texts as people see them."""

from __future__ import annotations

import pytest

from data.texts import seen


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("环翠区", "环翠区"),
        ("\t371002\n", "371002"),
        ("A\u202e1\u2066", "A1"),
        ("\x00\x1f", ""),
        ("a \u200b b", "a b"),
        ("威海\ufeff市", "威海市"),
    ],
)
def test_what_nobody_sees_is_no_part_of_a_text(text: str, shown: str) -> None:
    assert seen(text) == shown
