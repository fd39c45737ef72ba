"""Each rule's interval against its threshold, on axes that they can share."""

from __future__ import annotations

from ml_steps.evidence import Chart, Interval, Intervals
from ml_steps.gate.judged import Judged
from ml_steps.metrics import QUANTILE_ERRORS, TIMED

SCORES = "Scores against their thresholds"
LIMITS = "Costs as a share of the most that is allowed, which is 1"
DIFFERENCES = "Difference to the baseline (positive is better)"

IN_UNITS = ("mae", "rmse", *QUANTILE_ERRORS)
OWN_AXES = ("predicted_classes", "failed_cases", "log_loss", *IN_UNITS)
"""Metrics that are no share, so that they share no axis with others."""


def charts(judged: list[Judged]) -> list[Chart]:
    """Return a chart for each kind of rule that there is."""
    lines: dict[str, list[Interval]] = {}
    for one in judged:
        for line in one.drawn:
            if one.paired:
                lines.setdefault(f"{DIFFERENCES}{_unit(one.metric)}", []).append(line)
            elif one.metric in TIMED and line.threshold is not None and line.threshold > 0:
                lines.setdefault(LIMITS, []).append(_as_share(line, line.threshold))
            else:
                lines.setdefault(_scale(one.metric), []).append(line)
    return [Intervals(title=title, items=items) for title, items in lines.items()]


def _unit(metric: str) -> str:
    return ", in the target's unit" if metric in IN_UNITS else ""


def _scale(metric: str) -> str:
    return f"{metric}{_unit(metric)}" if metric in OWN_AXES or metric in TIMED else SCORES


def _as_share(line: Interval, limit: float) -> Interval:
    ends = {name: None if end is None else end / limit for name, end in (("low", line.low), ("high", line.high))}
    return line.model_copy(update={"value": line.value / limit, "threshold": 1.0, **ends})
