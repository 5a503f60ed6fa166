"""A question is read from an address; what cannot be read is refused by name."""

from __future__ import annotations

from datetime import date

import pytest

from data.maps.measures import MAP_MEASURES
from data.maps.question import BadQuestion, MapQuestion, read_question
from data.vocabulary import PatchType

ON = date(2023, 11, 23)


def _read(**query: str) -> MapQuestion:
    return read_question(query, 2023, ON, None)


def test_an_empty_address_asks_for_the_unlawful_farmland_that_is_left() -> None:
    q = _read()
    assert q.measure == "remaining_farmland_mu"
    assert q.parameters() == {}
    assert q.in_words() == []
    assert not q.is_difference


def test_every_parameter_comes_back_into_the_address() -> None:
    query = {
        "measure": "overdue",
        "months": "2023-05,2023-06",
        "type": "other_change",
        "against": "2023-10-31",
    }
    q = _read(**query)
    assert q.patch_type is PatchType.OTHER_CHANGE
    assert q.parameters() == query
    assert q.in_words() == ["月清月份：5月、6月", "图斑类型：其他变化类", "与10月31日相比"]
    assert q.before == MapQuestion(
        2023, date(2023, 10, 31), "overdue", None, q.months, q.patch_type
    )


def test_months_can_be_compared_with_months() -> None:
    q = _read(months="2023-06", against_months="2023-05")
    assert q.before is not None
    assert q.before.months == ("2023-05",)
    assert q.before.as_of == ON


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"measure": "profit"}, "measure"),
        ({"months": "2023-13"}, "months"),
        ({"months": "2023-05," * 30}, "months"),
        ({"type": "castle"}, "type"),
        ({"against": "昨天"}, "against"),
        ({"against": "1900-01-01"}, "against"),
        ({"against": "2023-05-01", "against_months": "2023-05"}, "against_months"),
    ],
)
def test_what_cannot_be_read_is_named(query: dict[str, str], parameter: str) -> None:
    with pytest.raises(BadQuestion) as refused:
        _read(**query)
    assert refused.value.parameter == parameter


def test_an_unknown_measure_is_answered_with_the_list() -> None:
    with pytest.raises(BadQuestion) as refused:
        _read(measure="profit")
    assert all(m.key in refused.value.message for m in MAP_MEASURES.values())


def test_values_are_said_in_their_unit() -> None:
    area, count = MAP_MEASURES["remaining_farmland_mu"], MAP_MEASURES["overdue"]
    assert area.text(1_234_500_000_000) == "1,234.50亩"
    assert count.text(1234) == "1,234个"
    assert area.change_text(-2_000_000_000) == "−2.00亩"
    assert count.change_text(3) == "+3个"
    assert count.change_text(0) == "持平"
