"""The strict ratio in the day summary, what the ratio deducts beside its definition, and the
patches that a 限期整改 names. The summary is made anew: accepted eliminations move it now.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MEASURES = (
    "strictly_eliminated_farmland_mu",
    "awaiting_acceptance_farmland_mu",
    "ratio_strict_part_mu",
    "land_ratio_strict_part_mu",
)


def upgrade() -> None:
    op.create_table(
        "deduction",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("word", sa.String(length=64), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deduction")),
    )
    # rebuilt at once: what was summed without them would be wrong
    op.execute("DELETE FROM day_summary")
    with op.batch_alter_table("day_summary") as table:
        for name in MEASURES:
            table.add_column(sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("staff_record", sa.Column("patch_nos", sa.Text(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead")
