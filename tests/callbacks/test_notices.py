"""通报: the preview is the paper, its remarks those of the checks; downloads ask for scope."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from callbacks.notices import render
from callbacks.papers import trace_of
from data.acting import acting_as
from data.documents.issued import paper_of
from data.errors import NotFound
from data.measures.kinds import MeasureKind
from data.rights import Account, Right, Role
from data.scope import Scope
from data.settings import Settings
from data.store.engine import Store
from data.store.opening import open_store
from data.vocabulary import UploadKind
from data.workflow import measures as steps
from data.workflow.measure_subjects import NewMeasure
from data.workflow.measure_writing import Taking
from tests.components.drawn import text_of
from tests.sending import FINDING, PATCH, send

DAY = date(2023, 11, 13)
SEARCH = "?year=2023&asof=2023-11-13"
CLERK = Account("环翠", Role.DISTRICT, frozenset({Right.READ, Right.EXPORT}), "371002")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = open_store(Settings(local_dir=tmp_path_factory.mktemp("notices"), fixed_today=DAY))
    send(store, UploadKind.PATCHES, PATCH)
    send(store, UploadKind.FINDINGS, FINDING | {"是否新增建设": "是"})
    new = NewMeasure(MeasureKind.EARLY_WARNING, "环翠区", 2023, DAY)
    with store.write() as conn:
        by = [Account(name, Role.CITY, frozenset(Right)) for name in "甲乙丙"]
        number = steps.draft(Taking(conn, by[0], DAY, DAY), new).number
        steps.review(Taking(conn, by[1], DAY, DAY), number)
        steps.issue(Taking(conn, by[2], DAY, DAY), number)
    yield store
    store.engine.dispose()


@pytest.mark.parametrize("kind", ["", "work_notice_clearance", "case_notice", "nonsense"])
def test_the_page_shows_the_notice(kind: str, store: Store) -> None:
    with store.read() as conn:
        shown = text_of(render(conn, store.settings, f"{SEARCH}&kind={kind}&month=2023-05"))
    assert "签发前检查" in shown
    assert "起草这件通报" in shown
    assert "威海市自然资源和规划局关于" in shown
    assert "{" not in shown


def test_a_kind_for_one_district_asks_for_it(store: Store) -> None:
    search = f"{SEARCH}&kind=audit_feedback"
    with store.read() as conn:
        assert "请从上方选择区市" in text_of(render(conn, store.settings, search))
        shown = text_of(render(conn, store.settings, f"{search}&district=371002"))
    assert "环翠区自然资源局：" in shown


def test_a_district_drafts_nothing_and_gets_no_trace(store: Store) -> None:
    with store.read() as conn, acting_as(CLERK):
        shown = text_of(render(conn, store.settings, SEARCH))
        assert "起草" not in shown.replace("通报由市局起草", "")
        with pytest.raises(NotFound):
            trace_of(conn, 1)
    with store.read() as conn, pytest.raises(NotFound):
        paper_of(conn, Scope(frozenset({"371003"})), 1)
