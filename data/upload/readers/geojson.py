"""What is looked at in a GeoJSON before GDAL opens it: whether it is one, and where it points.

GDAL follows a `crs` that is a link, and reads keys as JSON means them (`\\u0063rs` is crs): so does
this look. Other kinds of JSON are told for what they are.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from data.errors import UploadRefused
from data.upload.readers import encoding
from data.upload.readers.base import ReadOptions

_GAP = r"(?:\s|/\*.*?\*/|//[^\n]*\n)*"
#: The key crs, each letter as itself or as its escape, in either kind of quotes.
_CRS_KEY = re.compile(
    r"""(["'])(?:[cC]|\\u00[46]3)(?:[rR]|\\u00[57]2)(?:[sS]|\\u00[57]3)\1""" + f"(?P<gap>{_GAP}):",
    re.DOTALL,
)
#: Names of systems that are written as addresses and looked up in PROJ's own register.
_REGISTERED = re.compile(r"https?://(?:www\.)?opengis\.net/(?:def/crs/|gml/srs/)", re.IGNORECASE)
_TEXT_NUMBERS = re.compile(r'"coordinates"\s*:\s*\[[\s\[]*"')
_COORDINATES = re.compile(r'"coordinates"\s*:\s*\[[\[\]\s,"0-9.eE+\-]*\]')
_ESRI = re.compile(
    r'"esri(?:Geometry|FieldType)\w+"|"attributes"\s*:\s*\{[^{}]*\}\s*,\s*"geometry"'
)
_LOOKED_AT = 200_000

_EXPORT = (
    "请在 ArcGIS、QGIS 等软件里另存为 GeoJSON、GeoPackage 或 Shapefile（压缩成 zip）后重新上传。"
)
_LINK = (
    "GeoJSON 的 crs 是一个外部链接，系统不会访问外部地址。"
    "请删除 crs 或改用坐标系名称（如 urn:ogc:def:crs:EPSG::4490）后重新上传。"
)
_BROKEN_CRS = "GeoJSON 的 crs 不是标准的 JSON，未读取。请删除 crs 或从原软件重新导出。"


def plain_geojson(path: Path, options: ReadOptions, folder: Path, notes: list[str]) -> Path:
    """The file itself, or a copy in `folder` in UTF-8 and with numbers as numbers. Raises
    UploadRefused for another format and for a crs that leads elsewhere."""
    raw = path.read_bytes()
    try:
        text, is_same = raw.decode("utf-8"), True
    except UnicodeDecodeError:
        (text, _), is_same = encoding.decode_text(raw, options.encoding), False
    _refuse_other_formats(text)
    _refuse_links(text)
    if _TEXT_NUMBERS.search(text):
        text = _COORDINATES.sub(lambda found: _without_quotes(found.group()), text)
        is_same = False
        if _TEXT_NUMBERS.search(text):
            raise UploadRefused("GeoJSON 的坐标是文字而不是数字，无法读取。" + _EXPORT)
        notes.append("GeoJSON 的坐标写成了文字，已按数字读取。")
    if is_same:
        return path
    copy = folder / "utf8.geojson"
    copy.write_text(text, encoding="utf-8")
    return copy


def _without_quotes(found: str) -> str:
    head, colon, numbers = found.partition(":")
    return head + colon + numbers.replace('"', "")


def _refuse_other_formats(text: str) -> None:
    head = text[:_LOOKED_AT]
    if _is_sequence(head):
        raise UploadRefused(f"这是逐行的 GeoJSON（GeoJSONSeq），不是一个完整的 GeoJSON。{_EXPORT}")
    if re.search(r'"type"\s*:\s*"Topology"', head):
        raise UploadRefused(f"这是 TopoJSON，不是 GeoJSON。{_EXPORT}")
    if _ESRI.search(head) and not re.search(r'"type"\s*:\s*"Feature', head):
        raise UploadRefused(
            "这是 ArcGIS 的 Esri JSON（要素转 JSON 的结果），不是 GeoJSON。"
            "请在 ArcGIS 的“要素转 JSON”里勾选“输出为 GeoJSON”，"
            "或导出 Shapefile（压缩成 zip）后重新上传。"
        )


def _is_sequence(head: str) -> bool:
    """One object a line, with or without the mark of a record before it."""
    if head.startswith("\x1e"):
        return True
    first, _, rest = head.lstrip("\ufeff \t\r\n").partition("\n")
    if not rest.lstrip().startswith("{") or not first.rstrip().endswith("}"):
        return False
    try:
        return isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False


def _refuse_links(text: str) -> None:
    for found in _CRS_KEY.finditer(text):
        if found.group(1) == "'" or found["gap"].strip():
            raise UploadRefused(_BROKEN_CRS)  # no JSON, but GDAL would take it for some
        start = re.compile(r"\s*").match(text, found.end())
        try:
            value, _ = json.JSONDecoder().raw_decode(text, start.end() if start else found.end())
        except (ValueError, RecursionError) as error:
            raise UploadRefused(_BROKEN_CRS) from error
        if _leads_elsewhere(value):
            raise UploadRefused(_LINK)


def _leads_elsewhere(value: Any) -> bool:
    """Whether a parsed crs is a link, or holds one."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            keys = {str(key).lower() for key in part}
            kind = str(part.get("type", "")).lower()
            if keys & {"href", "url"} or kind in ("link", "linkedcrs", "url"):
                return True
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
        elif isinstance(part, str) and _is_address(part):
            return True
    return False


def _is_address(text: str) -> bool:
    return ("://" in text or text.lstrip().startswith("/")) and not _REGISTERED.match(text)
