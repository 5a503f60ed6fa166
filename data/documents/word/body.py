"""The text: headings, paragraphs, tables, charts, attachments and annexes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from data.documents.paper import Block, Chart, Heading, Paper, Para, Table, runs
from data.documents.word.page import (
    BLACK,
    BODY,
    KAI,
    PITCH,
    SIZE_2,
    SIZE_3,
    SIZE_4,
    SIZE_5,
    TITLE,
    TYPE_WIDTH_MM,
    Bookmarks,
    blank,
    broken,
    mm,
    paragraph,
    pt,
    run,
    text_runs,
    title_lines,
)
from data.documents.word.pictures import HEIGHT_MM, WIDTH_MM

#: Puts a chart into the document: the id of its relationship.
Drawn = Callable[[Chart], str]
_EMU_PER_MM = 36_000
#: Fonts of 一、（一） 1. (GB/T 9704-2012, 7.3.3).
_HEADINGS = {1: BLACK, 2: KAI, 3: BODY}
_CELL = '<w:{side} w:w="60" w:type="dxa"/>'
_EDGE = '<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'


class Body:
    """Writes the blocks of one paper; told: id → text of what they quote."""

    def __init__(self, told: Mapping[str, str], draw: Drawn) -> None:
        self.told, self.draw = told, draw
        self.marks = Bookmarks()
        self._pictures = 0

    def title(self, text: str, *, before: int = 2 * PITCH, marked: bool = True) -> str:
        found = runs(text, self.told)
        if any(piece.quoted for piece in found):
            inner = text_runs(found, self.marks if marked else None, TITLE, SIZE_2)
        else:
            plain = "".join(piece.text for piece in found)
            inner = broken(title_lines(plain), TITLE, SIZE_2)
        return paragraph(inner, align="center", before=before, after=PITCH, line=pt(33))

    def addressees(self, paper: Paper) -> str:
        if not paper.addressees:
            return ""
        found = runs("、".join(paper.addressees) + "：", self.told)
        return paragraph(text_runs(found, None), align="left")

    def blocks(self, blocks: Sequence[Block], *, keep_last: bool = False) -> str:
        """keep_last: the last paragraph with what follows, so that no signature stands alone."""
        *others, last = blocks or [Para("")]
        said = "".join(self._block(block) for block in others)
        if isinstance(last, Para):
            return said + self._para(last, keep=keep_last)
        return said + self._block(last)

    def _block(self, block: Block) -> str:
        if isinstance(block, Heading):
            font = _HEADINGS[block.level]
            inner = text_runs(runs(block.text, self.told), self.marks, font)
            return paragraph(inner, first_line=2, keep=True)
        if isinstance(block, Para):
            return self._para(block)
        if isinstance(block, Table):
            return self._table(block)
        return self._chart(block)

    def _para(self, block: Para, *, keep: bool = False) -> str:
        size = SIZE_5 if block.style == "note" else SIZE_3
        inner = text_runs(runs(block.text, self.told), self.marks, BODY, size)
        if block.style == "note":
            return paragraph(inner, align="left", line=pt(16))
        if block.style == "centre":
            return paragraph(inner, align="center")
        return paragraph(inner, first_line=0 if block.style == "plain" else 2, keep=keep)

    def attachments(self, names: Sequence[str]) -> str:
        if not names:
            return ""
        if len(names) == 1:
            lines = [f"附件：{names[0]}"]
        else:
            lines = [f"附件：1. {names[0]}"]
            lines += [f"　　　{number}. {name}" for number, name in enumerate(names[1:], start=2)]
        said = [paragraph(run(line), first_line=2, align="left", keep=True) for line in lines]
        return blank(keep=True) + "".join(said)

    def annexes(self, paper: Paper) -> str:
        parts = []
        several = len(paper.annexes) > 1
        for number, annex in enumerate(paper.annexes, start=1):
            mark = f"附件{number}" if several else "附件"
            parts.append(
                paragraph(run(mark, BLACK, SIZE_3), align="left", page_break=True)
                + self.title(annex.title, before=PITCH)
                + self.blocks(annex.blocks)
            )
        return "".join(parts)

    # ---- tables ------------------------------------------------------------------------------

    def _table(self, table: Table) -> str:
        whole = sum(column.weight for column in table.columns)
        widths = [round(mm(TYPE_WIDTH_MM) * c.weight / whole) for c in table.columns]
        head = self._row(table, [c.header for c in table.columns], widths, head=True)
        rows = "".join(self._row(table, row, widths) for row in table.rows)
        if table.total is not None:
            rows += self._row(table, table.total, widths, font=BLACK)
        edges = "".join(
            _EDGE.format(side=side)
            for side in ("top", "left", "bottom", "right", "insideH", "insideV")
        )
        margins = "".join(_CELL.format(side=side) for side in ("left", "right"))
        caption = ""
        if table.caption:
            inner = text_runs(runs(table.caption, self.told), self.marks, BLACK, SIZE_4)
            caption = paragraph(inner, align="center", before=pt(6), line=pt(24), keep=True)
        note = ""
        if table.note:
            found = runs(f"注：{table.note}", self.told)
            note = paragraph(text_runs(found, self.marks, BODY, SIZE_5), align="left", line=pt(16))
        grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
        return (
            f"{caption}<w:tbl><w:tblPr>"
            f'<w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblBorders>{edges}</w:tblBorders>'
            f'<w:tblLayout w:type="fixed"/><w:tblCellMar>{margins}</w:tblCellMar></w:tblPr>'
            f"<w:tblGrid>{grid}</w:tblGrid>{head}{rows}</w:tbl>{note}" + paragraph("", line=pt(10))
        )

    def _row(
        self,
        table: Table,
        cells: Sequence[str],
        widths: Sequence[int],
        *,
        head: bool = False,
        font: str = BODY,
    ) -> str:
        said = []
        for column, cell, width in zip(table.columns, cells, widths, strict=True):
            side = "center" if head else "right" if column.numeric else "left"
            found = runs(cell, self.told)
            inner = text_runs(found, self.marks, BLACK if head else font, SIZE_5)
            said.append(
                f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/><w:vAlign w:val="center"/>'
                f"</w:tcPr>{paragraph(inner, align=side, line=pt(16))}</w:tc>"
            )
        repeated = "<w:tblHeader/>" if head else ""
        return f"<w:tr><w:trPr><w:cantSplit/>{repeated}</w:trPr>{''.join(said)}</w:tr>"

    # ---- charts ------------------------------------------------------------------------------

    def _chart(self, chart: Chart) -> str:
        self._pictures += 1
        number, relation = self._pictures, self.draw(chart)
        width, height = round(WIDTH_MM * _EMU_PER_MM), round(HEIGHT_MM * _EMU_PER_MM)
        drawing = (
            "<w:r><w:drawing>"
            f'<wp:inline distT="0" distB="0" distL="0" distR="0">'
            f'<wp:extent cx="{width}" cy="{height}"/>'
            f'<wp:docPr id="{number}" name="chart{number}"/>'
            '<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/'
            'picture"><pic:pic>'
            f'<pic:nvPicPr><pic:cNvPr id="{number}" name="chart{number}.png"/><pic:cNvPicPr/>'
            "</pic:nvPicPr>"
            f'<pic:blipFill><a:blip r:embed="{relation}"/><a:stretch><a:fillRect/></a:stretch>'
            "</pic:blipFill>"
            f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>'
            '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic>'
            "</a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
        )
        inner = text_runs(runs(chart.caption, self.told), self.marks, BLACK, SIZE_4)
        return paragraph(drawing, align="center", line=None, before=pt(6), keep=True) + paragraph(
            inner, align="center", line=pt(24), after=pt(6)
        )
