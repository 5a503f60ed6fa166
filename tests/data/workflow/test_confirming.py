"""待确认: a district's own words don't acquit it."""

from __future__ import annotations

import contextlib
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from data.acting import acting_as
from data.documents.composing import compose
from data.errors import Forbidden, NotFound, SupervisionError
from data.known import Known, knowing
from data.measures.frozen import Draft
from data.measures.kinds import MeasureKind, Subject
from data.rights import COMMAND_LINE, DEFAULT_RIGHTS, Account, Right, Role
from data.scope import Scope
from data.store.engine import Store
from data.store.models import EnforcementCase, Parcel, Patch
from data.store.queries.claims import ClaimRow, claims, open_claim_count
from data.store.queries.figures import figures
from data.upload.placed_again import take_back
from data.vocabulary import ClaimKind, UploadKind
from data.workflow.confirming import Effect, decide, effects
from data.workflow.parameters import change_parameter
from data.workflow.proof import verify
from data.workflow.replay import replay_on
from tests.conftest import TODAY
from tests.data.workflow.test_replay import _moment
from tests.sending import FINDING, PATCH, send, warnings

AS_OF = date(2023, 12, 31)
HUANCUI = Account("环翠", Role.DISTRICT, DEFAULT_RIGHTS[Role.DISTRICT], "371002", 1)
WENDENG = Account("文登", Role.DISTRICT, DEFAULT_RIGHTS[Role.DISTRICT], "371003", 2)
CITY = Account("市局", Role.CITY, DEFAULT_RIGHTS[Role.CITY] | {Right.CONFIRM}, None, 3)
CLERK = Account("录入", Role.CITY, DEFAULT_RIGHTS[Role.CITY], None, 4)
LAWFUL = {**FINDING, "图斑编号": "HC-2", "合法性判定": "合法"}
EXCLUDED = {**FINDING, "是否纳入违法计算": "否"}
CASE = {"图斑编号": "HC-1", "地块序号": 1, "整改方式": "没收", "立案日期": "2023-06-01"}


@pytest.fixture
def begun(store: Store) -> Store:
    """Two patches of 环翠区 of the same size: one unlawful, one lawful; the bureau's own files."""
    replay_on(store)
    send(store, UploadKind.PATCHES, PATCH, {**PATCH, "图斑编号": "HC-2"})
    send(store, UploadKind.FINDINGS, FINDING, LAWFUL)
    return store


def _ratio(store: Store) -> Any:
    with store.read() as conn:
        return figures(conn, Scope.all(), 2023, AS_OF)["city"]["ratio_net"]


def _open(store: Store, scope: Scope | None = None) -> list[ClaimRow]:
    with store.read() as conn:
        return claims(conn, scope or Scope.all(), 2023)


def _decide(store: Store, ids: list[int], accepted: bool, reason: str = "理由") -> None:
    with acting_as(CITY), store.write() as conn:
        decide(conn, ids, accepted, reason, TODAY)


def _cell(conn: Connection, column: Any) -> Any:
    return conn.scalar(select(column).limit(1).order_by(column.class_.id))


def _paper(store: Store, district: str, as_of: date = AS_OF) -> str:
    """Every text of a warning to the district."""
    kind = MeasureKind.EARLY_WARNING
    asked = Draft(kind, 2023, as_of, district, Subject.DISTRICT, district)
    with store.read() as conn:
        return "\n".join(compose(conn, Scope.all(), asked).texts.values())


# ---- 是否纳入违法计算 ----------------------------------------------------------------------------


def test_a_districts_no_has_no_effect_until_the_city_confirms_it(begun: Store) -> None:
    assert _ratio(begun) == 0.5
    with acting_as(HUANCUI):
        told = send(begun, UploadKind.FINDINGS, EXCLUDED)
    assert "确认前仍纳入违法计算" in warnings(told)
    assert _ratio(begun) == 0.5
    (claim,) = _open(begun)
    assert (claim.kind, claim.old, claim.new) == (ClaimKind.EXCLUDED, True, False)
    assert (claim.patch_no, claim.parcel_no, claim.district) == ("HC-1", 1, "371002")
    assert (claim.file_name, claim.claimed_on) == ("findings.csv", TODAY)
    effect = effects(begun, [claim], 2023, AS_OF)[claim.id]
    assert (effect.now, effect.accepted, effect.refused) == (0.5, 0.0, 0.5)
    assert verify(begun).bad == []
    before = _moment()
    _decide(begun, [claim.id], True, "")
    assert _ratio(begun) == 0.0
    assert _open(begun) == []
    with knowing(Known(before)):
        assert (_ratio(begun), len(_open(begun))) == (0.5, 1)
    assert verify(begun).bad == []
    with pytest.raises(SupervisionError, match="已由市局确认"):
        _decide(begun, [claim.id], True)


