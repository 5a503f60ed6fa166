"""Archives, unpacked by our own rules (security.md: 200 MB, 1 GB inflated, 100:1, 200 members).

No name from the archive reaches the disk: members are written as `d3/s7.shp`, and `Member.name`
keeps what the user called them. Sizes are counted while inflating; what the directory of the
archive promises is not believed. Every member is inflated once, so that a damaged or nested one is
found even where nobody reads it.

Workbooks (.xlsx) are zip files too and meet the same four limits, by the directory's figures: their
reader inflates them itself, inside the sandbox's memory limit. Sheets measured at 8–25:1 in real
files stay far from 100:1. Embedded objects of a workbook are never opened and may be archives; nor
are documents that lie beside a layer, which are inflated, counted and thrown away.
"""

from __future__ import annotations

import re
import stat
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath

from data.errors import UploadRefused

MB = 1024 * 1024
_CHUNK = 256 * 1024
_NESTED_SUFFIXES = {
    *(".zip", ".rar", ".7z", ".gz", ".tgz", ".tar", ".bz2", ".xz", ".zst", ".kmz", ".jar"),
}
#: Notices and tables that people put beside a layer: zip files too, some of them, never opened.
_DOCUMENT_SUFFIXES = {
    *(".docx", ".doc", ".wps", ".xlsx", ".xlsm", ".et", ".pptx", ".ppt", ".dps", ".pdf", ".ofd"),
}
#: An old workbook, or a new one under the old name.
_WORKBOOK_SUFFIXES = {".xls"}
_NESTED_MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b\x08", b"BZh")
_KEPT_SUFFIXES = {
    *(".shp", ".shx", ".dbf", ".prj", ".cpg", ".gpkg", ".geojson", ".json", ".kml"),
    *(".csv", ".txt", ".xls"),
}
_GDB_FILE = re.compile(r"[a-z0-9_]{1,40}(\.[a-z0-9_]{1,24}){0,3}")
_UTF8_FLAG = 0x800


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """body, inflated: bytes. ratio: inflated size over the archive's own. members: entries."""

    body: int = 200 * MB
    inflated: int = 1024 * MB
    ratio: int = 100
    members: int = 200


@dataclass(frozen=True, slots=True)
class Member:
    """name: path in the archive as the user knows it. path: where it lies now."""

    name: PurePosixPath
    path: Path


def check_body(path: Path, limits: ArchiveLimits) -> None:
    """Raises UploadRefused for a file above the body limit."""
    if path.stat().st_size > limits.body:
        raise UploadRefused(f"文件超过 {limits.body // MB} MB 的上限，请拆分后分次上传。")


def unpack(
    path: Path, folder: Path, limits: ArchiveLimits, documents: list[str] | None = None
) -> list[Member]:
    """Writes the members that readers know into `folder`. documents: gets the names of those that
    lie beside them and are passed over. Raises UploadRefused."""
    try:
        with zipfile.ZipFile(path) as archive:
            named = _checked_members(archive, path, limits)
            members = _extract(archive, named, folder, path.stat().st_size, limits)
            if documents is not None:
                documents += [name.name for _, name in named if _is_document(name)]
            return members
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
        raise UploadRefused("压缩包已损坏（校验不通过），请重新压缩后上传。") from error
    except (NotImplementedError, RuntimeError) as error:
        raise UploadRefused("压缩包用了不支持的压缩方式，请用普通 zip 格式重新压缩。") from error


def check_workbook(path: Path, limits: ArchiveLimits) -> None:
    """The limits for a workbook, which is a zip file. Raises UploadRefused."""
    try:
        with zipfile.ZipFile(path) as archive:
            _checked_members(archive, path, limits)
            if "[Content_Types].xml" not in archive.namelist():
                raise UploadRefused("文件不是 Excel 工作簿。压缩包请以 .zip 为扩展名上传。")
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise UploadRefused("Excel 文件已损坏，请用 Excel 或 WPS 打开并另存为 .xlsx。") from error
    except (NotImplementedError, RuntimeError) as error:
        raise UploadRefused("Excel 文件用了不支持的压缩方式，请另存为 .xlsx 后上传。") from error


def check_document(path: Path, limits: ArchiveLimits) -> None:
    """The limits for a Word file, which is a zip file. Raises UploadRefused."""
    try:
        with zipfile.ZipFile(path) as archive:
            _checked_members(archive, path, limits)
            if "[Content_Types].xml" not in archive.namelist():
                raise UploadRefused("文件不是 Word 文档，请上传 .docx。")
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise UploadRefused("Word 文件已损坏，请用 Word 或 WPS 打开并另存为 .docx。") from error
    except (NotImplementedError, RuntimeError) as error:
        raise UploadRefused("Word 文件用了不支持的压缩方式，请另存为 .docx 后重试。") from error


