"""Predicates of the field checks (外业核查, §4.2): which patches, from facts about each."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from data.units import meets
from data.vocabulary import Domain

#: One patch: patch_no, district, domain, clearance_month, farmland_mu, basic_farmland_mu,
#: redline_mu, suspected, unlawful, pending.
Facts = Mapping[str, Any]


def farmland_at_least(patches: Sequence[Facts], *, farmland_mu: float) -> list[Facts]:
    """F1."""
    return [p for p in patches if meets(p["farmland_mu"], farmland_mu)]


def sampled(
    patches: Sequence[Facts], year: int, *, farmland_mu: float, share: float, seed: str
) -> list[Facts]:
    """F2: per clearance month, the given share (rounded up) of land patches, drawn from the seed.

    The draw ranks patches by a hash of seed, year, month and number: anybody with the seed can
    repeat it, and the order of uploads does not matter.
    """
    by_month: dict[str, list[Facts]] = defaultdict(list)
    for patch in farmland_at_least(patches, farmland_mu=farmland_mu):
        if patch["domain"] == Domain.LAND.value:
            by_month[patch["clearance_month"]].append(patch)

    def rank(patch: Facts) -> bytes:
        text = f"{seed}|{year}|{patch['clearance_month']}|{patch['patch_no']}"
        return hashlib.sha256(text.encode()).digest()

    drawn: list[Facts] = []
    for month in sorted(by_month):
        population = by_month[month]
        number = math.ceil(round(share * len(population), 9))
        drawn += sorted(population, key=rank)[:number]
    return drawn


def on_site(
    patches: Sequence[Facts],
    *,
    farmland_mu: float,
    basic_farmland_mu: float,
    redline_mu: float,
    every_mineral: bool,
) -> list[Facts]:
    """F3: suspected patches over a line, and (as set) every mineral patch whatever its size."""
    return [
        p
        for p in patches
        if (every_mineral and p["domain"] == Domain.MINERAL.value)
        or (
            p["suspected"]
            and (
                meets(p["farmland_mu"], farmland_mu)
                or meets(p["basic_farmland_mu"], basic_farmland_mu)
                or meets(p["redline_mu"], redline_mu)
            )
        )
    ]


def recultivated(patches: Sequence[Facts]) -> list[Facts]:
    """F4: the parcels rectified by 拆除复耕, each a fact of its own; all of them."""
    return list(patches)


def serious_district(patches: Sequence[Facts], serious: Collection[str]) -> list[Facts]:
    """F5: unlawful or pending patches of the districts where T3 or T4 holds."""
    return [p for p in patches if p["district"] in serious and (p["unlawful"] or p["pending"])]


PREDICATES: dict[str, Callable[..., list[Facts]]] = {
    "farmland_at_least": farmland_at_least,
    "sampled": sampled,
    "on_site": on_site,
    "recultivated": recultivated,
    "serious_district": serious_district,
}
