"""`reported_on` (figures.md): set once, moved only by a corrected date of a founding parcel."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from data.store.reporting import settle_reports

MAY_10, MAY_15, JUNE_2 = date(2023, 5, 10), date(2023, 5, 15), date(2023, 6, 2)


def _settle(*parcels: tuple[Any, bool, bool]) -> tuple[list[bool], Any]:
    """parcels: (date, founding, ended). Returns founding flags and the patch's date."""
    frame = pd.DataFrame(parcels, columns=["reported_on", "is_founding", "ended"], dtype=object)
    frame["patch_id"] = 1
    founding, reported = settle_reports(frame)
    return founding.tolist(), reported.loc[1]


@pytest.mark.parametrize(
    ("title", "parcels", "founding", "reported"),
    [
        ("一个地块已上报", [(MAY_10, False, False)], [True], MAY_10),
        ("部分上报不算上报", [(MAY_10, False, False), (None, False, False)], [False, False], None),
        (
            "全部上报时取最晚的一天",
            [(MAY_10, False, False), (MAY_15, False, False)],
            [True, True],
            MAY_15,
        ),
        (
            "后来拆分出的地块沿用原日期",
            [(MAY_10, True, False), (JUNE_2, False, False)],
            [True, False],
            MAY_10,
        ),
        (
            "后来的地块没有日期也沿用",
            [(MAY_10, True, False), (None, False, False)],
            [True, False],
            MAY_10,
        ),
        (
            "更正首批地块的日期会移动",
            [(JUNE_2, True, False), (MAY_10, True, False)],
            [True, True],
            JUNE_2,
        ),
        (
            "首批地块终止后日期不变",
            [(MAY_10, True, False), (MAY_15, True, True)],
            [True, True],
            MAY_15,
        ),
        (
            "重新拆分替换全部地块，日期不变",
            [(MAY_15, True, True), (JUNE_2, False, False)],
            [True, False],
            MAY_15,
        ),
        (
            "清空首批地块的日期，回到未上报",
            [(None, True, False), (MAY_10, True, False)],
            [False, False],
            None,
        ),
        (
            "终止的未上报地块不挡路",
            [(None, False, True), (MAY_10, False, False)],
            [False, True],
            MAY_10,
        ),
        ("全部终止且从未上报", [(MAY_10, False, True)], [False], None),
    ],
)
def test_reported_on(title: str, parcels: Any, founding: list[bool], reported: Any) -> None:
    assert _settle(*parcels) == (founding, reported), title


def test_patches_do_not_mix() -> None:
    frame = pd.DataFrame(
        {
            "patch_id": [1, 2, 2],
            "reported_on": pd.Series([MAY_10, MAY_15, None], dtype=object),
            "is_founding": [False, False, False],
            "ended": [False, False, False],
        }
    )
    _, reported = settle_reports(frame)
    assert reported.to_dict() == {1: MAY_10, 2: None}
