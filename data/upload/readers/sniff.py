"""What a file is, by its content and its name together.

The content decides; the name must not promise something of another family. A reader is then called
for exactly that kind, so a VRT named .geojson never meets a program that knows VRT.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from data.errors import UploadRefused


class Kind(StrEnum):
    ZIP = "zip"
    XLSX = "xlsx"
    XLS = "xls"
    KML = "kml"
    GEOJSON = "geojson"
    GEOPACKAGE = "gpkg"
    SURVEY = "survey"
    DELIMITED = "csv"


_EXTENSIONS: dict[str, tuple[Kind, ...]] = {
    ".zip": (Kind.ZIP,),
    ".kmz": (Kind.ZIP,),
    ".kml": (Kind.KML,),
    ".geojson": (Kind.GEOJSON,),
    ".json": (Kind.GEOJSON,),
    ".gpkg": (Kind.GEOPACKAGE,),
    # programs write one spreadsheet format under the other's name
    ".xlsx": (Kind.XLSX, Kind.XLS),
    ".xlsm": (Kind.XLSX,),
    ".xls": (Kind.XLS, Kind.XLSX, Kind.DELIMITED),
    ".et": (Kind.XLS, Kind.XLSX),
    ".csv": (Kind.DELIMITED, Kind.XLSX, Kind.XLS),
    ".tsv": (Kind.DELIMITED,),
    ".txt": (Kind.SURVEY, Kind.DELIMITED),
}
_SUPPORTED = "zip（Shapefile、FileGDB）、gpkg、geojson、kml、kmz、xlsx、xls、csv、勘测定界 txt"
#: Systems export web pages under these names.
_TABLES = (".xls", ".xlsx", ".et", ".csv", ".tsv", ".txt")
_SHAPEFILE_PARTS = {".shp", ".dbf", ".shx", ".prj", ".cpg", ".sbn", ".sbx"}
_FOREIGN = (
    (b"Rar!", "RAR 压缩包"),
    (b"7z\xbc\xaf", "7z 压缩包"),
    (b"\x1f\x8b", "gzip 压缩包"),
    (b"%PDF", "PDF 文件"),
    (b"\x7fELF", "程序文件"),
    (b"MZ", "程序文件"),
)


def sniff(path: Path, file_name: str) -> Kind:
    """The kind of the file. Raises UploadRefused where content or name is none we take."""
    suffix = Path(file_name).suffix.lower()
    with path.open("rb") as file:
        head = file.read(65536)
    if not head.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise UploadRefused("文件是空的，请检查导出是否完成后重新上传。")
    if suffix in _SHAPEFILE_PARTS or head.startswith(b"\x00\x00\x27\x0a"):
        raise UploadRefused(
            "这是 Shapefile 的一个部分，缺少同名的其他文件。"
            "请把 .shp、.shx、.dbf、.prj 一起压缩成一个 zip 后上传。"
        )
    for magic, what in _FOREIGN:
        if head.startswith(magic):
            raise UploadRefused(f"不能读取{what}。可以上传：{_SUPPORTED}。")
    if suffix in _TABLES and _without_mark(head).startswith(b"<"):
        raise UploadRefused(
            "文件其实是网页或 XML，不是工作簿。请用 Excel 或 WPS 打开后另存为 .xlsx 再上传。"
        )
    kind = _by_content(head, suffix)
    allowed = _EXTENSIONS.get(suffix)
    if allowed is None:
        raise UploadRefused(f"不认识扩展名“{suffix or '（无）'}”。可以上传：{_SUPPORTED}。")
    if kind not in allowed:
        raise UploadRefused(
            f"文件内容与扩展名 {suffix} 不符，无法读取。请从原软件重新导出，不要只改扩展名。"
        )
    return kind


def _without_mark(head: bytes) -> bytes:
    return head.lstrip(b"\xef\xbb\xbf \t\r\n\v\f")


def _by_content(head: bytes, suffix: str) -> Kind | None:
    if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
        return Kind.XLSX if suffix not in (".zip", ".kmz") else Kind.ZIP
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return Kind.XLS
    if head.startswith(b"SQLite format 3\0"):
        return Kind.GEOPACKAGE
    text = _without_mark(head)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = _without_mark(head.decode("utf-16", errors="ignore").encode())
    elif b"\0" in head:
        return None
    if suffix in (".geojson", ".json"):
        return Kind.GEOJSON if text[:1] in (b"{", b"[") else None
    if text.startswith(b"<"):
        return Kind.KML if suffix == ".kml" else None
    if _is_survey(text):
        return Kind.SURVEY
    return Kind.DELIMITED


def _is_survey(text: bytes) -> bool:
    return any("[地块坐标]".encode(codec) in text for codec in ("utf-8", "gb18030"))
