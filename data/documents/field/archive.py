"""A field package as one file: GeoPackage, workbook, KML, sheets, and how to use them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from data.documents.field.form import write_form
from data.documents.field.package import FieldPackage
from data.documents.field.sheets import sheets
from data.documents.field.workbook import workbook
from data.maps.export import stamp_lines
from data.maps.export_kml import write_kml

if TYPE_CHECKING:
    from sqlalchemy import Connection

_HOW = """\
{name}.gpkg　用QField或QGIS打开：点图斑，填核查结论、核查日期、核查人、备注，拍照。
{name}.xlsx　没有平板的，在表格里填同样的几列。
{name}.kml　在地图软件或导航软件里看位置，不能填写。
核查单.html　用浏览器打开后打印，每处一张A4，手写后回来录入。

回来后：在“数据上传”选“外业核查”，上传填好的 .gpkg 或 .xlsx（二者只填一个），
或含填好的 .gpkg 的整个压缩包。先看预览，再确认。
领取以后别人已录入结果、图斑已撤销、划转或改了图形的，预览里写明原因，不会覆盖。
请勿改动“图斑编号”“外业包号”“领取时状态”三列。
"""


def field_archive(conn: Connection, package: FieldPackage, names: Mapping[str, str]) -> bytes:
    """A zip; the same package is the same file to the byte. names: district → how it is called."""
    name = f"外业包_{package.number}"
    how = _HOW.format(name=name) + "\n" + stamp_lines(package.stamp).replace("\r\n", "\n")
    with TemporaryDirectory() as folder:
        form, map_ = Path(folder) / "form.gpkg", Path(folder) / "map.kml"
        write_form(package.file, form)
        write_kml(package.file, map_)
        members = {
            f"{name}.gpkg": form.read_bytes(),
            f"{name}.xlsx": workbook(package),
            f"{name}.kml": map_.read_bytes(),
            "核查单.html": sheets(conn, package, names).encode(),
            "说明.txt": how.replace("\n", "\r\n").encode("utf-8-sig"),
        }
    buffer = io.BytesIO()
    day = (package.day.year, package.day.month, package.day.day, 0, 0, 0)
    with zipfile.ZipFile(buffer, "w") as archive:
        for member, content in members.items():
            info = zipfile.ZipInfo(member, day)
            info.external_attr = 0o644 << 16
            archive.writestr(info, content, zipfile.ZIP_DEFLATED, 6)
    return buffer.getvalue()
