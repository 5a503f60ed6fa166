"""Attacks on a store by somebody with full rights on its database and its files.

The suite tries some of each class; all of them by the hundred:
`python -m tests.data.workflow.attacks 1000` (minutes; says what was missed, and false alarms).
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import (
    Connection,
    MetaData,
    Table,
    UniqueConstraint,
    delete,
    insert,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.exc import DBAPIError

from data.settings import Settings
from data.store import events, history, meta, summary
from data.store.anchors import Anchor, make_anchor
from data.store.engine import Store
from data.store.models import Base, DaySummary, UnlawfulInterval
from data.store.proofs import Proof
from data.store.proving import Proven, proven_on
from data.store.shadow import stand_in_front
from data.workflow.proof import _deductions, verify

#: All that verify covers.
TABLES = [
    mapper.local_table
    for mapper in sorted(Base.registry.mappers, key=lambda m: m.class_.__tablename__)
    if mapper.class_.proof is not Proof.NONE and isinstance(mapper.local_table, Table)
]
CHAINS = ("history", "event")
#: What is done to rows.
HOWS = ("edit", "delete", "insert", "swap", "keys", "truncate")


@contextmanager
def proving(store: Store) -> Iterator[Connection]:
    """A connection on which the store can be attacked for nothing, derived tables made anew."""
    with store.engine.connect() as conn:
        transaction = conn.begin()
        for model in (DaySummary, UnlawfulInterval):
            stand_in_front(conn, Base.metadata.tables[model.__tablename__], None)
        # not shadow.only_the_copies, under which PostgreSQL would refuse the attacks
        if conn.dialect.name == "postgresql":
            conn.exec_driver_sql("DISCARD PLANS")
        summary.add(conn, None)
        yield conn
        transaction.rollback()


def prove_on(conn: Connection, store: Store, anchor: Anchor | None = None) -> Proven:
    return proven_on(conn, store, _deductions, anchor)


class Home:
    """Tables by their home, past the copies that stand in front of them."""

    def __init__(self, conn: Connection) -> None:
        home = "main"
        if conn.dialect.name == "postgresql":
            home = str(conn.scalar(text("SELECT current_schema()")))
        self._home = home

    def __call__(self, table: Table) -> Table:
        return table.to_metadata(MetaData(), schema=self._home)


def _other(value: Any, column: Any, rng: random.Random) -> Any:
    """Another value that the column can hold."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + rng.choice([1, -1, 1000])
    if isinstance(value, float):
        return value + rng.choice([0.5, -0.25, 1e-9])
    if isinstance(value, datetime):
        return value + timedelta(seconds=1)
    if isinstance(value, date):
        return value + timedelta(days=rng.choice([1, -30]))
    if isinstance(value, bytes):
        return value[:-1] + bytes([value[-1] ^ 1])
    if isinstance(value, list):
        return [*value, "x"]
    if isinstance(value, dict):
        return {**value, "x": 1}
    if isinstance(value, str):
        length = getattr(column.type, "length", None) or 1_000
        kept = value[:-1] if len(value) >= length else value
        return kept + rng.choice([mark for mark in "x0y" if kept + mark != value])
    kind = column.type.python_type
    return {
        str: "x", int: 1, float: 1.5, bool: True, date: date(2023, 1, 1), bytes: b"x",
        datetime: datetime(2023, 1, 1), list: ["x"], dict: {"x": 1},
    }[kind]  # fmt: skip


