"""A job is done as whoever asked for it, with the rights that he has by then."""

from __future__ import annotations

import pytest

from data.acting import acting_as
from data.errors import Forbidden
from data.jobs.embedded import submit
from data.jobs.running import account_of
from data.jobs.table import JobTable
from data.rights import DEFAULT_RIGHTS, Account, Role
from data.store.engine import Store
from data.workflow.accounts import add_account, disable_account


def test_a_job_acts_as_its_account_until_that_is_disabled(sqlite_store: Store) -> None:
    store, table = sqlite_store, JobTable(sqlite_store.settings)
    with store.write() as conn:
        clerk = add_account(conn, store.settings, "环翠", Role.DISTRICT, "371002")
    job = table.get(table.submit("undo", {"batch": 1}, "环翠"))
    assert account_of(store, job) == clerk
    by_command = table.get(table.submit("undo", {"batch": 1}, "命令行"))
    assert account_of(store, by_command).scope.districts is None
    with store.write() as conn:
        disable_account(conn, "环翠")
    with pytest.raises(Forbidden, match="已停用"):
        account_of(store, job)
    table.engine.dispose()


def test_nobody_queues_without_the_right(sqlite_store: Store) -> None:
    table = JobTable(sqlite_store.settings)
    leader = Account("领导", Role.LEADER, DEFAULT_RIGHTS[Role.LEADER])
    with acting_as(leader), pytest.raises(Forbidden, match="上传"):
        submit(table, sqlite_store.settings, "undo", {"batch": 1}, "领导")
    assert table.unfinished() == []
    table.engine.dispose()
