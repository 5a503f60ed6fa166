"""What a paper says: the figures that its kind quotes, and its texts. The workflow of measures
calls `compose` when one is drafted and when its figures are taken anew, `checks` before issue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.documents.checking import changed_since, remarks
from data.documents.families import MAKERS
from data.documents.paper import as_texts
from data.documents.quotes import Quotes
from data.measures.frozen import Composed, Draft, Remark
from data.scope import Scope

if TYPE_CHECKING:
    from sqlalchemy import Connection


def compose(conn: Connection, scope: Scope, draft: Draft) -> Composed:
    """The figures and texts of a paper, as the store knows its as-of date now. The same draft over
    the same data gives the same figures: what differs later has changed."""
    quotes = Quotes(conn, scope, draft)
    texts = as_texts(MAKERS[draft.kind](quotes))
    return Composed(quotes.figures(), texts)


def checks(conn: Connection, draft: Draft, composed: Composed) -> list[Remark]:
    """What stands against the issue of a paper, each with its place. A figure that the store gives
    otherwise by now is one of them."""
    now = compose(conn, Scope.all(), draft)
    return [*changed_since(composed.figures, now.figures), *remarks(conn, draft, composed)]
