"""The page of GB/T 9704-2012 in numbers, and paragraphs as WordprocessingML.

Lengths of Word are twentieths of a point (twips) and half points. Texts are escaped here and
nowhere else: whatever a name carries comes out as it is written.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from data.documents.paper import Run

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
NAMESPACES = (
    f'xmlns:w="{WORD}" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"'
)


def mm(length: float) -> int:
    """Millimetres in twips."""
    return round(length / 25.4 * 1440)


def pt(length: float) -> int:
    """Points in twips."""
    return round(length * 20)


PAGE_WIDTH, PAGE_HEIGHT = mm(210), mm(297)
TOP, BOTTOM, LEFT, RIGHT = mm(37), mm(35), mm(28), mm(26)
TYPE_WIDTH_MM, TYPE_HEIGHT_MM = 156.0, 225.0
LINES, CHARACTERS = 22, 28
#: 22 lines in 225 mm, a little below so that none is pushed out.
PITCH = int(mm(TYPE_HEIGHT_MM) / LINES)
#: 28 characters in 156 mm: each a little closer than its 16 pt. A grid of characters is not asked
#: for: one narrower than its characters gives each of them two places in LibreOffice.
CLOSER = int((TYPE_WIDTH_MM / 25.4 * 72 / CHARACTERS - 16) * 20) - 1

SIZE_1, SIZE_2, SIZE_3, SIZE_4, SIZE_5 = 26.0, 22.0, 16.0, 14.0, 10.5
BODY, TITLE, BLACK, KAI, SONG = "仿宋_GB2312", "方正小标宋简体", "黑体", "楷体_GB2312", "宋体"
RED = "FF0000"


def fonts(name: str) -> str:
    named = quoteattr(name)
    return (
        f"<w:rFonts w:ascii={named} w:hAnsi={named} w:eastAsia={named} w:cs={named} "
        'w:hint="eastAsia"/>'
    )


def closer(size: float) -> str:
    """The spacing of characters of the text's size."""
    return f'<w:spacing w:val="{CLOSER}"/>' if size == SIZE_3 else ""


def properties(font: str, size: float, *, colour: str = "", bold: bool = False) -> str:
    """w:rPr of a run."""
    half = round(size * 2)
    return (
        f"<w:rPr>{fonts(font)}{'<w:b/>' if bold else ''}"
        f"{f'<w:color w:val={quoteattr(colour)}/>' if colour else ''}"
        f"{closer(size)}"
        f'<w:sz w:val="{half}"/><w:szCs w:val="{half}"/></w:rPr>'
    )


def run(text: str, font: str = BODY, size: float = SIZE_3, *, colour: str = "") -> str:
    return (
        f"<w:r>{properties(font, size, colour=colour)}"
        f'<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'
    )


def broken(lines: Sequence[str], font: str, size: float) -> str:
    """Lines of one paragraph."""
    rule = f"<w:r>{properties(font, size)}<w:br/></w:r>"
    return rule.join(run(line, font, size) for line in lines)


class Bookmarks:
    """Names the figures that a document quotes: `fig_<id>`, the second time `fig_<id>_2`."""

    def __init__(self) -> None:
        self._count = 0
        self._used: dict[str, int] = {}

    def around(self, figure: str, inner: str) -> str:
        name = self._name(figure)
        self._count += 1
        number = self._count
        return (
            f'<w:bookmarkStart w:id="{number}" w:name={quoteattr(name)}/>{inner}'
            f'<w:bookmarkEnd w:id="{number}"/>'
        )

    def _name(self, figure: str) -> str:
        name = bookmark_of(figure)
        self._used[name] = times = self._used.get(name, 0) + 1
        return name if times == 1 else f"{name}__{times}"


#: Longest name that Word keeps.
_LONGEST = 40


