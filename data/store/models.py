"""The tables. Areas in 亩 unrounded, days as dates, moments in UTC, geometry as WKB in EPSG:4490.

Vocabulary columns hold the English values of data/vocabulary.py. Tables that files fill carry
`batch_id` (the upload that last wrote the row) and `source_hash` (a hash of the file row that did,
so that the same row again costs no comparison).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import LargeBinary, String, Text

from data.store.measures import AREAS, COUNTS, MAPPED_AREAS
from data.store.proofs import Proof

#: `info` of a day that lies ahead by its nature: a deadline, a plan, the end of a term. It is known
#: from the day on which it is set, and no upload is warned of it.
LOOKS_AHEAD: dict[Any, Any] = {"looks_ahead": True}


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {dict[str, Any]: JSON, list[Any]: JSON}


def _partial(name: str, condition: str, *columns: str) -> Index:
    """An index of the few rows that a trigger looks for among many; the same on both databases.

    A query uses it only where it says the condition with the literal itself, not a parameter.
    """
    where = text(condition)
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)


class FromFile:
    """Columns of every table that uploads fill; the history tells of each row."""

    proof: ClassVar[Proof] = Proof.RECORDED
    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("upload.id"))
    source_hash: Mapped[int] = mapped_column(BigInteger)


# ---- places ------------------------------------------------------------------------------------


class District(Base):
    """A unit that is supervised: counties and functional zones (domain.md §2)."""

    __tablename__ = "district"
    proof: ClassVar[Proof] = Proof.RECORDED
    code: Mapped[str] = mapped_column(String(12), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    short_name: Mapped[str] = mapped_column(String(32))
    position: Mapped[int]  # the bureau's order
    is_zone: Mapped[bool] = mapped_column(default=False)
    county_code: Mapped[str | None] = mapped_column(
        String(12)
    )  # where a zone lies, if in one county
    code_is_local: Mapped[bool] = mapped_column(default=False)
    aliases: Mapped[list[Any]] = mapped_column(default=list)


class Town(Base):
    """A town or subdistrict, with the unit that runs it (a zone may run a county's town)."""

    __tablename__ = "town"
    proof: ClassVar[Proof] = Proof.RECORDED
    code: Mapped[str] = mapped_column(String(12), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), index=True)
    district_code: Mapped[str] = mapped_column(ForeignKey("district.code"))
    county_code: Mapped[str | None] = mapped_column(String(12))
    aliases: Mapped[list[Any]] = mapped_column(default=list)


class ReferenceFeature(Base):
    """One polygon of a reference layer (vocabulary.ReferenceLayer)."""

    __tablename__ = "reference_feature"
    proof: ClassVar[Proof] = Proof.RECORDED
    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("upload.id"))  # None: shipped 示意
    layer: Mapped[str] = mapped_column(String(32), index=True)
    code: Mapped[str | None] = mapped_column(String(64))
    name: Mapped[str | None] = mapped_column(String(128))
    programme: Mapped[str | None] = mapped_column(String(64))  # 专项名称
    recorded_on: Mapped[date | None]
    has_evidence: Mapped[bool | None]
    min_lon: Mapped[float]
    min_lat: Mapped[float]
    max_lon: Mapped[float]
    max_lat: Mapped[float]
    geom: Mapped[bytes] = mapped_column(LargeBinary)


# ---- patches and what is known of them -----------------------------------------------------------


