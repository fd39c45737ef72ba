"""The report's summary as a page."""

from __future__ import annotations

from collections.abc import Mapping

import htpy as h
from htpy import Element

from ml_steps.evidence import BLOCKING, Evidence
from ml_steps.report.figures import figure
from ml_steps.report.layout import document, section, smoke_banner, stacked, state, verdict
from ml_steps.report.overview import HEAD, heading
from ml_steps.report.summary import StageLine, Summary, next_step
from ml_steps.report.text import title
from ml_steps.stages import duration

_CAPTION = (
    "In the order in which they run. Work time is what a stage's own work took when it ran: installing packages is not "
    "in it, and a result that was read from a cache keeps its own."
)


def index_page(summary: Summary, found: Mapping[str, Evidence]) -> str:
    """Return the overview page, with the first chart of every stage that has one."""
    of_project = f" of {summary.project}" if summary.project else ""
    revision = h.p(class_="note")["Revision ", h.code[summary.revision]]
    kind = h.p(class_="kind")[f"Pipeline report{of_project}"]
    failing = [_told(line, line.failing) for line in summary.stages if line.state in BLOCKING]
    warned = [_told(line, line.warned) for line in summary.stages if line.warned and line.state not in BLOCKING]
    charts = [
        figure(evidence.charts[0], f"{title(name)}: {evidence.charts[0].title}")
        for name, evidence in found.items()
        if evidence.charts
    ]
    return document(
        f"{summary.state}: pipeline report{of_project}",
        "Written by ml-pipeline from report.json beside this page.",
        h.header[kind, h.h1[heading(summary)], summary.revision and revision],
        summary.smoke and smoke_banner(),
        verdict(summary.state, next_step(summary.stages)),
        section("stages", "Stages", stacked("stages", _CAPTION, HEAD, [_stage(line) for line in summary.stages])),
        failing and section("failing", "What stops it", failing),
        warned and section("warned", "What warns", warned),
        charts and section("charts", "At a glance", h.div(class_="charts")[charts]),
    )


def _stage(line: StageLine) -> Element:
    name = title(line.name)
    return h.tr(role="row", class_=f"is-{line.state}")[
        h.th(scope="row", role="rowheader")[h.a(href=line.page)[name] if line.page else name],
        h.td(role="cell", class_="given")[state(line.state)],
        h.td({"data-name": "Work time"}, role="cell", class_="time")[duration(line.seconds) or "-"],
        h.td(role="cell", class_="figure")[line.figure()],
    ]


def _told(line: StageLine, checks: list[str]) -> Element:
    name = title(line.name)
    return h.article(class_=f"stop is-{line.state}")[
        h.h3[name, " ", state(line.state)],
        line.message and h.p[line.message],
        checks and h.ul[(h.li[said] for said in checks)],
        line.page and h.p[h.a(href=line.page)[f"All checks of {name}"]],
    ]
