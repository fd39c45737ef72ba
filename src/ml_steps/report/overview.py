"""The report's summary as a page and as Markdown."""

from __future__ import annotations

from collections.abc import Mapping

from ml_steps.evidence import BLOCKING, Evidence, State
from ml_steps.report.markdown import SMOKE, escape, grid
from ml_steps.report.summary import Summary, judge, next_step
from ml_steps.report.text import duration, title

HEADINGS = {State.PASS: "Pipeline passed", State.WARN: "Pipeline passed, with warnings"}


def heading(summary: Summary) -> str:
    """Return the verdict as a heading: "Pipeline passed", or the stage that stops it."""
    _, _, decisive = judge(summary.stages)
    if decisive is None:
        return HEADINGS.get(summary.state, "No verdict")
    return f"Stopped by {title(decisive.name).lower()}"


def overview_html(summary: Summary, found: Mapping[str, Evidence]) -> str:
    """Return the overview page, with the first chart of every stage that has one."""
    from ml_steps.report.pages import draw

    return draw(
        "index.html.j2",
        summary=summary,
        heading=heading(summary),
        next_step=next_step(summary.stages),
        failing=[line for line in summary.stages if line.state in BLOCKING],
        key_charts=[(name, evidence.charts[0]) for name, evidence in found.items() if evidence.charts],
    )


def overview_markdown(summary: Summary) -> str:
    """Return the overview as Markdown: a line a stage, then what stops it."""
    parts = [
        f"## {summary.state}: {escape(heading(summary))}\n",
        f"{escape(next_step(summary.stages))}\n",
    ]
    if summary.smoke:
        parts.append(SMOKE)
    rows = [
        (
            escape(title(line.name)),
            f"**{line.state}**",
            duration(line.seconds) or "-",
            escape(line.figure()),
        )
        for line in summary.stages
    ]
    parts.append(grid(("Stage", "Verdict", "Work time", "Key figure"), rows))
    for line in summary.stages:
        if line.state in BLOCKING and (line.failing or line.message):
            said = [said for said in (line.message, *line.failing) if said]
            parts.append(f"**{escape(title(line.name))}**\n\n" + "".join(f"- {escape(item, 400)}\n" for item in said))
    origin = (("Project", summary.project), ("Revision", summary.revision))
    if any(value for _, value in origin):
        parts.append(" · ".join(f"{name} {escape(value)}" for name, value in origin if value) + "\n")
    return "\n".join(parts)
