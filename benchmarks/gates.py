"""Does the gate decide rightly? Simulated releases with known truth, beside the rules of other tools, and its speed.

`make bench-gates` runs all of it; `--releases 200 --no-speed` is a quick look. Exits 1 where a figure misses its limit.
"""

from __future__ import annotations

import argparse
import math
import sys
import time

import numpy as np

from benchmarks import gate_speed, trials
from benchmarks.releases import CHANGED, MARGIN, release
from benchmarks.simulation import Figure, Simulation
from ml_steps.evaluation.classification import measure
from ml_steps.gate.power import rows_needed

ROWS = (500, 1_500, 5_000, 20_000)
DROPS = {"none": 0.0, "1 point": MARGIN, "2 points": 2 * MARGIN}
RULES = ("not_shown_worse", "shown_not_worse", "points", "MLflow", "TFMA")
REPLICATES = 10_000
FEWER = 2_000
"""Where trials are many; the noise of a percentile is then 5 % of a standard error."""
USERS = ((50, 30), (150, 10), (3_000, 2))
FINER = 5
"""Times the releases where the truth lies so near its limit that fewer would hit or miss it by chance."""
SEEDS = 20


def claims(simulation: Simulation) -> list[Figure]:
    """Print how often each rule lets a release pass, and return what is to be reached."""
    waits = {
        (n, name): simulation.start(trials.claims, n, drop, REPLICATES) for n in ROWS for name, drop in DROPS.items()
    }
    print(f"releases that pass, %; {CHANGED:.0%} of the answers changed, margin 1 point")
    print(f"  {'rows':>6}  {'true drop':<9}" + "".join(f"{rule:>17}" for rule in RULES))
    found = {cell: wait() for cell, wait in waits.items()}
    for (n, drop), share in found.items():
        print(f"  {n:>6,}  {drop:<9}" + "".join(f"{share.get(rule, 0):17.1f}" for rule in RULES))
    five, two, equal = 5 + simulation.error(5), 2 + simulation.error(2), 95 - simulation.error(95)
    figures = []
    for n in ROWS:
        at, twice = found[n, "1 point"], found[n, "2 points"]
        blocked, passed = 100 - at.get("not_shown_worse", 0), at.get("shown_not_worse", 0)
        figures += [
            Figure(f"{n:,} rows, drop of m: not_shown_worse blocks, %", blocked, most=five),
            Figure(f"{n:,} rows, drop of m: shown_not_worse passes, %", passed, most=five),
            Figure(f"{n:,} rows, drop of 2 m: shown_not_worse passes, %", twice.get("shown_not_worse", 0), most=two),
        ]
    late, even = found[20_000, "2 points"], found[20_000, "none"]
    return [
        *figures,
        Figure("20,000 rows, drop of 2 m: not_shown_worse passes, %", late.get("not_shown_worse", 0), most=five),
        Figure("20,000 rows, no change: shown_not_worse passes, %", even["shown_not_worse"], least=equal),
    ]


def needed() -> None:
    """Print how many rows the claims take."""
    error = math.sqrt(CHANGED / 1_000)
    print("rows needed for 80 of 100 decisions to be right, by the gate's own formula")
    print(f"  an equal model is shown_not_worse by 1 point:            {rows_needed(1_000, error, MARGIN):,}")
    print(f"  a drop of 2 points is blocked by not_shown_worse, 1 point: {rows_needed(1_000, error, MARGIN):,}")
    print("  (below that not_shown_worse lets harm pass, as it must: about 28 in 100 at 5,000 rows)")


