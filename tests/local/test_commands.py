"""The commands that run a project's own code: each breach ends in one sentence and leaves no result."""

# ruff: noqa: E501 - a case a line

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import projects

from .conftest import Command, Ran

Make = Callable[..., Path]
UV = str(Path(sys.executable).parent / "uv")


def fails(ran: Ran, exit_code: int, *said: str) -> None:
    assert ran.exit_code == exit_code, ran.stderr
    for part in said:
        assert part in ran.sentence()


@pytest.mark.parametrize(
    ("changes", "exit_code", "said"),
    [
        ({"src/train.py": "raise SystemExit('no luck')\n"}, 10, "exited 1 (no luck); expected exit code 0"),
        ({"src/train.py": "pass\n"}, 10, "exited 0 but left no file in its output folder"),
        (
            {"src/train.py": "import time\ntime.sleep(60)\n", "pyproject.toml": "[tool.ml-pipeline.train]\ntimeout = 0.5\n"},
            10,
            "was still running after 0.5 s",
        ),
        ({"src/train.py": None}, 10, "No module named src.train"),
        ({"pyproject.toml": "[tool.ml-pipeline.train]\ncommand = ['fit']\n"}, 11, "(fit: command not found)"),
        ({"data/train.csv": None}, 11, "train."),
        ({"data/train.csv": ""}, 11, "train.csv"),
        ({"data/train.csv": "text,label,source\n"}, 11, "train.csv: the file has no rows; expected at least one to train on; produce it again, or name another"),
        ({"data/train.csv": None, "data/holdout.csv": None}, 11, "project/data"),
        ({"data/train.csv": "text,source\na,b\n"}, 11, '"label"'),
    ],
)  # fmt: skip
def test_training_that_ends_badly(  # noqa: PLR0917
    ml_steps: Command, project: Make, tmp_path: Path, changes: dict[str, str], exit_code: int, said: str
) -> None:
    """An earlier model in the same folder is not taken for this run's."""
    (tmp_path / "out" / "model").mkdir(parents=True)
    for name in ("model/counts.json", "model/training.json", "training.json"):
        (tmp_path / "out" / name).write_text("{}")
    ran = ml_steps("train", project(changes))
    fails(ran, exit_code, said)
    assert ran.left() == set()


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_command_that_is_stopped_leaves_nothing_running(project: Make, tmp_path: Path, sent: signal.Signals) -> None:
    """A terminal signals the whole group; a CI system, or `timeout`, this process alone."""
    alive = tmp_path / "alive"
    os.mkfifo(alive)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    body = f"opened = open({str(alive)!r}, 'w')\nprint('here', file=opened, flush=True)\n"
    body += "import time\ntime.sleep(20)\nprint('still here', file=opened, flush=True)\n"
    argv = [sys.executable, "-m", "ml_steps", "train", "--source", str(project({"src/train.py": body}))]
    argv += ["--data", str(tmp_path / "project" / "data"), "--out", str(tmp_path / "out")]
    environment = {**os.environ, "TMPDIR": str(temporary)}
    with (
        subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, env=environment) as process,
        alive.open() as training,
    ):
        assert training.readline() == "here\n"
        process.send_signal(sent)
        assert training.read() == ""  # its end, as nothing has the file open any more
        _, stderr = process.communicate()
    assert process.returncode == 130
    assert stderr.splitlines()[-1] == "ml-steps: stopped before the end, by the keyboard or a signal."
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert list(temporary.iterdir()) == []


def test_training_runs_as_in_an_activated_environment_and_sees_the_training_file_only(
    ml_steps: Command, project: Make, workshop: Path
) -> None:
    text = "[tool.ml-pipeline.train]\nepochs = false\ncommand = ['sh', '-c', '(command -v python; echo $VIRTUAL_ENV; ls . \"$2\") > \"$4\"/w', 'sh']\n"
    ran = ml_steps("train", project({"pyproject.toml": text}))
    assert ran.exit_code == 0, ran.stderr
    venv = workshop / "venv-train"
    said = (ran.out / "model" / "w").read_text().split()
    assert said[:2] == [f"{venv}/bin/python", str(venv)]
    assert {"src", "train.csv"} <= set(said)
    assert not {"holdout.csv", "pyproject.toml", "tests", "data"} & set(said)


