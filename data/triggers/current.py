"""What holds on a day: rules applied to figures, with the patches behind each (§2.4, §4)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection

from data.periods import elimination_cutoff_on, month_due_on, month_ends_until
from data.rules.loader import Rule, trigger_rules
from data.rules.triggers import Finding
from data.scope import Scope
from data.store.queries import trigger_facts
from data.store.queries.daily import DailyFigures
from data.store.queries.figures import figures
from data.store.queries.month_end_figures import line_figures
from data.store.queries.staff_records import staff_records
from data.trigger_row import Trigger as Trigger
from data.triggers.district_rules import Beside, named_in_orders, of_district, ratio_lines
from data.triggers.evidence import Counted, Evidence
from data.triggers.first_patches import Group, first_of_patches
from data.triggers.lines import lines_of
from data.triggers.patch_rules import PATCH_RULES, Question, of_patches
from data.triggers.rulebook import rulebook
from data.triggers.wording import words
from data.variants import others_note, split_note
from data.vocabulary import RatioVariant

Figures = Mapping[str, Any]

#: As the rule files have them.
ALL_RULES = tuple(trigger_rules())
#: Rules on clearance months → what a month must have to be judged.
MONTH_RULES = {"T1": "due_reached", "T2": "audited"}
#: Rules that never look at what staff recorded; a new one is taken to do so.
_WITHOUT_RECORDS = {"T1", "T2", "T3", "T4", "T5", "T8", "T10", "T13"}


def city_code(codes: list[str]) -> str:
    """The code of the city over its units: 371000 for 3710xx."""
    prefixes = {code[:4] for code in codes}
    return f"{prefixes.pop()}00" if len(prefixes) == 1 else "city"


@dataclass(frozen=True)
class Held:
    """A finding with its rule and whom it is about. district: a code, None for the city. figures:
    the row that was judged, a district's, the city's or a clearance month's; empty for a patch.
    judged_months: how many clearance months of the district the rule judges, 0 for a rule on none.
    group: what the first few patches stand for, where only these are told.
    """

    rule: Rule
    finding: Finding
    district: str | None
    subject: str
    subject_name: str
    figures: Figures = field(default_factory=dict)
    judged_months: int = 0
    group: Group | None = None


def current_triggers(
    conn: Connection,
    scope: Scope,
    year: int,
    as_of: date,
    district: str | None = None,
    *,
    with_patches: bool = True,
    rules: Collection[str] = ALL_RULES,
    document: Figures | None = None,
    book: Mapping[str, Rule] | None = None,
) -> list[Trigger]:
    """The triggers of figures.md that hold on the day, in the bureau's order of districts.

    Keys: rule, rule_name, subject, subject_name, district (of a patch; None for the city), period,
    severity, line, measure, value, threshold, unit, clause, citation, note, formula (with its
    numbers), margin (to which line), ends (what would end it), about (which patches stand behind
    it, as Finding.about), mark (tells apart two of one rule, subject and period), key (for
    addresses), patches, small_denominator (whether it is a ratio over few patches or little
    land), judged_months (as Held has it), open (patches of the month that are
    overdue, T1). The city's own ratio (T3) is there only for who sees all districts.
    with_patches=False leaves `patches` empty, for a page that shows no list. rules: only these.
    document, book: the figures of just this view and the rules in force, where they are at hand.
    """
    held, lines = _held_in_order(
        conn, scope, year, as_of, district, rules=rules, document=document, book=book
    )
    evidence = Evidence(conn, scope.narrowed_to(district), year, as_of) if with_patches else None
    return [
        as_trigger(
            h, lines, year, as_of, evidence.patches(h.finding, h.district) if evidence else []
        )
        for h in held
    ]


def first_triggers(
    conn: Connection,
    scope: Scope,
    year: int,
    as_of: date,
    district: str | None = None,
    *,
    most: int,
    also: Mapping[str, int] | None = None,
    counted: bool = False,
    rules: Collection[str] = ALL_RULES,
    document: Figures | None = None,
    book: Mapping[str, Rule] | None = None,
    daily: DailyFigures | None = None,
    noted: bool = True,
) -> list[Trigger]:
    """As current_triggers, but of the patches of one rule in one district only the gravest `most`
    and those in `also` (number → id): what a page needs, whatever the number of patches.

    Further keys: of those on patches `patch_id`, `of` (how many there are of the rule in the
    district) and `notes` (what they note, each once); with counted `behind` (how many patches stand
    behind it). `patches` is empty. daily: the figures of just this view, where they are at hand.
    noted: whether T9 notes what stands beside it.
    """
    if document is None:
        document = figures(conn, scope, year, as_of, district)
    held, lines = _held_in_order(
        conn, scope, year, as_of, district,
        rules=rules, document=document, book=book, most=most, also=also, daily=daily, noted=noted,
    )  # fmt: skip
    behind = Counted(conn, scope.narrowed_to(district), year, as_of, document)
    found = []
    for h in held:
        trigger = as_trigger(h, lines, year, as_of, [])
        if h.group and h.group.count:
            trigger["of"], trigger["notes"] = h.group.count, h.group.notes
            trigger["patch_id"] = h.group.ids[h.subject]
        if counted:
            trigger["behind"] = behind.count(h.finding, h.district)
        found.append(trigger)
    return found


def _held_in_order(
    conn: Connection,
    scope: Scope,
    year: int,
    as_of: date,
    district: str | None,
    *,
    rules: Collection[str],
    document: Figures | None,
    book: Mapping[str, Rule] | None,
    most: int | None = None,
    also: Mapping[str, int] | None = None,
    daily: DailyFigures | None = None,
    noted: bool = True,
) -> tuple[list[Held], Sequence[float]]:
    """(what holds, by district and rule; the lines of the ratio). most: as of first_triggers, None
    for all."""
    if document is None:
        document = figures(conn, scope, year, as_of, district)
    if book is None:
        book = rulebook(conn)
    chosen = scope.narrowed_to(district)
    beside = look_beside(conn, chosen, document, year, as_of, rules, daily, noted)
    held = held_of(document, book, beside, year, as_of, whole_city=_whole(scope, district))
    known = {row["code"]: row["short_name"] for row in document["districts"]}
    on_patches = set(rules) & set(PATCH_RULES)
    question = Question(conn, book, chosen, year, as_of, beside.records)
    if most is None:
        groups = [Group((one,), 0, ()) for one in of_patches(question, on_patches)]
    else:
        groups = first_of_patches(question, on_patches, most, also)
    for group in groups:
        for code, rule_id, finding in group.found:
            subject = finding.subject or code
            name = known.get(subject, subject)
            held.append(Held(book[rule_id], finding, code, subject, name, group=group))
    position = {code: number for number, code in enumerate(known)}
    held = [h for h in held if h.rule.id in rules]
    held.sort(key=lambda h: (position.get(h.district or "", len(known)), int(h.rule.id[1:])))
    return held, lines_of(book, year, as_of)["ratio_net"]


def _whole(scope: Scope, district: str | None) -> bool:
    return scope.districts is None and district is None


def look_beside(
    conn: Connection,
    scope: Scope,
    document: Figures,
    year: int,
    as_of: date,
    rules: Collection[str] = ALL_RULES,
    daily: DailyFigures | None = None,
    noted: bool = True,
) -> Beside:
    """What the rules named need beside the figures of the document."""
    ends = month_ends_until(year, as_of) if "T10" in rules else []
    minerals = {"T8", "T11"} & set(rules)
    has_minerals = any(row["mineral_unlawful_patches"] for row in document["districts"])
    records = staff_records(conn, scope, year, as_of) if set(rules) - _WITHOUT_RECORDS else []
    beside_t9 = noted and "T9" in rules
    return Beside(
        strategic=trigger_facts.strategic_unlawful(conn, scope, year, as_of)
        if minerals and has_minerals
        else {},
        late_parts=trigger_facts.late_rectified_parts(conn, scope, year, as_of)
        if "T9" in rules
        else {},
        reserves=trigger_facts.quota_reserves(conn, scope, as_of) if beside_t9 else {},
        ledger=trigger_facts.ledger_unrectified(conn, scope, year, as_of) if beside_t9 else {},
        records=records,
        unrectified=trigger_facts.unrectified_among(conn, year, as_of, named_in_orders(records))
        if "T11" in rules
        else frozenset(),
        month_ends=ends,
        series=daily.series(ends) if daily else line_figures(conn, scope, year, ends),
    )


def held_of(
    document: Figures,
    rules: Mapping[str, Rule],
    beside: Beside,
    year: int,
    as_of: date,
    *,
    whole_city: bool,
) -> list[Held]:
    """What holds of the districts and, with whole_city, of the city, by a document of
    queries/figures.py, stored or imagined."""
    held: list[Held] = []
    for row in document["districts"]:
        code, name = row["code"], row["short_name"]
        months = [m for m in document["months"] if m["code"] == code]
        for rule_id, finding in of_district(rules, row, months, beside, year, as_of):
            judged = next((m for m in months if m["month"] == finding.period), row)
            base = MONTH_RULES.get(rule_id)
            count = sum(1 for m in months if base and m[base])
            held.append(Held(rules[rule_id], finding, code, code, name, judged, count))
    if whole_city:
        code = city_code([row["code"] for row in document["districts"]])
        for finding in ratio_lines(rules, document["city"], year, as_of):
            held.append(Held(rules["T3"], finding, None, code, "全市", document["city"]))
    return held


def _key(held: Held, period: str) -> str:
    """`T1.371083.2023-05.in_a_row`: a trigger on a district or the city in an address; empty for
    one on a patch, which has a page of its own."""
    if held.district not in (None, held.subject):
        return ""
    return ".".join(filter(None, (held.rule.id, held.subject, period, held.finding.mark)))


def _note(held: Held, lines: Sequence[float]) -> str:
    """What stands beside a trigger; of a ratio the other variants, and where they say otherwise."""
    finding, beside = held.finding, ""
    of_ratio = finding.about.startswith("ratio_") and finding.unit in ("ratio", "mu")
    if of_ratio and held.figures:
        judged = RatioVariant(finding.about.partition("+")[0].removeprefix("ratio_"))
        split = split_note(held.figures, lines)
        beside = split or others_note(held.figures, judged, lines)
    return "；".join(filter(None, (finding.note, beside)))


def as_trigger(
    held: Held, lines: Sequence[float], year: int, as_of: date, patches: list[str]
) -> Trigger:
    """lines: of the ratio (triggers/lines.py)."""
    rule, finding = held.rule, held.finding
    # a clearance month is judged by the parameters of its due date
    day = month_due_on(finding.period) if finding.period else as_of
    version = rule.of(year, day)
    settled = as_of > elimination_cutoff_on(year)
    said = words(rule.id, finding, held.figures, version.parameters, settled)
    measure = finding.measure.value if finding.measure else rule.measure
    assert measure is not None  # every trigger of the files has one
    return {
        "rule": rule.id,
        "rule_name": rule.name,
        "subject": held.subject,
        "subject_name": held.subject_name,
        "district": held.district,
        "period": finding.period or str(year),
        "severity": finding.severity.value,
        "line": finding.line.value if finding.line else None,
        "measure": measure,
        "value": finding.value,
        "threshold": finding.threshold,
        "unit": finding.unit,
        "clause": version.clause,
        "citation": version.citation,
        "note": _note(held, lines),
        "formula": said.formula,
        "margin": said.margin,
        "ends": said.ends,
        "about": finding.about,
        "mark": finding.mark,
        "small_denominator": finding.unit == "ratio" and bool(held.figures["small_denominator"]),
        "judged_months": held.judged_months,
        "open": held.figures["overdue"] if rule.id == "T1" else 0,
        "key": _key(held, finding.period or str(year)),
        "patches": patches,
    }
