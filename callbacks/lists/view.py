"""What the list pages have in common, as plain functions: from an address to rows and texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from callbacks.frame.context import PageContext, read_context
from callbacks.lists.address import (
    Box,
    ListAddress,
    Sort,
    filters_from_grid,
    read_address,
    sort_from_grid,
    write_address,
)
from components.links import frame_part, href
from components.lists.columns import ListColumn, list_columns, screen_row
from data.definitions import DEFINITIONS
from data.numbers import whole_number
from data.settings import Settings
from data.store.queries.contributions import listed_figures
from data.store.queries.list_filters import MAX_SELECTED
from data.store.queries.patch_list import (
    PatchQuery,
    iter_patches,
    months_with_patches,
    patch_page,
)
from data.store.queries.places import towns
from data.triggers.behind import Behind, find_behind
from data.triggers.current import Trigger
from data.units import format_count
from data.vocabulary import PatchStatus

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: Rows that one request of the grid may ask for.
_MOST_ROWS = 500


@dataclass(frozen=True, slots=True)
class ListPage:
    """How one list page differs from another. status: the one it always shows, or None. noun: what
    its patches are called. with_status: whether a status and a domain can be chosen; then the list
    behind a figure can be asked for, too. kept: keys of the address that are the page's own.
    choose: which patches it lists, None for all."""

    path: str
    title: str
    columns: tuple[ListColumn, ...]
    sort: Sort
    status: PatchStatus | None = None
    noun: str = "图斑"
    with_status: bool = False
    with_map: bool = False
    kept: tuple[str, ...] = ()
    choose: Callable[[Connection, PageContext], Chosen] | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The patches that a page has chosen by its own means. ids: which. words: what was chosen, for
    the headline. said: a sentence each for what narrows it. box: where they lie. beside: figures
    (of contributions.AMOUNTS) by which they were chosen. problems: what of the address was left
    out. numbers: which of the year by their numbers, where the page knows these."""

    ids: tuple[int, ...] | None
    words: str
    numbers: tuple[str, ...] | None = None
    beside: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    box: Box | None = None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListView:
    """One address read: who sees it, on which day, and which patches. behind: the trigger whose
    patches are asked for, None where none is or where it does not hold on the day. chosen: by the
    page itself, if it chooses."""

    page: ListPage
    context: PageContext
    address: ListAddress
    query: PatchQuery
    behind: Behind | None = None
    chosen: Chosen | None = None

    @property
    def trigger(self) -> Trigger | None:
        return self.behind.trigger if self.behind else None

    @property
    def figure(self) -> str | None:
        """The figure or rate whose list the address asks for."""
        return self.address.figure if self.page.with_status else None

    @property
    def columns(self) -> tuple[ListColumn, ...]:
        return list_columns(self.page.columns, self.query.amounts)

    @property
    def title(self) -> str:
        """What is listed, in a few words: the name of its workbook."""
        month = month_label(self.query.month, self.query.year) if self.query.month else ""
        if self.trigger is not None:
            return f"{self.trigger['rule_name']}{month}所依据的图斑"
        if self.figure is not None:
            return f"{month}{DEFINITIONS[self.figure].label}"
        return self.page.title

    @property
    def with_map(self) -> bool:
        """Whatever stands behind a figure is shown on a map, too."""
        return self.page.with_map or self.figure is not None

    @property
    def names(self) -> dict[str, str]:
        """District code → short name."""
        return {d.code: d.short_name for d in self.context.stamp.districts}

    @property
    def problems(self) -> list[str]:
        own = self.chosen.problems if self.chosen else ()
        return [*self.context.problems, *self.address.problems, *own]

    @property
    def frame_search(self) -> str:
        """The address without the list's own part: year, as-of date, district."""
        return href("", self.context.query)

    @property
    def bare_search(self) -> str:
        """The address without filters; what says whose patches are shown stays."""
        key = self.address.trigger
        trigger = key.written if key else None
        figure = self.figure
        return href("", self.context.query, trigger=trigger, figure=figure, **self.address.kept)


