"""Every function on a real engine, each alone on what the others exported."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.dagger_call import ran
from tests import projects
from tests.engine.conftest import DAGGER, GIT, MODULE, Call


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return projects.make(tmp_path_factory.mktemp("functions") / "projet à l'essai")


@pytest.fixture(scope="module")
def report(call: Call, project: Path) -> Path:
    done = call(project, "run", "report", "export", "--path=report")
    assert done.exit_code == 0, done.log
    return project / "report"


@pytest.fixture(scope="module")
def model(call: Call, project: Path) -> Path:
    done = call(project, "train", "--epochs=3", "export", "--path=model")
    assert done.exit_code == 0, done.log
    return project / "model"


@pytest.mark.parametrize(
    ("function", "said"),
    [("lint", "no findings"), ("test", "1 passed"), ("validate-data", "400 train + 200 holdout rows")],
)
def test_the_checks_print_a_table(call: Call, project: Path, function: str, said: str) -> None:
    done = call(project, function)
    assert done.exit_code == 0, done.log
    assert said in done.output


def test_source_may_be_passed_instead(call: Call, project: Path, tmp_path: Path) -> None:
    done = call(tmp_path, "lint", f"--source={project}")
    assert done.exit_code == 0, done.log


def test_train_returns_the_model_and_its_record(model: Path) -> None:
    record = json.loads((model / "training.json").read_text())
    assert set(record["files"]) == {"counts.json"}
    assert "--epochs 3" in " ".join(record["argv"])
    assert (model / "counts.json").is_file()


def test_evaluate_then_gate_on_exported_files(call: Call, project: Path, model: Path, report: Path) -> None:
    done = call(project, "evaluate", f"--model={model}", "export", "--path=evaluation")
    assert done.exit_code == 0, done.log
    evaluation = json.loads((project / "evaluation" / "evaluation.json").read_text())
    assert evaluation["server"]["compared"] == 200
    given = [f"--evaluation={project / 'evaluation'}", f"--data-report={report / 'data'}"]
    done = call(project, "gate", *given, f"--test-report={report / 'test'}")
    assert done.exit_code == 0, done.log
    assert "gate: PASS" in done.output


def test_build_image_serves_as_an_ordinary_user(call: Call, project: Path, model: Path) -> None:
    done = call(project, "build-image", f"--model={model}", "user")
    assert (done.exit_code, done.output.strip()) == (0, "10001"), done.log
    done = call(project, "build-image", f"--model={model}", "file", "--path=/ml-pipeline/model.json", "contents")
    assert json.loads(done.output)["predictor"] == "src.predict:load"


def test_an_image_built_again_holds_the_same_files(call: Call, tiny: Callable[..., Path]) -> None:
    root = tiny({"requirements.txt": "iniconfig==2.1.0\n"})
    assert call(root, "train", "export", "--path=model").exit_code == 0
    digests = []
    for _ in range(2):
        cold = ("--cache-prefix=" + secrets.token_hex(4),)
        done = call(root, "build-image", "--model=model", "rootfs", "digest", options=cold)
        assert done.exit_code == 0, done.log
        digests.append(done.output)
    assert digests[0] == digests[1]


def test_data_from_elsewhere(call: Call, tiny: Callable[..., Path]) -> None:
    root = tiny()
    (root / "data").rename(root / "elsewhere")
    done = call(root, "full-pipeline", "--data=elsewhere")
    assert done.exit_code == 0, done.log
    assert "not published" in done.output


def test_data_from_elsewhere_beside_the_code(call: Call, tiny: Callable[..., Path], tmp_path: Path) -> None:
    files = projects.make(tmp_path / "other") / "data"
    root = tiny({"pyproject.toml": '[tool.ml-pipeline.data]\ndirectory = "."\n', "data/train.csv": None})
    (root / "tests" / "test_data.py").write_text(
        "def test_a():\n    assert open('train.csv').read()\n", encoding="utf-8"
    )
    done = call(root, "test", f"--data={files}")
    assert done.exit_code == 0, done.log


def test_the_data_folder_may_be_a_link(call: Call, tiny: Callable[..., Path]) -> None:
    root = tiny()
    (root / "data").rename(root / "store")
    (root / "data").symlink_to("store")
    for function in (["full-pipeline"], ["validate-data", "--source=."]):
        done = call(root, *function)
        assert done.exit_code == 0, done.log


def test_an_altered_model_is_refused(call: Call, project: Path, model: Path, tmp_path: Path) -> None:
    copy = tmp_path / "model"
    copy.mkdir()
    for path in model.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    (copy / "counts.json").write_text("{}")
    done = call(project, "build-image", f"--model={copy}")
    assert done.exit_code == 11
    assert "counts.json has sha256" in done.sentence()
    (copy / "counts.json").unlink()
    assert "counts.json is missing" in call(project, "build-image", f"--model={copy}").sentence()


def test_the_report_has_every_stage_and_verdict_judges_it(call: Call, project: Path, report: Path) -> None:
    for name in ("index.html", "summary.md", "report.json", "lint/lint.sarif", "test/junit.xml", "gate/gate.html"):
        assert (report / name).is_file(), name
    assert (report / "evaluation" / "predictions.parquet").is_file()
    done = call(project, "verdict", f"--report={report}")
    assert done.exit_code == 0
    assert "gate" in done.output


def test_a_failing_report_exits_10(call: Call, tiny: Callable[..., Path]) -> None:
    root = tiny({"tests/test_predict.py": 'def test_no() -> None:\n    assert len("a") == 2\n'})
    done = call(root, "run", "report", "export", "--path=report")
    assert done.exit_code == 0, "run fails for an error only"
    done = call(root, "verdict", "--report=report")
    assert done.exit_code == 10
    assert "Traceback" not in done.log
    assert "test_no" in done.log
    stages = {
        stage["name"]: stage["state"] for stage in json.loads((root / "report/report.json").read_text())["stages"]
    }
    assert stages == {
        "lint": "PASS", "test": "FAIL", "validate_data": "PASS",
        "train": "SKIP", "build_image": "SKIP", "evaluate": "SKIP", "gate": "SKIP",
    }  # fmt: skip


def test_some_stages_only(call: Call, project: Path) -> None:
    done = call(project, "run", "--stages=validate_data,lint", "summary")
    assert done.exit_code == 0, done.log
    assert [line.split()[0] for line in done.output.splitlines()] == ["stage", "lint", "validate_data"]


def test_smoke_is_shown_and_not_published(call: Call, project: Path, tmp_path: Path) -> None:
    done = call(project, "full-pipeline", "--smoke")
    assert done.exit_code == 0, done.log
    assert "SMOKE" in done.output
    done = call(project, "full-pipeline", "--smoke", "--address=127.0.0.1:1/app:tag")
    assert done.exit_code == 11
    assert "--smoke results are never published" in done.sentence()
    assert call(project, "train", "--smoke", "export", f"--path={tmp_path / 'model'}").exit_code == 0
    done = call(project, "publish", f"--model={tmp_path / 'model'}", "--address=127.0.0.1:1/app:tag")
    assert done.exit_code == 11
    assert "publish: this model comes from a smoke run" in done.sentence()


def test_a_review_is_not_published(call: Call, tiny: Callable[..., Path]) -> None:
    rule = '[[tool.ml-pipeline.gate]]\nid = "many"\nmetric = "accuracy"\nmin = 0.5\nmin_rows = 1000\n'
    root = tiny({"pyproject.toml": f'{projects.PYPROJECT}\n{rule}on_insufficient = "review"\n'})
    done = call(root, "full-pipeline", "--address=127.0.0.1:1/app:tag")
    assert done.exit_code == 10, done.log
    assert "INSUFFICIENT many" in done.log
    assert "image: " not in done.output


def test_an_edited_rule_decides_again_and_scores_nothing(call: Call, tiny: Callable[..., Path]) -> None:
    """Of a model with folders as well, which the image's user must be able to enter."""
    words = (
        '(options.output / "deep" / "er").mkdir(parents=True)\n(options.output / "deep" / "words.txt").write_text("a")'
    )
    reads = '_ = [path.read_text() for path in (pathlib.Path(model_dir) / "deep").glob("*.txt")]\n    counts = json'
    root = tiny(
        {
            "src/train.py": f"{projects.TRAIN}{words}\n",
            "src/predict.py": projects.PREDICT.replace("counts = json", reads),
        }
    )
    done = call(root, "full-pipeline")
    assert done.exit_code == 0, done.log
    rule = f'[[tool.ml-pipeline.gate]]\nid = "{secrets.token_hex(4)}"\nmetric = "accuracy"\nmin = 0.1\n'
    (root / "pyproject.toml").write_text(f"{(root / 'pyproject.toml').read_text()}\n{rule}")
    done = call(root, "full-pipeline")
    assert done.exit_code == 0, done.log
    assert "ml-steps gate" in ran(done.log)
    assert not {"shim train", "shim score"} & set(ran(done.log))


