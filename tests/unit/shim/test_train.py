"""`train`: a model is exit code 0 and files in the output folder; nothing half-trained is left behind."""

# ruff: noqa: E501 - a case a line

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .shims import Ran, Shim


def training(shim: Shim, body: str, *options: str, arguments: tuple[str, ...] = ()) -> Ran:
    """Run a training command with this body, which finds its output folder in `out`."""
    head = "import os, pathlib, signal, subprocess, sys, time\nout = pathlib.Path(sys.argv[1])\n"
    shim.write({"train.py": head + body})
    return shim.run("train", *options, "--", "python", "train.py", str(shim.out / "model"), *arguments)


def test_a_model_and_its_record(shim: Shim) -> None:
    ran = training(shim, "(out / 'w.bin').write_bytes(b'1'); print('loss 0.5')\n")
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.left() == {"model", "collected.json"}
    assert (ran.out / "model" / "w.bin").read_bytes() == b"1"
    record = ran.record("collected.json")
    assert record["command"] == "train"
    assert record["argv"][:2] == ["python", "train.py"]
    assert record["tail"] == ["loss 0.5"]
    assert record["device"] == "cpu"
    assert record["seconds"] > 0
    assert "loss 0.5" in ran.stdout


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("(out / 'half').write_text('x'); print('out of luck'); sys.exit(1)", "exited 1 (out of luck); expected exit code 0"),
        ("(out / 'half').write_text('x'); raise ValueError('no data')", "exited 1 (ValueError: no data) at train.py:3; expected exit code 0"),
        ("sys.exit(3)", "exited 3 (no output)"),
        ("import nowhere", "(ModuleNotFoundError: No module named 'nowhere') at train.py:3; expected exit code 0; name a file of the project in [tool.ml-pipeline.train] inputs, a package in what is installed."),
        ("import ctypes; ctypes.CDLL('libnowhere.so.3')", "expected exit code 0; name Debian's package of it (libnowhere3) with system in"),
        ("open('data/holdout.csv')", "mend the command, which is given the training file alone, in the folder of --data, and what train.inputs names."),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "was killed by SIGSEGV"),
        ("print('done')", "exited 0 but left no file in its output folder"),
        ("(out / 'empty').mkdir()", "exited 0 but left no file"),
    ],
)  # fmt: skip
def test_no_model(shim: Shim, body: str, said: str) -> None:
    ran = training(shim, body)
    assert ran.exit_code == 10
    assert f"train: `python train.py '{shim.out}/model'` " in ran.sentence()
    assert said in ran.sentence()
    assert ran.left() == set()


@pytest.mark.parametrize(
    ("body", "mend"),
    [
        ("import argparse; argparse.ArgumentParser().parse_known_args(); sys.exit('train.py: error: unrecognized arguments: --epochs 10')", "say epochs = false in [tool.ml-pipeline.train]"),
        ("print('Error: No such option: --epochs'); print('+----+'); sys.exit(2)", "say epochs = false in [tool.ml-pipeline.train]"),
        ("print('usage: train.py [--epochs N]'); sys.exit('unknown option: --seed')", "mend the command"),
    ],
)  # fmt: skip
def test_a_command_that_takes_no_epochs(shim: Shim, body: str, mend: str) -> None:
    assert training(shim, body).sentence().endswith(f"; expected exit code 0; {mend}.")


@pytest.mark.parametrize(
    ("named", "there"), [("train.py", True), ("tr*.py", True), ("trian.py", False), ("lib/*", False)]
)
def test_inputs_are_there(shim: Shim, named: str, there: bool) -> None:
    ran = training(shim, "(out / 'w').write_text('x')", f"--input={named}")
    assert ran.exit_code == (0 if there else 11)
    if not there:
        assert f'train: inputs name "{named}", which is not there' in ran.sentence()
        assert "correct it in [tool.ml-pipeline.train]" in ran.sentence()
        assert ran.left() == set()


def test_the_record_keeps_the_last_lines(shim: Shim) -> None:
    ran = training(shim, "(out / 'w').write_text('x'); print('\\n'.join(map(str, range(60))))\n")
    assert ran.record("collected.json")["tail"] == [str(number) for number in range(20, 60)]


def test_a_crash_names_the_last_line_of_the_project_and_no_folder_of_ours(shim: Shim) -> None:
    """Not the library's that raised, and not what was appended to the command."""
    shim.write(
        {
            "src/__init__.py": "",
            "src/load.py": "import json\n\n\ndef load():\n    json.loads('{')\n",
            "src/fit.py": "from src import load\nload.load()\n",
        }
    )
    ran = shim.run(
        "train", "--", "python", "-m", "src.fit", "--data", str(shim.out), "--output", str(shim.out / "model")
    )
    assert "train: `python -m src.fit` exited 1 (json.decoder.JSONDecodeError: Expecting " in ran.sentence()
    assert " at src/load.py:5; expected exit code 0" in ran.sentence()
    assert "/" not in ran.sentence().replace("src/load.py", "")


