"""Run the linters; each must leave a report that can be read, whatever it says."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
from pathlib import Path

from . import process, record

# A line a finding from `ruff format`; versions that know no other way do not read it.
CONCISE = {"RUFF_OUTPUT_FORMAT": "concise"}
_UNFORMATTED = re.compile(r"^Would reformat: |:\d+:\d+: unformatted: ", re.MULTILINE)
_UNPARSED = re.compile(r"^error: Failed to parse |:\d+:\d+: invalid-syntax: ", re.MULTILINE)


def run(options: argparse.Namespace, secrets: dict[str, str]) -> None:
    """Run every tool asked for over the code and the tests, and save report, exit code and seconds of each.

    Without the tools' own caches of the code: they trust a file's time and size, which a checkout may well repeat.
    """
    for path in options.code:
        if not Path(path).exists():
            raise record.Stop(
                record.SETUP,
                f"lint: {path} is not there; expected the project's code; "
                "set code in [tool.ml-pipeline] of pyproject.toml, or, where it is a link, let it lead to a folder "
                "of the project: none outside is there on a Dagger engine.",
            )
    paths = [*options.code, *(path for path in options.rest if Path(path).exists())]
    record.clear(options.out, "ruff.sarif", "collected.json")
    sarif = options.out / "ruff.sarif"
    commands = {
        "ruff": [
            "check",
            "--no-fix",
            "--no-cache",
            "--output-format",
            "sarif",
            "--output-file",
            str(sarif),
        ],
        "ruff-format": ["format", "--check", "--no-cache"],
        "mypy": ["--no-pretty", "--no-color-output", "--no-error-summary", "--cache-dir", options.mypy_cache],
    }
    runs = []
    for tool in options.tools.split(","):
        program = tool.partition("-")[0]
        command = ["python", "-m", program, *commands[tool], "--", *paths]
        result = process.run(command, options.timeout, secrets, CONCISE, keep=None)
        text = "\n".join(result.tail)
        if not _complete(tool, result, text, sarif):
            raise record.Stop(
                record.SETUP,
                f"lint: {tool} {result.ended()} and left no report to judge ({result.last_line()}); expected "
                f"findings or none; run `{' '.join(['python', '-m', *result.argv[2:]])}` in the project.",
            )
        log = options.out / f"{tool}.txt"
        log.write_text(text, encoding="utf-8")
        looked_at = _files(paths, options.timeout) if tool == "ruff" else None
        runs.append({"tool": tool, "exit_code": result.exit_code, "seconds": result.seconds, "files": looked_at})
    record.write(
        options.out, "collected.json", {"command": "lint", "root": str(Path.cwd()), "paths": paths, "runs": runs}
    )


def _files(paths: list[str], timeout: float) -> int | None:
    """Count what ruff looks at: where its settings leave nothing, it finds nothing and exits 0. None: it cannot say."""
    argv = process.with_python(["python", "-m", "ruff", "check", "--show-files", "--", *paths])
    try:
        shown = subprocess.run(
            argv, capture_output=True, timeout=timeout, env=process.variables(), check=True, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return len(shown.stdout.split(b"\n")) - 1


def _complete(tool: str, result: process.Result, text: str, sarif: Path) -> bool:
    """Exit codes alone do not tell: mypy and ruff format exit 2 for a syntax error, which is a finding."""
    if result.exit_code not in (0, 1, 2):
        return False
    if tool == "ruff":
        try:
            return result.exit_code != 2 and bool(json.loads(sarif.read_text(encoding="utf-8"))["runs"])
        except (OSError, ValueError, KeyError):
            return False
    if result.exit_code == 0:
        return True
    if tool == "ruff-format":
        return bool((_UNFORMATTED if result.exit_code == 1 else _UNPARSED).search(text))
    return ": error:" in text
