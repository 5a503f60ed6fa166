"""Whom to call, of one district and of all."""

from __future__ import annotations

from components.parts.contacts import contact_part
from tests.components.drawn import rows_of, text_of

NAMES = {"a": "甲", "b": "乙"}
CALLS = {"a": "甲局 执法科 0631-1"}


def test_of_one_district_it_is_a_line_and_of_all_a_table() -> None:
    assert text_of(contact_part(NAMES, CALLS, "a")) == "联系：甲局 执法科 0631-1"
    assert contact_part(NAMES, CALLS, "b") == []
    rows = rows_of(contact_part(NAMES, CALLS, None))
    assert rows[1] == ["甲", "甲局 执法科 0631-1"]
    assert rows[2][1].startswith("尚未登记")


def test_where_nobody_is_known_nothing_is_shown() -> None:
    assert contact_part(NAMES, {}, None) == []
