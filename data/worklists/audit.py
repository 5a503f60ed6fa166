"""The monthly audit (月核) on a day: where patches stand, how long stays took, what was returned
why, the problem list, and what the city may file itself (worklists.md, Audit pipeline)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from data.rules.loader import Rule
from data.scope import Scope
from data.store.columns import day_of
from data.store.queries.legality import Judged, judged
from data.store.queries.staff_records import staff_records
from data.store.queries.stamp import districts
from data.store.queries.worklist_frames import problem_frame
from data.triggers.rulebook import Rulebook, rulebook
from data.vocabulary import AuditResult, Domain, Term
from data.worklists.deeming import proposals, unanswered
from data.worklists.stages import Stage, stages_of
from data.worklists.stays import Stay, StaySummary, stays_of, summaries
from data.worklists.workdays import workdays_between

#: The reason of a return that carries none.
UNCLASSIFIED = "未分类"
_JOINER = "、"


class ProblemState(Term):
    """State of an item of the problem list."""

    OPEN = "open", "未销号"
    OVERDUE = "overdue", "逾期未销号"
    LATE = "late", "逾期销号"
    WRITTEN_OFF = "written_off", "已销号"


@dataclass(frozen=True, slots=True)
class StageCell:
    """How many patches stand in a stage, their own farmland, and the day since which the oldest
    does (None without any)."""

    patches: int = 0
    farmland_mu: float = 0.0
    oldest_since: date | None = None


Stages = Mapping[Stage, StageCell]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A patch that waits for somebody. days, workdays: since then, up to the as-of date."""

    patch_no: str
    district: str
    month: str | None
    domain: str
    stage: Stage
    since: date
    days: int
    workdays: int
    farmland_mu: float


@dataclass(frozen=True, slots=True)
class ProblemItem:
    patch_no: str
    district: str
    listed_on: date
    due_on: date
    written_off_on: date | None
    state: ProblemState
    description: str


@dataclass(frozen=True, slots=True)
class Unfiled:
    """An unlawful parcel without a case (D9), and how long its determination has been in effect."""

    patch_no: str
    parcel_no: int
    district: str
    since: date
    workdays: int


@dataclass(frozen=True, slots=True)
class AuditRow:
    """A district and clearance month (month None: the district's minerals). returns: 退回 decisions
    by reason code; level_returns: by level. repeated: patches that the city returned on several
    days. stays: finished and open ones by kind."""

    district: str
    month: str | None
    stages: Stages
    stays: Mapping[Stay, StaySummary]
    returns: Mapping[str, int]
    level_returns: Mapping[int, int]
    repeated: int


@dataclass(frozen=True, slots=True)
class Audit:
    """city, districts (code → stages, in the bureau's order), rows by district and month; stays of
    all of these, and by district."""

    year: int
    as_of: date
    city: Stages
    districts: Mapping[str, Stages]
    rows: tuple[AuditRow, ...]
    waiting: tuple[Waiting, ...]
    problems: tuple[ProblemItem, ...]
    direct_filing: tuple[Unfiled, ...]
    stays: Mapping[Stay, StaySummary] = field(default_factory=dict)
    district_stays: Mapping[str, Mapping[Stay, StaySummary]] = field(default_factory=dict)

    @property
    def months(self) -> list[AuditRow]:
        """A row per district and clearance month that has patches, like those of figures.md: land
        only."""
        return [row for row in self.rows if row.month is not None]


