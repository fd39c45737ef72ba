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


def dependencies(text: str) -> str:
    return f"[tool.ml-pipeline.dependencies]\n{text}\n"


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
    assert {"lib", "checks", "fixtures", "conftest.py", "pytest.ini"} <= set(stages.reads("test", config))
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


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("[build-system]\n", {"PYTHONPATH": "/app/src"}),
        ('[build-system]\n[tool.ml-pipeline]\ncode = ["src/churn"]\n', {"PYTHONPATH": "/app/src"}),
        ('[build-system]\n[tool.ml-pipeline]\ncode = ["churn"]\n', {}),
        ("", {}),
    ],
)
def test_a_package_below_src_is_imported_by_its_name(text: str, variables: dict[str, str]) -> None:
    assert stages.imports(project(text), "/app") == variables


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
        ("implementation: {rule: notInFuture}", False),
        ("name: age\ndescription: what is known now", False),
    ],
)
def test_which_contracts_ask_for_the_time(text: str, tells: bool) -> None:
    assert stages.tells_time(text) is tells


def test_training_reads_what_it_says_it_depends_on() -> None:
    assert stages.reads("train", project('[tool.ml-pipeline.train]\ninputs = ["src/train.py"]\n')) == ["src/train.py"]
    assert stages.reads("train", project("[tool.ml-pipeline.train]\ninputs = []\n")) == []


def test_the_shim_is_told_which_inputs_must_be_there() -> None:
    config = project('[tool.ml-pipeline]\ntest.inputs = ["a b"]\ntrain.inputs = ["src", "words.txt"]\n')
    assert "--input=a b" in stages.collect_test(config, "shim", "out")
    argv = stages.collect_train(config, "shim", data="d", out="o", epochs=1, gpu=False)
    assert [part for part in argv if part.startswith("--input")] == ["--input=src", "--input=words.txt"]
    default = stages.collect_train(project(), "shim", data="d", out="o", epochs=1, gpu=False)
    assert not any(part.startswith("--input") for part in default), "the code is asked for by lint"


def test_dependencies_are_looked_for_in_order() -> None:
    both = ("uv.lock", "requirements.txt")
    named = dependencies('train.requirements = ["a.txt", "b.txt"]')
    assert stages.install(project(named, *both), "train").files == ("a.txt", "b.txt")
    assert stages.install(project(named, *both), "serve").files == ("pyproject.toml", "uv.lock")
    assert stages.install(project("", *both), "train").files == ("pyproject.toml", "uv.lock")
    assert stages.install(project("", "requirements.txt"), "train").files == ("requirements.txt",)
    said = r"No dependencies found: there is neither uv.lock nor requirements.txt, .*\[tool.ml-pipeline.dependencies\] serve; add one"
    with pytest.raises(SetupError, match=said):
        stages.install(project(), "serve")


def test_cuda_falls_back_on_train() -> None:
    text = dependencies('train.requirements = ["t.txt"]')
    assert stages.install(project(text), "cuda").files == ("t.txt",)
    assert stages.install(project(text + 'cuda.requirements = ["c.txt"]\n'), "cuda").files == ("c.txt",)


@pytest.mark.parametrize(
    ("text", "purpose", "chosen"),
    [
        ("", "dev", []),
        ("", "train", ["--no-dev"]),
        ('train.groups = ["fit"]', "train", ["--group=fit"]),
        ('serve.extras = ["web"]', "serve", ["--extra=web", "--no-dev"]),
        ('dev.extras = ["web"]', "dev", ["--extra=web"]),
    ],
)
def test_groups_of_a_lock(text: str, purpose: stages.Purpose, chosen: list[str]) -> None:
    there = "[project.optional-dependencies]\nweb = []\n[dependency-groups]\nFit = []\n"
    plan = stages.install(project(dependencies(text) + there, "uv.lock"), purpose)
    assert plan.arguments[:3] == ("sync", "--active", "--frozen")
    assert [part for part in plan.arguments if part.startswith(("--group", "--extra", "--no-dev"))] == chosen


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('serve.groups = ["serving"]', r'serve: pyproject.toml defines no group "serving"; did you mean "serve"\? '),
        ('dev.extras = ["x"]', r'dev: pyproject.toml defines no extra "x"; extras there: none; mend it there'),
    ],
)
def test_a_group_that_is_not_defined(text: str, said: str) -> None:
    with pytest.raises(SetupError, match=said):
        project(dependencies(text) + "[dependency-groups]\nserve = []\n", "uv.lock")


