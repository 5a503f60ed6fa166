"""What is uploaded comes out of workbooks, papers and answers as it went in (security.md)."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

import openpyxl
import pytest
from dash import Dash
from flask.testing import FlaskClient

import app as application
from data.documents.composing import compose
from data.documents.paper import from_texts
from data.documents.word.render import render
from data.measures.frozen import Draft
from data.measures.kinds import MeasureKind, Subject
from data.scope import Scope
from data.settings import Settings
from data.store.engine import Store
from data.store.opening import open_store
from data.upload.schemas import KINDS, CellType
from tests.asking import with_token
from tests.hostile import BODY, ON, STARTS, TODAY, VIEW, YEAR, fill, hostile_rows, number
from tests.reading import read_in_process
from tests.sending import send
from tests.signing import everybody_is_let_in

_PARTS = ("word/document", "docProps/core")
#: Types of cells that refuse a text.
_CHECKED = (CellType.DATE, CellType.AREA, CellType.TERM)


@dataclass(frozen=True)
class Hostile:
    app: Dash
    store: Store
    measure: int


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hostile]:
    local_dir = tmp_path_factory.mktemp("hostile")
    store = open_store(Settings(local_dir=local_dir, fixed_today=TODAY))
    with read_in_process():
        measure = fill(store)
    with everybody_is_let_in():
        yield Hostile(application.create_app(store.settings), store, measure)
    store.engine.dispose()


def exports(client: FlaskClient, hostile: Hostile) -> Iterator[tuple[str, bytes]]:
    """Every file below /export that there is something for."""
    for rule in hostile.app.server.url_map.iter_rules():
        if not rule.rule.startswith("/export/"):
            continue
        path = re.sub(r"<any\((\w+)[^>]*>", r"\1", rule.rule)
        path = path.replace("<int:number>", str(hostile.measure))
        answer = client.get(f"{path}?{VIEW}")
        assert answer.status_code in (200, 404), (path, answer.text)
        if answer.status_code == 200:
            yield from _within(path, answer.data)


def _within(path: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    if path.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield f"{path}/{name}", archive.read(name)
    else:
        yield path, content


def test_no_cell_of_any_workbook_is_a_formula(hostile: Hostile) -> None:
    client = with_token(hostile.app.server.test_client())
    told = []
    for path, content in exports(client, hostile):
        if not path.endswith(".xlsx"):
            continue
        for sheet in openpyxl.load_workbook(io.BytesIO(content)).worksheets:
            for cell in (cell for row in sheet.iter_rows() for cell in row):
                assert cell.data_type != "f", (path, cell.coordinate, cell.value)
                assert cell.hyperlink is None, (path, cell.coordinate)
                if "onerror" in str(cell.value):
                    assert BODY in str(cell.value), (path, cell.coordinate)
                    told.append(path)
    assert len(set(told)) >= 5, "the texts are among what is exported"


def test_a_returned_workbook_gives_back_text(hostile: Hostile) -> None:
    for schema in KINDS:
        rows = hostile_rows(schema)
        typed = next(c.header for c in schema.columns if c.type in _CHECKED and c.header in rows[0])
        rows = [{**row, typed: STARTS[0] + BODY} for row in rows]
        with read_in_process():
            sent = send(hostile.store, schema.kind, *rows, year=YEAR)
        assert sent.report is not None, schema.kind
        sheets = openpyxl.load_workbook(sent.report).worksheets
        cells = [cell for sheet in sheets for row in sheet.iter_rows() for cell in row]
        assert all(cell.data_type != "f" for cell in cells), schema.kind
        assert any(BODY in str(cell.value) for cell in cells), schema.kind


@pytest.mark.parametrize("kind", list(MeasureKind))
def test_a_paper_says_templates_and_tags_as_they_were_written(
    kind: MeasureKind, hostile: Hostile
) -> None:
    subject_kind = kind.about.subjects[0]
    subject, district = {
        Subject.DISTRICT: ("371002", "371002"),
        Subject.CITY: ("371000", None),
        Subject.PATCH: (number(1), "371002"),
    }[subject_kind]
    asked = Draft(kind, YEAR, ON, subject, subject_kind, district, reason=f"{BODY}理由")
    with hostile.store.read() as conn:
        made = compose(conn, Scope.all(), asked)
    content = render(from_texts(made.texts), {f.id: f.text for f in made.figures})
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        told = [ElementTree.fromstring(parts.read(f"{name}.xml")).itertext() for name in _PARTS]
    text = "".join(part for parts in told for part in parts)
    assert text.count("onerror") == text.count(BODY)
    if subject_kind is Subject.PATCH:
        assert number(1) in text
