"""Metres and square kilometres on the ground of what is measured on the map.

Web-Mercator stretches by latitude; here is how much, on the ellipsoid of CGCS2000. Areas of shapes
are taken in the cylindrical equal-area projection (Snyder, Map Projections, USGS 1395, 1987, (10-3)
and (3-12)), in which they are exact.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

#: CGCS2000 (GB/T 30170): equatorial radius in metres, flattening.
_A = 6_378_137.0
_F = 1 / 298.257222101
_E2 = _F * (2 - _F)
_E = _E2**0.5


def metres_per_unit(lat: Any) -> Any:
    """Metres of one unit of mercator.unit_x, unit_y at a latitude: the mean of east and north,
    which differ by a third of a per cent at most."""
    return np.sqrt(km2_per_square_unit(lat)) * 1000


def km2_per_square_unit(lat: Any) -> Any:
    """Square kilometres of a unit by a unit of mercator.unit_x, unit_y at a latitude, exactly."""
    radians = np.radians(lat)
    stretched = (2 * np.pi * _A * np.cos(radians)) ** 2 * (1 - _E2)
    return stretched / (1 - _E2 * np.sin(radians) ** 2) ** 2 / 1e6


def _equal_area(degrees: Any) -> Any:
    sin = np.sin(np.radians(degrees[:, 1]))
    q = (1 - _E2) * (sin / (1 - _E2 * sin**2) - np.log((1 - _E * sin) / (1 + _E * sin)) / (2 * _E))
    return np.column_stack([_A * np.radians(degrees[:, 0]), _A * q / 2])


def equal_area(shapes: Any) -> Any:
    """shapely's shapes, degrees EPSG:4490, as metres in which areas are true."""
    return shapely.transform(shapes, _equal_area)


def km2(shapes: Any) -> Any:
    """Area of shapes in degrees (EPSG:4490)."""
    return shapely.area(equal_area(shapes)) / 1e6