def attack(conn: Connection, table: Table, rng: random.Random, how: str | None = None) -> str:
    """One edit, deletion, insertion or swap of values, of keys, or a cut of the last rows. how: of
    HOWS. Returns what was done, "nothing" where the table has too little for it."""
    keys = list(table.primary_key)
    rows = [dict(r) for r in conn.execute(select(table)).mappings()]
    if not rows:
        return "nothing"
    row = rng.choice(rows)

    def this(some: dict[str, Any]) -> Any:
        return tuple_(*keys) == tuple(some[k.name] for k in keys)

    how = how or rng.choice(("edit", "edit", *HOWS[1:]))
    if how == "delete":
        conn.execute(delete(table).where(this(row)))
    elif how == "insert":
        again = {k.name: _other(row[k.name], k, rng) for k in keys}
        unique = {
            c.name: _other(row[c.name], c, rng)
            for constraint in table.constraints
            if isinstance(constraint, UniqueConstraint)
            for c in list(constraint.columns)[-1:]
        }
        if table.name == "day_summary":  # a row of zeros says nothing
            again |= {"patches": 1}
        conn.execute(insert(table).values(**{**row, **unique, **again}))
    elif how == "truncate":
        for cut in rows[rng.randrange(len(rows)) :]:
            conn.execute(delete(table).where(this(cut)))
    elif how == "keys":
        others = [r for r in rows if _without(r, keys) != _without(row, keys)]
        if not others:
            return "nothing"
        other, names = rng.choice(others), [k.name for k in keys]
        conn.execute(delete(table).where(this(row)))
        conn.execute(delete(table).where(this(other)))
        for one, key in ((row, other), (other, row)):
            conn.execute(insert(table).values(**{**one, **{n: key[n] for n in names}}))
    elif how == "swap" and len(rows) > 1:
        other = rng.choice([r for r in rows if r is not row])
        names = [c.name for c in table.columns if c not in keys and row[c.name] != other[c.name]]
        if not names:
            return "nothing"
        name = rng.choice(names)
        conn.execute(update(table).where(this(row)).values(**{name: other[name]}))
        conn.execute(update(table).where(this(other)).values(**{name: row[name]}))
        return f"swap {name} of {row} and {other}"
    else:
        column = rng.choice(list(table.columns))
        value = _other(row[column.name], column, rng)
        conn.execute(update(table).where(this(row)).values(**{column.name: value}))
        return f"edit {column.name} of {row}: {value!r}"
    return f"{how} {row}"


def _without(row: dict[str, Any], keys: list[Any]) -> dict[str, Any]:
    """What a row says beside its key; a summary's row of zeros says nothing."""
    return {name: value for name, value in row.items() if name not in {k.name for k in keys}}


def without_references(conn: Connection) -> None:
    """Whoever has full rights can leave them aside."""
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql("SET LOCAL session_replication_role = replica")
    else:
        conn.exec_driver_sql("PRAGMA defer_foreign_keys = ON")


# ---- chains and the whole store ------------------------------------------------------------------


def rehash(conn: Connection, chain: str, rng: random.Random) -> str:
    """Change a record and compute every later hash anew, with the head: only an anchor finds it."""
    table = Base.metadata.tables[chain]
    hash_of = history.record_hash if chain == "history" else events.event_hash
    column = "at" if chain == "history" else "who"
    rows = [dict(r) for r in conn.execute(select(table).order_by(table.c.seq)).mappings()]
    at = rng.randrange(len(rows))
    rows[at][column] = rows[at][column][:-1] + "~"
    prev = history.GENESIS
    for row in rows:
        content = tuple(row.values())[:-2]
        row["prev_hash"], row["hash"] = prev, hash_of(prev, content)
        prev = row["hash"]
    conn.execute(delete(table))
    conn.execute(insert(table), rows)
    key = history.HEAD_KEY if chain == "history" else events.HEAD_KEY
    meta.put(conn, key, f"{len(rows)}:{prev}")
    return f"rehash {chain} from {at + 1}"


def named_files(store: Store) -> list[Path]:
    """Those that uploads name."""
    query = text("SELECT stored_path, report_path FROM upload ORDER BY id")
    with store.read() as conn:
        found = conn.execute(query).all()
    settings = store.settings
    paths = [settings.uploads_dir / row.stored_path for row in found if row.stored_path]
    return paths + [settings.outputs_dir / row.report_path for row in found if row.report_path]


def harm_file(files: list[Path], rng: random.Random) -> tuple[str, Callable[[], None]]:
    """Change, cut, delete or swap. Returns what was done and what takes it back."""
    path = rng.choice(files)
    was = path.read_bytes()
    how = rng.choice(("edit", "truncate", "delete", "swap"))
    other = rng.choice([p for p in files if p.read_bytes() != was])
    others = other.read_bytes()

    def restore() -> None:
        path.write_bytes(was)
        other.write_bytes(others)

    if how == "edit":
        at = rng.randrange(len(was))
        path.write_bytes(was[:at] + bytes([was[at] ^ 1]) + was[at + 1 :])
    elif how == "truncate":
        path.write_bytes(was[: rng.randrange(len(was))])
    elif how == "delete":
        path.unlink()
    else:
        path.write_bytes(others)
        other.write_bytes(was)
    return f"{how} {path.name}", restore


