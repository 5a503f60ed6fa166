"""`python -m tests.data.store.kills --kills 500`: so often kill a process in the middle of a write.

On SQLite and on PostgreSQL a child uploads a file or takes the last one back; half of the children
die by their own hand at a random call of the program (between any two of its steps), the others
are killed from outside at a random moment (inside the database's own code, too). After each kill
the store must have the whole of it or nothing, what was acknowledged must be there, and `verify`
must agree, on every table and file. Prints a JSON document; ends with 1 where anything was lost.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import select
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import FrameType
from typing import Any

from sqlalchemy import func
from sqlalchemy import select as sql_select

from data.settings import Settings
from data.store.engine import Store
from data.store.models import Patch, Upload
from data.upload.placed_again import take_back
from data.vocabulary import UploadKind
from data.workflow.opening import open_store
from data.workflow.proof import verify
from tests.postgres import PrivateCluster, find_programs
from tests.reading import read_in_process
from tests.sending import PATCH, send

ROWS = 20
#: Kills on one store before a new one is begun, so that proving it stays short.
_ON_ONE_STORE = 50
_STARTED, _DONE = b"s", b"d"
#: patches and uploads in the store
State = tuple[int, int]


@dataclass
class Outcome:
    """kills: children that died before their work was acknowledged. written: of these, those whose
    work is there whole. acknowledged: children that were done before they could be killed."""

    kills: int = 0
    written: int = 0
    acknowledged: int = 0
    by_way: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def state(store: Store) -> State:
    with store.write():  # waits for what a database still does for the dead
        pass
    with store.read() as conn:
        counts = [
            conn.scalar(sql_select(func.count()).select_from(table)) or 0
            for table in (Patch, Upload)
        ]
    return counts[0], counts[1]


def upload(store: Store, number: int) -> None:
    rows = [{**PATCH, "图斑编号": f"K{number}-{i}"} for i in range(ROWS)]
    send(store, UploadKind.PATCHES, *rows, {**PATCH, "图斑编号": "", "监测面积": -1})


def take_last_back(store: Store, number: int) -> None:
    with store.write() as conn:
        last = conn.scalar(sql_select(func.max(Upload.id)).where(Upload.state == "done"))
        assert last is not None
        take_back(conn, last, "王工")


#: Name → work, and what it does to the state.
WORK: dict[str, tuple[Callable[[Store, int], None], State]] = {
    "upload": (upload, (ROWS, 1)),
    "undo": (take_last_back, (-ROWS, 1)),
}


class _Calls:
    """Counts the calls of the program, and kills it at one of them."""

    def __init__(self, dies_at: int | None) -> None:
        self.count, self._dies_at = 0, dies_at

    def __call__(self, frame: FrameType, event: str, argument: Any) -> None:
        self.count += 1
        if self.count == self._dies_at:
            os.kill(os.getpid(), signal.SIGKILL)


def in_child(
    store: Store, work: Callable[[Store, int], None], number: int, dies_at: int | None,
    after_seconds: float | None,
) -> tuple[bool, int, float]:  # fmt: skip
    """Whether it was acknowledged, how many calls it took (0 where it died), and seconds."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        calls = _Calls(dies_at)
        os.write(writer, _STARTED)
        if after_seconds is None:
            sys.setprofile(calls)
        try:
            work(store, number)
            sys.setprofile(None)
            os.write(writer, _DONE + str(calls.count).encode())
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    os.close(writer)
    os.read(reader, 1)
    began = time.monotonic()
    if after_seconds is not None:
        select.select([reader], [], [], after_seconds)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or status == 0, "the work failed by itself, see above"
    seconds = time.monotonic() - began
    said = os.read(reader, 64)
    os.close(reader)
    return said.startswith(_DONE), int(said[1:] or 0), seconds


def kill_often(make: Callable[[], Store], kills: int, rng: random.Random) -> Outcome:
    """make: gives a new, empty store."""
    outcome, number = Outcome(), 0
    store: Store | None = None
    longest: dict[str, tuple[int, float]] = {}
    while outcome.kills < kills:
        if store is None:
            store = make()
            upload(store, 0)
            store.engine.dispose()
        name = rng.choice(list(WORK)) if state(store)[0] >= ROWS else "upload"
        work, effect = WORK[name]
        number += 1
        before = state(store)
        store.engine.dispose()
        if name not in longest:  # once to its end, to know how long it is
            _, calls, _ = in_child(store, work, number, None, None)
            longest[name] = (calls, 0.0)
            continue
        calls, seconds = longest[name]
        by_call = rng.random() < 0.5 or not seconds
        if not seconds:
            done, _, seconds = in_child(store, work, number, None, 60.0)
            longest[name] = (calls, seconds)
        elif by_call:
            done, _, _ = in_child(store, work, number, rng.randint(1, calls), None)
        else:
            done, _, _ = in_child(store, work, number, None, rng.random() * seconds)
        after = state(store)
        whole = (before[0] + effect[0], before[1] + effect[1])
        outcome.acknowledged += done
        if not done:
            outcome.kills += 1
            outcome.written += after == whole
            outcome.by_way[f"{name} {'at a call' if by_call else 'at a moment'}"] += 1
        if after not in ((whole,) if done else (before, whole)):
            outcome.wrong.append(f"{number} {name}: {before} → {after}")
        bad = verify(store).bad
        outcome.wrong += [f"{number} {name}: {fault}" for fault in bad]
        if outcome.kills and outcome.kills % _ON_ONE_STORE == 0 and not done:
            print(f"{outcome.kills} kills, {len(outcome.wrong)} wrong", file=sys.stderr)
            store.engine.dispose()
            store = None
    if store is not None:
        store.engine.dispose()
    return outcome


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.data.store.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=500, help="on both databases together")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    options = parser.parse_args()
    programs = find_programs() if options.only != "sqlite" else None
    databases = [options.only] if options.only else ["sqlite", "postgresql"]
    if programs is None and "postgresql" in databases:
        print("PostgreSQL NOT TESTED: initdb was not found", file=sys.stderr)
        databases.remove("postgresql")
    cluster = PrivateCluster(programs, is_on_disk=True) if programs is not None else None
    folder = Path(tempfile.mkdtemp(prefix="weipian-kills-"))
    told: dict[str, Any] = {}
    try:
        for database in databases:

            def make(database: str = database) -> Store:
                local = Path(tempfile.mkdtemp(dir=folder))
                url = cluster.new_database() if cluster and database == "postgresql" else ""
                return open_store(
                    Settings(local_dir=local, database_url=url, fixed_today=date(2024, 3, 1))
                )

            began = time.monotonic()
            with read_in_process():
                share = -(-options.kills // len(databases))
                outcome = kill_often(make, share, random.Random(options.seed))
            seconds = round(time.monotonic() - began, 1)
            told[database] = vars(outcome) | {"seconds": seconds}
    finally:
        if cluster is not None:
            cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(told, ensure_ascii=False, indent=1))
    return 1 if not told or any(found["wrong"] for found in told.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
