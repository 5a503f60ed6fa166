"""Photographs of field checks: whose, kept where, taken when and from where."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "photograph",
        sa.Column("patch_id", sa.Integer(), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("added_on", sa.Date(), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_path", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("look", sa.String(length=16), nullable=False),
        sa.Column("taken_at", sa.String(length=19), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("azimuth_deg", sa.Double(), nullable=True),
        sa.Column("placed_by", sa.String(length=16), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("source_hash", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["upload.id"], name=op.f("fk_photograph_batch_id")),
        sa.ForeignKeyConstraint(["patch_id"], ["patch.id"], name=op.f("fk_photograph_patch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photograph")),
        sa.UniqueConstraint(
            "patch_id",
            "level",
            "file_sha256",
            name=op.f("uq_photograph_patch_id_level_file_sha256"),
        ),
    )


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead")
