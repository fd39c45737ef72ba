"""What a family of twenty slices looks like: every output stays readable, one test case a rule."""

from __future__ import annotations

from functools import partial
from xml.etree import ElementTree as ET

import pytest

from ml_steps.evaluation.record import Difference, Metric
from ml_steps.evidence import State
from ml_steps.gate.judge import judge
from ml_steps.gate.record import GateEvidence
from ml_steps.report.junit import junit
from ml_steps.report.markdown import markdown
from ml_steps.report.pages import page
from ml_steps.report.terminal import table
from ml_steps.report.text import number

from .evidences import NO_BASELINE, compared, evaluation, metric, project, ruled

RULES = [
    {"id": "floor", "metric": "accuracy", "slice": "source=*", "min": 0.7, "why": "Each has users of its own."},
    {"id": "claim", "metric": "accuracy", "slice": "source=*", "claim": "not_shown_worse", "margin": 0.01},
    {"id": "shown", "metric": "accuracy", "slice": "source=*", "claim": "shown_not_worse", "margin": 0.01},
]
FAMILY = {"id": "family", "metric": "accuracy", "slice": "source=*", "min": 0.7}
FLOOR = {"id": "high enough", "metric": "accuracy", "min": 0.5}


def slices(count: int) -> list[Metric]:
    """Slices of 200 rows, the first half of them ten points worse than before."""
    entries = []
    for index in range(count):
        value = -0.1 if index < count / 2 else 0.0
        paired = Difference(value=value, low=value - 0.03, high=value + 0.03, error=0.018)
        name = f"source=a rather long name of a forum {index}"
        entry = Metric(metric="accuracy", slice=name, value=0.75 + value, low=0.6, high=0.8, n=200, baseline=0.75)
        entries.append(entry.model_copy(update={"difference": paired}))
    return entries


def judged(count: int) -> GateEvidence:
    return judge(project(*RULES), evaluation(*slices(count)))


@pytest.mark.parametrize("width", [80, 100])
def test_the_table_fits_and_names_each_failing_rule_once(width: int) -> None:
    lines = table(judged(20), width).splitlines()
    assert max(map(len, lines)) <= width
    assert [line.split()[1] for line in lines if line.startswith("FAIL")] == ["floor", "claim", "shown"]
    assert sum(line.lstrip().startswith("at source=") for line in lines) == 15
    text = " ".join(" ".join(lines).split())
    assert "The 5 worst of 10 are listed." in text
    assert len(lines) < 70


def test_slices_of_odd_values_break_no_line() -> None:
    def judged_on(*names: str) -> GateEvidence:
        rules = (FAMILY, {**FAMILY, "id": "one", "slice": f"source={names[0]}"})
        entries = [metric("accuracy", 0.6, slice=f"source={name}") for name in names]
        return judge(project(*rules), evaluation(*entries))

    plain, odd = judged_on("a", "b", "c", "d"), judged_on("a\nb", "", "(pooled)", "*\r\u2028")
    assert [check.state for check in ruled(odd)] == [State.FAIL, State.FAIL]  # a rule can name a value with a newline
    for render in (markdown, junit, page, partial(table, width=1_000)):
        shown = [render(evidence) for evidence in (plain, odd)]
        assert len(shown[0].splitlines()) == len(shown[1].splitlines())
    assert "<br>source=: 0.6" in markdown(odd)


def test_a_value_that_was_pooled_is_said_to_be() -> None:
    pool = evaluation(metric("accuracy", 0.9, slice="source=(pooled)"), pooled={"source": ["rare"]})
    for value, said in (("rare", '"source=rare" has too few rows to be a slice'), ("other", "There is no slice")):
        [check] = judge(project({**FAMILY, "slice": f"source={value}"}), pool).checks[:1]
        assert (check.state, check.detail.startswith(said)) == (State.FAIL, True)


def test_an_empty_value_is_proposed_as_a_rule_may_name_it() -> None:
    rule = {**FAMILY, "slice": "source=x"}
    entries = [metric("accuracy", 0.9, slice=name) for name in ('source=""', "source=y")]
    [check] = judge(project(rule), evaluation(*entries)).checks[:1]
    assert 'slices: source="", source=y; mend' in check.detail
    [check] = judge(project({**FAMILY, "slice": 'source=""'}), evaluation(*entries)).checks[:1]
    assert check.state is State.PASS


LONG = "not worse than what is in production"


@pytest.mark.parametrize("width", [80, 100])
def test_a_claim_that_passes_shows_its_difference_and_its_advice(width: int) -> None:
    rule = {"id": LONG, "metric": "accuracy", "claim": "not_shown_worse", "margin": 0.01}
    entry = compared("accuracy", 0.72, -0.009981, -0.0187, -0.001863, n=1_581)
    text = table(judge(project(rule), evaluation(entry)), width)
    start = next(index for index, line in enumerate(text.splitlines()) if line.startswith("PASS"))
    column = text.splitlines()[start].index("difference")
    shown = [line[column : column + 42].partition("  ")[0] for line in text.splitlines()[start : start + 2]]
    assert "difference -0.009981 [-0.0187, -0.001863]" in " ".join(shown)
    assert f"{LONG}: It looks worse, and a larger drop is not ruled out" in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= width
    advisory = table(judge(project({**rule, "severity": "advisory"}, FLOOR), evaluation(entry)), width)
    assert "not ruled out" not in advisory


def test_why_rules_are_skipped_is_told_once() -> None:
    rules = [{"id": name, "metric": "accuracy", "claim": "shown_better", "margin": 0} for name in ("one", "two")]
    text = table(judge(project(FLOOR, *rules), evaluation(metric("accuracy", 0.7), baseline=False)), 200)
    assert text.splitlines()[-1] == f"one; two: {NO_BASELINE}"


def test_the_comment_fits_however_many_slices_there_are() -> None:
    assert len(markdown(judged(20))) < 20_000
    assert len(markdown(judged(200))) < 65_000


def test_every_slice_is_drawn_with_its_interval_and_verdict() -> None:
    drawn = page(judged(20))
    assert drawn.count("threshold -0.01, FAIL") == 10 + 20  # ten worse, and twenty not shown to be as good
    assert drawn.count("threshold 0.7, FAIL") == 10


def test_a_test_case_a_rule() -> None:
    root = ET.fromstring(junit(judged(20)))  # noqa: S314 - our own
    assert [case.get("name", "").split()[0] for case in root.iter("testcase")][:3] == ["floor", "claim", "shown"]
    failure = root.find(".//failure")
    assert failure is not None
    assert failure.text is not None
    assert failure.text.count("source=a rather long name") >= 5


def test_the_record_is_the_same_every_time_and_can_be_read_back() -> None:
    text = judged(20).to_json()
    assert text == judged(20).to_json()
    assert GateEvidence.model_validate_json(text) == judged(20)


def test_nothing_has_no_sign() -> None:
    assert number(-0.0) == "0"
