"""Cases and transfers (§2.2, §5.4): what was filed about the unlawful, how long it took, what was
filed without anything unlawful, what was handed over and answered, and the six questions that are
still to be answered (docs/worklists.md, Cases)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from sqlalchemy import Connection

from data.scope import Scope
from data.store.queries.case_facts import (
    CaseFact,
    TransferFact,
    case_facts,
    enforced,
    transfer_facts,
    unanswered,
)
from data.store.queries.legality import judged
from data.store.queries.stamp import districts
from data.store.queries.state import QUESTION_COLUMNS
from data.triggers.rulebook import rulebook
from data.vocabulary import Legality, Term
from data.worklists.audit import Unfiled, unfiled_parcels
from data.worklists.stays import StaySummary
from data.worklists.workdays import workdays_between


class CaseStay(Term):
    FILE = "file", "制止到立案"
    PENALTY = "penalty", "立案到处罚决定"
    REPLY = "reply", "移送到答复"


#: From, to; to: None while it is open.
Span = tuple[date, date | None]
Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Case:
    """legality: effective on the day; None where the split has no such parcel."""

    fact: CaseFact
    legality: Legality | None

    @property
    def unlawful(self) -> bool:
        return self.legality is Legality.UNLAWFUL


@dataclass(frozen=True, slots=True)
class Question:
    """An unlawful parcel on farmland with questions unanswered (待补判). missing: their columns."""

    patch_no: str
    parcel_no: int
    district: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaseSums:
    """Parcels; transfers. late: unfiled for more workdays than D9 says."""

    unlawful: int
    filed: int
    unfiled: int
    late: int
    without_unlawful: int
    transfers: int
    unanswered: int
    questions_open: int
    times: Mapping[CaseStay, StaySummary]


@dataclass(frozen=True, slots=True)
class Cases:
    """unlawful: (patch, parcel) → district and whether it is filed. cases: by number. transfers:
    the longest ago first. line: workdays of D9."""

    year: int
    as_of: date
    line: int
    city: CaseSums
    districts: Mapping[str, CaseSums]
    unlawful: Mapping[Key, tuple[str, bool]]
    direct_filing: tuple[Unfiled, ...]
    cases: tuple[Case, ...]
    transfers: tuple[TransferFact, ...]
    questions: tuple[Question, ...]

    @property
    def without_unlawful(self) -> list[Case]:
        return [case for case in self.cases if case.fact.filed_on and not case.unlawful]


def cases(
    conn: Connection, scope: Scope, year: int, as_of: date, district: str | None = None
) -> Cases:
    """On the land and mineral patches that count on the day, of the scope or one district."""
    chosen = scope.narrowed_to(district)
    line = rulebook(conn)["D9"].of(year, as_of).parameters["workdays"]
    known = judged(conn, chosen, year, as_of, among=enforced(as_of))
    parcels, today = known.parcels, as_of.toordinal()
    names = ("patch_no", "parcel_no", "effective", "district", "farmland_mu", "filed_on")
    rows = list(zip(*(parcels[name].tolist() for name in names), strict=True))
    legality = {(no, parcel): Legality(effective) for no, parcel, effective, *_ in rows}
    unlawful = {
        (no, parcel): (code, filed <= today)
        for no, parcel, effective, code, _, filed in rows
        if effective == Legality.UNLAWFUL.value
    }
    filed = [Case(fact, legality.get(_parcel(fact, legality)))
             for fact in case_facts(conn, chosen, year, as_of)]  # fmt: skip
    open_questions = unanswered(conn, chosen, year, as_of)
    questions = [
        Question(no, parcel, code, missing)
        for no, parcel, _, code, farmland, _ in rows
        if (no, parcel) in unlawful and farmland > 0
        and (missing := open_questions.get((no, parcel), () if parcel else QUESTION_COLUMNS))
    ]  # fmt: skip
    waiting = unfiled_parcels(known, known.patches.set_index("id"), as_of)
    transfers = transfer_facts(conn, chosen, year, as_of)
    found = _Lists(line, unlawful, waiting, filed, transfers, questions)
    codes = [u.code for u in districts(conn) if chosen.allows(u.code)]
    return Cases(
        year,
        as_of,
        line,
        found.sums(None),
        {code: found.sums(code) for code in codes},
        unlawful,
        tuple(waiting),
        tuple(filed),
        tuple(transfers),
        tuple(sorted(questions, key=lambda q: (q.patch_no, q.parcel_no))),
    )


def _parcel(fact: CaseFact, legality: Mapping[Key, Legality]) -> Key:
    """A case of a patch without parcels is written on parcel 0, or on the default 1."""
    key = (fact.patch_no, fact.parcel_no)
    zero = (fact.patch_no, 0)
    return zero if key not in legality and zero in legality and fact.parcel_no <= 1 else key


@dataclass(frozen=True, slots=True)
class _Lists:
    line: int
    unlawful: Mapping[Key, tuple[str, bool]]
    waiting: list[Unfiled]
    cases: list[Case]
    transfers: list[TransferFact]
    questions: list[Question]

    def sums(self, code: str | None) -> CaseSums:
        """Of a district; None: of all."""

        def own(district: str) -> bool:
            return code in (None, district)

        counts = Counter(is_filed for district, is_filed in self.unlawful.values() if own(district))
        waiting = [u for u in self.waiting if own(u.district)]
        filed = [case for case in self.cases if own(case.fact.district)]
        transfers = [t for t in self.transfers if own(t.district)]
        return CaseSums(
            unlawful=counts.total(),
            filed=counts[True],
            unfiled=len(waiting),
            late=sum(u.workdays > self.line for u in waiting),
            without_unlawful=sum(bool(c.fact.filed_on) and not c.unlawful for c in filed),
            transfers=len(transfers),
            unanswered=sum(t.replied_on is None for t in transfers),
            questions_open=sum(own(q.district) for q in self.questions),
            times={
                CaseStay.FILE: summary(spans(filed, CaseStay.FILE)),
                CaseStay.PENALTY: summary(spans(filed, CaseStay.PENALTY)),
                CaseStay.REPLY: summary((t.transferred_on, t.replied_on) for t in transfers),
            },
        )


def spans(found: Iterable[Case], stay: CaseStay) -> list[Span]:
    """Of FILE and PENALTY. What is not unlawful waits for nothing, so that it is never open."""
    made = []
    for case in found:
        fact = case.fact
        start, end = (
            (fact.stopped_on, fact.filed_on)
            if stay is CaseStay.FILE
            else (fact.filed_on, fact.penalty_on)
        )
        if start is not None and (end is not None or case.unlawful):
            made.append((start, end))
    return made


def summary(found: Iterable[Span]) -> StaySummary:
    ended, waiting = [], []
    for start, end in found:
        if end is None:
            waiting.append(start)
        else:
            ended.append((start.toordinal(), end.toordinal()))
    days = np.array(ended, dtype=np.int64).reshape(-1, 2)
    took = workdays_between(days[:, 0], days[:, 1])
    middle = float(np.median(took)) if len(took) else None
    return StaySummary(len(took), middle, len(waiting), min(waiting, default=None))
