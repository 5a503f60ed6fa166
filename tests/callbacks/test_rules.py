"""规则口径 over a store, on both databases."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
import pytest
from dash.development.base_component import Component

from callbacks import rules
from callbacks.rules import anchor_note, render, word_lists, workbook
from data.definitions import DEFINITIONS
from data.rules.lists import ClosedList, ListVersion, closed_lists
from data.rules.loader import all_rules
from data.settings import Settings
from data.store.anchor_folder import name_of
from data.store.engine import Store
from data.workflow.parameters import change_parameter
from tests.callbacks.year_2023 import ON, fill
from tests.components.drawn import below, links_of, text_of


@pytest.fixture
def filled(store: Store) -> Store:
    fill(store)
    return store


def drawn(store: Store, search: str = ON) -> list[Component]:
    with store.read() as conn:
        return render(conn, store.settings, search)


def rule(page: list[Component], rule_id: str) -> str:
    (found,) = [part for part in below(page) if getattr(part, "id", None) == rule_id]
    return text_of(found)


def test_every_rule_of_the_files_appears_by_itself_with_its_words(filled: Store) -> None:
    page = drawn(filled)
    for rule_id, known in all_rules().items():
        text = rule(page, rule_id)
        version = known.of(2023, date(2023, 6, 10))
        assert known.name in text
        assert version.clause in text
        for words in (*version.quotations, *version.sources, *version.formula.values()):
            assert words in text


def test_the_headline_names_the_plan_of_the_year(filled: Store) -> None:
    assert text_of(drawn(filled)[0]).startswith("2023年度按2023年方案（威自然资发〔2023〕20号）：")


def test_a_year_without_a_plan_says_which_it_goes_by(store: Store) -> None:
    """An empty store shows the year of today, 2024."""
    assert "2024年度尚无本年方案，沿用2023年方案" in text_of(drawn(store, "")[0])


def test_a_changed_parameter_shows_from_its_day_on_with_reason_and_what_it_was(
    store: Store,
) -> None:
    """An empty store shows 2024."""
    day = date(2024, 2, 1)
    with store.write() as conn:
        change_parameter(conn, "T3", "warning_ratio", 0.08, day, "收紧", day)
    before = rule(drawn(store, "?asof=2024-01-15"), "T3")
    assert "达到10%的预警" in before
    assert "以后的版本 自2024年2月1日起，依据§4.4：预警线：8%（现为10%）（收紧）" in before
    after = rule(drawn(store, "?asof=2024-02-15"), "T3")
    assert "达到8%的预警" in after
    assert "预警线自2024年2月1日起设为8%，理由：收紧（命令行）" in after
    assert "历次版本 自2023年1月1日起，依据§4.4：预警线：10%（现为8%）" in after


def test_a_year_whose_holidays_are_unknown_says_how_workdays_are_counted(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "放假调休" not in text_of(drawn(filled))
    monkeypatch.setattr("data.periods.calendar_knows", lambda year: year < 2024)
    text = text_of(drawn(filled))
    assert "2024年的放假调休安排尚未录入" in text
    assert "2023年的放假调休" not in text


def test_the_workbook_has_rules_parameters_and_definitions(filled: Store) -> None:
    with filled.read() as conn:
        name, content = workbook(conn, filled.settings, ON)
    assert name == "规则口径_全市_2023-06-10.xlsx"
    book = openpyxl.load_workbook(io.BytesIO(content))
    names = ["规则", "参数", "固定词表", "措施的先后", "指标口径", "说明"]
    assert book.sheetnames == names
    assert [row[0].value for row in book["规则"].iter_rows(min_row=2)] == list(all_rules())
    assert book["指标口径"].max_row == len(DEFINITIONS) + 1
    lines = [[c.value for c in row] for row in book["参数"]]
    assert ["T3", "问责比例", "预警线", "10%", "本市设定", "1%至15%"] in lines


def test_the_page_offers_its_workbook(filled: Store) -> None:
    assert links_of(drawn(filled))["导出 xlsx"].startswith("/export/rules.xlsx?year=2023")


def test_the_age_of_the_last_anchor_is_told_and_an_old_one_warned_of(
    settings: Settings, tmp_path: Path
) -> None:
    now = datetime(2024, 3, 1, 12, tzinfo=UTC)
    assert "还没有防篡改锚点" in text_of(anchor_note(settings, now))
    kept = replace(settings, anchor_dir=tmp_path)
    (tmp_path / name_of(datetime(2024, 2, 20, 1, tzinfo=UTC), 5)).touch()
    assert "2月20日 09:00，已过10天" in text_of(anchor_note(kept, now))
    (tmp_path / name_of(datetime(2024, 3, 1, 1, tzinfo=UTC), 6)).touch()
    assert text_of(anchor_note(kept, now)).endswith("3月1日 09:00。")


def test_the_closed_lists_stand_on_the_page_with_basis_and_words(filled: Store) -> None:
    page = drawn(filled)
    for closed in closed_lists().values():
        text = rule(page, closed.id)
        assert f"“{closed.name}”列只能填这些：{'、'.join(closed.ever)}。" in text
        assert closed.versions[0].sources[0] in text


def test_a_word_that_is_no_longer_listed_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    first = ListVersion(date(2023, 1, 1), "§4.1", "local", ("甲",), ("旧", "同"))
    second = replace(first, valid_from=date(2024, 1, 1), entries=("同", "新"))
    known = {"reasons": ClosedList("reasons", "原因", (first, second))}
    monkeypatch.setattr(rules, "closed_lists", lambda: known)
    contexts: list[Any] = [SimpleNamespace(year=y, as_of=date(2024, 2, 1)) for y in (2023, 2024)]
    (then,), (now,) = map(word_lists, contexts)
    assert (then.words, then.former) == (("旧", "同"), ())
    assert (now.words, now.former) == (("同", "新"), ("旧",))
