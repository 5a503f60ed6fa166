"""What a trigger says of itself: its formula with the numbers in it, how far from which line, and
what would end it. One sentence each, that nobody needs the rules to read."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from data.rules.triggers import Finding
from data.units import format_mu, format_plain, format_rate, meets, over_text, room_text
from data.variants import NUMERATORS
from data.vocabulary import RatioVariant, Severity

Figures = Mapping[str, Any]
Parameters = Mapping[str, Any]
#: Half of the last decimal at which thresholds are compared.
_HALF = 5e-7


@dataclass(frozen=True, slots=True)
class Words:
    formula: str = ""
    margin: str = ""
    ends: str = ""


#: After D6 an elimination no longer counts for the year; another determination still does.
SETTLED = "截止日已过，此后整改不再计入本年度（重新定性或撤销除外）；列入整改台账继续销号"
SETTLED_INTERVIEW = "年度评估结论，此后整改不再改变；约谈后请登记"


def words(
    rule_id: str, finding: Finding, figures: Figures, parameters: Parameters, settled: bool
) -> Words:
    """figures: the row that the finding is about (a district's, the city's, a clearance month's);
    empty for a patch. parameters: of the version that judged it. settled: D6 has passed."""
    said = _WORDS[rule_id](finding, figures, parameters)
    if not settled:
        return said
    if rule_id in ("T3", "T4", "T5", "T10"):
        return replace(said, ends=SETTLED)
    return replace(said, ends=SETTLED_INTERVIEW) if said.ends == _BELOW_THE_LINE else said


def _distance(value: float, line: float, unit: str, name: str) -> str:
    """`低于30亩线 0.9 亩`, `超出30亩线 0.1 亩` or `恰在30亩线上`. name: of the line, `30亩线`."""
    if not meets(value, line):
        return f"低于{name} {room_text(line - value, unit)}"
    if not meets(value, line + 2 * _HALF):
        return f"恰在{name}上"
    return f"超出{name} {over_text(value - line, unit)}"


def _share_distance(part: float, whole: float, line: float, what: str = "") -> str:
    """The same of a ratio of areas, in 亩 of its numerator. what: the name of the line."""
    ratio, name = part / whole, f"{format_rate(line)}{what}线"
    if not meets(ratio, line):
        return f"低于{name} {room_text(line * whole - part, '亩')}"
    if not meets(ratio, line + 2 * _HALF):
        return f"恰在{name}上"
    return f"超出{name} {over_text(part - line * whole, '亩')}"


def _to_get_under(part: float, whole: float, line: float) -> str:
    """How much of the numerator must go so that the ratio no longer meets the line."""
    return over_text(max(part - (line - _HALF) * whole, 0.0), "亩")


def _least_count(whole: int, line: float) -> int:
    """The least count of `whole` whose share meets a line."""
    count = max(math.floor(line * whole) - 1, 0)
    while not meets(count / whole, line):
        count += 1
    return count


def _clearance(finding: Finding, row: Figures, p: Parameters) -> Words:
    on_time, reached = row["reached_on_time"], row["due_reached"]
    lines = (p["warning_share"], p["full_share"])
    missing = _least_count(reached, finding.threshold) - on_time
    return Words(
        f"按期上报 {on_time:,} 个 ÷ 已到期 {reached:,} 个 = {format_rate(finding.value, lines)}",
        f"低于{format_rate(finding.threshold)}线 {missing:,} 个图斑",
        f"该月逾期的 {row['overdue']:,} 个图斑全部上报后解除",
    )


def _errors(finding: Finding, row: Figures, p: Parameters) -> Words:
    returned, audited = row["returned"], row["audited"]
    lines = (p["warning_rate"], p["verification_rate"])
    formula = (
        f"曾被退回 {returned:,} 个 ÷ 已审核 {audited:,} 个 = {format_rate(finding.value, lines)}"
    )
    warning = format_rate(p["warning_rate"])
    needed = _passes_needed(returned, audited, p["warning_rate"])
    left = row["due"] - audited
    if needed > left and row["due_reached"] == row["due"]:  # the month brings no more patches
        rest = f"只剩 {left:,} 个图斑未审核" if left else "图斑已全部审核"
        ends = f"该月{rest}，差错率降不到 {warning} 以下，年度内保留"
    else:
        ends = f"再有 {needed:,} 个图斑审核未被退回，差错率低于 {warning} 后解除"
    if finding.threshold < p["verification_rate"]:
        more = _least_count(audited, p["verification_rate"]) - returned
        margin = f"低于{format_rate(p['verification_rate'])}（全面核查）线 {more:,} 个图斑"
    else:
        over = returned - _least_count(audited, p["verification_rate"])
        line = format_rate(p["verification_rate"])
        on_it = not meets(finding.value, p["verification_rate"] + 2 * _HALF)
        reached = f"{'恰达' if on_it else '已达'}{line}（全面核查）线"
        margin = f"超出{line}（全面核查）线 {over:,} 个图斑" if over else reached
    return Words(formula, margin, ends)


def _passes_needed(returned: int, audited: int, line: float) -> int:
    """How many more audited patches, none returned, bring the rate under the line."""
    needed = max(math.floor(returned / line) - audited - 1, 0)
    while meets(returned / (audited + needed), line):
        needed += 1
    return needed


#: What ends a ratio that no rectification brings down, or not every one.
_STAYS = {
    RatioVariant.GROSS: "；未扣除的比例不随整改下降",
    RatioVariant.STRICT: "；拆除复耕、验收并出证的才扣除",
}


def _variant(finding: Finding) -> RatioVariant:
    """The variant that a finding judged."""
    return RatioVariant(finding.about.partition("+")[0].removeprefix("ratio_"))


def _ratio(finding: Finding, row: Figures, p: Parameters) -> Words:
    whole, variant = row["new_construction_farmland_mu"], _variant(finding)
    part = row[f"ratio_{variant}_part_mu"]
    lines = (p["warning_ratio"], p["interview_ratio"])
    formula = (
        f"{NUMERATORS[variant]} {format_mu(part)} 亩 ÷ 新增建设占用耕地 {format_mu(whole)} 亩"
        f" = {format_rate(part / whole if whole else None, lines)}"
    )
    if finding.unit == "mu":
        margin = _distance(part, finding.threshold, "亩", f"{format_plain(finding.threshold)}亩线")
        return Words(formula, margin, "违法占用的耕地低于面积线和预警线后解除")
    warning = format_rate(p["warning_ratio"])
    ends = f"再消除 {_to_get_under(part, whole, p['warning_ratio'])}，低于 {warning} 后解除"
    if variant in _STAYS:
        ends = f"低于 {warning} 后解除{_STAYS[variant]}"
    return Words(formula, _share_distance(part, whole, p["interview_ratio"]), ends)


def _protected(finding: Finding, row: Figures, p: Parameters) -> Words:
    line = p["interview_mu"]
    basic, redline = row["remaining_basic_farmland_mu"], row["remaining_redline_mu"]
    name = "永久基本农田" if finding.about.startswith("basic") else "生态保护红线"
    margin = _distance(finding.value, line, "亩", f"{format_plain(line)}亩约谈线")
    return Words(
        f"违法占用未消除：永久基本农田 {format_mu(basic, (line,))} 亩、"
        f"生态保护红线 {format_mu(redline, (line,))} 亩（各自比较，不相加）",
        f"{name}{margin}",
        "两项全部消除后解除",
    )


def _slow(finding: Finding, row: Figures, p: Parameters) -> Words:
    done, whole, line = row["eliminated_mu"], row["unlawful_mu"], p["warning_rate"]
    rate = format_rate(row["rectification_rate"], (line,))
    formula = f"已消除 {format_mu(done)} 亩 ÷ 违法 {format_mu(whole)} 亩 = {rate}"
    if finding.unit == "mu":
        return Words(formula, f"到截止日还有 {format_mu(finding.value)} 亩未消除", SETTLED)
    missing = over_text(max(line * whole - done, 0.0), "亩")
    name = format_rate(line)
    return Words(formula, f"低于{name}线 {missing}", f"再消除 {missing}，达到 {name} 后解除")


def _major(finding: Finding, row: Figures, p: Parameters) -> Words:
    if not finding.value:  # marked by staff, and nothing counted so far
        return Words(
            "已标为重大典型", "还没有计入的违法占用耕地", "撤销标记或违法地块全部整改后解除"
        )
    basic = finding.about == "basic_farmland"
    what = "违法占用永久基本农田" if basic else "违法占用耕地"
    area = format_mu(finding.value, (finding.threshold,))
    margin = _distance(
        finding.value, finding.threshold, "亩", f"{format_plain(finding.threshold)}亩线"
    )
    return Words(f"{what} {area} 亩", margin, "计入的地块全部整改（消除违法状态）后解除")


def _refused(finding: Finding, row: Figures, p: Parameters) -> Words:
    line = int(finding.threshold)
    if finding.unit == "times":
        formula, name = f"市级退回 {int(finding.value)} 次", f"{line} 次"
        ends = "审核通过，或直接判定违法后解除"
    else:
        formula, name = f"改正逾期 {int(finding.value)} 个工作日", f"{line} 个工作日"
        ends = "重新上报、审核通过，或直接判定违法后解除"
    over = int(finding.value) - line
    return Words(formula, f"较 {name} 多 {over}" if over else f"恰达 {name}", ends)


def _minerals(finding: Finding, row: Figures, p: Parameters) -> Words:
    reached = finding.line is Severity.INTERVIEW
    margin = "有战略性矿种，已达约谈线" if reached else "出现战略性矿种即达约谈线"
    formula = f"违法矿产图斑 {int(finding.value):,} 个"
    return Words(formula, margin, "不再有违法矿产图斑（重新定性或撤销）后解除")


def _freeze(finding: Finding, row: Figures, p: Parameters) -> Words:
    if finding.mark == "thaw":
        return Words("违法占用耕地已全部整改", "", "登记解冻后结束")
    area = format_mu(finding.value)
    return Words(
        f"违法占用耕地未整改 {area} 亩",
        f"等量先行冻结补充耕地指标 {area} 亩",
        "全部整改完成后可申请解冻",
    )


def _monitoring(finding: Finding, row: Figures, p: Parameters) -> Words:
    formula = f"问责比例或永久基本农田、红线连续 {int(finding.value)} 个月末达到预警"
    line = int(finding.threshold)
    over = int(finding.value) - line
    margin = f"较 {line} 个月末多 {over}" if over else f"恰达 {line} 个月末"
    return Words(formula, margin, "下一个月末两项都不在预警时解除")


def _interview(finding: Finding, row: Figures, p: Parameters) -> Words:
    if finding.severity is Severity.ACCOUNTABILITY:
        ends = "限期整改完成并登记后解除"
        if finding.patches:
            ends = f"所列的{len(finding.patches)}个图斑全部整改（消除违法状态）后解除"
        return Words(f"限期整改逾期 {int(finding.value)} 天", "", ends)
    if finding.unit == "ratio":
        return _interview_by_ratio(finding, row)
    if finding.unit == "mu":
        line = (finding.threshold,)
        what = next(name for about, name in _LAND if finding.about.startswith(about))
        margin = _distance(finding.value, *line, "亩", f"{format_plain(finding.threshold)}亩约谈线")
        formula = f"{what} {format_mu(finding.value, line)} 亩"
        return Words(formula, margin, _BELOW_THE_LINE)
    formula = f"违法矿产图斑 {int(finding.value):,} 个，有战略性矿种"
    return Words(formula, "已达约谈线", "不再有战略性矿种的违法图斑（重新定性或撤销）后解除")


_BELOW_THE_LINE = "各项都降到约谈线以下后解除；约谈后请登记"
#: What a finding in 亩 is about → what it says.
_LAND = (
    ("basic_farmland", "违法占用永久基本农田未消除"),
    ("redline", "违法占用生态保护红线未消除"),
    ("ratio_", "违法占用耕地"),
)


def _interview_by_ratio(finding: Finding, row: Figures) -> Words:
    """The year's ratio at the line, or below it with 恶劣影响 recorded."""
    line, variant = finding.threshold, _variant(finding)
    part, whole = row[f"ratio_{variant}_part_mu"], row["new_construction_farmland_mu"]
    ends = _BELOW_THE_LINE if meets(finding.value, line) else "恶劣影响的登记撤销后解除"
    if not whole:  # 恶劣影响 where nothing was built on farmland
        return Words("年度问责比例 —（没有新增建设占用耕地）", "", ends)
    formula = f"年度问责比例 {format_rate(finding.value, (line,))}"
    return Words(formula, _share_distance(part, whole, line, "约谈"), ends)


def _confirmed(finding: Finding, row: Figures, p: Parameters) -> Words:
    return Words(f"已确认 {int(finding.value)} 次", "", "登记撤销后解除")


def _changed(finding: Finding, row: Figures, p: Parameters) -> Words:
    ends = "再次复核未变化后解除"
    return Words(f"{int(finding.value)} 个地块复核有变化：{finding.note}", "", ends)


_WORDS: dict[str, Callable[[Finding, Figures, Parameters], Words]] = {
    "T1": _clearance,
    "T2": _errors,
    "T3": _ratio,
    "T4": _protected,
    "T5": _slow,
    "T6": _major,
    "T7": _refused,
    "T8": _minerals,
    "T9": _freeze,
    "T10": _monitoring,
    "T11": _interview,
    "T12": _confirmed,
    "T13": _changed,
    "T14": _confirmed,
}
