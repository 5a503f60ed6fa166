"""The workbook of a field package: the rows of its GeoPackage, to be filled in without a tablet."""

from __future__ import annotations

from data.documents.field.package import CHECKED_ON, FINDING, FieldPackage
from data.exports import Format, SheetColumn, table_to_xlsx
from data.maps.export import GEOMETRY, Kind
from data.vocabulary import CheckFinding

SHEET = "外业核查"
_FORMATS: dict[Kind, Format] = {
    "text": "text", "count": "text", "area": "area", "degrees": "number", "day": "date",
}  # fmt: skip
_WIDTHS = {"图斑编号": 20, "坐落": 30, "备注": 30, "核查人": 20, "核查组": 20, "领取时状态": 24}


def workbook(package: FieldPackage) -> bytes:
    """Sheet 外业核查, whose headers are those of an upload, and 说明."""
    file = package.file
    columns = [
        SheetColumn(
            field.name,
            _FORMATS[field.kind],
            _WIDTHS.get(field.name, 14),
            tuple(f.label for f in CheckFinding) if field.name == FINDING else (),
        )
        for field in file.fields
    ]
    rows = [
        [value for name, value in row.items() if name != GEOMETRY]
        for table in (file.located, file.unlocated)
        for row in table.to_pylist()
    ]
    how = {
        "填写": f"只填{FINDING}（从下拉列表选）、{CHECKED_ON}、核查人、备注、照片；没有去的留空。"
        "核查人留空的为派出的核查组。填好后在“数据上传”按“外业核查”上传本文件。"
    }
    return table_to_xlsx(SHEET, columns, rows, {**package.stamp, **how}, made_on=package.day)
