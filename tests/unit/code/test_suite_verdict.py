"""From a JUnit report to a verdict on the test suite."""

# ruff: noqa: E501 - a case a line

from __future__ import annotations

import json
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pytest

from ml_steps.code.suite import SHOWN, judge
from ml_steps.errors import SetupError
from ml_steps.evidence import State

PASSED = '<testcase classname="tests.test_a" name="test_one" time="0.1"/>'
SKIPPED = '<testcase classname="tests.test_a" name="test_two"><skipped message="no GPU"/></testcase>'
FAILED = '<testcase classname="tests.test_a" name="test_three"><failure message="assert 1 == 2&#10;  &#10;  where">E   assert 1 == 2&#10;tests/test_a.py:3: AssertionError</failure></testcase>'
ERROR = '<testcase classname="" name="tests.test_b"><error message="collection failure">where&#10;E   first&#10;E   ModuleNotFoundError: x</error></testcase>'
NAMELESS = '<testcase time="0.0"/>'  # what pytest.exit within a test leaves
BOTH = '<testcase classname="tests.test_a" name="test_four"><skipped message="no GPU"/><error message="teardown">E   x</error></testcase>'


def collected(folder: Path, cases: str, exit_code: int, tail: list[str] | None = None) -> Path:
    record = {"command": "test", "exit_code": exit_code, "root": "/work", "seconds": 2.0004, "tail": tail or []}
    (folder / "collected.json").write_text(json.dumps(record))
    (folder / "junit.xml").write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
    return folder


@pytest.mark.parametrize(
    ("cases", "exit_code", "state", "headline"),
    [
        (PASSED, 0, State.PASS, "1 passed"),
        (PASSED + SKIPPED, 0, State.PASS, "1 passed, 1 skipped"),
        (PASSED + FAILED, 1, State.FAIL, "1 passed, 1 failed"),
        (PASSED + FAILED, 0, State.FAIL, "1 passed, 1 failed"),
        (ERROR, 2, State.FAIL, "0 passed, 1 failed"),
        (PASSED + FAILED + ERROR + SKIPPED, 1, State.FAIL, "1 passed, 2 failed, 1 skipped"),
        (SKIPPED, 0, State.FAIL, "0 passed, 1 skipped"),
        ("", 5, State.FAIL, "no test was collected"),
        ("", 0, State.FAIL, "no test was collected"),
        (PASSED, 1, State.FAIL, "1 passed"),
        (PASSED + NAMELESS, 0, State.FAIL, "1 passed"),
        (NAMELESS, 0, State.FAIL, "no test was collected"),
        (PASSED + BOTH, 1, State.FAIL, "1 passed, 1 failed"),
    ],
)
def test_verdict(tmp_path: Path, cases: str, exit_code: int, state: State, headline: str) -> None:
    evidence = judge(collected(tmp_path, cases, exit_code))
    assert (evidence.state, evidence.headline) == (state, headline)
    assert evidence.exit_code() == (0 if state is State.PASS else 10)
    assert evidence.seconds == 2.0


def test_failing_tests_are_named_with_their_first_words(tmp_path: Path) -> None:
    evidence = judge(collected(tmp_path, PASSED + FAILED + ERROR, 1))
    failing = {check.id: check.actual for check in evidence.checks[2:]}
    assert failing == {
        "tests.test_a.test_three": "AssertionError: assert 1 == 2; where",
        "tests.test_b": "ModuleNotFoundError: x",
    }
    assert [check.actual for check in evidence.checks[:2]] == ["3", "2 of 3 fail"]
    assert [check.id for check in evidence.checks if check.detail] == ["tests pass"]  # what to do, once


@pytest.mark.parametrize(("kind", "told"), [("FileNotFoundError", True), ("ValueError", False)])
def test_a_file_that_tests_do_not_find_is_to_be_named(tmp_path: Path, kind: str, told: bool) -> None:
    failed = f'<testcase classname="t" name="a"><failure message="{kind}: data/train.csv">x</failure></testcase>'
    evidence = judge(collected(tmp_path, PASSED + failed, 1))
    assert ("[tool.ml-pipeline.test] inputs" in evidence.checks[1].detail) is told


