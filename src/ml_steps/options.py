"""The command line of `ml-steps`: every command with its help text and its options."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

Option = tuple[str, dict[str, Any]]


def _folder(name: str, text: str, **more: Any) -> Option:
    return name, {"type": Path, "metavar": "DIR", "help": text, **more}


def _flag(name: str, text: str) -> Option:
    return name, {"action": "store_true", "help": text}


SOURCE = _folder("--source", "the project's root (default: here)", default=Path())
DATA = _folder("--data", "data folder (default: the project's own, data/)")
OUT = _folder("--out", "folder to write to; made if missing", required=True)
MODEL = _folder("--model", "folder that `ml-steps train` wrote as OUT/model", required=True)
COLLECTED = _folder("--collected", "judge what was already collected there instead of running it")
EXIT_ZERO = _flag("--exit-zero", "exit 0 whatever the verdict: the evidence holds it")
SMOKE = _flag("--smoke", "cut rows, one epoch: shows that every step works, no more")
CUT = _flag("--smoke", "cut the file to [tool.ml-pipeline.train] smoke rows")
EPOCHS = ("--epochs", {"type": int, "metavar": "N", "help": "epochs; default: the project's, else 10"})
HINT = ("--hint", {"default": "", "metavar": "TEXT", "help": "print this below the table of what failed"})
STAGES_HELP = (
    "only these and what they need, of lint, test, validate_data, train, build_image, evaluate, gate; default: all"
)
STAGES = ("--stages", {"default": "", "metavar": "A,B", "help": STAGES_HELP})
CONTRACT = (
    "--contract",
    {
        "type": Path,
        "metavar": "FILE",
        "help": "Open Data Contract Standard 3.1 file; default: the project's own, else structural checks",
    },
)
REFERENCE = (
    "--reference",
    {
        "type": Path,
        "metavar": "PATH",
        "help": "compare the data with these: a data folder, a profile.json, or a folder that holds one",
    },
)
NOTE = ("--baseline-note", {"default": "", "metavar": "TEXT", "help": "which baseline, or why there is none"})
IMAGE = (
    "--image-digest",
    {"default": "", "metavar": "TEXT", "help": "digest of the files of the image that was scored, if one was"},
)

COMMANDS: dict[str, tuple[str, list[Option]]] = {
    "lint": ("run the linters on the project's code", [SOURCE, COLLECTED, EXIT_ZERO, OUT]),
    "test": ("run the project's test suite", [SOURCE, COLLECTED, EXIT_ZERO, OUT]),
    "validate": (
        "check the data against its contract; with --data and --contract no project is needed",
        [SOURCE, DATA, CONTRACT, REFERENCE, EXIT_ZERO, OUT],
    ),
    "train": (
        "run the project's training command and record what it made",
        [
            SOURCE,
            DATA,
            EPOCHS,
            SMOKE,
            COLLECTED,
            _folder("--training-data", "with --collected: folder that `training-data` wrote"),
            _folder("--rows-to", "write there first the rows that score will need; a fault in them stops it"),
            OUT,
        ],
    ),
    "score": (
        "predict and time the holdout with the project's predictor, and try its server",
        [
            SOURCE,
            MODEL,
            DATA,
            SMOKE,
            _flag("--keep-rows", "score the rows in OUT, as `train --rows-to` wrote them, whatever --data says"),
            OUT,
        ],
    ),
    "evaluate": (
        "compute metrics from scores, beside those of a baseline",
        [
            SOURCE,
            _folder("--scores", "folder that `ml-steps score` wrote", required=True),
            _folder("--baseline", "scores of the baseline on the same rows"),
            NOTE,
            IMAGE,
            _flag("--smoke", "mark the result as that of a smoke run, which decides nothing; nothing is cut here"),
            OUT,
        ],
    ),
    "gate": (
        "decide by the project's rules whether the model may be released",
        [
            SOURCE,
            _folder("--evaluation", "folder that `evaluate` wrote", required=True),
            _folder("--data-report", "folder that `validate` wrote"),
            _folder("--test-report", "folder that `test` wrote"),
            EXIT_ZERO,
            OUT,
        ],
    ),
    "report": (
        "build the index page over the stage folders in a folder",
        [_folder("directory", "folder with one folder a stage")],
    ),
    "verdict": (
        "print the table of a report or of one stage, and exit with its code",
        [_folder("directory", "folder that `report` or one stage wrote"), HINT],
    ),
    "run": (
        "run every stage here, without a container engine, and write the report",
        [SOURCE, DATA, REFERENCE, EPOCHS, SMOKE, STAGES, OUT],
    ),
    "contract infer": ("print a first contract written from the data, to be reviewed", [SOURCE, DATA]),
    "contract check": (
        "check a contract alone, without data",
        [("file", {"type": Path, "metavar": "FILE", "help": "Open Data Contract Standard 3.1 file"})],
    ),
    # What the Dagger module runs between a stage's two halves.
    "rows": ("plumbing: write the holdout as typed rows without the target", [SOURCE, DATA, CUT, OUT]),
    "cases": (
        "plumbing: write the behavioural cases as rows, and what is expected of each",
        [
            SOURCE,
            _folder("--model", "folder of the model that is asked"),
            _folder("--training-data", "instead of a model, before there is one: folder that `training-data` wrote"),
            OUT,
        ],
    ),
    "measure": (
        "plumbing: time two models in turn, each where it runs as a timing service",
        [
            *[
                (f"--{name}", {"required": True, "metavar": "HOST:PORT", "help": f"timing service of the {name}"})
                for name in ("candidate", "baseline")
            ],
            ("--timeout", {"type": float, "default": 600.0, "metavar": "S", "help": "seconds for each round (600)"}),
            OUT,
        ],
    ),
    "training-data": (
        "plumbing: describe the training file, and cut it for a smoke run",
        [SOURCE, DATA, CUT, OUT],
    ),
    "manifest": (
        "plumbing: write the manifest that an image carries",
        [
            SOURCE,
            MODEL,
            *[
                (f"--{name}", {"required": True, "metavar": "PATH", "help": f"{what} inside the image"})
                for name, what in (
                    ("python", "interpreter"),
                    ("workdir", "folder of the code"),
                    ("model-path", "model"),
                )
            ],
            OUT,
        ],
    ),
    "cuda-requirements": (
        "plumbing: requirements without torch, which the CUDA image brings",
        [
            ("--torch-version", {"required": True, "metavar": "V", "help": "version of the image's own torch"}),
            _folder("--folder", "where the files lie", default=Path()),
            (
                "--overrides",
                {"default": "overrides.txt", "metavar": "FILE", "help": "name of uv's overrides file to write"},
            ),
            ("files", {"nargs": "+", "metavar": "FILE", "help": "the project's requirements files"}),
            OUT,
        ],
    ),
}
GROUPS = {"contract": "write a first data contract, or check one"}


def parser(summary: str, details: str) -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    root = argparse.ArgumentParser(prog="ml-steps", description=summary, epilog=details)
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    groups = {"": commands}
    for name, (text, options) in COMMANDS.items():
        group, _, last = name.rpartition(" ")
        if group not in groups:
            about = commands.add_parser(group, help=GROUPS[group], description=_sentence(GROUPS[group]))
            groups[group] = about.add_subparsers(dest="action", required=True, metavar="ACTION")
        command = groups[group].add_parser(last, help=text, description=_sentence(text))
        command.set_defaults(command=name)
        for option, settings in options:
            command.add_argument(option, **settings)
    return root


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."
