"""From a folder of scores to the evidence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from ml_steps import cli, metrics
from ml_steps.errors import SetupError
from ml_steps.evaluation.evaluate import evaluate
from ml_steps.evaluation.record import EvaluationEvidence, Metric
from ml_steps.evidence import Check, State, Table
from ml_steps.gate.judge import judge
from ml_steps.report.markdown import markdown
from ml_steps.report.pages import page
from ml_steps.report.text import number

from . import folders

GENERATOR = np.random.default_rng(9)
TARGETS = GENERATOR.integers(3, size=300).tolist()
ANSWERS = [value if keep else 1 for value, keep in zip(TARGETS, GENERATOR.random(300) < 0.7, strict=True)]
OLDER = [value if keep else 2 for value, keep in zip(TARGETS, GENERATOR.random(300) < 0.6, strict=True)]
SOURCES = ["tweets", "amazon"] * 150


USERS = [f"user {row // 3}" for row in range(300)]
SEXES = ["f", "m", "f"] * 99 + ["x"] * 3
PROBABILITIES = GENERATOR.dirichlet([1, 1, 1], size=300).tolist()


@pytest.fixture
def scores(tmp_path: Path) -> Path:
    slices = {"source": SOURCES, "user": USERS, "sex": SEXES}
    return folders.scores(tmp_path / "s", TARGETS, ANSWERS, classes=[0, 1, 2], slices=slices, timings=folders.TIMINGS)


def run(scores: Path, baseline: Path | None = None, *, smoke: bool = False, **settings: Any) -> EvaluationEvidence:
    note = "registry.test/app:1" if baseline else "no baseline: a first release"
    project = folders.project(**settings)
    return evaluate(project, scores, baseline, out=scores, smoke=smoke, baseline_note=note)


def test_a_first_release(scores: Path) -> None:
    evidence = run(scores, slices=("source",))
    accuracy = evidence.entry("accuracy")
    assert evidence.state is State.PASS
    assert accuracy is not None
    assert evidence.headline == "accuracy 0.78, macro-F1 0.7869 on 300 rows"
    assert len(evidence.headline) <= 60
    assert (evidence.baseline.note, evidence.baseline.compared) == ("no baseline: a first release", False)
    assert evidence.smoke is False
    assert [sum(row) for row in evidence.confusion or []] == np.bincount(TARGETS).tolist()
    assert evidence.entry("accuracy", "source=tweets") is not None
    assert {entry.n for entry in evidence.metrics if entry.metric == "accuracy"} == {300, 150}


def test_costs_are_metrics(scores: Path) -> None:
    evidence = run(scores)
    costs = {entry.metric: (entry.value, entry.n) for entry in evidence.metrics[-7:]}
    assert costs == {
        "latency_single_p50_ms": (0.5, 200),
        "latency_single_p95_ms": (0.9, 200),
        "latency_single_p99_ms": (1.5, 200),
        "latency_batch_p50_ms_per_row": (0.02, 20),
        "load_p50_ms": (12.0, 3),
        "cpu_seconds_per_1k": (0.04, 1),
        "peak_rss_bytes": (50_000_000.0, 300),
    }


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_the_metrics_are_those_that_a_rule_may_name(scores: Path, tmp_path: Path, task: metrics.Task) -> None:
    if task == "regression":
        values = [float(value) for value in TARGETS]
        scores = folders.scores(tmp_path / "r", values, values[::-1], kind="DOUBLE")
        baseline = folders.scores(tmp_path / "b", [], values)
    else:
        folders.write_lines(scores, ANSWERS, PROBABILITIES)
        baseline = folders.scores(tmp_path / "b", [], OLDER, classes=[0, 1, 2])
    folders.write(scores / "paired-timings.json", folders.PAIRED)
    folders.write_cases(scores, [{"expect": 1}], [{"prediction": 1}])
    measured = {entry.metric for entry in run(scores, baseline, task=task).metrics}
    assert {name for name in measured if "[" not in name} == set(metrics.OF_TASK[task])
    assert all(metrics.known(name, task) for name in measured)


def test_without_timings_there_are_none(scores: Path) -> None:
    (scores / "timings.json").unlink()
    evidence = run(scores)
    assert evidence.entry("latency_single_p50_ms") is None
    assert evidence.timings is None
    assert not any("Latency" in chart.title for chart in evidence.charts)


def test_timings_that_are_none(scores: Path) -> None:
    folders.write(scores / "timings.json", {**folders.TIMINGS, "single_ms": {"p50": -1, "count": 1}})
    with pytest.raises(SetupError, match=r"timings.json: single_ms.p50"):
        run(scores)


def test_beside_a_baseline(scores: Path, tmp_path: Path) -> None:
    baseline = folders.scores(
        tmp_path / "b", [], OLDER, classes=[0, 1, 2], timings=folders.TIMINGS, model_digest="sha256:bb"
    )
    evidence = run(scores, baseline)
    accuracy, latency = evidence.entry("accuracy"), evidence.entry("latency_single_p50_ms")
    assert accuracy is not None
    assert accuracy.difference is not None
    expected = np.mean(np.equal(TARGETS, ANSWERS)) - np.mean(np.equal(TARGETS, OLDER))
    assert accuracy.difference.value == pytest.approx(expected)
    assert latency is not None
    assert (latency.baseline, latency.difference) == (0.5, None)
    assert (evidence.baseline.compared, evidence.baseline.model_digest) == (True, "sha256:bb")


def test_the_page_shows_candidate_and_baseline(scores: Path, tmp_path: Path) -> None:
    baseline = folders.scores(tmp_path / "b", [], OLDER, classes=[0, 1, 2], timings=folders.SLOWER)
    evidence = run(scores, baseline, slices=("source",))
    accuracy = evidence.entry("accuracy")
    assert accuracy is not None
    assert accuracy.difference is not None
    table: Any = evidence.charts[0]
    rows = {row[0]: row[1:] for row in table.rows}
    assert len(rows) == len(table.rows)
    bounds = [accuracy.difference.value, accuracy.difference.low, accuracy.difference.high]
    assert rows["accuracy"] == [accuracy.value, accuracy.baseline, *bounds, "share of rows that are right"]
    assert rows["latency_single_p50_ms"][:5] == [0.5, 1.5, None, None, None]
    assert not any("[" in name for name in rows)
    for shown in (page(evidence), markdown(evidence)):
        assert number(accuracy.baseline) in shown
        assert "At least" in shown


@pytest.mark.parametrize(("given", "note"), [(True, "given with --baseline"), (False, "none was given")])
def test_the_fact_baseline_is_never_empty(scores: Path, tmp_path: Path, given: bool, note: str) -> None:
    baseline = folders.scores(tmp_path / "b", [], OLDER, classes=[0, 1, 2]) if given else None
    project = folders.project()
    evidence = evaluate(project, scores, baseline, out=scores, smoke=False, baseline_note="")
    assert (evidence.facts["baseline"], evidence.baseline.note) == (note, note)


def test_a_slice_without_a_class_of_the_holdout_has_no_bounds_of_probabilities(tmp_path: Path) -> None:
    """Which classes it must have, all of the rows say: its own would never lack one."""
    sources = {"source": ["part" if row >= 150 and target != 2 else "all" for row, target in enumerate(TARGETS)]}
    folder = folders.scores(tmp_path / "s", TARGETS, ANSWERS, classes=[0, 1, 2], slices=sources)
    folders.write_lines(folder, ANSWERS, PROBABILITIES)
    evidence = run(folder, slices=("source",))
    low = {name: evidence.entry("brier", name) for name in (None, "source=all", "source=part")}
    assert {name: entry.low is None for name, entry in low.items() if entry} == {
        None: False,
        "source=all": False,
        "source=part": True,
    }


def test_calibration_is_measured_where_there_are_probabilities(scores: Path) -> None:
    assert (run(scores).entry("brier"), run(scores).calibration) == (None, [])
    folders.write_lines(scores, ANSWERS, PROBABILITIES)
    evidence = run(scores, slices=("source",))
    for slice_ in (None, "source=tweets"):
        assert all(evidence.entry(name, slice_) for name in metrics.CALIBRATION)
    assert sum(each.count for each in evidence.calibration) == 300


def agreement(evidence: EvaluationEvidence) -> list[Check]:
    return [check for check in evidence.checks if check.id == "probabilities"]


def test_labels_that_are_not_the_most_probable_class_are_told_and_do_not_block(scores: Path) -> None:
    assert agreement(run(scores)) == []
    certain = [[1.0 if code == answer else 0.0 for code in range(3)] for answer in ANSWERS]
    folders.write_lines(scores, ANSWERS, certain)
    [check] = agreement(run(scores))
    assert (check.state, check.actual, check.places) == (State.PASS, "another class in 0 of 300 rows (0.00%)", [])
    for row in range(7):
        certain[40 * row] = [0.25, 0.25, 0.25]
        certain[40 * row][(ANSWERS[40 * row] + 1) % 3] = 0.5
    folders.write_lines(scores, ANSWERS, certain)
    evidence = run(scores)
    [check] = agreement(evidence)
    assert (check.state, check.actual) == (State.WARN, "another class in 7 of 300 rows (2.33%)")
    assert len(check.places) == 5
    assert check.places[1] == f"row 40: {ANSWERS[40]} at 0.25, {(ANSWERS[40] + 1) % 3} at 0.5"
    assert (evidence.state, evidence.exit_code()) == (State.PASS, 0)


def test_classes_that_are_as_probable_are_no_other_class(scores: Path) -> None:
    folders.write_lines(scores, ANSWERS, [[0.5, 0.5, 0] if answer < 2 else [0.5, 0, 0.5] for answer in ANSWERS])
    assert [check.state for check in agreement(run(scores))] == [State.PASS]


def test_values_with_few_rows_are_named(scores: Path) -> None:
    evidence = run(scores, protected=("sex",), slices=("source",))
    pooled = evidence.entry("accuracy", "sex=(pooled)")
    assert evidence.pooled == {"sex": ["x"]}
    assert pooled is not None
    assert pooled.n == 3


ODD: list[str | None] = ["web", "", "(pooled)", "(missing)", "*", '"', '""', '"(pooled)"', "a\nb", 'a"b', None]


def test_no_two_values_make_the_same_slice(scores: Path) -> None:
    """Not even those that read like what stands for values: 25 rows each, 25 of a value with few rows."""
    values = [value for value in [*ODD, "rare"] for _ in range(25)]
    values[-25:] = [f"rare {row}" for row in range(25)]
    folders.write_targets(scores, TARGETS, "BIGINT", {"source": values})
    evidence = run(scores, slices=("source",), min_rows=25)
    slices = [entry.slice for entry in evidence.metrics if entry.metric == "accuracy" and entry.n == 25]
    assert sorted(filter(None, slices)) == sorted({
        "source=web", 'source=""', 'source="(pooled)"', 'source="(missing)"', 'source="*"', r'source="\""',
        r'source="\"\""', r'source="\"(pooled)\""', r'source="a\nb"', 'source=a"b', "source=(missing)",
        "source=(pooled)",
    })  # fmt: skip
    assert len(evidence.pooled["source"]) == 25
    rule = RULE.format("accuracy", r"\"(pooled)\"")
    assert folders.project(slices=("source",), more=rule).config.gate[0].covers('source="(pooled)"')


def test_groups_of_a_protected_column_are_compared(scores: Path) -> None:
    evidence = run(scores, protected=("sex",), min_rows=1)
    assert {entry.slice: entry.n for entry in evidence.metrics if entry.metric == "accuracy"} == {
        None: 300,
        "sex=f": 198,
        "sex=m": 99,
        "sex=x": 3,
    }
    found = [entry for entry in evidence.metrics if entry.slice == "sex=*"]
    assert [entry.metric for entry in found] == [f"{name}[{code}]" for name in metrics.FAIRNESS for code in range(3)]
    assert {entry.n for entry in found} == {300}
    none = [entry for entry in run(scores, protected=("sex",), min_rows=301).metrics if entry.slice == "sex=*"]
    assert {(entry.value, entry.n) for entry in none} == {(None, 0)}  # too few rows, which is not "not measured"
    [small] = {entry.n for entry in run(scores, protected=("sex",)).metrics if entry.slice == "sex=*"}
    assert small == 297  # a pool of three rows is no group to compare with


RULE = """
[[tool.ml-pipeline.gate]]
id = "a{0}"
metric = "{0}"
slice = "source={1}"
claim = "not_shown_worse"
margin = 0.01
group = "user"
"""


def test_rows_are_held_together_only_where_a_rule_asks(scores: Path, tmp_path: Path) -> None:
    folders.write_lines(scores, ANSWERS, PROBABILITIES)
    baseline = folders.scores(tmp_path / "b", [], OLDER, classes=[0, 1, 2])
    folders.write_lines(baseline, OLDER, PROBABILITIES[::-1])
    rules = RULE.format("accuracy", "*") + RULE.format("brier", "tweets")
    evidence = run(scores, baseline, slices=("source",), more=rules)
    held = [(entry.metric, entry.slice) for entry in evidence.metrics if entry.group == "user"]
    assert sorted(held) == [("accuracy", "source=amazon"), ("accuracy", "source=tweets"), ("brier", "source=tweets")]
    entry = evidence.entry("brier", "source=tweets", "user")
    assert entry is not None
    assert entry.difference is not None
    assert entry.difference.low is not None
    over_all = run(scores, baseline, more=RULE.format("accuracy", "*").replace('slice = "source=*"\n', ""))
    assert [(entry.metric, entry.slice) for entry in over_all.metrics if entry.group] == [("accuracy", None)]


def test_cases_are_judged_and_do_not_fail_the_evaluation(scores: Path) -> None:
    assert run(scores).cases == []
    folders.write_cases(scores, [{"expect": 1}, {"expect": 2}], [{"prediction": 1}, {"prediction": 0}])
    evidence = run(scores)
    entry = evidence.entry("failed_cases")
    assert evidence.state is State.PASS
    assert evidence.exit_code() == 0
    assert [case.passed for case in evidence.cases] == [False, True]
    assert entry is not None
    assert (entry.value, entry.n) == (1, 2)
    assert [check.state for check in evidence.checks if check.id.startswith("case ")] == [State.WARN, State.PASS]


def test_it_says_of_which_data_model_and_code(scores: Path, tmp_path: Path) -> None:
    facts = {
        "data": "holdout.csv, sha256:ff",
        "model": "sha256:aa",
        "code": "sha256:s",
        "baseline's model": "sha256:bb",
    }
    baseline = folders.scores(tmp_path / "b", [], OLDER, classes=[0, 1, 2], model_digest="sha256:bb")
    evidence = run(scores, baseline)
    assert evidence.data_digest == "sha256:ff"
    assert evidence.facts.items() >= {**facts, "baseline's code": "sha256:b"}.items()
    assert "baseline's code" not in run(scores).facts


@pytest.mark.parametrize("digest", ["", "sha256:cc"])
def test_it_says_which_image_was_scored(scores: Path, tmp_path: Path, digest: str) -> None:
    (tmp_path / "pyproject.toml").write_text("", encoding="utf-8")
    given = ["--source", str(tmp_path), "--scores", str(scores), "--out", str(tmp_path / "out")]
    assert cli.main(["evaluate", *given, *(["--image-digest", digest] if digest else [])]) == 0
    evidence = EvaluationEvidence.load(tmp_path / "out" / "evaluation.json")
    assert (evidence.image_digest, evidence.facts["image"]) == (digest or None, digest or None)


def test_a_constant_predictor_is_blocked_by_the_default_rules(scores: Path) -> None:
    folders.write_lines(scores, [1] * 300, [[0, 1, 0]] * 300)
    evidence = run(scores)
    entry = evidence.entry("predicted_classes")
    assert entry is not None
    assert entry.value == 1
    decided = judge(folders.project(), evidence)
    assert decided.decision == "block"
    assert any(reason.startswith("more_than_one_class: ") for reason in decided.reasons)


def test_the_headline_calls_nothing_perfect_that_is_not(scores: Path) -> None:
    assert run(scores).headline.startswith("accuracy 0.78,")
    folders.write_lines(scores, TARGETS)
    assert run(scores).headline.startswith("accuracy 1,")
    many = folders.scores(scores / "many", [0, 1] * 1_500, [1, 1, *[0, 1] * 1_499], classes=[0, 1])
    assert run(many).headline.startswith("accuracy 0.9997,")


def test_regression(tmp_path: Path) -> None:
    folder = folders.scores(tmp_path / "r", [1.0, 2.0, 4.0], [1.0, 2.5, 4.0], kind="DOUBLE")
    evidence = run(folder, task="regression")
    assert evidence.headline == "RMSE 0.2887, R² 0.9464 on 3 rows"
    assert evidence.confusion is None
    assert evidence.classes is None
    [table] = evidence.charts
    assert isinstance(table, Table)
    assert table.title == "Metrics over all rows, with 95 % intervals"
    assert next(row for row in table.rows if row[0] == "rmse")[1] == pytest.approx(0.2887, abs=1e-4)


@pytest.mark.parametrize(
    ("server", "state", "actual"),
    [
        (None, State.SKIP, ""),
        ({"protocol": 1, "health_seconds": 0.42, "compared": 0}, State.PASS, "healthy after 0.4 s"),
        (
            {"protocol": 1, "health_seconds": 0.42, "compared": 20},
            State.PASS,
            "20 rows alike, healthy after 0.4 s",
        ),
    ],
)
def test_what_the_server_said(scores: Path, server: dict[str, Any] | None, state: State, actual: str) -> None:
    if server:
        folders.write(scores / "server.json", server)
    check = next(check for check in run(scores).checks if check.id == "server")
    assert (check.state, check.actual) == (state, actual)


def test_charts(scores: Path) -> None:
    titles = [chart.title for chart in run(scores, slices=("source",)).charts]
    assert titles == [
        "Confusion matrix",
        "Recall by class, with 95 % intervals",
        "Class balance, actual and predicted",
        "Metrics over all rows, with 95 % intervals",
        "accuracy by slice, with 95 % intervals",
        "Latency of a single row (200 times)",
        "Latency in batches (20 times)",
    ]


def test_charts_of_fairness_and_reliability(scores: Path) -> None:
    folders.write_lines(scores, ANSWERS, PROBABILITIES)
    found: dict[str, Any] = {chart.title.split()[0]: chart for chart in run(scores, protected=("sex",)).charts}
    assert [item.label for item in found["Selection"].items] == [f"sex, class {code}" for code in range(3)]
    assert {item.threshold for name in ("Selection", "Largest") for item in found[name].items} == {None}
    assert found["Reliability:"].series == ("mean probability", "share right")


def test_rows_of_a_smoke_run_make_a_smoke_evaluation(scores: Path) -> None:
    folders.write(scores / "holdout.json", {"file": "holdout.csv", "sha256": "ff", "smoke": True})
    assert run(scores).smoke is True


def test_a_smoke_run_or_the_model_of_one_makes_a_smoke_evaluation(scores: Path) -> None:
    assert run(scores, smoke=True).smoke is True
    folders.write(scores / "manifest.json", folders.manifest([0, 1, 2], smoke=True))
    assert run(scores).smoke is True


def test_the_evidence_is_canonical_and_can_be_read_again(scores: Path) -> None:
    evidence = run(scores, slices=("source",))
    assert evidence.to_json() == run(scores, slices=("source",)).to_json()
    (scores / "evaluation.json").write_text(evidence.to_json(), encoding="utf-8")
    assert EvaluationEvidence.load(scores / "evaluation.json") == evidence


@pytest.mark.parametrize("value", ["0.9", True])
def test_a_value_that_is_no_number_is_no_evidence(scores: Path, value: Any) -> None:
    payload = json.loads(run(scores).to_json())
    payload["metrics"][0]["value"] = value
    folders.write(scores / "evaluation.json", payload)
    with pytest.raises(SetupError, match=r"metrics.0.value"):
        EvaluationEvidence.load(scores / "evaluation.json")


def test_not_a_number_is_no_evidence() -> None:
    with pytest.raises(ValueError, match="finite"):
        Metric(metric="accuracy", value=float("nan"), n=1)


@pytest.mark.parametrize(
    ("targets", "answers", "classes", "kinds"),
    [
        ([0, 1], [1, 1], [0, 1], ["BIGINT", "BIGINT"]),
        (["a", "1"], ["1", "a"], ["a", "1"], ["VARCHAR", "VARCHAR"]),
        ([1, 2], [1.5, 2], None, ["BIGINT", "DOUBLE"]),
        ([1, 2], [10**19, 2], None, ["BIGINT", "UBIGINT"]),
        ([1, 2], [10**19, -2], None, ["BIGINT", "DOUBLE"]),
    ],
)
def test_predictions_are_written_without_features(
    tmp_path: Path, targets: list[Any], answers: list[Any], classes: list[Any] | None, kinds: list[str]
) -> None:
    slices = {"source": ["x", "y"]}
    folder = folders.scores(tmp_path / "it's", targets, answers, classes=classes, kind=kinds[0], slices=slices)
    if classes:
        folders.write_lines(folder, answers, [[0.25, 0.75], [1, 0]])
    run(folder, task="classification" if classes else "regression")
    with duckdb.connect() as connection:
        written = connection.read_parquet(str(folder / "predictions.parquet"))
        assert written.columns == ["row", "target", "prediction", "probabilities"]
        assert list(map(str, written.types)) == ["BIGINT", *kinds, "DOUBLE[]"]
        first, second = ([0.25, 0.75], [1, 0]) if classes else (None, None)
        assert written.fetchall() == [(0, targets[0], answers[0], first), (1, targets[1], answers[1], second)]
