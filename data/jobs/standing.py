"""How this machine stands, for whoever watches it: numbers and yes or no, never a name."""

from __future__ import annotations

import logging
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from data.errors import StoreNewer, SupervisionError
from data.jobs.table import JobTable, Queue
from data.settings import Settings
from data.store import history
from data.store.anchor_folder import last_anchor_at
from data.store.backup_folder import last_backup_at
from data.store.engine import Store
from data.store.migrate import HEAD, revision
from data.store.queries.stamp import data_version

log = logging.getLogger(__name__)
#: The largest file that is taken, and what is written while it is read.
LEAST_FREE_BYTES = 512 << 20


@dataclass(frozen=True, slots=True)
class Standing:
    """store: reachable. migrations: of this program, neither older nor newer. queue: can be asked.
    disk: room for an upload wherever something is written. None where it could not be asked.
    free_bytes: of the fullest disk. …_age_seconds: of the last one in the
    folder of the settings."""

    store: bool
    migrations: bool
    queue: bool
    disk: bool
    data_version: int | None
    records: int | None
    jobs: Queue | None
    free_bytes: int | None
    anchor_age_seconds: float | None
    backup_age_seconds: float | None

    @property
    def checks(self) -> dict[str, bool]:
        names = ("store", "migrations", "queue", "disk")
        return {name: getattr(self, name) for name in names}

    @property
    def is_ready(self) -> bool:
        return all(self.checks.values())


def standing(store: Store, table: JobTable) -> Standing:
    """Asked anew each time; never raises for what is away."""
    version, records, found, answers = None, None, None, False
    try:
        with store.read_now() as conn:
            found, version, records = revision(conn), data_version(conn), history.head(conn)[0]
        answers = True
    except StoreNewer:
        answers = True
    except (SupervisionError, SQLAlchemyError):
        log.warning("the store does not answer", exc_info=True)
    jobs = None
    try:
        jobs = table.queue()
    except (SupervisionError, SQLAlchemyError):
        log.warning("the queue does not answer", exc_info=True)
    free = free_bytes(store.settings)
    return Standing(
        store=answers,
        migrations=found == HEAD,
        queue=jobs is not None,
        disk=free is not None and free >= LEAST_FREE_BYTES,
        data_version=version,
        records=records,
        jobs=jobs,
        free_bytes=free,
        anchor_age_seconds=_age_seconds(last_anchor_at(store.settings)),
        backup_age_seconds=_age_seconds(last_backup_at(store.settings)),
    )


def _age_seconds(moment: datetime | None) -> float | None:
    return None if moment is None else (datetime.now(UTC) - moment).total_seconds()


def free_bytes(settings: Settings) -> int | None:
    """Of the fullest disk on which this machine writes; None where one cannot be asked."""
    url = make_url(settings.database_url)
    folders = [settings.local_dir]
    if url.get_backend_name() == "sqlite" and url.database:
        folders.append(Path(url.database).parent)
    try:
        return min(shutil.disk_usage(folder).free for folder in folders)
    except OSError:
        return None
