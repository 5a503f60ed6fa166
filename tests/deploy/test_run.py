"""`make run` says in a sentence why it cannot serve."""

from __future__ import annotations

import logging
import socket

import pytest
from gunicorn import http, util
from gunicorn.config import Config
from gunicorn.http.errors import ParseException
from gunicorn.workers.gthread import ThreadWorker

from data.errors import SupervisionError
from deploy import run
from deploy.broken_requests import write_error


def test_a_taken_port_is_refused_with_a_way_out() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SupervisionError, match=f"127.0.0.1:{port}.*make run PORT="):
            run.refuse_taken_port("127.0.0.1", port)


def test_no_words_of_the_operating_system_are_repeated() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(SupervisionError, match="端口已被占用"):
            run.refuse_taken_port("127.0.0.1", other.getsockname()[1])
    with pytest.raises(SupervisionError, match="本机没有这个地址"):
        run.refuse_taken_port("192.0.2.1", 8050)


@pytest.mark.parametrize(
    ("request_line", "status", "words"),
    [
        (b"NONSENSE\r\n\r\n", 400, "请求无法识别"),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n", 414, "地址太长"),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 9000 + b"\r\n\r\n", 431, "请求头太大"),
    ],
)
def test_a_request_that_is_none_is_answered_in_chinese(
    monkeypatch: pytest.MonkeyPatch, request_line: bytes, status: int, words: str
) -> None:
    """By gunicorn's own worker, over a socket; its words in English go to the log alone."""
    monkeypatch.setattr(util, "write_error", write_error)
    worker = ThreadWorker(1, 1, [], None, 1, Config(), logging.getLogger("test"))
    here, there = socket.socketpair()
    with here, there:
        here.sendall(request_line)
        here.shutdown(socket.SHUT_WR)
        parser = http.RequestParser(worker.cfg, there, ("127.0.0.1", 1))
        with pytest.raises(ParseException) as broken:
            next(parser)
        worker.handle_error(None, there, ("127.0.0.1", 1), broken.value)
        said = here.recv(1 << 16).decode()
    assert said.startswith(f"HTTP/1.1 {status} ")
    assert words in said
    assert "Invalid" not in said


def test_a_free_port_is_left_free() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    run.refuse_taken_port("127.0.0.1", port)
    with socket.socket() as later:
        later.bind(("127.0.0.1", port))


def test_nothing_is_created_where_the_port_is_taken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        monkeypatch.setenv("WEIPIAN_PORT", str(other.getsockname()[1]))
        monkeypatch.setattr(run, "command", lambda _: pytest.fail("touched the store"))
        assert run.main() == 1
    assert "无法在 127.0.0.1:" in capsys.readouterr().err
