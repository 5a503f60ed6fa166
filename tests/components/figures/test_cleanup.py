"""The chart of what is left of each year of origin."""

from __future__ import annotations

from datetime import date

from components.figures.cleanup import cleanup_figure


def test_the_axis_ends_with_the_last_day_whatever_room_the_names_need() -> None:
    days = [date(2019, 1, 1), date(2023, 11, 23)]
    figure = cleanup_figure(days, {2018: [238.21, 5.94]})
    assert list(figure.layout.xaxis.range) == days
    assert [note.text for note in figure.layout.annotations] == ["2018年 5.94"]
