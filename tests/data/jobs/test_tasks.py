from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from data.errors import CrsUndecided
from data.jobs import tasks
from data.jobs.leases import Leases
from data.jobs.running import run_job
from data.jobs.table import JobTable
from data.jobs.tasks import TASKS, confirmation
from data.scope import Scope
from data.store.engine import Store
from data.store.models import Patch
from data.store.queries.map_facts import content_version
from data.store.queries.stamp import data_version
from data.store.queries.uploads import upload_list
from data.upload import sandbox
from data.upload.readers import ReadOptions, ReadResult
from tests.sending import corrected
from tests.uploading import PATCHES, confirmed, csv, payload, previewed, put_in, run_next


@pytest.fixture
def table(store: Store) -> JobTable:
    return JobTable(store.settings)


def batches(store: Store) -> list[dict[str, Any]]:
    with store.read() as conn:
        return upload_list(conn, Scope.all())


def test_a_preview_says_what_a_file_would_do_and_writes_nothing(
    store: Store, table: JobTable, tmp_path: Path
) -> None:
    bad = "HC-003,新增非农建设类,2023-13-40,环翠区,1,0"
    job = previewed(table, store, csv(tmp_path / "五月.csv", *PATCHES, bad))
    assert job.state == "waiting"
    assert job.result is not None
    counts = job.result["counts"]
    assert (counts["rows"], counts["inserted"], counts["rejected"]) == (4, 3, 1)
    assert job.result["errors"][0]["row"] == 5
    headers = {c["header"]: c for c in job.result["columns"]}
    assert headers["监测面积"]["field"] == "area_mu"
    assert headers["监测面积"]["samples"] == ["12.5", "8", "20"]
    assert batches(store) == []


def test_a_confirmed_preview_is_written_as_one_batch(
    store: Store, table: JobTable, tmp_path: Path
) -> None:
    job = confirmed(table, store, previewed(table, store, csv(tmp_path / "五月.csv", *PATCHES)))
    assert job.state == "done"
    assert job.result is not None
    assert job.result["outcome"]["inserted"] == 3
    (batch,) = batches(store)
    assert (batch["id"], batch["uploaded_by"]) == (job.result["outcome"]["batch"], "王工")


def test_the_map_stands_ready_when_an_upload_is_done(
    store: Store, table: JobTable, tmp_path: Path
) -> None:
    confirmed(table, store, previewed(table, store, csv(tmp_path / "五月.csv", *PATCHES)))
    with store.read() as conn:
        version = content_version(conn)
    assert list((store.settings.local_dir / "maps").glob(f"{version}-2023-*"))


def test_a_changed_row_is_shown_field_by_field(
    store: Store, table: JobTable, tmp_path: Path
) -> None:
    confirmed(table, store, previewed(table, store, csv(tmp_path / "一.csv", *PATCHES)))
    changed = PATCHES[0].replace("12.5", "13")
    job = previewed(table, store, csv(tmp_path / "二.csv", changed, *PATCHES[1:]))
    assert job.result is not None
    assert job.result["changed"] == [
        {
            "key": "HC-001",
            "column": "监测面积",
            "field": "area_mu",
            "before": 12.5,
            "after": 13.0,
        }
    ]
    assert job.result["counts"]["unchanged"] == 2


def test_the_kind_is_recognised_from_the_columns_with_its_reason(
    store: Store, table: JobTable, tmp_path: Path
) -> None:
    job = previewed(table, store, csv(tmp_path / "未命名.csv", *PATCHES), kind="")
    assert job.result is not None
    assert job.result["kind"] == "patches"
    assert "监测面积" in job.result["kind_reason"]


def test_unknown_columns_are_asked_for_and_then_taken_as_assigned(
    store: Store, table: JobTable, tmp_path: Path
) -> None:
    header = "编号甲,类型乙,日子,归谁,多大,耕地多大"
    job = previewed(table, store, csv(tmp_path / "怪表.csv", *PATCHES, header=header))
    assert job.state == "waiting"
    assert job.result is not None
    assert job.result["question"] == "columns"
    assert job.result["columns"][0]["samples"] == ["HC-001", "HC-002", "WD-001"]
    names = ("patch_no", "patch_type", "issued_on", "district_code", "area_mu", "farmland_mu")
    mapping = {
        header: {"field": name, "unit": "M2" if name == "area_mu" else None}
        for header, name in zip(header.split(","), names, strict=True)
    }
    table.again(job.id, ("waiting",), mapping=mapping)
    again = run_next(table, store)
    assert again.result is not None
    assert again.result["question"] is None
    assert again.result["counts"]["inserted"] == 3
    assert next(c for c in again.result["columns"] if c["header"] == "多大")["unit"] == "M2"


def test_a_refused_file_fails_with_its_sentence(
    store: Store, table: JobTable, tmp_path: Path
) -> None:
    path = tmp_path / "坏.xlsx"
    path.write_bytes(b"not a workbook at all")
    job = previewed(table, store, path)
    assert job.state == "failed"
    assert job.message
    assert job.message.endswith("。")


def test_a_running_upload_is_cancelled_before_it_commits(
    store: Store, table: JobTable, tmp_path: Path
) -> None:
    job = previewed(table, store, csv(tmp_path / "五月.csv", *PATCHES))
    assert job.result is not None
    table.again(job.id, ("waiting",), **confirmation(job.result))
    leases = Leases(table)
    claimed = leases.take()
    assert claimed is not None

    def slow(store: Store, job: Any, progress: Any) -> Any:
        def watched(phase: str, done: int, total: int) -> None:
            if phase == "写入":  # in the middle of the transaction the user changes his mind
                table.cancel(job.id)
                while True:
                    progress(phase, done, total)
            progress(phase, done, total)

        return TASKS["upload"](store, job, watched)

    run_job(leases, store, claimed, slow)
    ended = table.get(job.id)
    assert ended.state == "cancelled"
    assert ended.message is not None
    assert "没有写入" in ended.message
    assert batches(store) == []


