"""The canonical columns of every upload kind (upload-formats.md): one table a kind.

Readers, mapping, checks, templates, returned workbooks and exports all read these tables, so a
column is described once.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from data.rules.lists import closed_lists
from data.store import models as m
from data.vocabulary import (
    SIX_QUESTIONS,
    AuditLevel,
    AuditResult,
    CheckFinding,
    CheckLevel,
    Domain,
    Legality,
    MineralViolation,
    OtherCategory,
    PatchSource,
    PatchType,
    RecheckFinding,
    RectificationWay,
    ReportKind,
    Term,
    TransferTo,
    UploadKind,
)

#: A closed vocabulary (the field named `type` would shadow the builtin below).
Vocabulary = type[Term]


class CellType(StrEnum):
    TEXT = "text"
    DATE = "date"
    DATE_OR_TEXT = "date_or_text"
    AREA = "area"  # carries a unit; kept in 亩
    NUMBER = "number"  # plain decimal, such as a coordinate
    INTEGER = "integer"
    BOOLEAN = "boolean"
    TERM = "term"  # one of `vocabulary`
    LISTED = "listed"  # one of the words of a list kept beside the rules, or several joined by 、
    DISTRICT = "district"  # code or name of a unit
    TOWN = "town"  # code or name of a town


@dataclass(frozen=True, slots=True)
class Column:
    """field: column of the table (or a name the checks know); header: canonical title in files.

    default: value on insert where the cell is empty. key: part of the natural key.
    stored: False for columns that only help to place or name a row (中心经度, 年度 of patches).
    listed: the list of data/rules/lists.py that holds the words; several: a cell may have more.
    hint: what the template's page of instructions says of it. own: what the product writes into
    its own files and reads again; templates do not offer it.
    """

    field: str
    header: str
    type: CellType
    aliases: tuple[str, ...] = ()
    required: bool = False
    key: bool = False
    default: object = None
    vocabulary: Vocabulary | None = None
    without: frozenset[str] = frozenset()  # terms of the vocabulary that files cannot carry
    stored: bool = True
    listed: str | None = None
    several: bool = False
    hint: str = ""
    own: bool = False

    @property
    def terms(self) -> dict[str, str]:
        """label → value of the terms a file may carry here."""
        if self.listed is not None:
            return {word: word for word in closed_lists()[self.listed].ever}
        if self.vocabulary is None:
            return {}
        return {t.label: t.value for t in self.vocabulary if t.value not in self.without}


@dataclass(frozen=True, slots=True)
class KindSchema:
    """child_of_patch: rows name a patch by 图斑编号 of the year. has_geometry: may carry it."""

    kind: UploadKind
    table: type[m.FromFile]
    columns: tuple[Column, ...]
    child_of_patch: bool = True
    has_geometry: bool = False

    @property
    def offered(self) -> tuple[Column, ...]:
        """The columns that people fill in."""
        return tuple(c for c in self.columns if not c.own)

    @property
    def keys(self) -> tuple[Column, ...]:
        return tuple(c for c in self.columns if c.key)

    def looks_ahead(self, column: Column) -> bool:
        """Whether the day lies ahead by its nature, as the table says (store/models.py)."""
        table = self.table.__table__  # type: ignore[attr-defined]
        return column.field in table.c and bool(table.c[column.field].info.get("looks_ahead"))

    def column(self, field: str) -> Column:
        """The column of this field. Raises KeyError."""
        for column in self.columns:
            if column.field == field:
                return column
        raise KeyError(field)


T = CellType
_PATCH_NO_ALIASES = ("TBBH", "JCBH", "监测编号", "JCTBBH", "监测图斑编号", "图斑号")
PATCH_NO = Column("patch_no", "图斑编号", T.TEXT, _PATCH_NO_ALIASES, required=True, key=True)
#: Of a field package that comes back (data/upload/field_package.py).
PACKAGE_NO = Column("package_no", "外业包号", T.TEXT, stored=False, own=True)
TAKEN_AS = Column("taken_as", "领取时状态", T.TEXT, stored=False, own=True)
YEAR = Column("year", "年度", T.INTEGER, ("ND", "工作年度"), stored=False)


def _parcel_no(default: int) -> Column:
    hint = "空白为整个图斑" if default == 0 else "空白为 1"
    return Column(
        "parcel_no", "地块序号", T.INTEGER, ("DKXH",), key=True, default=default, hint=hint
    )


_AREAS = (
    Column("farmland_mu", "占用耕地面积", T.AREA, ("GDMJ", "ZYGDMJ"), default=0.0),
    Column(
        "basic_farmland_mu",
        "占用永久基本农田面积",
        T.AREA,
        ("YJJBNTMJ", "JBNTMJ"),
        default=0.0,
        hint="不大于占用耕地面积",
    ),
    Column("redline_mu", "占用生态保护红线面积", T.AREA, ("STBHHXMJ", "HXMJ"), default=0.0),
)

#: Areas of a patch or parcel that can be all of it.
PARTS = tuple(c.field for c in _AREAS)

PATCHES = KindSchema(
    UploadKind.PATCHES,
    m.Patch,
    (
        YEAR,
        PATCH_NO,
        Column("domain", "领域", T.TERM, ("LY",), default=Domain.LAND.value, vocabulary=Domain),
        Column(
            "patch_type",
            "图斑类型",
            T.TERM,
            ("TBLX",),
            vocabulary=PatchType,
            hint="土地图斑必填",
        ),
        Column("change_kind", "变化特征", T.TEXT),
        Column("mineral", "矿种", T.TEXT, ("KZ",)),
        Column("strategic_mineral", "战略性矿种", T.BOOLEAN, ("ZLXKZ",)),
        Column("issued_on", "下发日期", T.DATE, ("XFRQ", "XFSJ", "下发时间"), required=True),
        Column(
            "district_code",
            "区市",
            T.DISTRICT,
            ("管理区", "管理区代码", "管理区名称", "GLQ", "GLQDM", "GLQMC"),
        ),
        Column(
            "county_code",
            "行政区",
            T.DISTRICT,
            ("XZQDM", "XZQMC", "XMC", "行政区代码", "行政区名称", "县级行政区名称"),
        ),
        Column("town_code", "乡镇", T.TOWN, ("XZDM", "XZMC", "乡镇街道")),
        Column("location", "坐落", T.TEXT, ("ZL", "位置")),
        Column("area_mu", "监测面积", T.AREA, ("JCMJ", "TBMJ", "图斑面积"), required=True),
        *_AREAS,
        Column("image_before", "前时相", T.DATE_OR_TEXT, ("QSX",)),
        Column("image_after", "后时相", T.DATE_OR_TEXT, ("HSX",)),
        Column("withdrawn_on", "撤销日期", T.DATE),
        Column("withdrawn_why", "撤销原因", T.TEXT),
        Column("extended_to", "延期至", T.DATE),
        Column("transferred_on", "划转日期", T.DATE),
        Column("transferred_from", "原区市", T.DISTRICT),
        Column("forwarded_on", "上报省厅日期", T.DATE),
        Column(
            "source",
            "图斑来源",
            T.TERM,
            ("TBLY",),
            default=PatchSource.MINISTRY.value,
            vocabulary=PatchSource,
        ),
        Column("lon", "中心经度", T.NUMBER, ("XZB", "X坐标", "经度"), stored=False),
        Column("lat", "中心纬度", T.NUMBER, ("YZB", "Y坐标", "纬度"), stored=False),
    ),
    child_of_patch=False,
    has_geometry=True,
)

FINDINGS = KindSchema(
    UploadKind.FINDINGS,
    m.Parcel,
    (
        YEAR,
        PATCH_NO,
        _parcel_no(1),
        Column(
            "legality",
            "合法性判定",
            T.TERM,
            required=True,
            vocabulary=Legality,
            without=frozenset({Legality.PENDING.value}),
        ),
        Column(
            "other_category",
            "判定类别",
            T.TERM,
            vocabulary=OtherCategory,
            hint="合法性判定为“其他”时填写",
        ),
        Column("is_new_construction", "是否新增建设用地", T.BOOLEAN),
        Column("land_use", "用途", T.TEXT),
        Column("land_user", "用地主体", T.TEXT),
        Column("project_name", "项目名称", T.TEXT),
        Column("approval_no", "批准文号", T.TEXT),
        Column(
            "linked_patch_no",
            "关联图斑编号",
            T.TEXT,
            hint="同一块地已随另一图斑统计时填写",
        ),
        Column(
            "area_mu",
            "面积",
            T.AREA,
            ("地块面积",),
            required=True,
            hint="仅一个地块时默认取图斑面积",
        ),
        *_AREAS,
        *(
            Column(field, header, T.BOOLEAN, hint="违法且占用耕地时必填")
            for field, header in SIX_QUESTIONS.items()
        ),
        Column("counts_as_unlawful", "是否纳入违法计算", T.BOOLEAN, default=True),
        Column("deduction_class", "扣减类型", T.LISTED, listed="deduction_classes"),
        Column("judged_by", "判定依据", T.TEXT, hint="规则名称和版本"),
        Column("circumstances", "具体情形", T.TEXT),
        Column("conforms_to_plan", "是否符合规划", T.BOOLEAN),
        Column("approved_until", "批准用地期限至", T.DATE, hint="临时用地填写"),
        Column(
            "mineral_violation",
            "矿产违法类型",
            T.TERM,
            vocabulary=MineralViolation,
            hint="矿产图斑判定违法时填写",
        ),
        Column("reported_on", "上报日期", T.DATE, hint="空白为尚未上报"),
        Column("note", "备注", T.TEXT),
    ),
)

AUDITS = KindSchema(
    UploadKind.AUDITS,
    m.AuditDecision,
    (
        YEAR,
        PATCH_NO,
        _parcel_no(0),
        Column("level", "审核级别", T.TERM, required=True, key=True, vocabulary=AuditLevel),
        Column("result", "审核结果", T.TERM, required=True, key=True, vocabulary=AuditResult),
        Column("decided_on", "审核日期", T.DATE, required=True, key=True),
        Column("opinion", "审核意见", T.TEXT),
        Column(
            "determination",
            "定性结果",
            T.TERM,
            vocabulary=Legality,
            without=frozenset({Legality.PENDING.value}),
        ),
        Column("deemed", "直接判定", T.BOOLEAN),
        Column(
            "reason_codes",
            "退回原因",
            T.LISTED,
            listed="return_reasons",
            several=True,
            hint="退回时填写；多项用“、”连接",
        ),
        Column("resubmitted_on", "重新上报日期", T.DATE),
    ),
)

CASES = KindSchema(
    UploadKind.CASES,
    m.EnforcementCase,
    (
        YEAR,
        PATCH_NO,
        _parcel_no(1),
        Column("stopped_on", "制止日期", T.DATE),
        Column("filed_on", "立案日期", T.DATE),
        Column("filed_by", "立案机关", T.TEXT),
        Column("case_no", "案号", T.TEXT),
        Column("penalty_decided_on", "处罚决定日期", T.DATE),
        Column("way", "整改方式", T.TERM, vocabulary=RectificationWay),
        Column("eliminated_on", "消除违法状态日期", T.DATE),
        Column("accepted_on", "验收日期", T.DATE),
        Column("certificate_no", "拆除复耕证明编号", T.TEXT),
        Column("planned_on", "计划整改日期", T.DATE),
        Column("responsible_unit", "责任单位", T.TEXT),
        Column("restored_mu", "恢复原貌面积", T.AREA),
        Column("recultivated_mu", "复耕到位面积", T.AREA),
        Column("late_approval_no", "补办批准文号", T.TEXT),
        Column("late_approved_mu", "补办批准面积", T.AREA),
        Column(
            "late_approved_farmland_mu",
            "补办其中耕地面积",
            T.AREA,
            hint="补办批准面积中的耕地，不大于补办批准面积",
        ),
    ),
)

TRANSFERS = KindSchema(
    UploadKind.TRANSFERS,
    m.Transfer,
    (
        YEAR,
        PATCH_NO,
        _parcel_no(1),
        Column("department", "移送部门", T.TERM, required=True, key=True, vocabulary=TransferTo),
        Column("transferred_on", "移送日期", T.DATE, required=True, key=True),
        Column("document_no", "文号", T.TEXT),
        Column("replied_on", "回复日期", T.DATE),
        Column("note", "备注", T.TEXT),
    ),
)

PROBLEMS = KindSchema(
    UploadKind.PROBLEMS,
    m.Problem,
    (
        YEAR,
        PATCH_NO,
        Column("listed_on", "列入日期", T.DATE, required=True, key=True),
        Column("description", "问题描述", T.TEXT),
        Column("deadline_on", "整改期限", T.DATE),
        Column("written_off_on", "销号日期", T.DATE),
    ),
)

LEDGER = KindSchema(
    UploadKind.LEDGER,
    m.LedgerItem,
    (
        Column("year", "年度", T.INTEGER, ("ND",), required=True, key=True),
        PATCH_NO,
        _parcel_no(1),
        Column("district_code", "区市", T.DISTRICT, ("管理区", "管理区名称"), required=True),
        Column("location", "坐落", T.TEXT, ("ZL", "位置")),
        Column("unlawful_farmland_mu", "违法占用耕地面积", T.AREA, required=True),
        Column("unlawful_basic_farmland_mu", "违法占用永久基本农田面积", T.AREA, default=0.0),
        Column("way", "整改方式", T.TERM, vocabulary=RectificationWay),
        Column("deadline_on", "整改期限", T.DATE),
        Column("eliminated_on", "消除违法状态日期", T.DATE),
        Column("accepted_on", "验收日期", T.DATE),
        Column("certificate_no", "拆除复耕证明编号", T.TEXT),
        Column("written_off_on", "销号日期", T.DATE),
    ),
    child_of_patch=False,
)

CHECKS = KindSchema(
    UploadKind.CHECKS,
    m.FieldCheck,
    (
        YEAR,
        PATCH_NO,
        Column("level", "核查级别", T.TERM, required=True, key=True, vocabulary=CheckLevel),
        Column("checked_on", "核查日期", T.DATE, required=True, key=True),
        Column("checked_by", "核查人", T.TEXT, required=True, key=True),
        Column("finding", "核查结论", T.TERM, required=True, vocabulary=CheckFinding),
        Column("note", "备注", T.TEXT),
        PACKAGE_NO,
        TAKEN_AS,
    ),
)

RECHECKS = KindSchema(
    UploadKind.RECHECKS,
    m.Recheck,
    (
        YEAR,
        PATCH_NO,
        _parcel_no(1),
        Column("rechecked_on", "复核日期", T.DATE, required=True, key=True),
        Column("finding", "复核结论", T.TERM, required=True, vocabulary=RecheckFinding),
        Column("note", "备注", T.TEXT),
    ),
)

QUOTA = KindSchema(
    UploadKind.QUOTA,
    m.Quota,
    (
        Column(
            "district_code", "区市", T.DISTRICT, ("管理区", "管理区名称"), required=True, key=True
        ),
        Column("quota_on", "日期", T.DATE, required=True, key=True),
        Column("reserve_mu", "储备库指标", T.AREA, required=True),
    ),
    child_of_patch=False,
)

SUBMISSIONS = KindSchema(
    UploadKind.SUBMISSIONS,
    m.Submission,
    (
        Column(
            "district_code", "区市", T.DISTRICT, ("管理区", "管理区名称"), required=True, key=True
        ),
        Column("report", "报告", T.TERM, required=True, key=True, vocabulary=ReportKind),
        Column("period", "期次", T.TEXT, required=True, key=True),
        Column("received_on", "收到日期", T.DATE, required=True),
        Column("note", "备注", T.TEXT),
    ),
    child_of_patch=False,
)

#: Reference layers: geometry with a code and a name; a layer is replaced as a whole.
REFERENCE_COLUMNS: tuple[Column, ...] = (
    Column(
        "code",
        "编号",
        T.TEXT,
        ("代码", "XZQDM", "XZDM", "行政区代码", "区市代码", "乡镇代码", "TBBH", "图斑编号"),
    ),
    Column(
        "name",
        "名称",
        T.TEXT,
        ("XZQMC", "XMC", "XZMC", "行政区名称", "区市", "乡镇", "区市名称", "乡镇名称"),
    ),
    Column("programme", "专项名称", T.TEXT),
    Column("recorded_on", "日期", T.DATE),
    Column("has_evidence", "是否已举证", T.BOOLEAN),
)

#: In the order in which they are listed; layers are read by their shapes and names alone.
KINDS: tuple[KindSchema, ...] = (
    PATCHES,
    FINDINGS,
    AUDITS,
    CASES,
    TRANSFERS,
    PROBLEMS,
    LEDGER,
    CHECKS,
    RECHECKS,
    QUOTA,
    SUBMISSIONS,
)
SCHEMAS: dict[UploadKind, KindSchema] = {schema.kind: schema for schema in KINDS}
