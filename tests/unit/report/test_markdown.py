from __future__ import annotations

import pytest

from ml_steps.evidence import Check, Evidence, Interval, Intervals, State
from ml_steps.report.markdown import MOST_CHARACTERS, chart_table, escape, markdown

from . import examples


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("a|b", "a\\|b"),
        ("`code`", "\\`code\\`"),
        ("<b>&", "&lt;b&gt;&amp;"),
        ("[x](y) *z* a_b _c_ d__e", "\\[x\\](y) \\*z\\* a_b \\_c\\_ d\\_\\_e"),
        ("back\\slash", "back\\\\slash"),
        ("@someone #12", "@\u200bsomeone #\u200b12"),
        ("(@someone), é@someone", "(@\u200bsomeone), é@\u200bsomeone"),
        ("app:1@sha256:ab, a#1", "app:1@sha256:ab, a#\u200b1"),
        ("two\nlines", "two lines"),
    ],
)
def test_text_is_never_markup(raw: str, shown: str) -> None:
    assert escape(raw) == shown


def test_every_row_of_a_table_has_the_cells_of_its_head() -> None:
    for evidence in (examples.hostile(), examples.data(failing=True), examples.evaluation(), examples.gate()):
        lines = markdown(evidence).splitlines()
        for index, line in enumerate(lines):
            if line.startswith("| ---"):
                width = line.count("|")
                table = [lines[index - 1], *(row for row in lines[index:] if row.startswith("|"))]
                assert table[0].replace("\\|", "").count("|") == width
                assert lines[index + 1].replace("\\|", "").count("|") == width


def test_failing_checks_stand_first_with_detail_and_places() -> None:
    text = markdown(examples.data(failing=True))
    assert text.startswith("### Validate data: FAIL\n")
    assert text.index("label_values") < text.index("text_present")
    assert "drop the rows or extend the contract.<br>data/train.csv:114 label=3" in text
    assert "| WARN (advisory) |" in text


def test_charts_are_tables() -> None:
    text = markdown(examples.evaluation())
    assert "| actual \\\\ predicted | negative | neutral | positive |" in text
    assert "| negative | 181 | 48 | 57 |" in text
    text = markdown(examples.data())
    assert "| Name | reference (%) | here (%) |" in text
    assert "| amazon | 36 | 44 |" in text


def test_what_has_no_threshold_has_no_verdict() -> None:
    judged, free = Interval(label="a", value=0.5, threshold=0.4), Interval(label="b", value=0.6, low=0.5, high=0.7)
    assert chart_table(Intervals(title="x", items=[judged, free])) == (
        ["Name", "Value", "From", "To", "Threshold", "Verdict"],
        [["a", "0.5", "-", "-", "0.4", "PASS"], ["b", "0.6", "0.5", "0.7", "-", "-"]],
    )
    assert chart_table(Intervals(title="x", items=[free])) == (
        ["Name", "Value", "From", "To"],
        [["b", "0.6", "0.5", "0.7"]],
    )


def test_a_smoke_run_is_marked() -> None:
    assert "**SMOKE run**" in markdown(examples.gate(smoke=True))


def test_a_flood_fits_a_comment_and_says_what_is_left_out() -> None:
    checks = [Check(id=f"check{index}", state=State.FAIL, detail="x" * 290) for index in range(2000)]
    charts = examples.evaluation().charts * 200
    text = markdown(Evidence(stage="lint", state=State.FAIL, headline="many", checks=checks, charts=charts))
    assert len(text) < MOST_CHARACTERS
    assert "more (2000 FAIL in all); see the JSON file" in text


def test_what_stands_in_brackets_is_said_of_rules_alone() -> None:
    assert "the 95 % interval of a value" in markdown(examples.gate())
    assert "the 95 % interval of a value" not in markdown(examples.data(failing=True))
