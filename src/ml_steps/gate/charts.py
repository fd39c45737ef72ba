"""Each rule's interval against its threshold, on axes that they can share."""

from __future__ import annotations

from ml_steps.evidence import Chart, Interval, Intervals
from ml_steps.gate.judged import Judged
from ml_steps.metrics import LOWER_IS_BETTER, QUANTILE_ERRORS

SCORES = "Scores against their thresholds"
LIMITS = "Costs and errors, as a share of the most that is allowed"
DIFFERENCES = "Difference to the baseline (positive is better)"


def charts(judged: list[Judged]) -> list[Chart]:
    """Return a chart for each kind of rule that there is."""
    lines: dict[str, list[Interval]] = {}
    for one in judged:
        for line in one.drawn:
            if one.paired:
                lines.setdefault(f"{DIFFERENCES}{_unit(one.metric)}", []).append(line)
            elif one.metric in LOWER_IS_BETTER and line.threshold is not None and line.threshold > 0:
                lines.setdefault(LIMITS, []).append(_as_share(line, line.threshold))
            else:
                lines.setdefault(_scale(one.metric), []).append(line)
    return [Intervals(title=title, items=items) for title, items in lines.items()]


def _unit(metric: str) -> str:
    return ", in the target's unit" if metric in {"mae", "rmse", *QUANTILE_ERRORS} else ""


def _scale(metric: str) -> str:
    return metric if metric == "predicted_classes" else SCORES


def _as_share(line: Interval, limit: float) -> Interval:
    ends = {name: None if end is None else end / limit for name, end in (("low", line.low), ("high", line.high))}
    return line.model_copy(update={"value": line.value / limit, "threshold": 1.0, **ends})
