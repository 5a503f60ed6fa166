"""F1–F5 of §4.2: who must go and look at which patch."""

from __future__ import annotations

from typing import Any

from data.rules.loader import field_check_rules
from tests.data.rules.cases_read import ON


def _patch(patch_no: str, **facts: Any) -> dict[str, Any]:
    return {
        "patch_no": patch_no,
        "district": "371002",
        "domain": "land",
        "clearance_month": "2023-05",
        "farmland_mu": 0.0,
        "basic_farmland_mu": 0.0,
        "redline_mu": 0.0,
        "suspected": True,
        "unlawful": False,
        "pending": False,
        **facts,
    }


def _chosen(rule_id: str, *arguments: Any) -> list[str]:
    rule = field_check_rules()[rule_id]
    return [p["patch_no"] for p in rule.predicate(*arguments, **rule.on(ON).parameters)]


def test_ten_mu_of_farmland_is_for_the_county() -> None:
    patches = [_patch("恰好", farmland_mu=10.0), _patch("不足", farmland_mu=9.9999)]
    assert _chosen("F1", patches) == ["恰好"]


def test_a_third_of_the_large_ones_is_drawn_rounded_up_and_the_draw_repeats() -> None:
    patches = [_patch(f"P{i}", farmland_mu=30.0 + i) for i in range(10)]
    drawn = _chosen("F2", patches, 2023)
    assert len(drawn) == 3
    assert drawn == _chosen("F2", list(reversed(patches)), 2023)


def test_each_clearance_month_draws_for_itself() -> None:
    patches = [_patch("五月", farmland_mu=30.0)]
    patches += [_patch("六月", farmland_mu=30.0, clearance_month="2023-06")]
    assert _chosen("F2", patches, 2023) == ["五月", "六月"]


def test_another_year_draws_others() -> None:
    patches = [_patch(f"P{i}", farmland_mu=30.0) for i in range(50)]
    assert set(_chosen("F2", patches, 2023)) != set(_chosen("F2", patches, 2024))


def test_the_city_visits_suspected_patches_over_any_line() -> None:
    patches = [
        _patch("耕地", farmland_mu=50.0),
        _patch("基本农田", basic_farmland_mu=30.0),
        _patch("红线", redline_mu=30.0),
        _patch("都不够", farmland_mu=49.9, basic_farmland_mu=29.9, redline_mu=29.9),
        _patch("不疑似", farmland_mu=80.0, suspected=False),
    ]
    assert _chosen("F3", patches) == ["耕地", "基本农田", "红线"]


def test_every_mineral_patch_is_visited_whatever_its_size() -> None:
    assert _chosen("F3", [_patch("矿", domain="mineral", suspected=False)]) == ["矿"]


def test_only_serious_districts_are_verified_patch_by_patch() -> None:
    patches = [
        _patch("违法", unlawful=True),
        _patch("待判定", pending=True),
        _patch("合法"),
        _patch("别处", unlawful=True, district="371003"),
    ]
    assert _chosen("F5", patches, {"371002"}) == ["违法", "待判定"]
