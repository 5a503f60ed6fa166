"""The file of a backup: a tar with a head, the store, the files, and last a list of all hashes.

weipian-backup.json  format, moment, database, version of the store
store.sqlite | store.dump
files/…              as below the local folder
manifest.json        path → {size, sha256}; a file that was cut off has none
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from data.errors import StoreRefused

HEAD, MANIFEST, FILES = "weipian-backup.json", "manifest.json", "files"
FORMAT = 1
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Member:
    """path: inside the backup. size: bytes."""

    path: str
    size: int
    sha256: str


class BackupWriter:
    """Writes a backup; what is added is hashed on its way."""

    def __init__(self, path: Path, head: dict[str, Any]) -> None:
        self._tar = tarfile.open(path, "w", format=tarfile.PAX_FORMAT)  # noqa: SIM115
        self.members: list[Member] = []
        self._text(HEAD, {"format": FORMAT, **head})

    def add(self, source: Path, path: str) -> None:
        """Add a file as it is now. One that grows meanwhile is taken up to its size now."""
        with source.open("rb") as file:
            info = self._tar.gettarinfo(arcname=path, fileobj=file)
            reader = _Hashing(file)
            self._tar.addfile(info, reader)
        self.members.append(Member(path, info.size, reader.digest.hexdigest()))

    def close(self) -> None:
        told = {m.path: {"size": m.size, "sha256": m.sha256} for m in self.members}
        self._text(MANIFEST, told)
        self._tar.close()

    def _text(self, name: str, document: dict[str, Any]) -> None:
        data = json.dumps(document, ensure_ascii=False).encode()
        info = tarfile.TarInfo(name)
        info.size = len(data)
        self._tar.addfile(info, io.BytesIO(data))


class _Hashing(io.RawIOBase):
    """Reads through, hashing."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.digest = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.digest.update(data)
        return data


def is_backup(path: Path) -> bool:
    """Whether a file begins as these do."""
    try:
        with path.open("rb") as file:
            return file.read(len(HEAD)) == HEAD.encode()
    except OSError:
        return False


def unpack(path: Path, folder: Path) -> tuple[dict[str, Any], list[Member]]:
    """Unpack a backup into an empty folder, every hash compared; returns its head and members.

    Raises StoreRefused for a file that is cut off, changed, or from a newer program.
    """
    found: dict[str, Member] = {}
    head: dict[str, Any] | None = None
    manifest: dict[str, Any] | None = None
    try:
        with tarfile.open(path, "r:") as tar:
            for info, file in _regular(tar):
                if info.name == HEAD:
                    head = json.load(file)
                elif info.name == MANIFEST:
                    manifest = json.load(file)
                else:
                    found[info.name] = _extract(info, file, folder)
    except (tarfile.TarError, ValueError, EOFError) as error:
        raise StoreRefused("备份文件已损坏，未恢复。请换用另一份备份。") from error
    if head is None or manifest is None:
        raise StoreRefused("备份文件不完整（可能没有写完），未恢复。请换用另一份备份。")
    if head.get("format") != FORMAT:
        raise StoreRefused("备份来自更新的程序版本，未恢复。请先升级程序。")
    told = {name: Member(name, **about) for name, about in manifest.items()}
    if told != found:
        wrong = sorted(n for n in told.keys() | found.keys() if told.get(n) != found.get(n))
        names = "、".join(wrong[:3])
        raise StoreRefused(f"备份中的文件与清单不符（{names}），未恢复。请换用另一份备份。")
    return head, list(found.values())


def _regular(tar: tarfile.TarFile) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
    """Plain files inside; anything else is no backup of ours. Raises StoreRefused."""
    for info in tar:
        path = PurePosixPath(info.name)
        if not info.isreg() or path.is_absolute() or ".." in path.parts:
            raise StoreRefused(f"备份里有不认识的内容“{info.name[:80]}”，未恢复。")
        file = tar.extractfile(info)
        assert file is not None  # a regular one
        yield info, file


def _extract(info: tarfile.TarInfo, file: IO[bytes], folder: Path) -> Member:
    target = folder / info.name
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with target.open("wb") as out:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            out.write(chunk)
    return Member(info.name, info.size, digest.hexdigest())
