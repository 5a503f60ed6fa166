"""The addresses of the lists, derived from data/tables/registry.py: routes and OpenAPI take them
from here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from components import paths
from data.tables.listing import Listing, Table
from data.tables.registry import LISTINGS

VERSION = "v1"
ROOT = f"{paths.API}{VERSION}/"
#: OGC API – Features.
FEATURES = f"{paths.API}features/"


@dataclass(frozen=True, slots=True)
class Address:
    """table: None for the whole document of a list of several tables."""

    path: str
    listing: Listing
    table: Table | None
    is_csv: bool = False


def addresses() -> Iterator[Address]:
    for listing in LISTINGS.values():
        path = ROOT + listing.name
        if not listing.is_one_table:
            yield Address(path, listing, None)
        for name, table in listing.tables.items():
            of_table = f"{path}/{name}" if name else path
            yield Address(of_table, listing, table)
            yield Address(f"{of_table}.csv", listing, table, is_csv=True)
