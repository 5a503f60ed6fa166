"""What every page says of the store: data version, last upload, work years, districts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from data.provinces import PROVINCES
from data.store.city_places import own_places
from data.store.models import Contact as ContactRow
from data.store.models import District, LedgerItem, Meta, Patch, Upload


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to call in a district: no person, a post."""

    unit: str
    post: str
    telephone: str

    @property
    def text(self) -> str:
        """`环翠区自然资源局 执法科 0631-1234567`."""
        return f"{self.unit} {self.post} {self.telephone}"


@dataclass(frozen=True, slots=True)
class DistrictRow:
    code: str
    name: str
    short_name: str
    position: int
    is_zone: bool
    contact: Contact | None = None


@dataclass(frozen=True, slots=True)
class Stamp:
    """years: work years with patches, newest first. districts: in the bureau's order."""

    data_version: int
    last_upload_at: datetime | None
    last_upload_name: str | None
    last_upload_kind: str | None
    is_demo: bool
    years: tuple[int, ...]
    districts: tuple[DistrictRow, ...]


def data_version(conn: Connection) -> int:
    value = conn.scalar(select(Meta.value).where(Meta.key == "data_version"))
    return int(value or 0)


def demo_is_wanted(conn: Connection) -> bool:
    """Whether the store is empty, or holds a demo whose loading was interrupted; never in a store
    of another city.

    Loading it again is harmless: the same files change nothing.
    """
    if data_version(conn) == 0:
        return own_places(conn) is None
    said = select(Meta.key).where(Meta.key.in_(["is_demo", "demo_complete"]), Meta.value == "1")
    return set(conn.scalars(said)) == {"is_demo"}


def districts(conn: Connection) -> tuple[DistrictRow, ...]:
    """The units in the bureau's order, each with whom to call there."""
    d, c = District, ContactRow
    rows = conn.execute(
        select(d.code, d.name, d.short_name, d.position, d.is_zone, c.unit, c.post, c.telephone)
        .join(c, c.district_code == d.code, isouter=True)
        .order_by(d.position, d.code)
    )
    return tuple(
        DistrictRow(
            row.code,
            row.name,
            row.short_name,
            row.position,
            row.is_zone,
            Contact(row.unit, row.post, row.telephone) if row.unit is not None else None,
        )
        for row in rows
    )


def province_of(conn: Connection) -> str:
    """In which the city's units lie; 本省 where their code begins with none that is known."""
    code = conn.scalar(select(func.min(District.code))) or ""
    return PROVINCES.get(code[:2], "本省")


def work_years(conn: Connection) -> tuple[int, ...]:
    """Years that have patches, newest first; one index probe a year, in one statement."""
    found = select(func.max(Patch.year).label("year")).cte("found", recursive=True)
    before = select(func.max(Patch.year)).where(Patch.year < found.c.year).scalar_subquery()
    found = found.union_all(select(before).where(found.c.year.is_not(None)))
    return tuple(conn.scalars(select(found.c.year).where(found.c.year.is_not(None))))


def ledger_years(conn: Connection) -> tuple[int, ...]:
    rows = conn.scalars(select(LedgerItem.year).distinct().order_by(LedgerItem.year.desc()))
    return tuple(rows)


def stamp(conn: Connection) -> Stamp:
    said = select(Meta.key, Meta.value).where(Meta.key.in_(["data_version", "is_demo"]))
    meta = {row.key: row.value for row in conn.execute(said)}
    u = Upload
    last = conn.execute(
        select(u.uploaded_at, u.file_name, u.kind)
        .where(u.state != "entry")  # entered by hand, not uploaded
        .order_by(u.id.desc())
        .limit(1)
    ).first()
    return Stamp(
        data_version=int(meta.get("data_version", 0)),
        last_upload_at=last.uploaded_at if last else None,
        last_upload_name=last.file_name if last else None,
        last_upload_kind=last.kind if last else None,
        is_demo=meta.get("is_demo") == "1",
        years=work_years(conn),
        districts=districts(conn),
    )
