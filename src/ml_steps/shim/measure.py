"""Time what ships: loading, single rows, batches, and CPU seconds."""

from __future__ import annotations

import argparse
import itertools
import time
from typing import Any, Callable

from . import predictor, record, score

LOADS, WARM_UP, SINGLES, BATCHES, BATCH_ROWS = 5, 10, 200, 20, 64
BUDGET_SECONDS = 10.0
"""Each measure stops there with the rounds it has; the count stands beside the figures."""


def supervise(options: argparse.Namespace, secrets: dict[str, str]) -> None:
    """Run the timing in a process of its own under the time limit."""
    score.under_limit("measure", options, secrets, "timings.json")


def work(options: argparse.Namespace, _secrets: dict[str, str]) -> None:
    """Write timings.json: p50, p95, p99 in milliseconds with their counts, on the first rows of the file."""
    manifest = record.read(options.manifest)
    out, rows_file = options.out.resolve(), options.rows.resolve()
    predictor.enter(manifest)
    _, rows = next(predictor.batches(rows_file, 1000), (0, []))
    if not rows:
        raise record.Stop(record.SETUP, f"{rows_file}: there are no rows; expected at least one to time.")
    loads = rounds(lambda: predictor.load(manifest), LOADS)
    loaded = predictor.load(manifest)

    def predict(batch: list[dict[str, Any]]) -> None:
        try:
            loaded(batch)
        except predictor.RAISED as error:
            raise predictor.broken(manifest["predictor"], f"predicting {len(batch)} rows", error) from None

    for row in rows[:WARM_UP]:
        predict([row])
    cycle = itertools.cycle(rows)
    singles = rounds(lambda: predict([next(cycle)]), SINGLES)
    batch = rows[:BATCH_ROWS]
    per_batch = rounds(lambda: predict(batch), BATCHES)
    before = time.process_time()
    predict(rows)
    cpu = time.process_time() - before
    record.write(
        out,
        "timings.json",
        {
            "load_ms": quantiles(loads, 1),
            "single_ms": quantiles(singles, 1),
            "batch_ms_per_row": quantiles(per_batch, len(batch)),
            "cpu_seconds_per_1k": cpu / len(rows) * 1000,
        },
    )


def rounds(action: Callable[[], Any], most: int) -> list[float]:
    """Return the seconds of each round, at least one, at most `most` or as many as the budget allows."""
    seconds: list[float] = []
    while len(seconds) < most and sum(seconds) < BUDGET_SECONDS:
        started = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - started)
    return seconds


def quantiles(seconds: list[float], rows: int) -> dict[str, float]:
    """Return p50, p95, p99 in milliseconds a row (nearest rank) and the count of rounds."""
    ordered = sorted(seconds)
    figures: dict[str, float] = {"count": len(ordered)}
    for percent in (50, 95, 99):
        rank = max(0, -(-percent * len(ordered) // 100) - 1)
        figures[f"p{percent}"] = ordered[rank] * 1000 / rows
    return figures
