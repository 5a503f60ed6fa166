"""What a reading child takes away from itself before it touches a file (Linux).

Memory, CPU and file-size limits, no core dumps, a network namespace of its own where the kernel
grants one, and a seccomp filter under which no socket can be made and no program started. Called
first thing, before numpy starts threads: namespaces and filters apply to later threads only.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import resource
import socket
import struct
import sys
from collections.abc import Iterable

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
#: machine → (audit architecture, numbers of socket, socketpair, connect, execve, execveat, ptrace)
_SYSCALLS = {
    "x86_64": (0xC000003E, (41, 53, 42, 59, 322, 101)),
    "aarch64": (0xC00000B7, (198, 199, 203, 221, 281, 117)),
}


def no_network() -> None:
    """As far as the kernel allows; Python's own sockets are refused in any case."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) != 0:
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    machine = _SYSCALLS.get(platform.machine())
    if machine:
        _install_filter(libc, *machine)
    sys.addaudithook(_refuse_sockets)


def _refuse_sockets(event: str, _arguments: tuple[object, ...]) -> None:
    if event in (
        "socket.__new__",
        "socket.connect",
        "socket.bind",
        "subprocess.Popen",
        "os.system",
    ):
        raise PermissionError(f"{event} is not for readers of uploads")


def _install_filter(libc: ctypes.CDLL, architecture: int, refused: Iterable[int]) -> None:
    numbers = list(refused)
    count = len(numbers)
    statement = struct.Struct("HBBI").pack
    program = [
        statement(0x20, 0, 0, 4),  # load the architecture
        statement(0x15, 0, count + 1, architecture),  # another one: allow (only 64-bit code here)
        statement(0x20, 0, 0, 0),  # load the number of the call
        *(statement(0x15, count - i, 0, n) for i, n in enumerate(numbers)),
        statement(0x06, 0, 0, 0x7FFF0000),  # allow
        statement(0x06, 0, 0, 0x00050000 | 13),  # fail with EACCES
    ]
    code = ctypes.create_string_buffer(b"".join(program))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    wanted = Program(len(program), ctypes.cast(code, ctypes.c_void_p))
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
        libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(wanted), 0, 0)


def network_is_closed() -> bool:
    """Whether making a socket fails; for the tests."""
    try:
        socket.socket().close()
    except OSError:
        return True
    return False


def limit_resources(memory: int, cpu_seconds: int, file_size: int) -> None:
    """memory: bytes of private data. cpu_seconds: from now on. file_size: of any file written.

    RLIMIT_DATA counts what is really written to, threads' stacks and heaps alike; RLIMIT_AS would
    also count the address space that allocators only reserve.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = int(used.ru_utime + used.ru_stime) + cpu_seconds + 1
    for limit, value in (
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_FSIZE, file_size),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(limit)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (value, value))


def close_inherited_files() -> None:
    """Everything but the standard streams."""
    os.closerange(3, 256)
    with contextlib.suppress(OSError):
        os.umask(0o077)
