"""What 违法占用 is asked: the boxes of measure, months, type and comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from components import ids
from components.parts.attributes import aria, data
from components.parts.date_box import date_box
from components.parts.filters import Option, filter_bar, select

#: How a comparison is chosen: value → label.
AGAINST = {"none": "不对比", "day": "与某日相比", "months": "与某些月份相比"}


def choice(
    select_id: str,
    label: str,
    options: Mapping[str, str],
    value: str,
    *,
    box_id: str | None = None,
    hidden: bool = False,
) -> Component:
    """A labelled choice without 全部; box_id: of what can be hidden with it."""
    own: dict[str, Any] = {"id": box_id, "hidden": hidden} if box_id else {}
    return html.Div(
        [
            html.Label(label, htmlFor=select_id),
            dbc.Select(
                id=select_id,
                options=[{"label": text, "value": key} for key, text in options.items()],
                value=value,
                size="sm",
            ),
        ],
        className="filter",
        **own,
    )


def months_said(chosen: Sequence[str], options: Sequence[Option], everything: str) -> str:
    """`9月、10月`; assets/js/heatmap.js says the same."""
    names = [label for key, label in options if key in chosen]
    if not names:
        return everything
    return "、".join(names) if len(names) <= 3 else f"{len(names)}个月"


def months_box(
    chooser_id: str,
    said_id: str,
    label: str,
    everything: str,
    options: Sequence[Option],
    chosen: Sequence[str],
) -> list[Component]:
    """Several months to tick, behind a button that says which are ticked."""
    known = {key for key, _ in options}
    # a month of the address that has no patches stays ticked and can be taken out
    offered = [*options, *((month, month) for month in chosen if month not in known)]
    return [
        html.Span(label, id=f"{said_id}-label", className="filter-label"),
        html.Details(
            [
                html.Summary(
                    months_said(chosen, offered, everything),
                    id=said_id,
                    className="form-select form-select-sm",
                    **aria(labelledby=f"{said_id}-label {said_id}"),
                ),
                html.Div(
                    dcc.Checklist(
                        id=chooser_id,
                        options=[{"label": text, "value": key} for key, text in offered],
                        value=list(chosen),
                    ),
                    className="column-choices months-choices",
                    **data(everything=everything),
                ),
            ],
            className="column-chooser months-chooser",
        ),
    ]


@dataclass(frozen=True, slots=True)
class Question:
    """The boxes' values as the address has them. against_on, against_months: at most one."""

    measure: str
    months: tuple[str, ...]
    patch_type: str | None
    against_on: date | None
    against_months: tuple[str, ...]

    @property
    def against(self) -> str:
        if self.against_on is not None:
            return "day"
        return "months" if self.against_months else "none"


def question_bar(
    question: Question,
    *,
    measures: Mapping[str, str],
    months: Sequence[Option],
    types: Sequence[Option],
    first_day: date,
    last_day: date,
    default_against: date,
    clear_href: str,
) -> Component:
    i = ids.Heatmap
    against_day = date_box(
        i.AGAINST_DAY,
        "对比日期",
        question.against_on or default_against,
        least=first_day,
        most=last_day,
    )
    boxes: list[Component] = [
        choice(i.MEASURE, "指标", measures, question.measure),
        html.Div(
            months_box(i.MONTHS, i.MONTHS_SAID, "月清月份", "全部月份", months, question.months),
            className="filter",
        ),
        select(i.TYPE, "图斑类型", "全部类型", types, question.patch_type),
        choice(i.AGAINST, "对比", AGAINST, question.against),
        html.Div(
            [html.Label("对比日期", htmlFor=i.AGAINST_DAY), against_day],
            id=i.AGAINST_DAY_BOX,
            className="filter",
            hidden=question.against != "day",
        ),
        html.Div(
            months_box(
                i.AGAINST_MONTHS,
                i.AGAINST_MONTHS_SAID,
                "对比月份",
                "请选择月份",
                months,
                question.against_months,
            ),
            id=i.AGAINST_MONTHS_BOX,
            className="filter",
            hidden=question.against != "months",
        ),
    ]
    clear = html.A("清除筛选", href=clear_href, className="btn btn-sm btn-link")
    return html.Div(
        filter_bar(boxes, [clear], "选择指标、月份和对比"), className="heatmap-question"
    )
