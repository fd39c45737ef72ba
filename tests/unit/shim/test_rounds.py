"""The figures that series of rounds become."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from ml_steps.shim import measure, record, rounds


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


def test_a_lazy_predictor_is_timed_until_it_has_answered() -> None:
    answered = []

    def predict(rows: list[dict[str, Any]]) -> Any:
        for row in rows:
            answered.append(row)
            yield 1

    model = rounds.Rounds({"predictor": "p:load"}, [{"a": 1}, {"a": 2}])
    model._predict = predict
    model.cpu()
    assert len(answered) == 2


def test_a_predictor_may_change_the_rows_that_it_is_given() -> None:
    def predict(rows: list[dict[str, Any]]) -> Any:
        return [(row.pop("a"), row["b"].append(1), len(row["b"])) for row in rows]

    model = rounds.Rounds({"predictor": "p:load"}, [{"a": 1, "b": []}])
    model._predict = predict
    model.single(0)
    model.single(1)
    assert model._rows == [{"a": 1, "b": []}]


def test_cpu_seconds_of_a_child_that_was_waited_for_count() -> None:
    burn = "import time\nwhile time.process_time() < 0.2: pass"

    def predict(rows: list[dict[str, Any]]) -> Any:
        subprocess.run([sys.executable, "-c", burn], check=True)
        return [1] * len(rows)

    model = rounds.Rounds({"predictor": "p:load"}, [{"a": 1}] * 1000)
    model._predict = predict
    assert model.cpu() > 0.15


def test_too_few_answers_when_timed_are_refused() -> None:
    model = rounds.Rounds({"predictor": "p:load"}, [{"a": 1}, {"a": 2}])
    model._predict = lambda rows: rows[:1]
    with pytest.raises(record.Stop, match="1 predictions for 2 rows when timed"):
        model.batch()


def test_a_series_ends_with_its_budget_and_has_one_round_at_least(monkeypatch: pytest.MonkeyPatch) -> None:
    assert measure.series(float, 3) == [0, 1, 2]
    monkeypatch.setattr(measure, "BUDGET_SECONDS", 0)
    assert measure.series(float, 3) == [0]
