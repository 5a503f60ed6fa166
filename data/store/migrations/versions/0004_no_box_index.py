"""The index of bounding boxes goes: maps are answered from the cube (docs/maps.md), nothing asked
it any more, and it took a tenth of the time of a large upload. New stores never have it.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE IF EXISTS patch_bbox")
    else:
        op.execute("DROP INDEX IF EXISTS ix_patch_bbox")


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead")