def test_training_never_sees_the_holdout_whatever_it_names(ml_steps: Command, project: Make) -> None:
    text = (
        "[tool.ml-pipeline.train]\ninputs = ['src', 'data']\nepochs = false\n"
        "command = ['sh', '-c', 'find . > \"$4\"/w', 'sh']\n"
    )
    ran = ml_steps("train", project({"pyproject.toml": text, "data/train.py": "", "data/words.csv": "word"}))
    assert ran.exit_code == 0, ran.stderr
    said = (ran.out / "model" / "w").read_text().split()
    assert {"./data/train.py", "./data/words.csv"} <= set(said)
    assert not {"./data/train.csv", "./data/holdout.csv"} & set(said)


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what `ml-steps train` wrote for the tiny project, in environments of its own."""
    root = tmp_path_factory.mktemp("model")
    source = projects.make(root / "project")
    argv = [sys.executable, "-m", "ml_steps", "train", "--source", str(source), "--out", str(root / "out")]
    subprocess.run(argv, check=True, capture_output=True)
    return root / "out" / "model"


HANGS = "import time\ntime.sleep(60)\n"
ANSWERS = projects.SERVE.replace("predict(rows)}", "[9 for _ in rows]}")


@pytest.mark.parametrize(
    ("changes", "exit_code", "said"),
    [
        ({"src/predict.py": None}, 11, "there is no module src.predict in "),
        ({"src/predict.py": "def lode() -> None: ...\n"}, 11, "src.predict has no function load"),
        ({"src/predict.py": "raise ValueError('no')\n"}, 10, "importing it raised ValueError: no"),
        ({"src/predict.py": projects.PREDICT.replace("int(max", "9 + int(max")}, 10, "row 0: predicted "),
        ({"src/serve.py": "raise SystemExit('no port')\n"}, 10, "server: `python -m src.serve` exited 1 before it answered"),
        ({"src/serve.py": ANSWERS}, 10, "/predict answered 9, the predictor said "),
        ({"data/holdout.csv": "text,label,source\n"}, 11, "holdout.csv: the file has no rows; expected at least one to evaluate on; produce it again, or name another"),
    ],
)  # fmt: skip
def test_scoring_that_ends_badly(  # noqa: PLR0917
    ml_steps: Command, project: Make, model: Path, tmp_path: Path, changes: dict[str, str], exit_code: int, said: str
) -> None:
    """What an earlier run left is not taken for this one's, and neither is what came before the failure."""
    (tmp_path / "out").mkdir()
    for name in ("predictions.jsonl", "scoring.json", "timings.json", "server.json", "manifest.json"):
        (tmp_path / "out" / name).write_text("{}")
    ran = ml_steps("score", project(changes), "--model", str(model))
    fails(ran, exit_code, said)
    assert ran.left() <= {"rows.jsonl", "targets.parquet", "holdout.json"}


GOOD_CASES = """\
{"id": "good", "input": {"text": "good thing"}, "expect": 1}
{"input": {"text": "bad thing"}, "same_as": "good"}
"""


def test_the_predictor_has_the_variables_of_the_image(ml_steps: Command, project: Make, model: Path) -> None:
    source = project(
        {"src/predict.py": "import os\nNAMED = os.environ['MODEL_DIR'], os.environ['PORT']\n" + projects.PREDICT}
    )
    ran = ml_steps("score", source, "--model", str(model))
    assert ran.exit_code == 0, ran.stderr


def test_behavioural_cases_are_asked_and_judged(ml_steps: Command, project: Make, model: Path, tmp_path: Path) -> None:
    source = project({"cases.jsonl": GOOD_CASES})
    scored = ml_steps("score", source, "--model", str(model), out="scores")
    assert scored.exit_code == 0, scored.stderr
    assert {"case-rows.jsonl", "cases.json", "case-predictions.jsonl"} <= scored.left()
    ran = ml_steps("evaluate", source, "--scores", str(tmp_path / "scores"))
    assert ran.exit_code == 0, ran.stderr
    found = json.loads((ran.out / "evaluation.json").read_text())["cases"]
    assert [(case["id"], case["passed"], case["place"]) for case in found] == [
        ("line 2", False, "cases.jsonl:2"),
        ("good", True, "cases.jsonl:1"),
    ]
    (source / "cases.jsonl").unlink()
    assert not {
        name for name in ml_steps("score", source, "--model", str(model), out="scores").left() if "case" in name
    }


