"""`make run` says in a sentence why it cannot serve."""

from __future__ import annotations

import socket

import pytest

from data.errors import SupervisionError
from deploy import run


def test_a_taken_port_is_refused_with_a_way_out() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SupervisionError, match=f"127.0.0.1:{port}.*make run PORT="):
            run.refuse_taken_port("127.0.0.1", port)


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
