"""What 预警约谈 shows, as it stands in the address: filters, and what is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from callbacks.frame.context import PageContext
from components import paths
from components.links import href
from components.parts.filters import EVERYTHING, Option
from data.periods import format_day, last_month_end
from data.triggers.snapshots import Snapshot
from data.vocabulary import Measure

PATH, EXPORT_PATH = paths.TRIGGERS, "/export/triggers.xlsx"
#: So many of the last uploads are offered to compare with.
_UPLOADS_OFFERED = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """The page's own part of the address. against: the day compared with. before: or the look
    before an upload; offered: those that there are."""

    rule: str | None
    measure: str | None
    month: str | None
    against: date
    before: Snapshot | None = None
    offered: tuple[Snapshot, ...] = ()
    problems: tuple[str, ...] = ()

    def against_words(self, year: int) -> str:
        """`10月31日`, `上传“查处整改”之前（11月22日）`."""
        if self.before is None:
            return format_day(self.against, year)
        return f"{self.before.upload}之前（{format_day(self.before.as_of, year)}）"

    @property
    def against_value(self) -> str:
        return f"v{self.before.data_version}" if self.before else self.against.isoformat()


def read_asked(context: PageContext, offered: Sequence[Snapshot] = ()) -> Asked:
    """What the address asks for; what cannot be read is named in a sentence."""
    query, problems = context.query, []
    against, before = default_against(context.as_of), None
    if "against" in query:
        try:
            by_value = {f"v{look.data_version}": look for look in offered}
            before = by_value.get(query["against"])
            if before is None:
                against = date.fromisoformat(query["against"])
            if against >= context.as_of:
                raise ValueError(query["against"])
        except ValueError:
            problems.append(
                f"比较对象“{query['against'][:20]}”无法识别、已不在或不早于基准日，"
                f"已改与{format_day(default_against(context.as_of), context.year)}比较。"
            )
            against = default_against(context.as_of)
    measure = query.get("measure")
    if measure is not None and measure not in {m.value for m in Measure}:
        problems.append(f"没有措施“{measure[:20]}”，已显示全部措施。")
        measure = None
    return Asked(
        query.get("rule"),
        measure,
        query.get("month"),
        against,
        before,
        tuple(offered[:_UPLOADS_OFFERED]),
        tuple(problems),
    )


def default_against(as_of: date) -> date:
    """The end of the month before."""
    return last_month_end(as_of)


def own_part(asked: Asked, as_of: date) -> dict[str, str | None]:
    """The page's part of the address; None for what is the default."""
    return {
        "rule": asked.rule,
        "measure": asked.measure,
        "month": asked.month,
        "against": None if is_default(asked, as_of) else asked.against_value,
    }


def is_default(asked: Asked, as_of: date) -> bool:
    """Whether it is compared with the day that nobody chose."""
    return asked.before is None and asked.against == default_against(as_of)


def against_choices(context: PageContext, asked: Asked) -> list[Option]:
    """What to compare with: before each of the last uploads, yesterday, a week ago, month ends."""
    as_of, year = context.as_of, context.year
    looks = [
        (f"v{look.data_version}", f"{look.upload}之前（{format_day(look.as_of, year)}）")
        for look in asked.offered
    ]
    days = {
        as_of - timedelta(days=1): "前一天",
        as_of - timedelta(days=7): "一周前",
    }
    end = default_against(as_of)
    for _ in range(5):
        end = last_month_end(end)
        days.setdefault(end, "月末")
    if not is_default(asked, as_of):
        days.setdefault(asked.against, "所选日期")
    days.pop(default_against(as_of), None)
    return looks + [
        (day.isoformat(), f"{word}（{format_day(day, year)}）")
        for day, word in sorted(days.items(), reverse=True)
        if day < as_of
    ]


def next_address(
    context: PageContext,
    rule: str | None,
    measure: str | None,
    month: str | None,
    against: str | None,
) -> str:
    """The address that says what the filters now say."""

    def chosen(value: str | None) -> str | None:
        return None if value in (None, "", EVERYTHING) else value

    return href(
        PATH,
        context.query,
        rule=chosen(rule),
        measure=chosen(measure),
        month=chosen(month),
        against=chosen(against),
    )
