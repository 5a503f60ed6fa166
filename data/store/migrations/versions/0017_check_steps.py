"""Steps of field checks beside their results: assigned, confirmed, sent back, exempted."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "check_step",
        sa.Column("patch_id", sa.Integer(), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("check_batch", sa.Integer(), nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=True),
        sa.Column("finding", sa.String(length=16), nullable=True),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("source", sa.String(length=64), nullable=True),
        sa.Column("source_no", sa.String(length=64), nullable=True),
        sa.Column("source_on", sa.Date(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("source_hash", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["upload.id"], name=op.f("fk_check_step_batch_id")),
        sa.ForeignKeyConstraint(["patch_id"], ["patch.id"], name=op.f("fk_check_step_patch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_step")),
        sa.UniqueConstraint(
            "patch_id", "level", "seq", name=op.f("uq_check_step_patch_id_level_seq")
        ),
    )


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead")