class Patch(FromFile, Base):
    """An issued patch, with due_on, clearance_month and reported_on of figures.md."""

    __tablename__ = "patch"
    year: Mapped[int]
    patch_no: Mapped[str] = mapped_column(String(64))
    domain: Mapped[str] = mapped_column(String(16))
    patch_type: Mapped[str] = mapped_column(String(32))
    change_kind: Mapped[str | None] = mapped_column(String(32))  # 变化特征 of the ministry's TBLX
    mineral: Mapped[str | None] = mapped_column(String(64))
    strategic_mineral: Mapped[bool | None]
    issued_on: Mapped[date]
    district_code: Mapped[str] = mapped_column(String(12))  # after a transfer: the new one
    county_code: Mapped[str | None] = mapped_column(String(12))
    town_code: Mapped[str | None] = mapped_column(String(12))
    location: Mapped[str | None] = mapped_column(Text)
    area_mu: Mapped[float]
    farmland_mu: Mapped[float]
    basic_farmland_mu: Mapped[float]
    redline_mu: Mapped[float]
    image_before: Mapped[str | None] = mapped_column(String(64))
    image_after: Mapped[str | None] = mapped_column(String(64))
    withdrawn_on: Mapped[date | None]
    withdrawn_why: Mapped[str | None] = mapped_column(Text)
    extended_to: Mapped[date | None] = mapped_column(info=LOOKS_AHEAD)
    transferred_on: Mapped[date | None]
    transferred_from: Mapped[str | None] = mapped_column(String(12))
    forwarded_on: Mapped[date | None]
    # None: of a store older than the column, where nobody said it
    source: Mapped[str | None] = mapped_column(String(16))
    # derived when written
    # land only: extended_to, else D1
    due_on: Mapped[date | None] = mapped_column(info=LOOKS_AHEAD)
    clearance_month: Mapped[str | None] = mapped_column(String(7))  # land only: by D1
    reported_on: Mapped[date | None]  # see data/store/reporting.py
    place_source: Mapped[str] = mapped_column(String(16))  # see upload.places
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    min_lon: Mapped[float | None]
    min_lat: Mapped[float | None]
    max_lon: Mapped[float | None]
    max_lat: Mapped[float | None]
    geom_area_mu: Mapped[float | None]
    geom: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)

    __table_args__ = (
        UniqueConstraint("year", "patch_no"),
        Index("ix_patch_list", "year", "district_code", "due_on", "reported_on"),
        Index("ix_patch_due", "year", "due_on", "reported_on"),
        _partial("ix_patch_mineral", "domain = 'mineral'", "year", "strategic_mineral"),
    )


class Parcel(FromFile, Base):
    """A parcel of a patch, as the county judged it. `ended`: no longer in the patch's split."""

    __tablename__ = "parcel"
    patch_id: Mapped[int] = mapped_column(ForeignKey("patch.id"))
    parcel_no: Mapped[int]
    legality: Mapped[str] = mapped_column(String(16))
    other_category: Mapped[str | None] = mapped_column(String(32))
    is_new_construction: Mapped[bool | None]
    land_use: Mapped[str | None] = mapped_column(Text)
    land_user: Mapped[str | None] = mapped_column(Text)
    project_name: Mapped[str | None] = mapped_column(Text)
    approval_no: Mapped[str | None] = mapped_column(Text)
    linked_patch_no: Mapped[str | None] = mapped_column(String(64))
    area_mu: Mapped[float]
    farmland_mu: Mapped[float]
    basic_farmland_mu: Mapped[float]
    redline_mu: Mapped[float]
    q_rural_house: Mapped[bool | None]
    q_greenhouse_abuse: Mapped[bool | None]
    q_artificial_lake: Mapped[bool | None]
    q_fund_project: Mapped[bool | None]
    q_affordable_housing: Mapped[bool | None]
    q_epidemic_medical: Mapped[bool | None]
    counts_as_unlawful: Mapped[bool] = mapped_column(default=True)  # 是否纳入违法计算
    deduction_class: Mapped[str | None] = mapped_column(String(64))  # of rules/law/workflow.toml
    judged_by: Mapped[str | None] = mapped_column(Text)  # 判定依据: rule and version
    circumstances: Mapped[str | None] = mapped_column(Text)
    conforms_to_plan: Mapped[bool | None]
    approved_until: Mapped[date | None] = mapped_column(info=LOOKS_AHEAD)  # of 临时用地
    mineral_violation: Mapped[str | None] = mapped_column(String(16))
    reported_on: Mapped[date | None]
    note: Mapped[str | None] = mapped_column(Text)
    # derived when written
    is_founding: Mapped[bool] = mapped_column(default=False)  # there when all first had a date
    ended: Mapped[bool] = mapped_column(default=False)
    __table_args__ = (
        UniqueConstraint("patch_id", "parcel_no"),
        _partial(
            "ix_parcel_unlawful",
            "legality = 'unlawful'",
            "patch_id",
            "ended",
            "farmland_mu",
            "basic_farmland_mu",
        ),
    )


class AuditDecision(FromFile, Base):
    """One decision of the city or the province; parcel_no 0 is the whole patch."""

    __tablename__ = "audit_decision"
    patch_id: Mapped[int] = mapped_column(ForeignKey("patch.id"))
    parcel_no: Mapped[int] = mapped_column(default=0)
    level: Mapped[str] = mapped_column(String(16))
    level_rank: Mapped[int]  # vocabulary.AUDIT_LEVEL_RANK
    decided_on: Mapped[date]
    result: Mapped[str] = mapped_column(String(16))
    opinion: Mapped[str | None] = mapped_column(Text)
    determination: Mapped[str | None] = mapped_column(String(16))
    deemed: Mapped[bool | None]
    reason_codes: Mapped[str | None] = mapped_column(Text)  # several joined by 、
    resubmitted_on: Mapped[date | None]
    __table_args__ = (
        UniqueConstraint("patch_id", "parcel_no", "level", "decided_on", "result"),
        _partial(
            "ix_audit_decision_returned",
            "result = 'returned'",
            "patch_id",
            "level_rank",
            "decided_on",
            "resubmitted_on",
        ),
        _partial("ix_audit_decision_unlawful", "determination = 'unlawful'", "patch_id"),
    )


