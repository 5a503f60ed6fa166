"""What each figure means, for the ⓘ beside it: the text a reader sees, with its clause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from data.periods import cutoff_words
from data.units import (
    SMALL_FARMLAND_MU,
    SMALL_PATCHES,
    format_count,
    format_mu,
    format_plain,
    format_rate,
)

Unit = Literal["个", "宗", "亩", "%"]


@dataclass(frozen=True, slots=True)
class Definition:
    """label: what pages call the figure. unit: of the value shown. template: its text; {cutoff}
    stands for D6. better: which way is good.

    No number of a rule stands in a text: it would lie once an administrator has set another.
    """

    label: str
    unit: Unit
    template: str
    clause: str
    better: Literal["more", "less", "neither"] = "neither"

    @property
    def text(self) -> str:
        return self.template.format(cutoff=cutoff_words())

    @property
    def is_area(self) -> bool:
        return self.unit == "亩"

    @property
    def is_rate(self) -> bool:
        return self.unit == "%"

    def shown(self, value: float | int | None, lines: tuple[float, ...] = ()) -> str:
        """A value without its unit, but that of a rate. lines: that no rate crosses by rounding."""
        if self.is_rate:
            return format_rate(value, lines)
        if self.is_area:
            return format_mu(value)
        return format_count(None if value is None else int(value))


def _d(
    label: str,
    unit: Unit,
    text: str,
    clause: str,
    better: Literal["more", "less", "neither"] = "neither",
) -> Definition:
    return Definition(label, unit, text, clause, better)


def small_note() -> str:
    """Which denominators are small."""
    area = format_plain(SMALL_FARMLAND_MU)
    return f"基数小：图斑不足{SMALL_PATCHES}个，或新增建设占用耕地不足{area}亩"


def anchor_of(definition: Definition) -> str:
    """The name of the figure: what `/rules#…` leads to."""
    return next(name for name, known in DEFINITIONS.items() if known is definition)


_COUNTED = "计入统计的违法地块（纳入违法计算、未关联其他图斑），只计土地图斑"
_ELIMINATED = "其中消除违法状态日期不晚于基准日且不晚于{cutoff}的"

DEFINITIONS: dict[str, Definition] = {
    "patches": _d("图斑", "个", "下发日期不晚于基准日且未撤销的图斑，含土地和矿产。", "§2.1"),
    "due": _d("应清图斑", "个", "全部土地图斑，不论是否已到期。", "§3.2"),
    "due_reached": _d(
        "已到期图斑", "个", "到期日早于基准日的土地图斑，是评判和排名的基数。", "§3.2"
    ),
    "cleared": _d(
        "已上报图斑", "个", "全部地块均已上报的土地图斑，按首次全部上报之日计。", "§3.2", "more"
    ),
    "on_time": _d(
        "按期上报图斑", "个", "上报日期不晚于到期日（含当日）的土地图斑。", "§3.2", "more"
    ),
    "late": _d("逾期上报图斑", "个", "已上报，但上报日期晚于到期日的土地图斑。", "§3.2", "less"),
    "overdue": _d("逾期未报图斑", "个", "已过到期日仍未上报的土地图斑。", "§3.2", "less"),
    "unreported": _d(
        "未上报图斑", "个", "应清图斑中尚未全部上报的，不论是否已到期。", "§3.2", "less"
    ),
    "not_final": _d("省级未通过图斑", "个", "省级或省级复核尚未全部通过的图斑。", "§3.3", "less"),
    "unrectified_farmland_mu": _d(
        "未整改违法占用耕地",
        "亩",
        "违法占用耕地中尚无消除违法状态日期的，不受{cutoff}限制，是冻结补充耕地指标的面积。",
        "§4.6",
        "less",
    ),
    "quota_available_mu": _d(
        "可用补充耕地指标",
        "亩",
        "基准日最近一次报送的储备库指标减去已冻结、尚未解冻的指标；冻结多于储备的为负数。",
        "§4.6",
        "more",
    ),
    "certificates_valid": _d(
        "有效的拆除复耕到位证明",
        "宗",
        "以拆除复耕消除违法状态、有证明编号、没有撤销的地块。申请：已消除；已核验、不合格："
        "消除之后市级外业核查的最近一次结果；已出具：有编号；已撤销：登记了撤销理由。",
        "§4.2",
        "more",
    ),
    "suspected": _d(
        "疑似违法图斑",
        "个",
        "尚无地块、有违法或待判定地块，或最近一次市级审核为退回的土地图斑。疑似不等于违法。",
        "§2.1",
        "less",
    ),
    "audited": _d("已审核图斑", "个", "至少有一次市级审核的图斑。", "§3.3、§4.1"),
    "returned": _d("曾被退回图斑", "个", "至少被市级退回一次的图斑。", "§4.1", "less"),
    "final": _d(
        "省级通过图斑",
        "个",
        "省级或省级复核对整个图斑或其每个地块均已通过，且其后未再退回。",
        "§3.3",
        "more",
    ),
    "first_passed": _d("一次通过图斑", "个", "首次市级审核即通过的图斑。", "§4.1", "more"),
    "reached_on_time": _d(
        "已到期中按期上报", "个", "已到期图斑中上报日期不晚于到期日的。", "§3.2", "more"
    ),
    "judged_patches": _d("已判定图斑", "个", "有地块且没有待判定地块的土地图斑。", "§2.1"),
    "hit_patches": _d(
        "含违法地块的图斑", "个", "已判定图斑中至少有一个违法地块的。", "§2.1", "less"
    ),
    "mineral_patches": _d("矿产图斑", "个", "矿产卫片图斑。", "§2.1"),
    "mineral_unlawful_patches": _d(
        "矿产违法图斑", "个", "至少有一个地块被判定为违法的矿产图斑。", "§1、§4.5", "less"
    ),
    "unlawful_parcels": _d("违法地块", "宗", "有效定性为违法的土地图斑地块。", "§2.2", "less"),
    "filed_parcels": _d("已立案地块", "宗", "违法地块中立案日期不晚于基准日的。", "§2.2", "more"),
    "redetermined_parcels": _d(
        "上级定性地块", "宗", "县级已判定、且市级或省级给出定性结果的地块。", "§4.1"
    ),
    "overturned_parcels": _d(
        "被改判地块", "宗", "上级定性地块中有效定性与县级判定不同的。", "§4.1", "less"
    ),
    "unlawful_mu": _d("违法用地", "亩", f"{_COUNTED}的面积之和。", "§2.1", "less"),
    "unlawful_farmland_mu": _d(
        "违法占用耕地", "亩", f"{_COUNTED}的占用耕地面积之和。", "§2.1", "less"
    ),
    "unlawful_basic_farmland_mu": _d(
        "违法占用永久基本农田", "亩", f"{_COUNTED}的占用永久基本农田面积之和。", "§1", "less"
    ),
    "unlawful_redline_mu": _d(
        "违法占用生态保护红线", "亩", f"{_COUNTED}的占用生态保护红线面积之和。", "§1", "less"
    ),
    "eliminated_mu": _d("已消除违法用地", "亩", f"违法用地{_ELIMINATED}。", "§3.4", "more"),
    "eliminated_farmland_mu": _d(
        "已消除违法占用耕地", "亩", f"违法占用耕地{_ELIMINATED}。", "§3.4", "more"
    ),
    "eliminated_basic_farmland_mu": _d(
        "已消除违法占用永久基本农田", "亩", f"违法占用永久基本农田{_ELIMINATED}。", "§3.4", "more"
    ),
    "eliminated_redline_mu": _d(
        "已消除违法占用生态保护红线", "亩", f"违法占用生态保护红线{_ELIMINATED}。", "§3.4", "more"
    ),
    "remaining_mu": _d("未消除违法用地", "亩", "违法用地减去已消除违法用地。", "§3.4", "less"),
    "remaining_farmland_mu": _d(
        "未消除违法占用耕地", "亩", "违法占用耕地减去已消除的。", "§3.4", "less"
    ),
    "remaining_basic_farmland_mu": _d(
        "未消除违法占用永久基本农田", "亩", "违法占用永久基本农田减去已消除的。", "§1", "less"
    ),
    "remaining_redline_mu": _d(
        "未消除违法占用生态保护红线", "亩", "违法占用生态保护红线减去已消除的。", "§1", "less"
    ),
    "excluded_farmland_mu": _d(
        "不纳入违法计算的耕地",
        "亩",
        "有效定性为违法、但“是否纳入违法计算”为否的地块占用耕地面积，单列不计入分子。",
        "§4.4",
    ),
    "new_construction_mu": _d(
        "新增建设用地", "亩", "有效定性为合法或违法、属新增建设且未关联其他图斑的地块面积。", "§4.4"
    ),
    "new_construction_farmland_mu": _d(
        "新增建设占用耕地",
        "亩",
        "新增建设用地地块的占用耕地面积之和，是问责比例的分母。",
        "§4.4",
    ),
    "ratio_gross_part_mu": _d(
        "问责比例分子（未扣除）", "亩", "既计入统计又属新增建设的违法地块占用耕地面积。", "§4.4"
    ),
    "ratio_net_part_mu": _d(
        "问责比例分子（扣除已消除）", "亩", "未扣除分子中尚未消除违法状态的部分。", "§4.4", "less"
    ),
    "ratio_strict_part_mu": _d(
        "问责比例分子（从严扣除）",
        "亩",
        "未扣除分子减去从严口径认可的部分：见“从严认可的已消除耕地”。",
        "§4.4",
        "less",
    ),
    "strictly_eliminated_farmland_mu": _d(
        "从严认可的已消除耕地",
        "亩",
        f"{_COUNTED}中，以拆除复耕消除违法状态、消除日期和验收日期均不晚于基准日和年度截止日、并已出具拆除"
        "复耕到位证明的占用耕地面积；扣减类型在规则“问责比例计算口径”所列之内的地块也在其中，缺省一类也不列。",
        "§4.2、§4.4",
        "more",
    ),
    "awaiting_acceptance_farmland_mu": _d(
        "待验收的已消除耕地",
        "亩",
        "已消除违法占用耕地中，截至基准日和年度截止日尚无验收日期的。",
        "§2.3",
        "less",
    ),
    "land_ratio_gross_part_mu": _d(
        "用地比例分子（未扣除）", "亩", "既计入统计又属新增建设的违法地块面积。", "§4.4"
    ),
    "land_ratio_net_part_mu": _d(
        "用地比例分子（扣除已消除）", "亩", "未扣除分子中尚未消除违法状态的部分。", "§4.4"
    ),
    "land_ratio_strict_part_mu": _d(
        "用地比例分子（从严扣除）", "亩", "未扣除分子减去从严口径认可的部分。", "§4.4"
    ),
    "clearance_rate": _d(
        "上报进度", "%", "已上报图斑 ÷ 应清图斑，反映进度，不作评判。", "§3.2", "more"
    ),
    "on_time_rate": _d("按期上报率", "%", "已到期图斑中按期上报的 ÷ 已到期图斑。", "§3.2", "more"),
    "error_rate": _d("差错率", "%", "曾被退回图斑 ÷ 已审核图斑。", "§2.4、§4.3", "less"),
    "first_pass_rate": _d(
        "一次通过率", "%", "首次市级审核即通过的图斑 ÷ 已审核图斑。", "§4.1", "more"
    ),
    "ratio_net": _d(
        "问责比例（扣除已消除）",
        "%",
        "未消除的违法占用耕地 ÷ 新增建设占用耕地（合法与违法之和）。先求和再相除；{cutoff}后"
        "消除的不再扣除。预警线和约谈线见规则 T3，扣除的口径见规则“问责比例计算口径”。",
        "§4.4",
        "less",
    ),
    "ratio_gross": _d(
        "问责比例（未扣除）",
        "%",
        "违法占用耕地 ÷ 新增建设占用耕地，不扣除已消除的。",
        "§4.4",
        "less",
    ),
    "ratio_strict": _d(
        "问责比例（从严扣除）",
        "%",
        "与未扣除的比例相同，但分子只扣除已拆除复耕、通过验收并出具到位证明的，和规则所列扣减类型的地块。"
        "出处：《土地矿产卫片执法检查工作规范（试行）》5.5.5。",
        "§4.4",
        "less",
    ),
    "land_ratio_net": _d(
        "违法用地比例（扣除已消除）", "%", "按全部用地面积计算的扣除后比例。", "§4.4", "less"
    ),
    "land_ratio_gross": _d(
        "违法用地比例（未扣除）", "%", "按全部用地面积计算的未扣除比例。", "§4.4", "less"
    ),
    "land_ratio_strict": _d(
        "违法用地比例（从严扣除）", "%", "按全部用地面积计算的从严扣除比例。", "§4.4", "less"
    ),
    "rectification_rate": _d(
        "整改率（全部违法用地）", "%", "已消除违法用地 ÷ 违法用地。", "§2.3、§5.4", "more"
    ),
    "unrectified_farmland_rate": _d(
        "未整改率（违法占用耕地）", "%", "未消除违法占用耕地 ÷ 违法占用耕地。", "§5.4", "less"
    ),
    "filing_rate": _d("立案率", "%", "已立案地块 ÷ 违法地块。", "§2.2", "more"),
    "hit_rate": _d("违法图斑占比", "%", "含违法地块的图斑 ÷ 已判定图斑。", "§2.1", "less"),
    "overturn_rate": _d("改判率", "%", "被改判地块 ÷ 上级定性地块。", "§4.1", "less"),
    "city_redetermined_parcels": _d(
        "市级定性地块", "宗", "县级已判定、且市级给出定性结果的土地图斑地块。", "§4.1"
    ),
    "city_overturned_parcels": _d(
        "市级改判地块", "宗", "市级定性地块中市级定性与县级判定不同的。", "§4.1", "less"
    ),
    "city_overturn_rate": _d("市级改判率", "%", "市级改判地块 ÷ 市级定性地块。", "§4.1", "less"),
    "province_redetermined_parcels": _d(
        "省级定性地块", "宗", "县级已判定、且省级或省级复核给出定性结果的土地图斑地块。", "§4.1"
    ),
    "province_overturned_parcels": _d(
        "省级改判地块",
        "宗",
        "省级定性地块中，省级定性与其下一级定性不同的：市级已定性的与市级比，否则与县级判定比。",
        "§4.1",
        "less",
    ),
    "province_overturn_rate": _d(
        "省级改判率", "%", "省级改判地块 ÷ 省级定性地块。", "§4.1", "less"
    ),
    "ratio_net_interval": _d(
        "95%区间",
        "%",
        "按威尔逊方法估计的问责比例（扣除已消除）区间，图斑按其新增建设占用耕地加权折算为等效个数。"
        "图斑越少、大小越悬殊，区间越宽；两个区市的区间重叠较多时，先后可能只是偶然。"
        "图斑超过5,000个的区市不计。",
        "§2.4",
    ),
    "ledger_farmland_mu": _d(
        "台账违法占用耕地", "亩", "历年整改台账中该年度问题的违法占用耕地面积之和。", "§4.6"
    ),
    "ledger_remaining_farmland_mu": _d(
        "台账未消除耕地",
        "亩",
        "其中基准日尚无消除违法状态日期的。台账不设年度截止日。",
        "§4.6",
        "less",
    ),
    "ledger_unrectified_rate": _d(
        "台账未整改率", "%", "台账未消除耕地 ÷ 台账违法占用耕地。", "§4.6", "less"
    ),
}
