"""A column that tells the target one to one is found whatever its values are; one that merely helps is not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ml_steps.evidence import State

from .conftest import Case, Row

Column = Callable[[int, Row], str]
RULE = {"type": "custom", "engine": "ml-pipeline", "implementation": {"rule": "noLeak"}}


def judged(case: Case, column: Column, *, contract: bool = False) -> State:
    for number, row in enumerate(case.train):
        row["more"] = column(number, row)
    for row in case.holdout:
        row["more"] = "x"
    [check] = [check for check in case.judge(contract=contract).checks if check.id == "train.label.noLeak"]
    if check.state is State.FAIL:
        assert check.actual == "more says the same"
        assert check.detail.removeprefix("Mine. ").startswith("A model that reads it will not have it in production;")
    return check.state


LEAKS: dict[str, Column] = {
    "a copy": lambda _, row: row["label"],
    "in other words": lambda _, row: "yes" if row["label"] == "1" else "no",
    "by being missing": lambda _, row: "closed" if row["label"] == "1" else "",
}
NONE: dict[str, Column] = {
    "one row otherwise": lambda number, row: "x" if number == 5 else row["label"],
    "one value for both": lambda number, row: "same",
    "several values a class": lambda number, row: f"{row['label']}{number % 3}",
    "a number of its own": lambda number, _: str(number),
}


@pytest.mark.parametrize("name", LEAKS)
def test_a_leak(case: Case, name: str) -> None:
    assert judged(case, LEAKS[name]) is State.FAIL


@pytest.mark.parametrize("name", NONE)
def test_no_leak(case: Case, name: str) -> None:
    assert judged(case, NONE[name]) is State.PASS


@pytest.mark.parametrize(("rows", "state"), [(19, State.SKIP), (20, State.FAIL)])
def test_few_rows_are_not_judged(case: Case, rows: int, state: State) -> None:
    del case.train[rows:]
    assert judged(case, LEAKS["a copy"]) is state


def test_with_a_contract_it_is_a_rule(case: Case) -> None:
    case.column("label")["quality"].append({**RULE, "description": "Mine."})
    assert judged(case, LEAKS["in other words"], contract=True) is State.FAIL


def test_what_a_contract_of_one_file_states_is_not_judged_twice(case: Case) -> None:
    case.column("label")["quality"].append(RULE)
    del case.contract["schema"][1]
    for row in (*case.train, *case.holdout):
        row["more"] = f"is {row['label']}"
    found = [check.id for check in case.judge().checks if "noLeak" in check.id or "separates" in check.id]
    assert found == ["train.label.noLeak", "train.label.separates"]


@pytest.mark.parametrize("contract", [True, False])
def test_what_no_predictor_sees_is_no_leak(case: Case, contract: bool) -> None:
    case.column("label")["quality"].append(RULE)
    case.settings = '[tool.ml-pipeline.evaluate]\nprotected = ["more"]'
    assert judged(case, LEAKS["a copy"], contract=contract) is State.PASS


def test_of_a_number_only_a_copy_counts(case: Case) -> None:
    for number, row in enumerate(case.train):
        row["label"] = str(number / 2)
    assert judged(case, lambda number, _: f"n{number}") is State.PASS
    assert judged(case, lambda _, row: row["label"]) is State.FAIL
