"""The kinds of measures and of the papers that they are (shared contract documents.md §7): Chinese
name, rules that call for one, direction, who signs, whom it concerns, which reply is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

from data.vocabulary import Term


class Direction(Term):
    """To whom a paper goes; it decides the form (documents.md §1)."""

    UPWARD = "upward", "上行"
    DOWNWARD = "downward", "下行"
    LEVEL = "level", "平行"
    INTERNAL = "internal", "内部"
    PUBLIC = "public", "公开"


class Series(Term):
    """The series of numbers that a paper takes its own from, one a prefix and year; the prefixes
    are parameters of the rule `measure_numbers`."""

    NOTICE = "notice", "通知、通报"
    LETTER = "letter", "函"
    REQUEST = "request", "请示"
    REPORT = "report", "报告"
    CERTIFICATE = "certificate", "证明"


class Subject(Term):
    DISTRICT = "district", "区市"
    PATCH = "patch", "图斑"
    CITY = "city", "全市"


class MeasureKind(Term):
    EARLY_WARNING = "early_warning", "预警提醒函"
    WARNING_RELEASE = "warning_release", "预警解除函"
    KEY_MONITORING = "key_monitoring", "重点监控通知"
    KEY_MONITORING_RELEASE = "key_monitoring_release", "重点监控解除通知"
    INTERVIEW_REQUEST = "interview_request", "提请市政府约谈的请示"
    INTERVIEW_NOTICE = "interview_notice", "约谈通知"
    INTERVIEW_MINUTES = "interview_minutes", "约谈提纲与纪要"
    RECTIFICATION_ORDER = "rectification_order", "限期整改通知"
    ACCOUNTABILITY_REQUEST = "accountability_request", "问责建议的请示"
    LEAD_TRANSFER = "lead_transfer", "问题线索移交函"
    DEPARTMENT_TRANSFER = "department_transfer", "部门移交函"
    LISTED_SUPERVISION = "listed_supervision", "挂牌督办通知"
    LISTED_RELEASE = "listed_release", "挂牌督办解除通知"
    CASE_NOTICE = "case_notice", "案件公开通报"
    DIRECT_FILING = "direct_filing", "直接立案决定"
    FALSE_REPORTING = "false_reporting", "查办通知"
    DEEMING = "deeming", "直接判定违法告知书"
    AUDIT_FEEDBACK = "audit_feedback", "审核反馈清单"
    WORK_NOTICE_AUDIT = "work_notice_audit", "工作通报（审核情况）"
    WORK_NOTICE_FILLING = "work_notice_filling", "工作通报（填报不实）"
    WORK_NOTICE_RECTIFICATION = "work_notice_rectification", "工作通报（整改不力）"
    WORK_NOTICE_CLEARANCE = "work_notice_clearance", "工作通报（月清）"
    MONTHLY_BULLETIN = "monthly_bulletin", "月度通报"
    FULL_VERIFICATION = "full_verification", "全面核查通知"
    HALF_YEAR_REPORT = "half_year_report", "半年工作报告"
    ANNUAL_REPORT = "annual_report", "全年工作报告"
    EVALUATION_REPORT = "evaluation_report", "年度评估报告"
    FREEZE_NOTICE = "freeze_notice", "补充耕地指标冻结提示函"
    THAW_REQUEST = "thaw_request", "补充耕地指标解冻申请"
    CERTIFICATE = "certificate", "拆除复耕到位证明"
    WRITE_OFF = "write_off", "销号申请与确认单"

    @property
    def about(self) -> Kind:
        return KINDS[self]


@dataclass(frozen=True, slots=True)
class Kind:
    """rules: triggers (or deadlines) that call for it, none for a paper that staff send on their
    own. subjects: what it may be about, the first is the usual one. needs_head: issued only with
    the right to sign as head. deadline: parameter of the rule `measure_limits` that gives the reply
    its time; None where no reply is asked for. ends: the kind that it ends when it is issued.
    to_district: whether the district concerned gets it, and so sees it once it is issued;
    answered_by: who replies.
    """

    direction: Direction
    series: Series
    subjects: tuple[Subject, ...]
    rules: tuple[str, ...] = ()
    needs_head: bool = False
    deadline: str | None = None
    ends: MeasureKind | None = None
    to_district: bool = True
    answered_by: str = "区市回复"


_DISTRICT, _PATCH, _CITY = (Subject.DISTRICT,), (Subject.PATCH,), (Subject.CITY,)
_PATCH_OR_DISTRICT = (Subject.PATCH, Subject.DISTRICT)
_ANY_UNIT = (Subject.CITY, Subject.DISTRICT)
_UP, _DOWN, _LEVEL = Direction.UPWARD, Direction.DOWNWARD, Direction.LEVEL
_K, _S = MeasureKind, Series


def _up(
    series: Series,
    subjects: tuple[Subject, ...],
    rules: tuple[str, ...] = (),
    ends: MeasureKind | None = None,
) -> Kind:
    """Upward: signed by the head, not sent to the district."""
    return Kind(_UP, series, subjects, rules, needs_head=True, ends=ends, to_district=False)


KINDS: dict[MeasureKind, Kind] = {
    _K.EARLY_WARNING: Kind(
        _LEVEL, _S.LETTER, _DISTRICT, ("T3", "T4", "T8", "T1", "T5"), deadline="warning_workdays"
    ),
    _K.WARNING_RELEASE: Kind(_LEVEL, _S.LETTER, _DISTRICT, ends=_K.EARLY_WARNING),
    _K.KEY_MONITORING: Kind(_DOWN, _S.NOTICE, _DISTRICT, ("T10",)),
    _K.KEY_MONITORING_RELEASE: Kind(_DOWN, _S.NOTICE, _DISTRICT, ends=_K.KEY_MONITORING),
    _K.INTERVIEW_REQUEST: _up(_S.REQUEST, _DISTRICT, ("T11", "T3", "T4", "T8")),
    _K.INTERVIEW_NOTICE: Kind(_LEVEL, _S.LETTER, _DISTRICT, ("T11",), needs_head=True),
    _K.INTERVIEW_MINUTES: Kind(
        _LEVEL, _S.LETTER, _DISTRICT, ("T11",), needs_head=True, deadline="interview_report_days"
    ),
    _K.RECTIFICATION_ORDER: Kind(_DOWN, _S.NOTICE, _DISTRICT, ("T11",), deadline="order_days"),
    _K.ACCOUNTABILITY_REQUEST: _up(_S.REQUEST, _DISTRICT, ("T11",)),
    _K.LEAD_TRANSFER: Kind(
        _LEVEL, _S.LETTER, _DISTRICT, ("T11",), needs_head=True, to_district=False
    ),
    _K.DEPARTMENT_TRANSFER: Kind(
        _LEVEL,
        _S.LETTER,
        _PATCH_OR_DISTRICT,
        needs_head=True,
        deadline="department_workdays",
        to_district=False,
        answered_by="受移交部门答复",
    ),
    _K.LISTED_SUPERVISION: Kind(
        _DOWN, _S.NOTICE, _PATCH_OR_DISTRICT, ("T6",), needs_head=True, deadline="listing_days"
    ),
    _K.LISTED_RELEASE: Kind(
        _DOWN, _S.NOTICE, _PATCH_OR_DISTRICT, needs_head=True, ends=_K.LISTED_SUPERVISION
    ),
    _K.CASE_NOTICE: Kind(Direction.PUBLIC, _S.NOTICE, _ANY_UNIT, to_district=False),
    _K.DIRECT_FILING: Kind(Direction.INTERNAL, _S.LETTER, _PATCH, ("D9",), to_district=False),
    _K.FALSE_REPORTING: Kind(
        _DOWN, _S.NOTICE, _PATCH_OR_DISTRICT, ("T12",), deadline="investigation_workdays"
    ),
    _K.DEEMING: Kind(_DOWN, _S.NOTICE, _PATCH, ("T7",), deadline="objection_workdays"),
    _K.AUDIT_FEEDBACK: Kind(_DOWN, _S.NOTICE, _DISTRICT, deadline="correction_workdays"),
    _K.WORK_NOTICE_AUDIT: Kind(_DOWN, _S.NOTICE, _ANY_UNIT, ("T2",)),
    _K.WORK_NOTICE_FILLING: Kind(_DOWN, _S.NOTICE, _ANY_UNIT, ("T14",)),
    _K.WORK_NOTICE_RECTIFICATION: Kind(_DOWN, _S.NOTICE, _ANY_UNIT, ("T5",)),
    _K.WORK_NOTICE_CLEARANCE: Kind(_DOWN, _S.NOTICE, _ANY_UNIT, ("T1",)),
    _K.MONTHLY_BULLETIN: Kind(_DOWN, _S.NOTICE, _CITY),
    _K.FULL_VERIFICATION: Kind(
        _DOWN, _S.NOTICE, _DISTRICT, ("T2",), deadline="verification_workdays"
    ),
    _K.HALF_YEAR_REPORT: _up(_S.REPORT, _ANY_UNIT),
    _K.ANNUAL_REPORT: _up(_S.REPORT, _ANY_UNIT),
    _K.EVALUATION_REPORT: _up(_S.REPORT, _CITY),
    _K.FREEZE_NOTICE: Kind(_LEVEL, _S.LETTER, _DISTRICT, ("T9",)),
    _K.THAW_REQUEST: _up(_S.REQUEST, _DISTRICT, ends=_K.FREEZE_NOTICE),
    _K.CERTIFICATE: Kind(_DOWN, _S.CERTIFICATE, _PATCH),
    _K.WRITE_OFF: Kind(_DOWN, _S.NOTICE, _PATCH_OR_DISTRICT, ("T13",)),
}


def kinds_for(rule: str) -> tuple[MeasureKind, ...]:
    """The kinds that a rule calls for."""
    return tuple(kind for kind in MeasureKind if rule in kind.about.rules)