OBJECTS = """\
  - name: train
    physicalName: train.csv
    properties:
      - name: at
        logicalType: date
        quality:
          - RULE
  - name: holdout
    physicalName: holdout.csv
    properties:
      - name: text
"""
NOT_IN_FUTURE = "{type: custom, engine: ml-pipeline, implementation: {rule: notInFuture}}"
CLOCK = "{type: sql, query: 'SELECT epoch_ms(now())', mustBe: 0}"


@pytest.mark.parametrize(
    ("rule", "day", "again"),
    [(NOT_IN_FUTURE, "2024-01-01", False), (NOT_IN_FUTURE, "2999-01-01", True), (CLOCK, "2024-01-01", True)],
)
def test_what_time_can_change_is_asked_anew(
    call: Call, tiny: Callable[..., Path], rule: str, day: str, again: bool
) -> None:
    """The engine knows nothing of time: it would answer what it answered before, with data that have become too old."""
    header, *lines = projects.rows(0, 400).splitlines()
    dated = "\n".join([f"{header},at", *(f"{line},{day}" for line in lines)]) + "\n"
    root = tiny({"contract.yaml": projects.CONTRACT_HEAD + OBJECTS.replace("RULE", rule), "data/train.csv": dated})
    first, second = (call(root, "validate-data") for _ in range(2))
    assert first.exit_code == second.exit_code == (10 if again else 0), second.log
    assert ("ml-steps validate" in ran(second.log)) is again, second.log


