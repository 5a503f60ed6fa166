"""Sending small tables through the upload module, for tests of what comes after."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl

from data.store.engine import Store
from data.upload.readers.base import SLIP_SHEET
from data.upload.request import UploadOutcome, UploadRequest
from data.upload.service import upload_file
from data.vocabulary import UploadKind

#: A whole land patch of 环翠区, due 2023-05-24.
PATCH = {
    "图斑编号": "HC-1",
    "图斑类型": "新增非农建设类",
    "下发日期": "2023-05-08",
    "区市": "环翠区",
    "监测面积": 12.0,
    "占用耕地面积": 8.0,
}
QUESTIONS = dict.fromkeys(
    (
        "新增农村乱占耕地建房",
        "大棚房",
        "挖湖造景",
        "基金项目",
        "保障性安居住房",
        "防疫医疗卫生设施",
    ),
    "否",
)
FINDING = {
    "图斑编号": "HC-1",
    "地块序号": 1,
    "合法性判定": "违法",
    "面积": 12.0,
    "占用耕地面积": 8.0,
    **QUESTIONS,
    "上报日期": "2023-05-20",
}


def write_csv(path: Path, rows: Sequence[dict[str, Any]], encoding: str = "utf-8") -> Path:
    headers = list(dict.fromkeys(header for row in rows for header in row))
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, headers, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def send(
    store: Store, kind: UploadKind, *rows: dict[str, Any], year: int | None = 2023, **options: Any
) -> UploadOutcome:
    """Upload rows as a CSV file of the kind."""
    folder = store.settings.local_dir / "sent"
    folder.mkdir(parents=True, exist_ok=True)
    path = write_csv(folder / f"{kind.value}.csv", rows)
    return upload_file(store, UploadRequest(path, path.name, kind, year, **options))


def send_file(
    store: Store, path: Path, kind: UploadKind, year: int | None = 2023, **options: Any
) -> UploadOutcome:
    return upload_file(store, UploadRequest(path, path.name, kind, year, **options))


def corrected(report: Path | None, column: str, value: Any, drop_slip: bool = False) -> Path:
    """The workbook as a clerk sends it back: one cell mended in every row."""
    assert report is not None
    book = openpyxl.load_workbook(report)
    sheet = book.worksheets[0]
    headers = [cell.value for cell in sheet[1]]
    for row in range(2, sheet.max_row + 1):
        sheet.cell(row, headers.index(column) + 1).value = value
    if drop_slip:
        del book[SLIP_SHEET]
    path = report.with_name("改好.xlsx")
    book.save(path)
    return path


def messages(outcome: UploadOutcome) -> str:
    return "\n".join(issue.message for issue in outcome.errors)


def warnings(outcome: UploadOutcome) -> str:
    return "\n".join(issue.message for issue in outcome.warnings)
