"""`document`, `check-document`: papers as files, and files that come back (documents.md §7)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from data.acting import acting
from data.commands.arguments import Arguments, a_day, a_number, a_year
from data.commands.output import DONE, print_json, print_table, said, store_of
from data.errors import SupervisionError
from data.rights import Right
from data.settings import Settings


def add_commands(command: Callable[..., Any], reading: Callable[[Any], Any]) -> None:
    document = reading(command("document", run_document, "导出一件公文", Right.EXPORT))
    document.add_argument("number", type=a_number, metavar="ID")
    document.add_argument("--out", type=Path, required=True, metavar="FILE.docx")
    document.add_argument("--trace", type=Path, metavar="FILE.xlsx", help="同时导出溯源表")
    document.add_argument("--annex", type=Path, metavar="FILE.xlsx", help="同时导出随附清单")
    indicators = reading(
        command("indicators", run_indicators, "指标包：九项用途各一张表", Right.EXPORT)
    )
    indicators.add_argument("--year", type=a_year, required=True)
    indicators.add_argument("--as-of", type=a_day)
    indicators.add_argument("--out", type=Path, required=True, metavar="FILE.xlsx")
    check = reading(command("check-document", run_check, "核对一份公文是否为签发件"))
    check.add_argument("file", type=Path, metavar="FILE")


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise SupervisionError(
            f"文件“{path}”写不进去（{error.strerror}），请换一个位置。"
        ) from error


def run_document(settings: Settings, arguments: Arguments) -> int:
    from hashlib import sha256

    from data.documents.annex import annex_workbook
    from data.documents.issued import paper_of
    from data.documents.tracing import trace_sheet
    from data.exports import counting_rows
    from data.store.queries.stamp import districts
    from data.workflow.taking_away import note_export

    store = store_of(settings)
    with store.read() as conn:
        paper = paper_of(conn, acting().scope, arguments.number)
        names = {unit.code: unit.short_name for unit in districts(conn)}
    content = paper.docx()
    files = [(arguments.out, content)]
    with counting_rows():
        if arguments.trace is not None:
            files.append((arguments.trace, trace_sheet(paper, names)))
        if arguments.annex is not None:
            files.append((arguments.annex, annex_workbook(paper)))
        note_export(store, f"document {arguments.number}", "", "cli")
    for path, made in files:
        _write(path, made)
    document = {
        "measure": arguments.number,
        "number": paper.issue.number or None,
        "file": str(arguments.out),
        "sha256": sha256(content).hexdigest(),
    }
    return said(arguments, document, f"已导出：{arguments.out}")


def run_indicators(settings: Settings, arguments: Arguments) -> int:
    from data.documents.indicators import package, uses
    from data.exports import counting_rows
    from data.periods import default_as_of
    from data.workflow.taking_away import note_export

    as_of = arguments.as_of or default_as_of(arguments.year, settings.today())
    table = uses(settings.local_dir)
    store = store_of(settings)
    with counting_rows():
        with store.read() as conn:
            content = package(conn, acting().scope, arguments.year, as_of, table)
        note_export(store, "indicators", f"year={arguments.year}&asof={as_of}", "cli")
    _write(arguments.out, content)
    document = {"file": str(arguments.out), "uses": [use.name for use in table]}
    return said(arguments, document, f"已导出{len(table)}张表：{arguments.out}")


def run_check(settings: Settings, arguments: Arguments) -> int:
    from data.documents.reading import check_file

    with store_of(settings).read() as conn:
        verdict = check_file(conn, acting().scope, arguments.file)
    if arguments.json:
        print_json(
            {
                "verdict": verdict.kind.value,
                "measure": verdict.measure,
                "changed_numbers": [
                    {"id": n.id, "name": n.name, "expected": n.expected, "found": n.found}
                    for n in verdict.numbers
                ],
                "changed_paragraphs": [
                    {"expected": p.expected, "found": p.found} for p in verdict.paragraphs
                ],
            }
        )
        print(verdict.said, file=sys.stderr)
        return DONE
    print(verdict.said)
    print_table([[n.name, n.expected, n.found] for n in verdict.numbers])
    print_table([[p.expected, p.found] for p in verdict.paragraphs])
    return DONE