class EnforcementCase(FromFile, Base):
    """查处整改 of one parcel."""

    __tablename__ = "enforcement_case"
    patch_id: Mapped[int] = mapped_column(ForeignKey("patch.id"))
    parcel_no: Mapped[int] = mapped_column(default=1)
    stopped_on: Mapped[date | None]
    filed_on: Mapped[date | None]
    filed_by: Mapped[str | None] = mapped_column(Text)
    case_no: Mapped[str | None] = mapped_column(Text)
    penalty_decided_on: Mapped[date | None]
    way: Mapped[str | None] = mapped_column(String(32))
    eliminated_on: Mapped[date | None]
    accepted_on: Mapped[date | None]
    certificate_no: Mapped[str | None] = mapped_column(Text)
    planned_on: Mapped[date | None] = mapped_column(info=LOOKS_AHEAD)
    responsible_unit: Mapped[str | None] = mapped_column(Text)
    # by which ways how much was rectified: they add up, but for the farmland within the approved
    restored_mu: Mapped[float | None]
    recultivated_mu: Mapped[float | None]
    late_approval_no: Mapped[str | None] = mapped_column(Text)
    late_approved_mu: Mapped[float | None]
    late_approved_farmland_mu: Mapped[float | None]
    __table_args__ = (
        UniqueConstraint("patch_id", "parcel_no"),
        Index("ix_enforcement_case_eliminated_on", "eliminated_on", "patch_id"),
    )


class Transfer(FromFile, Base):
    """移送移交 to another department or organ."""

    __tablename__ = "transfer"
    patch_id: Mapped[int] = mapped_column(ForeignKey("patch.id"))
    parcel_no: Mapped[int] = mapped_column(default=1)
    department: Mapped[str] = mapped_column(String(32))
    transferred_on: Mapped[date]
    document_no: Mapped[str | None] = mapped_column(Text)
    replied_on: Mapped[date | None]
    note: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (UniqueConstraint("patch_id", "parcel_no", "department", "transferred_on"),)


class Problem(FromFile, Base):
    """An item of the province's problem list."""

    __tablename__ = "problem"
    patch_id: Mapped[int] = mapped_column(ForeignKey("patch.id"))
    listed_on: Mapped[date]
    description: Mapped[str | None] = mapped_column(Text)
    deadline_on: Mapped[date | None] = mapped_column(info=LOOKS_AHEAD)
    written_off_on: Mapped[date | None]
    __table_args__ = (UniqueConstraint("patch_id", "listed_on"),)


class LedgerItem(FromFile, Base):
    """An item of the rectification ledger since 2018; its patch need not be in the store."""

    __tablename__ = "ledger_item"
    year: Mapped[int]
    patch_no: Mapped[str] = mapped_column(String(64))
    parcel_no: Mapped[int] = mapped_column(default=1)
    district_code: Mapped[str] = mapped_column(String(12), index=True)
    location: Mapped[str | None] = mapped_column(Text)
    unlawful_farmland_mu: Mapped[float]
    unlawful_basic_farmland_mu: Mapped[float]
    way: Mapped[str | None] = mapped_column(String(32))
    deadline_on: Mapped[date | None] = mapped_column(info=LOOKS_AHEAD)
    eliminated_on: Mapped[date | None]
    accepted_on: Mapped[date | None]
    certificate_no: Mapped[str | None] = mapped_column(Text)
    written_off_on: Mapped[date | None]
    __table_args__ = (UniqueConstraint("year", "patch_no", "parcel_no"),)


class FieldCheck(FromFile, Base):
    """外业核查."""

    __tablename__ = "field_check"
    patch_id: Mapped[int] = mapped_column(ForeignKey("patch.id"))
    level: Mapped[str] = mapped_column(String(16))
    checked_on: Mapped[date]
    checked_by: Mapped[str] = mapped_column(String(128))
    finding: Mapped[str] = mapped_column(String(16))
    note: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (UniqueConstraint("patch_id", "level", "checked_on", "checked_by"),)


