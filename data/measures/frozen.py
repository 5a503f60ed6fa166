"""What a paper says, as it travels between who composes it, the store and who reads it: the figures
with all that makes them defensible, and the texts that quote them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import orjson

from data.measures.kinds import MeasureKind, Subject
from data.measures.naming import unit_of


@dataclass(frozen=True, slots=True)
class Draft:
    """What is asked for. subject: a district's code, a patch number, or the code of the city.
    district: code of the district concerned, None for the whole city. period: a clearance month
    (`2023-05`) where the paper is about one. patch_nos: named by the drafter. rule: the trigger it
    rests on. follows: number of the measure that it follows, ends or replaces."""

    kind: MeasureKind
    year: int
    as_of: date
    subject: str
    subject_kind: Subject
    district: str | None = None
    period: str | None = None
    patch_nos: tuple[str, ...] = ()
    rule: str | None = None
    reason: str = ""
    follows: int | None = None


#: How the ids of figures on one patch begin; which part after it is the parcel's number.
OF_PARCEL = "parcel"
_OF_ONE = {
    OF_PARCEL: 1, "filing": 0, "patch": None, "filled": None,
    "restored_mu": None, "recultivated_mu": None,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as a paper quotes it.

    id: tells it apart within the paper (`ratio_net`, `t1.remaining_farmland_mu.371083`), letters,
    digits, `_`, `.` and `-`. name: of figures.md. variant: net, gross, strict, or None. value: as
    computed (亩, counts, fractions), None where there is nothing to divide by. text: as the paper
    writes it, without the unit of an area or a count. district: None for the city. patches: the
    numbers behind it, where it has a list.
    """

    id: str
    name: str
    variant: str | None
    value: float | None
    text: str
    as_of: date
    district: str | None
    patches: tuple[str, ...] = ()
    rule_version: str = ""

    @property
    def said(self) -> str:
        """With its unit, for sentences outside the paper: `12.30亩`."""
        unit = unit_of(self.name)
        bare = re.fullmatch(r"[0-9][0-9,.]*", self.text)
        return f"{self.text}{unit}" if bare and unit != "%" else self.text

    @property
    def parcel(self) -> tuple[str, int] | None:
        """(patch number, parcel number) of the one parcel or patch that it speaks of, by its id;
        None for the others."""
        if len(self.patches) != 1:
            return None
        first, *rest = self.id.split(".")
        if first not in _OF_ONE:
            return None
        at = _OF_ONE[first]
        return self.patches[0], 1 if at is None else int(rest[at])


@dataclass(frozen=True, slots=True)
class Composed:
    """figures: each id once. texts: place in the paper → text; `{id}` in a text stands for the
    text of that figure, so that no number is typed."""

    figures: tuple[Figure, ...]
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Remark:
    """What a check before issue says. place: where in the paper; blocks: it may not be issued."""

    place: str
    sentence: str
    blocks: bool = True


def digest(figures: tuple[Figure, ...], texts: Mapping[str, str], number: str = "") -> str:
    """SHA-256 over all that a paper says."""
    told = {
        "number": number,
        "texts": dict(texts),
        "figures": [
            {
                "id": f.id,
                "name": f.name,
                "variant": f.variant,
                "value": f.value,
                "text": f.text,
                "as_of": f.as_of.isoformat(),
                "district": f.district,
                "patches": list(f.patches),
                "rule_version": f.rule_version,
            }
            for f in sorted(figures, key=lambda f: f.id)
        ],
    }
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()
