"""A trigger of the rule files is one everywhere: applied, worded, dated, found by its address."""

from __future__ import annotations

from datetime import date

import pytest

from data.rules.loader import trigger_rules
from data.scope import Scope
from data.store.engine import Store
from data.triggers import current, district_rules, patch_rules, wording
from data.triggers.behind import TriggerKey

FILES = tuple(trigger_rules())
ON = date(2023, 10, 1)


def test_every_trigger_of_the_files_judges_districts_or_patches() -> None:
    assert current.ALL_RULES == FILES
    both = (*district_rules.DISTRICT_RULES, *patch_rules.PATCH_RULES)
    assert sorted(both) == sorted(FILES)


def test_every_trigger_has_its_words() -> None:
    assert set(wording._WORDS) == set(FILES)


def test_every_trigger_on_a_district_can_be_named_in_an_address() -> None:
    for rule_id in FILES:
        assert TriggerKey.read(f"{rule_id}.371002.2023").rule == rule_id


def test_rules_that_never_look_at_records_are_rules() -> None:
    assert current._WITHOUT_RECORDS | set(current.MONTH_RULES) <= set(FILES)


def test_a_trigger_that_nobody_applies_is_a_fault_and_not_silence(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(district_rules, "DISTRICT_RULES", (*district_rules.DISTRICT_RULES, "T15"))
    with sqlite_store.read() as conn, pytest.raises(KeyError, match="T15"):
        current.current_triggers(conn, Scope.all(), 2023, ON)
