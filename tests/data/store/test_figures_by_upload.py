"""From files to figures: in whatever order files come, and however often."""

from __future__ import annotations

from datetime import date
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import func, select

from data.scope import Scope
from data.store import history, summary
from data.store.engine import Store
from data.store.models import DaySummary, History, Patch
from data.store.queries.figures import figures
from data.vocabulary import UploadKind
from tests.sending import FINDING, PATCH, send

Files = list[tuple[UploadKind, list[dict[str, Any]]]]
DAYS = (date(2023, 5, 24), date(2023, 5, 25), date(2023, 6, 30), date(2024, 2, 1))

PATCHES: Files = [
    (
        UploadKind.PATCHES,
        [PATCH, {**PATCH, "图斑编号": "HC-2", "下发日期": "2023-05-21", "区市": "文登区"}],
    )
]
REST: Files = [
    (
        UploadKind.FINDINGS,
        [
            {**FINDING, "面积": 5, "占用耕地面积": 4},
            {**FINDING, "地块序号": 2, "面积": 7, "占用耕地面积": 4, "上报日期": "2023-05-24"},
            {**FINDING, "图斑编号": "HC-2", "合法性判定": "合法", "上报日期": "2023-05-24"},
        ],
    ),
    (
        UploadKind.AUDITS,
        [
            {"图斑编号": "HC-1", "审核级别": "市级", "审核日期": "2023-05-26", "审核结果": "通过"},
            {"图斑编号": "HC-2", "审核级别": "省级", "审核日期": "2023-06-01", "审核结果": "退回",
             "审核意见": "不实", "定性结果": "违法"},
        ],
    ),
    (
        UploadKind.CASES,
        [{"图斑编号": "HC-1", "地块序号": 2, "整改方式": "拆除", "消除违法状态日期": "2023-06-29"}],
    ),
]  # fmt: skip


def _send_all(store: Store, files: Files) -> None:
    for kind, rows in files:
        outcome = send(store, kind, *rows)
        assert outcome.rejected == 0, outcome.errors


def _documents(store: Store) -> list[dict[str, Any]]:
    with store.read() as conn:
        return [figures(conn, Scope.all(), 2023, day) for day in DAYS]


def _records(store: Store) -> int:
    with store.read() as conn:
        return int(conn.scalar(select(func.count()).select_from(History)) or 0)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_order_of_files_does_not_matter(sqlite_store: Store, order: tuple[int, ...]) -> None:
    _send_all(sqlite_store, PATCHES + [REST[i] for i in order])
    city = [document["city"] for document in _documents(sqlite_store)]
    assert [c["cleared"] for c in city] == [2, 2, 2, 2]
    assert [c["on_time"] for c in city] == [2, 2, 2, 2]
    assert [c["unlawful_farmland_mu"] for c in city] == [8.0, 8.0, 16.0, 16.0]
    assert [c["eliminated_farmland_mu"] for c in city] == [0.0, 0.0, 4.0, 4.0]
    assert [c["audited"] for c in city] == [0, 0, 1, 1]
    assert [c["overturn_rate"] for c in city] == [None, None, 1.0, 1.0]


def test_everything_again_changes_nothing(store: Store) -> None:
    _send_all(store, PATCHES + REST)
    documents, records = _documents(store), _records(store)
    for kind, rows in PATCHES + REST:
        outcome = send(store, kind, *rows)
        assert (outcome.inserted, outcome.updated, outcome.ended) == (0, 0, 0)
        assert outcome.unchanged == len(rows)
        backwards = send(store, kind, *reversed(rows))
        assert backwards.unchanged == len(rows)
    assert _documents(store) == documents
    assert _records(store) == records
    with store.read() as conn:
        assert history.verify(conn).ok


def test_the_summary_after_many_uploads_is_that_of_a_rebuild(store: Store) -> None:
    _send_all(store, PATCHES + REST)
    changed = [{**PATCH, "撤销日期": "2023-06-10", "撤销原因": "重复"}]
    _send_all(store, [(UploadKind.PATCHES, changed), (UploadKind.FINDINGS, [FINDING])])

    def rows(conn: Any) -> list[Any]:
        found = conn.execute(select(DaySummary.__table__)).all()
        return sorted(tuple(row) for row in found if any(tuple(row)[4:]))

    with store.write() as conn:
        kept = rows(conn)
        summary.rebuild(conn)
        assert rows(conn) == kept


def _reported(store: Store) -> date | None:
    with store.read() as conn:
        return conn.scalar(select(Patch.reported_on).where(Patch.patch_no == "HC-1"))


def test_reported_on_through_partial_reports_corrections_and_splits(store: Store) -> None:
    first, second = ({**FINDING, "地块序号": n, "面积": 6, "占用耕地面积": 4} for n in (1, 2))
    send(store, UploadKind.PATCHES, PATCH)
    send(store, UploadKind.FINDINGS, first, {**second, "上报日期": ""})
    assert _reported(store) is None
    send(store, UploadKind.FINDINGS, first, {**second, "上报日期": "2023-05-22"})
    assert _reported(store) == date(2023, 5, 22)
    # a corrected date of the same parcel moves it, back too
    send(store, UploadKind.FINDINGS, first, {**second, "上报日期": "2023-05-19"})
    assert _reported(store) == date(2023, 5, 20)
    # a third parcel inherits it, whatever date it brings
    send(store, UploadKind.FINDINGS, first, second,
         {**second, "地块序号": 3, "上报日期": "2023-06-30"})  # fmt: skip
    assert _reported(store) == date(2023, 5, 20)
    # a new split of other numbers does not move it either
    send(store, UploadKind.FINDINGS, {**FINDING, "地块序号": 7, "上报日期": "2023-08-01"})
    assert _reported(store) == date(2023, 5, 20)
