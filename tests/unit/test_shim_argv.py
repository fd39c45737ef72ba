"""The shim's commands: what they are told, and what of it reaches an environment."""

from __future__ import annotations

from pathlib import Path

from ml_steps import shim, shim_argv
from ml_steps.project import Project, parse_project


def project(text: str = "", *names: str) -> Project:
    return parse_project(text, frozenset({"src", *names}))


def test_the_shim_is_told_which_inputs_must_be_there() -> None:
    config = project('[tool.ml-pipeline]\ntest.inputs = ["a b"]\ntrain.inputs = ["src", "words.txt"]\n')
    assert "--input=a b" in shim_argv.collect_test(config, "shim", "out")
    argv = shim_argv.collect_train(config, "shim", data="d", out="o", epochs=1, gpu=False)
    assert [part for part in argv if part.startswith("--input")] == ["--input=src", "--input=words.txt"]
    default = shim_argv.collect_train(project(), "shim", data="d", out="o", epochs=1, gpu=False)
    assert not any(part.startswith("--input") for part in default), "the code is asked for by lint"


def test_train_argv() -> None:
    config = project('[tool.ml-pipeline.train]\ncommand = ["./fit", "-v"]\ntimeout = 9\n')
    argv = shim_argv.collect_train(config, "/shim", data="/d", out="/o", epochs=2, gpu=True)
    assert argv[:6] == ["/shim", "train", "--out", "/o", "--timeout", "9.0"]
    assert argv[argv.index("--") + 1 :] == [
        "./fit", "-v", "--data", "/d", "--output", "/o/model", "--epochs", "2", "--device", "cuda",
    ]  # fmt: skip
    assert "--epochs" not in shim_argv.collect_train(config, "/s", data="/d", out="/o", epochs=None, gpu=False)


def test_what_ships_is_scored_timed_and_served_in_one_call() -> None:
    paths = {"manifest": "/m", "rows": "/r", "out": "/o"}
    argv = shim_argv.collect_scores(project(), "/shim", serve=True, measure=True, **paths)
    commands = [argv[1]] + [argv[at + 1] for at, part in enumerate(argv) if part == shim_argv.NEXT]
    assert commands == ["score", "measure", "server"]
    assert argv[argv.index("--predictions") + 1] == "/o/predictions.jsonl"
    assert "--predict" not in argv
    assert "--alone" in argv[: argv.index(shim_argv.NEXT)]
    config = project('[tool.ml-pipeline.image]\npredict = "/ask"\n')
    asked = shim_argv.collect_scores(config, "/shim", serve=True, measure=True, **paths)
    assert asked[asked.index("--predict") + 1] == "/ask"


def test_a_baseline_is_not_served_nor_asked_row_by_row() -> None:
    argv = shim_argv.collect_scores(project(), "/shim", manifest="/m", rows="/r", out="/o", serve=False, measure=True)
    assert "server" not in argv
    assert "--alone" not in argv


def test_what_is_timed_beside_a_baseline_is_not_timed_alone() -> None:
    argv = shim_argv.collect_scores(project(), "/shim", manifest="/m", rows="/r", out="/o", serve=True, measure=False)
    assert [argv[1], argv[argv.index(shim_argv.NEXT) + 1]] == ["score", "server"]
    assert "measure" not in argv


def test_the_shim_is_its_modules() -> None:
    folder = Path(shim.__file__).parent
    assert shim_argv.shim_files() == {path.name: path.read_text("utf-8") for path in sorted(folder.glob("*.py"))}
