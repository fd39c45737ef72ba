"""From a JUnit report to a verdict on the test suite."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

from ml_steps import collected
from ml_steps.errors import SetupError
from ml_steps.evidence import Check, Evidence, State
from ml_steps.shim.system import lacking

NEXT_STEP = "Mend the code or the test; `python -m pytest` shows the whole failure."
MISSING_FILE = " A file that the tests read, such as data/train.csv, has to be named in [tool.ml-pipeline.test] inputs."
_FRAME = re.compile(
    r'^(?:(?P<path>[^\s:][^:\n]*\.py):(?P<line>\d+)(?::|$)|E? +File "(?P<file>[^"]+)", line (?P<at>\d+))', re.MULTILINE
)
"""A line of pytest's own tracebacks, or of Python's."""
SHOWN = 100
"""Failing tests listed one by one; junit.xml has all."""


def judge(folder: Path) -> Evidence:
    """Return the evidence of a test run: it passes when a test ran, none failed, and pytest exited 0.

    Raises SetupError when the shim's record or the JUnit report is not there.
    """
    record = collected.read(folder, "test")
    every = _cases(folder / "junit.xml")
    cases = [case for case in every if case.get("name") is not None]
    # pytest.exit leaves a case without a name, or within a fixture its own line alone.
    exits = [line.strip("! ") for line in record["tail"] if line.startswith("!") and "_pytest.outcomes.Exit" in line]
    stopped = bool(exits) or len(cases) < len(every)
    failing = [case for case in cases if _complaint(case) is not None]
    skipped = sum(case.find("skipped") is not None and _complaint(case) is None for case in cases)
    passed = len(cases) - len(failing) - skipped
    ran = passed + len(failing)
    nothing = "A suite that runs nothing proves nothing: add a test, or set tests in [tool.ml-pipeline]."
    checks = [
        Check(
            id="tests ran",
            state=_state(ran > 0),
            actual=str(ran),
            expected="1 or more",
            detail="" if ran else nothing,
        ),
        Check(
            id="tests pass",
            state=_state(not failing),
            actual=f"{len(failing)} of {len(cases)} fail",
            expected="0 fail",
            detail=f"{NEXT_STEP}{_lacking(failing)}" if failing else "",
        ),
    ]
    exit_code = record["exit_code"]
    if stopped or (exit_code != 0 and not failing and passed):
        said = exits or [line.strip() for line in record["tail"] if line.strip()]
        last = said[-1] if said else "no output"
        actual = f"exited {exit_code}{' before the end' if stopped else ''}"
        checks.append(
            Check(id="pytest", state=State.FAIL, actual=actual, expected="0, after every test", detail=last[:200])
        )
    checks += [_check(case, record["root"]) for case in failing[:SHOWN]]
    state = State.FAIL if any(check.state is State.FAIL for check in checks) else State.PASS
    counts = [
        f"{passed} passed",
        *([f"{len(failing)} failed"] if failing else []),
        *([f"{skipped} skipped"] if skipped else []),
    ]
    return Evidence(
        stage="test",
        state=state,
        headline=", ".join(counts) if cases else "no test was collected",
        seconds=round(record["seconds"], 3),
        facts={"passed": passed, "failed": len(failing), "skipped": skipped, "exit_code": exit_code},
        checks=checks,
    )


def _lacking(failing: list[ElementTree.Element]) -> str:
    """Say how the tests get a library, or a file of the project: they have the code, themselves, and what is named."""
    messages = [_said(*_complained(case)) for case in failing]
    library = next(filter(None, map(lacking, messages)), "")
    files = MISSING_FILE if any("FileNotFoundError" in message for message in messages) else ""
    return f" Or {library}.{files}" if library else files


def _cases(path: Path) -> list[ElementTree.Element]:
    try:
        return list(ElementTree.parse(path).getroot().iter("testcase"))  # noqa: S314 - the shim's own file
    except (OSError, ElementTree.ParseError) as error:
        raise SetupError(
            f"{path}: the JUnit report cannot be read ({error}); expected that of the test run; run test again."
        ) from None


def _state(good: bool) -> State:
    return State.PASS if good else State.FAIL


def _complaint(case: ElementTree.Element) -> ElementTree.Element | None:
    failure = case.find("failure")
    return failure if failure is not None else case.find("error")


def _complained(case: ElementTree.Element) -> tuple[str, str]:
    """Return the message of what went wrong and its whole text."""
    complaint = _complaint(case)
    return ("", "") if complaint is None else (complaint.get("message", ""), complaint.text or "")


def _check(case: ElementTree.Element, root: str) -> Check:
    message, text = _complained(case)
    return Check(
        id=".".join(part for part in (case.get("classname", ""), case.get("name", "")) if part),
        state=State.FAIL,
        subject=_place(text, root),
        actual=_said(message, text)[:300],
        expected="to pass",
    )


def _place(text: str, root: str) -> str:
    """Return `file:line` of the last frame in the project's own files; empty where pytest shows none."""
    found = [(match["path"] or match["file"], match["line"] or match["at"]) for match in _FRAME.finditer(text)]
    found = [(path.removeprefix(f"{root}/"), line) for path, line in found]
    own = [f"{path}:{line}" for path, line in found if not path.startswith(("/", "<", "../"))]
    return own[-1] if own else ""


def _said(message: str, text: str) -> str:
    """Return the first two lines of what was raised; of a file that cannot be imported the last."""
    # Pytest marks what was raised with an E.
    raised = [line[2:] for line in text.splitlines() if line.startswith("E ")]
    if message in ("", "collection failure"):
        lines = raised[-1:] or [text]
    else:
        lines = raised if message.startswith("failed on ") else message.splitlines()
    first = [" ".join(line.split()) for line in lines if line.strip()][:2]
    return ("AssertionError: " if first and first[0].startswith("assert ") else "") + "; ".join(first)
