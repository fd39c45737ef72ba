"""Costs as metrics, alone and beside a baseline's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ml_steps import metrics
from ml_steps.errors import SetupError
from ml_steps.evaluation.evaluate import evaluate
from ml_steps.evaluation.record import EvaluationEvidence
from ml_steps.evidence import State

from . import folders

ANSWERS = [0, 1, 1, 0]


@pytest.fixture
def scores(tmp_path: Path) -> Path:
    return folders.scores(tmp_path / "s", ANSWERS, ANSWERS, classes=[0, 1])


@pytest.fixture
def baseline(tmp_path: Path) -> Path:
    return folders.scores(tmp_path / "b", [], ANSWERS, classes=[0, 1])


def run(scores: Path, baseline: Path | None) -> EvaluationEvidence:
    return evaluate(folders.project(), scores, baseline, out=scores, smoke=False, baseline_note="note")


def test_p95_and_p99_of_single_rows_are_metrics(scores: Path) -> None:
    folders.write(scores / "timings.json", folders.TIMINGS)
    evidence = run(scores, None)
    found = {name: evidence.entry(f"latency_single_{name}_ms") for name in ("p50", "p95", "p99")}
    assert {name: (entry.value, entry.n) for name, entry in found.items() if entry} == {
        "p50": (0.5, 200), "p95": (0.9, 200), "p99": (1.5, 200),
    }  # fmt: skip


def test_ratios_of_two_timed_in_turn(scores: Path, baseline: Path) -> None:
    folders.write(scores / "paired-timings.json", folders.PAIRED)
    evidence = run(scores, baseline)
    found = {entry.metric: entry for entry in evidence.metrics if entry.metric in metrics.RATIOS}
    assert set(found) == set(metrics.RATIOS)
    single = found["latency_p50_ratio"]
    assert (single.value, single.low, single.high, single.n) == (3.0, 2.8, 3.3, 90)
    assert single.method == "paired bootstrap of rounds"
    assert (single.baseline, single.difference) == (None, None)
    cpu = found["cpu_seconds_per_1k_ratio"]
    assert (cpu.low, cpu.method) == (None, "")
    latency = evidence.entry("latency_single_p50_ms")
    assert latency is not None
    assert (latency.value, latency.baseline) == (1.5, 0.5)
    assert evidence.timings is not None
    assert evidence.timings.quiet_ratio == 1.3
    assert evidence.baseline.timings is not None
    assert evidence.baseline.timings.cpu_rounds == 5
    assert "timings" not in [check.id for check in evidence.checks]


def test_two_timed_apart_have_no_ratio_of_times(scores: Path, baseline: Path) -> None:
    for folder in (scores, baseline):
        folders.write(folder / "timings.json", folders.TIMINGS)
    evidence = run(scores, baseline)
    assert [entry.metric for entry in evidence.metrics if entry.metric in metrics.RATIOS] == ["peak_rss_ratio"]
    check = next(check for check in evidence.checks if check.id == "timings")
    assert check.state is State.SKIP
    assert "no rule can compare them; only a Dagger engine runs both" in check.detail


def test_twice_the_memory_is_a_ratio_of_two(scores: Path, baseline: Path) -> None:
    scoring = {"protocol": 1, "rows": 4, "load_seconds": 0.1, "seconds": 0.2, "python": "3.13.1"}
    folders.write(scores / "scoring.json", {**scoring, "peak_rss_bytes": 100_000_000})
    entry = run(scores, baseline).entry("peak_rss_ratio")
    assert entry is not None
    assert (entry.value, entry.n) == (2.0, 4)


def test_without_a_baseline_there_is_no_ratio(scores: Path) -> None:
    folders.write(scores / "paired-timings.json", folders.PAIRED)
    evidence = run(scores, None)
    assert not [entry for entry in evidence.metrics if entry.metric in metrics.RATIOS]
    assert "timings" not in [check.id for check in evidence.checks]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"baseline": None}, "baseline"),
        ({"candidate": {**folders.SLOWER, "quiet_ratio": 0.5}}, "candidate.quiet_ratio"),
    ],
)
def test_paired_timings_that_are_none(scores: Path, baseline: Path, changes: dict[str, Any], where: str) -> None:
    folders.write(scores / "paired-timings.json", {**folders.PAIRED, **changes})
    with pytest.raises(SetupError, match=rf"paired-timings.json: {where}: "):
        run(scores, baseline)
