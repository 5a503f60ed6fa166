"""Jobs under a lease and behind a fence, and the batch that each made.

A job that is running meanwhile has a worker of an earlier version, which knows no lease: it is left
alone for a minute.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_LEFT_ALONE = {
    "postgresql": "timezone('UTC', clock_timestamp()) + interval '60 seconds'",
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now', '+60 seconds')",
}


def upgrade() -> None:
    with op.batch_alter_table("job") as job:
        job.add_column(sa.Column("attempt", sa.Integer(), server_default="0", nullable=False))
        job.add_column(sa.Column("lost", sa.Integer(), server_default="0", nullable=False))
        job.add_column(sa.Column("worker", sa.String(length=128), nullable=True))
        job.add_column(sa.Column("lease_until", sa.DateTime(), nullable=True))
        job.add_column(sa.Column("queued_at", sa.DateTime(), nullable=True))
        job.drop_column("pid")
    later = _LEFT_ALONE[op.get_context().dialect.name]
    op.execute("UPDATE job SET queued_at = changed_at WHERE state IN ('queued', 'running')")
    op.execute(f"UPDATE job SET lease_until = {later} WHERE state = 'running'")
    op.create_table(
        "job_batch",
        sa.Column("job_id", sa.String(length=36), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["upload.id"], name=op.f("fk_job_batch_batch_id")),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_job_batch")),
    )


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead")