def families(simulation: Simulation) -> list[Figure]:
    """Print how often twenty unchanged slices raise an alarm."""
    waits = {rows: simulation.start(trials.family, rows, FEWER) for rows in trials.SLICE_ROWS}
    five, figures = 5 + simulation.error(5), []
    for rows, wait in waits.items():
        found = wait()
        print(f"{trials.SLICES} unchanged slices of {rows} rows: runs with an alarm, %")
        for name, percent in found.items():
            print(f"  {name:<30} {percent:6.1f}")
        name = f"family of {rows} rows"
        figures += [
            Figure(f"{name}, Holm: false alarms, %", found.get("Holm", 0), most=five),
            Figure(f"{name}, Holm with margin 0: false alarms, %", found.get("Holm, margin 0", 0), most=five),
            Figure(f"{name}, uncorrected points: false alarms, %", found.get("points", 0), least=99),
        ]
    return figures


def groups(simulation: Simulation) -> list[Figure]:
    """Print how often a drop of just the margin is blocked where the rows of a user are right or wrong together."""
    margin = 0.02
    waits = {cell: simulation.start(trials.users, *cell, margin, FEWER) for cell in USERS}
    print("answers of a user change together; a drop of just the margin: blocked as worse, %")
    print(f"  {'users':>6} {'rows each':>10} {'rows drawn':>12} {'users drawn':>12}")
    figures = []
    for (users, rows), wait in waits.items():
        found = wait()
        by_rows, by_users = found.get("rows", 0), found.get("users", 0)
        print(f"  {users:>6,} {rows:>10} {by_rows:12.1f} {by_users:12.1f}")
        if users >= 150:
            figures.append(Figure(f"{users:,} users drawn: false alarms, %", by_users, most=5 + simulation.error(5)))
            figures.append(Figure(f"{users:,} users, but rows drawn: false alarms, %", by_rows, least=7.5))
    return figures


def intervals(simulation: Simulation) -> list[Figure]:
    """Print how often an interval holds the truth."""
    cells = [(scenario, n) for scenario in trials.CLASS_SHARES for n in (1_500, 5_000)]
    waits = {cell: simulation.start(trials.coverage, *cell, FEWER) for cell in cells}
    off = max(1.5, simulation.error(95))
    print("95 % intervals that hold the truth, %")
    figures = []
    for (scenario, n), wait in waits.items():
        found = wait()
        print(f"  {scenario:<26} {n:>6,}  " + "  ".join(f"{name} {percent:.1f}" for name, percent in found.items()))
        figures += [
            Figure(f"{scenario}, {n:,} rows: {name} covers, %", percent, 95 - off, 95 + off)
            for name, percent in found.items()
        ]
    return figures


def repeated() -> list[Figure]:
    """Return how far seeds are apart, and what the bootstrap of many rows takes."""
    many = release(2_000_000, 0.0, np.random.default_rng(1))
    started = time.perf_counter()
    measure(many.target, many.candidate, many.baseline, ["0", "1"])
    seconds = time.perf_counter() - started
    return [
        *(
            Figure(
                f"{n:,} rows: bounds of {SEEDS} seeds apart, at most", trials.spread_between_seeds(n, SEEDS), most=0.001
            )
            for n in ROWS
            if n >= 1_500
        ),
        Figure(f"2,000,000 rows, {REPLICATES:,} replicates: seconds", seconds, most=1.0),
    ]


def main() -> int:
    """Simulate, measure, print and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--releases", type=int, default=2_000, help="simulated in each cell")
    parser.add_argument("--no-speed", action="store_true", help="leave out the times of whole processes")
    options = parser.parse_args()
    figures = repeated()
    for part, releases in ((claims, 1), (families, 1), (groups, FINER), (intervals, 1)):
        started = time.perf_counter()
        with Simulation(releases * options.releases) as simulation:
            figures += part(simulation)
        print(f"  [{simulation.releases:,} releases a cell, {time.perf_counter() - started:.0f} s]\n")
    needed()
    if not options.no_speed:
        figures += [Figure(*limit) for limit in gate_speed.figures()]
    print("\nwhat is to be reached; a share of simulated releases may be 2.5 standard errors beyond")
    print("\n".join(figure.line() for figure in figures))
    missed = sum(not figure.met for figure in figures)
    print(f"{len(figures) - missed} of {len(figures)} reached")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