def test_refused_it_stays_as_it_was_also_when_it_comes_again(begun: Store) -> None:
    with acting_as(HUANCUI):
        send(begun, UploadKind.FINDINGS, EXCLUDED)
        send(begun, UploadKind.FINDINGS, EXCLUDED)  # the same twice is one claim
    (claim,) = _open(begun)
    with pytest.raises(SupervisionError, match="必须写明理由"):
        _decide(begun, [claim.id], False, " ")
    _decide(begun, [claim.id], False, "没有批准文件")
    assert (_ratio(begun), _open(begun)) == (0.5, [])
    with acting_as(HUANCUI):
        told = send(begun, UploadKind.FINDINGS, {**EXCLUDED, "备注": "再报"})
    assert "不予认可" in warnings(told)
    assert (_ratio(begun), _open(begun)) == (0.5, [])
    with begun.read() as conn:
        (decided,) = claims(conn, Scope.all(), 2023, decided=True)
    assert (decided.decided_by, decided.reason, decided.is_accepted) == (
        "市局", "没有批准文件", False
    )  # fmt: skip


def test_the_bureaus_own_no_takes_effect_and_ends_the_claim(begun: Store) -> None:
    with acting_as(HUANCUI):
        sent = send(begun, UploadKind.FINDINGS, {**EXCLUDED, "备注": "区里"})
    assert len(_open(begun)) == 1
    with acting_as(CLERK):
        own = send(begun, UploadKind.FINDINGS, EXCLUDED)
    assert (_ratio(begun), _open(begun)) == (0.0, [])
    with begun.write() as conn:
        assert own.batch is not None
        take_back(conn, own.batch, "市局")
    assert (_ratio(begun), len(_open(begun))) == (0.5, 1)  # it waits again
    with begun.write() as conn:
        assert sent.batch is not None
        take_back(conn, sent.batch, "市局")
    assert _open(begun) == []
    assert verify(begun).bad == []


def test_a_new_parcel_that_says_no_counts_until_confirmed(begun: Store) -> None:
    send(begun, UploadKind.PATCHES, {**PATCH, "图斑编号": "HC-3"})
    with acting_as(HUANCUI):
        send(begun, UploadKind.FINDINGS, {**EXCLUDED, "图斑编号": "HC-3"})
    assert _ratio(begun) == pytest.approx(2 / 3)
    (claim,) = [c for c in _open(begun) if c.kind is ClaimKind.EXCLUDED]
    _decide(begun, [claim.id], True)
    assert _ratio(begun) == pytest.approx(1 / 3)


# ---- what counts and is marked -------------------------------------------------------------------


def test_a_backdated_elimination_counts_until_refused_and_then_from_the_upload_on(
    begun: Store,
) -> None:
    with acting_as(HUANCUI):
        told = send(begun, UploadKind.CASES, {**CASE, "消除违法状态日期": "2023-07-01"})
    assert "标为倒填" in warnings(told)
    assert _ratio(begun) == 0.0
    (claim,) = _open(begun)
    assert (claim.kind, claim.field, claim.new) == (
        ClaimKind.BACKDATED, "eliminated_on", "2023-07-01"
    )  # fmt: skip
    effect = effects(begun, [claim], 2023, AS_OF)[claim.id]
    assert (effect.now, effect.accepted, effect.refused) == (0.0, 0.0, 0.5)
    note = "图斑HC-1的日期为倒填，尚待市局确认"
    assert note in _paper(begun, "371002")
    assert "倒填" not in _paper(begun, "371003")
    assert "倒填" not in _paper(begun, "371002", date(2023, 6, 30)), "it moves nothing yet"
    _decide(begun, [claim.id], False)
    assert _ratio(begun) == 0.5
    assert note not in _paper(begun, "371002")
    with begun.read() as conn:
        assert _cell(conn, EnforcementCase.eliminated_on) == TODAY
    assert verify(begun).bad == []


def test_effects_of_many_claims_are_what_each_decision_brings(begun: Store) -> None:
    """Asked in sets; the decision itself, taken back, is the oracle."""
    case = {**CASE, "消除违法状态日期": "2023-07-01"}
    send(begun, UploadKind.PATCHES, *({**PATCH, "图斑编号": f"HC-{n}"} for n in (3, 4, 5)))
    later = [{**FINDING, "图斑编号": f"HC-{n}", "监测面积": 10 + n} for n in (3, 4)]
    send(begun, UploadKind.FINDINGS, *later, {**FINDING, "图斑编号": "HC-5"})
    with acting_as(HUANCUI):
        send(begun, UploadKind.FINDINGS, EXCLUDED, {**later[0], "是否纳入违法计算": "否"})
        send(begun, UploadKind.CASES, case, {**case, "图斑编号": "HC-4"})
        send(begun, UploadKind.FINDINGS, {**FINDING, "图斑编号": "HC-5", "上报日期": "2023-05-03"})
        send(begun, UploadKind.FINDINGS, {**later[1], "是否新增建设": "清空"})
    waiting = _open(begun)
    assert len(waiting) >= 4
    assert {c.kind for c in waiting} >= {ClaimKind.EXCLUDED, ClaimKind.BACKDATED}
    told = effects(begun, waiting, 2023, AS_OF)
    now = _ratio(begun)
    assert len({*told.values()}) > 2
    for claim in waiting:
        found = [_ratio_after(begun, claim, said) for said in (True, False)]
        assert told[claim.id] == Effect(now, *found), claim


