"""What each rule says, in a sentence that a jurist reads: its parameters stand in it as they are.

A rule without a sentence here shows its parameters and quotations alone.
"""

from __future__ import annotations

import math
from typing import Any

from data.rules.loader import Parameter, Version
from data.units import format_plain, format_rate
from data.vocabulary import RatioVariant

CONDITIONS: dict[str, str] = {
    "D1": "当月{cutoff_day}（含）前下发的四类土地图斑，当月{due_day}到期；"
    "其后下发的，次月{due_day}到期。到期日所在的月份为月清月份；批准延期的图斑按延期日。",
    "D2": "图斑在月清月份之后第{months_after}的月底前经省级审核通过，完成最终定性。",
    "D3": "被退回的图斑，自退回之日起{workdays}内改正并重新上报。",
    "D4": "{month}{day}前，各区市报送上半年卫片执法工作报告。",
    "D5": "次年{month}{day}前，各区市报送全年卫片执法工作报告。",
    "D6": "次年{month}{day}（含）前消除违法状态的，计入本年度已消除；其后消除的不再扣减。",
    "D7": "次年{month}月底前，省厅全面核准年度数据。",
    "D8": "列入省厅问题清单的图斑，按清单所定期限销号；未定期限的，自列入之日起{days}内销号。",
    "D9": "地块判定违法之日起{workdays}内县级未立案的，市局可以直接立案。",
    "F1": "占用耕地{farmland_mu}以上（含本数）的图斑，县级重点细致核查、持续跟踪监管。",
    "F2": "占用耕地{farmland_mu}以上（含本数）的图斑，市级按每个月清月份抽查{share}；"
    "用记录在案的种子抽取，可以复算。",
    "F3": "疑似违法的四类土地图斑，占用耕地{farmland_mu}、永久基本农田{basic_farmland_mu}或"
    "生态保护红线{redline_mu}以上（含本数）的，以及矿产图斑，市级逐一实地核查。",
    "F4": "以拆除复耕消除违法状态的地块，市级逐宗核验并出具拆除复耕到位证明。",
    "F5": "达到 T3 或 T4 条件的区市，其违法和待判定的图斑逐一重点核查。",
    "T1": "自到期次日起，该月已到期图斑中按期上报的比例低于{full_share}的提示，"
    "低于{warning_share}的预警；"
    "全部上报后结束。连续{months_in_row}达到预警的，公开通报。",
    "T2": "该月曾被退回的图斑占已审核图斑的比例达到{warning_rate}的预警，"
    "达到{verification_rate}的全面核查。",
    "T3": "本年度至基准日，区市或全市的问责比例达到{warning_ratio}的预警，"
    "达到{interview_ratio}的为已达约谈线。",
    "T4": "未消除的违法占用永久基本农田或生态保护红线大于零的预警；"
    "其中任一项达到{interview_mu}的为已达约谈线，两项不相加。",
    "T5": "自{from_month}{from_day}起，整改率低于{warning_rate}的预警；"
    "消除违法状态截止日（D6）后仍有未消除的，通报整改不力。",
    "T6": "违法占用耕地达到{farmland_mu}、或违法占用永久基本农田达到{basic_farmland_mu}、"
    "或经工作人员认定为重大典型的图斑，挂牌督办；整改到位后结束。",
    "T7": "退回{returns}以上，或改正逾期{overdue_workdays}以上的图斑，提出直接判定违法的建议，"
    "由工作人员说明理由后确认。",
    "T8": "有图斑被判定违法开采的预警；涉及战略性矿种的为已达约谈线。",
    "T9": "未整改的违法占用耕地有多少，预计冻结多少补充耕地储备指标；整改完成后申请解冻。",
    "T10": "连续{month_ends}月末达到 T3 或 T4 预警的区市，实行重点监控。",
    "T11": "年度评估（D6 次日起）：问责比例达到约谈线，T4 或 T8 已达约谈线，"
    "或虽未达到但经工作人员认定造成恶劣影响的，提请市政府约谈；"
    "约谈后限期整改逾期、所列图斑仍有未整改到位的（未列图斑的，登记尚未撤销的），提出问责建议并移交问题线索。",
    "T12": "经工作人员确认的谎报瞒报、弄虚作假、虚假整改，予以查办、限期整改、移交问题线索；"
    "核查不属实或上传数据不符，不自动认定。",
    "T13": "复核发现违法复建、改变批准用途等变化的，重新列入整改台账。",
    "T14": "经工作人员确认的填报不实，公开通报。",
    "M1": "措施提交后{review_workdays}内审核，其后{issue_workdays}内签发，"
    "签发后{delivery_workdays}内送达；"
    "区市回复后{judge_workdays}内认定，不认可的{again_workdays}内重新回复。"
    "预警提醒函{warning_workdays}内回复，约谈后{interview_report_days}内书面报告，"
    "限期整改{order_days}，挂牌督办{listing_days}，部门移交{department_workdays}内答复。"
    "按日计算的期限末日遇节假日的，顺延至其后第一个工作日。",
    "M2": "通知、通报用“{notice}”，函用“{letter}”，请示用“{request}”，报告用“{report}”，"
    "证明用“{certificate}”；每个代字每年从1号起连续编号，撤回的公文保留其号。",
    "M3": "公文以“{name}”署名；请示、报告报“{government}”或“{province}”，签发人“{head}”；"
    "函致“{district_government}”“{zone_government}”，通知发“{district_bureau}”，抄送“{office}”；"
    "问题线索移交“{discipline}”。联系人“{contact}”，电话“{telephone}”。"
    "函中作出命令，依据市政府同意“{consent}”。问责建议依据{evaluation_basis}。"
    "直接判定告知：{appeal}“无”表示尚未设定。",
    "W1": "填报为设施农业用地、农村道路、实地未变化的和拆除复耕到位的地块，每{months}复核一次；"
    "临时用地每{temporary_months}一次，有批准期限的，期满当日和期满后{after_term_months}各一次。",
    "C1": "区市自己上传的上报日期、消除违法状态日期、重新上报日期早于上传日超过{days}的，标为倒填，"
    "由市局确认；不予认可的，按上传日计。",
    "W2": "图斑与先前下发的图斑重叠达到较小者的{share}的，列为重叠复现或重复；"
    "其他专项已举证的范围达到图斑的{evidenced_share}的，标为已举证。",
    "W3": "填报面积与参考图层套合面积之差超过{tolerance_mu}和图斑面积的{tolerance_share}"
    "（取大者）的，判定合法而未被已批准范围覆盖的部分超过图斑{uncovered_share}的，列为疑点；疑点不是结论。",
    "W4": "县级重点核查（F1）的图斑，尚有违法未整改或待判定的，自上次县级核查起{days}内再次核查。",
    "W5": "市级在区市上报或改正后{audit_workdays}内审核，审核通过后{forward_workdays}内上报省厅，"
    "直接判定的建议{deem_workdays}内认定，消除违法状态后{accept_workdays}内验收，"
    "拆除复耕验收后{certify_workdays}内核验出证。",
    "W6": "应查图斑{assign_workdays}内派组，派组后{check_workdays}内核查，"
    "F3、F5不晚于当月月核期限；核查后{confirm_workdays}内由另一人认定，退回补充的{again_workdays}内再次核查。",
    "W7": "已填报至少{least_filled}、其中某一分类（实地未变化、设施农业用地、临时用地）"
    "至少{least_patches}的区市，"
    "该分类占比高出其他区市合计和本区市上年{gap}以上，并为其{times}以上的，列为数据异常。",
    "W8": "一个区市至少{least_patches}的文字（{text_length}以上）相同且占{text_share}以上，"
    "或面积相同且占{area_share}以上，"
    "一个月清月份的上报集中在最后一天且占{last_day_share}以上，"
    "消除违法状态日期集中在同一天且占{one_day_share}以上的，列为数据异常。",
    "W9": "填报面积略低于一条线（线下{width}以内）的图斑至少{least_patches}，"
    "且为线下再低一段和线上一段平均的{times}以上的，列为数据异常。",
}

