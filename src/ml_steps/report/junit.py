"""Evidence as JUnit XML, which CI systems show without knowing this project."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from ml_steps.evidence import BLOCKING, Check, Evidence, State
from ml_steps.report.order import blocks, sentence
from ml_steps.report.text import clean

ORIGIN = "ml-steps"
"""The name of the outermost element, by which a file of ours is known from a test runner's."""


def junit(evidence: Evidence) -> str:
    """Return a test suite with a test case a check.

    A required check that does not pass is a failure (state ERROR: an error); SKIP is skipped; warnings
    and advisory checks pass and say so in system-out. Where the stage failed and no check says why, a case
    named after the stage does, so that a failed stage never reads as green.
    """
    checks = list(evidence.checks)
    if not checks or (evidence.state in BLOCKING and not any(blocks(check) for check in checks)):
        checks.append(Check(id=evidence.stage, state=evidence.state, actual=evidence.headline))
    states = [check.state for check in checks if check.required]
    counts = {
        "tests": str(len(checks)),
        "failures": str(states.count(State.FAIL) + states.count(State.INSUFFICIENT)),
        "errors": str(states.count(State.ERROR)),
        "skipped": str([check.state for check in checks].count(State.SKIP)),
        "time": f"{evidence.seconds or 0:.3f}",
    }
    root = ET.Element("testsuites", {"name": ORIGIN, **counts})
    suite = ET.SubElement(root, "testsuite", {"name": clean(evidence.stage), **counts})
    for check in checks:
        _case(suite, evidence.stage, check)
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _case(suite: ET.Element, stage: str, check: Check) -> None:
    name = f"{check.id} ({check.subject})" if check.subject else check.id
    case = ET.SubElement(suite, "testcase", {"classname": _xml(stage), "name": _xml(name), "time": "0"})
    message = _xml(sentence(check))
    body = "\n".join(_xml(line) for line in (sentence(check), *check.places[1:]))
    if check.state is State.SKIP:
        ET.SubElement(case, "skipped", {"message": message})
    elif blocks(check):
        tag = "error" if check.state is State.ERROR else "failure"
        ET.SubElement(case, tag, {"message": message, "type": str(check.state)}).text = body
    elif check.state is not State.PASS:
        ET.SubElement(case, "system-out").text = body


def _xml(text: str) -> str:
    """Return the text without what XML 1.0 cannot hold: control characters and two non-characters."""
    return clean(text).replace("\ufffe", "�").replace("\uffff", "�")
