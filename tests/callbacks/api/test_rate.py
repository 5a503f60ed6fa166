"""Each account has its own count, and every minute a new one."""

from __future__ import annotations

from callbacks.api.rate import Rate


def test_an_account_waits_for_the_next_minute_and_no_other_with_it() -> None:
    now = [100.0]
    rate = Rate(2, lambda: now[0])
    assert [rate.wait_s("甲") for _ in range(3)] == [0, 0, 60]
    assert rate.wait_s("乙") == 0
    now[0] += 45
    assert rate.wait_s("甲") == 15
    now[0] += 15
    assert rate.wait_s("甲") == 0


def test_without_a_limit_nobody_waits() -> None:
    rate = Rate(0, lambda: 0.0)
    assert {rate.wait_s("甲") for _ in range(5)} == {0}
