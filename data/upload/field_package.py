"""A field package that comes back (外业包): which of its results can be taken, and why others not.

What was taken out says how each check stood then (Taken). Where somebody went on meanwhile, or the
patch is not what it was, the result stands in the preview with the reason, and nothing stored is
overwritten. Rows without a package's number are an ordinary upload of 外业核查.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from data.acting import acting
from data.periods import format_day
from data.store.queries.check_steps import (
    CheckMade,
    Place,
    StepTaken,
    checks_made,
    steps_taken,
)
from data.store.queries.field_packages import PatchNow, patches_now
from data.upload.prepare import Prepared
from data.upload.schemas import PACKAGE_NO, TAKEN_AS
from data.vocabulary import CheckFinding, CheckLevel, CheckStepKind

if TYPE_CHECKING:
    import pandas as pd

    from data.upload.plan import Context

#: Older ones are pointed out: last month's may have been left in the tablet.
OLD_AFTER_DAYS = 30
_NUMBER = re.compile(r"WB(\d{8})-[0-9a-f]{6}")
_TAKEN = re.compile(r"(\d+)\.(\d+)\.([0-9a-f]{8})\.(\w{1,12})")
_BY_HAND = "在外业核查的“录入结果”里办理。"
#: So many results of one check are quoted.
_NAMED = 4


@dataclass(frozen=True, slots=True)
class Taken:
    """How a check stood when the package was taken out: seen_as(), the fingerprint of the patch's
    shape, its district."""

    seen: str
    shape: str
    district: str

    def text(self) -> str:
        return f"{self.seen}.{self.shape}.{self.district}"

    @property
    def steps(self) -> int:
        return int(self.seen.partition(".")[0])

    @property
    def batch(self) -> int:
        return int(self.seen.partition(".")[2])


def read_taken(text: str) -> Taken | None:
    found = _TAKEN.fullmatch(text.strip())
    if found is None:
        return None
    steps, batch, shape, district = found.groups()
    return Taken(f"{steps}.{batch}", shape, district)


def number_of(day: date, fingerprint: str) -> str:
    """fingerprint: hexadecimal, of the content."""
    return f"WB{day:%Y%m%d}-{fingerprint[:6]}"


def day_of_number(number: str) -> date | None:
    """The day for which a package was made; None for what is no number of one."""
    found = _NUMBER.fullmatch(number.strip())
    try:
        return date.fromisoformat(found.group(1)) if found else None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class _Row:
    """A result as it stands in the file. at: index of the row."""

    at: int
    year: int
    patch_id: int
    level: CheckLevel
    checked_on: date
    checked_by: str
    finding: str
    note: str
    package_no: str
    taken_as: str

    def is_stored(self, made: Sequence[CheckMade]) -> bool:
        """Whether it went in before: the same file again changes nothing."""
        own = (self.checked_on, self.checked_by, self.finding, self.note)
        return any(own == (m.checked_on, m.checked_by, m.finding.value, m.note) for m in made)


def put_back_conflicts(context: Context, prepared: Prepared, patches: pd.DataFrame) -> None:
    """Put back the rows of a field package that cannot be taken. patches: as attach_patches has
    them."""
    if "package_no" not in prepared.rows and "taken_as" not in prepared.rows:
        return
    found = _rows(prepared)
    _put_back_contradictions(prepared, found)
    scope, today = acting().scope, context.today
    for year in sorted({row.year for row in found}):
        own = [row for row in found if row.year == year and row.at not in prepared.errors]
        number = {row.patch_id: str(patches.at[row.patch_id, "patch_no"]) for row in own}
        now = patches_now(context.conn, scope, year, set(number.values()), today)
        made = checks_made(context.conn, scope, year, today)
        steps = steps_taken(context.conn, scope, year, today)
        for row in own:
            place: Place = (number[row.patch_id], row.level)
            checks, since = made.get(place, []), steps.get(place, [])
            if row.is_stored(checks):
                continue
            reason = _against(row, now[place[0]], checks, since)
            if reason:
                prepared.reject(row.at, "patch_no", reason)
            else:
                _warn(prepared, row, since, today)


def _rows(prepared: Prepared) -> list[_Row]:
    """The sound rows that came out of a package."""
    rows, sound = prepared.rows, prepared.sound()

    def cells(name: str) -> list[Any]:
        return rows[name].tolist() if name in rows else [None] * len(rows)

    names = (
        "year", "patch_id", "level", "checked_on", "checked_by", "finding", "note", "package_no",
        "taken_as",
    )  # fmt: skip
    found = []
    for at, (year, patch_id, level, on, who, finding, note, package, taken) in enumerate(
        zip(*map(cells, names), strict=True)
    ):
        if sound[at] and (package or taken):
            found.append(
                _Row(
                    at, int(year), int(patch_id), CheckLevel(level), on, who, finding or "",
                    note if isinstance(note, str) else "", package or "", taken or "",
                )
            )  # fmt: skip
    return found


def _put_back_contradictions(prepared: Prepared, rows: Sequence[_Row]) -> None:
    """Two results of one check: nobody here can say which holds."""
    together: dict[tuple[int, CheckLevel], list[_Row]] = {}
    for row in rows:
        together.setdefault((row.patch_id, row.level), []).append(row)
    for own in together.values():
        if len({(r.checked_on, r.checked_by, r.finding) for r in own}) < 2:
            continue
        told = "；".join(_told(r.checked_on, r.finding, r.checked_by) for r in own[:_NAMED])
        for row in own:
            prepared.reject(
                row.at,
                "finding",
                f"同一图斑的{row.level.label}核查在文件里有{len(own)}个结果（{told}），都没有导入。"
                "请留下核实过的一个，删去其余的行后重新上传。",
            )


def _told(on: date, finding: str, who: str) -> str:
    known = set(CheckFinding)
    label = CheckFinding(finding).label if finding in known else "没有结论"
    return f"{format_day(on)}{label}，{who}"


def _against(
    row: _Row, patch: PatchNow, made: Sequence[CheckMade], steps: Sequence[StepTaken]
) -> str:
    """Why a result cannot be taken; empty where it can."""
    taken, day = read_taken(row.taken_as), day_of_number(row.package_no)
    if taken is None or day is None:
        return (
            f"“{PACKAGE_NO.header}”或“{TAKEN_AS.header}”被改动过，无法核对领取后有没有变化。请用外业包原来的文件；"
            "确实不是外业包的，请清空这两格。"
        )
    since = f"图斑在领取外业包（{format_day(day)}）后"
    if patch.withdrawn_on is not None:
        why = f"（{patch.withdrawn_why}）" if patch.withdrawn_why else ""
        return f"图斑已于{format_day(patch.withdrawn_on)}撤销{why}，不再核查，结果没有导入。"
    if patch.district != taken.district:
        return f"{since}划转到了另一区市，结果没有导入。请由现在的区市核对后{_BY_HAND}"
    if patch.shape != taken.shape:
        return (
            f"{since}图形改了，核查的可能不是现在的范围，没有导入。请按现在的图形核对后{_BY_HAND}"
        )
    if row.checked_on < patch.issued_on:
        return f"图斑{format_day(patch.issued_on)}才下发，核查日期不能更早。请核对日期。"
    if made and made[-1].batch != taken.batch:
        last = made[-1]
        told = _told(last.checked_on, last.finding.value, last.checked_by)
        return f"{since}已有核查结果（{told}），没有覆盖。请核对后{_BY_HAND}"
    if made and row.checked_on < made[-1].checked_on:
        last_on = format_day(made[-1].checked_on)
        return f"图斑{last_on}已有核查结果，再次核查的日期不能更早。请核对日期。"
    gone_on = {step.step: step for step in steps[taken.steps :]}
    for kind in (CheckStepKind.EXEMPT, CheckStepKind.CONFIRM):
        if kind in gone_on:
            on = format_day(gone_on[kind].on)
            return f"{since}已由别人{kind.label}（{on}），结果没有导入。请核对后{_BY_HAND}"
    return ""


def _warn(prepared: Prepared, row: _Row, steps: Sequence[StepTaken], today: date) -> None:
    """What is taken, and yet should be looked at."""
    taken, day = read_taken(row.taken_as), day_of_number(row.package_no)
    if taken is None or day is None:
        return
    if (today - day).days > OLD_AFTER_DAYS:
        prepared.warn(
            row.at,
            "package_no",
            f"外业包是{format_day(day)}领取的，已过{(today - day).days}天。请确认是这一次的结果。",
        )
    if row.checked_on < day:
        prepared.warn(
            row.at, "checked_on", f"核查日期早于领取外业包的日期（{format_day(day)}），请核对。"
        )
    if any(step.step is CheckStepKind.ASSIGN for step in steps[taken.steps :]):
        team = "、".join(next(s.team for s in reversed(steps) if s.team))
        prepared.warn(row.at, "checked_by", f"领取外业包后派出的核查组是{team}，请核对核查人。")
