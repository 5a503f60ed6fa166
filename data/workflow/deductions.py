"""Keeps what the ratio deducts (parameters of the rule `ratio`) in step with the sums."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection

from data.rules.lists import JOINER
from data.rules.loader import NONE_LISTED, Rule
from data.store import deductions, meta
from data.store.deductions import ACCEPTANCE, CLASS, Term
from data.store.engine import Store
from data.store.facts import keep_value
from data.triggers.rulebook import rulebook
from data.workflow import due_dates


def terms_of(ratio: Rule) -> list[Term]:
    """What the versions of the rule deduct, each thing once for each time without a gap."""
    ends: list[date | None] = [version.valid_from for version in ratio.versions[1:]]
    spans: dict[tuple[str, str], list[tuple[date | None, date | None]]] = {}
    for at, version in enumerate(ratio.versions):
        named: list[tuple[str, str]] = []
        if version.parameters["require_acceptance"]:
            named.append((ACCEPTANCE, ""))
        classes = version.parameters["deducted_classes"]
        if classes != NONE_LISTED:
            named += [(CLASS, word) for word in classes.split(JOINER)]
        start, end = (version.valid_from if at else None), (*ends, None)[at]
        for key in named:
            own = spans.setdefault(key, [])
            if own and own[-1][1] == start and start is not None:
                start_before = own.pop()[0]
                own.append((start_before, end))
            else:
                own.append((start, end))
    found = [Term(*key, *span) for key, own in spans.items() for span in own]
    return sorted(found, key=lambda t: (t.kind, t.word, t.from_on or date.min))


def settle(conn: Connection) -> bool:
    """Make the sums anew that a changed parameter, or a changed rule file, moves. Call inside
    Store.write(). → whether anything moved."""
    wanted, known = terms_of(rulebook(conn)["ratio"]), deductions.terms(conn)
    if wanted == known:
        return False
    from data.store import summary  # heavy: not for a start at which nothing has changed

    ids = deductions.concerned(conn, set(wanted) ^ set(known))
    summary.remove(conn, ids)
    deductions.put_terms(conn, wanted)
    summary.add(conn, ids)
    return True


def settle_store(store: Store) -> None:
    """At the start of a program, whose rule files may be newer than the store's sums."""
    with store.read() as conn:
        known = terms_of(rulebook(conn)["ratio"]) == deductions.terms(conn)
        if known and due_dates.are_settled(conn):
            return
    from data.store.writing import DATA_VERSION_KEY

    with store.write() as conn:
        moved = [due_dates.settle(conn), settle(conn)]
        if any(moved):
            version = int(meta.get(conn, DATA_VERSION_KEY) or 0) + 1
            keep_value(conn, DATA_VERSION_KEY, str(version))
