"""Predicates of the triggers: pure functions of figures, no SQL and no clock (domain.md §6).

What a rule compares comes as positional arguments, what its TOML sets as keyword-only ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from data.periods import elimination_cutoff_on
from data.units import THRESHOLD_DECIMALS, meets
from data.vocabulary import Measure, Severity

Figures = Mapping[str, Any]
Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a predicate found: value against threshold, in `unit`: share, ratio, rate, mu, patches,
    times, workdays, months, days or records.

    line: the highest line reached while the severity is still lower, or None.
    about: which patches stand behind it (`workflow/evidence.py`), several joined by "+".
    subject: the patch, for a rule on patches. mark: what tells apart two findings of one rule.
    patches: numbers of those behind it, where the facts name them.
    """

    severity: Severity
    value: float
    threshold: float
    unit: str
    about: str
    line: Severity | None = None
    measure: Measure | None = None
    period: str | None = None
    note: str = ""
    subject: str | None = None
    mark: str = ""
    patches: tuple[str, ...] = ()


def excess(value: float, threshold: float, unit: str) -> float:
    """How far beyond its line, as a part of the line; where anything at all is too much, how much.

    Of a share (T1) the lower is the worse.
    """
    if unit == "share":
        return (threshold - value) / threshold
    return (value - threshold) / threshold if threshold else value


def weight_of(finding: Finding) -> tuple[int, float]:
    """Higher is graver; a line reached counts as its severity."""
    level = list(Severity).index(finding.line or finding.severity)
    return level, excess(finding.value, finding.threshold, finding.unit)


def anything(area_mu: float) -> bool:
    """Whether an area is more than nothing, as thresholds see it."""
    return round(area_mu, THRESHOLD_DECIMALS) > 0


def in_a_row(months: Sequence[tuple[str, bool]]) -> dict[str, int]:
    """Month `2023-05` → how many months in a row are true up to it, by the calendar.

    A month that is missing, like one that is false, breaks the row.
    """
    counts: dict[str, int] = {}
    previous, count = "", 0
    for month, held in sorted(months):
        follows = bool(previous) and _month_number(month) == _month_number(previous) + 1
        count = (count + 1 if follows else 1) if held else 0
        counts[month] = count
        previous = month
    return counts


def _month_number(month: str) -> int:
    year, number = month.split("-")
    return int(year) * 12 + int(number)


# ---- T1, T2: a clearance month -------------------------------------------------------------------


def on_time_share(row: Figures) -> float | None:
    """Reported by their due date among those whose due date has passed; None before that."""
    return row["reached_on_time"] / row["due_reached"] if row["due_reached"] else None


def clearance_shortfall(
    row: Figures,
    warned_before: int,
    *,
    full_share: float,
    warning_share: float,
    months_in_row: int,
) -> list[Finding]:
    """T1 for one district and clearance month. warned_before: how many months directly before it
    were at 预警, one after the other.

    The share stands, whatever is reported later, until all of the month's are cleared.
    """
    share = on_time_share(row)
    # overdue = due reached and not cleared: the month is open while any is left
    if share is None or meets(share, full_share) or row["overdue"] == 0:
        return []
    warned = under_warning(row, warning_share)
    severity = Severity.EARLY_WARNING if warned else Severity.NOTICE
    threshold = warning_share if warned else full_share
    findings = [Finding(severity, share, threshold, "share", "overdue", period=row["month"])]
    if warned and warned_before + 1 >= months_in_row:
        findings.append(
            Finding(
                Severity.EARLY_WARNING,
                share,
                warning_share,
                "share",
                "overdue",
                measure=Measure.PUBLIC_NOTICE,
                period=row["month"],
                note=f"连续{warned_before + 1}个月达到预警",
                mark="in_a_row",
            )
        )
    return findings


def under_warning(row: Figures, warning_share: float) -> bool:
    """Whether a clearance month was at 预警, cleared since or not."""
    share = on_time_share(row)
    return share is not None and not meets(share, warning_share)


