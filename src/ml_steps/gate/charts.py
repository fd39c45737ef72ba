"""Each rule's interval against its threshold, on axes that they can share."""

from __future__ import annotations

from ml_steps.evidence import Chart, Interval, Intervals
from ml_steps.gate.rules import Judged
from ml_steps.metrics import LOWER_IS_BETTER

SCORES = "Scores against their thresholds"
LIMITS = "Costs and errors, as a share of the most that is allowed"
DIFFERENCES = "Difference to the baseline (positive is better)"


def charts(judged: list[Judged]) -> list[Chart]:
    """Return a chart for each kind of rule that there is."""
    lines: dict[str, list[Interval]] = {}
    for one in judged:
        if one.drawn is None:
            continue
        metric, _, slice_ = one.check.subject.partition(" [")
        label = f"{one.drawn.label} [{slice_}" if slice_ else one.drawn.label
        line = one.drawn.model_copy(update={"label": label})
        if one.paired:
            lines.setdefault(f"{DIFFERENCES}{_unit(metric)}", []).append(line)
        elif metric in LOWER_IS_BETTER and line.threshold is not None and line.threshold > 0:
            lines.setdefault(LIMITS, []).append(_as_share(line, line.threshold))
        else:
            lines.setdefault(SCORES if metric != "predicted_classes" else metric, []).append(line)
    return [Intervals(title=title, items=items) for title, items in lines.items()]


def _unit(metric: str) -> str:
    return ", in the target's unit" if metric in {"mae", "rmse"} else ""


def _as_share(line: Interval, limit: float) -> Interval:
    ends = {name: None if end is None else end / limit for name, end in (("low", line.low), ("high", line.high))}
    return line.model_copy(update={"value": line.value / limit, "threshold": 1.0, **ends})
