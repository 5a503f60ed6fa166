"""What a map can show: figures that add up over places (docs/maps.md)."""

from __future__ import annotations

from dataclasses import dataclass

from data.definitions import DEFINITIONS
from data.units import PARTS_PER_MU, format_count, format_mu

#: Classes of land, as they stand inside the names of the figures.
LAND_CLASSES = {
    "farmland_": "耕地",
    "basic_farmland_": "永久基本农田",
    "redline_": "生态保护红线",
    "": "全部地类",
}
#: What of it: all that was unlawful, what is left of it, what has been eliminated.
STATES = {"unlawful": "总量", "remaining": "未消除", "eliminated": "已消除"}
#: Counts: of parcels, and of patches by what they are on the day.
COUNTS = ("unlawful_parcels", "overdue", "suspected", "patches")


@dataclass(frozen=True, slots=True)
class MapMeasure:
    """key: the figure's name. unit: 亩, 宗 or 个. is_area: values in parts of PARTS_PER_MU."""

    key: str
    label: str
    unit: str
    is_area: bool

    def number(self, value: int) -> float | int:
        """The value of points and sums in the unit."""
        return value / PARTS_PER_MU if self.is_area else int(value)

    def text(self, value: int) -> str:
        """`1,234.56亩`, `12个`."""
        return self.number_text(self.number(value))

    def number_text(self, number: float) -> str:
        if self.is_area:
            return f"{format_mu(number)}亩"
        return f"{format_count(int(number))}{self.unit}"

    def change_text(self, value: int) -> str:
        """With its sign; a change of nothing is 持平."""
        if value == 0:
            return "持平"
        return f"{'+' if value > 0 else '−'}{self.text(abs(value))}"


def _measure(key: str) -> MapMeasure:
    definition = DEFINITIONS[key]
    return MapMeasure(key, definition.label, definition.unit, definition.is_area)


MAP_MEASURES: dict[str, MapMeasure] = {
    key: _measure(key)
    for key in (*(f"{state}_{land}mu" for land in LAND_CLASSES for state in STATES), *COUNTS)
}
DEFAULT_MEASURE = "remaining_farmland_mu"
