"""Closed lists of words: dated, cited, and readable after they changed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from data.rules.lists import closed_lists, load_lists, words_of
from data.rules.loader import RuleError

VERSION = """
[[list.version]]
from = {day}
clause = "§4.1"
basis = "local"
sources = ["本市设定"]
entries = {words}
"""
HEAD = """
[[list]]
id = "reasons"
name = "退回原因"
"""


def _load(tmp_path: Path, *versions: tuple[str, str]) -> Path:
    path = tmp_path / "lists.toml"
    parts = [VERSION.format(day=day, words=words) for day, words in versions]
    path.write_text(HEAD + "".join(parts), encoding="utf-8")
    return path


def test_the_lists_that_files_need_are_there() -> None:
    lists = closed_lists()
    assert len(lists["return_reasons"].ever) == 13
    assert "时相不符" in lists["return_reasons"].ever
    assert lists["deduction_classes"].name == "扣减类型"


def test_a_word_once_listed_stays_readable(tmp_path: Path) -> None:
    path = _load(tmp_path, ("2023-01-01", '["甲", "乙"]'), ("2024-01-01", '["乙", "丙"]'))
    found = load_lists(path)["reasons"]
    assert found.on(date(2023, 6, 1)).entries == ("甲", "乙")
    assert found.on(date(2024, 6, 1)).entries == ("乙", "丙")
    assert found.ever == ("乙", "丙", "甲")


@pytest.mark.parametrize(
    "versions",
    [
        [("2023-01-01", "[]")],
        [("2023-01-01", '["甲", "甲"]')],
        [("2023-01-01", '["甲、乙"]')],
        [("2024-01-01", '["甲"]'), ("2023-01-01", '["甲"]')],
        [('"2023"', '["甲"]')],
    ],
)
def test_a_list_that_cannot_be_trusted_stops_the_program(
    tmp_path: Path, versions: list[tuple[str, str]]
) -> None:
    with pytest.raises(RuleError):
        load_lists(_load(tmp_path, *versions))


def test_several_words_of_a_cell_are_told_apart() -> None:
    assert words_of("面积不符、其他") == ("面积不符", "其他")
    assert words_of(None) == ()
