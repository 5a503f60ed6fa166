"""A what-if in the address: what is written is read again, and nothing read breaks the page."""

from __future__ import annotations

import base64
import zlib
from datetime import date
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbacks.assessment.address import (
    ScenarioAddress,
    own_parts,
    read_scenario,
    scenario_parts,
    write_scenario,
)
from components.links import read_search
from data.errors import SupervisionError
from data.rules.scenario import Constraints
from data.vocabulary import BulkChoice, ScenarioAction, TargetLine
from data.workflow.scenario import Bulk, Scenario

numbers = st.text(min_size=1, max_size=20)
bulks = st.builds(Bulk, st.sampled_from([BulkChoice.FILED, BulkChoice.ALL]),
                  st.sampled_from(ScenarioAction)) | st.builds(
    Bulk, st.just(BulkChoice.DUE), st.sampled_from(ScenarioAction),
    st.dates(date(2000, 1, 1), date(2100, 1, 1)),
)  # fmt: skip
addresses = st.builds(
    ScenarioAddress,
    st.builds(
        Scenario,
        st.dictionaries(numbers, st.sampled_from(ScenarioAction), max_size=40),
        st.lists(bulks, max_size=3).map(tuple),
        st.none() | st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    ),
    st.none() | st.sampled_from(TargetLine),
    st.none() | st.just("371002"),
    st.builds(
        Constraints, st.frozensets(numbers, max_size=40), st.booleans(),
        st.none() | st.integers(1, 100),
    ),
)  # fmt: skip


@given(addresses)
def test_what_is_written_is_read_again(address: ScenarioAddress) -> None:
    assert read_scenario(read_search(f"?{write_scenario(address)}")) == address


def test_a_small_scenario_can_be_read_by_people() -> None:
    address = ScenarioAddress(
        Scenario(
            {"HC-2": ScenarioAction.RECTIFIED, "HC-1": ScenarioAction.RECTIFIED,
             "WD-1": ScenarioAction.APPROVED},
            (Bulk(BulkChoice.DUE, ScenarioAction.LAWFUL, date(2023, 10, 24)),),
        ),
        TargetLine.INTERVIEW,
        constraints=Constraints(at_most=3),
    )  # fmt: skip
    assert write_scenario(address) == (
        "do=r:HC-1,HC-2;a:WD-1&all=l.due.2023-10-24&line=interview&most=3"
    )


def test_a_thousand_numbers_are_packed_and_fit_into_an_address() -> None:
    ticks = {f"37100220231{n:05}": ScenarioAction.RECTIFIED for n in range(0, 3000, 3)}
    text = write_scenario(ScenarioAddress(Scenario(ticks)))
    assert len(text) < 6_000
    assert read_scenario(read_search(text)).scenario.ticks == ticks


def test_too_many_numbers_are_refused_with_what_to_do_instead() -> None:
    ticks = {f"P{n}": ScenarioAction.RECTIFIED for n in range(6000)}
    with pytest.raises(SupervisionError, match="成批假设"):
        scenario_parts(ScenarioAddress(Scenario(ticks)))


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("do", "x:HC-1"), ("do", "z.####"), ("do", "z.AAAA"), ("all", "r.due"), ("all", "r"),
        ("on", "2023-02-30"), ("line", "nothing"), ("most", "0"),
        ("most", "many"), ("only", "everything"), ("do", "r:" + "9" * 65),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_left_out_and_named(key: str, text: str) -> None:
    address = read_scenario({key: text})
    assert address.scenario == Scenario()
    assert len(address.problems) == 1
    assert f"{key}=" in address.problems[0]


def test_a_bomb_in_the_address_is_not_unfolded() -> None:
    bomb = base64.urlsafe_b64encode(zlib.compress(b"r:" + b"9" * 50_000_000, 9)).decode()
    assert len(read_scenario({"do": f"z.{bomb}"}).problems) == 1


def test_only_the_what_ifs_own_part_is_kept() -> None:
    search = "?" + urlencode({"year": "2023", "do": "r:A", "line": "warning", "x": "1"})
    assert own_parts(search) == {"do": "r:A", "line": "warning"}
