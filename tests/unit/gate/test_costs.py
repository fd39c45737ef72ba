"""Latency and memory: tails only on a quiet machine, ratios only beside a baseline."""

from __future__ import annotations

from typing import Any

import pytest

from ml_steps.evaluation.record import Metric, Quantiles, Timings
from ml_steps.evidence import Check, State
from ml_steps.gate.judge import judge

from .evidences import NO_BASELINE, decide, evaluation, metric, project


def cost(name: str, value: float) -> Metric:
    return metric(name, value, low=None, high=None, n=400)


def tail(quiet_ratio: float | None, *, timed: bool = True, name: str = "latency_single_p95_ms") -> Check:
    """Judge a p95 of 120 ms beside a p50 of 40 ms against at most 100 ms."""
    quantiles = Quantiles(p50=40, p95=120, p99=150, count=400)
    given: dict[str, Any] = {"load_ms": quantiles, "single_ms": quantiles, "batch_ms_per_row": quantiles}
    timings = Timings(protocol=1, quiet_ratio=quiet_ratio, **given) if timed else None
    entries = [cost(name, 120), cost("latency_single_p50_ms", 40)]
    rule = {"metric": name, "max": 100}
    return judge(project(rule), evaluation(*entries, timings=timings)).checks[0]


@pytest.mark.parametrize("name", ["latency_single_p95_ms", "latency_single_p99_ms"])
@pytest.mark.parametrize("ratio", [1.0, 1.1])
def test_on_a_quiet_machine_the_tail_itself_is_judged(ratio: float, name: str) -> None:
    check = tail(ratio, name=name)
    assert (check.state, check.actual) == (State.FAIL, f"{name[15:18]} 120, n 400 (quiet: A/A ratio {ratio:.3g})")
    assert "The tail itself" not in check.detail


@pytest.mark.parametrize("ratio", [1.11, 3.0])
def test_on_a_noisy_machine_p50_is_judged_and_the_line_says_so(ratio: float) -> None:
    check = tail(ratio)
    assert (check.state, check.subject) == (State.PASS, "latency_single_p95_ms")
    assert check.actual == f"p50 40, n 400 (not quiet: A/A ratio {ratio:g})"
    assert check.detail.startswith("The tail itself is judged only where two p95 of the same model agree")


@pytest.mark.parametrize("timed", [True, False])
def test_without_a_comparison_of_the_model_with_itself_nothing_says_that_it_is_quiet(*, timed: bool) -> None:
    check = tail(None, timed=timed)
    assert check.actual == "p50 40, n 400 (no quiet A/A run)"


def test_other_costs_are_judged_as_they_are() -> None:
    check, _ = decide({"metric": "latency_batch_p50_ms_per_row", "max": 50}, cost("latency_batch_p50_ms_per_row", 51))
    assert (check.state, check.actual) == (State.FAIL, "51, n 400")


RATIO = {"metric": "latency_p50_ratio", "max": 1.2}


@pytest.mark.parametrize(("value", "state"), [(1.2, State.PASS), (2.0, State.FAIL)])
def test_a_model_twice_as_slow_as_the_baseline(value: float, state: State) -> None:
    assert decide(RATIO, cost("latency_p50_ratio", value))[0].state is state


@pytest.mark.parametrize(
    ("on_insufficient", "state"), [("fail", State.FAIL), ("review", State.INSUFFICIENT), ("warn", State.WARN)]
)
def test_a_ratio_whose_interval_holds_the_threshold_shows_nothing(on_insufficient: str, state: State) -> None:
    """As that of a model to itself may on a busy machine."""
    rule = {**RATIO, "on_insufficient": on_insufficient}
    alone = judge(project(rule), evaluation(metric("latency_p50_ratio", 1.5, low=0.6, high=3.0, n=63)))
    assert alone.decision == ("review" if on_insufficient == "review" else "block")  # a warning decides nothing
    noisy, slow = (metric("latency_p50_ratio", 1.5, low=low, high=3.0, n=63) for low in (0.6, 1.21))
    check, _ = decide(rule, noisy)
    assert (check.state, check.detail) == (
        state,
        "Its interval holds the threshold: too noisy to tell; measure again on a quieter machine.",
    )
    assert decide(rule, slow)[0].state is State.FAIL
    error = metric("rmse", 1.5, low=0.6, high=3.0)  # of rows, which are what was to be judged
    judged = decide({"metric": "rmse", "max": 1.2, "on_insufficient": on_insufficient}, error)
    assert judged[0].state is State.FAIL
    fast = metric("latency_p50_ratio", 0.7, low=0.6, high=0.8, n=63)
    assert decide({**rule, "min": 0.9}, fast)[0].state is State.FAIL


@pytest.mark.parametrize(("said", "state"), [({}, State.SKIP), ({"on_no_baseline": "fail"}, State.FAIL)])
@pytest.mark.parametrize("entries", [[], [cost("latency_p50_ratio", 0.5)]])
def test_a_ratio_without_a_baseline(said: dict[str, str], state: State, entries: list[Metric]) -> None:
    check, _ = decide({**RATIO, **said}, *entries, baseline=False)
    assert (check.state, check.detail) == (state, NO_BASELINE)


@pytest.mark.parametrize("name", ["latency_p50_ratio", "batch_latency_p50_ratio", "cpu_seconds_per_1k_ratio"])
def test_a_ratio_of_models_that_were_not_timed_in_turn(name: str) -> None:
    check, _ = decide({**RATIO, "metric": name}, metric("accuracy", 0.7))
    assert (check.state, check.actual) == (State.FAIL, "not in the evaluation")
    assert check.detail == (
        "The candidate and the baseline were not timed in turn; only a Dagger engine runs both: "
        'evaluate with dagger, or say on_missing = "skip".'
    )


@pytest.mark.parametrize("name", ["latency_single_p50_ms", "peak_rss_ratio"])
def test_a_cost_that_was_not_taken(name: str) -> None:
    check, _ = decide({**RATIO, "metric": name}, metric("accuracy", 0.7))
    assert (check.state, check.actual) == (State.FAIL, "not in the evaluation")
    assert check.detail.startswith("It was not measured in this evaluation; take timings")
