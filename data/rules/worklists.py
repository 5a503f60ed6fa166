"""Predicates of the worklists: when a recheck is due (§4.6), which patches lie on the same
ground, which areas were filled in differently than measured (§5.3), which data look wrong (§4.3).
Pure: no SQL, no clock."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from data.periods import add_workdays
from data.units import THRESHOLD_DECIMALS, meets

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def months_after(day: date, months: int) -> date:
    """The same day so many months later; the month's last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def recheck_due(
    start: date,
    last: date | None,
    is_temporary: bool,
    approved_until: date | None,
    *,
    months: int,
    temporary_months: int,
    after_term_months: int,
) -> date | None:
    """W1: when the next recheck of an outcome is due.

    start: the day on which the outcome took effect. last: of the last recheck. approved_until: the
    term of 临时用地, where given: due on that day and once more after it; None when both are done.
    """
    if not is_temporary or approved_until is None:
        return months_after(last or start, temporary_months if is_temporary else months)
    later = months_after(approved_until, after_term_months)
    if last is None or last < approved_until:
        return approved_until
    return later if last < later else None


def tracking_due(last_check_on: date, *, days: int) -> date:
    """W4: when the county looks at an F1 patch again that still has something to rectify."""
    return last_check_on + timedelta(days=days)


def step_due(
    step: str,
    since: date,
    *,
    audit_workdays: int,
    forward_workdays: int,
    deem_workdays: int,
    accept_workdays: int,
    certify_workdays: int,
) -> date:
    """W5: the last day for a step of the city that waits since a day: audit, forward, deem, accept
    or certify."""
    limits = {
        "audit": audit_workdays,
        "forward": forward_workdays,
        "deem": deem_workdays,
        "accept": accept_workdays,
        "certify": certify_workdays,
    }
    return add_workdays(since, limits[step])


def check_step_due(
    step: str,
    since: date,
    *,
    assign_workdays: int,
    check_workdays: int,
    confirm_workdays: int,
    again_workdays: int,
) -> date:
    """W6: the last day for a step of a field check that waits since a day: assign, check, confirm
    or again (what was sent back)."""
    limits = {
        "assign": assign_workdays,
        "check": check_workdays,
        "confirm": confirm_workdays,
        "again": again_workdays,
    }
    return add_workdays(since, limits[step])


def come_back(shares: Floats, shares_of_evidence: Floats, *, share: float, evidenced_share: float
              ) -> tuple[Flags, Flags]:  # fmt: skip
    """W2: which pairs of patches lie on the same ground, and which patches on what another
    programme has evidence of. shares: of the smaller patch; shares_of_evidence: of the patch."""
    return _meet(shares, share), _meet(shares_of_evidence, evidenced_share)


def measured(
    filled_mu: Floats,
    measured_mu: Floats,
    area_mu: Floats,
    covered: Floats,
    *,
    tolerance_mu: float,
    tolerance_share: float,
    uncovered_share: float,
) -> tuple[Floats, Flags]:
    """W3: (-1 where less was filled in than measured, 1 where more, 0 where the two agree within
    the tolerance; which of the lawful patches no approval covers). area_mu: of the patch itself.
    covered: of lawful patches, the share that approved land covers."""
    tolerance = np.maximum(tolerance_mu, tolerance_share * area_mu)
    difference = np.round(filled_mu - measured_mu, THRESHOLD_DECIMALS)
    beyond = np.abs(difference) > np.round(tolerance, THRESHOLD_DECIMALS)
    return np.where(beyond, np.sign(difference), 0.0), ~_meet(covered, 1 - uncovered_share)


def share_far(
    own: tuple[int, int],
    others: tuple[int, int],
    last_year: tuple[int, int],
    *,
    least_filled: int,
    least_patches: int,
    gap: float,
    times: float,
) -> bool:
    """W7: whether a district fills in one outcome far more often than the other districts together
    do, and than it did last year. Each pair: (patches of the outcome, patches filled in). Few
    patches say nothing; a last year with few is left out."""
    patches, filled = own
    if patches < least_patches or min(filled, others[1]) < least_filled:
        return False
    beside = [others] + ([last_year] if last_year[1] >= least_filled else [])
    share = patches / filled
    shares = [part / whole for part, whole in beside]
    return all(meets(share - other, gap) and meets(share, times * other) for other in shares)


def concentrated(
    what: str,
    patches: int,
    whole: int,
    length: int = 0,
    *,
    least_patches: int,
    text_length: int,
    text_share: float,
    area_share: float,
    last_day_share: float,
    one_day_share: float,
) -> bool:
    """W8: whether so many patches of a whole have the same text, area or day. what: text, area,
    last_day or one_day. length: of a text, in characters; a short one is a standing phrase."""
    if patches < least_patches or (what == "text" and length < text_length):
        return False
    shares = {
        "text": text_share,
        "area": area_share,
        "last_day": last_day_share,
        "one_day": one_day_share,
    }
    return meets(patches / whole, shares[what])


def under_line(
    below: int, under: int, over: int, *, least_patches: int, width: float, times: float
) -> bool:
    """W9: whether areas gather just under a line. under, over: patches in the bands on its two
    sides, below: in the one under these; each band is `width` of the line wide."""
    return under >= least_patches and meets(under, times * max((below + over) / 2, 1.0))


def _meet(values: Floats, line: float) -> Flags:
    """units.meets of each."""
    met: Flags = np.round(values, THRESHOLD_DECIMALS) >= round(line, THRESHOLD_DECIMALS)
    return met


PREDICATES: dict[str, Callable[..., Any]] = {
    "recheck_due": recheck_due,
    "come_back": come_back,
    "measured": measured,
    "tracking_due": tracking_due,
    "step_due": step_due,
    "check_step_due": check_step_due,
    "share_far": share_far,
    "concentrated": concentrated,
    "under_line": under_line,
}
