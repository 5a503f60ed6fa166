"""The folder where backups are kept: their names say when each was made, and old ones go.

All of the newest stay, then the last of each day, then the last of each month, so that both the
mistake of this morning and the one that is found in spring can be gone back to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from data.errors import StoreRefused
from data.faults import os_reason
from data.settings import Settings
from data.store.backup import Contents, backup
from data.store.engine import Store

NEWEST, DAYS, MONTHS = 8, 14, 12
_NAME = re.compile(r"weipian-(\d{8}T\d{6})Z\.tar")
_MOMENT = "%Y%m%dT%H%M%S"


@dataclass(frozen=True, slots=True)
class Kept:
    """path: the new backup. removed: how many old ones went."""

    path: Path
    contents: Contents
    removed: int


def keep_backup(store: Store) -> Kept:
    """Write one into the folder of the settings, then clear away what is too old. Raises
    StoreRefused where there is no such folder, or it cannot be written to."""
    folder = store.settings.backup_dir
    if folder is None:
        raise StoreRefused("没有写明备份到哪里。请写文件名，或设置 WEIPIAN_BACKUP_DIR。")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"weipian-{datetime.now(UTC):{_MOMENT}}Z.tar"
        contents = backup(store, path)
        found = _found(folder)
        old = found.keys() - kept(found)
        for moment in old:
            found[moment].unlink()
    except OSError as error:
        raise StoreRefused(
            f"备份文件夹不能写：{os_reason(error)}。请检查磁盘空间和文件夹权限。"
        ) from error
    return Kept(path, contents, len(old))


def last_backup_at(settings: Settings) -> datetime | None:
    """None without a folder or any in it."""
    try:
        found = _found(settings.backup_dir) if settings.backup_dir is not None else {}
    except OSError:
        return None
    return max(found, default=None)


def kept(moments: Iterable[datetime]) -> set[datetime]:
    """Which of them stay."""
    newest_first = sorted(moments, reverse=True)
    by_day: dict[date, datetime] = {}
    by_month: dict[tuple[int, int], datetime] = {}
    for moment in reversed(newest_first):  # the last of a day stands in the end
        by_day[moment.date()] = moment
        by_month[moment.year, moment.month] = moment
    return {*newest_first[:NEWEST], *_last(by_day, DAYS), *_last(by_month, MONTHS)}


def _last(found: Mapping[Any, datetime], count: int) -> list[datetime]:
    return sorted(found.values())[-count:]


def _found(folder: Path) -> dict[datetime, Path]:
    """Nothing else in the folder is ours to remove."""
    named = ((_NAME.fullmatch(path.name), path) for path in folder.glob("weipian-*.tar"))
    return {
        datetime.strptime(match[1], _MOMENT).replace(tzinfo=UTC): path
        for match, path in named
        if match is not None
    }
