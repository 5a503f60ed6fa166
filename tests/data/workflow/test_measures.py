"""A measure's way: warning → no reply → extension → reply refused → release; what is refused."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest

from data.errors import Forbidden, NotFound, SupervisionError, UploadRefused
from data.measures.kinds import KINDS, MeasureKind
from data.measures.states import State
from data.periods import add_workdays
from data.rights import Account, Right, Role
from data.rules.loader import all_rules
from data.scope import Scope
from data.store.engine import Store
from data.store.queries.measures import frozen, measure
from data.triggers.current import current_triggers
from data.vocabulary import RecordKind, UploadKind
from data.workflow import measures as steps
from data.workflow.measure_changes import changed_figures
from data.workflow.measure_files import keep, received
from data.workflow.measure_list import entries
from data.workflow.measure_subjects import NewMeasure
from data.workflow.measure_writing import Taking
from data.workflow.proof import verify
from tests.conftest import CopyOf
from tests.data.documents.test_confined import pdf
from tests.sending import FINDING, PATCH, send

TODAY = date(2024, 3, 1)
AS_OF = date(2023, 11, 13)  # a Monday
ISSUED = date(2023, 11, 14)
HUANCUI, WENDENG = "371002", "371003"


def _city(name: str, *rights: Right) -> Account:
    return Account(name, Role.CITY, frozenset({Right.READ, *rights}))


DRAFTER, REVIEWER = _city("起草", Right.DRAFT), _city("复核", Right.REVIEW)
ISSUER = _city("签发", Right.ISSUE)
HEAD = _city("局长", Right.ISSUE, Right.SIGN)
EVERYTHING = _city("全能", *Right)
CLERK = Account("环翠", Role.DISTRICT, frozenset({Right.READ, Right.ANSWER}), HUANCUI)
OTHER = replace(CLERK, name="文登", district=WENDENG)
WARNING = NewMeasure(MeasureKind.EARLY_WARNING, "环翠区", 2023, AS_OF)


def fill(store: Store) -> None:
    """Two districts; 环翠区 is over the line of the ratio."""
    lawful = {"图斑编号": "HC-2", "监测面积": 40.0, "占用耕地面积": 40.0}
    other = {"图斑编号": "WD-1", "区市": "文登区"}
    send(store, UploadKind.PATCHES, PATCH, PATCH | lawful, PATCH | other)
    built = {"是否新增建设": "是"}
    send(
        store,
        UploadKind.FINDINGS,
        FINDING | built,
        FINDING | built | {
            "图斑编号": "HC-2", "合法性判定": "合法", "面积": 40.0, "占用耕地面积": 40.0
        },
        FINDING | {"图斑编号": "WD-1"},
    )  # fmt: skip


@dataclass
class Desk:
    """Steps of one store, each in a transaction of its own."""

    store: Store

    def take(self, step: Callable[..., Any], by: Account, on: date, *more: Any, **said: Any) -> Any:
        seen = said.pop("seen", None)
        with self.store.write() as conn:
            return step(Taking(conn, by, TODAY, on, seen), *more, **said)

    def draft(self, new: NewMeasure = WARNING, by: Account = DRAFTER, on: date = AS_OF) -> int:
        return int(self.take(steps.draft, by, on, new).number)

    def issued(self, new: NewMeasure = WARNING, on: date = ISSUED, by: Account = ISSUER) -> int:
        number = self.draft(new)
        self.take(steps.review, REVIEWER, on, number)
        assert self.take(steps.issue, by, on, number).number
        return number

    def delivered(self) -> int:
        number = self.issued()
        self.take(steps.deliver, CLERK, date(2023, 11, 15), number, "环翠分局，专人送达")
        return number

    def state(self, number: int, as_of: date = TODAY, scope: Scope | None = None) -> Any:
        with self.store.read() as conn:
            found = entries(conn, scope or Scope.all(), as_of)
        return next(e for e in found if e.row.id == number)


@pytest.fixture
def desk(copy_of: CopyOf) -> Desk:
    return Desk(copy_of(fill))


def test_the_story_from_the_warning_to_its_release(desk: Desk) -> None:
    number = desk.delivered()
    due = add_workdays(ISSUED, 10)
    assert due == date(2023, 11, 28)
    assert desk.state(number).row.draft.rule == "T3"
    late = desk.state(number, date(2023, 12, 1)).standing  # no reply: three workdays late
    assert (late.state, late.due_on, late.reply_overdue_workdays) == (State.DELIVERED, due, 3)
    desk.take(
        steps.extend, ISSUER, due, number, date(2023, 12, 8), "环翠区11月27日书面申请：资料收集需时"
    )
    assert desk.state(number, date(2023, 12, 1)).standing.reply_overdue_workdays == 0
    desk.take(steps.reply, CLERK, date(2023, 12, 7), number, "已拆除，附照片。")
    desk.take(steps.refuse, REVIEWER, date(2023, 12, 11), number, "照片不能证明已拆除。")
    again = desk.state(number, date(2023, 12, 12)).standing
    assert (again.state, again.due_on) == (State.REFUSED, date(2023, 12, 18))
    desk.take(steps.reply, CLERK, date(2023, 12, 15), number, "已拆除并复耕，附验收意见。")
    desk.take(steps.release, ISSUER, date(2023, 12, 20), number, "要求已落实，见验收意见。")
    days = [AS_OF, ISSUED, date(2023, 11, 15), due, date(2023, 12, 7), date(2023, 12, 20)]
    assert [desk.state(number, day).standing.state for day in days] == [
        State.TO_REVIEW, State.ISSUED, State.DELIVERED, State.EXTENDED, State.REPLIED,
        State.RELEASED,
    ]  # fmt: skip
    with pytest.raises(SupervisionError, match="不再接收回复"):
        desk.take(steps.reply, CLERK, date(2023, 12, 21), number, "补充")
    assert [f for f in verify(desk.store).bad if f.kind != "file"] == []  # copied without files


def test_each_step_refuses_what_its_state_does_not_allow(desk: Desk) -> None:
    number = desk.draft()
    for step, by, word, more in (
        (steps.issue, ISSUER, "尚未通过审核", ()),
        (steps.deliver, CLERK, "没有第", ()),  # a draft is not the district's to see
        (steps.reply, CLERK, "没有第", ("答复",)),
        (steps.extend, ISSUER, "不能“延期”", (date(2023, 12, 1), "申请")),
        (steps.refuse, REVIEWER, "不能“不认可”", ("理由",)),
        (steps.release, ISSUER, "不能“解除”", ("理由",)),
        (steps.correct, DRAFTER, "不能“更正”", ("理由",)),
    ):
        with pytest.raises(SupervisionError, match=word):
            desk.take(step, by, ISSUED, number, *more)
    desk.take(steps.give_back, REVIEWER, ISSUED, number, "依据不清")
    with pytest.raises(SupervisionError, match="请起草人提交审核"):
        desk.take(steps.review, REVIEWER, ISSUED, number)
    desk.take(steps.submit, DRAFTER, ISSUED, number)
    desk.take(steps.review, REVIEWER, ISSUED, number)
    desk.take(steps.issue, ISSUER, ISSUED, number)
    with pytest.raises(SupervisionError, match="先登记送达"):
        desk.take(steps.reply, CLERK, ISSUED, number, "答复")
    with pytest.raises(SupervisionError, match="早于上一步"):  # a clock set back
        desk.take(steps.deliver, CLERK, AS_OF, number)
    with pytest.raises(SupervisionError, match="今天之后"):
        desk.take(steps.deliver, CLERK, date(2024, 3, 2), number)


def test_an_extension_comes_once_before_the_deadline_on_a_request_to_a_workday(desk: Desk) -> None:
    number = desk.delivered()
    due, later = date(2023, 11, 28), date(2023, 12, 5)
    for on, new_due, request, word in (
        (date(2023, 11, 29), later, "申请", "已过"),
        (due, later, " ", "书面申请"),
        (due, due, "申请", "晚于原期限"),
        (due, date(2023, 12, 9), "申请", "休息日"),
    ):
        with pytest.raises(SupervisionError, match=word):
            desk.take(steps.extend, ISSUER, on, number, new_due, request)
    desk.take(steps.extend, ISSUER, due, number, later, "申请")
    with pytest.raises(SupervisionError, match="不能“延期”"):
        desk.take(steps.extend, ISSUER, due, number, date(2023, 12, 8), "再申请")


def test_nobody_takes_two_of_draft_review_and_issue(desk: Desk) -> None:
    number = desk.draft(by=EVERYTHING)
    with pytest.raises(Forbidden, match="不同的人"):
        desk.take(steps.review, EVERYTHING, ISSUED, number)
    desk.take(steps.review, REVIEWER, ISSUED, number)
    both = replace(REVIEWER, rights=REVIEWER.rights | {Right.ISSUE, Right.DRAFT})
    for step, by in ((steps.issue, EVERYTHING), (steps.issue, both), (steps.refresh, both)):
        with pytest.raises(Forbidden, match="不同的人"):
            desk.take(step, by, ISSUED, number)
    with pytest.raises(Forbidden, match="没有“签发”权限"):
        desk.take(steps.issue, REVIEWER, ISSUED, number)
    with pytest.raises(Forbidden, match="没有“起草”权限"):
        desk.draft(by=ISSUER)


def test_an_upward_paper_needs_the_head_and_the_evaluation(desk: Desk) -> None:
    request = replace(WARNING, kind=MeasureKind.INTERVIEW_REQUEST)
    made = desk.take(steps.draft, DRAFTER, AS_OF, request)
    assert not made.submitted
    assert "年度评估" in made.remarks[0].sentence
    with pytest.raises(SupervisionError, match="检查未通过"):
        desk.take(steps.submit, DRAFTER, AS_OF, made.number)
    day = date(2024, 2, 5)
    number = desk.draft(replace(request, as_of=day), on=day)
    desk.take(steps.review, REVIEWER, day, number)
    with pytest.raises(Forbidden, match="局领导签字"):
        desk.take(steps.issue, ISSUER, day, number)
    assert desk.take(steps.issue, HEAD, day, number).number == "威自然资呈〔2024〕1号"


def test_numbers_are_one_series_a_prefix_and_year(desk: Desk) -> None:
    first, second = desk.issued(), desk.issued()
    desk.take(steps.withdraw, ISSUER, ISSUED, first, "对象有误")
    third = desk.draft()
    desk.take(steps.review, REVIEWER, ISSUED, third)
    with pytest.raises(SupervisionError, match="已用于第1号措施"):
        desk.take(steps.issue, ISSUER, ISSUED, third, None, "威自然资函〔2023〕1号")
    with pytest.raises(SupervisionError, match="写法不对"):
        desk.take(steps.issue, ISSUER, ISSUED, third, None, "威自然资函[2023]01号")
    desk.take(steps.issue, ISSUER, ISSUED, third, None, "威自然资函〔2023〕3号")
    fourth = desk.issued()
    order = replace(WARNING, kind=MeasureKind.RECTIFICATION_ORDER, subject="文登区")
    numbers = [desk.state(n).standing.number for n in (first, second, third, fourth)]
    assert numbers == [f"威自然资函〔2023〕{n}号" for n in (1, 2, 3, 4)]
    assert desk.state(first).standing.state is State.WITHDRAWN
    assert desk.state(desk.issued(order)).standing.number == "威自然资发〔2023〕1号"
    assert desk.state(desk.issued(on=date(2024, 1, 2))).standing.number == "威自然资函〔2024〕1号"


def test_two_who_issue_at_once_get_one_number_each(desk: Desk) -> None:
    made = [desk.draft() for _ in range(4)]
    for number in made:
        desk.take(steps.review, REVIEWER, ISSUED, number)
    threads = [
        threading.Thread(target=desk.take, args=(steps.issue, ISSUER, ISSUED, number))
        for number in made
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = {desk.state(n).standing.number for n in made}
    assert numbers == {f"威自然资函〔2023〕{n}号" for n in range(1, 5)}


def test_the_second_of_two_clerks_is_told_what_the_first_did(desk: Desk) -> None:
    number = desk.draft()
    seen = desk.state(number).row.version
    desk.take(steps.give_back, REVIEWER, ISSUED, number, "依据不清", seen=seen)
    with pytest.raises(SupervisionError, match="复核“退回起草”"):
        desk.take(steps.review, replace(REVIEWER, name="二审"), ISSUED, number, seen=seen)


def test_a_figure_that_changes_before_the_issue_sends_it_back(desk: Desk) -> None:
    warned, elsewhere = desk.draft(), desk.draft(replace(WARNING, subject=WENDENG))
    for number in (warned, elsewhere):
        desk.take(steps.review, REVIEWER, ISSUED, number)
    changed = FINDING | {"是否新增建设": "是", "占用耕地面积": 7.0}
    send(desk.store, UploadKind.FINDINGS, changed)
    issued = desk.take(steps.issue, ISSUER, ISSUED, warned)
    assert issued.number is None
    assert "8.00亩→7.00亩" in issued.said
    assert desk.state(warned).standing.state is State.TO_REVIEW
    assert desk.take(steps.issue, ISSUER, ISSUED, elsewhere).number  # quotes nothing of it
    desk.take(steps.review, REVIEWER, ISSUED, warned)
    assert desk.take(steps.issue, ISSUER, ISSUED, warned).number
    send(desk.store, UploadKind.FINDINGS, changed | {"占用耕地面积": 6.5})
    assert desk.state(warned).changed
    assert not desk.state(elsewhere).changed
    with desk.store.read() as conn:
        row = measure(conn, Scope.all(), warned)
        assert row is not None
        values = {f.name: f.value for f in frozen(conn, Scope.all(), row).figures}
        assert values["remaining_farmland_mu"] == pytest.approx(7.0)
        assert "remaining_farmland_mu" in {c.frozen.name for c in changed_figures(conn, row)}


def test_a_district_sees_and_answers_its_own_issued_papers_only(desk: Desk) -> None:
    number = desk.issued()
    lead = replace(WARNING, kind=MeasureKind.LEAD_TRANSFER)
    internal = desk.issued(lead, by=HEAD)
    with desk.store.read() as conn:
        assert [e.row.id for e in entries(conn, CLERK.scope, TODAY)] == [number]
        assert entries(conn, OTHER.scope, TODAY) == []
    for by, wanted in ((OTHER, number), (CLERK, internal)):
        with pytest.raises(NotFound):
            desk.take(steps.deliver, by, ISSUED, wanted)
    with pytest.raises(Forbidden):
        desk.take(steps.release, CLERK, ISSUED, number, "已整改")


def test_a_release_paper_releases_what_it_follows_and_a_correction_corrects(desk: Desk) -> None:
    warned = desk.delivered()
    release = replace(WARNING, kind=MeasureKind.WARNING_RELEASE)
    with pytest.raises(SupervisionError, match="须预警条件已经结束"):  # T3 holds
        desk.issued(release, date(2023, 12, 20))
    desk.take(steps.reply, CLERK, date(2023, 12, 11), warned, "已整改")
    desk.issued(replace(release, as_of=date(2023, 12, 20)), date(2023, 12, 20))
    assert desk.state(warned).standing.state is State.RELEASED
    other = desk.issued(on=date(2023, 12, 21))
    made = desk.take(steps.correct, DRAFTER, date(2023, 12, 22), other, "面积有误")
    assert desk.state(other).standing.state is State.ISSUED  # until the new one is issued
    desk.take(steps.review, REVIEWER, date(2023, 12, 22), made.number)
    desk.take(steps.issue, ISSUER, date(2023, 12, 22), made.number)
    assert desk.state(other).standing.state is State.CORRECTED


def test_an_order_after_an_interview_counts_for_t11_until_it_is_released(desk: Desk) -> None:
    day, order_day = date(2024, 2, 5), date(2024, 2, 6)
    order = NewMeasure(MeasureKind.RECTIFICATION_ORDER, HUANCUI, 2023, order_day, ("HC-1",))
    notice = replace(order, kind=MeasureKind.INTERVIEW_NOTICE, as_of=day, patch_nos=())
    desk.issued(notice, day, HEAD)
    number = desk.draft(order, on=order_day)
    desk.take(steps.review, REVIEWER, order_day, number)
    desk.take(steps.issue, ISSUER, order_day, number, date(2024, 2, 19))

    def marks(as_of: date) -> list[str]:
        with desk.store.read() as conn:
            found = current_triggers(conn, Scope.all(), 2023, as_of, HUANCUI, rules=("T11",))
        return [t["mark"] for t in found]

    assert "order" not in marks(date(2024, 2, 19))
    assert "order" in marks(date(2024, 2, 20))
    desk.take(steps.release, ISSUER, date(2024, 2, 21), number, "已整改到位")
    assert "order" in marks(date(2024, 2, 20))
    assert "order" not in marks(date(2024, 2, 21))


def test_a_paper_follows_only_what_the_table_lets_it_follow(desk: Desk) -> None:
    warned = desk.delivered()  # due on 28 November
    order = NewMeasure(MeasureKind.RECTIFICATION_ORDER, HUANCUI, 2023, AS_OF, ("HC-1",))

    def against(new: NewMeasure, on: date) -> list[str]:
        made = desk.take(steps.draft, DRAFTER, on, replace(new, as_of=on))
        return [r.sentence for r in made.remarks if r.place == "前序措施" and r.blocks]

    (said,) = against(order, date(2023, 11, 28))
    assert f"第{warned}号《预警提醒函》之后起草本件，须预警提醒函的回复期限已过" in said
    assert against(replace(order, follows=warned), date(2023, 11, 29)) == []
    assert against(order, date(2023, 11, 29)) == []
    accountability = replace(order, kind=MeasureKind.ACCOUNTABILITY_REQUEST, patch_nos=())
    (said,) = against(accountability, date(2023, 11, 29))
    assert "须在《限期整改通知》" in said
    transfer = replace(order, kind=MeasureKind.LEAD_TRANSFER, follows=warned)
    with pytest.raises(SupervisionError, match="之后不能接续《问题线索移交函》"):
        desk.draft(transfer)
    with pytest.raises(SupervisionError, match="另一个区市"):
        desk.draft(replace(order, subject=WENDENG, patch_nos=(), follows=warned))


def test_texts_are_edited_and_survive_new_figures(desk: Desk) -> None:
    number = desk.draft()
    desk.take(steps.give_back, REVIEWER, ISSUED, number, "补充依据")
    with desk.store.read() as conn:
        row = measure(conn, Scope.all(), number)
        assert row is not None
        place, *_ = frozen(conn, Scope.all(), row).texts
    desk.take(steps.edit, DRAFTER, ISSUED, number, {place: "新的依据。\u202e"})
    with pytest.raises(SupervisionError, match="没有这些段落"):
        desk.take(steps.edit, DRAFTER, ISSUED, number, {"no such place": "字"})
    desk.take(steps.refresh, DRAFTER, ISSUED, number)
    with desk.store.read() as conn:
        row = measure(conn, Scope.all(), number)
        assert row is not None
        assert frozen(conn, Scope.all(), row).texts[place] == "新的依据。"


@pytest.mark.parametrize(
    ("subject", "patches", "word"),
    [
        ("天津市", (), "没有区市或图斑"),
        ("全市", (), "对象应为区市"),
        ("HC-1", (), "对象应为区市"),
        ("环翠区", ("WD-1",), "没有2023年度的图斑"),
    ],
)
def test_a_subject_that_is_not_there_is_refused(
    sqlite_desk: Desk, subject: str, patches: tuple[str, ...], word: str
) -> None:
    with pytest.raises(SupervisionError, match=word):
        sqlite_desk.draft(replace(WARNING, subject=subject, patch_nos=patches))


@pytest.fixture
def sqlite_desk(sqlite_store: Store) -> Desk:
    fill(sqlite_store)
    return Desk(sqlite_store)


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("回复.pdf", b"", "空的"),
        ("回复.pdf", b"MZ\x90", "不是可接收"),
        ("回复.exe", b"%PDF-1.4", "不是可接收"),
    ],
)
def test_an_attachment_that_is_not_what_it_says_is_refused(
    name: str, content: bytes, word: str
) -> None:
    with pytest.raises(UploadRefused, match=word):
        received(name, content)


def test_an_attachment_is_kept_by_its_hash_and_proved(sqlite_desk: Desk) -> None:
    store = sqlite_desk.store
    number = sqlite_desk.delivered()
    file = received("..\\..\\回复.pdf", pdf())
    assert file.name == "回复.pdf"
    keep(store.settings, file)
    sqlite_desk.take(steps.reply, CLERK, date(2023, 11, 16), number, "附件", file)
    assert verify(store).ok
    (store.settings.uploads_dir / file.path).write_bytes(b"%PDF-1.4 y")
    assert [fault.kind for fault in verify(store).bad] == ["file"]


def test_every_deadline_of_a_kind_is_a_parameter_that_moves_it() -> None:
    rule = all_rules()["M1"]
    parameters = rule.versions[-1].parameters
    named = {kind.deadline for kind in KINDS.values() if kind.deadline is not None}
    assert named <= parameters.keys()
    for name in named:
        moved = parameters | {name: parameters[name] + 7}
        assert rule.predicate(name, ISSUED, **moved) > rule.predicate(name, ISSUED, **parameters)


def test_every_kind_of_the_contract_is_there() -> None:
    assert set(KINDS) == set(MeasureKind)
    assert len(MeasureKind) == 31
    assert RecordKind.INTERVIEW  # old records stay beside the new papers