def test_publish_then_baseline(call: Call, project: Path, registry: str) -> None:
    address = f"{registry}/ml-pipeline-test-{secrets.token_hex(4)}:1"
    none_yet = call(
        project, "run", f"--baseline={address}", "report", "file", "--path=evaluation/evaluation.json", "contents"
    )
    assert "is not in the registry yet" in json.loads(none_yet.output)["baseline"]["note"], none_yet.log
    done = call(project, "full-pipeline", f"--baseline={address}", f"--address={address}")
    assert done.exit_code == 0, done.log
    assert f"baseline: {address} is not in the registry yet: a first release" in done.output.splitlines()
    assert [line.split()[1] for line in done.output.splitlines()[1:8]] == ["PASS"] * 7
    reference = done.output.splitlines()[-1].removeprefix("image: ")
    assert reference.startswith(f"{address}@sha256:")
    done = call(project, "run", f"--baseline={reference}", "report", "export", "--path=second")
    assert done.exit_code == 0, done.log
    evaluation = json.loads((project / "second/evaluation/evaluation.json").read_text())
    assert evaluation["baseline"]["compared"] is True
    assert reference.partition("@")[2] in evaluation["baseline"]["note"]
    accuracy = next(entry for entry in evaluation["metrics"] if (entry["metric"], entry["slice"]) == ("accuracy", None))
    assert accuracy["difference"]["value"] == 0
    validated = json.loads((project / "second/data/data.json").read_text())
    compared = next(check for check in validated["checks"] if check["id"] == "train.rowCountChange")
    assert compared["actual"].endswith("as in the reference's 400")  # the profile in the baseline's image


def test_a_uv_lock_project(call: Call, tiny: Callable[..., Path]) -> None:
    import subprocess
    import sys

    root = tiny(
        {
            "requirements.txt": None,
            "pyproject.toml": projects.PYPROJECT.replace(
                'requires-python = ">=3.11"', 'requires-python = ">=3.11"\ndependencies = ["iniconfig==2.1.0"]'
            ),
        }
    )
    uv = Path(sys.executable).parent / "uv"
    subprocess.run([uv, "lock", "--quiet"], cwd=root, check=True)
    done = call(root, "container", "with-exec", "--args=python,-c,import iniconfig; print('from the lock')", "stdout")
    assert done.exit_code == 0, done.log
    assert "from the lock" in done.output
    call(root, "train", "export", "--path=model")
    rule = f'[[tool.ml-pipeline.gate]]\nid = "{secrets.token_hex(4)}"\nmetric = "accuracy"\nmin = 0.1\n'
    (root / "pyproject.toml").write_text(f"{(root / 'pyproject.toml').read_text()}\n{rule}")
    done = call(root, "train", "export", "--path=again")
    assert done.exit_code == 0, done.log
    assert not {"shim install", "shim train"} & set(ran(done.log)), "a rule of the gate trains nothing again"


SYSTEM = '[tool.ml-pipeline.dependencies]\nsystem = ["{}"]\n'