def test_an_unforeseen_fault_tells_a_number_and_no_trace(
    store: Store, table: JobTable, tmp_path: Path
) -> None:
    job_id = table.submit("upload", payload(put_in(store, csv(tmp_path / "a.csv"))), "王工")
    leases = Leases(table)
    job = leases.take()
    assert job is not None

    def broken(store: Store, job: Any, progress: Any) -> Any:
        raise ZeroDivisionError("secret detail")

    run_job(leases, store, job, broken)
    ended = table.get(job_id)
    assert ended.state == "failed"
    assert ended.message is not None
    assert "编号" in ended.message
    assert "secret" not in ended.message


def test_a_batch_is_taken_back_by_a_job(store: Store, table: JobTable, tmp_path: Path) -> None:
    done = confirmed(table, store, previewed(table, store, csv(tmp_path / "一.csv", *PATCHES)))
    assert done.result is not None
    table.submit("undo", {"batch": done.result["outcome"]["batch"]}, "王工")
    job = run_next(table, store)
    assert job.state == "done"
    assert [b["state"] for b in batches(store)] == ["undo", "undone"]
    with store.read() as conn:
        assert data_version(conn) == 2


def test_what_later_uploads_built_on_is_not_taken_back(
    store: Store, table: JobTable, tmp_path: Path
) -> None:
    first = confirmed(table, store, previewed(table, store, csv(tmp_path / "一.csv", *PATCHES)))
    changed = PATCHES[0].replace("12.5", "13")
    confirmed(table, store, previewed(table, store, csv(tmp_path / "二.csv", changed)))
    assert first.result is not None
    table.submit("undo", {"batch": first.result["outcome"]["batch"]}, "王工")
    job = run_next(table, store)
    assert job.state == "failed"
    assert job.message is not None
    assert "其后的批次" in job.message


def test_rows_of_the_last_file_that_this_one_lacks_are_named(
    store: Store, table: JobTable, tmp_path: Path
) -> None:
    confirmed(table, store, previewed(table, store, csv(tmp_path / "一.csv", *PATCHES)))
    job = previewed(table, store, csv(tmp_path / "二.csv", PATCHES[1]))
    assert job.result is not None
    assert job.result["absent"] == ["HC-001", "WD-001"]
    assert job.result["counts"]["absent"] == 2
    assert any("一.csv" in note for note in job.result["notes"])


def test_another_batch_without_a_common_row_has_none_absent(
    sqlite_store: Store, tmp_path: Path
) -> None:
    table = JobTable(sqlite_store.settings)
    first = csv(tmp_path / "一.csv", *PATCHES[:2])
    confirmed(table, sqlite_store, previewed(table, sqlite_store, first))
    job = previewed(table, sqlite_store, csv(tmp_path / "二.csv", PATCHES[2]))
    assert job.result is not None
    assert job.result["absent"] == []


STRANGE = "编号甲,类型乙,日子,归谁,多大,耕地多大"
FIELDS = ("patch_no", "patch_type", "issued_on", "district_code", "area_mu", "farmland_mu")


def test_a_returned_workbook_is_read_as_its_file_was_whatever_the_chooser_holds(
    store: Store, table: JobTable, tmp_path: Path
) -> None:
    mapping = {
        header: {"field": name, "unit": "HA" if name.endswith("_mu") else None}
        for header, name in zip(STRANGE.split(","), FIELDS, strict=True)
    }
    bad = PATCHES[1].replace("2023-05-08", "2023-05-80")
    first = previewed(
        table,
        store,
        csv(tmp_path / "怪表.csv", PATCHES[0], bad, header=STRANGE),
        mapping=mapping,
        crs=None,
        set={"乡镇": "孙家疃街道"},
    )
    done = confirmed(table, store, first)
    assert done.result is not None
    back = corrected(
        store.settings.outputs_dir / done.result["outcome"]["report"], "日子", "2023-05-08"
    )

    job = previewed(table, store, back, kind="", year=2024)

    assert job.result is not None
    assert job.result["question"] is None, job.result["message"]
    assert job.result["kind"] == "patches"
    assert job.result["reading"]["year"] == 2023
    assert job.result["reading"]["set"] == {"乡镇": "孙家疃街道"}
    assert (job.result["counts"]["inserted"], job.result["counts"]["rejected"]) == (1, 0)
    last = confirmed(table, store, job)
    assert last.result is not None
    assert last.result["outcome"]["inserted"] == 1
    with store.read() as conn:
        areas = conn.scalars(select(Patch.area_mu).order_by(Patch.patch_no)).all()
        years = set(conn.scalars(select(Patch.year)))
    assert (areas, years) == ([12.5 * 15, 8.0 * 15], {2023})
    assert batches(store)[0]["options"]["mapping"]["多大（公顷）"]["unit"] == "HA"


def test_a_file_that_lies_in_the_city_by_several_systems_asks_with_where_each_would_put_it(
    store: Store, table: JobTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the words of the question: they are no part of the program."""
    undecided = CrsUndecided("另一句话。", (4490, 4528))
    sure = sandbox.read_file_limited

    def unsure(path: Path, options: ReadOptions, **more: Any) -> ReadResult:
        if options.crs is None:
            raise undecided
        return sure(path, options, **more)

    monkeypatch.setattr(tasks, "read_file_limited", unsure)
    job = previewed(table, store, csv(tmp_path / "五月.csv", *PATCHES))
    assert job.state == "waiting"
    assert job.result is not None
    assert (job.result["question"], job.result["message"]) == ("crs", "另一句话。请选择。")
