"""What a paper says: the figures that its kind quotes, and its texts. The workflow of measures
calls `compose` when one is drafted and when its figures are taken anew, `checks` before issue.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from data.documents.checking import changed_since, remarks
from data.documents.families import MAKERS
from data.documents.paper import Para, as_texts, literal
from data.documents.quotes import Quotes
from data.measures.frozen import Composed, Draft, Remark
from data.measures.kinds import Subject
from data.scope import Scope
from data.store.queries.claims import claims
from data.vocabulary import ClaimKind

if TYPE_CHECKING:
    from sqlalchemy import Connection


#: Patches that a note names.
_NAMED = 10


def compose(conn: Connection, scope: Scope, draft: Draft) -> Composed:
    """The figures and texts of a paper, as the store knows its as-of date now. The same draft over
    the same data gives the same figures: what differs later has changed."""
    quotes = Quotes(conn, scope, draft)
    paper = MAKERS[draft.kind](quotes)
    figures = quotes.figures()
    if figures:
        paper = replace(paper, blocks=(*paper.blocks, *_unconfirmed(conn, scope, draft)))
    return Composed(figures, as_texts(paper))


def _unconfirmed(conn: Connection, scope: Scope, draft: Draft) -> list[Para]:
    """A note where days that figures of the paper may rest on are 倒填 and wait for the city."""
    own = {draft.subject, *draft.patch_nos} if draft.subject_kind is Subject.PATCH else None
    found = dict.fromkeys(
        claim.patch_no
        for claim in claims(conn, scope, draft.year)
        if claim.kind is ClaimKind.BACKDATED
        and str(claim.new) <= draft.as_of.isoformat()
        and draft.district in (None, claim.district)
        and (own is None or claim.patch_no in own)
    )
    if not found:
        return []
    named = "、".join(literal(number) for number in list(found)[:_NAMED])
    more = "等" if len(found) > _NAMED else ""
    return [
        Para(f"注：图斑{named}{more}的日期为倒填，尚待市局确认；文中数据按所填日期计。", "note")
    ]


def checks(conn: Connection, draft: Draft, composed: Composed) -> list[Remark]:
    """What stands against the issue of a paper, each with its place. A figure that the store gives
    otherwise by now is one of them."""
    now = compose(conn, Scope.all(), draft)
    return [*changed_since(composed.figures, now.figures), *remarks(conn, draft, composed)]
