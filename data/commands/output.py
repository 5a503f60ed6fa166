"""How a command answers: exit codes, one JSON document, tables, progress."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import orjson

from data.commands.arguments import Arguments
from data.periods import local_time
from data.settings import Settings

#: By which clock `moment_text` tells.
ZONE = "北京时间"
DONE, REFUSED, WRONG_USAGE = 0, 1, 2


def _default(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"not JSON: {type(value)}")


def print_json(document: Any) -> None:
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    sys.stdout.buffer.write(orjson.dumps(document, default=_default, option=options))
    sys.stdout.flush()


def print_table(rows: Iterable[Iterable[Any]]) -> None:
    for row in rows:
        print("\t".join("—" if cell is None else str(cell) for cell in row))


def print_list(
    arguments: Arguments,
    rows: Iterable[Any],
    document: Sequence[Any],
    columns: Mapping[str, str | Callable[[Any], Any]],
) -> int:
    """Rows of one type as JSON, or as a table. document: what JSON says of them. columns: title
    → attribute, or what makes the cell."""
    if arguments.json:
        print_json(document)
        return DONE
    print_table([list(columns)])
    print_table(
        [getattr(row, cell) if isinstance(cell, str) else cell(row) for cell in columns.values()]
        for row in rows
    )
    return DONE


def yes_no(value: bool) -> str:
    return "是" if value else "否"


def moment_text(moment: datetime) -> str:
    """A moment for people, as the clock in China says it; say so beside it (ZONE)."""
    return f"{local_time(moment):%Y-%m-%d %H:%M:%S}"


def show_progress(phase: str, done: int, total: int) -> None:
    if sys.stderr.isatty():
        amount = f" {done:,}/{total:,}" if total else ""
        print(f"\r\033[K{phase}{amount}", end="", file=sys.stderr, flush=True)
        if total and done >= total:
            print(file=sys.stderr)


def store_of(settings: Settings) -> Any:
    from data.workflow.opening import open_store

    return open_store(replace(settings, statement_seconds=0))  # verify reads everything


def said(arguments: Arguments, document: dict[str, Any], sentence: str) -> int:
    if arguments.json:
        print_json(document)
    else:
        print(sentence)
    return DONE
