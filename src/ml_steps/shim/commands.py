"""The shim's command line."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

from . import (
    environment,
    install,
    lint,
    measure,
    mypy_cache,
    record,
    score,
    server,
    suite,
    system,
    timing_service,
    train,
)

NEXT = "--ml-pipeline-next"
"""Between two commands of one call: a container started once costs less than one for each."""


def main(argv: list[str]) -> int:
    """Run the commands up to the first that fails, and return its exit code.

    A failure prints one sentence and no traceback.
    """
    secrets: dict[str, str] = {}
    name = argv[0] if argv else "ml_shim"
    if not name.endswith("-worker"):  # what the project forks there would inherit it
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        # Given to the project's own commands only: they inherit this process's environment.
        secrets = environment.load()
        for command in _commands(argv):
            options = _parser().parse_args(command)
            name = options.name
            options.out = options.out.resolve()
            options.out.mkdir(parents=True, exist_ok=True)
            options.run(options, secrets)
            record.redact(options.out, secrets)
    except record.Stop as stop:
        code, said = stop.exit_code, str(stop)
    except environment.EnvFileError as error:
        code, said = record.SETUP, str(error)
    except KeyboardInterrupt:
        return record.INTERRUPTED
    except Exception as error:  # the last wall: one sentence, the exit code of a fault of ours
        code = record.INTERNAL
        said = f"{name}: internal error: {type(error).__name__}: {error}; try again, and report it if it stays."
    else:
        return 0
    if name.endswith("-worker"):  # its supervisor says the sentence, once
        record.write(options.out, record.STOPPED, {"message": said})
    else:
        print(f"ml-pipeline: {environment.hide(' '.join(said.split()), secrets)}", file=sys.stderr)
    return code


def _commands(argv: list[str]) -> list[list[str]]:
    commands: list[list[str]] = [[]]
    for part in argv:
        if part == NEXT:
            commands.append([])
        else:
            commands[-1].append(part)
    return commands


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ml_shim")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, run in (
        ("install", install.run),
        ("system", system.run),
        ("imports", mypy_cache.find_imports),
        ("mypy-cache", mypy_cache.fill),
        ("lint", lint.run),
        ("test", suite.run),
        ("train", train.run),
        ("score", score.supervise),
        ("score-worker", score.work),
        ("measure", measure.supervise),
        ("measure-worker", measure.work),
        ("measure-service", timing_service.run),
        ("server", server.run),
    ):
        command = commands.add_parser(name)
        command.set_defaults(run=run, name=name)
        command.add_argument("--out", type=Path, required=True)
        command.add_argument("--timeout", type=float, default=3600.0)
        if name == "install":
            command.add_argument("--what", required=True)
            command.add_argument("--tools", default="")
        if name in {"test", "train"}:
            command.add_argument("--input", dest="inputs", action="append", default=[])
        if name in {"imports", "lint"}:
            command.add_argument("--code", action="append", required=True)
        if name == "lint":
            command.add_argument("--tools", required=True)
            command.add_argument("--mypy-cache", default=os.devnull)
        if name.startswith(("score", "measure", "server")):
            command.add_argument("--manifest", type=Path, required=True)
            command.add_argument("--rows", type=Path)
        if name in {"score", "score-worker"}:
            command.add_argument("--alone", action="store_true")
        if name in {"measure-service", "server"}:
            command.add_argument("--port", type=int, required=True)
        if name == "server":
            command.add_argument("--health", required=True)
            command.add_argument("--start-timeout", type=float, required=True)
            command.add_argument("--predict", default="")
            command.add_argument("--predictions", type=Path)
        if name in {"install", "system", "imports", "mypy-cache", "lint", "test", "train", "server"}:
            command.add_argument("rest", nargs="+")
    return parser
