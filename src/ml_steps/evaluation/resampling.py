"""Which rows are drawn together, and how often.

Rows of equal code are drawn together (a cluster bootstrap), as a model that misjudges a user does so on many rows:
Field & Welsh (2007), Bootstrapping clustered data, JRSS B 69, 369-390. Above 2,000 groups, random pools of equally
many groups are drawn instead: their sums vary as those of the groups do, and 2,000 of them tell a standard error
to 1.6 % (one standard deviation, for sums that are about normal). With few or skewed groups bounds are too narrow
(Cameron, Gelbach & Miller 2008, Bootstrap-based improvements for inference with clustered errors, Review of
Economics and Statistics 90, 414-427), so that below 40 there are none; above it they still may be where most of the
harm lies with few groups (docs/gates-proof.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

FEWEST_GROUPS = 40
FEWEST_ROWS = 5
"""Of a mean over rows: with a single one every resample is that row, and bounds would be sure of it (simulated: an
equally good model is called worse in half of the trials on 1 row, in an eighth on 3, in a twentieth on 5)."""
MOST_POOLS = 2_000
CHUNK = 250
"""Replicates held at a time; their weights take 4 MB."""


@dataclass(frozen=True)
class Pools:
    """What n rows are drawn as."""

    of_row: Codes
    """Shape (n,), in 0 … count - 1."""
    count: int
    groups: int
    """Of how many groups they are made."""
    unit: str
    """What a pool is, for a reader."""
    enough: bool = True
    """False where there are too few for bounds."""


def each_row(rows: int) -> Pools:
    """Return pools of a row each."""
    return Pools(np.arange(rows), rows, rows, "rows")


def pools_of(rows: int, groups: Codes | None, group: str | None, generator: np.random.Generator) -> Pools:
    """Return the pools of n rows by their `groups`, shape (n,); None: every row is a group of its own."""
    if groups is None:
        count, of_row, unit, enough = rows, np.arange(rows), "rows", rows >= FEWEST_ROWS
    else:
        found, of_row = np.unique(groups, return_inverse=True)
        count, unit, enough = len(found), f"groups of {group}", len(found) >= FEWEST_GROUPS
    if count <= MOST_POOLS:
        return Pools(of_row, count, count, unit, enough)
    pool = generator.permutation(count) % MOST_POOLS
    return Pools(pool[of_row], MOST_POOLS, count, f"pools of {unit}")


def drawn(pools: int, replicates: int, generator: np.random.Generator) -> Iterator[Floats]:
    """Yield how often each pool is drawn, in chunks of shape (r, pools) whose rows sum to `pools`."""
    for start in range(0, replicates, CHUNK):
        size = min(CHUNK, replicates - start)
        picked = generator.integers(pools, size=(size, pools)) + np.arange(size)[:, None] * pools
        counts = np.bincount(picked.ravel(), minlength=size * pools)
        yield counts.reshape(size, pools).astype(np.float64)
