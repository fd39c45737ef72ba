"""The report's summary as Markdown, and its heading."""

from __future__ import annotations

from ml_steps.evidence import BLOCKING, State
from ml_steps.report.markdown import SMOKE, escape, grid
from ml_steps.report.summary import Summary, judge, next_step
from ml_steps.report.text import title
from ml_steps.stages import duration

HEADINGS = {State.PASS: "Pipeline passed", State.WARN: "Pipeline passed, with warnings"}
HEAD = ("Stage", "Verdict", "Work time", "Key figure")


def heading(summary: Summary) -> str:
    """Return the verdict as a heading: "Pipeline passed", or the stage that stops it."""
    _, _, decisive = judge(summary.stages)
    if decisive is None:
        return HEADINGS.get(summary.state, "No verdict")
    return f"Stopped by {title(decisive.name).lower()}"


def overview_markdown(summary: Summary) -> str:
    """Return the overview as Markdown: a line a stage, then what stops it and what warns."""
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
    parts.append(grid(HEAD, rows))
    for line in summary.stages:
        if line.state in BLOCKING and (line.failing or line.message):
            said = [said for said in (line.message, *line.failing) if said]
            parts.append(f"**{escape(title(line.name))}**\n\n" + "".join(f"- {escape(item, 400)}\n" for item in said))
        if line.warned:
            head = f"**{escape(title(line.name))} warns**\n\n"
            parts.append(head + "".join(f"- {escape(item, 400)}\n" for item in line.warned))
    origin = (("Project", summary.project), ("Revision", summary.revision))
    if any(value for _, value in origin):
        parts.append(" · ".join(f"{name} {escape(value)}" for name, value in origin if value) + "\n")
    return "\n".join(parts)
