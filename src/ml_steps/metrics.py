"""The names of all metrics. Pure: the configuration is checked against them, and the evaluation computes them."""

from __future__ import annotations

from typing import Literal

Task = Literal["classification", "regression"]

TIMED = (
    "latency_single_p50_ms",
    "latency_batch_p50_ms_per_row",
    "cpu_seconds_per_1k",
    "load_p50_ms",
    "peak_rss_bytes",
)
"""Metrics of cost; taken once, not by row, so that they have neither slices nor paired bounds."""

UNPAIRED = (*TIMED, "majority_accuracy", "predicted_classes")
"""Metrics that cannot be claimed against a baseline."""

LOWER_IS_BETTER = ("mae", "rmse", *TIMED)

BY_CLASS = ("precision", "recall", "f1")
"""Metrics of one class of a classification, such as `recall[0]`; which classes there are, only the data says."""

OF_TASK: dict[Task, tuple[str, ...]] = {
    "classification": ("accuracy", "f1_macro", "majority_accuracy", "predicted_classes", *TIMED),
    "regression": ("mae", "rmse", "r2", *TIMED),
}


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