@pytest.mark.parametrize("text", ['dev.groups = ["x"]', 'dev.extras = ["x"]'])
def test_groups_without_a_lock_are_not_passed_over(text: str) -> None:
    with pytest.raises(SetupError, match=r"dependencies] dev names groups or extras, which only a uv.lock has"):
        stages.install(project(dependencies(text), "requirements.txt"), "dev")


def test_install_argv() -> None:
    plan = stages.from_requirements(("a.txt", "b.txt"))
    argv = plan.argv("/shim", out="/out", tools="/tools")
    assert argv[:6] == ["/shim", "install", "--out", "/out", "--what", "a.txt with b.txt"]
    assert argv[argv.index("--") + 1 :][:3] == ["uv", "pip", "install"]
    assert argv[-4:] == ["-r", "a.txt", "-r", "b.txt"]


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


def test_train_argv() -> None:
    config = project('[tool.ml-pipeline.train]\ncommand = ["./fit", "-v"]\ntimeout = 9\n')
    argv = stages.collect_train(config, "/shim", data="/d", out="/o", epochs=2, gpu=True)
    assert argv[:6] == ["/shim", "train", "--out", "/o", "--timeout", "9.0"]
    assert argv[argv.index("--") + 1 :] == [
        "./fit", "-v", "--data", "/d", "--output", "/o/model", "--epochs", "2", "--device", "cuda",
    ]  # fmt: skip
    assert "--epochs" not in stages.collect_train(config, "/s", data="/d", out="/o", epochs=None, gpu=False)


def test_what_ships_is_scored_timed_and_served_in_one_call() -> None:
    paths = {"manifest": "/m", "rows": "/r", "out": "/o"}
    argv = stages.collect_scores(project(), "/shim", serve=True, measure=True, **paths)
    commands = [argv[1]] + [argv[at + 1] for at, part in enumerate(argv) if part == stages.NEXT]
    assert commands == ["score", "measure", "server"]
    assert argv[argv.index("--predictions") + 1] == "/o/predictions.jsonl"
    assert "--predict" not in argv
    assert "--alone" in argv[: argv.index(stages.NEXT)]
    config = project('[tool.ml-pipeline.image]\npredict = "/ask"\n')
    asked = stages.collect_scores(config, "/shim", serve=True, measure=True, **paths)
    assert asked[asked.index("--predict") + 1] == "/ask"


def test_a_baseline_is_not_served_nor_asked_row_by_row() -> None:
    argv = stages.collect_scores(project(), "/shim", manifest="/m", rows="/r", out="/o", serve=False, measure=True)
    assert "server" not in argv
    assert "--alone" not in argv


def test_what_is_timed_beside_a_baseline_is_not_timed_alone() -> None:
    argv = stages.collect_scores(project(), "/shim", manifest="/m", rows="/r", out="/o", serve=True, measure=False)
    assert [argv[1], argv[argv.index(stages.NEXT) + 1]] == ["score", "server"]
    assert "measure" not in argv


def test_files_of_a_package() -> None:
    files = stages.files_of("ml_steps")
    assert {"cli.py", "shim/__main__.py", "tools.txt", "requirements.txt"} <= set(files)
    assert not [name for name in files if "__pycache__" in name or name.endswith(".pyc")]


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
        "lint           PASS              1.2 s  no findings",
        "train          SKIP                  -  not run",
    ]
