"""Work in a copy of the process: its blocks come whole, its end leaves nothing behind."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest

from data.store.beside import Answer, Ended, Failed, blocks_beside


def test_blocks_come_in_order_from_another_process() -> None:
    def make() -> Iterator[bytes]:
        yield str(os.getpid()).encode()
        yield from (bytes([n]) * (3_000_000 * n) for n in range(3))

    with blocks_beside(make) as blocks:
        process, *rest = blocks
    assert int(process) != os.getpid()
    assert rest == [b"", b"\1" * 3_000_000, b"\2" * 6_000_000]


def test_a_fault_in_the_copy_is_told_with_its_place() -> None:
    def make() -> Iterator[bytes]:
        yield b"one"
        raise ValueError("spoilt")

    with pytest.raises(Failed, match="spoilt"), blocks_beside(make) as blocks:
        list(blocks)


def test_a_copy_that_was_killed_has_its_sentence() -> None:
    def make() -> Iterator[bytes]:
        yield b"one"
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(Ended, match="没有写入任何数据"), blocks_beside(make) as blocks:
        list(blocks)


def test_a_copy_ends_with_the_context_and_leaves_no_process() -> None:
    def make() -> Iterator[bytes]:
        yield str(os.getpid()).encode()
        time.sleep(600)

    with blocks_beside(make) as blocks:
        process = int(next(blocks))
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_an_answer_is_got_once_and_kept() -> None:
    answer = Answer(lambda: (os.getpid(), ["甲", None, 0.5]))
    process, values = answer.get()
    assert process != os.getpid()
    assert (values, answer.get()) == (["甲", None, 0.5], [process, values])


def test_an_answer_that_is_dropped_ends_its_process() -> None:
    answer = Answer(lambda: time.sleep(600))
    assert answer._started is not None
    process, _ = answer._started
    answer.drop()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_without_a_second_process_the_work_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> int:
        raise OSError("no memory")

    monkeypatch.setattr(os, "fork", refused)
    with blocks_beside(lambda: [str(os.getpid()).encode()]) as blocks:
        assert [int(b) for b in blocks] == [os.getpid()]
    assert Answer(os.getpid).get() == os.getpid()
