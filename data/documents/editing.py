"""The texts of a draft as a person edits them: figures stand in them as `【3：16.7%】`: they may
be moved, copied or left out, and what is typed between the brackets changes nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import orjson

from data.documents.paper import (
    ADDRESSEE,
    CONSENT,
    COPIES,
    DUE,
    ISSUED,
    LAYOUT,
    NUMBER,
    QUOTED,
    TITLE,
    quoted_in,
)
from data.errors import SupervisionError
from data.measures.frozen import Composed

_NAMED = {DUE: "期限", ISSUED: "成文日期", NUMBER: "文号"}
_BY_NAME = {word: name for name, word in _NAMED.items()}
_MARK = re.compile(r"【\s*(\d{1,5})\s*[：:][^【】]*】|【\s*(期限|成文日期|文号)\s*】|[{}]")
_HEADS = {
    TITLE: "标题",
    ADDRESSEE: "主送机关（一行一个）",
    COPIES: "抄送机关（一行一个）",
    CONSENT: "市政府同意的文号或日期",
}
#: Places that may be left empty.
MAY_BE_EMPTY = frozenset({COPIES, CONSENT})


@dataclass(frozen=True, slots=True)
class TextField:
    """place: its name in the paper's texts. label: where it stands, for people. text: with its
    figures as marks."""

    place: str
    label: str
    text: str


def fields(composed: Composed) -> list[TextField]:
    """In the order of the paper; none for one without a layout."""
    if LAYOUT not in composed.texts:
        return []
    labels = _labels(composed)
    numbers, told = _numbers(composed, list(labels)), _told(composed)
    return [
        TextField(place, label, _shown(composed.texts[place], numbers, told))
        for place, label in labels.items()
    ]


def stored(composed: Composed, edited: Mapping[str, str]) -> dict[str, str]:
    """What was edited, as the store keeps it; of texts that are as they were, nothing. Raises
    SupervisionError for a mark that stands for no figure."""
    labels = _labels(composed)
    ids = {number: name for name, number in _numbers(composed, list(labels)).items()}
    shown = {field.place: field.text for field in fields(composed)}
    changed = {}
    for place, text in edited.items():
        if _lines(text) == _lines(shown.get(place, "")):
            continue
        where = labels.get(place, place)
        changed[place] = _MARK.sub(partial(_kept, ids=ids, where=where), text)
    return changed


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _kept(match: re.Match[str], ids: Mapping[int, str], where: str) -> str:
    number, named = match[1], match[2]
    if named is not None:
        return f"{{{_BY_NAME[named]}}}"
    if number is None:  # a brace that somebody typed
        return match[0] * 2
    if int(number) not in ids:
        raise SupervisionError(
            f"{where}：没有编号为{number}的引用数字“{match[0][:30]}”。"
            "请从原文复制方括号内的数字，或改写为文字。"
        )
    return f"{{{ids[int(number)]}}}"


def _shown(text: str, numbers: Mapping[str, int], told: Mapping[str, str]) -> str:
    def put(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return match[0][0]
        if name in _NAMED:
            return f"【{_NAMED[name]}】"
        return f"【{numbers[name]}：{told[name]}】" if name in told else match[0]

    return QUOTED.sub(put, text)


def _told(composed: Composed) -> dict[str, str]:
    return {figure.id: figure.text for figure in composed.figures}


def _numbers(composed: Composed, places: list[str]) -> dict[str, int]:
    """Figures by the order in which the paper's own texts quote them, from 1; those that only its
    tables have come after."""
    told = _told(composed)
    quoted = [name for place in places for name in quoted_in(composed.texts[place])]
    order = dict.fromkeys([*(name for name in quoted if name in told), *told])
    return {name: number for number, name in enumerate(order, start=1)}


def _labels(composed: Composed) -> dict[str, str]:
    """Place → label, in the order of the paper."""
    texts = composed.texts
    labels = {place: label for place, label in _HEADS.items() if place in texts}
    layout = orjson.loads(texts[LAYOUT])
    parts = [("正文", layout["blocks"])]
    parts += [(f"附件{n}", blocks) for n, (_, blocks) in enumerate(layout["annexes"], start=1)]
    for where, blocks in parts:
        section, count = where, 0
        for letter, said, *_ in blocks:
            if letter == "h":
                section, count = f"{where}“{said['text']}”", 0
            elif letter == "p" and said in texts:
                count += 1
                labels[said] = f"{section}第{count}段"
    return labels
