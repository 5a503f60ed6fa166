"""Dates as an iCalendar file (RFC 5545), for the calendars that offices use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from icalendar import Calendar, Event


@dataclass(frozen=True, slots=True)
class Entry:
    """A whole day. uid: stays the same when the file is fetched again, so that it replaces itself.
    url: of the page that shows it, or empty.
    """

    uid: str
    on: date
    summary: str
    description: str
    url: str = ""


def to_ics(name: str, entries: Sequence[Entry], at: datetime, revision: int) -> bytes:
    """A calendar of all-day events. at: when what it says was known. revision: grows with it."""
    calendar = Calendar()
    calendar.add("prodid", "-//weipian//deadlines//ZH")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    stamped = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)
    for entry in entries:
        event = Event()
        event.add("uid", entry.uid)
        event.add("dtstamp", stamped)
        event.add("last-modified", stamped)
        event.add("sequence", revision)
        event.add("dtstart", entry.on)
        event.add("dtend", entry.on + timedelta(days=1))
        event.add("summary", entry.summary)
        event.add("description", entry.description)
        event.add("transp", "TRANSPARENT")  # a deadline does not make anybody busy
        if entry.url:
            event.add("url", entry.url)
        calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content
