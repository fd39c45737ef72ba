"""How long `ml-steps --help` takes beside a bare Python; exits 1 where it is more than five times as long."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

RUNS = 21
TARGET = 5.0
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "ml-steps --help": [str(Path(sys.executable).with_name("ml-steps")), "--help"],
}


def seconds(command: list[str]) -> float:
    """Run a command once."""
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def main() -> int:
    """Measure in turn, print medians, and judge."""
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(RUNS):
        for name, command in COMMANDS.items():
            taken[name].append(seconds(command))
    bare, ours = (statistics.median(taken[name]) for name in COMMANDS)
    met = ours <= TARGET * bare
    print(f"{'command':<16} {'median':>9} {'ratio':>6} {'target':>7}")
    print(f"{'python -c pass':<16} {bare * 1000:6.1f} ms {1:6.2f}")
    print(f"{'ml-steps --help':<16} {ours * 1000:6.1f} ms {ours / bare:6.2f} {TARGET:7.2f} {'ok' if met else 'MISSED'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
