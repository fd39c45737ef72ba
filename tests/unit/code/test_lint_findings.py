"""From the linters' reports to one verdict and one SARIF log."""

# ruff: noqa: E501 - a case a line

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ml_steps.code.lint import SHOWN, judge
from ml_steps.errors import SetupError
from ml_steps.evidence import State

ROOT = "/home/a b"


def result(rule: str | None, uri: str, line: int, text: str) -> dict[str, Any]:
    place = {"artifactLocation": {"uri": uri}, "region": {"startLine": line}}
    return {"ruleId": rule, "message": {"text": text}, "locations": [{"physicalLocation": place}]}


def collected(folder: Path, runs: dict[str, int], sarif: list[Any] | None = None, files: int = 3, **texts: str) -> Path:
    """Write what the shim leaves: exit codes by tool, ruff's findings, and the others' output."""
    record = [{"tool": tool, "exit_code": code, "seconds": 0.5, "files": files} for tool, code in runs.items()]
    (folder / "collected.json").write_text(json.dumps({"command": "lint", "root": ROOT, "runs": record}))
    (folder / "ruff.sarif").write_text(json.dumps({"runs": [{"results": sarif or []}]}))
    for name, text in texts.items():
        (folder / f"{name.replace('_', '-')}.txt").write_text(text, encoding="utf-8")
    return folder


def test_no_findings_pass(tmp_path: Path) -> None:
    runs = {"ruff": 0, "ruff-format": 0, "mypy": 0}
    text = "src/a.py:3: note: x\n"
    evidence, sarif = judge(collected(tmp_path, runs, ruff_format="1 file already formatted\n", mypy=text))
    assert evidence.state is State.PASS
    assert evidence.headline == "no findings (ruff, ruff-format, mypy)"
    assert evidence.seconds == 1.5
    assert [(check.id, check.state) for check in evidence.checks] == [(tool, State.PASS) for tool in runs]
    assert [run["results"] for run in sarif["runs"]] == [[], [], []]


def test_the_findings_of_all_tools_in_one_log_with_relative_paths(tmp_path: Path) -> None:
    found = [
        result("F401", "file:///home/a%20b/src/%C3%A4%20%23.py", 3, "`os` imported but unused"),
        result(None, "file:///home/a%20b/src/b.py", 1, "syntax"),
    ]
    formatted = (
        "Would reformat: src/old.py\nsrc/new one.py:4:3: unformatted: File would be reformatted\n"
        "error: Failed to parse src/old.py:7:1: Expected x\nsrc/c.py:2:10: invalid-syntax: Expected y\n2 files would be\n"
    )
    typed = (
        f"src/a.py:5:9: error: Bad thing  [arg-type]\nsrc/a.py:5:9: note: see there\n{ROOT}/src/b.py:6: error: No code\n"
        "src/c.py:1:2:3:4: error: With its end  [misc]\nsrc/d.py: error: Duplicate module named x\n"
    )
    runs = {"ruff": 1, "ruff-format": 2, "mypy": 1}
    evidence, sarif = judge(collected(tmp_path, runs, found, ruff_format=formatted, mypy=typed))
    assert evidence.state is State.FAIL
    assert evidence.headline == "10 findings (ruff, ruff-format, mypy)"
    assert [(check.id, check.subject) for check in evidence.checks[3:]] == [
        ("ruff F401", "src/ä #.py:3"),
        ("ruff syntax", "src/b.py:1"),
        ("ruff-format format", "src/old.py:1"),
        ("ruff-format format", "src/new one.py:4"),
        ("ruff-format syntax", "src/old.py:7"),
        ("ruff-format syntax", "src/c.py:2"),
        ("mypy arg-type", "src/a.py:5"),
        ("mypy error", "src/b.py:6"),
        ("mypy misc", "src/c.py:1"),
        ("mypy error", "src/d.py:1"),
    ]
    assert [check.actual for check in evidence.checks[:3]] == ["2 findings", "4 findings", "4 findings"]
    assert [bool(check.detail) for check in evidence.checks] == [True] * 3 + [False] * 10  # what to do, once a tool
    assert [run["tool"]["driver"]["name"] for run in sarif["runs"]] == list(runs)
    assert [len(run["results"]) for run in sarif["runs"]] == [2, 4, 4]
    place = sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "src/%C3%A4%20%23.py"}, "region": {"startLine": 3}}


def test_a_failure_without_a_place_is_still_a_failure(tmp_path: Path) -> None:
    evidence, sarif = judge(collected(tmp_path, {"mypy": 1}, mypy="gibberish\n"))
    assert evidence.state is State.FAIL
    assert evidence.checks[1].actual == "mypy exited 1 without naming a place"
    assert len(sarif["runs"][0]["results"]) == 1


def test_a_linter_that_looked_at_no_file_fails(tmp_path: Path) -> None:
    evidence, _ = judge(collected(tmp_path, {"ruff": 0}, files=0))
    assert (evidence.state, evidence.headline) == (State.FAIL, "1 finding (ruff)")
    assert evidence.checks[1].actual.startswith("it looked at no file")


def test_many_findings_are_counted_in_full_and_listed_in_part(tmp_path: Path) -> None:
    found = [result("E501", "file:///home/a%20b/src/a.py", line, "long") for line in range(1, 1301)]
    evidence, sarif = judge(collected(tmp_path, {"ruff": 1}, found))
    assert evidence.headline == "1,300 findings (ruff)"
    assert evidence.facts == {"findings": 1300, "listed": SHOWN}
    assert len(evidence.checks) == SHOWN + 1
    assert len(sarif["runs"][0]["results"]) == 1300


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "collected.json: no record of lint can be read"),
        ("{", "collected.json: no record of lint can be read"),
        ("[]", "this is the record of 'list'; expected that of 'lint'"),
        ('{"command": "test"}', "this is the record of 'test'; expected that of 'lint'"),
    ],
)
def test_no_record_of_lint(tmp_path: Path, text: str | None, said: str) -> None:
    if text is not None:
        (tmp_path / "collected.json").write_text(text)
    with pytest.raises(SetupError, match=said):
        judge(tmp_path)


@pytest.mark.parametrize(("tool", "name"), [("ruff", "ruff.sarif"), ("mypy", "mypy.txt")])
def test_a_report_that_is_not_there(tmp_path: Path, tool: str, name: str) -> None:
    collected(tmp_path, {tool: 1})
    (tmp_path / name).unlink(missing_ok=True)
    with pytest.raises(SetupError, match=f"{name}: the report of {tool} cannot be read"):
        judge(tmp_path)
