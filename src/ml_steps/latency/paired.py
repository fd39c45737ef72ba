"""What alternating rounds say: the figures of each model, and the ratios of the two."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from ml_steps.evaluation.record import PairedTimings, Quantiles, Ratio, Timings
from ml_steps.latency.alternate import alternate
from ml_steps.latency.client import Measure, TimingService
from ml_steps.shim import rounds

NAME = "paired-timings.json"
EVERY: dict[Measure, int] = {"single": 1, "batch": 10}
"""Of so many steps one has a round of the kind: 200 steps make 200 single rows and 20 batches."""
PASSES = 5
PAUSE_SECONDS = 0.01
"""Between steps: in a burst one model may have the busy core to itself, over seconds both meet the same neighbours."""
MOST_SECONDS = 20.0
"""The steps stop there with the rounds they have."""
REPLICATES = 2000
FEWEST = 20
"""Of fewer rounds no interval is given: a bootstrap of five says little."""

Series = tuple[list[float], list[float]]
"""Seconds of the candidate and of the baseline, round by round."""
Both = tuple[TimingService, TimingService]


def measure(candidate: TimingService, baseline: TimingService) -> PairedTimings:
    """Time loading, single rows, batches and CPU of both in turn.

    Raises as `TimingService.seconds` does.
    """
    both = (candidate, baseline)
    load = series(both, "load", rounds.LOADS)
    series(both, "single", rounds.WARM_UP)
    before = series(both, "single", rounds.SINGLES)
    taken = spread(both, rounds.SINGLES)
    after = series(both, "single", len(before[0]))
    # Last, as they ask every row: one that remembers its answers would look faster than it is.
    passes = series(both, "cpu", PASSES)

    def timings(of: int) -> Timings:
        return Timings(
            protocol=1,
            load_ms=_quantiles(load[of]),
            single_ms=_quantiles(taken["single"][of]),
            quiet_ratio=rounds.quiet_ratio(before[of], after[of]),
            batch_ms_per_row=_quantiles(taken["batch"][of]),
            cpu_seconds_per_1k=float(np.median(passes[of])),
            cpu_rounds=len(passes[of]),
        )

    ratios = {
        "latency_p50_ratio": ratio(taken["single"]),
        "batch_latency_p50_ratio": ratio(taken["batch"]),
        "cpu_seconds_per_1k_ratio": ratio(passes),
    }
    return PairedTimings(protocol=1, candidate=timings(0), baseline=timings(1), ratios=ratios)


def series(both: Both, what: Measure, most: int) -> Series:
    """Return the seconds of rounds without a pause: at least one, at most `most` or as many as the budget allows."""
    taken: Series = ([], [])
    started = time.monotonic()
    for seconds in islice(_turns(both, what), most):
        _keep(taken, seconds)
        if time.monotonic() - started > len(both) * rounds.BUDGET_SECONDS:
            break
    return taken


def spread(both: Both, steps: int) -> dict[Measure, Series]:
    """Return the seconds of rounds of every kind, mixed, so that each is spread over the whole time."""
    # Rows that neither was asked before: one that remembers its answers would look faster than it is.
    turns = {what: _turns(both, what, first=steps) for what in EVERY}
    taken: dict[Measure, Series] = {what: ([], []) for what in EVERY}
    started = time.monotonic()
    for step in range(steps):
        for what, every in EVERY.items():
            if step % every == 0:
                _keep(taken[what], next(turns[what]))
        if time.monotonic() - started > MOST_SECONDS:
            break
        time.sleep(PAUSE_SECONDS)
    return taken


def _turns(both: Both, what: Measure, first: int = 0) -> Iterator[tuple[float, ...]]:
    return alternate([partial(one.seconds, what) for one in both], first)


def _keep(taken: Series, seconds: tuple[float, ...]) -> None:
    for kept, value in zip(taken, seconds, strict=True):
        kept.append(value)


def ratio(taken: Series, seed: int = 0) -> Ratio:
    """Return the ratio of the medians with its two-sided 95 % interval: percentile bootstrap of whole rounds."""
    pairs = np.array(taken)
    value, count = _of_medians(pairs), pairs.shape[1]
    if count < FEWEST:
        return Ratio(value=float(value), count=count)
    drawn = np.random.default_rng(seed).integers(count, size=(REPLICATES, count))
    low, high = np.quantile(_of_medians(pairs[:, drawn]), [0.025, 0.975])
    return Ratio(value=float(value), low=float(low), high=float(high), count=count)


def _of_medians(pairs: NDArray[np.float64]) -> NDArray[np.float64]:
    candidate, baseline = np.median(pairs, axis=-1)
    quotient: NDArray[np.float64] = candidate / baseline
    return quotient


def _quantiles(seconds: list[float]) -> Quantiles:
    return Quantiles.model_validate(rounds.quantiles(seconds))
