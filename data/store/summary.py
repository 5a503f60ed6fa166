"""The day summary: by how much each figure changes on which day, a row a district and month.

The figures of any day are sums over it, so that a page costs the same at a thousand patches and at
a million. It is kept in step inside every commit: what the touched patches contributed is taken out
before the rows change and put in afterwards. The definitions are those of queries/state.py,
evaluated for each patch on the days on which something about it changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

import pandas as pd
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Date,
    FromClause,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    and_,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    inspect,
    literal,
    null,
    or_,
    select,
    true,
    union,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.sql.selectable import CTE

from data.periods import elimination_cutoff_on
from data.store import deductions
from data.store.dialect import bulk_insert
from data.store.measures import AREAS, COUNTS, MAPPED_AREAS
from data.store.models import (
    AuditDecision,
    DaySummary,
    EnforcementCase,
    Parcel,
    Patch,
    UnlawfulInterval,
)
from data.store.queries.contributions import (
    judged_counts,
    of_audit,
    of_clearance,
    of_parcels,
    summed,
)
from data.store.queries.state import (
    Expression,
    ParcelState,
    PatchState,
    parcels_at,
)

MEASURES = COUNTS + AREAS

#: The measures fall into three groups, each evaluated only for the patches that it can concern and
#: only on the days that can change it.
CLEARANCE_MEASURES = (
    "patches",
    "due",
    "due_reached",
    "cleared",
    "on_time",
    "late",
    "overdue",
    "reached_on_time",
    "mineral_patches",
)
AUDIT_MEASURES = ("audited", "returned", "final", "first_passed")
PARCEL_MEASURES = tuple(m for m in MEASURES if m not in CLEARANCE_MEASURES + AUDIT_MEASURES)

_temporary = MetaData()
_touched = Table(
    "summary_touched",
    _temporary,
    Column("patch_id", Integer, primary_key=True),
    prefixes=["TEMP"],
    postgresql_on_commit="DROP",
)
#: Between from_on and to_on (NULL: for ever) nothing about the patch changes.
_interval = Table(
    "summary_interval",
    _temporary,
    Column("patch_id", Integer, primary_key=True, autoincrement=False),
    Column("from_on", Date, primary_key=True),
    Column("to_on", Date),
    prefixes=["TEMP"],
    postgresql_on_commit="DROP",
)
#: Patches that are the same as to clearance: issued, due, reported and moved on the same days. A
#: monthly batch is a handful of them, whatever the number of its patches.
_ALIKE = (
    "district_code",
    "transferred_from",
    "clearance_month",
    "domain",
    "issued_on",
    "withdrawn_on",
    "transferred_on",
    "due_on",
    "reported_on",
)
_alike = Table(
    "summary_alike",
    _temporary,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("patches", Integer),
    *(Column(name, Patch.__table__.c[name].type) for name in _ALIKE),
    prefixes=["TEMP"],
    postgresql_on_commit="DROP",
)


#: What the parcels of a patch add up to in each interval in which it counts.
_vector = Table(
    "summary_vector",
    _temporary,
    Column("patch_id", Integer, primary_key=True, autoincrement=False),
    Column("from_on", Date, primary_key=True),
    Column("to_on", Date),
    Column("district_code", String),
    Column("clearance_month", String),
    *(Column(name, BigInteger) for name in PARCEL_MEASURES),
    prefixes=["TEMP"],
    postgresql_on_commit="DROP",
)
_MAPPED = ("unlawful_parcels", *MAPPED_AREAS)


class next_day(GenericFunction[date]):
    """The day after a date column."""

    type = Date()
    inherit_cache = True


@compiles(next_day, "sqlite")
def _next_day_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    return f"date({compiler.process(element.clauses, **kw)}, '+1 day')"


@compiles(next_day, "postgresql")
def _next_day_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    return f"({compiler.process(element.clauses, **kw)} + 1)"


def prepare(conn: Connection) -> None:
    """Make the temporary tables in which the sums are worked out, where they are not there yet."""
    if not inspect(conn).has_table(_vector.name):  # the last of them
        _temporary.create_all(conn, checkfirst=False)


def remove(conn: Connection, patch_ids: Sequence[int] | None, *, mapped: bool = True) -> None:
    """Take out what these patches (None: all) contribute now; before their rows change.

    mapped: unlawful_interval, too. A what-if asks no map and leaves that table alone.
    """
    _apply(conn, patch_ids, -1, mapped)


def add(conn: Connection, patch_ids: Sequence[int] | None, *, mapped: bool = True) -> None:
    """Put in what these patches (None: all) contribute now; after their rows have changed."""
    _apply(conn, patch_ids, +1, mapped)


def take_on_day(
    conn: Connection, patch_ids: Sequence[int], day: date, sign: int, *, audited: bool
) -> None:
    """Take out (sign -1) or put in (+1) what these patches add on one day, as a change of that day.

    For a what-if whose cases and decisions are all dated `day` and which looks no further: one
    interval a patch in place of all its life. Clearance, which neither moves, stays as it is.
    audited: whether decisions are among what changes.
    """
    if not patch_ids:
        return
    prepare(conn)
    _touch(conn, patch_ids)
    decided = _has(conn, AuditDecision)
    for year in _years_touched(conn):
        of_year = (
            select(_touched.c.patch_id, literal(day, Date), null())
            .join(Patch, Patch.id == _touched.c.patch_id)
            .where(Patch.year == year)
        )
        statements = [
            delete(_interval),
            insert(_interval).from_select(["patch_id", "from_on", "to_on"], of_year),
            *_fill_vectors(year, decided),
            _upsert(conn.dialect.name, year, sign, _vector),
        ]
        if audited and decided:
            statements.append(_upsert(conn.dialect.name, year, sign, _audit_vectors()))
        for statement in statements:
            conn.execute(statement)
    for table in (_touched, _interval, _vector):
        conn.execute(delete(table))


def _touch(conn: Connection, patch_ids: Sequence[int] | None) -> None:
    conn.execute(delete(_touched))
    if patch_ids is None:
        conn.execute(insert(_touched).from_select(["patch_id"], select(Patch.id)))
    else:
        bulk_insert(conn, _touched, {"patch_id": sorted({*map(int, patch_ids)})})
        # else SQLite thinks this table large and reads all patches to find a few
        conn.exec_driver_sql(f"ANALYZE {_touched.name}")


def _years_touched(conn: Connection) -> Sequence[int]:
    touched = select(Patch.year).join(_touched, _touched.c.patch_id == Patch.id)
    return conn.scalars(touched.distinct()).all()


def add_new(conn: Connection, patches: pd.DataFrame) -> None:
    """As `add` for new patches that have no decisions and no parcels, from the rows (columns of
    `patch`) that have just been written: reading them back takes as long as a third of the file."""
    prepare(conn)
    names = list(_ALIKE)
    for year, rows in patches.groupby("year"):
        groups = rows.groupby(names, dropna=False, sort=False).size().reset_index(name="patches")
        groups = groups.astype(object).where(groups.notna(), None)
        told = {name: list(map(_plain_day, groups[name])) for name in ("patches", *names)}
        conn.execute(delete(_alike))
        bulk_insert(conn, _alike, {"id": range(1, len(groups) + 1), **told})
        for statement in _clearance_statements(conn.dialect.name, int(year), +1):
            conn.execute(statement)
    for table in (_alike, _interval):
        conn.execute(delete(table))


def _plain_day(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def rebuild(conn: Connection) -> None:
    """Make the whole summary anew (after a restore, or when a definition changed)."""
    conn.execute(delete(DaySummary))
    conn.execute(delete(UnlawfulInterval))
    add(conn, None)


def _apply(conn: Connection, patch_ids: Sequence[int] | None, sign: int, mapped: bool) -> None:
    if patch_ids is not None and len(patch_ids) == 0:
        return
    prepare(conn)
    _touch(conn, patch_ids)
    if mapped and sign < 0:
        of_touched = UnlawfulInterval.patch_id.in_(select(_touched.c.patch_id))
        conn.execute(delete(UnlawfulInterval).where(of_touched))
    years = _years_touched(conn)
    decided, split = _has(conn, AuditDecision), _has(conn, Parcel)
    judged = split or decided
    for year in years:
        cutoff = elimination_cutoff_on(year)
        for statement in _statements(conn.dialect.name, year, cutoff, sign, decided, judged):
            conn.execute(statement)
        if mapped and judged and sign > 0:
            conn.execute(_draw(year))
    for table in (_touched, _alike, _interval, _vector):
        conn.execute(delete(table))


def _has(conn: Connection, child: Any) -> bool:
    """Whether any of the touched patches has a decision or parcel."""
    of_touched = select(_touched.c.patch_id).where(child.patch_id == _touched.c.patch_id)
    return conn.scalar(select(of_touched.limit(1).scalar_subquery())) is not None


@lru_cache(maxsize=64)
def _statements(
    dialect: str, year: int, cutoff: date, sign: int, decided: bool, judged: bool
) -> tuple[Any, ...]:
    """What keeps the summary in step for one year, in order; made once, they are large.

    cutoff: D6 of the year, which stands in them. decided, judged: whether any touched patch has
    decisions, or decisions or parcels. A batch of new patches has none.
    """
    audits = (
        *_fill_intervals(_touched_of(year, _audit_days())),
        _upsert(dialect, year, sign, _audit_vectors()),
    )
    parcels = (
        *_fill_intervals(_touched_of(year, _parcel_days(cutoff))),
        *_fill_vectors(year, decided),
        _upsert(dialect, year, sign, _vector),
    )
    return (
        *_fill_alike(year),
        *_clearance_statements(dialect, year, sign),
        *(audits if decided else ()),
        *(parcels if judged else ()),
        delete(DaySummary).where(
            DaySummary.year == year, *(getattr(DaySummary, m) == 0 for m in MEASURES)
        ),
    )


@lru_cache(maxsize=64)
def _clearance_statements(dialect: str, year: int, sign: int) -> tuple[Any, ...]:
    """What the patches of `summary_alike` contribute."""
    return (
        *_fill_intervals(_clearance_days()),
        _upsert(dialect, year, sign, _clearance_vectors()),
    )


def _fill_alike(year: int) -> tuple[Any, ...]:
    columns = [Patch.__table__.c[name] for name in _ALIKE]
    groups = (
        select(func.count().label("patches"), *columns)
        .join(_touched, _touched.c.patch_id == Patch.id)
        .where(Patch.year == year)
        .group_by(*columns)
        .subquery("groups")
    )
    number = func.row_number().over(order_by=groups.c.issued_on)
    return (
        delete(_alike),
        insert(_alike).from_select(["id", "patches", *_ALIKE], select(number, *groups.c)),
    )


def _touched_of(year: int, days: list[Select[Any]]) -> list[Select[Any]]:
    return [
        day.join(_touched, _touched.c.patch_id == day.selected_columns[0]).where(Patch.year == year)
        for day in days
    ]


def _fill_intervals(days: list[Select[Any]]) -> tuple[Any, ...]:
    """Cut time at the days given: (patch_id, on_date) selects."""
    every = union(*(d.where(d.selected_columns[1].is_not(None)) for d in days)).subquery("days")
    following = func.lead(every.c.on_date).over(
        partition_by=every.c.patch_id, order_by=every.c.on_date
    )
    return (
        delete(_interval),
        insert(_interval).from_select(
            ["patch_id", "from_on", "to_on"], select(every.c.patch_id, every.c.on_date, following)
        ),
    )


def _fill_vectors(year: int, decided: bool) -> tuple[Any, ...]:
    """The parcels' sums, kept because both the summary and the map are made from them."""
    vectors = _parcel_vectors(year, decided)
    names = ["patch_id", "from_on", "to_on", "district_code", "clearance_month", *PARCEL_MEASURES]
    return (
        delete(_vector),
        insert(_vector).from_select(names, select(*(vectors.c[name] for name in names))),
    )


