"""Where a command's log goes: traces into a file, to the terminal a line without them."""

from __future__ import annotations

import logging
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data.faults import log as faults_log
from data.faults import number_of, os_reason
from data.logs import json_lines, make_room

NAME = "weipian.log"


class Logbook(logging.Handler):
    """Writes records with their traces into `weipian.log` of the data folder; where that cannot be
    written, into one in a folder of its own among the temporary ones.

    path: the file written to, None before the first record and where nothing can be written.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(json_lines())
        self._folder = folder
        self.path: Path | None = None

    def emit(self, record: logging.LogRecord) -> None:
        text = self.format(record) + "\n"
        for folder in self._folders():
            try:
                folder.mkdir(parents=True, exist_ok=True)
                make_room(folder / NAME)
                with (folder / NAME).open("a", encoding="utf-8") as file:
                    file.write(text)
            except OSError:  # read-only, full: the next one
                continue
            self.path = folder / NAME
            return

    def _folders(self) -> Iterator[Path]:
        if self.path is not None:
            yield self.path.parent
        else:
            yield self._folder
        try:
            # a name that nobody can foresee: the temporary folder belongs to everybody
            fallback = Path(tempfile.mkdtemp(prefix="weipian-log-"))
        except OSError:
            return
        yield fallback


class _Line(logging.Formatter):
    """One line a record; a trace stands in the log alone."""

    def format(self, record: logging.LogRecord) -> str:
        if record.exc_info:
            return f"提示：有一步没有完成，不影响已写入的数据；详情见日志 {NAME}。"
        return record.getMessage()


@contextmanager
def logbook(folder: Path) -> Iterator[Logbook]:
    """Meanwhile all that is logged goes into the folder's log, and what warns to stderr as a line.

    Faults that end the command are not among these lines: `told` says them.
    """
    book, lines, root = Logbook(folder), logging.StreamHandler(sys.stderr), logging.getLogger()
    lines.setLevel(logging.WARNING)
    lines.setFormatter(_Line())
    lines.addFilter(lambda record: record.name != faults_log.name)
    root.addHandler(book)
    root.addHandler(lines)
    try:
        yield book
    finally:
        root.removeHandler(book)
        root.removeHandler(lines)


def told(error: BaseException, book: Logbook, command: str) -> str:
    """The sentence for a fault of ours: its number, and where its trace stands."""
    number = number_of(error, f"in {command}")
    where = f"经过已记入“{book.path}”" if book.path else "日志无处可写，没有记下经过"
    what = os_reason(error) if isinstance(error, OSError) else "系统出错"
    return f"{what}，命令没有完成。请检查后重试；仍不行请把编号 {number} 告诉管理员（{where}）。"
