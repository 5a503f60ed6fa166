"""Queues of earlier versions, with jobs in them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from data.jobs.leases import Leases
from data.jobs.table import JobTable
from data.settings import Settings
from data.store.engine import Store
from data.store.migrate import MIGRATIONS_DIR, bring_up_to_date
from data.store.seeding import load_seeds
from tests.jobs import let_leases_end, taken

_ROWS = """INSERT INTO job (id, task, state, phase, done, total, payload, cancel_asked, pid,
 created_at, changed_at, created_by) VALUES
 ('a', 'upload', 'queued', '', 0, 0, '{}', {no}, NULL, '{day} 09:00:00', '{day} 09:00:00', '甲'),
 ('b', 'upload', 'running', '写入', 1, 2, '{}', {no}, 7, '{day} 08:00:00', '{day} 08:00:00', '甲'),
 ('c', 'upload', 'waiting', '', 0, 0, '{}', {no}, NULL, '{day} 07:00:00', '{day} 07:00:00', '乙')"""


def test_jobs_of_an_earlier_version_go_on_each_in_its_turn(
    settings: Settings, empty_store_url: str
) -> None:
    settings = replace(settings, database_url=empty_store_url)
    store = Store(settings)
    with store.write() as conn:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS_DIR))
        config.attributes["connection"] = conn
        command.upgrade(config, "0015")
        load_seeds(conn)
        made = (
            conn.scalar(text("SELECT sql FROM sqlite_master WHERE name = 'job'"))
            if (store.dialect == "sqlite")
            else None
        )
    no = "0" if store.dialect == "sqlite" else "false"
    rows = _ROWS.replace("{no}", no).replace("{day}", "2023-11-23")
    if made is None:
        with store.write() as conn:
            conn.exec_driver_sql(rows)
    else:  # the queue lies in a file of its own
        beside = Store(
            replace(settings, database_url=f"sqlite:///{settings.local_dir}/jobs.sqlite")
        )
        with beside.write() as conn:
            conn.exec_driver_sql(made)
            conn.exec_driver_sql(rows)
        beside.engine.dispose()
    bring_up_to_date(store)

    table = JobTable(settings)
    leases = Leases(table)
    assert [job.id for job in table.unfinished()] == ["c", "b", "a"]
    first = taken(leases)
    assert first.id == "a"
    assert leases.take() is None  # its worker of the earlier version may be at work still
    leases.finish(first, "done", {})
    let_leases_end(table)
    assert (taken(leases).id, table.get("b").lost) == ("b", 1)
    JobTable(settings).engine.dispose()
    table.engine.dispose()
    store.engine.dispose()


@pytest.fixture(autouse=True)
def _folder(settings: Settings) -> None:
    settings.local_dir.mkdir(parents=True, exist_ok=True)
