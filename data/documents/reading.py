"""`check-document`: is a file the paper that was issued, that paper edited, or not ours?

Its text is set against what was frozen at the issue: the paper is rendered again and both are read
by the same reader, paragraph by paragraph.
"""

from __future__ import annotations

import re
import tempfile
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path

from sqlalchemy import Connection

from data.documents.confined import read_file
from data.documents.extracting import Piece, Read, extract
from data.documents.issued import IssuedPaper, paper_of
from data.documents.word.page import bookmark_of
from data.errors import NotFound, SupervisionError
from data.scope import Scope
from data.store.queries.measures import measure_numbered
from data.vocabulary import Term

#: `威自然资函〔2026〕3号`.
_NUMBER = re.compile(r"[一-鿿]{2,12}〔\d{4}〕\d{1,5}号")
_FIGURE = re.compile(r"\d[\d,]*(?:\.\d+)?%?|—")
#: A file whose paragraphs are less like ours than this is another one.
_LIKE = 0.2
_MOST_CANDIDATES = 20


class VerdictKind(Term):
    ISSUED = "issued", "与签发件一致"
    EDITED = "edited", "签发件，但有改动"
    UNKNOWN = "unknown", "不是本系统签发的公文"


@dataclass(frozen=True, slots=True)
class ChangedNumber:
    """found: None where it is gone."""

    id: str
    name: str
    expected: str
    found: str | None


@dataclass(frozen=True, slots=True)
class ChangedParagraph:
    """expected: None for one that was added; found: None for one that is gone."""

    expected: str | None
    found: str | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """same: how many of the figures that the paper quotes read as they were issued. said: a
    sentence for people."""

    kind: VerdictKind
    measure: int | None = None
    numbers: tuple[ChangedNumber, ...] = ()
    paragraphs: tuple[ChangedParagraph, ...] = ()
    same: int = 0
    said: str = field(default="")


def check_file(conn: Connection, scope: Scope, path: Path) -> Verdict:
    """Raises UploadRefused for a file that cannot be read."""
    found = read_file(path)
    if is_scan(found):
        return Verdict(
            VerdictKind.UNKNOWN,
            said="PDF 是没有文字的扫描件，无法比对数字；上传为正式件时只保存其哈希值。",
        )
    for paper in _candidates(conn, scope, found):
        verdict = compared(paper, found)
        if verdict.kind is not VerdictKind.UNKNOWN:
            return verdict
    return Verdict(VerdictKind.UNKNOWN, said="文件不是本系统签发的公文，或您无权查看该件。")


def is_scan(found: Read) -> bool:
    """Whether it is a PDF without text."""
    return found.is_pdf and not _bare(found.whole)


def _candidates(conn: Connection, scope: Scope, found: Read) -> list[IssuedPaper]:
    """The papers that the file may be: the one it names itself, those whose numbers stand in it."""
    text = _bare(found.whole) if found.is_pdf else "\n".join(p.text for p in found.pieces)
    numbers = [found.measure] if found.measure is not None else []
    for said in dict.fromkeys(_NUMBER.findall(text)):
        # the number may stand behind other characters of a line that has no spaces
        for start in range(len(said)):
            known = measure_numbered(conn, scope, said[start:])
            if known is not None:
                numbers.append(known)
                break
    papers = []
    for number in list(dict.fromkeys(numbers))[:_MOST_CANDIDATES]:
        try:
            paper = paper_of(conn, scope, number)
        except (NotFound, SupervisionError):
            continue
        if paper.is_issued:
            papers.append(paper)
    return papers


def _expected(paper: IssuedPaper) -> tuple[Piece, ...]:
    with tempfile.TemporaryDirectory(prefix="weipian-paper-") as folder:
        path = Path(folder) / "issued.docx"
        path.write_bytes(paper.docx())
        return extract(path).pieces


def compared(paper: IssuedPaper, found: Read) -> Verdict:
    """UNKNOWN where the text is not like the paper's."""
    expected = _expected(paper)
    if found.is_pdf:
        # what stands in headers is no paragraph of the text
        above = Piece(paper.paper.masthead or paper.paper.agency, in_table=True)
        paragraphs = _changed_in_text((*expected, above), found.whole)
        lost = {p.expected for p in paragraphs}
        own = [piece.text in lost for piece in expected if not piece.in_table]  # cells are anywhere
        share = 1 - sum(own) / max(len(own), 1)
    else:
        paragraphs, share = _changed_paragraphs(expected, found.pieces)
    if share < _LIKE:
        return Verdict(VerdictKind.UNKNOWN)
    numbers = _changed_numbers(paper, expected, paragraphs, found.pieces)
    kind = VerdictKind.EDITED if paragraphs or numbers else VerdictKind.ISSUED
    said = f"{kind.label}：{paper.issue.number}。"
    if kind is VerdictKind.EDITED:
        said = f"{said}改动数字{len(numbers)}处，改动段落{len(paragraphs)}处。"
    quoted = {name.partition("__")[0] for piece in expected for name, _ in piece.marks}
    same = len(quoted) - len(numbers)
    return Verdict(kind, paper.row.id, tuple(numbers), tuple(paragraphs), same, said)


# ---- paragraphs ----------------------------------------------------------------------------------


