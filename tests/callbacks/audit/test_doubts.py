"""Doubts on pages: told with both numbers, judged by whoever may, nothing else taken for one."""

from __future__ import annotations

from datetime import date

import pytest

from callbacks.audit.doubts import comeback_text, judge, of_overlay, overlay_text
from callbacks.audit.page import render as audit_page
from callbacks.frame.context import read_context
from callbacks.ledger.page import render as ledger_page
from components.audit.doubts import DISMISS, doubts_table
from data.errors import NotFound, SupervisionError
from data.rules.doubts import DoubtKind, DoubtState
from data.services import Services
from data.vocabulary import RecordKind, ReferenceLayer
from data.worklists.comebacks import ComeBack
from data.worklists.overlay import Finding, OverlayFinding
from tests.callbacks.listed import HUANCUI, ON, text_of


def finding(filled: float, measured: float, state: DoubtState = DoubtState.OPEN) -> OverlayFinding:
    what = Finding.UNDERSTATED if filled < measured else Finding.OVERSTATED
    layer = ReferenceLayer.FARMLAND
    return OverlayFinding("A2", 2023, HUANCUI, layer, what, filled, measured, 0.5, state)


def test_an_overlay_is_told_with_both_numbers_and_open_ones_stand_first(
    services: Services,
) -> None:
    assert overlay_text(finding(1.0, 3.5)) == ("填报1.00亩，套合3.50亩，少2.50亩（容差0.50亩）")
    with services.store.read() as conn:
        context = read_context(conn, services.settings, ON)
    rows = of_overlay([finding(9.0, 1.0, DoubtState.DISMISSED), finding(1.0, 3.5)], context)
    assert [row.is_open for row in rows] == [True, False]
    assert set(rows[0].choices) == {
        RecordKind.WRONG_FILLING.value, RecordKind.FALSE_REPORTING.value, DISMISS
    }  # fmt: skip
    drawn = text_of(doubts_table(rows, "audit", can_judge=True))
    assert drawn.count("填报不实") == 1  # only what is open has buttons
    assert "填报不实" not in text_of(doubts_table(rows, "audit", can_judge=False))


def test_a_comeback_says_what_lay_there_and_what_was_said_then() -> None:
    back = ComeBack(
        "B7", 2023, HUANCUI, date(2023, 5, 8), DoubtKind.COMEBACK, 2021, "Q1", date(2021, 3, 2),
        None, "written_off", 0.4, 2.0, 4.0, DoubtState.OPEN,
    )  # fmt: skip
    assert comeback_text(back) == (
        "2023年5月8日下发；与2021年图斑Q1（2021年3月2日下发）重叠2.00亩，占40%，当时已销号"
    )


def test_only_a_doubt_that_holds_can_be_judged(services: Services) -> None:
    with pytest.raises(SupervisionError, match="页面已更新"):
        judge(services, {"key": "2023|nonsense|A2"}, DISMISS, "核实")
    held = {"key": "2023|overlay:farmland:understated|A2"}
    with pytest.raises(SupervisionError, match="必须写明理由"):
        judge(services, held, DISMISS, " ")
    with pytest.raises(NotFound, match="没有这个疑点"):
        judge(services, held, RecordKind.WRONG_FILLING.value, "核实")


def test_without_layers_and_shapes_the_pages_say_what_to_upload(services: Services) -> None:
    with services.store.read() as conn:
        assert "没有套合疑点" in text_of(audit_page(conn, services.settings, f"{ON}&tab=doubts"))
        words = text_of(ledger_page(conn, services.settings, f"{ON}&tab=comebacks"))
    assert "没有与以前的图斑或其他专项重叠的图斑" in words