def error_rate(row: Figures, *, warning_rate: float, verification_rate: float) -> list[Finding]:
    """T2 for one district and clearance month: returned ÷ audited."""
    rate = row["error_rate"]
    if meets(rate, verification_rate):
        threshold, measure = verification_rate, Measure.FULL_VERIFICATION
    elif meets(rate, warning_rate):
        threshold, measure = warning_rate, Measure.PUBLIC_NOTICE
    else:
        return []
    return [
        Finding(
            Severity.EARLY_WARNING,
            rate,
            threshold,
            "rate",
            "returned",
            measure=measure,
            period=row["month"],
        )
    ]


# ---- T3, T4, T5, T8, T9: a district's year -------------------------------------------------------


def formula(
    figures: Figures, *, variant: str, require_acceptance: bool, deducted_classes: str
) -> tuple[float, float, float | None]:
    """The ratio that triggers go by: (numerator in 亩, denominator in 亩, ratio or None).

    require_acceptance (of net) and deducted_classes (of strict) say what the sums leave out of the
    numerators: they act where sums are made (workflow/deductions.py), so that pages, maps and
    triggers never part.
    """
    part, whole = figures[f"ratio_{variant}_part_mu"], figures["new_construction_farmland_mu"]
    return part, whole, figures[f"ratio_{variant}"]


def accountability_ratio(
    part_mu: float,
    ratio: float | None,
    about: str,
    *,
    warning_ratio: float,
    interview_ratio: float,
    interview_area_mu: float,
) -> list[Finding]:
    """T3: ratio of a district or the city for the year to the as-of date, and its numerator.

    about: `ratio_net`, the variant that it is.
    interview_area_mu: an absolute line beside the ratio's; 0 for none.
    """
    if ratio is not None and meets(ratio, interview_ratio):
        return [_warned(ratio, interview_ratio, "ratio", about, reached=True)]
    if interview_area_mu > 0 and meets(part_mu, interview_area_mu):
        return [_warned(part_mu, interview_area_mu, "mu", about, reached=True)]
    if ratio is not None and meets(ratio, warning_ratio):
        return [_warned(ratio, warning_ratio, "ratio", about)]
    return []


def _warned(
    value: float, threshold: float, unit: str, about: str, reached: bool = False, note: str = ""
) -> Finding:
    line = Severity.INTERVIEW if reached else None
    return Finding(Severity.EARLY_WARNING, value, threshold, unit, about, line=line, note=note)


def protected_land_remaining(figures: Figures, *, interview_mu: float) -> list[Finding]:
    """T4: unlawful basic farmland or redline remaining; the larger speaks, never their sum.

    The larger stands first in `about`; the patches of both stand behind it.
    """
    remaining, about = max(
        (figures["remaining_basic_farmland_mu"], "basic_farmland"),
        (figures["remaining_redline_mu"], "redline"),
    )
    if not anything(remaining):
        return []
    reached = meets(remaining, interview_mu)
    threshold = interview_mu if reached else 0.0
    return [_warned(remaining, threshold, "mu", f"{about}+basic_farmland+redline", reached)]


def slow_rectification(
    figures: Figures,
    year: int,
    as_of: date,
    *,
    from_month: int,
    from_day: int,
    warning_rate: float,
) -> list[Finding]:
    """T5: the rectification rate from a day of the year on; after D6 anything that remains."""
    remaining, rate = figures["remaining_mu"], figures["rectification_rate"]
    if as_of > elimination_cutoff_on(year):
        if not anything(remaining):
            return []
        return [_warned(remaining, 0.0, "mu", "remaining", note="到截止日仍未整改到位")]
    if as_of < date(year, from_month, from_day) or rate is None or meets(rate, warning_rate):
        return []
    return [_warned(rate, warning_rate, "rate", "remaining")]


