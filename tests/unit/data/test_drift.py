"""Data beside a reference: what drifts, what does not, and what is said of it."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ml_steps.data import compared, stored
from ml_steps.data.distribution import Bins, Categories
from ml_steps.data.model import DataEvidence
from ml_steps.data.reference import Profile
from ml_steps.errors import SetupError
from ml_steps.evidence import Bars, State
from ml_steps.report.markdown import markdown
from ml_steps.report.pages import page
from tests.unit.data.conftest import Break, Case

ROWS = 1_500
DRIFT = {"type": "custom", "engine": "ml-pipeline", "implementation": {"rule": "drift"}}


def rows_of(seed: int, count: int = ROWS) -> list[dict[str, Any]]:
    draw = random.Random(seed)  # noqa: S311
    return [
        {
            "text": f"{seed} {index} " + "x" * draw.randrange(1, 40),
            "label": str(draw.randrange(2)),
            "timestamp": f"2026-01-{1 + index % 28:02d}T00:00:00Z",
            "source": draw.choice("ab"),
            "price": f"{draw.gauss(100, 15):.4f}",
            "paid": draw.choice(["true", "false"]),
        }
        for index in range(count)
    ]


def make(root: Path, seed: int) -> Case:
    """Return a case of random rows, always from the same distributions."""
    root.mkdir()
    made = Case(root, train=rows_of(seed), holdout=rows_of(seed + 1, 50))
    for owner in (0, 1):
        made.contract["schema"][owner]["properties"] += [
            {"name": "price", "logicalType": "number"},
            {"name": "paid", "logicalType": "boolean"},
        ]
    return made


@pytest.fixture
def before(tmp_path: Path) -> Case:
    made = make(tmp_path / "before", 1)
    made.write()
    return made


@pytest.fixture
def now(tmp_path: Path) -> Case:
    return make(tmp_path / "now", 3)


def saved(evidence: DataEvidence, path: Path) -> Path:
    path.write_text(Profile(files=evidence.files).to_json(), encoding="utf-8")
    return path


def states(evidence: DataEvidence, *wanted: State) -> dict[str, State]:
    return {check.id: check.state for check in evidence.checks if check.state in wanted}


def not_passed(evidence: DataEvidence) -> dict[str, State]:
    return states(evidence, State.WARN, State.FAIL, State.INSUFFICIENT, State.ERROR)


def stated(case: Case, column: str | None = None, /, severity: str = "", **keys: Any) -> None:
    entry = {**DRIFT, "implementation": {"rule": "drift", **keys}, **({"severity": severity} if severity else {})}
    owner = case.column(column) if column else case.contract["schema"][0]
    owner.setdefault("quality", []).append(entry)


def change(column: str, value: Callable[[str], str], share: float = 1.0) -> Break:
    def apply(case: Case) -> None:
        draw = random.Random(9)  # noqa: S311
        for row in case.train:
            if draw.random() < share:
                row[column] = value(row[column])

    return apply


CHANGES: dict[str, tuple[Break, str]] = {
    "numbers move": (change("price", lambda text: str(float(text) + 10)), "price"),
    "numbers spread": (change("price", lambda text: str(3 * float(text) - 200)), "price"),
    "values go missing": (change("price", lambda _: "", 0.2), "price"),
    "categories go missing": (change("source", lambda _: "", 0.2), "source"),
    "categories move": (change("source", lambda _: "a", 0.5), "source"),
    "truth moves": (change("paid", lambda _: "true", 0.5), "paid"),
    "classes move": (change("label", lambda _: "1", 0.5), "label"),
    "texts get longer": (change("text", lambda text: text[:30] + "x" * 25), "text"),
}


@pytest.mark.parametrize("contract", [True, False])
def test_the_same_distributions_do_not_drift(before: Case, now: Case, contract: bool) -> None:
    evidence = now.judge(contract=contract, against=before.data)
    assert not_passed(evidence) == {}
    assert evidence.state is State.PASS
    assert {one.column for one in evidence.drift} >= {"text", "label", "source", "price", "paid"}
    assert {one.object for one in evidence.drift} == {"train"}
    assert evidence.facts["reference"] == "data"
    assert DataEvidence.model_validate_json(evidence.to_json()) == evidence


@pytest.mark.parametrize("contract", [True, False])
@pytest.mark.parametrize("name", CHANGES)
def test_each_kind_of_drift_is_found_alone(before: Case, now: Case, name: str, contract: bool) -> None:
    apply, column = CHANGES[name]
    apply(now)
    evidence = now.judge(contract=contract, against=before.data)
    assert not_passed(evidence) == {f"train.{column}.drift": State.WARN}
    assert evidence.state is State.WARN
    [check] = [check for check in evidence.checks if check.state is State.WARN]
    assert "of the rows" in check.detail
    assert [one.column for one in evidence.drift if one.drifted] == [column]
    assert evidence.exit_code() == 0


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
def test_a_profile_alone_decides_as_its_data_do(before: Case, now: Case, suffix: str) -> None:
    now.suffix = suffix
    for apply, _ in CHANGES.values():
        apply(now)
    path = saved(before.judge(), before.root / "profile.json")
    by_data, by_profile = now.judge(against=before.data), now.judge(against=path)
    by_folder = now.judge(against=before.root)
    assert by_data.drift == by_profile.drift == by_folder.drift
    assert by_data.checks == by_profile.checks
    assert by_data.charts == by_profile.charts
    assert sum(one.drifted for one in by_data.drift) == 5


def test_a_profile_counts_what_is_there(before: Case) -> None:
    change("price", lambda _: "", 0.1)(before)
    evidence = before.judge()
    [train, holdout] = evidence.files
    assert train.profiled_rows == ROWS
    by_name = {column.name: column.distribution for column in train.columns}
    prices = [float(row["price"]) for row in before.train if row["price"]]
    price = by_name["price"]
    assert isinstance(price, Bins)
    assert price.empty == ROWS - len(prices)
    ends = [float("-inf"), *price.edges, float("inf")]
    assert price.counts == [sum(low < value <= high for value in prices) for low, high in pairwise(ends)]
    assert len(price.edges) == 19
    assert all(abs(count / len(prices) - 0.05) < 0.01 for count in price.counts)
    source = by_name["source"]
    assert isinstance(source, Categories)
    assert dict(zip(source.names, source.counts, strict=True)) == Counter(row["source"] for row in before.train)
    text = by_name["text"]
    assert isinstance(text, Bins)
    assert text.kind == "length"
    assert sum(text.counts) == ROWS
    assert by_name["timestamp"] is None
    few = {column.name: column.distribution and column.distribution.kind for column in holdout.columns}
    assert (few["text"], few["source"]) == ("length", "category")  # 50 texts, all different


def test_numbers_that_are_written_alike_are_one_category(before: Case) -> None:
    prices = ["-0", "0", "0.3", "0.30000000000000004"]
    for index, row in enumerate(before.train):
        row["price"] = prices[index % len(prices)]
    [train, _] = before.judge().files
    price = next(column.distribution for column in train.columns if column.name == "price")
    assert isinstance(price, Categories)
    assert dict(zip(price.names, price.counts, strict=True)) == {"0": ROWS // 2, "0.3": ROWS // 2}


def test_a_large_file_is_profiled_by_a_sample_always_the_same(
    before: Case, now: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "MOST_ROWS", 1_200)
    evidence = now.judge(against=before.data)
    [train, _] = evidence.files
    assert train.rows == ROWS
    assert 1_100 < train.profiled_rows < 1_300
    titles = [chart.title for chart in evidence.charts if "balance" in chart.title]
    assert titles[0] == f"Class balance, train.csv (a sample of {train.profiled_rows:,} rows)"
    balance = evidence.charts[0]
    assert isinstance(balance, Bars)
    assert sum(balance.values) == pytest.approx(100)
    assert now.judge(against=before.data).files == evidence.files
    assert not_passed(evidence) == {}


def test_a_drift_rule_decides_by_its_severity_and_its_distance(before: Case, now: Case) -> None:
    CHANGES["numbers move"][0](now)
    CHANGES["categories move"][0](now)
    stated(now, "price")
    stated(now, "source", severity="warning")
    evidence = now.judge(against=before.data)
    assert not_passed(evidence) == {"train.price.drift": State.FAIL, "train.source.drift": State.WARN}
    assert evidence.headline.endswith("checks failed: train.price.drift")
    assert evidence.exit_code() == 10


def test_rules_of_the_object_and_of_columns(before: Case, now: Case) -> None:
    CHANGES["numbers move"][0](now)
    CHANGES["categories move"][0](now)
    CHANGES["classes move"][0](now)
    stated(now, None)
    stated(now, None, maxDistance=0.6, columns=["label"])
    stated(now, "source", maxDistance=0.6)
    assert not_passed(now.judge(against=before.data)) == {"train.price.drift": State.FAIL}


@pytest.mark.parametrize(
    ("first", "second", "target"),
    [
        ((None, {}), (None, {}), "every column of train"),
        ((None, {"columns": ["label"]}), (None, {"columns": ["source", "label"]}), "train.label"),
        ((None, {"columns": ["price"]}), ("price", {}), "train.price"),
        (("price", {}), ("price", {}), "train.price"),
    ],
)
def test_a_second_drift_rule_for_the_same_target_is_an_error(
    now: Case, first: tuple[str | None, dict[str, Any]], second: tuple[str | None, dict[str, Any]], target: str
) -> None:
    stated(now, first[0], maxDistance=0.1, **first[1])
    now.judge()
    stated(now, second[0], severity="warning", maxDistance=0.9, **second[1])
    with pytest.raises(SetupError, match=r"^contract.yaml:\d+: ") as caught:
        now.judge()
    lines = set(re.findall(r"contract\.yaml:(\d+)", str(caught.value)))
    assert f"drift: {target} has a limit already, at contract.yaml:" in str(caught.value)
    assert len(lines) == 2


def test_a_drift_rule_names_columns_as_in_the_contract_or_the_file(before: Case, now: Case) -> None:
    CHANGES["numbers move"][0](now)
    CHANGES["categories move"][0](now)
    now.column("price").update(name="amount", physicalName="price")
    now.column("source").update(name="origin", physicalName="source")
    stated(now, None, columns=["amount", "source"])
    evidence = now.judge(against=before.data)
    assert not_passed(evidence) == {"train.price.drift": State.FAIL, "train.source.drift": State.FAIL}


def test_other_files_are_compared_where_a_rule_says_so(before: Case, now: Case) -> None:
    before.holdout, now.holdout = rows_of(5), rows_of(6)
    before.write()
    for row in now.holdout:
        row["source"] = "a"
    assert not_passed(now.judge(against=before.data)) == {}
    now.contract["schema"][1]["quality"].append(DRIFT)
    assert not_passed(now.judge(against=before.data)) == {"holdout.source.drift": State.FAIL}


def test_a_model_has_the_profile_of_its_training_file_alone(before: Case, now: Case, tmp_path: Path) -> None:
    """A rule on the holdout then has nothing to compare with; that must not stop the next release."""
    profile = json.loads(saved(before.judge(), tmp_path / "profile.json").read_text(encoding="utf-8"))
    profile["files"] = [file for file in profile["files"] if file["name"] == "train"]
    (tmp_path / "profile.json").write_text(json.dumps(profile), encoding="utf-8")
    now.contract["schema"][1]["quality"].append(DRIFT)
    evidence = now.judge(against=tmp_path / "profile.json")
    [check] = [check for check in evidence.checks if check.id == "holdout.drift"]
    said = "not judged: the reference holds train; give one with holdout as --reference"
    assert (check.state, check.actual) == (State.SKIP, said)
    assert evidence.state is State.PASS


@pytest.mark.parametrize("side", ["before", "now"])
def test_too_few_rows_say_nothing(before: Case, now: Case, side: str) -> None:
    CHANGES["numbers move"][0](now)
    del {"before": before, "now": now}[side].train[999:]
    before.write()
    evidence = now.judge(against=before.data)
    assert not_passed(evidence) == {"train.drift": State.INSUFFICIENT}
    assert evidence.state is State.WARN
    assert evidence.exit_code() == 0
    assert evidence.drift == []
    assert "failed" not in evidence.headline
    stated(now, "price")
    assert now.judge(against=before.data).exit_code() == 10


def test_a_profile_of_too_few_rows_says_nothing(before: Case, now: Case) -> None:
    """The distributions count a sample: its rows decide, not those of the file."""
    path = saved(before.judge(), before.root / "profile.json")
    profile = Profile.load(path)
    profile.files[0].profiled_rows = 0
    for column in profile.files[0].columns:
        if column.distribution:
            column.distribution.counts = [0] * len(column.distribution.counts)
            column.distribution.empty = 0
    path.write_text(profile.to_json(), encoding="utf-8")
    stated(now)
    evidence = now.judge(against=path)
    assert not_passed(evidence) == {"train.drift": State.INSUFFICIENT}
    assert evidence.exit_code() == 10


def test_a_change_of_the_row_count(before: Case, now: Case) -> None:
    now.train = rows_of(3, 2 * ROWS + 1)
    assert not_passed(now.judge(against=before.data)) == {"train.rowCountChange": State.WARN}
    now.train = rows_of(3, 2 * ROWS)
    assert not_passed(now.judge(against=before.data)) == {}
    form = {"rule": "rowCountChange", "maxIncrease": 0.5, "maxDecrease": 0.1}
    now.contract["schema"][0]["quality"].append({**DRIFT, "implementation": form})
    evidence = now.judge(against=before.data)
    assert not_passed(evidence) == {"train.rowCountChange": State.FAIL}
    now.train = rows_of(3, 1_349)
    assert not_passed(now.judge(against=before.data)) == {"train.rowCountChange": State.FAIL}


@pytest.mark.parametrize(
    ("form", "rows", "state"),
    [
        ({"maxDecrease": 0.3}, 1_050, None),
        ({"maxDecrease": 0.3}, 1_049, State.FAIL),
        ({"maxIncrease": 0.1}, 1_650, None),
        ({"maxIncrease": 0.1}, 1_651, State.FAIL),
    ],
)
def test_the_limit_itself_is_within(
    before: Case, now: Case, form: dict[str, float], rows: int, state: State | None
) -> None:
    now.train = rows_of(3, rows)
    rule = {"rule": "rowCountChange", "maxIncrease": 1, "maxDecrease": 1, **form}
    now.contract["schema"][0]["quality"].append({**DRIFT, "implementation": rule})
    assert not_passed(now.judge(against=before.data)).get("train.rowCountChange") == state


def test_rules_without_a_reference_are_shown_as_skipped(now: Case) -> None:
    stated(now, "price")
    evidence = now.judge()
    assert states(evidence, State.SKIP) == {"train.price.drift": State.SKIP}
    assert evidence.state is State.PASS


def test_columns_that_came_and_went(before: Case, now: Case) -> None:
    for row in now.train:
        row["new"] = row.pop("price")
    now.holdout = rows_of(4, 50)
    evidence = now.judge(contract=False, against=before.data)
    assert not_passed(evidence) == {
        "train.price.drift": State.WARN,
        "train.new.drift": State.WARN,
        "holdout.columns": State.FAIL,
    }
    said = {check.id: check.actual for check in evidence.checks}
    assert (said["train.price.drift"], said["train.new.drift"]) == ("the column is not there", "the column is new")


@pytest.mark.parametrize("contract", [True, False])
def test_a_new_column_only_warns_where_no_rule_names_it(before: Case, now: Case, contract: bool) -> None:
    for row in (*now.train, *now.holdout):
        row["late"] = row["price"]
    stated(now)
    evidence = now.judge(contract=contract, against=before.data)
    [new] = [check for check in evidence.checks if check.id == "train.late.drift"]
    assert (new.state, new.required, new.actual) == (State.WARN, False, "the column is new")
    assert evidence.exit_code() == 0


def rename(case: Case) -> None:
    case.train = [{("cost" if name == "price" else name): value for name, value in row.items()} for row in case.train]


def nest(case: Case) -> None:
    case.suffix = ".jsonl"
    case.train = [{**row, "price": [row["price"]]} for row in case.train]


def forget(case: Case) -> None:
    """Take the distributions out of the profile that the case wrote."""
    path = case.root / "profile.json"
    profile = Profile.load(path)
    for column in profile.files[0].columns:
        column.distribution = None
    path.write_text(profile.to_json(), encoding="utf-8")


UNJUDGED: dict[str, tuple[Break | None, Break | None]] = {
    "other; number in the reference": (None, nest),
    "number, without a distribution in the reference": (forget, None),
}


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("said", UNJUDGED)
def test_a_stated_rule_that_cannot_be_judged_is_insufficient(before: Case, now: Case, said: str, named: bool) -> None:
    of_before, of_now = UNJUDGED[said]
    for case in (before, now):
        del case.contract["schema"][0]["properties"][-2]["logicalType"]
    if of_before is rename:
        rename(before)
        before.contract["schema"][0]["properties"][-2]["name"] = "cost"
    path = saved(before.judge(), before.root / "profile.json")
    if of_before is forget:
        forget(before)
    if of_now:
        of_now(now)
    by_default = now.judge(against=path)
    assert "train.price.drift" not in {check.id for check in by_default.checks}
    assert f"price ({said})" in next(check.actual for check in by_default.checks if check.id == "train.drift")
    stated(now, "price" if named else None)
    evidence = now.judge(against=path)
    [check] = [check for check in evidence.checks if check.id == "train.price.drift"]
    assert (check.state, check.required, check.actual) == (State.INSUFFICIENT, True, f"not compared: {said}")
    assert evidence.exit_code() == 10
    assert "train.timestamp.drift" not in not_passed(evidence)


def test_a_named_column_that_neither_side_has_is_insufficient(before: Case, now: Case) -> None:
    for case in (before, now):
        case.contract["schema"][0]["properties"].append({"name": "gone", "logicalType": "number"})
    stated(now, None, columns=["gone"])
    evidence = now.judge(against=before.data)
    [check] = [check for check in evidence.checks if check.id == "train.gone.drift"]
    assert (check.state, check.actual) == (State.INSUFFICIENT, "not compared: neither here nor in the reference")


def test_a_rule_of_the_file_leaves_out_what_is_classified(before: Case, now: Case) -> None:
    path = saved(before.judge(), before.root / "profile.json")
    now.column("price")["classification"] = "personal"
    stated(now)
    evidence = now.judge(against=path)
    assert not_passed(evidence) == {}
    [left] = [check for check in evidence.checks if check.id == "train.drift"]
    assert left.actual == "not compared: timestamp (timestamp), price (classified)"


def test_a_column_of_another_kind_is_compared_by_the_kind_of_the_reference(before: Case, now: Case) -> None:
    """One bad value makes a column of numbers one of texts; the others are compared as numbers all the same."""
    now.train[5]["price"] = "n/a"
    assert not_passed(now.judge(contract=False, against=before.data)) == {"train.price.numbers": State.WARN}
    for row in now.train:
        row["price"] = "1 EUR"
    warned = {"train.price.drift": State.WARN, "train.price.numbers": State.WARN}
    assert not_passed(now.judge(contract=False, against=before.data)) == warned


def hide(case: Case) -> None:
    for name in ("price", "source", "paid", "text"):
        case.column(name)["classification"] = "personal"


def values_in(evidence: DataEvidence, case: Case) -> list[str]:
    shown = evidence.to_json() + page(evidence) + markdown(evidence) + Profile(files=evidence.files).to_json()
    return [str(row[name]) for row in case.train for name in ("price", "text") if str(row[name]) in shown]


def test_a_classified_column_shows_no_values(before: Case, now: Case) -> None:
    hide(before)
    evidence = before.judge()
    [train, _] = evidence.files
    kinds = {column.name: column.distribution and column.distribution.kind for column in train.columns}
    assert {name: kinds[name] for name in ("price", "paid", "source", "text")} == {
        "price": None,
        "paid": None,
        "source": "length",
        "text": "length",
    }
    assert values_in(evidence, before) == []
    against = now.judge(against=saved(evidence, before.root / "profile.json"))
    assert not_passed(against) == {}
    [left] = [check for check in against.checks if check.id == "train.drift"]
    assert "price (classified)" in left.actual


def test_a_column_that_is_classified_later_shows_no_values_of_the_reference(before: Case, now: Case) -> None:
    path = saved(before.judge(), before.root / "profile.json")
    reference = Profile.load(path).files[0]
    hide(now)
    CHANGES["texts get longer"][0](now)
    evidence = now.judge(against=path)
    assert not_passed(evidence) == {"train.text.drift": State.WARN}
    assert {one.column for one in evidence.drift} == {"label", "text"}
    [price] = [column.distribution for column in reference.columns if column.name == "price"]
    assert isinstance(price, Bins)
    shown = evidence.to_json() + page(evidence)
    assert [edge for edge in price.edges if f"{edge:.3f}" in shown] == []


@pytest.mark.parametrize(
    ("column", "form", "said"),
    [
        (None, {"rule": "drft"}, 'there is no short form "drft"; did you mean "drift"?'),
        (None, {"rule": "drift", "maxDistanc": 0.1}, 'there is no key "maxDistanc"; did you mean "maxDistance"?'),
        (None, {"rule": "drift", "maxDistance": 2}, "2 is greater than the maximum of 1"),
        (None, {"rule": "drift", "columns": ["prise"]}, 'train has no property "prise"; did you mean "price"?'),
        (None, {"rule": "drift", "columns": ["timestamp"]}, "drift: timestamp is a timestamp, which moves with time"),
        ("timestamp", {"rule": "drift"}, "drift: timestamp is a timestamp, which moves with time"),
        ("price", {"rule": "drift", "columns": ["text"]}, "columns is stated in the wrong place"),
        ("price", {"rule": "rowCountChange"}, "rowCountChange is stated in the wrong place"),
        ("paid", {"rule": "drift"}, "drift: paid is classified, so a profile keeps no values of it"),
        (None, {"rule": "rowCountChange", "maxDecrease": -1}, "-1 is less than the minimum of 0"),
    ],
)
def test_a_rule_that_cannot_be_judged(now: Case, column: str | None, form: dict[str, Any], said: str) -> None:
    now.column("paid")["classification"] = "personal"
    owner = now.column(column) if column else now.contract["schema"][0]
    owner.setdefault("quality", []).append({**DRIFT, "implementation": form})
    with pytest.raises(SetupError, match=r"^contract.yaml:\d+: ") as caught:
        now.judge()
    assert said in str(caught.value)


def test_a_reference_that_is_none(before: Case, now: Case, tmp_path: Path) -> None:
    path = saved(before.judge(), tmp_path / "profile.json")
    text = path.read_text(encoding="utf-8")
    cases = {
        "{}": "files is not valid in a profile (Field required)",
        "no JSON": "the file is not valid in a profile (Invalid JSON",
        text.replace('"schema_version": 1', '"schema_version": 2'): "schema_version is not valid in a profile",
        text.replace('"kind": "number"', '"kind": "other"'): "is not valid in a profile",
        text.replace('"name": "train"', '"name": "other"'): "its profile holds other, holdout; expected train",
        text.replace('"edges": [', '"edges": [-1e300,'): "ascending edges and one count more than edges",
        text.replace('"b"', '"a"'): "a count for each name, and each name once",
        text.replace('"name": "holdout"', '"name": "train"'): "a profile needs each file once",
        text.replace('"name": "source"', '"name": "label"'): "a file needs each column once",
        text.replace('"profiled_rows": 1500', '"profiled_rows": 1499'): "counts 1,500 rows; expected the file's",
        text.replace('"profiled_rows": 1500', '"profiled_rows": -1'): "greater than or equal to 0",
        text.replace('"rows": 1500', '"rows": -1'): "greater than or equal to 0",
        text.replace('"missing": 0', '"missing": -1'): "greater than or equal to 0",
        re.sub(r'"empty": 0', '"empty": -1', text): "greater than or equal to 0",
        re.sub(r'"rare": 0', '"rare": 1', text): "counts 1,501 rows; expected the file's",
        re.sub(r'"edges": \[\s*[^,]+', '"edges": [1e300', text): "ascending edges and one count more than edges",
    }
    for changed, said in cases.items():
        path.write_text(changed, encoding="utf-8")
        with pytest.raises(SetupError, match=r"^--reference") as caught:
            now.judge(against=path)
        assert said in str(caught.value)
    for missing, said in ((tmp_path / "nowhere", "No such file"), (tmp_path / "now", "no file matches train.*")):
        with pytest.raises(SetupError, match=r"^--reference") as caught:
            now.judge(against=missing)
        assert said in str(caught.value)


@pytest.mark.parametrize("contract", [True, False])
def test_a_reference_needs_only_the_files_that_are_compared(before: Case, now: Case, contract: bool) -> None:
    (before.data / "holdout.csv").unlink()
    assert not_passed(now.judge(contract=contract, against=before.data)) == {}


def test_the_profile_of_a_model_is_that_of_train_whatever_it_was_called(
    before: Case, now: Case, tmp_path: Path
) -> None:
    """The contract's object may have another name since, and a baseline's profile cannot be changed."""
    whole = json.loads(saved(before.judge(), tmp_path / "profile.json").read_text(encoding="utf-8"))
    [train] = [file for file in whole["files"] if file["name"] == "train"]
    path = tmp_path / "of-model.json"
    path.write_text(json.dumps({**whole, "files": [{**train, "name": "reviews"}]}), encoding="utf-8")
    CHANGES["categories move"][0](now)
    assert any(one.drifted for one in now.judge(against=path).drift)
    path.write_text(json.dumps({**whole, "files": [{**train, "name": "holdout"}]}), encoding="utf-8")
    with pytest.raises(SetupError, match="its profile holds holdout; expected train"):
        now.judge(against=path)


def test_a_reference_without_its_file_is_told_with_its_own_option(before: Case, now: Case) -> None:
    (before.data / "train.csv").unlink()
    with pytest.raises(SetupError) as caught:
        now.judge(against=before.data)
    assert str(caught.value) == (
        f"--reference {before.data}: no file matches train.*; the folder holds holdout.csv; "
        "put the file there, or pass another folder with --reference."
    )
    with pytest.raises(SetupError, match=r"is a data file; pass the folder that holds it, or a profile\.json\.$"):
        now.judge(against=before.data / "holdout.csv")


def test_the_page_shows_both_distributions(before: Case, now: Case) -> None:
    CHANGES["categories move"][0](now)
    evidence = now.judge(against=before.data)
    chart = evidence.charts[-5]
    assert chart.kind == "pairs"
    assert chart.title == "source, train beside the reference"
    assert sorted(chart.labels) == ["a", "b"]
    assert sum(before for before, _ in chart.values) == pytest.approx(100, abs=0.2)
    html = page(evidence)
    assert 'class="chart pairs"' in html
    assert "Upper bar: reference. Lower bar: here." in html


def test_what_became_text_is_without_a_number() -> None:
    """Not without a value: it has one, of another kind."""
    of_numbers = Bins(kind="number", edges=[1.0], counts=[0, 0], empty=5)
    assert compared._cell(of_numbers, 0) == "without a number"
    assert compared._cell(Categories(names=["a"], counts=[1], empty=1), 0) == "without a value"
