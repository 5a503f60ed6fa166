"""Closed vocabularies: English values in code and store, Chinese labels on pages and in files."""

from __future__ import annotations

from enum import StrEnum


class Term(StrEnum):
    """A value with its Chinese label: `Legality.UNLAWFUL == "unlawful"`, `.label == "违法"`."""

    label: str

    def __new__(cls, value: str, label: str = "") -> Term:  # looked up by value alone
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member

    @classmethod
    def from_label(cls, label: str) -> Term:
        """The term with this Chinese label. Raises KeyError."""
        return cls.by_label()[label]

    @classmethod
    def by_label(cls) -> dict[str, Term]:
        return {member.label: member for member in cls}

    @classmethod
    def labels(cls) -> dict[str, str]:
        return {member.value: member.label for member in cls}


class Domain(Term):
    LAND = "land", "土地"
    MINERAL = "mineral", "矿产"


class PatchType(Term):
    """The four land types of §3.2, and mineral."""

    NON_FARM_CONSTRUCTION = "non_farm_construction", "新增非农建设类"
    OTHER_CONSTRUCTION = "other_construction", "其他新增建设类"
    OTHER_CHANGE = "other_change", "其他变化类"
    CONTINUED_CHANGE = "continued_change", "年度内持续变化类"
    MINERAL = "mineral", "矿产"


class PatchSource(Term):
    """图斑来源: who found the patch."""

    MINISTRY = "ministry", "部下发"
    PROVINCE = "province", "省下发"
    CITY = "city", "市级自查"
    DISTRICT = "district", "区市自查"
    REPORTED = "reported", "举报"
    OTHER = "other", "其他"


class MineralViolation(Term):
    """矿产违法类型 of a mineral parcel."""

    UNLICENSED = "unlicensed", "无证开采"
    OUT_OF_BOUNDS = "out_of_bounds", "越界开采"
    EXPLORATION = "exploration", "以采代探"
    OTHER = "other", "其他"


class Legality(Term):
    """合法性判定. PENDING is computed, never uploaded."""

    LAWFUL = "lawful", "合法"
    UNLAWFUL = "unlawful", "违法"
    OTHER = "other", "其他"
    PENDING = "pending", "待判定"


class OtherCategory(Term):
    """判定类别 of parcels judged 其他; all but OTHER are rechecked periodically (§4.6)."""

    UNCHANGED = "unchanged", "实地未变化"
    FACILITY_FARMLAND = "facility_farmland", "设施农业用地"
    TEMPORARY_LAND = "temporary_land", "临时用地"
    RURAL_ROAD = "rural_road", "农村道路"
    OTHER = "other", "其他"


class AuditLevel(Term):
    CITY = "city", "市级"
    PROVINCE = "province", "省级"
    PROVINCE_REVIEW = "province_review", "省级复核"


#: The higher level's determination is the effective one (domain.md §1.4).
AUDIT_LEVEL_RANK: dict[AuditLevel, int] = {
    AuditLevel.CITY: 1,
    AuditLevel.PROVINCE: 2,
    AuditLevel.PROVINCE_REVIEW: 3,
}


class AuditResult(Term):
    PASSED = "passed", "通过"
    RETURNED = "returned", "退回"


class RectificationWay(Term):
    DEMOLITION_RECULTIVATION = "demolition_recultivation", "拆除复耕"
    DEMOLITION = "demolition", "拆除"
    CONFISCATION = "confiscation", "没收"
    LAND_USE_APPROVAL = "land_use_approval", "补办用地手续"
    OTHER = "other", "其他"


class TransferTo(Term):
    POLICE = "police", "公安"
    DISCIPLINE = "discipline", "纪检监察"
    FORESTRY = "forestry", "林草"
    AGRICULTURE = "agriculture", "农业农村"
    WATER = "water", "水利"
    OTHER = "other", "其他"


class CheckLevel(Term):
    COUNTY = "county", "县级"
    CITY = "city", "市级"


class CheckFinding(Term):
    TRUE = "true", "属实"
    FALSE = "false", "不属实"
    TO_RECTIFY = "to_rectify", "需整改"


class PlacedBy(Term):
    """What says where and when a photograph was taken."""

    EXIF = "exif", "照片自带"
    TABLE = "table", "坐标表"


class CheckStepKind(Term):
    """What people do about a field check beside its results."""

    ASSIGN = "assign", "派组"
    CONFIRM = "confirm", "认定"
    SEND_BACK = "send_back", "退回补充"
    EXEMPT = "exempt", "免查"


class RecheckFinding(Term):
    UNCHANGED = "unchanged", "未变化"
    REBUILT = "rebuilt", "违法复建"
    USE_CHANGED = "use_changed", "改变用途"
    NEW_UNLAWFUL = "new_unlawful", "新增违法建设"
    OTHER = "other", "其他"


class ReportKind(Term):
    HALF_YEAR = "half_year", "半年报告"
    ANNUAL = "annual", "年度报告"


class ReferenceLayer(Term):
    DISTRICTS = "districts", "区市界"
    TOWNS = "towns", "乡镇界"
    FARMLAND = "farmland", "耕地"
    BASIC_FARMLAND = "basic_farmland", "永久基本农田"
    REDLINE = "redline", "生态保护红线"
    APPROVED_CONSTRUCTION = "approved_construction", "已批准建设用地"
    OTHER_PROGRAMME = "other_programme", "其他专项图斑"