def mineral_unlawful(figures: Figures, strategic: int) -> list[Finding]:
    """T8: unlawful mineral patches; strategic: how many of them are of a 战略性矿种."""
    count = figures["mineral_unlawful_patches"]
    if count <= 0:
        return []
    note = f"其中战略性矿种{strategic}个" if strategic else ""
    return [_warned(float(count), 0.0, "patches", "mineral", strategic > 0, note)]


def quota_freeze(facts: Facts) -> list[Finding]:
    """T9. facts: unrectified_mu (unlawful farmland not rectified), frozen (文号 and date of the
    registered freeze that still stands, or ""), beside (what stands beside the forecast, or "").
    """
    unrectified, frozen = facts["unrectified_mu"], facts["frozen"]
    if anything(unrectified):
        note = f"已登记冻结：{frozen}" if frozen else "预计冻结，尚未登记"
        note += f"；{facts['beside']}" if facts["beside"] else ""
        return [Finding(Severity.NOTICE, unrectified, 0.0, "mu", "unrectified", note=note)]
    if frozen:
        note = f"已整改到位，可申请解冻：{frozen}"
        return [Finding(Severity.NOTICE, 0.0, 0.0, "mu", "none", note=note, mark="thaw")]
    return []


# ---- T10, T11: what follows from the others ------------------------------------------------------


def key_monitoring(month_ends_in_row: int, about: str, *, month_ends: int) -> list[Finding]:
    """T10: on how many month-ends in a row up to now T3 or T4 was at 预警."""
    if month_ends_in_row < month_ends:
        return []
    return [
        Finding(
            Severity.EARLY_WARNING,
            float(month_ends_in_row),
            float(month_ends),
            "months",
            about,
            note=f"连续{month_ends_in_row}个月末达到预警",
        )
    ]


def interview(
    lines: Sequence[Finding],
    facts: Facts,
    year: int,
    as_of: date,
    *,
    during_year: bool,
) -> list[Finding]:
    """T11. lines: the district's findings of T3, T4 and T8. facts: ratio, about (`ratio_net`, the
    variant that it is), interview_ratio,
    severe_impact (the reason recorded, or ""), orders: each 限期整改 that followed a 约谈 and has
    not been withdrawn, with due_on, named (patches that it names) and unrectified (those of them
    with something unlawful not rectified).

    An order that names patches is met when they are rectified (根据整改成效); one that names none,
    when it is withdrawn.
    """
    findings: list[Finding] = []
    reached = [f for f in lines if f.line is Severity.INTERVIEW]
    if during_year or as_of > elimination_cutoff_on(year):
        if reached:
            first = reached[0]
            findings.append(
                Finding(
                    Severity.INTERVIEW,
                    first.value,
                    first.threshold,
                    first.unit,
                    "+".join(f.about for f in reached),
                )
            )
        elif facts["severe_impact"]:
            findings.append(
                Finding(
                    Severity.INTERVIEW,
                    facts["ratio"] or 0.0,
                    facts["interview_ratio"],
                    "ratio",
                    facts["about"],
                    note=f"未达约谈线，但造成恶劣影响：{facts['severe_impact']}",
                )
            )
    unmet = [
        order
        for order in facts["orders"]
        if as_of > order["due_on"] and (order["unrectified"] or not order["named"])
    ]
    if unmet:
        due_on = min(order["due_on"] for order in unmet)
        left = sorted({number for order in unmet for number in order["unrectified"]})
        still = f"，{len(left)}个图斑仍未整改到位" if left else ""
        findings.append(
            Finding(
                Severity.ACCOUNTABILITY,
                float((as_of - due_on).days),
                0.0,
                "days",
                "+".join(f.about for f in reached) or facts["about"],
                measure=Measure.LEAD_TRANSFER,
                note=f"约谈后限期整改至{due_on.isoformat()}，已逾期{still}",
                mark="order",
                patches=tuple(left),
            )
        )
    return findings


# ---- T6, T7, T13: a patch ------------------------------------------------------------------------


