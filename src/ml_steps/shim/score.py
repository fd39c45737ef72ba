"""Predict every row with what ships."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional

from . import alone, predictor, process, record

PREDICTIONS, SCORING = "predictions.jsonl", "scoring.json"
CASE_ROWS, CASE_PREDICTIONS = "case-rows.jsonl", "case-predictions.jsonl"
"""The behavioural cases, where they lie beside the rows, and what was answered."""
SHIM = str(Path(__file__).resolve().parent)


def supervise(options: argparse.Namespace, secrets: dict[str, str]) -> None:
    """Run the scoring in a process of its own, so that a hang or a crash still ends in one sentence."""
    record.clear(options.out, CASE_PREDICTIONS)
    asked = options.rows.with_name(CASE_ROWS).is_file()
    files = [PREDICTIONS, SCORING, *([CASE_PREDICTIONS] if asked else [])]
    under_limit("score", options, secrets, *files, flags=["--alone"] if options.alone else [])


def under_limit(
    name: str, options: argparse.Namespace, secrets: dict[str, str], *files: str, flags: Sequence[str] = ()
) -> None:
    """Run the worker of a command under the time limit and pass its verdict on; a good one leaves the files."""
    record.clear(options.out, record.STOPPED, *files)
    try:
        _supervised(name, options, secrets, files, flags)
    except record.Stop:
        record.clear(options.out, *files)
        raise


def _supervised(
    name: str, options: argparse.Namespace, secrets: dict[str, str], files: tuple[str, ...], flags: Sequence[str]
) -> None:
    command = [sys.executable, SHIM, f"{name}-worker", "--manifest", str(options.manifest)]
    command += ["--rows", str(options.rows), "--out", str(options.out), *flags]
    result = process.run(command, options.timeout, secrets)
    if result.timed_out:
        raise record.Stop(
            record.FAIL,
            f"{name}: the predictor was still running after {options.timeout:g} s and was stopped; expected it to end; "
            "make it faster, or raise timeout in [tool.ml-pipeline.evaluate].",
        )
    if (options.out / record.STOPPED).exists():
        said = record.read(options.out / record.STOPPED)["message"]
        record.clear(options.out, record.STOPPED)
        raise record.Stop(result.exit_code, said)
    if result.exit_code < 0:
        raise record.Stop(
            record.INTERNAL,
            f"{name}: the predictor's process {result.ended()} ({result.last_line()}); expected it to end by itself; "
            "if it was killed for its memory, give it more, and try again.",
        )
    if result.exit_code != 0 or not all((options.out / file).is_file() for file in files):
        raise record.Stop(
            record.FAIL,
            f"{name}: the predictor's process {result.ended()} before it was done ({result.last_line()}); expected a "
            "prediction for each row; take what ends the process out of the predictor.",
        )


def work(options: argparse.Namespace, _secrets: dict[str, str]) -> None:
    """Write predictions.jsonl, a line a row in order, scoring.json and, where cases are asked, the answers to them.

    With `alone`, some rows are asked once more, each alone, and must be answered alike.
    """
    manifest = record.read(options.manifest)
    out, rows_file = options.out.resolve(), options.rows.resolve()
    code = _code_digest(Path(manifest["workdir"]))
    predictor.enter(manifest)
    started = time.perf_counter()
    predict = predictor.load(manifest)
    loaded = time.perf_counter()
    part, count = out / (PREDICTIONS + ".part"), 0
    with part.open("w", encoding="utf-8") as file:
        for first, rows in predictor.batches(rows_file):
            for prediction in predictor.call(predict, rows, first, manifest):
                file.write(json.dumps(prediction, allow_nan=False) + "\n")
                count += 1
    if not count:
        raise record.Stop(record.SETUP, f"{rows_file}: there are no rows; expected at least one to predict.")
    os.replace(part, out / PREDICTIONS)  # noqa: PTH105
    seconds = time.perf_counter() - loaded
    if options.alone:
        alone.check(predict, rows_file, out / PREDICTIONS, count, manifest)
    if rows_file.with_name(CASE_ROWS).is_file():
        _answer_cases(predict, rows_file.with_name(CASE_ROWS), manifest, out)
    record.write(
        out,
        SCORING,
        {
            "rows": count,
            "load_seconds": loaded - started,
            "seconds": seconds,
            "peak_rss_bytes": _peak_rss_bytes(),
            "python": platform.python_version(),
            "code_digest": code,
        },
    )


def _peak_rss_bytes() -> int:
    """Return the peak of this process or of the largest child that ended and was waited for; not their sum."""
    peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return max(peaks) * (1 if sys.platform == "darwin" else 1024)  # Linux counts in KiB, macOS in bytes


def _code_digest(folder: Path) -> Optional[str]:
    """Return `sha256:` and the digest over the sorted `sha256  path` lines of the code's files, compiled ones aside."""
    lines = []
    try:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder)
            if path.is_file() and "__pycache__" not in name.parts:
                lines.append(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name.as_posix()}\n")
    except OSError:
        return None
    return "sha256:" + hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def _answer_cases(predict: predictor.Predict, rows: Path, manifest: dict[str, Any], out: Path) -> None:
    """Write an answer a case; each is asked alone, so that one which raises takes no other along."""
    part = out / (CASE_PREDICTIONS + ".part")
    with part.open("w", encoding="utf-8") as file:
        for row, case in predictor.batches(rows, 1):
            try:
                [answer] = predictor.call(predict, case, row, manifest)
            except record.Stop as stop:
                answer = {"row": row, "error": str(stop)}
            file.write(json.dumps(answer, allow_nan=False) + "\n")
    os.replace(part, out / CASE_PREDICTIONS)  # noqa: PTH105
