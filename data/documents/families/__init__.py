"""One function a kind of paper: the store's quotes in, a paper out."""

from __future__ import annotations

from collections.abc import Callable

from data.documents.families import cases, interviews, notices, quota, reports, warnings
from data.documents.paper import Paper
from data.documents.quotes import Quotes
from data.measures.kinds import MeasureKind

_MODULES = (warnings, interviews, cases, notices, reports, quota)


def _maker(kind: MeasureKind) -> Callable[[Quotes], Paper]:
    """The function of the kind's name; a kind without one is a fault at the first start."""
    (found,) = (getattr(m, kind.value) for m in _MODULES if hasattr(m, kind.value))
    maker: Callable[[Quotes], Paper] = found
    return maker


MAKERS: dict[MeasureKind, Callable[[Quotes], Paper]] = {kind: _maker(kind) for kind in MeasureKind}
