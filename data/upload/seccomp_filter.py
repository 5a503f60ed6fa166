"""System calls that a reading child cannot make (Linux, seccomp).

Refused are: sockets in every form (io_uring makes them too), starting programs and processes,
looking into and signalling other processes, namespaces and mounts, memory that no limit counts, and
the kernel's own doors (bpf, perf, keys …). Calls in another convention than the machine's own
(32-bit, x32) are refused as a whole.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
from dataclasses import dataclass

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _MODE_FILTER = 38, 22, 2
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_EACCES, _ENOSYS = 13, 38
#: Offsets in what a filter sees of a call: number, architecture, first half of argument i.
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_CLONE_THREAD = 0x00010000
_SHARED_ANONYMOUS = 0x01 | 0x20
_X32 = 0x40000000

#: Refused whatever their arguments: name → numbers on x86_64 and aarch64; None where there is none.
REFUSED: dict[str, tuple[int | None, int | None]] = {
    "socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "bind": (49, 200),
    "listen": (50, 201), "accept": (43, 202), "accept4": (288, 242),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "execve": (59, 221), "execveat": (322, 281), "fork": (57, None), "vfork": (58, None),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "process_madvise": (440, 440), "process_mrelease": (448, 448), "kcmp": (312, 272),
    "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424),
    "tkill": (200, 130), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "open_tree": (428, 428),
    "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432),
    "fspick": (433, 433), "mount_setattr": (442, 442), "open_by_handle_at": (304, 265),
    "shmget": (29, 194), "shmat": (30, 196), "memfd_create": (319, 279),
    "memfd_secret": (447, 447), "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "reboot": (169, 142), "swapon": (167, 224), "acct": (163, 89),
    "syslog": (103, 116), "quotactl": (179, 60), "personality": (135, 92),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Machine:
    """audit: its architecture. at: place of its numbers in REFUSED. The rest: numbers of calls of
    which the arguments decide."""

    audit: int
    at: int
    kill: int
    tgkill: int
    clone: int
    clone3: int
    mmap: int


_MACHINES = {
    "x86_64": _Machine(0xC000003E, 0, kill=62, tgkill=234, clone=56, clone3=435, mmap=9),
    "aarch64": _Machine(0xC00000B7, 1, kill=129, tgkill=131, clone=220, clone3=435, mmap=222),
}


def install() -> bool:
    """For this thread and all that it starts; whether it holds. The own process alone can be
    signalled (abort does), threads alone can be started."""
    machine = _MACHINES.get(platform.machine())
    if machine is None:
        return False
    program = _program(machine, os.getpid())
    code = ctypes.create_string_buffer(program)

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    libc = ctypes.CDLL(None, use_errno=True)
    wanted = Program(len(program) // 8, ctypes.cast(code, ctypes.c_void_p))
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(wanted), 0, 0) == 0)


class _Assembler:
    """Statements with jumps to names; every name is placed after its jumps."""

    def __init__(self) -> None:
        self._lines: list[tuple[int, str | None, str | None, int]] = []
        self._places: dict[str, int] = {}

    def load(self, offset: int) -> None:
        self._lines.append((0x20, None, None, offset))

    def mask(self, bits: int) -> None:
        self._lines.append((0x54, None, None, bits))

    def if_equal(self, value: int, then: str | None, otherwise: str | None = None) -> None:
        self._lines.append((0x15, then, otherwise, value))

    def if_at_least(self, value: int, then: str) -> None:
        self._lines.append((0x35, then, None, value))

    def if_any_bit(self, bits: int, then: str, otherwise: str) -> None:
        self._lines.append((0x45, then, otherwise, bits))

    def answer(self, name: str, value: int) -> None:
        self._places[name] = len(self._lines)
        self._lines.append((0x06, None, None, value))

    def place(self, name: str) -> None:
        self._places[name] = len(self._lines)

    def assembled(self) -> bytes:
        def distance(name: str | None, at: int) -> int:
            return 0 if name is None else self._places[name] - at - 1

        statement = struct.Struct("HBBI").pack
        return b"".join(
            statement(code, distance(then, at), distance(otherwise, at), value)
            for at, (code, then, otherwise, value) in enumerate(self._lines)
        )


def _program(machine: _Machine, own_pid: int) -> bytes:
    code = _Assembler()
    code.load(_ARCHITECTURE)
    code.if_equal(machine.audit, None, "refuse")
    code.load(_NUMBER)
    code.if_at_least(_X32, "refuse")
    for numbers in REFUSED.values():
        number = numbers[machine.at]
        if number is not None:
            code.if_equal(number, "refuse")
    code.if_equal(machine.clone3, "unknown")  # its flags cannot be seen; callers then use clone
    code.if_equal(machine.kill, "signal")
    code.if_equal(machine.tgkill, "signal")
    code.if_equal(machine.clone, "clone")
    code.if_equal(machine.mmap, "mmap", "allow")
    code.place("signal")
    code.load(_ARGUMENTS)
    code.if_equal(own_pid, "allow", "refuse")
    code.place("clone")
    code.load(_ARGUMENTS)
    code.if_any_bit(_CLONE_THREAD, "allow", "refuse")
    code.place("mmap")
    code.load(_ARGUMENTS + 3 * 8)
    code.mask(_SHARED_ANONYMOUS)
    code.if_equal(_SHARED_ANONYMOUS, "refuse", "allow")
    code.answer("allow", _ALLOW)
    code.answer("unknown", _ERRNO | _ENOSYS)
    code.answer("refuse", _ERRNO | _EACCES)
    return code.assembled()
