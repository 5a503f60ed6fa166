"""What a reading child takes away from itself before it touches a file (Linux).

In this order: namespaces of its own (users, processes, network, shared memory) where the kernel
grants them, every capability, all files but libraries and its own folder (Landlock), system calls
(seccomp), memory, CPU and file sizes. Called first thing, before numpy starts threads: most of it
holds for this thread and later ones only. `gaps` says what this machine does not grant.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import signal
import site
import socket
import subprocess
import sys
import sysconfig
from pathlib import Path

from data.upload import landlock, seccomp_filter

_NEWIPC, _NEWUSER, _NEWPID, _NEWNET = 0x08000000, 0x10000000, 0x20000000, 0x40000000
_PR_SET_PDEATHSIG = 1
_CAPABILITIES_V3 = 0x20080522
_PROJECT = Path(__file__).resolve().parents[2]
#: What libraries read while they work.
_SYSTEM = (
    "/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/sys/devices/system/cpu",
    "/proc/self", "/proc/meminfo", "/proc/cpuinfo",
)  # fmt: skip
#: What programs read beside it.
_OF_PROGRAMS = (
    "/bin", "/opt", "/etc/fonts", "/etc/libreoffice", "/etc/passwd", "/etc/group",
    "/etc/nsswitch.conf", "/etc/locale.alias", "/etc/ld.so.conf", "/var/lib/libreoffice",
    "/var/spool/libreoffice", "/var/cache/fontconfig", "/proc",
)  # fmt: skip
_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")
_SAID = {
    "users": "没有独立的用户命名空间",
    "processes": "没有独立的进程命名空间",
    "network": "没有独立的网络命名空间（套接字仍被系统调用过滤禁止）",
    "calls": "没有系统调用过滤（seccomp）",
    "files": "没有文件访问限制（Landlock）：读取程序能看到本账号的其他文件",
}
_SIGNALLED = 128
_GRACE_SECONDS = 5


def confine(folder: Path) -> list[str]:
    """Everything but limits, and the file itself; returns what could not be had (keys of `said`).

    Where there is a namespace of processes, what goes on is another process; this one waits for it
    and ends as it does.
    """
    lacking = _own_namespaces()
    _drop_capabilities()
    everything = [(Path("/"), landlock.READING), *_writable(folder)]
    if not landlock.restrict(everything):
        lacking.append("files")
    if not no_network():
        lacking.append("calls")
    return lacking


def confine_programs(folder: Path) -> list[str]:
    """The same for a child that has to start programs: they see and run libraries, and write into
    the folder only; their system calls are not filtered, so what keeps them from a network is
    their namespace, and Landlock where it knows of TCP. Returns what could not be had."""
    lacking = _own_namespaces()
    _drop_capabilities()
    readable = [*map(Path, (*_SYSTEM, *_OF_PROGRAMS)), *_libraries()]
    rules = [(path, landlock.RUNNING) for path in readable]
    pipes = (Path("/tmp"), landlock.SOCKETS)  # where LibreOffice insists on making one
    if not landlock.restrict([*rules, pipes, *_writable(folder)]):
        lacking.append("files")
    return lacking


def only_this_file(path: Path, folder: Path) -> bool:
    """From now on nothing can be read but libraries, the folder and one file; whether it holds."""
    readable = [*map(Path, _SYSTEM), *_libraries(), path]
    rules = [(p, landlock.READING) for p in readable]
    return landlock.restrict([*rules, *_writable(folder)])


def _writable(folder: Path) -> list[tuple[Path, int]]:
    devices = [(Path(d), landlock.READING | landlock.WRITING) for d in _DEVICES]
    return [(folder, landlock.READING | landlock.WRITING), *devices]


def _libraries() -> list[Path]:
    """Python, its packages, and this program's own code; not the data that may lie beside it."""
    stdlib = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib")]
    code = _PROJECT / "data"
    own = [*code.glob("*.py"), *(path.parent for path in code.glob("*/__init__.py"))]
    lib = Path(sys.base_prefix) / "lib"
    return [*map(Path, stdlib), *map(Path, site.getsitepackages()), lib, *own]


def no_network() -> bool:
    """No socket, no program, no other process; whether the kernel holds it. Python's own sockets
    are refused in any case."""
    holds = seccomp_filter.install()
    sys.addaudithook(_refuse_sockets)
    return holds


def _own_namespaces() -> list[str]:
    libc = ctypes.CDLL(None, use_errno=True)
    wanted = {"users": _NEWUSER, "processes": _NEWPID, "network": _NEWNET, "shared": _NEWIPC}
    if libc.unshare(sum(wanted.values())) == 0:
        lacking = []
    else:  # as root without leave for users; or one by one, whatever is granted
        lacking = [name for name, flag in wanted.items() if libc.unshare(flag) != 0]
    if "processes" not in lacking:
        _go_on_inside()
    return [name for name in lacking if name in _SAID]


def _go_on_inside() -> None:
    """Twice a child: the first in a namespace is its init, which ignores the signals of limits."""
    first = os.fork()
    if first:
        _end_as(first)
    _die_with_parent()
    second = os.fork()
    if second:
        _, status = os.waitpid(second, 0)
        os._exit(_code_of(status))
    _die_with_parent()


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _code_of(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else _SIGNALLED - code


def _end_as(child: int) -> None:
    """End as the child's child did, by the same signal."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    code = _code_of(os.waitpid(child, 0)[1])
    if code > _SIGNALLED:
        number = code - _SIGNALLED
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(code)


def _drop_capabilities() -> None:
    """Root's, should a server run as root."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_V3, 0)
    libc.capset(header, (ctypes.c_uint32 * 6)())


def _refuse_sockets(event: str, _arguments: tuple[object, ...]) -> None:
    if event in (
        "socket.__new__",
        "socket.connect",
        "socket.bind",
        "subprocess.Popen",
        "os.system",
    ):
        raise PermissionError(f"{event} is not for readers of uploads")


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
        (resource.RLIMIT_CPU, cpu + _GRACE_SECONDS),
        (resource.RLIMIT_FSIZE, file_size),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
    ):
        hard = resource.getrlimit(limit)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        # at the soft limit of CPU time a signal of its own comes, which has its sentence
        soft = min(cpu, value) if limit == resource.RLIMIT_CPU else value
        resource.setrlimit(limit, (soft, value))


def close_inherited_files() -> None:
    """Everything but the standard streams."""
    os.closerange(3, 256)
    with contextlib.suppress(OSError):
        os.umask(0o077)


def gaps() -> list[str]:
    """What this machine does not grant a reading child, in sentences; asked of a child that
    confines itself."""
    command = [sys.executable, "-m", "data.upload.confinement"]
    try:
        asked = subprocess.run(
            command, cwd=_PROJECT, capture_output=True, text=True, timeout=60, check=True
        )
        lacking: list[str] = json.loads(asked.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return ["读取程序的限制无法检查"]
    return [_SAID[name] for name in lacking]


if __name__ == "__main__":
    print(json.dumps(confine(Path.cwd())), flush=True)
