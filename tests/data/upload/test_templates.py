"""Templates can be filled and go in as they are."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from data.store.engine import Store
from data.upload.mapping import map_columns
from data.upload.schemas import SCHEMAS
from data.upload.templates import INSTRUCTIONS, header_of, write_template
from data.vocabulary import UploadKind
from tests.sending import messages, send_file, warnings

KINDS = list(SCHEMAS)


def _sheets(kind: UploadKind) -> openpyxl.Workbook:
    return openpyxl.load_workbook(write_template(kind, 2023))


@pytest.mark.parametrize("kind", KINDS)
def test_every_header_of_a_template_is_recognised_with_its_unit(kind: UploadKind) -> None:
    sheet = _sheets(kind)[kind.label]
    headers = [str(cell.value) for cell in sheet[1]]
    mapped = map_columns(headers, SCHEMAS[kind].columns)
    assert mapped.ignored == []
    assert [a.column for a in mapped.assigned] == list(SCHEMAS[kind].offered)


@pytest.mark.parametrize("kind", KINDS)
def test_closed_vocabularies_have_a_drop_down(kind: UploadKind) -> None:
    book = _sheets(kind)
    listed = {
        str(rule.sqref).split(":")[0]: str(rule.formula1)
        for rule in book[kind.label].data_validations.dataValidation
    }
    for at, column in enumerate(SCHEMAS[kind].columns, start=1):
        cell = f"{openpyxl.utils.get_column_letter(at)}2"
        for label in column.terms:
            assert label in listed[cell]


@pytest.mark.parametrize("kind", KINDS)
def test_instructions_name_every_column(kind: UploadKind) -> None:
    page = _sheets(kind)[INSTRUCTIONS]
    words = {str(cell.value) for row in page.iter_rows() for cell in row}
    assert {c.header for c in SCHEMAS[kind].offered} <= words


def test_the_examples_of_all_templates_go_in_one_after_the_other(
    sqlite_store: Store, tmp_path: Path
) -> None:
    for kind in KINDS:
        path = tmp_path / f"{kind.value}.xlsx"
        path.write_bytes(write_template(kind, 2023).getvalue())
        outcome = send_file(sqlite_store, path, kind)
        assert (outcome.inserted, outcome.rejected) == (2, 0), (kind, messages(outcome))


def test_examples_that_were_left_in_are_said(sqlite_store: Store, tmp_path: Path) -> None:
    path = tmp_path / "下发图斑.xlsx"
    path.write_bytes(write_template(UploadKind.PATCHES, 2023).getvalue())
    assert "模板的示例行" in warnings(send_file(sqlite_store, path, UploadKind.PATCHES))


def test_area_headers_carry_their_unit() -> None:
    column = SCHEMAS[UploadKind.PATCHES].column("area_mu")
    assert header_of(column) == "监测面积（亩）"