# ---- by the hundred ------------------------------------------------------------------------------


class Trial:
    """tried: class → how often. missed: what verify did not find. false_alarms: faults of a store
    to which nothing was done."""

    def __init__(self) -> None:
        self.tried: Counter[str] = Counter()
        self.missed: list[str] = []
        self.false_alarms: list[str] = []

    def note(self, of: str, what: str, is_found: bool) -> None:
        self.tried[of] += 1
        if not is_found:
            self.missed.append(f"{of}: {what}")

    def quiet(self, found: Proven) -> None:
        self.tried["untouched"] += 1
        self.false_alarms += [f"{f.kind} {f.where} {f.what}" for f in found.bad]


def try_rows(store: Store, count: int, rng: random.Random, trial: Trial) -> None:
    """count attacks on rows, every table and every way in turn, and a look in between."""
    with proving(store) as conn:
        without_references(conn)
        home = Home(conn)
        done = tries = 0
        while done < count:
            table, how = TABLES[tries % len(TABLES)], rng.choice(HOWS)
            tries += 1
            attempt = conn.begin_nested()
            try:
                what = attack(conn, home(table), rng, how)
            except DBAPIError:  # the database itself does not take it
                attempt.rollback()
                continue
            if what != "nothing":
                done += 1
                trial.note(how, f"{table.name} {what}", not prove_on(conn, store).ok)
            attempt.rollback()
            if done % 50 == 0:
                trial.quiet(prove_on(conn, store))


def try_rehashing(store: Store, count: int, rng: random.Random, trial: Trial) -> None:
    anchor = make_anchor(store)
    with proving(store) as conn:
        without_references(conn)
        for number in range(count):
            attempt = conn.begin_nested()
            what = rehash(conn, CHAINS[number % 2], rng)
            trial.note("rehash", what, not prove_on(conn, store, anchor).ok)
            attempt.rollback()
        trial.quiet(prove_on(conn, store, anchor))


def try_files(store: Store, count: int, rng: random.Random, trial: Trial) -> None:
    files = named_files(store)
    for _ in range(count):
        what, restore = harm_file(files, rng)
        trial.note("file", what, not verify(store, is_quick=True).ok)
        restore()
    trial.quiet(verify(store, is_quick=True))


def try_rollbacks(
    states: list[Path], anchors: list[Anchor], settings: Settings, count: int, rng: random.Random,
    trial: Trial,
) -> None:  # fmt: skip
    """Put the store back to a state that it once had; held against an anchor of a later one."""
    for _ in range(count):
        early = rng.randrange(len(states) - 1)
        late = rng.randrange(early + 1, len(states))
        store = Store(replace(settings, database_url=f"sqlite:///{states[early]}"))
        found = verify(store, anchors[late], is_quick=True)
        trial.note("rollback", f"{late} to {early}", any(f.kind != "file" for f in found.bad))
        still = verify(store, anchors[early], is_quick=True)
        trial.quiet(replace(still, bad=[f for f in still.bad if f.kind != "file"]))
        store.engine.dispose()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("count", type=int, nargs="?", default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    from data.vocabulary import UploadKind
    from data.workflow.opening import open_store
    from tests.data.workflow.filled import fill
    from tests.sending import PATCH, send

    rng, trial = random.Random(arguments.seed), Trial()
    folder = Path(tempfile.mkdtemp(prefix="attacks-"))
    settings = Settings(local_dir=folder, fixed_today=date(2024, 3, 1))
    store = open_store(settings)
    fill(store)
    share = max(1, arguments.count // 20)
    try_rows(store, arguments.count - 3 * share, rng, trial)
    try_rehashing(store, share, rng, trial)
    try_files(store, share, rng, trial)
    states, anchors = [], []
    for number in range(6):
        anchors.append(make_anchor(store))
        states.append(folder / f"state{number}.sqlite")
        shutil.copyfile(folder / "weipian.sqlite", states[-1])
        send(store, UploadKind.PATCHES, {**PATCH, "图斑编号": f"R-{number}"})
    try_rollbacks(states, anchors, settings, share, rng, trial)
    shutil.rmtree(folder)
    sys.stdout.buffer.write(orjson.dumps(vars(trial), option=orjson.OPT_INDENT_2) + b"\n")
    return 1 if trial.missed or trial.false_alarms else 0


if __name__ == "__main__":
    sys.exit(main())
