"""The paper of a measure as a file: rendered from what was frozen, so the same bytes later."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import Connection

from data.documents.paper import LAYOUT, Issue, Paper, filled, from_texts
from data.documents.quotes import day_text
from data.documents.word.render import render
from data.errors import NotFound, SupervisionError
from data.measures.frozen import Composed
from data.measures.states import StepKind
from data.scope import Scope
from data.store.queries.measures import MeasureRow, frozen, is_seen, measure


@dataclass(frozen=True, slots=True)
class IssuedPaper:
    """composed: as frozen by the last step. issue: number, days and digest, empty for a draft."""

    row: MeasureRow
    composed: Composed
    paper: Paper
    issue: Issue

    @property
    def figures(self) -> dict[str, str]:
        return {figure.id: figure.text for figure in self.composed.figures}

    @property
    def is_issued(self) -> bool:
        return bool(self.issue.number)

    def docx(self) -> bytes:
        return render(self.paper, self.figures, self.issue)

    @property
    def title(self) -> str:
        """As it reads."""
        return filled(self.paper.title, self.figures)

    @property
    def name(self) -> str:
        """A name for the file, without its suffix: `第3号 预警提醒函 威自然资函〔2026〕1号`."""
        said = f"第{self.row.id}号 {self.row.kind.label} {self.issue.number}".strip()
        return re.sub(r'[\\/:*?"<>|]', "_", said)


def paper_of(conn: Connection, scope: Scope, number: int) -> IssuedPaper:
    """Raises NotFound, alike for a measure that is not there and one that may not be seen."""
    row = measure(conn, scope, number)
    if row is None or not is_seen(scope, row):
        raise NotFound(f"没有第{number}号措施，请核对编号。")
    composed = frozen(conn, scope, row)
    if LAYOUT not in composed.texts:
        raise SupervisionError(
            f"第{number}号措施没有公文正文（不处理的触发，或早期登记），不能导出。"
        )
    return IssuedPaper(row, composed, from_texts(composed.texts), _issue(row))


def _issue(row: MeasureRow) -> Issue:
    """As the step that issued it says; what came after (an extension) does not change a paper."""
    step = next((s for s in row.steps if s.step == StepKind.ISSUE.value), None)
    if step is None:
        return Issue(measure=row.id)
    return Issue(
        measure=row.id,
        number=step.number or "",
        issued_on=day_text(step.on),
        due_on=day_text(step.due_on) if step.due_on else "",
        digest=step.digest or "",
    )
