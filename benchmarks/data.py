"""Validation of large files, and drift, beside other tools: whole processes, medians, peak memory.

`make bench-data` runs it at full size. `--scale 0.02 --runs 3` is a quick look; `--no-peers` leaves the others out.
Exits 1 where a figure misses its target.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "benchmarks"
FILES = {"csv": (200_000, 2_000_000, 10_000_000), "parquet": (5_000_000,)}
PEERS = ("great-expectations", "pandera", "pointblank")
OF_A_SCAN, OF_GREAT_EXPECTATIONS, OF_PANDERA, OF_EVIDENTLY, OF_AN_IMPORT = 1.1, 0.2, 1.0, 1 / 9, 3.0
MEGABYTES = 1000
DRIFT_ROWS = 200_000
SELECT = """
SELECT range AS id, 'review ' || md5(range::VARCHAR) || ' of item ' || (range % 9973) AS text,
  (hash(range) % 3)::INTEGER AS label, round((hash(range + 1) % 100000) / 1000.0, 3) AS score,
  strftime(TIMESTAMP '2024-01-01' + INTERVAL (range % 30000000) SECOND, '%Y-%m-%dT%H:%M:%SZ') AS timestamp,
  ['tweets', 'amazon', 'forum'][1 + (hash(range + 2) % 3)::INTEGER] AS source FROM range({rows})
"""
CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: benchmark
version: 1.0.0
status: active
schema:
  - name: train
    quality: [{metric: rowCount, mustBeGreaterOrEqualTo: 1000}]
    properties:
      - {name: id, logicalType: integer, unique: true}
      - {name: text, logicalType: string, required: true, logicalTypeOptions: {minLength: 10, maxLength: 10000}}
      - name: label
        logicalType: integer
        required: true
        quality: [{metric: invalidValues, arguments: {validValues: [0, 1, 2]}, mustBe: 0}]
      - {name: score, logicalType: number, logicalTypeOptions: {minimum: 0, maximum: 100}}
      - {name: timestamp, logicalType: timestamp, required: true, logicalTypeOptions: {timezone: true}}
      - name: source
        logicalType: string
        quality: [{metric: invalidValues, arguments: {validValues: [tweets, amazon, forum]}, mustBe: 0}]
  - name: holdout
    quality: [{metric: rowCount, mustBeGreaterOrEqualTo: 1000}]
    properties: [{name: label, logicalType: integer}]
"""
NUMBERS, CATEGORIES = [f"n{index}" for index in range(15)], [f"c{index}" for index in range(7)]
MOVED = 30_000
"""How far n0, which is uniform from 0 to 100,000, lies higher in the data that are judged."""


@dataclass
class Run:
    """Wall-clock seconds and peak megabytes of one process."""

    seconds: float
    megabytes: float


Limit = tuple[str, float, float]
"""In words, the figure, and the most that it may be."""


def measure(command: list[str], expected: str = "") -> Run:
    """Run a process; the last word that it prints must be the one expected."""
    with tempfile.TemporaryFile("w+") as out:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, cwd=ROOT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        said = out.read().strip()
    if process.returncode or (expected and said.split()[-1:] != [expected]):
        raise SystemExit(f"{' '.join(command)} failed ({process.returncode}):\n{said[-2000:]}")
    return Run(seconds, usage.ru_maxrss / 1024)


def medians(commands: dict[str, tuple[list[str], str]], runs: int) -> dict[str, Run]:
    """Measure the commands in turn, so that what else the machine does meets all alike."""
    taken: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, (command, expected) in commands.items():
            taken[name].append(measure(command, expected))
    return {
        name: Run(statistics.median(run.seconds for run in found), max(run.megabytes for run in found))
        for name, found in taken.items()
    }


def write_file(path: Path, query: str) -> None:
    """Write what a query returns, in a process of its own: a child's peak memory begins at what its parent holds."""
    options = "FORMAT csv, HEADER" if path.suffix == ".csv" else "FORMAT parquet"
    program = "import sys, duckdb; duckdb.execute('SET enable_progress_bar = false'); duckdb.execute(sys.argv[1])"
    subprocess.run([sys.executable, "-c", program, f"COPY ({query}) TO '{path}' ({options})"], check=True)


def make_folder(folder: Path, contract: str) -> Path:
    """Make a data folder with its contract; `src` makes it a project with every setting at its default."""
    (folder / "src").mkdir(parents=True)
    (folder / "contract.yaml").write_text(contract, encoding="utf-8")
    return folder


def make_files(folder: Path, suffix: str, rows: int) -> Path:
    """Write a data folder and its contract; return the training file."""
    data = make_folder(folder / f"{suffix}-{rows}", CONTRACT)
    for name, count in (("train", rows), ("holdout", 1000)):
        write_file(data / f"{name}.{suffix}", SELECT.format(rows=count))
    return data / f"train.{suffix}"


def make_drift_files(folder: Path, side: str, rows: int) -> Path:
    """Write 15 numbers, 7 categories and the label; `before` is the reference, and in `now` one number is moved."""
    types = [f"{{name: {name}, logicalType: number}}" for name in NUMBERS]
    types += [f"{{name: {name}, logicalType: string}}" for name in CATEGORIES]
    columns = ", ".join([*types, "{name: label, logicalType: integer}"])
    head, _, _ = CONTRACT.partition("schema:")
    objects = "".join(f"  - {{name: {name}, properties: [{columns}]}}\n" for name in ("train", "holdout"))
    data = make_folder(folder / "drift" / side, f"{head}schema:\n{objects}")
    values = [f"(hash(range, '{side} {name}') % 100000)::INTEGER" for name in NUMBERS]
    values[0] += f" + {MOVED if side == 'now' else 0}"
    names = [f"'c' || hash(range, '{side} {name}') % {5 + index}" for index, name in enumerate(CATEGORIES)]
    label = f"(hash(range, '{side}') % 3)::INTEGER"
    pairs = zip([*values, *names, label], [*NUMBERS, *CATEGORIES, "label"], strict=True)
    select = "SELECT " + ", ".join(f"{value} AS {name}" for value, name in pairs)
    for name, count in (("train", rows), ("holdout", 1000)):
        write_file(data / f"{name}.csv", f"{select} FROM range({count})")
    return data / "train.csv"


