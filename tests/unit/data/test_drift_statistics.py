"""The drift decision: its formulas beside scipy's, and its error rates in simulated data sets."""

from __future__ import annotations

from itertools import accumulate
from statistics import NormalDist

import numpy as np
import pytest
from scipy import stats

from ml_steps.data.drift import KNOWN_FROM, Cells, Difference, _mean_deviation, decide, difference
from ml_steps.data.expectations import MAX_DISTANCE
from ml_steps.data.significance import chi_square_tail, holm, kolmogorov_tail, student_tail

DATA_SETS = 1_000
COLUMNS = 20
SIZES = [(1_000, 1_000), (10_000, 10_000), (100_000, 100_000), (1_000_000, 1_000_000), (1_000, 1_000_000)]
Random = np.random.Generator


@pytest.mark.parametrize("degrees", [1, 2, 3, 10, 101, 256])
@pytest.mark.parametrize("statistic", [0.0, 0.01, 1.0, 20.0, 300.0, 1e5])
def test_chi_square_tail_is_scipys(statistic: float, degrees: int) -> None:
    assert chi_square_tail(statistic, degrees) == pytest.approx(stats.chi2.sf(statistic, degrees), rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 29, 30, 999, 1_000, 100_000])
@pytest.mark.parametrize("statistic", [-2.5, 0.0, 0.3, 1.7, 4.0, 40.0])
def test_student_tail_is_scipys(statistic: float, degrees: int) -> None:
    near = 1e-5 if degrees > 1_000 else 1e-14
    assert student_tail(statistic, degrees) == pytest.approx(stats.t.sf(statistic, degrees), abs=near)


@pytest.mark.parametrize("statistic", [0.0, 0.1, 0.2, 0.5, 1.0, 1.36, 3.0, 40.0])
def test_kolmogorov_tail_is_scipys(statistic: float) -> None:
    assert kolmogorov_tail(statistic) == pytest.approx(stats.kstwobign.sf(statistic), rel=1e-9, abs=1e-12)


def test_ordered_difference_is_kolmogorovs() -> None:
    random = np.random.default_rng(1)
    before, now = random.integers(0, 8, 3000), random.integers(1, 9, 2000)
    counts = [tuple(np.bincount(side, minlength=9).tolist()) for side in (before, now)]
    cells = Cells(True, counts[0], counts[1])
    assert difference(cells).distance == pytest.approx(stats.ks_2samp(before, now).statistic)


def test_difference_of_categories_is_total_variation_and_pearsons_test() -> None:
    before, now = (400, 300, 200, 100), (350, 310, 190, 150)
    oracle = stats.chi2_contingency([before, now], correction=False)
    found = difference(Cells(False, before, now))
    assert found.distance == pytest.approx(0.06)
    assert found.p_value == pytest.approx(oracle.pvalue)


def test_rare_categories_are_one_for_pearsons_test_and_tested_among_themselves() -> None:
    found = difference(Cells(False, (991, 4, 5, 0), (991, 0, 0, 9)))
    assert found.distance < 0.01
    assert found.p_value < 0.01
    assert difference(Cells(False, (990, 10, 0), (990, 0, 10))).distance == pytest.approx(0.01)
    once_each = (*[1] * 1000, *[0] * 1000)  # such as a key: all are new, and nothing changed
    assert difference(Cells(False, once_each, once_each[::-1])) == Difference(0.0, 1.0)
    almost = Cells(False, (99_999, 1, 0), (99_980, 0, 1))  # of samples of almost one size
    assert difference(almost).p_value > 0.3
    few_each = (*[5] * 200, *[0] * 200)
    found = difference(Cells(False, few_each, few_each[::-1]))
    assert found.distance == 1.0
    assert found.p_value < 1e-100