class UploadKind(Term):
    """Headings of upload-formats.md."""

    PATCHES = "patches", "下发图斑"
    FINDINGS = "findings", "核查结果"
    AUDITS = "audits", "审核意见"
    CASES = "cases", "查处整改"
    TRANSFERS = "transfers", "移送移交"
    PROBLEMS = "problems", "省厅问题清单"
    LEDGER = "ledger", "历年整改台账"
    CHECKS = "checks", "外业核查"
    RECHECKS = "rechecks", "周期复核"
    QUOTA = "quota", "补充耕地指标"
    SUBMISSIONS = "submissions", "工作报告接收"
    REFERENCE = "reference", "参考图层"


#: State of a batch → its word.
UPLOAD_STATES = {"done": "已入库", "undone": "已撤回", "undo": "撤回操作"}


class Severity(Term):
    NOTICE = "notice", "提示"
    EARLY_WARNING = "early_warning", "预警"
    INTERVIEW = "interview", "约谈"
    ACCOUNTABILITY = "accountability", "问责建议"


class Measure(Term):
    REMINDER = "reminder", "预警提醒"
    FULL_VERIFICATION = "full_verification", "全面核查"
    PUBLIC_NOTICE = "public_notice", "公开通报"
    LISTED_SUPERVISION = "listed_supervision", "挂牌督办"
    KEY_MONITORING = "key_monitoring", "重点监控"
    DEEM_UNLAWFUL = "deem_unlawful", "直接判定违法"
    CASE_FILING = "case_filing", "直接立案"
    FREEZE = "freeze", "冻结提示"
    INTERVIEW = "interview", "提请市政府约谈"
    LEAD_TRANSFER = "lead_transfer", "移交问题线索"
    INVESTIGATION = "investigation", "查办"
    REOPEN = "reopen", "重新列入台账"


class RecordKind(Term):
    """What staff record because no file carries it (table staff_record)."""

    MAJOR = "major", "重大典型"  # T6, a patch
    DEEM = "deem", "确认无正当理由拒不修改"  # T7, a patch
    DEEM_DISMISSED = "deem_dismissed", "不直接判定"  # T7, a patch: the proposal is not followed
    FREEZE = "freeze", "指标冻结登记"  # T9, a district
    SEVERE_IMPACT = "severe_impact", "造成恶劣影响"  # T11, a district
    INTERVIEW = "interview", "已约谈"  # T11, a district
    RECTIFY_ORDER = "rectify_order", "限期整改"  # T11, a district; with a deadline
    FALSE_REPORTING = "false_reporting", "谎报瞒报、弄虚作假、虚假整改"  # T12
    WRONG_FILLING = "wrong_filling", "填报不实"  # T14
    DOUBT_CONFIRMED = "doubt_confirmed", "疑点属实"  # either; of a come-back: reopens the ledger
    DOUBT_DISMISSED = "doubt_dismissed", "疑点排除"  # either
    CERTIFICATE_ISSUED = "certificate_issued", "出具拆除复耕证明"  # a patch
    CERTIFICATE_REVOKED = "certificate_revoked", "撤销拆除复耕证明"  # a patch: reopens the ledger
    CHECK_REOPENED = "check_reopened", "外业核查需整改"  # a patch: reopens the ledger


class PatchStatus(Term):
    """Filters of `python -m data patches --status` and of the list pages."""

    CLEARED = "cleared", "已上报"
    OVERDUE = "overdue", "逾期未报"
    LATE = "late", "逾期上报"
    RETURNED = "returned", "曾被退回"
    CORRECTING = "correcting", "退回待改"
    FINAL = "final", "省级已通过"
    PENDING = "pending", "待判定"
    UNLAWFUL = "unlawful", "违法"


class ScenarioAction(Term):
    """What a what-if supposes of a patch's unlawful parcels (docs/figures.md, What-if)."""

    RECTIFIED = "rectified", "消除违法状态"
    APPROVED = "approved", "补办用地手续"
    CERTIFIED = "certified", "拆除复耕并验收出证"
    LAWFUL = "lawful", "上级改判合法"


class RatioVariant(Term):
    """What the accountability ratio deducts (domain.md §6); all three are always shown."""

    NET = "net", "扣除已消除"
    GROSS = "gross", "未扣除"
    STRICT = "strict", "从严扣除"


class BulkChoice(Term):
    """Many patches of a what-if at once; DUE takes a day."""

    DUE = "due", "到期日不晚于所选日期的"
    FILED = "filed", "已立案的"
    DEMOLITION = "demolition", "整改方式为拆除的"
    ALL = "all", "全部未消除的"


class ClaimKind(Term):
    """What a district's file says in its own favour (access.md, Confirmation)."""

    EXCLUDED = "excluded", "不纳入违法计算"
    BACKDATED = "backdated", "倒填"
    CLEARED = "cleared", "清空"
    LEFT_OUT = "left_out", "缺少地块"


class TargetLine(Term):
    """Lines of T3 and T4 that a district can be brought under."""

    WARNING = "warning", "问责比例预警线"
    INTERVIEW = "interview", "问责比例约谈线"
    BASIC_FARMLAND = "basic_farmland", "未消除永久基本农田约谈线"
    REDLINE = "redline", "未消除生态保护红线约谈线"


#: The six questions of §2.1: column of `parcel` → header in files.
SIX_QUESTIONS: dict[str, str] = {
    "q_rural_house": "新增农村乱占耕地建房",
    "q_greenhouse_abuse": "大棚房",
    "q_artificial_lake": "挖湖造景",
    "q_fund_project": "基金项目",
    "q_affordable_housing": "保障性安居住房",
    "q_epidemic_medical": "防疫医疗卫生设施",
}

#: The word that clears a stored value in an upload (upload-formats.md).
CLEAR_WORD = "清空"
