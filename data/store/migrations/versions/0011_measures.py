"""Measures, their steps and the figures that their papers quote."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "measure",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("subject_kind", sa.String(length=16), nullable=False),
        sa.Column("district_code", sa.String(length=12), nullable=True),
        sa.Column("period", sa.String(length=7), nullable=True),
        sa.Column("patch_nos", sa.Text(), nullable=True),
        sa.Column("rule", sa.String(length=16), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("follows", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("source_hash", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["upload.id"], name=op.f("fk_measure_batch_id")),
        sa.ForeignKeyConstraint(["follows"], ["measure.id"], name=op.f("fk_measure_follows")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measure")),
    )
    op.create_index("ix_measure_year", "measure", ["year", "district_code"])
    op.create_table(
        "measure_event",
        sa.Column("measure_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("number", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("content", sa.Text(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("file_name", sa.Text(), nullable=True),
        sa.Column("file_sha256", sa.String(length=64), nullable=True),
        sa.Column("file_path", sa.Text(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("source_hash", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["upload.id"], name=op.f("fk_measure_event_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["measure_id"], ["measure.id"], name=op.f("fk_measure_event_measure_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measure_event")),
        sa.UniqueConstraint("measure_id", "seq", name=op.f("uq_measure_event_measure_id_seq")),
    )
    op.create_index("ix_measure_event_number", "measure_event", ["number"], unique=True)
    op.create_table(
        "measure_figure",
        sa.Column("measure_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("figure", sa.String(length=96), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("variant", sa.String(length=16), nullable=True),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("district_code", sa.String(length=12), nullable=True),
        sa.Column("patches", sa.Text(), nullable=False),
        sa.Column("rule_version", sa.String(length=128), nullable=False),
        sa.Column("data_version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("source_hash", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["upload.id"], name=op.f("fk_measure_figure_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["measure_id"], ["measure.id"], name=op.f("fk_measure_figure_measure_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measure_figure")),
        sa.UniqueConstraint(
            "measure_id", "seq", "figure", name=op.f("uq_measure_figure_measure_id_seq_figure")
        ),
    )


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead")
