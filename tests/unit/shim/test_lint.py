"""`lint`: exits 0 where every tool left a report to judge, whatever it says."""

# ruff: noqa: E501 - a case a line

from __future__ import annotations

import os
from pathlib import Path

import pytest

from .shims import Ran, Shim

GOOD = '"""A module."""\n\nNUMBER: int = 3\n'


def linting(shim: Shim, files: dict[str, str], tools: str = "ruff", paths: tuple[str, ...] = ("src", "tests")) -> Ran:
    shim.write(files)
    code, *tests = paths
    return shim.run("lint", "--tools", tools, "--code", code, "--", *(tests or ["tests"]))


def test_clean_code(shim: Shim) -> None:
    ran = linting(shim, {"src/a.py": GOOD}, "ruff,ruff-format")
    assert (ran.exit_code, ran.stderr) == (0, "")
    record = ran.record("collected.json")
    assert [(run["tool"], run["exit_code"]) for run in record["runs"]] == [("ruff", 0), ("ruff-format", 0)]
    assert record["root"] == str(shim.project)
    assert ran.record("ruff.sarif")["runs"][0]["results"] == []
    assert sorted(path.name for path in shim.project.iterdir()) == ["src"]  # no cache in the project


def test_what_ruffs_settings_leave_is_counted(shim: Shim) -> None:
    files = {"src/a.py": GOOD, "src/ä b.py": GOOD}
    assert linting(shim, files).record("collected.json")["runs"][0]["files"] == 2
    ran = linting(shim, {"ruff.toml": 'include = ["lib/*.py"]\n'})
    assert (ran.exit_code, ran.record("collected.json")["runs"][0]["files"]) == (0, 0)


@pytest.mark.parametrize(
    ("text", "rule"), [("import os\n", "F401"), ("def load(:\n", "invalid-syntax"), ("x = 1\r\nimport os\r\n", "F401")]
)
def test_ruffs_findings_are_a_verdict(shim: Shim, text: str, rule: str) -> None:
    ran = linting(shim, {"src/ä b.py": text})
    assert ran.exit_code == 0
    assert rule in {result["ruleId"] for result in ran.record("ruff.sarif")["runs"][0]["results"]}
    assert ran.record("collected.json")["runs"][0]["exit_code"] == 1


@pytest.mark.parametrize(
    ("text", "exit_code", "said"), [("x  =  1\n", 1, "src/a.py:1:3: unformatted: "), ("def load(:\n", 2, "src/a.py:1:10: invalid-syntax: ")]
)  # fmt: skip
def test_ruff_formats_findings_are_a_verdict(shim: Shim, text: str, exit_code: int, said: str) -> None:
    ran = linting(shim, {"src/a.py": text}, "ruff-format")
    assert ran.exit_code == 0
    assert ran.record("collected.json")["runs"][0]["exit_code"] == exit_code
    assert said in (ran.out / "ruff-format.txt").read_text()


def test_a_linter_that_hangs(shim: Shim) -> None:
    shim.write({"mypy.py": "import time\ntime.sleep(60)\n", "src/a.py": GOOD})
    ran = shim.run("lint", "--timeout", "1", "--tools", "mypy", "--code", "src", "--", "tests")
    assert ran.exit_code == 11
    assert "lint: mypy was stopped after 1 s and left no report to judge" in ran.sentence()


def test_a_syntax_error_is_a_verdict_of_mypy(shim: Shim) -> None:
    """Mypy exits 2 for it, as it does for a fault of its own."""
    ran = linting(shim, {"src/a.py": "def load(:\n"}, "mypy")
    assert ran.exit_code == 0
    assert ran.record("collected.json")["runs"][0]["exit_code"] == 2
    assert "src/a.py:1: error: " in (ran.out / "mypy.txt").read_text()


@pytest.mark.parametrize(
    ("files", "tools", "said"),
    [
        ({"ruff.toml": "select = 3\n"}, "ruff", "lint: ruff exited 2 and left no report to judge"),
        ({"ruff.toml": "select = 3\n"}, "ruff-format", "lint: ruff-format exited 2 and left no report to judge"),
        ({"mypy.py": "raise SystemExit(2)\n"}, "mypy", "lint: mypy exited 2 and left no report to judge (no output)"),
        ({"mypy.py": "raise SystemExit(1)\n"}, "mypy", "lint: mypy exited 1 and left no report to judge"),
        ({"ruff.py": "raise SystemExit(1)\n"}, "ruff-format", "lint: ruff-format exited 1 and left no report to judge"),
        ({"ruff.py": "raise SystemExit('No module named ruff')\n"}, "ruff", "(No module named ruff); expected findings or none"),
        ({"ruff.py": "raise SystemExit(0)\n"}, "ruff", "lint: ruff exited 0 and left no report to judge"),
    ],
)  # fmt: skip
def test_a_tool_that_leaves_no_report_is_no_verdict(shim: Shim, files: dict[str, str], tools: str, said: str) -> None:
    ran = linting(shim, {"src/a.py": GOOD, **files}, tools)
    assert ran.exit_code == 11
    assert said in ran.sentence()
    assert "collected.json" not in ran.left()


def test_an_earlier_report_is_not_taken_for_this_one(shim: Shim) -> None:
    assert linting(shim, {"src/a.py": GOOD}).exit_code == 0
    assert linting(shim, {"ruff.py": "raise SystemExit(0)\n"}).exit_code == 11


def test_code_that_is_not_there(shim: Shim) -> None:
    ran = linting(shim, {"app/a.py": GOOD})
    assert ran.exit_code == 11
    said = "lint: src is not there; expected the project's code; set code in [tool.ml-pipeline]"
    assert said in ran.sentence()


def test_code_that_is_not_there_beside_tests_that_are(shim: Shim) -> None:
    assert linting(shim, {"tests/test_a.py": GOOD}).exit_code == 11


def test_an_edit_that_keeps_time_and_size_is_seen(shim: Shim) -> None:
    for text, expected in (("x: int = 1\n", 0), ("x: str = 1\n", 1)):
        shim.write({"src/a.py": text})
        os.utime(shim.project / "src/a.py", (1_700_000_000, 1_700_000_000))
        ran = linting(shim, {}, "mypy")
        assert ran.record("collected.json")["runs"][0]["exit_code"] == expected


def test_a_folder_that_is_not_there_is_passed_over(shim: Shim) -> None:
    ran = linting(shim, {"src/a.py": "import os\n"})
    assert not Path(shim.project / "tests").exists()
    assert len(ran.record("ruff.sarif")["runs"][0]["results"]) == 1
