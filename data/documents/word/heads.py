"""What stands around the text: mastheads, red rules, page numbers, signature and imprint."""

from __future__ import annotations

from data.documents.paper import Form, Issue, Paper
from data.documents.word.page import (
    BODY,
    BOTTOM,
    KAI,
    LEFT,
    PAGE_HEIGHT,
    PITCH,
    RED,
    RIGHT,
    SIZE_3,
    SIZE_4,
    SONG,
    TITLE,
    TYPE_WIDTH_MM,
    blank,
    mm,
    paragraph,
    properties,
    pt,
    run,
    width_pt,
)

_CHARACTER = pt(16)
#: The masthead stands 35 mm below the upper edge of the type area; a letter's sender 30 mm below
#: that of the paper.
_MASTHEAD_MM, _SENDER_MM = 35.0, 30.0
_RULE_GAP_PT = round(4 / 25.4 * 72)
#: Red rules of a letter are 170 mm long, in the middle of the page.
_RULE_MM = 170.0
_LETTER_LEFT = mm((210 - _RULE_MM) / 2) - LEFT
_LETTER_RIGHT = mm((210 - _RULE_MM) / 2) - RIGHT
HEADER_DISTANCE = mm(_SENDER_MM)
FOOTER_DISTANCE = mm(20)
#: A page number stands 7 mm below the type area, in a footer whose lower edge is that of the rule.
_NUMBER_LIFT = mm(35 - 7 - 20) - pt(14)


def _rule(kind: str, side: str, size: int, space: int) -> str:
    return f'<w:{side} w:val="{kind}" w:sz="{size}" w:space="{space}" w:color="{RED}"/>'