@pytest.mark.parametrize(("before", "now"), [(3_000, 1_500), (100_000, 1_000), (1_000, 1_000)])
@pytest.mark.parametrize("named", [True, False])
def test_a_tail_of_values_that_were_not_there_is_its_share_of_the_rows(before: int, now: int, named: bool) -> None:
    known, new = (before // 2, *[before // 200] * 100), now // 3
    current = tuple((now - new) * count // sum(known) for count in known)
    tail = (0,) * (new // 2)
    cells = Cells(False, known + tail, current + (2,) * len(tail)) if named else Cells(False, known, current, (0, new))
    found = difference(cells)
    assert found.distance == pytest.approx(1 / 3, abs=0.03)
    assert found.p_value < 1e-6


def test_what_chance_adds_among_rare_categories_is_taken_off() -> None:
    random, shares = np.random.default_rng(2), np.full(256, 1 / 256)
    before, now = (tuple(random.multinomial(rows, shares).tolist()) for rows in (100_000, 1_000))
    plain = sum(abs(one / 100_000 - other / 1_000) for one, other in zip(before, now, strict=True)) / 2
    assert plain > 0.15
    assert difference(Cells(False, before, now)).distance < 0.05


@pytest.mark.parametrize("now", [1_000, 3_000, 20_000])
def test_a_tail_of_values_of_their_own_is_no_drift(now: int) -> None:
    """Where nothing changed: of the values that are new in the larger sample only frequent ones are counted by name."""
    random = np.random.default_rng(3)
    for _ in range(20):
        tails = [int(random.binomial(rows, 0.17)) for rows in (1_000, now)]
        drawn = [random.multinomial(rows - tail, [1 / 25] * 25) for rows, tail in zip((1_000, now), tails, strict=True)]
        once = tails[0]
        reference, current = (*map(int, drawn[0]), *[1] * once), (*map(int, drawn[1]), *[0] * once)
        found = difference(Cells(False, reference, current, (0, tails[1])))
        assert not (found.distance > MAX_DISTANCE and found.p_value < 0.05 / COLUMNS)


@pytest.mark.parametrize("rows", [1, 2, 7, 40])
@pytest.mark.parametrize("q", [0.01, 0.5, 0.9])
def test_mean_deviation_is_that_of_a_binomial(rows: int, q: float) -> None:
    drawn = np.arange(rows + 1)
    oracle = (stats.binom.pmf(drawn, rows, q) * abs(drawn - rows * q)).sum()
    assert _mean_deviation(rows, q) == pytest.approx(oracle)


@pytest.mark.parametrize(("before", "now"), [(1_280, 1_000), (2_000, 2_000), (100_000, 1_000), (1_280, 100_000)])
@pytest.mark.parametrize("uneven", [0.0, 1.0])
def test_many_categories_of_few_rows_each(before: int, now: int, uneven: float) -> None:
    """Where nothing changed, chance alone neither alarms nor adds up to a distance; where all are new, it is found."""
    random, level = np.random.default_rng(5), 0.05 / COLUMNS
    weights = 1 / np.arange(1, 257) ** uneven
    shares, alarms = weights / weights.sum(), 0
    for _ in range(DATA_SETS):
        drawn = [tuple(random.multinomial(rows, shares).tolist()) for rows in (before, now)]
        found = difference(Cells(False, drawn[0], drawn[1]))
        alarms += found.distance > MAX_DISTANCE and found.p_value < level
    assert alarms <= 3 * level * DATA_SETS  # at most 5 % of data sets of 20 such columns, and what 1,000 draws may add
    nothing = (0,) * 256
    assert difference(Cells(False, drawn[0] + nothing, nothing + drawn[1])).distance > 0.5


def test_one_category_is_no_difference() -> None:
    assert difference(Cells(False, (9,), (9,))) == Difference(0.0, 1.0)


@pytest.mark.parametrize("cells", [Cells(True, (0, 0), (3, 4)), Cells(True, (3, 4), (0, 0)), Cells(False, (0,), (9,))])
def test_a_side_without_rows_is_an_error(cells: Cells) -> None:
    with pytest.raises(ValueError, match="there are no rows to compare"):
        difference(cells)


def test_holm_steps_down_and_never_decreases() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def test_both_the_size_and_the_significance_decide() -> None:
    cases = [Difference(0.2, 1e-6), Difference(0.05, 1e-6), Difference(0.2, 0.04), Difference(0.1, 1e-6)]
    assert [one.drifted for one in decide(cases, [0.1] * 4)] == [True, False, True, False]
    assert not decide([Difference(0.2, 0.04), Difference(0.0, 0.05)], [0.1] * 2)[0].drifted


# The simulation draws counts, not rows. That is exact: counts of independent rows over fixed categories are
# multinomial; the shares of a continuous column between its own sample quantiles are Dirichlet spacings, the
# reference's counts there are fixed by rank, and later rows fall into these bins multinomially.


def number(random: Random, before: int, now: int, shift: float = 0.0, missing: float = 0.1) -> Cells:
    """Draw a continuous column; with a shift, a normal one moved so far that its true distance is `shift`."""
    empty = int(random.binomial(before, missing))
    ranks = [0, *(-(-(before - empty) * level // 20) for level in range(1, 20)), before - empty]
    counts = np.diff(ranks)
    spacings = random.dirichlet(counts + np.eye(20, dtype=int)[19])
    normal, edges = NormalDist(), np.minimum(np.cumsum(spacings)[:-1], 1 - 1e-12)
    moved = 2 * normal.inv_cdf(0.5 + shift / (1 - missing) / 2)
    under = [0.0, *(normal.cdf(normal.inv_cdf(edge) - moved) for edge in edges), 1.0] if shift else None
    shares = np.diff(under) if under else spacings
    drawn = random.multinomial(now, [missing, *((1 - missing) * shares)])
    return Cells(True, (empty, *counts.tolist()), tuple(drawn.tolist()))


def category(random: Random, before: int, now: int, shift: float = 0.0, names: int = 3) -> Cells:
    """Draw a column of categories, from even to very uneven shares; a shift moves rows to the last one.

    As in a profile, later categories that the reference has not are counted by name only where they are frequent.
    """
    weights = 1 / np.arange(1, names + 1) ** (names % 3)
    shares = weights / weights.sum()
    later = shares * (1 - shift / (1 - shares[-1]))
    later[-1] = 1 - later[:-1].sum()
    reference, current = random.multinomial(before, shares), random.multinomial(now, later)
    named = (reference > 0) | (current >= KNOWN_FROM)
    rare = (0, int(current[~named].sum()))
    return Cells(False, tuple(reference[named].tolist()), tuple(current[named].tolist()), rare)


def data_set(random: Random, before: int, now: int, shifts: tuple[float, float] = (0.0, 0.0)) -> list[Difference]:
    """Draw 20 columns, of which the first number and the first category shift."""
    numbers = [number(random, before, now, shifts[0] if index == 0 else 0.0) for index in range(COLUMNS // 2)]
    sizes = [3, 2, 4, 5, 8, 20, 50, 100, 200, 256]
    categories = [
        category(random, before, now, 0.0 if index else shifts[1], names) for index, names in enumerate(sizes)
    ]
    return [difference(cells) for cells in (*numbers, *categories)]


@pytest.mark.parametrize(("before", "now"), SIZES)
def test_without_drift_at_most_one_data_set_in_twenty_raises_an_alarm(before: int, now: int) -> None:
    random, alarms, significant = np.random.default_rng(7), 0, 0
    for _ in range(DATA_SETS):
        differences = data_set(random, before, now)
        alarms += any(one.drifted for one in decide(differences, [MAX_DISTANCE] * COLUMNS))
        significant += any(one.drifted for one in decide(differences, [0.0] * COLUMNS))
    assert alarms <= 0.05 * DATA_SETS
    # The size usually prevents alarms; the corrected tests alone must keep the level too.
    assert significant <= 0.05 * DATA_SETS


@pytest.mark.parametrize(("before", "now"), SIZES)
@pytest.mark.parametrize("shifted", [0, 10])
def test_a_shift_of_twice_the_threshold_is_found(before: int, now: int, shifted: int) -> None:
    random = np.random.default_rng(8)
    shifts = (2 * MAX_DISTANCE, 0.0) if shifted == 0 else (0.0, 2 * MAX_DISTANCE)
    found = sum(
        decide(data_set(random, before, now, shifts), [MAX_DISTANCE] * COLUMNS)[shifted].drifted for _ in range(200)
    )
    assert found >= 0.95 * 200


def test_the_simulated_shift_is_what_it_says() -> None:
    cells = number(np.random.default_rng(9), 10**6, 10**6, 0.2)
    gaps = zip(accumulate(cells.reference), accumulate(cells.current), strict=True)
    assert max(abs(a - b) for a, b in gaps) / 10**6 == pytest.approx(0.2, abs=0.005)
    cells = category(np.random.default_rng(9), 10**6, 10**6, 0.2)
    moved = sum(abs(a - b) for a, b in zip(cells.reference, cells.current, strict=True))
    assert moved / 2e6 == pytest.approx(0.2, abs=0.005)
