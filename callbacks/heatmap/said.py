"""What 违法占用 says in numbers beside the map: sentence, sums, hot spots, the table of units.

All of it comes from the same points as the layers (data/maps/points.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dash import html
from dash.development.base_component import Component

from callbacks.frame.context import PageContext, read_context
from callbacks.heatmap.address import (
    HeatmapAddress,
    outline_problem,
    read_heatmap,
)
from callbacks.heatmap.patches import PATH as LIST_PATH
from components import paths
from components.heatmap.beside import (
    Sum,
    UnitRow,
    spots_list,
    sums_table,
    title,
    units_table,
)
from components.links import href
from components.parts.cards import KeyFigure, key_figure, problem_notes
from components.parts.figure_text import change_text
from data.definitions import DEFINITIONS
from data.maps.areas import areas
from data.maps.cube import MapCube, map_cube
from data.maps.mercator import Box
from data.maps.points import Totals, points, totals
from data.maps.question import MapQuestion, amount_text
from data.maps.spots import PlaceNames, Spot, spots
from data.outlook.leading import NO_DATA
from data.periods import format_day, month_ends_before
from data.services import Services
from data.store.queries.places import towns
from data.units import format_count, format_mu, format_rate

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from data.store.engine import Store

PATH = paths.HEATMAP
#: What a leader asks of a map first; each leads to its own map. None that is dear to count: of 疑似
#: each day costs a query.
KEY_MEASURES = (
    "remaining_farmland_mu",
    "remaining_basic_farmland_mu",
    "remaining_redline_mu",
    "unlawful_parcels",
    "overdue",
)


@dataclass(frozen=True)
class View:
    """One address read."""

    context: PageContext
    address: HeatmapAddress
    cube: MapCube
    whole: Totals

    @property
    def question(self) -> MapQuestion:
        return self.address.question

    @property
    def names(self) -> dict[str, str]:
        """District code → short name."""
        return {d.code: d.short_name for d in self.context.stamp.districts}

    @property
    def where(self) -> str:
        return self.context.district_name

    def text(self, value: int) -> str:
        return amount_text(self.question, value)

    def address_of(self, path: str, **own: str | None) -> str:
        """Another page with this question; the day is the one that the map shows."""
        q = self.question
        return href(
            path,
            self.context.query,
            **{
                **q.parameters(),
                "asof": q.as_of.isoformat() if self.address.day else self.context.query.get("asof"),
                "screen": None,
                **own,
            },
        )


def read_view(conn: Connection, services: Services, search: str) -> View:
    context = read_context(conn, services.settings, search)
    address = read_heatmap(context)
    cube = map_cube(services.store, context.year, conn)
    return View(context, address, cube, totals(cube, context.scope, address.question))


# ---- what is said --------------------------------------------------------------------------------


def headline(view: View, found: Sequence[Spot]) -> str:
    """The map in one sentence: how much, and where it is densest."""
    q, whole = view.question, view.whole
    day = format_day(q.as_of, view.context.year)
    label = q.what.label
    densest = ""
    if found:
        what = "增加最集中处" if q.is_difference else "最集中处"
        first = found[0]
        densest = f"，{what}：{first.name}（{view.text(first.value)}，{first.patches:,}个图斑）"
    if not len(view.cube.patches["id"]):
        return f"截至{day}，{view.where}还没有下发图斑，{NO_DATA}"
    if q.is_difference:
        compared = q.compared_in_words()
        if not whole.patches:
            return f"截至{day}，{view.where}{label}{compared}没有变化"
        return f"截至{day}，{view.where}{label}{compared}{_change_words(view)}{densest}"
    if not whole.patches:
        return f"截至{day}，{view.where}没有{label}"
    return f"截至{day}，{view.where}{label}{view.text(whole.value)}{densest}"


def _change_words(view: View) -> str:
    value = view.whole.value
    if value == 0:
        return "总数持平"
    return f"{'增加' if value > 0 else '减少'}{view.question.what.text(abs(value))}"


def subline(view: View) -> str:
    """What narrows the map, how many patches it has, and which of them cannot be on it."""
    q, whole = view.question, view.whole
    parts = [f"{format_count(whole.patches)}个图斑", *q.in_words()]
    if view.address.day is not None:
        as_of = format_day(view.context.as_of, view.context.year)
        parts.append(f"显示{format_day(q.as_of, view.context.year)}的情况（基准日{as_of}）")
    if whole.unlocated_patches:
        parts.append(
            f"其中{format_count(whole.unlocated_patches)}个没有位置，未上图"
            f"（{view.text(whole.unlocated_value)}）"
        )
    return "；".join(parts) + "。"


def key_figures(view: View) -> Component:
    """The five measures, as the months and the type leave them, each leading to its own map."""
    now = view.question.now
    past_days = month_ends_before(now.as_of, view.context.year, 1)
    own = {k: v for k, v in now.parameters().items() if k != "measure"}
    if view.address.day:
        own["day"] = view.address.day.isoformat()
    boxes = []
    for key in KEY_MEASURES:
        asked = replace(now, measure=key)
        found = totals(view.cube, view.context.scope, asked)
        value = asked.what.number(found.value)
        change, good = "", None
        if past_days:
            before = totals(view.cube, view.context.scope, replace(asked, as_of=past_days[-1]))
            change, good = change_text(key, value, asked.what.number(before.value))
        shown = format_mu(value) if asked.what.is_area else format_count(int(value))
        boxes.append(
            key_figure(
                KeyFigure(
                    asked.what.label,
                    shown,
                    asked.what.unit,
                    DEFINITIONS[key],
                    href(PATH, view.context.query, measure=key, **own),
                    change,
                    good,
                )
            )
        )
    return html.Div(boxes, className="key-figures")


def top(view: View, found: Sequence[Spot]) -> list[Component]:
    query = view.context.query
    problems = [*view.context.problems, *view.address.problems]
    if bad := outline_problem(query):
        problems.append(bad)
    return [
        html.H1(headline(view, found), className="headline"),
        html.P(subline(view), className="subline"),
        *problem_notes(problems, href(PATH, query)),
        key_figures(view),
    ]


def map_title(view: View) -> list[Component]:
    """Which district has most of it."""
    q, whole = view.question, view.whole
    text = f"{q.what.label}{'的变化' if q.is_difference else ''}在哪里"
    values = {code: value for code, value in whole.by_district.items() if value}
    if not view.context.district and len(values) > 1:
        code = max(values, key=lambda c: values[c])
        name, most = view.names.get(code, code), values[code]
        if q.is_difference and most > 0:
            text = f"{q.what.label}：{name}增加最多（{view.text(most)}）"
        elif not q.is_difference and whole.value > 0:
            text = f"{q.what.label}：{name}最多，占{format_rate(most / whole.value)}"
    return title(text, DEFINITIONS[q.measure])


def in_view(view: View, box: Box | None) -> tuple[Component, str]:
    """The sums inside and outside the map's view, and what the map says where nothing is in it."""
    q, whole = view.question, view.whole
    found = points(view.cube, view.context.scope, q, box)
    outside_value = whole.value - whole.unlocated_value - found.total
    outside = whole.patches - whole.unlocated_patches - len(found)
    bbox = ",".join(f"{v:.6f}" for v in box) if box else None
    sums = [
        Sum(
            "当前视图内",
            view.text(found.total),
            len(found),
            view.address_of(LIST_PATH, bbox=bbox),
        ),
        Sum("视图以外", view.text(outside_value), outside),
        Sum(
            "没有位置",
            view.text(whole.unlocated_value),
            whole.unlocated_patches,
            view.address_of(LIST_PATH, nowhere="1"),
        ),
        Sum(
            f"{view.where}合计",
            view.text(whole.value),
            whole.patches,
            view.address_of(LIST_PATH),
        ),
    ]
    unit = "变化" if q.is_difference else "数量"
    return sums_table(sums, unit), empty_note(view, len(found))


