"""Which files a reading child can open (Linux, Landlock; by the kernel's own calls).

Rules only take away, and hold for this thread and all that it starts. A kernel without Landlock, or
with an older version of it, restricts less: `restrict` says whether files are restricted at all.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_PR_SET_NO_NEW_PRIVS = 38
_VERSION, _PATH_BENEATH = 1, 1
_EXECUTE, _WRITE, _READ, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
#: All rights on files of version 1; then what versions 2, 3 and 5 added (refer, truncate, ioctl).
_FIRST = (1 << 13) - 1
_LATER = ((2, 1 << 13), (3, 1 << 14), (5, 1 << 15))
_OF_FILES = _EXECUTE | _WRITE | _READ | 1 << 14 | 1 << 15
#: Version 4: bind and connect by TCP; version 6: abstract sockets and signals beyond the domain.
_NET, _SCOPES = 0b11, 0b11
_SIZES = ((6, 24), (4, 16), (1, 8))

READING = _READ | _READ_DIR
RUNNING = READING | _EXECUTE
#: Making sockets in a folder, and removing its files.
SOCKETS = 1 << 9 | 1 << 5
WRITING = _FIRST & ~_EXECUTE | 1 << 13 | 1 << 14


def version() -> int:
    """The kernel's version of Landlock; 0 where there is none, or it is switched off."""
    found: int = _libc().syscall(_CREATE, None, ctypes.c_size_t(0), _VERSION)
    return max(0, found)


def restrict(rules: Iterable[tuple[Path, int]]) -> bool:
    """Allow these rights below these paths, and none elsewhere; missing paths are passed over.
    Whether it holds."""
    abi = version()
    if abi < 1:
        return False
    libc = _libc()
    handled = _FIRST
    for since, right in _LATER:
        handled |= right if abi >= since else 0
    size = next(size for since, size in _SIZES if abi >= since)
    about = struct.pack("QQQ", handled, _NET, _SCOPES)[:size]
    ruleset = libc.syscall(_CREATE, about, ctypes.c_size_t(size), 0)
    if ruleset < 0:
        return False
    try:
        for path, rights in rules:
            _allow(libc, ruleset, path, rights & handled)
        if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
            return False
        return bool(libc.syscall(_RESTRICT, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path, rights: int) -> None:
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not path.is_dir():
            rights &= _OF_FILES
        rule = struct.pack("=Qi", rights, opened)
        libc.syscall(_ADD, ruleset, _PATH_BENEATH, rule, 0)
    finally:
        os.close(opened)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
