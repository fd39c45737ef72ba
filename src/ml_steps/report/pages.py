"""Evidence as a self-contained HTML page: one file, no script, no request, readable without colour."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ml_steps.evidence import Evidence
from ml_steps.report import geometry
from ml_steps.report.markdown import chart_table
from ml_steps.report.order import failing_first, needs_attention, tally
from ml_steps.report.text import clean, duration, number, title

MOST = 500
"""Checks on a page; failing ones stand first, and the rest is in the JSON file."""


def page(evidence: Evidence) -> str:
    """Return the page of a stage: verdict, checks with the failing ones first, charts and facts."""
    checks = failing_first(evidence.checks)
    return draw(
        "evidence.html.j2",
        evidence=evidence,
        checks=checks[:MOST],
        left_out=len(checks[MOST:]),
        tally=tally(checks),
    )


def draw(template: str, **values: Any) -> str:
    """Return the template filled with the values; every string among them is escaped."""
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("ml_steps.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"number": number, "duration": duration, "heading": title}
    environment.globals |= {
        "geometry": geometry,
        "needs_attention": needs_attention,
        "chart_table": chart_table,
    }
    return environment


def _harmless(value: Any) -> Any:
    """Make control characters visible in every string that is not markup of ours."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value