def _masthead_size(text: str, most: float) -> float:
    return min(most, (TYPE_WIDTH_MM / 25.4 * 72 - 6) // max(len(text), 1))


def masthead(paper: Paper, issue: Issue) -> str:
    """What an ordinary paper begins with: red name, number, red rule."""
    if paper.form is Form.SHEET:
        return ""
    if paper.form is Form.LETTER:  # the name stands in the first page's header
        return paragraph(run(issue.number), align="right", before=pt(14))
    name = paper.masthead or f"{paper.agency}文件"
    size = _masthead_size(name, 46)
    top = paragraph(
        run(name, TITLE, size, colour=RED),
        align="center",
        before=mm(_MASTHEAD_MM),
        line=None,
    )
    rule = _rule("single", "bottom", 18, _RULE_GAP_PT)
    if not paper.signatory:
        return top + paragraph(run(issue.number), align="center", before=2 * PITCH, border=rule)
    tabs = f'<w:tab w:val="right" w:pos="{mm(TYPE_WIDTH_MM) - _CHARACTER}"/>'
    tab = f"<w:r>{properties(BODY, SIZE_3)}<w:tab/></w:r>"
    # the border of an indented paragraph is as short as its text: the indent is a blank
    inner = (
        run(f"　{issue.number}") + tab + run("签发人：") + run(f"{paper.signatory}　", KAI, SIZE_3)
    )
    return top + paragraph(inner, align="left", before=2 * PITCH, border=rule, tabs=tabs)


def letter_header(paper: Paper) -> str:
    """The first page's header of a letter: sender and double rule, thick above thin."""
    name = paper.masthead or paper.agency
    size = _masthead_size(name, 38)
    return paragraph(
        run(name, TITLE, size, colour=RED),
        align="center",
        left=_LETTER_LEFT,
        right=_LETTER_RIGHT,
        line=pt(size * 1.2),
        border=_rule("thickThinSmallGap", "bottom", 24, _RULE_GAP_PT),
    )


def letter_footer() -> str:
    """The first page's footer of a letter: the rule 20 mm above the edge, thin above thick."""
    return paragraph(
        "",
        left=_LETTER_LEFT,
        right=_LETTER_RIGHT,
        line=pt(6),
        border=_rule("thinThickSmallGap", "bottom", 24, 0),
    )


def page_number(*, even: bool) -> str:
    """`— 1 —`, outside: one character from the edge of the type area."""
    look = properties(SONG, SIZE_4)

    def field(kind: str) -> str:
        return f'<w:r>{look}<w:fldChar w:fldCharType="{kind}"/></w:r>'

    code = f'<w:r>{look}<w:instrText xml:space="preserve"> PAGE </w:instrText></w:r>'
    number = field("begin") + code + field("separate") + run("1", SONG, SIZE_4) + field("end")
    inner = run("— ", SONG, SIZE_4) + number + run(" —", SONG, SIZE_4)
    side = "left" if even else "right"
    left, right = (pt(14), 0) if even else (0, pt(14))
    return paragraph(inner, align=side, line=None, after=_NUMBER_LIFT, left=left, right=right)


def signature(paper: Paper, issue: Issue) -> str:
    """Name and date, the name's middle over that of the date, four characters from the right."""
    day = issue.told.get("@issued", "")
    right = 4 * _CHARACTER
    over = right + pt((width_pt(day, SIZE_3) - width_pt(paper.agency, SIZE_3)) / 2)
    lines = [
        blank(keep=True),
        blank(keep=True),
        paragraph(run(paper.agency), align="right", right=max(over, 0), keep=True),
        paragraph(run(day), align="right", right=right, keep=bool(paper.contact)),
    ]
    if paper.contact:
        lines.append(paragraph(run(f"（{paper.contact}）"), first_line=2))
    return "".join(lines)


def imprint(paper: Paper, issue: Issue) -> str:
    """版记: who gets copies, who printed it when; at the foot of the last page. A letter says its
    copies only, without rules."""
    copies = f"抄送：{'，'.join(paper.copies)}。" if paper.copies else ""
    if paper.form is Form.SHEET:
        return ""
    if paper.form is Form.LETTER:
        if not copies:
            return ""
        return blank() + paragraph(run(copies, BODY, SIZE_4), left=pt(14), right=pt(14))
    printed = issue.issued_on or "　　年　月　日"
    thick, thin = 8, 6
    lines = 1
    if copies:
        lines += -int(-width_pt(copies, SIZE_4) // (TYPE_WIDTH_MM / 25.4 * 72 - 28))
    # its last line stands at the foot of the type area; a table as wide as that does not float
    top, width = PAGE_HEIGHT - BOTTOM - lines * pt(26) - pt(4), mm(TYPE_WIDTH_MM) - 20

    def row(inner: str, above: int, below: int) -> str:
        edges = "".join(
            f'<w:{side} w:val="single" w:sz="{size}" w:space="0" w:color="000000"/>'
            for side, size in (("top", above), ("bottom", below))
        )
        return (
            f'<w:tr><w:trPr><w:cantSplit/></w:trPr><w:tc><w:tcPr><w:tcW w:w="{width}" '
            f'w:type="dxa"/><w:tcBorders>{edges}</w:tcBorders></w:tcPr>{inner}</w:tc></w:tr>'
        )

    tabs = f'<w:tab w:val="right" w:pos="{width - pt(14)}"/>'
    tab = f"<w:r>{properties(BODY, SIZE_4)}<w:tab/></w:r>"
    by = run(f"　{paper.agency}", BODY, SIZE_4) + tab + run(f"{printed}印发", BODY, SIZE_4)
    rows = row(
        paragraph(by, align="left", tabs=tabs, line=pt(26)), thin if copies else thick, thick
    )
    if copies:
        said = run(copies, BODY, SIZE_4)
        line = paragraph(said, left=pt(14), right=pt(14), align="left", line=pt(26))
        rows = row(line, thick, thin) + rows
    return (
        "<w:tbl><w:tblPr>"
        '<w:tblpPr w:leftFromText="0" w:rightFromText="0" w:vertAnchor="page" '
        f'w:horzAnchor="page" w:tblpX="{LEFT}" w:tblpY="{top}"/>'
        f'<w:tblOverlap w:val="never"/><w:tblW w:w="{width}" w:type="dxa"/>'
        '<w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="0" w:type="dxa"/>'
        '<w:right w:w="0" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        f'<w:tblGrid><w:gridCol w:w="{width}"/></w:tblGrid>{rows}</w:tbl>'
    )
