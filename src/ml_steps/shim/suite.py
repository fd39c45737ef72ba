"""Run the project's test suite; a verdict is a complete JUnit report, not an exit code."""

from __future__ import annotations

import argparse
from pathlib import Path
from xml.etree import ElementTree

from . import inputs, process, record

NO_TESTS_COLLECTED = 5


def run(options: argparse.Namespace, secrets: dict[str, str]) -> None:
    """Run pytest under the time limit, and save its JUnit report and exit code."""
    inputs.refuse_missing("test", options.inputs)
    for path in options.rest:
        if not Path(path).exists():
            raise record.Stop(
                record.FAIL,
                f"test: {path} is not there, so no test of it was collected; expected at least one test; "
                "add tests, or set tests in [tool.ml-pipeline] of pyproject.toml.",
            )
    record.clear(options.out, "junit.xml", "collected.json")
    junit = options.out.resolve() / "junit.xml"
    command = ["python", "-m", "pytest", f"--junitxml={junit}", *options.rest]
    result = process.run(command, options.timeout, secrets)
    if result.timed_out:
        raise record.Stop(
            record.FAIL,
            f"test: the suite was still running after {options.timeout:g} s and was stopped; expected it to end; "
            "mend the hanging test, or raise timeout in [tool.ml-pipeline.test].",
        )
    # pytest exits 2 on an import error yet writes its report; a test that calls os._exit(0) leaves none.
    if result.exit_code not in (0, 1, 2, NO_TESTS_COLLECTED) or not _readable(junit):
        said = result.last_line().removeprefix("E ").strip()
        raise record.Stop(
            record.SETUP,
            f"test: pytest {result.ended()} and left no complete report ({said}){result.place()}; expected a JUnit "
            "report; run `python -m pytest` in the project.",
        )
    record.write(
        options.out,
        "collected.json",
        {
            "command": "test",
            "root": str(Path.cwd()),
            "exit_code": result.exit_code,
            "seconds": result.seconds,
            "tail": result.tail,
        },
    )


def _readable(junit: Path) -> bool:
    try:
        root = ElementTree.parse(junit).getroot()  # noqa: S314 - written by the project's own pytest just now
    except (OSError, ElementTree.ParseError):
        return False
    return root.find("testsuite") is not None