def test_a_crash_deep_in_a_library_is_traced_back_to_the_project(shim: Shim) -> None:
    """A visitor of a tree of 60 levels: twice as many frames lie below the project's own."""
    program = "import ast\nnode = ast.parse('+' * 60 + 'x')\nast.NodeTransformer.visit_Name = None\nast.NodeTransformer().visit(node)\n"
    shim.write({"fit.py": program})
    ran = shim.run("train", "--", "python", "fit.py")
    assert "TypeError: 'NoneType' object is not callable) at fit.py:4; expected exit code 0" in ran.sentence()


def test_a_hang_is_stopped_with_all_that_it_started(shim: Shim, tmp_path: Path) -> None:
    """A child and its own child are both ended; the file with the latter's number proves that they ran."""
    pids = tmp_path / "pids"
    grandchild = f"import os, time; print(os.getpid(), file=open({str(pids)!r}, 'a'), flush=True); time.sleep(60)"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {grandchild!r}])"
    body = f"(out / 'half').write_text('x'); print('epoch 1'); subprocess.run([sys.executable, '-c', {child!r}]); time.sleep(60)"
    started = time.monotonic()
    ran = training(shim, body, "--timeout", "3")
    assert time.monotonic() - started < 20
    assert ran.exit_code == 10
    assert "was still running after 3 s and was stopped" in ran.sentence()
    assert "raise timeout in [tool.ml-pipeline.train]" in ran.sentence()
    assert ran.left() == set()
    [pid] = map(int, pids.read_text().split())
    assert not running(pid)


def test_what_a_command_leaves_running_is_ended(shim: Shim, tmp_path: Path) -> None:
    body = (
        "(out / 'w').write_text('x'); child = subprocess.Popen(['sleep', '60']); "
        f"pathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(child.pid))"
    )
    assert training(shim, body).exit_code == 0
    assert not running(int((tmp_path / "pid").read_text()))


def test_a_stop_ends_what_was_started_and_says_nothing(shim: Shim, tmp_path: Path) -> None:
    shim.write(
        {
            "fit.py": f"import os, pathlib, time\npathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(os.getpid()))\nprint('on')\ntime.sleep(60)"
        }
    )
    argv = [sys.executable, str(shim.folder), "train", "--out", str(shim.out), "--", "python", "fit.py"]
    with subprocess.Popen(argv, cwd=shim.project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"on\n"  # what is shown is looked after, and so ended too
        process.terminate()
        said, _ = process.communicate()
    assert (process.returncode, said) == (130, b"")
    assert not running(int((tmp_path / "pid").read_text()))


def running(pid: int) -> bool:
    """Return whether a process lives; a zombie that its new parent has not reaped yet does not."""
    for _ in range(50):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return False
        if state == "Z":
            return False
        time.sleep(0.02)
    return True


def test_a_program_that_is_not_there_or_cannot_be_run(shim: Shim) -> None:
    ran = shim.run("train", "--", "no-such-trainer")
    assert (ran.exit_code, ran.left()) == (11, set())
    assert "`no-such-trainer` exited 127 (no-such-trainer: command not found)" in ran.sentence()
    shim.write({"train.sh": "#!/bin/sh\n"})
    ran = shim.run("train", "--", "./train.sh")
    assert (ran.exit_code, ran.left()) == (10, set())
    assert "(./train.sh: cannot be run: Permission denied)" in ran.sentence()


def test_an_earlier_model_is_not_taken_for_this_one(shim: Shim) -> None:
    assert training(shim, "(out / 'old').write_text('x')").exit_code == 0
    assert training(shim, "(out / 'new').write_text('x')").exit_code == 0
    assert os.listdir(shim.out / "model") == ["new"]  # noqa: PTH208
    assert training(shim, "sys.exit(1)").left() == set()


@pytest.mark.parametrize("text", ["ünï \\udcff", "\\xff"])
def test_output_of_any_bytes_is_shown_on_any_console(shim: Shim, text: str) -> None:
    body = f"(out / 'w').write_text('x'); sys.stdout.buffer.write('{text}\\n'.encode('utf-8', 'surrogateescape'))"
    shim.write({"train.py": f"import pathlib, sys\nout = pathlib.Path(sys.argv[1])\n{body}\nprint('end')\n"})
    arguments = ("train", "--", "python", "train.py", str(shim.out / "model"))
    ran = shim.run(*arguments, variables={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.record("collected.json")["tail"][-1] == "end"


def test_a_gpu_that_cannot_be_named_loses_no_model(shim: Shim) -> None:
    ran = training(shim, "(out / 'w').write_text('x')", arguments=("--device", "cuda"))
    assert ran.exit_code == 0
    assert ran.record("collected.json")["device"] == "cuda"


@pytest.mark.parametrize("arguments", [("--device",), ("--device", "cpu"), ("cuda",)])
def test_anything_else_is_the_cpu(shim: Shim, arguments: tuple[str, ...]) -> None:
    ran = training(shim, "(out / 'w').write_text('x')", arguments=arguments)
    assert ran.record("collected.json")["device"] == "cpu"


def test_hashes_are_the_same_in_every_run(shim: Shim) -> None:
    ran = training(shim, "(out / 'w').write_text('x'); print(os.environ['PYTHONHASHSEED'])")
    assert ran.record("collected.json")["tail"] == ["0"]
