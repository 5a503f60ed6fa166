"""A store in whose every text stands something that a browser, a spreadsheet or a template would
run: derived from the columns of each kind, so that a new column is among them."""

from __future__ import annotations

from datetime import date
from typing import Any

from data.measures.kinds import MeasureKind
from data.rights import COMMAND_LINE
from data.store.engine import Store
from data.store.queries.stamp import Contact
from data.upload.schemas import KINDS, CellType, KindSchema
from data.upload.template_examples import EXAMPLE_MARK, example_rows
from data.vocabulary import RecordKind
from data.workflow.contacts import set_contact
from data.workflow.measure_subjects import NewMeasure
from data.workflow.measure_writing import Taking
from data.workflow.measures import draft
from data.workflow.records import NewRecord, add_record
from tests.sending import send

YEAR, TODAY, ON = 2023, date(2024, 3, 1), date(2023, 11, 23)
VIEW = f"year={YEAR}&asof={ON.isoformat()}"
#: What a spreadsheet takes for a formula.
STARTS = ("=", "+", "-", "@", "\t")
#: Fits the narrowest column. An image that is not there asks for its handler as soon as the text
#: is taken for HTML; the rest would be an expression and the begin of a statement to a template.
BODY = "<img/src/onerror=x()>{{7*7}}{%"
#: Texts that have a form of their own.
FORMED = {("submissions", "period")}


def payload(at: int = 0) -> str:
    return STARTS[at % len(STARTS)] + BODY


def number(which: int) -> str:
    """Of the first or second patch."""
    return f"={which}{BODY}"


def hostile_rows(schema: KindSchema) -> list[dict[str, Any]]:
    """The example rows with all texts replaced; patches keep together by their numbers."""
    rows = []
    for row in example_rows(schema.kind, YEAR):
        made = dict(row)
        for at, column in enumerate(schema.offered):
            if column.type is not CellType.TEXT or (schema.kind.value, column.field) in FORMED:
                continue
            known = str(row.get(column.header, ""))
            of_patch = known.startswith(f"{EXAMPLE_MARK}-00")
            made[column.header] = number(int(known[-1])) if of_patch else payload(at)
        rows.append(made)
    return rows


def fill(store: Store) -> int:
    """→ the number of a measure about it."""
    for schema in KINDS:
        sent = send(store, schema.kind, *hostile_rows(schema), year=YEAR)
        assert sent.rejected == 0, (schema.kind, sent.errors)
    with store.write() as conn:
        for kind, subject in ((RecordKind.MAJOR, number(1)), (RecordKind.SEVERE_IMPACT, "环翠区")):
            record = NewRecord(kind, YEAR, subject, ON, payload())
            add_record(conn, COMMAND_LINE, record, TODAY)
        set_contact(conn, "371002", Contact(payload(), payload(3), "0631-1234567"))
        asked = NewMeasure(
            MeasureKind.LISTED_SUPERVISION, number(1), YEAR, ON, (number(1),), payload()
        )
        return draft(Taking(conn, COMMAND_LINE, TODAY), asked).number
