"""All lists that programs can ask for, by name; routes and OpenAPI follow from it."""

from __future__ import annotations

from data.tables import auditing, doing, looking, worklists, worksteps
from data.tables.listing import Listing

LISTINGS: dict[str, Listing] = {
    listing.name: listing
    for room in (looking, worklists, auditing, worksteps, doing)
    for listing in room.LISTINGS
}
