"""What the address of a list asks for. A program shall not get another view than it asked for, so
that whatever cannot be read is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import flask

from callbacks.api.routes_of import Address
from data.errors import NotFound, SupervisionError
from data.known import Known, read_moment
from data.numbers import whole_number
from data.periods import default_as_of
from data.services import Services
from data.store.queries.stamp import work_years
from data.tables.listing import Asked, Listing, district_of
from data.vocabulary import PatchStatus

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: Rows of an answer: of JSON, which is read a page at a time, and of a CSV, which is read whole.
MOST_ROWS, MOST_LINES = 10_000, 100_000


@dataclass(frozen=True, slots=True)
class Parameter:
    """schema: as OpenAPI has it."""

    name: str
    title: str
    about: str
    schema: Mapping[str, Any]
    is_required: bool = False


def parameters_of(address: Address) -> list[Parameter]:
    found = list(of_question(address.listing))
    if address.table is not None:
        most = MOST_LINES if address.is_csv else MOST_ROWS
        pages = {"type": "integer", "minimum": 1, "maximum": most, "default": most}
        start = {"type": "integer", "minimum": 0, "default": 0}
        found += [
            Parameter("limit", "最多几行", "How many rows", pages),
            Parameter("offset", "略过前几行", "How many rows to pass over", start),
            Parameter(
                "version",
                "第一页的数据版本；其间有改动则拒绝（409）",
                "Version of the first page; refused (409) where the store has changed since",
                {"type": "string"},
            ),
        ]
    return found


def of_question(listing: Listing) -> list[Parameter]:
    day = {"type": "string", "format": "date"}
    found = [
        Parameter("as_of", "基准日，默认与页面相同", "As-of date; as on the pages by default", day),
        Parameter(
            "district",
            "区市代码或名称，默认为账户范围内全部",
            "Code or name of a district; all of the account's scope by default",
            {"type": "string"},
        ),
        Parameter(
            "known_on",
            "当时所知：只看那一刻以前入库的",
            "As the store was known at a moment (ISO 8601, UTC without offset)",
            {"type": "string", "format": "date-time"},
        ),
    ]
    if listing.year is not None:
        year = {"type": "integer", "minimum": 2000, "maximum": 2100}
        found.insert(0, Parameter("year", "工作年度", "Work year", year, listing.year))
    if listing.has_status:
        values = [status.value for status in PatchStatus]
        status = Parameter(
            "status", "只看一种状态", "Patches of one state", {"type": "string", "enum": values}
        )
        found.append(status)
    return found


def read_arguments(address: Address) -> dict[str, str]:
    """The address's own, each once. Raises SupervisionError for what the list does not take."""
    return once_each([parameter.name for parameter in parameters_of(address)])


def once_each(known: Sequence[str]) -> dict[str, str]:
    """The arguments of the request, of which only the known ones may be there, and each once.
    Raises SupervisionError."""
    given = flask.request.args
    for name in given:
        if name not in known:
            named = "、".join(known) or "无"
            raise SupervisionError(
                f"这个地址没有参数“{name[:40]}”，可用：{named}。请改正地址后重试。"
            )
        if len(given.getlist(name)) > 1:
            raise SupervisionError(f"参数 {name} 写了不止一次，请只保留一个。")
    return {name: text for name, text in given.items() if text}


def known_of(arguments: Mapping[str, str], sums_only: bool = False) -> Known | None:
    """Raises SupervisionError."""
    text = arguments.get("known_on")
    if text is None:
        return None
    try:
        return Known(read_moment(text), sums_only)
    except (ValueError, OverflowError):
        raise SupervisionError(
            "当时所知的时刻无法识别。known_on 应写作 2023-11-23T09:05:00+08:00"
            "（加号在地址中写作 %2B）。"
        ) from None


def read_asked(
    conn: Connection, services: Services, listing: Listing, arguments: Mapping[str, str]
) -> Asked:
    """Raises NotFound for a year without data and for a district outside of the reader's scope, as
    for one that there is not."""
    settings = services.settings
    today = settings.today()
    year = _year(conn, listing, arguments)
    as_of = default_as_of(year, today) if listing.year else today
    if "as_of" in arguments:
        as_of = day_of(arguments["as_of"])
    status = status_of(arguments.get("status"))
    district = district_of(conn, arguments.get("district"))
    return Asked(year, as_of, district, status, settings.local_dir)


def _year(conn: Connection, listing: Listing, arguments: Mapping[str, str]) -> int:
    """0 where the list has none, or all are meant."""
    text = arguments.get("year")
    if text is None and not listing.year:
        return 0
    known = work_years(conn)
    years = "、".join(map(str, known)) or "暂无"
    if text is None:
        raise SupervisionError(f"请写明工作年度，例如 ?year=2023。现有年度：{years}。")
    year = whole_number(text)
    if year not in known:
        raise NotFound(f"没有{text[:12]}年度的数据。现有年度：{years}。")
    return year


def status_of(text: str | None) -> PatchStatus | None:
    """Raises SupervisionError."""
    if text is None:
        return None
    try:
        return PatchStatus(text)
    except ValueError:
        names = "、".join(f"{one.value}（{one.label}）" for one in PatchStatus)
        raise SupervisionError(f"没有这种状态，status 可写：{names}。") from None


def day_of(text: str) -> date:
    """Raises SupervisionError."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise SupervisionError("基准日无法识别，as_of 应写作 2023-05-24。") from None
    if not date(2000, 1, 1) <= day <= date(2100, 12, 31):
        raise SupervisionError("基准日不合情理，as_of 应在 2000 年到 2100 年之间。")
    return day


def read_page(address: Address, arguments: Mapping[str, str]) -> tuple[int, int]:
    """(offset, limit). Raises SupervisionError for more than one answer holds."""
    most = MOST_LINES if address.is_csv else MOST_ROWS
    limit = whole_number(arguments.get("limit", str(most)), 1, 10**12)
    offset = whole_number(arguments.get("offset", "0"), 0, 10**12)
    if limit is None or offset is None:
        raise SupervisionError("limit 应为从 1 起、offset 应为从 0 起的整数，请改正地址后重试。")
    if limit > most:
        raise SupervisionError(
            f"一次最多取{most}行，请把 limit 减小，用 offset 分页"
            "（下一页的地址在应答头 Link 中），或加筛选条件。"
        )
    return offset, limit
