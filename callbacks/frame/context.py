"""What the address says of the view: work year, as-of date, district, and what it says wrongly."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from components.links import frame_part, href, read_search
from components.parts.figure_text import Lines
from data.acting import acting
from data.known import Known
from data.known import known as known_moment
from data.numbers import whole_number
from data.periods import default_as_of, doubtful_as_of, format_day
from data.rules.loader import all_rules
from data.scope import Scope
from data.settings import Settings
from data.store.queries.stamp import Stamp, stamp
from data.triggers.rulebook import Rulebook, rulebook
from data.vocabulary import RatioVariant

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True)
class PageContext:
    """query: the whole address without what was not understood. problems: Chinese sentences.
    rules: by id, as administrators have set them. known: 当时所知, None for what is known now.
    """

    year: int
    as_of: date
    district: str | None
    scope: Scope
    stamp: Stamp
    query: dict[str, str]
    problems: list[str] = field(default_factory=list)
    rules: Rulebook = field(default_factory=all_rules)
    known: Known | None = None

    @property
    def district_name(self) -> str:
        """Short name of the chosen district; for none 全市, or the only one that the reader sees:
        what is its own is not called the whole city's."""
        seen = self.scope.districts
        only = next(iter(seen)) if seen is not None and len(seen) == 1 else ""
        return self.names.get(self.district or only, "全市")

    @property
    def names(self) -> dict[str, str]:
        """District → short name, in the bureau's order."""
        return {d.code: d.short_name for d in self.stamp.districts}

    @property
    def names_seen(self) -> dict[str, str]:
        """The same of the districts that the reader sees."""
        return {code: name for code, name in self.names.items() if self.scope.allows(code)}

    @property
    def contacts(self) -> dict[str, str]:
        """District that the reader sees → whom to call there, in one text; those that are known."""
        known = {d.code: d.contact.text for d in self.stamp.districts if d.contact is not None}
        return {code: text for code, text in known.items() if self.scope.allows(code)}

    @property
    def stamp_line(self) -> str:
        """What stands on a picture that leaves the page."""
        line = f"基准日 {format_day(self.as_of)} · 数据版本 {self.stamp.data_version}"
        return f"{line} · 当时所知 {self.known.text}" if self.known else line

    @property
    def on_wall(self) -> bool:
        """`?screen=1`: shown on a wall, by itself."""
        return self.query.get("screen") == "1"

    @property
    def lines(self) -> Lines:
        """Lines of the rules that govern the work year on the day."""
        rules = {
            rule_id: self.rules[rule_id].of(self.year, self.as_of)
            for rule_id in ("T1", "T3", "T4", "ratio")
        }
        return Lines(
            rules["T1"].parameters["warning_share"],
            rules["T3"].parameters["warning_ratio"],
            rules["T3"].parameters["interview_ratio"],
            rules["T4"].parameters["interview_mu"],
            RatioVariant(rules["ratio"].parameters["variant"]),
        )

    def permalink(self, path: str) -> str:
        """An address that shows the same to whoever opens it, on whatever day."""
        day = self.as_of.isoformat()
        return href(path, self.query, year=str(self.year), asof=day, screen=None)


def reader_scope() -> Scope:
    """What whoever asks may see: the one place that says it to pages, callbacks and routes."""
    return acting().scope


def read_context(conn: Connection, settings: Settings, search: str) -> PageContext:
    """The view that an address means; what it says wrongly is named and replaced by the default."""
    query = read_search(search)
    known = stamp(conn)
    today = settings.today()
    problems: list[str] = []
    scope = reader_scope()

    year = known.years[0] if known.years else today.year
    if "year" in query:
        text = query["year"]
        named = whole_number(text)
        if named in known.years:
            year = named
        else:
            query.pop("year")
            years = "、".join(map(str, known.years)) or "暂无"
            problems.append(f"没有{text[:12]}年度的数据，已改看{year}年度。现有年度：{years}。")

    as_of = default_as_of(year, today)
    if "asof" in query:
        try:
            as_of = date.fromisoformat(query["asof"])
        except ValueError:
            problems.append(
                f"基准日“{query.pop('asof')[:20]}”无法识别，已改用{as_of.isoformat()}。"
                "日期应写作 2023-05-24。"
            )
        else:
            if not date(2000, 1, 1) <= as_of <= date(2100, 12, 31):
                problems.append(f"基准日“{query.pop('asof')}”不合情理，已改用默认基准日。")
                as_of = default_as_of(year, today)
            elif (doubt := doubtful_as_of(year, as_of, today)) is not None:
                what, as_of = doubt
                problems.append(f"{what}，已改用{as_of.isoformat()}。请从上方选择基准日。")
                query["asof"] = as_of.isoformat()
                if as_of == default_as_of(year, today):
                    query.pop("asof")

    district = query.get("district")
    if district is not None and (
        district not in {d.code for d in known.districts} or not scope.allows(district)
    ):
        query.pop("district")
        problems.append(f"没有区市“{district[:20]}”，已改看全市。请从上方选择区市。")
        district = None
    if "known" in query and known_moment() is None:
        problems.append(
            f"“当时所知”的时刻“{query.pop('known')[:40]}”无法识别，已改看现在。"
            "时刻应写作 2023-11-23T09:05:00+08:00。"
        )
    return PageContext(
        year, as_of, district, scope, known, query, problems, rulebook(conn), known_moment()
    )


def frame_query(context: PageContext) -> dict[str, str]:
    """The frame's part of the address: what every link carries."""
    return frame_part(context.query)
