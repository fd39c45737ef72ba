"""A column by which the classes lie wholly apart is warned of; where two classes meet in a single row, none is."""

from __future__ import annotations

import re
import tempfile
from collections import defaultdict
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_steps.data import separating
from ml_steps.data.session import open_session
from ml_steps.data.source import open_source
from ml_steps.evidence import Check, State

from .conftest import Case, Row

Column = Callable[[int, Row], str]
RULE = {"type": "custom", "engine": "ml-pipeline", "implementation": {"rule": "noLeak"}}
RANGE, VALUES, THERE = (f"separated by more ({way})" for way in ("its range", "its values", "whether it is there"))


def judged(case: Case, column: Column, *, contract: bool = False) -> Check:
    for number, row in enumerate(case.train):
        row["more"] = column(number, row)
    for row in case.holdout:
        row["more"] = "x"
    found = {check.id: check for check in case.judge(contract=contract).checks}
    assert found["train.label.noLeak"].state is not State.FAIL
    return found["train.label.separates"]


def good(row: Row) -> bool:
    return bool(row["label"] == "1")


APART: dict[str, tuple[Column, str]] = {
    "numbers": (lambda number, row: f"{'' if good(row) else '-'}{number}.5", RANGE),
    "in no order of their texts": (lambda number, row: str(100 + number if good(row) else 9 + number), RANGE),
    "days": (lambda number, row: f"202{5 if good(row) else 4}-01-{1 + number % 28:02}", RANGE),
    "times": (
        lambda number, row: f"2026-01-01T{'12:30:00-02:00' if good(row) else f'13:{number:02}:00Z'}",
        RANGE,
    ),
    "several values a class": (lambda number, row: f"{row['label']}{'ab'[number // 2 % 2]}x", VALUES),
    "a day for one class": (lambda number, row: f"2026-01-{1 + number % 28:02}" if good(row) else "", THERE),
    "numbers in turn": (lambda number, row: str(int(row["label"]) + 2 * (number // 2 % 2)), VALUES),
}
MEETING: dict[str, Column] = {
    "one row in the other's range": lambda number, row: str(number + 100 * (number == 5 or not good(row))),
    "ranges that touch": lambda number, row: str(41 - number if good(row) else 40 + number),
    "one text among numbers": lambda number, row: "x" if number == 5 else f"{'' if good(row) else '-'}{number}.5",
    "one row of another value": lambda number, row: "0ax" if number == 5 else f"{row['label']}{'ab'[number // 2 % 2]}x",
    "few rows a value": lambda number, row: f"{row['label']}{number // 2 % 3}x",
    "a day for nearly one class": lambda number, row: (
        f"2026-01-{1 + number % 28:02}" if good(row) or number == 6 else ""
    ),
    "a day for some of one class": lambda number, row: (
        f"2026-01-{1 + number % 28:02}" if good(row) and number > 5 else ""
    ),
    "one value": lambda number, row: "same",
}


@pytest.mark.parametrize("name", APART)
def test_classes_that_lie_apart(case: Case, name: str) -> None:
    column, said = APART[name]
    check = judged(case, column)
    assert (check.state, check.actual, check.required) == (State.WARN, said, False)
    assert case.judge(contract=False).exit_code() == 0


@pytest.mark.parametrize("name", MEETING)
def test_classes_that_meet(case: Case, name: str) -> None:
    assert judged(case, MEETING[name]).state is State.PASS


def longer(case: Case, rows: int) -> None:
    """Make the training file longer than what is read first."""
    same = {"timestamp": "2026-01-01T00:00:00Z"}
    case.train = [
        {**case.train[number % 40], **same, "text": f"train text {number}"}
        for number in range(separating.FIRST_ROWS + rows)
    ]


def test_the_whole_file_counts(case: Case) -> None:
    longer(case, 100)
    assert judged(case, APART["numbers"][0]).state is State.WARN
    odd = lambda number, row: "-9" if number == 1_051 else APART["numbers"][0](number, row)  # noqa: E731
    assert judged(case, odd).state is State.PASS


def test_a_file_sorted_by_its_classes(case: Case) -> None:
    longer(case, 2_000)
    case.train.sort(key=good)
    assert judged(case, lambda number, _: str(number)).actual == RANGE
    assert judged(case, lambda number, _: str(number * 7 % 4_000)).state is State.PASS


def test_of_a_file_with_more_values_a_sample_counts(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(separating, "MOST_CELLS", 800)
    longer(case, 2_000)
    case.train.sort(key=good)
    said = judged(case, lambda number, _: str(number)).actual
    assert re.fullmatch(r"separated by more \(its range, in a sample of \d{3} rows\)", said)
    assert judged(case, lambda number, _: str(number * 7 % 4_000)).state is State.PASS


@pytest.mark.parametrize(("gaps", "state"), [(1, State.WARN), (2, State.PASS)])
def test_what_is_missing_tells_nothing(case: Case, gaps: int, state: State) -> None:
    case.train = [{**case.train[number % 40], "text": f"train text {number}"} for number in range(120)]
    for name in ("numbers", "several values a class"):
        column = APART[name][0]
        assert judged(case, lambda number, row, column=column: " " if number < gaps else column(number, row)).state is (  # type: ignore[misc]
            state
        )


@pytest.mark.parametrize(("rows", "actual"), [(10, THERE), (9, "none found")])
def test_a_class_of_which_nothing_is_there(case: Case, rows: int, actual: str) -> None:
    longer(case, 500)
    for row in case.train[7:1000:100][:rows]:
        row["label"] = "2"
    column = APART["numbers"][0]
    assert judged(case, lambda number, row: "" if row["label"] == "2" else column(number, row)).actual == actual


def test_what_is_there_in_a_file_sorted_by_its_classes(case: Case) -> None:
    longer(case, 2_000)
    case.train.sort(key=good)
    assert judged(case, APART["a day for one class"][0]).actual == THERE
    case.train.reverse()
    assert judged(case, APART["a day for one class"][0]).actual == THERE


NOT_JUDGED: dict[str, Callable[[int], str]] = {
    "one class": lambda number: "1",
    "a class of few rows": lambda number: str(int(number < 9)),
    "many classes": lambda number: f"c{number // 10}",
}


@pytest.mark.parametrize("name", NOT_JUDGED)
def test_a_target_that_is_not_judged(case: Case, name: str) -> None:
    case.train = [{**case.train[0], "text": f"train text {number}"} for number in range(510)]
    for number, row in enumerate(case.train):
        row["label"] = NOT_JUDGED[name](number)
    check = judged(case, lambda number, _: str(number))
    assert (check.state, check.actual[:20]) == (State.SKIP, "not judged: it takes")
    for row in case.train[:10]:
        row["label"] = str(1 - int(name == "one class")) if name != "many classes" else "c1"
    assert judged(case, lambda number, _: str(number)).state is State.WARN


@pytest.mark.parametrize(("rows", "values"), [(1_500, 60), (24, 4)])
def test_many_values_are_no_classes(case: Case, rows: int, values: int) -> None:
    longer(case, rows - separating.FIRST_ROWS)
    for number, row in enumerate(case.train):
        row["label"] = f"c{number % values}"
    assert judged(case, lambda number, row: f"{row['label']}.{number:05}").state is State.SKIP


def test_classes_are_counted_to_the_end(case: Case) -> None:
    longer(case, 500)
    for number, row in enumerate(case.train):
        row["label"] = f"c{number // 25}"
    assert judged(case, lambda number, _: str(number)).state is State.SKIP


LINES: dict[str, tuple[Callable[[float], str], State]] = {
    "another unit": (lambda target: f"{-60 * target + 7:.3f}", State.WARN),
    "rounded": (lambda target: str(round(target / 10)), State.WARN),
    "missing in few rows": (lambda target: "" if target == 37 else f"{target}", State.WARN),
    "missing in many": (lambda target: "" if target % 1 == 0 else f"{target}", State.PASS),
    "bent": (lambda target: f"{target**2}", State.WARN),
    "bent, falling": (lambda target: f"{1 / (1 + target)}", State.WARN),
    "bent, in steps": (lambda target: f"{(target // 3) ** 2}", State.WARN),
    "cut in six": (lambda target: f"{target // 250}", State.WARN),
    "cut, in words": (lambda target: "late" if target > 100 else "on time", State.WARN),
    "cut, but for one": (lambda target: "late" if target > 100 or target == 7 else "on time", State.PASS),
    "cut, with few on one side": (lambda target: "late" if target > 1_491 else "on time", State.PASS),
    "cut, and missing in many": (lambda target: "" if target % 1 == 0 else f"{target // 250}", State.PASS),
    "up and down": (lambda target: f"{(target - 200) ** 2}", State.PASS),
    "texts among numbers": (lambda target: "x" if target % 1 == 0 else f"{target}", State.PASS),
    "always the same": (lambda target: "1", State.PASS),
}


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("sampled", [False, True])
def test_a_target_of_many_numbers(case: Case, monkeypatch: pytest.MonkeyPatch, name: str, sampled: bool) -> None:
    longer(case, 500)
    for number, row in enumerate(case.train):
        row["label"] = f"{number}" if number % 10 == 7 else f"{number}.5"
    column, state = LINES[name]
    if sampled:
        monkeypatch.setattr(separating, "MOST_CELLS", 1_600)
    check = judged(case, lambda _, row: column(float(row["label"])))
    assert check.state is state
    way = {
        "bent": "in the same or the opposite order",
        "cut": "each of its values has a range of the target for itself",
    }
    of = way.get(re.split("[ ,]", name)[0], "on a straight line")
    how = r", in a sample of \d+ rows" if sampled else ""
    assert re.fullmatch(rf"separated by more \({of}{how}\)" if state is State.WARN else "none found", check.actual)


def test_no_target_is_not_judged(case: Case) -> None:
    for row in case.train:
        row["label"] = ""
    assert judged(case, lambda number, _: str(number)).state is State.SKIP


def test_a_row_without_a_target_is_of_no_class(case: Case) -> None:
    case.train[5]["label"] = " "
    assert judged(case, lambda number, row: str(10 if number == 5 else number + 500 * good(row))).actual == RANGE


def test_few_rows_are_not_judged(case: Case) -> None:
    del case.train[19:]
    assert judged(case, APART["numbers"][0]).state is State.SKIP


def test_what_tells_one_to_one_is_not_said_twice(case: Case) -> None:
    for row in (*case.train, *case.holdout):
        row["more"] = str(3 - int(row["label"]))
    assert [check.id for check in case.failing(contract=False)] == ["train.label.noLeak"]


@pytest.mark.parametrize("contract", [True, False])
def test_what_no_predictor_sees_does_not_separate(case: Case, contract: bool) -> None:
    case.column("label")["quality"].append(RULE)
    assert judged(case, APART["numbers"][0], contract=contract).state is State.WARN
    case.settings = '[tool.ml-pipeline.evaluate]\nprotected = ["more"]'
    assert judged(case, APART["numbers"][0], contract=contract).state is State.PASS


def test_a_contract_says_what_is_missing(case: Case) -> None:
    case.train = [{**case.train[number % 40], "text": f"train text {number}"} for number in range(120)]
    case.column("label")["quality"].append(RULE)
    column = APART["numbers"][0]
    assert judged(case, lambda n, row: "N/A" if n == 5 else column(n, row), contract=True).state is State.PASS
    absent = {"property": "missingText", "value": ["N/A"]}
    case.contract["schema"][0]["properties"].append({"name": "more", "customProperties": [absent]})
    assert judged(case, lambda n, row: "N/A" if n == 5 else column(n, row), contract=True).state is State.WARN


def number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def oracle(rows: list[tuple[str, str]]) -> list[str] | None:
    """Judge in plain Python whether the second column tells the first, of classes a and b."""
    sizes = [sum(label == one for label, _ in rows) for one in "ab"]
    if len(rows) < 20 or min(sizes) < 10:
        return None
    there = [(label, value) for label, value in rows if value.strip()]
    values, ranges = defaultdict(set), defaultdict(list)
    for label, value in there:
        values[value].add(label)
        ranges[label].append(number(value))
    of = sum(size for one, size in zip("ab", sizes, strict=True) if one in ranges)
    if of < len(rows) and of - len(there) <= 0.01 * of and min(len(there), len(rows) - of) >= 10:
        return ["more (whether it is there)"]
    if len(rows) - len(there) > 0.01 * len(rows) or len(ranges) < 2:
        return []
    if all(len(labels) == 1 for labels in values.values()) and len(values) == 2:
        return []
    numbers = [[one for one in found if one is not None] for found in ranges.values()]
    if sum(map(len, numbers)) == len(there):
        ends = sorted((min(found), max(found)) for found in numbers)
        if all(below[1] < above[0] for below, above in pairwise(ends)):
            return ["more (its range)"]
    pure = all(len(labels) == 1 for labels in values.values())
    return ["more (its values)"] if pure and len(there) >= 10 * len(values) else []


POOLS = st.lists(st.sampled_from(["1", "2", "2.0", "3", "10", "-4", "x", "y", " "]), min_size=1, max_size=3)


@settings(max_examples=150, derandomize=True, database=None, deadline=None)
@given(st.data(), POOLS, POOLS, st.integers(0, 45), st.sampled_from([5, 2_000]))
def test_every_verdict_is_that_of_the_oracle(
    data: st.DataObject, ours: list[str], theirs: list[str], rows: int, first: int
) -> None:
    one = st.sampled_from(ours).map(lambda value: ("a", value)) | st.sampled_from(theirs).map(
        lambda value: ("b", value)
    )
    table = data.draw(st.lists(one, min_size=rows, max_size=rows))
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(separating, "FIRST_ROWS", first)
        path = Path(folder) / "train.csv"
        path.write_text("".join(f'"{label}","{more}"\n' for label, more in [("label", "more"), *table]), "utf-8")
        source = open_source("train", path)
        with open_session([source]) as session:
            found = separating.find(session, source, len(table), "label", (), lambda _: {})
    expected = oracle(table)
    assert found == expected or (first == 5 and expected is None and found == [])
