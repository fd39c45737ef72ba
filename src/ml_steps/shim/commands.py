"""The shim's command line."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import environment, install, lint, measure, record, score, server, suite, train


def main(argv: list[str]) -> int:
    """Run one command and return its exit code; a failure prints one sentence and no traceback."""
    options = _parser().parse_args(argv)
    secrets: dict[str, str] = {}
    try:
        # Given to the project's own commands only: they inherit this process's environment.
        secrets = environment.load()
        options.out.mkdir(parents=True, exist_ok=True)
        options.run(options, secrets)
        record.redact(options.out, secrets)
    except record.Stop as stop:
        return _sentence(str(stop), stop.exit_code, secrets)
    except Exception as error:  # the last wall: one sentence, the exit code of a fault of ours
        return _sentence(
            f"{options.name}: internal error: {type(error).__name__}: {error}; try again, and report it if it stays.",
            record.INTERNAL,
            secrets,
        )
    return 0


def _sentence(text: str, exit_code: int, secrets: dict[str, str]) -> int:
    print(f"ml-pipeline: {environment.hide(' '.join(text.split()), secrets)}", file=sys.stderr)
    return exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ml_shim")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, run in (
        ("install", install.run),
        ("lint", lint.run),
        ("test", suite.run),
        ("train", train.run),
        ("score", score.supervise),
        ("score-worker", score.work),
        ("measure", measure.supervise),
        ("measure-worker", measure.work),
        ("server", server.run),
    ):
        command = commands.add_parser(name)
        command.set_defaults(run=run, name=name)
        command.add_argument("--out", type=Path, required=True)
        command.add_argument("--timeout", type=float, default=600.0)
        if name == "install":
            command.add_argument("--what", required=True)
            command.add_argument("--tools", default="")
        if name == "lint":
            command.add_argument("--tools", required=True)
            command.add_argument("--cache", type=Path, required=True)
        if name.startswith(("score", "measure", "server")):
            command.add_argument("--manifest", type=Path, required=True)
            command.add_argument("--rows", type=Path)
        if name == "server":
            command.add_argument("--health", required=True)
            command.add_argument("--port", type=int, required=True)
            command.add_argument("--predict", default="")
            command.add_argument("--predictions", type=Path)
        if name in {"install", "lint", "test", "train", "server"}:
            command.add_argument("rest", nargs="+")
    return parser
