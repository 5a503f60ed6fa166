"""Logs: one JSON object a line, under the request's number, without what people wrote."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from callbacks.frame import faults
from data import logs
from data.faults import number_of
from data.logs import json_lines
from data.store.engine import Store


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What all loggers write meanwhile."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(json_lines())
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)


def _lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_fault_is_one_line_with_its_trace(written: io.StringIO) -> None:
    try:
        raise RuntimeError("zwei\nZeilen 图斑")
    except RuntimeError as error:
        number = number_of(error, "in upload")
    (line,) = _lines(written)
    assert line["event"] == f"fault {number} in upload"
    assert "RuntimeError: zwei\nZeilen 图斑" in line["exception"]
    assert (line["level"], line["logger"]) == ("error", "weipian")
    assert line["timestamp"].endswith("Z")
    assert "图斑" in written.getvalue()  # readable as it is


def test_all_that_a_request_logs_has_the_number_that_its_user_sees(written: io.StringIO) -> None:
    server = Flask("any")
    faults.in_routes(server)

    @server.get("/patches")
    def fails() -> str:
        logging.getLogger("data.store").warning("slow")
        raise RuntimeError("not foreseen")

    said = [server.test_client().get("/patches?by=张三").text for _ in range(2)]
    logging.getLogger("data.store").warning("after")
    first, fault, second, _, after = _lines(written)
    assert first["request"] == fault["request"] != second["request"]
    assert first["request"] in said[0]
    assert second["request"] in said[1]
    assert (first["method"], first["path"]) == ("GET", "/patches")
    assert "request" not in after
    assert "张三" not in written.getvalue()


def test_a_refused_statement_is_logged_without_its_values(
    sqlite_store: Store, written: io.StringIO
) -> None:
    asked, values = text("SELECT 1 FROM nowhere WHERE name = :name"), {"name": "张三"}
    with sqlite_store.read() as conn, pytest.raises(DBAPIError) as refused:
        conn.execute(asked, values)
    number_of(refused.value)
    assert "nowhere" in written.getvalue()
    assert "张三" not in written.getvalue()


def test_a_log_of_many_processes_is_put_aside_when_it_is_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "MOST_BYTES", 10)
    log = tmp_path / "weipian.log"
    for turn in range(9):
        logs.make_room(log)
        with log.open("a") as file:
            file.write(f"line {turn} is long\n")
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept == ["weipian.log", *(f"weipian.log.{n}" for n in range(1, 6))]
    assert log.read_text() == "line 8 is long\n"
    assert (tmp_path / "weipian.log.5").read_text() == "line 3 is long\n"
