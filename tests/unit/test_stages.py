"""The stages: their order, what each reads, and the commands that do them."""

# ruff: noqa: E501 - a case a line

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase

import pytest

from ml_steps import stages
from ml_steps.errors import SetupError
from ml_steps.project import Project, parse_project


def project(text: str = "", *names: str) -> Project:
    return parse_project(text, frozenset({"src", *names}))


ALL = ["lint", "test", "validate_data", "train", "build_image", "evaluate", "gate"]


@pytest.mark.parametrize(
    ("asked", "selected"),
    [
        ([], ALL),
        (["gate"], ALL),
        (["gate", "lint"], ALL),
        (["train"], ALL[:4]),
        (["build_image"], ALL[:5]),
        (["validate_data", "lint"], ["lint", "validate_data"]),
    ],
)
def test_what_a_stage_needs_is_added_in_order(asked: list[str], selected: list[str]) -> None:
    assert [stage.name for stage in stages.selected(asked)] == selected


def test_an_unknown_stage() -> None:
    said = '--stages: there is no stage "tests"; did you mean "test"? stages: lint, test, validate_data, train, '
    with pytest.raises(SetupError, match=re.escape(said)):
        stages.selected(["lint", "tests"])


def test_each_stage_reads_no_more_than_it_needs() -> None:
    text = (
        '[tool.ml-pipeline]\ncode = ["lib", "app.py"]\ntests = ["checks"]\n[tool.ml-pipeline.test]\ninputs = ["fixtures"]\n'
        '[tool.ml-pipeline.data]\ncontract = "c.yaml"\ntrain = "t.csv"\n'
    )
    config = project(text)
    assert stages.reads("train", config) == ["lib", "app.py"]
    assert stages.reads("build_image", config) == ["lib", "app.py"]
    assert stages.reads("validate_data", config) == ["pyproject.toml", "c.yaml"]
    assert stages.reads("validate_data", project()) == ["pyproject.toml"]
    assert stages.reads("gate", config) == stages.reads("evaluate", config) == ["pyproject.toml"]
    asked = project('[tool.ml-pipeline.evaluate]\ncases = "cases/all.jsonl"\n')
    assert stages.reads("evaluate", asked) == ["pyproject.toml", "cases/all.jsonl"]
    assert [stage for stage in ALL if "cases/all.jsonl" in stages.reads(stage, asked)] == ["evaluate"]
    assert {"lib", "app.py", "checks", "ruff.toml", "pyproject.toml"} <= set(stages.reads("lint", config))
    settings = {"conftest.py", "pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "tox.ini", ".coveragerc"}
    assert {"lib", "checks", "fixtures", *settings} <= set(stages.reads("test", config))
    assert stages.train_reads(config) == ["t.csv"]
    for stage in stages.STAGES:
        assert not {"data", "t.csv", "holdout.*"} & set(stages.reads(stage.name, config))


def test_training_and_image_never_hold_the_data_whatever_their_settings_name() -> None:
    config = project('[tool.ml-pipeline]\ncode = ["src", "data"]\n[tool.ml-pipeline.data]\nholdout = "test/last.csv"\n')
    for stage in ("train", "build_image"):
        left_out = stages.never_seen(stage, config)
        hidden = ["train.csv", "train.CSV.gz", "train.Parquet", "train.d/part-1.csv", "test/last.csv"]
        assert all(any(fnmatchcase(f"data/{name}", one) for one in left_out) for name in hidden)
        assert not any(fnmatchcase("data/train.py", one) for one in left_out)
    assert stages.never_seen("test", config) == []


@pytest.mark.parametrize("holdout", ["holdout-*", "holdout/*", "h*", "holdout-[12].csv", "holdout*csv"])
def test_a_glob_of_parts_is_left_out_of_training_and_image_whatever_it_ends_in(holdout: str) -> None:
    config = project(f'[tool.ml-pipeline]\ncode = ["data"]\n[tool.ml-pipeline.data]\nholdout = "{holdout}"\n')
    path = f"data/{'holdout/' if '/' in holdout else 'holdout-'}1.csv"
    assert any(fnmatchcase(path, one) for one in stages.never_seen("train", config))


@pytest.mark.parametrize(
    ("text", "tells"),
    [
        ("implementation: {rule: freshness, maxAgeHours: 1}", True),
        ("query: SELECT count(*) FROM {object} WHERE at > NOW()", True),
        ("query: SELECT today () - max(at) FROM {object}", True),
        ("query: SELECT current_date", True),
        ("query: SELECT age(at)", True),
        ("query: SELECT get_current_timestamp()", True),
        ("query: SELECT max(at) < localtimestamp", True),
        ("query: SELECT max(at) < transaction_timestamp()", True),
        ("query: SELECT max(at) < current_localtimestamp()", True),
        ("query: SELECT max(at) < current_timestamp", True),
        ("implementation: {rule: notInFuture}", False),
        ("name: age\ndescription: what is known now", False),
    ],
)
def test_which_contracts_ask_for_the_time(text: str, tells: bool) -> None:
    assert stages.tells_time(text) is tells


def test_training_reads_what_it_says_it_depends_on() -> None:
    assert stages.reads("train", project('[tool.ml-pipeline.train]\ninputs = ["src/train.py"]\n')) == ["src/train.py"]
    assert stages.reads("train", project("[tool.ml-pipeline.train]\ninputs = []\n")) == []


@pytest.mark.parametrize(
    ("setting", "asked", "smoke", "epochs"),
    [
        ("", None, False, 10),
        ("epochs = 3", None, False, 3),
        ("epochs = 3", 7, False, 7),
        ("epochs = 3", None, True, 1),
        ("epochs = 3", 7, True, 1),
        ("epochs = 3\nsmoke = {epochs = 2}", None, True, 2),
        ("epochs = false", None, False, None),
        ("epochs = false", None, True, None),
    ],
)
def test_epochs(setting: str, asked: int | None, smoke: bool, epochs: int | None) -> None:
    assert stages.epochs_of(project(f"[tool.ml-pipeline.train]\n{setting}\n"), asked, smoke) == epochs


@pytest.mark.parametrize(("asked", "said"), [(0, "--epochs is 0; it must be 1 or more"), (-2, "--epochs is -2")])
def test_epochs_that_cannot_be(asked: int, said: str) -> None:
    with pytest.raises(SetupError, match=said):
        stages.epochs_of(project(), asked, False)


def test_epochs_for_a_command_that_takes_none() -> None:
    with pytest.raises(SetupError, match=r"--epochs was given, but .* epochs = false; drop one of them"):
        stages.epochs_of(project("[tool.ml-pipeline.train]\nepochs = false\n"), 3, False)


@pytest.mark.parametrize(
    ("state", "check", "required", "expected"),
    [
        ("PASS", "PASS", True, "PASS"),
        ("PASS", "FAIL", True, "FAIL"),
        ("PASS", "FAIL", False, "PASS"),
        ("WARN", "INSUFFICIENT", True, "INSUFFICIENT"),
        ("ERROR", "FAIL", True, "ERROR"),
    ],
)
def test_a_stage_that_passes_over_a_failing_check_fails(state: str, check: str, required: bool, expected: str) -> None:
    evidence = {"state": state, "headline": "said", "seconds": 1.5, "checks": [{"state": check, "required": required}]}
    assert stages.outcome_of(json.dumps(evidence)) == (expected, "said", 1.5)


def test_the_summary_names_its_columns() -> None:
    text = stages.summary([("lint", "PASS", 1.25, "no findings"), ("train", "SKIP", None, "not run")])
    assert text.splitlines() == [
        "stage          verdict       work time  key figure",
        "lint           PASS             1.25 s  no findings",
        "train          SKIP                  -  not run",
    ]


def test_what_a_stage_warns_of_is_listed_within_100_columns() -> None:
    checks = [
        {"id": "a", "state": "WARN", "actual": "x " * 90 + "x", "expected": "", "detail": "Keep it."},
        {"id": "b", "state": "PASS", "actual": "fine", "expected": "", "detail": ""},
        *[{"id": f"c{index}", "state": "WARN", "actual": "1", "expected": "2", "detail": ""} for index in range(9)],
    ]
    said = stages.warnings_of(json.dumps({"checks": checks}))
    assert len(said) == 5
    assert said[0].endswith(" x. Keep it.")
    assert said[1] == "c0: 1; expected 2."
    text = stages.warned("validate_data", said)
    assert text.startswith("\nvalidate_data warns:\n  - a: x x")
    assert max(map(len, text.splitlines())) <= 100
    assert "\x1b" not in stages.warned("validate_data", ["x\x1b[31m: red"])
