from __future__ import annotations

import pytest

from ml_steps.evidence import Check, State
from ml_steps.report.order import failing_first, sentence, tally
from ml_steps.report.text import clean, clip, columns, exact, number, pad, size, title, wrap
from ml_steps.stages import duration


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\u202eb", "a\\u202eb"),
        ("a\ud800b", "a\\ud800b"),
        ("two\nlines\tand\r", "two lines and "),
        ("größe 良い 😐", "größe 良い 😐"),
    ],
)
def test_control_characters_become_visible(raw: str, shown: str) -> None:
    assert clean(raw) == shown


def test_wide_and_combining_characters_are_counted_in_columns() -> None:
    assert [columns(text) for text in ("abc", "良い", "e\u0301", "😐")] == [3, 4, 1, 2]
    assert pad("良", 4) == "良  "


def test_clip_marks_the_cut_and_keeps_the_width() -> None:
    assert clip("abcdef", 6) == "abcdef"
    assert clip("abcdefg", 6) == "abcde…"
    assert columns(clip("良" * 10, 6)) <= 6


@pytest.mark.parametrize("text", ["one two three four", "x" * 100, "良い" * 30, "a " + "b" * 30 + " c", ""])
@pytest.mark.parametrize("width", [2, 7, 20])
def test_wrap_loses_nothing_and_keeps_the_width(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert lines
    assert all(columns(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "-"),
        ("as it is", "as it is"),
        (6000, "6000"),
        (84_213_760, "84,213,760"),
        (0.672041, "0.672"),
        (0.0, "0"),
        (12345.678, "12,346"),
        (9999.6, "10,000"),
        (1.5e17, "1.5e+17"),
        (1.5e17 + 0.1, "1.5e+17"),
        (1.2345e-05, "1.234e-05"),
        (1e300, "1e+300"),
    ],
)
def test_numbers_are_short(value: str | int | float | None, shown: str) -> None:
    assert number(value) == shown


@pytest.mark.parametrize(
    ("value", "other", "shown"),
    [
        (0.89995, 0.89996, "0.89995"),
        (0.9, 0.9, "0.9"),
        (100.04, 100, "100.04"),
        (10_000.04, 10_000, "10,000.04"),
        (1.0, 1.0 - 2**-53, "1"),
        (1.0 - 2**-53, 1.0, "0.9999999999999999"),
    ],
)
def test_a_number_reads_differently_from_another_beside_it(value: float, other: float, shown: str) -> None:
    assert number(value, [other]) == shown


@pytest.mark.parametrize(("value", "shown"), [(0.89996, "0.89996"), (0.1 + 0.2, "0.3"), (12_345.5, "12,345.5")])
def test_exact_numbers(value: float, shown: str) -> None:
    assert exact(value) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, ""),
        (0.841, "0.84 s"),
        (9.996, "10.0 s"),
        (59.96, "1 min 00 s"),
        (184.0, "3 min 04 s"),
        (7800, "2 h 10 min"),
    ],
)
def test_durations(seconds: float | None, shown: str) -> None:
    assert duration(seconds) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.0 KB"),
        (4_249, "4.2 KB"),
        (4_190_000, "4.2 MB"),
        (1_300_000_000, "1.3 GB"),
    ],
)
def test_sizes(count: int, shown: str) -> None:
    assert size(count) == shown


def test_title() -> None:
    assert title("validate_data") == "Validate data"


def test_what_blocks_stands_first_then_what_failed_but_does_not_decide() -> None:
    checks = [
        Check(id="note", state=State.SKIP, required=False),
        Check(id="passed", state=State.PASS),
        Check(id="skipped", state=State.SKIP),
        Check(id="advisory", state=State.FAIL, required=False),
        Check(id="warned", state=State.WARN),
        Check(id="failed", state=State.FAIL),
        Check(id="broken", state=State.ERROR),
    ]
    assert [check.id for check in failing_first(checks)] == [
        "broken",
        "failed",
        "advisory",
        "warned",
        "skipped",
        "passed",
        "note",
    ]
    assert tally(checks) == "1 ERROR, 2 FAIL, 1 WARN, 2 SKIP, 1 PASS"


def test_a_failing_check_says_everything_in_one_line() -> None:
    check = Check(
        id="floor",
        state=State.FAIL,
        subject="f1",
        actual="0.6",
        expected=">= 0.7",
        detail="Train more.",
        places=["a:1", "b:2"],
    )
    assert sentence(check) == "FAIL floor (f1): 0.6; expected >= 0.7. Train more. At a:1"
    assert sentence(Check(id="floor", state=State.FAIL, subject="floor")) == "FAIL floor"
    family = Check(id="all", state=State.FAIL, actual="worst a=1: 0.5", places=["a=1: 0.5", "a=2: 0.6"])
    assert sentence(family) == "FAIL all: worst a=1: 0.5. At a=2: 0.6"
