"""The calendar's card, sheet and .ics file over a small year."""

from __future__ import annotations

import io

import flask
import openpyxl
import pytest
from icalendar import Calendar

from callbacks.deadlines import ICS_PATH, calendar_file, register_routes
from callbacks.overview import render, workbook
from data.services import Services
from data.store.engine import Store
from tests.callbacks.year_2023 import ON, fill
from tests.components.drawn import classed, links_of, text_of


@pytest.fixture
def filled(store: Store) -> Store:
    fill(store)
    return store


def events(store: Store, search: str = ON) -> dict[str, dict[str, object]]:
    with store.read() as conn:
        _, content = calendar_file(conn, store.settings, search, "http://10.0.0.5:8050/")
    found = Calendar.from_ical(content).walk("VEVENT")
    return {str(event["UID"]): dict(event) for event in found}


def test_the_overview_shows_the_next_date_and_the_way_to_the_calendar(filled: Store) -> None:
    with filled.read() as conn:
        page = render(conn, filled.settings, ON)
    (panel,) = classed(page, "deadlines-panel")
    assert "下一个期限：6月24日6月月清上报，还有14天，未上报1个" in text_of(panel)
    assert links_of(panel)["加入日历（.ics）"].startswith(f"{ICS_PATH}?year=2023&asof=2023-06-10")


def test_the_wall_has_no_calendar(filled: Store) -> None:
    with filled.read() as conn:
        assert not classed(render(conn, filled.settings, f"{ON}&screen=1"), "deadlines-panel")


def test_an_event_says_what_is_open_for_whom_and_where_to_look(filled: Store) -> None:
    event = events(filled)["2023-D1-2023-06-city@weipian"]
    assert str(event["SUMMARY"]) == "6月月清上报（未上报1个）"
    assert "文登区1" in str(event["DESCRIPTION"])
    assert "依据：工作方案 §3.2" in str(event["DESCRIPTION"])
    assert str(event["URL"]).startswith("http://10.0.0.5:8050/patches?year=2023")


def test_the_same_date_keeps_its_uid_and_a_district_has_its_own(filled: Store) -> None:
    everywhere = set(events(filled))
    later = set(events(filled, "?year=2023&asof=2023-06-20"))
    assert everywhere & later >= {"2023-D6-city@weipian", "2023-D1-2023-05-city@weipian"}
    own = events(filled, f"{ON}&district=371003")
    assert not set(own) & everywhere
    assert "环翠区" not in str(own["2023-D7-371003@weipian"]["DESCRIPTION"])


def test_the_address_answers_with_a_calendar(filled: Store) -> None:
    server = flask.Flask(__name__)
    register_routes(server, Services(filled.settings, filled))
    answer = server.test_client().get(f"{ICS_PATH}{ON}")
    assert answer.mimetype == "text/calendar"
    assert "filename*=UTF-8''" in answer.headers["Content-Disposition"]
    assert Calendar.from_ical(answer.data).walk("VEVENT")


def test_the_workbook_has_the_dates(filled: Store) -> None:
    with filled.read() as conn:
        _, content = workbook(conn, filled.settings, f"{ON}&district=371003")
    rows = [[c.value for c in row] for row in openpyxl.load_workbook(io.BytesIO(content))["期限"]]
    assert rows[0] == ["期限", "事项", "依据", "未完成", "单位", "合计", "文登区"]
    assert ["6月月清上报", "§3.2", "未上报", "个", 1, 1] in [row[1:] for row in rows]
