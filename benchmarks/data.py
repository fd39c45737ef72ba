"""Validation of large files beside other tools: ten checks, whole processes, medians, peak memory.

`make bench-data` runs it at full size. `--scale 0.02 --runs 3` is a quick look; `--no-peers` leaves the others out.
Exits 1 where a figure misses its target.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "benchmarks"
FILES = {"csv": (200_000, 2_000_000, 10_000_000), "parquet": (5_000_000,)}
PEERS = ("great-expectations", "pandera", "pointblank")
OF_A_SCAN, OF_GREAT_EXPECTATIONS, OF_AN_IMPORT, MEGABYTES = 1.1, 0.2, 3.0, 1000
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


@dataclass
class Run:
    """Wall-clock seconds and peak megabytes of one process."""

    seconds: float
    megabytes: float


def measure(command: list[str], expected: str = "") -> Run:
    """Run a process; what it prints must end as expected."""
    with tempfile.TemporaryFile("w+") as out:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, cwd=ROOT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        said = out.read().strip()
    if process.returncode or not said.endswith(expected):
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


def make_files(folder: Path, suffix: str, rows: int) -> Path:
    """Write a data folder and its contract; return the training file."""
    data = folder / f"{suffix}-{rows}"
    data.mkdir()
    options = "FORMAT csv, HEADER" if suffix == "csv" else "FORMAT parquet"
    for name, count in (("train", rows), ("holdout", 1000)):
        query = f"COPY ({SELECT.format(rows=count)}) TO '{data}/{name}.{suffix}' ({options})"
        # In a process of its own: a child's peak memory begins at what its parent holds.
        subprocess.run([sys.executable, "-c", "import sys, duckdb; duckdb.execute(sys.argv[1])", query], check=True)
    (data / "contract.yaml").write_text(CONTRACT, encoding="utf-8")
    (data / "src").mkdir()  # what makes it a project with every setting at its default
    return data / f"train.{suffix}"


def peers() -> str:
    """Return the Python of the environment that holds the peers; it is made where it is missing."""
    folder, uv = ROOT / ".venv-bench", str(Path(sys.executable).with_name("uv"))
    python = str(folder / "bin" / "python")
    if not (folder / ".complete").exists():
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)], check=True)
        subprocess.run(
            [uv, "pip", "install", "--quiet", "--python", python, "-r", str(HERE / "data_peers.txt")], check=True
        )
        (folder / ".complete").touch()
    return python


def compare(path: Path, python: str, runs: int) -> dict[str, Run]:
    """Measure every contender on one file."""
    ours = [sys.executable, "-m", "ml_steps", "validate", "--source", str(path.parent), "--data", str(path.parent)]
    contract = ["--contract", str(path.parent / "contract.yaml"), "--out", str(path.parent / "out")]
    contender = str(HERE / "data_contender.py")
    commands = {
        "ml-steps": ([*ours, *contract], ""),
        "bare DuckDB": ([sys.executable, contender, "duckdb", str(path)], "10"),
    }
    for peer in PEERS if python else ():
        commands[peer] = ([python, contender, peer, str(path)], "10")
    return medians(commands, runs)


def judge(found: dict[str, Run], largest: bool) -> list[tuple[str, float, float]]:
    """Return what is to be reached: in words, the figure, and its limit."""
    ours = found["ml-steps"]
    limits = [("MB", ours.megabytes, float(MEGABYTES))]
    if largest:
        limits.append(("of a bare scan", ours.seconds / found["bare DuckDB"].seconds, OF_A_SCAN))
    if "pandera" in found:
        great = found["great-expectations"]
        limits.append(("of Great Expectations", ours.seconds / great.seconds, OF_GREAT_EXPECTATIONS))
        limits.append(("of pandera", ours.seconds / found["pandera"].seconds, 1.0))
    return limits


def show(title: str, found: dict[str, Run], limits: list[tuple[str, float, float]]) -> bool:
    """Print a table; return whether every limit is kept."""
    print(f"\n{title}")
    for name, run in found.items():
        print(f"  {name:<20} {run.seconds:8.2f} s {run.megabytes:8.0f} MB")
    for words, figure, limit in limits:
        print(f"  {figure:8.2f} {words}, at most {limit:g}: {'ok' if figure <= limit else 'MISSED'}")
    return all(figure <= limit for _, figure, limit in limits)


def main() -> int:
    """Measure, print and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="of the full number of rows")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--no-peers", action="store_true")
    options = parser.parse_args()
    python = "" if options.no_peers else peers()
    kept = True
    with tempfile.TemporaryDirectory() as folder:
        for suffix, sizes in FILES.items():
            for rows in sizes:
                count = max(1000, int(rows * options.scale))
                path = make_files(Path(folder), suffix, count)
                found = compare(path, python, options.runs)
                kept &= show(f"{count:,} rows, {suffix}", found, judge(found, rows == sizes[-1]))
                path.unlink()
        sample = "sample_project"
        ours = ["-m", "ml_steps", "validate", "--source", sample, "--contract", f"{sample}/contract.yaml"]
        commands = {
            "ml-steps": ([sys.executable, *ours, "--out", f"{folder}/out"], ""),
            "import duckdb": ([sys.executable, "-c", "import duckdb"], ""),
        }
        found = medians(commands, options.runs)
        ratio = found["ml-steps"].seconds / found["import duckdb"].seconds
        kept &= show("the sample project", found, [("of the import", ratio, OF_AN_IMPORT)])
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