def bookmark_of(figure: str) -> str:
    """`fig_ratio_net_371083`: what Word takes for a name; digits of a hash where it is too long."""
    import hashlib

    name = "fig_" + "".join(c if c.isascii() and c.isalnum() else "_" for c in figure)
    if len(name) <= _LONGEST - 4:
        return name
    short = hashlib.sha256(figure.encode()).hexdigest()[:8]
    return f"{name[: _LONGEST - 4 - 9]}_{short}"


def text_runs(
    found: Sequence[Run], marks: Bookmarks | None, font: str = BODY, size: float = SIZE_3
) -> str:
    """Runs of a text, a bookmark around each figure."""
    parts = []
    for piece in found:
        inner = run(piece.text, font, size)
        is_figure = piece.quoted is not None and not piece.quoted.startswith("@")
        if is_figure and marks is not None and piece.quoted is not None:
            inner = marks.around(piece.quoted, inner)
        parts.append(inner)
    return "".join(parts)


def paragraph(
    inner: str,
    *,
    align: str = "both",
    first_line: float = 0,
    left: int = 0,
    right: int = 0,
    before: int = 0,
    after: int = 0,
    line: int | None = PITCH,
    keep: bool = False,
    border: str = "",
    tabs: str = "",
    page_break: bool = False,
) -> str:
    """A w:p. first_line: indent in characters of 16 pt. line: exact pitch in twips, None for what
    the font asks. border: w:pBdr's content. keep: with the next paragraph."""
    indent = ""
    if first_line or left or right:
        first = (
            f' w:firstLineChars="{round(first_line * 100)}" w:firstLine="{pt(first_line * 16)}"'
            if first_line
            else ""
        )
        indent = f'<w:ind w:left="{left}" w:right="{right}"{first}/>'
    on_grid = "" if line == PITCH else '<w:snapToGrid w:val="0"/>'
    exact = f' w:line="{line}" w:lineRule="exact"' if line else ' w:line="240" w:lineRule="auto"'
    return (
        "<w:p><w:pPr>"
        f"{'<w:keepNext/>' if keep else ''}"
        f"{'<w:pageBreakBefore/>' if page_break else ''}"
        f"{f'<w:pBdr>{border}</w:pBdr>' if border else ''}"
        f"{f'<w:tabs>{tabs}</w:tabs>' if tabs else ''}"
        '<w:overflowPunct w:val="0"/>'
        + on_grid
        + f'<w:spacing w:before="{before}" w:after="{after}"{exact}/>'
        f'{indent}<w:jc w:val="{align}"/></w:pPr>{inner}</w:p>'
    )


def blank(lines: float = 1, *, keep: bool = False) -> str:
    return paragraph("", line=round(PITCH * lines), keep=keep)


def width_pt(text: str, size: float) -> float:
    """How wide a line of text is: full-width characters a size, others half of it."""
    return sum(size if unicodedata.east_asian_width(c) in "WFA" else size / 2 for c in text)


#: After these a title may be broken without tearing a word.
_BREAKS = frozenset("局府会区市于度和、》作办号斑年")


def title_lines(text: str, size: float = SIZE_2) -> list[str]:
    """The title in lines of about one length, broken between words as far as can be seen."""
    room = TYPE_WIDTH_MM / 25.4 * 72
    needed = int(-(-width_pt(text, size) // room))
    for count in range(needed, needed + 2):
        lines = _split(text, size, count, room)
        if lines is not None:
            return lines
    return [text]


def _split(text: str, size: float, count: int, room: float) -> list[str] | None:
    """The text in so many lines; None where no good places are found."""
    if count == 1:
        return [text] if width_pt(text, size) <= room else None
    ideal = len(text) / count
    places = [
        n
        for n in range(1, len(text))
        if text[n - 1] in _BREAKS and text[n] not in "、》）的" and width_pt(text[:n], size) <= room
    ]
    for at in sorted(places, key=lambda n: abs(n - ideal)):
        rest = _split(text[at:], size, count - 1, room)
        if rest is not None:
            return [text[:at], *rest]
    return None
