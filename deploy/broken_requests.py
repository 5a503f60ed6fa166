"""Requests that break HTTP's own rules never reach the product: gunicorn answers them, by this."""

from __future__ import annotations

import socket
from http import HTTPStatus

from gunicorn import util

from callbacks.frame.error_pages import page_of, words_of


def write_error(client: socket.socket, status: int, reason: str, detail: str) -> None:
    """In place of gunicorn.util.write_error. detail: its own words, which the log has too."""
    body = page_of(status, *words_of(status)).encode()
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nConnection: close\r\n"
        f"Content-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    util.write_nonblock(client, head.encode("ascii") + body)


def answer_in_chinese() -> None:
    """Before the workers are forked."""
    util.write_error = write_error
