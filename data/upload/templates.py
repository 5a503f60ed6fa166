"""A template workbook for every kind: headers with units, drop-downs, examples, instructions."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any

import xlsxwriter

from data.periods import today
from data.upload.schemas import SCHEMAS, CellType, Column, KindSchema
from data.upload.template_examples import example_rows
from data.vocabulary import CLEAR_WORD, UploadKind

#: Rows of the sheet that carry drop-down lists and cell formats.
_PREPARED_ROWS = 5_000
INSTRUCTIONS = "填写说明"
_HOW_TO_WRITE = {
    CellType.TEXT: "文字",
    CellType.DATE: "日期，如 2023-03-05；也可写 2023/3/5、2023.3.5、20230305、2023年3月5日",
    CellType.DATE_OR_TEXT: "日期或文字",
    CellType.AREA: "面积，缺省单位亩；表头可改写为（平方米）、（公顷）或（平方千米）",
    CellType.NUMBER: "数字",
    CellType.INTEGER: "整数",
    CellType.BOOLEAN: "是 或 否（也可写 1/0、Y/N）",
    CellType.TERM: "从可选值中选一个",
    CellType.LISTED: "从可选值中选",
    CellType.DISTRICT: "区市、开发区的名称或代码",
    CellType.TOWN: "乡镇街道的名称或代码",
}
_NOTES = (
    "1. 从第 2 行起填写，一行一条；两行示例（灰色）请删去后再上传。",
    "2. 蓝色表头是主键列或必填列。主键相同的行再次上传时更新原有数据，文件里没有的行不受影响。",
    f"3. 空白单元格不改动已有数据；要清除已有的值，请填“{CLEAR_WORD}”。",
    "4. 列的次序可以改变，不用的列可以删去；列名也可用“别名”一栏的写法。",
    "5. 编号、代码请保持文本格式，以免前导零丢失或变成科学计数。",
)
_FINDINGS_NOTE = (
    "6. 一个图斑的各行是它完整的地块划分：文件里出现的图斑，原有而这次没有的地块即终止。"
)


def write_template(kind: UploadKind, year: int | None = None) -> BytesIO:
    """The .xlsx of a kind; year: of the examples, the current one by default.

    Raises KeyError for reference layers, which are drawn, not typed.
    """
    schema = SCHEMAS[kind]
    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False})
    styles = {
        "must": book.add_format({"bold": True, "bg_color": "#CFE0F5", "border": 1}),
        "may": book.add_format({"bold": True, "bg_color": "#E4E7EC", "border": 1}),
        "text": book.add_format({"num_format": "@"}),
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        "example": book.add_format({"italic": True, "font_color": "#667085"}),
        "example_date": book.add_format(
            {"italic": True, "font_color": "#667085", "num_format": "yyyy-mm-dd"}
        ),
        "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        "title": book.add_format({"bold": True, "font_size": 14}),
    }
    _data_sheet(book, styles, schema, year or today().year)
    _instructions(book, styles, schema)
    book.close()
    buffer.seek(0)
    return buffer


def header_of(column: Column) -> str:
    """The header with its unit: 监测面积（亩）."""
    return f"{column.header}（亩）" if column.type is CellType.AREA else column.header


def _is_needed(column: Column) -> bool:
    return column.required or (column.key and column.default is None)


def _data_sheet(book: Any, styles: dict[str, Any], schema: KindSchema, year: int) -> None:
    sheet = book.add_worksheet(schema.kind.label)
    sheet.freeze_panes(1, 0)
    for at, column in enumerate(schema.offered):
        header = header_of(column)
        sheet.write_string(0, at, header, styles["must" if _is_needed(column) else "may"])
        width = max(10, 2 * len(header) + 3)
        sheet.set_column(at, at, width, _cell_format(styles, column))
        choices = list(column.terms) if column.terms else []
        if column.type is CellType.BOOLEAN:
            choices = ["是", "否"]
        if choices:
            source = choices if _is_needed(column) else [*choices, CLEAR_WORD]
            rule: dict[str, Any] = {
                "validate": "list",
                "source": source,
                "error_title": column.header,
                "error_message": "请从下拉列表中选择。",
            }
            if column.several:  # a list offers one word; more are typed behind it
                rule["show_error"] = False
            sheet.data_validation(1, at, _PREPARED_ROWS, at, rule)
    for line, row in enumerate(example_rows(schema.kind, year), start=1):
        for at, column in enumerate(schema.offered):
            _write_example(sheet, styles, line, at, row.get(column.header))


def _cell_format(styles: dict[str, Any], column: Column) -> Any:
    if column.type in (CellType.TEXT, CellType.DISTRICT, CellType.TOWN):
        return styles["text"]
    return styles["date"] if column.type is CellType.DATE else None


def _write_example(sheet: Any, styles: dict[str, Any], line: int, at: int, value: Any) -> None:
    if isinstance(value, date):
        sheet.write_datetime(line, at, value, styles["example_date"])
    elif isinstance(value, int | float):
        sheet.write_number(line, at, value, styles["example"])
    elif value is not None:
        sheet.write_string(line, at, value, styles["example"])


def _instructions(book: Any, styles: dict[str, Any], schema: KindSchema) -> None:
    sheet = book.add_worksheet(INSTRUCTIONS)
    for at, width in enumerate((24, 12, 46, 44, 36, 30)):
        sheet.set_column(at, at, width, styles["wrap"])
    sheet.write_string(0, 0, f"“{schema.kind.label}”{INSTRUCTIONS}", styles["title"])
    notes = [*_NOTES]
    if schema.kind is UploadKind.FINDINGS:
        notes.append(_FINDINGS_NOTE)
    for line, note in enumerate(notes, start=1):
        sheet.write_string(line, 0, note)
    top = len(notes) + 2
    for at, title in enumerate(("列", "必填", "写法", "可选值", "别名", "说明")):
        sheet.write_string(top, at, title, styles["may"])
    for line, column in enumerate(schema.offered, start=top + 1):
        cells = (
            column.header,
            "必填" if _is_needed(column) else "主键" if column.key else "",
            _HOW_TO_WRITE[column.type],
            "、".join(column.terms),
            "、".join(column.aliases),
            column.hint,
        )
        for at, text in enumerate(cells):
            sheet.write_string(line, at, text, styles["wrap"])
