"""The command line: its help, its exit codes, and what each command imports."""

# ruff: noqa: E501 - a case a line

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ml_steps import cli, commands, errors, output
from ml_steps.options import parser


def leaves(root: argparse.ArgumentParser, prefix: str = "") -> dict[str, argparse.ArgumentParser]:
    """Return the parsers that take options, by the words that call them."""
    found: dict[str, argparse.ArgumentParser] = {}
    for action in root._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, command in action.choices.items():
                found |= leaves(command, f"{prefix}{name} ") or {f"{prefix}{name}": command}
    return found


COMMANDS = leaves(parser("", ""))


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_every_command(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main([*name.split(), "--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert f"usage: ml-steps {name}" in text
    for action in COMMANDS[name]._actions:
        if action.help == argparse.SUPPRESS:
            continue
        assert action.help, f"{name}: {action.dest} has no help"
        assert len(action.help) > 5
        for option in action.option_strings:
            assert option in text
    description = COMMANDS[name].description or ""
    assert re.match(r"[A-Z].+\.$", description)
    assert callable(getattr(commands, re.sub("[- ]", "_", name)))


def test_help_lists_every_command_and_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    text = capsys.readouterr().out
    for name in COMMANDS:
        assert re.search(rf"^ +{name.split()[0]}\b", text, re.MULTILINE)
    assert re.search(r"0 pass, 10 the verdict is fail.*11 .* set up wrongly, 12", " ".join(text.split()))


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["no-such-command"],
        ["contract"],
        ["contract", "check"],
        ["lint"],
        ["lint", "--out"],
        ["train", "--epochs", "x", "--out", "o"],
    ],
)
def test_a_wrong_command_line_is_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(argv)
    assert caught.value.code == 2
    assert "usage: ml-steps" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("raised", "exit_code", "said"),
    [
        (errors.SetupError("No such thing."), 11, "ml-steps: No such thing."),
        (errors.FailedError("Bad."), 10, "ml-steps: Bad."),
        (errors.StepError("Ours."), 12, "ml-steps: Ours."),
        (PermissionError(13, "Permission denied", "/private/x"), 11, "ml-steps: /private/x: Permission denied; mend that"),
        (KeyboardInterrupt(), 130, "ml-steps: stopped before the end, by the keyboard or a signal."),
        (ValueError("two\nlines"), 12, "ml-steps: internal error in `report`: ValueError: two lines; set ML_STEPS_TRACEBACK=1"),
    ],
)  # fmt: skip
def test_what_a_command_raises_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    raised: BaseException,
    exit_code: int,
    said: str,
) -> None:
    def broken(_: object) -> int:
        raise raised

    monkeypatch.delenv("ML_STEPS_TRACEBACK", raising=False)
    monkeypatch.setattr(commands, "report", broken)
    assert cli.main(["report", "x"]) == exit_code
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(said)


SAMPLE = Path(__file__).parents[2] / "sample_project"


@pytest.mark.parametrize("command", [["infer", "--data", "."], ["check", str(SAMPLE / "contract.yaml")]])
def test_a_reader_that_goes_away_is_no_fault_of_ours(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "requirements.txt").touch()
    for name in ("train", "holdout"):
        (tmp_path / f"{name}.csv").write_text(f"{name},label\n1,2\n")
    argv = [sys.executable, "-m", "ml_steps", "contract", *command]
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, stdout=pipe, stderr=pipe, text=True, cwd=tmp_path, env=buffered) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert (process.wait(), process.stderr.read()) == (130, "")


def test_the_traceback_of_an_internal_error_can_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> int:
        raise ValueError("x")

    monkeypatch.setenv("ML_STEPS_TRACEBACK", "1")
    monkeypatch.setattr(commands, "report", broken)
    with pytest.raises(ValueError, match="x"):
        cli.main(["report", "x"])


@pytest.mark.parametrize("command", ["lint", "test", "validate", "train", "run", "rows", "training-data"])
def test_an_output_folder_that_cannot_be_one(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "file").write_text("mine")
    assert cli.main([command, "--source", str(tmp_path), "--out", str(tmp_path / "file" / "out")]) == 11
    assert (
        f"--out {tmp_path}/file/out: no folder can be made or written to there (Not a directory)"
        in capsys.readouterr().err
    )
    assert (tmp_path / "file").read_text() == "mine"


def test_an_output_folder_that_must_not_be_written_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "out").mkdir()
    monkeypatch.setattr(os, "access", lambda path, _mode: path != tmp_path / "out")  # root may always write
    assert cli.main(["rows", "--source", str(tmp_path), "--out", str(tmp_path / "out")]) == 11
    assert f"--out {tmp_path}/out: no folder can be made or written to there (Permission denied)" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize(("command", "folder"), [("train", "model"), ("training-data", "data")])
