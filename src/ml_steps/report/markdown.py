"""Evidence as Markdown for a job summary or a pull request's comment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ml_steps.evidence import Bars, Chart, Check, Evidence, Histogram, Interval, Matrix, Pairs, Table
from ml_steps.report.order import BRACKETS, RULES, failing_first, tally
from ml_steps.report.text import clean, clip, number, title
from ml_steps.stages import duration

MOST_CHARACTERS = 60_000
"""A comment on GitHub holds 65,536 characters."""
SMOKE = "> **SMOKE run**: cut down to show that every step works; it measures nothing and is never published.\n"
_CELL = 300
_SPECIAL = re.compile(r"[\\`*\[\]|~$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
"""What may be markup; an underscore within a word is none."""


def escape(text: str, width: int = _CELL) -> str:
    """Return text that stands as itself in a cell: nothing of it is markup, mentions a person or an issue."""
    safe = clip(clean(text), width).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    safe = _SPECIAL.sub(r"\\\g<0>", safe)
    # A zero-width space: GitHub links mentions after it has undone every escape.
    return re.sub(r"(?<![A-Za-z0-9_])@(?=\w)|#(?=\d)", "\\g<0>\u200b", safe)


def grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; the cells are Markdown already."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def markdown(evidence: Evidence) -> str:
    """Return the verdict, the checks with the failing ones first, the facts and the charts as tables.

    What does not fit a comment is left out, and said so: charts first, then checks from the end.
    """
    parts = [f"### {escape(title(evidence.stage))}: {evidence.state}\n"]
    took = f" ({duration(evidence.seconds)})" if evidence.seconds is not None else ""
    parts.append(f"{escape(evidence.headline)}{took}\n")
    if evidence.smoke:
        parts.append(SMOKE)
    if evidence.checks:
        parts.append(_checks(failing_first(evidence.checks), MOST_CHARACTERS // 2))
        if evidence.stage == RULES:
            parts.append(f"{BRACKETS.capitalize()}.\n")
    if evidence.facts:
        rows = [(escape(name.replace("_", " ")), escape(number(value))) for name, value in evidence.facts.items()]
        parts.append(grid(("Fact", "Value"), rows))
    for chart in evidence.charts:
        head, rows_of_chart = chart_table(chart)
        cells = [[escape(cell) for cell in row] for row in rows_of_chart]
        table = grid([escape(cell) for cell in head], cells)
        part = f"<details><summary>{escape(chart.title)}</summary>\n\n{table}\n</details>\n"
        if sum(len(said) + 1 for said in [*parts, part]) < MOST_CHARACTERS:
            parts.append(part)
    return "\n".join(parts)


def _checks(checks: Sequence[Check], budget: int) -> str:
    rows: list[tuple[str, ...]] = []
    for check in checks:
        row = _check(check)
        budget -= sum(map(len, row))
        if budget < 0:
            break
        rows.append(row)
    table = grid(("Verdict", "Check", "Subject", "Actual", "Expected", "What to do"), rows)
    left_out = len(checks) - len(rows)
    return table + (f"\n… and {left_out} more ({tally(checks)} in all); see the JSON file.\n" if left_out else "")


def _check(check: Check) -> tuple[str, ...]:
    state = f"**{check.state}**" if check.required else f"{check.state} (advisory)"
    detail = "<br>".join(escape(part) for part in (check.detail, *check.places) if part)
    return (
        state,
        escape(check.id),
        escape(check.subject),
        escape(check.actual),
        escape(check.expected),
        detail,
    )


def chart_table(chart: Chart) -> tuple[list[str], list[list[str]]]:
    """Return a chart as the head and the rows of a table, as plain text."""
    if isinstance(chart, Bars):
        head = ["Name", f"Value ({chart.unit})" if chart.unit else "Value"]
        return head, [[label, number(value)] for label, value in zip(chart.labels, chart.values, strict=True)]
    if isinstance(chart, Pairs):
        head = ["Name", *(f"{name} ({chart.unit})" if chart.unit else name for name in chart.series)]
        return head, [[label, *map(number, pair)] for label, pair in zip(chart.labels, chart.values, strict=True)]
    if isinstance(chart, Histogram):
        bins = zip(chart.edges[:-1], chart.edges[1:], chart.counts, strict=True)
        return ["From", "To", "Count"], [[number(low), number(high), number(count)] for low, high, count in bins]
    if isinstance(chart, Matrix):
        head = [f"{chart.row_label} \\ {chart.column_label}", *chart.columns]
        return head, [[row, *map(number, counts)] for row, counts in zip(chart.rows, chart.counts, strict=True)]
    if isinstance(chart, Table):
        return chart.head, [list(map(number, row)) for row in chart.rows]
    judged = any(item.threshold is not None for item in chart.items)
    head = ["Name", "Value", "From", "To", "Threshold", "Verdict"][: 6 if judged else 4]
    return head, [_interval(item)[: len(head)] for item in chart.items]


def _interval(item: Interval) -> list[str]:
    verdict = "-" if item.threshold is None else str(item.state)
    return [item.label, *map(number, (item.value, item.low, item.high, item.threshold)), verdict]
