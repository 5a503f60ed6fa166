"""The figures of figures.md once more, patch by patch in plain Python: slow, to compare with.

It shares nothing with the product but the names of columns and vocabulary. A World is lists of
dicts with the columns of the tables. Areas are exact: a float stands for the decimal that it is
written as. `D` is the as-of date, as in the definitions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

Row = dict[str, Any]
HEIGHT = {"city": 1, "province": 2, "province_review": 3}
KINDS = {"": "area_mu", "_farmland": "farmland_mu", "_basic_farmland": "basic_farmland_mu"}
KINDS |= {"_redline": "redline_mu"}


@dataclass
class World:
    patches: list[Row] = field(default_factory=list)
    parcels: list[Row] = field(default_factory=list)
    decisions: list[Row] = field(default_factory=list)
    cases: list[Row] = field(default_factory=list)
    #: (扣减类型, from, to): what the strict ratio deducts beside, on the days from ≤ D < to.
    deducted: list[tuple[str, date | None, date | None]] = field(default_factory=list)
    #: (from, to): when an elimination must be accepted for the net ratio to deduct it.
    acceptance: list[tuple[date | None, date | None]] = field(default_factory=list)

    def of(self, rows: list[Row], patch: Row) -> list[Row]:
        return [row for row in rows if row["patch_id"] == patch["id"]]


def mu(value: float) -> Fraction:
    return Fraction(Decimal(repr(value)))


def by(day: date | None, D: date) -> bool:
    return day is not None and day <= D


# ---- D1 of domain.md -----------------------------------------------------------------------------


def due_by_d1(issued_on: date) -> date:
    """Issued on or before the 20th of M: the 24th of M; later ones: the 24th of M+1."""
    year, month = issued_on.year, issued_on.month
    if issued_on.day > 20:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return date(year, month, 24)


def due(patch: Row) -> date | None:
    """D1, or 延期至 where set; land patches only."""
    if patch["domain"] != "land":
        return None
    return patch["extended_to"] or due_by_d1(patch["issued_on"])


def clearance_month(patch: Row) -> str | None:
    """Of the due date by D1, extension or not."""
    return None if patch["domain"] != "land" else due_by_d1(patch["issued_on"]).isoformat()[:7]


def counts(patch: Row, D: date) -> bool:
    """From its 下发日期 on, no longer from its 撤销日期 on."""
    return by(patch["issued_on"], D) and not by(patch["withdrawn_on"], D)


def district(patch: Row, D: date) -> str:
    """A 划转日期 ≤ D moves it to the new district."""
    before = patch["transferred_on"] is not None and not by(patch["transferred_on"], D)
    return str((before and patch["transferred_from"]) or patch["district_code"])


# ---- per patch -----------------------------------------------------------------------------------


def moment(decision: Row) -> tuple[date, int]:
    """Decisions of one day at one level: 通过 counts as the later."""
    return decision["decided_on"], int(decision["result"] == "passed")


def open_returns(decisions: list[Row], D: date) -> list[date]:
    """退回 with neither a 重新上报日期 ≤ D nor any later decision ≤ D at its level or above."""
    known = [d for d in decisions if by(d["decided_on"], D)]
    found = []
    for r in known:
        if r["result"] != "returned" or by(r["resubmitted_on"], D):
            continue
        own = HEIGHT[r["level"]]
        later = [
            d
            for d in known
            if (HEIGHT[d["level"]] == own and moment(d) > moment(r))
            or (HEIGHT[d["level"]] > own and d["decided_on"] >= r["decided_on"])
        ]
        if not later:
            found.append(r["decided_on"])
    return found


def is_final(parcels: list[Row], decisions: list[Row], D: date) -> bool:
    """Each parcel's latest provincial decision, its own or the whole patch's, is 通过."""
    provincial = [d for d in decisions if d["level"] != "city" and by(d["decided_on"], D)]

    def passed(number: int) -> bool:
        own = [d for d in provincial if d["parcel_no"] in (0, number)]
        order = sorted(own, key=lambda d: (d["decided_on"], HEIGHT[d["level"]], moment(d)))
        return bool(order) and order[-1]["result"] == "passed"

    return all(passed(p["parcel_no"]) for p in parcels) if parcels else passed(0)


def patch_figures(world: World, patch: Row, D: date) -> Row:
    decisions = world.of(world.decisions, patch)
    city = sorted((d for d in decisions if d["level"] == "city" and by(d["decided_on"], D)),
                  key=moment)  # fmt: skip
    due_on, reported_on = due(patch), patch["reported_on"]
    cleared = by(reported_on, D)
    overdue = due_on is not None and not cleared and due_on < D
    on_time = cleared and due_on is not None and reported_on <= due_on
    active = [p for p in world.of(world.parcels, patch) if not p["ended"]]
    return {
        "district": district(patch, D),
        "due_on": due_on,
        "clearance_month": clearance_month(patch),
        "due_reached": due_on is not None and due_on < D,
        "cleared": cleared,
        "on_time": on_time,
        "late": cleared and due_on is not None and not on_time,
        "overdue": overdue,
        "days_overdue": (D - due_on).days if overdue and due_on else None,
        "audited": bool(city),
        "returned": any(d["result"] == "returned" for d in city),
        "returned_now": bool(city) and city[-1]["result"] == "returned",
        "first_passed": bool(city) and city[0]["result"] == "passed",
        "open_return_on": min(open_returns(decisions, D), default=None),
        "final": is_final(active, decisions, D),
    }


# ---- per parcel ----------------------------------------------------------------------------------


def effective(parcel: Row, decisions: list[Row], county: str | None, D: date) -> tuple[str, bool]:
    """Effective legality, and whether a decision made it."""
    speaking = [
        d
        for d in decisions
        if by(d["decided_on"], D) and d["determination"] and d["parcel_no"] in (0, parcel["number"])
    ]
    if speaking:
        last = max(
            speaking,
            key=lambda d: (HEIGHT[d["level"]], d["decided_on"], d["parcel_no"] != 0, moment(d)),
        )
        return last["determination"], True
    return county or "pending", False


def parcel_figures(world: World, patch: Row, D: date) -> list[Row]:
    decisions = world.of(world.decisions, patch)
    cases = {c["parcel_no"]: c for c in world.of(world.cases, patch)}
    stored = world.of(world.parcels, patch)
    rows = [{**p, "number": p["parcel_no"]} for p in stored if not p["ended"]]
    if not stored and any(
        d["parcel_no"] == 0 and d["determination"] and by(d["decided_on"], D) for d in decisions
    ):  # deeming: one parcel, number 0, with the patch's own areas
        rows = [{"number": 0, "legality": None, "reported_on": None, "linked_patch_no": None,
                 "is_new_construction": None, "counts_as_unlawful": True, "deduction_class": None,
                 **{name: patch[name] for name in KINDS.values()}}]  # fmt: skip
    cutoff = date(patch["year"] + 1, 1, 31)  # D6
    # a plan governs its whole work year and nothing after it
    governed = min(max(D, date(patch["year"], 1, 1)), date(patch["year"], 12, 31))

    def within(start: date | None, end: date | None) -> bool:
        return (start is None or start <= governed) and (end is None or governed < end)

    must_be_accepted = any(within(*span) for span in world.acceptance)
    found = []
    for p in rows:
        reported = p["reported_on"] or patch["reported_on"]  # later parcels inherit it
        county = p["legality"] if by(reported, D) else None
        legality, redetermined = effective(p, decisions, county, D)
        unlawful = legality == "unlawful"
        case = cases.get(p["number"]) or (cases.get(1) if p["number"] == 0 else None) or {}
        eliminated_on = case.get("eliminated_on")
        linked = p["linked_patch_no"] is not None
        counted = unlawful and p["counts_as_unlawful"] and not linked
        eliminated = counted and by(eliminated_on, min(D, cutoff))
        accepted = by(case.get("accepted_on"), min(D, cutoff))
        recultivated = case.get("way") == "demolition_recultivation"
        certified = bool(case.get("certificate_no"))
        named = any(
            word == p["deduction_class"] and within(*span) for word, *span in world.deducted
        )
        strict = counted and ((eliminated and accepted and recultivated and certified) or named)
        found.append({
            "number": p["number"],
            "area": {suffix: mu(p[name]) for suffix, name in KINDS.items()},
            "effective": legality,
            "pending": legality == "pending",
            "unlawful": unlawful,
            "counted": counted,
            "excluded": unlawful and not p["counts_as_unlawful"],
            "new_construction": legality in ("lawful", "unlawful")
            and p["is_new_construction"] is not False and not linked,
            "rectified": unlawful and by(eliminated_on, D),
            "eliminated": eliminated,
            "strictly_eliminated": strict,
            "awaiting_acceptance": eliminated and not accepted,
            "deducted_gross": False,
            "deducted_net": eliminated and (accepted or not must_be_accepted),
            "deducted_strict": strict,
            "written_off": unlawful and by(eliminated_on, D) and by(case.get("accepted_on"), D)
            and (certified or not recultivated),
            "filed": unlawful and by(case.get("filed_on"), D),
            "redetermined": redetermined and county is not None,
            "overturned": redetermined and county is not None and legality != county,
        })  # fmt: skip
    return found


# ---- sums and rates ------------------------------------------------------------------------------


def sums(world: World, patches: Iterable[Row], D: date) -> Row:
    """All sums and rates of these patches on D; those that do not count are left out."""
    chosen = [p for p in patches if counts(p, D)]
    states = [(p, patch_figures(world, p, D), parcel_figures(world, p, D)) for p in chosen]
    land = [s for s in states if s[0]["domain"] == "land"]
    minerals = [s for s in states if s[0]["domain"] != "land"]
    parcels = [parcel for _, _, own in land for parcel in own]

    def number(flag: str, among: list[tuple[Row, Row, list[Row]]]) -> int:
        return sum(1 for _, state, _ in among if state[flag])

    def of_parcels(flag: str) -> int:
        return sum(1 for p in parcels if p[flag])

    def area(kind: str, where: Callable[[Row], bool]) -> Fraction:
        return sum((p["area"][kind] for p in parcels if where(p)), Fraction())

    out: Row = {"patches": len(states), "due": len(land), "mineral_patches": len(minerals)}
    out |= {name: number(name, states) for name in ("audited", "returned", "final")}
    out |= {
        name: number(name, land)
        for name in ("due_reached", "cleared", "on_time", "late", "overdue")
    }
    out["mineral_unlawful_patches"] = sum(any(p["unlawful"] for p in own) for _, _, own in minerals)
    for kind in KINDS:
        out[f"unlawful{kind}_mu"] = area(kind, lambda p: bool(p["counted"]))
        out[f"eliminated{kind}_mu"] = area(kind, lambda p: bool(p["eliminated"]))
        out[f"remaining{kind}_mu"] = out[f"unlawful{kind}_mu"] - out[f"eliminated{kind}_mu"]
    out["excluded_farmland_mu"] = area("_farmland", lambda p: bool(p["excluded"]))
    out["new_construction_mu"] = area("", lambda p: bool(p["new_construction"]))
    out["new_construction_farmland_mu"] = area("_farmland", lambda p: bool(p["new_construction"]))

    def rate(part: Fraction | int, whole: Fraction | int) -> Fraction | None:
        return Fraction(part) / Fraction(whole) if whole else None  # over zero: null

    reached = [s for s in land if s[1]["due_reached"]]
    judged = [s for s in land if s[2] and not any(p["pending"] for p in s[2])]
    hits = sum(any(p["unlawful"] for p in own) for _, _, own in judged)
    out["clearance_rate"] = rate(out["cleared"], out["due"])
    out["on_time_rate"] = rate(number("on_time", reached), out["due_reached"])
    out["error_rate"] = rate(out["returned"], out["audited"])
    out["first_pass_rate"] = rate(number("first_passed", states), out["audited"])
    for kind, name in (("_farmland", "ratio"), ("", "land_ratio")):
        whole = out[f"new_construction{kind}_mu"]
        for variant in ("gross", "net", "strict"):
            part = area(kind, lambda p, v=variant: bool(  # type: ignore[misc]
                p["counted"] and p["new_construction"] and not p[f"deducted_{v}"]))  # fmt: skip
            out[f"{name}_{variant}"] = rate(part, whole)
    for flag in ("strictly_eliminated", "awaiting_acceptance"):
        out[f"{flag}_farmland_mu"] = area("_farmland", lambda p, f=flag: bool(p[f]))  # type: ignore[misc]
    out["rectification_rate"] = rate(out["eliminated_mu"], out["unlawful_mu"])
    out["unrectified_farmland_rate"] = rate(
        out["remaining_farmland_mu"], out["unlawful_farmland_mu"]
    )
    out["filing_rate"] = rate(of_parcels("filed"), of_parcels("unlawful"))
    out["hit_rate"] = rate(hits, len(judged))
    out["overturn_rate"] = rate(of_parcels("overturned"), of_parcels("redetermined"))
    return out


def document(world: World, year: int, D: date, codes: list[str]) -> dict[str, Any]:
    """city, districts by code, months by (code, month)."""
    of_year = [p for p in world.patches if p["year"] == year]
    here = {code: [p for p in of_year if district(p, D) == code] for code in codes}
    months: dict[tuple[str, str], Row] = {}
    for code, patches in here.items():
        for month in sorted({m for p in patches if counts(p, D) and (m := clearance_month(p))}):
            months[code, month] = sums(
                world, [p for p in patches if clearance_month(p) == month], D
            )
    return {
        "city": sums(world, of_year, D),
        "districts": {code: sums(world, patches, D) for code, patches in here.items()},
        "months": months,
    }