def major_patch(
    patches: Sequence[Facts], *, farmland_mu: float, basic_farmland_mu: float
) -> list[Finding]:
    """T6. Each patch: patch_no, farmland_mu and basic_farmland_mu of its counted parcels, open (not
    every unlawful parcel is rectified), marked (why staff call it major or typical, or "").
    """
    findings: list[Finding] = []
    for patch in patches:
        farmland, basic = patch["farmland_mu"], patch["basic_farmland_mu"]
        large, protected = meets(farmland, farmland_mu), meets(basic, basic_farmland_mu)
        if not patch["open"] or not (large or protected or patch["marked"]):
            continue
        by_basic = protected and not large
        note = f"重大典型：{patch['marked']}" if patch["marked"] else ""
        findings.append(
            Finding(
                Severity.EARLY_WARNING,
                basic if by_basic else farmland,
                basic_farmland_mu if by_basic else farmland_mu,
                "mu",
                "basic_farmland" if by_basic else "farmland",
                note=note,
                subject=patch["patch_no"],
            )
        )
    return findings


def refused_correction(
    patches: Sequence[Facts], *, returns: int, overdue_workdays: int
) -> list[Finding]:
    """T7. Each patch: patch_no, returns (days on which the city returned it; 0 where its latest
    decision passed), overdue_workdays (since its correction was due; 0 for none), confirmed (why
    staff confirmed the proposal, or "").
    """
    findings: list[Finding] = []
    for patch in patches:
        if patch["returns"] >= returns:
            value, line, unit = float(patch["returns"]), float(returns), "times"
        elif patch["overdue_workdays"] >= overdue_workdays:
            value, line, unit = (
                float(patch["overdue_workdays"]),
                float(overdue_workdays),
                "workdays",
            )
        else:
            continue
        note = f"已确认：{patch['confirmed']}" if patch["confirmed"] else "待确认无正当理由"
        findings.append(
            Finding(
                Severity.NOTICE, value, line, unit, "self", note=note, subject=patch["patch_no"]
            )
        )
    return findings


def changed_outcome(patches: Sequence[Facts]) -> list[Finding]:
    """T13. Each patch: patch_no, parcels (whose latest recheck found a change), words."""
    return [
        Finding(
            Severity.NOTICE,
            float(patch["parcels"]),
            1.0,
            "parcels",
            "self",
            note=patch["words"],
            subject=patch["patch_no"],
        )
        for patch in patches
        if patch["parcels"] > 0
    ]


# ---- T12, T14: what staff confirmed --------------------------------------------------------------


def _confirmed(records: Sequence[Facts]) -> list[Finding]:
    """One finding for the records on one subject: a patch (patch_no) or the district (None)."""
    reasons: dict[str | None, list[str]] = {}
    for record in records:
        reasons.setdefault(record["patch_no"], []).append(record["reason"])
    return [
        Finding(
            Severity.EARLY_WARNING,
            float(len(said)),
            1.0,
            "records",
            "self" if patch_no else "none",
            note="；".join(said),
            subject=patch_no,
        )
        for patch_no, said in reasons.items()
    ]


def false_reporting(records: Sequence[Facts]) -> list[Finding]:
    """T12: 谎报瞒报、弄虚作假、虚假整改 that staff confirmed; nothing else makes one."""
    return _confirmed(records)


def wrong_filling(records: Sequence[Facts]) -> list[Finding]:
    """T14: 填报不实 that staff confirmed."""
    return _confirmed(records)


PREDICATES: dict[str, Callable[..., Any]] = {
    "clearance_shortfall": clearance_shortfall,
    "error_rate": error_rate,
    "formula": formula,
    "accountability_ratio": accountability_ratio,
    "protected_land_remaining": protected_land_remaining,
    "slow_rectification": slow_rectification,
    "major_patch": major_patch,
    "refused_correction": refused_correction,
    "mineral_unlawful": mineral_unlawful,
    "quota_freeze": quota_freeze,
    "key_monitoring": key_monitoring,
    "interview": interview,
    "false_reporting": false_reporting,
    "changed_outcome": changed_outcome,
    "wrong_filling": wrong_filling,
}
