"""Numbers that somebody typed into a paper's text: no figure stands behind them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from data.documents.paper import runs

#: Numbers that are no figures: days, months, clauses, articles, counts of paragraphs.
_HARMLESS = re.compile(
    r"\d{4}年(度)?|\d{1,2}月(\d{1,2}日)?|\d{1,2}日|[§]\s*\d(\.\d)?|[〔\[]\d{4}[〕\]]\d*号?|第\d+[条款项号宗名]|"
    r"^\s*\d{1,2}\s*[.、．]|\d+个(工作日|月末)|\d+工作日|\d{1,2}%线|\d+(\.\d+)?亩(约谈)?线|\d{10,20}(号图斑|地块\d+)?|\d{3,4}-\d{7,8}"
    r"|地块\d+|\d+日内|\d{4}-\d{1,2}(-\d{1,2})?"
)
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?%?")
_FIGURE = "□"
PLAIN, FIGURE, TYPED = "plain", "figure", "typed"


def marked(text: str, told: Mapping[str, str]) -> list[tuple[str, str]]:
    """(words, PLAIN | FIGURE | TYPED) of a text with its figures filled in. told: id → its text."""
    found: list[tuple[str, str]] = []
    read = runs(text, told)
    line = "".join(run.text if run.quoted is None else _FIGURE for run in read)
    masked = _HARMLESS.sub(lambda match: _FIGURE * len(match[0]), line)
    at = 0
    for run in read:
        if run.quoted is not None:
            found.append((run.text, FIGURE))
            at += 1
            continue
        end, done = at + len(run.text), at
        for match in _NUMBER.finditer(masked, at, end):
            found.append((line[done : match.start()], PLAIN))
            found.append((line[slice(*match.span())], TYPED))
            done = match.end()
        found.append((line[done:end], PLAIN))
        at = end
    return [(words, kind) for words, kind in found if words]


def typed_in(text: str, told: Mapping[str, str]) -> list[str]:
    return [words for words, kind in marked(text, told) if kind == TYPED]
