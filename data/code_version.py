"""Which program this is: what it made is not shown by another one that reckons otherwise."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from data.settings import PROJECT_DIR

_ROOMS = ("data", "components", "callbacks", "pages")
_KINDS = (".py", ".toml")


@lru_cache(maxsize=1)
def code_version() -> str:
    """A digest of the code and of the rule files, the same on every machine that runs them."""
    digest = hashlib.sha256()
    local = PROJECT_DIR / "data" / "local"
    for room in _ROOMS:
        for path in sorted((PROJECT_DIR / room).rglob("*")):
            if path.suffix in _KINDS and local not in path.parents:
                digest.update(path.relative_to(PROJECT_DIR).as_posix().encode() + b"\0")
                digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()