def peers() -> str:
    """Return the Python of the environment that holds the peers; it is made where it is missing."""
    folder, uv = ROOT / ".venv-bench", str(Path(sys.executable).with_name("uv"))
    python, complete = str(folder / "bin" / "python"), folder / ".complete"
    wanted = (HERE / "data_peers.txt").read_text(encoding="utf-8")
    if not complete.exists() or complete.read_text(encoding="utf-8") != wanted:
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)], check=True)
        subprocess.run(
            [uv, "pip", "install", "--quiet", "--python", python, "-r", str(HERE / "data_peers.txt")], check=True
        )
        complete.write_text(wanted, encoding="utf-8")
    return python


def validation(path: Path) -> list[str]:
    """Return the command that validates the folder of a file."""
    folder, out = str(path.parent), str(path.parent / "out")
    command = [sys.executable, "-m", "ml_steps", "validate", "--source", folder, "--data", folder]
    return [*command, "--contract", str(path.parent / "contract.yaml"), "--out", out]


def compare(path: Path, python: str, runs: int) -> dict[str, Run]:
    """Measure every contender on one file."""
    contender = str(HERE / "data_contender.py")
    commands = {
        "ml-steps": (validation(path), ""),
        "bare DuckDB": ([sys.executable, contender, "duckdb", str(path)], "10"),
    }
    for peer in PEERS if python else ():
        commands[peer] = ([python, contender, peer, str(path)], "10")
    return medians(commands, runs)


def compare_drift(before: Path, now: Path, python: str, runs: int) -> tuple[dict[str, Run], list[Limit]]:
    """Measure drift against the reference's data and against its profile."""
    measure(validation(before))
    commands = {
        "ml-steps, data": ([*validation(now), "--reference", str(before.parent)], ""),
        "ml-steps, profile": ([*validation(now), "--reference", str(before.parent / "out" / "profile.json")], ""),
    }
    if python:
        commands["evidently"] = ([python, str(HERE / "data_contender.py"), "evidently", str(now), str(before)], "1")
    found = medians(commands, runs)
    ours = list(found)[:2] if python else []
    times = [(f"of Evidently ({name})", found[name].seconds / found["evidently"].seconds) for name in ours]
    return found, [(words, figure, OF_EVIDENTLY) for words, figure in times]


def compare_sample(out: Path, runs: int) -> tuple[dict[str, Run], list[Limit]]:
    """Measure the sample project beside the import of DuckDB alone."""
    sample = "sample_project"
    ours = ["-m", "ml_steps", "validate", "--source", sample, "--contract", f"{sample}/contract.yaml"]
    commands = {
        "ml-steps": ([sys.executable, *ours, "--out", str(out)], ""),
        "import duckdb": ([sys.executable, "-c", "import duckdb"], ""),
    }
    found = medians(commands, runs)
    return found, [("of the import", found["ml-steps"].seconds / found["import duckdb"].seconds, OF_AN_IMPORT)]


def judge(found: dict[str, Run], largest: bool) -> list[Limit]:
    """Return what is to be reached."""
    ours = found["ml-steps"]
    limits = [("MB", ours.megabytes, float(MEGABYTES))]
    if largest:
        limits.append(("of a bare scan", ours.seconds / found["bare DuckDB"].seconds, OF_A_SCAN))
    if "pandera" in found:
        great = found["great-expectations"]
        limits.append(("of Great Expectations", ours.seconds / great.seconds, OF_GREAT_EXPECTATIONS))
        limits.append(("of pandera", ours.seconds / found["pandera"].seconds, OF_PANDERA))
    return limits


def show(title: str, found: dict[str, Run], limits: list[Limit]) -> bool:
    """Print a table; return whether every limit is kept."""
    print(f"\n{title}")
    for name, run in found.items():
        print(f"  {name:<20} {run.seconds:8.2f} s {run.megabytes:8.0f} MB")
    for words, figure, limit in limits:
        print(f"  {figure:8.2f} {words}, at most {limit:.3g}: {'ok' if figure <= limit else 'MISSED'}", flush=True)
    return all(figure <= limit for _, figure, limit in limits)


def main() -> int:
    """Measure, print and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="of the full number of rows")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--no-peers", action="store_true")
    options = parser.parse_args()
    python = "" if options.no_peers else peers()
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, duckdb {version('duckdb')}"
    )
    kept = True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kept &= show("the sample project", *compare_sample(folder / "out", options.runs))
        sides = [make_drift_files(folder, side, int(DRIFT_ROWS * options.scale)) for side in ("before", "now")]
        title = f"drift, {int(DRIFT_ROWS * options.scale):,} rows of 23 columns on either side, csv"
        kept &= show(title, *compare_drift(sides[0], sides[1], python, options.runs))
        for suffix, sizes in FILES.items():
            for rows in sizes:
                count = max(1000, int(rows * options.scale))
                path = make_files(folder, suffix, count)
                found = compare(path, python, options.runs)
                kept &= show(f"{count:,} rows, {suffix}", found, judge(found, rows == sizes[-1]))
                path.unlink()
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