#: What the lines of a formula are called.
FORMULA_LABELS = {
    "numerator": "分子",
    "denominator": "分母",
    "net": "扣除已消除（net）",
    "gross": "未扣除（gross）",
    "strict": "从严扣除（strict）",
    "left_out": "不计入",
}
_WORDS = RatioVariant.labels()


def condition(rule_id: str, version: Version) -> str | None:
    """The rule in a sentence with the values of this version; None where there is none."""
    sentence = CONDITIONS.get(rule_id)
    if sentence is None:
        return None
    return sentence.format_map({n: value_text(p) for n, p in version.details.items()})


def value_text(parameter: Parameter, value: Any = None) -> str:
    """`15%`, `30亩`, `5个工作日`, `是`: the parameter's value (or another) with its unit."""
    return words_of(parameter.value if value is None else value, parameter.unit)


def words_of(value: Any, unit: str) -> str:
    """The value of a parameter as a reader is told it: `15%`, `30亩`, `是`, `净比例`."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, str):
        return _WORDS.get(value, value)
    if unit == "%":
        return format_rate(value)
    return f"{format_plain(value)}{unit}"


def read_value(parameter: Parameter, text: str) -> Any:
    """What somebody types for a parameter, as words_of tells it: `8%` and `0.08`, `30亩` and `30`,
    `是`, `净比例`. What it cannot be is left as it is, for Parameter.fault to refuse."""
    text = text.strip()
    if isinstance(parameter.value, bool):
        return {"是": True, "否": False}.get(text, text)
    if isinstance(parameter.value, str):
        return next((word for word in parameter.choices if words_of(word, "") == text), text)
    is_share = text.endswith(("%", "％"))
    number = text.removesuffix(parameter.unit).rstrip("%％").replace(",", "").strip()
    try:
        value = float(number)
    except ValueError:
        return text
    if not math.isfinite(value):
        return text
    value = round(value / 100, 12) if is_share else value
    return int(value) if isinstance(parameter.value, int) and value == int(value) else value


def range_text(parameter: Parameter) -> str:
    """`1%至15%`; nothing for a parameter without bounds."""
    if parameter.minimum is None or parameter.maximum is None:
        return ""
    low, high = (value_text(parameter, bound) for bound in (parameter.minimum, parameter.maximum))
    return f"{low}至{high}"


def differences(one: Version, other: Version) -> list[tuple[str, str, str]]:
    """(label, value in one, value in other) of the parameters that differ; — for one that lacks."""
    found: list[tuple[str, str, str]] = []
    for name in dict.fromkeys((*one.details, *other.details)):
        mine, theirs = one.details.get(name), other.details.get(name)
        if mine and theirs and mine.value == theirs.value and mine.basis == theirs.basis:
            continue
        label = (mine or theirs).label  # type: ignore[union-attr]
        texts = [value_text(p) if p else "—" for p in (mine, theirs)]
        found.append((label, texts[0], texts[1]))
    return found
