"""What a paper says: the figures that its kind quotes, and its texts. The workflow of measures
calls `compose` when one is drafted and when its figures are taken anew, `checks` before issue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data.definitions import DEFINITIONS
from data.measures.frozen import Composed, Draft, Figure, Remark
from data.measures.kinds import MeasureKind, Subject
from data.scope import Scope
from data.store.queries.contributions import OF_PARCELS, amounts_of_patches, listed_figures
from data.store.queries.figures import figures
from data.triggers.lines import lines_of
from data.triggers.rulebook import rulebook
from data.units import format_count, format_mu, format_rate
from data.vocabulary import RatioVariant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

_K = MeasureKind
_RATIOS = ("ratio_net", "ratio_gross", "ratio_net_part_mu", "new_construction_farmland_mu")
_LAND = ("remaining_farmland_mu", "remaining_basic_farmland_mu", "remaining_redline_mu")
_CLEARANCE = ("due_reached", "on_time", "overdue", "on_time_rate")
_RECTIFIED = ("unlawful_mu", "eliminated_mu", "rectification_rate", "remaining_farmland_mu")
#: What each kind quotes of its district or the city (documents.md §2–6).
QUOTED: dict[MeasureKind, tuple[str, ...]] = {
    _K.EARLY_WARNING: (*_RATIOS, *_LAND, "mineral_unlawful_patches"),
    _K.WARNING_RELEASE: (*_RATIOS, *_LAND, "mineral_unlawful_patches"),
    _K.KEY_MONITORING: (*_RATIOS, *_LAND),
    _K.KEY_MONITORING_RELEASE: (*_RATIOS, *_LAND),
    _K.INTERVIEW_REQUEST: (*_RATIOS, "unlawful_farmland_mu", *_LAND, "rectification_rate"),
    _K.WORK_NOTICE_AUDIT: ("audited", "returned", "error_rate", "first_pass_rate"),
    _K.WORK_NOTICE_RECTIFICATION: _RECTIFIED,
    _K.WORK_NOTICE_CLEARANCE: _CLEARANCE,
    _K.FULL_VERIFICATION: ("audited", "returned", "error_rate"),
    _K.FREEZE_NOTICE: ("remaining_farmland_mu",),
    _K.THAW_REQUEST: ("remaining_farmland_mu",),
}
_OTHERWISE = _RECTIFIED


def compose(conn: Connection, scope: Scope, draft: Draft) -> Composed:
    """The figures and texts of a paper, as the store knows its as-of date now. The same draft over
    the same data gives the same figures: what differs later has changed."""
    document = figures(conn, scope, draft.year, draft.as_of)
    row: Mapping[str, Any] = document["city"]
    if draft.district is not None:
        row = next(unit for unit in document["districts"] if unit["code"] == draft.district)
    book = rulebook(conn)
    lines = lines_of(book, draft.year, draft.as_of)
    names = QUOTED.get(draft.kind, _OTHERWISE)
    behind = _behind(conn, scope, draft, names)
    version = f"ratio@{book['ratio'].of(draft.year, draft.as_of).valid_from.isoformat()}"
    quoted = tuple(
        Figure(
            id=name,
            name=name,
            variant=next((v.value for v in RatioVariant if name == f"ratio_{v}"), None),
            value=None if row[name] is None else float(row[name]),
            text=_text(name, row[name], lines.get(name, ())),
            as_of=draft.as_of,
            district=draft.district,
            patches=behind.get(name, ()),
            rule_version=version if name.startswith("ratio_") else "",
        )
        for name in names
    )
    return Composed(quoted, {"basis": draft.reason})


def checks(conn: Connection, draft: Draft, composed: Composed) -> list[Remark]:
    """What stands against the issue of a paper, each with its place."""
    return []


def _text(name: str, value: Any, lines: tuple[float, ...]) -> str:
    unit = DEFINITIONS[name].unit
    if unit == "%":
        return format_rate(value, lines)
    return f"{format_mu(value)}亩" if unit == "亩" else f"{format_count(value)}{unit}"


def _behind(
    conn: Connection, scope: Scope, draft: Draft, names: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    """Figure → its patches, those of the drafter's choice where he named some."""
    if draft.subject_kind is Subject.PATCH:
        return dict.fromkeys(names, (draft.subject,))
    wanted = {}
    for name in names:
        try:
            (listed,) = listed_figures(name)
        except KeyError:
            continue
        if listed in OF_PARCELS:
            wanted[name] = listed
    if not wanted:
        return {}
    rows = amounts_of_patches(
        conn, scope.narrowed_to(draft.district), draft.year, draft.as_of, set(wanted.values())
    )
    return {
        name: tuple(sorted(row["patch_no"] for row in rows if row[listed]))
        for name, listed in wanted.items()
    }
