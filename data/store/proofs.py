"""How `verify` proves each table: every model says which, and a new one without it fails a test."""

from __future__ import annotations

from enum import StrEnum


class Proof(StrEnum):
    """See docs/proof.md."""

    CHAINED = "chained"  # a chain of hashes of its own
    RECORDED = "recorded"  # every row is as the history last said
    TOLD = "told"  # an event holds the hash of every row
    DERIVED = "derived"  # computed again from the rest and compared
    ADDRESSED = "addressed"  # kept under the hash of its content
    KEYED = "keyed"  # single values, each proved in its own way
    NONE = "none"  # nothing that is known: lost without loss
