"""The three variants of the accountability ratio beside one another (domain.md §6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from data.units import format_rate, meets
from data.vocabulary import RatioVariant

Figures = Mapping[str, Any]
#: What stands over the line of a ratio, by its variant.
NUMERATORS = {
    RatioVariant.NET: "未消除的违法占用耕地",
    RatioVariant.GROSS: "违法占用耕地（不扣除已消除）",
    RatioVariant.STRICT: "违法占用耕地（只扣除已拆除复耕、验收并出证的，和规定的项目类型）",
}
SPLIT = "口径不同，结论不同"


def ratio_of(row: Figures, variant: RatioVariant) -> float | None:
    value: float | None = row[f"ratio_{variant}"]
    return value


def others_note(row: Figures, judged: RatioVariant, lines: Sequence[float]) -> str:
    """`未扣除 20%，从严扣除 18.5%`: the ratio by the variants that do not judge."""
    return "，".join(
        f"{variant.label} {format_rate(ratio_of(row, variant), tuple(lines))}"
        for variant in RatioVariant
        if variant is not judged
    )


def dividing_lines(row: Figures, lines: Sequence[float]) -> list[float]:
    """The lines that some variants meet and others do not."""
    values = [ratio_of(row, variant) for variant in RatioVariant]
    if None in values:
        return []
    return [line for line in lines if len({meets(value, line) for value in values}) > 1]


def split_note(row: Figures, lines: Sequence[float]) -> str:
    """`口径不同，结论不同：15%线，未扣除 18.2%、从严扣除 15.3% 已达，扣除已消除 9.6% 未达`; nothing
    where all variants stand on the same side of every line."""
    parts = [_sides(row, line, lines) for line in dividing_lines(row, lines)]
    return f"{SPLIT}：{'；'.join(parts)}" if parts else ""


def _sides(row: Figures, line: float, lines: Sequence[float]) -> str:
    sides: dict[bool, list[str]] = {True: [], False: []}
    for variant in RatioVariant:
        value = ratio_of(row, variant)
        text = f"{variant.label} {format_rate(value, tuple(lines))}"
        sides[meets(value, line)].append(text)
    reached, below = "、".join(sides[True]), "、".join(sides[False])
    return f"{format_rate(line)}线，{reached} 已达，{below} 未达"
