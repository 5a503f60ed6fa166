"""A step of a measure as somebody asks for it, on the page or as a command, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from data.documents.extracting import Read
from data.measures.states import StepKind
from data.settings import Settings
from data.workflow import measures as steps
from data.workflow.measure_files import keep, read_text
from data.workflow.measure_writing import Attachment, Taking
from data.workflow.sealing import seal

_K = StepKind


@dataclass(frozen=True, slots=True)
class Asked:
    """What comes with a step; each takes of it what it needs. reason: also the text of a reply, a
    receipt, a request. paper_no: a 文号 that the office system gave. read: the file's text, where
    it is a 正式件."""

    reason: str | None = None
    due_on: date | None = None
    paper_no: str | None = None
    file: Attachment | None = None
    read: Read | None = None

    def bringing(self, file: Attachment, step: StepKind) -> Asked:
        """With a file, which is read outside of the transaction. Raises UploadRefused."""
        return replace(self, file=file, read=read_text(file) if step is _K.FILE else None)


@dataclass(frozen=True, slots=True)
class Taken:
    """said: a sentence where more happened than was asked for, or less. correction: number of the
    draft that corrects. is_recalled: it went back to review instead of being issued."""

    said: str = ""
    correction: int | None = None
    is_recalled: bool = False


def take(at: Taking, settings: Settings, number: int, step: StepKind, asked: Asked) -> Taken:
    """Take a step, and keep the file that came with it. Call inside Store.write(). Raises
    SupervisionError as the step does."""
    taken = _take(at, number, step, asked)
    if asked.file is not None:
        keep(settings, asked.file)
    return taken


def _take(at: Taking, number: int, step: StepKind, asked: Asked) -> Taken:
    reason, due_on, file = asked.reason, asked.due_on, asked.file
    match step:
        case _K.ISSUE:
            issued = steps.issue(at, number, due_on, asked.paper_no)
            return Taken() if issued.number else Taken(issued.said, is_recalled=True)
        case _K.CORRECT:
            made = steps.correct(at, number, reason).number
            return Taken(f"已起草更正，第{made}号。", made)
        case _K.SUBMIT:
            steps.submit(at, number)
        case _K.REFRESH:
            steps.refresh(at, number)
        case _K.RETURN:
            steps.give_back(at, number, reason or "")
        case _K.REVIEW:
            steps.review(at, number, reason)
        case _K.FILE:
            return Taken(seal(at, number, file, asked.read, reason))
        case _K.DELIVER:
            steps.deliver(at, number, reason, file)
        case _K.EXTEND:
            steps.extend(at, number, due_on, reason, file)
        case _K.REPLY:
            steps.reply(at, number, reason, file)
        case _K.REFUSE:
            steps.refuse(at, number, reason, due_on)
        case _K.RELEASE:
            steps.release(at, number, reason, file)
        case _:
            steps.withdraw(at, number, reason)
    return Taken()