def test_a_folder_that_no_earlier_run_left_is_not_cleared(
    command: str, folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "mine.csv").write_text("mine")
    assert cli.main([command, "--source", str(tmp_path), "--out", str(tmp_path)]) == 11
    assert f"--out {tmp_path}: the folder holds {folder} and no training" in capsys.readouterr().err
    assert (tmp_path / folder / "mine.csv").read_text() == "mine"
    (tmp_path / folder).rename(tmp_path / "elsewhere")
    (tmp_path / folder).symlink_to(tmp_path / "elsewhere")
    (tmp_path / f"{command}.json").write_text("{}")
    assert cli.main([command, "--source", str(tmp_path), "--out", str(tmp_path)]) == 11
    assert (tmp_path / folder / "mine.csv").read_text() == "mine"


def test_what_is_left_by_an_error_or_from_outside_is_removed(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()  # an empty one is nobody's
    for error in (ValueError, KeyboardInterrupt):
        with pytest.raises(error), output.whole(tmp_path, "training", "more.json", folder="model"):  # noqa: PT012
            assert list(tmp_path.iterdir()) == []
            (tmp_path / "model").mkdir()
            for name in ("model/a.bin", "training.md", "more.json"):
                (tmp_path / name).write_text("half")
            raise error
        assert list(tmp_path.iterdir()) == []
    (tmp_path / "training.json").mkdir()
    with pytest.raises(errors.SetupError, match=r"training\.json is a folder there; expected a file or nothing"):
        output.fresh(tmp_path, "training")


@pytest.mark.parametrize("command", ["lint", "test", "validate", "train", "run", "rows", "training-data"])
@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (None, b"", "is no project: it has none of"),
        ("pyproject.toml", b"\xff\xfe", "pyproject.toml: cannot be read ("),
        ("pyproject.toml", b"[tool.ml-pipeline]\ncodes = 1\n", 'has no key "codes"; did you mean "code"?'),
    ],
)
def test_a_project_that_cannot_be_read(  # noqa: PLR0917
    command: str, name: str | None, content: bytes, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    if name:
        (source / name).write_bytes(content)
    assert cli.main([command, "--source", str(source), "--out", str(tmp_path / "out")]) == 11
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1
    assert not list((tmp_path / "out").glob("*"))


def test_a_source_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["lint", "--source", str(tmp_path / "gone"), "--out", str(tmp_path / "out")]) == 11
    assert "gone: there is no such folder; expected the project's root" in capsys.readouterr().err


def collected(folder: Path, *, failing: bool) -> Path:
    """Write what the shim leaves after a test run."""
    folder.mkdir()
    record = {"command": "test", "root": "/work", "exit_code": int(failing), "seconds": 1, "tail": []}
    (folder / "collected.json").write_text(json.dumps(record))
    case = '<testcase name="a"><failure message="no"/></testcase>' if failing else '<testcase name="a"/>'
    (folder / "junit.xml").write_text(f"<testsuites><testsuite>{case}</testsuite></testsuites>")
    return folder


