"""Drawing a sample of field checks (F2): recorded with population, seed and share, so that anybody
can draw it again; later patches are drawn as a supplement (worklists.md, Field checks)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection

from data.errors import SupervisionError
from data.periods import format_month, month_due_on
from data.rights import Account, Right
from data.scope import Scope
from data.store.models import SampleDraw
from data.store.queries.behind import check_facts
from data.store.queries.sample_draws import JOINER, Draw, population_hash, recorded_draws
from data.triggers.rulebook import Rulebook, rulebook
from data.units import meets
from data.vocabulary import Domain
from data.workflow.entries import enter


def draw_sample(
    conn: Connection,
    account: Account,
    year: int,
    month: str,
    on: date,
    today: date,
    where: str = "cli",
) -> Draw:
    """Draw from the patches of a clearance month (`2023-05`) that count on the day and that no draw
    had before. Call inside Store.write().

    Raises Forbidden without the right 外业核查, SupervisionError where there is nothing to draw
    from or the day lies in the future.
    """
    account.require(Right.CHECK)
    if on > today:
        raise SupervisionError("抽取日期在今天之后，请填写实际抽取的日期。")
    rule = rulebook(conn)["F2"]
    parameters = rule.of(year, month_due_on(month)).parameters
    earlier = [d for d in recorded_draws(conn, year, date.max) if d.month == month]
    if any(d.drawn_on > on for d in earlier):
        raise SupervisionError("这个月已在之后的日期抽取过，补抽不能早于它。请改用之后的日期。")
    fresh = _fresh(conn, year, month, on, parameters["farmland_mu"], earlier)
    if not fresh:
        more = "新增的" if earlier else ""
        raise SupervisionError(f"{format_month(month)}没有{more}达到抽查面积的图斑，无需抽取。")
    numbers = sorted(fact["patch_no"] for fact in fresh)
    drawn = sorted(fact["patch_no"] for fact in rule.predicate(fresh, year, **parameters))
    enter(
        conn,
        SampleDraw,
        {
            "year": year,
            "clearance_month": month,
            "supplement": len(earlier),
            "drawn_on": on,
            "seed": parameters["seed"],
            "share": parameters["share"],
            "population": JOINER.join(numbers),
            "population_sha256": population_hash(numbers),
            "drawn": JOINER.join(drawn),
            "drawn_by": account.name,
        },
        kind="record",
        what=f"外业抽查抽取：{format_month(month)}",
        who=account.name,
        where=where,
        year=year,
    )
    return next(
        d
        for d in recorded_draws(conn, year, on)
        if d.month == month and d.supplement == len(earlier)
    )


def months_to_draw(conn: Connection, year: int, on: date) -> dict[str, int]:
    """Clearance month → its patches on the day that no draw had before; months without are left
    out."""
    rule = rulebook(conn)["F2"]
    least = min(v.parameters["farmland_mu"] for v in rule.versions)
    known = {number for d in recorded_draws(conn, year, on) for number in d.population}
    found: Counter[str] = Counter()
    for fact in check_facts(conn, Scope.all(), year, on, {"farmland_mu": least}, ()):
        month = fact["clearance_month"]
        if not month or fact["patch_no"] in known or fact["domain"] != Domain.LAND.value:
            continue
        line = rule.of(year, month_due_on(month)).parameters["farmland_mu"]
        found[month] += meets(fact["farmland_mu"], line)
    return {month: found[month] for month in sorted(found) if found[month]}


def _fresh(
    conn: Connection, year: int, month: str, on: date, farmland_mu: float, earlier: Sequence[Draw]
) -> list[dict[str, Any]]:
    known = {number for d in earlier for number in d.population}
    facts = check_facts(conn, Scope.all(), year, on, {"farmland_mu": farmland_mu}, ())
    return [
        fact
        for fact in facts
        if fact["clearance_month"] == month
        and fact["domain"] == Domain.LAND.value
        and meets(fact["farmland_mu"], farmland_mu)
        and fact["patch_no"] not in known
    ]


def is_proved(rules: Rulebook, draw: Draw) -> bool:
    """Whether its population is the one of its hash, and drawing again by its seed and share takes
    the same patches."""
    if population_hash(draw.population) != draw.population_sha256:
        return False
    facts = [
        {"patch_no": number, "clearance_month": draw.month, "domain": Domain.LAND.value,
         "farmland_mu": 1.0}
        for number in draw.population
    ]  # fmt: skip
    again = rules["F2"].predicate(
        facts, draw.year, farmland_mu=0.0, share=draw.share, seed=draw.seed
    )
    return sorted(fact["patch_no"] for fact in again) == sorted(draw.drawn)
