"""Whether a predictor answers the class that it finds most probable."""

from __future__ import annotations

import numpy as np

from ml_steps.evaluation.scores import Scores
from ml_steps.evidence import Check, State

MOST_PLACES = 5


def checks(scores: Scores) -> list[Check]:
    """Return a check of the candidate where it gives probabilities; it warns and never blocks.

    A decision threshold rightly answers another class; probabilities in another order than the classes' look the
    same. A class as probable as the most probable one is no other.
    """
    answers, labels = scores.candidate.answers, scores.labels
    if labels is None or answers.probabilities is None:
        return []
    highest = answers.probabilities.argmax(axis=1)
    each = np.arange(len(highest))
    own, most = answers.probabilities[each, answers.values], answers.probabilities[each, highest]
    rows = np.flatnonzero(own < most)
    check = Check(
        id="probabilities",
        state=State.WARN if len(rows) else State.PASS,
        actual=f"another class in {len(rows):,} of {len(each):,} rows ({len(rows) / len(each):.2%})",
        expected="each row's label is its most probable class",
    )
    if len(rows):
        check.detail = (
            "A decision threshold of the predictor does that; without one, look whether its probabilities stand in the "
            "order of the model's classes."
        )
        names = labels.names
        check.places = [
            f"row {row}: {names[answers.values[row]]} at {own[row]:.4g}, {names[highest[row]]} at {most[row]:.4g}"
            for row in rows[:MOST_PLACES]
        ]
    return [check]