@lru_cache(maxsize=64)
def _draw(year: int) -> Any:
    """What maps show of the patches that have something unlawful."""
    names = ["patch_id", "from_on", "to_on", *_MAPPED]
    found = select(literal(year), *(_vector.c[name] for name in names)).where(
        _vector.c.unlawful_parcels > 0
    )
    return insert(UnlawfulInterval).from_select(["year", *names], found)


def _of_patch(concerned: Expression, *days: Any) -> list[Select[Any]]:
    return [
        select(Patch.id.label("patch_id"), day.label("on_date")).where(concerned) for day in days
    ]


def _of_child(table: Any, day: Any, *where: Expression) -> Select[Any]:
    chosen = select(table.patch_id.label("patch_id"), day.label("on_date"))
    return chosen.join_from(table, Patch, Patch.id == table.patch_id).where(*where)


def _lifetime() -> tuple[Any, ...]:
    return Patch.issued_on, Patch.withdrawn_on, Patch.transferred_on


def _clearance_days() -> list[Select[Any]]:
    a = _alike.c
    days = (a.issued_on, a.withdrawn_on, a.transferred_on, next_day(a.due_on), a.reported_on)
    return [select(a.id.label("patch_id"), day.label("on_date")) for day in days]


def _has_decisions() -> Expression:
    return exists().where(AuditDecision.patch_id == Patch.id)


