"""The iCalendar file, read back by a parser."""

from __future__ import annotations

from datetime import UTC, date, datetime

from icalendar import Calendar

from data.ics import Entry, to_ics

AT = datetime(2023, 11, 20, 1, 30, tzinfo=UTC)
LONG = (
    "环翠区9、文登区16、荣成市12、乳山市14、高区5、经区8、临港区7、南海新区8；逗号, 分号; 反斜杠\\"
    * 3
)


def read(content: bytes) -> list[dict[str, object]]:
    calendar = Calendar.from_ical(content)
    return [dict(event) for event in calendar.walk("VEVENT")]


def test_an_entry_is_a_whole_day_with_its_text_unharmed() -> None:
    entry = Entry(
        "2023-D1@x", date(2023, 11, 24), "11月月清上报（未上报79个）", LONG, "http://h/?a=1"
    )
    (event,) = read(to_ics("期限", [entry], AT, 7))
    assert str(event["SUMMARY"]) == entry.summary
    assert str(event["DESCRIPTION"]) == LONG
    assert str(event["UID"]) == "2023-D1@x"
    assert event["DTSTART"].dt == date(2023, 11, 24)  # type: ignore[attr-defined]
    assert event["DTEND"].dt == date(2023, 11, 25)  # type: ignore[attr-defined]
    assert event["SEQUENCE"] == 7


def test_days_are_written_as_days_and_lines_are_folded() -> None:
    content = to_ics("期限", [Entry("u", date(2024, 2, 29), "核准", LONG)], AT, 1)
    assert b"DTSTART;VALUE=DATE:20240229\r\n" in content
    assert b"DTEND;VALUE=DATE:20240301\r\n" in content
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert content.startswith(b"BEGIN:VCALENDAR\r\n")


def test_moments_are_in_utc() -> None:
    naive = to_ics("期限", [Entry("u", date(2024, 2, 29), "核准", "")], AT.replace(tzinfo=None), 1)
    assert b"DTSTAMP:20231120T013000Z" in naive
