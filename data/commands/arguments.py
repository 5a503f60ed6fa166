"""What the words of a command line mean: days, years, coordinate systems, pairs."""

from __future__ import annotations

import argparse
import math
import re
from datetime import date, datetime

from data.known import read_moment
from data.numbers import whole_number
from data.units import MAX_AREA_MU
from data.vocabulary import RecordKind, ReferenceLayer

Arguments = argparse.Namespace


#: ISO weeks, which `fromisoformat` reads too, are no days that anybody means.
_DAY = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}")


def a_day(text: str) -> date:
    try:
        if not _DAY.fullmatch(text):
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"日期“{text}”无法识别，应写作 2023-05-24") from None


def a_moment(text: str) -> datetime:
    """UTC where no offset stands."""
    try:
        return read_moment(text)
    except ValueError:
        sample = "2023-11-23T09:05:00+08:00"
        raise argparse.ArgumentTypeError(f"时刻“{text}”无法识别，应写作 {sample}") from None


def a_year(text: str) -> int:
    year = whole_number(text, 2000, 2100)
    if year is None:
        raise argparse.ArgumentTypeError(f"年度“{text}”无法识别，应为四位年份")
    return year


def a_month(text: str) -> str:
    if not re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", text):
        raise argparse.ArgumentTypeError(f"月份“{text}”无法识别，应写作 2023-05")
    return text


def a_number(text: str) -> int:
    number = whole_number(text)
    if number is None:
        raise argparse.ArgumentTypeError(f"“{text}”应为整数")
    return number


def an_area(text: str) -> float:
    """亩, more than nothing."""
    try:
        area_mu = float(text)
    except ValueError:
        area_mu = math.nan
    if not 0 < area_mu <= MAX_AREA_MU:
        raise argparse.ArgumentTypeError(f"面积“{text}”无法识别，应为大于 0 的亩数")
    return area_mu


def a_crs(text: str) -> int:
    code = whole_number(text.upper().removeprefix("EPSG:"), most=999_999)
    if code is None:
        raise argparse.ArgumentTypeError(f"坐标系“{text}”无法识别，应写作 EPSG:4528")
    return code


def a_set_value(text: str) -> tuple[str, str]:
    column, equals, value = text.partition("=")
    if not equals or not column.strip():
        raise argparse.ArgumentTypeError(f"“{text}”应写作 列=值")
    return column.strip(), value.strip()


def unit_codes(text: str) -> list[str]:
    return [code.strip() for code in text.replace("，", ",").split(",") if code.strip()]


def a_layer(text: str) -> ReferenceLayer:
    for layer in ReferenceLayer:
        if text in (layer.value, layer.label):
            return layer
    names = "、".join(layer.label for layer in ReferenceLayer)
    raise argparse.ArgumentTypeError(f"没有图层“{text}”，可选：{names}")


def a_parameter(text: str) -> tuple[str, str]:
    rule, dot, name = text.partition(".")
    if not dot or not name:
        raise argparse.ArgumentTypeError(f"“{text}”应写作 规则.参数，如 T3.warning_ratio")
    return rule, name


def a_record_kind(text: str) -> RecordKind:
    for kind in RecordKind:
        if text in (kind.value, kind.label):
            return kind
    names = "、".join(f"{kind.value} {kind.label}" for kind in RecordKind)
    raise argparse.ArgumentTypeError(f"没有登记种类“{text}”，可选：{names}")