def _audit_days() -> list[Select[Any]]:
    return [
        *_of_patch(_has_decisions(), *_lifetime()),
        _of_child(AuditDecision, AuditDecision.decided_on),
    ]


def _parcel_days(cutoff: date) -> list[Select[Any]]:
    judged = or_(_has_decisions(), exists().where(Parcel.patch_id == Patch.id))
    c = EnforcementCase
    return [
        *_of_patch(judged, *_lifetime(), Patch.reported_on),
        _of_child(Parcel, Parcel.reported_on, ~Parcel.ended),
        _of_child(
            AuditDecision, AuditDecision.decided_on, AuditDecision.determination.is_not(None)
        ),
        _of_child(c, c.filed_on),
        _of_child(c, c.eliminated_on, c.eliminated_on <= cutoff),
        _of_child(c, c.accepted_on, c.accepted_on <= cutoff, c.eliminated_on <= cutoff),
        *deductions.turning_days(),
    ]


def _one(condition: Expression) -> Expression:
    return case((condition, 1), else_=0)


def _vectors(state: PatchState, columns: dict[str, Expression], source: FromClause) -> CTE:
    """Measures of each patch in each interval in which it counts, with where they belong."""
    return (
        select(
            state.patch.id.label("patch_id"),
            state.district.label("district_code"),
            func.coalesce(state.patch.clearance_month, "").label("clearance_month"),
            _interval.c.from_on,
            _interval.c.to_on,
            *(expression.label(name) for name, expression in columns.items()),
        )
        .select_from(source)
        .where(state.active)
        .cte("vectors")
    )


