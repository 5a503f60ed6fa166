"""How forecasts come out on the demo year, beside the share of the last three months."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from statistics import mean

from sqlalchemy import Connection

from bench.measure import print_table
from data.demo import load_demo
from data.outlook.forecasts import elimination_outlook, looks_of
from data.periods import elimination_cutoff_on, month_due_on, monthly_audit_due_on, months_before
from data.rules.forecast import Occasion, Trial, count_trials
from data.scope import Scope
from data.settings import Settings
from data.store.opening import open_store
from data.store.queries.pace import Days, month_paces

YEAR = 2023
PATCHES = 2_400
SEEDS = (1, 2, 3)
LEADS = (1, 4, 9, 16, 25)
#: Days before D6 on which the area forecasts are tried.
LENGTHS = (15, 30, 60)
NAIVE_MONTHS = 3
MONTHS = months_before("2024-02", 13)


def looked_at(gate: str, lead: int) -> dict[str, Days]:
    """Each month `lead` days before D1 or D2."""
    days: dict[str, Days] = {}
    for month in MONTHS:
        end = month_due_on(month) if gate == "D1" else monthly_audit_due_on(month)
        days[month] = Days(end - timedelta(days=lead), end, end + timedelta(days=gate == "D1"))
    return days


def occasions(conn: Connection, gate: str, days: Mapping[str, Days]) -> list[Occasion]:
    """What was open in each month then, and what missed its day."""
    return [
        Occasion(p.district, p.month, p.uncleared, max(p.due_at_end - p.due, 0), p.missed)
        if gate == "D1"
        else Occasion(p.district, p.month, p.unfinal, 0, p.unfinal_at_end)
        for p in month_paces(conn, Scope.all(), (YEAR,), days)
    ]


def naive(past: Sequence[Occasion], then: Occasion) -> float | None:
    """What is open × the late share of the district's last three months."""
    own = [o for o in past if o.unit == then.unit and o.period < then.period]
    own = sorted(own, key=lambda o: o.period)[-NAIVE_MONTHS:]
    whole = sum(o.open for o in own)
    return then.open * sum(min(o.missed, o.open) for o in own) / whole if whole else None


def _row(name: str, trials: Sequence[Trial], plain: Sequence[tuple[float, float]]) -> list[str]:
    hits = sum(t.hit for t in trials)
    right = sum((t.band.likely >= 0.5) == (t.actual > 0) for t in trials)
    plain_right = sum((e >= 0.5) == (a > 0) for e, a in plain)
    return [
        name,
        f"{len(trials)}",
        f"{hits / len(trials):.0%}",
        f"{mean(t.band.high - t.band.low for t in trials):.1f}",
        f"{mean(abs(t.band.likely - t.actual) for t in trials):.2f}",
        f"{mean(abs(e - a) for e, a in plain):.2f}",
        f"{right / len(trials):.0%}",
        f"{plain_right / len(plain):.0%}",
    ]


def main(counts: Sequence[int], repeats: int) -> None:
    """Print the tables of docs/forecast.md; always on the demo, whatever the counts."""
    trials: dict[str, list[Trial]] = {}
    plain: dict[str, list[tuple[float, float]]] = {}
    areas: dict[str, list[Trial]] = {}
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as folder:
            settings = Settings(local_dir=Path(folder), fixed_today=date(YEAR + 1, 3, 1))
            store = open_store(settings)
            load_demo(store, settings, YEAR, date(YEAR + 1, 2, 29), PATCHES, seed)
            with store.read() as conn:
                for gate in ("D1", "D2"):
                    for lead in LEADS:
                        name, days = f"{gate}, {lead} days before", looked_at(gate, lead)
                        past = occasions(conn, gate, days)
                        trials.setdefault(name, []).extend(count_trials(past, 12, looks_of(days)))
                        plain.setdefault(name, []).extend(
                            (expected, o.missed)
                            for o in past
                            if o.open and (expected := naive(past, o)) is not None
                        )
                for length in LENGTHS:
                    day = elimination_cutoff_on(YEAR) - timedelta(days=length)
                    outlook = elimination_outlook(conn, Scope.all(), YEAR, day)
                    assert outlook is not None
                    areas.setdefault(f"D6, {length} days before", []).extend(outlook.trials)
            store.engine.dispose()
    print_table(
        f"Forecasts of the demo ({len(SEEDS)} × {PATCHES:,} patches): patches",
        ["", "trials", "in band", "width", "error", "naive error", "verdict", "naive verdict"],
        [_row(name, trials[name], plain[name]) for name in trials],
    )
    print_table(
        "Forecasts of the demo: unlawful land that remains, 亩",
        ["", "trials", "in band", "width", "error", "mean"],
        [
            [
                name,
                f"{len(found)}",
                f"{sum(t.hit for t in found) / len(found):.0%}",
                f"{mean(t.band.high - t.band.low for t in found):.1f}",
                f"{mean(abs(t.band.likely - t.actual) for t in found):.1f}",
                f"{mean(t.actual for t in found):.1f}",
            ]
            for name, found in areas.items()
        ],
    )
