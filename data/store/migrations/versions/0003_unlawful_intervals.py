"""What is unlawful of each patch from when to when, for maps; filled by the rebuilt summary."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

AREAS = (
    "unlawful_mu",
    "unlawful_farmland_mu",
    "unlawful_basic_farmland_mu",
    "unlawful_redline_mu",
    "eliminated_mu",
    "eliminated_farmland_mu",
    "eliminated_basic_farmland_mu",
    "eliminated_redline_mu",
)


def upgrade() -> None:
    op.create_table(
        "unlawful_interval",
        sa.Column("patch_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("unlawful_parcels", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in AREAS),
        sa.ForeignKeyConstraint(
            ["patch_id"], ["patch.id"], name=op.f("fk_unlawful_interval_patch_id")
        ),
        sa.PrimaryKeyConstraint("patch_id", "from_on", name=op.f("pk_unlawful_interval")),
    )


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead")
