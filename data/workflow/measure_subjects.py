"""Whom a new measure is about, and on which trigger it rests: what the words of a command or a page
name, found in the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from data.errors import NotFound, SupervisionError
from data.measures.frozen import Draft
from data.measures.kinds import MeasureKind, Subject
from data.periods import format_day, month_due_on, months_before
from data.scope import Scope
from data.store.engine import city_of
from data.store.models import Patch
from data.store.queries.list_filters import numbered
from data.store.queries.stamp import districts
from data.store.queries.state import PatchState, day_literal
from data.triggers.current import ALL_RULES, city_code, current_triggers

WHOLE_CITY = ("全市", "city")
#: Kinds about one clearance month.
OF_A_MONTH = frozenset(
    {
        MeasureKind.WORK_NOTICE_CLEARANCE,
        MeasureKind.WORK_NOTICE_AUDIT,
        MeasureKind.MONTHLY_BULLETIN,
        MeasureKind.FULL_VERIFICATION,
    }
)


@dataclass(frozen=True, slots=True)
class NewMeasure:
    """What a drafter asks for. subject: a district's code or name, a patch number, or 全市. rule,
    period: found where they are not said."""

    kind: MeasureKind
    subject: str
    year: int
    as_of: date
    patch_nos: tuple[str, ...] = ()
    reason: str = ""
    rule: str | None = None
    period: str | None = None
    follows: int | None = None


def resolve(conn: Connection, new: NewMeasure) -> Draft:
    """Raises NotFound for a subject or patch that is not there on the day, SupervisionError for a
    subject that the kind has not."""
    subject, kind, district = _subject(conn, new)
    patch_nos = tuple(dict.fromkeys(new.patch_nos))
    if patch_nos:
        _prove_patches(conn, new, district, patch_nos)
    rule, period = _rule(conn, new, subject, district)
    if period is None and new.kind in OF_A_MONTH:
        period = last_month(new.as_of)
    return Draft(
        new.kind,
        new.year,
        new.as_of,
        subject,
        kind,
        district,
        new.period or period,
        patch_nos,
        new.rule or rule,
        new.reason,
        new.follows,
    )


def last_month(as_of: date) -> str:
    """The last clearance month whose due date has passed by the day."""
    month = f"{as_of:%Y-%m}"
    return month if month_due_on(month) < as_of else months_before(month, 1)[0]


def _subject(conn: Connection, new: NewMeasure) -> tuple[str, Subject, str | None]:
    """(subject, what it is, code of its district)."""
    units = districts(conn)
    allowed = new.kind.about.subjects
    city = city_code([unit.code for unit in units])
    found: tuple[str, Subject, str | None] | None = None
    if new.subject in (*WHOLE_CITY, city_of(conn), city):
        found = city, Subject.CITY, None
    else:
        unit = next((u for u in units if new.subject in (u.code, u.name, u.short_name)), None)
        if unit is not None:
            found = unit.code, Subject.DISTRICT, unit.code
        else:
            state = PatchState(Patch, day_literal(new.as_of))
            district = conn.scalar(
                select(state.district).where(
                    Patch.year == new.year, Patch.patch_no == new.subject, state.active
                )
            )
            if district is not None:
                found = new.subject, Subject.PATCH, str(district)
    if found is None:
        raise NotFound(
            f"截至{format_day(new.as_of)}，{new.year}年度没有区市或图斑“{new.subject[:40]}”，请核对。"
        )
    if found[1] not in allowed:
        words = "、".join(subject.label for subject in allowed)
        raise SupervisionError(
            f"“{new.kind.label}”的对象应为{words}，“{new.subject[:40]}”是{found[1].label}。"
        )
    return found


def _prove_patches(
    conn: Connection, new: NewMeasure, district: str | None, patch_nos: tuple[str, ...]
) -> None:
    state = PatchState(Patch, day_literal(new.as_of))
    rows = conn.execute(
        select(Patch.patch_no, state.district.label("district")).where(
            Patch.year == new.year, numbered(patch_nos), state.active
        )
    )
    known = {row.patch_no: row.district for row in rows}
    missing = [n for n in patch_nos if n not in known or district not in (None, known[n])]
    if missing:
        raise NotFound(
            f"截至{format_day(new.as_of)}，“{new.subject[:40]}”没有{new.year}年度的图斑"
            f"“{'、'.join(missing[:5])}”，请核对编号。"
        )


def _rule(
    conn: Connection, new: NewMeasure, subject: str, district: str | None
) -> tuple[str | None, str | None]:
    """The first of the kind's rules that holds of the subject on the day, and its month."""
    rules = tuple(r for r in new.kind.about.rules if r in ALL_RULES)
    if not rules:
        return next(iter(new.kind.about.rules), None), None
    found = current_triggers(
        conn, Scope.all(), new.year, new.as_of, district, rules=rules, with_patches=False
    )
    own = [t for t in found if t["subject"] == subject]
    for rule in rules:
        of_rule = [t for t in own if t["rule"] == rule]
        if of_rule:
            periods = sorted(str(t["period"]) for t in of_rule if "-" in str(t["period"]))
            return rule, periods[-1] if periods else None
    return None, None
