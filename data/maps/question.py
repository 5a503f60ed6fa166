"""What a map is asked: the same for every layer, export and list (docs/maps.md, The question)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from data.errors import SupervisionError
from data.maps.measures import DEFAULT_MEASURE, MAP_MEASURES, MapMeasure
from data.periods import format_day, format_month
from data.vocabulary import PatchType

_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")


class BadQuestion(SupervisionError):
    """A part of the question cannot be read. parameter: which. said: the sentence for a page, where
    a box offers what there is; a program is also told what it may ask."""

    def __init__(self, parameter: str, said: str, offered: str = "") -> None:
        super().__init__(said + offered)
        self.parameter = parameter
        self.said = said


@dataclass(frozen=True, slots=True)
class MapQuestion:
    """months: clearance months, none for all. against_on: a day, against_months: months, from
    which the difference is taken; at most one of the two."""

    year: int
    as_of: date
    measure: str = DEFAULT_MEASURE
    district: str | None = None
    months: tuple[str, ...] = ()
    patch_type: PatchType | None = None
    against_on: date | None = None
    against_months: tuple[str, ...] = ()

    @property
    def is_difference(self) -> bool:
        return self.against_on is not None or bool(self.against_months)

    @property
    def what(self) -> MapMeasure:
        return MAP_MEASURES[self.measure]

    @property
    def now(self) -> MapQuestion:
        """Without the comparison."""
        return replace(self, against_on=None, against_months=())

    @property
    def before(self) -> MapQuestion | None:
        """What is subtracted; None where nothing is."""
        if self.against_on is not None:
            return replace(self.now, as_of=self.against_on)
        if self.against_months:
            return replace(self.now, months=self.against_months)
        return None

    def in_words(self) -> list[str]:
        """What narrows it and what it is compared with, a Chinese sentence each."""
        said = []
        if self.months:
            said.append(f"月清月份：{_months(self.months, self.year)}")
        if self.patch_type is not None:
            said.append(f"图斑类型：{self.patch_type.label}")
        if self.is_difference:
            said.append(self.compared_in_words())
        return said

    def compared_in_words(self) -> str:
        """`与8月31日相比`; nothing where nothing is compared."""
        if self.against_on is not None:
            return f"与{format_day(self.against_on, self.as_of.year)}相比"
        if self.against_months:
            return f"与{_months(self.against_months, self.year)}相比"
        return ""

    def parameters(self) -> dict[str, str]:
        """Its own part of an address; year, day and district are the page's."""
        given = {
            "measure": "" if self.measure == DEFAULT_MEASURE else self.measure,
            "months": ",".join(self.months),
            "type": self.patch_type.value if self.patch_type else "",
            "against": self.against_on.isoformat() if self.against_on else "",
            "against_months": ",".join(self.against_months),
        }
        return {key: value for key, value in given.items() if value}


def _months(months: tuple[str, ...], year: int) -> str:
    return "、".join(format_month(month, year) for month in months)


def _read_months(query: Mapping[str, str], name: str) -> tuple[str, ...]:
    given = tuple(part for part in query.get(name, "").split(",") if part)
    if len(given) > 24 or any(not _MONTH.fullmatch(month) for month in given):
        raise BadQuestion(name, "月份无法识别。应写作 2023-05，多个月份用英文逗号隔开。")
    return tuple(sorted(set(given)))


def read_question(
    query: Mapping[str, str], year: int, as_of: date, district: str | None
) -> MapQuestion:
    """The question of an address. Raises BadQuestion, for a measure with the list of them."""
    measure = query.get("measure") or DEFAULT_MEASURE
    if measure not in MAP_MEASURES:
        known = "、".join(f"{m.key}（{m.label}）" for m in MAP_MEASURES.values())
        raise BadQuestion("measure", f"没有指标“{measure[:40]}”。", f"可用的指标：{known}。")
    patch_type = None
    if kind := query.get("type"):
        if kind not in {t.value for t in PatchType}:
            labels = "、".join(f"{t.value}（{t.label}）" for t in PatchType)
            raise BadQuestion("type", f"没有图斑类型“{kind[:40]}”。", f"可用的类型：{labels}。")
        patch_type = PatchType(kind)
    against_on = None
    if day := query.get("against"):
        try:
            against_on = date.fromisoformat(day)
        except ValueError:
            raise BadQuestion(
                "against", f"对比日期“{day[:20]}”无法识别。日期应写作 2023-05-24。"
            ) from None
        if not 2000 <= against_on.year <= 2100:
            raise BadQuestion("against", f"对比日期“{day[:20]}”不合情理，请另选一天。")
    against_months = _read_months(query, "against_months")
    if against_on is not None and against_months:
        raise BadQuestion("against_months", "对比日期和对比月份只能选一种。")
    return MapQuestion(
        year=year,
        as_of=as_of,
        measure=measure,
        district=district,
        months=_read_months(query, "months"),
        patch_type=patch_type,
        against_on=against_on,
        against_months=against_months,
    )


def amount_text(question: MapQuestion, value: int) -> str:
    return question.what.change_text(value) if question.is_difference else question.what.text(value)
