"""The chart of unreported patches."""

from __future__ import annotations

from datetime import date

from components.figures.progress import progress_figure

DAYS = [date(2023, 11, 20), date(2023, 11, 21)]


def test_lines_are_named_at_their_ends_and_the_due_date_is_labelled() -> None:
    figure = progress_figure(DAYS, [9, 7], [2, 2], date(2023, 11, 24))
    assert [note.text for note in figure.layout.annotations] == [
        "未上报 7",
        "其中逾期 2",
        "11月24日到期",
    ]
    assert figure.layout.showlegend is False


def test_the_axis_begins_at_zero_and_carries_its_unit() -> None:
    figure = progress_figure(DAYS, [9, 7], [2, 2], date(2023, 11, 24))
    assert figure.layout.yaxis.rangemode == "tozero"
    assert figure.layout.yaxis.title.text == "图斑（个）"
