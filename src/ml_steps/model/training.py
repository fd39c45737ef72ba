"""The record of a training run: what went in, what ran, and what came out."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ml_steps import collected
from ml_steps.errors import FailedError, SetupError
from ml_steps.evidence import Evidence, Record, State, first_fault
from ml_steps.report.text import size

FILE = "training.json"
PROFILE = "profile.json"
"""The profile of the training file: what later data are compared with. It travels with the model, as FILE does."""


class TrainingData(Record):
    """What training was given, as the toolkit described it."""

    schema_version: int
    file: str
    rows: int
    input_columns: list[str]
    classes: list[Any] | None
    target: str
    task: str
    sha256: str


class TrainingEvidence(Evidence):
    """The model's own record; it travels with the model's files."""

    argv: list[str]
    python: str
    libraries: dict[str, str]
    device: str
    data: TrainingData
    files: dict[str, str]
    """sha256 of each of the model's files, by path."""
    model_digest: str
    """sha256 over the sorted `sha256  path` lines of the files."""
    log: list[str]
    """The last lines that the command printed."""


def judge(folder: Path, training_data: Path, out: Path, *, epochs: int | None, smoke: bool) -> TrainingEvidence:
    """Return the record of a training run, and copy the model's files into `out`.

    Raises FailedError when the model brings a file of our name or a broken link, SetupError when a record is missing.
    """
    record = collected.read(folder, "train")
    model = folder / "model"
    for name, what in ((FILE, "the training record"), (PROFILE, "the profile of the training data")):
        if (model / name).exists():
            raise FailedError(f"train: the model holds a file of its own named {name}, the name of {what}; rename it.")
    data, profile = read_training_data(training_data), _of_training_data(training_data, PROFILE)
    # Of the copy, in which each link is the file that it led to: what is exported is what the record names.
    _copy(model, out)
    (out / PROFILE).write_bytes(profile)
    digests = file_digests(out)
    digest = model_digest(digests)
    count = sum((out / path).stat().st_size for path in digests)
    if count == 0:
        raise FailedError("train: every file of the model is empty (0 bytes); expected a model; mend what writes it.")
    passes = f"{epochs} epoch{'s' if epochs != 1 else ''} on " if epochs is not None else ""
    return TrainingEvidence(
        stage="train",
        state=State.PASS,
        headline=f"{passes}{data.rows:,} rows, {record['device']}, {size(count)}",
        smoke=smoke,
        seconds=round(record["seconds"], 3),
        facts={
            "rows": data.rows,
            "epochs": epochs,
            "device": record["device"],
            "python": record["python"],
            "model bytes": count,
            "model digest": digest,
            "training data sha256": data.sha256,
            **dict(sorted(record["libraries"].items())),
        },
        argv=record["argv"],
        python=record["python"],
        libraries=record["libraries"],
        device=record["device"],
        data=data,
        files=digests,
        model_digest=digest,
        log=record["tail"],
    )


def read_training_data(folder: Path) -> TrainingData:
    """Return what `ml-steps training-data` wrote. Raises SetupError where the folder does not hold it."""
    try:
        return TrainingData.model_validate_json(_of_training_data(folder, "training-data.json"))
    except ValidationError as error:
        where, fault = first_fault(error)
        raise SetupError(
            f"{folder / 'training-data.json'}: {where}: {fault}; write it again with `ml-steps training-data`."
        ) from None


def _of_training_data(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        raise SetupError(
            f"--training-data {folder}: {error.filename} cannot be read ({error.strerror}); expected the folder "
            "that `ml-steps training-data` wrote; run it again."
        ) from None


def _copy(model: Path, out: Path) -> None:
    shutil.rmtree(out, ignore_errors=True)
    try:
        shutil.copytree(model, out)
    except (OSError, shutil.Error) as error:
        shutil.rmtree(out, ignore_errors=True)
        said = " ".join(str(error).split())[:300]
        raise FailedError(
            f"train: the model's folder cannot be copied ({said}); expected files, and links that lead to some; "
            "write the files themselves."
        ) from None


def file_digests(model: Path) -> dict[str, str]:
    """Return the sha256 of every file of a model folder, by path, except the training record and the profile."""
    digests = {}
    for path in sorted(model.rglob("*")):
        name = path.relative_to(model).as_posix()
        if any("\ud800" <= character <= "\udfff" for character in name):
            raise FailedError(
                f"train: the model holds a file or folder called {name!a}; expected a name in UTF-8; write it under "
                "another."
            )
        if path.is_file() and name not in (FILE, PROFILE):
            with path.open("rb") as file:
                digests[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests


def model_digest(digests: dict[str, str]) -> str:
    """Return one digest for all files: `sha256:` and the sha256 of the sorted `digest  path` lines."""
    lines = "".join(f"{digest}  {path}\n" for path, digest in sorted(digests.items()))
    return "sha256:" + hashlib.sha256(lines.encode()).hexdigest()