class Recheck(FromFile, Base):
    """周期复核 of an outcome (§4.6)."""

    __tablename__ = "recheck"
    patch_id: Mapped[int] = mapped_column(ForeignKey("patch.id"))
    parcel_no: Mapped[int] = mapped_column(default=1)
    rechecked_on: Mapped[date]
    finding: Mapped[str] = mapped_column(String(16))
    note: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        UniqueConstraint("patch_id", "parcel_no", "rechecked_on"),
        _partial("ix_recheck_changed", "finding != 'unchanged'", "patch_id"),
    )


class Quota(FromFile, Base):
    """Supplementary-farmland quota in a district's reserve on a day."""

    __tablename__ = "quota"
    district_code: Mapped[str] = mapped_column(String(12))
    quota_on: Mapped[date]
    reserve_mu: Mapped[float]
    __table_args__ = (UniqueConstraint("district_code", "quota_on"),)


class Submission(FromFile, Base):
    """A half-year or annual report that the bureau received from a district (§3.4)."""

    __tablename__ = "submission"
    district_code: Mapped[str] = mapped_column(String(12))
    report: Mapped[str] = mapped_column(String(16))
    period: Mapped[str] = mapped_column(String(16))
    received_on: Mapped[date]
    note: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (UniqueConstraint("district_code", "report", "period"),)


# ---- what staff record ---------------------------------------------------------------------------


class StaffRecord(FromFile, Base):
    """What the bureau's staff establish and no file carries (vocabulary.RecordKind).

    It stands from recorded_on on and no longer from withdrawn_on on. Its subject is a patch
    (patch_id) or a district (district_code). due_on: the deadline of a 限期整改; document_no and
    area_mu: of a registered freeze.
    """

    __tablename__ = "staff_record"
    kind: Mapped[str] = mapped_column(String(32))
    year: Mapped[int]
    patch_id: Mapped[int | None] = mapped_column(ForeignKey("patch.id"))
    district_code: Mapped[str | None] = mapped_column(String(12))
    recorded_on: Mapped[date]
    reason: Mapped[str] = mapped_column(Text)
    document_no: Mapped[str | None] = mapped_column(Text)
    due_on: Mapped[date | None] = mapped_column(info=LOOKS_AHEAD)
    area_mu: Mapped[float | None]
    patch_nos: Mapped[str | None] = mapped_column(Text)  # that a 限期整改 names, joined by 、
    about: Mapped[str | None] = mapped_column(String(160))  # the doubt judged (rules/doubts.py)
    recorded_by: Mapped[str] = mapped_column(String(64))
    withdrawn_on: Mapped[date | None]
    withdrawn_why: Mapped[str | None] = mapped_column(Text)
    withdrawn_by: Mapped[str | None] = mapped_column(String(64))
    __table_args__ = (Index("ix_staff_record_year", "year", "kind"),)


class SampleDraw(FromFile, Base):
    """A sample of field checks (F2) as it was drawn: who comes later is drawn as a supplement of
    its own. population, drawn: patch numbers, sorted, joined by 、; population_sha256: of the
    numbers, one a line. Never changed."""

    __tablename__ = "sample_draw"
    year: Mapped[int]
    clearance_month: Mapped[str] = mapped_column(String(7))
    supplement: Mapped[int]  # 0: the first draw of its month
    drawn_on: Mapped[date]
    seed: Mapped[str] = mapped_column(Text)
    share: Mapped[float]
    population: Mapped[str] = mapped_column(Text)
    population_sha256: Mapped[str] = mapped_column(String(64))
    drawn: Mapped[str] = mapped_column(Text)
    drawn_by: Mapped[str] = mapped_column(String(64))
    __table_args__ = (UniqueConstraint("year", "clearance_month", "supplement"),)


class CheckStep(FromFile, Base):
    """A step of a field check beside its results (workflow.md §2): assigned, confirmed, sent back,
    exempted (vocabulary.CheckStepKind). Never changed. seq: its place among those of the patch and
    level. check_batch: the upload of the last check that whoever took the step knew, 0 for none;
    finding, checked_on: what it says. source, source_no, source_on: where evidence lies elsewhere.
    """

    __tablename__ = "check_step"
    patch_id: Mapped[int] = mapped_column(ForeignKey("patch.id"))
    level: Mapped[str] = mapped_column(String(16))
    seq: Mapped[int]
    step: Mapped[str] = mapped_column(String(16))
    happened_on: Mapped[date]
    account: Mapped[str] = mapped_column(String(64))
    check_batch: Mapped[int]
    checked_on: Mapped[date | None]
    finding: Mapped[str | None] = mapped_column(String(16))
    team: Mapped[str | None] = mapped_column(Text)  # joined by 、
    due_on: Mapped[date | None] = mapped_column(info=LOOKS_AHEAD)
    reason: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str | None] = mapped_column(String(64))
    source_no: Mapped[str | None] = mapped_column(String(64))
    source_on: Mapped[date | None]
    __table_args__ = (UniqueConstraint("patch_id", "level", "seq"),)


