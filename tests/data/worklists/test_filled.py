"""Doubts that a patch's own filled-in values raise."""

from __future__ import annotations

from typing import Any

from data.worklists.filled import doubts

PARCEL = {
    "parcel_no": 1, "area_mu": 9.0, "farmland_mu": 4.0, "basic_farmland_mu": 0.0,
    "redline_mu": 0.0, "questions_open": 0, "effective": "unlawful", "approval_no": None,
    "other_category": None, "approved_until": None,
}  # fmt: skip
PATCH = {
    "area_mu": 10.0, "farmland_mu": 4.0, "basic_farmland_mu": 0.0, "redline_mu": 0.0, "cases": [],
}  # fmt: skip


def said(tolerance_mu: float = 0.1, tolerance_share: float = 0.05, **parcel: Any) -> list[str]:
    return doubts({**PATCH, "parcels": [{**PARCEL, **parcel}]}, tolerance_mu, tolerance_share)


def test_areas_that_do_not_add_up_are_told_with_both_numbers_beyond_the_tolerance() -> None:
    assert said() == ["地块面积合计9.00亩，比监测面积10.00亩少1.00亩"]
    assert said(area_mu=9.5) == []
    assert said(tolerance_mu=1.0) == []
    assert said(tolerance_share=0.1) == []
    assert said(area_mu=10.0, farmland_mu=5.0) == [
        "填报占耕地合计5.00亩，比下发占耕地4.00亩多1.00亩"
    ]


def test_what_a_judgement_needs_is_missed() -> None:
    whole = {"area_mu": 10.0}
    assert said(**whole, effective="lawful") == ["地块1判定合法，没有填批准文号"]
    assert said(**whole, effective="lawful", approval_no="鲁政土字1号") == []
    assert said(**whole, effective="other", other_category="temporary_land") == [
        "地块1判定为临时用地，没有填批准用地期限"
    ]


def test_a_patch_without_parcels_raises_none() -> None:
    assert doubts({**PATCH, "parcels": []}, 0.1, 0.05) == []
