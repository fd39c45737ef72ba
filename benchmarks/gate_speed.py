"""How long `gate` and `evaluate` take as whole processes, beside a bare Python and a pass of scikit-learn."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.data import medians

ROWS = 1_000_000
RUNS = 5
GATE_RUNS = 21
OF_A_BARE_PYTHON, OF_A_PASS, MEGABYTES = 8.0, 3.0, 1_000.0
CONTENDER = Path(__file__).with_name("gate_contender.py")
PYPROJECT = """
[tool.ml-pipeline.evaluate]
slices = ["source"]
"""
RULES = [
    'metric = "accuracy"\nmin = 0.5',
    'metric = "f1_macro"\nmin = 0.5',
    'metric = "recall[0]"\nmin = 0.5',
    'metric = "recall[1]"\nmin = 0.5',
    'metric = "precision[2]"\nmin = 0.5',
    'metric = "accuracy"\nslice = "source=tweets"\nmin = 0.5',
    'metric = "accuracy"\nclaim = "not_shown_worse"\nmargin = 0.01',
    'metric = "f1_macro"\nclaim = "shown_not_worse"\nmargin = "2%"',
    'metric = "accuracy"\nslice = "source=*"\nclaim = "not_shown_worse"\nmargin = 0.02',
    'metric = "predicted_classes"\nmin = 2',
]
# 70 % right; the candidate changes a tenth of the answers. Probabilities: 0.8 for the answer, 0.1 for the others.
TARGETS = """
COPY (SELECT range AS row, (hash(range) % 3)::BIGINT AS target,
  ['tweets', 'amazon', 'forum'][1 + (hash(range + 2) % 3)::INTEGER] AS source FROM range({rows}))
TO '{folder}/targets.parquet' (FORMAT parquet)
"""
PREDICTIONS = """
COPY (SELECT range AS row, answer AS prediction,
  [if(answer = 0, 0.8, 0.1), if(answer = 1, 0.8, 0.1), if(answer = 2, 0.8, 0.1)] AS probabilities
  FROM (SELECT range, (CASE WHEN hash(range + {seed}) % 10 = 0 THEN hash(range + {seed} + 1)
    WHEN hash(range + 5) % 10 < 7 THEN hash(range) ELSE hash(range) + 1 END % 3)::BIGINT AS answer FROM range({rows})))
TO '{folder}/predictions.jsonl' (FORMAT json)
"""
MANIFEST = {
    "protocol": 1,
    "task": "classification",
    "target": "label",
    "classes": [0, 1, 2],
    "model_digest": "sha256:a",
}
SCORING = {"protocol": 1, "rows": ROWS, "load_seconds": 0.1, "seconds": 1, "python": "3.13", "peak_rss_bytes": 1}
HOLDOUT = {"file": "holdout.csv", "sha256": "0" * 64}


def make_scores(folder: Path, seed: int, rows: int) -> Path:
    """Write a scores folder of three classes, as scoring leaves it."""
    folder.mkdir()
    for query in (TARGETS, PREDICTIONS):
        # In a process of its own: a child's peak memory begins at what its parent holds.
        text = query.format(rows=rows, seed=seed, folder=folder)
        subprocess.run([sys.executable, "-c", "import sys, duckdb; duckdb.execute(sys.argv[1])", text], check=True)
    (folder / "manifest.json").write_text(json.dumps(MANIFEST), encoding="utf-8")
    (folder / "scoring.json").write_text(json.dumps(SCORING | {"rows": rows}), encoding="utf-8")
    (folder / "holdout.json").write_text(json.dumps(HOLDOUT), encoding="utf-8")
    return folder


def figures(rows: int = ROWS) -> list[tuple[str, float, float, float]]:
    """Print the times, and return what is to be reached: in words, the figure, and its least and most."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rules = "".join(f'[[tool.ml-pipeline.gate]]\nid = "{number}"\n{rule}\n' for number, rule in enumerate(RULES))
        (folder / "pyproject.toml").write_text(PYPROJECT + rules, encoding="utf-8")
        (folder / "src").mkdir()
        candidate, baseline = (make_scores(folder / f"scores{seed}", seed, rows) for seed in (20, 40))
        ours = [sys.executable, "-m", "ml_steps", "evaluate", "--source", name, "--scores", str(candidate)]
        evaluate = [*ours, "--baseline", str(baseline), "--out", str(folder / "evaluation")]
        one_pass = [sys.executable, str(CONTENDER), str(candidate), str(baseline)]
        large = medians({"evaluate": (evaluate, ""), "read, scikit-learn": (one_pass, "")}, RUNS)
        gate = [sys.executable, "-m", "ml_steps", "gate", "--source", name, "--evaluation", str(folder / "evaluation")]
        judged = {
            "gate, ten rules": ([*gate, "--out", str(folder / "gate")], ""),
            "python -c pass": ([sys.executable, "-c", "pass"], ""),
        }
        small = medians(judged, GATE_RUNS)
    print(f"\nmedians of whole processes; {rows:,} rows of a candidate and a baseline, with probabilities")
    for label, run in (large | small).items():
        print(f"  {label:<20} {run.seconds:8.3f} s {run.megabytes:8.0f} MB")
    of_a_pass = large["evaluate"].seconds / large["read, scikit-learn"].seconds
    of_bare = small["gate, ten rules"].seconds / small["python -c pass"].seconds
    return [
        ("evaluate: times reading and one scikit-learn pass", of_a_pass, 0.0, OF_A_PASS),
        ("evaluate: peak megabytes", large["evaluate"].megabytes, 0.0, MEGABYTES),
        ("gate with ten rules: times a bare Python", of_bare, 0.0, OF_A_BARE_PYTHON),
    ]
