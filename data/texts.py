"""Texts as people see them."""

from __future__ import annotations

import re

#: Control characters, what stands for none, and what has no width.
UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
_GAPS = re.compile(r"\s+")


def seen(text: str) -> str:
    """One line without what nobody sees: no control characters, nothing that turns the direction of
    what is read after it."""
    return _GAPS.sub(" ", UNSEEN.sub("", text)).strip()