def test_system_packages_are_in_every_environment_and_the_image(call: Call, tiny: Callable[..., Path]) -> None:
    lacks = '# ruff: noqa: I001\nimport ctypes\nctypes.CDLL("libsodium.so.23")\n'
    root = tiny({"src/train.py": lacks + projects.TRAIN, "src/predict.py": lacks + projects.PREDICT})
    done = call(root, "train", "export", "--path=model")
    assert (done.exit_code, "(libsodium23) with system in" in done.log) == (10, True), done.log
    (root / "pyproject.toml").write_text(projects.PYPROJECT + SYSTEM.format("libsodium23"))
    done = call(root, "full-pipeline")
    assert done.exit_code == 0, done.log


def test_a_system_package_that_there_is_not(call: Call, tiny: Callable[..., Path]) -> None:
    done = call(tiny({"pyproject.toml": projects.PYPROJECT + SYSTEM.format("libgmop1")}), "train", "entries")
    assert done.exit_code == 11, done.log
    assert "system packages libgmop1 cannot be installed: apt-get exited 100: E: Unable to locate" in done.log


def test_training_and_image_never_hold_the_data(call: Call, tiny: Callable[..., Path]) -> None:
    look = f"# {secrets.token_hex(4)}: not from the cache, which prints nothing\nimport pathlib\n"
    look += "print('sees', *sorted(map(str, pathlib.Path('data').iterdir())))\n"
    text = '[tool.ml-pipeline]\ncode = ["src", "data"]\n'
    root = tiny(
        {"src/train.py": look + projects.TRAIN, "data/words.csv": "word\n", "pyproject.toml": projects.PYPROJECT + text}
    )
    done = call(root, "train", "export", "--path=model")
    assert done.exit_code == 0, done.log
    assert "sees data/words.csv" in done.log
    done = call(root, "build-image", "--model=model", "directory", "--path=/app/data", "entries")
    assert done.output.split() == ["words.csv"], done.log


def test_a_package_below_src(call: Call, tiny: Callable[..., Path]) -> None:
    done = call(tiny(projects.PACKAGE), "full-pipeline")
    assert done.exit_code == 0, done.log
    assert [line.split()[1] for line in done.output.splitlines()[1:8]] == ["PASS"] * 7


def test_a_project_without_pyproject_runs_on_the_defaults(call: Call, tiny: Callable[..., Path]) -> None:
    root = tiny({"pyproject.toml": None})
    done = call(root, "run", "report", "export", "--path=report")
    assert done.exit_code == 0, done.log
    assert call(root, "verdict", "--report=report").exit_code == 0
    done = call(root, "gate", "--evaluation=report/evaluation")
    assert done.exit_code == 0, done.log


def test_an_image_that_cannot_be_pulled_is_one_sentence(call: Call, project: Path) -> None:
    done = call(project, "run", "summary", options=("--uv-image=ghcr.io/astral-sh/uv:9.9.9",))
    assert done.exit_code == 11
    assert "an image cannot be pulled" in done.sentence()
    done = call(project, "lint", options=("--python-image=python:9.9",))
    assert done.exit_code == 1
    assert "an image cannot be pulled" in done.log.rpartition("\nError:")[2]
    assert "Traceback" not in done.log


def test_as_a_toolchain(tmp_path: Path) -> None:
    import os
    import shutil
    import subprocess

    root = projects.make(tmp_path / "repo" / "app")
    subprocess.run([GIT, "init", "--quiet", str(tmp_path / "repo")], check=True)
    module = tmp_path / "repo" / "ml-pipeline"
    module.mkdir()
    for name in ("dagger.json", "pyproject.toml", "README.md"):
        shutil.copy2(MODULE / name, module / name)
    shutil.copytree(MODULE / "src", module / "src", ignore=shutil.ignore_patterns("__pycache__"))
    toolchain = [{"name": "ml-pipeline", "source": "../ml-pipeline"}]
    (root / "dagger.json").write_text(json.dumps({"name": "app", "engineVersion": "v0.21.8", "toolchains": toolchain}))
    images = {"pythonImage": "ML_PIPELINE_TEST_PYTHON_IMAGE", "uvImage": "ML_PIPELINE_TEST_UV_IMAGE"}
    lines = [
        f"ML_PIPELINE_{name}={os.environ[variable]}" for name, variable in images.items() if variable in os.environ
    ]
    (root / ".env").write_text("\n".join(lines) + "\n")
    for arguments, said in ((["-l"], "validate-data"), ([], "")):
        done = subprocess.run(
            [DAGGER, "check", "--progress=plain", *arguments], cwd=root, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert said in done.stdout + done.stderr
    (root / "src" / "train.py").write_text("import os\n")
    done = subprocess.run([DAGGER, "check"], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 1
