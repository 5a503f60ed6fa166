"""Jobs in the tests of workers and pages."""

from __future__ import annotations

from sqlalchemy import update

from data.jobs.database import JOBS
from data.jobs.leases import Leases
from data.jobs.table import JobTable, JobView
from data.store.dialect import moment


def taken(leases: Leases) -> JobView:
    job = leases.take()
    assert job is not None, "the queue is empty"
    return job


def let_leases_end(table: JobTable) -> None:
    """As if the workers of all jobs had been silent for long enough."""
    with table.engine.begin() as conn:
        running = JOBS.c.state == "running"
        conn.execute(update(JOBS).where(running).values(lease_until=moment(conn, -1)))
