"""A small store and its services for tests of the list pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from data.services import Services
from data.settings import Settings
from data.vocabulary import AuditLevel
from tests.data.store.queries.stored import (
    HUANCUI,
    WENDENG,
    put_case,
    put_decision,
    put_parcel,
    put_patch,
    summarise,
)

if TYPE_CHECKING:
    from data.store.engine import Store

#: 10 June 2023: patches issued in May on or before the 20th are overdue since 25 May.
ON = "?year=2023&asof=2023-06-10"


@pytest.fixture
def services(settings: Settings, sqlite_store: Store) -> Services:
    """环翠区: A/1 and =A3 overdue, A2 reported and unlawful; 文登区: B1 overdue."""
    with sqlite_store.write() as conn:
        put_patch(conn, "A/1", location="双岛湾", lon=122.10, lat=37.40, town_code="371002001")
        a2 = put_patch(conn, "A2", reported_on=date(2023, 5, 20), lon=122.2, lat=37.4)
        put_parcel(conn, a2)
        put_case(conn, a2, filed_on=date(2023, 5, 30), eliminated_on=date(2023, 6, 5))
        put_decision(conn, a2, AuditLevel.CITY, date(2023, 6, 1), "returned", opinion="照片不清")
        put_patch(conn, "=A3", issued_on=date(2023, 4, 3), area_mu=20.0, farmland_mu=0.0)
        put_patch(conn, "B1", district_code=WENDENG, lon=122.0, lat=37.2)
        summarise(conn)
    return Services(settings, sqlite_store)


def below(component: Any) -> Iterator[Any]:
    """The component and everything in it, texts included."""
    yield component
    if isinstance(component, list | tuple):
        children: Any = component
    else:
        children = getattr(component, "children", None)
    if children is None:
        return
    for child in children if isinstance(children, list | tuple) else [children]:
        yield from below(child)


def text_of(component: Any) -> str:
    """All texts in it, in order."""
    return " ".join(str(part) for part in below(component) if isinstance(part, str | int))


__all__ = ["HUANCUI", "ON", "WENDENG", "below", "services", "text_of"]