class Photograph(FromFile, Base):
    """A photograph of a field check (workflow.md §2). Never changed. file_path: of the original,
    below Settings.uploads_dir. look: what the picture looks like in 64 bits, hexadecimal. taken_at:
    `2023-06-01 10:20:30`, by the camera's clock. lon, lat: degrees, as the camera has them;
    azimuth_deg: clockwise from north. placed_by: vocabulary.PlacedBy, None where nothing tells.
    """

    __tablename__ = "photograph"
    patch_id: Mapped[int] = mapped_column(ForeignKey("patch.id"))
    level: Mapped[str] = mapped_column(String(16))
    added_on: Mapped[date]
    account: Mapped[str] = mapped_column(String(64))
    file_name: Mapped[str] = mapped_column(Text)
    file_path: Mapped[str] = mapped_column(Text)
    file_sha256: Mapped[str] = mapped_column(String(64))
    look: Mapped[str] = mapped_column(String(16))
    taken_at: Mapped[str | None] = mapped_column(String(19))
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    azimuth_deg: Mapped[float | None]
    placed_by: Mapped[str | None] = mapped_column(String(16))
    __table_args__ = (UniqueConstraint("patch_id", "level", "file_sha256"),)


class Contact(FromFile, Base):
    """Whom to call in a district: unit, post, telephone; no names of persons."""

    __tablename__ = "contact"
    district_code: Mapped[str] = mapped_column(String(12))
    unit: Mapped[str] = mapped_column(Text)
    post: Mapped[str] = mapped_column(Text)
    telephone: Mapped[str] = mapped_column(String(64))
    __table_args__ = (UniqueConstraint("district_code"),)


class Claim(FromFile, Base):
    """What a district's file says in its own favour and the city has to confirm (待确认). Brought
    by that file; taken away by what later says otherwise. Whether it is decided: Confirmation.

    entity, row_key: the row of that table; field: its column. old, new: JSON, what stood there and
    what the file says. claimed_on: the day of the upload.
    """

    __tablename__ = "claim"
    kind: Mapped[str] = mapped_column(String(16))  # vocabulary.ClaimKind
    year: Mapped[int]
    patch_id: Mapped[int] = mapped_column(ForeignKey("patch.id"), index=True)
    parcel_no: Mapped[int]
    district_code: Mapped[str] = mapped_column(String(12))  # whose account it was
    entity: Mapped[str] = mapped_column(String(32))
    row_key: Mapped[str] = mapped_column(Text)
    field: Mapped[str] = mapped_column(String(32))
    old: Mapped[str] = mapped_column(Text)
    new: Mapped[str] = mapped_column(Text)
    claimed_on: Mapped[date]


class Confirmation(FromFile, Base):
    """What the city said of a claim: 确认 or 不予认可, once."""

    __tablename__ = "confirmation"
    claim_id: Mapped[int]  # no reference: an upload that is taken back takes its claims with it
    patch_id: Mapped[int] = mapped_column(ForeignKey("patch.id"))
    is_accepted: Mapped[bool]
    decided_on: Mapped[date]
    decided_by: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (UniqueConstraint("claim_id"),)


class RuleChange(FromFile, Base):
    """A parameter of a rule that an administrator set from a day on (本市设定). Never edited."""

    __tablename__ = "rule_change"
    rule: Mapped[str] = mapped_column(String(16))
    parameter: Mapped[str] = mapped_column(String(64))
    value: Mapped[str] = mapped_column(Text)  # JSON
    valid_from: Mapped[date]
    reason: Mapped[str] = mapped_column(Text)
    changed_by: Mapped[str] = mapped_column(String(64))
    changed_at: Mapped[str] = mapped_column(String(32))  # ISO, UTC


# ---- measures ------------------------------------------------------------------------------------


