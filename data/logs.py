"""What is logged: a line of JSON for each record, with the number of the request or command.

No line carries a name of a person: addresses are logged without what follows the question mark,
statements of the database without their values.
"""

from __future__ import annotations

import logging
import secrets
import sys
from typing import TextIO

import structlog

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
