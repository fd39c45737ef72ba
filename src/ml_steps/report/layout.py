"""What the pages share: the document, and its building blocks."""

from __future__ import annotations

import re
from pathlib import Path

import htpy as h
from htpy import Element, Node
from markupsafe import Markup

from ml_steps.evidence import Check
from ml_steps.report.order import needs_attention
from ml_steps.report.text import clean

_CONTENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_TO_CLEAN = re.compile(r"[^ -~]+")
"""None of these is ours: they come with what evidence quotes."""


def document(title: str, footer: str, *main: Node) -> str:
    """Return a self-contained page: one file, no script, no request; every string in it is escaped and harmless."""
    made = h.html(lang="en")[
        h.head[
            h.meta(charset="utf-8"),
            h.meta(name="viewport", content="width=device-width, initial-scale=1"),
            h.meta(name="color-scheme", content="light dark"),
            h.meta({"http-equiv": "Content-Security-Policy"}, content=_CONTENT_POLICY),
            h.title[title],
            h.style[_style()],
        ],
        h.body[h.main[main], h.footer[footer]],
    ]
    return _TO_CLEAN.sub(lambda found: clean(found[0]), str(made)) + "\n"


def _style() -> Markup:
    lines = Path(__file__).with_name("style.css").read_text("utf-8").split()
    return Markup(" ".join(lines))  # noqa: S704 - a file of ours


def section(name: str, heading: str, *inside: Node) -> Element:
    """Return a section that its heading names."""
    return h.section({"aria-labelledby": name})[h.h2(id=name)[heading], inside]


def state(word: str) -> Element:
    """Return a state as a badge."""
    return h.span(class_=f"state is-{word}")[word]


def verdict(word: str, headline: str) -> Element:
    """Return the verdict of a page."""
    return h.div(class_=f"verdict is-{word}")[h.p(class_="word")[word], h.p(class_="headline")[headline]]


def smoke_banner() -> Element:
    """Return what a smoke run says of itself."""
    said = " Cut down to show that every step works: it measures nothing and is never published."
    return h.p(class_="banner")[h.strong["SMOKE run."], said]


def parts(text: str, separator: str) -> Node:
    """Return a long name that may be broken after each separator."""
    first, *rest = text.split(separator)
    return [first, *([separator, h.wbr, part] for part in rest)]


def stacked(kind: str, caption: str, head: tuple[str, ...], rows: list[Element]) -> Element:
    """Return a table that a narrow screen lays out as blocks; the roles say what the elements then no longer do."""
    return h.table(class_=f"{kind} stack", role="table")[
        h.caption[caption],
        h.thead(role="rowgroup")[h.tr(role="row")[(h.th(scope="col", role="columnheader")[name] for name in head)]],
        h.tbody(role="rowgroup")[rows],
    ]


def check_table(checks: list[Check], caption: str) -> Element:
    """Return checks with what was found and expected and, where one of them says it, what to do."""
    told = any(check.detail or check.places for check in checks)
    head = ("Verdict", "Check", "Actual", "Expected", *(["What to do"] if told else []))
    return stacked("checks", caption, head, [_check(check, told) for check in checks])


def _check(check: Check, told: bool) -> Element:
    badge = [state(check.state), None if check.required else [" ", h.span(class_="advisory")["advisory"]]]
    subject = h.span(class_="subject")[check.subject] if check.subject != check.id else None
    return h.tr(role="row", class_={"attention": needs_attention(check), f"is-{check.state}": True})[
        h.td(role="cell", class_="given")[badge],
        h.th(scope="row", role="rowheader")[h.code[parts(check.id, ".")], check.subject and subject],
        h.td({"data-name": "Actual"}, role="cell")[check.actual or "-"],
        h.td({"data-name": "Expected"}, role="cell")[check.expected or "-"],
        told and _what_to_do(check),
    ]


def _what_to_do(check: Check) -> Element:
    blank = not check.detail and not check.places
    places = h.ul(class_="places")[(h.li[h.code[place]] for place in check.places)]
    return h.td(role="cell", class_="blank" if blank else None)[check.detail, check.places and places]
