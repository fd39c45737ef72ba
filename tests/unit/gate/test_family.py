"""A rule over every slice of a column."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from ml_steps.evaluation.record import Baseline, Difference, Metric, Relative
from ml_steps.evidence import State
from ml_steps.gate.claims import Bounds, p_harm
from ml_steps.gate.family import holm
from ml_steps.gate.judge import judge

from .evidences import NO_BASELINE, compared, decide, evaluation, metric, project

FLOOR = {"metric": "accuracy", "slice": "source=*", "min": 0.6}
CLAIM = {"metric": "accuracy", "slice": "source=*", "claim": "not_shown_worse", "margin": 0.01}


def values(*found: float | None, **changes: Any) -> list[Metric]:
    names = [*(f"source={name}" for name in "abcdefghijkl"[: len(found) - 1]), "source=(pooled)"]
    return [metric("accuracy", value, slice=name, **changes) for name, value in zip(names, found, strict=True)]


def differences(*found: tuple[float, float], baseline: float = 0.7) -> list[Metric]:
    """Slices a, b, … with a difference to the baseline and its standard error."""
    entries = []
    for name, (value, error) in zip("abcdefghijklmnopqrstuvwxyz", found, strict=False):
        low, high = value - 1.645 * error, value + 1.645 * error
        share = Relative(low=low / baseline, high=high / baseline, error=error / baseline) if baseline else None
        paired = Difference(value=value, low=low, high=high, error=error, relative=share)
        entries.append(metric("accuracy", baseline + value, slice=f"source={name}", baseline=baseline, n=200))
        entries[-1].difference = paired
    return entries


@pytest.mark.parametrize(
    ("p_values", "rejected"),
    [
        ([], []),
        ([0.05], [True]),
        ([0.051], [False]),
        # Holm (1979): the smallest is compared with alpha / 4, the next with alpha / 3, …, until one is not.
        ([0.01, 0.04, 0.03, 0.005], [True, False, False, True]),
        ([0.0125, 0.05 / 3, 0.025, 0.05], [True, True, True, True]),
        ([0.013, 0.001, 0.5], [True, True, False]),
        ([0.02, 0.02, 0.02], [False, False, False]),
    ],
)
def test_holm(p_values: list[float], rejected: list[bool]) -> None:
    assert holm(p_values) == rejected


@pytest.mark.parametrize(
    ("value", "error", "margin", "units", "p_value"),
    [
        (-0.01, 0.005, 0.01, 10**9, 0.5),
        (0.0, 0.005, 0.01, 10**9, 0.97725),
        (-0.03, 0.01, 0.01, 10**9, 0.02275),
        (-0.01 - 1.6449 * 0.02, 0.02, 0.01, 10**9, 0.05),
        (-0.01 - 1.6991 * math.sqrt(30 / 29) * 0.02, 0.02, 0.01, 30, 0.05),  # t of 29 degrees, of a printed table
        (-0.01 - 2.1318 * math.sqrt(5 / 4) * 0.02, 0.02, 0.01, 5, 0.05),
        (-0.9, 0.005, 0.01, 1, 0.5),
        (-0.02, 0.0, 0.01, 10**9, 0.0),
        (-0.01, 0.0, 0.01, 10**9, 1.0),
        (-0.02, 0.0, 0.01, 1, 0.0),
    ],
)
def test_evidence_of_harm(value: float, error: float, margin: float, units: int, p_value: float) -> None:
    assert p_harm(Bounds(value, 0, 0, error, units), margin) == pytest.approx(p_value, abs=1e-5)


def test_few_rows_are_weak_evidence_of_harm() -> None:
    """By how many rows, groups or pools were drawn, where the evidence says it."""
    drop = compared("accuracy", 0.7, -0.178, -0.36, -0.01, slice="source=a", n=30)
    drop.difference.error = 0.1  # type: ignore[union-attr]
    many = drop.model_copy(update={"n": 3_000})
    few = many.model_copy(update={"difference": many.difference.model_copy(update={"units": 30})})  # type: ignore[union-attr]
    assert [decide(CLAIM, entry)[0].state for entry in (drop, many, few)] == [State.PASS, State.FAIL, State.PASS]


def test_a_floor_must_hold_in_every_slice() -> None:
    check, evidence = decide(FLOOR, *values(0.7, 0.61, 0.65))
    assert (check.state, check.places) == (State.PASS, [])
    assert check.subject == "accuracy [source=*]"
    assert check.expected == ">= 0.6, in each slice"
    assert check.actual == "good in 3 of 3 slices; worst source=b: 0.61 [0.59, 0.63], n 1,582"
    assert evidence.headline == "2 of 2 required rules pass"


def test_a_bad_slice_is_named_with_the_average_good() -> None:
    check, evidence = decide(FLOOR, metric("accuracy", 0.9), *values(0.55, 0.9, 0.4, 0.99))
    assert check.state is State.FAIL
    assert check.actual == "good in 2 of 4 slices; worst source=c: 0.4 [0.38, 0.42], n 1,582"
    assert check.places == ["source=c: 0.4 [0.38, 0.42], n 1,582", "source=a: 0.55 [0.53, 0.57], n 1,582"]
    assert check.detail.startswith("Improve it, or change min")
    [reason] = evidence.reasons  # one rule, one reason
    assert reason.startswith("rule 0: accuracy [source=*] is good in 2 of 4 slices; worst source=c: 0.4 [")


def test_rows_without_a_large_value_of_their_own_are_a_member() -> None:
    assert decide(FLOOR, *values(0.7, 0.5))[0].places[0].startswith("source=(pooled): 0.5")


def test_only_slices_of_the_column_and_entries_of_the_metric_count() -> None:
    others = [
        metric("accuracy", 0.1, slice="sources=x"),
        metric("accuracy", 0.1, slice="source=a", group="user_id"),
        metric("accuracy", 0.1),
    ]
    good = values(0.7, 0.7)
    others += [metric("f1_macro", 0.1, slice=entry.slice) for entry in [others[0], *good]]
    assert decide(FLOOR, *others, *good)[0].state is State.PASS


def test_at_most_five_slices_are_listed_and_the_rest_counted() -> None:
    check, _ = decide(FLOOR, *values(*[0.5] * 8, 0.9))
    assert len(check.places) == 5
    assert check.detail.endswith("The 5 worst of 8 are listed.")


@pytest.mark.parametrize(("on_missing", "state"), [("fail", State.FAIL), ("skip", State.SKIP)])
@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([metric("accuracy", 0.9), metric("accuracy", 0.9, slice="site=a")], 'no slice "source=*"; '),
        ([metric("f1_macro", 0.9, slice="source=a")], 'There is no metric "accuracy"; metrics: f1_macro'),
    ],
)
def test_a_family_without_a_member_is_missing(entries: list[Metric], said: str, on_missing: str, state: State) -> None:
    check, _ = decide({**FLOOR, "on_missing": on_missing}, *entries)
    assert check.state is state
    assert said in check.detail


@pytest.mark.parametrize(
    ("on_insufficient", "state"), [("fail", State.FAIL), ("review", State.INSUFFICIENT), ("warn", State.WARN)]
)
def test_a_small_slice_hides_nothing(on_insufficient: str, state: State) -> None:
    rule = {**FLOOR, "min_rows": 100, "on_insufficient": on_insufficient}
    small = metric("accuracy", 0.9, slice="source=small", n=99)
    check, _ = decide(rule, small, *values(0.7, 0.7))
    assert check.state is state
    [place] = check.places
    assert place.startswith("source=small: 0.9 [0.88, 0.92], n 99. 99 rows, expected at least 100; score more rows")
    both, _ = decide(rule, small, *values(0.5, 0.7))
    assert both.state is State.FAIL
    assert not both.expected.endswith(")")
    assert [place.partition(":")[0] for place in both.places][on_insufficient == "fail"] == "source=a"
    assert len(both.places) == 2


def test_the_rows_that_are_lacking_are_those_of_a_slice() -> None:
    rule = {**FLOOR, "min_rows": 100, "on_insufficient": "review"}
    small = [metric("accuracy", 0.9, slice=f"source={name}", n=n) for name, n in (("s", 99), ("t", 40))]
    check, evidence = decide(rule, *small, *values(0.7, 0.7))
    assert check.detail.endswith("Each slice takes rows of its own, source=s the most: 100 (here 99).")
    assert evidence.rows_needed == {"rule 0": 100}
    assert "of its own" not in decide(FLOOR, *values(0.5, 0.7))[0].detail


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([(0.02, 0.02), (0.03, 0.02)], "score about 5,000 rows of source=a (here 200)."),
        # The slice with the lowest bound is not the one whose gain is nearest to the margin.
        ([(0.02, 0.02), (0.012, 0.01)], "Each slice takes rows of its own, source=b the most: 31,000 (here 200)."),
    ],
)
def test_the_slice_that_takes_most_rows_is_named_once(found: list[tuple[float, float]], said: str) -> None:
    check, evidence = decide({**CLAIM, "claim": "shown_better"}, *differences(*found))
    assert check.detail.startswith(
        "These rows do not show it to be better; to show the gain seen here, score about 5,000"
    )
    assert check.detail.endswith(said)
    assert check.detail.count("of its own") == said.count("of its own")
    assert f"{evidence.rows_needed['rule 0']:,}" in said


@pytest.mark.parametrize("slices", [1, 2, 20])
def test_the_rows_needed_go_by_the_correction(slices: int) -> None:
    _, evidence = decide(CLAIM, *differences(*[(0.0, 0.02)] * slices))
    error = 0.02
    level = NormalDist().inv_cdf(1 - 0.05 / slices)
    exact = 200 * ((level + 0.8416) * error / 0.01) ** 2
    assert evidence.rows_needed["rule 0"] == pytest.approx(exact, rel=0.1)


def test_an_undefined_slice_fails_the_family() -> None:
    check, _ = decide(FLOOR, *values(0.7, None, 0.7))
    assert check.state is State.FAIL
    assert check.places[0].startswith("source=b: undefined, n 1,582. The value is undefined")


# Claims --------------------------------------------------------------------------------------------

HARM = (-0.05, 0.02)  # p = 0.023: harm if it stood alone, none among ten
CLEAR = (-0.09, 0.02)  # p = 0.00003
EQUAL = (0.0, 0.02)


def test_one_chance_in_many_is_no_harm() -> None:
    alone, _ = decide(CLAIM, *differences(HARM))
    assert alone.state is State.FAIL
    check, evidence = decide(CLAIM, *differences(HARM, *[EQUAL] * 9))
    assert (check.state, check.places) == (State.PASS, [])
    assert check.expected == "not_shown_worse, margin 0.01, in each slice (Holm's correction over 10)"
    assert check.actual.startswith("good in 10 of 10 slices; worst source=a: difference -0.05 [")
    [chart] = [chart for chart in evidence.charts if chart.title.startswith("Difference")]
    assert {str(item.state) for item in chart.items} == {"PASS"}  # type: ignore[union-attr]


def test_slices_of_the_very_same_model_warn_and_are_good() -> None:
    itself = Baseline(note="app:1", compared=True, model_digest="sha256:aa")
    found = judge(project(CLAIM), evaluation(*differences((0.0, 0.0), (0.0, 0.0)), baseline=itself))
    check = found.checks[0]
    assert (check.state, check.places, found.decision) == (State.WARN, [], "pass")
    assert check.actual.startswith("good in 2 of 2 slices")
    assert "compares it with itself" in check.detail


@pytest.mark.parametrize("claim", ["not_shown_worse", "shown_not_worse"])
def test_the_same_model_in_other_code_is_not_itself_where_a_slice_differs(claim: str) -> None:
    rule = {**CLAIM, "claim": claim, "margin": 0.9}
    same_model = Baseline(note="app:1", compared=True, model_digest="sha256:aa")
    found = judge(project(rule), evaluation(*differences((0.0, 0.002), (-0.58, 0.07)), baseline=same_model))
    check = found.checks[0]
    assert (check.state, check.detail, found.decision) == (State.PASS, "", "pass")
    assert check.actual.startswith("good in 2 of 2 slices; worst source=b: difference -0.58 [")
    alone = judge(
        project({**rule, "slice": "source=a"}),
        evaluation(*differences((0.0, 0.002), (-0.58, 0.07)), baseline=same_model),
    )
    assert (alone.checks[0].state, alone.checks[0].detail) == (State.PASS, "")


def test_of_slices_far_from_the_margin_the_one_nearest_to_it_is_the_worst() -> None:
    """Their p-values are all 1."""
    check, _ = decide({**CLAIM, "margin": 0.05}, *differences((0.0, 0.002), (-0.03, 0.002), (-0.01, 0.002)))
    assert check.actual.startswith("good in 3 of 3 slices; worst source=b: difference -0.03 [")


def test_clear_harm_in_one_of_many_blocks() -> None:
    check, evidence = decide(CLAIM, *differences(*[EQUAL] * 9, CLEAR))
    assert check.state is State.FAIL
    assert check.actual.startswith("good in 9 of 10 slices; worst source=j: difference -0.09 [")
    assert check.places == ["source=j: difference -0.09 [-0.1229, -0.0571]; 0.61 [0.59, 0.63], n 200; baseline 0.7"]
    assert check.detail == "It is worse there on the same rows."
    assert (evidence.decision, evidence.rows_needed) == ("block", {})  # rows of other slices would not mend it
    [chart] = [chart for chart in evidence.charts if chart.title.startswith("Difference")]
    labels = {item.label: str(item.state) for item in chart.items}  # type: ignore[union-attr]
    assert [label for label, state in labels.items() if state == "FAIL"] == ["rule 0 [source=j]"]


@pytest.mark.parametrize("claim", ["shown_not_worse", "shown_better"])
def test_the_other_claims_must_be_shown_in_each_slice_without_correction(claim: str) -> None:
    shown = (0.05, 0.02)  # lower bound 0.017
    rule = {**CLAIM, "claim": claim}
    assert decide(rule, *differences(*[shown] * 10))[0].state is State.PASS
    check, _ = decide(rule, *differences(*[shown] * 9, EQUAL))
    assert check.state is State.FAIL
    assert check.actual.startswith("good in 9 of 10 slices; worst source=j")
    assert check.expected == f"{claim}, margin 0.01, in each slice"


def test_a_slice_that_cannot_be_compared_is_not_among_those_corrected_for() -> None:
    lone = metric("accuracy", 0.7, slice="source=z")
    check, _ = decide({**CLAIM, "on_insufficient": "warn"}, lone, *differences(HARM))
    assert check.state is State.FAIL
    assert check.expected.endswith("(Holm's correction over 1)")
    assert [place.partition(":")[0] for place in check.places] == ["source=a", "source=z"]
    assert decide({**CLAIM, "on_insufficient": "warn"}, lone, *differences(EQUAL))[0].state is State.WARN


def test_a_relative_margin_is_of_each_slices_own_baseline() -> None:
    rule = {**CLAIM, "margin": "10%"}
    low, high = differences((-0.05, 0.005), baseline=0.3), differences((-0.05, 0.005), baseline=0.9)
    high[0].slice = "source=b"
    check, _ = decide(rule, *low, *high)
    assert [place.partition(":")[0] for place in check.places] == ["source=a"]
    fallen, *others = (
        entry.model_copy(update={"metric": "r2"}) for entry in (*differences((-0.1, 0.01), baseline=0.0), *high)
    )
    nothing, evidence = decide({**rule, "metric": "r2"}, fallen, *others)
    assert (nothing.state, evidence.exit_code()) == (State.ERROR, 11)


def test_less_is_better_for_an_error() -> None:
    worse = differences((0.09, 0.02))[0].model_copy(update={"metric": "log_loss"})
    assert decide({**CLAIM, "metric": "log_loss"}, worse)[0].state is State.FAIL
    better = differences((-0.09, 0.02))[0].model_copy(update={"metric": "log_loss"})
    assert decide({**CLAIM, "metric": "log_loss"}, better)[0].state is State.PASS


@pytest.mark.parametrize(("said", "state"), [("skip", State.SKIP), ("fail", State.FAIL)])
def test_a_claim_on_a_family_without_a_baseline(said: str, state: State) -> None:
    check, _ = decide({**CLAIM, "on_no_baseline": said}, *values(0.7, 0.7), baseline=False)
    assert check.state is state
    assert check.detail == NO_BASELINE


def test_twenty_unchanged_slices_raise_a_false_alarm_in_at_most_five_of_a_hundred_releases() -> None:
    # The worst case: each slice drops by just the margin, so that every alarm is a false one.
    generator, alarms, releases = np.random.default_rng(7), 0, 400
    for _ in range(releases):
        found = [(generator.normal(-0.01, 0.02), 0.02) for _ in range(20)]
        alarms += judge(project(CLAIM), evaluation(*differences(*found))).decision == "block"
    assert alarms / releases <= 0.05 + 2.5 * math.sqrt(0.05 * 0.95 / releases)


def test_a_family_judged_by_groups_takes_the_entries_of_the_group() -> None:
    grouped = [entry.model_copy(update={"group": "user_id"}) for entry in differences(CLEAR)]
    rule = {**CLAIM, "group": "user_id"}
    check, _ = decide(rule, *differences(EQUAL), *grouped)
    assert (check.state, check.subject) == (State.FAIL, "accuracy [source=*] by user_id")
    missing, _ = decide(rule, *differences(EQUAL))
    assert missing.detail.startswith('Rows were not resampled by "user_id"; evaluate again')


# Fairness: groups are compared in one entry ------------------------------------------------------


@pytest.mark.parametrize(("value", "state"), [(0.79, State.FAIL), (0.8, State.PASS), (None, State.FAIL)])
def test_four_fifths(value: float | None, state: State) -> None:
    rule = {"metric": "selection_rate_ratio[1]", "slice": "sex=*", "min": 0.8}
    check, _ = decide(rule, metric("selection_rate_ratio[1]", value, slice="sex=*"))
    assert check.state is state
    assert (check.subject, check.expected) == ("selection_rate_ratio[1] [sex=*]", ">= 0.8")


def test_equalized_odds_are_bounded_from_above() -> None:
    rule = {"metric": "equalized_odds_difference[1]", "slice": "sex=*", "max": 0.1}
    entry = metric("equalized_odds_difference[1]", 0.11, slice="sex=*")
    assert decide(rule, entry)[0].state is State.FAIL


def test_fairness_that_was_not_measured() -> None:
    rule = {"metric": "selection_rate_ratio[1]", "slice": "sex=*", "min": 0.8}
    said = decide(rule, metric("accuracy", 0.7))[0].detail
    assert said == 'Fairness over "sex" was not measured; evaluate again with protected = ["sex"].'
    other = decide(rule, metric("selection_rate_ratio[0]", 0.9, slice="sex=*"))[0].detail
    assert 'There is no metric "selection_rate_ratio[1]"; did you mean "selection_rate_ratio[0]"?' in other
