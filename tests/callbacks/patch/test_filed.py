"""What a file said of a patch stands on its page: no column of an upload is nowhere to be seen."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from callbacks.patch.filed import SOURCES
from callbacks.patch.page import render
from data.store.engine import Store
from data.upload.schemas import SCHEMAS, CellType, Column
from data.vocabulary import UploadKind
from tests.callbacks.listed import text_of
from tests.sending import messages, send

#: Kinds whose rows are of no patch in the store: they have no place on a patch's page.
OF_NO_PATCH = {
    UploadKind.LEDGER: "items of years that the store need not hold",
    UploadKind.QUOTA: "of a district",
    UploadKind.SUBMISSIONS: "of a district",
}
#: Columns that every row has and that the patch's page says by its own place in the table.
_SAID_BY_PLACE = {"patch_no"}


def test_every_kind_that_names_a_patch_is_on_its_page() -> None:
    assert set(SOURCES) | set(OF_NO_PATCH) == set(SCHEMAS)


def _value(column: Column, number: int) -> Any:
    """A value that nothing else on the page has."""
    given: dict[str, Any] = {
        "patch_no": "HC-1", "parcel_no": 1, "domain": "土地", "patch_type": "其他新增建设类",
        "level": "市级", "legality": "违法", "area_mu": 901.5, "transferred_from": "文登区",
        "district_code": "环翠区", "county_code": "环翠区", "town_code": "张村镇",
        "issued_on": "2023-02-03", "withdrawn_on": None, "withdrawn_why": "重复下发",
    }  # fmt: skip
    if column.field in given:
        return given[column.field]
    if column.type is CellType.AREA:
        return 60 - number + number / 100  # a part is smaller than what it is part of
    if column.type in (CellType.DATE, CellType.DATE_OR_TEXT):
        return date(2023, 3 + number // 28, 1 + number % 28).isoformat()
    if column.type is CellType.BOOLEAN:
        return "是"
    if column.terms:
        return list(column.terms)[number % len(column.terms)]
    return f"甲{column.field}乙"


def _shown(column: Column, value: Any) -> str:
    if column.type is CellType.AREA:
        return f"{value:.2f} 亩"
    if column.type is CellType.DATE:
        day = date.fromisoformat(value)
        return f"{day.month}月{day.day}日"
    return str(value)


@pytest.mark.parametrize("kind", list(SOURCES))
def test_every_column_of_a_file_stands_on_the_page_of_its_patch(
    sqlite_store: Store, kind: UploadKind
) -> None:
    if kind is not UploadKind.PATCHES:
        _send(sqlite_store, UploadKind.PATCHES)
    if kind not in (UploadKind.PATCHES, UploadKind.FINDINGS):
        _send(sqlite_store, UploadKind.FINDINGS)
    row = _send(sqlite_store, kind)
    with sqlite_store.read() as conn:
        page = render(conn, sqlite_store.settings, "2023", "HC-1", "?year=2023&asof=2024-03-01")
    words = text_of(page)
    for column in SCHEMAS[kind].columns:
        if not column.stored or column.field in _SAID_BY_PLACE or row[column.header] is None:
            continue
        if column.field == "parcel_no":
            assert "地块1" in words
            continue
        said = f"{column.header} {_shown(column, row[column.header])}"
        if column.key:
            assert _shown(column, row[column.header]) in words, column.header
        else:
            assert said in words, said


def _send(store: Store, kind: UploadKind) -> dict[str, Any]:
    row = {
        column.header: _value(column, number)
        for number, column in enumerate(SCHEMAS[kind].columns)
        if column.stored
    }
    outcome = send(store, kind, row)
    assert outcome.inserted == 1, messages(outcome)
    return row