def test_a_shared_library_that_the_image_lacks_is_to_be_named(tmp_path: Path) -> None:
    error = "E   OSError: libgomp.so.1: cannot open shared object file: No such file or directory"
    failed = f'<testcase name="tests.test_b"><error message="collection failure">{error}</error></testcase>'
    evidence = judge(collected(tmp_path, PASSED + failed, 2))
    assert "name Debian's package of it (libgomp1) with system in" in evidence.checks[1].detail


@pytest.mark.parametrize(
    ("message", "text", "place", "said"),
    [
        ("ValueError: bad", "tests/test_a.py:3: \n_ _\nsrc/a.py:2: ValueError", "src/a.py:2", "ValueError: bad"),
        ("KeyError: 'x'", "tests/test_a.py:3: \n/lib/json.py:9: KeyError", "tests/test_a.py:3", "KeyError: 'x'"),
        ("assert 0", "/work/tests/ä b.py:7: in test_a", "tests/ä b.py:7", "AssertionError: assert 0"),
        ("Failed: no", "Failed: no", "", "Failed: no"),
        (
            "collection failure",
            '<frozen x>:9: in f\n/lib/ast.py:50: in parse\nE     File "/work/tests/test_a.py", line 1\nE   SyntaxError: no',
            "tests/test_a.py:1",
            "SyntaxError: no",
        ),
        (
            'failed on setup with "file /work/tests/test_a.py, line 9"',
            "E       fixture 'x' not found\n\n/work/tests/test_a.py:9",
            "tests/test_a.py:9",
            "fixture 'x' not found",
        ),
    ],
)
def test_a_failing_test_says_where_and_what(tmp_path: Path, message: str, text: str, place: str, said: str) -> None:
    case = f'<testcase classname="t" name="a"><failure message={quoteattr(message)}>{escape(text)}</failure></testcase>'
    check = judge(collected(tmp_path, case, 1)).checks[-1]
    assert (check.subject, check.actual) == (place, said)


def test_a_failing_exit_code_without_a_failing_test_fails_and_says_why(tmp_path: Path) -> None:
    """As coverage does, when too little of the code was run."""
    tail = ["1 passed", "FAIL Required test coverage of 90% not reached.", " "]
    evidence = judge(collected(tmp_path, PASSED, 1, tail))
    assert evidence.state is State.FAIL
    assert evidence.checks[-1].id == "pytest"
    assert evidence.checks[-1].actual == "exited 1"
    assert evidence.checks[-1].detail == "FAIL Required test coverage of 90% not reached."


def test_a_suite_that_ended_itself_says_so(tmp_path: Path) -> None:
    tail = ["!!!!! _pytest.outcomes.Exit: no accelerator !!!!!", "====== 1 passed in 0.01s ======"]
    evidence = judge(collected(tmp_path, PASSED + NAMELESS, 0, tail))
    check = next(check for check in evidence.checks if check.id == "pytest")
    assert (check.actual, check.expected) == ("exited 0 before the end", "0, after every test")
    assert check.detail == "_pytest.outcomes.Exit: no accelerator"


def test_a_suite_that_a_fixture_ended_is_no_pass(tmp_path: Path) -> None:
    """In its JUnit report nothing is missing but the tests that never ran."""
    tail = ["!!!!! _pytest.outcomes.Exit: bye !!!!!", "====== 1 passed in 0.01s ======"]
    assert judge(collected(tmp_path, PASSED, 0, tail)).state is State.FAIL


def test_a_suite_that_ran_nothing_says_what_to_do(tmp_path: Path) -> None:
    [ran, _] = judge(collected(tmp_path, SKIPPED, 0)).checks
    assert (ran.state, ran.actual, ran.expected) == (State.FAIL, "0", "1 or more")
    assert "add a test, or set tests in [tool.ml-pipeline]" in ran.detail


def test_many_failing_tests_are_counted_in_full_and_listed_in_part(tmp_path: Path) -> None:
    evidence = judge(collected(tmp_path, FAILED * 150, 1))
    assert evidence.facts["failed"] == 150
    assert len(evidence.checks) == 2 + SHOWN


@pytest.mark.parametrize("text", [None, "<testsuites>"])
def test_no_report(tmp_path: Path, text: str | None) -> None:
    collected(tmp_path, PASSED, 0)
    (tmp_path / "junit.xml").unlink()
    if text:
        (tmp_path / "junit.xml").write_text(text)
    with pytest.raises(SetupError, match=r"junit\.xml: the JUnit report cannot be read"):
        judge(tmp_path)


def test_no_record(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="no record of test can be read"):
        judge(tmp_path)
