"""A trigger as it travels: from the rules to pages, workbooks, snapshots and `triggers --json`."""

from __future__ import annotations

from typing import NotRequired, TypedDict


class Trigger(TypedDict):
    """What a rule says of a district, the city or a patch on a day (figures.md, Triggers).

    subject: a district's code, `city`, or a patch number. district: None for the city. period:
    `2023`, or a clearance month. severity, line: values of Severity; line is the highest line
    reached while the severity is still lower. measure: of Measure. value, threshold: in `unit`.
    formula, margin, ends, note: sentences. about: figures behind it, joined by "+". open: patches
    of a month that are not reported. key: its name in an address, empty for a patch's. patches:
    numbers of those behind it, where they were asked for; behind: how many, where they were
    counted. Where the first of a rule's patches stand for all of them: patch_id, of (how many they
    are) and notes (what they note, each once).
    """

    rule: str
    rule_name: str
    subject: str
    subject_name: str
    district: str | None
    period: str
    severity: str
    line: str | None
    measure: str
    value: float
    threshold: float
    unit: str
    clause: str
    citation: str
    note: str
    formula: str
    margin: str
    ends: str
    about: str
    mark: str
    small_denominator: bool
    judged_months: int
    open: int
    key: str
    patches: list[str]
    patch_id: NotRequired[int]
    of: NotRequired[int]
    notes: NotRequired[tuple[str, ...]]
    behind: NotRequired[int]
