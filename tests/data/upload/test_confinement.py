"""What a reading child cannot do, tried from inside: a parser that was taken over would try it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.settings import PROJECT_DIR
from data.upload import confinement, landlock, seccomp_filter
from data.upload.sandbox import read_file_limited
from tests.data.upload.readers.files import OPTIONS, shapefile, squares, zipped

_PRELUDE = """
import ctypes, errno, mmap, os, pathlib, signal, sys, threading
from data.upload import confinement, seccomp_filter
folder, upload, other = map(pathlib.Path, sys.argv[1:4])
outsider = int(sys.argv[4])
confinement.close_inherited_files()
lacking = confinement.confine(folder)
confinement.only_this_file(upload, folder)
libc = ctypes.CDLL(None, use_errno=True)

def refused(name, *arguments):
    at = {"x86_64": 0, "aarch64": 1}[os.uname().machine]
    number = seccomp_filter.REFUSED[name][at]
    if number is None:
        return True
    ctypes.set_errno(0)
    return libc.syscall(number, *arguments) == -1 and ctypes.get_errno() == errno.EACCES

def denied(action):
    try:
        action()
    except PermissionError:
        return True
    except OSError as error:
        return error.errno == errno.EXDEV
    return False
"""


class Place:
    """A child's folder, its upload, a file that is none of its business, and a process."""

    def __init__(self, tmp_path: Path, outsider: int) -> None:
        self.folder, self.upload, self.other = (tmp_path / n for n in ("own", "a.csv", "store"))
        self.folder.mkdir()
        self.upload.write_text("图斑编号\n1\n", encoding="utf-8")
        self.other.write_text("secret", encoding="utf-8")
        self.outsider = outsider

    def run(self, code: str) -> subprocess.CompletedProcess[str]:
        told = (self.folder, self.upload, self.other, self.outsider)
        return subprocess.run(
            [sys.executable, "-c", _PRELUDE + textwrap.dedent(code), *map(str, told)],
            cwd=PROJECT_DIR,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    outsider = subprocess.Popen(["sleep", "60"])
    yield Place(tmp_path, outsider.pid)
    assert outsider.poll() is None, "the child reached a process that is none of its own"
    outsider.kill()
    outsider.wait()


def test_system_calls_are_refused(place: Place) -> None:
    """All but the C library's own fork, which is tried below."""
    names = sorted(seccomp_filter.REFUSED.keys() - {"fork", "vfork"})
    done = place.run(f"print([n for n in {names!r} if not refused(n, 0, 0, 0, 0, 0)])")
    assert done.stdout == "[]\n", done.stderr


def test_the_calls_that_undo_confinement_are_all_there() -> None:
    wanted = {
        "io_uring_setup", "io_uring_enter", "io_uring_register", "ptrace", "process_vm_readv",
        "process_vm_writev", "pidfd_open", "pidfd_getfd", "pidfd_send_signal", "tkill",
        "rt_sigqueueinfo", "rt_tgsigqueueinfo", "socket", "socketpair", "connect", "execve",
        "execveat", "unshare", "setns", "mount", "memfd_create", "shmget", "bpf", "keyctl",
    }  # fmt: skip
    assert wanted <= seccomp_filter.REFUSED.keys()
    for at in (0, 1):  # no number twice
        numbers = [pair[at] for pair in seccomp_filter.REFUSED.values() if pair[at] is not None]
        assert len(numbers) == len(set(numbers))


ATTEMPTS = (
    "denied(lambda: os.kill(outsider, signal.SIGTERM))",
    "denied(lambda: os.kill(outsider, 0))",
    "denied(lambda: os.kill(-1, signal.SIGTERM))",
    "denied(lambda: os.killpg(outsider, signal.SIGTERM))",
    "denied(lambda: os.fork())",
    "denied(lambda: os.posix_spawn('/bin/true', ['true'], {}))",
    "denied(lambda: __import__('socket').socket())",
    "libc.socket(1, 1, 0) == -1",
    "denied(lambda: other.read_text())",
    "denied(lambda: other.write_text('x'))",
    "denied(lambda: other.unlink())",
    "denied(lambda: upload.write_text('x'))",
    "denied(lambda: (other.parent / 'new').write_text('x'))",
    "denied(lambda: os.link(other, folder / 'link') or (folder / 'link').read_text())",
    "denied(lambda: os.symlink(other, folder / 'l') or (folder / 'l').read_text())",
    "denied(lambda: pathlib.Path('/etc/passwd').read_text())",
    "denied(lambda: list(pathlib.Path('/').iterdir()))",
    "denied(lambda: list(pathlib.Path('data/local').parent.iterdir()))",
    "denied(lambda: pathlib.Path(f'/proc/{outsider}/environ').read_bytes())",
    "denied(lambda: open(f'/proc/{outsider}/mem', 'rb'))",
    "denied(lambda: pathlib.Path('/dev/shm/x').write_bytes(b'x'))",
    "denied(lambda: mmap.mmap(-1, 3 << 30))",
    "denied(lambda: os.memfd_create('x'))",
    "denied(lambda: os.unshare(0x10000000)) if hasattr(os, 'unshare') else True",
    # another convention than the machine's own: x32
    "os.uname().machine != 'x86_64' or (libc.syscall(0x40000000 | 41, 1, 1, 0) == -1"
    " and ctypes.get_errno() == errno.EACCES)",
    "int(next(line.split()[1] for line in open('/proc/self/status')"
    " if line.startswith('CapEff')), 16) == 0",
    "'NoNewPrivs:\\t1' in open('/proc/self/status').read()",
)


def test_what_a_taken_over_parser_would_try(place: Place) -> None:
    done = place.run(
        f"""
        for attempt in {ATTEMPTS!r}:
            if not eval(attempt):
                print(attempt)
        """
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert place.other.read_text("utf-8") == "secret"


def test_what_reading_needs_is_there(place: Place) -> None:
    done = place.run(
        """
        assert upload.read_text().startswith("图斑编号")
        (folder / "a").write_text("1")
        assert (folder / "a").read_text() == "1"
        (folder / "sub").mkdir()
        (folder / "a").rename(folder / "sub" / "b")
        (folder / "sub" / "b").unlink()
        ran = []
        thread = threading.Thread(target=ran.append, args=(1,))
        thread.start(); thread.join()
        assert ran == [1]
        assert len(mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE)) == 4096
        import encodings.gb18030, zoneinfo, pyproj
        pyproj.CRS.from_epsg(4490)
        assert len(os.urandom(4)) == 4
        """
    )
    assert done.returncode == 0, done.stderr


def test_here_nothing_is_lacking_or_it_is_said(place: Place) -> None:
    done = place.run("print(lacking)")
    found = eval(done.stdout)
    assert confinement.gaps() == [confinement._SAID[name] for name in found]
    if landlock.version():
        assert "files" not in found


def test_a_machine_that_grants_nothing_is_described(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(*_arguments: object, **_options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess([], 0, stdout='["files", "users"]')

    monkeypatch.setattr(subprocess, "run", told)
    first, second = confinement.gaps()
    assert "Landlock" in first
    assert "用户命名空间" in second


@pytest.mark.parametrize(
    ("code", "ends"),
    [
        ("sys.exit(7)", 7),
        ("os.abort()", -signal.SIGABRT),
        ("ctypes.string_at(0)", -signal.SIGSEGV),
        ("signal.setitimer(signal.ITIMER_REAL, 0.05); signal.pause()", -signal.SIGALRM),
        (
            "confinement.limit_resources(1 << 30, 0, 1 << 20)\nwhile True: pass",
            -signal.SIGXCPU,
        ),
        (
            "confinement.limit_resources(1 << 30, 9, 1 << 10)\n"
            "signal.signal(signal.SIGXFSZ, signal.SIG_DFL)\n"
            "(folder / 'a').write_bytes(b'x' * (1 << 20))",
            -signal.SIGXFSZ,
        ),
    ],
)
def test_the_child_ends_as_what_is_inside_does(place: Place, code: str, ends: int) -> None:
    assert place.run(code).returncode == ends


def test_a_killed_child_leaves_nobody_inside(place: Place) -> None:
    started = subprocess.Popen(
        [
            sys.executable, "-c", _PRELUDE + "print('on', flush=True)\nwhile True: pass",
            *map(str, (place.folder, place.upload, place.other, place.outsider)),
        ],
        cwd=PROJECT_DIR,
        stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert started.stdout is not None
    assert started.stdout.readline() == "on\n"
    started.kill()
    # the pipe closes when the last of them has ended
    assert started.communicate(timeout=10)[0] == ""


def test_a_file_geodatabase_is_read_inside(tmp_path: Path) -> None:
    folder = tmp_path / "a.gdb"
    squares().to_file(folder, driver="OpenFileGDB", layer="tubans")
    members = {f"a.gdb/{p.name}": p.read_bytes() for p in folder.iterdir()}
    result = read_file_limited(zipped(tmp_path / "a.zip", members), OPTIONS)
    assert result.tables[0].columns.num_rows == 3


def test_a_shapefile_without_its_index_is_read_inside(tmp_path: Path) -> None:
    parts = {f"a{s}": b for s, b in shapefile(tmp_path / "s", squares()).items() if s != ".shx"}
    result = read_file_limited(zipped(tmp_path / "a.zip", parts), OPTIONS)
    assert result.tables[0].columns.num_rows == 3
