"""`ml-steps run`: the whole way on this machine, and what becomes of a report when a stage stops."""

# ruff: noqa: E501 - a case a line

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ml_steps import commands
from tests import projects

from .conftest import Command


@dataclass(frozen=True)
class Report:
    """A report and how the run that made it ended."""

    exit_code: int
    stdout: str
    stderr: str
    out: Path

    def read(self, name: str) -> Any:
        return json.loads((self.out / name).read_text(encoding="utf-8"))

    def states(self) -> dict[str, str]:
        return {line["name"]: line["state"] for line in self.read("report.json")["stages"]}

    def message(self, stage: str) -> str:
        [message] = [line["message"] for line in self.read("report.json")["stages"] if line["name"] == stage]
        return str(message)


def run(source: Path, out: Path, *arguments: str) -> Report:
    argv = [sys.executable, "-m", "ml_steps", "run", f"--source={source}", f"--out={out}", *arguments]
    result = subprocess.run(argv, capture_output=True, encoding="utf-8", check=False)
    assert "Traceback" not in result.stdout + result.stderr
    return Report(result.returncode, result.stdout, result.stderr, out)


@pytest.fixture(scope="session")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Run all of a project with odd names, Windows line ends, links, and its data elsewhere."""
    root = tmp_path_factory.mktemp("Größe & mehr")
    windows = {name: text.replace("\n", "\r\n") for name, text in (
        ("src/train.py", projects.TRAIN), ("src/serve.py", projects.SERVE), ("pyproject.toml", projects.PYPROJECT),
        ("data/train.csv", projects.rows(0, 400)),
    )}  # fmt: skip
    source = projects.make(
        root / "mein projekt", {**windows, "src/wörter liste.txt": "gut\n", "requirements.txt": "\r\n"}
    )
    (source / "src" / "real.py").write_bytes((source / "src" / "predict.py").read_bytes())
    (source / "src" / "predict.py").unlink()
    (source / "src" / "predict.py").symlink_to("real.py")
    (source / "data").rename(root / "daten hier")
    (source / "src" / "__pycache__").mkdir()
    return run(source, root / "der bericht", "--data", str(root / "daten hier"), "--epochs", "3")


def test_a_good_project_passes(odd: Report) -> None:
    assert odd.exit_code == 0, odd.stdout
    states = odd.states()
    assert states.pop("build_image") == "SKIP"
    assert set(states.values()) == {"PASS"}
    assert len(states) == 6
    assert "needs a container engine" in odd.message("build_image")
    assert "PASS. 6 of 7 stages passed; build_image skipped." in odd.stdout


def test_its_report_is_complete(odd: Report) -> None:
    for page in ("lint/lint", "test/test", "data/data", "training/training", "evaluation/evaluation", "gate/gate"):
        for ending in ("json", "md", "html"):
            assert (odd.out / f"{page}.{ending}").stat().st_size > 100
    assert (odd.out / "lint" / "lint.sarif").is_file()
    assert (odd.out / "test" / "junit.xml").is_file()
    assert (odd.out / "evaluation" / "predictions.parquet").is_file()
    index = (odd.out / "index.html").read_text()
    for page in re.findall(r'href="([^"#:]+)"', index):
        assert (odd.out / page).is_file()
    model = odd.out / "training" / "model"
    assert {path.name for path in model.iterdir()} == {"counts.json", "profile.json", "training.json"}
    record = odd.read("training/training.json")
    assert record["argv"][-2:] == ["--epochs", "3"]
    assert record["data"]["rows"] == 400


def test_its_server_was_compared(odd: Report) -> None:
    assert "200" in json.dumps(odd.read("evaluation/evaluation.json"))
    assert odd.read("evaluation/evaluation.json")["server"]["compared"] == 200


def test_nothing_was_written_into_the_project(odd: Report) -> None:
    source = odd.out.parent / "mein projekt"
    names = {path.relative_to(source).parts[0] for path in source.rglob("*") if path.is_file()}
    assert names == {"pyproject.toml", "requirements.txt", "src", "tests"}
    assert not list((source / "src" / "__pycache__").iterdir())


def test_a_package_below_src(tmp_path: Path) -> None:
    ran = run(projects.make(tmp_path / "tiny", projects.PACKAGE), tmp_path / "report")
    assert ran.exit_code == 0, ran.stderr
    states = ran.states()
    assert states.pop("build_image") == "SKIP"
    assert set(states.values()) == {"PASS"}


def test_a_project_without_pyproject_runs_on_the_defaults(tmp_path: Path) -> None:
    """In a smoke run, whose figures decide nothing and which says what it is."""
    source = projects.make(tmp_path / "plain", {"pyproject.toml": None})
    report = run(source, tmp_path / "out", "--smoke")
    assert report.exit_code == 0, report.stdout
    assert report.read("report.json")["smoke"] is True
    assert report.read("training/training.json")["smoke"] is True
    assert "SMOKE" in report.stdout


def test_what_fails_side_by_side_is_all_shown_and_stops_the_rest(tmp_path: Path, odd: Report) -> None:
    """A bad source, a failing test and a contract that is not there; over an earlier report that had passed."""
    out = tmp_path / "out"
    shutil.copytree(odd.out, out)
    changes: dict[str, str | None] = {
        "src/bad.py": "def load(:\n",
        "tests/test_more.py": "def test_more() -> None:\n    assert 1 == 2\n",
        "pyproject.toml": '[tool.ml-pipeline.data]\ncontract = "agreed.yaml"\n',
    }
    report = run(projects.make(tmp_path / "project", changes), out)
    assert report.exit_code == 10
    assert report.states() == {
        "lint": "FAIL", "test": "FAIL", "validate_data": "ERROR",
        "train": "SKIP", "build_image": "SKIP", "evaluate": "SKIP", "gate": "SKIP",
    }  # fmt: skip
    assert "src/bad.py:1" in report.stdout
    unwrapped = " ".join(report.stdout.split())
    assert "tests.test_more.test_more (tests/test_more.py:2): AssertionError: assert 1 == 2" in unwrapped
    assert 'contract = "agreed.yaml": there is no such file in the project' in report.message("validate_data")
    assert unwrapped.count("there is no such file in the project") == 1
    assert report.message("gate") == "not run: lint did not pass"
    assert {path.name for path in out.iterdir()} == {
        "lint", "test", "run.json", "report.json", "summary.md", "index.html",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"cases.jsonl": '{"input": {"text": "a"}, "expect": 1}\n\n{"input": {"text": "a"}, "expect": 7}\n'}, "cases.jsonl:3: expect: 7 is none of the model's classes"),
    ],
)  # fmt: skip
def test_what_evaluate_would_refuse_is_found_before_the_training(
    tmp_path: Path, changes: dict[str, str | None], said: str
) -> None:
    report = run(projects.make(tmp_path / "project", changes), tmp_path / "out", "--smoke")
    assert report.exit_code == 11
    states = report.states()
    assert {states[name] for name in ("lint", "test", "validate_data")} == {"PASS"}
    assert (states["train"], states["evaluate"]) == ("ERROR", "SKIP")
    assert report.message("train").startswith(said)
    assert not (tmp_path / "out" / "training").exists()


def test_a_row_of_the_holdout_without_a_target_is_found_by_the_validation(tmp_path: Path) -> None:
    report = run(projects.make(tmp_path / "project", projects.NO_TARGET), tmp_path / "out", "--stages", "validate_data")
    assert (report.exit_code, report.states()) == (10, {"validate_data": "FAIL"})
    assert "holdout.label.required" in report.stdout
    assert "holdout.jsonl:200" in (tmp_path / "out/data/data.json").read_text(encoding="utf-8")


def test_a_set_up_fault_is_11_and_leaves_nothing_of_an_earlier_report(tmp_path: Path, odd: Report) -> None:
    out = tmp_path / "out"
    shutil.copytree(odd.out, out)
    source = projects.make(tmp_path / "project", {"data/train.csv": None, "data/holdout.csv": None})
    report = run(source, out, "--stages", " validate_data ")
    assert report.exit_code == 11
    assert report.states() == {"validate_data": "ERROR"}
    assert not (out / "gate").exists()
    assert str(source / "data") in report.message("validate_data")


def test_paths_are_named_as_they_were_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    projects.make(tmp_path / "project", {"data/train.csv": None, "data/holdout.csv": None})
    monkeypatch.chdir(tmp_path / "project")
    report = run(Path(), tmp_path / "out", "--stages", "validate_data")
    assert report.message("validate_data").startswith("The data folder data does not exist; expected a folder")


Make = Callable[..., Path]


@pytest.mark.parametrize(
    ("arguments", "changes", "said"),
    [
        ((), {"pyproject.toml": "[tool.ml-pipeline]\ntest = ['a']\n"}, "[tool.ml-pipeline] test = ['a']: input should be"),
        ((), {"pyproject.toml": "[tool.ml-pipeline.gates]\n"}, 'no key "gates"; did you mean "gate"?'),
        (("--stages", "trian"), {}, 'there is no stage "trian"; did you mean "train"?'),
    ],
)  # fmt: skip
def test_a_run_that_cannot_start(
    ml_steps: Command, project: Make, arguments: tuple[str, ...], changes: dict[str, str], said: str
) -> None:
    ran = ml_steps("run", project(changes), *arguments)
    assert ran.exit_code == 11
    assert said in ran.sentence()
    assert not ran.out.exists()


def test_names_that_start_with_a_dash(project: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    project().rename(tmp_path / "-project")
    report = run(Path("-project"), Path("-out"), "--stages=validate_data")
    assert report.exit_code == 0, report.stderr
    assert report.states()["validate_data"] == "PASS"


def test_a_folder_with_anything_else_in_it_is_left_alone(ml_steps: Command, project: Make, tmp_path: Path) -> None:
    (tmp_path / "out" / "data").mkdir(parents=True)
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    (tmp_path / "out" / "data" / "data.json").write_text("{}")
    ran = ml_steps("run", project())
    assert ran.exit_code == 11
    assert "the folder holds thesis.txt, which is no part of a report; give a new one" in ran.sentence()
    assert ran.left() == {"thesis.txt", "data/data.json"}


@pytest.mark.parametrize("folder", ["data", "test"])
def test_a_folder_that_is_no_stage_of_a_report_is_left_alone(
    ml_steps: Command, project: Make, tmp_path: Path, folder: str
) -> None:
    (tmp_path / "out" / folder).mkdir(parents=True)
    (tmp_path / "out" / folder / "mine.csv").write_text("mine")
    ran = ml_steps("run", project())
    assert ran.exit_code == 11
    assert f"the folder holds {folder}, which is no part of a report" in ran.sentence()
    assert ran.left() == {f"{folder}/mine.csv"}


def test_a_stage_that_was_run_alone_is_part_of_a_report(ml_steps: Command, project: Make, tmp_path: Path) -> None:
    (tmp_path / "out" / "data").mkdir(parents=True)
    (tmp_path / "out" / "data" / "data.json").write_text("{}")
    (tmp_path / "out" / "data" / "old.txt").write_text("")
    (tmp_path / "out" / "lint").mkdir()
    ran = ml_steps("run", project(), "--stages=validate_data")
    assert ran.exit_code == 0
    assert "data/old.txt" not in ran.left()


def test_an_interrupted_stage_ends_the_run(ml_steps: Command, project: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_options: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "lint", interrupted)
    ran = ml_steps("run", project())
    assert ran.exit_code == 130
    assert ran.sentence() == "ml-steps: stopped before the end, by the keyboard or a signal."
    assert ran.left() == {"run.json"}  # which lets the next run clear what this one has left
    (ran.out / "training" / "model").mkdir(parents=True)
    (ran.out / "training" / "model" / "a.bin").write_text("half")
    monkeypatch.undo()
    ran = ml_steps("run", project(), "--stages=lint")
    assert ran.exit_code in (0, 10)
    assert not (ran.out / "training").exists()
