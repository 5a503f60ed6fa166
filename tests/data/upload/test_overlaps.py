"""Patches that lie on one another are found, also where a file repeats one shape without end."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from data.upload import overlaps
from data.upload.overlaps import find_overlaps


def _squares(*corners: tuple[float, float, float]) -> np.ndarray:
    return np.array([shapely.box(x, y, x + size, y + size) for x, y, size in corners])


def _names(count: int) -> np.ndarray:
    return np.array([f"T{i}" for i in range(count)], dtype=object)


def test_a_small_patch_inside_a_large_one_overlaps_it_but_not_the_other_way_round() -> None:
    shapes = _squares((0, 0, 10), (1, 1, 2), (20, 20, 1))
    assert find_overlaps(shapes, shapes, _names(3)).partner == {1: 0}


@pytest.mark.parametrize(("shift", "is_found"), [(0.49, True), (0.51, False), (0.5, False)])
def test_more_than_half_is_an_overlap_and_half_is_not(shift: float, is_found: bool) -> None:
    shapes = _squares((0, 0, 1), (shift, 0, 1))
    assert bool(find_overlaps(shapes, shapes, _names(2)).partner) is is_found


def test_a_patch_does_not_overlap_its_own_stored_shape() -> None:
    shapes = _squares((0, 0, 1))
    pool = np.concatenate([shapes, shapes])
    names = np.array(["T1", "T1"], dtype=object)
    assert find_overlaps(shapes, pool, names).partner == {}


def test_every_overlap_of_many_steps_is_found() -> None:
    rng = np.random.default_rng(3)
    shapes = _squares(*((x, y, 1.0) for x, y in rng.uniform(0, 25, (800, 2))))
    found = find_overlaps(shapes, shapes, _names(800))
    tree = shapely.STRtree(shapes)
    for i, shape in enumerate(shapes):
        others = [j for j in tree.query(shape) if j != i]
        covers = any(shape.intersection(shapes[j]).area > 0.5 for j in others)
        assert (i in found.partner) is covers
    assert found.is_complete


def test_the_same_shape_many_times_is_found_without_comparing_every_pair(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(overlaps, "MAX_COST", 0)  # copies are told by their bytes
    shapes = np.repeat(_squares((0, 0, 1), (5, 5, 1)), [10_000, 1])
    found = find_overlaps(shapes, shapes, _names(10_001))
    assert found.is_complete
    assert set(found.partner) == set(range(10_000))
    assert all(i != partner for i, partner in found.partner.items())


def test_a_pile_of_nearly_the_same_shape_is_compared_once_a_shape(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(overlaps, "MAX_COST", 600 * 50)
    shapes = _squares(*((x, 0, 1.0) for x in np.linspace(0, 0.1, 500)))
    found = find_overlaps(shapes, shapes, _names(500))
    assert found.is_complete
    assert len(found.partner) == 500


def test_a_shape_that_lies_on_copies_of_its_own_old_shape_lies_on_the_other_patch() -> None:
    shapes = _squares((0.1, 0, 1))
    pool = np.concatenate([shapes, _squares((0, 0, 1), (0, 0, 1))])
    names = np.array(["T1", "T1", "T2"], dtype=object)
    assert find_overlaps(shapes, pool, names).partner == {0: 2}


@pytest.mark.parametrize(("limit", "value"), [("MAX_PAIRS", 300_000), ("MAX_COST", 5_000)])
def test_a_pile_too_high_to_compare_ends_the_search(
    monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    monkeypatch.setattr(overlaps, limit, value)
    monkeypatch.setattr(overlaps, "_STEP_PAIRS", 50_000)
    shapes = _squares(*((x, 0, 1.0) for x in np.linspace(0, 0.1, 3_000)))
    found = find_overlaps(shapes, shapes, _names(3_000))
    assert not found.is_complete
    assert found.partner
