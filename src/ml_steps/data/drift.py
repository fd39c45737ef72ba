"""Whether a column's distribution differs from the reference's, in size and beyond chance. Pure; docs/drift.md."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from ml_steps.data.significance import chi_square_tail, holm, kolmogorov_tail

ALPHA = 0.05
"""Level of the tests of all columns together."""
LEAST_ROWS = 1_000
"""Rows on either side below which nothing is said."""
LEAST_EXPECTED = 5
"""Rows that a category must lead one to expect on either side for Pearson's test (Cochran 1954); others are rare."""
KNOWN_FROM = 5
"""Rows from which a category that the other profile has not is counted by itself."""


@dataclass(frozen=True)
class Cells:
    """Counts of the same cells in the reference and here; with `rare` they hold every row."""

    ordered: bool
    """True for bins, the rows without a value first; False for categories."""
    reference: tuple[int, ...]
    current: tuple[int, ...]
    rare: tuple[int, int] = (0, 0)
    """Rows of categories too rare to be counted one by one."""

    @property
    def totals(self) -> tuple[int, int]:
        """Rows in the reference and here."""
        return sum(self.reference) + self.rare[0], sum(self.current) + self.rare[1]


@dataclass(frozen=True)
class Difference:
    """How far two distributions are apart: the distance as a share of the rows, and its p-value."""

    distance: float
    p_value: float


@dataclass(frozen=True)
class Decision:
    """A difference judged among the others."""

    difference: Difference
    p_adjusted: float
    drifted: bool


def difference(cells: Cells) -> Difference:
    """Compare two samples.

    Ordered cells: Kolmogorov-Smirnov's distance over the bin edges with the limiting p-value, which is too large
    for binned data, never too small. Categories: total variation distance, half the summed difference of
    shares, with Pearson's chi-square test of homogeneity, where rare ones are one, and those among themselves;
    or the share of rows of values that the other sample has not, where that is more.

    Raises ValueError where a side has no rows.
    """
    there, here = cells.totals
    if not here or not there:
        raise ValueError("there are no rows to compare; expected some on either side")
    if cells.ordered:
        gaps = zip(accumulate(cells.reference), accumulate(cells.current), strict=True)
        distance = max(abs(before / there - now / here) for before, now in gaps)
        return Difference(distance, kolmogorov_tail(math.sqrt(here / (here + there) * there) * distance))
    kept, rare = _by_rows(cells)
    one = tuple(rows - sum(pair[side] for pair in kept) for side, rows in enumerate(cells.totals))
    pairs = [*kept, one] if any(one) else kept
    statistic = sum(_chi_square(before, now, there, here) for before, now in pairs)
    p_value = chi_square_tail(statistic, len(pairs) - 1) if len(pairs) > 1 else 1.0
    apart = abs(one[0] / there - one[1] / here)
    if rare:
        among, p_among = _among(rare, there, here)
        apart, p_value = max(apart, among), min(1.0, 2 * min(p_value, p_among))
    distance = (sum(abs(before / there - now / here) for before, now in kept) + apart) / 2
    return Difference(max(distance, *_unseen(cells)), p_value)


def decide(differences: Sequence[Difference], thresholds: Sequence[float]) -> list[Decision]:
    """Say which columns drifted: the distance is above the threshold AND the difference is significant.

    The p-values are corrected over all columns given, so that chance flags any of them in at most 5 % of data sets.
    """
    adjusted = holm([one.p_value for one in differences])
    return [
        Decision(one, p_value, one.distance > threshold and p_value < ALPHA)
        for one, threshold, p_value in zip(differences, thresholds, adjusted, strict=True)
    ]


def widest(cells: Cells) -> tuple[int, float, float]:
    """Return where two samples differ most: the cell, and its share in the reference and here; up to it, if ordered."""
    there, here = cells.totals
    before = [count / there for count in cells.reference]
    now = [count / here for count in cells.current]
    if cells.ordered:
        before, now = list(accumulate(before)), list(accumulate(now))
    index = max(range(len(now)), key=lambda index: abs(before[index] - now[index]))
    return index, before[index], now[index]


def _by_rows(cells: Cells) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Return categories with enough rows, and the rare ones; both samples decide, so that neither is favoured.

    Of fewer than KNOWN_FROM rows together only those are counted that the reference has, which would favour it.
    """
    enough = LEAST_EXPECTED * sum(cells.totals) / min(cells.totals)
    pairs = list(zip(cells.reference, cells.current, strict=True))
    return [pair for pair in pairs if sum(pair) >= enough], [pair for pair in pairs if KNOWN_FROM <= sum(pair) < enough]


def _among(rare: list[tuple[int, int]], there: int, here: int) -> tuple[float, float]:
    """Return the summed difference of the shares of rare categories, and its p-value, given the rows of each together.

    Where nothing changed each row is here with the probability q = here / (here + there). Of the difference, what
    chance alone leads one to expect is taken off: the mean deviation of a binomial (De Moivre 1730). Pearson's
    statistic is compared with the chi-square distribution of its own mean and variance, those of binomials too.
    """
    q = here / (here + there)
    off = [now - (before + now) * q for before, now in rare]
    spread = [(before + now) * q * (1 - q) for before, now in rare]
    chance = sum(_mean_deviation(before + now, q) for before, now in rare)
    apart = max(0.0, sum(map(abs, off)) - chance) * (1 / there + 1 / here)
    statistic = sum(one**2 / variance for one, variance in zip(off, spread, strict=True))
    varies = sum(2 + (1 - 6 * q * (1 - q)) / variance for variance in spread)
    degrees = max(1, round(2 * len(rare) ** 2 / varies))  # KNOWN_FROM rows each: 1.25 a category at most
    return apart, chi_square_tail(statistic * degrees / len(rare), degrees)


def _unseen(cells: Cells) -> tuple[float, float]:
    """Return the share of the rows here whose value the reference has not, and the other way round.

    Taken off is what chance leads one to expect of it: the share of the values that are there once (Good 1953).
    """
    there, here = cells.totals
    pairs = list(zip(cells.reference, cells.current, strict=True))
    (rare_there, rare_here), once = cells.rare, [sum(pair[side] == 1 for pair in pairs) for side in (0, 1)]
    new = sum(now for before, now in pairs if not before) + rare_here
    gone = sum(before for before, now in pairs if not now) + rare_there
    # Of rows that are not counted by value each may have one of its own.
    return new / here - (once[0] + rare_there) / there, gone / there - (once[1] + rare_here) / here


def _mean_deviation(rows: int, q: float) -> float:
    """Return the mean of |X - rows q| of a binomial X of so many rows."""
    above = math.floor(rows * q) + 1
    return 2 * above * math.comb(rows, above) * q**above * (1 - q) ** (rows - above + 1)


def _chi_square(before: int, now: int, there: int, here: int) -> float:
    """Return what one category adds to Pearson's statistic of a table of two rows."""
    both = before + now
    return (before * here - now * there) ** 2 / (both * here * there)
