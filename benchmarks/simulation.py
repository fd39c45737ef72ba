"""Trials over all cores, and figures that are to be reached."""

from __future__ import annotations

import math
import multiprocessing
import os
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from typing import Self

from benchmarks import trials


@dataclass(frozen=True)
class Figure:
    """What is to be reached: a share of trials, or another number."""

    words: str
    value: float
    least: float = -math.inf
    most: float = math.inf

    @property
    def met(self) -> bool:
        return self.least <= self.value <= self.most

    def line(self) -> str:
        limit = f"at most {self.most:.4g}" if self.least == -math.inf else f"at least {self.least:.4g}"
        limit = f"{self.least:.4g} to {self.most:.4g}" if -math.inf < self.least and self.most < math.inf else limit
        return f"  {self.words:<62} {self.value:8.4g}  {limit:<18} {'ok' if self.met else 'MISSED'}"


class Simulation:
    """So many trials of each kind, in a process for each core."""

    def __init__(self, releases: int) -> None:
        self.releases = releases
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # for the processes, which share the cores
        self._pool = ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def start(self, trial: Callable[..., dict[str, bool]], *arguments: object) -> Callable[[], trials.Share]:
        """Start the trials; what is returned waits for the share of them on which each is true, in percent."""
        step = max(1, self.releases // 8)
        parts = [range(first, min(first + step, self.releases)) for first in range(0, self.releases, step)]
        futures: list[Future[Counter[str]]] = [
            self._pool.submit(trials.share, trial, part, *arguments) for part in parts
        ]

        def wait() -> trials.Share:
            counts: Counter[str] = sum((future.result() for future in futures), Counter())
            return {name: 100 * count / self.releases for name, count in counts.items()}

        return wait

    def error(self, percent: float) -> float:
        """Return 2.5 standard errors of a share, in points."""
        return 250 * math.sqrt(percent / 100 * (1 - percent / 100) / self.releases)
