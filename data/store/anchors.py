"""Anchors: what the store's chains were at a moment, signed, to be kept off the machine.

A chain that was recomputed as a whole, and a store that was put back to an earlier state, fit in
themselves: only what was written down elsewhere finds them. The private key lies beside the store
(Settings.anchor_key); the store's events say which keys are its own.
"""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import Connection, func, select

from data.errors import StoreRefused, SupervisionError
from data.faults import os_reason
from data.settings import Settings
from data.store import events, facts, history, meta
from data.store.anchor_folder import last_anchor_at, name_of
from data.store.engine import Store
from data.store.models import History

log = logging.getLogger(__name__)
#: Which store it is, for good; given with the first anchor.
STORE_KEY = "store_id"
#: The public keys with which this store ever signed, the latest last.
KEYS_KEY = "anchor_keys"
_DAILY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Anchor:
    """records, head: of the history; events, event_head: of the events. store: its id. first: hash
    of the first record, "" without any. at: ISO, UTC. counts: table → rows. key: public, hex.
    signature: hex, over everything else; both "" in one that was exported before anchors were
    signed."""

    records: int
    head: str
    events: int | None = None
    event_head: str | None = None
    store: str = ""
    first: str = ""
    at: str = ""
    counts: Mapping[str, int] | None = None
    key: str = ""
    signature: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def is_genuine(self) -> bool:
        """Whether it is as the holder of its key signed it."""
        if not self.key and not self.signature:
            return not self.store  # of a time when none was signed
        try:
            public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.key))
            public.verify(bytes.fromhex(self.signature), self._signed())
        except (InvalidSignature, ValueError):
            return False
        return True

    def _signed(self) -> bytes:
        said = {name: value for name, value in asdict(self).items() if name != "signature"}
        return orjson.dumps(said, option=orjson.OPT_SORT_KEYS)


def make_anchor(store: Store) -> Anchor:
    """The store as it is now, signed. The first one writes which store it is."""
    private = _private_key(store.settings)
    public = private.public_key().public_bytes_raw().hex()
    _introduce(store, public)
    with store.read() as conn:
        records, head = history.head(conn)
        count, event_head = events.head(conn)
        plain = Anchor(
            records,
            head,
            count,
            event_head,
            meta.get(conn, STORE_KEY) or "",
            first_hash(conn),
            datetime.now(UTC).isoformat(timespec="microseconds"),
            _counts(conn),
        )
    return signed(plain, private)


def signed(anchor: Anchor, private: Ed25519PrivateKey) -> Anchor:
    own = replace(anchor, key=private.public_key().public_bytes_raw().hex())
    return replace(own, signature=private.sign(own._signed()).hex())


def first_hash(conn: Connection) -> str:
    return conn.scalar(select(History.hash).where(History.seq == 1)) or ""


def known_keys(conn: Connection) -> list[str]:
    return (meta.get(conn, KEYS_KEY) or "").split()


def _introduce(store: Store, public: str) -> None:
    """Give the store its id, and note the key in its events, where they are not there yet."""
    with store.read() as conn:
        if meta.get(conn, STORE_KEY) and public in known_keys(conn)[-1:]:
            return
    with store.write() as conn:
        if not meta.get(conn, STORE_KEY):
            facts.keep_value(conn, STORE_KEY, secrets.token_hex(16))
        keys = [key for key in known_keys(conn) if key != public]
        facts.keep_value(conn, KEYS_KEY, " ".join([*keys, public]))


def _counts(conn: Connection) -> dict[str, int]:
    return {
        str(table.name): conn.scalar(select(func.count()).select_from(table)) or 0
        for table in history.recorded_tables()
    }


def _private_key(settings: Settings) -> Ed25519PrivateKey:
    """The store's own, made where there is none yet. Raises StoreRefused."""
    path = settings.anchor_key
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = Ed25519PrivateKey.generate().private_bytes_raw()
            mode = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            with os.fdopen(os.open(path, mode, 0o600), "wb") as file:
                file.write(fresh.hex().encode())
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text().strip()))
    except OSError as error:
        raise StoreRefused(f"锚点没有写成，密钥无法读写：{os_reason(error)}。") from error
    except ValueError as error:
        raise StoreRefused(
            f"“{path}”不是锚点密钥。请恢复原来的密钥文件，或移走它另生成。"
        ) from error


# ---- in a folder ---------------------------------------------------------------------------------


def read_anchor(path: Path) -> Anchor:
    """What was written on another day. Raises StoreRefused for anything else."""
    try:
        document = orjson.loads(path.read_bytes())
        anchor = Anchor(**document)
    except OSError as error:
        raise StoreRefused(f"锚点没有读到：{os_reason(error)}。请检查路径和权限。") from error
    except (orjson.JSONDecodeError, TypeError):
        anchor = None
    if anchor is None or type(anchor.records) is not int or not isinstance(anchor.head, str):
        raise StoreRefused(f"“{path}”不是本系统导出的锚点，没有比对。请改选锚点文件。")
    return anchor


def write_anchor(anchor: Anchor, path: Path) -> None:
    """Whole or not at all. Raises StoreRefused."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_bytes(orjson.dumps(anchor.to_json(), option=orjson.OPT_INDENT_2))
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StoreRefused(
            f"锚点没有写成：{os_reason(error)}。请换一个可以写入的文件名。"
        ) from error


def keep_anchor(store: Store) -> None:
    """Write one to the folder of the settings, if there is one: after each batch. What hinders it
    is logged and said on the page by the age of the last; the batch stands."""
    folder = store.settings.anchor_dir
    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        anchor = make_anchor(store)
        moment = datetime.fromisoformat(anchor.at)
        write_anchor(anchor, folder / name_of(moment, anchor.records))
    except SupervisionError as refusal:
        log.warning("no anchor was written: %s", refusal.message)
    except OSError as error:
        log.warning("no anchor was written: %s", error)


def keep_daily_anchor(store: Store) -> None:
    """Write one where the last is a day old."""
    last = last_anchor_at(store.settings)
    if last is None or datetime.now(UTC) - last >= _DAILY:
        keep_anchor(store)
