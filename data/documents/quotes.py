"""What a paper may quote: figures of the store, each kept with all that makes it defensible.

`Quotes.say("remaining_farmland_mu")` gives `{remaining_farmland_mu}` for a text and keeps the
figure behind it; which patches stand behind each is asked once, at the end. Numbers are those of
store/queries and triggers, never computed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy import Connection

from data.definitions import DEFINITIONS
from data.documents.agency import Agency, agency_on
from data.measures.frozen import Draft, Figure
from data.measures.kinds import Subject
from data.measures.naming import parcel_label
from data.periods import last_month_end
from data.rules.loader import Rule
from data.scope import Scope
from data.store.measures import RATES
from data.store.queries.assessment import same_day
from data.store.queries.contributions import LISTED, OF_PARCELS, amounts_of_patches
from data.store.queries.daily import DailyFigures, FigureRow
from data.store.queries.paper_facts import ParcelLine, counted_patches, parcel_lines
from data.store.queries.stamp import DistrictRow, districts
from data.triggers.current import Trigger, current_triggers
from data.triggers.lines import lines_of
from data.triggers.rulebook import rulebook
from data.units import SMALL, format_count, format_mu, format_rate
from data.variants import split_note
from data.vocabulary import Legality, RatioVariant

#: Figure in 亩 → the rule and its parameters that are lines for it.
_AREA_LINES = {
    "remaining_basic_farmland_mu": ("T4", ("interview_mu",)),
    "remaining_redline_mu": ("T4", ("interview_mu",)),
    "unlawful_basic_farmland_mu": ("T6", ("basic_farmland_mu",)),
}
_WRITTEN_DAY = "{day.year}年{day.month}月{day.day}日"


def day_text(day: date) -> str:
    """`2026年12月1日`: a day as papers write it."""
    return _WRITTEN_DAY.format(day=day)


def variant_of(name: str) -> str | None:
    tail = name.removeprefix("land_").removeprefix("ratio_")
    known = {variant.value for variant in RatioVariant}
    return tail if name.removeprefix("land_").startswith("ratio_") and tail in known else None


def listed_name(name: str) -> str | None:
    """The figure whose patches stand behind a figure; of a rate its numerator's."""
    found = RATES[name][0] if name in RATES else name
    return found if found in LISTED else None


@dataclass(frozen=True, slots=True)
class _Asked:
    """What stands behind a figure: patches of `name` in a district, of a clearance month."""

    name: str
    year: int
    day: date
    district: str | None
    month: str | None


