"""Columns that the offices' forms have and the store lacked: where a patch comes from, how a parcel
was judged, why a decision returned it, and by which ways how much of it was rectified. All may be
empty: of rows that came in before, nobody said.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ADDED: dict[str, tuple[tuple[str, sa.types.TypeEngine[Any]], ...]] = {
    "patch": (("source", sa.String(length=16)),),
    "parcel": (
        ("deduction_class", sa.String(length=64)),
        ("judged_by", sa.Text()),
        ("circumstances", sa.Text()),
        ("conforms_to_plan", sa.Boolean()),
        ("approved_until", sa.Date()),
        ("mineral_violation", sa.String(length=16)),
    ),
    "audit_decision": (("reason_codes", sa.Text()),),
    "enforcement_case": (
        ("planned_on", sa.Date()),
        ("responsible_unit", sa.Text()),
        ("restored_mu", sa.Double()),
        ("recultivated_mu", sa.Double()),
        ("late_approval_no", sa.Text()),
        ("late_approved_mu", sa.Double()),
        ("late_approved_farmland_mu", sa.Double()),
    ),
}


def upgrade() -> None:
    for table, columns in ADDED.items():
        for name, kind in columns:
            op.add_column(table, sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead")
