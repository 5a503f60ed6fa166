"""What is logged: a line of JSON for each record, with the number of the request or command.

No line carries a name of a person: addresses are logged without what follows the question mark,
statements of the database without their values.
"""

from __future__ import annotations

import logging
import secrets
import sys
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import TextIO

import structlog

#: One line a request, where they are wanted (`log_requests_to`).
requests = logging.getLogger("weipian.requests")
#: A log of ours is begun anew at this size, and so many old ones are kept beside it.
MOST_BYTES, KEPT = 10 * 1024 * 1024, 5

#: Around every record, wherever it was logged.
_ALWAYS: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]


def json_lines() -> logging.Formatter:
    """Keys: event, level, logger, timestamp (UTC), of a request also request, method and path; a
    trace stands in exception."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_ALWAYS,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


def log_to(stream: TextIO = sys.stderr, level: int = logging.INFO) -> None:
    """Everything that this process logs goes there, and nowhere else."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(json_lines())
    logging.basicConfig(level=level, handlers=[handler], force=True)


class Appending(logging.Handler):
    """Adds lines to a file to which other processes add theirs; it does not grow for ever."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self.setFormatter(json_lines())

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            make_room(self._path)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(self.format(record) + "\n")
        except OSError:
            self.handleError(record)  # says so on stderr


def log_to_file(path: Path, level: int = logging.INFO) -> None:
    """As log_to, into such a file."""
    logging.basicConfig(level=level, handlers=[Appending(path)], force=True)


def make_room(path: Path) -> None:
    """Put a log that has become too long aside, under `NAME.1` to `NAME.5`: before a line is added
    by one of many processes. Raises OSError."""
    if not path.exists() or path.stat().st_size < MOST_BYTES:
        return
    names = [path, *(path.with_name(f"{path.name}.{n}") for n in range(1, KEPT + 1))]
    for older, newer in zip(reversed(names), reversed(names[:-1]), strict=False):
        if newer.exists():
            newer.replace(older)


def log_requests_to(where: str) -> None:
    """A line of JSON for each answer: number, method, path, route, status, seconds, source. `-`:
    where everything else goes. A file may be renamed by logrotate: it is opened anew."""
    requests.setLevel(logging.INFO)
    if where == "-":
        return
    handler = WatchedFileHandler(where, encoding="utf-8")
    handler.setFormatter(json_lines())
    requests.addHandler(handler)
    requests.propagate = False


def begin_request(method: str, path: str) -> str:
    """What is logged from here on in this thread belongs to a new request; returns its number."""
    number = secrets.token_hex(4)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=number, method=method, path=path)
    return number


def request_number() -> str | None:
    """The number of the request that is being answered, if any."""
    number: str | None = structlog.contextvars.get_contextvars().get("request")
    return number


def end_request() -> None:
    structlog.contextvars.clear_contextvars()