def audit(
    conn: Connection, scope: Scope, year: int, as_of: date, district: str | None = None
) -> Audit:
    """The audit of the land and mineral patches that count on the day; `city` is the whole of what
    the scope sees, also where one district is asked for."""
    rules = rulebook(conn)
    units = [unit.code for unit in districts(conn) if scope.allows(unit.code)]
    known = judged(conn, scope, year, as_of)
    listed = problem_frame(conn, scope, year, as_of)
    patches = _staged(conn, scope, year, as_of, known, listed, rules)
    city = _cells(patches)
    if district is not None:
        units = [code for code in units if code == district]
        patches = patches[patches["district"] == district].reset_index(drop=True)
    own = patches.set_index("id")
    decisions = known.decisions[known.decisions["patch_id"].isin(own.index)]
    stays = stays_of(patches, decisions, as_of.toordinal())
    return Audit(
        year=year,
        as_of=as_of,
        city=city,
        districts=_by_district(patches, units),
        rows=tuple(_rows(patches, decisions, stays, units)),
        waiting=tuple(_waiting(patches, as_of)),
        problems=tuple(_problems(rules["D8"], year, listed, own, as_of)),
        direct_filing=tuple(unfiled_parcels(known, own, as_of)),
        stays=summaries(stays),
        district_stays=_stays_by_district(stays, own),
    )


def waiting_of(
    conn: Connection,
    scope: Scope,
    year: int,
    as_of: date,
    district: str | None = None,
    known: Judged | None = None,
) -> tuple[Waiting, ...]:
    """`waiting` of the audit by itself. known: the year as judged, where it has been read."""
    chosen = scope.narrowed_to(district)
    known = known or judged(conn, chosen, year, as_of)
    listed = problem_frame(conn, chosen, year, as_of)
    patches = _staged(conn, chosen, year, as_of, known, listed, rulebook(conn))
    return tuple(_waiting(patches, as_of))


# ---- stages --------------------------------------------------------------------------------------


def _staged(
    conn: Connection,
    scope: Scope,
    year: int,
    as_of: date,
    known: Judged,
    listed: pd.DataFrame,
    rules: Rulebook,
) -> pd.DataFrame:
    """The patches that count on the day with `stage` and `since`. listed: problem_frame."""
    records = staff_records(conn, scope, year, as_of)
    deeming = proposals(rules, year, as_of, known.patches, known.decisions, records)
    return stages_of(known, listed, unanswered(deeming), as_of)


def _cells(patches: pd.DataFrame) -> dict[Stage, StageCell]:
    found = {stage: StageCell() for stage in Stage}
    for name, own in patches.groupby("stage", sort=False):
        areas = own["farmland_mu"].to_numpy(np.float64)
        oldest = day_of(int(own["since"].min()))
        found[Stage(name)] = StageCell(len(own), float(areas.sum()), oldest)
    return found


def _by_district(patches: pd.DataFrame, units: list[str]) -> dict[str, Stages]:
    groups = dict(iter(patches.groupby("district", sort=False)))
    order = [*units, *sorted(set(groups) - set(units))]
    return {code: _cells(groups.get(code, patches.iloc[:0])) for code in order}


def _stays_by_district(
    stays: pd.DataFrame, own: pd.DataFrame
) -> dict[str, Mapping[Stay, StaySummary]]:
    codes = own["district"].reindex(stays["patch_id"]).to_numpy()
    return {str(code): summaries(part) for code, part in stays.groupby(codes, sort=False)}


def _rows(
    patches: pd.DataFrame, decisions: pd.DataFrame, stays: pd.DataFrame, units: list[str]
) -> list[AuditRow]:
    month = patches["clearance_month"].where(patches["domain"] == Domain.LAND.value, None)
    month = month.astype(object).where(month.notna(), "")
    keys = pd.DataFrame({"patch_id": patches["id"], "code": patches["district"], "month": month})
    own = decisions.merge(keys, on="patch_id")
    returned = own[own["result"] == AuditResult.RETURNED.value]
    by_key = {
        "returns": dict(iter(returned.groupby(["code", "month"]))),
        "stays": dict(iter(stays.merge(keys, on="patch_id").groupby(["code", "month"]))),
    }
    place = {code: at for at, code in enumerate(units)}
    groups = list(patches.assign(month=month).groupby(["district", "month"]))
    groups.sort(key=lambda group: (place.get(group[0][0], len(units)), group[0]))
    rows = []
    for key, members in groups:
        of_returns = by_key["returns"].get(key, returned.iloc[:0])
        city = of_returns[of_returns["level_rank"] == 1]
        days = city.groupby("patch_id")["decided_on"].nunique()
        rows.append(
            AuditRow(
                district=str(key[0]),
                month=str(key[1]) or None,
                stages=_cells(members),
                stays=summaries(by_key["stays"].get(key, stays.iloc[:0])),
                returns=reason_counts(of_returns["reason_codes"]),
                level_returns=dict(sorted(Counter(of_returns["level_rank"].tolist()).items())),
                repeated=int((days >= 2).sum()),
            )
        )
    return rows


