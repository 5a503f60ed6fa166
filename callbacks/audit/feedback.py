"""退回反馈: what a district has to correct, as a workbook that comes back as its 核查结果."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from callbacks.frame.context import read_context
from callbacks.frame.downloads import file_name
from components import paths
from data.periods import correction_due_on, format_day
from data.settings import Settings
from data.store.queries.audit_lists import OpenReturn, corrections, open_returns_of
from data.upload.feedback import Returned, write_feedback
from data.vocabulary import AuditLevel

if TYPE_CHECKING:
    from sqlalchemy import Connection

EXPORT_PATH = f"/export{paths.AUDIT}/feedback.xlsx"


def said_of(returns: Sequence[OpenReturn], year: int) -> str:
    """`市级6月1日退回（时相不符）：照片早于影像；请于6月8日前改正`."""
    told = []
    for one in returns:
        what = f"地块{one.parcel_no}" if one.parcel_no else ""
        codes = f"（{'、'.join(one.codes)}）" if one.codes else ""
        opinion = f"：{one.opinion}" if one.opinion else ""
        level = AuditLevel(one.level).label
        told.append(f"{level}{format_day(one.decided_on, year)}退回{what}{codes}{opinion}")
    first = min(one.decided_on for one in returns)
    return "；".join([*told, f"请于{format_day(correction_due_on(first), year)}前改正"])


def feedback(conn: Connection, settings: Settings, search: str) -> tuple[str, bytes]:
    """(file name, xlsx) of what the view's districts have to correct."""
    context = read_context(conn, settings, search)
    scope, year = context.scope.narrowed_to(context.district), context.year
    numbers = [c.patch_no for c in corrections(conn, scope, year, context.as_of)]
    returns, parcels = open_returns_of(conn, scope, year, context.as_of, numbers)
    returned = [
        Returned(number, said_of(returns[number], year), parcels.get(number, ()))
        for number in numbers
    ]
    name = file_name("退回反馈", context)
    return name, write_feedback(name, year, returned)
