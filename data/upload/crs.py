"""In which coordinate system a file's numbers are, and the way from there to EPSG:4490.

Declared systems are believed only as far as the coordinates then lie in the city; a file that
declares none gets the one candidate in which they do (upload-formats.md). Xi'an 1980, Beijing 1954
and CGCS2000 differ by about 100 m and cannot be told apart by range: without a declaration the
current one, CGCS2000, is taken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyproj
import pyproj.network
from pyproj.exceptions import CRSError, ProjError

from data.errors import CrsUndecided, UploadRefused
from data.upload.readers.base import CrsDecision, Geometry, ReadOptions

CGCS2000 = 4490
#: Geographic systems whose degrees are taken as CGCS2000's: they differ by centimetres.
_SAME_DEGREES = {4490, 4326, 4479, 4480}
#: How far outside the city's box, in degrees (about 10 km), coordinates still count as "in it".
_MARGIN_DEG = 0.1
#: A system fits when at least this share of the sampled coordinates lies in the city.
_SHARE = 0.5
_SAMPLE = 2_000

Floats = npt.NDArray[np.float64]
Bounds = tuple[float, float, float, float]

pyproj.network.set_network_enabled(False)  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Located:
    """A decision with what is needed to apply it. wkt: the system where `decision.epsg` is 0."""

    decision: CrsDecision
    wkt: str | None = None

    @property
    def is_lonlat(self) -> bool:
        """The file's numbers are these degrees already."""
        return not self.decision.swapped and _transformer(self.wkt or self.decision.epsg) is None

    def to_lonlat(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Degrees on CGCS2000; inf where the projection has no answer."""
        if self.decision.swapped:
            x, y = y, x
        return _to_lonlat(self.wkt or self.decision.epsg, x, y)


@lru_cache(maxsize=64)
def _transformer(system: int | str) -> pyproj.Transformer | None:
    """None for degrees that are CGCS2000's already. Raises CRSError, ProjError."""
    if system in _SAME_DEGREES:
        return None
    crs = _flat(f"EPSG:{system}" if isinstance(system, int) else system)
    if crs.is_geographic and crs.ellipsoid and crs.to_epsg() in _SAME_DEGREES:
        return None
    return pyproj.Transformer.from_crs(crs, pyproj.CRS.from_epsg(CGCS2000), always_xy=True)


def _flat(definition: str) -> pyproj.CRS:
    """definition: WKT or EPSG:4490; nothing else that PROJ would look up is let through."""
    if re.fullmatch(r"EPSG:\d{1,6}", definition):
        crs = pyproj.CRS.from_user_input(definition)
    else:
        crs = pyproj.CRS.from_wkt(definition)
    if crs.is_compound:
        crs = crs.sub_crs_list[0]
    crs = crs.to_2d()
    if not (crs.is_geographic or crs.is_projected):
        raise CRSError("neither geographic nor projected")
    return crs


def _to_lonlat(system: int | str, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    transformer = _transformer(system)
    if transformer is None:
        return x, y
    lon, lat = transformer.transform(x, y, errcheck=False)
    return np.asarray(lon), np.asarray(lat)


def declared_system(wkt: str | None) -> tuple[int, str | None] | None:
    """(EPSG code, None), or (0, wkt) for a usable system without a code; None for nothing usable.

    wkt: text of a .prj or of a layer's definition, which may be broken, empty or an HTML page; or
    `EPSG:4490`, as GDAL's layers give it.
    """
    if not wkt or len(wkt) > 20_000:
        return None
    try:
        if re.fullmatch(r"EPSG:\d{4,6}", wkt):
            wkt = pyproj.CRS.from_user_input(wkt).to_wkt()
        crs = _flat(wkt)
        _transformer(crs.to_wkt())
        code = _code_of(wkt, crs)
    except (CRSError, ProjError):
        return None
    return (code, None) if code else (0, crs.to_wkt())


def _code_of(wkt: str, crs: pyproj.CRS) -> int | None:
    """The EPSG code of a definition: what it says of itself or the register finds, if that leads
    to the same places (PROJ's own measure of likeness minds names and axes too much).
    """
    said = re.search(r'(?:AUTHORITY|ID)\["EPSG",\s*"?(\d{4,6})"?\](?:\s*\])+\s*$', wkt)
    found = pyproj.CRS.from_wkt(wkt).to_epsg(min_confidence=25)
    for code in (int(said.group(1)) if said else None, found):
        if code and _agree(code, crs):
            return code
    return None


def _agree(code: int, crs: pyproj.CRS) -> bool:
    try:
        other = pyproj.CRS.from_epsg(code)
        area = other.area_of_use
        if area is None or other.is_geographic != crs.is_geographic:
            return False
        lon = np.linspace(area.west, area.east, 5)[1:4]
        lat = np.linspace(area.south, area.north, 5)[1:4]
        to = pyproj.Transformer.from_crs(other.geodetic_crs, other, always_xy=True)
        x, y = to.transform(lon, lat)
        (lon_1, lat_1), (lon_2, lat_2) = _to_lonlat(code, x, y), _to_lonlat(crs.to_wkt(), x, y)
    except (CRSError, ProjError):
        return False
    return bool(np.allclose(lon_1, lon_2, atol=1e-6) and np.allclose(lat_1, lat_2, atol=1e-6))


def decide(
    x: Floats,
    y: Floats,
    options: ReadOptions,
    declared: tuple[int, str | None] | None = None,
    may_swap: bool = True,
) -> Located:
    """The system of these coordinates (all of a layer's, or a sample; nan is skipped).

    declared: as `declared_system` gives it. may_swap: also try northing (latitude) first.
    Raises UploadRefused where several systems or none fit, naming what to choose.
    """
    x, y = _sample(x, y)
    fits = [c for c in _candidates(options.city_bounds) if _lands(c, x, y, options.city_bounds)]
    swapped = []
    if may_swap and not fits:
        swapped = [
            c for c in _candidates(options.city_bounds) if _lands(c, y, x, options.city_bounds)
        ]
    found = tuple(fits or swapped)
    if options.crs is not None:
        return _given(options.crs, x, y, options, declared, found, may_swap)
    if declared is not None:
        return _believed_or_corrected(declared, x, y, options, found, bool(swapped))
    if len(found) == 1:
        how = "（坐标次序为先北后东，已对调）" if swapped else ""
        reason = f"文件没有坐标系说明；坐标只有按 {describe(found[0])} 才落在本市，按此读取{how}。"
        return Located(CrsDecision(found[0], "inferred", bool(swapped), None, found, reason))
    raise _undecided(x, y, found)


def _given(
    code: int,
    x: Floats,
    y: Floats,
    options: ReadOptions,
    declared: tuple[int, str | None] | None,
    found: tuple[int, ...],
    may_swap: bool,
) -> Located:
    try:
        _transformer(code)
    except (CRSError, ProjError) as error:
        raise UploadRefused(f"没有 EPSG:{code} 这个平面或经纬度坐标系，请重新选择。") from error
    swap = (
        may_swap
        and not _lands(code, x, y, options.city_bounds)
        and _lands(code, y, x, options.city_bounds)
    )
    reason = f"按指定的 {describe(code)} 读取{'（坐标次序已对调）' if swap else ''}。"
    known = declared[0] if declared else None
    return Located(CrsDecision(code, "given", swap, known, found, reason))


def _believed_or_corrected(
    declared: tuple[int, str | None],
    x: Floats,
    y: Floats,
    options: ReadOptions,
    found: tuple[int, ...],
    swapped: bool,
) -> Located:
    code, wkt = declared
    system = wkt or code
    name = describe(code) if code else pyproj.CRS.from_wkt(wkt or "").name[:60]
    if not len(x) or _share(system, x, y, options.city_bounds) > 0 or len(found) != 1:
        reason = f"按文件自带的坐标系 {name} 读取。"
        return Located(CrsDecision(code, "declared", False, code, found, reason), wkt)
    right = describe(found[0]) + ("（先北后东）" if swapped else "")
    reason = (
        f"文件自带的坐标系 {name} 与坐标不符（按它不在本市），"
        f"坐标只有按 {right} 才落在本市，已改按后者读取。"
    )
    return Located(CrsDecision(found[0], "inferred", swapped, code, found, reason))


def _sample(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    good = np.isfinite(x) & np.isfinite(y)
    x, y = x[good], y[good]
    step = max(1, len(x) // _SAMPLE)
    return x[::step], y[::step]


def _share(system: int | str, x: Floats, y: Floats, bounds: Bounds) -> float:
    if not len(x):
        return 0.0
    west, south, east, north = bounds
    try:
        lon, lat = _to_lonlat(system, x, y)
    except (CRSError, ProjError):
        return 0.0
    inside = (lon >= west - _MARGIN_DEG) & (lon <= east + _MARGIN_DEG)
    inside &= (lat >= south - _MARGIN_DEG) & (lat <= north + _MARGIN_DEG)
    return float(inside.mean())


def _lands(system: int | str, x: Floats, y: Floats, bounds: Bounds) -> bool:
    return _share(system, x, y, bounds) >= _SHARE


@lru_cache(maxsize=16)
def _candidates(bounds: Bounds) -> tuple[int, ...]:
    """Degrees and every CGCS2000 Gauss–Krüger zone that a file of this city may be in.

    3° zones with the zone number in the easting are EPSG:4513–4533 (25–45), without it 4534–4554;
    6° zones with the number 4491–4501 (13–23). 6° zones without it are the 3° zones of the same
    central meridian, to the last digit.
    """
    west, _, east, _ = bounds
    codes = [CGCS2000]
    for zone in range(25, 46):
        if west - 3 <= 3 * zone <= east + 3:
            codes += [4488 + zone, 4509 + zone]
    for zone in range(13, 24):
        if west - 4.5 <= 6 * zone - 3 <= east + 4.5:
            codes.append(4478 + zone)
    return tuple(codes)


def describe(code: int) -> str:
    """`EPSG:4528（CGCS2000 3 度带 40 带，带号）`."""
    if code == CGCS2000:
        return "EPSG:4490（CGCS2000 经纬度）"
    if 4513 <= code <= 4533:
        return f"EPSG:{code}（CGCS2000 3 度带第 {code - 4488} 带，东坐标含带号）"
    if 4534 <= code <= 4554:
        return f"EPSG:{code}（CGCS2000 3 度带，中央经线 {(code - 4509) * 3}°，不含带号）"
    if 4491 <= code <= 4501:
        return f"EPSG:{code}（CGCS2000 6 度带第 {code - 4478} 带，东坐标含带号）"
    try:
        return f"EPSG:{code}（{pyproj.CRS.from_epsg(code).name}）"
    except CRSError:
        return f"EPSG:{code}"


def _undecided(x: Floats, y: Floats, found: tuple[int, ...]) -> UploadRefused:
    if found:
        names = "、".join(describe(c) for c in found)
        return CrsUndecided(f"文件没有坐标系说明，坐标按以下几种都落在本市：{names}。", found)
    if not len(x):
        return UploadRefused("文件没有坐标系说明，也没有可用的坐标。请检查导出的图层是否为空。")
    ranges = f"横坐标 {x.min():.6g}–{x.max():.6g}，纵坐标 {y.min():.6g}–{y.max():.6g}"
    return CrsUndecided(f"文件没有坐标系说明，{ranges}，按常用坐标系都不在本市范围内。")


def points_from_columns(
    x: Floats, y: Floats, options: ReadOptions
) -> tuple[Geometry, CrsDecision | None]:
    """Points of a table's centre columns (中心经度/中心纬度, XZB/YZB in metres or degrees).

    x, y: as the columns stand, nan for empty; either order. None where no row has coordinates.
    Raises UploadRefused as `decide` does.
    """
    from data.upload.readers.geometry import points

    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    missing = ~(np.isfinite(x) & np.isfinite(y))
    if missing.all():
        return points(np.full(len(x), np.nan), np.full(len(x), np.nan)), None
    located = decide(x, y, options)
    lon, lat = located.to_lonlat(np.where(missing, np.nan, x), np.where(missing, np.nan, y))
    return points(lon, lat), located.decision
