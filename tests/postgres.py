"""A private PostgreSQL cluster for the tests: a unix socket in a temporary folder, no network."""

from __future__ import annotations

import ctypes
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

SUPERUSER = "weipian"
START_SECONDS = 60
#: Free memory from which a cluster is put there; clusters of four test processes stay far below.
MEMORY_BYTES = 4 << 30


def find_programs() -> Path | None:
    """The folder with initdb and postgres: on the PATH, or where Debian keeps them; else None."""
    on_path = shutil.which("initdb")
    candidates = [Path(on_path).resolve().parent] if on_path else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    return None


def database_name(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")


def _in_memory() -> Path | None:
    """A folder in memory, if there is much of it."""
    memory = Path("/dev/shm")
    if memory.is_dir() and shutil.disk_usage(memory).free >= MEMORY_BYTES:
        return memory
    return None


def _die_with_parent() -> None:
    """Ask the kernel to stop the server when the tests are killed (Linux; elsewhere nothing)."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGQUIT)


class PrivateCluster:
    """A cluster of this process. Databases made from a template are cheap: 50 ms in memory, where
    the files of tests lie; some 300 ms on a disk, where those that are measured lie.
    """

    def __init__(self, programs: Path, *, is_on_disk: bool = False) -> None:
        # A short path: the name of a unix socket may not exceed 107 bytes.
        place = None if is_on_disk else _in_memory()
        self.folder = Path(tempfile.mkdtemp(prefix="weipian-pg-", dir=place or "/tmp"))
        self.data = self.folder / "data"
        self._user = self._other_user_when_root()
        if self._user is not None:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        self._numbers = itertools.count(1)
        try:
            self._server = self._start(programs)
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    @staticmethod
    def _other_user_when_root() -> pwd.struct_passwd | None:
        """PostgreSQL refuses to run as root: the account that it then runs under."""
        if os.geteuid() != 0:
            return None
        for name in ("postgres", "nobody"):
            try:
                return pwd.getpwnam(name)
            except KeyError:
                continue
        raise RuntimeError("no account that PostgreSQL could run under")

    def _popen(self, command: Sequence[str | Path], log: Path) -> subprocess.Popen[bytes]:
        with log.open("ab") as output:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.folder,
                user=self._user.pw_uid if self._user else None,
                group=self._user.pw_gid if self._user else None,
                extra_groups=[] if self._user else None,
                preexec_fn=_die_with_parent,
            )

    def _start(self, programs: Path) -> subprocess.Popen[bytes]:
        log = self.folder / "log"
        initdb = self._popen(
            [
                programs / "initdb",
                "--pgdata", self.data,
                "--username", SUPERUSER,
                "--auth", "trust",
                "--encoding", "UTF8",
                "--locale", "C",
                "--no-sync",
            ],
            log,
        )  # fmt: skip
        if initdb.wait(START_SECONDS) != 0:
            raise RuntimeError(f"initdb failed:\n{log.read_text(errors='replace')}")
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "max_connections": "50",
            "wal_level": "minimal",
            "max_wal_senders": "0",
            "autovacuum": "off",
            "jit": "off",  # compiling costs more than any of these small queries
        }
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        server = self._popen([programs / "postgres", "-D", self.data, *settings], log)
        self._wait_until_ours(server, log)
        return server

    def _wait_until_ours(self, server: subprocess.Popen[bytes], log: Path) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with self._connect() as connection:
                    row = connection.execute("show data_directory").fetchone()
            except psycopg.OperationalError:
                if server.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(
                        f"PostgreSQL did not start:\n{log.read_text(errors='replace')}"
                    ) from None
                time.sleep(0.05)
                continue
            # Nothing is ever written to a cluster that is not the one in our folder.
            assert row is not None
            assert Path(row[0]) == self.data
            return

    def _connect(self) -> psycopg.Connection[tuple[str, ...]]:
        return psycopg.connect(
            host=str(self.folder), dbname="postgres", user=SUPERUSER, autocommit=True
        )

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://{SUPERUSER}@/{database}?host={self.folder}"

    def new_database(self, template: str = "template1") -> str:
        """The address of a fresh database with the content of `template`."""
        name = f"weipian_{next(self._numbers)}"
        with self._connect() as connection:
            how = " strategy file_copy" if connection.info.server_version >= 150000 else ""
            connection.execute(f'create database "{name}" template "{template}"{how}'.encode())
        return self.url(name)

    def end_sessions(self, url: str) -> None:
        """A database in which anyone is at work, a pool say, cannot be copied."""
        end = "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s"
        with self._connect() as connection:
            connection.execute(end, [database_name(url)])

    def drop_database(self, url: str) -> None:
        drop = f'drop database if exists "{database_name(url)}" with (force)'
        with self._connect() as connection:
            connection.execute(drop.encode())

    def stop(self) -> None:
        self._server.send_signal(signal.SIGQUIT)
        try:
            self._server.wait(20)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
