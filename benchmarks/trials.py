"""Shares of simulated releases on which a rule passes, an alarm is raised or an interval covers the truth.

Each trial draws from its own seed, so that a share does not depend on how trials are spread over processes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np

from benchmarks.releases import NAMES, Floats, accuracy, bounds, family_alarms, release, release_of_users, verdicts
from ml_steps.evaluation.cells import class_sums, metrics_of
from ml_steps.evaluation.classification import measure
from ml_steps.evaluation.resampling import each_row
from ml_steps.gate.claims import holds

Share = dict[str, float]
SLICES, SLICE_ROWS = 20, (200, 30)
CLASS_SHARES = {
    "three even classes": ([1 / 3, 1 / 3, 1 / 3], [0.70, 0.65, 0.75]),
    "3 % positive": ([0.97, 0.03], [0.98, 0.60]),
    "five classes, one of 1 %": ([0.50, 0.30, 0.15, 0.04, 0.01], [0.85, 0.80, 0.70, 0.60, 0.50]),
}
"""Shares of the classes, and the recall of each; wrong answers follow the shares."""


def share(trial: Callable[..., dict[str, bool]], trials: range, *arguments: object) -> Counter[str]:
    """Count over the trials what is true of each."""
    counts: Counter[str] = Counter()
    for number in trials:
        counts.update({name: int(yes) for name, yes in trial(number, *arguments).items()})
    return counts


def claims(number: int, n: int, drop: float, replicates: int) -> dict[str, bool]:
    """Return which rules let one release pass."""
    generator = np.random.default_rng([number, n, round((1 + drop) * 1e6)])
    return verdicts(accuracy(release(n, drop, generator), number, replicates=replicates))


def family(number: int, rows: int, replicates: int) -> dict[str, bool]:
    """Return which rules raise an alarm over twenty unchanged slices of so many rows."""
    generator = np.random.default_rng([number, SLICES, rows])
    slices = [release(rows, 0.0, generator) for _ in range(SLICES)]
    return family_alarms([accuracy(found, number, replicates=replicates) for found in slices])


def users(number: int, count: int, rows: int, drop: float, replicates: int) -> dict[str, bool]:
    """Return by what is resampled whether a release is blocked as worse by more than the margin."""
    generator = np.random.default_rng([number, count, rows])
    drawn, groups = release_of_users(count, rows, drop, generator)
    by = {"rows": accuracy(drawn, number, None, replicates), "users": accuracy(drawn, number, groups, replicates)}
    return {name: not holds("not_shown_worse", bounds(entry), drop) for name, entry in by.items()}


def coverage(number: int, scenario: str, n: int, replicates: int) -> dict[str, bool]:
    """Return which intervals of one evaluation hold the true value."""
    joint = _joint(*CLASS_SHARES[scenario])
    classes = len(joint)
    target, answer = (codes.ravel() for codes in np.indices(joint.shape))
    truth = metrics_of(joint.reshape(1, -1) @ class_sums(target, answer, each_row(classes**2), classes))
    index = np.random.default_rng([number, n, classes]).choice(classes**2, size=n, p=joint.ravel())
    names = [str(code) for code in range(classes)]
    entries = measure(target[index], answer[index], None, names, replicates=replicates, seed=number)
    wanted = {"accuracy": "accuracy", f"recall[{classes - 1}]": "recall of the last", "f1_macro": "f1_macro"}
    return {
        wanted[entry.metric]: entry.low <= truth[entry.metric][0] <= entry.high
        for entry in entries
        if entry.metric in wanted and entry.low is not None and entry.high is not None
    }


def spread_between_seeds(n: int, seeds: int) -> float:
    """Return how far apart bounds of the same rows are, at most, over seeds: accuracy's and macro-F1's difference."""
    rows = release(n, 0.0, np.random.default_rng(n))
    found = []
    for seed in range(seeds):
        entries = measure(rows.target, rows.candidate, rows.baseline, NAMES, seed=seed)[:2]
        found.append([end for entry in entries for end in (bounds(entry).low, bounds(entry).high)])
    return float(np.ptp(np.array(found), axis=0).max())


def _joint(shares: list[float], recalls: list[float]) -> Floats:
    joint = np.zeros((len(shares), len(shares)))
    for code, (part, recall) in enumerate(zip(shares, recalls, strict=True)):
        others = np.array(shares)
        others[code] = 0
        joint[code] = part * (1 - recall) * others / others.sum()
        joint[code, code] = part * recall
    return joint
