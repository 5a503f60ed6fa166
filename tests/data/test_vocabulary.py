"""Closed vocabularies: every term is found by its Chinese label, and no two share one."""

from __future__ import annotations

import pytest

from data import vocabulary
from data.vocabulary import AUDIT_LEVEL_RANK, AuditLevel, Legality, Term, UploadKind

VOCABULARIES = [
    v for v in vars(vocabulary).values() if isinstance(v, type) and v in Term.__subclasses__()
]


@pytest.mark.parametrize("terms", VOCABULARIES, ids=lambda v: v.__name__)
def test_a_term_is_found_again_by_its_label(terms: type[Term]) -> None:
    assert len(terms.by_label()) == len(terms)
    for term in terms:
        assert term.label
        assert terms.from_label(term.label) is term
        assert terms.labels()[term.value] == term.label


def test_a_label_that_is_no_term_is_refused() -> None:
    with pytest.raises(KeyError):
        Legality.from_label("疑似违法")


def test_a_term_is_its_english_value_in_the_store() -> None:
    assert Legality("unlawful") is Legality.UNLAWFUL
    assert f"{Legality.UNLAWFUL}" == "unlawful"


def test_the_higher_level_of_audit_ranks_higher() -> None:
    ranked = sorted(AuditLevel, key=AUDIT_LEVEL_RANK.__getitem__)
    assert ranked == [AuditLevel.CITY, AuditLevel.PROVINCE, AuditLevel.PROVINCE_REVIEW]


def test_the_upload_kinds_are_the_ones_of_the_command_line() -> None:
    names = (
        "patches findings audits cases transfers problems ledger checks rechecks quota submissions"
        " reference"
    )
    assert {kind.value for kind in UploadKind} == set(names.split())