class Quotes:
    """The store as one paper sees it: its year, as-of date and district."""

    def __init__(self, conn: Connection, scope: Scope, draft: Draft) -> None:
        self.conn, self.scope, self.draft = conn, scope, draft
        self.year, self.day = draft.year, draft.as_of
        self.book: Mapping[str, Rule] = rulebook(conn)
        self.agency: Agency = agency_on(conn, self.book, self.year, self.day)
        self.units: dict[str, DistrictRow] = {
            unit.code: unit for unit in districts(conn) if scope.allows(unit.code)
        }
        self.lines = lines_of(self.book, self.year, self.day)
        self._figures: dict[str, Figure] = {}
        self._asked: dict[str, _Asked] = {}
        self._named: dict[str, tuple[str, ...]] = {}
        self._daily: dict[int, DailyFigures] = {}

    # ---- whom it is about ----------------------------------------------------------------------

    @property
    def code(self) -> str | None:
        return self.draft.district

    @property
    def unit(self) -> DistrictRow:
        """The district that the paper concerns."""
        assert self.draft.district is not None
        return self.units[self.draft.district]

    @property
    def place(self) -> str:
        """`乳山市` or `全市`."""
        return self.units[self.code].short_name if self.code in self.units else "全市"

    def government(self, unit: DistrictRow | None = None) -> str:
        unit = unit or self.unit
        return self.agency.governs(unit.name, is_zone=unit.is_zone)

    def bureau(self, unit: DistrictRow | None = None) -> str:
        return self.agency.bureau((unit or self.unit).short_name)

    @property
    def all_bureaus(self) -> tuple[str, ...]:
        return tuple(self.bureau(unit) for unit in self.units.values())

    @property
    def today(self) -> str:
        return day_text(self.day)

    # ---- figures -------------------------------------------------------------------------------

    def daily(self, year: int | None = None) -> DailyFigures:
        year = year or self.year
        if year not in self._daily:
            until = self.day if year == self.year else date(year + 1, 12, 31)
            self._daily[year] = DailyFigures(self.conn, self.scope, year, until)
        return self._daily[year]

    def row(
        self,
        code: str | None,
        *,
        day: date | None = None,
        month: str | None = None,
        year: int | None = None,
    ) -> FigureRow:
        return self.daily(year).on(code, day or self.day, month)

    @property
    def last_year(self) -> date:
        """The same day of the year before."""
        return same_day(self.day, 1)

    @property
    def last_month(self) -> date:
        return last_month_end(self.day)

    def say(
        self,
        name: str,
        code: str | None = "",
        *,
        day: date | None = None,
        month: str | None = None,
        year: int | None = None,
    ) -> str:
        """The figure in braces. code: "" for the paper's own district, None for the city."""
        code = self.code if code == "" else code
        value = self.row(code, day=day, month=month, year=year)[name]
        identity = name + _suffix(self, code, day, month, year)
        asked = listed_name(name)
        if asked is not None:
            self._asked[identity] = _Asked(asked, year or self.year, day or self.day, code, month)
        return self.put(identity, name, value, code=code, day=day)

    def put(
        self,
        identity: str,
        name: str,
        value: float | int | None,
        *,
        text: str | None = None,
        code: str | None = "",
        day: date | None = None,
        patches: Iterable[str] | None = None,
        version: str = "",
    ) -> str:
        """A figure that another query found, in braces. text: as it is written, else by its name.
        patches: where they are not those of its name."""
        code = self.code if code == "" else code
        if patches is not None:
            self._named[identity] = tuple(patches)
        self._figures[identity] = Figure(
            id=identity,
            name=name,
            variant=variant_of(name),
            value=None if value is None else float(value),
            text=self.text_of(name, value) if text is None else text,
            as_of=day or self.day,
            district=code,
            rule_version=version or self.version_of(name),
        )
        return f"{{{identity}}}"

    def text_of(self, name: str, value: float | int | None) -> str:
        """The value as papers write it, without its unit but for per cent; it crosses no line by
        rounding."""
        unit = DEFINITIONS[name].unit if name in DEFINITIONS else "亩"
        if unit == "%":
            return format_rate(value, self.lines.get(name, ()))
        if unit == "亩":
            return format_mu(value, self._area_lines(name))
        return format_count(None if value is None else int(value))

    def _area_lines(self, name: str) -> tuple[float, ...]:
        rule_id, names = _AREA_LINES.get(name, ("", ()))
        if not rule_id:
            return ()
        parameters = self.book[rule_id].of(self.year, self.day).parameters
        return tuple(float(parameters[n]) for n in names)

    def version_of(self, name: str) -> str:
        """`ratio 2023-01-01`: the rule and the day of the version that a figure was made by."""
        rule_id = "ratio" if variant_of(name) else _AREA_LINES.get(name, ("",))[0]
        if not rule_id:
            return ""
        version = self.book[rule_id].of(self.year, self.day)
        return f"{rule_id} {version.valid_from.isoformat()}"

    def parameter(self, rule: str, name: str) -> Any:
        return self.book[rule].of(self.year, self.day).parameters[name]

    def clause(self, rule: str) -> str:
        return self.book[rule].of(self.year, self.day).clause

    def small(self, code: str | None) -> str:
        """The mark of a small denominator, where it is one."""
        return SMALL if self.row(code)["small_denominator"] else ""

    def ratio_sentence(self, code: str | None = "") -> str:
        """The ratio in its variants with numerator and denominator (documents.md §1.8)."""
        row = self.row(self.code if code == "" else code)
        split = split_note(row, self.lines["ratio_net"])
        said = (
            f"新增建设占用耕地{self.say('new_construction_farmland_mu', code)}亩，"
            f"其中未消除的违法占用耕地{self.say('ratio_net_part_mu', code)}亩，"
            f"问责比例（扣除已消除）{self.say('ratio_net', code)}；"
            f"不扣除已消除的违法占用耕地{self.say('ratio_gross_part_mu', code)}亩，"
            f"问责比例（未扣除）{self.say('ratio_gross', code)}；"
            f"问责比例（从严扣除）{self.say('ratio_strict', code)}"
        )
        if not split:
            return said
        code = self.code if code == "" else code
        told = self.put(f"split.{code or 'city'}", "ratio_split", None, text=split, code=code)
        return f"{said}（{told}）"

    def land_sentence(self, prefix: str = "remaining", code: str | None = "") -> str:
        """Farmland, basic farmland and redline, each for itself."""
        return (
            f"耕地{self.say(f'{prefix}_farmland_mu', code)}亩、"
            f"永久基本农田{self.say(f'{prefix}_basic_farmland_mu', code)}亩、"
            f"生态保护红线{self.say(f'{prefix}_redline_mu', code)}亩（分别统计，不相加）"
        )

    # ---- what holds, and which patches ---------------------------------------------------------

    @cached_property
    def triggers(self) -> list[Trigger]:
        return current_triggers(
            self.conn, self.scope, self.year, self.day, self.code, book=self.book
        )

    def held(self, *rules: str) -> list[Trigger]:
        """The triggers of the rules that hold of the paper's district or patch."""
        return [t for t in self.triggers if t["rule"] in rules]

    def parcels(
        self, numbers: Sequence[str] | None = None, *, unlawful_only: bool = True
    ) -> list[ParcelLine]:
        """Parcels of the paper's district (of these patches), the largest farmland first."""
        found = parcel_lines(
            self.conn,
            self.scope.narrowed_to(self.code),
            self.year,
            self.day,
            numbers,
            unlawful_only=unlawful_only,
        )
        return sorted(found, key=lambda p: (-p.farmland_mu, -p.area_mu, p.patch_no, p.parcel_no))

    @property
    def is_on_patch(self) -> bool:
        return self.draft.subject_kind is Subject.PATCH

    @property
    def chosen(self) -> tuple[str, ...]:
        """The patches that the draft names, or that it is about."""
        return (self.draft.subject,) if self.is_on_patch else self.draft.patch_nos

    # ---- the end -------------------------------------------------------------------------------

    def figures(self) -> tuple[Figure, ...]:
        """Every figure quoted, with the patches behind it."""
        behind = self._behind()
        return tuple(
            Figure(
                **{
                    name: getattr(figure, name)
                    for name in (
                        "id", "name", "variant", "value", "text", "as_of", "district",
                        "rule_version",
                    )
                },
                patches=self._named.get(identity, behind.get(identity, ())),
            )
            for identity, figure in sorted(self._figures.items())
        )  # fmt: skip

    def _behind(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        groups: dict[tuple[int, date], dict[str, _Asked]] = {}
        for identity, asked in self._asked.items():
            groups.setdefault((asked.year, asked.day), {})[identity] = asked
        for (year, day), group in groups.items():
            names = {asked.name for asked in group.values()}
            of_parcels = names & OF_PARCELS
            amounts = (
                amounts_of_patches(self.conn, self.scope, year, day, sorted(of_parcels))
                if of_parcels
                else []
            )
            months = {asked.month for asked in group.values()} - {None}
            counts = names - of_parcels | ({"patches"} if months else set())
            counted = counted_patches(self.conn, self.scope, year, day, counts)
            by_month = {p.patch_no: p.month for p in counted}
            for identity, asked in group.items():
                if asked.name in OF_PARCELS:
                    found[identity] = tuple(
                        sorted(
                            row["patch_no"]
                            for row in amounts
                            if row[asked.name]
                            and asked.district in (None, row["district"])
                            and asked.month in (None, by_month.get(row["patch_no"]))
                        )
                    )
                else:
                    found[identity] = tuple(
                        patch.patch_no
                        for patch in counted
                        if asked.name in patch.names
                        and asked.district in (None, patch.district)
                        and asked.month in (None, patch.month)
                    )
        return found


def _suffix(
    quotes: Quotes, code: str | None, day: date | None, month: str | None, year: int | None
) -> str:
    parts = []
    if code != quotes.code:
        parts.append(code or "city")
    if month:
        parts.append(month)
    if day is not None and day != quotes.day:
        parts.append(f"{day:%Y%m%d}")
    elif year is not None and year != quotes.year:
        parts.append(str(year))
    return "".join(f".{part}" for part in parts)


def parcel_name(parcel: ParcelLine) -> str:
    return parcel_label(parcel.patch_no, parcel.parcel_no)


def legality_word(parcel: ParcelLine) -> str:
    """Nothing is called unlawful that was not judged so (documents.md §1.7)."""
    if parcel.unlawful:
        return "违法"
    return "待判定" if parcel.legality is Legality.PENDING else parcel.legality.label