class Measure(FromFile, Base):
    """A measure of the bureau and the paper that it is (data/measures/kinds.py). Never changed:
    what happens to it are its events, and its state on a day follows from them (measures/states).

    subject: a district's code, a patch number, or the code of the city. rule: the trigger it rests
    on. follows: the measure that it follows, ends or replaces.
    """

    __tablename__ = "measure"
    kind: Mapped[str] = mapped_column(String(32))
    year: Mapped[int]
    as_of: Mapped[date]
    subject: Mapped[str] = mapped_column(String(64))
    subject_kind: Mapped[str] = mapped_column(String(16))
    district_code: Mapped[str | None] = mapped_column(String(12))  # None: the whole city
    period: Mapped[str | None] = mapped_column(String(7))  # a clearance month
    patch_nos: Mapped[str | None] = mapped_column(Text)  # named by the drafter, joined by 、
    rule: Mapped[str | None] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text)
    follows: Mapped[int | None] = mapped_column(ForeignKey("measure.id"))
    __table_args__ = (Index("ix_measure_year", "year", "district_code"),)


class MeasureEvent(FromFile, Base):
    """A step of a measure, in their order. content: the paper's texts as JSON from this step on;
    digest: SHA-256 over figures, texts and number (data/measures/frozen.py). file_*: what came with
    the step, below Settings.uploads_dir."""

    __tablename__ = "measure_event"
    measure_id: Mapped[int] = mapped_column(ForeignKey("measure.id"))
    seq: Mapped[int]
    step: Mapped[str] = mapped_column(String(16))
    account: Mapped[str] = mapped_column(String(64))
    happened_on: Mapped[date]
    at: Mapped[str] = mapped_column(String(32))  # ISO, UTC
    due_on: Mapped[date | None] = mapped_column(info=LOOKS_AHEAD)
    number: Mapped[str | None] = mapped_column(String(64))
    reason: Mapped[str | None] = mapped_column(Text)
    content: Mapped[str | None] = mapped_column(Text)
    digest: Mapped[str | None] = mapped_column(String(64))
    file_name: Mapped[str | None] = mapped_column(Text)
    file_sha256: Mapped[str | None] = mapped_column(String(64))
    file_path: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        UniqueConstraint("measure_id", "seq"),
        Index("ix_measure_event_number", "number", unique=True),
    )


class MeasureFigure(FromFile, Base):
    """A figure as a paper quotes it, frozen by the step `seq` of its measure; later steps that
    freeze anew leave it. patches: JSON, the numbers behind it."""

    __tablename__ = "measure_figure"
    measure_id: Mapped[int] = mapped_column(ForeignKey("measure.id"))
    seq: Mapped[int]
    figure: Mapped[str] = mapped_column(String(96))
    name: Mapped[str] = mapped_column(String(64))
    variant: Mapped[str | None] = mapped_column(String(16))
    value: Mapped[float | None]
    text: Mapped[str] = mapped_column(Text)
    as_of: Mapped[date]
    district_code: Mapped[str | None] = mapped_column(String(12))
    patches: Mapped[str] = mapped_column(Text)
    rule_version: Mapped[str] = mapped_column(String(128))
    data_version: Mapped[int]
    __table_args__ = (UniqueConstraint("measure_id", "seq", "figure"),)


# ---- uploads, history, summaries ---------------------------------------------------------------


class Upload(Base):
    """A batch: one file and what it changed. state: done, undone, undo; entry for what somebody
    entered by hand (records, parameters), which the lists of uploads leave out."""

    __tablename__ = "upload"
    proof: ClassVar[Proof] = Proof.TOLD
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    layer: Mapped[str | None] = mapped_column(String(32))  # reference layer
    year: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(16), default="done")
    file_name: Mapped[str] = mapped_column(Text)
    file_size: Mapped[int]
    file_sha256: Mapped[str] = mapped_column(String(64))
    stored_path: Mapped[str | None] = mapped_column(Text)  # below Settings.uploads_dir
    report_path: Mapped[str | None] = mapped_column(Text)  # returned workbook, below outputs_dir
    report_sha256: Mapped[str | None] = mapped_column(String(64))
    uploaded_at: Mapped[datetime]
    uploaded_by: Mapped[str] = mapped_column(String(64))
    uploaded_from: Mapped[str] = mapped_column(String(64))  # cli, web address, watch
    options: Mapped[dict[str, Any]]
    rows: Mapped[int]
    inserted: Mapped[int]
    updated: Mapped[int]
    unchanged: Mapped[int]
    rejected: Mapped[int]
    ended: Mapped[int]
    warnings: Mapped[int]
    issues: Mapped[list[Any]]  # the first 1,000: {row, column, message, sheet, level}
    data_version: Mapped[int]
    undone_by: Mapped[int | None]


