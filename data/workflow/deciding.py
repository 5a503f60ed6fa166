"""The city's decisions of the monthly audit made in the product: the same records as uploaded ones
(workflow.md §1). One function a step; each refuses with a sentence and writes nothing then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from data.errors import Forbidden, SupervisionError
from data.periods import format_day
from data.rights import Account, Right
from data.rules.lists import JOINER, closed_lists
from data.store.models import AuditDecision, Patch
from data.store.queries.patch_detail import patch_detail
from data.vocabulary import (
    AUDIT_LEVEL_RANK,
    AuditLevel,
    AuditResult,
    Legality,
    UploadKind,
)
from data.workflow.entries import enter_rows

#: Decisions that one step may make.
MOST = 500
#: Characters of an opinion.
LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Decision:
    """What the city says of a whole patch. codes: of the closed list return_reasons, for a return.
    determination: what it is, where the city says so. seen: how the patch stood to who decides
    (seen_of), empty where nobody looked at it by itself."""

    year: int
    patch_no: str
    result: AuditResult
    codes: tuple[str, ...] = ()
    opinion: str = ""
    determination: Legality | None = None
    seen: str = ""


def seen_of(detail: Mapping[str, Any]) -> str:
    """How a patch stands (patch_detail), to notice that somebody else went on meanwhile."""
    decisions = detail["decisions"]
    answered = [d for d in decisions if d["resubmitted_on"] is not None]
    return f"{len(decisions)}.{len(answered)}.{len(detail['parcels'])}.{detail['reported_on']}"


def waits_for_city(detail: Mapping[str, Any]) -> bool:
    """Whether the city is to decide: reported, and nothing said yet or its return answered."""
    return why_not(detail) is None


def why_not(detail: Mapping[str, Any]) -> str | None:
    """Why the city has nothing to decide, as a sentence; None where it has."""
    number = detail["patch_no"]
    if not detail["issued"] or detail["withdrawn"]:
        return f"图斑{number}尚未下发或已撤销，不能审核。"
    if not detail["cleared"] and detail["reported_on"] is None:
        return f"图斑{number}区市还没有填报，不能审核。"
    if detail["final"]:
        return f"图斑{number}省级已通过，不再由市级审核。"
    last = _last(detail["decisions"], 0)
    parcels = [p["parcel_no"] for p in detail["parcels"] if p["parcel_no"]]
    lasts = [_last(detail["decisions"], n) for n in parcels] or [last]
    if any(_waits(d) for d in lasts):
        return None
    said = next(d for d in lasts if d is not None)
    day = format_day(said["decided_on"], detail["year"])
    level, result = AuditLevel(said["level"]), AuditResult(said["result"])
    if result is AuditResult.RETURNED and said["resubmitted_on"] is None:
        return f"图斑{number}{level.label}{day}已退回，区市还没有重新上报，不能再审核。"
    return f"图斑{number}{level.label}{day}已审核（{result.label}），不在待市级审核中。请刷新页面。"


def _last(decisions: Sequence[Mapping[str, Any]], parcel_no: int) -> Mapping[str, Any] | None:
    """The last decision that concerns a parcel; on one day a higher level, then 通过, is later."""
    own = [d for d in decisions if d["parcel_no"] in (0, parcel_no)]
    if not own:
        return None
    return max(
        own,
        key=lambda d: (d["decided_on"], d["level_rank"], d["result"] == AuditResult.PASSED.value),
    )


def _waits(last: Mapping[str, Any] | None) -> bool:
    if last is None:
        return True
    is_answered = last["resubmitted_on"] is not None
    return bool(
        last["level"] == AuditLevel.CITY.value
        and last["result"] == AuditResult.RETURNED.value
        and is_answered
    )


def decide(
    conn: Connection, account: Account, decisions: Sequence[Decision], today: date, where: str
) -> int:
    """Write the decisions of one step, all or none, and return the number of the batch. Call inside
    Store.write(). Raises Forbidden without the right, SupervisionError for what cannot be."""
    account.require(Right.AUDIT)
    if account.is_district:
        raise Forbidden("市级审核由市局办理，区市账户不能审核。")
    if not decisions:
        raise SupervisionError("还没有选中图斑。请先勾选，再点通过或退回。")
    if len(decisions) > MOST:
        raise SupervisionError(f"一次最多审核{MOST}个图斑，现在选了{len(decisions)}个。")
    if len({d.patch_no for d in decisions}) < len(decisions):
        raise SupervisionError("同一个图斑选了两次，请刷新页面后重选。")
    rows = [_row(conn, account, decision, today) for decision in decisions]
    first = decisions[0]
    what = f"市级审核{first.result.label}：{first.patch_no}"
    if len(decisions) > 1:
        what += f"等{len(decisions)}个"
    return enter_rows(
        conn,
        [(AuditDecision, rows)],
        kind=UploadKind.AUDITS.value,
        what=what,
        who=account.name,
        where=where,
        year=first.year,
    )


def _row(conn: Connection, account: Account, decision: Decision, today: date) -> dict[str, Any]:
    _prove(decision, today)
    detail = patch_detail(conn, account.scope, decision.year, decision.patch_no, today)
    if decision.seen and decision.seen != seen_of(detail):
        raise SupervisionError(
            f"图斑{decision.patch_no}在您打开后有了新的填报或审核，没有写入。请刷新页面，看过再定。"
        )
    if (why := why_not(detail)) is not None:
        raise SupervisionError(why)
    patch_id = conn.scalar(
        select(Patch.id).where(Patch.year == decision.year, Patch.patch_no == decision.patch_no)
    )
    result = decision.result.value
    if any(
        d["parcel_no"] == 0
        and d["level"] == AuditLevel.CITY.value
        and (d["decided_on"], d["result"]) == (today, result)
        for d in detail["decisions"]
    ):
        raise SupervisionError(
            f"图斑{decision.patch_no}今天已经有一次市级{decision.result.label}，一天只记一次。"
        )
    return {
        "patch_id": patch_id,
        "parcel_no": 0,
        "level": AuditLevel.CITY.value,
        "level_rank": AUDIT_LEVEL_RANK[AuditLevel.CITY],
        "decided_on": today,
        "result": result,
        "opinion": decision.opinion.strip() or None,
        "determination": decision.determination.value if decision.determination else None,
        "deemed": None,
        "reason_codes": JOINER.join(dict.fromkeys(decision.codes)) or None,
        "resubmitted_on": None,
    }


def _prove(decision: Decision, today: date) -> None:
    if len(decision.opinion) > LONGEST:
        raise SupervisionError(f"审核意见最多{LONGEST}个字，请精简。")
    if decision.result is AuditResult.PASSED:
        if decision.codes:
            raise SupervisionError("通过不填退回原因。请去掉原因，或改为退回。")
        return
    known = closed_lists()["return_reasons"].on(today).entries
    unknown = [code for code in decision.codes if code not in known]
    if unknown:
        raise SupervisionError(f"没有退回原因“{unknown[0][:20]}”，请从列表中选择。")
    if not decision.codes:
        raise SupervisionError("退回必须选择退回原因，请至少选一项。")
    if not decision.opinion.strip():
        raise SupervisionError("退回必须写明审核意见，区市据此改正。请补充。")