def _patch_intervals() -> FromClause:
    return _interval.join(Patch, Patch.id == _interval.c.patch_id)


def _clearance_vectors() -> CTE:
    state = PatchState(_alike.c, _interval.c.from_on)
    number = _alike.c.patches
    columns: dict[str, Expression] = {
        name: case((and_(state.is_land, condition), number), else_=0)
        for name, condition in of_clearance(state).items()
    }
    columns["patches"] = number
    columns["mineral_patches"] = case((~state.is_land, number), else_=0)
    return _vectors(state, columns, _interval.join(_alike, _alike.c.id == _interval.c.patch_id))


def _audit_vectors() -> CTE:
    state = PatchState(Patch, _interval.c.from_on)
    columns = {name: _one(condition) for name, condition in of_audit(state).items()}
    return _vectors(state, columns, _patch_intervals())


def _parcel_sums(year: int, decided: bool) -> CTE:
    """Per patch and interval: counts and areas of its parcels."""
    keys = [_interval.c.patch_id, _interval.c.from_on]
    rows = parcels_at(Patch, _interval.c.from_on, _patch_intervals(), keys, decided=decided)
    r, s = rows.c, ParcelState(rows, rows.c.from_on, year)

    terms = {
        "pending_parcels": (s.pending, None),
        **of_parcels(s),
    }
    columns = {name: summed(rows, term) for name, term in terms.items()}
    return (
        select(r.patch_id, r.from_on, *(e.label(name) for name, e in columns.items()))
        .group_by(r.patch_id, r.from_on)
        .cte("parcel_sums")
    )


def _parcel_vectors(year: int, decided: bool) -> CTE:
    state = PatchState(Patch, _interval.c.from_on)
    sums = _parcel_sums(year, decided)
    columns: dict[str, Expression] = {
        name: case((state.is_land, sums.c[name]), else_=0)
        for name in PARCEL_MEASURES
        if name in sums.c
    }
    judged = judged_counts(state.is_land, sums.c.pending_parcels, sums.c.unlawful_parcels)
    columns |= {name: _one(condition) for name, condition in judged.items()}
    same = and_(_interval.c.patch_id == sums.c.patch_id, _interval.c.from_on == sums.c.from_on)
    source = sums.join(_interval, same).join(Patch, Patch.id == sums.c.patch_id)
    return _vectors(state, columns, source)


def _upsert(dialect: str, year: int, sign: int, vectors: CTE | Table) -> Any:
    """Add to the summary: each vector enters on from_on and leaves on to_on."""
    names = [m for m in MEASURES if m in vectors.c]
    signs = union(select(literal(1).label("sign")), select(literal(-1))).subquery("signs")
    day = case((signs.c.sign == 1, vectors.c.from_on), else_=vectors.c.to_on)
    changes = (
        select(
            literal(year),
            vectors.c.district_code,
            vectors.c.clearance_month,
            day,
            *(
                cast(sign * func.sum(signs.c.sign * vectors.c[n]), BigInteger) if n in names else 0
                for n in MEASURES
            ),
        )
        .select_from(vectors.join(signs, true()))
        .where(day.is_not(None))
        .group_by(vectors.c.district_code, vectors.c.clearance_month, day)
    )
    make: Any = sqlite.insert if dialect == "sqlite" else postgresql.insert
    keys = ["year", "district_code", "clearance_month", "on_date"]
    statement = make(DaySummary).from_select([*keys, *MEASURES], changes)
    return statement.on_conflict_do_update(
        index_elements=keys,
        set_={m: getattr(DaySummary, m) + statement.excluded[m] for m in names},
    )
