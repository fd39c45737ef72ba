"""Compare the module with one written the straight way, on a real engine.

Both publish the sample project to a loopback registry: cold (fresh cache volumes and changed inputs; the
engine is never pruned), again with nothing changed, and after an edit of one file. Exits 1 where a target
is missed, 0 where they are met or no engine answers.
"""

import argparse
import csv
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.dagger_call import Call, CallError, answers, call

ROOT = Path(__file__).parent.parent
TARGETS = {"cold": 0.5, "README": 0.1, "serve.py": 0.2, "train.py": 0.2, "data": 0.2}
"""Seconds of the module at most this many times those of the straight one."""
UNCHANGED_TARGET = 1.5
"""Seconds of a call with nothing changed at most this many times those of an empty function of the module."""

# Appended to a copy of the module: what a call costs where the function does nothing.
EMPTY = '''
    @function(cache="never")
    async def empty(self, ws: dagger.Workspace) -> str:
        """Do nothing."""
        return ""
'''


@dataclass
class Measured:
    """The calls of one case, a list for each of the two modules."""

    module: list[Call] = field(default_factory=list)
    straight: list[Call] = field(default_factory=list)


def edit_comment(file: str) -> Callable[[Path, str], None]:
    """Return an edit that puts a comment on top of a file."""

    def edit(project: Path, nonce: str) -> None:
        path = project / file
        path.write_text(f"# {nonce}\n{path.read_text(encoding='utf-8')}", encoding="utf-8")

    return edit


def edit_data(project: Path, nonce: str) -> None:
    """Add a word to the first training text."""
    path = project / "data" / "train.csv"
    with path.open(encoding="utf-8", newline="") as file:
        head, first, *rest = csv.reader(file)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([head, [f"{first[0]} {nonce}", *first[1:]], *rest])


EDITS: dict[str, Callable[[Path, str], None]] = {
    "README": edit_comment("README.md"),
    "serve.py": edit_comment("src/serve.py"),
    "train.py": edit_comment("src/train.py"),
    "data": edit_data,
}


def edit_all(project: Path, nonce: str) -> None:
    """Change every input, so that no layer of an earlier run fits."""
    edits = [*EDITS.values(), *(edit_comment(f"requirements/{name}.txt") for name in ("dev", "train", "serve"))]
    for edit in edits:
        edit(project, nonce)


def copy_modules(folder: Path) -> None:
    """Copy both modules and the sample into a git repository, so that an edit here changes nothing there."""
    no_caches = shutil.ignore_patterns("__pycache__", ".*_cache", ".venv", "sdk")
    module = folder / "module"
    for source, target in (
        (ROOT / "src", module / "src"),
        (ROOT / "benchmarks" / "straight", folder / "straight"),
        (ROOT / "sample_project", folder / "sample"),
    ):
        shutil.copytree(source, target, ignore=no_caches)
    for name in ("dagger.json", "pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, module)
    with (module / "src" / "ml_pipeline" / "main.py").open("a", encoding="utf-8") as file:
        file.write(EMPTY)
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)  # noqa: S607 - git is found on PATH, as Dagger does


