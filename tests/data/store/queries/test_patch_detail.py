"""One patch: its parcels on the day, its story with uploads, its changes, and who may see it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select, update

from data.errors import NotFound
from data.scope import Scope
from data.store.models import CheckStep, FieldCheck, History, Patch, Problem, Recheck, Transfer
from data.store.queries.patch_detail import patch_detail
from data.vocabulary import AuditLevel
from tests.data.store.queries.stored import (
    HUANCUI,
    WENDENG,
    put,
    put_case,
    put_decision,
    put_parcel,
    put_patch,
    put_upload,
)

if TYPE_CHECKING:
    from data.store.engine import Store

ALL = Scope.all()
LATE = date(2024, 1, 10)
NUMBER = "37100/2 #1%"


@pytest.fixture
def told(store: Store) -> Store:
    """A patch to which everything happened, each kind of thing by an upload of its own."""
    with store.write() as conn:
        put_upload(conn, "下发图斑.zip")
        patch = put_patch(
            conn, NUMBER, reported_on=date(2023, 5, 20), lon=122.1, lat=37.4,
            forwarded_on=date(2023, 6, 12),
        )  # fmt: skip
        put_upload(conn, "核查结果.xlsx", "findings")
        put_parcel(conn, patch, 1, q_rural_house=True)
        put_parcel(conn, patch, 2, legality="other", other_category="rural_road")
        put_parcel(conn, patch, 3, ended=True)
        put_upload(conn, "审核意见.xlsx", "audits")
        put_decision(
            conn, patch, AuditLevel.CITY, date(2023, 5, 25), "returned", opinion="照片不清",
            resubmitted_on=date(2023, 5, 29),
        )  # fmt: skip
        put_decision(conn, patch, AuditLevel.CITY, date(2023, 6, 2), "passed")
        put_decision(
            conn, patch, AuditLevel.PROVINCE, date(2023, 6, 20), "passed", parcel_no=2,
            determination="unlawful",
        )  # fmt: skip
        put_upload(conn, "查处整改.xlsx", "cases")
        put_case(
            conn, patch, 1, stopped_on=date(2023, 5, 21), filed_on=date(2023, 5, 30),
            filed_by="区局", case_no="1号", way="demolition", eliminated_on=date(2023, 9, 1),
            accepted_on=date(2023, 9, 20),
        )  # fmt: skip
        put(
            conn, Transfer, patch_id=patch, parcel_no=1, department="forestry",
            transferred_on=date(2023, 7, 1), replied_on=date(2023, 7, 9),
        )  # fmt: skip
        put(
            conn, Problem, patch_id=patch, listed_on=date(2023, 7, 15), description="整改不到位",
            deadline_on=date(2023, 8, 15), written_off_on=date(2023, 8, 10),
        )  # fmt: skip
        put(
            conn, FieldCheck, patch_id=patch, level="city", checked_on=date(2023, 6, 1),
            checked_by="李工", finding="true",
        )  # fmt: skip
        put(
            conn, CheckStep, patch_id=patch, level="city", seq=1, step="assign", account="王工",
            happened_on=date(2023, 5, 28), check_batch=0, team="李工、赵工",
            due_on=date(2023, 6, 20),
        )  # fmt: skip
        put(
            conn, Recheck, patch_id=patch, parcel_no=2, rechecked_on=date(2023, 12, 1),
            finding="unchanged",
        )  # fmt: skip
        conn.execute(
            insert(History),
            [
                {
                    "seq": 1, "batch_id": 2, "at": "2023-05-21T02:00:00+00:00", "entity": "parcel",
                    "row_key": f"{patch}/1", "patch_id": patch, "op": "update",
                    "before": '{"legality": "lawful", "farmland_mu": 1.0, "source_hash": 1}',
                    "after": '{"legality": "unlawful", "farmland_mu": 2.0, "source_hash": 2}',
                    "prev_hash": "", "hash": "x",
                },
                {
                    "seq": 2, "batch_id": 3, "at": "2023-06-21T02:00:00+00:00", "entity": "parcel",
                    "row_key": f"{patch}/1", "patch_id": patch, "op": "update",
                    "before": '{"source_hash": 2}', "after": '{"source_hash": 3}',
                    "prev_hash": "", "hash": "y",
                },
            ],
        )  # fmt: skip
    return store


def test_parcels_carry_their_effective_determination_and_what_became_of_them(told: Store) -> None:
    with told.read() as conn:
        detail = patch_detail(conn, ALL, 2023, NUMBER, LATE)
    first, second = detail["parcels"]
    assert [p["parcel_no"] for p in detail["parcels"]] == [1, 2]
    assert detail["ended_parcels"] == [3]
    assert (first["effective"], first["filed"], first["eliminated"]) == ("unlawful", True, True)
    assert first["written_off"]  # accepted; 拆除 needs no certificate
    assert first["questions_open"]  # one of six answered
    assert (second["county"], second["effective"], second["overturned"]) == (
        "other", "unlawful", True,
    )  # fmt: skip
    assert detail["legality"] == "unlawful"
    assert detail["remaining_farmland_mu"] == 2.0  # parcel 2's, parcel 1 is eliminated


def test_the_timeline_tells_everything_in_order_with_its_upload(told: Store) -> None:
    with told.read() as conn:
        detail = patch_detail(conn, ALL, 2023, NUMBER, LATE)
    assert [(e["on"].isoformat(), e["what"]) for e in detail["timeline"]] == [
        ("2023-05-08", "下发"),
        ("2023-05-20", "地块上报"),
        ("2023-05-20", "地块上报"),
        ("2023-05-20", "地块上报"),
        ("2023-05-20", "上报"),
        ("2023-05-21", "制止"),
        ("2023-05-25", "市级审核退回"),
        ("2023-05-28", "市级外业核查派组"),
        ("2023-05-29", "重新上报"),
        ("2023-05-30", "立案"),
        ("2023-06-01", "市级外业核查"),
        ("2023-06-02", "市级审核通过"),
        ("2023-06-12", "上报省厅"),
        ("2023-06-20", "省级审核通过"),
        ("2023-07-01", "移送移交"),
        ("2023-07-09", "移送回复"),
        ("2023-07-15", "列入省厅问题清单"),
        ("2023-08-10", "问题销号"),
        ("2023-09-01", "消除违法状态"),
        ("2023-09-20", "验收"),
        ("2023-12-01", "周期复核"),
    ]
    uploads = {e["what"]: e["upload_name"] for e in detail["timeline"]}
    assert uploads["下发"] == "下发图斑.zip"
    assert uploads["市级审核退回"] == "审核意见.xlsx"
    assert uploads["立案"] == "查处整改.xlsx"
    assert {e["upload_name"] for e in detail["timeline"] if e["what"] == "上报"} == {"下发图斑.zip"}
    returned = next(e for e in detail["timeline"] if e["what"] == "市级审核退回")
    assert returned["detail"] == "整个图斑 · 照片不清"
    sent = next(e for e in detail["timeline"] if e["what"] == "市级外业核查派组")
    assert sent["detail"] == "李工、赵工 · 期限 6月20日"


def test_what_had_not_happened_on_the_day_is_left_out(told: Store) -> None:
    with told.read() as conn:
        detail = patch_detail(conn, ALL, 2023, NUMBER, date(2023, 5, 26))
    assert [e["what"] for e in detail["timeline"]][-1] == "市级审核退回"
    assert detail["later_events"] == 14
    assert detail["correction_due"] == date(2023, 6, 1)
    assert [d["result"] for d in detail["decisions"]] == ["returned"]
    assert detail["decisions"][0]["resubmitted_on"] is None
    assert detail["cases"][0]["stopped_on"] == date(2023, 5, 21)
    assert detail["cases"][0]["filed_on"] is None
    assert detail["forwarded_on"] is None
    assert not detail["parcels"][0]["filed"]
    assert detail["parcels"][0]["eliminated_on"] is None
    assert (detail["transfers"], detail["problems"], detail["rechecks"]) == ([], [], [])


def test_a_deadline_is_known_before_it_comes(told: Store) -> None:
    with told.read() as conn:
        detail = patch_detail(conn, ALL, 2023, NUMBER, date(2023, 7, 20))
    assert detail["problems"][0]["deadline_on"] == date(2023, 8, 15)
    assert detail["problems"][0]["written_off_on"] is None
    assert detail["monthly_audit_due"] == date(2023, 6, 30)


def test_changes_of_data_name_old_and_new_values_and_the_upload(told: Store) -> None:
    with told.read() as conn:
        changes = patch_detail(conn, ALL, 2023, NUMBER, LATE)["changes"]
    assert len(changes) == 1  # bookkeeping alone is no change
    assert changes[0]["upload_name"] == "核查结果.xlsx"
    assert changes[0]["fields"] == [
        {"field": "legality", "old": "lawful", "new": "unlawful"},
        {"field": "farmland_mu", "old": 1.0, "new": 2.0},
    ]


def test_an_event_names_the_upload_that_brought_its_day(told: Store) -> None:
    with told.write() as conn:  # the patch's row was last written by the findings
        batch = put_upload(conn, "核查结果_补.xlsx", "findings")
        patch = conn.scalar(select(Patch.id).where(Patch.patch_no == NUMBER))
        record = {
            "entity": "patch", "row_key": f"2023/{NUMBER}", "patch_id": patch, "prev_hash": "",
            "at": "2023-05-20T00:00:00+00:00",
        }  # fmt: skip
        conn.execute(
            insert(History),
            [
                {**record, "seq": 3, "batch_id": 1, "op": "insert", "hash": "z", "before": None,
                 "after": '{"issued_on": "2023-05-08", "reported_on": null}'},
                {**record, "seq": 4, "batch_id": batch, "op": "update", "hash": "zz",
                 "before": '{"reported_on": null}', "after": '{"reported_on": "2023-05-20"}'},
            ],
        )  # fmt: skip
        conn.execute(update(Patch).where(Patch.id == patch).values(batch_id=batch))
    with told.read() as conn:
        detail = patch_detail(conn, ALL, 2023, NUMBER, LATE)
    names = {e["what"]: e["upload_name"] for e in detail["timeline"]}
    assert names["下发"] == "下发图斑.zip"
    assert names["上报"] == "核查结果_补.xlsx"
    assert detail["changes"][0]["key"] == {}
    assert detail["changes"][1]["key"] == {"parcel_no": "1"}


def test_an_unknown_number_is_refused_with_the_way_out(told: Store) -> None:
    with told.read() as conn, pytest.raises(NotFound, match="没有编号为“X9”的图斑"):
        patch_detail(conn, ALL, 2023, "X9", LATE)


def test_another_districts_patch_is_as_unknown_as_one_that_is_not_there(told: Store) -> None:
    theirs = Scope(frozenset({WENDENG}))
    with told.read() as conn:
        with pytest.raises(NotFound) as hidden:
            patch_detail(conn, theirs, 2023, NUMBER, LATE)
        with pytest.raises(NotFound) as unknown:
            patch_detail(conn, theirs, 2023, "X9", LATE)
    assert hidden.value.message.replace(NUMBER, "X9") == unknown.value.message


def test_a_district_that_gave_a_patch_away_sees_it_only_as_it_was(store: Store) -> None:
    with store.write() as conn:
        patch = put_patch(
            conn, "T1", district_code=WENDENG, transferred_on=date(2023, 6, 20),
            transferred_from=HUANCUI,
        )  # fmt: skip
        put_decision(conn, patch, AuditLevel.CITY, date(2023, 7, 1), "passed")
        conn.execute(
            insert(History).values(
                seq=1,
                batch_id=1,
                at="2023-07-02T00:00:00+00:00",
                entity="patch",
                patch_id=patch,
                row_key="2023/T1",
                op="update",
                before='{"location": "甲"}',
                after='{"location": "乙"}',
                prev_hash="",
                hash="x",
            )
        )
    former = Scope(frozenset({HUANCUI}))
    with store.read() as conn:
        before = patch_detail(conn, former, 2023, "T1", date(2023, 6, 10))
        assert (before["later_events"], before["changes"]) == (0, [])
        assert before["district_code"] == HUANCUI
        with pytest.raises(NotFound):
            patch_detail(conn, former, 2023, "T1", date(2023, 6, 20))
        whole = patch_detail(conn, ALL, 2023, "T1", date(2023, 6, 10))
    assert (whole["later_events"], len(whole["changes"])) == (2, 1)


def test_a_determined_patch_without_parcels_counts_as_parcel_zero(store: Store) -> None:
    with store.write() as conn:
        patch = put_patch(conn, "D1")
        put_decision(
            conn, patch, AuditLevel.CITY, date(2023, 7, 1), "passed", determination="unlawful",
            deemed=True,
        )  # fmt: skip
    with store.read() as conn:
        (parcel,) = patch_detail(conn, ALL, 2023, "D1", LATE)["parcels"]
    assert (parcel["parcel_no"], parcel["effective"], parcel["farmland_mu"]) == (0, "unlawful", 4.0)
    assert parcel["counted"]
