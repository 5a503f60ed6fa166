"""What pages lead to in the handbook is there."""

from __future__ import annotations

import pytest

from components.handbook import headings, place_path
from components.parts.help import Explained, help_link
from data.handbook.chapters import chapter_of
from tests.components.drawn import attribute, links_of


@pytest.mark.parametrize("place", Explained)
def test_a_page_leads_to_a_heading_that_is_there(place: Explained) -> None:
    slug, _, heading = place.partition("#")
    assert heading in headings(chapter_of(slug).text)


def test_a_link_takes_the_view_along() -> None:
    link = help_link(Explained.UNITS)
    assert links_of(link) == {"怎么办": "/help/upload#单位"}
    assert attribute(link, "data-carry") == "/help/upload#单位"


def test_a_chapter_without_a_heading_is_a_place_too() -> None:
    assert place_path("upload") == "/help/upload"