def test_a_case_that_is_none_stops_before_anything_is_scored(ml_steps: Command, project: Make, model: Path) -> None:
    ran = ml_steps("score", project({"cases.jsonl": GOOD_CASES.replace("text", "txt")}), "--model", str(model))
    fails(ran, 11, 'cases.jsonl:1: input: the model takes no column "txt"; did you mean "text"?')
    assert "predictions.jsonl" not in ran.left()


def test_rows_that_are_kept_must_be_there(ml_steps: Command, project: Make, model: Path) -> None:
    ran = ml_steps("score", project(), "--model", str(model), "--keep-rows")
    fails(ran, 11, "holds no rows.jsonl; write it first, with `ml-steps rows`")


def test_cases_need_what_the_model_is_or_will_be_trained_on(ml_steps: Command, project: Make, tmp_path: Path) -> None:
    source = project({"cases.jsonl": GOOD_CASES})
    fails(ml_steps("cases", source), 11, "neither --model nor --training-data is given")
    (tmp_path / "training-data.json").write_text("{")
    fails(ml_steps("cases", source, f"--training-data={tmp_path}"), 11, "training-data.json: the file: Invalid JSON")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ('[tool.ml-pipeline.evaluate]\ntarget = "source"', 'evaluate] target = "label", and pyproject.toml says "source"; train again.'),
        ('[tool.ml-pipeline.evaluate]\nprotected = ["source"]', 'it was trained on the column "source", which'),
        ('[tool.ml-pipeline]\ntask = "regression"', 'task = "classification", and pyproject.toml says "regression"; train again.'),
    ],
)  # fmt: skip
def test_a_model_that_was_trained_by_other_settings_is_not_scored(
    ml_steps: Command, project: Make, model: Path, settings: str, said: str
) -> None:
    source = project({"pyproject.toml": f"{projects.PYPROJECT}\n{settings}\n"})
    ran = ml_steps("score", source, "--model", str(model))
    fails(ran, 11, "model: it was trained ", said)
    assert "predictions.jsonl" not in ran.left()


def test_a_model_that_was_altered_is_not_scored(ml_steps: Command, project: Make, model: Path, tmp_path: Path) -> None:
    shutil.copytree(model, tmp_path / "model")
    (tmp_path / "model" / "counts.json").write_text("{}")
    fails(ml_steps("score", project(), "--model", str(tmp_path / "model")), 11, "counts.json has sha256 44136fa355b3…")
    fails(
        ml_steps("score", project(), "--model", str(tmp_path / "gone")),
        11,
        "training.json: this evidence file is missing",
    )


def test_a_contract_that_is_not_there(ml_steps: Command, project: Make) -> None:
    source = project({"pyproject.toml": '[tool.ml-pipeline.data]\ncontract = "agreed.yaml"\n'})
    ran = ml_steps("validate", source)
    fails(
        ran,
        11,
        'pyproject.toml: [tool.ml-pipeline.data] contract = "agreed.yaml": there is no such file in the project',
    )
    assert ran.left() == set()


def test_a_validation_leaves_a_profile_that_is_a_reference(ml_steps: Command, project: Make) -> None:
    source = project()
    first = ml_steps("validate", source, out="first")
    assert first.exit_code == 0, first.stderr
    assert {"data.json", "profile.json"} <= first.left()
    second = ml_steps("validate", source, "--reference", str(first.out / "profile.json"))
    assert second.exit_code == 0, second.stderr
    facts = json.loads((second.out / "data.json").read_text(encoding="utf-8"))["facts"]
    assert facts["reference"] == "profile.json"
    assert "train.rowCountChange" in second.stdout


@pytest.mark.parametrize("command", ["validate", "run"])
def test_a_reference_where_the_result_goes_is_refused_and_kept(ml_steps: Command, project: Make, command: str) -> None:
    source = project()
    first = ml_steps("validate", source)
    refused = ml_steps(command, source, "--reference", str(first.out))
    fails(refused, 11, "it lies in --out")
    assert refused.left() == first.left()


def test_a_whole_run_takes_a_reference(ml_steps: Command, project: Make, tmp_path: Path) -> None:
    source, missing = project(), str(tmp_path / "nowhere")
    ran = ml_steps("run", source, "--stages", "validate_data", "--reference", missing)
    assert ran.exit_code == 11
    [line] = json.loads((ran.out / "report.json").read_text(encoding="utf-8"))["stages"]
    assert f"--reference {missing}" in line["message"]


