"""Areas of shapes in degrees (EPSG:4490), measured on the ellipsoid (domain.md §3)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from data.units import M2_PER_MU

_ELLIPSOID = "+ellps=GRS80"  # CGCS2000: a = 6378137 m, 1/f = 298.257222101, the same
#: In the middle of the city: what lies around it is measured from here.
_CITY = (122.0, 37.2)

Floats = npt.NDArray[np.float64]
Shapes = npt.NDArray[np.object_]


def areas_m2(shapes: Shapes, centre: tuple[float, float] | None = None) -> Floats:
    """Areas on the ellipsoid, through an equal-area projection centred on the shapes, or on
    `centre` (lon, lat).

    Straight edges there and geodesics differ by less than 1e-6 of a patch's area.
    """
    coords = shapely.get_coordinates(shapes)
    if not len(coords):
        return np.full(len(shapes), np.nan)
    lon_0, lat_0 = centre or np.median(coords, axis=0)
    crs = pyproj.CRS.from_proj4(f"+proj=laea +lat_0={lat_0:.3f} +lon_0={lon_0:.3f} {_ELLIPSOID}")
    laea = pyproj.Transformer.from_crs(crs.geodetic_crs, crs, always_xy=True)
    x, y = laea.transform(coords[:, 0], coords[:, 1])
    area = np.full(len(shapes), np.nan)
    simple = (shapely.get_type_id(shapes) == 3) & (shapely.get_num_interior_rings(shapes) == 0)
    counts = shapely.get_num_coordinates(shapes)
    of_simple = np.repeat(simple, counts)
    area[simple] = _ring_areas(x[of_simple], y[of_simple], counts[simple])
    others = ~simple & ~shapely.is_missing(shapes)
    if others.any():
        xy = np.column_stack([x[~of_simple], y[~of_simple]])
        area[others] = shapely.area(shapely.set_coordinates(shapes[others].copy(), xy))
    return area


def _ring_areas(x: Floats, y: Floats, counts: npt.NDArray[np.int64]) -> Floats:
    """Areas of closed rings that lie one after the other; counts: their points, all above 0."""
    if not len(counts):
        return np.empty(0)
    starts = np.concatenate([[0], np.cumsum(counts[:-1])])
    # from each ring's own corner, so that no digits are lost to the distance from the centre
    x, y = x - np.repeat(x[starts], counts), y - np.repeat(y[starts], counts)
    cross = x[:-1] * y[1:] - x[1:] * y[:-1]
    cross = np.append(cross, 0.0)
    cross[starts[1:] - 1] = 0.0  # no edge leads from one ring to the next
    doubled: Floats = np.abs(np.add.reduceat(cross, starts))
    return doubled / 2


def areas_mu(shapes: Shapes) -> Floats:
    """The same in 亩, of shapes of any kind: 0 for what is empty or has no area. An area does not
    depend on the shapes beside it, not even in its last digit."""
    found = np.zeros(len(shapes))
    polygonal = ~shapely.is_missing(shapes) & (shapely.get_dimensions(shapes) == 2)
    some = polygonal & ~shapely.is_empty(shapes)
    if some.any():
        found[some] = areas_m2(shapes[some], _CITY) / M2_PER_MU
    return found
