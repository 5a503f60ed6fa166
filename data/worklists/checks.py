"""Field checks on a day: what F1 to F5 ask for, how much of it is done, and when the county looks
again (worklists.md, Field checks)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from data.scope import Scope
from data.store.columns import day_of
from data.store.queries.legality import Judged, judged
from data.store.queries.sample_draws import Draw, draws
from data.store.queries.stamp import districts
from data.store.queries.worklist_frames import check_frame
from data.triggers.field_checks import field_checks
from data.triggers.rulebook import rulebook
from data.vocabulary import CheckFinding, CheckLevel, Legality

RULES = ("F1", "F2", "F3", "F4", "F5")
#: Rule → whose check it asks for.
LEVELS = {rule: CheckLevel.COUNTY if rule == "F1" else CheckLevel.CITY for rule in RULES}


@dataclass(frozen=True, slots=True)
class CheckTask:
    """parcel_no: of F4 only. last_on, finding: of the last check of that level. tracking_due_on: of
    F1, when the county looks again as long as something is unlawful and not rectified, or pending;
    None before its first check. overdue: that day is over."""

    rule: str
    patch_no: str
    parcel_no: int | None
    district: str
    farmland_mu: float
    basic_farmland_mu: float
    redline_mu: float
    done: bool
    last_on: date | None
    finding: CheckFinding | None
    tracking_due_on: date | None
    overdue: bool


@dataclass(frozen=True, slots=True)
class Coverage:
    required: int = 0
    done: int = 0

    @property
    def rate(self) -> float | None:
        return self.done / self.required if self.required else None


@dataclass(frozen=True, slots=True)
class Checks:
    """coverage: by rule, of all districts that are asked for; districts: code → the same."""

    year: int
    as_of: date
    coverage: Mapping[str, Coverage]
    districts: Mapping[str, Mapping[str, Coverage]]
    tasks: tuple[CheckTask, ...]
    draws: tuple[Draw, ...]


def checks(
    conn: Connection,
    scope: Scope,
    year: int,
    as_of: date,
    district: str | None = None,
    known: Judged | None = None,
) -> Checks:
    """known: the year as judged in the scope, where it has been read."""
    chosen = scope.narrowed_to(district)
    found = field_checks(conn, scope, year, as_of, district)
    known = known or judged(conn, chosen, year, as_of)
    last = _last(conn, chosen, year, as_of, known.patches)
    open_ = _open(known, as_of)
    rule = rulebook(conn)["W4"]
    tasks = []
    for task in found:
        name, number = str(task["rule"]), str(task["patch_no"])
        on, finding = last.get((LEVELS[name].value, number), (None, None))
        due = None
        if name == "F1" and on is not None and number in open_:
            due = rule.predicate(on, **rule.of(year, on).parameters)
        tasks.append(
            CheckTask(
                name, number, task.get("parcel_no"), task["district"], task["farmland_mu"],
                task["basic_farmland_mu"], task["redline_mu"], task["done"], on, finding, due,
                due is not None and as_of > due,
            )
        )  # fmt: skip
    units = [unit.code for unit in districts(conn) if chosen.allows(unit.code)]
    by_district = {code: _coverage([t for t in tasks if t.district == code]) for code in units}
    recorded = tuple(draws(conn, scope, year, as_of))
    return Checks(year, as_of, _coverage(tasks), by_district, tuple(tasks), recorded)


def _coverage(tasks: list[CheckTask]) -> dict[str, Coverage]:
    return {
        rule: Coverage(len(own), sum(t.done for t in own))
        for rule in RULES
        for own in [[t for t in tasks if t.rule == rule]]
    }


def _last(
    conn: Connection, scope: Scope, year: int, as_of: date, patches: pd.DataFrame
) -> dict[tuple[str, str], tuple[date | None, CheckFinding | None]]:
    """(level, patch number) → the last check from the day of issue on."""
    told = check_frame(conn, scope, year, as_of).merge(
        patches[["id", "patch_no", "issued_on"]], left_on="patch_id", right_on="id"
    )
    told = told[told["checked_on"] >= told["issued_on"]]
    columns = (told[name].tolist() for name in ("level", "patch_no", "checked_on", "finding"))
    return {
        (level, number): (day_of(on), CheckFinding(finding))
        for level, number, on, finding in zip(*columns, strict=True)
    }


def _open(known: Judged, as_of: date) -> set[str]:
    """Numbers of the patches with something pending, or unlawful and not rectified."""
    parcels = known.parcels
    left = known.unlawful & (parcels["eliminated_on"].to_numpy(np.int64) > as_of.toordinal())
    pending = (parcels["effective"] == Legality.PENDING.value).to_numpy()
    without = known.patches[~known.patches["id"].isin(parcels["patch_id"])]
    return {*parcels.loc[left | pending, "patch_no"], *without["patch_no"]}
