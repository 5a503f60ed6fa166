"""The tabs of 外业核查 on which something is done: what waits for a step, and its form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from dash import dcc, html
from dash.development.base_component import Component

from callbacks.checks.address import PER_PAGE, ChecksAddress
from callbacks.frame.context import PageContext
from components.checks.acting import (
    assign_form,
    confirm_form,
    exempt_form,
    result_form,
    ticked,
    who_acts,
)
from components.checks.page import tasks_table, to_checks
from components.parts.cards import card
from components.patch.photographs import small_picture
from data.acting import acting
from data.periods import format_day
from data.rights import Right
from data.rules.doubts import DoubtKind, DoubtState
from data.settings import Settings
from data.vocabulary import CheckLevel
from data.worklists.checks import Checks, CheckTask, one_a_visit
from data.worklists.comebacks import comebacks
from data.worklists.photographs import in_short, looked_at
from data.worklists.visits import VisitState

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: Patches that can be ticked on the page.
MOST_TICKED = 50
#: Tab → the states that it is about.
OF_TAB = {
    "assign": (VisitState.DUE, VisitState.AGAIN),
    "result": (VisitState.ASSIGNED, VisitState.AGAIN),
    "confirm": (VisitState.CHECKED,),
}


def waiting_for(found: Iterable[CheckTask], tab: str) -> list[CheckTask]:
    """What waits for a step, the earliest day first; one a patch and level."""
    tasks = one_a_visit(found).values()
    own = [t for t in tasks if t.visit.state in OF_TAB[tab] and (tab != "confirm" or t.to_confirm)]
    return sorted(own, key=lambda t: (t.visit.due_on or date.max, t.patch_no, t.level.value))


def _mine(tasks: Sequence[CheckTask]) -> list[CheckTask]:
    """A county sends its own teams, the city the city's."""
    level = CheckLevel.COUNTY if acting().is_district else CheckLevel.CITY
    return [t for t in tasks if t.level is level]


def _inspects() -> bool:
    account = acting()
    return account.may(Right.UPLOAD if account.is_district else Right.CHECK)


def _reviews() -> bool:
    return acting().may(Right.REVIEW) and not acting().is_district


def is_now(context: PageContext, today: date) -> bool:
    return context.as_of == today and context.known is None


def evidence_elsewhere(conn: Connection, context: PageContext) -> dict[str, str]:
    """Patch number → the feature of another programme that has evidence of the same ground."""
    seen = (context.scope, context.as_of, context.year, context.district)
    return {
        b.patch_no: f"已举证：{b.programme or '其他专项'} {b.other_no}"
        + (f"（{format_day(b.other_on)}）" if b.other_on else "")
        for b in comebacks(conn, *seen)
        if b.kind is DoubtKind.EVIDENCED and b.state is not DoubtState.DISMISSED
    }


def photos_of(
    conn: Connection, context: PageContext, tasks: Sequence[CheckTask]
) -> dict[tuple[str, str], list[Component]]:
    """What a reviewer looks at before he confirms: the photographs, and what is odd with them."""
    numbers = [t.patch_no for t in tasks]
    found = looked_at(conn, context.scope, context.year, numbers, context.as_of)
    return {
        place: [
            html.Span([small_picture(looked.photo) for looked in own], className="queue-photos"),
            html.Span(in_short(own), className="bad" if any(o.remarks for o in own) else "muted"),
        ]
        for place, own in found.items()
    }


def acting_card(
    conn: Connection,
    context: PageContext,
    settings: Settings,
    address: ChecksAddress,
    found: Checks,
    query: dict[str, str],
) -> Component:
    """What waits for the tab's step of what the address leaves, and its form."""
    today, tab = settings.today(), address.tab
    waiting = waiting_for([t for t in found.tasks if address.fits(t)], tab)
    reviews, inspects = _reviews(), _inspects()
    may = reviews if tab == "confirm" else inspects or (tab == "assign" and reviews)
    whole = tab == "confirm" or address.rule is not None or (reviews and not inspects)
    mine = waiting if whole else _mine(waiting)
    titles = {"assign": "等派组", "result": "等核查结果", "confirm": "等认定"}
    title = f"{titles[tab]}：{len(waiting):,}处"
    note = _NOTES[tab]
    if not may or not is_now(context, today) or not mine:
        listed = tasks_table(waiting[:PER_PAGE], context.names_seen, context.year, query)
        if not waiting:
            return card(title, html.P(_NOTHING[tab]), class_name="queue-card")
        return card(title, [who_acts(*_WHO[tab], today), listed], note=note)
    shown = mine[:MOST_TICKED]
    beside = evidence_elsewhere(conn, context) if tab == "assign" and reviews else {}
    names = context.names_seen
    photos = photos_of(conn, context, shown) if tab == "confirm" else {}
    body: list[Any] = ticked(shown, len(mine), names, context.year, query, beside, photos)
    if tab == "assign":
        if inspects:
            body.append(assign_form(max(t.check_by for t in shown), today))
        if reviews:
            body.append(html.Details([html.Summary("免查：同一地块别处已有举证"),
                                      exempt_form(today)], className="more"))  # fmt: skip
    else:
        body.append(result_form(today) if tab == "result" else confirm_form())
    if rest := len(waiting) - len(mine):
        whose, by = ("市级", "市局") if acting().is_district else ("县级", "区市")
        target = to_checks(query, tab=tab, rule=None if acting().is_district else "F1")
        more: list[Any] = [f"另有{whose}的{rest:,}处，由{by}办理。"]
        if not acting().is_district and reviews:
            more = [*more, dcc.Link("查看县级的", href=target)]
        body.append(html.P(more, className="note"))
    return card(title, body, note=note, class_name="queue-card")


_NOTES = {
    "assign": "F3、F5的核查期限不晚于当月月核期限；县级核查由区市派组，市级核查由市局派组。",
    "result": "勾选多个的，结论、日期和核查人相同；不同的分几次录入。"
    "上传的“外业核查”与这里是同一记录。",
    "confirm": "由没有参加核查、没有录入结果的人认定。"
    "不属实的列为疑点；需整改的，台账中已消除的重新列入。",
}
_NOTHING = {
    "assign": "没有等派组的图斑。",
    "result": "没有已派组、等结果的图斑。",
    "confirm": "没有等认定的核查结果。",
}
_WHO = {
    "assign": ("派组", "有“外业核查”权限的市局账户（市级）、区市账户（县级）"),
    "result": ("录入", "有“外业核查”权限的市局账户（市级）、区市账户（县级）"),
    "confirm": ("认定", "有“复核”权限的市局账户"),
}
