"""The page of GB/T 9704-2012 and the letter form, read back from the Word file."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from docx import Document
from docx.oxml.ns import qn

from data.documents.paper import (
    Annex,
    Block,
    Chart,
    Column,
    Form,
    Heading,
    Issue,
    Paper,
    Para,
    Series,
    Table,
    as_texts,
    from_texts,
    literal,
    runs,
)
from data.documents.word.page import title_lines, width_pt
from data.documents.word.render import render

HOSTILE = "甲{{ratio}} <b>&乙 \u202e倒\x07写 שלום {ratio} {{% x %}}"
FIGURES = {"ratio": "14.96%", "area": "1,234.50"}
BLOCKS: tuple[Block, ...] = (
    Heading("一、情况"),
    Para("比例{ratio}，面积{area}亩，又是{ratio}。"),
    Heading("（一）细目", 2),
    Para(f"单位：{literal(HOSTILE)}"),
    Table(
        "表",
        (Column("名称", 2), Column("面积（亩）", 1, True)),
        ((literal(HOSTILE), "{area}"),),
        ("合计", "{area}"),
    ),
)
ISSUE = Issue(7, "威自然资函〔2026〕3号", "2026年12月1日", "2026年12月15日", "ab" * 32)


def made(form: Form, **beside: Any) -> Paper:
    given = {
        "agency": "威海市自然资源和规划局",
        "copies": ("市政府办公室",),
        "attachments": ("清单",),
        "annexes": (Annex("清单", BLOCKS[4:]),),
        **beside,
    }
    return Paper("k", form, "关于提醒的函", ("乳山市人民政府",), BLOCKS, **given)


def read(paper: Paper, issue: Issue | None = ISSUE) -> Any:
    return Document(io.BytesIO(render(paper, FIGURES, issue)))


def runs_of(document: Any) -> list[Any]:
    return [run for paragraph in document.paragraphs for run in paragraph.runs]


def fonts_of(document: Any, text: str) -> set[tuple[str, float]]:
    found = set()
    for run in runs_of(document):
        if text in run.text:
            fonts = run._element.rPr.find(qn("w:rFonts"))
            found.add((fonts.get(qn("w:eastAsia")), run.font.size.pt))
    return found


@pytest.mark.parametrize("form", list(Form))
def test_paper_size_margins_and_pitch(form: Form) -> None:
    section = read(made(form)).sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    margins = [section.top_margin, section.bottom_margin, section.left_margin, section.right_margin]
    assert [round(m.mm, 1) for m in margins] == [37, 35, 28, 26]
    grid = section._sectPr.find(qn("w:docGrid"))
    pitch = int(grid.get(qn("w:linePitch"))) / 20
    assert 22 * pitch <= 225 / 25.4 * 72 < 23 * pitch
    body = [p for p in read(made(form)).paragraphs if "比例14.96%" in p.text]
    assert body[0].paragraph_format.line_spacing.pt == pitch
    assert body[0].paragraph_format.first_line_indent.pt == 32


def test_fonts_by_name() -> None:
    document = read(made(Form.ORDINARY, signatory="某某"))
    assert fonts_of(document, "面积") == {("仿宋_GB2312", 16), ("仿宋_GB2312", 16)}
    assert fonts_of(document, "关于提醒的函") == {("方正小标宋简体", 22)}
    assert fonts_of(document, "一、情况") == {("黑体", 16)}
    assert fonts_of(document, "（一）细目") == {("楷体_GB2312", 16)}
    assert fonts_of(document, "签发人") == {("仿宋_GB2312", 16)}
    assert fonts_of(document, "某某") == {("楷体_GB2312", 16)}
    (masthead,) = [r for r in runs_of(document) if r.text == "威海市自然资源和规划局文件"]
    assert str(masthead.font.color.rgb) == "FF0000"
    assert width_pt(masthead.text, masthead.font.size.pt) < 156 / 25.4 * 72


def borders(element: Any) -> list[tuple[str, str, str]]:
    return [
        (side.tag.rpartition("}")[2], side.get(qn("w:val")), side.get(qn("w:color")))
        for border in element.iter(qn("w:pBdr"))
        for side in border
    ]


def test_ordinary_paper_has_red_rule_number_pages_and_imprint() -> None:
    document = read(made(Form.ORDINARY))
    (number,) = [p for p in document.paragraphs if p.text == "威自然资函〔2026〕3号"]
    assert borders(number._element) == [("bottom", "single", "FF0000")]
    (rule,) = list(number._element.iter(qn("w:bottom")))
    assert rule.get(qn("w:space")) == "11"  # 4 mm
    section = document.sections[0]
    assert section.footer.paragraphs[0].text == "— 1 —"
    assert document.settings.odd_and_even_pages_header_footer
    assert not section.different_first_page_header_footer
    assert "抄送：市政府办公室。" in document.tables[-1].rows[0].cells[0].text
    assert "2026年12月1日印发" in document.tables[-1].rows[1].cells[0].text


def test_letter_form() -> None:
    document = read(made(Form.LETTER))
    section = document.sections[0]
    assert section.different_first_page_header_footer
    assert round(section.header_distance.mm) == 30
    assert round(section.footer_distance.mm) == 20
    header, footer = section.first_page_header, section.first_page_footer
    assert header.paragraphs[0].text == "威海市自然资源和规划局"
    assert borders(header._element) == [("bottom", "thickThinSmallGap", "FF0000")]
    assert borders(footer._element) == [("bottom", "thinThickSmallGap", "FF0000")]
    assert footer.paragraphs[0].text == ""  # no page number on page 1
    for paragraph in (header.paragraphs[0], footer.paragraphs[0]):
        shape = paragraph.paragraph_format
        width = 156 - shape.left_indent.mm - shape.right_indent.mm
        assert round(width) == 170
    assert document.paragraphs[0].text == "威自然资函〔2026〕3号"
    assert document.paragraphs[0].alignment == 2  # flush right
    assert "印发" not in "".join(p.text for p in document.paragraphs)


def test_what_people_are_called_comes_out_as_it_is_written() -> None:
    document = read(made(Form.LETTER))
    said = "甲{{ratio}} <b>&乙 倒写 שלום {ratio} {{% x %}}"
    assert f"单位：{said}" in [p.text for p in document.paragraphs]
    assert document.tables[0].rows[1].cells[0].text == said
    assert document.tables[0].rows[1].cells[1].text == "1,234.50"


def test_figures_are_bookmarks_and_the_file_knows_its_measure() -> None:
    blob = render(made(Form.LETTER), FIGURES, ISSUE)
    document = Document(io.BytesIO(blob))
    names = [b.get(qn("w:name")) for b in document.element.iter(qn("w:bookmarkStart"))]
    assert names[:3] == ["fig_ratio", "fig_area", "fig_ratio__2"]
    assert len(names) == len(set(names))
    custom = zipfile.ZipFile(io.BytesIO(blob)).read("docProps/custom.xml").decode()
    assert ">7<" in custom
    assert ISSUE.digest in custom


def test_the_same_content_is_the_same_file() -> None:
    chart = Chart("图", "line", "%", ("1月", "2月"), (Series("甲", (0.1, 0.2)),))
    paper = made(Form.ORDINARY, annexes=(Annex("图", (chart,)),))
    assert render(paper, FIGURES, ISSUE) == render(paper, FIGURES, ISSUE)
    assert render(paper, {**FIGURES, "ratio": "15%"}, ISSUE) != render(paper, FIGURES, ISSUE)


def test_a_paper_survives_being_kept_as_texts() -> None:
    paper = made(Form.ORDINARY, signatory="某", public=True)
    assert from_texts(as_texts(paper)) == paper


def test_a_brace_of_data_quotes_nothing() -> None:
    assert [r.text for r in runs(literal("{ratio}"), FIGURES)] == ["{ratio}"]
    assert [r.quoted for r in runs("{ratio}{unknown}", FIGURES)] == ["ratio", None]


def test_a_title_breaks_between_words() -> None:
    lines = title_lines(
        "威海市自然资源和规划局关于提请市政府约谈临港经济技术开发区管理委员会的请示"
    )
    assert lines[0].endswith("市政府")
    assert all(width_pt(line, 22) < 443 for line in lines)
