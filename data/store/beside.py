"""Work in a second process beside this one: a copy of it, which hands back blocks of bytes.

A copy (fork) starts with everything that this process has in memory; nothing is sent to it. It must
not touch a database or start imports, and it ends without cleaning up, so that connections which it
has copied stay as they are. When its parent ends, its pipe breaks and so does it.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import signal
import struct
import traceback
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import orjson

from data.errors import StoreRefused

log = logging.getLogger(__name__)

_HEAD = struct.Struct("<cQ")
_BLOCK, _END, _FAULT = b"b", b"e", b"f"
_PIPE_BYTES = 1 << 20


class Failed(RuntimeError):
    """The copy failed; the message is its traceback."""


class Ended(StoreRefused):
    """The copy was ended from outside, most likely for want of memory."""


@contextlib.contextmanager
def blocks_beside(make: Callable[[], Iterable[bytes]]) -> Iterator[Iterator[bytes]]:
    """The blocks that `make` yields, made in a copy of this process that starts at once.

    The copy is at most a block ahead; at the end of the context it is ended, if it has not. Where
    no copy can be made (system, memory), the blocks are made here. Raises Failed, Ended.
    """
    started = _start(make)
    if started is None:
        yield iter(make())
        return
    process, source = started
    try:
        yield _blocks(source)
    finally:
        _end(process, source)


class Answer:
    """What `make` returns (numbers, texts, None, lists; tuples come back as lists), made in a copy
    of this process while this one goes on; here and at once where no copy can be made."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._started = _start(lambda: [orjson.dumps(make())])
        self._made = None if self._started else orjson.loads(orjson.dumps(make()))

    def get(self) -> Any:
        """Waits for it. Raises Failed, Ended."""
        if self._started:
            try:
                self._made = orjson.loads(b"".join(_blocks(self._started[1])))
            finally:
                self.drop()
        return self._made

    def drop(self) -> None:
        """It is not wanted any more; no harm where it has been got."""
        if self._started:
            _end(*self._started)
            self._started = None

    def __del__(self) -> None:
        self.drop()


def _end(process: int, source: int) -> None:
    os.close(source)  # a copy that writes ends by itself; one that computes does not
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(process, 0)


def _start(make: Callable[[], Iterable[bytes]]) -> tuple[int, int] | None:
    """(process, end of the pipe to read from)"""
    if not hasattr(os, "fork"):
        return None
    source, target = os.pipe()
    try:
        process = os.fork()
    except OSError as error:
        log.warning("no second process: %s", error)
        os.close(source)
        os.close(target)
        return None
    if process == 0:
        _work(make, source, target)
    os.close(target)
    return process, source


def _work(make: Callable[[], Iterable[bytes]], source: int, target: int) -> None:
    """In the copy. Never returns."""
    code = 1
    try:
        gc.disable()
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, signal.SIG_DFL)
        os.close(source)
        _widen(target)
        try:
            for block in make():
                _write(target, _HEAD.pack(_BLOCK, len(block)))
                _write(target, block)
            _write(target, _HEAD.pack(_END, 0))
            code = 0
        except BrokenPipeError:
            pass
        except BaseException:
            text = traceback.format_exc().encode()
            _write(target, _HEAD.pack(_FAULT, len(text)) + text)
    finally:
        os._exit(code)


def _widen(pipe: int) -> None:
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def _write(pipe: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(pipe, left) :]


def _blocks(source: int) -> Iterator[bytes]:
    while True:
        kind, length = _HEAD.unpack(_read(source, _HEAD.size))
        if kind == _END:
            return
        block = _read(source, length)
        if kind == _FAULT:
            raise Failed(block.decode("utf-8", "replace"))
        yield block


def _read(pipe: int, length: int) -> bytes:
    """Raises Ended where the copy ended before its time."""
    data = bytearray(length)
    with memoryview(data) as view:
        at = 0
        while at < length:
            count = os.readv(pipe, [view[at:]])
            if count == 0:
                raise Ended(
                    "后台进程意外中止（可能是内存不足），本次没有写入任何数据。请稍后再试。"
                )
            at += count
    return bytes(data)
