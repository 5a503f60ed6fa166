"""Figures as texts: values on their side of a line, changes, margins, forecasts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dash import html
from dash.development.base_component import Component

from data.definitions import DEFINITIONS
from data.units import (
    THRESHOLD_DECIMALS,
    format_rate,
    meets,
    over_text,
    room_text,
)
from data.variants import SPLIT, dividing_lines, others_note, ratio_of
from data.vocabulary import RatioVariant

if TYPE_CHECKING:
    from data.outlook.forecasts import Forecast
    from data.rules.forecast import Record

Figures = Mapping[str, Any]
#: Ratios that differ by less are on the same side of every line.
ONE_STEP = 10.0**-THRESHOLD_DECIMALS


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of the rules in force on the day, beside which values must not be rounded over.

    warning_share: T1, on-time share of a month. warning_ratio, interview_ratio: T3, of the ratio
    by the `variant` that judges. interview_mu: T4, 亩 of protected land.
    """

    warning_share: float
    warning_ratio: float
    interview_ratio: float
    interview_mu: float
    variant: RatioVariant = RatioVariant.NET

    @property
    def ratios(self) -> tuple[float, float]:
        return self.warning_ratio, self.interview_ratio

    @property
    def shares(self) -> tuple[float]:
        return (self.warning_share,)


def shown(name: str, value: float | int | None, lines: Lines) -> str:
    """A figure as text; rates keep to their side of the lines."""
    return DEFINITIONS[name].shown(value, lines.ratios if "ratio" in name else lines.shares)


def change_text(name: str, now: float | None, then: float | None) -> tuple[str, bool | None]:
    """(`较上月末 +1.2 个百分点`, whether that is good)."""
    if now is None or then is None:
        return "", None
    unit = DEFINITIONS[name].unit
    difference = (now - then) * (100 if unit == "%" else 1)
    words = {"%": "个百分点", "亩": "亩"}.get(unit, unit)
    decimals = 0 if unit in ("个", "宗") else 1
    if round(difference, decimals) == 0:
        return "与上月末持平", None
    better = DEFINITIONS[name].better
    good = None if better == "neither" else (difference > 0) == (better == "more")
    return f"较上月末 {difference:+,.{decimals}f} {words}", good


def judged_ratio(row: Figures, lines: Lines) -> float | None:
    """The ratio by the variant that judges."""
    return ratio_of(row, lines.variant)


def ratio_margin(row: Figures, line: float, variant: RatioVariant, name: str = "") -> str:
    """`低于 29.4 亩`: how much unlawful farmland is still free under a line of the ratio; `超出 0.1
    亩`: how much is over it. name: of the line, as in `低于15%线 29.4 亩`."""
    whole = row["new_construction_farmland_mu"]
    if not whole:
        return "—"
    part, ratio = row[f"ratio_{variant}_part_mu"], ratio_of(row, variant)
    if meets(ratio, line):
        if not meets(ratio, line + ONE_STEP):
            return f"恰在{name or '线'}上"
        return f"超出{name} {over_text(max(part - line * whole, 0.0), '亩')}"
    return f"低于{name} {room_text(line * whole - part, '亩')}"


def other_variants(row: Figures, lines: Lines) -> str:
    """`未扣除 20%，从严扣除 18.5%`: the ratio by the variants that do not judge."""
    return others_note(row, lines.variant, lines.ratios)


def ratio_standing(value: float | None, lines: Lines) -> tuple[str, str]:
    """(class, word) of a ratio that has reached a line; nothing for one that has not."""
    if meets(value, lines.interview_ratio):
        return "severity-interview", "◆ 已达约谈线"
    if meets(value, lines.warning_ratio):
        return "severity-early-warning", "▲ 达预警线"
    return "", ""


def margin_to_line(row: Figures, lines: Lines) -> str:
    """`低于15%线 59.0 亩`, `超出15%线 3.3 亩`, `恰在15%线上`; nothing without a ratio."""
    if not row["new_construction_farmland_mu"]:
        return ""
    line = lines.interview_ratio
    return ratio_margin(row, line, lines.variant, f"{format_rate(line)}线")


