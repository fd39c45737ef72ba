"""The names of all metrics. Pure: the configuration is checked against them, and the evaluation computes them."""

from __future__ import annotations

import math
from typing import Literal

Task = Literal["classification", "regression"]

RATIOS = ("latency_p50_ratio", "batch_latency_p50_ratio", "cpu_seconds_per_1k_ratio", "peak_rss_ratio")
"""Costs as a multiple of the baseline's, measured side by side; there are none without a baseline."""

TIMED = (
    "latency_single_p50_ms",
    "latency_single_p95_ms",
    "latency_single_p99_ms",
    "latency_batch_p50_ms_per_row",
    "cpu_seconds_per_1k",
    "load_p50_ms",
    "peak_rss_bytes",
    *RATIOS,
)
"""Metrics of cost; taken once, not by row, so that they have neither slices nor paired bounds."""

CALIBRATION = ("ece", "brier", "log_loss")
"""Metrics of probabilities; there are none where the predictor gives only labels."""

FAIRNESS = ("selection_rate_ratio", "equalized_odds_difference")
"""Metrics of one class over all groups of a protected column: `selection_rate_ratio[1]` with slice `sex=*`."""

UNPAIRED = (*TIMED, "majority_accuracy", "random_accuracy", "predicted_classes", "failed_cases", "ece")
"""Metrics that cannot be claimed against a baseline; those of FAIRNESS neither."""

QUANTILE_ERRORS = ("absolute_error_p50", "absolute_error_p90", "absolute_error_p95")

FEWEST_DEFINED = {"r2": 2}
"""Rows of which a metric is defined; of all others 1."""

FEWEST_FOR_BOUNDS = {"absolute_error_p90": 10, "absolute_error_p95": 20}
"""Rows or groups that a quantile's bounds take, so that one lies beyond it: with fewer every resample ends at the
same largest error (simulated: an equally good model is called worse in 9 to 14 of 100 trials); others take 5."""

LOWER_IS_BETTER = (
    "mae",
    "rmse",
    *QUANTILE_ERRORS,
    *CALIBRATION,
    "equalized_odds_difference",
    "failed_cases",
    *TIMED,
)

HIGHER_IS_BETTER = ("accuracy", "f1_macro", "precision", "recall", "f1", "r2", "selection_rate_ratio")
"""Those of neither say something of the rows, or of the answers, that is good or bad at both ends."""

BY_CLASS = ("precision", "recall", "f1", *FAIRNESS)
"""Metrics of one class of a classification, such as `recall[0]`; which classes there are, only the data says."""

OF_TASK: dict[Task, tuple[str, ...]] = {
    "classification": (
        "accuracy",
        "f1_macro",
        *CALIBRATION,
        "majority_accuracy",
        "random_accuracy",
        "predicted_classes",
        "failed_cases",
        *TIMED,
    ),
    "regression": ("mae", "rmse", "r2", *QUANTILE_ERRORS, "failed_cases", *TIMED),
}

MEANING = {
    "accuracy": "share of rows that are right",
    "f1_macro": "mean F1 of the classes, each counting alike",
    "ece": "gap between how sure and how often right, on average",
    "brier": "squared error of the probabilities, 0 to 2",
    "log_loss": "mean of -ln of the true class's probability",
    "majority_accuracy": "accuracy of always answering the largest class",
    "random_accuracy": "accuracy of guessing by the classes' shares",
    "predicted_classes": "classes answered at least once",
    "failed_cases": "behavioural cases that fail",
    "mae": "mean absolute error",
    "rmse": "root of the mean squared error",
    "r2": "1 less the squared error's share of the variance",
    "absolute_error_p50": "half of the rows err less than this",
    "absolute_error_p90": "90 % of the rows err less than this",
    "absolute_error_p95": "95 % of the rows err less than this",
    "latency_single_p50_ms": "a single row, milliseconds, median",
    "latency_single_p95_ms": "a single row, milliseconds, 95 % of calls",
    "latency_single_p99_ms": "a single row, milliseconds, 99 % of calls",
    "latency_batch_p50_ms_per_row": "a row in a batch, milliseconds, median",
    "cpu_seconds_per_1k": "processor seconds for 1,000 rows",
    "load_p50_ms": "loading the model, milliseconds, median",
    "peak_rss_bytes": "largest memory of the predictor's process",
    "latency_p50_ratio": "single-row median over the baseline's",
    "batch_latency_p50_ratio": "batch median over the baseline's",
    "cpu_seconds_per_1k_ratio": "processor seconds over the baseline's",
    "peak_rss_ratio": "memory over the baseline's",
}
"""What each metric of OF_TASK is, for a reader."""

SHARES = ("accuracy", "f1_macro", "majority_accuracy", "random_accuracy", "ece", *BY_CLASS)
"""Metrics within [0, 1]."""

_LIMITS: dict[str, tuple[float, float]] = {
    "brier": (0, 2),
    "r2": (-math.inf, 1),
    "predicted_classes": (1, math.inf),
}


def is_share(metric: str) -> bool:
    """Tell whether a metric lies within [0, 1]."""
    return metric.partition("[")[0] in SHARES


def limits(metric: str) -> tuple[float, float]:
    """Return the least and the greatest value that a metric can have."""
    if is_share(metric):
        return 0, 1
    if metric in _LIMITS:
        return _LIMITS[metric]
    return (0 if metric in LOWER_IS_BETTER else -math.inf), math.inf


def lies(metric: str) -> str:
    """Say where a metric lies, for a reader."""
    low, high = limits(metric)
    if math.isfinite(low):
        return f"between {low:g} and {high:g}" if math.isfinite(high) else f"at {low:g} or above"
    return f"at {high:g} or below" if math.isfinite(high) else "anywhere"


def possible(metric: str, value: float) -> bool:
    """Tell whether a metric can have a value."""
    low, high = limits(metric)
    return low <= value <= high


def guarding_bound(metric: str) -> Literal["min", "max"] | None:
    """Return the bound that a worse model breaks; None for a metric that is better at neither end."""
    name = metric.partition("[")[0]
    if name in LOWER_IS_BETTER:
        return "max"
    return "min" if name in HIGHER_IS_BETTER else None


def known(metric: str, task: Task) -> bool:
    """Tell whether an evaluation of the task can have a metric of that name."""
    name, bracket, class_ = metric.partition("[")
    if bracket and task == "classification" and name in BY_CLASS:
        return len(class_) > 1 and class_.endswith("]")
    return metric in OF_TASK[task]


def names(task: Task) -> list[str]:
    """Return the names that a rule may use, for a reader; `c` stands for a class."""
    by_class = [f"{name}[c]" for name in BY_CLASS] if task == "classification" else []
    return [*by_class, *OF_TASK[task]]