def _ratio_after(store: Store, claim: ClaimRow, is_accepted: bool) -> Any:
    with acting_as(CITY), contextlib.suppress(_TakenBack), store.write() as conn:
        decide(conn, [claim.id], is_accepted, "理由", TODAY)
        ratio = figures(conn, Scope.all(), 2023, AS_OF)["districts"][0]["ratio_net"]
        raise _TakenBack
    return ratio


class _TakenBack(Exception):
    pass


def test_three_days_are_no_backdating_and_the_number_is_a_parameter(begun: Store) -> None:
    near = {**CASE, "消除违法状态日期": "2024-02-27"}  # three days before the upload
    with acting_as(HUANCUI):
        send(begun, UploadKind.CASES, near)
    assert _open(begun) == []
    with begun.write() as conn:
        change_parameter(conn, "C1", "days", 1, date(2024, 2, 28), "试", TODAY)
    with acting_as(HUANCUI):
        send(begun, UploadKind.CASES, {**near, "消除违法状态日期": "2024-02-28"})
    assert [c.kind for c in _open(begun)] == [ClaimKind.BACKDATED]


def test_a_backdated_report_moves_the_patch_to_the_day_of_the_upload_when_refused(
    begun: Store,
) -> None:
    send(begun, UploadKind.PATCHES, {**PATCH, "图斑编号": "HC-3"})
    with acting_as(HUANCUI):
        send(begun, UploadKind.FINDINGS, {**LAWFUL, "图斑编号": "HC-3"})
    (claim,) = _open(begun)
    assert (claim.kind, claim.field) == (ClaimKind.BACKDATED, "reported_on")
    reported = select(Patch.reported_on).where(Patch.patch_no == "HC-3")
    with begun.read() as conn:
        assert conn.scalar(reported) == date(2023, 5, 20)
    _decide(begun, [claim.id], False)
    with begun.read() as conn:
        assert conn.scalar(reported) == TODAY
        assert figures(conn, Scope.all(), 2023, AS_OF)["city"]["on_time"] == 2
    assert verify(begun).bad == []


@pytest.mark.parametrize("accepted", [True, False])
def test_a_parcel_left_out_and_a_cleared_value_come_back_when_refused(
    begun: Store, accepted: bool
) -> None:
    second = {**FINDING, "地块序号": 2, "面积": 4.0, "占用耕地面积": 3.0}
    send(begun, UploadKind.FINDINGS, {**FINDING, "面积": 8.0, "占用耕地面积": 5.0}, second)
    with acting_as(HUANCUI):
        cleared = {**FINDING, "面积": 8.0, "占用耕地面积": "清空"}
        send(begun, UploadKind.FINDINGS, cleared)
    found = _open(begun)
    assert {c.kind for c in found} == {ClaimKind.LEFT_OUT, ClaimKind.CLEARED}
    _decide(begun, [c.id for c in found], accepted)
    with begun.read() as conn:
        farmland = conn.scalar(select(func.sum(Parcel.farmland_mu)).where(~Parcel.ended))
    assert farmland == (8.0 if accepted else 16.0)  # with the other patch's
    assert _open(begun) == []
    assert verify(begun).bad == []


# ---- who may -------------------------------------------------------------------------------------


def test_only_who_has_the_right_decides_and_a_district_sees_its_own(begun: Store) -> None:
    with acting_as(HUANCUI):
        send(begun, UploadKind.FINDINGS, EXCLUDED)
    (claim,) = _open(begun)
    assert _open(begun, WENDENG.scope) == []
    with begun.read() as conn:
        assert open_claim_count(conn, HUANCUI.scope) == 1
        assert open_claim_count(conn, WENDENG.scope) == 0
    for account in (HUANCUI, CLERK):
        with acting_as(account), begun.write() as conn, pytest.raises(Forbidden):
            decide(conn, [claim.id], True, "", TODAY)
    with begun.write() as conn, pytest.raises(NotFound):
        decide(conn, [claim.id + 1], True, "", TODAY)
    assert COMMAND_LINE.may(Right.CONFIRM)
    with begun.read() as conn:
        told = conn.scalar(select(func.count()).select_from(Parcel))
    assert told == 2