def patch_query(
    page: ListPage, context: PageContext, address: ListAddress, behind: Behind | None
) -> PatchQuery:
    query = PatchQuery(
        year=context.year,
        as_of=context.as_of,
        district=context.district,
        status=page.status or address.status,
        month=address.month,
        town=address.town,
        patch_type=address.patch_type,
        domain=address.domain,
        text=address.text,
        filters=address.filters,
        box=address.box,
    )
    if address.trigger is not None:
        if behind is None:
            query = replace(query, numbers=())
        elif behind.figures:
            month = behind.month or query.month
            query = replace(query, figures=behind.figures, month=month)
        else:
            numbers = tuple(behind.trigger["patches"])
            query = replace(query, numbers=numbers, beside=behind.beside)
    elif page.with_status and address.figure is not None:
        query = replace(query, figures=listed_figures(address.figure))
    return replace(query, sort=address.sort or usual_sort(page, query))


def usual_sort(page: ListPage, query: PatchQuery) -> Sort:
    """The largest part of the figure first."""
    if query.amounts:
        return ((query.amounts[0], "desc"),)
    return (("days_overdue", "desc"),) if query.figures == ("overdue",) else page.sort


def read_view(conn: Connection, settings: Settings, page: ListPage, search: str) -> ListView:
    """What the address shows."""
    context = read_context(conn, settings, search)
    address = read_address(context.query, page.kept)
    behind = None
    if address.trigger is not None:
        # a link from before the district stood in it
        code = address.trigger.subject
        if context.district is None and code in context.names:
            context = replace(context, district=code, query={**context.query, "district": code})
        if context.district in (None, code):
            behind = find_behind(conn, context.scope, context.year, context.as_of, address.trigger)
    chosen = page.choose(conn, context) if page.choose else None
    query = patch_query(page, context, address, behind)
    if chosen is not None:
        query = replace(query, ids=chosen.ids, numbers=chosen.numbers, beside=chosen.beside)
        query = replace(query, sort=address.sort or usual_sort(page, query))
    return ListView(page, context, address, query, behind, chosen)


def choices(
    conn: Connection, view: ListView
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Months and towns that the filter boxes offer, as (value, label)."""
    context = view.context
    scope = context.scope.narrowed_to(context.district)
    months = months_with_patches(conn, scope, context.year, context.as_of)
    names = view.names
    offered = [
        (town["code"], town["name"] if context.district else _town_label(town, names))
        for town in towns(conn)
        if scope.allows(town["district_code"])
    ]
    return [(month, month_label(month, context.year)) for month in months], offered


def _town_label(town: Mapping[str, Any], names: Mapping[str, str]) -> str:
    return f"{names.get(town['district_code'], '')} · {town['name']}"


def month_label(month: str, year: int) -> str:
    number = f"{int(month[5:])}月"
    return number if int(month[:4]) == year else f"{month[:4]}年{number}"


def new_search(view: ListView, **changes: Any) -> str:
    """The view's address with changes to the list's own part."""
    return write_address(
        frame_part(view.context.query), replace(view.address, problems=(), **changes)
    )


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of the grid. total: None where there are more than were counted."""

    rows: list[dict[str, Any]]
    total: int | None
    count_text: str


def rows_response(
    conn: Connection,
    settings: Settings,
    page: ListPage,
    search: str,
    request: Mapping[str, Any],
) -> Rows:
    """Answer to the grid's `getRowsRequest`.

    Sorting and column filters are the request's own; all else stands in the address.
    """
    view = read_view(conn, settings, page, search)
    start = whole_number(request.get("startRow")) or 0
    end = whole_number(request.get("endRow")) or start + 100
    query = replace(
        view.query,
        sort=sort_from_grid(request.get("sortModel")) or usual_sort(page, view.query),
        filters=filters_from_grid(request.get("filterModel")),
        offset=start,
        limit=min(max(end - start, 1), _MOST_ROWS),
    )
    found = patch_page(conn, view.context.scope, query)
    names = view.names
    return Rows(
        [screen_row(row, view.columns, names) for row in found.rows],
        found.total if found.exact else None,
        f"共 {format_count(found.total)} 个图斑"
        if found.exact
        else f"{format_count(found.total)} 个以上图斑",
    )


def selected_rows(
    conn: Connection, settings: Settings, page: ListPage, search: str, ids: Sequence[int]
) -> tuple[ListView, list[dict[str, Any]]]:
    """The selected patches in the list's order, asked for again under the reader's scope."""
    view = read_view(conn, settings, page, search)
    asked = ids[:MAX_SELECTED]
    if view.query.ids is not None:
        listed = set(view.query.ids)
        asked = [i for i in asked if i in listed]
    query = replace(view.query, ids=tuple(asked), filters={}, box=None, text="")
    chunks: Iterator[list[dict[str, Any]]] = iter_patches(conn, view.context.scope, query)
    return view, [row for chunk in chunks for row in chunk]