def test_a_character_that_the_terminal_lacks_changes_no_exit_code(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    folder = collected(tmp_path / "bad", failing=True)
    (folder / "junit.xml").write_text(
        '<testsuites><testsuite><testcase name="ä…"><failure message="né"/></testcase></testsuite></testsuites>',
        encoding="utf-8",
    )
    judged = ["test", "--source", str(tmp_path), "--collected", str(folder), "--out", str(tmp_path / "out")]
    for argv in (judged, ["verdict", str(tmp_path / "out")]):
        done = subprocess.run(
            [sys.executable, "-m", "ml_steps", *argv],
            check=False, capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii"},
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (10, b"")
        assert b"?" in done.stdout


@pytest.mark.parametrize(
    "argv",
    [
        ["report", "file"],
        ["verdict", "file"],
        ["gate", "--evaluation", "file", "--out", "out"],
        ["evaluate", "--scores", "file", "--out", "out"],
        ["cases", "--model", "file", "--out", "out"],
    ],
)
def test_a_file_where_a_folder_is_expected(
    argv: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "src").mkdir()
    (tmp_path / "pyproject.toml").write_text('[tool.ml-pipeline.evaluate]\ncases = "cases.jsonl"\n')
    (tmp_path / "cases.jsonl").write_text("{}\n")
    (tmp_path / "file").write_text("mine")
    assert cli.main(argv) == 11
    assert capsys.readouterr().err.startswith("ml-steps: file")


def test_exit_codes_of_a_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "src").mkdir()
    out = tmp_path / "new" / "out"

    def judged(folder: Path, *more: str) -> int:
        return cli.main(["test", "--source", str(tmp_path), "--collected", str(folder), "--out", str(out), *more])

    assert judged(collected(tmp_path / "good", failing=False)) == 0
    assert cli.main(["verdict", str(out), "--hint=see there"]) == 0
    assert "see there" not in capsys.readouterr().out
    bad = collected(tmp_path / "bad", failing=True)
    assert judged(bad) == 10
    assert {path.name for path in out.iterdir()} == {"test.json", "test.md", "test.html", "junit.xml"}
    assert cli.main(["verdict", str(out), "--hint=see there"]) == 10
    assert capsys.readouterr().out.endswith("\nsee there\n")
    assert judged(bad, "--exit-zero") == 0
    assert json.loads((out / "test.json").read_text())["state"] == "FAIL"
    assert judged(tmp_path / "gone") == 11
    assert list(out.iterdir()) == []  # nothing of the run before is left to be taken for this one's
    assert "no record of test can be read" in capsys.readouterr().err


def test_a_missing_requirements_file_of_cuda(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["cuda-requirements", "--torch-version", "2.9", "--folder", str(tmp_path), "--out", str(tmp_path / "out")]
    assert cli.main([*argv, "gone.txt"]) == 11
    assert "gone.txt: cannot be read in " in capsys.readouterr().err
    (tmp_path / "here.txt").write_text("torch\nnumpy\n")
    assert cli.main([*argv, "here.txt"]) == 0
    assert (tmp_path / "out" / "here.txt").read_text() == "numpy\n"


HEAVY = {"numpy", "sklearn", "duckdb", "htpy", "jsonschema", "yaml", "pydantic", "packaging"}
NEVER = {"dagger", "ml_pipeline", "anyio"}
ALLOWED = {
    "--help": set(),
    "lint": {"pydantic", "htpy"},
    "test": {"pydantic", "htpy"},
    "validate": {"pydantic", "htpy", "duckdb", "yaml", "jsonschema"},
    "rows": {"pydantic", "duckdb", "yaml", "jsonschema"},
    "training-data": {"pydantic", "duckdb", "yaml", "jsonschema"},
    "gate": {"pydantic", "htpy"},
    "report": {"pydantic", "htpy"},
    "verdict": {"pydantic"},
    "cuda-requirements": {"packaging"},
    "run": {"pydantic"},
    "contract": {"pydantic", "duckdb", "yaml", "jsonschema"},
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project with data and what the shim left of its tests, so that each command does its work."""
    root = tmp_path_factory.mktemp("imports")
    (root / "src").mkdir()
    (root / "data").mkdir()
    (root / "lint").mkdir()
    (root / "lint" / "collected.json").write_text('{"command": "lint", "root": "/", "runs": []}')
    for name, start in (("train", 0), ("holdout", 50)):
        lines = [f"text number {start + row},{row % 2}" for row in range(20)]
        (root / "data" / f"{name}.csv").write_text("\n".join(["text,label", *lines]) + "\n")
    collected(root / "test", failing=False)
    (root / "r.txt").write_text("numpy\n")
    return root


@pytest.mark.parametrize(
    "argv",
    [
        ["--help"],
        ["lint", "--collected", "lint", "--out", "out/lint"],
        ["test", "--collected", "test", "--out", "out/test"],
        ["validate", "--out", "out/data"],
        ["rows", "--out", "out/rows"],
        ["training-data", "--out", "out/described"],
        ["gate", "--evaluation", "gone", "--out", "out/gate"],
        ["verdict", "out/gone"],
        ["cuda-requirements", "--torch-version", "2.9", "--out", "out/cuda", "r.txt"],
        ["contract", "infer"],
        ["contract", "check", "gone.yaml"],
        ["run", "--stages", "zzz", "--out", "out/run"],
    ],
    ids=" ".join,
)
def test_no_command_imports_what_it_does_not_use(argv: list[str], folders: Path) -> None:
    code = (
        "import sys\nfrom ml_steps.cli import main\ntry:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        f"print('IMPORTED', *sorted(sys.modules.keys() & {HEAVY | NEVER}))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, *argv], cwd=folders, capture_output=True, text=True, check=True
    )
    imported = set(result.stdout.rpartition("IMPORTED")[2].split())
    assert imported - ALLOWED[argv[0]] == set()
    assert bool(imported) is bool(ALLOWED[argv[0]])  # it got as far as doing something


def test_a_command_that_cannot_run_leaves_no_empty_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "there").mkdir()
    for name in ("a/b", "there", "there/c"):
        argv = ["validate", "--source", str(tmp_path), "--data", str(tmp_path / "none"), "--out", str(tmp_path / name)]
        assert cli.main(argv) == errors.EXIT_SETUP
        assert "does not exist" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["src", "there"]
    assert list((tmp_path / "there").iterdir()) == []
