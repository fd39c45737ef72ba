"""The figures that series of rounds become."""

from __future__ import annotations

import pytest

from ml_steps.shim import measure, rounds


def test_quantiles_are_by_nearest_rank_and_in_milliseconds() -> None:
    seconds = [number / 1000 for number in range(200, 0, -1)]
    assert rounds.quantiles(seconds) == {"count": 200, "p50": 100, "p95": 190, "p99": 198}
    assert rounds.quantiles([0.5]) == {"count": 1, "p50": 500, "p95": 500, "p99": 500}


def test_a_machine_is_quiet_where_the_same_rows_take_as_long_again() -> None:
    first = [number / 1000 for number in range(1, 101)]
    assert rounds.quiet_ratio(first, first) == 1
    assert rounds.quiet_ratio(first, [2 * value for value in first]) == pytest.approx(2)
    assert rounds.quiet_ratio([2 * value for value in first], first) == pytest.approx(2)


def test_only_rows_that_were_timed_twice_count() -> None:
    assert rounds.quiet_ratio([1.0, 1.0, 9.0, 9.0], [1.0, 1.0]) == 1


def test_a_series_ends_with_its_budget_and_has_one_round_at_least(monkeypatch: pytest.MonkeyPatch) -> None:
    assert measure.series(float, 3) == [0, 1, 2]
    monkeypatch.setattr(measure, "BUDGET_SECONDS", 0)
    assert measure.series(float, 3) == [0]
