"""待确认: the city's word on what districts' files say in their own favour."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from dash import ALL, Dash, Input, Output, State, ctx, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from callbacks.frame.address import source_of_request
from callbacks.frame.changed_fields import field_title, value_text
from callbacks.frame.context import PageContext, read_context
from callbacks.frame.guard import changes_state
from callbacks.frame.needs import needs
from components import ids, paths
from components.confirm import ClaimLine, claim_notes, decided_list, queue
from components.links import href
from components.parts.cards import headline, problem_notes
from components.shell import toast
from data.acting import acting
from data.numbers import MOST_ID, whole_number
from data.periods import format_day
from data.rights import Right
from data.scope import Scope
from data.services import Services
from data.store.engine import Store
from data.store.queries.claims import ClaimRow, claims, open_claim_counts
from data.units import format_rates
from data.vocabulary import ClaimKind
from data.workflow.confirming import Effect, decide, effects

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: Claims that the page shows, and works out the effect of, at a time.
SHOWN = 30
DECIDED = 20


def line_of(claim: ClaimRow, context: PageContext, effect: Effect | None = None) -> ClaimLine:
    names = context.names

    def shown(value: Any) -> str:
        return value_text(claim.entity, claim.field, value, claim.year, names)

    old, new = shown(claim.old), shown(claim.new)
    title = field_title(claim.entity, claim.field)
    if claim.kind is ClaimKind.LEFT_OUT:
        title, old, new = "地块", "在拆分中", "不再列出"
    return ClaimLine(
        claim.id,
        claim.kind.label,
        claim.patch_no,
        href(paths.patch(claim.year, claim.patch_no), context.query),
        f"地块{claim.parcel_no}" if claim.parcel_no else "整个图斑",
        names.get(claim.district, claim.district),
        title,
        old,
        new,
        f"{claim.uploaded_by} {format_day(claim.claimed_on, context.year)}上传"
        f"“{claim.file_name}”（批次{claim.batch}）",
        effect_text(claim, effect, context.lines.ratios) if effect else "",
        decided_text(claim, context.year),
    )


def effect_text(claim: ClaimRow, effect: Effect, lines: tuple[float, ...] = ()) -> str:
    """`若确认：14.19% → 13.60%`, for a mark what a refusal does. lines: that no value crosses by
    rounding."""
    word, then = ("若确认", effect.accepted)
    if claim.kind is not ClaimKind.EXCLUDED:
        word, then = ("若不予认可", effect.refused)
    if then == effect.now:
        return ""
    now, later = format_rates([effect.now, then], lines, least=2)
    return f"{word}：{now} → {later}"


def decided_text(claim: ClaimRow, year: int) -> str:
    if claim.is_open:
        return ""
    word = "确认" if claim.is_accepted else "不予认可"
    why = f"：{claim.reason}" if claim.reason else ""
    return f"{format_day(claim.decided_on, year)}由{claim.decided_by}{word}{why}"


def render(store: Store, settings: Any, search: str) -> list[Component]:
    """The whole page for an address."""
    with store.read() as conn:
        context = read_context(conn, settings, search)
        scope = context.scope.narrowed_to(context.district)
        counts = open_claim_counts(conn, scope, context.year)
        shown = claims(conn, scope, context.year, limit=SHOWN)
        done = claims(conn, scope, context.year, decided=True, limit=DECIDED)
    waiting = sum(counts.values())
    moved = {} if context.known else effects(store, shown, context.year, context.as_of)
    may_decide = acting().may(Right.CONFIRM) and context.known is None
    lines = [line_of(claim, context, moved.get(claim.id)) for claim in shown]
    said = [f"{context.year}年度没有待确认的事项"]
    if waiting:
        districts = {code for code, _ in counts}
        said = [f"{waiting}项待确认，涉及{len(districts)}个区市"]
        kinds = {k: sum(n for (_, kind), n in counts.items() if kind is k) for k in ClaimKind}
        said.append("、".join(f"{k.label}{n}项" for k, n in kinds.items() if n))
    parts = [
        headline(said),
        *problem_notes(context.problems, href(paths.CONFIRM, context.query)),
        html.P(
            "区市自己上传的“是否纳入违法计算＝否”在确认以前不起作用；倒填的日期、清空的内容和缺少的"
            "地块先计入并标出。市局上传的视为已确认。",
            className="subline",
        ),
        queue(lines, may_decide, waiting - len(shown)),
    ]
    decided = decided_list([line_of(claim, context) for claim in done])
    return [*parts, decided] if decided is not None else parts


def notes_of_patch(conn: Connection, context: PageContext, patch_id: int) -> Component | None:
    """On the page of a patch."""
    found = claims(conn, context.scope, patch_id=patch_id)
    return claim_notes([line_of(c, context) for c in found], href(paths.CONFIRM, context.query))


def waiting_by_district(conn: Connection, scope: Scope, year: int) -> dict[str, int]:
    """How much waits of each district's, for marks on cards."""
    counts: dict[str, int] = {}
    for (code, _), count in open_claim_counts(conn, scope, year).items():
        counts[code] = counts.get(code, 0) + count
    return counts


def picked(values: Iterable[Sequence[Any] | None]) -> list[int]:
    """Numbers of the claims that are ticked."""
    found = [whole_number(str(v), 1, MOST_ID) for ticks in values for v in ticks or ()]
    return [number for number in found if number is not None]


def act(store: Store, ids_: Sequence[int], is_accepted: bool, reason: str, today: date) -> str:
    """Decide, and say what was done."""
    with store.write() as conn:
        decide(conn, ids_, is_accepted, reason, today, source_of_request())
    return f"已{'确认' if is_accepted else '不予认可'}{len(ids_)}项。"


def register(app: Dash, services: Services) -> None:
    i = ids.Confirm

    @app.callback(
        Output(i.CONTENT, "children"),
        Input(i.CONTENT, "id"),
        State(ids.Shell.LOCATION, "search"),
    )
    def content(_: str, search: str | None) -> list[Component]:
        return render(services.store, services.settings, search or "")

    @app.callback(
        Output(i.CONTENT, "children", allow_duplicate=True),
        Output(ids.Shell.TOASTS, "children", allow_duplicate=True),
        Input(i.ACCEPT, "n_clicks"),
        Input(i.REFUSE, "n_clicks"),
        State({"type": "confirm-pick", "claim": ALL}, "value"),
        State(i.REASON, "value"),
        State(ids.Shell.LOCATION, "search"),
        prevent_initial_call=True,
    )
    @needs(Right.CONFIRM)
    @changes_state
    def decided(
        accept: int | None,
        refuse: int | None,
        ticks: list[list[int] | None],
        reason: str | None,
        search: str | None,
    ) -> tuple[Any, ...]:
        if not (accept or refuse):
            raise PreventUpdate
        is_accepted = ctx.triggered_id == i.ACCEPT
        today = services.settings.today()
        said = act(services.store, picked(ticks), is_accepted, (reason or "")[:500], today)
        return render(services.store, services.settings, search or ""), toast(said)