def test_requirements_that_cannot_be_resolved(ml_steps: Command, project: Make) -> None:
    ran = ml_steps("train", project({"requirements.txt": "packaging==24.1\npackaging==24.0\n"}), own=True)
    fails(ran, 11, "requirements.txt cannot be installed: uv says: ", "packaging==24")
    assert ran.left() == set()


def test_a_package_index_that_is_not_reached(ml_steps: Command, project: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the module itself installs: its linters."""
    for name in ("UV_OFFLINE", "UV_NO_CACHE"):
        monkeypatch.setenv(name, "1")
    ran = ml_steps("lint", project(), own=True)
    fails(ran, 11, "`uv pip install` failed: ", "expected a package index that can be reached; check the network and ")
    assert ran.left() == set()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"requirements.txt": None}, "neither uv.lock nor requirements.txt"),
        (
            {"pyproject.toml": '[tool.ml-pipeline.dependencies]\ntrain.requirements = ["gone.txt"]\n'},
            "gone.txt is not there; [tool.ml-pipeline.dependencies] train of pyproject.toml names it; add it, or correct",
        ),
    ],
)
def test_no_requirements(ml_steps: Command, project: Make, changes: dict[str, str], said: str) -> None:
    fails(ml_steps("train", project(changes), own=True), 11, said)


def test_a_module_that_only_this_shell_finds_is_not_there(
    ml_steps: Command, project: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "helper.py").write_text("")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "mine"))
    ran = ml_steps("train", project({"src/train.py": "import helper\n" + projects.TRAIN}))
    fails(ran, 10, "No module named 'helper'")


def test_a_project_with_a_uv_lock(ml_steps: Command, project: Make, tmp_path: Path) -> None:
    """Locked groups are what an environment gets; a lock of which one is missing says so."""
    text = (
        '[project]\nname = "tiny"\nversion = "0"\nrequires-python = ">=3.9"\n'
        '[dependency-groups]\nfit = ["iniconfig==2.0.0"]\n[tool.ml-pipeline.dependencies]\ntrain.groups = ["fit"]\n'
    )
    train = "import iniconfig\n" + projects.TRAIN
    source = project({"pyproject.toml": text, "requirements.txt": None, "src/train.py": train})
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    subprocess.run([UV, "lock", "--quiet"], cwd=source, check=True, env=environment)
    before = sorted(path.name for path in source.iterdir())
    ran = ml_steps("train", source, own=True)
    assert ran.exit_code == 0, ran.stderr
    assert json.loads((ran.out / "training.json").read_text())["state"] == "PASS"
    assert sorted(path.name for path in source.iterdir()) == before
    (source / "pyproject.toml").write_text(text + 'serve.groups = ["web"]\n')
    ran = ml_steps("score", source, "--model", str(ran.out / "model"), own=True, out="scores")
    fails(ran, 11, 'defines no group "web"; groups there: fit; ')
    (source / "pyproject.toml").write_text(text.replace("2.0.0", "2.1.0"))
    ran = ml_steps("train", source, own=True)
    fails(
        ran, 11, "uv.lock does not follow from pyproject.toml: iniconfig of the group fit is ==2.1.0 in pyproject.toml"
    )


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"tests/test_predict.py": "import os\n\ndef test_a() -> None:\n    os._exit(0)\n"}, "exited 0 and left no complete report"),
        ({"tests/test_predict.py": None}, "tests is not there, so no test of it was collected"),
    ],
)  # fmt: skip
def test_a_suite_without_a_report(
    ml_steps: Command, project: Make, files: dict[str, str], said: str, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "junit.xml").write_text("old")
    ran = ml_steps("test", project(files))
    fails(ran, 10 if None in files.values() else 11, said)
    assert ran.left() == set()


def test_findings_and_failing_tests_are_verdicts_with_evidence(ml_steps: Command, project: Make) -> None:
    source = project({"src/bad b.py": "import os\r\n", "tests/test_predict.py": "import nowhere\n"})
    ran = ml_steps("lint", source)
    assert (ran.exit_code, ran.stderr.count("ml-steps: ")) == (10, 0)
    assert ran.left() == {"lint.json", "lint.md", "lint.html", "lint.sarif", "junit.xml"}
    assert "src/bad b.py:1" in ran.stdout
    ran = ml_steps("test", source, out="tests")
    assert ran.exit_code == 10
    assert ran.left() == {"test.json", "test.md", "test.html", "junit.xml"}
    assert "nowhere" in ran.stdout
