"""GDAL with exactly one driver.

GDAL tries each of its 170 drivers on a file, some of which open other files or addresses (VRT,
WFS…), and neither it nor pyogrio can be told at opening which one may look. So the child process
that reads an upload takes all but one off GDAL's list first; that cannot be undone, which is why
other processes only check which driver answered.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from data.errors import UploadRefused

#: Set by the sandbox's child before it reads anything.
only_named_driver = False

CONFIG = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "YES",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "GDAL_HTTP_TIMEOUT": "1",
    "GDAL_HTTP_PROXY": "127.0.0.1:9",
    "OGR_GEOJSON_MAX_OBJ_SIZE": "200",
    "OGR_SQLITE_LOAD_EXTENSIONS": "",
    "PROJ_NETWORK": "OFF",
}


def import_pyogrio() -> Any:
    """pyogrio, in the child without pandas: it needs neither, and they cost a second and a half."""
    if only_named_driver and "pandas" not in sys.modules:
        sys.meta_path.insert(0, _WithoutPandas())
    import pyogrio
    import pyogrio.raw

    return pyogrio


class _WithoutPandas(MetaPathFinder):
    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> None:
        if name in ("pandas", "geopandas"):
            raise ModuleNotFoundError(f"{name} is left out of reading children", name=name)


def pyogrio_for(driver: str) -> Any:
    """pyogrio, able in the child to open files by this driver only."""
    pyogrio = import_pyogrio()
    pyogrio.set_gdal_config_options(CONFIG)
    if only_named_driver:
        _deregister_all_but(driver)
        if set(pyogrio.list_drivers()) != {driver}:
            raise UploadRefused("服务器上的图形读取组件不完整，请联系管理员。")
    return pyogrio


def _deregister_all_but(driver: str) -> None:
    lib = ctypes.CDLL(_loaded_library())
    lib.GDALGetDriver.restype = ctypes.c_void_p
    lib.GDALGetDriver.argtypes = [ctypes.c_int]
    lib.GDALGetDriverShortName.restype = ctypes.c_char_p
    lib.GDALGetDriverShortName.argtypes = [ctypes.c_void_p]
    lib.GDALDeregisterDriver.argtypes = [ctypes.c_void_p]
    for index in reversed(range(lib.GDALGetDriverCount())):
        handle = lib.GDALGetDriver(index)
        if lib.GDALGetDriverShortName(handle) != driver.encode():
            lib.GDALDeregisterDriver(handle)


def _loaded_library() -> str:
    """The libgdal that pyogrio brought into this process."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        path = line.split(maxsplit=5)[-1]
        if "/libgdal" in path:
            return path
    raise UploadRefused("服务器上没有图形读取组件（GDAL），请联系管理员。")
