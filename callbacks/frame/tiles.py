"""The background of maps, where the settings name one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.maps.base import Tiles

if TYPE_CHECKING:
    from data.settings import Settings


def tiles_of(settings: Settings) -> Tiles | None:
    return Tiles(settings.tile_url, settings.tile_attribution) if settings.tile_url else None
