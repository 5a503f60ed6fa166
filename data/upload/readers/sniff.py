"""What a file is, by its content and its name together.

The content decides; the name must not promise something of another family. A reader is then called
for exactly that kind, so a VRT named .geojson never meets a program that knows VRT.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path, PurePath

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
#: What other formats are called and what to do, by the ends of names.
_TOLD_BY_NAME: dict[tuple[str, ...], str] = {
    tuple(_SHAPEFILE_PARTS): (
        "这是 Shapefile 的一个部分，缺少同名的其他文件。"
        "请把 .shp、.shx、.dbf、.prj 一起压缩成一个 zip 后上传（压缩成 .zip，不要用 .rar）。"
    ),
    (".mdb", ".accdb"): (
        "这是 Access 数据库（ArcGIS 的个人地理数据库也是），不能读取。"
        "图层请在 ArcGIS 里导出为 Shapefile 或文件地理数据库（.gdb 文件夹）并压缩成 zip，"
        "表格请另存为 .xlsx 后上传。"
    ),
    (".geojsonl", ".geojsons", ".ndjson", ".jsonl", ".geojsonseq"): (
        "这是逐行的 GeoJSON（GeoJSONSeq），不能读取。请在原软件里另存为 GeoJSON 后上传。"
    ),
    (".topojson",): "这是 TopoJSON，不能读取。请在原软件里另存为 GeoJSON 后上传。",
    (".gdbtable", ".gdbtablx", ".gdbindexes", ".gdb"): (
        "文件地理数据库是一个 .gdb 文件夹，请把整个文件夹压缩成 zip 后上传。"
    ),
    (".mxd", ".aprx", ".lyr", ".lyrx", ".qgs", ".qgz"): (
        "这是制图工程或图层样式，里面没有数据。请导出图层本身（Shapefile、GeoPackage）后上传。"
    ),
    (".dwg", ".dxf"): (
        "这是 CAD 图形，不含图斑属性，不能读取。请在 GIS 软件里转成带属性的面图层后上传。"
    ),
    (".doc", ".docx", ".pdf", ".wps", ".ofd"): (
        "这是文档，不是数据表或图层。请上传 Excel、CSV 或图层文件。"
    ),
    (".rar", ".7z"): "不能读取这种压缩包。请改用 .zip 压缩后上传。",
}
_LOCK_FILE = (
    "这是 Excel、WPS 打开文件时留下的临时文件（名字以 ~$ 或 .~ 开头），里面没有数据。"
    "请上传不带这个开头的同名文件。"
)
_UTF16 = (
    "文件是没有标记（BOM）的 UTF-16 文本，不能可靠地识别。"
    "请用记事本或 WPS 打开，另存为 UTF-8 编码后重新上传。"
)
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
    told = told_by_name(file_name)
    if told is None and head.startswith(b"\x00\x00\x27\x0a"):
        told = told_by_name(".shp")
    if told is None and head[4:19] in (b"Standard Jet DB", b"Standard ACE DB"):
        told = told_by_name(".mdb")
    if told is not None:
        raise UploadRefused(told)
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
    if kind is None and _is_bare_utf16(head):
        raise UploadRefused(_UTF16)
    if kind not in allowed:
        raise UploadRefused(
            f"文件内容与扩展名 {suffix} 不符，无法读取。请从原软件重新导出，不要只改扩展名。"
        )
    return kind


def told_by_name(file_name: str) -> str | None:
    """What a file that cannot be read is, by its name, and what to do; None for all others."""
    name = PurePath(file_name.lower())
    if name.name.startswith(("~$", ".~")):
        return _LOCK_FILE
    ends = name.suffix or name.name
    return next((told for suffixes, told in _TOLD_BY_NAME.items() if ends in suffixes), None)


def _is_bare_utf16(head: bytes) -> bool:
    """Text in UTF-16 without its mark: every second byte of its ASCII is NUL."""
    even, odd = head[0::2], head[1::2]
    for codec, zeros in (("utf-16-le", odd), ("utf-16-be", even)):
        if zeros.count(0) * 10 < len(zeros):
            continue
        text = head[: len(head) // 2 * 2].decode(codec, "replace")
        if text.isprintable() or all(c.isprintable() or c in "\r\n\t" for c in text):
            return True
    return False


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
        return Kind.GEOJSON if text.lstrip(b"\x1e")[:1] in (b"{", b"[") else None
    if text.startswith(b"<"):
        return Kind.KML if suffix == ".kml" else None
    if _is_survey(text):
        return Kind.SURVEY
    return Kind.DELIMITED


def _is_survey(text: bytes) -> bool:
    return any("[地块坐标]".encode(codec) in text for codec in ("utf-8", "gb18030"))
