"""本月公文: packed as a job, for who asked; one that fails is listed, the others are there."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from callbacks.frame.context import read_context
from callbacks.paper_batch import archive_of, asked_of, render
from data.acting import acting_as
from data.documents import issued
from data.documents.word.render import render as render_docx
from data.errors import Forbidden, NotFound
from data.jobs import papers
from data.jobs.embedded import submit
from data.jobs.table import JobTable, JobView
from data.measures.kinds import MeasureKind
from data.rights import Account, Right, Role
from data.scope import Scope
from data.services import Services
from data.settings import Settings
from data.store.opening import open_store
from data.store.queries.accounts import account_named
from data.upload.sandbox import UploadCancelled
from data.vocabulary import UploadKind
from data.workflow.accounts import add_account
from data.workflow.measure_subjects import NewMeasure
from data.workflow.paper_batch import FAILED, pack, papers_of_month
from tests.components.drawn import text_of
from tests.data.workflow.test_measures import Desk
from tests.sending import FINDING, PATCH, send
from tests.uploading import run_next

DAY = date(2023, 11, 14)
SEARCH = "?year=2023&asof=2023-11-14"
KIND = MeasureKind.EARLY_WARNING


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A letter to each of two districts, issued in November."""
    settings = Settings(
        local_dir=tmp_path_factory.mktemp("batch"), fixed_today=DAY, embedded_worker=False
    )
    store = open_store(settings)
    send(store, UploadKind.PATCHES, PATCH, PATCH | {"图斑编号": "WD-1", "区市": "文登区"})
    built = FINDING | {"是否新增建设": "是"}
    send(store, UploadKind.FINDINGS, built, built | {"图斑编号": "WD-1"})
    with store.write() as conn:
        add_account(conn, settings, "打包员", Role.CITY)
        add_account(conn, settings, "环翠经办", Role.DISTRICT, district="371002")
    made = Desk(store)
    for unit in ("环翠区", "文登区"):
        made.issued(NewMeasure(KIND, unit, 2023, date(2023, 11, 13)))
    yield made
    store.engine.dispose()


@pytest.fixture
def table(desk: Desk) -> JobTable:
    return JobTable(desk.store.settings)


def account(desk: Desk, name: str) -> Account:
    with desk.store.read() as conn:
        return account_named(conn, name)


def asked(desk: Desk, table: JobTable, by: Account) -> str:
    with acting_as(by):
        with desk.store.read() as conn:
            payload = asked_of(read_context(conn, desk.store.settings, SEARCH))
        return submit(table, desk.store.settings, papers.TASK, payload, by.name)


def shown(desk: Desk, table: JobTable, by: Account) -> tuple[str, bool]:
    with acting_as(by):
        parts, is_active = render(Services(desk.store.settings, desk.store), table, SEARCH)
    return text_of(parts), is_active


def names_in(desk: Desk, job: JobView) -> list[str]:
    with zipfile.ZipFile(papers.archive_of(desk.store.settings, job)) as archive:
        return archive.namelist()


def test_all_letters_of_the_month_come_in_one_archive_for_who_asked(
    desk: Desk, table: JobTable
) -> None:
    by, clerk = account(desk, "打包员"), account(desk, "环翠经办")
    assert "打包11月签发的2件公文" in shown(desk, table, by)[0]
    asked(desk, table, by)
    assert shown(desk, table, by)[1]
    job = run_next(table, desk.store)
    assert job.state == "done", job.message
    words, is_active = shown(desk, table, by)
    assert not is_active
    assert "下载全市11月公文（2件）" in words
    assert sum(name.endswith("号.docx") for name in names_in(desk, job)) == 2
    services = Services(desk.store.settings, desk.store)
    with acting_as(by):
        assert archive_of(services, table, job.id)[0] == "公文 2023-11.zip"
    for other in (clerk, replace(by, name="别人"), replace(clerk, name=by.name)):
        with acting_as(other), pytest.raises(NotFound, match="没有这个公文包"):
            archive_of(services, table, job.id)
        assert "（2件）" not in shown(desk, table, other)[0]


def test_a_district_packs_its_own_letters_only(desk: Desk, table: JobTable) -> None:
    clerk = account(desk, "环翠经办")
    asked(desk, table, clerk)
    job = run_next(table, desk.store)
    assert job.state == "done", job.message
    (name,) = [name for name in names_in(desk, job) if name.endswith(".docx")]
    assert name.startswith("第1号")
    with acting_as(replace(clerk, rights=frozenset({Right.READ}))), pytest.raises(Forbidden):
        submit(table, desk.store.settings, papers.TASK, {}, clerk.name)


def test_one_failing_letter_is_listed_and_the_others_are_made(
    desk: Desk, table: JobTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_it_is = render_docx

    def render_one(paper: Any, *more: Any) -> bytes:
        if "文登" in paper.title:
            raise ValueError("broken")
        return as_it_is(paper, *more)

    monkeypatch.setattr(issued, "render", render_one)
    by = account(desk, "打包员")
    asked(desk, table, by)
    job = run_next(table, desk.store)
    assert job.result is not None
    assert job.result["made"] == 1
    assert [number for number, _ in job.result["failed"]] == [2]
    words, _ = shown(desk, table, by)
    assert "1件未能生成" in words
    assert "第2号：系统出错" in words
    with zipfile.ZipFile(papers.archive_of(desk.store.settings, job)) as archive:
        assert "第2号" in archive.read(FAILED).decode()
        assert any(name.startswith("第1号") for name in archive.namelist())


def test_a_cancelled_batch_leaves_no_archive(desk: Desk) -> None:
    with desk.store.read() as conn:
        numbers = papers_of_month(conn, Scope.all(), 2023, "2023-11")
    target = desk.store.settings.local_dir / "x.zip"

    def cancelled(phase: str, done: int, total: int) -> None:
        if done:
            raise UploadCancelled("已按要求取消。")

    with pytest.raises(UploadCancelled):
        pack(desk.store, Scope.all(), numbers, target, cancelled)
    assert not target.exists()


def test_archives_are_cleared_away_after_some_days(desk: Desk, table: JobTable) -> None:
    by = account(desk, "打包员")
    asked(desk, table, by)
    job = run_next(table, desk.store)
    path = papers.archive_of(desk.store.settings, job)
    made_at = path.stat().st_mtime
    papers.clean_archives(desk.store.settings, made_at + 6 * 86_400)
    assert path.exists()
    papers.clean_archives(desk.store.settings, made_at + 8 * 86_400)
    assert not path.exists()
    assert "下载全市" not in shown(desk, table, by)[0]


def test_a_month_without_letters_has_nothing_to_pack(desk: Desk, table: JobTable) -> None:
    by = account(desk, "打包员")
    payload = papers.payload_of(2023, "2023-10", None, "全市")
    with acting_as(by):
        submit(table, desk.store.settings, papers.TASK, payload, by.name)
    job = run_next(table, desk.store)
    assert (job.state, job.message) == (
        "failed",
        "这个月没有签发的公文。请换一个基准日所在的月份。",
    )