def ratio_mark(row: Figures, lines: Lines) -> tuple[str, str]:
    """(class, words) beside the ratio that judges: which line it has reached, how far it is from
    one, and whether another variant says otherwise."""
    tone_of, word = ratio_standing(judged_ratio(row, lines), lines)
    split = SPLIT if dividing_lines(row, lines.ratios) else ""
    return tone_of, " ".join(filter(None, (word, margin_to_line(row, lines), split)))


def expected_missing(forecast: Forecast | None) -> int | None:
    """Patches that a district is expected to miss; None where there is nothing to go by."""
    if forecast is None or forecast.expected is None:
        return None
    return max(1, round(forecast.expected)) if forecast.will_miss else 0


def band_text(forecast: Forecast | None) -> str:
    """`1–6个`; nothing without a forecast, and one number where both ends are the same."""
    if forecast is None or forecast.band is None:
        return ""
    low, high = round(forecast.band.low), round(forecast.band.high)
    return f"{low:,}个" if low == high else f"{low:,}–{high:,}个"


def record_text(record: Record) -> str:
    """`9/11`: past forecasts that held, of how many."""
    return f"{record.hits}/{record.trials}" if record.trials else "—"


def forecast_reason(name: str, forecast: Forecast, days_left: int, words: tuple[str, str]) -> str:
    """Why a district's forecast of patches says what it says, in one sentence.

    words: what the patches are now and what they missed (`未上报`, `未按期上报`).
    """
    open_, missed = words
    when = f"到期前{days_left}天" if days_left else "到期当日"
    if forecast.band is None:
        return f"{name}：没有往月可比，不作推算。"
    if forecast.seen:
        basis = (
            f"往{len(forecast.months)}个月{when}{open_}的{forecast.seen:,}个中，"
            f"{forecast.missed:,}个{missed}（{format_rate(forecast.missed / forecast.seen)}）"
        )
    else:
        basis = "没有本区市往月可比，按全市往月推算"
    later = f"，此后预计还会下发{forecast.later:,}个" if forecast.later else ""
    expected = round(forecast.band.likely)
    text = (
        f"{name}：{basis}；现有{round(forecast.remaining):,}个{open_}{later}，"
        f"预计差{expected:,}个，八成把握为{band_text(forecast)}。"
    )
    if forecast.record.trials:
        text += record_sentence(forecast.record) + "。"
    return text


def record_sentence(record: Record) -> str:
    """`近11个月预测命中9个月`."""
    return f"近{record.trials}个月预测命中{record.hits}个月"


def tone(rate: float | None, warning_share: float) -> str | None:
    """The colour of an on-time rate: tone-full, tone-short, tone-low of tokens.json."""
    if rate is None:
        return None
    if meets(rate, 1.0):
        return "tone-full"
    return "tone-short" if meets(rate, warning_share) else "tone-low"


def tone_legend(warning_share: float) -> Component:
    """What the three colours of an on-time rate mean."""
    line = format_rate(warning_share)
    return html.Span(
        [
            html.Span("按期100%", className="key tone-full"),
            html.Span(f"{line}及以上", className="key tone-short"),
            html.Span(f"低于{line}（预警）", className="key tone-low"),
        ],
        className="tone-legend",
    )


def ratio_tone(value: float | None, lines: Lines) -> str | None:
    """The colour of an area by its ratio: tone-full, tone-short, tone-low of tokens.json."""
    if value is None:
        return None
    if meets(value, lines.interview_ratio):
        return "tone-low"
    return "tone-short" if meets(value, lines.warning_ratio) else "tone-full"


def ratio_legend(lines: Lines) -> Component:
    """What the three colours of a ratio mean."""
    warning, interview = format_rate(lines.warning_ratio), format_rate(lines.interview_ratio)
    return html.Span(
        [
            html.Span(f"低于{warning}", className="key tone-full"),
            html.Span(f"{warning}及以上（预警）", className="key tone-short"),
            html.Span(f"{interview}及以上（约谈线）", className="key tone-low"),
        ],
        className="tone-legend",
    )
