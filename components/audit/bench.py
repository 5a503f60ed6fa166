"""The workbench: beside the patch, what is doubtful and what the city says of it."""

from __future__ import annotations

from collections.abc import Sequence

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from components import ids
from components.audit.page import opinion_box, reason_choice
from data.vocabulary import Legality


def doubts_part(doubts: Sequence[str]) -> Component:
    """What staff look at first; doubts, no verdicts."""
    if not doubts:
        return html.Section(
            [html.H2("疑点"), html.P("填报内容没有自相矛盾之处。", className="muted")],
            className="panel bench-doubts",
        )
    return html.Section(
        [html.H2(f"疑点{len(doubts)}处"), html.Ul([html.Li(text) for text in doubts])],
        className="panel bench-doubts",
    )


def decision_form(codes: Sequence[str]) -> Component:
    """Pass or return; a return needs a code and an opinion."""
    i = ids.AuditBench
    determination = html.Div(
        [
            html.Label("市级定性（可不填，不填按区市判定）", htmlFor=i.DETERMINATION),
            dbc.Select(
                id=i.DETERMINATION,
                options=[
                    {"value": "none", "label": "不另定性"},
                    *(
                        {"value": term.value, "label": term.label}
                        for term in Legality
                        if term is not Legality.PENDING
                    ),
                ],
                value="none",
                size="sm",
            ),
        ],
        className="filter",
    )
    return html.Section(
        [
            html.H2("市级审核意见"),
            reason_choice(i.CODES, codes),
            opinion_box(i.OPINION),
            determination,
            html.Div(
                [
                    dbc.Button("通过", id=i.PASS, color="success", title="键盘：Alt+P"),
                    dbc.Button("退回", id=i.RETURN, color="danger", outline=True,
                               title="键盘：Alt+R"),
                ],
                className="act-buttons",
            ),
            html.P("键盘：Alt+P 通过，Alt+R 退回，Alt+N 下一个。", className="note"),
        ],
        className="panel bench-form",
    )  # fmt: skip


def no_decision(sentence: str) -> Component:
    """Why nothing can be decided here."""
    return html.Section([html.H2("市级审核意见"), html.P(sentence)], className="panel bench-form")


def onward(next_href: str | None, left: int, back_href: str) -> Component:
    """To the next in the queue. left: how many wait beside this one."""
    links: list[Component] = []
    if next_href is not None:
        links.append(
            dcc.Link(f"下一个（还有{left:,}个）", id=ids.AuditBench.NEXT, href=next_href,
                     className="btn btn-outline-primary btn-sm")
        )  # fmt: skip
    links.append(dcc.Link("回到月核", href=back_href, className="btn btn-link btn-sm"))
    return html.Div(links, className="bench-onward")
