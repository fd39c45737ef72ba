"""Time what ships: loading, single rows, batches, and CPU seconds."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Callable

from . import predictor, record, score
from .rounds import BATCHES, BUDGET_SECONDS, LOADS, ROWS, SINGLES, WARM_UP, Rounds, quantiles, quiet_ratio


def supervise(options: argparse.Namespace, secrets: dict[str, str]) -> None:
    """Run the timing in a process of its own under the time limit."""
    score.under_limit("measure", options, secrets, "timings.json")


def work(options: argparse.Namespace, _secrets: dict[str, str]) -> None:
    """Write timings.json: p50, p95, p99 in milliseconds with their counts, on the first rows of the file."""
    out = options.out.resolve()
    model = prepare(options.manifest, options.rows.resolve())
    loads = series(lambda _: model.load(), LOADS)
    series(model.single, WARM_UP)
    singles = series(model.single, SINGLES)
    batches = series(lambda _: model.batch(), BATCHES)
    cpu = model.cpu()
    again = series(model.single, len(singles))
    record.write(
        out,
        "timings.json",
        {
            "load_ms": quantiles(loads),
            "single_ms": quantiles(singles),
            "quiet_ratio": quiet_ratio(singles, again),
            "batch_ms_per_row": quantiles(batches),
            "cpu_seconds_per_1k": cpu,
        },
    )


def prepare(manifest_file: Path, rows_file: Path) -> Rounds:
    """Go where the predictor lies and return it with the first rows of the file.

    Raises Stop when there are none.
    """
    manifest = record.read(manifest_file)
    predictor.enter(manifest)
    _, rows = next(predictor.batches(rows_file, ROWS), (0, []))
    if not rows:
        raise record.Stop(record.SETUP, f"{rows_file}: there are no rows; expected at least one to time.")
    return Rounds(manifest, rows)


def series(round_: Callable[[int], float], most: int) -> list[float]:
    """Return what each round took, at least one, at most `most` or as many as the budget allows."""
    taken: list[float] = []
    started = time.monotonic()
    while not taken or (len(taken) < most and time.monotonic() - started < BUDGET_SECONDS):
        taken.append(round_(len(taken)))
    return taken
