"""What goes wrong ends in one sentence with the right exit code, and no traceback, on a real engine."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import projects
from tests.engine.conftest import Call

FULL = "full-pipeline"


def config(lines: str) -> dict[str, str | None]:
    return {"pyproject.toml": f"{projects.PYPROJECT}\n{lines}\n"}


STALE = 'version = 1\nrequires-python = ">=3.9"\n[[package]]\nname = "tiny"\nsource = { virtual = "." }\n'


CASES: dict[str, tuple[dict[str, str | None], tuple[str, ...], int, str]] = {
    "unknown key": (config('[tool.ml-pipeline.train]\ncomand = ["x"]'), ("lint",), 11, 'did you mean "command"'),
    "requirements": ({"requirements.txt": "no-such-package-at-all==9\n"}, ("lint",), 11, "cannot be installed"),
    "a lock that is stale": (
        {"requirements.txt": None, "uv.lock": STALE, **config('[dependency-groups]\ndev = ["idna>=3"]')},
        ("lint",), 11, "uv.lock does not follow from pyproject.toml: idna of the group dev is >=3 in pyproject.toml",
    ),
    "syntax error": ({"src/train.py": "def (:\n"}, ("lint",), 10, ""),
    "no test": ({"tests/test_predict.py": "", "tests/__init__.py": ""}, ("test",), 10, ""),
    "no tests folder": ({"tests/test_predict.py": None}, ("test",), 10, "no test of it was collected"),
    "no data": ({"data/train.csv": None, "data/holdout.csv": None}, ("validate-data",), 11, "data"),
    "no training file": ({"data/train.csv": None}, ("train",), 11, "train.*"),
    "empty training file": ({"data/train.csv": ""}, ("train",), 11, "train.csv"),
    "no contract": (config('[tool.ml-pipeline.data]\ncontract = "c.yaml"'), ("validate-data",), 11, "c.yaml"),
    "train fails": ({"src/train.py": "raise SystemExit('no luck')\n"}, ("train",), 10, "no luck"),
    "train hangs": (
        {**config("[tool.ml-pipeline.train]\ntimeout = 2"), "src/train.py": "import time\n\ntime.sleep(600)\n"},
        ("train",), 10, "still running after 2 s",
    ),
    "no model": ({"src/train.py": "print('done')\n"}, ("train",), 10, "left no file"),
    "stages": ({}, ("run", "--stages=evalute", "summary"), 11, 'did you mean "evaluate"'),
    "gpu": ({}, ("train", "--gpu"), 11, "this engine has no GPU support"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_bad_input(call: Call, tiny: Callable[..., Path], name: str) -> None:
    changes, arguments, exit_code, said = CASES[name]
    done = call(tiny(changes), *arguments)
    assert done.exit_code == exit_code, done.log
    assert "Traceback" not in done.log
    if said:
        assert said in done.sentence()


def predict(old: str, new: str) -> dict[str, str | None]:
    return {"src/predict.py": projects.PREDICT.replace(old, new)}


def serve(text: str) -> dict[str, str | None]:
    return {"src/serve.py": text}


PREDICTORS: dict[str, tuple[dict[str, str | None], int, str]] = {
    "missing": (config('[tool.ml-pipeline.evaluate]\npredictor = "src.predict:lod"'), 11, "lod"),
    "raises": (predict("return [", 'raise RuntimeError("broken")\n        return ['), 10, "broken"),
    "count": (predict("for row in rows", "for row in rows[1:]"), 10, "predictions for the"),
    "label": (predict("int(max", "7 + int(max"), 10, "expected one of"),
    "nan": (predict("int(max", 'float("nan") * int(max'), 10, "nan"),
    "server down": (serve("raise SystemExit('no port')\n"), 10, "no port"),
    "server differs": (
        serve(projects.SERVE.replace("predict(rows)", "[1 - x for x in predict(rows)]")),
        10,
        "the predictor said",
    ),
}


@pytest.mark.parametrize("name", PREDICTORS)
def test_bad_predictor(call: Call, tiny: Callable[..., Path], name: str) -> None:
    changes, exit_code, said = PREDICTORS[name]
    root = tiny({**changes, "tests/test_predict.py": "def test_nothing() -> None:\n    pass\n"})
    trained = call(root, "train", "export", "--path=model")
    assert trained.exit_code == 0, trained.log
    done = call(root, "evaluate", "--model=model", "export", "--path=evaluation")
    assert done.exit_code == exit_code, done.log
    assert said in done.sentence()
    assert "Traceback" not in done.log.rpartition("\nError:")[2]
    assert not (root / "evaluation").exists()


def test_a_baseline_that_cannot_be_reached_is_no_first_release(call: Call, tiny: Callable[..., Path]) -> None:
    done = call(tiny(), "run", "--stages=evaluate", "--baseline=127.0.0.1:1/app:1", "summary")
    assert done.exit_code == 0, done.log
    assert "validate_data  ERROR" in done.output  # known before anything is trained
    assert "--baseline 127.0.0.1:1/app:1 cannot be pulled" in done.output


def test_a_baseline_that_cannot_answer_these_rows(call: Call, tiny: Callable[..., Path], registry: str) -> None:
    address = f"{registry}/ml-pipeline-test-{secrets.token_hex(4)}:1"
    first = call(tiny(), "full-pipeline", f"--address={address}")
    assert first.exit_code == 0, first.log
    spans = {"train": (0, 400), "holdout": (400, 200)}
    files = {"src/train.py": projects.TRAIN, "src/predict.py": projects.PREDICT, "tests/test_predict.py": projects.TEST}
    renamed: dict[str, str | None] = {name: text.replace('"text"', '"words"') for name, text in files.items()}
    renamed |= {f"data/{name}.csv": projects.rows(*span).replace("text,", "words,", 1) for name, span in spans.items()}
    done = call(tiny(renamed), "full-pipeline", f"--baseline={address}")
    assert done.exit_code == 11, done.log
    assert "evaluate: ERROR" in done.log
    assert "cannot be scored on these rows: predictor" in " ".join(done.log.split())


def test_links_and_line_ends_and_names_do_not_matter(call: Call, tiny: Callable[..., Path]) -> None:
    root = tiny(
        {
            "src/grüße und mehr.txt": "eins\r\n",
            "src/predict.py": projects.PREDICT.replace("\n", "\r\n"),
            "data/train.csv": None,
        }
    )
    (root / "data" / "alt 2025.csv").write_text(projects.rows(0, 400).replace("\n", "\r\n"), newline="")
    (root / "data" / "train.csv").symlink_to("alt 2025.csv")
    done = call(root, FULL)
    assert done.exit_code == 0, done.log


def test_publish_takes_the_image_that_was_judged_alone(call: Call, tiny: Callable[..., Path]) -> None:
    root = tiny()
    for part in ("model", "report"):
        assert call(root, "run", part, "export", f"--path={part}").exit_code == 0
    given = ["--model=model", "--evaluation=report/evaluation", "--data-report=report/data"]
    publish = ["publish", "--address=127.0.0.1:1/x:1", *given]
    done = call(root, *publish)
    assert "the registry refused the image" in done.sentence(), "what was judged gets as far as the registry"
    report = root / "report" / "data" / "data.json"
    passed = report.read_text()
    report.write_text(passed.replace('"state": "PASS"', '"state": "FAIL"'))
    assert call(root, *publish).exit_code == 10
    report.write_text(passed)
    # The code of another image; and one in which it is imported by another name, with the same files.
    for name, more in (("src/predict.py", "# changed\n"), ("pyproject.toml", "[build-system]\nrequires = []\n")):
        source, before = root / name, (root / name).read_text()
        source.write_text(f"{before}\n{more}")
        done = call(root, *publish)
        assert done.exit_code == 11
        assert "--evaluation is of the image sha256:" in done.sentence()
        source.write_text(before)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"cases.jsonl": '{"input": {"text": "a"}, "expect": 7}\n'}, "cases.jsonl:1: expect: 7 is none of"),
    ],
)
def test_what_evaluate_would_refuse_is_found_before_the_training(
    call: Call, tiny: Callable[..., Path], changes: dict[str, str | None], said: str
) -> None:
    done = call(tiny(changes), "run", "summary")
    [train] = [line for line in done.output.splitlines() if line.startswith("train")]
    assert train.split()[:2] == ["train", "ERROR"]
    assert said in done.output


def test_an_evaluation_of_another_model_publishes_nothing(call: Call, tiny: Callable[..., Path]) -> None:
    root = tiny()
    for name, epochs in (("one", "1"), ("two", "2")):
        (root / "src" / "extra.py").write_text(f'"""{name}"""\n')
        assert call(root, "train", f"--epochs={epochs}", "export", f"--path={name}").exit_code == 0
        (root / "data" / "train.csv").write_text(projects.rows(0, 300))
    assert call(root, "evaluate", "--model=one", "export", "--path=evaluation").exit_code == 0
    done = call(root, "publish", "--model=two", "--evaluation=evaluation", "--address=127.0.0.1:1/x:1")
    assert done.exit_code == 11
    assert "--evaluation is of the model" in done.sentence()


def test_a_folder_that_is_no_project(call: Call, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    done = call(tmp_path, "lint")
    assert done.exit_code == 11
    assert "no project" in done.sentence()


def test_a_registry_that_refuses(call: Call, tiny: Callable[..., Path]) -> None:
    done = call(tiny(), FULL, "--address=127.0.0.1:1/app:tag")
    assert done.exit_code == 11
    assert "every stage passed, but nothing was published: " in done.sentence()
    assert "the registry refused" in done.sentence()


@pytest.mark.parametrize("address", ["127.0.0.1:1/App:1", "https://registry.example/app"])
def test_an_address_that_no_registry_takes_is_told_before_any_stage(
    call: Call, tiny: Callable[..., Path], address: str
) -> None:
    done = call(tiny({"requirements.txt": "no-such-package==0\n"}), FULL, f"--address={address}")
    assert done.exit_code == 11
    assert f"--address {address} is no place to publish to; expected REGISTRY/NAME:TAG" in done.sentence()


def test_no_secret_is_seen_anywhere(call: Call, tiny: Callable[..., Path]) -> None:
    value = "s3cr3t-value-of-the-test"
    show = projects.TRAIN.replace("import json\n", "import json\nimport os\n") + 'print("token", os.environ["TOKEN"])\n'
    root = tiny({"src/train.py": show})
    (root.parent / "secrets.env").write_text(f"TOKEN={value}\n")
    options = (f"--env-file=file://{root.parent / 'secrets.env'}",)
    done = call(root, "run", "report", "export", "--path=report", options=options)
    assert done.exit_code == 0, done.log
    assert value not in done.log + done.output
    assert "[TOKEN]" in (root / "report/training/training.json").read_text()
    for path in (root / "report").rglob("*"):
        assert not path.is_file() or value.encode() not in path.read_bytes(), path
    done = call(root, "run", "image", "export", "--path=image.tar", options=options)
    assert done.exit_code == 0, done.log
    assert value.encode() not in (root / "image.tar").read_bytes()
