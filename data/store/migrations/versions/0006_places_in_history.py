"""Units and towns enter the history, so that an upload that changes them can be taken back. No
table changes: data/store/migrate.py writes what has changed since the store was made (see
unrecorded.py).
"""

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead")
