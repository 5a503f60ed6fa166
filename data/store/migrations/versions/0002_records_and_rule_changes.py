"""What staff record, what administrators change in the rules, and indexes for the triggers."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

#: name, table, columns, condition: the few rows that a trigger looks for among many.
PARTIAL_INDEXES = (
    ("ix_patch_mineral", "patch", ["year", "strategic_mineral"], "domain = 'mineral'"),
    (
        "ix_parcel_unlawful",
        "parcel",
        ["patch_id", "ended", "farmland_mu", "basic_farmland_mu"],
        "legality = 'unlawful'",
    ),
    (
        "ix_audit_decision_returned",
        "audit_decision",
        ["patch_id", "level_rank", "decided_on", "resubmitted_on"],
        "result = 'returned'",
    ),
    (
        "ix_audit_decision_unlawful",
        "audit_decision",
        ["patch_id"],
        "determination = 'unlawful'",
    ),
    ("ix_recheck_changed", "recheck", ["patch_id"], "finding != 'unchanged'"),
)


def upgrade() -> None:
    op.create_table(
        "staff_record",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("patch_id", sa.Integer(), nullable=True),
        sa.Column("district_code", sa.String(length=12), nullable=True),
        sa.Column("recorded_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("document_no", sa.Text(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("area_mu", sa.Double(), nullable=True),
        sa.Column("recorded_by", sa.String(length=64), nullable=False),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("withdrawn_why", sa.Text(), nullable=True),
        sa.Column("withdrawn_by", sa.String(length=64), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("source_hash", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["upload.id"], name=op.f("fk_staff_record_batch_id")),
        sa.ForeignKeyConstraint(["patch_id"], ["patch.id"], name=op.f("fk_staff_record_patch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_record")),
    )
    op.create_index("ix_staff_record_year", "staff_record", ["year", "kind"])
    op.create_table(
        "rule_change",
        sa.Column("rule", sa.String(length=16), nullable=False),
        sa.Column("parameter", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.String(length=64), nullable=False),
        sa.Column("changed_at", sa.String(length=32), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("source_hash", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["upload.id"], name=op.f("fk_rule_change_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_change")),
    )
    for name, table, columns, condition in PARTIAL_INDEXES:
        where = sa.text(condition)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
    op.create_index(
        "ix_enforcement_case_eliminated_on", "enforcement_case", ["eliminated_on", "patch_id"]
    )


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead")
