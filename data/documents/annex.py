"""The lists of a paper as a workbook: what its text calls 随附清单 or an annex （电子表格）."""

from __future__ import annotations

from collections.abc import Iterator

from data.documents.issued import IssuedPaper
from data.documents.paper import Table, filled
from data.errors import NotFound
from data.exports import SheetColumn, sheet_title, tables_to_xlsx

_WIDTH_OF_WEIGHT = 10  # characters


def annex_workbook(paper: IssuedPaper) -> bytes:
    """A sheet a list, with the rows of the page first and those that it has no room for after them;
    areas in 亩, as the paper words them. Raises NotFound for a paper without lists."""
    tables = paper.paper.lists
    if not tables:
        raise NotFound(f"第{paper.row.id}号公文没有随附清单。")
    stamp = {
        "公文": paper.title,
        "文号": paper.issue.number or "未签发",
        "基准日": paper.row.draft.as_of.isoformat(),
        "签发日期": paper.issue.issued_on or "—",
        "内容哈希": paper.issue.digest or "—",
    }
    sheets = {
        sheet_title(f"{number}_{caption}" if len(tables) > 1 else caption): (
            tuple(
                SheetColumn(
                    column.header,
                    "number" if column.numeric else "text",
                    width=int(_WIDTH_OF_WEIGHT * column.weight),
                )
                for column in table.columns
            ),
            _rows(table, paper.figures),
        )
        for number, table in enumerate(tables, start=1)
        for caption in (filled(table.caption, paper.figures),)
    }
    return tables_to_xlsx(sheets, stamp)


def _rows(table: Table, told: dict[str, str]) -> Iterator[tuple[str | float | None, ...]]:
    for row in (*table.rows, *table.beyond):
        yield tuple(
            _number(filled(cell, told)) if column.numeric else filled(cell, told)
            for column, cell in zip(table.columns, row, strict=True)
        )


def _number(text: str) -> float | None:
    """A dash is no number."""
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return None