def reason_counts(codes: pd.Series) -> dict[str, int]:
    """Reason code → returns that carry it, the most frequent first; one may carry several."""
    counts: Counter[str] = Counter()
    for joined in codes:
        words = [w.strip() for w in (joined or "").split(_JOINER) if w.strip()]
        counts.update(dict.fromkeys(words or [UNCLASSIFIED], 1))
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


# ---- lists ---------------------------------------------------------------------------------------


def _waiting(patches: pd.DataFrame, as_of: date) -> list[Waiting]:
    """The longest first."""
    open_ = patches[patches["stage"] != Stage.FINAL.value]
    open_ = open_.sort_values(["since", "patch_no"], kind="stable")
    since = open_["since"].to_numpy(np.int64)
    today = as_of.toordinal()
    workdays = workdays_between(since, np.full(len(since), today))
    stages = {stage.value: stage for stage in Stage}
    days = {int(day): date.fromordinal(int(day)) for day in np.unique(since)}
    names = ("patch_no", "district", "clearance_month", "domain", "stage", "farmland_mu")
    columns = [open_[name].tolist() for name in names]
    return [
        Waiting(no, code, month, domain, stages[stage], days[s], today - s, w, mu)
        for no, code, month, domain, stage, mu, s, w in zip(
            *columns, since.tolist(), workdays.tolist(), strict=True
        )
    ]


def _problems(
    rule: Rule, year: int, listed: pd.DataFrame, own: pd.DataFrame, as_of: date
) -> list[ProblemItem]:
    found = []
    listed = listed[listed["patch_id"].isin(own.index)]
    told = own.loc[listed["patch_id"], ["patch_no", "district"]].to_numpy().tolist()
    columns = ("listed_on", "deadline_on", "written_off_on", "description")
    for (number, code), listed_on, deadline, written_off, words in zip(
        told, *(listed[name].tolist() for name in columns), strict=True
    ):
        begun = date.fromordinal(listed_on)
        due = rule.predicate(begun, day_of(deadline), **rule.of(year, begun).parameters)
        gone = day_of(written_off) if written_off <= as_of.toordinal() else None
        if gone is None:
            state = ProblemState.OVERDUE if as_of > due else ProblemState.OPEN
        else:
            state = ProblemState.LATE if gone > due else ProblemState.WRITTEN_OFF
        found.append(ProblemItem(number, code, begun, due, gone, state, words or ""))
    return sorted(found, key=lambda item: (item.due_on, item.patch_no, item.listed_on))


def unfiled_parcels(known: Judged, own: pd.DataFrame, as_of: date) -> list[Unfiled]:
    """Unlawful parcels of these patches (indexed by id) without a case by the day, the longest
    first."""
    today = as_of.toordinal()
    parcels = known.parcels[
        known.unlawful
        & (known.parcels["filed_on"].to_numpy(np.int64) > today)
        & known.parcels["patch_id"].isin(own.index)
    ].sort_values(["since", "patch_no", "parcel_no"], kind="stable")
    since = parcels["since"].to_numpy(np.int64)
    workdays = workdays_between(since, np.full(len(since), today))
    names = ("patch_no", "parcel_no", "district")
    return [
        Unfiled(no, number, code, date.fromordinal(begun), over)
        for no, number, code, begun, over in zip(
            *(parcels[name].tolist() for name in names),
            since.tolist(),
            workdays.tolist(),
            strict=True,
        )
    ]
