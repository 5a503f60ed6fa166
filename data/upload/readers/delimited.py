"""Delimited text (.csv, .txt, .tsv): UTF-8 with or without BOM, UTF-16 with BOM, GB18030."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from data.errors import UploadRefused
from data.upload.readers import encoding
from data.upload.readers.base import MAX_COLUMNS, MAX_ROWS, RawTable, ReadOptions
from data.upload.readers.sheet import table_of, unquoted

_DELIMITERS = ",;\t，"
_CHUNK = 20_000
_END = "\x1a\x1a"
_MAX_CELL = 100_000


def read_delimited(path: Path, name: str, options: ReadOptions, notes: list[str]) -> RawTable:
    """The only table of the file. Ragged rows are filled up. Raises UploadRefused."""
    text, codec = encoding.decode_text(path.read_bytes(), options.encoding)
    if codec == "gb18030":
        notes.append("文件编码按 GB18030（GBK）读取。")
    if "\0" in text:
        raise UploadRefused("文件中有空字符（NUL），不是正常的文本表格，请重新导出。")
    if text.lstrip()[:1] == "<":
        raise UploadRefused("文件其实是网页（HTML），请用 Excel 或 WPS 打开后另存为 .xlsx 再上传。")
    text = text.rstrip("\x1a")  # old programs end a file with it
    delimiter = _delimiter(text)
    table = table_of(name, _columns(text, delimiter), 1, notes)
    if table is None:
        raise UploadRefused("没有找到表头行，请检查文件：第一行应为列名，例如“图斑编号”。")
    return table


def _delimiter(text: str) -> str:
    """The mark that the first lines have most often, and in the same number."""
    lines = [line for line in text[:20_000].splitlines()[:20] if line.strip()]
    if not lines:
        raise UploadRefused("文件中没有内容，请检查导出是否完成后重新上传。")

    def score(mark: str) -> tuple[int, int]:
        counts = [line.count(mark) for line in lines]
        usual = max(set(counts), key=lambda c: (c > 0, counts.count(c)))
        return (counts.count(usual) * (usual > 0), sum(counts))

    return max(_DELIMITERS, key=score)


def _columns(text: str, delimiter: str) -> list[pa.Array]:
    chunks: list[list[pa.Array]] = []
    width = 0
    total = 0
    for rows in _chunks(text, delimiter):
        total += len(rows)
        if total > MAX_ROWS:
            raise UploadRefused(f"文件超过 {MAX_ROWS:,} 行，请拆分后分次上传。")
        width = max(width, max((len(r) for r in rows), default=0))
        if width > MAX_COLUMNS:
            raise UploadRefused(f"有一行超过 {MAX_COLUMNS} 列，请检查分隔符或删除多余的列。")
        filled = [r + [""] * (width - len(r)) for r in rows]
        chunks.append([pa.array(column, pa.string()) for column in zip(*filled, strict=True)])
    columns = []
    for index in range(width):
        parts = [
            chunk[index] if index < len(chunk) else pa.array([""] * len(chunk[0]), pa.string())
            for chunk in chunks
            if chunk
        ]
        columns.append(pa.concat_arrays(parts))
    return columns


def _chunks(text: str, delimiter: str) -> Iterator[list[list[str]]]:
    """Rows, one a line of the file as an editor counts them; quoted line breaks stay in a cell."""
    csv.field_size_limit(_MAX_CELL)
    has_formulas = '="' in text
    # one row more than the text has: where it does not come out alone, a quote was left open
    lines = itertools.chain(io.StringIO(text, newline=""), [_END])
    reader = csv.reader(lines, delimiter=delimiter)
    rows: list[list[str]] = []
    try:
        for row in reader:
            if row == [_END]:
                break
            rows.append([unquoted(c) for c in row] if has_formulas else row)
            if len(rows) == _CHUNK:
                yield rows
                rows = []
        else:
            raise UploadRefused(
                "文件中有一个引号没有成对，它后面的各行会被当成一个单元格，因此没有读取。"
                "请补全或删去这个引号后重新上传。"
            )
    except csv.Error as error:
        raise UploadRefused(
            f"第 {reader.line_num} 行的引号或内容不完整（单元格过长），请检查后重新导出。"
        ) from error
    if rows:
        yield rows
