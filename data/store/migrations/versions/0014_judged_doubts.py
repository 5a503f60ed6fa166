"""What a staff record judges where that is not the patch itself: one doubt about it."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("staff_record", sa.Column("about", sa.String(length=160), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead")
