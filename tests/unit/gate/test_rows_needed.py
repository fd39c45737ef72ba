"""How many rows a claim takes, and where that is said."""

from __future__ import annotations

import pytest

from ml_steps.evaluation.record import Difference, Metric
from ml_steps.evidence import State
from ml_steps.gate.power import rows_needed
from ml_steps.gate.record import GateEvidence

from .evidences import compared, decide, metric

CLAIM = {"id": "claim", "metric": "accuracy", "margin": 0.01}


def changed(value: float, error: float, n: int, **changes: object) -> Metric:
    """An entry with a difference to the baseline whose bounds are those of its standard error."""
    paired = Difference(value=value, low=value - 1.645 * error, high=value + 1.645 * error, error=error)
    return metric("accuracy", 0.7 + value, **{"n": n, "baseline": 0.7, "difference": paired, **changes})


@pytest.mark.parametrize(
    ("n", "error", "distance", "rows"),
    [
        # A tenth of the predictions changed: error = sqrt(0.1 / n), and 0.1 (2.4865 / 0.01)^2 = 6,183.
        (1_000, 0.01, 0.01, 6_200),
        (10_000, 0.0031623, 0.01, 6_200),
        (1_000, 0.01, 0.02, 1_600),
        (100, 0.05, 0.5, 7),
        (1_000, 0.0, 0.01, None),
        (1_000, 0.01, 0.0, None),
        (1_000, 0.01, -0.01, None),
        (1_000, float("nan"), 0.01, None),
        (1_000, 0.01, 1e-9, None),
        (1_000, 0.01, 1e-200, None),
    ],
)
def test_rows(n: int, error: float, distance: float, rows: int | None) -> None:
    assert rows_needed(n, error, distance) == rows


def needed(claim: str, entry: Metric) -> tuple[State, str, int | None]:
    check, evidence = decide({**CLAIM, "claim": claim}, entry)
    assert GateEvidence.model_validate_json(evidence.to_json()).rows_needed == evidence.rows_needed
    return check.state, check.detail, evidence.rows_needed.get("claim")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            -0.002,
            "These rows cannot show it; to show an equal model to be no worse, score about 6,200 rows (here 1,000), "
            'or claim "not_shown_worse" instead.',
        ),
        (  # an equal model drops by the margin in many samples
            -0.012,
            "It looks worse on the same rows; improve it, or, if that is chance, to show an equal model to be no "
            "worse, score about 6,200 rows (here 1,000).",
        ),
    ],
)
def test_to_show_no_drop(value: float, expected: str) -> None:
    assert needed("shown_not_worse", changed(value, 0.01, 1_000)) == (State.FAIL, expected, 6_200)


def test_where_harm_is_shown_more_rows_are_no_advice() -> None:
    state, said, rows = needed("shown_not_worse", compared("accuracy", 0.7, -0.009981, -0.0187, -0.0019, n=1_000))
    assert (state, rows) == (State.FAIL, None)
    assert said == "It is worse on the same rows, so that more of them will hardly help; improve it."


def test_a_pass_that_looks_worse_says_so() -> None:
    state, said, rows = needed("not_shown_worse", compared("accuracy", 0.7, -0.009981, -0.0187, -0.0019, n=1_581))
    assert (state, rows) == (State.PASS, 2_600)
    assert said.startswith("It looks worse, and a larger drop is not ruled out; to show one of twice the margin")


def test_where_there_are_rows_enough_the_model_is_at_fault() -> None:
    state, said, rows = needed("shown_not_worse", changed(-0.008, 0.00223607, 20_000))
    assert (state, rows) == (State.FAIL, None)
    assert said == "About 6,200 rows show that an equal model is no worse, and here are 20,000; improve it."


def test_to_show_a_gain() -> None:
    state, said, rows = needed("shown_better", changed(0.02, 0.01, 1_000))
    assert (state, rows) == (State.FAIL, 6_200)
    assert (
        said
        == "These rows do not show it to be better; to show the gain seen here, score about 6,200 rows (here 1,000)."
    )
    assert needed("shown_better", changed(0.005, 0.01, 1_000)) == (
        State.FAIL,
        "These rows do not show it to be better; improve the model.",
        None,
    )


@pytest.mark.parametrize("claim", ["not_shown_worse", "shown_not_worse", "shown_better"])
def test_harm_is_no_lack_of_rows(claim: str) -> None:
    state, said, rows = needed(claim, changed(-0.05, 0.01, 1_000))
    assert (state, rows) == (State.FAIL, None)
    assert said.startswith("It is worse on the same rows")


def test_a_pass_for_want_of_rows_says_so() -> None:
    state, said, rows = needed("not_shown_worse", changed(0.0, 0.01, 1_000))
    assert (state, rows) == (State.PASS, 6_200)
    assert (
        said == "A larger drop is not ruled out; to show one of twice the margin, score about 6,200 rows (here 1,000)."
    )
    assert needed("not_shown_worse", changed(0.0, 0.002, 20_000)) == (State.PASS, "", None)  # ruled out
    assert needed("not_shown_worse", changed(0.02, 0.01, 1_000)) == (State.PASS, "", None)  # ruled out by few
    assert needed("not_shown_worse", changed(-0.008, 0.00223607, 20_000)) == (State.PASS, "", None)  # rows enough
    assert needed("shown_not_worse", changed(0.0, 0.002, 20_000)) == (State.PASS, "", None)


def test_without_a_margin_no_number_of_rows_is_sure_to_show_an_equal_model() -> None:
    check, evidence = decide({**CLAIM, "margin": 0, "claim": "shown_not_worse"}, changed(0.0, 0.01, 1_000))
    assert check.detail == ('These rows cannot show it; give a larger margin, or claim "not_shown_worse" instead.')
    assert evidence.rows_needed == {}


def test_without_a_standard_error_the_bounds_give_it() -> None:
    assert needed("shown_not_worse", compared("accuracy", 0.7, 0.0, -0.016449, 0.016449, n=1_000))[2] == 6_200


def test_too_few_rows_for_a_rule_are_its_own_number() -> None:
    check, evidence = decide(
        {"id": "few", "metric": "accuracy", "min": 0.5, "min_rows": 2_000}, metric("accuracy", 0.7)
    )
    assert check.detail == "1,582 rows, expected at least 2,000; score more rows."
    assert evidence.rows_needed == {"few": 2_000}


def test_a_family_takes_what_its_neediest_slice_does() -> None:
    slices = [changed(-0.002, 0.01, 1_000, slice="s=a"), changed(-0.002, 0.02, 1_000, slice="s=b")]
    check, evidence = decide({**CLAIM, "slice": "s=*", "claim": "shown_not_worse"}, *slices)
    assert "score about 25,000 rows of s=b (here 1,000)" in check.detail
    assert evidence.rows_needed == {"claim": 25_000}


def test_of_an_error_a_rise_is_not_ruled_out() -> None:
    rule = {"metric": "rmse", "claim": "not_shown_worse", "margin": 0.01}
    check, _ = decide(rule, compared("rmse", 1.0, 0.0, -0.03, 0.03, n=1_000))
    assert check.detail.startswith("A larger rise is not ruled out; to show one of twice the margin, score about")
