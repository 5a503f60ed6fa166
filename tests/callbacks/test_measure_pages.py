"""按页预览: drawn by the worker, kept by what the paper says, seen by who sees the paper."""

from __future__ import annotations

from dataclasses import replace

import pytest

import app as application
from callbacks.measure_detail.pages import render
from data.acting import acting_as
from data.documents import picturing
from data.documents.issued import paper_of
from data.errors import SupervisionError
from data.jobs import pages
from data.jobs.table import JobTable, JobView
from data.rights import COMMAND_LINE, Account, Right
from data.scope import Scope
from data.services import Services
from data.settings import Settings
from data.store.engine import Store
from data.workflow import measures as steps
from tests.components.drawn import text_of
from tests.data.workflow.test_measures import (
    CLERK,
    DRAFTER,
    ISSUED,
    OTHER,
    REVIEWER,
    Desk,
    fill,
)
from tests.signing import asked_by
from tests.uploading import run_next

READER = COMMAND_LINE
FOUND = picturing.Programs("soffice", "pdftoppm")


@pytest.fixture
def desk(sqlite_store: Store) -> Desk:
    fill(sqlite_store)
    return Desk(sqlite_store)


@pytest.fixture
def drawer(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Stands for LibreOffice; the files that it was given."""
    given: list[bytes] = []

    def draw(found: picturing.Programs, docx: bytes) -> list[bytes]:
        given.append(docx)
        return [b"\x89PNG one", b"\x89PNG two"]

    monkeypatch.setattr("data.jobs.pages.programs", lambda _: FOUND)
    monkeypatch.setattr("callbacks.measure_detail.pages.programs", lambda _: FOUND)
    monkeypatch.setattr("data.jobs.pages.pictures", draw)
    return given


def shown(desk: Desk, by: Account, number: int) -> str:
    table = JobTable(desk.store.settings)
    with acting_as(by):
        parts, _ = render(Services(desk.store.settings, desk.store), table, str(number))
    return text_of(parts)


def drawn(desk: Desk, number: int, by: Account = READER) -> JobView:
    table = JobTable(desk.store.settings)
    with acting_as(by):
        table.submit(pages.TASK, {"measure": number}, by.name)
    return run_next(table, desk.store)


def test_pages_are_drawn_once_and_again_when_the_text_changes(
    desk: Desk, drawer: list[bytes]
) -> None:
    number = desk.draft()
    assert "生成按页预览" in shown(desk, READER, number)
    assert drawn(desk, number).state == "done"
    assert "按页预览：2页" in shown(desk, READER, number)
    drawn(desk, number)
    assert len(drawer) == 1
    desk.take(steps.give_back, REVIEWER, ISSUED, number, "补充")
    assert "按页预览：2页" in shown(desk, READER, number), "a step that changes no text"
    desk.take(steps.edit, DRAFTER, ISSUED, number, {"title": "另一个标题"})
    assert "生成按页预览" in shown(desk, READER, number)


def test_pictures_are_for_who_sees_the_paper(desk: Desk, drawer: list[bytes]) -> None:
    number = desk.delivered()
    drawn(desk, number)
    with desk.store.read() as conn:
        digest = pages.page_digest(paper_of(conn, Scope.all(), number))[:16]
    client = application.create_app(desk.store.settings).server.test_client()
    may = frozenset({Right.READ, Right.EXPORT})
    address = f"/measures/{number}/pages/{digest}"
    for who, page, status in (
        (replace(CLERK, rights=may), f"{address}/1.png", 200),
        (replace(CLERK, rights=may), f"{address}/3.png", 404),
        (replace(CLERK, rights=may), f"/measures/{number}/pages/{'0' * 16}/1.png", 404),
        (replace(OTHER, rights=may), f"{address}/1.png", 404),
        (CLERK, f"{address}/1.png", 403),
    ):
        with asked_by(who):
            assert client.get(page).status_code == status, (who.name, page)
    assert shown(desk, replace(OTHER, rights=may), number) == ""


def test_a_machine_without_libreoffice_says_so(desk: Desk) -> None:
    desk.store.settings = replace(desk.store.settings, office="0")
    number = desk.draft()
    assert "没有安装" in shown(desk, READER, number)
    assert drawn(desk, number).message == picturing.NOT_INSTALLED


def test_pictures_are_cleared_away_after_some_weeks(desk: Desk, drawer: list[bytes]) -> None:
    number = desk.draft()
    drawn(desk, number)
    (kept,) = pages.folder(desk.store.settings).iterdir()
    at = kept.stat().st_mtime
    assert pages.clean_pages(desk.store.settings, at + 29 * 86_400) == 0
    assert pages.clean_pages(desk.store.settings, at + 31 * 86_400) == 1


@pytest.mark.skipif(picturing.programs(Settings()) is None, reason="no LibreOffice here")
def test_libreoffice_draws_a_paper_without_a_network_or_other_files(desk: Desk) -> None:
    found = picturing.programs(Settings())
    assert found is not None
    number = desk.draft()
    with desk.store.read() as conn:
        docx = paper_of(conn, Scope.all(), number).docx()
    pictures = picturing.pictures(found, docx)
    assert len(pictures) >= 2
    assert all(content.startswith(b"\x89PNG") for content in pictures)
    with pytest.raises(SupervisionError, match="没有转换成页面"):
        picturing.pictures(replace(found, office="/bin/false"), docx)