def _checked_members(
    archive: zipfile.ZipFile, path: Path, limits: ArchiveLimits
) -> list[tuple[zipfile.ZipInfo, PurePosixPath]]:
    infos = archive.infolist()
    if not infos:
        raise UploadRefused("压缩包是空的，请检查后重新压缩。")
    if len(infos) > limits.members:
        raise UploadRefused(
            f"压缩包有 {len(infos)} 个文件，超过 {limits.members} 个的上限，请只压缩需要的图层。"
        )
    _check_inflated(sum(i.file_size for i in infos), path.stat().st_size, limits)
    seen: set[str] = set()
    named = []
    for info in infos:
        if info.flag_bits & 0x1:
            raise UploadRefused("压缩包有密码，请去掉密码后重新压缩上传。")
        mode = stat.S_IFMT(info.external_attr >> 16)
        if mode not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise UploadRefused("压缩包中有链接或特殊文件，请只压缩数据文件本身。")
        name = _safe_name(info)
        folded = unicodedata.normalize("NFC", str(name)).casefold()
        if folded in seen:
            raise UploadRefused(f"压缩包中有重名文件“{name.name}”，请改名后重新压缩。")
        seen.add(folded)
        named.append((info, name))
    _check_overlaps(infos)
    return named


def _check_inflated(size: int, packed: int, limits: ArchiveLimits) -> None:
    if size > limits.inflated:
        raise UploadRefused(f"压缩包解开后超过 {limits.inflated // MB} MB 的上限，请拆分后上传。")
    if size > limits.ratio * packed:
        raise UploadRefused(f"压缩包的压缩比超过 {limits.ratio}:1，疑似异常文件，未读取。")


def _check_overlaps(infos: list[zipfile.ZipInfo]) -> None:
    """Members that share bytes are how a small archive inflates without end."""
    spans = sorted((i.header_offset, i.header_offset + i.compress_size) for i in infos)
    for (_, end), (start, _) in pairwise(spans):
        if start < end:
            raise UploadRefused("压缩包结构异常（文件互相重叠），未读取。请重新压缩。")


def _safe_name(info: zipfile.ZipInfo) -> PurePosixPath:
    text = info.orig_filename
    if not info.flag_bits & _UTF8_FLAG:
        text = _decoded_name(text)
    text = text.replace("\\", "/")
    if any(ord(c) < 32 for c in text) or len(text) > 1000:
        raise UploadRefused("压缩包中有非法文件名，请改名后重新压缩。")
    name = PurePosixPath(text)
    if text.startswith("/") or ".." in name.parts or re.match(r"[A-Za-z]:", text):
        raise UploadRefused("压缩包中有指向包外的路径，未读取。请重新压缩数据文件本身。")
    return name


def _decoded_name(text: str) -> str:
    """Without flag bit 11 a name is in the packer's code page: here UTF-8 or GBK."""
    try:
        raw = text.encode("cp437")
    except UnicodeEncodeError:
        return text
    for codec in ("utf-8", "gb18030"):
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            continue
    return text


def _extract(
    archive: zipfile.ZipFile,
    named: list[tuple[zipfile.ZipInfo, PurePosixPath]],
    folder: Path,
    packed: int,
    limits: ArchiveLimits,
) -> list[Member]:
    geodatabases = {n.parent for _, n in named if n.suffix.lower() == ".gdbtable"}
    folders: dict[PurePosixPath, Path] = {}
    stems: dict[str, str] = {}
    members: list[Member] = []
    total = 0
    for info, name in named:
        if info.is_dir():
            continue
        if name.suffix.lower() in _NESTED_SUFFIXES and not _is_clutter(name):
            raise UploadRefused(f"压缩包里又有压缩文件“{name.name}”，请解开后单独上传。")
        target = None
        if not _is_clutter(name):
            in_gdb = name.parent in geodatabases
            leaf = _leaf(name, in_gdb, stems)
            if leaf is not None:
                ending = ".gdb" if in_gdb else ""
                parent = folders.setdefault(name.parent, folder / f"d{len(folders)}{ending}")
                parent.mkdir(exist_ok=True)
                target = parent / leaf
                members.append(Member(name, target))
        may_be_zip = name.suffix.lower() in _DOCUMENT_SUFFIXES | _WORKBOOK_SUFFIXES
        total = _inflate(archive, info, target, total, packed, limits, may_be_zip)
    return members


def _is_document(name: PurePosixPath) -> bool:
    return name.suffix.lower() in _DOCUMENT_SUFFIXES and not _is_clutter(name)


def _is_clutter(name: PurePosixPath) -> bool:
    return "__MACOSX" in name.parts or name.name.startswith((".", "~$"))


def _leaf(name: PurePosixPath, in_gdb: bool, stems: dict[str, str]) -> str | None:
    """The name on disk: ours, but for the files of a geodatabase, which its driver looks up."""
    lower = name.name.lower()
    if in_gdb:
        return lower if _GDB_FILE.fullmatch(lower) else None
    suffix = name.suffix.lower()
    if suffix not in _KEPT_SUFFIXES:
        return None
    stem = str(name.with_suffix("")).casefold()
    return stems.setdefault(stem, f"s{len(stems)}") + suffix


def _inflate(
    archive: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    target: Path | None,
    total: int,
    packed: int,
    limits: ArchiveLimits,
    may_be_zip: bool,
) -> int:
    with archive.open(info) as source:
        chunk = source.read(_CHUNK)
        if chunk.startswith(_NESTED_MAGIC) and not (may_be_zip and chunk.startswith(b"PK")):
            raise UploadRefused(f"压缩包里又有压缩文件“{info.filename[-60:]}”，请解开后单独上传。")
        sink = target.open("xb") if target else None
        try:
            while chunk:
                total += len(chunk)
                _check_inflated(total, packed, limits)
                if sink:
                    sink.write(chunk)
                chunk = source.read(_CHUNK)
        finally:
            if sink:
                sink.close()
    return total