class History(Base):
    """What was known when. A SHA-256 chain, written in the transaction that changes the rows."""

    __tablename__ = "history"
    proof: ClassVar[Proof] = Proof.CHAINED
    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    )
    batch_id: Mapped[int] = mapped_column(ForeignKey("upload.id"), index=True)
    at: Mapped[str] = mapped_column(String(32))  # ISO, UTC
    entity: Mapped[str] = mapped_column(String(32))  # table name
    row_key: Mapped[str] = mapped_column(Text)  # natural key, parts joined by "/"
    patch_id: Mapped[int | None] = mapped_column(index=True)
    op: Mapped[str] = mapped_column(String(8))  # insert, update, delete
    before: Mapped[str | None] = mapped_column(Text)  # JSON: changed columns (update), row (delete)
    after: Mapped[str | None] = mapped_column(Text)  # JSON: row (insert), changed columns (update)
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class Account(Base):
    """Who may sign in. Never deleted: its name stands in the history. rights: words of
    data/rights.py, sorted. Moments in UTC. Events tell of every row (data/store/facts.py)."""

    __tablename__ = "account"
    proof: ClassVar[Proof] = Proof.TOLD
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(32), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    district_code: Mapped[str | None] = mapped_column(ForeignKey("district.code"))
    rights: Mapped[list[Any]]
    password_hash: Mapped[str | None] = mapped_column(Text)  # argon2id; None: signs in elsewhere
    password_changed_at: Mapped[datetime | None]
    totp_secret: Mapped[str | None] = mapped_column(String(64))  # base32
    subject: Mapped[str | None] = mapped_column(String(255), unique=True)  # of OpenID Connect
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class Session(Base):
    """A browser that signed in. digest: SHA-256 of the id in its cookie, which is kept nowhere."""

    __tablename__ = "session"
    proof: ClassVar[Proof] = Proof.TOLD
    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    created_at: Mapped[datetime]
    source: Mapped[str] = mapped_column(String(64))  # the browser's address
    ended_at: Mapped[datetime | None]


class Token(Base):
    """A machine that reads as an account. digest: SHA-256 of the token, which is kept nowhere."""

    __tablename__ = "token"
    proof: ClassVar[Proof] = Proof.TOLD
    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    made_by: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    ends_on: Mapped[date] = mapped_column(info=LOOKS_AHEAD)  # the last day on which it is good
    revoked_at: Mapped[datetime | None]


class Hook(Base):
    """Where another program is told of what happens, as an account sees it. kinds: of HookEvent,
    joined by commas. days: how long before a day it is told of it. secret: signs what is sent, and
    is therefore kept."""

    __tablename__ = "hook"
    proof: ClassVar[Proof] = Proof.TOLD
    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(String(500))
    secret: Mapped[str] = mapped_column(String(128))
    kinds: Mapped[str] = mapped_column(String(200))
    days: Mapped[int]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    made_by: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Delivery(Base):
    """What a hook was told, or is to be. key: what it is about; nothing is told twice. scope: the
    district whose account it was made for, empty for all. next_at: when it is tried (again), None
    where it is at its end. said: by the receiver, or why it did not work."""

    __tablename__ = "delivery"
    __table_args__ = (UniqueConstraint("hook_id", "key"),)
    proof: ClassVar[Proof] = Proof.NONE
    id: Mapped[int] = mapped_column(primary_key=True)
    hook_id: Mapped[int] = mapped_column(ForeignKey("hook.id"))
    kind: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(200))
    scope: Mapped[str] = mapped_column(String(16))
    body: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]
    tries: Mapped[int]
    next_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    said: Mapped[str] = mapped_column(String(200))


class SignIn(Base):
    """What signing in counts, by key: attempts that failed (of a name, of an address), the last
    one-time code of an account, when a session was last seen. No knowledge about the world."""

    __tablename__ = "sign_in"
    proof: ClassVar[Proof] = Proof.NONE
    key: Mapped[str] = mapped_column(String(96), primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)
    since: Mapped[datetime]
    until: Mapped[datetime | None]  # locked before then