def measure(options: argparse.Namespace, folder: Path) -> tuple[dict[str, Measured], list[Call]]:
    """Run every case for both modules in turn, as often as asked; return the calls, and those of the empty function."""
    cases = {name: Measured() for name in ("cold", "nothing", *EDITS)}
    empty = []

    def both(name: str, prefix: str) -> None:
        python, address = f"--python-image={options.python_image}", f"--address={options.registry}/bench"
        ours = [python, f"--uv-image={options.uv_image}", f"--cache-prefix={prefix}"]
        run = ["full-pipeline", "--source=project"]
        straight = call(options.dagger, folder, ["-m", "straight", python, *run, f"{address}/straight:1"])
        module = call(options.dagger, folder, ["-m", "module", *ours, *run, f"{address}/ml-pipeline:1"])
        cases[name].straight.append(straight)
        cases[name].module.append(module)
        print(f"  {name:<10} {module.seconds:7.1f} s, the straight one {straight.seconds:7.1f} s", flush=True)
        print(f"             ran: {', '.join(module.ran) or '-'}", flush=True)

    # The modules themselves are built once, before anything is timed; so are the toolkit and the tools of ours, which
    # depend on no project and are installed once an engine.
    for name in ("module", "straight"):
        subprocess.run([options.dagger, "functions", "-m", name], cwd=folder, capture_output=True, check=True)
    own = [f"--python-image={options.python_image}", f"--uv-image={options.uv_image}", "--cache-prefix=bench-own"]
    installed = call(options.dagger, folder, ["-m", "module", *own, "lint", "--source=sample"])
    print(f"once an engine, not counted below: toolkit, tools and a lint, {installed.seconds:.1f} s", flush=True)
    for number in range(1, options.runs + 1):
        print(f"run {number} of {options.runs}", flush=True)
        nonce = uuid.uuid4().hex[:12]
        shutil.rmtree(folder / "project", ignore_errors=True)
        shutil.copytree(folder / "sample", folder / "project")
        edit_all(folder / "project", nonce)
        both("cold", f"bench-{nonce}")
        both("nothing", f"bench-{nonce}")
        empty.append(call(options.dagger, folder, ["-m", "module", "empty"]))
        for name, edit in EDITS.items():
            edit(folder / "project", uuid.uuid4().hex[:12])
            both(name, f"bench-{nonce}")
    return cases, empty


def median(calls: list[Call]) -> float:
    """Return the median of the seconds."""
    return statistics.median(one.seconds for one in calls)


def table(cases: dict[str, Measured], empty: list[Call]) -> tuple[str, bool]:
    """Return the table, and whether every target is met."""
    lines = [f"{'case':<10} {'module':>9} {'straight':>9} {'ratio':>6} {'target':>7}"]
    met = True
    for name, measured in cases.items():
        ours, straight = median(measured.module), median(measured.straight)
        line = f"{name:<10} {ours:7.1f} s {straight:7.1f} s {ours / straight:6.2f}"
        if name in TARGETS:
            good = ours / straight <= TARGETS[name]
            met = met and good
            line += f" {TARGETS[name]:7.2f} {'ok' if good else 'MISSED'}"
        lines.append(line)
    nothing, yardstick = median(cases["nothing"].module), median(empty)
    good = nothing / yardstick <= UNCHANGED_TARGET
    lines += [
        "",
        f"nothing changed, published again: {nothing:.1f} s; an empty function of the module: {yardstick:.1f} s; "
        f"ratio {nothing / yardstick:.2f}, target {UNCHANGED_TARGET} {'ok' if good else 'MISSED'}",
        "",
        "what ran, in the last run:",
    ]
    for name, measured in cases.items():
        lines.append(f"  {name:<10} module    {', '.join(measured.module[-1].ran) or '-'}")
        lines.append(f"  {'':<10} straight  {', '.join(measured.straight[-1].ran) or '-'}")
    return "\n".join(lines), met and good


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine", description=__doc__)
    parser.add_argument("--registry", default="127.0.0.1:5000", help="a registry that takes pushes (%(default)s)")
    parser.add_argument("--python-image", default="python:3.13-slim", help="for both modules (%(default)s)")
    parser.add_argument("--uv-image", default="ghcr.io/astral-sh/uv:0.13.0", help="(%(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="medians are of this many (%(default)s)")
    parser.add_argument("--dagger", default=os.environ.get("DAGGER", "dagger"), help="the CLI (%(default)s)")
    options = parser.parse_args()
    if not answers(options.dagger):
        print("no engine answers: skipped")
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_modules(folder)
        try:
            text, met = table(*measure(options, folder))
        except CallError as error:
            print(error, file=sys.stderr)
            return 1
    print(text)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
