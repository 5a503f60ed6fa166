"""Every kind of documents.md §7, composed from the demo: no paper is another under a new title."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from itertools import combinations

import pytest
from docx import Document

from data.documents.composing import compose
from data.documents.paper import Form, Heading, Paper, Table, filled, from_texts, quoted_in
from data.documents.word.render import render
from data.measures.frozen import Composed, Draft
from data.measures.kinds import Direction, MeasureKind, Subject
from data.measures.naming import label_of
from data.scope import Scope
from data.settings import PROJECT_DIR
from data.store.engine import Store
from data.store.opening import open_store
from data.store.queries.figures import figures
from data.store.queries.paper_facts import parcel_lines
from tests.demo_year import DEMO_TODAY, DEMO_YEAR, DemoYear

CITY = "371000"


def store_of(demo_year: DemoYear) -> Store:
    return open_store(demo_year.settings)


@dataclass(frozen=True)
class Case:
    draft: Draft
    composed: Composed
    paper: Paper

    @property
    def told(self) -> dict[str, str]:
        return {f.id: f.text for f in self.composed.figures}


@pytest.fixture(scope="module")
def cases(demo_year: DemoYear) -> dict[MeasureKind, Case]:
    found = {}
    with store_of(demo_year).read() as conn:
        year, day = DEMO_YEAR, DEMO_TODAY
        worst = max(
            figures(conn, Scope.all(), year, day)["districts"],
            key=lambda row: row["remaining_farmland_mu"],
        )["code"]
        parcels = parcel_lines(conn, Scope.all(), year, day)
        for kind in MeasureKind:
            subject_kind = kind.about.subjects[0]
            subject, district = {
                Subject.DISTRICT: (worst, worst),
                Subject.CITY: (CITY, None),
                Subject.PATCH: (parcels[0].patch_no, parcels[0].district),
            }[subject_kind]
            draft = Draft(kind, year, day, subject, subject_kind, district)
            composed = compose(conn, Scope.all(), draft)
            found[kind] = Case(draft, composed, from_texts(composed.texts))
    return found


def shape(case: Case) -> tuple[tuple[str, ...], frozenset[str], tuple[tuple[str, ...], ...]]:
    """Its headings, the names of its figures, the columns of its tables."""
    headings = tuple(b.text for b in case.paper.blocks if isinstance(b, Heading))
    tables = tuple(
        tuple(c.header for c in b.columns) for b in case.paper.blocks if isinstance(b, Table)
    )
    return headings, frozenset(f.name for f in case.composed.figures), tables


def test_no_paper_is_another_under_a_new_title(cases: dict[MeasureKind, Case]) -> None:
    for one, other in combinations(MeasureKind, 2):
        headings, names, tables = shape(cases[one])
        theirs = shape(cases[other])
        assert (names, tables) != theirs[1:], (one, other)
        work_notices = {one.value[:11], other.value[:11]} == {"work_notice"}
        assert headings != theirs[0] or work_notices, (one, other)
        # the four work notices share their headings by contract, and no table
        assert not work_notices or not set(tables) & set(theirs[2]), (one, other)


@pytest.mark.parametrize("kind", list(MeasureKind))
def test_every_figure_quoted_is_there_and_every_number_of_a_table_is_one(
    kind: MeasureKind, cases: dict[MeasureKind, Case]
) -> None:
    case = cases[kind]
    for place, text in case.paper.paragraphs():
        unknown = {i for i in quoted_in(text) if not i.startswith("@")} - case.told.keys()
        assert not unknown, place
        shown = filled(text, {**case.told, "@due": "", "@issued": "", "@number": ""})
        assert "{" not in shown.replace("{{", ""), place
    for table in (b for b in case.paper.blocks if isinstance(b, Table)):
        for row in (*table.rows, table.total or ()):
            for column, cell in zip(table.columns, row, strict=False):
                typed = column.numeric and re.fullmatch(r"[\d.,%]+", cell)
                assert not typed, (table.caption, column.header, cell)


def test_every_figure_has_a_name_for_people_and_those_of_patches_name_the_patch(
    cases: dict[MeasureKind, Case],
) -> None:
    found = [figure for case in cases.values() for figure in case.composed.figures]
    nameless = {f.name for f in found if label_of(f.name) == f.name}
    assert not nameless
    of_patches = [f for f in found if f.parcel is not None]
    assert of_patches
    assert all(f.parcel and f.parcel[0] == f.patches[0] for f in of_patches)
    open_days = next(f for f in of_patches if f.name == "days_open")
    assert open_days.said == f"{open_days.text}天"


@pytest.mark.parametrize("kind", list(MeasureKind))
def test_the_form_follows_from_the_direction(
    kind: MeasureKind, cases: dict[MeasureKind, Case]
) -> None:
    paper, direction = cases[kind].paper, kind.about.direction
    if direction is Direction.UPWARD:
        assert paper.form is Form.ORDINARY
        assert len(paper.addressees) == 1
        assert paper.signatory
        assert not paper.copies
    if paper.form is Form.LETTER:
        assert direction is Direction.LEVEL
    if direction is Direction.LEVEL:
        assert paper.form is Form.LETTER or kind is MeasureKind.INTERVIEW_MINUTES
    assert paper.public == (direction is Direction.PUBLIC)


@pytest.mark.parametrize("kind", list(MeasureKind))
def test_every_kind_becomes_a_word_file(kind: MeasureKind, cases: dict[MeasureKind, Case]) -> None:
    case = cases[kind]
    document = Document(io.BytesIO(render(case.paper, case.told)))
    texts = [p.text for p in document.paragraphs]
    assert case.paper.title in "".join(t.replace("\n", "") for t in texts)
    assert any(case.paper.agency in text for text in texts)


@pytest.mark.parametrize("kind", list(MeasureKind))
def test_every_kind_has_its_page_of_documentation(kind: MeasureKind) -> None:
    page = (PROJECT_DIR / "docs" / "documents" / f"{kind.value}.md").read_text(encoding="utf-8")
    for row in (
        "Direction",
        "Form",
        "Addressee",
        "Sections",
        "Figures",
        "Reply",
        "Public",
        "Marks",
    ):
        assert f"**{row}**" in page


def test_figures_are_those_of_the_pages(
    cases: dict[MeasureKind, Case], demo_year: DemoYear
) -> None:
    """Names of figures.md without a suffix are the district's own values, to the last digit."""
    case = cases[MeasureKind.EARLY_WARNING]
    with store_of(demo_year).read() as conn:
        document = figures(conn, Scope.all(), case.draft.year, case.draft.as_of)
    (row,) = [r for r in document["districts"] if r["code"] == case.draft.district]
    own = [f for f in case.composed.figures if f.id == f.name and f.name in row]
    assert len(own) > 8
    for figure in own:
        assert figure.value == row[figure.name], figure.id
    variants = {f.id: f.variant for f in own if f.variant}
    assert variants == {"ratio_net": "net", "ratio_gross": "gross", "ratio_strict": "strict"}


def test_patches_behind_a_figure_add_up_to_it(
    cases: dict[MeasureKind, Case], demo_year: DemoYear
) -> None:
    case = cases[MeasureKind.EARLY_WARNING]
    with store_of(demo_year).read() as conn:
        parcels = parcel_lines(conn, Scope.all(), case.draft.year, case.draft.as_of)
    (figure,) = [f for f in case.composed.figures if f.id == "remaining_farmland_mu"]
    open_ = [p for p in parcels if p.counted and not p.rectified and p.farmland_mu]
    mine = [p for p in open_ if p.patch_no in figure.patches]
    assert sum(p.farmland_mu for p in mine) == pytest.approx(figure.value)
    assert figure.patches


def test_districts_add_up_to_the_city(cases: dict[MeasureKind, Case]) -> None:
    case = cases[MeasureKind.MONTHLY_BULLETIN]
    values = {f.id: f.value for f in case.composed.figures}
    own = [v for i, v in values.items() if re.fullmatch(r"overdue\.3710\d\d", i)]
    assert sum(v or 0 for v in own) == values["overdue"]
    assert len(own) == 8
