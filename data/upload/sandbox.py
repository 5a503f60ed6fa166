"""Reads an uploaded file in a child process with limits (security.md: 2 GB, 60 s CPU, 90 s wall).

The child gets one JSON line on its standard input and writes its tables as Arrow files and one JSON
file into a private folder; nothing is pickled. A child reads one file and ends. Long-lived
processes call `keep_spare()` so that the next child is started, with its imports done, ahead of the
next upload; others pay half a second.

Every way to fail has its sentence: `UploadRefused` for a file that is refused or too heavy,
`UploadCancelled` for a user who changed his mind.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from data.errors import UploadRefused
from data.upload import confinement
from data.upload.archive import MB
from data.upload.readers.base import ReadOptions, ReadResult

log = logging.getLogger(__name__)

_PROJECT = Path(__file__).resolve().parents[2]
_START_SECONDS = 60
_POLL_SECONDS = 0.02
_PREFIX, _LOCK = "weipian-upload-", "in-use"
#: A folder that is younger may have no lock yet.
_SETTLED_SECONDS = 60.0
_MEMORY_WORDS = ("MemoryError", "bad_alloc", "memory allocation of", "Out of memory", "realloc")


class UploadCancelled(UploadRefused):
    """The user cancelled while the file was being read."""


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """memory, file_size: bytes. cpu_seconds, wall_seconds: for reading, imports not counted."""

    memory: int = 2048 * MB
    cpu_seconds: int = 60
    wall_seconds: float = 90.0
    file_size: int = 2048 * MB


def read_file_limited(
    path: Path,
    options: ReadOptions,
    limits: ReadLimits | None = None,
    cancelled: Callable[[], bool] | None = None,
    refill: bool = True,
) -> ReadResult:
    """As readers.read_file, in a child process. Raises UploadRefused, UploadCancelled.

    refill: start the next child at once. Its imports take a second of a processor: who has more
    work to do with this file says False and calls `refill_spare` when it is done.
    """
    limits = limits or ReadLimits()
    child = _spares.take()
    try:
        child.ask(Path(path).resolve(), options, limits)
        child.wait(limits, cancelled)
        return child.result()
    finally:
        child.close()
        if refill:
            _spares.refill()


def refill_spare() -> None:
    """Start the next child, where this process keeps one ready and there is none."""
    _spares.refill()


def keep_spare() -> None:
    """From now on this process keeps a child ready for the next file."""
    _spares.wanted = True
    _spares.refill()


def say_gaps() -> None:
    """Once, at the start of a process that reads uploads: what this machine does not grant."""
    for sentence in confinement.gaps():
        log.warning("读取上传文件的子进程：%s", sentence)


def drop_spare() -> None:
    """Ends the child kept ready, if any."""
    _spares.wanted = False
    _spares.drop()


def clean_folders(now: float | None = None) -> int:
    """Remove the folders of processes that were killed; returns how many."""
    now = time.time() if now is None else now
    gone = 0
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            if now - folder.stat().st_mtime < _SETTLED_SECONDS or not _is_left(folder):
                continue
        except OSError:  # another account's, or gone meanwhile
            continue
        shutil.rmtree(folder, ignore_errors=True)
        gone += 1
    return gone


def _is_left(folder: Path) -> bool:
    """Whether nobody holds the folder's lock. Raises OSError."""
    try:
        with (folder / _LOCK).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except FileNotFoundError:  # made before there were locks
        return True
    return True


class _Child:
    """One child process and its private folder."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        # let go by the kernel, however this process ends
        self._lock = (self.folder / _LOCK).open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._errors = (self.folder / "stderr").open("wb")
        environment = {
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(_PROJECT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "TMPDIR": str(self.folder),
            "HOME": str(self.folder),
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "ARROW_DEFAULT_MEMORY_POOL": "system",
            "MALLOC_ARENA_MAX": "4",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "data.upload.reading_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            cwd=self.folder,
            env=environment,
            start_new_session=True,
        )
        self._ready = False

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, path: Path, options: ReadOptions, limits: ReadLimits) -> None:
        from data.upload.readers.headers import known_words

        request = {
            "words": sorted(known_words()),
            "path": str(path),
            "folder": str(self.folder),
            "options": asdict(options),
            "limits": asdict(limits),
        }
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()

    def wait(self, limits: ReadLimits, cancelled: Callable[[], bool] | None) -> None:
        """Until the child has ended. The clock starts when it has done its imports."""
        reader = threading.Thread(target=self._watch_start, daemon=True)
        reader.start()
        start_by = time.monotonic() + _START_SECONDS
        end_by: float | None = None
        while self._process.poll() is None:
            now = time.monotonic()
            if self._ready and end_by is None:
                end_by = now + limits.wall_seconds
            if cancelled is not None and cancelled():
                raise UploadCancelled("已按要求取消，文件没有入库。")
            if now > (end_by if end_by is not None else start_by):
                raise UploadRefused(_too_slow(limits.wall_seconds))
            # wakes at once when the child ends
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_POLL_SECONDS if cancelled is None else 0.1)

    def _watch_start(self) -> None:
        """The child says "reading" when its imports are done and it begins with the file."""
        assert self._process.stdout is not None
        with contextlib.suppress(OSError, ValueError):
            for line in self._process.stdout:
                if line.startswith(b"reading"):
                    self._ready = True
                    return

    def result(self) -> ReadResult:
        from data.upload.exchange import load_result, refusal_from

        code = self._process.returncode
        if code == 0:
            answer: dict[str, Any] = json.loads((self.folder / "answer.json").read_text("utf-8"))
            if "refused" in answer:
                raise refusal_from(answer["refused"])
            return load_result(answer, self.folder)
        trace = (self.folder / "stderr").read_bytes()[-20_000:].decode("utf-8", "replace")
        log.warning("reading child ended with %s: %s", code, trace[-4000:])
        if code == -signal.SIGXCPU or code == -signal.SIGALRM:
            raise UploadRefused(_too_slow(None))
        if any(word in trace for word in _MEMORY_WORDS) or code == -signal.SIGKILL:
            raise UploadRefused(
                "文件读取时需要的内存超过上限，未读取。请拆分成几个较小的文件，或删除空白行列后重新上传。"
            )
        if code == -signal.SIGXFSZ:
            raise UploadRefused("文件内容展开后超过上限，请拆分后分次上传。")
        raise UploadRefused(
            "文件结构异常，读取程序中止，未读取任何数据。请从原软件重新导出；仍不行时请联系管理员。"
        )

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._errors, self._lock):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class _Spares:
    """At most one child kept ready, belonging to the process that started it."""

    def __init__(self) -> None:
        self.wanted = False
        self._lock = threading.Lock()
        self._child: _Child | None = None
        self._owner = 0

    def take(self) -> _Child:
        with self._lock:
            child, self._child = self._child, None
        if child is not None and self._owner == os.getpid():
            if child.is_alive:
                return child
            child.close()
        return _Child()

    def refill(self) -> None:
        with self._lock:
            forked = self._owner != os.getpid()
            if self.wanted and (self._child is None or forked):
                self._child, self._owner = _Child(), os.getpid()

    def drop(self) -> None:
        with self._lock:
            child, self._child = self._child, None
        if child is not None and self._owner == os.getpid():
            child.close()


def _too_slow(seconds: float | None) -> str:
    limit = f"（{seconds:.0f} 秒）" if seconds else ""
    return f"文件读取超过时限{limit}，已中止。请拆分成几个较小的文件后分次上传。"


_spares = _Spares()
