"""One timed round of a predictor at a time, whoever asks for it, and what many of them say."""

from __future__ import annotations

import copy
import resource
import time
from typing import Any, Callable

from . import predictor, record

ROWS, BATCH_ROWS = 1000, 64
"""The first rows of the file that are used at all, and those of them that make a batch."""
LOADS, WARM_UP, SINGLES, BATCHES = 5, 10, 200, 20
"""Rounds of each kind, at most."""
BUDGET_SECONDS = 5.0
"""Each measure stops there with the rounds it has; the count stands beside the figures."""


class Rounds:
    """A predictor and the rows it is timed on; `load` comes first."""

    def __init__(self, manifest: dict[str, Any], rows: list[dict[str, Any]]) -> None:
        self._manifest, self._rows = manifest, rows
        self._predict: predictor.Predict | None = None

    def load(self) -> float:
        """Load the model anew and return the seconds."""
        self._predict = None  # two of a large model may not fit into memory
        started = time.perf_counter()
        self._predict = predictor.load(self._manifest)
        return time.perf_counter() - started

    def single(self, number: int) -> float:
        """Predict one row, the first again after the last, and return the seconds."""
        return self._timed(time.perf_counter, [self._rows[number % len(self._rows)]])

    def batch(self) -> float:
        """Predict the first rows together and return the seconds a row."""
        batch = self._rows[:BATCH_ROWS]
        return self._timed(time.perf_counter, batch) / len(batch)

    def cpu(self) -> float:
        """Predict all rows together and return the CPU seconds for 1,000 of them, as `cpu_seconds` counts them."""
        return self._timed(cpu_seconds, self._rows) / len(self._rows) * 1000

    def _timed(self, clock: Callable[[], float], rows: list[dict[str, Any]]) -> float:
        assert self._predict is not None  # noqa: S101 - load came first
        given = copy.deepcopy(rows)  # the project's code may change them
        started = clock()
        try:
            answers = list(self._predict(given))  # what is lazy does its work only now
        except predictor.RAISED as error:
            raise predictor.broken(self._manifest["predictor"], f"predicting {len(rows)} rows", error) from None
        seconds = clock() - started
        if len(answers) != len(rows):
            entry = self._manifest["predictor"]
            raise record.Stop(
                record.FAIL,
                f'predictor "{entry}": {len(answers)} predictions for {len(rows)} rows when timed; '
                "expected one for each row, however often it is asked.",
            )
        return seconds


def cpu_seconds() -> float:
    """Return the CPU seconds so far of this process and of its children that ended and were waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def quantiles(values: list[float]) -> dict[str, float]:
    """Return p50, p95, p99 (nearest rank) in thousandths, seconds thus as milliseconds, and their count."""
    figures: dict[str, float] = {"count": len(values)}
    for percent in (50, 95, 99):
        figures[f"p{percent}"] = nearest_rank(values, percent) * 1000
    return figures


def nearest_rank(values: list[float], percent: int) -> float:
    """Return the smallest value that at least so many percent of the values do not exceed."""
    return sorted(values)[max(0, -(-percent * len(values) // 100) - 1)]


def quiet_ratio(first: list[float], again: list[float]) -> float:
    """Return how much larger the larger p95 is of two series on the same rows, one before and one after; 1: alike.

    Not odd and even rounds of one series: a neighbour who is busy for half a second slows both of these alike.
    """
    low, high = sorted(nearest_rank(series[: len(again)], 95) for series in (first, again))
    return high / low
