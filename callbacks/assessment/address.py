"""A what-if as it stands in the address.

`/assessment?do=r:HC-1,HC-2;a:HC-3&all=r.filed;a.due.2023-10-24&on=2023-12-31&for=371002&
line=interview&most=5&only=demolition&skip=HC-9`. Many numbers are packed. A part that cannot be
read is left out and named in a sentence; it never stops the page.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import quote, unquote, urlencode

from components.links import read_search
from data.errors import SupervisionError
from data.numbers import whole_number
from data.rules.scenario import Constraints
from data.vocabulary import BulkChoice, ScenarioAction, TargetLine
from data.workflow.scenario import Bulk, Scenario

#: What the what-if owns of the address, in this order.
KEYS = ("do", "all", "on", "for", "line", "most", "only", "skip")
#: `for` of the smallest set for the city as a whole.
WHOLE = "all"
#: A longer part is packed; an address may have 8,190 characters (deploy/gunicorn.conf.py).
_PLAIN, _LONGEST = 600, 6_000
_PACKED = "z."
#: What a packed part may unfold to, and how many numbers one may carry.
_UNPACKED, MOST_TICKS = 200_000, 5_000
_LETTERS = {action: action.value[0] for action in ScenarioAction}  # r, a, c, l
_ACTIONS = {letter: action for action, letter in _LETTERS.items()}


@dataclass(frozen=True, slots=True)
class ScenarioAddress:
    """whom: district of the smallest set, WHOLE for the city, None for the frame's. line: None
    where none is asked for. problems: Chinese sentences on what was left out.
    """

    scenario: Scenario = field(default_factory=Scenario)
    line: TargetLine | None = None
    whom: str | None = None
    constraints: Constraints = field(default_factory=Constraints)
    problems: tuple[str, ...] = ()


def _pack(text: str) -> str:
    if len(quote(text)) <= _PLAIN:
        return text
    packed = base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")
    return _PACKED + packed


def _unpack(text: str) -> str:
    """Raises ValueError."""
    if not text.startswith(_PACKED):
        return text
    coded = text.removeprefix(_PACKED)
    try:
        raw = base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4))
        unfolder = zlib.decompressobj()
        plain = unfolder.decompress(raw, _UNPACKED)
    except (binascii.Error, zlib.error) as error:
        raise ValueError(text) from error
    if not unfolder.eof:
        raise ValueError(text)
    return plain.decode()


def _numbers(texts: Iterable[str]) -> str:
    return ",".join(quote(number, safe="") for number in texts)


def _read_numbers(text: str) -> list[str]:
    """Raises ValueError."""
    numbers = [unquote(part) for part in text.split(",") if part]
    if len(numbers) > MOST_TICKS or any(len(number) > 64 for number in numbers):
        raise ValueError(text)
    return numbers


def _read_ticks(text: str) -> dict[str, ScenarioAction]:
    """Raises ValueError, KeyError."""
    ticks: dict[str, ScenarioAction] = {}
    for part in _unpack(text).split(";"):
        letter, _, numbers = part.partition(":")
        ticks |= dict.fromkeys(_read_numbers(numbers), _ACTIONS[letter])
    return ticks


def _read_bulks(text: str) -> tuple[Bulk, ...]:
    """Raises ValueError, KeyError."""
    bulks = []
    for part in text.split(";")[:20]:
        letter, choice, *rest = part.split(".")
        chosen = BulkChoice(choice)
        until = date.fromisoformat(rest[0]) if chosen is BulkChoice.DUE and rest else None
        if (chosen is BulkChoice.DUE) != (until is not None):
            raise ValueError(part)
        bulks.append(Bulk(chosen, _ACTIONS[letter], until))
    return tuple(bulks)


def _read_most(text: str) -> int:
    """Raises ValueError."""
    number = whole_number(text, 1, 100_000)
    if number is None:
        raise ValueError(text)
    return number


def _read_day(text: str) -> date:
    """Raises ValueError."""
    day = date.fromisoformat(text)
    if not 2000 <= day.year <= 2100:
        raise ValueError(text)
    return day


def _read_only(text: str) -> bool:
    """Raises ValueError."""
    if text != BulkChoice.DEMOLITION.value:
        raise ValueError(text)
    return True


_READERS: dict[str, Callable[[str], Any]] = {
    "do": _read_ticks,
    "all": _read_bulks,
    "on": _read_day,
    "for": lambda text: text[:12],
    "line": TargetLine,
    "most": _read_most,
    "only": _read_only,
    "skip": lambda text: frozenset(_read_numbers(_unpack(text))),
}


def read_scenario(query: Mapping[str, str], district: str | None = None) -> ScenarioAddress:
    """The what-if's part of a query string. district: of the frame; bulks take its patches only."""
    values: dict[str, Any] = {}
    problems: list[str] = []
    for key in KEYS:
        if not query.get(key):
            continue
        try:
            values[key] = _READERS[key](query[key])
        except (ValueError, KeyError):
            problems.append(f"地址中的假设条件“{key}={query[key][:40]}”无法识别，已忽略。")
    return ScenarioAddress(
        Scenario(values.get("do", {}), values.get("all", ()), values.get("on"), district),
        values.get("line"),
        values.get("for"),
        Constraints(values.get("skip", frozenset()), values.get("only", False), values.get("most")),
        tuple(problems),
    )


def scenario_parts(address: ScenarioAddress) -> dict[str, str]:
    """Its keys and values in the address. Raises SupervisionError where it would be too long."""
    scenario, rules = address.scenario, address.constraints
    ticks = {
        letter: _numbers(sorted(n for n, a in scenario.ticks.items() if a is action))
        for action, letter in _LETTERS.items()
    }
    bulks = [
        ".".join([_LETTERS[b.action], b.choice.value, *([b.until.isoformat()] if b.until else [])])
        for b in scenario.bulks
    ]
    parts = {
        "do": _pack(
            ";".join(f"{letter}:{numbers}" for letter, numbers in ticks.items() if numbers)
        ),
        "all": ";".join(bulks),
        "on": scenario.on.isoformat() if scenario.on else "",
        "for": address.whom or "",
        "line": address.line.value if address.line else "",
        "most": str(rules.at_most) if rules.at_most else "",
        "only": BulkChoice.DEMOLITION.value if rules.only_demolition else "",
        "skip": _pack(_numbers(sorted(rules.excluded))),
    }
    kept = {key: parts[key] for key in KEYS if parts[key]}
    if len(urlencode(kept)) > _LONGEST or len(scenario.ticks) > MOST_TICKS:
        raise SupervisionError(
            f"逐个勾选的图斑太多（{len(scenario.ticks):,}个），地址放不下，没有改动假设。"
            "请改用“成批假设”。"
        )
    return kept


def write_scenario(address: ScenarioAddress) -> str:
    """The same as one string: what the page keeps. Raises SupervisionError."""
    return urlencode(scenario_parts(address), safe=":,;.")


def own_parts(search: str) -> dict[str, str]:
    """The what-if's keys and values of a query string, as they are."""
    query = read_search(search)
    return {key: query[key] for key in KEYS if query.get(key)}
