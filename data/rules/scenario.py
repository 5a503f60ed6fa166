"""The smallest set of patches that brings a figure under a line. Pure: no SQL, no clock.

What a patch carries is the area that is counted against its district and not yet eliminated, in
integer parts (units.PARTS_PER_MU), so that sums and comparisons are exact. Taking a patch away
takes its area out of the numerator; the denominator stays, because eliminated land remains new
construction (docs/figures.md, What-if).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import Enum

#: Steps of the search for the least area after which it gives up proving it: a few seconds at most.
MOST_STEPS = 400_000
#: The same for bit sets, counted in machine words: moved in all, and held at once.
MOST_WORDS_MOVED, MOST_WORDS_HELD = 1_500_000_000, 4_000_000
#: Exchanges of one patch for another that are looked at in pairs.
MOST_EXCHANGES = 400_000


@dataclass(frozen=True, slots=True)
class Candidate:
    """A patch that could be rectified. parts: what it carries. is_demolition: every parcel that it
    carries is to be rectified by 拆除 or 拆除复耕.
    """

    patch_no: str
    parts: int
    is_demolition: bool = False


@dataclass(frozen=True, slots=True)
class Constraints:
    """excluded: numbers that are not to be chosen. at_most: patches, None for no limit."""

    excluded: frozenset[str] = frozenset()
    only_demolition: bool = False
    at_most: int | None = None


UNCONSTRAINED = Constraints()


class Verdict(Enum):
    ALREADY_UNDER = "already_under"
    FOUND = "found"
    TOO_MANY = "too_many"  # more patches than allowed would be needed
    NOT_ENOUGH = "not_enough"  # not even all that may be chosen together


@dataclass(frozen=True, slots=True)
class Selection:
    """patches: in order of their numbers; empty unless FOUND. parts: what they carry together.

    fewest: how many patches are needed, also where that is too many; None where none suffice.
    reachable: what the allowed patches (at_most the largest) carry together.
    least_area_proven: the number is always the fewest; whether the area is proven the least. Where
    areas are so fine that losses cannot be counted, a set that carries exactly what is needed is
    proven, too, but need not be the first by numbers.
    """

    verdict: Verdict
    needed: int
    patches: tuple[str, ...] = ()
    parts: int = 0
    fewest: int | None = None
    reachable: int = 0
    least_area_proven: bool = True


def needed_removal(numerator: int, is_under: Callable[[int], bool]) -> int | None:
    """The least that has to leave the numerator so that the rest is under the line.

    is_under says so of a numerator and holds for every smaller one. 0: it is under already. None:
    not even nothing is under.
    """
    if not is_under(0):
        return None
    low, high = -1, numerator  # the greatest numerator that is under lies in (low, high]
    while low < high:
        middle = (low + high + 1) // 2
        if is_under(middle):
            low = middle
        else:
            high = middle - 1
    return numerator - low


def smallest_set(
    candidates: Collection[Candidate], needed: int, constraints: Constraints = UNCONSTRAINED
) -> Selection:
    """The fewest patches that carry at least `needed`; of such sets the one with the least area; of
    those the one whose sorted numbers come first.

    The largest patches decide how few suffice. Which ones then carry the least is a subset sum
    over those large enough to take part, solved exactly by counting losses against the largest
    ones; where areas are too fine for that, a good set says whether it is proven.
    """
    if needed <= 0:
        return Selection(Verdict.ALREADY_UNDER, needed)
    allowed = sorted(
        (c for c in candidates if _may_take(c, constraints)), key=lambda c: (-c.parts, c.patch_no)
    )
    total = fewest = 0
    while fewest < len(allowed) and total < needed:
        total += allowed[fewest].parts
        fewest += 1
    if total < needed:
        return Selection(Verdict.NOT_ENOUGH, needed, reachable=total)
    if constraints.at_most is not None and fewest > constraints.at_most:
        most = sum(c.parts for c in allowed[: constraints.at_most])
        return Selection(Verdict.TOO_MANY, needed, fewest=fewest, reachable=most)
    chosen, proven = _least_area(allowed, fewest, total - needed)
    return Selection(
        Verdict.FOUND,
        needed,
        tuple(sorted(c.patch_no for c in chosen)),
        sum(c.parts for c in chosen),
        fewest,
        total,
        proven,
    )


def _may_take(candidate: Candidate, constraints: Constraints) -> bool:
    return (
        candidate.parts > 0
        and candidate.patch_no not in constraints.excluded
        and (candidate.is_demolition or not constraints.only_demolition)
    )


class _TooMuch(Exception):
    """The search would take longer than a reader waits."""


def _least_area(
    allowed: Sequence[Candidate], count: int, slack: int
) -> tuple[list[Candidate], bool]:
    """`count` of the allowed (largest first) that lose as much as they may, `slack`, against the
    largest ones; and whether that is proven.
    """
    following = allowed[count].parts if count < len(allowed) else None
    # without one of these the next largest cannot make up for it
    fixed = count
    if following is not None:
        fixed = sum(c.parts - following > slack for c in allowed[:count])
    kept = list(allowed[:fixed])
    free = [c for c in allowed[fixed:] if allowed[count - 1].parts - c.parts <= slack]
    picks = count - fixed
    if picks == 0:
        return kept, True
    try:
        return kept + _by_states(free, picks, slack), True
    except _TooMuch:
        pass
    try:
        return kept + _by_bits(free, picks, slack), True
    except _TooMuch:
        chosen, left = _roughly(free, picks, slack)
        exact = _exchanged(free, chosen, left)
        return kept + [free[i] for i in exact or chosen], exact is not None


def _by_states(free: Sequence[Candidate], picks: int, slack: int) -> list[Candidate]:
    """Every loss that can be reached, with the first set by numbers that reaches it.

    The j-th pick in order of size loses what it is smaller than the j-th largest: never less than
    nothing, so that losses over the slack are dropped. A set is an integer with a bit for each
    patch, higher for earlier numbers: of sets of one size the greater integer comes first. That
    order does not change when both sets get the same further patch, hence one set a loss suffices.
    """
    by_number = sorted(range(len(free)), key=lambda i: free[i].patch_no, reverse=True)
    bit = {i: 1 << at for at, i in enumerate(by_number)}
    states: list[dict[int, int]] = [{0: 0}, *({} for _ in range(picks))]
    steps = 0
    for i, candidate in enumerate(free):
        for j in range(min(i + 1, picks), 0, -1):
            loss = free[j - 1].parts - candidate.parts
            if loss > slack:
                break  # against a still larger one it loses more
            steps += len(states[j - 1])
            if steps > MOST_STEPS:
                raise _TooMuch
            target = states[j]
            for lost, members in states[j - 1].items():
                now = lost + loss
                if now <= slack and members | bit[i] > target.get(now, -1):
                    target[now] = members | bit[i]
    members = states[picks][max(states[picks])]
    return [c for i, c in enumerate(free) if members & bit[i]]


def _by_bits(free: Sequence[Candidate], picks: int, slack: int) -> list[Candidate]:
    """The same by bit sets of losses, for many patches on a coarse grid of areas (hundredths)."""
    grid = math.gcd(*(free[0].parts - c.parts for c in free))
    if grid == 0:  # all alike
        return sorted(free, key=lambda c: c.patch_no)[:picks]
    losses = [[(free[j].parts - c.parts) // grid for j in range(picks)] for c in free]
    limit = slack // grid
    words = limit // 64 + 8
    moves = sum(1 for i, row in enumerate(losses) for x in row[: i + 1] if x <= limit)
    tests = len({c.parts for c in free}) + picks
    if words * picks > MOST_WORDS_HELD or moves * words * tests > MOST_WORDS_MOVED:
        raise _TooMuch
    mask = (1 << (limit + 1)) - 1

    def reached(forced: set[int], barred: set[int]) -> int:
        """Bit ℓ: a set with all the forced and none of the barred loses ℓ."""
        sets = [1] + [0] * picks
        for i, row in enumerate(losses):
            if i in barred:
                continue
            for j in range(min(i + 1, picks), 0, -1):
                loss = row[j - 1]
                moved = (sets[j - 1] << loss) & mask if 0 <= loss <= limit else 0
                sets[j] = moved if i in forced else sets[j] | moved
            if i in forced:
                sets[0] = 0
        return sets[picks]

    best = reached(set(), set()).bit_length() - 1
    forced: set[int] = set()
    barred: set[int] = set()
    hopeless: set[int] = set()  # areas of which no further patch can belong to a best set
    for i in sorted(range(len(free)), key=lambda i: free[i].patch_no):
        if len(forced) == picks:
            break
        if free[i].parts not in hopeless and reached(forced | {i}, barred) >> best & 1:
            forced.add(i)
        else:
            barred.add(i)
            hopeless.add(free[i].parts)
    return [c for i, c in enumerate(free) if i in forced]


def _roughly(free: Sequence[Candidate], picks: int, slack: int) -> tuple[list[int], int]:
    """From the smallest pick up, each the smallest that the slack still allows; and what is left
    of the slack.
    """
    chosen = list(range(picks))
    ceiling = len(free)
    for at in range(picks - 1, -1, -1):
        now = free[chosen[at]].parts
        smaller = [i for i in range(chosen[at] + 1, ceiling) if now - free[i].parts <= slack]
        if smaller:
            slack -= now - free[smaller[-1]].parts
            chosen[at] = smaller[-1]
        ceiling = chosen[at]
    return chosen, slack


def _exchanged(free: Sequence[Candidate], chosen: Sequence[int], left: int) -> list[int] | None:
    """The chosen with one or two of them exchanged so that exactly `left` more is lost; None where
    no such exchange is found.
    """
    if left == 0:
        return list(chosen)
    inside = set(chosen)
    outside = [i for i in range(len(free)) if i not in inside]
    if len(chosen) * len(outside) > MOST_EXCHANGES:
        return None
    losses: dict[int, tuple[int, int]] = {}
    for out in chosen:
        for into in outside:
            losses.setdefault(free[out].parts - free[into].parts, (out, into))
    for loss, (out, into) in [(0, (-1, -1)), *losses.items()]:
        other = losses.get(left - loss)
        if other is not None and out != other[0] and into != other[1]:
            return sorted((inside - {out, other[0]}) | ({into, other[1]} - {-1}))
    return None
