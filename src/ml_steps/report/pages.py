"""Evidence as a self-contained HTML page: one file, no script, no request, readable without colour."""

from __future__ import annotations

import htpy as h
from htpy import Element

from ml_steps.evidence import Evidence
from ml_steps.report.figures import figure
from ml_steps.report.layout import check_table, document, section, smoke_banner, verdict
from ml_steps.report.order import BRACKETS, RULES, failing_first, tally
from ml_steps.report.text import number, title
from ml_steps.stages import duration

MOST = 500
"""Checks on a page; failing ones stand first, and the rest is in the JSON file."""


def page(evidence: Evidence) -> str:
    """Return the page of a stage: verdict, checks with the failing ones first, charts and facts."""
    return document(
        f"{evidence.state}: {title(evidence.stage)}",
        "Written by ml-pipeline from the JSON file beside this page.",
        h.header[h.p(class_="kind")["Evidence"], h.h1[title(evidence.stage)]],
        evidence.smoke and smoke_banner(),
        verdict(evidence.state, evidence.headline),
        evidence.checks and _checks(evidence),
        evidence.charts
        and section("charts", "Charts", h.div(class_="charts")[(figure(one, one.title) for one in evidence.charts)]),
        _facts(evidence),
    )


def _checks(evidence: Evidence) -> Element:
    checks = failing_first(evidence.checks)
    left_out = len(checks[MOST:])
    more = h.p(class_="note")[f"{left_out} more are in the JSON file beside this page."]
    caption = f"{tally(checks)}; {BRACKETS}" if evidence.stage == RULES else tally(checks)
    return section("checks", "Checks", check_table(checks[:MOST], caption), left_out > 0 and more)


def _facts(evidence: Evidence) -> Element | None:
    facts = [(name.replace("_", " "), number(value)) for name, value in evidence.facts.items()]
    if evidence.seconds is not None:
        facts.append(("work time", duration(evidence.seconds)))
    if not facts:
        return None
    return section("facts", "Facts", h.dl(class_="facts")[(h.div[h.dt[name], h.dd[said]] for name, said in facts)])
