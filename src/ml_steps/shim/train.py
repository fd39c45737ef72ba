"""Run the project's training command; a model is files in the output folder and exit code 0."""

from __future__ import annotations

import argparse
import os
import platform
import re
import shlex
import shutil
from importlib import import_module, metadata

from . import inputs, process, record, system

LINES_OF_A_TRACEBACK = 400
"""Enough that the project's own frames are among them, however deep the library that raised."""
NO_EPOCHS = re.compile(r"(no such option|unrecognized|unknown|unexpected)\b.*--epochs\b", re.IGNORECASE)
LIBRARIES = ("torch", "scikit-learn", "numpy", "lightgbm", "xgboost", "transformers", "tensorflow", "jax")


def run(options: argparse.Namespace, secrets: dict[str, str]) -> None:
    """Run the command under its time limit; nothing half-trained is left behind as a model."""
    inputs.refuse_missing("train", options.inputs, " (training sees no file of data but through --data)")
    record.clear(options.out, "model", "collected.json")
    model = options.out / "model"
    model.mkdir()
    # Training alone: what ships gets other hashes in every process, and is judged so.
    repeatable = {"PYTHONHASHSEED": os.environ.get("PYTHONHASHSEED", "0")}
    result = process.run(options.rest, options.timeout, secrets, repeatable, keep=LINES_OF_A_TRACEBACK)
    command = shlex.join(_as_configured(options.rest))
    problem = ""
    if result.timed_out:
        problem = (
            f"`{command}` was still running after {options.timeout:g} s and was stopped; expected it to end; "
            "make it faster, or raise timeout in [tool.ml-pipeline.train]"
        )
    elif result.exit_code != 0:
        said = f"{result.ended()} ({result.last_line()}){result.place()}"
        takes_none = any(map(NO_EPOCHS.search, result.tail))
        mend = "say epochs = false in [tool.ml-pipeline.train]" if takes_none else "mend the command"
        if "FileNotFoundError" in result.last_line():
            mend += ", which is given the training file alone, in the folder of --data, and what train.inputs names"
        if "ModuleNotFoundError" in result.last_line():
            mend = "name a file of the project in [tool.ml-pipeline.train] inputs, a package in what is installed"
        mend = system.lacking(result.last_line()) or mend
        problem = f"`{command}` {said}; expected exit code 0; {mend}"
    elif not any(path.is_file() for path in model.rglob("*")):
        problem = (
            f"`{command}` exited 0 but left no file in its output folder; expected the model there; "
            "write it to the folder given with --output"
        )
    if problem:
        shutil.rmtree(model)
        code = record.SETUP if result.exit_code == process.NOT_FOUND else record.FAIL
        raise record.Stop(code, f"train: {problem}.")
    record.write(
        options.out,
        "collected.json",
        {
            "command": "train",
            "argv": options.rest,
            "seconds": result.seconds,
            "tail": result.tail[-process.TAIL_LINES :],
            "python": platform.python_version(),
            "libraries": _versions(),
            "device": _device(options.rest),
        },
    )


def _as_configured(argv: list[str]) -> list[str]:
    """Return the command without what was appended to it: folders that its reader has never seen."""
    added = [index for index, part in enumerate(argv) if part == "--data"]
    return argv[: added[-1]] if added else argv


def _versions() -> dict[str, str]:
    versions = {}
    for name in LIBRARIES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def _device(argv: list[str]) -> str:
    """Return the name of the GPU where one was asked for, else "cpu"."""
    if ("--device", "cuda") not in zip(argv, argv[1:]):
        return "cpu"
    try:
        return str(import_module("torch").cuda.get_device_name(0))
    except Exception:  # another library trained on it, or torch cannot say: the model is there all the same
        return "cuda"
