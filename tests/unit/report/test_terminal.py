from __future__ import annotations

import io
import subprocess
import sys

import pytest

from ml_steps.evidence import Check, Evidence, State
from ml_steps.report.terminal import MOST, fit, in_colour, show, table
from ml_steps.report.text import columns

from . import examples

DIFFERENCE = "difference 0.0027 [-0.001, 0.006399]"


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("width", [40, 80, 100])
@pytest.mark.parametrize(
    "evidence", [examples.lint(40), examples.data(failing=True), examples.gate(failing=True), examples.hostile()]
)
def test_no_line_is_wider_than_the_terminal(evidence: Evidence, width: int) -> None:
    assert max(columns(line) for line in table(evidence, width).splitlines()) <= width


def test_the_width_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert table(examples.data(failing=True)) == table(examples.data(failing=True), 60)
    monkeypatch.delenv("COLUMNS")
    monkeypatch.setattr("os.get_terminal_size", lambda *_: (_ for _ in ()).throw(OSError))
    assert table(examples.data(failing=True)) == table(examples.data(failing=True), 100)


def test_what_is_no_terminal_gets_whole_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    check = Check(id="long", state=State.PASS, actual="word " * 40 + "END", expected="other " * 40 + "FIN")
    evidence = Evidence(stage="gate", state=State.PASS, headline="h", checks=[check])
    shown = []
    for stream in (io.StringIO(), Tty()):
        show(evidence, stream)
        shown.append("END" in stream.getvalue() and "FIN" in stream.getvalue())
    assert shown == [True, False]
    monkeypatch.setenv("COLUMNS", "60")
    show(evidence, stream := io.StringIO())
    assert max(columns(line) for line in stream.getvalue().splitlines()) <= 60


def test_a_check_is_one_line_and_a_failing_one_has_everything_beneath() -> None:
    lines = table(examples.data(failing=True), 100).splitlines()
    assert lines[0] == "validate_data: FAIL, 2 of 16 checks failed on 6,000 rows (1.12 s)"
    assert lines[2].split() == ["check", "actual", "expected"]
    assert lines[3].split() == ["FAIL", "label_values", "7", "rows:", '"3",', '"neg"', "one", "of", "0,", "1,", "2"]
    assert lines[4].strip().startswith("label: Labels outside the contract")
    assert "        at data/train.csv:2051 label=neg" in lines
    assert sum(line.startswith("PASS") for line in lines) == 13
    assert next(line for line in lines if line.startswith("(WARN)"))


def test_a_failing_check_is_never_cut() -> None:
    check = Check(id="long", state=State.FAIL, actual="word " * 40 + "END", expected="other " * 40 + "FIN")
    text = table(Evidence(stage="gate", state=State.FAIL, headline="h", checks=[check]), 80)
    assert "END" in text
    assert "FIN" in text
    assert "…" not in text


@pytest.mark.parametrize(("width", "actual"), [(80, "difference 0.0027 [-0.001,"), (100, f"{DIFFERENCE};")])
def test_the_name_of_a_check_is_not_cut_for_its_values(width: int, actual: str) -> None:
    measured, asked = f"{DIFFERENCE}; 0.6615 [0.6551, 0.6681], n 20,000", "not_shown_worse: " * 3
    checks = [
        Check(id="accuracy-against-production", state=state, actual=measured, expected=asked)
        for state in (State.PASS, State.FAIL)
    ]
    failing, passing = (
        line
        for line in table(Evidence(stage="gate", state=State.FAIL, headline="h", checks=checks), width).splitlines()
        if "accuracy" in line
    )
    assert failing.startswith("FAIL  accuracy-against-production  difference 0.0027 [")
    assert failing.endswith("  not_shown_worse:")
    assert passing.startswith(f"PASS  accuracy-against-production  {actual}  ")


def test_a_check_of_the_gate_that_passes_takes_a_few_lines_and_others_one() -> None:
    checks = [Check(id="long", state=State.PASS, actual="word " * 40, expected="word " * 40)] * 3
    taken = {
        stage: len(table(Evidence(stage=stage, state=State.PASS, headline="h", checks=checks), 80).splitlines()) - 3
        for stage in ("gate", "validate_data")
    }
    assert taken == {"gate": 15, "validate_data": 3}


def test_a_name_that_is_longer_than_its_room_is_wrapped_where_the_check_fails() -> None:
    check = Check(id="word " * 20 + "END", state=State.FAIL, actual="word " * 40, expected="word " * 40)
    lines = table(Evidence(stage="gate", state=State.FAIL, headline="h", checks=[check]), 80).splitlines()
    assert any("END" in line[6:34] for line in lines)
    assert max(map(columns, lines)) <= 80


def test_evidence_cannot_steer_the_terminal() -> None:
    text = table(examples.hostile(), 100)
    assert "\\x1b[31mred \\u202e evil" in text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_a_skipped_check_says_why() -> None:
    assert "no image on the local runner" in table(examples.gate(), 100)


def test_a_smoke_run_is_marked() -> None:
    assert table(examples.gate(smoke=True), 100).startswith("SMOKE run: gate: PASS")


def test_a_flood_is_cut_from_the_end_and_said() -> None:
    checks = [Check(id="ok", state=State.PASS)] * (MOST + 5) + [Check(id="bad", state=State.FAIL)]
    text = table(Evidence(stage="test", state=State.FAIL, headline="h", checks=checks), 80)
    assert "bad" in text
    assert "… and 6 more (1 FAIL, 205 PASS in all)" in text


def test_columns_give_way_from_the_widest() -> None:
    assert fit([5, 40, 20], 80) == [5, 40, 20]
    assert fit([5, 40, 20], 45) == [5, 20, 20]
    assert fit([5, 10**9, 20], 45) == [5, 20, 20]


def test_colour_only_for_a_terminal_that_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert in_colour(Tty())
    assert not in_colour(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not in_colour(Tty())
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not in_colour(Tty())


def test_colour_marks_the_state_words_and_changes_nothing_else() -> None:
    plain, coloured = (table(examples.gate(failing=True), 100, color=color) for color in (False, True))
    assert "\x1b" not in plain
    assert "\x1b[31mFAIL\x1b[0m" in coloured
    for code in ("\x1b[31m", "\x1b[32m", "\x1b[35m", "\x1b[2m", "\x1b[0m"):
        coloured = coloured.replace(code, "")
    assert coloured == plain


@pytest.mark.parametrize("module", ["terminal", "verdict", "index", "markdown", "junit"])
def test_what_needs_no_page_does_not_load_the_template_engine(module: str) -> None:
    code = f"import sys, ml_steps.report.{module}; sys.exit('htpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_head_of_the_gate_says_what_stands_in_brackets() -> None:
    check = Check(id="accuracy", state=State.PASS, actual="0.7 [0.68, 0.73], n 1,603", expected=">= 0.69")
    head = table(Evidence(stage="gate", state=State.PASS, headline="h", checks=[check]), 80).splitlines()[2]
    assert head == "      rule      actual [95 %]              expected"
