"""The 溯源表 of a paper: each figure with definition, day, district, patches and rule version. It
stays with the measure and never travels with a public paper (documents.md §1.4)."""

from __future__ import annotations

from collections.abc import Iterator

from data.definitions import DEFINITIONS
from data.documents.issued import IssuedPaper
from data.documents.word.page import bookmark_of
from data.exports import SheetColumn, tables_to_xlsx
from data.measures.naming import label_of, unit_of

_COLUMNS = (
    SheetColumn("编号", width=30),
    SheetColumn("书签", width=30),
    SheetColumn("指标", width=26),
    SheetColumn("名称（figures.md）", width=26),
    SheetColumn("口径", width=10),
    SheetColumn("文中写作", width=14),
    SheetColumn("数值", "number", width=16),
    SheetColumn("单位", width=8),
    SheetColumn("基准日", "date", width=12),
    SheetColumn("区市", width=12),
    SheetColumn("图斑数", "count", width=8),
    SheetColumn("规则版本", width=18),
    SheetColumn("定义", width=60),
)
_PATCHES = (SheetColumn("编号", width=30), SheetColumn("图斑编号", width=24))
_PLACES = (SheetColumn("位置", width=40), SheetColumn("编号", width=30))


def trace_sheet(paper: IssuedPaper, names: dict[str, str]) -> bytes:
    """names: district code → short name."""
    from data.documents.paper import quoted_in

    figures = paper.composed.figures

    def rows() -> Iterator[tuple[object, ...]]:
        for f in figures:
            known = DEFINITIONS.get(f.name)
            yield (
                f.id, bookmark_of(f.id), label_of(f.name), f.name, f.variant,
                f.text, f.value, unit_of(f.name) or None, f.as_of,
                names.get(f.district or "", f.district or "全市"), len(f.patches),
                f.rule_version or None, known.text if known else None,
            )  # fmt: skip

    patches = ((f.id, number) for f in figures for number in f.patches)
    places = (
        (place, quoted)
        for place, text in paper.paper.paragraphs()
        for quoted in quoted_in(text)
        if not quoted.startswith("@")
    )
    stamp = {
        "公文": paper.title,
        "文号": paper.issue.number or "未签发",
        "措施编号": str(paper.row.id),
        "签发日期": paper.issue.issued_on or "—",
        "内容哈希": paper.issue.digest or "—",
        "使用": "溯源表随措施保存，不随公开文稿对外提供。",
    }
    return tables_to_xlsx(
        {"数字": (_COLUMNS, rows()), "图斑": (_PATCHES, patches), "位置": (_PLACES, places)}, stamp
    )
