"""Opening the store that the settings name: migrated, seeded, refused in words."""

from __future__ import annotations

from data.periods import read_local_calendar, use_local_calendar
from data.settings import Settings
from data.store.city_places import CityPlaces, own_places
from data.store.engine import Store


def open_store(settings: Settings, places: CityPlaces | None = None) -> Store:
    """The store of the settings, created or migrated where needed. Raises StoreRefused.

    places: with which a new one begins. A store that was begun with a city's own bears its name,
    whatever the settings say. Workdays are counted by the administrator's table beside it from now
    on.
    """
    from data.store.migrate import bring_up_to_date

    use_local_calendar(read_local_calendar(settings.local_dir / "workdays.toml"))
    store = Store(settings)
    bring_up_to_date(store, places)
    with store.read_now() as conn:
        own = own_places(conn)
    if own is not None:
        store.bear_name(own.city)
    return store
