"""What districts' files say in their own favour, and what the city said of it."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "claim",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("patch_id", sa.Integer(), nullable=False),
        sa.Column("parcel_no", sa.Integer(), nullable=False),
        sa.Column("district_code", sa.String(length=12), nullable=False),
        sa.Column("entity", sa.String(length=32), nullable=False),
        sa.Column("row_key", sa.Text(), nullable=False),
        sa.Column("field", sa.String(length=32), nullable=False),
        sa.Column("old", sa.Text(), nullable=False),
        sa.Column("new", sa.Text(), nullable=False),
        sa.Column("claimed_on", sa.Date(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("source_hash", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["upload.id"], name=op.f("fk_claim_batch_id")),
        sa.ForeignKeyConstraint(["patch_id"], ["patch.id"], name=op.f("fk_claim_patch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
    )
    op.create_index(op.f("ix_claim_patch_id"), "claim", ["patch_id"])
    op.create_table(
        "confirmation",
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("patch_id", sa.Integer(), nullable=False),
        sa.Column("is_accepted", sa.Boolean(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("source_hash", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["upload.id"], name=op.f("fk_confirmation_batch_id")),
        sa.ForeignKeyConstraint(["patch_id"], ["patch.id"], name=op.f("fk_confirmation_patch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmation")),
        sa.UniqueConstraint("claim_id", name=op.f("uq_confirmation_claim_id")),
    )


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead")