def empty_note(view: View, seen: int) -> str:
    """Why the map is empty and what to do; nothing where it is not."""
    q, whole = view.question, view.whole
    if seen:
        return ""
    if whole.patches > whole.unlocated_patches:
        return f"当前视图内没有{q.what.label}。请缩小地图，或点按右侧的集中区域。"
    if whole.patches:
        return (
            f"{format_count(whole.patches)}个图斑都没有位置，无法上图。"
            "请在“下发图斑”中补充图形或坐标后上传。"
        )
    if q.is_difference:
        return "两个时段之间没有变化。请换一个对比日期或月份。"
    if q.months or q.patch_type is not None:
        return f"所选条件下没有{q.what.label}。请放宽月份或图斑类型。"
    return f"{view.where}没有{q.what.label}。可以换一个指标，或在下方看其他日期。"


def hot_spots(conn: Connection, view: View) -> list[Spot]:
    names = PlaceNames(view.names, {town["code"]: town["name"] for town in towns(conn)})
    return spots(view.cube, view.context.scope, view.question, names)


def spots_part(view: View, found: Sequence[Spot]) -> Component:
    q = view.question
    return spots_list(
        [
            {
                "rank": spot.rank,
                "name": spot.name,
                "box": spot.box,
                "text": view.text(spot.value),
                "patches": spot.patches,
                "change_text": "" if spot.change is None else q.what.change_text(spot.change),
            }
            for spot in found
        ]
    )


def units(conn: Connection, store: Store, view: View) -> Component:
    """The table of the choropleth: every unit with value, share and density, and what they add up
    to."""
    q, whole, context = view.question, view.whole, view.context
    found = areas(conn, store, view.cube, context.scope, q, view.address.by)
    order = {unit.short_name: at for at, unit in enumerate(context.stamp.districts)}
    codes = {unit.short_name: unit.code for unit in context.stamp.districts}
    placed = [(area.name, area.value, found.density_text(area)) for area in found.areas]
    unplaced = [(unit.name, unit.value, "无边界") for unit in found.unplaced]
    by_town = view.address.by == "town"
    listed = [*placed, *unplaced]
    if by_town:
        listed = sorted((u for u in listed if u[1]), key=lambda u: -abs(u[1]))
    else:
        listed = sorted(listed, key=lambda u: order.get(u[0], len(order)))

    def share(value: int) -> str:
        comparable = not q.is_difference and whole.value > 0
        return format_rate(value / whole.value) if comparable else "—"

    own = view.address.own_parameters()
    rows = [
        UnitRow(
            name,
            view.text(value),
            share(value),
            density,
            view.address_of(LIST_PATH, district=codes[name]) if value and name in codes else None,
            href(PATH, {**context.query, "district": codes[name]}, **own)
            if name in codes
            else None,
        )
        for name, value, density in listed
    ]
    rows.append(UnitRow("合计", view.text(found.total), share(found.total), "", None))
    return units_table(rows, "乡镇" if by_town else "区市", q.what.label, f"密度（按{found.base}）")
