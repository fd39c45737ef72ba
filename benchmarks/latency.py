"""Does a ratio of two latencies tell models apart, or neighbours? Timing services on a machine made noisy on purpose.

Identical code is timed apart (one model, then the other) and in turn; then a model three times as slow in turn. Exits 1
where identical code in turn is told apart by more than 1.2 in over 5 % of the trials, or the slow one is not found.
"""

import argparse
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ml_steps import shim_argv
from ml_steps.errors import StepError
from ml_steps.evidence import canonical
from ml_steps.latency.client import TimingService
from ml_steps.latency.paired import series, spread
from ml_steps.shim.rounds import SINGLES, nearest_rank, quiet_ratio

NOTICED = 1.2
MOST_FALSE = 0.05
LONGEST_SPELL_S = 1.0
PREDICTOR = """\
def load(model_dir):
    def predict(rows):
        for row in rows:
            sum(range({steps}))
        return [0] * len(rows)
    return predict
"""
FAST, SLOW = 10_000, 30_000
Pair = tuple[TimingService, TimingService]


@contextmanager
def service(root: Path, name: str, steps: int) -> Iterator[TimingService]:
    """Run a timing service of a predictor that does so many steps a row, and connect to it."""
    folder = root / f"{name}-{steps}"
    for path, text in shim_argv.shim_files().items():
        (folder / shim_argv.SHIM / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / shim_argv.SHIM / path).write_text(text, encoding="utf-8")
    (folder / "predict.py").write_text(PREDICTOR.format(steps=steps), encoding="utf-8")
    manifest = {"protocol": 1, "workdir": str(folder), "model_path": "", "predictor": "predict:load", "classes": [0]}
    (folder / "model.json").write_text(canonical(manifest), encoding="utf-8")
    (folder / "rows.jsonl").write_text("{}\n" * SINGLES, encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    paths = {"manifest": str(folder / "model.json"), "rows": str(folder / "rows.jsonl"), "out": str(folder)}
    process = subprocess.Popen(
        [sys.executable, *shim_argv.timing_service(str(folder / shim_argv.SHIM), port=port, **paths)]
    )
    try:
        with _connected(name, port) as client:
            client.seconds("load", 0)
            yield client
    finally:
        process.kill()
        process.wait()


def _connected(name: str, port: int) -> TimingService:
    for _ in range(200):
        try:
            return TimingService(name, ("127.0.0.1", port), 60)
        except StepError:
            time.sleep(0.05)
    raise SystemExit(f"the service of the {name} did not start")


@contextmanager
def neighbours(seed: int) -> Iterator[None]:
    """Keep processes busy, each in spells of up to a second, one for each core."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
    generator, done = random.Random(seed), threading.Event()  # noqa: S311 - spells of noise, no secret

    def change() -> None:
        while not done.wait(generator.uniform(0, LONGEST_SPELL_S)):
            for process in busy:
                process.send_signal(generator.choice((signal.SIGSTOP, signal.SIGCONT)))

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        for process in busy:
            process.kill()
            process.wait()


def alone(model: TimingService) -> list[float]:
    """Return the seconds of one series of single rows."""
    return [model.seconds("single", number) for number in range(SINGLES)]


def apart(first: list[float], second: list[float], percent: int) -> float:
    """Return how far two quantiles lie apart, 1 or more, whichever is larger."""
    low, high = sorted(nearest_rank(values, percent) for values in (first, second))
    return high / low


def trial(same: Pair, slow: Pair) -> dict[str, float]:
    """Measure once in every way."""
    one, other = map(alone, same)
    burst = series(same, "single", SINGLES)
    left, right = spread(same, SINGLES)["single"]
    slower, faster = spread(slow, SINGLES)["single"]
    again = alone(same[0])
    return {
        "identical, apart, p95": apart(one, other, 95),
        "identical, apart, p50": apart(one, other, 50),
        "identical, in turn, burst, p50": apart(*burst, 50),
        "identical, in turn, p95": apart(left, right, 95),
        "identical, in turn, p50": apart(left, right, 50),
        "A/A, odd and even rounds, p95": apart(one[::2], one[1::2], 95),
        "A/A, one series and another, p95": quiet_ratio(one, again),
        "3 x slower, in turn, p50": nearest_rank(slower, 50) / nearest_rank(faster, 50),
    }


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency", description=__doc__)
    parser.add_argument("--trials", type=int, default=30, help="(%(default)s)")
    options = parser.parse_args()
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        enter, root = stack.enter_context, Path(folder)
        candidate, baseline = (enter(service(root, name, FAST)) for name in ("candidate", "baseline"))
        slow = enter(service(root, "candidate", SLOW))
        enter(neighbours(seed=1))
        for _ in range(options.trials):
            for name, value in trial((candidate, baseline), (slow, baseline)).items():
                found.setdefault(name, []).append(value)
    print(f"{options.trials} trials of {SINGLES} rounds beside changing neighbours")
    print(f"{'':<34} {f'over {NOTICED}':>9} {'least':>7} {'most':>7}")
    share = {name: sum(value > NOTICED for value in values) / len(values) for name, values in found.items()}
    for name, values in found.items():
        print(f"{name:<34} {share[name]:9.0%} {min(values):7.2f} {max(values):7.2f}")
    met = share["identical, in turn, p50"] <= MOST_FALSE and share["3 x slower, in turn, p50"] == 1
    print("ok" if met else "MISSED")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
