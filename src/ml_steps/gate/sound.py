"""Whether an evaluation can be judged at all, whatever the rules say."""

from __future__ import annotations

import math
from collections import Counter

from ml_steps.config import Config
from ml_steps.evaluation.record import EvaluationEvidence, Metric
from ml_steps.evidence import BLOCKING, HOLDOUT, Check, Evidence, State
from ml_steps.metrics import FAIRNESS, is_share

ROUNDING = 1e-9
"""What arithmetic on floating point numbers leaves."""


def faults(config: Config, evaluation: EvaluationEvidence, data_report: Evidence | None = None) -> list[Check]:
    """Return an ERROR for an evaluation of another task or of other rows, or that contradicts itself."""
    found = []
    if evaluation.task != config.task:
        found.append(_fault("task", evaluation.task, f"{config.task}, as [tool.ml-pipeline] task in pyproject.toml"))
    entries = Counter((entry.metric, entry.slice, entry.group) for entry in evaluation.metrics)
    twice = [" ".join(filter(None, names)) for names, count in entries.items() if count > 1]
    if twice:
        found.append(_fault("metrics", f"{', '.join(twice[:3])} more than once", "each metric once"))
    outside = [entry.metric for entry in evaluation.metrics if _outside(entry)]
    if outside:
        found.append(
            _fault("values", f"{', '.join(outside[:3])} outside of the interval", "each value inside of its own")
        )
    apart = [entry.metric for entry in evaluation.metrics if _apart(entry)]
    if apart:
        found.append(_fault("differences", f"{', '.join(apart[:3])}: another", "candidate minus baseline"))
    if not _counted(evaluation):
        expected = "the rows, and the accuracy and recalls beside it"
        found.append(_fault("confusion", "other rows, another accuracy or recall", expected))
    if not evaluation.baseline.compared and any(entry.difference for entry in evaluation.metrics):
        found.append(_fault("baseline", "not compared, beside differences", "none, or a baseline"))
    if uncovered := _uncovered(config, evaluation):
        found.append(_fault("rows", f"too few in the slices of {', '.join(uncovered)}", "every row in a slice"))
    if lacking := _lacking(evaluation.metrics):
        found.append(_fault("slices", f"no {', '.join(lacking[:3])}", "the same metrics in every slice"))
    failing = [check.id for check in evaluation.checks if check.required and check.state in BLOCKING]
    if failing and evaluation.state not in BLOCKING:
        found.append(_fault("checks", f"{evaluation.state} over {failing[0]}, which fails", "no check that fails"))
    if data_report and data_report.facts.get(HOLDOUT) != evaluation.data_digest:
        found.append(_of_other_rows(evaluation.data_digest, data_report.facts.get(HOLDOUT)))
    return found


def _outside(entry: Metric) -> bool:
    """True for a value that stands beside its interval; one that the metric cannot have fails by itself."""
    if entry.value is None or entry.low is None or entry.high is None or not entry.n:
        return False
    if is_share(entry.metric):
        return 0 <= entry.value <= 1 and not entry.low <= entry.value <= entry.high
    # Resamples of a mean of errors may all lie on one side of it.
    slack = entry.high - entry.low + ROUNDING * max(1.0, abs(entry.high), abs(entry.low))
    return math.isfinite(entry.value) and not entry.low - slack <= entry.value <= entry.high + slack


def _apart(entry: Metric) -> bool:
    """True where the difference is not that of the two values beside it."""
    if entry.difference is None or entry.value is None or entry.baseline is None or not entry.n:
        return False
    off = abs(entry.value - entry.baseline - entry.difference.value)
    return off > ROUNDING * max(1.0, abs(entry.value), abs(entry.baseline))  # not of NaN, which no rule passes


def _counted(evaluation: EvaluationEvidence) -> bool:
    """True where the confusion matrix holds the rows, and its diagonal the accuracy and the recalls of all of them."""
    confusion = evaluation.confusion
    if confusion is None:
        return True
    square = all(len(counts) == len(confusion) for counts in confusion)
    if not square or sum(map(sum, confusion)) != evaluation.rows:
        return False
    share = sum(counts[index] for index, counts in enumerate(confusion)) / evaluation.rows
    shares = {"accuracy": share}
    for index, (name, counts) in enumerate(zip(evaluation.classes or [], confusion, strict=False)):
        if total := sum(counts):
            shares[f"recall[{name}]"] = counts[index] / total
    found = ((evaluation.entry(metric), share) for metric, share in shares.items())
    return all(not entry or (entry.value is not None and abs(entry.value - is_) <= ROUNDING) for entry, is_ in found)


def _uncovered(config: Config, evaluation: EvaluationEvidence) -> list[str]:
    """Return the columns whose slices together are not all of the rows."""
    each = "accuracy" if config.task == "classification" else "mae"
    sizes: Counter[str] = Counter()
    for name in {*config.evaluate.slices, *config.evaluate.protected}:
        for entry in evaluation.metrics:
            if (entry.metric, entry.group) == (each, None) and (entry.slice or "").startswith(f"{name}="):
                sizes[name] += entry.n
    # More than all where "a" and "a=b" are columns, whose slices read alike.
    return sorted(name for name, size in sizes.items() if size < evaluation.rows)


def _lacking(entries: list[Metric]) -> list[str]:
    """Return what is measured in one slice and not in another; a comparison of all groups of a column is none."""
    found: dict[str, set[str]] = {}
    for entry in entries:
        if entry.slice and entry.group is None and entry.metric.partition("[")[0] not in FAIRNESS:
            found.setdefault(entry.slice, set()).add(entry.metric)
    every = set().union(*found.values())
    return [f"{metric} of {name}" for name, metrics in found.items() for metric in sorted(every - metrics)]


def _fault(subject: str, actual: str, expected: str) -> Check:
    return Check(
        id=f"evaluation_{subject}",
        state=State.ERROR,
        subject=subject,
        actual=actual,
        expected=expected,
        detail="evaluation.json is not that of this project's evaluate; evaluate again.",
    )


def _of_other_rows(scored: str | None, validated: object) -> Check:
    return Check(
        id="evaluation_data",
        state=State.ERROR,
        subject="holdout",
        actual=scored or "not named",
        expected=f"{validated}, as in the data report" if validated else "to be named in the data report",
        detail="The rows that were scored are not those that were validated; run both on the same data."
        if validated
        else "The data report names no holdout, as one that was made without a project; validate again, with --source.",
    )
