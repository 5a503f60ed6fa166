"""Whole numbers as people and addresses write them."""

from __future__ import annotations

import re

_DIGITS = re.compile(r"[0-9]+")
#: More digits than any number of ours has; longer ones are codes, or an attack on the parser.
_MOST_DIGITS = 18
#: The largest number of a row that a database keeps.
MOST_ID = 2**31 - 1


def whole_number(text: object, least: int = 0, most: int | None = None) -> int | None:
    """The number that a text is in plain digits, from `least` to `most`; None for anything else.

    Unlike `isdigit` followed by `int` it takes no ² and no ٣, and is never asked for a sign.
    """
    plain = text if isinstance(text, str) else str(text) if isinstance(text, int) else ""
    if not _DIGITS.fullmatch(plain) or len(plain.lstrip("0")) > _MOST_DIGITS:
        return None
    number = int(plain)
    return number if number >= least and (most is None or number <= most) else None