class Event(Base):
    """What happened that changed no record: a file that was refused. Never changed; a SHA-256 chain
    of its own (data/store/events.py). told: JSON, its keys by kind."""

    __tablename__ = "event"
    proof: ClassVar[Proof] = Proof.CHAINED
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(String(32))  # ISO, UTC
    kind: Mapped[str] = mapped_column(String(16), index=True)
    who: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(String(64))  # cli, web address, watch
    told: Mapped[str] = mapped_column(Text)
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class Deduction(Base):
    """What the ratio deducts beside its definition, from when to when: the parameters of the rule
    `ratio` as the sums were made with them. Derived: data/workflow/deductions.py keeps it.

    kind: data/store/deductions.py. word: a 扣减类型, "" where the kind needs none. from_on None:
    from the beginning; to_on: the first day on which it no longer holds, None for none.
    """

    __tablename__ = "deduction"
    proof: ClassVar[Proof] = Proof.DERIVED
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(16))
    word: Mapped[str] = mapped_column(String(64))
    from_on: Mapped[date | None]
    to_on: Mapped[date | None]


class DaySummary(Base):
    """By how much each figure changes on a day: the figure on D is the sum over on_date ≤ D.

    Kept in step in every commit (data/store/summary.py); its size does not grow with the patches.
    Areas in integer parts of units.PARTS_PER_MU. clearance_month is "" for mineral patches.
    """

    __tablename__ = "day_summary"
    proof: ClassVar[Proof] = Proof.DERIVED
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    district_code: Mapped[str] = mapped_column(String(12), primary_key=True)
    clearance_month: Mapped[str] = mapped_column(String(7), primary_key=True)
    on_date: Mapped[date] = mapped_column(primary_key=True)


for _measure in COUNTS + AREAS:
    setattr(DaySummary, _measure, mapped_column(_measure, BigInteger, nullable=False))


class UnlawfulInterval(Base):
    """What of a land patch is unlawful from from_on on until before to_on (NULL: for ever): what
    its parcels add to the summary, for maps. Kept in step by data/store/summary.py.

    unlawful_parcels: counted or not. Areas in integer parts of units.PARTS_PER_MU.
    """

    __tablename__ = "unlawful_interval"
    proof: ClassVar[Proof] = Proof.DERIVED
    patch_id: Mapped[int] = mapped_column(
        ForeignKey("patch.id"), primary_key=True, autoincrement=False
    )
    from_on: Mapped[date] = mapped_column(primary_key=True)
    to_on: Mapped[date | None]
    year: Mapped[int]
    unlawful_parcels: Mapped[int]


for _measure in MAPPED_AREAS:
    setattr(UnlawfulInterval, _measure, mapped_column(_measure, BigInteger, nullable=False))


class GeometryArchive(Base):
    """Geometry that an update or deletion replaced, by SHA-256; history names the digest."""

    __tablename__ = "geometry_archive"
    proof: ClassVar[Proof] = Proof.ADDRESSED
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    geom: Mapped[bytes] = mapped_column(LargeBinary)


class Meta(Base):
    """Single values: data_version, is_demo, reference_version, history_head, …"""

    __tablename__ = "meta"
    proof: ClassVar[Proof] = Proof.KEYED
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class MappingProfile(Base):
    """A named assignment of a file's columns, offered for the next file with the same columns."""

    __tablename__ = "mapping_profile"
    proof: ClassVar[Proof] = Proof.TOLD
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    signature: Mapped[str] = mapped_column(String(64), index=True)  # hash of the column names
    mapping: Mapped[dict[str, Any]]  # header → {"field": …, "unit": …}
    saved_at: Mapped[datetime]


class Job(Base):
    """Long work outside the request. state: queued, running, waiting, done, failed, cancelled.

    attempt: grows whenever the job is taken or given up; a worker with an older number may neither
    commit nor tell anything. lost: workers that were lost over it since it was queued. lease_until:
    when a worker that was not heard of has lost it. All moments by the database's clock.
    """

    __tablename__ = "job"
    proof: ClassVar[Proof] = Proof.NONE
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    task: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16), index=True)
    phase: Mapped[str] = mapped_column(String(64), default="")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    payload: Mapped[dict[str, Any]]
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    message: Mapped[str | None] = mapped_column(Text)
    cancel_asked: Mapped[bool] = mapped_column(default=False)
    attempt: Mapped[int] = mapped_column(default=0, server_default="0")
    lost: Mapped[int] = mapped_column(default=0, server_default="0")
    worker: Mapped[str | None] = mapped_column(String(128))  # host:process
    lease_until: Mapped[datetime | None]
    queued_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(64))


class JobBatch(Base):
    """The batch that a job made, written in its transaction: whether a job whose worker was lost
    has done its work is asked here."""

    __tablename__ = "job_batch"
    proof: ClassVar[Proof] = Proof.NONE
    job_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("upload.id"))
