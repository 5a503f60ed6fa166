"""What a district may upload, and what it learns of another's patches: nothing."""

from __future__ import annotations

import pytest

from data.acting import acting_as
from data.errors import Forbidden, NotFound, UploadRefused
from data.rights import DEFAULT_RIGHTS, Account, Right, Role
from data.store.engine import Store
from data.upload.permits import OF_DISTRICTS
from data.upload.placed_again import take_back
from data.upload.template_examples import example_rows
from data.vocabulary import UploadKind
from tests.sending import FINDING, PATCH, send

OWN = Account("环翠", Role.DISTRICT, DEFAULT_RIGHTS[Role.DISTRICT], "371002")
CASE = {"图斑编号": "HC-1", "地块序号": 1, "立案日期": "2023-06-01"}


@pytest.fixture
def filled(sqlite_store: Store) -> Store:
    other = {**PATCH, "图斑编号": "WD-1", "区市": "文登区"}
    send(sqlite_store, UploadKind.PATCHES, PATCH, other)
    return sqlite_store


def test_its_own_findings_and_cases_are_taken_under_its_name(filled: Store) -> None:
    with acting_as(OWN):
        assert send(filled, UploadKind.FINDINGS, FINDING).inserted == 1
        assert send(filled, UploadKind.CASES, CASE).inserted == 1


@pytest.mark.parametrize("kind", [k for k in UploadKind if k not in OF_DISTRICTS])
def test_other_kinds_are_the_bureaus(kind: UploadKind, filled: Store) -> None:
    rows = [{"名称": "x"}] if kind is UploadKind.REFERENCE else example_rows(kind, 2023)
    with acting_as(OWN), pytest.raises(UploadRefused, match="区市账户不能上传") as refused:
        send(filled, kind, *rows)
    assert kind.label in refused.value.message
    assert "核查结果" in refused.value.message


@pytest.mark.parametrize("column", ["验收日期", "拆除复耕证明编号"])
def test_what_closes_a_case_is_the_bureaus_word(column: str, filled: Store) -> None:
    value = "2023-07-01" if column == "验收日期" else "证1"
    with acting_as(OWN):
        outcome = send(filled, UploadKind.CASES, {**CASE, column: value})
    assert (outcome.inserted, outcome.rejected) == (0, 1)
    assert column in outcome.errors[0].message
    assert send(filled, UploadKind.CASES, {**CASE, column: value}).inserted == 1


@pytest.mark.parametrize(("level", "taken"), [("县级", 1), ("市级", 0)])
def test_checks_of_the_county_alone(level: str, taken: int, filled: Store) -> None:
    row = {"图斑编号": "HC-1", "核查级别": level, "核查日期": "2023-06-01", "核查人": "甲"}
    with acting_as(OWN):
        outcome = send(filled, UploadKind.CHECKS, {**row, "核查结论": "属实"})
    assert outcome.inserted == taken, outcome.errors


def test_anothers_patch_is_told_as_one_that_there_is_not(filled: Store) -> None:
    with acting_as(OWN):
        texts = [
            send(filled, UploadKind.FINDINGS, {**FINDING, "图斑编号": number}).errors[0].message
            for number in ("WD-1", "XX-1")
        ]
    assert texts[0].replace("WD-1", "") == texts[1].replace("XX-1", "")
    assert send(filled, UploadKind.FINDINGS, {**FINDING, "图斑编号": "WD-1"}).inserted == 1


def test_nothing_is_taken_without_the_right(filled: Store) -> None:
    leader = Account("领导", Role.LEADER, DEFAULT_RIGHTS[Role.LEADER])
    with acting_as(leader), pytest.raises(Forbidden, match="上传"):
        send(filled, UploadKind.FINDINGS, FINDING)


def test_a_district_takes_back_its_own_uploads_alone(filled: Store) -> None:
    clerk = Account("环翠", Role.DISTRICT, frozenset({Right.UPLOAD}), "371002")
    with acting_as(clerk):
        taken = send(filled, UploadKind.FINDINGS, FINDING, uploaded_by="环翠")
        with filled.write() as conn:
            for batch in (1, 99):
                with pytest.raises(NotFound, match=f"没有您上传的批次{batch}"):
                    take_back(conn, batch, "环翠")
            assert taken.batch is not None
            take_back(conn, taken.batch, "环翠")
