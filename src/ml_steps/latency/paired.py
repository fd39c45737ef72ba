"""What alternating rounds say: the figures of each model, and the ratios of the two."""

from __future__ import annotations

import time
from functools import partial
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from ml_steps.evaluation.record import PairedTimings, Quantiles, Ratio, Timings
from ml_steps.latency.alternate import alternate
from ml_steps.latency.client import Measure, TimingService
from ml_steps.shim import rounds

NAME = "paired-timings.json"
REPLICATES = 2000
FEWEST = 20
"""Of fewer rounds no interval is given: a bootstrap of five says little."""

Series = tuple[list[float], list[float]]
"""Seconds of the candidate and of the baseline, round by round."""


def measure(candidate: TimingService, baseline: TimingService) -> PairedTimings:
    """Time loading, single rows, batches and CPU of both in turn.

    Raises as `TimingService.seconds` does.
    """
    both = (candidate, baseline)
    load = series(both, "load", rounds.LOADS)
    series(both, "single", rounds.WARM_UP)
    single = series(both, "single", rounds.SINGLES)
    again = series(both, "single", len(single[0]))
    batch = series(both, "batch", rounds.BATCHES)
    cpu = series(both, "cpu", rounds.PASSES)

    def timings(of: int) -> Timings:
        return Timings(
            protocol=1,
            load_ms=_quantiles(load[of]),
            single_ms=_quantiles(single[of]),
            quiet_ratio=rounds.quiet_ratio(single[of], again[of]),
            batch_ms_per_row=_quantiles(batch[of]),
            cpu_seconds_per_1k=float(np.median(cpu[of])),
            cpu_rounds=len(cpu[of]),
        )

    ratios = {
        "latency_p50_ratio": ratio(single),
        "batch_latency_p50_ratio": ratio(batch),
        "cpu_seconds_per_1k_ratio": ratio(cpu),
    }
    return PairedTimings(protocol=1, candidate=timings(0), baseline=timings(1), ratios=ratios)


def series(both: tuple[TimingService, TimingService], what: Measure, most: int) -> Series:
    """Return the seconds of alternating rounds: at least one, at most `most` or as many as the budget allows."""
    endpoints = [partial(one.seconds, what) for one in both]
    taken: Series = ([], [])
    started = time.monotonic()
    for seconds in islice(alternate(endpoints), most):
        for kept, value in zip(taken, seconds, strict=True):
            kept.append(value)
        if time.monotonic() - started > len(both) * rounds.BUDGET_SECONDS:
            break
    return taken


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
