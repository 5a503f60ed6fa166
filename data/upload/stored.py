"""What the store holds under a key, as an upload compares with it."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

Key = tuple[Hashable, ...]


@dataclass
class Stored:
    """What the store has for the keys of a kind and its years: key → id, source_hash, ended."""

    ids: dict[Key, int]
    hashes: dict[Key, int]
    ended: set[Key]
