"""First tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "day_summary",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("district_code", sa.String(length=12), nullable=False),
        sa.Column("clearance_month", sa.String(length=7), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("patches", sa.BigInteger(), nullable=False),
        sa.Column("audited", sa.BigInteger(), nullable=False),
        sa.Column("returned", sa.BigInteger(), nullable=False),
        sa.Column("final", sa.BigInteger(), nullable=False),
        sa.Column("first_passed", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("due_reached", sa.BigInteger(), nullable=False),
        sa.Column("cleared", sa.BigInteger(), nullable=False),
        sa.Column("on_time", sa.BigInteger(), nullable=False),
        sa.Column("late", sa.BigInteger(), nullable=False),
        sa.Column("overdue", sa.BigInteger(), nullable=False),
        sa.Column("reached_on_time", sa.BigInteger(), nullable=False),
        sa.Column("judged_patches", sa.BigInteger(), nullable=False),
        sa.Column("hit_patches", sa.BigInteger(), nullable=False),
        sa.Column("mineral_patches", sa.BigInteger(), nullable=False),
        sa.Column("mineral_unlawful_patches", sa.BigInteger(), nullable=False),
        sa.Column("unlawful_parcels", sa.BigInteger(), nullable=False),
        sa.Column("filed_parcels", sa.BigInteger(), nullable=False),
        sa.Column("redetermined_parcels", sa.BigInteger(), nullable=False),
        sa.Column("overturned_parcels", sa.BigInteger(), nullable=False),
        sa.Column("unlawful_mu", sa.BigInteger(), nullable=False),
        sa.Column("unlawful_farmland_mu", sa.BigInteger(), nullable=False),
        sa.Column("unlawful_basic_farmland_mu", sa.BigInteger(), nullable=False),
        sa.Column("unlawful_redline_mu", sa.BigInteger(), nullable=False),
        sa.Column("eliminated_mu", sa.BigInteger(), nullable=False),
        sa.Column("eliminated_farmland_mu", sa.BigInteger(), nullable=False),
        sa.Column("eliminated_basic_farmland_mu", sa.BigInteger(), nullable=False),
        sa.Column("eliminated_redline_mu", sa.BigInteger(), nullable=False),
        sa.Column("excluded_farmland_mu", sa.BigInteger(), nullable=False),
        sa.Column("new_construction_mu", sa.BigInteger(), nullable=False),
        sa.Column("new_construction_farmland_mu", sa.BigInteger(), nullable=False),
        sa.Column("ratio_gross_part_mu", sa.BigInteger(), nullable=False),
        sa.Column("ratio_net_part_mu", sa.BigInteger(), nullable=False),
        sa.Column("land_ratio_gross_part_mu", sa.BigInteger(), nullable=False),
        sa.Column("land_ratio_net_part_mu", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "year", "district_code", "clearance_month", "on_date", name=op.f("pk_day_summary")
        ),
    )
    op.create_table(
        "district",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("short_name", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_zone", sa.Boolean(), nullable=False),
        sa.Column("county_code", sa.String(length=12), nullable=True),
        sa.Column("code_is_local", sa.Boolean(), nullable=False),
        sa.Column("aliases", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_district")),
        sa.UniqueConstraint("name", name=op.f("uq_district_name")),
    )
    op.create_table(
        "geometry_archive",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("geom", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_geometry_archive")),
    )
    op.create_table(
        "job",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("task", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("phase", sa.String(length=64), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("cancel_asked", sa.Boolean(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    op.create_index(op.f("ix_job_state"), "job", ["state"], unique=False)
    op.create_table(
        "mapping_profile",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("signature", sa.String(length=64), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("saved_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mapping_profile")),
        sa.UniqueConstraint("name", name=op.f("uq_mapping_profile_name")),
    )
    op.create_index(
        op.f("ix_mapping_profile_signature"), "mapping_profile", ["signature"], unique=False
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
    )
    op.create_table(
        "upload",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("layer", sa.String(length=32), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_size", sa.Integer(), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("stored_path", sa.Text(), nullable=True),
        sa.Column("report_path", sa.Text(), nullable=True),
        sa.Column("uploaded_at", sa.DateTime(), nullable=False),
        sa.Column("uploaded_by", sa.String(length=64), nullable=False),
        sa.Column("uploaded_from", sa.String(length=64), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("inserted", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("ended", sa.Integer(), nullable=False),
        sa.Column("warnings", sa.Integer(), nullable=False),
        sa.Column("issues", sa.JSON(), nullable=False),
        sa.Column("data_version", sa.Integer(), nullable=False),
        sa.Column("undone_by", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
    )
    op.create_table(
        "history",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("entity", sa.String(length=32), nullable=False),
        sa.Column("row_key", sa.Text(), nullable=False),
        sa.Column("patch_id", sa.Integer(), nullable=True),
        sa.Column("op", sa.String(length=8), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["upload.id"], name=op.f("fk_history_batch_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_history")),
    )
    op.create_index(op.f("ix_history_batch_id"), "history", ["batch_id"], unique=False)
    op.create_index(op.f("ix_history_patch_id"), "history", ["patch_id"], unique=False)
    op.create_table(
        "ledger_item",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("patch_no", sa.String(length=64), nullable=False),
        sa.Column("parcel_no", sa.Integer(), nullable=False),
        sa.Column("district_code", sa.String(length=12), nullable=False),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("unlawful_farmland_mu", sa.Double(), nullable=False),
        sa.Column("unlawful_basic_farmland_mu", sa.Double(), nullable=False),
        sa.Column("way", sa.String(length=32), nullable=True),
        sa.Column("deadline_on", sa.Date(), nullable=True),
        sa.Column("eliminated_on", sa.Date(), nullable=True),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        sa.Column("certificate_no", sa.Text(), nullable=True),
        sa.Column("written_off_on", sa.Date(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("source_hash", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["upload.id"], name=op.f("fk_ledger_item_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_item")),
        sa.UniqueConstraint(
            "year", "patch_no", "parcel_no", name=op.f("uq_ledger_item_year_patch_no_parcel_no")
        ),
    )
    op.create_index(
        op.f("ix_ledger_item_district_code"), "ledger_item", ["district_code"], unique=False
    )
    op.create_table(
        "patch",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("patch_no", sa.String(length=64), nullable=False),
        sa.Column("domain", sa.String(length=16), nullable=False),
        sa.Column("patch_type", sa.String(length=32), nullable=False),
        sa.Column("change_kind", sa.String(length=32), nullable=True),
        sa.Column("mineral", sa.String(length=64), nullable=True),
        sa.Column("strategic_mineral", sa.Boolean(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("district_code", sa.String(length=12), nullable=False),
        sa.Column("county_code", sa.String(length=12), nullable=True),
        sa.Column("town_code", sa.String(length=12), nullable=True),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("area_mu", sa.Double(), nullable=False),
        sa.Column("farmland_mu", sa.Double(), nullable=False),
        sa.Column("basic_farmland_mu", sa.Double(), nullable=False),
        sa.Column("redline_mu", sa.Double(), nullable=False),
        sa.Column("image_before", sa.String(length=64), nullable=True),
        sa.Column("image_after", sa.String(length=64), nullable=True),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("withdrawn_why", sa.Text(), nullable=True),
        sa.Column("extended_to", sa.Date(), nullable=True),
        sa.Column("transferred_on", sa.Date(), nullable=True),
        sa.Column("transferred_from", sa.String(length=12), nullable=True),
        sa.Column("forwarded_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("clearance_month", sa.String(length=7), nullable=True),
        sa.Column("reported_on", sa.Date(), nullable=True),
        sa.Column("place_source", sa.String(length=16), nullable=False),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("min_lon", sa.Double(), nullable=True),
        sa.Column("min_lat", sa.Double(), nullable=True),
        sa.Column("max_lon", sa.Double(), nullable=True),
        sa.Column("max_lat", sa.Double(), nullable=True),
        sa.Column("geom_area_mu", sa.Double(), nullable=True),
        sa.Column("geom", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("source_hash", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["upload.id"], name=op.f("fk_patch_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patch")),
        sa.UniqueConstraint("year", "patch_no", name=op.f("uq_patch_year_patch_no")),
    )
    op.create_index("ix_patch_due", "patch", ["year", "due_on", "reported_on"], unique=False)
    op.create_index(
        "ix_patch_list", "patch", ["year", "district_code", "due_on", "reported_on"], unique=False
    )
    op.create_table(
        "quota",
        sa.Column("district_code", sa.String(length=12), nullable=False),
        sa.Column("quota_on", sa.Date(), nullable=False),
        sa.Column("reserve_mu", sa.Double(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("source_hash", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["upload.id"], name=op.f("fk_quota_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quota")),
        sa.UniqueConstraint(
            "district_code", "quota_on", name=op.f("uq_quota_district_code_quota_on")
        ),
    )
    op.create_table(
        "reference_feature",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.Column("layer", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=True),
        sa.Column("name", sa.String(length=128), nullable=True),
        sa.Column("programme", sa.String(length=64), nullable=True),
        sa.Column("recorded_on", sa.Date(), nullable=True),
        sa.Column("has_evidence", sa.Boolean(), nullable=True),
        sa.Column("min_lon", sa.Double(), nullable=False),
        sa.Column("min_lat", sa.Double(), nullable=False),
        sa.Column("max_lon", sa.Double(), nullable=False),
        sa.Column("max_lat", sa.Double(), nullable=False),
        sa.Column("geom", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["upload.id"], name=op.f("fk_reference_feature_batch_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reference_feature")),
    )
    op.create_index(
        op.f("ix_reference_feature_layer"), "reference_feature", ["layer"], unique=False
    )
    op.create_table(
        "submission",
        sa.Column("district_code", sa.String(length=12), nullable=False),
        sa.Column("report", sa.String(length=16), nullable=False),
        sa.Column("period", sa.String(length=16), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("source_hash", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["upload.id"], name=op.f("fk_submission_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
        sa.UniqueConstraint(
            "district_code",
            "report",
            "period",
            name=op.f("uq_submission_district_code_report_period"),
        ),
    )
    op.create_table(
        "town",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("district_code", sa.String(length=12), nullable=False),
        sa.Column("county_code", sa.String(length=12), nullable=True),
        sa.Column("aliases", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["district_code"], ["district.code"], name=op.f("fk_town_district_code")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_town")),
    )
    op.create_index(op.f("ix_town_name"), "town", ["name"], unique=False)
    op.create_table(
        "audit_decision",
        sa.Column("patch_id", sa.Integer(), nullable=False),
        sa.Column("parcel_no", sa.Integer(), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("level_rank", sa.Integer(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("result", sa.String(length=16), nullable=False),
        sa.Column("opinion", sa.Text(), nullable=True),
        sa.Column("determination", sa.String(length=16), nullable=True),
        sa.Column("deemed", sa.Boolean(), nullable=True),
        sa.Column("resubmitted_on", sa.Date(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("source_hash", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["upload.id"], name=op.f("fk_audit_decision_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["patch_id"], ["patch.id"], name=op.f("fk_audit_decision_patch_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_decision")),
        sa.UniqueConstraint(
            "patch_id",
            "parcel_no",
            "level",
            "decided_on",
            "result",
            name=op.f("uq_audit_decision_patch_id_parcel_no_level_decided_on_result"),
        ),
    )
    op.create_table(
        "enforcement_case",
        sa.Column("patch_id", sa.Integer(), nullable=False),
        sa.Column("parcel_no", sa.Integer(), nullable=False),
        sa.Column("stopped_on", sa.Date(), nullable=True),
        sa.Column("filed_on", sa.Date(), nullable=True),
        sa.Column("filed_by", sa.Text(), nullable=True),
        sa.Column("case_no", sa.Text(), nullable=True),
        sa.Column("penalty_decided_on", sa.Date(), nullable=True),
        sa.Column("way", sa.String(length=32), nullable=True),
        sa.Column("eliminated_on", sa.Date(), nullable=True),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        sa.Column("certificate_no", sa.Text(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("source_hash", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["upload.id"], name=op.f("fk_enforcement_case_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["patch_id"], ["patch.id"], name=op.f("fk_enforcement_case_patch_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enforcement_case")),
        sa.UniqueConstraint(
            "patch_id", "parcel_no", name=op.f("uq_enforcement_case_patch_id_parcel_no")
        ),
    )
    op.create_table(
        "field_check",
        sa.Column("patch_id", sa.Integer(), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=False),
        sa.Column("checked_by", sa.String(length=128), nullable=False),
        sa.Column("finding", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("source_hash", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["upload.id"], name=op.f("fk_field_check_batch_id")),
        sa.ForeignKeyConstraint(["patch_id"], ["patch.id"], name=op.f("fk_field_check_patch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_check")),
        sa.UniqueConstraint(
            "patch_id",
            "level",
            "checked_on",
            "checked_by",
            name=op.f("uq_field_check_patch_id_level_checked_on_checked_by"),
        ),
    )
    op.create_table(
        "parcel",
        sa.Column("patch_id", sa.Integer(), nullable=False),
        sa.Column("parcel_no", sa.Integer(), nullable=False),
        sa.Column("legality", sa.String(length=16), nullable=False),
        sa.Column("other_category", sa.String(length=32), nullable=True),
        sa.Column("is_new_construction", sa.Boolean(), nullable=True),
        sa.Column("land_use", sa.Text(), nullable=True),
        sa.Column("land_user", sa.Text(), nullable=True),
        sa.Column("project_name", sa.Text(), nullable=True),
        sa.Column("approval_no", sa.Text(), nullable=True),
        sa.Column("linked_patch_no", sa.String(length=64), nullable=True),
        sa.Column("area_mu", sa.Double(), nullable=False),
        sa.Column("farmland_mu", sa.Double(), nullable=False),
        sa.Column("basic_farmland_mu", sa.Double(), nullable=False),
        sa.Column("redline_mu", sa.Double(), nullable=False),
        sa.Column("q_rural_house", sa.Boolean(), nullable=True),
        sa.Column("q_greenhouse_abuse", sa.Boolean(), nullable=True),
        sa.Column("q_artificial_lake", sa.Boolean(), nullable=True),
        sa.Column("q_fund_project", sa.Boolean(), nullable=True),
        sa.Column("q_affordable_housing", sa.Boolean(), nullable=True),
        sa.Column("q_epidemic_medical", sa.Boolean(), nullable=True),
        sa.Column("counts_as_unlawful", sa.Boolean(), nullable=False),
        sa.Column("reported_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("is_founding", sa.Boolean(), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("source_hash", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["upload.id"], name=op.f("fk_parcel_batch_id")),
        sa.ForeignKeyConstraint(["patch_id"], ["patch.id"], name=op.f("fk_parcel_patch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parcel")),
        sa.UniqueConstraint("patch_id", "parcel_no", name=op.f("uq_parcel_patch_id_parcel_no")),
    )
    op.create_table(
        "problem",
        sa.Column("patch_id", sa.Integer(), nullable=False),
        sa.Column("listed_on", sa.Date(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("deadline_on", sa.Date(), nullable=True),
        sa.Column("written_off_on", sa.Date(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("source_hash", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["upload.id"], name=op.f("fk_problem_batch_id")),
        sa.ForeignKeyConstraint(["patch_id"], ["patch.id"], name=op.f("fk_problem_patch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problem")),
        sa.UniqueConstraint("patch_id", "listed_on", name=op.f("uq_problem_patch_id_listed_on")),
    )
    op.create_table(
        "recheck",
        sa.Column("patch_id", sa.Integer(), nullable=False),
        sa.Column("parcel_no", sa.Integer(), nullable=False),
        sa.Column("rechecked_on", sa.Date(), nullable=False),
        sa.Column("finding", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("source_hash", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["upload.id"], name=op.f("fk_recheck_batch_id")),
        sa.ForeignKeyConstraint(["patch_id"], ["patch.id"], name=op.f("fk_recheck_patch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recheck")),
        sa.UniqueConstraint(
            "patch_id",
            "parcel_no",
            "rechecked_on",
            name=op.f("uq_recheck_patch_id_parcel_no_rechecked_on"),
        ),
    )
    op.create_table(
        "transfer",
        sa.Column("patch_id", sa.Integer(), nullable=False),
        sa.Column("parcel_no", sa.Integer(), nullable=False),
        sa.Column("department", sa.String(length=32), nullable=False),
        sa.Column("transferred_on", sa.Date(), nullable=False),
        sa.Column("document_no", sa.Text(), nullable=True),
        sa.Column("replied_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("source_hash", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["upload.id"], name=op.f("fk_transfer_batch_id")),
        sa.ForeignKeyConstraint(["patch_id"], ["patch.id"], name=op.f("fk_transfer_patch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer")),
        sa.UniqueConstraint(
            "patch_id",
            "parcel_no",
            "department",
            "transferred_on",
            name=op.f("uq_transfer_patch_id_parcel_no_department_transferred_on"),
        ),
    )


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead")
