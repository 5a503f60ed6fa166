"""通报: kind, period, district → the paper as it will read, remarks on it, its draft."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from dash import Dash, Input, Output, State
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from callbacks.frame.address import source_of_request
from callbacks.frame.content import fill_place
from callbacks.frame.context import PageContext, read_context
from callbacks.frame.guard import changes_state
from callbacks.frame.needs import needs
from callbacks.papers import shown_of
from components import ids, paths
from components.links import frame_part, href
from components.notices import (
    Choice,
    choices,
    draft_button,
    drafted,
    preview,
    remarks_card,
    texts_card,
    week_card,
)
from components.parts.cards import card, empty, headline, problem_notes
from data.acting import acting
from data.documents.checking import remarks
from data.documents.composing import compose
from data.documents.group_text import group_texts, week_lines
from data.documents.paper import from_texts
from data.measures.frozen import Draft
from data.measures.kinds import MeasureKind, Subject
from data.outlook.leading import NO_DATA
from data.periods import format_day, format_month
from data.rights import Right
from data.scope import Scope
from data.services import Services
from data.settings import Settings
from data.store.queries.patch_list import months_with_patches
from data.triggers.current import city_code
from data.workflow.measure_subjects import NewMeasure
from data.workflow.measure_writing import Taking
from data.workflow.measures import draft

if TYPE_CHECKING:
    from sqlalchemy import Connection

PATH = paths.NOTICES
_One = TypeVar("_One")
_K = MeasureKind
#: What is told to all districts, and of one district what goes to it.
KINDS = (
    _K.MONTHLY_BULLETIN, _K.WORK_NOTICE_CLEARANCE, _K.WORK_NOTICE_AUDIT,
    _K.WORK_NOTICE_RECTIFICATION, _K.WORK_NOTICE_FILLING, _K.CASE_NOTICE, _K.AUDIT_FEEDBACK,
)  # fmt: skip


def chosen_kind(context: PageContext) -> MeasureKind:
    asked = context.query.get("kind", "")
    return next((kind for kind in KINDS if kind.value == asked), KINDS[0])


def chosen_month(conn: Connection, context: PageContext) -> str | None:
    months = months_with_patches(conn, context.scope, context.year, context.as_of)
    asked = context.query.get("month")
    return asked if asked in months else None


def asked_of(conn: Connection, context: PageContext) -> Draft | None:
    """None where the kind is about a district and none is chosen."""
    kind, district = chosen_kind(context), context.district
    subjects = kind.about.subjects
    if Subject.CITY not in subjects and district is None:
        return None
    of_city = district is None or Subject.DISTRICT not in subjects
    subject_kind = Subject.CITY if of_city else Subject.DISTRICT
    code = None if of_city else district
    return Draft(
        kind,
        context.year,
        context.as_of,
        code or city_code(list(context.names)),
        subject_kind,
        code,
        chosen_month(conn, context),
    )


def render(conn: Connection, settings: Settings, search: str) -> list[Component]:
    context = read_context(conn, settings, search)
    query, kind = context.query, chosen_kind(context)
    day = format_day(context.as_of, context.year)
    own = {"kind": kind.value, "month": chosen_month(conn, context)}
    top: list[Component] = [
        headline([f"截至{day}，{context.district_name}{kind.label}"]),
        *problem_notes(context.problems, href(PATH, query)),
    ]
    if context.year not in context.stamp.years:
        return [*top, empty(NO_DATA, "去上传", href(paths.UPLOAD, query))]
    months = months_with_patches(conn, context.scope, context.year, context.as_of)

    def choices_of(
        offered: Sequence[_One],
        chosen: _One,
        key: str,
        value: Callable[[_One], str | None],
        label: Callable[[_One], str],
    ) -> list[Choice]:
        return [
            Choice(label(one), href(PATH, query, **{**own, key: value(one)}), one == chosen)
            for one in offered
        ]

    top += [
        choices("种类", choices_of(KINDS, kind, "kind", lambda k: k.value, lambda k: k.label)),
        choices(
            "期间",
            choices_of(
                [None, *months],
                own["month"],
                "month",
                lambda month: month,
                lambda month: format_month(month, context.year) if month else "全年",
            ),
        ),
    ]
    asked = asked_of(conn, context)
    if asked is None:
        return [*top, empty("这一种通报发给一个区市。", "请从上方选择区市", href(PATH, query))]
    if acting().is_district:
        return [*top, empty("通报由市局起草。", "看预警约谈", href(paths.TRIGGERS, query))]
    composed = compose(conn, context.scope, asked)
    paper = from_texts(composed.texts)
    found = remarks(conn, asked, composed)
    drafting = [draft_button()] if acting().may(Right.DRAFT) else []
    return [
        *top,
        remarks_card(
            [f"{r.place}：{r.sentence}" for r in found if r.blocks],
            [f"{r.place}：{r.sentence}" for r in found if not r.blocks],
        ),
        card(
            "预览",
            [preview(shown_of(paper, composed)), *drafting],
            note="数字逐个引自系统指标；起草后在措施页面修改文字，不能改写数字。",
        ),
        texts_card(_group_texts(conn, context)),
        week_card(
            week_lines(
                conn, context.scope.narrowed_to(context.district), context.year, context.as_of
            ),
            href(paths.week(), query),
        ),
    ]


def _group_texts(conn: Connection, context: PageContext) -> dict[str, str]:
    scope: Scope = context.scope.narrowed_to(context.district)
    found = group_texts(conn, scope, context.year, context.as_of)
    return {text.name: text.text for text in found}


def register(app: Dash, services: Services) -> None:
    i = ids.Notices

    fill_place(app, services, i.CONTENT, render)

    @app.callback(
        Output(i.DONE, "children"),
        Input(i.DRAFT, "n_clicks"),
        State(ids.Shell.LOCATION, "search"),
        prevent_initial_call=True,
    )
    @needs(Right.DRAFT)
    @changes_state
    def write(clicks: int | None, search: str | None) -> list[Component | str]:
        if not clicks:
            raise PreventUpdate
        with services.store.write() as conn:
            context = read_context(conn, services.settings, search or "")
            asked = asked_of(conn, context)
            if asked is None:
                raise PreventUpdate
            subject = context.names.get(asked.district or "", "全市")
            new = NewMeasure(
                asked.kind, subject, asked.year, asked.as_of, (), "通报", None, asked.period, None
            )
            today = services.settings.today()
            at = Taking(conn, acting(), today, min(context.as_of, today), where=source_of_request())
            made = draft(at, new)
        waits = "已提交审核" if made.submitted else "有检查不通过的，修改后再提交审核"
        address = href(paths.measure(made.number), frame_part(context.query))
        return drafted(made.number, address, waits)