def _bare(text: str) -> str:
    """Without spaces, and characters of one look alike: as a PDF writes them."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def _changed_paragraphs(
    expected: Sequence[Piece], found: Sequence[Piece]
) -> tuple[list[ChangedParagraph], float]:
    """(what differs, the share of our paragraphs that are there as they were)."""
    ours = [_bare(piece.text) for piece in expected]
    theirs = [_bare(piece.text) for piece in found]
    matcher = SequenceMatcher(None, ours, theirs, autojunk=False)
    changed: list[ChangedParagraph] = []
    same = 0
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            same += i2 - i1
            continue
        for n in range(max(i2 - i1, j2 - j1)):
            was = expected[i1 + n].text if i1 + n < i2 else None
            now = found[j1 + n].text if j1 + n < j2 else None
            changed.append(ChangedParagraph(was, now))
    return changed, same / max(len(ours), 1)


def _changed_in_text(expected: Sequence[Piece], whole: str) -> list[ChangedParagraph]:
    """Of a PDF, which has no paragraphs: those of ours that do not stand in it in their order.

    Cells of tables are wrapped by columns and are looked for anywhere.
    """
    text = re.sub(r"—\d+—", "", _bare(whole))
    anywhere: list[Piece] = [p for p in expected if p.in_table]
    spans: list[tuple[int, int, Piece]] = []
    missing: list[tuple[int, Piece]] = []
    at = 0
    for piece in (p for p in expected if not p.in_table):
        wanted = _bare(piece.text)
        start = text.find(wanted, at)
        if start < 0:
            missing.append((at, piece))
            continue
        spans.append((start, start + len(wanted), piece))
        at = start + len(wanted)
    changed = []
    for start, piece in missing:
        following = min((s for s, _, _ in spans if s >= start), default=len(text))
        gap = text[start:following]
        changed.append(ChangedParagraph(piece.text, gap[: 4 * len(piece.text)] or None))
    # what stands between our paragraphs and is no cell of a table was added
    inside = _without(_gaps(text, spans), anywhere)
    if not missing and len(inside) > 6:
        changed.append(ChangedParagraph(None, inside[:200]))
    numbers = set(_FIGURE.findall(_gaps(text, spans)))
    for piece in anywhere:
        cell = _bare(piece.text)
        if _FIGURE.fullmatch(cell) and cell not in numbers and cell not in text:
            changed.append(ChangedParagraph(piece.text, None))
    return changed


def _gaps(text: str, spans: Sequence[tuple[int, int, Piece]]) -> str:
    at, parts = 0, []
    for start, end, _ in spans:
        parts.append(text[at:start])
        at = end
    return "".join([*parts, text[at:]])


def _without(text: str, pieces: Sequence[Piece]) -> str:
    """The characters that no cell accounts for."""
    left: dict[str, int] = {}
    for piece in pieces:
        for character in _bare(piece.text):
            left[character] = left.get(character, 0) + 1
    kept = []
    for character in text:
        if left.get(character, 0) > 0:
            left[character] -= 1
        else:
            kept.append(character)
    # a table's head is repeated on every page
    heads = {c for piece in pieces for c in _bare(piece.text)}
    return "".join(c for c in kept if c not in heads)


# ---- numbers -------------------------------------------------------------------------------------


def _changed_numbers(
    paper: IssuedPaper,
    expected: Sequence[Piece],
    paragraphs: Sequence[ChangedParagraph],
    found: Sequence[Piece],
) -> list[ChangedNumber]:
    """Figures that read otherwise: by their bookmarks where these were kept, else by the numbers of
    the paragraphs that changed."""
    known = {bookmark_of(f.id): f for f in paper.composed.figures}
    changed: dict[str, ChangedNumber] = {}

    def note(name: str, now: str | None) -> None:
        figure = known.get(name.partition("__")[0])
        if figure is not None and figure.id not in changed:
            changed[figure.id] = ChangedNumber(figure.id, figure.name, figure.text, now)

    kept = {name for piece in found for name, _ in piece.marks}
    for piece in found:
        for name, text in piece.marks:
            figure = known.get(name.partition("__")[0])
            if figure is not None and _bare(text) != _bare(figure.text):
                note(name, text)
    was: Mapping[str, Piece] = {piece.text: piece for piece in expected}
    for paragraph in paragraphs:
        own = was.get(paragraph.expected or "")
        if own is None:
            continue
        for (name, _), now in zip(own.marks, _read_now(own, paragraph.found), strict=True):
            if now != _SAME and not (name in kept and paragraph.found is not None):
                note(name, now)  # else its bookmark has spoken
    return list(changed.values())


_SAME = "="


def _read_now(piece: Piece, found: str | None) -> list[str | None]:
    """What stands for each figure of a paragraph in the text that was found for it: _SAME, another
    number, or None where it is gone."""
    text = _bare(found or "")
    ours, theirs = _FIGURE.findall(_bare(piece.text)), _FIGURE.findall(text)
    now: dict[int, str | None] = {}
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        for n in range(i2 - i1):
            other = theirs[j1 + n] if j1 + n < j2 else None
            now[i1 + n] = _SAME if tag == "equal" else other
    read: list[str | None] = []
    at = 0
    for _, said in piece.marks:
        wanted = _bare(said)
        if not _FIGURE.fullmatch(wanted):  # words with a number in them
            read.append(_SAME if wanted in text else None)
            continue
        at = ours.index(wanted, at) if wanted in ours[at:] else at
        read.append(now.get(at))
        at += 1
    return read
