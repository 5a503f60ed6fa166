"""Numbers of papers: one series a prefix and year, taken inside the transaction of the issue, so
that none is skipped and none comes twice."""

from __future__ import annotations

import re
from datetime import date

from sqlalchemy import Connection, select

from data.errors import SupervisionError
from data.measures.kinds import Series
from data.store.models import EnforcementCase, LedgerItem, MeasureEvent
from data.triggers.rulebook import rulebook

_WRITTEN = re.compile(r"[^〔〕\s]{1,40}〔[0-9]{4}〕[1-9][0-9]{0,5}号")


def next_number(conn: Connection, series: Series, on: date) -> str:
    """The smallest number of the series' year that no paper and no certificate has. Call inside
    Store.write()."""
    rule = rulebook(conn)["M2"]
    parameters = rule.on(on).parameters
    head = str(rule.predicate(series.value, on.year, 0, **parameters)).removesuffix("0号")
    e = MeasureEvent
    kept = (e.number, EnforcementCase.certificate_no, LedgerItem.certificate_no)
    taken = {
        number
        for column in kept
        for number in conn.scalars(select(column).where(column.startswith(head, autoescape=True)))
    }
    count = 1
    while f"{head}{count}号" in taken:
        count += 1
    return f"{head}{count}号"


def entered_number(conn: Connection, text: str) -> str:
    """A number that the office system gave, proved to be one and to be free. Call inside
    Store.write(). Raises SupervisionError."""
    number = re.sub(r"\s", "", text)
    if not _WRITTEN.fullmatch(number):
        raise SupervisionError(
            f"文号“{text[:40]}”写法不对。应如“威自然资函〔2026〕9号”：六角括号，号数不补零。"
        )
    e = MeasureEvent
    holder = conn.scalar(select(e.measure_id).where(e.number == number))
    if holder is not None:
        raise SupervisionError(f"文号“{number}”已用于第{holder}号措施，请核对后重新填写。")
    return number
