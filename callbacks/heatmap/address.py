"""What 违法占用 shows, as it stands in the address.

`/heatmap?measure=remaining_farmland_mu&months=2023-09&against=2023-10-31&day=2023-08-31&layer=bins&
view=121.9,37.1,122.3,37.4`. A part that cannot be read is named in a sentence and replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from callbacks.frame.context import PageContext
from data.maps.mercator import BadBox, Box, read_box
from data.maps.patch_tiles import COLOURINGS
from data.maps.question import BadQuestion, MapQuestion, read_question
from data.maps.selection import BadOutline, read_outline
from data.periods import format_day
from data.vocabulary import ReferenceLayer

#: What the page owns of the address, in this order; assets/js/heatmap.js knows them, too.
QUESTION_KEYS = ("measure", "months", "type", "against", "against_months")
VIEW_KEYS = ("day", "layer", "radius", "by", "colour", "overlays", "view", "poly")
KEYS = (*QUESTION_KEYS, *VIEW_KEYS)

LAYERS = {"heat": "热力面", "bins": "网格", "areas": "区市", "patches": "图斑"}
#: Metres: how far a patch spreads in the heat surface.
RADII = {"500": "0.5公里", "1000": "1公里", "2000": "2公里"}
UNITS = {"district": "区市", "town": "乡镇"}
#: A value of `overlays` beside those of ReferenceLayer.
IMAGERY = "imagery"


@dataclass(frozen=True, slots=True)
class HeatmapAddress:
    """question: with the shown day. day: the shown day where it is not the as-of date. problems:
    Chinese sentences on what was replaced."""

    question: MapQuestion
    day: date | None = None
    layer: str = "heat"
    radius: str = "1000"
    by: str = "district"
    colour: str = "status"
    overlays: tuple[str, ...] = ()
    view: Box | None = None
    problems: tuple[str, ...] = ()

    def own_parameters(self) -> dict[str, str]:
        """The page's part of the address without the view of the map; what equals the default is
        left out."""
        parts = {
            **self.question.parameters(),
            "day": self.day.isoformat() if self.day else "",
            "layer": "" if self.layer == "heat" else self.layer,
            "radius": "" if self.radius == "1000" else self.radius,
            "by": "" if self.by == "district" else self.by,
            "colour": "" if self.colour == "status" else self.colour,
            "overlays": ",".join(self.overlays),
        }
        return {key: parts[key] for key in KEYS if parts.get(key)}

    def own(self) -> str:
        """The same as one string: what the page keeps."""
        return urlencode(self.own_parameters(), safe=",")


def _one_of(choices: Mapping[str, str], what: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            known = "、".join(f"{key}（{label}）" for key, label in choices.items())
            raise ValueError(f"没有{what}“{text[:40]}”，已改用默认的。可用的：{known}。")
        return text

    return read


def _read_overlays(text: str) -> tuple[str, ...]:
    """Raises ValueError."""
    chosen = tuple(dict.fromkeys(part for part in text.split(",") if part))
    known = {layer.value for layer in ReferenceLayer} | {IMAGERY}
    for name in chosen:
        if name not in known:
            raise ValueError(f"没有叠加图层“{name[:40]}”，已不叠加。请从“叠加图层”中选择。")
    return chosen


_READERS: dict[str, Callable[[str], Any]] = {
    "layer": _one_of(LAYERS, "图层"),
    "radius": _one_of(RADII, "平滑半径"),
    "by": _one_of(UNITS, "统计单位"),
    "colour": _one_of(COLOURINGS, "着色方式"),
    "overlays": _read_overlays,
}


def _read_day(text: str, context: PageContext) -> date | None:
    """None for the as-of date itself. Raises ValueError."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"显示日期“{text[:20]}”无法识别，已改看基准日。日期应写作 2023-05-24。"
        ) from None
    if not date(context.year, 1, 1) <= day <= context.as_of:
        raise ValueError(
            f"显示日期{day.isoformat()}不在{context.year}年1月1日至基准日之间，已改看基准日。"
        )
    return None if day == context.as_of else day


def _question(
    query: Mapping[str, str], context: PageContext, day: date | None
) -> tuple[MapQuestion, list[str]]:
    """The question, and what of it was left out."""
    asked, problems = dict(query), []
    while True:
        try:
            question = read_question(asked, context.year, day or context.as_of, context.district)
        except BadQuestion as bad:
            asked.pop(bad.parameter)
            problems.append(f"{bad.said}这一项已改用默认值。")
            continue
        if question.against_on is not None and question.against_on > context.as_of:
            asked.pop("against")
            problems.append(
                f"对比日期{format_day(question.against_on, context.year)}晚于基准日，已不作对比。"
            )
            continue
        return question, problems


def read_heatmap(context: PageContext) -> HeatmapAddress:
    """The page's part of an address."""
    query = context.query
    values: dict[str, Any] = {}
    problems: list[str] = []
    for key, read in _READERS.items():
        if query.get(key):
            try:
                values[key] = read(query[key])
            except ValueError as error:
                problems.append(str(error))
    day = None
    if query.get("day"):
        try:
            day = _read_day(query["day"], context)
        except ValueError as error:
            problems.append(str(error))
    question, refused = _question(query, context, day)
    return HeatmapAddress(
        question=question,
        day=day,
        view=_read_view(query.get("view", "")),
        problems=(*refused, *problems),
        **values,
    )


def outline_problem(query: Mapping[str, str]) -> str | None:
    """What is wrong with the outline in the address, which assets/js/heatmap.js draws."""
    try:
        if query.get("poly"):
            read_outline(query["poly"])
    except BadOutline as error:
        return error.message
    return None


def _read_view(text: str) -> Box | None:
    """A view that cannot be read is that of the city: nothing is lost by it."""
    try:
        return read_box(text) if text else None
    except BadBox:
        return None
