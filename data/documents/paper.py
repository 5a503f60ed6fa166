"""A paper as data: what stands in it, in its order, before it is a Word file.

A family makes a Paper (families/), the store keeps it as texts (frozen.Composed), and word/ draws
it. Texts quote figures by `{id}`; `{@due}`, `{@issued}` and `{@number}` are known at issue only; a
brace of somebody's data is doubled (`literal`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from data.texts import seen
from data.vocabulary import Term

#: Places of a paper's texts that are no paragraph.
LAYOUT, TITLE, ADDRESSEE, COPIES, CONSENT = "layout", "title", "addressee", "copies", "consent"
#: `{{`, `}}`, `{id}` or `{@due}`.
QUOTED = re.compile(r"\{\{|\}\}|\{(@?[A-Za-z0-9_.-]+)\}")
ISSUED, DUE, NUMBER = "@issued", "@due", "@number"


class Form(Term):
    """How the page looks (documents.md §1)."""

    ORDINARY = "ordinary", "文件格式"
    LETTER = "letter", "信函格式"
    SHEET = "sheet", "表单格式"


@dataclass(frozen=True, slots=True)
class Heading:
    text: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Para:
    """style: body (first line indented), plain (flush left), centre, note (small)."""

    text: str
    style: str = "body"


@dataclass(frozen=True, slots=True)
class Column:
    """header: with its unit. weight: its share of the width. numeric: flush right."""

    header: str
    weight: float = 1.0
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """rows: cells in the order of the columns; total: the last row. is_list: it goes out as a sheet
    as well (annex.py), where beyond, the rows that the page has no room for, follow."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] | None = None
    note: str = ""
    is_list: bool = False
    beyond: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Series:
    label: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A threshold in a chart."""

    label: str
    value: float


@dataclass(frozen=True, slots=True)
class Chart:
    """kind: line or bars. unit: of its values, % for rates given as fractions."""

    caption: str
    kind: str
    unit: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    lines: tuple[Line, ...] = ()


Block = Heading | Para | Table | Chart


@dataclass(frozen=True, slots=True)
class Annex:
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """agency: who signs. masthead: the red words on top; empty for the agency's own.
    addressees: 主送; copies: 抄送. signatory: 签发人 of an upward paper. public: leaves the
    administration. asked: whether a reply is asked for. attachments: names under the text; annexes
    follow on pages of their own. contact: a line in brackets under the signature.
    """

    kind: str
    form: Form
    title: str
    addressees: tuple[str, ...]
    blocks: tuple[Block, ...]
    agency: str = ""
    masthead: str = ""
    direction: str = ""
    copies: tuple[str, ...] = ()
    signatory: str = ""
    consent: str = ""
    public: bool = False
    attachments: tuple[str, ...] = ()
    annexes: tuple[Annex, ...] = ()
    contact: str = ""

    @property
    def lists(self) -> list[Table]:
        """The tables that go out as sheets too."""
        blocks = [*self.blocks, *(block for annex in self.annexes for block in annex.blocks)]
        return [block for block in blocks if isinstance(block, Table) and block.is_list]

    def paragraphs(self) -> Iterator[tuple[str, str]]:
        """(place, text) of everything that is read, in its order."""
        yield "标题", self.title
        if self.addressees:
            yield "主送机关", "、".join(self.addressees)
        yield from _places(self.blocks, "正文")
        for number, annex in enumerate(self.annexes, start=1):
            yield f"附件{number}标题", annex.title
            yield from _places(annex.blocks, f"附件{number}")


def _places(blocks: Sequence[Block], where: str) -> Iterator[tuple[str, str]]:
    section, count = where, 0
    for block in blocks:
        if isinstance(block, Heading):
            section = f"{where}“{block.text}”" if block.level == 1 else section
            count = 0
            yield f"{where}标题“{block.text}”", block.text
        elif isinstance(block, Para):
            count += 1
            yield f"{section}第{count}段", block.text
        elif isinstance(block, Table):
            yield f"表“{block.caption}”标题", block.caption
            for number, row in enumerate(block.rows, start=1):
                for column, cell in zip(block.columns, row, strict=True):
                    yield f"表“{block.caption}”第{number}行{column.header}", cell
            if block.total is not None:
                for column, cell in zip(block.columns, block.total, strict=True):
                    yield f"表“{block.caption}”合计行{column.header}", cell
            if block.note:
                yield f"表“{block.caption}”注", block.note
        else:
            yield f"图“{block.caption}”标题", block.caption


# ---- braces --------------------------------------------------------------------------------------


def literal(text: object) -> str:
    """Somebody's data as it stands in a text: one line, nothing unseen, no figure quoted by it."""
    return seen(str(text)).replace("{", "{{").replace("}", "}}")


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of a text; quoted: id of the figure (or @due …) that it is."""

    text: str
    quoted: str | None = None


def runs(text: str, told: Mapping[str, str]) -> list[Run]:
    """The text with its figures filled in. told: id → its text; an id that is not there stays as
    it is written, so that nothing disappears."""
    found: list[Run] = []
    at = 0
    for match in QUOTED.finditer(text):
        name = match[1]
        if name is not None and name not in told:
            continue
        found.append(Run(text[at : match.start()]))
        found.append(Run(match[0][0]) if name is None else Run(told[name], name))
        at = match.end()
    found.append(Run(text[at:]))
    return _joined(found)


def _joined(found: Sequence[Run]) -> list[Run]:
    joined: list[Run] = []
    for run in found:
        if not run.text:
            continue
        if run.quoted is None and joined and joined[-1].quoted is None:
            joined[-1] = Run(joined[-1].text + run.text)
        else:
            joined.append(run)
    return joined


def filled(text: str, told: Mapping[str, str]) -> str:
    return "".join(run.text for run in runs(text, told))


def quoted_in(text: str) -> list[str]:
    """The ids that a text quotes, in their order, repeated where it repeats them."""
    return [match[1] for match in QUOTED.finditer(text) if match[1] is not None]


# ---- as texts ------------------------------------------------------------------------------------

_BLOCKS: dict[str, type[Any]] = {"h": Heading, "p": Para, "t": Table, "c": Chart}
_LETTERS = {block: letter for letter, block in _BLOCKS.items()}
_SEPARATOR = "\n"


def as_texts(paper: Paper) -> dict[str, str]:
    """The paper as the store keeps it: its paragraphs one by one, which staff may edit, and beside
    them the layout with everything else."""
    texts = {
        TITLE: paper.title,
        ADDRESSEE: _SEPARATOR.join(paper.addressees),
        COPIES: _SEPARATOR.join(paper.copies),
        CONSENT: paper.consent,
    }
    plain = {
        "kind": paper.kind,
        "form": paper.form.value,
        "agency": paper.agency,
        "masthead": paper.masthead,
        "direction": paper.direction,
        "signatory": paper.signatory,
        "public": paper.public,
        "attachments": paper.attachments,
        "contact": paper.contact,
        "blocks": [_packed(block, texts) for block in paper.blocks],
        "annexes": [
            [annex.title, [_packed(block, texts) for block in annex.blocks]]
            for annex in paper.annexes
        ],
    }
    texts[LAYOUT] = orjson.dumps(plain, option=orjson.OPT_SORT_KEYS).decode()
    return texts


def _packed(block: Block, texts: dict[str, str]) -> list[Any]:
    if isinstance(block, Para):
        place = f"p{sum(name.startswith('p') for name in texts) + 1:03d}"
        texts[place] = block.text
        return ["p", place, block.style]
    return [_LETTERS[type(block)], block]


def from_texts(texts: Mapping[str, str]) -> Paper:
    """What as_texts kept, with the texts as they are now. Raises KeyError, ValueError for what is
    no paper."""
    plain = orjson.loads(texts[LAYOUT])

    def unpacked(packed: Sequence[Sequence[Any]]) -> tuple[Block, ...]:
        return tuple(_unpacked(block, texts) for block in packed)

    def names(place: str) -> tuple[str, ...]:
        return tuple(name for name in texts.get(place, "").split(_SEPARATOR) if name.strip())

    return Paper(
        kind=plain["kind"],
        form=Form(plain["form"]),
        title=texts[TITLE],
        addressees=names(ADDRESSEE),
        copies=names(COPIES),
        consent=texts.get(CONSENT, ""),
        blocks=unpacked(plain["blocks"]),
        agency=plain["agency"],
        masthead=plain["masthead"],
        direction=plain["direction"],
        signatory=plain["signatory"],
        public=plain["public"],
        attachments=tuple(plain["attachments"]),
        annexes=tuple(Annex(title, unpacked(blocks)) for title, blocks in plain["annexes"]),
        contact=plain["contact"],
    )


def _unpacked(packed: Sequence[Any], texts: Mapping[str, str]) -> Block:
    letter, said = packed[0], packed[1]
    if letter == "p":
        return Para(texts.get(said, ""), packed[2])
    if letter == "h":
        return Heading(said["text"], said["level"])
    if letter == "t":
        return Table(
            said["caption"],
            tuple(Column(**column) for column in said["columns"]),
            tuple(tuple(row) for row in said["rows"]),
            tuple(said["total"]) if said["total"] is not None else None,
            said["note"],
            said.get("is_list", False),  # papers composed before lists went out as sheets
            tuple(tuple(row) for row in said.get("beyond", ())),
        )
    return Chart(
        said["caption"],
        said["kind"],
        said["unit"],
        tuple(said["labels"]),
        tuple(Series(s["label"], tuple(s["values"])) for s in said["series"]),
        tuple(Line(line["label"], line["value"]) for line in said["lines"]),
    )


@dataclass(frozen=True, slots=True)
class Issue:
    """What is known of a paper at its issue. measure: its number in the store; digest: of what it
    says (frozen.digest). Days as they are printed; empty before the issue."""

    measure: int | None = None
    number: str = ""
    issued_on: str = ""
    due_on: str = ""
    digest: str = ""
    told: Mapping[str, str] = field(default_factory=dict)

    def telling(self, figures: Mapping[str, str]) -> Issue:
        """With the texts of the figures by id."""
        days = {ISSUED: self.issued_on, DUE: self.due_on, NUMBER: self.number}
        blank = {ISSUED: "　　年　月　日", DUE: "　　年　月　日", NUMBER: ""}
        shown = {name: days[name] or blank[name] for name in days}
        return replace(self, told={**figures, **shown})


def changed_texts(paper: Paper, change: Callable[[str], str]) -> Paper:
    """The paper with every paragraph changed."""
    return replace(
        paper,
        blocks=tuple(
            replace(block, text=change(block.text)) if isinstance(block, Para) else block
            for block in paper.blocks
        ),
    )
