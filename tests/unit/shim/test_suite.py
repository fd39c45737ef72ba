"""`test`: a complete JUnit report is a verdict; an exit code is none."""

from __future__ import annotations

import pytest

from .shims import Ran, Shim


def suite(shim: Shim, files: dict[str, str], *options: str, paths: tuple[str, ...] = ("tests",)) -> Ran:
    shim.write(files)
    return shim.run("test", *options, "--", *paths)


@pytest.mark.parametrize(
    ("text", "exit_code", "holds"),
    [
        ("def test_a(): pass\n", 0, '<testcase classname="tests.test_a" name="test_a"'),
        ("def test_a(): assert 1 == 2\n", 1, "assert 1 == 2"),
        ("import nowhere\n", 2, "ModuleNotFoundError"),
        ("def test_a(:\n", 2, "SyntaxError"),
        ("", 5, 'tests="0"'),
    ],
)
def test_a_report_is_a_verdict(shim: Shim, text: str, exit_code: int, holds: str) -> None:
    ran = suite(shim, {"tests/test_a.py": text})
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.left() == {"junit.xml", "collected.json"}
    assert ran.record("collected.json")["exit_code"] == exit_code
    assert holds in (ran.out / "junit.xml").read_text()


@pytest.mark.parametrize("exit_code", [3, 4])
def test_a_suite_that_pytest_itself_gave_up_is_no_verdict(shim: Shim, exit_code: int) -> None:
    """Beside a report that can be read, which says nothing of what was not run."""
    hook = f"def pytest_sessionfinish(session):\n    session.exitstatus = {exit_code}\n"
    ran = suite(shim, {"conftest.py": hook, "tests/test_a.py": "def test_a(): pass\n"})
    assert ran.exit_code == 11
    assert "and left no complete report" in ran.sentence()


@pytest.mark.parametrize("leave", ["os._exit(0)", "os._exit(1)", "os.kill(os.getpid(), 9)"])
def test_a_suite_that_leaves_no_report_is_no_verdict(shim: Shim, leave: str) -> None:
    ran = suite(shim, {"tests/test_a.py": f"import os\ndef test_a(): {leave}\n"})
    assert ran.exit_code == 11
    assert "and left no complete report" in ran.sentence()
    assert ran.left() == set()


def test_an_earlier_report_is_not_taken_for_this_one(shim: Shim) -> None:
    assert suite(shim, {"tests/test_a.py": "def test_a(): pass\n"}).exit_code == 0
    ran = suite(shim, {"tests/test_a.py": "import os\ndef test_a(): os._exit(0)\n"})
    assert ran.exit_code == 11
    assert ran.left() == set()


def test_a_suite_that_cannot_be_run_is_no_verdict(shim: Shim) -> None:
    ran = suite(
        shim, {"pytest.ini": "[pytest]\naddopts = --no-such-option\n", "tests/test_a.py": "def test_a(): pass\n"}
    )
    assert ran.exit_code == 11
    assert "test: pytest exited 4 and left no complete report" in ran.sentence()


def test_a_conftest_that_cannot_be_imported_names_its_line(shim: Shim) -> None:
    files = {
        "src/a.py": "X = (\n",
        "tests/conftest.py": "from src.a import X\n",
        "tests/test_a.py": "def test_a(): pass\n",
    }
    ran = suite(shim, files)
    assert ran.exit_code == 11
    assert (
        "complete report (SyntaxError: '(' was never closed) at src/a.py:1; expected a JUnit report" in ran.sentence()
    )
    ran = suite(shim, {"src/a.py": "raise KeyError('x')\n"})
    assert "(KeyError: 'x') at src/a.py:1; expected a JUnit report" in ran.sentence()


def test_inputs_are_there(shim: Shim) -> None:
    files = {"tests/test_a.py": "def test_a(): pass\n"}
    assert suite(shim, files, "--input=tests").exit_code == 0
    ran = suite(shim, files, "--input=tests", "--input=fixtures")
    assert ran.exit_code == 11
    assert 'test: inputs name "fixtures", which is not there; expected ' in ran.sentence()


def test_a_hanging_suite_fails(shim: Shim) -> None:
    ran = suite(shim, {"tests/test_a.py": "import time\ndef test_a(): time.sleep(60)\n"}, "--timeout", "2")
    assert ran.exit_code == 10
    assert "test: the suite was still running after 2 s and was stopped" in ran.sentence()
    assert "timeout in [tool.ml-pipeline.test]" in ran.sentence()
    assert ran.left() == set()


@pytest.mark.parametrize("paths", [("tests",), ("checks", "tests")])
def test_a_suite_that_is_not_there_fails(shim: Shim, paths: tuple[str, ...]) -> None:
    """Also where another one is: its tests would silently never run."""
    ran = suite(shim, {"checks/test_a.py": "def test_a(): pass\n"}, paths=paths)
    assert ran.exit_code == 10
    assert "test: tests is not there, so no test of it was collected; expected at least one test" in ran.sentence()
    assert ran.left() == set()


def test_the_suite_sees_the_project_as_python_m_pytest_does(shim: Shim) -> None:
    files = {"src/a.py": "X = 1\n", "tests/test_ä b.py": "from src.a import X\ndef test_a(): assert X\r\n"}
    ran = suite(shim, files)
    assert ran.record("collected.json")["exit_code"] == 0
