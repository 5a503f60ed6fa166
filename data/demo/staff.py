"""What the demo's staff establish: recorded through the same functions as in earnest."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from data.demo import WHO
from data.periods import elimination_cutoff_on, month_due_on
from data.rights import Account, Right, Role
from data.rules.doubts import DoubtKind
from data.scope import Scope
from data.store.queries.notable import (
    first_deemed,
    first_found_untrue,
    largest_open_unlawful,
)
from data.triggers.current import current_triggers
from data.vocabulary import CheckFinding, CheckLevel, RecordKind
from data.workflow.doubts import Verdict, judge_doubt, revoke_certificate
from data.workflow.field_visit_writing import Acting, Elsewhere, Pick
from data.workflow.field_visits import assign, confirm, exempt
from data.workflow.records import NewRecord, add_record, records
from data.workflow.sampling import draw_sample, months_to_draw
from data.worklists.certificates import CertificateState, certificates
from data.worklists.checks import checks, one_a_visit
from data.worklists.comebacks import comebacks
from data.worklists.freezes import farmland_behind
from data.worklists.overlay import overlay
from data.worklists.visits import VisitState

if TYPE_CHECKING:
    from sqlalchemy import Connection

_SLOW, _OVER = "371083", "371073"


def record_what_staff_found(conn: Connection, year: int, until: date) -> int:
    """Marks, confirmations, a freeze, an interview and its order; how many. None where the year
    has some already. Call inside Store.write().
    """
    if records(conn, Scope.all(), year):
        return 0
    staff = Account(WHO, Role.CITY, frozenset({Right.AUDIT, Right.ISSUE}))
    wanted = [r for r in _records(conn, year, until) if r.recorded_on <= until]
    for record in wanted:
        add_record(conn, staff, record, until, "demo")
    return len(wanted) + _judge_doubts(conn, year, until)


def _settled_proposal(
    conn: Connection, year: int, until: date, still_open: set[str]
) -> tuple[str, date] | None:
    """A patch that was once proposed to be deemed unlawful and is no longer, and a day on which it
    was; else one of several that still are."""
    deemed = first_deemed(conn, Scope.all(), year, until)
    left_out = still_open | ({deemed[0]} if deemed else set())
    for month in range(until.month if until.year == year else 12, 2, -1):
        day = min(date(year, month, 20), until)
        held = current_triggers(conn, Scope.all(), year, day, rules=("T7",), with_patches=False)
        for trigger in held:
            if trigger["subject"] not in left_out:
                return str(trigger["subject"]), day
    several = sorted(still_open)[1:]
    return (several[0], until) if several else None


def _judge_doubts(conn: Connection, year: int, until: date) -> int:
    """Some of each kind are judged, most stay open; how many were."""
    account = Account(WHO, Role.CITY, frozenset({Right.AUDIT}))
    verdicts = []
    overlaid = overlay(conn, Scope.all(), year, until)
    for finding, confirmed, reason in zip(
        overlaid[:: max(len(overlaid) // 4, 1)],
        (True, False, False),
        (
            "调阅变更调查图件，耕地确有漏填，责令更正。",
            "图层早于批准文件，批准范围已另行核对，填报无误。",
            "图斑边缘为道路，面积差出自图层绘制精度。",
        ),
        strict=False,
    ):
        verdicts.append(Verdict(year, finding.patch_no, finding.doubt, confirmed, reason, until))
    pairs = comebacks(conn, Scope.all(), until, year)
    back = [pair for pair in pairs if pair.kind is DoubtKind.COMEBACK]
    evidenced = [pair for pair in pairs if pair.kind is DoubtKind.EVIDENCED]
    for pair, confirmed, reason in (
        *((pair, True, "现场在原拆除地块上重新建设，确系违法复建。") for pair in back[:1]),
        *((pair, False, "原地块旁新增，与已销号部分不重合，为制图偏差。") for pair in back[1:2]),
        *((pair, True, "其他专项已现场举证，免于重复核查。") for pair in evidenced[:8]),
    ):
        verdicts.append(Verdict(year, pair.patch_no, pair.doubt, confirmed, reason, until))
    for verdict in verdicts:
        judge_doubt(conn, account, verdict, until, "demo")
    done = len(verdicts) + _revoke_one(conn, year, until) + _draw(conn, year, until)
    return done + _visit(conn, year, until)


def _revoke_one(conn: Connection, year: int, until: date) -> int:
    """A certificate that did not hold; how many."""
    account = Account(WHO, Role.CITY, frozenset({Right.ISSUE}))
    valid = CertificateState.VALID
    own = [c for c in certificates(conn, Scope.all(), until) if c.year == year and c.state is valid]
    for one in own[-1:]:
        revoke_certificate(
            conn, account, year, one.patch_no, one.parcel_no,
            "回访发现地面未清理、未恢复耕种条件，证明撤销。", until, until, "demo",
        )  # fmt: skip
    return len(own[-1:])


def _draw(conn: Connection, year: int, until: date) -> int:
    """A sample of every clearance month that is due, two days after; how many."""
    account = Account(WHO, Role.CITY, frozenset({Right.CHECK}))
    count = 0
    for number in range(1, 13):
        month = f"{year}-{number:02}"
        on = month_due_on(month) + timedelta(days=2)
        if on <= until and month in months_to_draw(conn, year, on):
            draw_sample(conn, account, year, month, on, until, "demo")
            count += 1
    return count


def _visit(conn: Connection, year: int, until: date) -> int:
    """Teams of the city are sent to some, and most findings that were true are confirmed; how many
    steps. What would change the ledger or be a doubt stays to be confirmed."""
    boss = Account(WHO, Role.CITY, frozenset({Right.CHECK}))
    reviewer = Account(f"{WHO}复核", Role.CITY, frozenset({Right.REVIEW}))
    on = until - timedelta(days=2)
    visits = list(one_a_visit(checks(conn, Scope.all(), year, on).tasks).values())
    city = [t for t in visits if t.level is CheckLevel.CITY and t.visit.state is VisitState.DUE]
    sent = [Pick(t.patch_no, t.level) for t in city[:12:2]]
    true = [t for t in visits if t.to_confirm and t.finding is CheckFinding.TRUE]
    confirmed = [Pick(t.patch_no, t.level) for t in true[: len(true) * 3 // 4]]
    elsewhere = Elsewhere("耕地卫片监督", "GW-0017", on - timedelta(days=30))
    exempted = [Pick(t.patch_no, t.level) for t in city[1:2]]
    count = 0
    if sent:
        team = "演示核查员01、演示核查员02"
        count += assign(Acting(conn, boss, year, on, "demo"), sent, team, None)
    reviewing = Acting(conn, reviewer, year, on, "demo")
    if confirmed:
        count += confirm(reviewing, confirmed)
    if exempted:
        count += exempt(reviewing, exempted, "同一地块已由耕地卫片监督实地举证。", elsewhere)
    return count


def _left(conn: Connection, year: int, on: date, district: str) -> float:
    """What a district has of unlawful farmland that is not rectified, in whole 亩."""
    behind = farmland_behind(conn, Scope.all(), year, on)
    return float(int(sum(b.left_mu for b in behind if b.district == district)))


def _records(conn: Connection, year: int, until: date) -> list[NewRecord]:
    found: list[NewRecord] = []

    def add(kind: RecordKind, subject: str | None, on: date, reason: str, **more: object) -> None:
        if subject is not None:
            found.append(NewRecord(kind, year, subject, on, reason, **more))  # type: ignore[arg-type]

    everywhere = Scope.all()
    middle, cutoff = date(year, 7, 10), elimination_cutoff_on(year)
    major = largest_open_unlawful(conn, everywhere, year, date(year, 6, 14), _OVER)
    add(
        RecordKind.MAJOR,
        major,
        date(year, 6, 20),
        "占用耕地集中连片，群众多次反映，列为重大典型。",
    )
    deemed = first_deemed(conn, everywhere, year, until)
    if deemed is not None:
        number, day = deemed
        add(
            RecordKind.DEEM, number, day, "三次催报无回复，区市未说明理由，确认无正当理由拒不修改。"
        )
    proposed = current_triggers(conn, everywhere, year, until, rules=("T7",), with_patches=False)
    if proposed:
        add(
            RecordKind.DEEM,
            proposed[0]["subject"],
            until - timedelta(days=3),
            "退回后长期不改正，两次约请说明均未答复，确认无正当理由拒不修改。",
        )
    dismissed = _settled_proposal(conn, year, until, {t["subject"] for t in proposed})
    if dismissed is not None:
        add(
            RecordKind.DEEM_DISMISSED,
            *dismissed,
            "区市说明了正在补办手续并已改正，理由成立，不直接判定。",
        )
    add(
        RecordKind.FREEZE,
        _OVER,
        middle,
        "省厅先行冻结补充耕地指标。",
        document_no=f"演示冻结〔{year}〕3号",
        area_mu=_left(conn, year, middle, _OVER),
    )
    add(
        RecordKind.FALSE_REPORTING,
        first_found_untrue(conn, everywhere, year, date(year, 8, 9)),
        date(year, 8, 15),
        "填报为已复耕，现场核查仍为硬化地面，经核实为虚假整改。",
    )
    add(
        RecordKind.WRONG_FILLING,
        _SLOW,
        date(year, 8, 20),
        "抽查的图斑中多个耕地面积漏填，经核实为填报不实。",
    )
    add(
        RecordKind.RECTIFY_ORDER,
        _OVER,
        date(year, 9, 5),
        "责令限期消除违法占用耕地。",
        due_on=date(year, 11, 4),
    )
    add(
        RecordKind.SEVERE_IMPACT,
        _SLOW,
        date(year, 10, 18),
        "违法占用耕地建设被媒体曝光，造成恶劣影响。",
    )
    add(RecordKind.INTERVIEW, _OVER, cutoff + timedelta(days=6), "年度评估后由市政府约谈。")
    if major is not None:
        add(
            RecordKind.RECTIFY_ORDER,
            _OVER,
            cutoff + timedelta(days=7),
            "约谈后责令限期拆除复耕所列图斑。",
            due_on=cutoff + timedelta(days=21),
            patch_nos=(major,),
        )
    return found
