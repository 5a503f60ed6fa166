"""Returned workbooks get a hash, and events tell of uploads, profiles and single values: data that
`verify` proves (docs/proof.md). data/store/migrate.py tells of those that are there already.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("upload", sa.Column("report_sha256", sa.String(length=64), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead")
