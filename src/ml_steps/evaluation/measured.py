"""Every metric of the rows: over all of them, by slice, by protected group, and with rows held together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ml_steps.evaluation import calibration, classification, fairness, regression
from ml_steps.evaluation.record import Metric
from ml_steps.evaluation.resampling import Codes
from ml_steps.evaluation.scores import Scores
from ml_steps.project import Project


def measure(project: Project, scores: Scores) -> list[Metric]:
    """Return what the predictions are worth, candidate beside baseline; metrics over all rows stand first."""
    slices: dict[str | None, Codes] = {None: np.arange(len(scores.targets.values))}
    for parts in scores.targets.parts.values():
        slices.update(parts.slices())
    entries = [entry for name, rows in slices.items() for entry in _of_rows(scores, rows, name)]
    return [*entries, *_of_groups(project, scores), *_held_together(project, scores, slices)]


def _of_rows(scores: Scores, rows: Codes, slice_: str | None, group: str | None = None) -> Iterator[Metric]:
    target, candidate, baseline = scores.targets.values[rows], scores.candidate.answers, None
    if scores.baseline is not None:
        baseline = scores.baseline.answers
    codes = None if group is None else scores.targets.groups[group][rows]
    values, others = candidate.values[rows], None if baseline is None else baseline.values[rows]
    if scores.labels is None:
        yield from regression.measure(target, values, others, slice_=slice_, groups=codes, group=group)
        return
    names = scores.labels.names
    yield from classification.measure(target, values, others, names, slice_=slice_, groups=codes, group=group)
    if candidate.probabilities is not None:
        own, other = candidate.probabilities[rows], None
        if baseline is not None and baseline.probabilities is not None:
            other = baseline.probabilities[rows]
        whole = scores.targets.values
        yield from calibration.measure(target, own, other, whole=whole, slice_=slice_, groups=codes, group=group)


def _of_groups(project: Project, scores: Scores) -> Iterator[Metric]:
    if scores.labels is None:
        return
    settings, names = project.config.evaluate, scores.labels.names
    for name in settings.protected:
        groups, rows = scores.targets.parts[name].compared(settings.min_rows)
        target, candidate = scores.targets.values[rows], scores.candidate.answers.values[rows]
        baseline = scores.baseline.answers.values[rows] if scores.baseline else None
        yield from fairness.measure(groups, target, candidate, baseline, names)


def _held_together(project: Project, scores: Scores, slices: dict[str | None, Codes]) -> Iterator[Metric]:
    """Yield the metrics that rules with a group name, over the slices that they name."""
    wanted: dict[tuple[str, str | None], set[str]] = {}
    for rule in project.config.gate:
        if rule.group is not None:
            for name in filter(rule.covers, slices):
                wanted.setdefault((rule.group, name), set()).add(rule.metric)
    for (group, name), metrics in wanted.items():
        yield from (entry for entry in _of_rows(scores, slices[name], name, group) if entry.metric in metrics)
